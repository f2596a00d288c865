package state_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lucca-exchange/internal/state"
)

// What is left to the database, and to the machine, is a second.
func TestTakeoverTakesLessThanFiveSeconds(t *testing.T) {
	t.Parallel()
	if state.Takeover > 4*time.Second {
		t.Errorf("a run whose process was killed may wait for %v", state.Takeover)
	}
}

func TestEnqueuedRunIsWorkedOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		jobs := make(chan state.Job, 10)
		e := openQueue(t, dsn, state.QueueOptions{
			Flows: []state.Flow{{Name: "acme/users"}},
			Work:  func(_ context.Context, job state.Job) error { jobs <- job; return nil },
		})
		id, err := e.Enqueue(t.Context(), "acme/users")
		check(t, err)
		again, err := e.Enqueue(t.Context(), "acme/users")
		if !errors.Is(err, state.ErrAlreadyQueued) || again != id {
			t.Errorf("second enqueue: %q, %v, want the id of the first and ErrAlreadyQueued", again, err)
		}
		if _, err := e.Enqueue(t.Context(), "other"); !errors.Is(err, state.ErrUnknownFlow) {
			t.Errorf("unknown flow: %v", err)
		}
		states, err := e.store.Jobs().FlowStates(t.Context(), e.flows)
		check(t, err)
		if s := states["acme/users"]; len(s.Waiting) != 1 || s.Waiting[0] != id || !s.Next.IsZero() {
			t.Errorf("state %+v, want %s waiting", s, id)
		}
		stop := serveQueue(t, e)
		job := <-jobs
		if job.Record.ID != id || job.Record.Flow != "acme/users" || job.Starts != 1 || job.Resumed || job.Record.Attempt != 1 {
			t.Errorf("job %+v, want the first start of %s", job, id)
		}
		eventually(t, "the queue is empty", func() bool {
			depth, err := e.store.Jobs().Depth(t.Context())
			check(t, err)
			return depth.Queued+depth.Running == 0
		})
		if err := e.store.Jobs().Cancel(t.Context(), id); !errors.Is(err, state.ErrEnded) {
			t.Errorf("cancel of an ended run: %v", err)
		}
		if err := e.store.Jobs().Cancel(t.Context(), "no-such-run"); !errors.Is(err, state.ErrNotFound) {
			t.Errorf("cancel of an unknown run: %v", err)
		}
		stop()
		if len(jobs) > 0 {
			t.Errorf("worked again: %+v", <-jobs)
		}
		_, err = e.store.Upkeep().Purge(t.Context(), state.PurgeOptions{RunsBefore: time.Now().Add(time.Hour)})
		check(t, err)
		if err := e.store.Jobs().Cancel(t.Context(), id); !errors.Is(err, state.ErrNotFound) {
			t.Errorf("cancel of a purged run: %v", err)
		}
	})
}

func TestOneRunPerFlowAtATimeAndNoneIsLost(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		var at, most atomic.Int32
		begun, proceed := make(chan state.Job, 10), make(chan struct{})
		e := openQueue(t, dsn, state.QueueOptions{
			Flows: []state.Flow{{Name: "users"}},
			Work: func(_ context.Context, job state.Job) error {
				most.Store(max(most.Load(), at.Add(1)))
				defer at.Add(-1)
				begun <- job
				<-proceed
				return nil
			},
		})
		serveQueue(t, e)
		first, err := e.Enqueue(t.Context(), "users")
		check(t, err)
		if job := <-begun; job.Record.ID != first {
			t.Fatalf("began %s, want %s", job.Record.ID, first)
		}
		// It has begun: what comes in now it may not have seen, so there is to be another.
		second, err := e.Enqueue(t.Context(), "users")
		check(t, err)
		proceed <- struct{}{}
		if job := <-begun; job.Record.ID != second {
			t.Errorf("began %s, want %s", job.Record.ID, second)
		}
		close(proceed)
		if most.Load() != 1 {
			t.Errorf("%d runs of the flow at a time", most.Load())
		}
	})
}

func TestCancelReachesRunsFromAnotherProcess(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		opts := state.QueueOptions{Flows: []state.Flow{{Name: "users"}}}
		cli := openQueue(t, dsn, opts)
		begun, causes := make(chan struct{}, 10), make(chan error, 10)
		opts.Work = func(ctx context.Context, _ state.Job) error {
			begun <- struct{}{}
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return ctx.Err()
		}
		e := openQueue(t, dsn, opts)
		stop := serveQueue(t, e)
		running, err := cli.Enqueue(t.Context(), "users")
		check(t, err)
		<-begun
		waiting, err := cli.Enqueue(t.Context(), "users")
		check(t, err)
		check(t, cli.store.Jobs().Cancel(t.Context(), waiting))
		check(t, cli.store.Jobs().Cancel(t.Context(), running))
		if cause := <-causes; !errors.Is(cause, state.ErrCanceled) {
			t.Errorf("cause %v, want ErrCanceled", cause)
		}
		eventually(t, "the queue is empty", func() bool {
			depth, err := cli.store.Jobs().Depth(t.Context())
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
	onBoth(t, func(t *testing.T, dsn string) {
		begun, release := make(chan state.Job, 10), make(chan struct{})
		opts := state.QueueOptions{
			Flows: []state.Flow{{Name: "quick"}, {Name: "slow"}}, Grace: 500 * time.Millisecond,
			Work: func(ctx context.Context, job state.Job) error {
				begun <- job
				if job.Record.Flow == "quick" {
					<-release
					return nil
				}
				<-ctx.Done()
				if !errors.Is(context.Cause(ctx), state.ErrStopping) {
					t.Errorf("cause %v, want ErrStopping", context.Cause(ctx))
				}
				return fmt.Errorf("send file: %w", ctx.Err())
			},
		}
		e := openQueue(t, dsn, opts)
		stop := serveQueue(t, e)
		_, err := e.Enqueue(t.Context(), "quick")
		check(t, err)
		slow, err := e.Enqueue(t.Context(), "slow")
		check(t, err)
		<-begun
		<-begun
		time.AfterFunc(100*time.Millisecond, func() { close(release) })
		stop()
		states, err := e.store.Jobs().FlowStates(t.Context(), e.flows)
		check(t, err)
		if s := states["slow"]; len(s.Waiting) != 1 || s.Waiting[0] != slow || s.Running != "" {
			t.Errorf("the slow run is not back in the queue: %+v", s)
		}
		if s := states["quick"]; len(s.Waiting) != 0 || s.Running != "" {
			t.Errorf("the quick run did not end: %+v", s)
		}

		continued := make(chan state.Job, 10)
		opts.Work = func(_ context.Context, job state.Job) error { continued <- job; return nil }
		serveQueue(t, openQueue(t, dsn, opts))
		if job := <-continued; job.Record.ID != slow || job.Starts != 1 {
			t.Errorf("continued %+v, want %s with its attempt not counted", job, slow)
		}
	})
}

func TestOnlyOneDaemonPerSQLiteState(t *testing.T) {
	t.Parallel()
	worked := make(chan struct{}, 1)
	dsn := sqliteState(t)
	opts := state.QueueOptions{
		Flows: []state.Flow{{Name: "users"}},
		Work:  func(context.Context, state.Job) error { worked <- struct{}{}; return nil },
	}
	first, second := openQueue(t, dsn, opts), openQueue(t, dsn, opts)
	stop := serveQueue(t, first)
	_, err := second.Enqueue(t.Context(), "users")
	check(t, err)
	<-worked
	err = second.Run(t.Context())
	if !errors.Is(err, state.ErrRunning) || !strings.Contains(err.Error(), fmt.Sprintf("process %d:", os.Getpid())) {
		t.Errorf("second daemon: %v, want it refused with the process of the first", err)
	}
	stop()
	serveQueue(t, second)
}

func TestFailuresAreNotRepeatedAndPanicsStayAlone(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		var failed, panicked atomic.Int32
		e := openQueue(t, dsn, state.QueueOptions{
			Flows: []state.Flow{{Name: "fails"}, {Name: "panics"}, {Name: "hangs", Timeout: 50 * time.Millisecond}},
			Work: func(ctx context.Context, job state.Job) error {
				switch job.Record.Flow {
				case "fails":
					failed.Add(1)
					return errors.New("partner says no")
				case "hangs":
					<-ctx.Done()
					if !errors.Is(context.Cause(ctx), state.ErrTimeout) {
						t.Errorf("cause %v, want ErrTimeout", context.Cause(ctx))
					}
					return ctx.Err()
				}
				panicked.Add(1)
				panic("at the disco")
			},
		})
		serveQueue(t, e)
		for _, flow := range []string{"fails", "panics", "hangs"} {
			_, err := e.Enqueue(t.Context(), flow)
			check(t, err)
		}
		eventually(t, "the queue is empty", func() bool {
			depth, err := e.store.Jobs().Depth(t.Context())
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
	onBoth(t, func(t *testing.T, dsn string) {
		jobs := make(chan state.Job, 100)
		opts := state.QueueOptions{
			Flows: []state.Flow{{Name: "users", Schedule: every(t, "* * * * *")}},
			Work:  func(_ context.Context, job state.Job) error { jobs <- job; return nil },
		}
		e := openQueue(t, dsn, opts)
		serveQueue(t, e)
		eventually(t, "the flow is known", func() bool {
			var known int
			check(t, state.DB(e.store).QueryRowContext(t.Context(), `SELECT count(*) FROM schedules WHERE flow = 'users'`).Scan(&known))
			return known > 0
		})
		reloaded := time.Now()
		check(t, e.Reload(t.Context(), []state.Flow{{Name: "users", Schedule: every(t, "@every 1s")}, {Name: "new", Schedule: every(t, "@every 1s")}}))
		seen := map[string]bool{}
		for len(seen) < 2 {
			job := <-jobs
			seen[job.Record.Flow] = true
			if job.Record.Slot.Before(reloaded.Add(-time.Second)) {
				t.Errorf("%+v is of before the reload at %v", job, reloaded)
			}
		}
		slots, err := e.store.Jobs().Slots(t.Context(), "users", 10)
		check(t, err)
		for _, slot := range slots {
			if slot.State == state.Missed {
				t.Errorf("slot %v was missed", slot.At)
			}
		}
	})
}

// TestDaemonsAreCounted as long as they live, also by who only reads.
func TestDaemonsAreCounted(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		started := make(chan struct{})
		opts := state.QueueOptions{Flows: []state.Flow{{Name: "users"}}, Started: func() { close(started) }}
		serving := openQueue(t, dsn, opts)
		reader, err := state.OpenReadOnly(t.Context(), dsn)
		check(t, err)
		t.Cleanup(func() { check(t, reader.Close()) })
		count := func(want int) {
			t.Helper()
			n, err := reader.Jobs().Daemons(t.Context())
			check(t, err)
			if n != want {
				t.Errorf("%d daemons, want %d", n, want)
			}
		}
		count(0)
		stop := serveQueue(t, serving)
		<-started
		count(1)
		stop()
		// The server of a database learns a little later than we that a session has ended.
		eventually(t, "the daemon is not counted any more", func() bool {
			n, err := reader.Jobs().Daemons(t.Context())
			check(t, err)
			return n == 0
		})
	})
}
