package state_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/state/statetest"
)

// TestRunsFollowTheModel compares the store with a map through random histories of two
// processes, either of which may die at any point.
func TestRunsFollowTheModel(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		// Every history starts from a copy, to spend the time on the history.
		empty := filepath.Join(dir, "empty.db")
		l, err := state.Open(t.Context(), "sqlite:"+empty)
		check(t, err)
		check(t, l.Close())
		template, err := os.ReadFile(empty)
		check(t, err)
		rapid.Check(t, func(r *rapid.T) {
			state, err := os.MkdirTemp(dir, "")
			must(r, err)
			path := filepath.Join(state, "exchange.db")
			must(r, os.WriteFile(path, template, 0o600))
			follow(r, "sqlite:"+path)
		})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		dsn := statetest.PostgreSQL(t)
		db := state.DB(open(t, dsn))
		histories := 0
		rapid.Check(t, func(r *rapid.T) {
			// Each run at work costs a connection: fewer histories than on SQLite.
			if histories++; histories > 12 {
				return
			}
			_, err := db.ExecContext(context.Background(), `TRUNCATE runs CASCADE`)
			must(r, err)
			follow(r, dsn)
		})
	})
}

// follow takes one random history through an empty state.
func follow(r *rapid.T, dsn string) {
	m := &model{
		dsn: dsn, now: at(0),
		outcomes: map[string]run.Outcome{}, flows: map[string]string{}, arrived: map[string]bool{}, atWork: map[string]work{},
	}
	for i := range m.processes {
		l, err := state.Open(context.Background(), m.dsn)
		must(r, err)
		m.processes[i] = l
	}
	defer func() {
		for _, l := range m.processes {
			must(r, l.Close())
		}
	}()
	r.Repeat(map[string]func(*rapid.T){
		"begin":   m.begin,
		"deliver": m.deliver,
		"finish":  m.finish,
		"claim":   m.claim,
		"reject":  m.reject,
		"die":     m.die,
		"":        m.check,
	})
}

// model is what the store must show.
type model struct {
	dsn       string
	now       time.Time
	processes [2]*state.Store
	outcomes  map[string]run.Outcome // by run; "" while it runs for the first time
	flows     map[string]string      // by run
	arrived   map[string]bool        // by run
	atWork    map[string]work        // by flow
}

// work is what keeps a flow busy; dead once its process is.
type work struct {
	run     state.Record
	process int
	dead    bool
}

func must(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (m *model) process(t *rapid.T) int { return rapid.IntRange(0, 1).Draw(t, "process") }

func (m *model) tick() time.Time {
	m.now = m.now.Add(time.Second)
	return m.now
}

// anyRun draws one of the runs so far, or skips the action.
func (m *model) anyRun(t *rapid.T) string {
	if len(m.outcomes) == 0 {
		t.Skip("no run yet")
	}
	return rapid.SampledFrom(slices.Sorted(maps.Keys(m.outcomes))).Draw(t, "run")
}

// living draws a flow that is at work in a living process, or skips the action.
func (m *model) living(t *rapid.T) work {
	var flows []string
	for _, flow := range slices.Sorted(maps.Keys(m.atWork)) {
		if !m.atWork[flow].dead {
			flows = append(flows, flow)
		}
	}
	if len(flows) == 0 {
		t.Skip("no run at work")
	}
	return m.atWork[rapid.SampledFrom(flows).Draw(t, "flow")]
}

// settle is what must happen to the work of a dead process before the flow is used.
func (m *model) settle(flow string) {
	w := m.atWork[flow]
	switch id := w.run.ID; {
	case !w.dead:
		return
	case m.outcomes[id] == "":
		m.outcomes[id] = run.Failed
	case m.arrived[id]:
		m.outcomes[id] = run.Done
	}
	delete(m.atWork, flow)
}

func (m *model) begin(t *rapid.T) {
	process, flow := m.process(t), rapid.SampledFrom([]string{"a", "b"}).Draw(t, "flow")
	record := newRun(flow, m.tick())
	w, busy := m.atWork[flow]
	interrupted, err := m.processes[process].Runs().Begin(context.Background(), record)
	if busy && !w.dead {
		if !errors.Is(err, state.ErrBusy) {
			t.Fatalf("Begin on a busy flow: %v", err)
		}
		return
	}
	must(t, err)
	if (len(interrupted) == 1) != w.dead {
		t.Fatalf("interrupted: %v, dead: %v", interrupted, w.dead)
	}
	m.settle(flow)
	m.outcomes[record.ID], m.flows[record.ID], m.atWork[flow] = "", flow, work{run: record, process: process}
}

func (m *model) deliver(t *rapid.T) {
	w := m.living(t)
	must(t, m.processes[w.process].Deliveries().Save(context.Background(), sent(w.run.ID, w.run.Flow, delivery.StepDelivered, m.tick())))
	m.arrived[w.run.ID] = true
}

func (m *model) finish(t *rapid.T) {
	w := m.living(t)
	allowed := []run.Outcome{run.Done, run.Rejections, run.Held, run.Failed}
	if m.outcomes[w.run.ID] == "" {
		allowed = append(allowed, run.Nothing, run.Canceled)
	}
	record := w.run
	record.Outcome, record.FinishedAt = rapid.SampledFrom(allowed).Draw(t, "outcome"), m.tick()
	if err := m.processes[1-w.process].Runs().Finish(context.Background(), record); !errors.Is(err, state.ErrBusy) {
		t.Fatalf("Finish by the other process: %v", err)
	}
	must(t, m.processes[w.process].Runs().Finish(context.Background(), record))
	m.outcomes[record.ID] = record.Outcome
	delete(m.atWork, record.Flow)
}

func (m *model) claim(t *rapid.T) {
	process, id := m.process(t), m.anyRun(t)
	flow := m.flows[id]
	w, busy := m.atWork[flow]
	record, _, err := m.processes[process].Runs().Claim(context.Background(), id, m.tick())
	switch {
	case m.outcomes[id] != run.Held:
		if !errors.Is(err, state.ErrNotHeld) {
			t.Fatalf("Claim of a run that is %q: %v", m.outcomes[id], err)
		}
		return
	case busy && !w.dead:
		if !errors.Is(err, state.ErrBusy) {
			t.Fatalf("Claim on a busy flow: %v", err)
		}
		return
	case w.dead && w.run.ID == id && m.arrived[id]:
		if !errors.Is(err, state.ErrNotHeld) {
			t.Fatalf("Claim of a run whose file had arrived: %v", err)
		}
		m.settle(flow)
		return
	}
	must(t, err)
	m.settle(flow)
	m.atWork[flow] = work{run: record, process: process}
}

func (m *model) reject(t *rapid.T) {
	process, id := m.process(t), m.anyRun(t)
	w := m.atWork[m.flows[id]]
	err := m.processes[process].Runs().Reject(context.Background(), id, m.tick())
	switch mine := w.run.ID == id; {
	case m.outcomes[id] != run.Held, mine && w.dead && m.arrived[id]:
		if !errors.Is(err, state.ErrNotHeld) {
			t.Fatalf("Reject of a run that is %q: %v", m.outcomes[id], err)
		}
		if mine && m.outcomes[id] == run.Held {
			m.settle(w.run.Flow)
		}
	case mine && !w.dead:
		if !errors.Is(err, state.ErrBusy) {
			t.Fatalf("Reject during the approval: %v", err)
		}
	default:
		must(t, err)
		if mine {
			m.settle(w.run.Flow)
		}
		m.outcomes[id] = run.Canceled
	}
}

func (m *model) die(t *rapid.T) {
	process := m.process(t)
	must(t, m.processes[process].Close())
	l, err := state.Open(context.Background(), m.dsn)
	must(t, err)
	m.processes[process] = l
	for flow, w := range m.atWork {
		if w.process == process {
			w.dead = true
			m.atWork[flow] = w
		}
	}
}

func (m *model) check(t *rapid.T) {
	runs, err := m.processes[0].History().Runs(context.Background(), state.Filter{})
	must(t, err)
	shown := map[string]run.Outcome{}
	for _, record := range runs {
		shown[record.ID] = record.Outcome
	}
	if !maps.Equal(shown, m.outcomes) {
		t.Fatalf("the store shows %v, want %v", shown, m.outcomes)
	}
}
