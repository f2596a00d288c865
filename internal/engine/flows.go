package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"lucca-exchange/internal/schedule"
)

// knownFlow is a row of engine_flows.
type knownFlow struct {
	name, line, zone string
	since, horizon   time.Time
}

// of tells whether the row is about the schedule that the flow has here.
func (k knownFlow) of(flow Flow) bool {
	line, zone := flow.line()
	return k.line == line && k.zone == zone
}

// line returns what is stored of the flow's schedule; empty: it has none.
func (f Flow) line() (line, zone string) {
	if f.Schedule == nil {
		return "", ""
	}
	return f.Schedule.String(), f.Schedule.Zone().String()
}

// agrees tells whether the slots of the flow are this process's to settle. The schedule of
// the process that was the last to load a configuration is the one that counts: of two, no
// slot would be settled by the other.
func (e *Engine) agrees(ctx context.Context, flow Flow, known knownFlow) bool {
	if known.of(flow) {
		delete(e.differing, flow.Name)
		return true
	}
	stored := known.line + " " + known.zone
	if e.differing[flow.Name] != stored {
		e.differing[flow.Name] = stored
		e.log.WarnContext(ctx, "flow.differs", "flow", flow.Name,
			"schedule", flow.Schedule.String(), "timezone", flow.Schedule.Zone().String(),
			"stored_schedule", known.line, "stored_timezone", known.zone)
	}
	return false
}

func (e *Engine) horizons(ctx context.Context, from reader) (map[string]knownFlow, error) {
	all, err := collect(ctx, from, func(r rows) (f knownFlow, err error) {
		var since, horizon int64
		err = r.Scan(&f.name, &f.line, &f.zone, &since, &horizon)
		f.since, f.horizon = time.UnixMicro(since).UTC(), time.UnixMicro(horizon).UTC()
		return f, err
	}, `SELECT flow, line, zone, since, horizon FROM engine_flows`)
	known := make(map[string]knownFlow, len(all))
	for _, f := range all {
		known[f.name] = f
	}
	return known, err
}

// register makes the flows known, with no slot in the past: neither of a new flow nor of a
// new line. What an old line still had open is recorded as missed. All other flows are
// forgotten, so that one that comes back is new; a process that still has it puts it back.
func (e *Engine) register(ctx context.Context, flows []Flow) error {
	now, err := e.db.now(ctx)
	if err != nil {
		return fmt.Errorf("read clock: %w", err)
	}
	flows = slices.SortedFunc(slices.Values(flows), func(a, b Flow) int { return cmp.Compare(a.Name, b.Name) })
	missed := map[string][]time.Time{}
	err = e.db.write(ctx, func(tx tx) error {
		clear(missed)
		known, err := e.horizons(ctx, tx)
		if err != nil {
			return err
		}
		if err := forget(ctx, tx, known, flows); err != nil {
			return err
		}
		for _, flow := range flows {
			line, zone := flow.line()
			old, ok := known[flow.Name]
			if ok && old.of(flow) {
				continue
			}
			missed[flow.Name] = e.open(ctx, old, now)
			if err := insertMissed(ctx, tx, flow.Name, missed[flow.Name], now); err != nil {
				return err
			}
			if _, err := tx.exec(ctx, `INSERT INTO engine_flows (flow, line, zone, since, horizon) VALUES ($1, $2, $3, $4, $4)
				ON CONFLICT (flow) DO UPDATE SET line = excluded.line, zone = excluded.zone, horizon = excluded.horizon`,
				flow.Name, line, zone, micros(now)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("register flows: %w", err)
	}
	for flow, slots := range missed {
		e.reportMissed(ctx, flow, slots)
	}
	return nil
}

// forget does not call open slots missed: no configuration asks for them any more, or else
// the process that has it settles them.
func forget(ctx context.Context, tx tx, known map[string]knownFlow, flows []Flow) error {
	gone := maps.Clone(known)
	for _, flow := range flows {
		delete(gone, flow.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		if _, err := tx.exec(ctx, `DELETE FROM engine_flows WHERE flow = $1`, name); err != nil {
			return err
		}
	}
	return nil
}

// putBack makes those flows known again, also in horizons, that another process has
// forgotten, since its configuration does not have them. It goes on where this process saw
// them last, so that no slot is lost.
func (e *Engine) putBack(ctx context.Context, flows []Flow, horizons map[string]knownFlow, now time.Time) error {
	var gone []knownFlow
	for _, flow := range flows {
		if _, ok := horizons[flow.Name]; ok {
			continue
		}
		back, ok := e.last[flow.Name]
		if !ok || !back.of(flow) {
			back = knownFlow{name: flow.Name, since: now, horizon: now}
			back.line, back.zone = flow.line()
		}
		gone = append(gone, back)
	}
	if len(gone) == 0 {
		return nil
	}
	err := e.db.write(ctx, func(tx tx) error {
		for _, k := range gone {
			if _, err := tx.exec(ctx, `INSERT INTO engine_flows (flow, line, zone, since, horizon) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (flow) DO NOTHING`, k.name, k.line, k.zone, micros(k.since), micros(k.horizon)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("put back flows: %w", err)
	}
	for _, k := range gone {
		horizons[k.name] = k
		e.log.WarnContext(ctx, "flow.differs", "flow", k.name, "schedule", k.line, "timezone", k.zone,
			"stored_schedule", "", "stored_timezone", "")
	}
	return nil
}

// open returns the slots that the former line of a flow had and nobody settled.
func (e *Engine) open(ctx context.Context, old knownFlow, now time.Time) []time.Time {
	if old.line == "" {
		return nil
	}
	former, err := old.schedule()
	if err != nil {
		e.log.WarnContext(ctx, "schedule.unreadable", "flow", old.name, "err", err)
		return nil
	}
	_, missed := former.Due(old.horizon, now, -1)
	return missed
}

// schedule is the one that the row is about. The error is that of a row that another
// version of the program, or of the time zones, wrote.
func (k knownFlow) schedule() (schedule.Schedule, error) {
	zone, err := time.LoadLocation(k.zone)
	if err != nil {
		return schedule.Schedule{}, err
	}
	return schedule.Parse(k.line, zone)
}
