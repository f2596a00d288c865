package state

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"lucca-exchange/internal/schedule"
)

// knownSchedule is a row of schedules: of a flow that some process has.
type knownSchedule struct {
	name, line, zone string
	since, horizon   time.Time
}

// of tells whether the row is about the schedule that the flow has here.
func (k knownSchedule) of(flow Flow) bool {
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
func (q *timetable) agrees(ctx context.Context, flow Flow, known knownSchedule) bool {
	if known.of(flow) {
		delete(q.differing, flow.Name)
		return true
	}
	stored := known.line + " " + known.zone
	if q.differing[flow.Name] != stored {
		q.differing[flow.Name] = stored
		q.log.WarnContext(ctx, "flow.differs", "flow", flow.Name,
			"schedule", flow.Schedule.String(), "timezone", flow.Schedule.Zone().String(),
			"stored_schedule", known.line, "stored_timezone", known.zone)
	}
	return false
}

// schedules reads them by flow.
func (l Jobs) schedules(ctx context.Context) (map[string]knownSchedule, error) {
	return get(ctx, l.handle, "read slots", readSchedules)
}

func readSchedules(ctx context.Context, tx *sql.Tx) (map[string]knownSchedule, error) {
	all, err := selectAll(ctx, tx, func(row scanner) (k knownSchedule, err error) {
		var since, horizon sql.Null[int64]
		err = row.Scan(&k.name, &k.line, &k.zone, &since, &horizon)
		k.since, k.horizon = instant(since), instant(horizon)
		return k, err
	}, `SELECT flow, line, zone, since, horizon FROM schedules`)
	known := make(map[string]knownSchedule, len(all))
	for _, k := range all {
		known[k.name] = k
	}
	return known, err
}

// register makes the flows known, with no slot in the past: neither of a new flow nor of a
// new line. What an old line still had open is recorded as missed. All other flows are
// forgotten, so that one that comes back is new; a process that still has it puts it back.
func (q *timetable) register(ctx context.Context, flows []Flow) error {
	now, err := q.store.now(ctx)
	if err != nil {
		return err
	}
	flows = slices.SortedFunc(slices.Values(flows), func(a, b Flow) int { return cmp.Compare(a.Name, b.Name) })
	missed := map[string][]time.Time{}
	err = q.store.write(ctx, "register flows", func(ctx context.Context, tx *sql.Tx) error {
		clear(missed)
		known, err := readSchedules(ctx, tx)
		if err != nil {
			return err
		}
		if err := forget(ctx, tx, known, flows); err != nil {
			return err
		}
		for _, flow := range flows {
			// Those that an earlier version of the program queued have no kind yet.
			if _, err := tx.ExecContext(ctx, `UPDATE runs SET kind = $2 WHERE flow = $1 AND kind = ''`, flow.Name, flow.Kind); err != nil {
				return err
			}
			line, zone := flow.line()
			old, ok := known[flow.Name]
			if ok && old.of(flow) {
				continue
			}
			missed[flow.Name] = q.open(ctx, old, now)
			if err := insertMissed(ctx, tx, flow.Name, missed[flow.Name], now); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO schedules (flow, line, zone, since, horizon) VALUES ($1, $2, $3, $4, $4)
				ON CONFLICT (flow) DO UPDATE SET line = excluded.line, zone = excluded.zone, horizon = excluded.horizon`,
				flow.Name, line, zone, micros(now)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for flow, slots := range missed {
		q.reportMissed(ctx, flow, slots)
	}
	return nil
}

// forget does not call open slots missed: no configuration asks for them any more, or else
// the process that has it settles them.
func forget(ctx context.Context, tx *sql.Tx, known map[string]knownSchedule, flows []Flow) error {
	gone := maps.Clone(known)
	for _, flow := range flows {
		delete(gone, flow.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		if _, err := tx.ExecContext(ctx, `DELETE FROM schedules WHERE flow = $1`, name); err != nil {
			return err
		}
	}
	return nil
}

// putBack makes those flows known again, also in horizons, that another process has
// forgotten, since its configuration does not have them. It goes on where this process saw
// them last, so that no slot is lost.
func (q *timetable) putBack(ctx context.Context, flows []Flow, horizons map[string]knownSchedule, now time.Time) error {
	var gone []knownSchedule
	for _, flow := range flows {
		if _, ok := horizons[flow.Name]; ok {
			continue
		}
		back, ok := q.last[flow.Name]
		if !ok || !back.of(flow) {
			back = knownSchedule{name: flow.Name, since: now, horizon: now}
			back.line, back.zone = flow.line()
		}
		gone = append(gone, back)
	}
	if len(gone) == 0 {
		return nil
	}
	err := q.store.write(ctx, "put back flows", func(ctx context.Context, tx *sql.Tx) error {
		for _, k := range gone {
			if _, err := tx.ExecContext(ctx, `INSERT INTO schedules (flow, line, zone, since, horizon) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (flow) DO NOTHING`, k.name, k.line, k.zone, micros(k.since), micros(k.horizon)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range gone {
		horizons[k.name] = k
		q.log.WarnContext(ctx, "flow.differs", "flow", k.name, "schedule", k.line, "timezone", k.zone,
			"stored_schedule", "", "stored_timezone", "")
	}
	return nil
}

// open returns the slots that the former line of a flow had and nobody settled.
func (q *timetable) open(ctx context.Context, old knownSchedule, now time.Time) []time.Time {
	if old.line == "" {
		return nil
	}
	former, err := old.schedule()
	if err != nil {
		q.log.WarnContext(ctx, "schedule.unreadable", "flow", old.name, "err", err)
		return nil
	}
	_, missed := former.Due(old.horizon, now, -1)
	return missed
}

// schedule is the one that the row is about. The error is that of a row that another
// version of the program, or of the time zones, wrote.
func (k knownSchedule) schedule() (schedule.Schedule, error) {
	zone, err := time.LoadLocation(k.zone)
	if err != nil {
		return schedule.Schedule{}, err
	}
	return schedule.Parse(k.line, zone)
}

// load makes the flows that the queue was made with known.
func (q *timetable) load(ctx context.Context) error {
	q.loading.Lock()
	defer q.loading.Unlock()
	q.mu.Lock()
	flows := slices.Collect(maps.Values(q.flows))
	q.mu.Unlock()
	return q.register(ctx, flows)
}

// Reload takes over a new set of flows. Runs at work go on, also those of flows that are
// no longer there. A schedule that is new, changed or back has no slot in the past, and counts
// for all processes of the state from now on, until one loads another: those that still
// have a different one leave its slots alone.
func (q *Queue) Reload(ctx context.Context, flows []Flow) error { return q.times.reload(ctx, flows) }

func (q *timetable) reload(ctx context.Context, flows []Flow) error {
	q.loading.Lock()
	defer q.loading.Unlock()
	if err := q.register(ctx, flows); err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	q.setFlows(flows)
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return nil
}
