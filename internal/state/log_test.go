package state_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// copyOf copies a state as it lies there: its file, and where asked the log beside it.
func copyOf(t *testing.T, dsn string, parts ...string) string {
	t.Helper()
	from, to := strings.TrimPrefix(dsn, "sqlite:"), filepath.Join(t.TempDir(), "exchange.db")
	for _, part := range append(parts, "") {
		content, err := os.ReadFile(from + part)
		check(t, err)
		check(t, os.WriteFile(to+part, content, 0o600))
	}
	return "sqlite:" + to
}

// refused opens a state in every way that there is, and wants it to stay as it is.
func refused(t *testing.T, dsn string) {
	t.Helper()
	path := strings.TrimPrefix(dsn, "sqlite:")
	before, err := os.ReadFile(path)
	check(t, err)
	for _, opened := range []func(context.Context, string) (*state.Store, error){state.Open, state.OpenReadOnly} {
		l, err := opened(t.Context(), dsn)
		want(t, err, state.ErrNoLog)
		if l != nil {
			t.Fatal("it is open")
		}
		if !strings.Contains(err.Error(), path) || strings.Count(err.Error(), "\n") > 0 {
			t.Errorf("not one sentence about the file: %v", err)
		}
	}
	want(t, state.Backup(t.Context(), dsn, path+".backup"), state.ErrNoLog)
	after, err := os.ReadFile(path)
	if err != nil || string(after) != string(before) {
		t.Errorf("it was changed: %v", err)
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a log was made, with which the next to come takes it for whole: %v", err)
	}
}

// TestStateWithoutItsLog: what lacks its log is refused, whatever of it had reached the file.
func TestStateWithoutItsLog(t *testing.T) {
	t.Parallel()
	dsn := sqliteState(t)
	l := open(t, dsn)
	at0 := finished(t, l, "users", at(0), run.Done)
	refused(t, copyOf(t, dsn))
	for i := range 450 { // the log was copied twice
		check(t, l.Upkeep().TryWrite(t.Context(), at(i)))
	}
	refused(t, copyOf(t, dsn))
	second := open(t, dsn) // one that comes and goes meanwhile
	check(t, second.Close())
	lone := copyOf(t, dsn)
	refused(t, lone)

	// With an empty log, as a tool that was killed leaves one.
	path := strings.TrimPrefix(lone, "sqlite:")
	check(t, os.WriteFile(path+"-wal", nil, 0o600))
	_, err := state.Open(t.Context(), lone)
	want(t, err, state.ErrNoLog)

	// It is put back where there is nothing better, as an older copy.
	to := "sqlite:" + filepath.Join(t.TempDir(), "exchange.db")
	want(t, state.Restore(t.Context(), to, path, false, audit.Entry{}), state.ErrLoneFile)
	check(t, state.Restore(t.Context(), to, path, true, audit.Entry{At: at(9), Who: "os:me", From: "cli", Act: audit.Restore}))
	back := open(t, to)
	if cautious, err := back.Upkeep().Cautious(t.Context(), "users"); err != nil || !cautious {
		t.Errorf("the first run is not held: %v, %v", cautious, err)
	}
	if _, err := back.History().Run(t.Context(), at0.ID); err != nil {
		t.Error(err)
	}
}

// TestStateWithAllThatItNeeds opens: killed, closed by the last of several, brought by a backup, or
// left by an earlier version, read or written.
func TestStateWithAllThatItNeeds(t *testing.T) {
	t.Parallel()
	dsn := sqliteState(t)
	l, err := state.Open(t.Context(), dsn)
	check(t, err)
	finished(t, l, "users", at(0), run.Done)
	whole := func(name, dsn string) {
		t.Helper()
		for _, opened := range []func(context.Context, string) (*state.Store, error){state.OpenReadOnly, state.OpenReadOnly, state.Open, state.OpenReadOnly, state.Open} {
			l, err := opened(t.Context(), dsn)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if runs, err := l.History().Runs(t.Context(), state.Filter{}); err != nil || len(runs) != 1 {
				t.Errorf("%s: %v, %v", name, runs, err)
			}
			check(t, l.Close())
		}
		if _, err := os.Stat(strings.TrimPrefix(dsn, "sqlite:") + "-wal"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: the log is still there: %v", name, err)
		}
	}
	whole("killed", copyOf(t, dsn, "-wal"))
	killed := copyOf(t, dsn, "-wal")
	reader, err := state.OpenReadOnly(t.Context(), killed)
	check(t, err)
	check(t, reader.Close())
	whole("killed, and read by others", copyOf(t, killed, "-wal"))

	merged := copyOf(t, dsn, "-wal")
	other, err := sql.Open("sqlite", strings.TrimPrefix(merged, "sqlite:")) // removes the log
	check(t, err)
	execute(t, other, `CREATE TABLE x (y)`)
	check(t, other.Close())
	whole("killed, and written by another program", merged)

	saved := filepath.Join(t.TempDir(), "saved.db")
	check(t, state.Backup(t.Context(), dsn, saved))
	whole("a backup that was put in place", copyOf(t, "sqlite:"+saved))

	second, err := state.Open(t.Context(), dsn)
	check(t, err)
	reader, err = state.OpenReadOnly(t.Context(), dsn)
	check(t, err)
	check(t, l.Close())
	refused(t, copyOf(t, dsn))
	check(t, second.Close())
	if _, err := reader.History().Runs(t.Context(), state.Filter{}); err != nil {
		t.Error(err)
	}
	check(t, reader.Close())
	whole("closed by all", dsn)
	whole("the file alone of one that was closed", copyOf(t, dsn))

	older := earlier(t, "sqlite", "5acd198")
	o, err := state.Open(t.Context(), older)
	check(t, err)
	check(t, o.Close())
}

// TestLongLogIsCopied: what others than the store write, as the queue does all day, leaves no log without
// end behind.
func TestLongLogIsCopied(t *testing.T) {
	t.Parallel()
	dsn := sqliteState(t)
	l := open(t, dsn)
	path := strings.TrimPrefix(dsn, "sqlite:")
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=wal_autocheckpoint(0)")
	check(t, err)
	for _, statement := range []string{`CREATE TABLE queued (b BLOB)`, `INSERT INTO queued VALUES (randomblob(5000000))`, `DROP TABLE queued`} {
		_, err := db.ExecContext(t.Context(), statement)
		check(t, err)
	}
	check(t, db.Close())
	if n := logOf(t, path); n < 5_000_000 {
		t.Fatalf("the log has %d bytes", n)
	}
	for i := range 25 {
		check(t, l.Upkeep().TryWrite(t.Context(), at(i)))
	}
	if n := logOf(t, path); n > 1<<20 {
		t.Errorf("the log has %d bytes", n)
	}
}

func logOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path + "-wal")
	check(t, err)
	return info.Size()
}
