package upkeep

import (
	"context"
	"errors"
	"log/slog"
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
)

// TestProbesDoNotWearTheDisk: anybody may ask whether the daemon is well, as often as they like.
func TestProbesDoNotWearTheDisk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var tries atomic.Int32
		var broken atomic.Bool
		w := NewTrial(func(context.Context) []Fault {
			tries.Add(1)
			time.Sleep(100 * time.Millisecond)
			if broken.Load() {
				return []Fault{{"the disk cannot be written", errors.New("broken")}}
			}
			return nil
		})
		ask := func(want int) {
			t.Helper()
			var all sync.WaitGroup
			for range 100 {
				all.Go(func() {
					if faults := w.Check(t.Context()); len(faults) != want {
						t.Errorf("got %v, want %d", faults, want)
					}
				})
			}
			all.Wait()
		}
		ask(0)
		ask(0)
		if got := tries.Load(); got != 1 {
			t.Errorf("%d writes for 200 probes", got)
		}
		broken.Store(true)
		time.Sleep(trialEvery)
		ask(1)
		broken.Store(false)
		time.Sleep(trialEvery)
		ask(0)
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
		w := NewTrial(func(context.Context) []Fault { time.Sleep(time.Duration(takes.Load())); return nil })
		began := time.Now()
		if faults := w.Check(t.Context()); faults != nil || time.Since(began) != trialWait {
			t.Errorf("while it is slow: %v after %s", faults, time.Since(began))
		}
		takes.Store(int64(time.Hour))
		time.Sleep(30 * time.Second)
		if faults := w.Check(t.Context()); faults != nil {
			t.Errorf("when the next begins: %v", faults)
		}
		time.Sleep(trialStuck)
		if faults := w.Check(t.Context()); len(faults) != 1 || faults[0].What != "nothing can be written" {
			t.Errorf("of one that does not end: %v", faults)
		}
		time.Sleep(time.Hour)
	})
}

// TestFullDiskIsNotWell: state and spool were once called well while their disk was full, since both
// could be read. The sentence says whose disk it is.
func TestFullDiskIsNotWell(t *testing.T) {
	t.Parallel()
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
	l, err := state.Open(t.Context(), "sqlite:"+filepath.Join(disk, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	full := Keeper{Store: StoreOf(l), Spool: filepath.Join(disk, "spool"), Logger: slog.New(slog.DiscardHandler)}
	if faults := full.TryWrites(t.Context()); faults != nil {
		t.Fatalf("while there is room: %v", faults)
	}
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 4<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	faults := full.TryWrites(t.Context())
	if len(faults) != 2 || faults[0].What != "the state cannot be written" || faults[1].What != "the spool cannot be written" {
		t.Errorf("while it is full: %v", faults)
	}
	for _, f := range faults {
		if strings.Contains(f.Err.Error(), "partner") {
			t.Errorf("the partner is to make room on our disk: %v", f.Err)
		}
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if faults := full.TryWrites(t.Context()); faults != nil {
		t.Errorf("once there is room again: %v", faults)
	}
	left, err := filepath.Glob(filepath.Join(full.Spool, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
