package ledger_test

import (
	"bufio"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/ledger"
)

// TestKilledWriterLosesNothing kills a process at arbitrary points of its writes, again
// and again on one state. The number of rounds is KILL_ROUNDS, else 50.
func TestKilledWriterLosesNothing(t *testing.T) {
	t.Parallel()
	rounds := 50
	if s := os.Getenv("KILL_ROUNDS"); s != "" {
		n, err := strconv.Atoi(s)
		check(t, err)
		rounds = n
	}
	dsn := stateDSN(t)
	var said []string
	for range rounds {
		p := start(t, "work", dsn)
		// Lines that were printed and not read when the kill comes count as well.
		for range 1 + rand.IntN(12) {
			said = append(said, p.line(t))
		}
		check(t, p.Process.Kill())
		rest := bufio.NewScanner(p.out)
		for rest.Scan() {
			// The last line may be cut.
			if len(strings.Fields(rest.Text())) == 2 {
				said = append(said, rest.Text())
			}
		}
		_ = p.Wait()
	}

	l := open(t, dsn)
	_, err := l.Recover(t.Context(), at(0))
	check(t, err)
	var integrity string
	check(t, raw(t, dsn).QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&integrity))
	if integrity != "ok" {
		t.Errorf("integrity_check: %s", integrity)
	}
	for _, line := range said {
		checkSaid(t, l, line)
	}
	runs, err := l.Runs(t.Context(), ledger.Filter{})
	check(t, err)
	for _, run := range runs {
		if run.Outcome == "" {
			t.Errorf("run %s has no outcome", run.ID)
		}
	}
	begun(t, l, "nightly", at(1))
	t.Logf("%d kills, %d runs, %d facts kept", rounds, len(runs), len(said))
}

// checkSaid looks up one fact that a killed process had on disk.
func checkSaid(t *testing.T, l *ledger.Ledger, line string) {
	t.Helper()
	word, id, _ := strings.Cut(line, " ")
	run, err := l.Run(t.Context(), id)
	check(t, err)
	switch word {
	case "done":
		if run.Outcome != ledger.Done {
			t.Errorf("run %s is %q, its process had said done", id, run.Outcome)
		}
	case string(ledger.Delivered):
		if run.Outcome != ledger.Done && !strings.Contains(run.Reason, "delivered") {
			t.Errorf("run %s is %q (%s), its file had been delivered", id, run.Outcome, run.Reason)
		}
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mounted := mountSmallDisk(t, dir)
	dsn := "sqlite:" + filepath.Join(dir, "state", "exchange.db")
	if mounted {
		release := fillDisk(t, dir)
		_, err := ledger.Open(t.Context(), dsn)
		want(t, err, ledger.ErrFull)
		release()
	}

	l := open(t, dsn)
	run := begun(t, l, "nightly", at(0))
	var release func()
	if mounted {
		release = fillDisk(t, dir)
	} else {
		release = limitPages(t, l)
	}
	run = ended(run, ledger.Rejections)
	for range 5000 {
		run.Findings = append(run.Findings, finding.Finding{Severity: finding.Error, Code: "missing", Message: strings.Repeat("x", 100)})
	}
	err := l.Finish(t.Context(), run)
	want(t, err, ledger.ErrFull)
	if !strings.Contains(err.Error(), "free some space") {
		t.Errorf("no remedy: %v", err)
	}
	// The run is at work still, and ends once there is space.
	_, err = l.Begin(t.Context(), newRun("nightly", at(1)))
	want(t, err, ledger.ErrBusy)
	release()
	check(t, l.Finish(t.Context(), run))
	got, err := l.Run(t.Context(), run.ID)
	check(t, err)
	if got.Outcome != ledger.Rejections || len(got.Findings) != 5000 {
		t.Errorf("the run is %q with %d findings", got.Outcome, len(got.Findings))
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
func limitPages(t *testing.T, l *ledger.Ledger) (release func()) {
	t.Helper()
	execute(t, ledger.DB(l), `PRAGMA max_page_count = 1`)
	return func() { execute(t, ledger.DB(l), `PRAGMA max_page_count = 1000000`) }
}

func TestLockedState(t *testing.T) {
	t.Parallel()
	dsn := stateDSN(t)
	l := open(t, dsn)
	other := raw(t, dsn)
	execute(t, other, `BEGIN IMMEDIATE`)
	_, err := l.Begin(t.Context(), newRun("nightly", at(0)))
	want(t, err, ledger.ErrLocked)
	if !strings.Contains(err.Error(), "close what has it open") {
		t.Errorf("no remedy: %v", err)
	}
	// Reading goes on.
	_, err = l.Runs(t.Context(), ledger.Filter{})
	check(t, err)
	execute(t, other, `ROLLBACK`)
	begun(t, l, "nightly", at(0))
}

func TestCanceledWaitForALockedState(t *testing.T) {
	t.Parallel()
	dsn := stateDSN(t)
	l := open(t, dsn)
	other := raw(t, dsn)
	execute(t, other, `BEGIN IMMEDIATE`)
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	cancel(stopped)
	_, err := l.Begin(ctx, newRun("nightly", at(0)))
	if !errors.Is(err, context.Canceled) && !errors.Is(err, stopped) {
		t.Errorf("Begin: %v", err)
	}
	execute(t, other, `ROLLBACK`)
	begun(t, l, "nightly", at(0))
}

func TestDamagedState(t *testing.T) {
	t.Parallel()
	dsn := stateDSN(t)
	l, err := ledger.Open(t.Context(), dsn)
	check(t, err)
	run := finished(t, l, "nightly", at(0), ledger.Done)
	check(t, l.Close())
	path := strings.TrimPrefix(dsn, "sqlite:")
	content, err := os.ReadFile(path)
	check(t, err)
	// All pages after the first, which holds the schema.
	for i := 4096; i < len(content); i++ {
		content[i] = 0x5a
	}
	check(t, os.WriteFile(path, content, 0o600))
	l, err = ledger.Open(t.Context(), dsn)
	if err == nil {
		_, err = l.Run(t.Context(), run.ID)
		check(t, l.Close())
	}
	want(t, err, ledger.ErrDamaged)
}

func TestUnwritableState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	dsn := "sqlite:" + filepath.Join(dir, "exchange.db")
	l, err := ledger.Open(t.Context(), dsn)
	check(t, err)
	check(t, l.Close())
	readOnlyFolder(t, dir)
	for _, dsn := range []string{dsn, "sqlite:" + filepath.Join(dir, "new.db"), "sqlite:" + filepath.Join(dir, "new", "new.db")} {
		_, err := ledger.Open(t.Context(), dsn)
		want(t, err, ledger.ErrReadOnly)
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
