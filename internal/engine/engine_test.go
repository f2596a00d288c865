package engine_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lucca-exchange/internal/engine"
)

func TestEnqueuedRunIsWorkedOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, state string) {
		jobs := make(chan engine.Job, 10)
		e := open(t, engine.Options{
			State: state, Flows: []engine.Flow{{Name: "acme/users"}},
			Work: func(_ context.Context, job engine.Job) error { jobs <- job; return nil },
		})
		id, err := e.Enqueue(t.Context(), "acme/users", engine.Manual)
		check(t, err)
		again, err := e.Enqueue(t.Context(), "acme/users", engine.Webhook)
		if !errors.Is(err, engine.ErrAlreadyQueued) || again != id {
			t.Errorf("second enqueue: %q, %v, want the id of the first and ErrAlreadyQueued", again, err)
		}
		if _, err := e.Enqueue(t.Context(), "other", engine.Manual); !errors.Is(err, engine.ErrUnknownFlow) {
			t.Errorf("unknown flow: %v", err)
		}
		states, err := e.State(t.Context())
		check(t, err)
		if s := states["acme/users"]; len(s.Waiting) != 1 || s.Waiting[0] != id || !s.Next.IsZero() {
			t.Errorf("state %+v, want %s waiting", s, id)
		}
		stop := run(t, e)
		job := <-jobs
		if want := (engine.Job{ID: id, Flow: "acme/users", Reason: engine.Manual, Attempt: 1}); job != want {
			t.Errorf("job %+v, want %+v", job, want)
		}
		eventually(t, "the queue is empty", func() bool {
			depth, err := e.Queue(t.Context())
			check(t, err)
			return depth.Queued+depth.Running == 0
		})
		if err := e.Cancel(t.Context(), id); !errors.Is(err, engine.ErrEnded) {
			t.Errorf("cancel of an ended run: %v", err)
		}
		if err := e.Cancel(t.Context(), "no-such-run"); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("cancel of an unknown run: %v", err)
		}
		stop()
		if len(jobs) > 0 {
			t.Errorf("worked again: %+v", <-jobs)
		}
		check(t, e.Purge(t.Context(), time.Now().Add(time.Hour)))
		if err := e.Cancel(t.Context(), id); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("cancel of a purged run: %v", err)
		}
	})
}

func TestOneRunPerFlowAtATimeAndNoneIsLost(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, state string) {
		var at, most atomic.Int32
		begun, proceed := make(chan engine.Job, 10), make(chan struct{})
		e := open(t, engine.Options{
			State: state, Flows: []engine.Flow{{Name: "users"}},
			Work: func(_ context.Context, job engine.Job) error {
				most.Store(max(most.Load(), at.Add(1)))
				defer at.Add(-1)
				begun <- job
				<-proceed
				return nil
			},
		})
		run(t, e)
		first, err := e.Enqueue(t.Context(), "users", engine.Webhook)
		check(t, err)
		if job := <-begun; job.ID != first {
			t.Fatalf("began %s, want %s", job.ID, first)
		}
		// It has begun: what comes in now it may not have seen, so there is to be another.
		second, err := e.Enqueue(t.Context(), "users", engine.Webhook)
		check(t, err)
		proceed <- struct{}{}
		if job := <-begun; job.ID != second {
			t.Errorf("began %s, want %s", job.ID, second)
		}
		close(proceed)
		if most.Load() != 1 {
			t.Errorf("%d runs of the flow at a time", most.Load())
		}
	})
}

func TestCancelReachesRunsFromAnotherProcess(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, state string) {
		opts := engine.Options{State: state, Flows: []engine.Flow{{Name: "users"}}}
		cli := open(t, opts)
		begun, causes := make(chan struct{}, 10), make(chan error, 10)
		opts.Work = func(ctx context.Context, _ engine.Job) error {
			begun <- struct{}{}
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return ctx.Err()
		}
		e := open(t, opts)
		stop := run(t, e)
		running, err := cli.Enqueue(t.Context(), "users", engine.Manual)
		check(t, err)
		<-begun
		waiting, err := cli.Enqueue(t.Context(), "users", engine.Manual)
		check(t, err)
		check(t, cli.Cancel(t.Context(), waiting))
		check(t, cli.Cancel(t.Context(), running))
		if cause := <-causes; !errors.Is(cause, engine.ErrCanceled) {
			t.Errorf("cause %v, want ErrCanceled", cause)
		}
		eventually(t, "the queue is empty", func() bool {
			depth, err := cli.Queue(t.Context())
			check(t, err)
			return depth.Queued+depth.Running == 0
		})
		stop()
		if len(begun) > 0 {
			t.Error("a canceled run was begun")
		}
	})
}

func TestStopLetsRunsEndOrGivesThemBack(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, state string) {
		begun, release := make(chan engine.Job, 10), make(chan struct{})
		opts := engine.Options{
			State: state, Flows: []engine.Flow{{Name: "quick"}, {Name: "slow"}}, Grace: 500 * time.Millisecond,
			Work: func(ctx context.Context, job engine.Job) error {
				begun <- job
				if job.Flow == "quick" {
					<-release
					return nil
				}
				<-ctx.Done()
				if !errors.Is(context.Cause(ctx), engine.ErrStopping) {
					t.Errorf("cause %v, want ErrStopping", context.Cause(ctx))
				}
				return fmt.Errorf("send file: %w", ctx.Err())
			},
		}
		e := open(t, opts)
		stop := run(t, e)
		_, err := e.Enqueue(t.Context(), "quick", engine.Manual)
		check(t, err)
		slow, err := e.Enqueue(t.Context(), "slow", engine.Manual)
		check(t, err)
		<-begun
		<-begun
		time.AfterFunc(100*time.Millisecond, func() { close(release) })
		stop()
		states, err := e.State(t.Context())
		check(t, err)
		if s := states["slow"]; len(s.Waiting) != 1 || s.Waiting[0] != slow || s.Running != "" {
			t.Errorf("the slow run is not back in the queue: %+v", s)
		}
		if s := states["quick"]; len(s.Waiting) != 0 || s.Running != "" {
			t.Errorf("the quick run did not end: %+v", s)
		}

		continued := make(chan engine.Job, 10)
		opts.Work = func(_ context.Context, job engine.Job) error { continued <- job; return nil }
		run(t, open(t, opts))
		if job := <-continued; job.ID != slow || job.Attempt != 1 {
			t.Errorf("continued %+v, want %s with its attempt not counted", job, slow)
		}
	})
}

func TestOnlyOneDaemonPerSQLiteState(t *testing.T) {
	t.Parallel()
	worked := make(chan struct{}, 1)
	opts := engine.Options{
		State: sqliteState(t), Flows: []engine.Flow{{Name: "users"}},
		Work: func(context.Context, engine.Job) error { worked <- struct{}{}; return nil },
	}
	first, second := open(t, opts), open(t, opts)
	stop := run(t, first)
	_, err := second.Enqueue(t.Context(), "users", engine.Manual)
	check(t, err)
	<-worked
	err = second.Run(t.Context())
	if !errors.Is(err, engine.ErrRunning) || !strings.Contains(err.Error(), fmt.Sprintf("process %d:", os.Getpid())) {
		t.Errorf("second daemon: %v, want it refused with the process of the first", err)
	}
	stop()
	run(t, second)
}

func TestFailuresAreNotRepeatedAndPanicsStayAlone(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, state string) {
		var failed, panicked atomic.Int32
		e := open(t, engine.Options{
			State: state, Flows: []engine.Flow{{Name: "fails"}, {Name: "panics"}, {Name: "hangs", Timeout: 50 * time.Millisecond}},
			Work: func(ctx context.Context, job engine.Job) error {
				switch job.Flow {
				case "fails":
					failed.Add(1)
					return errors.New("partner says no")
				case "hangs":
					<-ctx.Done()
					if !errors.Is(context.Cause(ctx), engine.ErrTimeout) {
						t.Errorf("cause %v, want ErrTimeout", context.Cause(ctx))
					}
					return ctx.Err()
				}
				panicked.Add(1)
				panic("at the disco")
			},
		})
		run(t, e)
		for _, flow := range []string{"fails", "panics", "hangs"} {
			_, err := e.Enqueue(t.Context(), flow, engine.Manual)
			check(t, err)
		}
		eventually(t, "the queue is empty", func() bool {
			depth, err := e.Queue(t.Context())
			check(t, err)
			return depth.Queued+depth.Running == 0
		})
		if failed.Load() != 1 || panicked.Load() != 1 {
			t.Errorf("failed %d times, panicked %d times", failed.Load(), panicked.Load())
		}
	})
}

func TestReloadAndFirstStartFireNothingOfThePast(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, state string) {
		jobs := make(chan engine.Job, 100)
		opts := engine.Options{
			State: state, Flows: []engine.Flow{{Name: "users", Schedule: every(t, "* * * * *")}},
			Work: func(_ context.Context, job engine.Job) error { jobs <- job; return nil },
		}
		e := open(t, opts)
		run(t, e)
		eventually(t, "the flow is known", func() bool {
			states, err := e.State(t.Context())
			check(t, err)
			return !states["users"].Since.IsZero()
		})
		reloaded := time.Now()
		check(t, e.Reload(t.Context(), []engine.Flow{{Name: "users", Schedule: every(t, "@every 1s")}, {Name: "new", Schedule: every(t, "@every 1s")}}))
		seen := map[string]bool{}
		for len(seen) < 2 {
			job := <-jobs
			seen[job.Flow] = true
			if job.Slot.Before(reloaded.Add(-time.Second)) || job.Reason != engine.Schedule {
				t.Errorf("%+v is of before the reload at %v", job, reloaded)
			}
		}
		slots, err := e.Slots(t.Context(), "users", 10)
		check(t, err)
		for _, slot := range slots {
			if slot.State == engine.Missed {
				t.Errorf("slot %v was missed", slot.At)
			}
		}
	})
}
