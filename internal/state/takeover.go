package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"
)

// Resume takes a run again that a dead process left at work, with its flow until Finish.
// The run keeps its id, its start and its slot; Attempt is one more. An approval is not
// resumed but claimed again. Errors: ErrEnded when the run has an outcome, ErrNotFound
// when it was never begun, ErrBusy when it is at work in a living process.
func (l *Store) Resume(ctx context.Context, id string, at time.Time) (Record, error) {
	record, err := l.resumable(ctx, id)
	if err != nil {
		return Record{}, err
	}
	lock, err := l.lockFlow(ctx, record.Flow)
	if errors.Is(err, ErrBusy) {
		// Whoever has the flow by now may have ended the run.
		if _, ended := l.resumable(ctx, id); ended != nil {
			err = ended
		}
	}
	if err != nil {
		return Record{}, fmt.Errorf("resume run: %w", err)
	}
	err = l.write(ctx, "resume run", func(ctx context.Context, tx *sql.Tx) error {
		if err := retake(ctx, tx, id, at); err != nil {
			return err
		}
		record, err = loadRun(ctx, tx, id)
		return err
	})
	if err != nil {
		return Record{}, errors.Join(err, lock.release())
	}
	l.hold(id, held{lock: lock, attempt: record.Attempt})
	return record, nil
}

// resumable returns a run that has not ended.
func (l *Store) resumable(ctx context.Context, id string) (Record, error) {
	record, err := l.Run(ctx, id)
	switch {
	case err != nil:
		return Record{}, err
	case record.Outcome != "":
		return Record{}, fmt.Errorf("resume run %q, which is %q: %w", id, record.Outcome, ErrEnded)
	}
	return record, nil
}

func retake(ctx context.Context, tx *sql.Tx, id string, at time.Time) error {
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	n, err := affected(tx.ExecContext(ctx, `UPDATE runs SET attempt = attempt + 1, active_since = $2, pid = $3, host = $4
		WHERE id = $1 AND state = 'running'`, id, micros(at), os.Getpid(), host))
	if err == nil && n == 0 {
		return fmt.Errorf("%q: %w", id, ErrEnded)
	}
	return err
}

// Watch returns a context that is canceled, with a cause that is ErrLost, as soon as
// another process may take the run from this one: on PostgreSQL when the connection that
// holds its flow breaks; on SQLite never, since there a lock ends with its process only.
// Whatever executes a run works under this context and then sends nothing more. It is
// canceled at once for a run that this Ledger did not begin, claim or resume.
func (l *Store) Watch(ctx context.Context, run string) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	mine, ok := l.mine(run)
	if !ok {
		cancel(fmt.Errorf("run %q: %w", run, ErrLost))
		return ctx, func() {}
	}
	lost := mine.lock.lost()
	stop := context.AfterFunc(lost, func() { cancel(fmt.Errorf("run %q: %w", run, context.Cause(lost))) })
	return ctx, func() {
		stop()
		cancel(context.Canceled)
	}
}

// fence refuses to write for a run that this Ledger began, claimed or resumed and that
// another process has taken since.
func (l *Store) fence(ctx context.Context, tx *sql.Tx, id string) error {
	mine, ok := l.mine(id)
	if !ok {
		return nil
	}
	var state string
	var attempt int
	err := tx.QueryRowContext(ctx, `SELECT state, attempt FROM runs WHERE id = $1`, id).Scan(&state, &attempt)
	switch {
	case err != nil:
		return orNotFound(err, "run", id)
	case state == stateEnded || attempt != mine.attempt:
		return fmt.Errorf("run %q: %w", id, ErrLost)
	}
	return nil
}

// RequestCancel asks whoever executes the run to end it, which CancelRequested tells
// them. Errors: ErrEnded when the run is not at work (a held one is to be rejected),
// ErrNotFound.
func (l *Store) RequestCancel(ctx context.Context, run string) error {
	return l.write(ctx, "request cancel", func(ctx context.Context, tx *sql.Tx) error {
		state, err := runState(ctx, tx, run)
		switch {
		case err != nil:
			return err
		case state == stateEnded:
			return fmt.Errorf("run %q: %w", run, ErrEnded)
		}
		_, err = tx.ExecContext(ctx, `UPDATE runs SET cancel_requested = TRUE WHERE id = $1`, run)
		return err
	})
}

// CancelRequested reports whether somebody asked to end the run since it was begun or
// claimed. It returns ErrNotFound when there is no such run.
func (l *Store) CancelRequested(ctx context.Context, run string) (requested bool, err error) {
	err = l.read(ctx, "read cancel request", func(ctx context.Context, tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT cancel_requested FROM runs WHERE id = $1`, run).Scan(&requested)
		return orNotFound(err, "run", run)
	})
	return requested, err
}

// Abandon lets go of a run at work without ending it: another process, or this one, may
// take it by Resume.
func (l *Store) Abandon(run string) error { return l.letGo(run) }
