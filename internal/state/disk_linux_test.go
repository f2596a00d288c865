package state_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mounted := mountSmallDisk(t, dir)
	dsn := "sqlite:" + filepath.Join(dir, "state", "exchange.db")
	if mounted {
		release := fillDisk(t, dir)
		_, err := state.Open(t.Context(), dsn)
		want(t, err, state.ErrFull)
		release()
	}

	l := open(t, dsn)
	record := begun(t, l, "nightly", at(0))
	var release func()
	if mounted {
		release = fillDisk(t, dir)
	} else {
		release = limitPages(t, l)
	}
	record = ended(record, run.Rejections)
	for range 5000 {
		record.Findings = append(record.Findings, finding.Finding{Severity: finding.Error, Code: "missing", Message: strings.Repeat("x", 100)})
	}
	err := l.Runs().Finish(t.Context(), record)
	want(t, err, state.ErrFull)
	if !strings.Contains(err.Error(), "free some space") {
		t.Errorf("no remedy: %v", err)
	}
	// The run is at work still, and ends once there is space.
	_, err = l.Runs().Begin(t.Context(), newRun("nightly", at(1)))
	want(t, err, state.ErrBusy)
	release()
	check(t, l.Runs().Finish(t.Context(), record))
	got, err := l.History().Run(t.Context(), record.ID)
	check(t, err)
	if got.Outcome != run.Rejections || len(got.Findings) != 5000 {
		t.Errorf("the run is %q with %d findings", got.Outcome, len(got.Findings))
	}
}

// TestBackupOntoAFullDisk names that disk, and not that of the state, and leaves nothing on it.
func TestBackupOntoAFullDisk(t *testing.T) {
	t.Parallel()
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "exchange.db")
	check(t, open(t, dsn).Close())
	dir := t.TempDir()
	if !mountSmallDisk(t, dir) {
		t.Skip("no right to mount a small disk")
	}
	fillDisk(t, dir)
	to := filepath.Join(dir, "saved.db")
	err := state.Backup(t.Context(), dsn, to)
	want(t, err, state.ErrNoRoom)
	if errors.Is(err, state.ErrFull) || !strings.Contains(err.Error(), to) {
		t.Errorf("another disk is blamed: %v", err)
	}
	if left, err := filepath.Glob(to + "*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// mountSmallDisk mounts a file system of 4 MiB, and reports whether it had the right to.
func mountSmallDisk(t *testing.T, dir string) bool {
	t.Helper()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m")
	if errors.Is(err, syscall.EPERM) {
		return false
	}
	check(t, err)
	t.Cleanup(func() { check(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return true
}

func fillDisk(t *testing.T, dir string) (release func()) {
	t.Helper()
	ballast := filepath.Join(dir, "ballast")
	want(t, os.WriteFile(ballast, make([]byte, 8<<20), 0o600), syscall.ENOSPC)
	return func() { check(t, os.Remove(ballast)) }
}

// limitPages makes SQLite say that the disk is full where no small one can be mounted.
func limitPages(t *testing.T, l *state.Store) (release func()) {
	t.Helper()
	execute(t, state.DB(l), `PRAGMA max_page_count = 1`)
	return func() { execute(t, state.DB(l), `PRAGMA max_page_count = 1000000`) }
}

func TestUnwritableState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	dsn := "sqlite:" + filepath.Join(dir, "exchange.db")
	l, err := state.Open(t.Context(), dsn)
	check(t, err)
	check(t, l.Close())
	readOnlyFolder(t, dir)
	for _, dsn := range []string{dsn, "sqlite:" + filepath.Join(dir, "new.db"), "sqlite:" + filepath.Join(dir, "new", "new.db")} {
		_, err := state.Open(t.Context(), dsn)
		want(t, err, state.ErrReadOnly)
		if !strings.Contains(err.Error(), "let the user that runs") {
			t.Errorf("no remedy: %v", err)
		}
	}
}

// readOnlyFolder makes a folder unwritable: by its mode, which root does not heed, and
// for root by a read-only mount.
func readOnlyFolder(t *testing.T, dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		check(t, os.Chmod(dir, 0o500))
		t.Cleanup(func() { check(t, os.Chmod(dir, 0o700)) })
		return
	}
	check(t, syscall.Mount(dir, dir, "", syscall.MS_BIND, ""))
	t.Cleanup(func() { check(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	check(t, syscall.Mount("", dir, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
}
