package engine

import (
	"testing"
	"time"
)

// TestTakeoverFitsItsPromise: what a takeover takes follows from constants, so it is not
// measured.
func TestTakeoverFitsItsPromise(t *testing.T) {
	t.Parallel()
	// Dead right after a beat; buried by the beat of another; seen by its next look; the
	// token polled.
	if took := deadAfter + beatEvery + beatEvery + fetchPoll; took >= 15*time.Second {
		t.Errorf("a takeover takes up to %v", took)
	}
	// The lock of a vanished machine goes with its connections, 11 seconds after they were
	// last heard of: a run that met it is looked at again.
	if took := 11*time.Second + retakeAfter + fetchPoll; took >= 15*time.Second {
		t.Errorf("a takeover from a machine that vanished takes up to %v", took)
	}
	if margin := deadAfter - fenceAfter; margin < 2*time.Second {
		t.Errorf("a process that is taken for dead has %v to stop its runs", margin)
	}
	if lookAgain >= 5*time.Second {
		t.Errorf("a token that comes again after %v needs River's leader", lookAgain)
	}
}

// TestClockSetBack: slots that a clock ahead of its time has settled are met again.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	w, ok := look(Flow{Name: "users"}, now.Add(72*time.Hour), now)
	if !ok || !w.horizon.Equal(now) || !w.due.IsZero() || len(w.missed) > 0 {
		t.Errorf("three days ahead: %+v, want the horizon set back and nothing due", w)
	}
}
