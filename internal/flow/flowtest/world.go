// Package flowtest is the world of a flow in one process: a Lucca tenant, folders as remotes,
// a store on SQLite, and faults in each of them.
package flowtest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote/dir"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
)

// key is the one of the tenant.
const key = "0123456789abcdef0123456789abcdef"

// World is what flows work on.
type World struct {
	t      testing.TB
	Tenant *sandbox.Tenant
	State  State
	Faults *Faults
	Room   *spool.Room
	// Dir has a folder for the spool, and one for each remote.
	Dir string
	// Told are the runs whose end somebody was told of.
	Told []state.Record

	client *lucca.Client
}

// New makes a world over a company, with a folder for each remote.
func New(t testing.TB, c *sandbox.Company, remotes ...string) *World {
	t.Helper()
	w := &World{t: t, Dir: folder(t), Faults: new(Faults)}
	w.SetCompany(c)
	w.Room = &spool.Room{Folder: w.Spool(), Max: 1 << 30, Spare: func() ([]string, error) { return nil, nil }}
	for _, name := range remotes {
		w.check(os.Mkdir(filepath.Join(w.Dir, name), 0o700))
	}
	w.check(os.WriteFile(filepath.Join(w.Dir, "key"), []byte(key), 0o600))
	o, err := lucca.Options{
		Config: lucca.Config{URL: "http://127.0.0.1", APIKey: secret.Ref{File: filepath.Join(w.Dir, "key")}, RequestsPerMinute: 60000}, Version: "test", HTTP: &http.Client{Transport: near{w}},
	}.WithSecrets()
	w.check(err)
	w.client, err = lucca.New(o)
	w.check(err)
	b, err := empty()
	w.check(err)
	w.check(os.WriteFile(filepath.Join(w.Dir, "state.db"), b, 0o600))
	w.open()
	t.Cleanup(func() { w.check(w.State.Whole.Close()) })
	return w
}

// near is a way to the tenant without a network: whoever waits on it may do so in a bubble of time.
type near struct{ world *World }

// RoundTrip has the tenant answer.
func (n near) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	n.world.Tenant.ServeHTTP(answer, r)
	return answer.Result(), nil
}

// empty is a state in which nothing is: to make its tables takes longer than most runs do.
var empty = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "flowtest-")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "state.db")
	s, err := state.Open(context.Background(), "sqlite:"+path)
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(path)
	return b, errors.Join(err, os.RemoveAll(dir))
})

// memory is where Linux has a file system in memory.
const memory = "/dev/shm"

// folder is one in memory where the machine has some: what fails is made to fail, so that
// nothing is learnt by waiting for a disk.
func folder(t testing.TB) string {
	path, err := os.MkdirTemp(memory, "flowtest-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(path); err != nil {
			t.Error(err)
		}
	})
	return path
}

func (w *World) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *World) open() {
	w.t.Helper()
	s, err := state.Open(w.t.Context(), "sqlite:"+filepath.Join(w.Dir, "state.db"))
	w.check(err)
	w.State = newState(s, w.Faults)
}

// Restart is what a new process begins with: nothing fails any more, and runs that were at
// work are interrupted.
func (w *World) Restart() {
	w.t.Helper()
	w.Faults.Reset(0, false, false)
	w.check(w.State.Whole.Close())
	w.open()
	_, err := w.State.Runs.Recover(w.t.Context(), flow.Now())
	w.check(err)
}

// Spool is the folder of all runs.
func (w *World) Spool() string { return filepath.Join(w.Dir, "spool") }

// Folder is that of a run in the spool.
func (w *World) Folder(run string) string { return filepath.Join(w.Spool(), run) }

// Lucca is a client of the tenant.
func (w *World) Lucca() *Lucca { return &Lucca{w.client, w.Faults} }

// Target is a remote to write to.
func (w *World) Target(name string) (delivery.Target, bool) {
	path := filepath.Join(w.Dir, name)
	_, err := os.Stat(path)
	return delivery.Target{
		Name: name, Remote: faulty{dir.New(dir.Config{Dir: path}), w.Faults},
		Options: delivery.Options{Attempts: 1, RetryWait: time.Millisecond},
	}, err == nil
}

// Source is a remote to read from.
func (w *World) Source(name, pattern string) pickup.Source {
	return pickup.Source{
		Name: name, Remote: faulty{dir.New(dir.Config{Dir: filepath.Join(w.Dir, name)}), w.Faults}, Pattern: pattern,
		Options: pickup.Options{Settle: time.Nanosecond}, Attempts: 1, RetryWait: time.Millisecond,
	}
}

// Outbox sends files to the remotes.
func (w *World) Outbox() flow.Outbox {
	return flow.Outbox{Known: &w.State.Deliveries, Target: w.Target, Logger: slog.New(slog.DiscardHandler), Progress: func(int64, int64) {}}
}

// Life is that of the world's runs.
func (w *World) Life() *flow.Life {
	return &flow.Life{
		Store: &w.State.Runs, Logger: slog.New(slog.DiscardHandler), Spool: w.Spool(),
		Watch:   func(ctx context.Context, run string) (context.Context, func()) { return w.State.Runs.Watch(ctx, run) },
		Began:   func(context.Context, state.Record) {},
		Ended:   func(_ context.Context, r state.Record) { w.Told = append(w.Told, r) },
		Before:  func(context.Context) error { return nil },
		After:   func(context.Context, time.Time) error { return nil },
		Remarks: func() []finding.Finding { return nil },
		Secrets: func() secret.Scrubber { return secret.Known() },
	}
}

// Begin begins a run, as a command does.
func (w *World) Begin(name string, kind run.Kind) state.Record {
	w.t.Helper()
	started := flow.Now()
	record := state.Record{Run: run.Run{
		ID: run.NewID(started), Flow: name, Kind: kind, Slot: started.Truncate(time.Second), StartedAt: started,
	}}
	_, err := w.State.Runs.Begin(w.t.Context(), record)
	w.check(err)
	return record
}

// Perform does the work of a run that has begun, and returns what the store keeps of it. An
// error is a fault of the store's.
func (w *World) Perform(record state.Record, work flow.Work) (state.Record, flow.Result, error) {
	r, err := w.Life().Perform(w.t.Context(), &record, false, nil, work)
	return record, r, err
}

// Approve does what was held back of a run.
func (w *World) Approve(id string, work func(record state.Record) flow.Work) (state.Record, flow.Result, error) {
	w.t.Helper()
	record, _, err := w.State.Runs.Claim(w.t.Context(), id, flow.Now())
	w.check(err)
	r, err := w.Life().Approve(w.t.Context(), &record, work(record))
	return record, r, err
}

// Kept is what the store keeps of a run.
func (w *World) Kept(id string) state.Record {
	w.t.Helper()
	record, err := w.State.History.Run(w.t.Context(), id)
	w.check(err)
	return record
}

// Names are the files in a folder of the world, in order; none where there is no folder.
func (w *World) Names(folder ...string) []string {
	w.t.Helper()
	entries, err := os.ReadDir(filepath.Join(append([]string{w.Dir}, folder...)...))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	w.check(err)
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names
}

// Read returns a file of the world.
func (w *World) Read(path ...string) string {
	w.t.Helper()
	b, err := os.ReadFile(filepath.Join(append([]string{w.Dir}, path...)...))
	w.check(err)
	return string(b)
}

// Write makes a file of the world.
func (w *World) Write(content string, path ...string) {
	w.t.Helper()
	w.check(os.WriteFile(filepath.Join(append([]string{w.Dir}, path...)...), []byte(content), 0o600))
}

// Codes are those of what a run has found, each once, in order.
func Codes(r state.Record) []string {
	var codes []string
	for _, f := range r.Findings {
		codes = append(codes, f.Code)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// OpenLucca is Lucca for a run that opens it by itself.
func (w *World) OpenLucca() (*Lucca, error) {
	return ask(w.Faults, "open Lucca", func() (*Lucca, error) { return w.Lucca(), nil })
}

// SetCompany puts another company behind the address of the tenant.
func (w *World) SetCompany(c *sandbox.Company) {
	w.Tenant = sandbox.New(c, sandbox.Options{Keys: []sandbox.Key{{Secret: key}}, RequestsPerMinute: -1})
}
