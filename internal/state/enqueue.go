package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"lucca-exchange/internal/run"
)

// Enqueue queues a run of the flow that no schedule asked for, and returns its id. When
// one waits already it returns that one's id and ErrAlreadyQueued: it will see whatever
// this one was to see.
func (q *Queue) Enqueue(ctx context.Context, name string) (id string, err error) {
	flow, ok := q.flow(name)
	if !ok {
		return "", fmt.Errorf("enqueue flow %q: %w", name, ErrUnknownFlow)
	}
	return q.store.enqueue(ctx, flow)
}

func (l queueTable) enqueue(ctx context.Context, flow Flow) (id string, err error) {
	now, err := l.now(ctx)
	if err != nil {
		return "", fmt.Errorf("enqueue flow %q: %w", flow.Name, err)
	}
	waits := false
	err = l.write(ctx, fmt.Sprintf("enqueue flow %q", flow.Name), func(ctx context.Context, tx *sql.Tx) error {
		waiting, err := collect(tx.QueryContext(ctx, `SELECT id FROM runs
			WHERE flow = $1 AND state = 'queued' ORDER BY queued_at, id LIMIT 1`, flow.Name))
		if err != nil {
			return err
		}
		if waits = len(waiting) > 0; waits {
			id = waiting[0]
			return nil
		}
		id = run.NewID(now)
		return l.queueRun(ctx, tx, id, flow, now, time.Time{})
	})
	if err == nil && waits {
		err = fmt.Errorf("enqueue flow %q: %w", flow.Name, ErrAlreadyQueued)
	}
	return id, err
}

// queueRun adds a run and its job. A zero due is that of a run that no schedule asked for.
func (l queueTable) queueRun(ctx context.Context, tx *sql.Tx, id string, flow Flow, now, due time.Time) error {
	slot := due
	if slot.IsZero() {
		slot = now.Truncate(time.Second)
	}
	place, err := next(ctx, tx)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO runs (id, flow, kind, slot, state, outcome, reason, started_at, active_since, pid, host, facts,
			due_at, resumable, attempt, queued_at, sequence)
		VALUES ($1, $2, $3, $4, 'queued', '', '', $5, $5, 0, '', '{}', $6, TRUE, 0, $5, $7)`,
		id, flow.Name, flow.Kind, slot.In(flow.zone()).Format(time.RFC3339Nano), micros(now), micros(due), place); err != nil {
		return err
	}
	return l.insertJob(ctx, tx, id)
}

// Cancel takes a run out of the queue that waits there, or asks whoever has it to end it,
// which Watch tells them. One that was begun and waits to be continued is continued, to end
// what is half done. Errors: ErrEnded when the run is not at work (a held one is to be
// rejected), ErrNotFound.
func (l queueTable) Cancel(ctx context.Context, id string) error {
	now, err := l.now(ctx)
	if err != nil {
		return fmt.Errorf("cancel run: %w", err)
	}
	return l.write(ctx, "cancel run", func(ctx context.Context, tx *sql.Tx) error {
		var state string
		var attempt int
		var job sql.Null[int64]
		err := tx.QueryRowContext(ctx, `SELECT state, attempt, job FROM runs WHERE id = $1`, id).Scan(&state, &attempt, &job)
		switch {
		case err != nil:
			return orNotFound(err, "run", id)
		case state == stateHeld || state == stateEnded:
			return fmt.Errorf("run %q: %w", id, ErrEnded)
		case state == stateQueued && attempt == 0:
			if _, err := tx.ExecContext(ctx, `UPDATE runs SET state = 'ended', outcome = 'canceled', reason = $2, finished_at = $3, cancel_requested = TRUE
				WHERE id = $1`, id, ErrCanceled.Error(), micros(now)); err != nil {
				return err
			}
			return l.removeJob(ctx, tx, job)
		}
		_, err = tx.ExecContext(ctx, `UPDATE runs SET cancel_requested = TRUE WHERE id = $1`, id)
		return err
	})
}

// now is the clock that slots are measured by.
func (l *handle) now(ctx context.Context) (time.Time, error) {
	now, err := l.store.now(ctx, l.reads)
	if err != nil {
		return now, fmt.Errorf("read clock: %w", l.explain(ctx, "read clock", err))
	}
	return now, nil
}

// Passes reports whether a run that stopped on an error is to go on later: the process stops,
// or lost its contact with the others, or the state could not be used for a reason that
// passes. A run can be continued from wherever its journals end, so that it need not fail for
// that.
func Passes(ctx context.Context, err error) bool {
	return given(ctx) || Unusable(err) || errors.Is(err, ErrBusy) || errors.Is(err, ErrUnknownFlow)
}

// Unusable reports whether an error is one of the state, for a reason that passes.
func Unusable(err error) bool {
	return errors.Is(err, ErrFull) || errors.Is(err, ErrLocked) || errors.Is(err, ErrUnreachable)
}

// given reports whether a run is to be given back to the queue whatever comes of it.
func given(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return errors.Is(cause, ErrStopping) || errors.Is(cause, ErrLost)
}
