package upkeep

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// instance is a state with a spool, and its log.
type instance struct {
	Keeper
	store *state.Store
	log   *bytes.Buffer
	dir   string
}

func newInstance(t *testing.T) *instance {
	t.Helper()
	i := &instance{dir: t.TempDir(), log: new(bytes.Buffer)}
	i.Keeper = Keeper{
		Spool: filepath.Join(i.dir, "spool"), Runs: 400 * 24 * time.Hour, Files: 30 * 24 * time.Hour,
		Logger: slog.New(slog.NewTextHandler(i.log, nil)),
	}
	i.open(t)
	if err := os.Mkdir(i.Spool, 0o700); err != nil {
		t.Fatal(err)
	}
	return i
}

func (i *instance) database() string { return filepath.Join(i.dir, "state.db") }

func (i *instance) open(t *testing.T) {
	t.Helper()
	var err error
	if i.store, err = state.Open(t.Context(), "sqlite:"+i.database()); err != nil {
		t.Fatal(err)
	}
	i.Store = StoreOf(i.store)
	t.Cleanup(func() { _ = i.store.Close() })
}

// moveFile puts the state's file where nothing else of it is.
func (i *instance) moveFile(t *testing.T) {
	t.Helper()
	if err := i.store.Close(); err != nil {
		t.Fatal(err)
	}
	old := i.database()
	i.dir = t.TempDir()
	if err := os.Rename(old, i.database()); err != nil {
		t.Fatal(err)
	}
	i.open(t)
}

// ran records a run that ended at an instant, with a folder of files.
func (i *instance) ran(t *testing.T, id string, at time.Time, outcome run.Outcome) {
	t.Helper()
	r := state.Record{Run: run.Run{ID: id, Flow: "nightly", Kind: run.Export, StartedAt: at}}
	if _, err := i.store.Runs().Begin(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	r.Outcome, r.FinishedAt = outcome, at
	if err := i.store.Runs().Finish(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	i.folder(t, id, at)
}

func (i *instance) folder(t *testing.T, name string, at time.Time) {
	t.Helper()
	path := filepath.Join(i.Spool, name)
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

// left are the names in the spool, but for hidden ones.
func (i *instance) left(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(i.Spool)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

// TestPurgeRemovesWhatIsOld: files before their runs, the folders of dry runs that were killed, and
// nothing that is not known.
func TestPurgeRemovesWhatIsOld(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	now := time.Now()
	i.ran(t, "20260101-000000-aaaaaa", now.Add(-31*24*time.Hour), run.Done)
	i.ran(t, "20260102-000000-bbbbbb", now.Add(-31*24*time.Hour), run.Held)
	i.ran(t, "20260103-000000-cccccc", now.Add(-29*24*time.Hour), run.Done)
	i.folder(t, "dry-old", now.Add(-25*time.Hour))
	i.folder(t, "dry-new", now.Add(-23*time.Hour))
	i.folder(t, "somebody-elses", now.Add(-1000*24*time.Hour))
	if err := i.Purge(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	want := []string{"20260102-000000-bbbbbb", "20260103-000000-cccccc", "dry-new", "somebody-elses"}
	if left := i.left(t); !slices.Equal(left, want) {
		t.Errorf("left %q, want %q", left, want)
	}
	if runs, err := i.store.History().Runs(t.Context(), state.Filter{}); err != nil || len(runs) != 3 {
		t.Errorf("%d runs are remembered, %v", len(runs), err)
	}
}

// TestAStateThatWasPutBackIsNoticed by the mark beside the working files: what was held in it
// cannot be approved any more.
func TestAStateThatWasPutBackIsNoticed(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	now := time.Now()
	held := "20260101-000000-aaaaaa"
	i.ran(t, held, now, run.Held)
	if err := i.Enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := i.store.Close(); err != nil {
		t.Fatal(err)
	}
	copied, err := os.ReadFile(i.database())
	if err != nil {
		t.Fatal(err)
	}
	i.open(t)
	i.ran(t, "20260102-000000-bbbbbb", now, run.Done)
	if err := i.NotePlace(t.Context()); err != nil {
		t.Fatal(err)
	}
	if before, err := i.store.Upkeep().BeforeRestore(t.Context(), held); before || err != nil || i.log.Len() > 0 {
		t.Errorf("nothing was put back yet: %t, %v\n%s", before, err, i.log)
	}
	if err := i.store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(i.database(), copied, 0o600); err != nil {
		t.Fatal(err)
	}
	i.open(t)
	if err := i.Enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	if before, err := i.store.Upkeep().BeforeRestore(t.Context(), held); !before || err != nil || !strings.Contains(i.log.String(), "state.restored") {
		t.Errorf("the copy is not known for one: %t, %v\n%s", before, err, i.log)
	}
	i.log.Reset()
	if err := i.NotePlace(t.Context()); err != nil || i.log.Len() > 0 {
		t.Errorf("it is said again: %v\n%s", err, i.log)
	}
}

// TestAStateWithoutItsSpoolIsNoticed: a copy of the state's file that was put where its working files
// are not is an older copy for all that is known. A backup that was restored knows that of itself.
func TestAStateWithoutItsSpoolIsNoticed(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	held := "20260101-000000-aaaaaa"
	i.ran(t, held, time.Now(), run.Held)
	for range 2 {
		if err := errors.Join(i.Enter(t.Context()), i.Look(t.Context())); err != nil || i.log.Len() > 0 {
			t.Fatalf("it has its spool: %v\n%s", err, i.log)
		}
	}
	i.Spool = filepath.Join(i.dir, "elsewhere")
	if err := errors.Join(i.Enter(t.Context()), i.Look(t.Context())); err != nil || i.log.Len() > 0 {
		t.Fatalf("it lies where it was, and only its spool is gone: %v\n%s", err, i.log)
	}
	i.moveFile(t)
	i.Spool = filepath.Join(i.dir, "new")
	if err := i.Look(t.Context()); err != nil || !strings.Contains(i.log.String(), "state.alone") {
		t.Errorf("whoever looks is not told: %v\n%s", err, i.log)
	}
	if err := i.Enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	if before, err := i.store.Upkeep().BeforeRestore(t.Context(), held); !before || err != nil {
		t.Errorf("what was held before can be approved: %t, %v", before, err)
	}
	i.log.Reset()
	if err := errors.Join(i.Enter(t.Context()), i.Look(t.Context())); err != nil || i.log.Len() > 0 {
		t.Errorf("it is said again: %v\n%s", err, i.log)
	}
	if err := i.store.Upkeep().Restored(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	i.moveFile(t)
	i.Spool = filepath.Join(i.dir, "third")
	if err := i.Enter(t.Context()); err != nil || i.log.Len() > 0 {
		t.Errorf("it was put back as a copy: %v\n%s", err, i.log)
	}
}

// TestMarksThatCannotBeUsedSayNothing: a damaged one is passed over, and a spool that cannot be
// written keeps nobody from working.
func TestMarksThatCannotBeUsedSayNothing(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	if err := os.WriteFile(filepath.Join(i.Spool, ".state-0.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := i.Enter(t.Context()); err != nil || i.log.Len() > 0 {
		t.Errorf("%v\n%s", err, i.log)
	}
	i.ran(t, "20260101-000000-aaaaaa", time.Now(), run.Done)
	i.Spool = filepath.Join(i.database(), "spool") // below a file
	if err := i.Enter(t.Context()); err != nil || !strings.Contains(i.log.String(), "place.unnoted") {
		t.Errorf("%v\n%s", err, i.log)
	}
}

// TestASpoolThatOthersReadIsRefused before anything is put there.
func TestASpoolThatOthersReadIsRefused(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	if err := os.Chmod(i.Spool, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := i.Enter(t.Context()); !errors.Is(err, run.ErrUsage) || !errors.Is(err, state.ErrExposed) {
		t.Errorf("%v", err)
	}
}

// TestWhatAKillLeftOfATrialGoes at the next start, once it is not of another process any more.
func TestWhatAKillLeftOfATrialGoes(t *testing.T) {
	t.Parallel()
	i := newInstance(t)
	for name, age := range map[string]time.Duration{"old": trialStuck + time.Second, "new": 0} {
		path := filepath.Join(i.Spool, trialPrefix+name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if at := time.Now().Add(-age); os.Chtimes(path, at, at) != nil {
			t.Fatal("cannot set times")
		}
	}
	if err := i.Enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(i.Spool, trialPrefix+"*")); err != nil || len(left) != 1 || !strings.HasSuffix(left[0], "new") {
		t.Errorf("left %q, %v", left, err)
	}
}

// doubted is a state whose clock cannot be believed, or one that cannot say.
type doubted struct {
	Store
	jumped bool
	fault  error
}

func (d doubted) ClockJumped(context.Context, time.Time) (bool, error) { return d.jumped, d.fault }

// TestNothingExpiresByAClockThatJumped: a held plan is ended by time, which has to be believed.
func TestNothingExpiresByAClockThatJumped(t *testing.T) {
	t.Parallel()
	fault := errors.New("disk full")
	for name, tt := range map[string]struct {
		jumped bool
		fault  error
		want   int
	}{
		"a steady clock": {false, nil, 2}, "one that jumped": {true, nil, 0}, "one that is not known": {false, fault, 0},
	} {
		i, expired := newInstance(t), 0
		i.Store = doubted{StoreOf(i.store), tt.jumped, tt.fault}
		i.Expire = func(context.Context) error { expired++; return nil }
		if err := errors.Join(i.Before(t.Context()), i.Tidy(t.Context())); !errors.Is(err, tt.fault) {
			t.Errorf("%s: %v", name, err)
		}
		if expired != tt.want {
			t.Errorf("%s: expired %d times, want %d", name, expired, tt.want)
		}
	}
	i := newInstance(t)
	i.Expire = func(context.Context) error { return fault }
	if err := i.Before(t.Context()); !errors.Is(err, fault) {
		t.Errorf("a fault of what expires: %v", err)
	}
}
