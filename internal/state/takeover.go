package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"lucca-exchange/internal/run"
)

// Resume takes a run that waits in the queue, or that a dead process left at work, with its
// flow until Finish. The run keeps its id and its slot, and from the first time on its start;
// Attempt is one more. An approval is not resumed but claimed again. Interrupted is as for
// Begin. Errors: ErrEnded when the run has an outcome, ErrNotFound when it was never begun,
// ErrBusy when its flow has a run at work in a living process.
func (l Runs) Resume(ctx context.Context, id string, at time.Time) (record Record, interrupted []Record, err error) {
	record, err = l.resumable(ctx, id)
	if err != nil {
		return Record{}, nil, err
	}
	interrupted, err = l.occupy(ctx, record.Flow, id, at, "resume run", func(ctx context.Context, tx *sql.Tx) error {
		if err := retake(ctx, tx, id, at); err != nil {
			return err
		}
		record, err = loadRun(ctx, tx, id)
		return err
	})
	if errors.Is(err, ErrBusy) {
		// Whoever has the flow by now may have ended the run.
		if _, ended := l.resumable(ctx, id); ended != nil {
			err = ended
		}
	}
	if err != nil {
		return Record{}, interrupted, err
	}
	return record, interrupted, nil
}

// resumable returns a run that has not ended.
func (l Runs) resumable(ctx context.Context, id string) (Record, error) {
	record, err := History(l).Run(ctx, id)
	switch {
	case err != nil:
		return Record{}, err
	case record.Outcome != "":
		return Record{}, fmt.Errorf("resume run %q, which is %q: %w", id, record.Outcome, ErrEnded)
	}
	return record, nil
}

// retake gives a run that begins only now its start and its place among the others.
func retake(ctx context.Context, tx *sql.Tx, id string, at time.Time) error {
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	place, err := next(ctx, tx)
	if err != nil {
		return err
	}
	n, err := affected(tx.ExecContext(ctx, `UPDATE runs SET state = 'running', attempt = attempt + 1, active_since = $2, pid = $3, host = $4,
			started_at = CASE WHEN attempt = 0 THEN $2 ELSE started_at END, sequence = CASE WHEN attempt = 0 THEN $5 ELSE sequence END
		WHERE id = $1 AND (state = 'queued' OR state = 'running' AND outcome = '')`, id, micros(at), os.Getpid(), host, place))
	if err == nil && n == 0 {
		return fmt.Errorf("%q: %w", id, ErrEnded)
	}
	return err
}

// failQueued ends a run that waits in the queue as failed, without its flow. ErrEnded: it does
// not wait.
func (l Runs) failQueued(ctx context.Context, id, reason string, at time.Time) (record Record, err error) {
	err = l.write(ctx, "fail run", func(ctx context.Context, tx *sql.Tx) error {
		place, err := next(ctx, tx)
		if err != nil {
			return err
		}
		n, err := affected(tx.ExecContext(ctx, `UPDATE runs SET state = 'ended', outcome = 'failed', reason = $2, finished_at = $3,
				started_at = CASE WHEN attempt = 0 THEN $3 ELSE started_at END, sequence = CASE WHEN attempt = 0 THEN $4 ELSE sequence END,
				attempt = attempt + 1
			WHERE id = $1 AND state = 'queued'`, id, plain(reason), micros(at), place))
		if err == nil && n == 0 {
			return fmt.Errorf("%q: %w", id, ErrEnded)
		}
		if err != nil {
			return err
		}
		record, err = loadRun(ctx, tx, id)
		return err
	})
	return record, err
}

// Unstarted are the flows whose last run failed before it could do anything, with its reason.
func (l History) Unstarted(ctx context.Context, flows []string) (reasons map[string]string, err error) {
	reasons = make(map[string]string)
	err = l.read(ctx, "look for flows that cannot start", func(ctx context.Context, tx *sql.Tx) error {
		for _, flow := range flows {
			var reason string
			err := tx.QueryRowContext(ctx, `SELECT reason FROM runs WHERE flow = $1 AND outcome <> '' AND `+begun+` ORDER BY sequence DESC LIMIT 1`, flow).Scan(&reason)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			if strings.HasPrefix(reason, run.Unstarted) {
				reasons[flow] = reason
			}
		}
		return nil
	})
	return reasons, err
}

// Requeue lets go of a run at work without ending it: another process, or this one, may take
// it by Resume.
func (l Runs) Requeue(ctx context.Context, id string) error {
	err := l.write(ctx, "requeue run", func(ctx context.Context, tx *sql.Tx) error {
		if err := l.fence(ctx, tx, id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE runs SET state = 'queued', queued_at = coalesce(queued_at, started_at)
			WHERE id = $1 AND state = 'running' AND outcome = ''`, id)
		return err
	})
	return errors.Join(err, l.mine.letGo(id))
}

// Watch returns a context that is canceled when somebody asks to end the run, with the cause
// ErrCanceled, and as soon as another process may take the run from this one, with a cause that
// is ErrLost: on PostgreSQL when the connection that holds its flow breaks; on SQLite never,
// since there a lock ends with its process only. Whatever executes a run works under this
// context and then sends nothing more. It is canceled at once for a run that this Store did
// not begin, claim or resume.
func (l Runs) Watch(ctx context.Context, run string) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	mine, ok := l.mine.of(run)
	if !ok {
		cancel(fmt.Errorf("run %q: %w", run, ErrLost))
		return ctx, func() {}
	}
	lost := mine.lock.lost()
	stop := context.AfterFunc(lost, func() { cancel(fmt.Errorf("run %q: %w", run, context.Cause(lost))) })
	done := make(chan struct{})
	go func() {
		defer close(done)
		for tick := time.Tick(cancelPoll); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick:
			}
			if asked, err := History(l).CancelRequested(ctx, run); err == nil && asked {
				cancel(ErrCanceled)
				return
			}
		}
	}()
	return ctx, func() {
		stop()
		cancel(context.Canceled)
		<-done
	}
}

// cancelPoll is how often it is looked whether somebody asked to end a run.
const cancelPoll = 2 * time.Second

// fence refuses to write for a run that this Store began, claimed or resumed and that
// another process has taken since.
func (l *handle) fence(ctx context.Context, tx *sql.Tx, id string) error {
	mine, ok := l.mine.of(id)
	if !ok {
		return nil
	}
	var state string
	var attempt int
	err := tx.QueryRowContext(ctx, `SELECT state, attempt FROM runs WHERE id = $1`, id).Scan(&state, &attempt)
	switch {
	case err != nil:
		return orNotFound(err, "run", id)
	case state != stateRunning || attempt != mine.attempt:
		return fmt.Errorf("run %q: %w", id, ErrLost)
	}
	return nil
}

// CancelRequested reports whether somebody asked to end the run since it was begun or
// claimed. It returns ErrNotFound when there is no such run.
func (l History) CancelRequested(ctx context.Context, run string) (requested bool, err error) {
	err = l.read(ctx, "read cancel request", func(ctx context.Context, tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT cancel_requested FROM runs WHERE id = $1`, run).Scan(&requested)
		return orNotFound(err, "run", run)
	})
	return requested, err
}
