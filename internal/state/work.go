package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/riverqueue/river"

	"lucca-exchange/internal/account"
	"lucca-exchange/internal/run"
)

const (
	// busyAfter is the wait before a flow is tried again that is busy outside of the queue, such
	// as by `run FLOW`, or whose state could not be used.
	busyAfter = 15 * time.Second
	// lookAgain is the wait for what is about to change: another run of the flow, or the lock
	// of a dead process. Below River's five seconds, from which on it takes its leader to hand
	// out a job again.
	lookAgain = 2 * time.Second
	// orphaned is how long a run of a flow that no process knows stays in the queue.
	orphaned = time.Hour
	// recordPause bounds the wait between attempts to record the end of a run.
	recordPause = 5 * time.Second
)

// wait is the error that has a job come again.
func wait(d time.Duration) error { return river.JobSnooze(d) }

// work makes what can be made of a job: it performs the run, or has the job come again later,
// or drops it.
func (q *Queue) work(ctx context.Context, job *river.Job[jobArgs]) error {
	id := job.Args.Run
	if !q.admit(id) {
		return wait(lookAgain)
	}
	defer q.forget(id)
	row, err := q.readQueued(ctx, id)
	if err != nil {
		q.log.WarnContext(ctx, "run.delayed", "run", id, "err", err)
		return wait(lookAgain)
	}
	if row == nil || !row.job.Valid || row.job.V != job.ID {
		return nil // of no use any more
	}
	flow, known := q.times.flow(row.flow)
	switch {
	case row.behind, row.paused:
		return wait(lookAgain)
	case !known && row.waited < orphaned:
		return wait(lookAgain)
	}
	record, interrupted, err := q.store.Runs().Resume(ctx, id, time.Now())
	if len(interrupted) > 0 && q.opts.Interrupted != nil {
		q.opts.Interrupted(ctx, interrupted)
	}
	switch {
	case errors.Is(err, ErrEnded), errors.Is(err, ErrNotFound):
		return nil
	case errors.Is(err, ErrBusy):
		return wait(row.patience())
	case errors.Is(err, account.ErrForeign):
		return failUnstarted(ctx, q, id, err)
	case err != nil:
		q.log.WarnContext(ctx, "run.delayed", "run", id, "flow", row.flow, "err", err)
		return wait(row.patience())
	}
	record.Slot = record.Slot.In(flow.zone())
	taken := Job{Record: record, Resumed: row.attempt > 0, Starts: job.Attempt}
	perform := q.opts.Work
	if !known || job.Attempt > maxStarts {
		q.log.ErrorContext(ctx, "run.abandoned", "run", id, "flow", row.flow, "attempt", job.Attempt-1)
		taken.Starts--
		perform = q.opts.Abandoned
	}
	timeout := flow.Timeout
	if !known {
		timeout = defaultTimeout
	}
	ctx, err = q.perform(ctx, taken, timeout, perform)
	return q.settle(ctx, taken, err)
}

// failUnstarted ends a run as failed that cannot be taken, since the lock of its flow is another
// account's: in silence it would wait for ever. One that a dead process had begun is not touched:
// what it did is for whoever can take it.
func failUnstarted(ctx context.Context, q *Queue, id string, cause error) error {
	record, err := q.store.Runs().failQueued(ctx, id, run.Unstarted+cause.Error(), time.Now())
	if err != nil {
		q.log.ErrorContext(ctx, "run.delayed", "run", id, "err", errors.Join(cause, err))
		return wait(busyAfter)
	}
	q.log.ErrorContext(ctx, "run.failed", "run", id, "flow", record.Flow, "err", cause)
	if q.opts.Unstarted != nil {
		q.opts.Unstarted(ctx, record)
	}
	return nil
}

// queuedRun is a run as the queue sees it before it is taken.
type queuedRun struct {
	flow    string
	attempt int
	job     sql.Null[int64]
	waited  time.Duration
	// behind: another run of the flow comes first.
	behind bool
	// paused: the flow is, and the run was not begun before.
	paused bool
}

// patience is how long to wait for a flow that is busy: for a run that was begun before, what
// is busy may be the lock of its dead process, that is about to go.
func (r *queuedRun) patience() time.Duration {
	if r.attempt > 0 {
		return lookAgain
	}
	return busyAfter
}

// readQueued returns nil for a run that has ended. Runs of a flow begin in the order in which
// they were queued.
func (q *Queue) readQueued(ctx context.Context, id string) (row *queuedRun, err error) {
	now, err := q.store.now(ctx)
	if err != nil {
		return nil, err
	}
	err = q.store.read(ctx, "read run", func(ctx context.Context, tx *sql.Tx) error {
		var r queuedRun
		var queued sql.Null[int64]
		err := tx.QueryRowContext(ctx, `SELECT flow, attempt, job, queued_at, EXISTS (
				SELECT 1 FROM runs o WHERE o.flow = runs.flow AND o.id <> runs.id AND (o.state = 'running' AND o.outcome = '' AND o.resumable
					OR o.state = 'queued' AND runs.state = 'queued' AND (o.queued_at, o.id) < (runs.queued_at, runs.id)))
			FROM runs WHERE id = $1 AND (state = 'queued' OR state = 'running' AND outcome = '')`, id).
			Scan(&r.flow, &r.attempt, &r.job, &queued, &r.behind)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		r.waited, row = now.Sub(instant(queued)), &r
		paused, err := readPauses(ctx, tx, now)
		if _, ok := paused[r.flow]; ok {
			r.paused = r.attempt == 0 // what is half done is ended
		}
		return err
	})
	return row, err
}

// admit notes that the run is in this process's hands; false: it is so already, or none
// may begin now.
func (q *Queue) admit(id string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, here := q.active[id]; here || q.closed != nil {
		return false
	}
	q.active[id] = func(error) {}
	return true
}

func (q *Queue) forget(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.active, id)
}

// perform does the work with a context that ends at the timeout, when somebody cancels the
// run, at the stop and when contact is lost. It returns that context: it says why it ended.
func (q *Queue) perform(ctx context.Context, job Job, timeout time.Duration, work func(context.Context, Job) error) (context.Context, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	q.mu.Lock()
	q.active[job.Record.ID] = cancel
	closed := q.closed
	q.mu.Unlock()
	// Whoever closes the queue cancels what it finds, and did not find this one yet.
	if closed != nil {
		cancel(closed)
		return ctx, closed
	}
	ctx, stop := context.WithTimeoutCause(ctx, timeout, ErrTimeout)
	defer stop()
	ctx, unwatch := q.store.Runs().Watch(ctx, job.Record.ID)
	defer unwatch()
	return ctx, q.guard(ctx, job, work)
}

// guard is the run boundary: one that panics must not take the others with it. What it panics
// with may hold a value of a cell, so that only the stack is logged.
func (q *Queue) guard(ctx context.Context, job Job, work func(context.Context, Job) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("internal fault: the log has the place; please report it")
			q.log.ErrorContext(ctx, "run.panicked", "run", job.Record.ID, "flow", job.Record.Flow, "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
		}
	}()
	return work(ctx, job)
}

// settle deals with a run whose work is over: where it has not ended it goes back to the queue,
// or fails.
func (q *Queue) settle(ctx context.Context, job Job, err error) error {
	record := job.Record
	// What ended the work must not keep from telling.
	lasting := context.WithoutCancel(ctx)
	if _, here := q.store.mine.of(record.ID); !here {
		return nil
	}
	if !Passes(ctx, err) {
		record.Outcome, record.FinishedAt = run.Failed, time.Now()
		record.Reason = "internal fault: the run ended without an outcome; please report it"
		if err != nil {
			record.Reason = err.Error()
		}
		q.log.ErrorContext(lasting, "run.failed", "run", record.ID, "flow", record.Flow, "err", err)
		if err = q.Insist(ctx, record, q.store.Runs().Finish(ctx, record)); err == nil {
			return nil
		}
	}
	cause := context.Cause(ctx)
	q.log.WarnContext(lasting, "run.requeued", "run", record.ID, "flow", record.Flow, "attempt", record.Attempt, "err", errors.Join(cause, err))
	if kept := q.store.Runs().Requeue(lasting, record.ID); kept != nil && !errors.Is(kept, ErrLost) {
		// It is continued all the same, as that of a dead process.
		q.log.WarnContext(lasting, "run.unrecorded", "run", record.ID, "flow", record.Flow, "err", kept)
	}
	switch {
	case errors.Is(cause, ErrLost):
		return fmt.Errorf("run %s: %w", record.ID, cause) // which River counts
	case errors.Is(cause, ErrStopping):
		return wait(0)
	case job.Resumed:
		return wait(lookAgain)
	}
	return wait(busyAfter)
}

// Insist records the outcome of a run that could not be recorded for a reason, such as a full
// disk, that may pass: until it does, the flow is busy. When the process has to stop before,
// the run is left to the next, which finds in the journals how far it came, and err is why it
// was not recorded.
func (q *Queue) Insist(ctx context.Context, record Record, err error) error {
	pauses := &backoff.ExponentialBackOff{InitialInterval: 100 * time.Millisecond, Multiplier: 2, RandomizationFactor: 0.5, MaxInterval: recordPause}
	pauses.Reset()
	for err != nil && !errors.Is(err, ErrEnded) && !errors.Is(err, ErrLost) {
		q.log.ErrorContext(ctx, "run.unrecorded", "flow", record.Flow, "run", record.ID, "outcome", string(record.Outcome), "err", err)
		if given(ctx) || q.gone() {
			return err
		}
		q.rest(ctx, pauses.NextBackOff())
		err = q.store.Runs().Finish(ctx, record)
	}
	return err
}

// rest waits, unless the run is to be given back.
func (q *Queue) rest(ctx context.Context, pause time.Duration) {
	ended := ctx.Done()
	if ctx.Err() != nil {
		// It was canceled, or took too long, and its outcome says so.
		ended = nil
	}
	select {
	case <-ended:
	case <-time.After(pause):
	}
}

// gone tells that the grace period is over, also to a run whose context ended before, for
// another reason.
func (q *Queue) gone() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.over
}
