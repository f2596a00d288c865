package state_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/state/statetest"
)

// raw opens a state file past the store.
func raw(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", strings.TrimPrefix(dsn, "sqlite:"))
	check(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { check(t, db.Close()) })
	return db
}

func execute(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), statement)
	check(t, err)
}

// files returns the files under a folder with their contents.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	check(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		found[path] = string(content)
		return err
	}))
	return found
}

func TestOpenCreatesThePrivateState(t *testing.T) {
	t.Parallel()
	// A path may hold what means something in a URI.
	path := filepath.Join(t.TempDir(), "a?b#c%20d é", "exchange.db")
	l := open(t, "sqlite:"+path)
	begun(t, l, "nightly", at(0))
	for p, mode := range map[string]fs.FileMode{filepath.Dir(path): 0o700, path: 0o600, path + ".locks": 0o700, path + "-wal": 0o600} {
		info, err := os.Stat(p)
		check(t, err)
		if info.Mode().Perm() != mode {
			t.Errorf("%s has mode %o, want %o", p, info.Mode().Perm(), mode)
		}
	}
}

func TestOpenByManyAtOnce(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				l, err := state.Open(t.Context(), dsn)
				if err != nil {
					t.Error(err)
					return
				}
				_, err = l.History().Runs(t.Context(), state.Filter{})
				if err := errors.Join(err, l.Close()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

func TestOpenRefusesOtherDatabases(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		dsn, says string
	}{
		{"postgres://hr:hunter2@db.example/x", "PGPASSFILE"},
		{"postgresql://hr:hunter2@db.example/x", "PGPASSFILE"},
		{"postgres://hr@db.example/x?password=hunter2", "PGPASSFILE"},
		{"postgres://hr:hunter2@db.example:port/x", "postgres://user@host/db"},
		{"postgres://hr@db.example/x?sslmode=sometimes", "sslmode"},
		{"mysql://hr:hunter2@db.example/x", "sqlite:PATH"},
		{"sqlite:", "sqlite:PATH"},
		{"", "sqlite:PATH"},
		{"./exchange.db", "sqlite:PATH"},
	} {
		_, err := state.Open(t.Context(), tt.dsn)
		if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Open(%q): %v", tt.dsn, err)
		}
	}
}

func TestOpenRefusesWhatIsNoState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "users.csv")
	check(t, os.WriteFile(text, []byte(strings.Repeat("login;mail\n", 1000)), 0o600))
	foreign := filepath.Join(dir, "places.sqlite")
	execute(t, raw(t, foreign), `CREATE TABLE bookmarks (url TEXT)`)
	before := files(t, dir)
	for _, path := range []string{text, foreign, dir} {
		_, err := state.Open(t.Context(), "sqlite:"+path)
		want(t, err, state.ErrDamaged)
		if !strings.Contains(err.Error(), "backup") || !strings.Contains(err.Error(), filepath.Base(path)) {
			t.Errorf("the error does not say what to do about which file: %v", err)
		}
	}
	after := files(t, dir)
	for path, content := range before {
		if after[path] != content {
			t.Errorf("%s was changed", path)
		}
	}
}

func TestOpenRefusesANewerSchema(t *testing.T) {
	t.Parallel()
	dsn := stateDSN(t)
	l, err := state.Open(t.Context(), dsn)
	check(t, err)
	check(t, l.Close())
	execute(t, raw(t, dsn), `INSERT INTO ledger_versions (version_id, is_applied) VALUES (99, 1)`)
	_, err = state.Open(t.Context(), dsn)
	want(t, err, state.ErrNewerSchema)
	_, err = state.OpenReadOnly(t.Context(), dsn)
	want(t, err, state.ErrNewerSchema)
}

func TestOpenReadOnlyDoesNotMigrate(t *testing.T) {
	t.Parallel()
	dsn := stateDSN(t)
	l, err := state.Open(t.Context(), dsn)
	check(t, err)
	check(t, l.Close())
	execute(t, raw(t, dsn), `DELETE FROM ledger_versions WHERE version_id > 0`)
	_, err = state.OpenReadOnly(t.Context(), dsn)
	want(t, err, state.ErrOlderSchema)
}

func TestOpenReadOnlyCreatesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := state.OpenReadOnly(t.Context(), "sqlite:"+filepath.Join(dir, "state", "exchange.db"))
	want(t, err, fs.ErrNotExist)
	if found := files(t, dir); len(found) > 0 {
		t.Errorf("created %v", found)
	}

	dsn := "sqlite:" + filepath.Join(dir, "exchange.db")
	l, err := state.Open(t.Context(), dsn)
	check(t, err)
	record := finished(t, l, "nightly", at(0), run.Done)
	check(t, l.Deliveries().Save(t.Context(), sent(record.ID, "nightly", delivery.StepDelivered, at(1))))
	held := finished(t, l, "nightly", at(2), run.Held)
	check(t, l.Close())
	before := files(t, dir)

	reader, err := state.OpenReadOnly(t.Context(), dsn)
	check(t, err)
	if last, err := reader.Deliveries().LastDelivery(t.Context(), "nightly"); err != nil || last.Run != record.ID {
		t.Errorf("LastDelivery: %+v, %v", last, err)
	}
	_, beginErr := reader.Runs().Begin(t.Context(), newRun("nightly", at(2)))
	_, _, claimErr := reader.Runs().Claim(t.Context(), held.ID, at(2))
	_, purgeErr := reader.Upkeep().Purge(t.Context(), state.PurgeOptions{})
	for _, err := range []error{
		beginErr, claimErr, purgeErr,
		reader.Runs().Reject(t.Context(), held.ID, at(2)),
		reader.Runs().Finish(t.Context(), ended(record, run.Done)),
		reader.Deliveries().SaveSnapshot(t.Context(), record.ID, nil, nil),
		reader.Deliveries().Save(t.Context(), sent(record.ID, "nightly", delivery.StepFailed, at(2))),
	} {
		want(t, err, state.ErrReadOnly)
	}
	check(t, reader.Close())
	if !maps.Equal(before, files(t, dir)) {
		t.Error("reading changed the files")
	}
}

func TestReadOnlyFollowsALivingDaemon(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		daemon := open(t, dsn)
		first := finished(t, daemon, "nightly", at(0), run.Done)
		reader, err := state.OpenReadOnly(t.Context(), dsn)
		check(t, err)
		t.Cleanup(func() { check(t, reader.Close()) })
		second := finished(t, daemon, "nightly", at(1), run.Done)
		for _, id := range []string{first.ID, second.ID} {
			_, err := reader.History().Run(t.Context(), id)
			check(t, err)
		}
	})
}

func TestStateOfThePreviousVersionIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		check(t, state.CreateAt(t.Context(), dsn, 1))
		older, err := state.OpenReadOnly(t.Context(), dsn)
		want(t, err, state.ErrOlderSchema)
		if older != nil {
			t.Error("an older state is open")
		}
		insertVersion1(t, dsn)
		l := open(t, dsn)
		interrupted, err := l.Runs().Recover(t.Context(), at(2))
		check(t, err)
		if len(interrupted) != 1 || interrupted[0].ID != missing || interrupted[0].Resumable || interrupted[0].Attempt != 1 {
			t.Errorf("interrupted: %+v", interrupted)
		}
		begun(t, l, "nightly", at(3))
	})
}

// insertVersion1 leaves a run as the first version of the program would.
func insertVersion1(t *testing.T, dsn string) {
	t.Helper()
	statement := `INSERT INTO runs (id, flow, kind, slot, state, outcome, reason, started_at, active_since, pid, host, facts)
		VALUES ('` + missing + `', 'nightly', 'export', '', 'running', '', '', 1, 1, 1, 'host', '{}')`
	if strings.HasPrefix(dsn, "sqlite:") {
		execute(t, raw(t, dsn), statement)
		return
	}
	statetest.Exec(t, dsn, statement)
}

// TestStateThatOthersCanRead is refused like a secret that others can read, with what mends it.
func TestStateThatOthersCanRead(t *testing.T) {
	t.Parallel()
	dsn := stateDSN(t)
	check(t, open(t, dsn).Close())
	path := strings.TrimPrefix(dsn, "sqlite:")
	for _, mode := range []os.FileMode{0o644, 0o640, 0o602} {
		check(t, os.Chmod(path, mode))
		for _, opened := range []func(context.Context, string) (*state.Store, error){state.Open, state.OpenReadOnly} {
			_, err := opened(t.Context(), dsn)
			want(t, err, state.ErrExposed)
			if !strings.Contains(err.Error(), "run chmod 600 on it") || !strings.Contains(err.Error(), path) {
				t.Errorf("no remedy: %v", err)
			}
		}
	}
	check(t, os.Chmod(path, 0o600))
	check(t, open(t, dsn).Close())
	folder := filepath.Dir(path)
	check(t, os.Chmod(folder, 0o777))
	_, err := state.Open(t.Context(), dsn)
	if want(t, err, state.ErrExposed); !strings.Contains(err.Error(), "run chmod o-w on it") {
		t.Errorf("no remedy: %v", err)
	}
	check(t, os.Chmod(folder, 0o777|os.ModeSticky))
	check(t, open(t, dsn).Close())
}
