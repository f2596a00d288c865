package state

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"lucca-exchange/internal/run"
)

const (
	// maxSleep bounds the wait for the next slot: timers do not see that the clock was set
	// or that the machine slept.
	maxSleep = 30 * time.Second
	// minSleep is the pause when the database's clock says that a slot is still to come
	// and ours that it is there.
	minSleep = 5 * time.Millisecond
	// tickRetry is the wait after the database could not be asked.
	tickRetry = 2 * time.Second
	// late is how old a slot is that was missed, not just met with delay.
	late = time.Minute
	// skew is how far in the future the newest slot may be before it means that the clock
	// was set back.
	skew = time.Minute
	// slotsPerWrite bounds a transaction when a thousand flows are due at one instant.
	slotsPerWrite = 50
)

// SlotState is what became of a slot.
type SlotState string

// States of a slot.
const (
	// Queued: a run was queued for it.
	Queued SlotState = "queued"
	// Merged: the run of an earlier slot still waited, and stands for this one too.
	Merged SlotState = "merged"
	// Missed: no process was up in time.
	Missed SlotState = "missed"
)

// slotWork is what a look at one flow found to do.
type slotWork struct {
	flow    Flow
	last    time.Time // the horizon that was read, of the flow's line
	horizon time.Time // the one to write
	due     time.Time
	missed  []time.Time
	// back: the clock was set back behind last.
	back bool
	// taken is the run that stands for the due slot since before the clock was set back.
	taken string
	// paused: the flow was, so that the slots pass without a run and are not missed either.
	paused bool
}

// keepSlots looks at the slots whenever one may be due, until ctx ends.
func (q *timetable) keepSlots(ctx context.Context) {
	for ctx.Err() == nil {
		pause, err := q.tick(ctx)
		if err != nil && ctx.Err() == nil {
			q.log.WarnContext(ctx, "slots.delayed", "err", err)
			pause = tickRetry
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-q.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// tick settles all slots that are due and returns how long there is nothing to do.
func (q *timetable) tick(ctx context.Context) (time.Duration, error) {
	q.loading.Lock()
	defer q.loading.Unlock()
	now, err := q.store.now(ctx)
	if err != nil {
		return 0, err
	}
	horizons, err := q.store.Jobs().schedules(ctx)
	if err != nil {
		return 0, err
	}
	flows := q.scheduled()
	if err := q.putBack(ctx, flows, horizons, now); err != nil {
		return 0, err
	}
	q.last = horizons
	var found []slotWork
	for _, flow := range flows {
		known := horizons[flow.Name]
		if !q.agrees(ctx, flow, known) {
			continue
		}
		if w, ok := workOf(flow, known.horizon, now); ok {
			found = append(found, w)
		}
	}
	for part := range slices.Chunk(found, slotsPerWrite) {
		if err := q.settleSlots(ctx, part, now); err != nil {
			return 0, err
		}
		for _, w := range part {
			known := horizons[w.flow.Name]
			known.horizon = w.horizon
			horizons[w.flow.Name] = known
		}
	}
	return sleep(flows, now), nil
}

// workOf decides what is to do for a flow whose slots up to last are settled.
func workOf(flow Flow, last, now time.Time) (w slotWork, ok bool) {
	w = slotWork{flow: flow, last: last, horizon: last}
	// A clock that was ahead has settled slots of the future. They come once more, and
	// those that ran are not run again: their rows see to that.
	if last.After(now.Add(skew)) {
		w.horizon, w.back = now, true
		return w, true
	}
	w.due, w.missed = flow.Schedule.Due(last, now, flow.CatchUp)
	switch {
	case !w.due.IsZero():
		w.horizon = w.due
	case len(w.missed) > 0:
		w.horizon = w.missed[len(w.missed)-1]
	default:
		return w, false
	}
	return w, true
}

// sleep returns the time until the first slot of any flow, or maxSleep.
func sleep(flows []Flow, now time.Time) time.Duration {
	pause := maxSleep
	for _, flow := range flows {
		if next := flow.Schedule.Next(now); !next.IsZero() {
			pause = min(pause, next.Sub(now))
		}
	}
	return max(pause, minSleep)
}

// scheduled returns the flows that have slots, by name: processes that lock the same rows
// must do so in the same order.
func (q *timetable) scheduled() []Flow {
	q.mu.Lock()
	defer q.mu.Unlock()
	var flows []Flow
	for _, f := range q.flows {
		if f.Schedule != nil {
			flows = append(flows, f)
		}
	}
	slices.SortFunc(flows, func(a, b Flow) int { return cmp.Compare(a.Name, b.Name) })
	return flows
}

// settleSlots records slots, and queues the runs of those that are due, in one transaction.
func (q *timetable) settleSlots(ctx context.Context, found []slotWork, now time.Time) error {
	var won []*slotWork
	err := q.store.write(ctx, "queue slots", func(ctx context.Context, tx *sql.Tx) error {
		won = won[:0]
		for i := range found {
			w := &found[i]
			mine, err := q.settleFlow(ctx, tx, w, now)
			if err != nil {
				return err
			}
			if mine {
				won = append(won, w)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, w := range won {
		if w.paused {
			q.log.InfoContext(ctx, "slot.paused", "flow", w.flow.Name, "slot", w.horizon.Format(time.RFC3339))
		}
		q.reportMissed(ctx, w.flow.Name, w.missed)
		if w.taken != "" {
			q.log.WarnContext(ctx, "slot.taken", "flow", w.flow.Name, "slot", w.due.Format(time.RFC3339), "run", w.taken,
				"why", "the clock was set back: the slot has had its run, and gets no second one")
		}
	}
	return nil
}

// settleFlow is false when another process has been quicker, or has loaded another line.
func (q *timetable) settleFlow(ctx context.Context, tx *sql.Tx, w *slotWork, now time.Time) (mine bool, err error) {
	line, zone := w.flow.line()
	if w.back {
		if w.horizon, err = beforeMissed(ctx, tx, w.flow, now); err != nil {
			return false, err
		}
	}
	moved, err := affected(tx.ExecContext(ctx, `UPDATE schedules SET horizon = $1 WHERE flow = $2 AND horizon = $3 AND line = $4 AND zone = $5`,
		micros(w.horizon), w.flow.Name, micros(w.last), line, zone))
	if err != nil || moved == 0 {
		return false, err
	}
	pause, err := lastPause(ctx, tx, w.flow.Name)
	if err != nil {
		return false, err
	}
	w.pass(pause, now)
	if err := insertMissed(ctx, tx, w.flow.Name, w.missed, now); err != nil {
		return false, err
	}
	if w.due.IsZero() {
		return true, nil
	}
	return true, q.settleDue(ctx, tx, w, now)
}

// pass leaves out the slots that a pause is about, also one that has ended since: neither do
// they run, nor were they missed.
func (w *slotWork) pass(p Pause, now time.Time) {
	w.missed = slices.DeleteFunc(w.missed, p.covers)
	if !w.due.IsZero() && (p.covers(w.due) || p.at(now)) {
		w.due, w.paused = time.Time{}, true
	}
}

// beforeMissed is where a clock that was set back begins again: now, or before the first slot
// until now that it called missed while it was ahead, and that may still be caught up.
func beforeMissed(ctx context.Context, tx *sql.Tx, flow Flow, now time.Time) (time.Time, error) {
	first, err := selectAll(ctx, tx, value[int64], `SELECT slot FROM slots
		WHERE flow = $1 AND state = 'missed' AND slot > $2 AND slot <= $3 AND at > $4 ORDER BY slot LIMIT 1`,
		flow.Name, micros(now.Add(-flow.CatchUp)), micros(now), micros(now.Add(skew)))
	if err != nil || len(first) == 0 {
		return now, err
	}
	return time.UnixMicro(first[0]).Add(-time.Microsecond), nil
}

func insertMissed(ctx context.Context, tx *sql.Tx, flow string, slots []time.Time, now time.Time) error {
	for _, slot := range slots {
		if _, err := tx.ExecContext(ctx, `INSERT INTO slots (flow, slot, state, run, at) VALUES ($1, $2, $3, '', $4)
			ON CONFLICT (flow, slot) DO NOTHING`, flow, micros(slot), string(Missed), micros(now)); err != nil {
			return err
		}
	}
	return nil
}

// settleDue queues the run of a due slot, or lets one that waits already stand for it.
func (q *timetable) settleDue(ctx context.Context, tx *sql.Tx, w *slotWork, now time.Time) error {
	state, id := Queued, run.NewID(now)
	waiting, err := selectAll(ctx, tx, value[string], `SELECT id FROM runs
		WHERE flow = $1 AND state = 'queued' AND due_at IS NOT NULL ORDER BY queued_at, id LIMIT 1`, w.flow.Name)
	if err != nil {
		return err
	}
	if len(waiting) > 0 {
		state, id = Merged, waiting[0]
	}
	// A slot that a clock ahead of its time has called missed is not: it is due now.
	fresh, err := affected(tx.ExecContext(ctx, `INSERT INTO slots (flow, slot, state, run, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (flow, slot) DO UPDATE SET state = excluded.state, run = excluded.run, at = excluded.at
		WHERE slots.state = 'missed' AND slots.at > excluded.at`,
		w.flow.Name, micros(w.due), string(state), id, micros(now)))
	if err == nil && fresh == 0 {
		w.taken, err = takenBy(ctx, tx, w)
	}
	if err != nil || fresh == 0 || state == Merged {
		return err
	}
	return q.store.Jobs().queueRun(ctx, tx, id, w.flow, now, w.due)
}

// takenBy is the run that stands for a slot already; empty: it was missed.
func takenBy(ctx context.Context, tx *sql.Tx, w *slotWork) (string, error) {
	runs, err := selectAll(ctx, tx, value[string], `SELECT run FROM slots WHERE flow = $1 AND slot = $2`, w.flow.Name, micros(w.due))
	if err != nil || len(runs) == 0 {
		return "", err
	}
	return runs[0], nil
}

func (q *timetable) reportMissed(ctx context.Context, flow string, slots []time.Time) {
	if len(slots) == 0 {
		return
	}
	q.log.WarnContext(ctx, "slots.missed", "flow", flow, "slots", len(slots),
		"first", slots[0].Format(time.RFC3339), "last", slots[len(slots)-1].Format(time.RFC3339))
	if q.missed != nil {
		q.missed(ctx, flow, slots)
	}
}
