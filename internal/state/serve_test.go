package state_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/schedule"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/state/statetest"
)

// childLog in the environment is where a child that serves writes to.
const childLog = "LUCCA_EXCHANGE_STATE_LOG"

// childFlows are due every second or two; one takes longer than that.
func childFlows() ([]state.Flow, error) {
	var flows []state.Flow
	for name, line := range map[string]string{"one": "@every 1s", "two": "@every 2s", "slow": "@every 1s"} {
		s, err := schedule.Parse(line, time.UTC)
		if err != nil {
			return nil, err
		}
		flows = append(flows, state.Flow{Name: name, Kind: run.Export, Schedule: &s, CatchUp: time.Minute})
	}
	return flows, nil
}

// finishing ends the runs whose work ended well.
func finishing(store *state.Store, work func(context.Context, state.Job) error) func(context.Context, state.Job) error {
	return func(ctx context.Context, job state.Job) error {
		if err := work(ctx, job); err != nil {
			return err
		}
		return store.Runs().Finish(ctx, ended(job.Record, run.Done))
	}
}

// serveChild writes a line when a run begins and one when it ends. A file opened to append
// takes each line whole, whoever else writes.
func serveChild(dsn, log string) (err error) {
	file, err := os.OpenFile(log, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	flows, err := childFlows()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if _, err := fmt.Println("up"); err != nil {
		return err
	}
	store, err := state.Open(ctx, dsn)
	if err != nil && ctx.Err() != nil {
		return nil // stopped before it began
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	q, err := state.NewQueue(store, state.QueueOptions{
		Flows: flows, Grace: 5 * time.Second, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Abandoned: finishing(store, func(context.Context, state.Job) error { return nil }),
		Work: finishing(store, func(ctx context.Context, job state.Job) error {
			r := job.Record
			if _, err := fmt.Fprintf(file, "begin %s %s %d %d\n", r.ID, r.Flow, r.Slot.Unix(), job.Starts); err != nil {
				return err
			}
			pause := 50 * time.Millisecond
			if r.Flow == "slow" {
				pause = 700 * time.Millisecond
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(pause):
			}
			_, err := fmt.Fprintf(file, "end %s %s %d %d\n", r.ID, r.Flow, r.Slot.Unix(), job.Starts)
			return err
		}),
	})
	if err != nil {
		return err
	}
	return q.Run(ctx)
}

// server is a daemon in a process of its own.
type server struct {
	*exec.Cmd
	stderr *strings.Builder
}

func startServer(t testing.TB, dsn, log string) *server {
	t.Helper()
	c := &server{exec.Command(os.Args[0]), &strings.Builder{}}
	c.Env = append(os.Environ(), childEnv+"=serve "+dsn, childLog+"="+log)
	c.Stderr = c.stderr
	out, err := c.StdoutPipe()
	check(t, err)
	check(t, c.Start())
	t.Cleanup(func() { c.kill() })
	// It says so when it minds signals.
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatalf("daemon: %v\n%s", err, c.stderr)
	}
	return c
}

func (c *server) kill() {
	if c.ProcessState == nil {
		_ = c.Process.Kill()
		_ = c.Wait()
	}
}

// stop lets the daemon end by itself.
func (c *server) stop(t testing.TB) {
	t.Helper()
	check(t, c.Process.Signal(syscall.SIGTERM))
	if err := c.Wait(); err != nil {
		t.Errorf("daemon: %v\n%s", err, c.stderr)
	}
}

// newLog makes the file that daemons write to.
func newLog(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	check(t, os.WriteFile(path, nil, 0o600))
	return path
}

// logged is a line of a daemon.
type logged struct {
	word, id, flow string
	slot           int64
	attempt        int
}

func readLog(t testing.TB, path string) []logged {
	t.Helper()
	file, err := os.Open(path)
	check(t, err)
	defer file.Close()
	var lines []logged
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		var l logged
		if _, err := fmt.Sscan(scanner.Text(), &l.word, &l.id, &l.flow, &l.slot, &l.attempt); err != nil {
			t.Fatalf("%q: %v", scanner.Text(), err)
		}
		lines = append(lines, l)
	}
	return lines
}

// sqliteState is the place of a state that is not made yet.
func sqliteState(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "exchange.db")
}

// onBoth runs a test on either database.
func onBoth(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, sqliteState(t)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, statetest.PostgreSQL(t)) })
}

// queueProcess is what a process has of the queue.
type queueProcess struct {
	*state.Queue
	store *state.Store
	flows []state.Flow
}

// openQueue opens a state with its queue. Work need not end its runs.
func openQueue(t testing.TB, dsn string, opts state.QueueOptions) *queueProcess {
	t.Helper()
	store, err := state.Open(t.Context(), dsn)
	check(t, err)
	t.Cleanup(func() { check(t, store.Close()) })
	if opts.Work == nil {
		opts.Work = func(context.Context, state.Job) error { return nil }
	}
	opts.Work = finishing(store, opts.Work)
	if opts.Abandoned == nil {
		opts.Abandoned = finishing(store, func(context.Context, state.Job) error { return nil })
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	q, err := state.NewQueue(store, opts)
	check(t, err)
	t.Cleanup(func() { check(t, q.Leave()) })
	return &queueProcess{q, store, opts.Flows}
}

// serveQueue runs the queue until stop is called, or the test ends.
func serveQueue(t testing.TB, q *queueProcess) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// eventually waits until a condition holds that nothing tells of.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	// Only what hangs takes as long, also where twenty others want the processor.
	for deadline := time.Now().Add(10 * time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func every(t testing.TB, line string) *schedule.Schedule {
	t.Helper()
	s, err := schedule.Parse(line, time.UTC)
	check(t, err)
	return &s
}
