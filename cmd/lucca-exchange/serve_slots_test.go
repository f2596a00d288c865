package main

import (
	"syscall"
	"testing"
	"time"

	"lucca-exchange/internal/run"
)

// TestServeOncePerSlot stops, kills and restarts a daemon whose flows are due every second
// or two. Each slot has one run and one file; what was missed meanwhile is told, and runs
// once.
func TestServeOncePerSlot(t *testing.T) {
	t.Parallel()
	_, lucca := serve(t, company(time.Now()))
	in, head := skillup(t, lucca)
	lines := map[string]string{"often": "@every 1s", "seldom": "@every 2s"}
	s := newSite(t, head+exports(lines))
	reached := func(n int) {
		t.Helper()
		eventually(t, "more runs are done", func() bool { return done(s.runs(t, "seldom")) >= n })
	}
	d := s.start(t)
	reached(2)
	d.stop(t)
	before := len(s.runs(t))
	// Some slots pass without a daemon.
	<-time.After(3 * time.Second)
	if got := len(s.runs(t)); got != before {
		t.Errorf("%d runs without a daemon", got-before)
	}
	d = s.start(t)
	reached(4)
	d.kill()
	d = s.start(t)
	reached(6)
	d.stop(t)
	if f := s.flows(t)["often"]; f.Missed == 0 || f.Outcome != string(run.Done) {
		t.Errorf("flows says %+v, want missed slots and the outcome done", f)
	}
	// What the daemon left in the queue when it stopped, the next one does.
	s.configure(t, head+exports(map[string]string{"often": leapDay, "seldom": leapDay}))
	d = s.start(t)
	eventually(t, "the queue is empty", func() bool {
		f := s.flows(t)
		return len(f["often"].Waiting)+len(f["seldom"].Waiting) == 0 && f["often"].Running+f["seldom"].Running == ""
	})
	d.stop(t)
	checkOncePerSlot(t, "sqlite:"+s.path("state/exchange.db"), in.root, lines, s.runs(t))
}

// TestServeEndsInOrder tells a daemon with a run at work to stop: the run has time to end,
// and if it takes too long, or there is a second signal, the next daemon goes on with it.
func TestServeEndsInOrder(t *testing.T) {
	t.Parallel()
	type stand struct {
		*site
		front *front
		in    inbox
		run   string
	}
	// begun has a run at the gate.
	begun := func(t *testing.T) (stand, *daemon) {
		front, lucca := gated(t, company(time.Now()))
		in, head := skillup(t, lucca)
		s := stand{newSite(t, head+exports(map[string]string{"often": "@every 1s"})), front, in, ""}
		front.shut()
		d := s.start(t)
		front.stands(t)
		s.run = s.runs(t)[0].ID
		return s, d
	}
	// continued lets the next daemon go on.
	continued := func(t *testing.T, s stand) {
		if r := s.runs(t); r[0].Outcome != "" {
			t.Errorf("the run has the outcome %q before it goes on", r[0].Outcome)
		}
		s.front.open()
		d := s.start(t)
		eventually(t, "the next slot has run", func() bool { return done(s.runs(t)) >= 2 })
		d.stop(t)
		r := s.runs(t)[0]
		if r.ID != s.run || r.Outcome != run.Done {
			t.Errorf("the first run is %s, %q %q; want %s done", r.ID, r.Outcome, r.Reason, s.run)
		}
		if got := names(t, s.in.root); got[0] != slotFile("often", r.Slot) {
			t.Errorf("the first file is %s, want that of %v", got[0], r.Slot)
		}
	}
	t.Run("the run ends in time", func(t *testing.T) {
		t.Parallel()
		s, d := begun(t)
		d.signal(t, syscall.SIGTERM)
		d.await(t, `shutdown\.started`)
		s.front.open()
		if code := d.wait(t); code != 0 {
			t.Errorf("exit code %d", code)
		}
		if r := s.runs(t)[0]; r.ID != s.run || r.Outcome != run.Done {
			t.Errorf("the run is %q, %q", r.Outcome, r.Reason)
		}
	})
	t.Run("the run takes longer than the grace", func(t *testing.T) {
		t.Parallel()
		s, d := begun(t)
		d.stop(t)
		continued(t, s)
	})
	t.Run("a second signal", func(t *testing.T) {
		t.Parallel()
		s, d := begun(t)
		d.signal(t, syscall.SIGTERM)
		d.await(t, `shutdown\.started`)
		d.signal(t, syscall.SIGTERM)
		if code := d.wait(t); code == 0 {
			t.Errorf("exit code 0 though the run was cut off")
		}
		continued(t, s)
	})
	t.Run("killed", func(t *testing.T) {
		t.Parallel()
		s, d := begun(t)
		d.kill()
		continued(t, s)
	})
}
