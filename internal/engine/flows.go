package engine

import (
	"cmp"
	"context"
	"fmt"
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
// new line. What an old line still had open is recorded as missed.
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
