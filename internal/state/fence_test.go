package state_test

import (
	"context"
	"errors"
	"testing"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/state/statetest"
)

// TestOneTakenForDeadStopsItsRuns: whoever lost the locks that say that it lives must not go on
// with what others may have taken over.
func TestOneTakenForDeadStopsItsRuns(t *testing.T) {
	t.Parallel()
	dsn := statetest.PostgreSQL(t)
	jobs, causes := make(chan state.Job, 10), make(chan error, 10)
	e := openQueue(t, dsn, state.QueueOptions{
		Flows: []state.Flow{{Name: "users"}},
		Work: func(ctx context.Context, job state.Job) error {
			jobs <- job
			if job.Starts > 1 {
				return nil
			}
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return ctx.Err()
		},
	})
	serveQueue(t, e)
	id, err := e.Enqueue(t.Context(), "users")
	check(t, err)
	<-jobs
	statetest.Exec(t, dsn, `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid <> pg_backend_pid()`)
	if cause := <-causes; !errors.Is(cause, state.ErrLost) {
		t.Errorf("cause %v, want ErrLost", cause)
	}
	if job := <-jobs; job.Record.ID != id || job.Starts != 2 {
		t.Errorf("then %+v, want %s again", job, id)
	}
}

// TestConnectionsAreCut: the server ends every connection while a run is at work. It is done in
// the end, here or in another attempt, and so is what comes after.
func TestConnectionsAreCut(t *testing.T) {
	t.Parallel()
	dsn := statetest.PostgreSQL(t)
	begun, proceed := make(chan struct{}, 100), make(chan struct{})
	e := openQueue(t, dsn, state.QueueOptions{
		Flows: []state.Flow{{Name: "users"}},
		Work: func(ctx context.Context, _ state.Job) error {
			begun <- struct{}{}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-proceed:
				return nil
			}
		},
	})
	serveQueue(t, e)
	first, err := e.Enqueue(t.Context(), "users")
	check(t, err)
	<-begun
	statetest.Exec(t, dsn, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	close(proceed)
	done := func(id string) bool {
		record, err := e.store.History().Run(t.Context(), id)
		return err == nil && record.Outcome == run.Done
	}
	eventually(t, "the run is done", func() bool { return done(first) })
	second, err := e.Enqueue(t.Context(), "users")
	check(t, err)
	eventually(t, "the next run is done", func() bool { return done(second) })
}
