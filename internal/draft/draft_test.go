package draft_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
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
	config  *config.Config
	work    []func(context.Context)
	records []audit.Entry
	run     func(q flow.Request) (flow.Report, error)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{config: &config.Config{Flows: map[string]config.Flow{
		"users": {Name: "users", Import: &config.Import{Options: userfile.Options{Separator: ";"}}}, "nightly": {Name: "nightly", Export: &config.Export{}},
	}}}
	w.config.Spool = t.TempDir()
	w.Desk = draft.NewDesk(draft.Options{
		Logger:     slog.New(slog.DiscardHandler),
		Background: func(_ context.Context, work func(context.Context)) { w.work = append(w.work, work) },
		Instance: func() draft.Instance {
			return draft.Instance{
				Config: w.config,
				Run:    func(_ context.Context, _ string, q flow.Request) (flow.Report, error) { return w.run(q) },
				Record: func(_ context.Context, e audit.Entry) error { w.records = append(w.records, e); return nil },
			}
		},
	})
	w.run = func(flow.Request) (flow.Report, error) {
		return flow.Report{Run: state.Record{Run: run.Run{ID: "20261129-000000-000000", StartedAt: time.Now(), Result: run.Result{Outcome: run.Done}}}}, nil
	}
	return w
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
	one, err := w.Get(id, who)
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
	if now, err := w.Get(one.ID, "anna"); err != nil || now.SHA256 != one.SHA256 || now.Stage != draft.Checked || now.Mends {
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
	if err := w.Drop(one.ID, "anna"); !errors.Is(err, draft.ErrWorking) {
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
	now, err := w.Get(one.ID, "anna")
	acts := []audit.Act{audit.Upload, audit.Refused, audit.Upload, audit.Refused}
	did := func(e audit.Entry, a audit.Act) bool { return e.Act == a }
	if err != nil || now.Mended != 1 || now.SHA256 == one.SHA256 || !slices.EqualFunc(w.records, acts, did) {
		t.Fatalf("%+v %v, on record %+v", now, err, w.records)
	}
	busy := w.run
	w.run = func(flow.Request) (flow.Report, error) { return flow.Report{}, state.ErrBusy }
	seen.Hash = now.SHA256
	if err := w.Run(t.Context(), one.ID, seen); err != nil {
		t.Fatal(err)
	}
	w.settle(t)
	if now, err = w.Get(one.ID, "anna"); err != nil || now.Stage != draft.Checked || !errors.Is(now.Fault, state.ErrBusy) {
		t.Errorf("a busy flow: %+v %v", now, err)
	}
	w.run = busy
	if err := w.Run(t.Context(), one.ID, seen); err != nil {
		t.Fatal(err)
	}
	w.settle(t)
	if now, err = w.Get(one.ID, "anna"); err != nil || now.Stage != draft.Ran || now.Report.Run.ID == "" {
		t.Errorf("ran: %+v %v", now, err)
	}
	if left, err := os.ReadDir(w.config.Spool); err != nil || len(left) != 0 {
		t.Errorf("left are %v %v", left, err)
	}
}

// TestDraftsAreFewAndForgotten: so many at once, for an hour.
func TestDraftsAreFewAndForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	synctest.Test(t, func(t *testing.T) {
		for {
			if _, err := w.Bring(t.Context(), "users.csv", strings.NewReader("x"), by("anna")); err != nil {
				if !errors.Is(err, draft.ErrMost) {
					t.Fatal(err)
				}
				break
			}
		}
		many := len(w.Of("anna"))
		w.settle(t)
		time.Sleep(draft.Kept + time.Second)
		w.brought(t, "adam")
		if many < 8 || len(w.Of("anna")) != 0 || len(w.Of("adam")) != 1 {
			t.Errorf("%d at once, %d after an hour", many, len(w.Of("anna")))
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
	if left, err := os.ReadDir(w.config.Spool); err != nil || len(left) != 0 || len(w.Of("anna")) != 0 || len(w.records) != 0 {
		t.Errorf("left are %v %v, on record %v", left, err, w.records)
	}
}

type faulty struct{ err error }

func (f faulty) Read([]byte) (int, error) { return 0, f.err }
