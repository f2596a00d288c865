package engine_test

import (
	"context"
	"errors"
	"testing"

	"lucca-exchange/internal/engine"
	"lucca-exchange/internal/state/statetest"
)

// TestOneTakenForDeadStopsItsRuns: whoever was silent for too long finds itself buried, and
// must not go on with what others may have taken over.
func TestOneTakenForDeadStopsItsRuns(t *testing.T) {
	t.Parallel()
	state := statetest.PostgreSQL(t)
	jobs, causes := make(chan engine.Job, 10), make(chan error, 10)
	e := open(t, engine.Options{
		State: state, Flows: []engine.Flow{{Name: "users"}},
		Work: func(ctx context.Context, job engine.Job) error {
			jobs <- job
			if job.Attempt > 1 {
				return nil
			}
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return ctx.Err()
		},
	})
	run(t, e)
	id, err := e.Enqueue(t.Context(), "users", engine.Manual)
	check(t, err)
	<-jobs
	statetest.Exec(t, state, `DELETE FROM engine_nodes`)
	if cause := <-causes; !errors.Is(cause, engine.ErrLost) {
		t.Errorf("cause %v, want ErrLost", cause)
	}
	if job := <-jobs; job.ID != id || job.Attempt != 2 {
		t.Errorf("then %+v, want %s again", job, id)
	}
}

// TestConnectionsAreCut: the server ends every connection while a run is at work, which
// neither stops the run nor loses its end, nor what comes after.
func TestConnectionsAreCut(t *testing.T) {
	t.Parallel()
	state := statetest.PostgreSQL(t)
	jobs, proceed := make(chan engine.Job, 10), make(chan struct{}, 10)
	e := open(t, engine.Options{
		State: state, Flows: []engine.Flow{{Name: "users"}},
		Work: func(ctx context.Context, job engine.Job) error {
			jobs <- job
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-proceed:
				return nil
			}
		},
	})
	run(t, e)
	first, err := e.Enqueue(t.Context(), "users", engine.Manual)
	check(t, err)
	<-jobs
	statetest.Exec(t, state, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	proceed <- struct{}{}
	proceed <- struct{}{}
	var second string
	eventually(t, "the next run is queued", func() bool {
		second, err = e.Enqueue(t.Context(), "users", engine.Manual)
		return err == nil || errors.Is(err, engine.ErrAlreadyQueued)
	})
	if job := <-jobs; job.ID != second || job.ID == first {
		t.Errorf("then %+v, want %s after %s", job, second, first)
	}
}
