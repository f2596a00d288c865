package state

import (
	"context"
	"database/sql"
	"time"
)

// Slot is one instant at which a flow was due, and what became of it.
type Slot struct {
	Flow  string
	At    time.Time
	State SlotState
	// Run is the id of the run that stands for the slot; empty when it was missed.
	Run string
}

// FlowState is what the queue knows of one flow.
type FlowState struct {
	// Next is zero without a schedule.
	Next time.Time
	// Overdue is a slot that is due since more than a minute and that no process has taken
	// up: no daemon is at work, or none with this flow and the schedule that was the last to
	// be loaded. Zero: there is none.
	Overdue time.Time
	// Running is the id of the run at work, Waiting those in the queue, next one first.
	Running string
	Waiting []string
	// Pause is zero unless the flow is paused.
	Pause Pause
}

// FlowStates returns how the queue stands for each of the flows, by name.
func (l Jobs) FlowStates(ctx context.Context, flows []Flow) (states map[string]FlowState, err error) {
	now, err := l.now(ctx)
	if err != nil {
		return nil, err
	}
	states = make(map[string]FlowState, len(flows))
	err = l.read(ctx, "read queue", func(ctx context.Context, tx *sql.Tx) error {
		known, err := readSchedules(ctx, tx)
		if err != nil {
			return err
		}
		paused, err := readPauses(ctx, tx, now)
		if err != nil {
			return err
		}
		for _, flow := range flows {
			s := FlowState{Pause: paused[flow.Name]}
			if flow.Schedule != nil {
				s.Next = s.Pause.next(*flow.Schedule, now)
				if s.Pause.Since.IsZero() {
					s.Overdue = overdue(flow, known[flow.Name], now)
				}
			}
			states[flow.Name] = s
		}
		return addRuns(ctx, tx, states)
	})
	return states, err
}

// overdue looks for the oldest slot that should have been settled a minute ago.
func overdue(flow Flow, known knownSchedule, now time.Time) time.Time {
	slots := *flow.Schedule
	if !known.of(flow) {
		// The slots of the stored schedule are those that a process is to settle.
		former, err := known.schedule()
		if known.line == "" || err != nil {
			return time.Time{}
		}
		slots = former
	}
	if slot := slots.Next(known.horizon); !slot.IsZero() && now.Sub(slot) > late {
		return slot
	}
	return time.Time{}
}

func addRuns(ctx context.Context, tx *sql.Tx, states map[string]FlowState) error {
	type open struct{ id, flow, state string }
	runs, err := selectAll(ctx, tx, func(row scanner) (o open, err error) {
		err = row.Scan(&o.id, &o.flow, &o.state)
		return o, err
	}, `SELECT id, flow, state FROM runs WHERE state IN ('queued', 'running') AND resumable AND outcome = '' ORDER BY queued_at, id`)
	if err != nil {
		return err
	}
	for _, o := range runs {
		s, ok := states[o.flow]
		switch {
		case !ok:
			continue
		case o.state == stateRunning:
			s.Running = o.id
		default:
			s.Waiting = append(s.Waiting, o.id)
		}
		states[o.flow] = s
	}
	return nil
}

// Slots returns the newest slots of a flow, newest first.
func (l Jobs) Slots(ctx context.Context, flow string, limit int) ([]Slot, error) {
	return l.slots(ctx, `WHERE flow = $1 ORDER BY slot DESC LIMIT $2`, flow, limit)
}

// Missed returns the slots since the instant that no run stands for, newest first.
func (l Jobs) Missed(ctx context.Context, flow string, since time.Time) ([]Slot, error) {
	return l.slots(ctx, `WHERE flow = $1 AND slot >= $2 AND state = 'missed' ORDER BY slot DESC`, flow, micros(since))
}

func (l Jobs) slots(ctx context.Context, where string, args ...any) ([]Slot, error) {
	return list(ctx, l.handle, "read slots", func(row scanner) (s Slot, err error) {
		var at sql.Null[int64]
		err = row.Scan(&s.Flow, &at, &s.State, &s.Run)
		s.At = instant(at)
		return s, err
	}, `SELECT flow, slot, state, run FROM slots `+where, args...)
}

// Depth is how full the queue is, for all processes of the state together.
type Depth struct {
	Queued, Running int
}

// Daemons counts the processes that work for the queue, on whatever machine.
func (l Jobs) Daemons(ctx context.Context) (int, error) {
	return get(ctx, l.handle, "read queue", l.store.daemons)
}

// Depth returns how full the queue is.
func (l Jobs) Depth(ctx context.Context) (d Depth, err error) {
	err = l.read(ctx, "read queue", func(ctx context.Context, tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT count(CASE WHEN state = 'queued' THEN 1 END), count(CASE WHEN state = 'running' THEN 1 END)
			FROM runs WHERE state IN ('queued', 'running') AND resumable AND outcome = ''`).Scan(&d.Queued, &d.Running)
	})
	return d, err
}
