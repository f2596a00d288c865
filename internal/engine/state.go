package engine

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Slot is one instant at which a flow was due, and what became of it.
type Slot struct {
	Flow string
	// At is in the zone of the flow's schedule, or UTC when it has none now.
	At    time.Time
	State SlotState
	// Run is the id of the run that stands for the slot; empty when it was missed.
	Run string
	// Settled is when the state was recorded.
	Settled time.Time
}

// FlowState is what the queue knows of one flow.
type FlowState struct {
	Flow string
	// Since is when a daemon first knew the flow; zero: none has.
	Since time.Time
	// Last is the newest slot; its At is zero when there was none yet.
	Last Slot
	// Next is zero without a schedule.
	Next time.Time
	// Overdue is a slot that is due since more than a minute and that no process has taken
	// up: no daemon is at work, or none with this flow and the schedule that was the last to
	// be loaded. Zero: there is none.
	Overdue time.Time
	// Running is the id of the run at work, Waiting those in the queue, next one first.
	Running string
	Waiting []string
}

// State returns the state of every flow of this process's configuration, by name.
func (e *Engine) State(ctx context.Context) (map[string]FlowState, error) {
	now, err := e.db.now(ctx)
	if err != nil {
		return nil, fmt.Errorf("read queue: %w", err)
	}
	known, err := e.horizons(ctx, e.db)
	if err != nil {
		return nil, fmt.Errorf("read queue: %w", err)
	}
	last, err := e.slots(ctx, `WHERE slot = (SELECT max(slot) FROM engine_slots n WHERE n.flow = s.flow)`)
	if err != nil {
		return nil, fmt.Errorf("read queue: %w", err)
	}
	e.mu.Lock()
	states := make(map[string]FlowState, len(e.flows))
	for name, flow := range e.flows {
		s := FlowState{Flow: name, Since: known[name].since}
		if flow.Schedule != nil {
			s.Next = flow.Schedule.Next(now)
			s.Overdue = overdue(flow, known[name], now)
		}
		states[name] = s
	}
	e.mu.Unlock()
	for _, slot := range last {
		if s, ok := states[slot.Flow]; ok {
			s.Last = slot
			states[slot.Flow] = s
		}
	}
	return states, e.addRuns(ctx, states)
}

// overdue looks for the oldest slot that should have been settled a minute ago.
func overdue(flow Flow, known knownFlow, now time.Time) time.Time {
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

func (e *Engine) addRuns(ctx context.Context, states map[string]FlowState) error {
	type open struct{ id, flow, state string }
	runs, err := collect(ctx, e.db, func(r rows) (o open, err error) {
		err = r.Scan(&o.id, &o.flow, &o.state)
		return o, err
	}, `SELECT id, flow, state FROM engine_runs WHERE state IN ('queued', 'running') ORDER BY queued_at, id`)
	if err != nil {
		return fmt.Errorf("read queue: %w", err)
	}
	for _, o := range runs {
		s, ok := states[o.flow]
		switch {
		case !ok:
			continue
		case o.state == "running":
			s.Running = o.id
		default:
			s.Waiting = append(s.Waiting, o.id)
		}
		states[o.flow] = s
	}
	return nil
}

// Slots returns the newest slots of a flow, newest first.
func (e *Engine) Slots(ctx context.Context, flow string, limit int) ([]Slot, error) {
	found, err := e.slots(ctx, `WHERE flow = $1 ORDER BY slot DESC LIMIT $2`, flow, limit)
	if err != nil {
		return nil, fmt.Errorf("read slots of flow %q: %w", flow, err)
	}
	return found, nil
}

// Missed returns the slots since the instant that no run stands for, newest first.
func (e *Engine) Missed(ctx context.Context, flow string, since time.Time) ([]Slot, error) {
	found, err := e.slots(ctx, `WHERE flow = $1 AND slot >= $2 AND state = 'missed' ORDER BY slot DESC`, flow, micros(since))
	if err != nil {
		return nil, fmt.Errorf("read missed slots of flow %q: %w", flow, err)
	}
	return found, nil
}

func (e *Engine) slots(ctx context.Context, where string, args ...any) ([]Slot, error) {
	return collect(ctx, e.db, func(r rows) (s Slot, err error) {
		var at, settled int64
		err = r.Scan(&s.Flow, &at, &s.State, &s.Run, &settled)
		s.At, s.Settled = time.UnixMicro(at).UTC(), time.UnixMicro(settled).UTC()
		if flow, ok := e.flow(s.Flow); ok && flow.Schedule != nil {
			s.At = s.At.In(flow.Schedule.Zone())
		}
		return s, err
	}, `SELECT flow, slot, state, run, at FROM engine_slots s `+where, args...)
}

// Depth is how full the queue is, for all processes of the state together.
type Depth struct {
	Queued, Running int
	// Oldest is since when the run waits that waits for the longest; zero: none does.
	// A run that is to be tried again waits since it was first queued.
	Oldest time.Time
	// Nodes is how many processes are at work; 0 on SQLite, where it is not counted.
	Nodes int
}

// Queue returns the depth of the queue.
func (e *Engine) Queue(ctx context.Context) (Depth, error) {
	found, err := collect(ctx, e.db, func(r rows) (d Depth, err error) {
		var oldest sql.Null[int64]
		err = r.Scan(&d.Queued, &d.Running, &oldest, &d.Nodes)
		d.Oldest = instant(oldest)
		return d, err
	}, `SELECT count(CASE WHEN state = 'queued' THEN 1 END), count(CASE WHEN state = 'running' THEN 1 END),
		min(CASE WHEN state = 'queued' THEN queued_at END), (SELECT count(*) FROM engine_nodes)
		FROM engine_runs WHERE state IN ('queued', 'running')`)
	if err != nil {
		return Depth{}, fmt.Errorf("read depth of the queue: %w", err)
	}
	return found[0], nil
}
