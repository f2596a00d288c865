package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const (
	// maxAttempts is how often a run is tried whose Work asks for it with ErrRetry.
	maxAttempts = 3
	// maxStarts is how often a run is begun at all: one that takes its process down each
	// time must not do so for ever.
	maxStarts = 5
	// retryAfter is the wait before the second attempt; it doubles.
	retryAfter = 30 * time.Second
	// busyAfter is the wait before a flow that is busy elsewhere is tried again.
	busyAfter = 15 * time.Second
	// retakeAfter is that wait for a run that was begun before: what is busy may be the
	// lock of its dead process, that is about to go.
	retakeAfter = lookAgain
	// lookAgain is the wait of a token whose run cannot begin yet. Below River's five
	// seconds, so that no leader is needed to hand it out again.
	lookAgain = 2 * time.Second
	// orphaned is how long a run of a flow that no process knows stays in the queue.
	orphaned = time.Hour
	// settlePause bounds the wait between attempts to record the end of a run.
	settlePause = 5 * time.Second
)

// begun is a run that this process has taken.
type begun struct {
	Job
	timeout time.Duration
}

// entry is a row of engine_runs, as far as a claim wants it.
type entry struct {
	Job
	state    string
	starts   int
	queuedAt time.Time
	canStart time.Time
}

// work makes what can be made of a token: it performs the run, or has the token come
// again later, or drops it.
func (e *Engine) work(ctx context.Context, id string) (wait time.Duration, again bool) {
	job, wait, err := e.claim(ctx, id)
	if err != nil {
		if !errors.Is(err, errConflict) {
			e.log.WarnContext(ctx, "run.delayed", "run", id, "err", err)
		}
		return lookAgain, true
	}
	if job == nil {
		return wait, wait > 0
	}
	defer e.release(job.ID)
	err = e.perform(ctx, *job)
	e.end(ctx, *job, err)
	return 0, false
}

// claim takes the run for this process. Without a job, wait says when to look again; zero:
// the token is of no use any more.
func (e *Engine) claim(ctx context.Context, id string) (job *begun, wait time.Duration, err error) {
	if !e.admit(id) {
		return nil, lookAgain, nil
	}
	defer func() {
		if job == nil {
			e.release(id)
		}
	}()
	now, err := e.db.now(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("read clock: %w", err)
	}
	var given *Job
	err = e.db.write(ctx, func(tx tx) error {
		given = nil
		r, err := readRun(ctx, tx, id)
		if err != nil || r == nil || r.state != "queued" {
			return err
		}
		flow, known := e.flow(r.Flow)
		switch {
		case !known && now.Sub(r.queuedAt) < orphaned:
			wait = lookAgain
			return nil
		case !known, r.starts >= maxStarts:
			given, err = e.giveUp(ctx, tx, r, now)
			return err
		}
		job, wait, err = e.claimIn(ctx, tx, r, flow, now)
		return err
	})
	if err != nil {
		return nil, wait, err
	}
	if given != nil && e.opts.Abandoned != nil {
		e.opts.Abandoned(ctx, *given)
	}
	return job, wait, nil
}

// giveUp ends a run that will not be tried again, and returns it unless another process
// was quicker.
func (e *Engine) giveUp(ctx context.Context, tx tx, r *entry, now time.Time) (*Job, error) {
	ended, err := tx.exec(ctx, `UPDATE engine_runs SET state = 'abandoned', ended_at = $1 WHERE id = $2 AND state = 'queued'`, micros(now), r.ID)
	if err != nil || ended == 0 {
		return nil, err
	}
	e.log.ErrorContext(ctx, "run.abandoned", "run", r.ID, "flow", r.Flow, "attempt", r.starts)
	r.Attempt = r.starts
	return &r.Job, nil
}

// claimIn takes a run whose flow is known.
func (e *Engine) claimIn(ctx context.Context, tx tx, r *entry, flow Flow, now time.Time) (*begun, time.Duration, error) {
	if r.canStart.After(now) {
		return nil, min(r.canStart.Sub(now), lookAgain), nil
	}
	// Runs of a flow begin in the order in which they were queued. Two processes that do
	// not see each other's claim yet are kept apart by the unique index.
	taken, err := tx.exec(ctx, `UPDATE engine_runs SET state = 'running', node = $1, attempts = attempts + 1, started_at = $2
		WHERE id = $3 AND state = 'queued' AND NOT EXISTS (
			SELECT 1 FROM engine_runs o WHERE o.flow = engine_runs.flow AND (o.state = 'running'
				OR (o.state = 'queued' AND (o.queued_at, o.id) < (engine_runs.queued_at, engine_runs.id))))`,
		e.node, micros(now), r.ID)
	if err != nil || taken == 0 {
		return nil, lookAgain, err
	}
	r.Attempt = r.starts + 1
	if flow.Schedule != nil && !r.Slot.IsZero() {
		r.Slot = r.Slot.In(flow.Schedule.Zone())
	}
	return &begun{Job: r.Job, timeout: flow.Timeout}, 0, nil
}

// readRun returns nil for one that was purged.
func readRun(ctx context.Context, tx tx, id string) (*entry, error) {
	found, err := collect(ctx, tx, func(r rows) (*entry, error) {
		var one entry
		var slot sql.Null[int64]
		var queued, canStart int64
		err := r.Scan(&one.ID, &one.Flow, &slot, &one.Reason, &one.state, &one.starts, &queued, &canStart)
		one.Slot, one.queuedAt, one.canStart = instant(slot), time.UnixMicro(queued), time.UnixMicro(canStart)
		return &one, err
	}, `SELECT id, flow, slot, reason, state, attempts, queued_at, not_before FROM engine_runs WHERE id = $1`, id)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// admit notes that the run is in this process's hands; false: it is so already, or none
// may begin now.
func (e *Engine) admit(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, here := e.active[id]; here || e.closed != nil {
		return false
	}
	e.active[id] = func(error) {}
	return true
}

func (e *Engine) release(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.active, id)
}

// perform calls Work with a context that ends at the timeout, by Cancel, at the stop and
// when contact is lost.
func (e *Engine) perform(ctx context.Context, job begun) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	e.mu.Lock()
	e.active[job.ID] = cancel
	closed := e.closed
	e.mu.Unlock()
	// Whoever closes the engine cancels what it finds, and did not find this one yet.
	if closed != nil {
		return closed
	}
	ctx, stop := context.WithTimeoutCause(ctx, job.timeout, ErrTimeout)
	defer stop()
	// The run boundary: one that panics must not take the others with it.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			e.log.ErrorContext(ctx, "run.panicked", "run", job.ID, "flow", job.Flow, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
	}()
	err = e.opts.Work(ctx, job.Job)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return err
}

// ending is what is written when an attempt is over.
type ending struct {
	state string
	back  bool          // to the queue
	free  bool          // the attempt does not count
	after time.Duration // before the next attempt
}

// decide turns what Work returned into the state of the run.
func decide(attempt int, err error) ending {
	switch {
	case err == nil:
		return ending{state: "done"}
	case errors.Is(err, ErrCanceled):
		return ending{state: "canceled"}
	case errors.Is(err, ErrStopping):
		return ending{state: "queued", back: true, free: true}
	case errors.Is(err, ErrLost):
		return ending{state: "queued", back: true}
	case errors.Is(err, ErrBusy) && attempt > 1:
		return ending{state: "queued", back: true, free: true, after: retakeAfter}
	case errors.Is(err, ErrBusy):
		return ending{state: "queued", back: true, free: true, after: busyAfter}
	case errors.Is(err, ErrRetry) && attempt < maxAttempts:
		return ending{state: "queued", back: true, after: retryAfter << (attempt - 1)}
	}
	return ending{state: "failed"}
}

// end records how an attempt ended. It does not give up before the process does: a run
// that nobody ends would keep its flow busy for ever.
func (e *Engine) end(ctx context.Context, job begun, result error) {
	ctx = context.WithoutCancel(ctx)
	how := decide(job.Attempt, result)
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := e.endOnce(ctx, job, how)
		if err != nil {
			e.log.WarnContext(ctx, "run.unrecorded", "run", job.ID, "flow", job.Flow, "err", err)
		}
		if e.gone.Load() {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(&backoff.ExponentialBackOff{
		InitialInterval: 100 * time.Millisecond, Multiplier: 2, RandomizationFactor: 0.5, MaxInterval: settlePause,
	}), backoff.WithMaxElapsedTime(0))
	switch {
	case err != nil:
		e.log.ErrorContext(ctx, "run.unrecorded", "run", job.ID, "flow", job.Flow, "err", err)
	case how.back:
		e.log.InfoContext(ctx, "run.requeued", "run", job.ID, "flow", job.Flow, "attempt", job.Attempt, "after", how.after, "err", result)
	case how.state == "canceled":
		e.log.InfoContext(ctx, "run.canceled", "run", job.ID, "flow", job.Flow)
	case result != nil:
		e.log.ErrorContext(ctx, "run.failed", "run", job.ID, "flow", job.Flow, "attempt", job.Attempt, "err", result)
	}
}

func (e *Engine) endOnce(ctx context.Context, job begun, how ending) error {
	now, err := e.db.now(ctx)
	if err != nil {
		return err
	}
	return e.db.write(ctx, func(tx tx) error {
		var endedAt *int64
		starts, canStart := job.Attempt, now.Add(how.after)
		if how.free {
			starts--
		}
		if at := micros(now); !how.back {
			endedAt = &at
		}
		changed, err := tx.exec(ctx, `UPDATE engine_runs SET state = $1, node = '', attempts = $2, not_before = $3, token_at = $4, ended_at = $5
			WHERE id = $6 AND state = 'running' AND node = $7 AND attempts = $8`,
			how.state, starts, micros(canStart), micros(now), endedAt, job.ID, e.node, job.Attempt)
		if err != nil {
			return err
		}
		if changed == 0 {
			// Others thought this process dead, and have the run.
			e.log.WarnContext(ctx, "run.taken", "run", job.ID, "flow", job.Flow)
			return nil
		}
		return e.tokenFor(ctx, tx, job.Flow, now, how.after)
	})
}

// tokenFor inserts a token for the run of the flow that is next, so that it does not have
// to wait until its own comes round.
func (e *Engine) tokenFor(ctx context.Context, tx tx, flow string, now time.Time, after time.Duration) error {
	next, err := collect(ctx, tx, one[string], `SELECT id FROM engine_runs
		WHERE flow = $1 AND state = 'queued' ORDER BY queued_at, id LIMIT 1`, flow)
	if err != nil || len(next) == 0 {
		return err
	}
	// One that is to come soon is handed out at once, and comes again by itself: the
	// leader that would hand it out later may be the process that died.
	var at time.Time
	if after > lookAgain {
		at = now.Add(after)
	}
	return tx.insert(ctx, next[0], at)
}
