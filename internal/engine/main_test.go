package engine_test

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

	"lucca-exchange/internal/engine"
	"lucca-exchange/internal/schedule"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/state/statetest"
)

// childState in the environment makes this binary a daemon, to be killed.
const (
	childState = "ENGINE_CHILD_STATE"
	childLog   = "ENGINE_CHILD_LOG"
)

func TestMain(m *testing.M) {
	if state := os.Getenv(childState); state != "" {
		if err := daemon(state, os.Getenv(childLog)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// childFlows are due every second or two; one takes longer than that.
func childFlows() ([]engine.Flow, error) {
	var flows []engine.Flow
	for name, line := range map[string]string{"one": "@every 1s", "two": "@every 2s", "slow": "@every 1s"} {
		s, err := schedule.Parse(line, time.UTC)
		if err != nil {
			return nil, err
		}
		flows = append(flows, engine.Flow{Name: name, Schedule: &s, CatchUp: time.Minute})
	}
	return flows, nil
}

// daemon writes a line when a run begins and one when it ends. A file opened to append
// takes each line whole, whoever else writes.
func daemon(state, log string) error {
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
	e, err := engine.Open(ctx, engine.Options{
		State: state, Flows: flows, Grace: 5 * time.Second,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Work: func(ctx context.Context, job engine.Job) error {
			if _, err := fmt.Fprintf(file, "begin %s %s %d %d\n", job.ID, job.Flow, job.Slot.Unix(), job.Attempt); err != nil {
				return err
			}
			pause := 50 * time.Millisecond
			if job.Flow == "slow" {
				pause = 700 * time.Millisecond
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(pause):
			}
			_, err := fmt.Fprintf(file, "end %s %s %d %d\n", job.ID, job.Flow, job.Slot.Unix(), job.Attempt)
			return err
		},
	})
	if err != nil {
		return err
	}
	return errors.Join(e.Run(ctx), e.Close())
}

// child is a daemon in a process of its own.
type child struct {
	*exec.Cmd
	stderr *strings.Builder
}

func startChild(t testing.TB, state, log string) *child {
	t.Helper()
	c := &child{exec.Command(os.Args[0]), &strings.Builder{}}
	c.Env = append(os.Environ(), childState+"="+state, childLog+"="+log)
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

func (c *child) kill() {
	if c.ProcessState == nil {
		_ = c.Process.Kill()
		_ = c.Wait()
	}
}

// stop lets the daemon end by itself.
func (c *child) stop(t testing.TB) {
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

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sqliteState makes a state as the store does.
func sqliteState(t testing.TB) string {
	t.Helper()
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "exchange.db")
	l, err := state.Open(t.Context(), dsn)
	check(t, err)
	check(t, l.Close())
	return dsn
}

// onBoth runs a test on either database.
func onBoth(t *testing.T, test func(t *testing.T, state string)) {
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, sqliteState(t)) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, statetest.PostgreSQL(t)) })
}

// open opens an engine that is closed with the test.
func open(t testing.TB, opts engine.Options) *engine.Engine {
	t.Helper()
	if opts.Work == nil {
		opts.Work = func(context.Context, engine.Job) error { return nil }
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	}
	e, err := engine.Open(t.Context(), opts)
	check(t, err)
	t.Cleanup(func() { check(t, e.Close()) })
	return e
}

// run runs the engine until stop is called, or the test ends.
func run(t testing.TB, e *engine.Engine) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
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
