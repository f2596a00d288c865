package state_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/state/statetest"
)

// TestBackupOfALivingState has what is in the log alone, is private, and knows after it was put
// back that it is an older copy.
func TestBackupOfALivingState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	from, to, file := "sqlite:"+filepath.Join(dir, "a", "exchange.db"), "sqlite:"+filepath.Join(dir, "b", "exchange.db"), filepath.Join(dir, "saved.db")
	l := open(t, from) // stays open, as a daemon's
	kept := finished(t, l, "users", at(0), run.Done)
	check(t, state.Backup(t.Context(), from, file))
	finished(t, l, "users", at(5), run.Done)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	want(t, state.Backup(t.Context(), from, file), state.ErrThere)
	act := audit.Entry{At: at(9), Who: "os:me", From: "cli", Act: audit.Restore}
	want(t, state.Restore(t.Context(), from, file, false, act), state.ErrThere)
	check(t, state.Restore(t.Context(), to, file, false, act))
	back := open(t, to)
	runs, err := back.History().Runs(t.Context(), state.Filter{})
	if err != nil || len(runs) != 1 || runs[0].ID != kept.ID {
		t.Errorf("%v, %v", runs, err)
	}
	if before, err := back.Upkeep().BeforeRestore(t.Context(), kept.ID); err != nil || !before {
		t.Errorf("the copy is not known for one: %v, %v", before, err)
	}
	if cautious, err := back.Upkeep().Cautious(t.Context(), "users"); err != nil || !cautious {
		t.Errorf("the first run is not held: %v, %v", cautious, err)
	}
	// Else whoever reads it would wait for whoever writes.
	if _, err := os.Stat(strings.TrimPrefix(to, "sqlite:") + "-wal"); err != nil {
		t.Errorf("it is not written through a log: %v", err)
	}
	if lines, err := back.Audit().Latest(t.Context(), 1); err != nil || len(lines) != 1 || lines[0].Act != audit.Restore {
		t.Errorf("%v, %v", lines, err)
	}
}

// TestRestoreRefusesANewerSchema, and leaves nothing behind; so it does on a server.
func TestRestoreRefusesANewerSchema(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	from, file := "sqlite:"+filepath.Join(dir, "exchange.db"), filepath.Join(dir, "saved.db")
	open(t, from)
	check(t, state.Backup(t.Context(), from, file))
	execute(t, raw(t, "sqlite:"+file), `INSERT INTO ledger_versions (version_id, is_applied) VALUES (9999, 1)`)
	to := filepath.Join(dir, "b", "exchange.db")
	want(t, state.Restore(t.Context(), "sqlite:"+to, file, false, audit.Entry{}), state.ErrNewerSchema)
	if _, err := os.Stat(to); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a state: %v", err)
	}
	want(t, state.Backup(t.Context(), statetest.PostgreSQL(t), file+"2"), state.ErrServer)
}

// TestHistoryBringsAnOlderStateUpToDate: who upgraded looks at the runs first.
func TestHistoryBringsAnOlderStateUpToDate(t *testing.T) {
	t.Parallel()
	dsn := earlier(t, "sqlite", "5acd198")
	_, err := state.OpenToLook(t.Context(), dsn)
	want(t, err, state.ErrOlderSchema)
	h, _, err := state.OpenHistory(t.Context(), dsn, at(1))
	check(t, err)
	t.Cleanup(func() { check(t, h.Close()) })
	if runs, err := h.History().Runs(t.Context(), state.Filter{}); err != nil || len(runs) == 0 {
		t.Errorf("%v, %v", runs, err)
	}
}
