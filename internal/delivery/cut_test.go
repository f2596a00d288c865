package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/sandbox/partner"
)

// TestCutAnywhere cuts the connection after N bytes, once or for good, for N over a grid
// that reaches over the whole conversation and is fine at its end, where the renames are.
func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	breakAnywhere(t, breakage{factor: 7, step: 72, idle: 5 * time.Second}, []int{1, 0}, map[string]func(int64) remotetest.Fault{
		"up":   func(n int64) remotetest.Fault { return remotetest.Fault{CutUp: n} },
		"down": func(n int64) remotetest.Fault { return remotetest.Fault{CutDown: n} },
	})
}

// TestSilenceAnywhere is the same with a connection that goes silent.
func TestSilenceAnywhere(t *testing.T) {
	t.Parallel()
	breakAnywhere(t, breakage{factor: 1000, step: 250, idle: 500 * time.Millisecond}, []int{1}, map[string]func(int64) remotetest.Fault{
		"up":   func(n int64) remotetest.Fault { return remotetest.Fault{HoldUp: n} },
		"down": func(n int64) remotetest.Fault { return remotetest.Fault{HoldDown: n} },
	})
}

// breakage is a grid and how long a silence is waited for.
type breakage struct {
	factor, step int64
	idle         time.Duration
}

func breakAnywhere(t *testing.T, b breakage, times []int, faults map[string]func(int64) remotetest.Fault) {
	t.Helper()
	for server, quirks := range map[string]partner.Quirks{"posix-rename": {}, "no posix-rename": {NoPosixRename: true}} {
		whole := newSite(t, quirks, false)
		if _, err := delivery.Deliver(t.Context(), whole.request); err != nil {
			t.Fatal(err)
		}
		up, down := whole.proxy.Bytes()
		for direction, total := range map[string]int64{"up": up, "down": down} {
			for _, n := range grid(total, b.factor, b.step) {
				for _, times := range times {
					t.Run(fmt.Sprintf("%s/%s %d of %d, %d times", server, direction, n, total, times), func(t *testing.T) {
						t.Parallel()
						s := newSite(t, quirks, false)
						s.config.ConnectTimeout, s.config.IdleTimeout = 3*b.idle, b.idle
						s.request.To = s.target()
						fault := faults[direction](n)
						fault.Times = times
						s.proxy.Break(fault)
						s.checkCut(times > 0)
					})
				}
			}
		}
	}
}

// grid says where a conversation of total bytes is broken: at powers of factor, and every
// step bytes before its end.
func grid(total, factor, step int64) []int64 {
	points := []int64{-1}
	for n := int64(1); n < total; n *= factor {
		points = append(points, n)
	}
	for back := step / 2; back < min(1000, total); back += step {
		points = append(points, total-back)
	}
	return points
}

// checkCut delivers through a fault that passes, or that stays until afterwards.
func (s *site) checkCut(passes bool) {
	s.t.Helper()
	_, err := delivery.Deliver(s.t.Context(), s.request)
	if errors.Is(err, remote.ErrLoginCut) {
		s.want(onlyOld) // as by a wrong password: not tried again
		return
	}
	if passes {
		if err != nil {
			s.t.Errorf("not delivered although the fault passed: %v", err)
		}
		s.want(onlyNew)
		return
	}
	if got := s.files()[name]; got != "old" && got != "new" && !s.aside() {
		s.t.Errorf("the name holds %q", got)
	}
	s.proxy.Break(remotetest.Fault{})
	s.recover(err == nil)
}

// aside tells whether the journal knows that the old file may have been moved away.
func (s *site) aside() bool { return s.journal.last().Backup != "" }

// recover settles what the journal holds and delivers anew where that is needed.
func (s *site) recover(delivered bool) {
	s.t.Helper()
	if s.journal.last().Step != "" {
		settled, err := delivery.Recover(s.t.Context(), s.request.To, s.journal, []delivery.Record{s.journal.last()})
		if err != nil {
			s.t.Fatalf("recover: %v", err)
		}
		want := map[delivery.Step]map[string]string{delivery.StepDelivered: onlyNew, delivery.StepFailed: onlyOld}[settled[0].Step]
		s.want(want)
		if delivered && settled[0].Step != delivery.StepDelivered {
			s.t.Errorf("Deliver returned no error, but the journal says %s", settled[0].Step)
		}
		delivered = settled[0].Step == delivery.StepDelivered
	}
	if !delivered {
		if _, err := delivery.Deliver(s.t.Context(), s.request); err != nil {
			s.t.Fatalf("deliver anew: %v", err)
		}
	}
	s.want(onlyNew)
}

// TestCutDuringTheLogin cuts the connection once, everywhere between the two key exchange
// messages and the first word of SFTP.
func TestCutDuringTheLogin(t *testing.T) {
	t.Parallel()
	logins := 0
	for n := int64(2000); n < 4000; n += 100 {
		s := newSite(t, partner.Quirks{}, false)
		s.proxy.Break(remotetest.Fault{CutUp: n, Times: 1})
		_, err := delivery.Deliver(t.Context(), s.request)
		switch {
		case errors.Is(err, remote.ErrLoginCut):
			logins++
			s.want(onlyOld)
		case err != nil:
			t.Errorf("cut after %d bytes: %v", n, err)
		default:
			s.want(onlyNew)
		}
	}
	if logins == 0 {
		t.Error("no cut fell into the login: the test shows nothing")
	}
}

func TestLostAnswerToTheRenameIsLookedUp(t *testing.T) {
	t.Parallel()
	for _, writeOnly := range []bool{false, true} {
		s := newSite(t, partner.Quirks{WriteOnly: writeOnly}, false)
		// What comes after this record is the rename: it arrives, but its answer does not.
		s.request.Journal = &breaking{journal: s.journal, step: delivery.StepUploaded, do: s.proxy.Mute}
		uploads := 0
		s.request.Progress = func(n int64) {
			if n == int64(len(newFile)) {
				uploads++
			}
		}
		receipt, err := delivery.Deliver(t.Context(), s.request)
		if err != nil || receipt.Attempts != 2 || uploads != 1 {
			t.Errorf("receipt = %+v, %v, %d uploads; want two attempts and one upload", receipt, err, uploads)
		}
		s.want(onlyNew)
	}
}

// breaking does something once a step is recorded for the first time.
type breaking struct {
	*journal
	step delivery.Step
	do   func()
	done bool
}

func (b *breaking) Save(ctx context.Context, r delivery.Record) error {
	err := b.journal.Save(ctx, r)
	if r.Step == b.step && !b.done {
		b.done = true
		b.do()
	}
	return err
}
