package main

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lucca-exchange/internal/run"
)

// TestServeOnAFullDisk lets the disk of the state fill up while a run is at work. The
// daemon goes on once there is space again, with that run too.
func TestServeOnAFullDisk(t *testing.T) {
	t.Parallel()
	s, front, d := atWork(t, func(dir string) { mountSmall(t, dir) })
	ballast := s.path("state/ballast")
	if err := os.WriteFile(ballast, make([]byte, 16<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	front.open()
	d.await(t, `run\.(unrecorded|released).*free some space`)
	ready := "http://" + d.address
	var said string
	eventually(t, "readiness says that nothing can be written", func() bool {
		code, text := get(t, ready+"/readyz")
		said = text
		return code == http.StatusServiceUnavailable
	})
	if !strings.Contains(said, "cannot be written") || !strings.Contains(said, "space") {
		t.Errorf("/readyz: %s", said)
	}
	if _, complaints, code := s.do(t, "health", "--url", ready); code != 1 || !strings.Contains(complaints, "cannot be written") {
		t.Errorf("health: exit code %d: %s", code, complaints)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the daemon is ready again", func() bool { code, _ := get(t, ready+"/readyz"); return code == http.StatusOK })
	recovers(t, s, d)
}

// TestServeOnALockedState has another process write for longer than anybody waits.
func TestServeOnALockedState(t *testing.T) {
	t.Parallel()
	s, front, d := atWork(t, func(string) {})
	db, err := sql.Open("sqlite", "file:"+s.path("state/exchange.db")+"?_txlock=immediate&_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	tx, err := db.BeginTx(context.WithoutCancel(t.Context()), nil)
	if err != nil {
		t.Fatal(err)
	}
	front.open()
	d.await(t, `run\.(unrecorded|released).*locked`)
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	recovers(t, s, d)
}

// atWork starts a daemon with a flow that is due every second and has a run at the gate.
func atWork(t *testing.T, prepare func(state string)) (*site, *front, *daemon) {
	t.Helper()
	front, lucca := gated(t, company(time.Now()))
	_, head := skillup(t, lucca)
	s := newSite(t, webOnAnyPort+"state: sqlite:./state/exchange.db\nspool: ./files\n"+head+exports(map[string]string{"often": "@every 1s"}))
	if err := os.Mkdir(s.path("state"), 0o700); err != nil {
		t.Fatal(err)
	}
	prepare(s.path("state"))
	d := s.start(t)
	eventually(t, "a run is done", func() bool { return done(s.runs(t)) >= 1 })
	front.shut()
	front.stands(t)
	return s, front, d
}

// recovers checks that a daemon goes on, and that no run is left without an outcome that does not wait for the next start.
func recovers(t *testing.T, s *site, d *daemon) {
	t.Helper()
	n := done(s.runs(t))
	eventually(t, "the flow goes on", func() bool { return done(s.runs(t)) >= n+2 })
	d.stop(t)
	var waiting []string // what the stop put back
	for _, f := range s.flows(t) {
		waiting = append(waiting, f.Waiting...)
		if f.Running != "" {
			t.Errorf("flows says that run %s is at work", f.Running)
		}
	}
	for _, r := range s.runs(t) {
		if r.Outcome != run.Done && !slices.Contains(waiting, r.ID) {
			t.Errorf("run %s ended %q, %q", r.ID, r.Outcome, r.Reason)
		}
	}
	db, err := sql.Open("sqlite", "file:"+s.path("state/exchange.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	var integrity string
	if err := db.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&integrity); err != nil || integrity != "ok" {
		t.Errorf("integrity_check: %s, %v", integrity, err)
	}
}

// TestServeOnAReadOnlyState is refused with the remedy, and goes on once it is writable.
func TestServeOnAReadOnlyState(t *testing.T) {
	t.Parallel()
	s, front, d := atWork(t, func(dir string) { mountSmall(t, dir) })
	front.open()
	d.stop(t)
	remount := func(flags uintptr) {
		t.Helper()
		if err := syscall.Mount("", s.path("state"), "", syscall.MS_REMOUNT|flags, ""); err != nil {
			t.Fatal(err)
		}
	}
	remount(syscall.MS_RDONLY)
	if out, complaints, code := s.do(t, "serve"); code != 1 || !strings.Contains(complaints, "cannot be written: let the user that runs lucca-exchange write") {
		t.Errorf("serve: exit code %d: %s%s", code, out, complaints)
	}
	remount(0)
	recovers(t, s, s.start(t))
}

// mountSmall mounts a small disk. Only root may.
func mountSmall(t *testing.T, dir string) {
	t.Helper()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m")
	if errors.Is(err, syscall.EPERM) && os.Getenv("CI") != "true" {
		t.Skipf("no small disk can be mounted: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}
