package daemon_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lucca-exchange/internal/daemon"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// journal is what happened, in order.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

// part tells when it begins and ends.
func (j *journal) part(name string, err error) daemon.Part {
	return daemon.Part{Name: name, Run: func(ctx context.Context) error {
		<-ctx.Done()
		j.add(name)
		return err
	}}
}

func logger(t *testing.T) *slog.Logger { return slog.New(slog.NewTextHandler(t.Output(), nil)) }

// up is closed: everything works at once.
func up() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// TestPartsEndInReverse: each after those that were started after it, with every fault told.
func TestPartsEndInReverse(t *testing.T) {
	t.Parallel()
	var j journal
	ctx, cancel := context.WithCancel(t.Context())
	first, third := errors.New("no disk"), errors.New("no line")
	err := daemon.Run(ctx, daemon.Options{
		Parts: []daemon.Part{j.part("queue", first), j.part("requests", nil), j.part("web", third)},
		Up:    up(), Ready: func(context.Context) { j.add("ready"); cancel() }, Logger: logger(t),
	})
	if !errors.Is(err, first) || !errors.Is(err, third) || !strings.Contains(err.Error(), "web: no line") {
		t.Errorf("%v, want both faults with the names of their parts", err)
	}
	if want := []string{"ready", "web", "requests", "queue"}; !slices.Equal(j.lines, want) {
		t.Errorf("%v, want %v", j.lines, want)
	}
}

// TestOnePartThatEndsStopsAll: a daemon that does half of its work is none.
func TestOnePartThatEndsStopsAll(t *testing.T) {
	t.Parallel()
	var j journal
	fault := errors.New("address in use")
	err := daemon.Run(t.Context(), daemon.Options{
		Parts: []daemon.Part{j.part("queue", nil), {Name: "web", Run: func(context.Context) error { return fault }}},
		Up:    make(chan struct{}), Ready: func(context.Context) { j.add("ready") }, Logger: logger(t),
	})
	if !errors.Is(err, fault) || !slices.Equal(j.lines, []string{"queue"}) {
		t.Errorf("%v, %v", err, j.lines)
	}
}

// TestDaemonPerformsAndReloads has a store and a queue, with flows that do nothing: a run that
// is asked for is done, a configuration that cannot be loaded changes nothing, one that can has
// its flows run, and at the stop a run at work ends by itself.
func TestDaemonPerformsAndReloads(t *testing.T) {
	t.Parallel()
	store, err := state.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "exchange.db"))
	check(t, err)
	defer func() { check(t, store.Close()) }()
	performed, started := make(chan string, 10), make(chan struct{})
	stopping := make(chan struct{})
	flows := []state.Flow{{Name: "users", Kind: run.Import}}
	q, err := state.NewQueue(store, state.QueueOptions{
		Flows: flows, Started: func() { close(started) }, Logger: logger(t),
		Work: func(ctx context.Context, job state.Job) error {
			performed <- job.Record.Flow
			if job.Record.Flow == "last" {
				<-stopping
			}
			r := job.Record
			r.Outcome, r.FinishedAt = run.Done, time.Now()
			return store.Runs().Finish(ctx, r)
		},
	})
	check(t, err)
	requests := daemon.NewRequests(func(ctx context.Context, flow string) error {
		_, err := q.Enqueue(ctx, flow)
		return err
	}, func(_ context.Context, flow string, err error) { t.Logf("%s: %v", flow, err) })
	reload, loaded := make(chan os.Signal), make(chan error, 10)
	faults := []error{errors.New("a fault in line 3"), nil}
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- daemon.Run(ctx, daemon.Options{
			Parts: []daemon.Part{
				{Name: "queue", Run: q.Run}, {Name: "requests", Run: requests.Run},
				{Name: "web", Run: func(ctx context.Context) error { <-ctx.Done(); close(stopping); return nil }},
			},
			Up: started, Ready: func(context.Context) { close(ready) }, Reload: reload, Logger: logger(t),
			Load: func(ctx context.Context) error {
				fault := faults[0]
				faults = faults[1:]
				if fault == nil {
					fault = q.Reload(ctx, append(flows, state.Flow{Name: "last", Kind: run.Export}))
				}
				loaded <- fault
				return fault
			},
		})
	}()
	<-ready
	requests.Add("users")
	if flow := <-performed; flow != "users" {
		t.Errorf("performed %s", flow)
	}
	reload <- syscall.SIGHUP
	if err := <-loaded; err == nil {
		t.Error("the fault was not met")
	}
	if _, err := q.Enqueue(t.Context(), "last"); !errors.Is(err, state.ErrUnknownFlow) {
		t.Errorf("a flow of a refused configuration: %v", err)
	}
	reload <- syscall.SIGHUP
	check(t, <-loaded)
	requests.Add("last")
	if flow := <-performed; flow != "last" {
		t.Errorf("performed %s", flow)
	}
	cancel()
	check(t, <-done)
	ends, err := store.History().Ends(t.Context())
	check(t, err)
	if ends["users"][run.Done].Count != 1 || ends["last"][run.Done].Count != 1 {
		t.Errorf("ends %v", ends)
	}
}
