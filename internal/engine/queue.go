package engine

import (
	"context"
	"fmt"
	"time"

	"lucca-exchange/internal/run"
)

// Enqueue queues a run of the flow that no schedule asked for, and returns its id. When
// one waits already it returns that one's id and ErrAlreadyQueued: it will see whatever
// this one was to see.
func (e *Engine) Enqueue(ctx context.Context, flow string, reason Reason) (id string, err error) {
	if _, ok := e.flow(flow); !ok {
		return "", fmt.Errorf("enqueue flow %q: %w", flow, ErrUnknownFlow)
	}
	now, err := e.db.now(ctx)
	if err != nil {
		return "", fmt.Errorf("enqueue flow %q: read clock: %w", flow, err)
	}
	waits := false
	err = e.db.write(ctx, func(tx tx) error {
		waiting, err := collect(ctx, tx, one[string], `SELECT id FROM engine_runs
			WHERE flow = $1 AND state = 'queued' ORDER BY queued_at, id LIMIT 1`, flow)
		if err != nil {
			return err
		}
		if waits = len(waiting) > 0; waits {
			id = waiting[0]
			return nil
		}
		id = run.NewID(now)
		return insertRun(ctx, tx, Job{ID: id, Flow: flow, Reason: reason}, now)
	})
	if err == nil && waits {
		err = ErrAlreadyQueued
	}
	if err != nil {
		return id, fmt.Errorf("enqueue flow %q: %w", flow, err)
	}
	return id, nil
}

// insertRun queues a run and its token.
func insertRun(ctx context.Context, tx tx, job Job, now time.Time) error {
	var slot *int64
	if !job.Slot.IsZero() {
		at := micros(job.Slot)
		slot = &at
	}
	if _, err := tx.exec(ctx, `INSERT INTO engine_runs (id, flow, slot, reason, state, attempts, node, queued_at, not_before, token_at)
		VALUES ($1, $2, $3, $4, 'queued', 0, '', $5, $5, $5)`, job.ID, job.Flow, slot, string(job.Reason), micros(now)); err != nil {
		return err
	}
	return tx.insert(ctx, job.ID, time.Time{})
}

// Cancel takes a waiting run out of the queue, or asks the process that performs it to
// stop, which it learns within seconds: its context ends with ErrCanceled. It returns
// ErrEnded or ErrNotFound.
func (e *Engine) Cancel(ctx context.Context, run string) error {
	now, err := e.db.now(ctx)
	if err != nil {
		return fmt.Errorf("cancel run %s: read clock: %w", run, err)
	}
	err = e.db.write(ctx, func(tx tx) error {
		for _, update := range []string{
			`UPDATE engine_runs SET state = 'canceled', cancel_at = $1, ended_at = $1 WHERE id = $2 AND state = 'queued'`,
			`UPDATE engine_runs SET cancel_at = coalesce(cancel_at, $1) WHERE id = $2 AND state = 'running'`,
		} {
			if changed, err := tx.exec(ctx, update, micros(now), run); err != nil || changed > 0 {
				return err
			}
		}
		known, err := collect(ctx, tx, one[string], `SELECT id FROM engine_runs WHERE id = $1`, run)
		switch {
		case err != nil:
			return err
		case len(known) == 0:
			return ErrNotFound
		}
		return ErrEnded
	})
	if err != nil {
		return fmt.Errorf("cancel run %s: %w", run, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if cancel, here := e.active[run]; here {
		cancel(ErrCanceled)
	}
	return nil
}

// Purge forgets the runs that ended before, and the slots before.
func (e *Engine) Purge(ctx context.Context, before time.Time) error {
	err := e.db.write(ctx, func(tx tx) error {
		if _, err := tx.exec(ctx, `DELETE FROM engine_runs WHERE ended_at < $1`, micros(before)); err != nil {
			return err
		}
		_, err := tx.exec(ctx, `DELETE FROM engine_slots WHERE slot < $1`, micros(before))
		return err
	})
	if err != nil {
		return fmt.Errorf("purge queue: %w", err)
	}
	return nil
}
