package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web"
)

// TestProbesDoNotWearTheDisk: anybody may ask whether the daemon is well, as often as they like.
func TestProbesDoNotWearTheDisk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var tries atomic.Int32
		broken := errors.New("broken")
		var fault atomic.Pointer[error]
		w := &trial{try: func(context.Context) error {
			tries.Add(1)
			time.Sleep(100 * time.Millisecond)
			if f := fault.Load(); f != nil {
				return *f
			}
			return nil
		}}
		ask := func(want error) {
			t.Helper()
			var all sync.WaitGroup
			for range 100 {
				all.Go(func() {
					if err := w.check(t.Context()); !errors.Is(err, want) {
						t.Errorf("got %v, want %v", err, want)
					}
				})
			}
			all.Wait()
		}
		ask(nil)
		ask(nil)
		if got := tries.Load(); got != 1 {
			t.Errorf("%d writes for 200 probes", got)
		}
		fault.Store(&broken)
		time.Sleep(trialEvery)
		ask(broken)
		fault.Store(nil)
		time.Sleep(trialEvery)
		ask(nil)
		if got := tries.Load(); got != 3 {
			t.Errorf("%d writes, want 3", got)
		}
	})
}

// TestDiskThatIsSlowIsNoFault, one that does not end is.
func TestDiskThatIsSlowIsNoFault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var takes atomic.Int64
		takes.Store(int64(30 * time.Second))
		w := &trial{try: func(context.Context) error { time.Sleep(time.Duration(takes.Load())); return nil }}
		began := time.Now()
		if err := w.check(t.Context()); err != nil || time.Since(began) != trialWait {
			t.Errorf("while it is slow: %v after %s", err, time.Since(began))
		}
		takes.Store(int64(time.Hour))
		time.Sleep(30 * time.Second)
		if err := w.check(t.Context()); err != nil {
			t.Errorf("when the next begins: %v", err)
		}
		time.Sleep(trialStuck)
		fault, ok := errors.AsType[*web.Fault](w.check(t.Context()))
		if !ok || fault.What != "nothing can be written" {
			t.Errorf("of one that does not end: %v", fault)
		}
		time.Sleep(time.Hour)
	})
}

// TestFullDiskIsNotWell: state and spool were once called well while their disk was full, since both
// could be read. The sentence says whose disk it is.
func TestFullDiskIsNotWell(t *testing.T) {
	t.Parallel()
	h, _, _ := hooked(t, "columns: [Recruté]")
	a := h.app()
	disk := t.TempDir()
	err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=2m")
	if errors.Is(err, syscall.EPERM) && os.Getenv("CI") != "true" {
		t.Skipf("no small disk can be mounted: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	c := *a.config
	c.Spool = filepath.Join(disk, "spool")
	l, err := state.Open(t.Context(), "sqlite:"+filepath.Join(disk, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	full := newApp(Options{Config: &c, Logger: a.logger}, l)
	if err := full.tryWrites(t.Context()); err != nil {
		t.Fatalf("while there is room: %v", err)
	}
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 4<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	err = full.tryWrites(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the state cannot be written") || !strings.Contains(err.Error(), "the spool cannot be written") {
		t.Errorf("while it is full: %v", err)
	}
	if strings.Contains(err.Error(), "partner") {
		t.Errorf("the partner is to make room on our disk: %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := full.tryWrites(t.Context()); err != nil {
		t.Errorf("once there is room again: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(c.Spool, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
