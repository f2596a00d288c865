package inspect_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/hire/flatchr"
	"lucca-exchange/internal/hire/generic"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/remote/dir"
	"lucca-exchange/internal/remote/sftp"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/tabular"
)

// key opens nothing but invented data.
const key = "5a0dbc00-0000-4000-8000-000000000001"

func registry() config.Registry {
	return config.Registry{
		Transports: []config.Transport{
			config.NewTransport("sftp", sftp.Config{}, sftp.New), config.NewTransport("dir", dir.Config{}, dir.New),
		},
		Sources: []config.Source{
			config.NewSource(flatchr.Source, flatchr.Config{}, flatchr.New), config.NewSource("generic", generic.Config{}, generic.New),
		},
	}
}

// load reads a configuration in a folder of its own, with a key and the folders in and out.
func load(t testing.TB, text string) *config.Config {
	t.Helper()
	folder := folderOf(t, map[string]string{"lucca-exchange.yaml": text})
	return loaded(t, filepath.Join(folder, "lucca-exchange.yaml"))
}

// loadFolder reads a folder with a configuration for each tenant.
func loadFolder(t *testing.T, files map[string]string) *config.Config {
	t.Helper()
	return loaded(t, folderOf(t, files))
}

func loaded(t testing.TB, path string) *config.Config {
	t.Helper()
	c, faults := config.Load(path, registry())
	if c == nil {
		t.Fatal(faults)
	}
	return c
}

// folderOf is a folder with files, a key, another one, and the folders in and out.
func folderOf(t testing.TB, files map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	files["key"], files["wrong"] = key, "00000000-0000-4000-8000-00000000000f"
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"in", "out"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// world is an instance with a flow of each kind, and its state.
type world struct {
	inspect.Inspector
	store *state.Store
	queue map[string]inspect.Queue
	// cells are the rows of the file of each run.
	cells map[string][][]string
	// clock is when the last run began.
	clock time.Time
}

const flowsText = `
lucca: {url: %q, api_key: {file: ./key}, requests_per_minute: 6000}
timezone: Europe/Paris
web: {listen: "127.0.0.1:8484"}
remotes: {out: {type: dir, dir: ./out}, in: {type: dir, dir: ./in}}
flows:
  nightly: {export: {profile: skillup}, to: out, file: "users_{date}.csv", schedule: "59 22 * * *"}
  payroll: {import: {defaults: {department: "Nowhere at all"}}, from: in, pattern: "*.csv"}
  full: {import: {mode: full}, from: in, pattern: "full_*.xlsx"}
  hires: {hires: {source: generic, webhook_token: {file: ./key}, defaults: {department: "Support"}}}
`

func newWorld(t testing.TB, url string) *world {
	t.Helper()
	c := load(t, fmt.Sprintf(flowsText, url))
	store, err := state.Open(t.Context(), c.State)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{store: store, cells: make(map[string][][]string), clock: time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)}
	w.Inspector = inspect.Inspector{
		Config: c, Store: inspect.StoreOf(store),
		Queue: func(context.Context) (map[string]inspect.Queue, error) { return w.queue, nil },
		Plan:  decodePlan, Acts: store.Audit().Of,
		File: func(r state.Record, _ tabular.Dialect) explain.File {
			return explain.File{Name: r.File.Name, Row: func(n int) ([]string, error) {
				if rows := w.cells[r.ID]; n <= len(rows) {
					return rows[n-1], nil
				}
				return nil, nil
			}}
		},
		Rows: func(r state.Record, _ tabular.Dialect) iter.Seq2[[]string, error] {
			rows, kept := w.cells[r.ID]
			if !kept {
				return nil
			}
			return func(yield func([]string, error) bool) {
				for _, row := range rows {
					if !yield(row, nil) {
						return
					}
				}
			}
		},
		Event: func(h state.Hire) (e hire.Event, err error) {
			if len(h.Data) == 0 {
				return e, errors.New("purged")
			}
			return e, json.Unmarshal(h.Data, &e)
		},
	}
	return w
}

// decodePlan reads what keepPlan wrote.
func decodePlan(r state.PlanRecord, withPeople bool) (p inspect.Plan, err error) {
	data, err := r.Open()
	if err != nil {
		return p, err
	}
	dec := json.NewDecoder(data)
	if err := dec.Decode(&p.Hires); err != nil {
		return p, err
	}
	if p.Plan, err = plan.Decode(dec); err != nil || !withPeople {
		return p, err
	}
	return p, dec.Decode(&p.People)
}

// begin begins a run a day after the last one.
func (w *world) begin(t testing.TB, flow string) state.Record {
	t.Helper()
	w.clock = w.clock.Add(24 * time.Hour)
	r := state.Record{Run: run.Run{
		ID: run.NewID(w.clock), Flow: flow, Kind: w.Config.Flows[flow].Kind(), Slot: w.clock, StartedAt: w.clock,
	}}
	if _, err := w.store.Runs().Begin(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r
}

// keepPlan keeps the plan of a run that is at work.
func (w *world) keepPlan(t *testing.T, r state.Record, p inspect.Plan) {
	t.Helper()
	err := w.store.Plans().SavePlan(t.Context(), state.PlanRecord{
		Run: r.ID, Flow: r.Flow, Hash: p.Hash(), Expires: w.clock.Add(7 * 24 * time.Hour),
		Write: func(out io.Writer) error {
			enc := json.NewEncoder(out)
			return errors.Join(enc.Encode(p.Hires), p.Encode(out), enc.Encode(p.People))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// end ends a run, an hour after it began.
func (w *world) end(t testing.TB, r state.Record, outcome run.Outcome) state.Record {
	t.Helper()
	r.Outcome, r.FinishedAt = outcome, r.StartedAt.Add(time.Hour)
	if err := w.store.Runs().Finish(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	r, err := w.store.History().Run(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// withFile is a run with a whole file of so many rows.
func withFile(r state.Record, name string, rows int) state.Record {
	r.File, r.Rows = &run.File{Name: name, SHA256: "c0ffee"}, &run.Rows{Read: rows, Sent: rows}
	return r
}
