package draft_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/draft"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/userfile"
	"lucca-exchange/internal/wrap"
)

// world has drafts whose work waits until it is done.
type world struct {
	*draft.Desk
	config *config.Config
	work   []func(context.Context)
	store  *state.Store
	run    func(q flow.Request) (flow.Report, error)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{config: &config.Config{Flows: map[string]config.Flow{
		"users": {Name: "users", Import: &config.Import{Options: userfile.Options{Separator: ";"}}}, "nightly": {Name: "nightly", Export: &config.Export{}},
	}}}
	w.config.Spool = t.TempDir()
	var err error
	if w.store, err = state.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "exchange.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	w.Desk = draft.NewDesk(w.options(w.config))
	w.run = func(flow.Request) (flow.Report, error) {
		return flow.Report{Run: state.Record{Run: run.Run{ID: "20261129-000000-000000", StartedAt: time.Now(), Result: run.Result{Outcome: run.Done}}}}, nil
	}
	return w
}

// options are those of one process of several on the same state.
func (w *world) options(c *config.Config) draft.Options {
	return draft.Options{
		Logger:     slog.New(slog.DiscardHandler),
		Background: func(_ context.Context, work func(context.Context)) { w.work = append(w.work, work) },
		Instance: func() draft.Instance {
			return draft.Instance{
				Config: c, Store: w.store.Drafts(), Record: w.store.Audit().Append,
				Run: func(_ context.Context, _ string, q flow.Request) (flow.Report, error) { return w.run(q) },
			}
		},
	}
}

// acts are what is on record, the oldest first.
func (w *world) acts(t *testing.T) (acts []audit.Act) {
	t.Helper()
	lines, err := w.store.Audit().Latest(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range slices.Backward(lines) {
		acts = append(acts, l.Act)
	}
	return acts
}

func (w *world) of(t *testing.T, who string) []draft.Draft {
	t.Helper()
	list, err := w.Of(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// settle does the work that waits.
func (w *world) settle(t *testing.T) {
	t.Helper()
	for len(w.work) > 0 {
		next := w.work[0]
		w.work = w.work[1:]
		next(t.Context())
	}
}

func by(who string) audit.Entry { return audit.Entry{Who: who, Act: audit.Upload, Flow: "users"} }

func (w *world) brought(t *testing.T, who string) draft.Draft {
	t.Helper()
	id, err := w.Bring(t.Context(), "users.csv", strings.NewReader("login;mail\r\nada;x\r\n"), by(who))
	if err != nil {
		t.Fatal(err)
	}
	one, err := w.Get(t.Context(), id, who)
	if err != nil {
		t.Fatal(err)
	}
	return one
}

// TestAWrappedFileIsNotMended: nobody could wrap it again, which is said, and it stays as it was.
func TestAWrappedFileIsNotMended(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	users := w.config.Flows["users"]
	users.Unwrap = make(wrap.UnwrapConfig, 1)
	w.config.Flows["users"] = users
	one := w.brought(t, "anna")
	w.settle(t)
	seen := by("anna")
	seen.Hash = one.SHA256
	if err := w.Mend(t.Context(), one.ID, map[userfile.Place]string{{Row: 2, Column: 1}: "x"}, seen); !errors.Is(err, draft.ErrWrapped) || !errors.Is(err, run.ErrUsage) {
		t.Errorf("mended: %v", err)
	}
	if now, err := w.Get(t.Context(), one.ID, "anna"); err != nil || now.SHA256 != one.SHA256 || now.Stage != draft.Checked || now.Mends {
		t.Errorf("is now %+v, %v", now, err)
	}
}

// TestADraftGoesFromStageToStage, and waits at each for what is at work.
func TestADraftGoesFromStageToStage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.brought(t, "anna")
	seen := by("anna")
	seen.Hash = one.SHA256
	if err := w.Run(t.Context(), one.ID, seen); !errors.Is(err, draft.ErrWorking) || !errors.Is(err, run.ErrUsage) {
		t.Errorf("run before it was looked at: %v", err)
	}
	if err := w.Drop(t.Context(), one.ID, "anna"); !errors.Is(err, draft.ErrWorking) {
		t.Errorf("dropped meanwhile: %v", err)
	}
	w.settle(t)
	other := by("adam")
	other.Hash = one.SHA256
	if err := w.Run(t.Context(), one.ID, other); !errors.Is(err, draft.ErrGone) {
		t.Errorf("somebody else: %v", err)
	}
	cells := map[userfile.Place]string{{Row: 2, Column: 1}: "ada@acme.example"}
	if err := w.Mend(t.Context(), one.ID, cells, seen); err != nil {
		t.Fatal(err)
	}
	w.settle(t)
	if err := w.Run(t.Context(), one.ID, seen); !errors.Is(err, draft.ErrChanged) {
		t.Errorf("as it was: %v", err)
	}
	now, err := w.Get(t.Context(), one.ID, "anna")
	acts := []audit.Act{audit.Upload, audit.Refused, audit.Upload, audit.Refused}
	if err != nil || now.Mended != 1 || now.SHA256 == one.SHA256 || !slices.Equal(w.acts(t), acts) {
		t.Fatalf("%+v %v, on record %v", now, err, w.acts(t))
	}
	busy := w.run
	w.run = func(flow.Request) (flow.Report, error) { return flow.Report{}, state.ErrBusy }
	seen.Hash = now.SHA256
	if err := w.Run(t.Context(), one.ID, seen); err != nil {
		t.Fatal(err)
	}
	w.settle(t)
	if now, err = w.Get(t.Context(), one.ID, "anna"); err != nil || now.Stage != draft.Checked || now.Fault == nil || now.Fault.Error() != state.ErrBusy.Error() {
		t.Errorf("a busy flow: %+v %v", now, err)
	}
	w.run = busy
	if err := w.Run(t.Context(), one.ID, seen); err != nil {
		t.Fatal(err)
	}
	w.settle(t)
	if now, err = w.Get(t.Context(), one.ID, "anna"); err != nil || now.Stage != draft.Ran || now.Report.Run.ID == "" {
		t.Errorf("ran: %+v %v", now, err)
	}
	if left, err := os.ReadDir(w.config.Spool); err != nil || len(left) != 0 {
		t.Errorf("left are %v %v", left, err)
	}
}

// TestDraftsAreFewAndForgotten: so many at once, for an hour.
func TestDraftsAreFewAndForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		for {
			if _, err := w.Bring(t.Context(), "users.csv", strings.NewReader("x"), by("anna")); err != nil {
				if !errors.Is(err, draft.ErrMost) {
					t.Fatal(err)
				}
				break
			}
		}
		many := len(w.of(t, "anna"))
		w.settle(t)
		time.Sleep(draft.Kept + time.Second)
		w.brought(t, "adam")
		if many < 8 || len(w.of(t, "anna")) != 0 || len(w.of(t, "adam")) != 1 {
			t.Errorf("%d at once, %d after an hour", many, len(w.of(t, "anna")))
		}
	})
}

// TestWhatIsNoDraft leaves nothing behind.
func TestWhatIsNoDraft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	elsewhere := by("anna")
	elsewhere.Flow = "nightly"
	if _, err := w.Bring(t.Context(), "users.csv", strings.NewReader("x"), elsewhere); !errors.Is(err, run.ErrUsage) {
		t.Errorf("an export: %v", err)
	}
	if _, err := w.Bring(t.Context(), "../users.csv", strings.NewReader("x"), by("anna")); !errors.Is(err, run.ErrUsage) {
		t.Errorf("a path: %v", err)
	}
	cut := errors.New("cut off")
	if _, err := w.Bring(t.Context(), "users.csv", io.MultiReader(strings.NewReader("x"), faulty{cut}), by("anna")); !errors.Is(err, cut) {
		t.Errorf("cut off: %v", err)
	}
	if left, err := os.ReadDir(w.config.Spool); err != nil || len(left) != 0 || len(w.of(t, "anna")) != 0 || len(w.acts(t)) != 0 {
		t.Errorf("left are %v %v, on record %v", left, err, w.acts(t))
	}
}

type faulty struct{ err error }

func (f faulty) Read([]byte) (int, error) { return 0, f.err }

// TestADraftIsInWhicheverProcessIsAsked: one takes the file, another mends it, a third has it run, and
// it is run once.
func TestADraftIsInWhicheverProcessIsAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	process := func() *draft.Desk {
		c := *w.config
		c.Spool = t.TempDir()
		return draft.NewDesk(w.options(&c))
	}
	second, third := process(), process()
	one := w.brought(t, "anna")
	w.settle(t)
	seen := by("anna")
	seen.Hash = one.SHA256
	if err := second.Mend(t.Context(), one.ID, map[userfile.Place]string{{Row: 2, Column: 1}: "ada@acme.example"}, seen); err != nil {
		t.Fatal(err)
	}
	var content []byte
	run := w.run
	w.run = func(q flow.Request) (r flow.Report, err error) {
		if content, err = os.ReadFile(q.File); err != nil {
			return r, err
		}
		return run(q)
	}
	w.settle(t)
	now, err := third.Get(t.Context(), one.ID, "anna")
	if err != nil || now.Stage != draft.Checked || now.Mended != 1 {
		t.Fatalf("%+v %v", now, err)
	}
	if g, err := w.Grid(t.Context(), now, draft.View{Row: 2}); err != nil || len(g.Rows) != 1 || g.Rows[0].Cells[1].Value != "ada@acme.example" {
		t.Errorf("%+v %v", g, err)
	}
	seen.Hash = now.SHA256
	began := 0
	for _, d := range []*draft.Desk{third, w.Desk, second} {
		if err := d.Run(t.Context(), one.ID, seen); err == nil {
			began++
		} else if !errors.Is(err, draft.ErrWorking) {
			t.Error(err)
		}
	}
	content = nil
	w.settle(t)
	if now, err = w.Get(t.Context(), one.ID, "anna"); err != nil || began != 1 || now.Stage != draft.Ran || !strings.Contains(string(content), "ada;ada@acme.example") {
		t.Errorf("began %d times: %s %v of %q", began, now.Stage, err, content)
	}
	if err := second.Drop(t.Context(), one.ID, "anna"); err != nil || len(w.of(t, "anna")) != 0 {
		t.Error("dropped elsewhere, it is still here", err)
	}
}

// TestADraftWhoseProcessEndedIsForgotten: what was at it gives no sign any more.
func TestADraftWhoseProcessEndedIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		one := w.brought(t, "anna")
		w.work = nil
		time.Sleep(draft.Kept / 10)
		if _, err := w.Get(t.Context(), one.ID, "anna"); !errors.Is(err, draft.ErrGone) {
			t.Errorf("is still here: %v", err)
		}
		two := w.brought(t, "anna")
		w.run = func(flow.Request) (flow.Report, error) {
			time.Sleep(2 * draft.Kept) // a long file, of which signs are given
			if now, err := w.Get(t.Context(), two.ID, "anna"); err != nil || now.Stage != draft.Checking {
				t.Errorf("at work: %s %v", now.Stage, err)
			}
			return flow.Report{}, nil
		}
		w.settle(t)
		if now, err := w.Get(t.Context(), two.ID, "anna"); err != nil || now.Stage != draft.Checked {
			t.Errorf("looked at: %+v %v", now, err)
		}
	})
}
