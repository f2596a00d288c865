package state_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

func TestRunIsReadBackAsItWasFinished(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		record := fullRun()
		begin := state.Record{Run: run.Run{ID: record.ID, Flow: record.Flow, Kind: record.Kind, Slot: record.Slot, StartedAt: record.StartedAt}}
		_, err := l.Runs().Begin(t.Context(), begin)
		check(t, err)
		begin.Attempt, record.Attempt = 1, 1
		got, err := l.History().Run(t.Context(), record.ID)
		check(t, err)
		if diff := cmp.Diff(begin, got, unordered); diff != "" {
			t.Errorf("the run at work: %s", diff)
		}
		check(t, l.Runs().Finish(t.Context(), record))
		got, err = l.History().Run(t.Context(), record.ID)
		check(t, err)
		if diff := cmp.Diff(record, got, unordered); diff != "" {
			t.Errorf("the finished run: %s", diff)
		}
	})
}

func TestOneOutcomePerRun(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		record := finished(t, l, "nightly", at(0), run.Done)
		want(t, l.Runs().Finish(t.Context(), ended(record, run.Failed)), state.ErrEnded)
		want(t, l.Runs().Finish(t.Context(), ended(newRun("nightly", at(1)), run.Done)), state.ErrNotFound)
		if err := l.Runs().Finish(t.Context(), ended(begun(t, l, "nightly", at(2)), "finished")); err == nil {
			t.Error("Finish took an outcome that does not exist")
		}
		got, err := l.History().Run(t.Context(), record.ID)
		check(t, err)
		if got.Outcome != run.Done {
			t.Errorf("outcome is %q", got.Outcome)
		}
	})
}

func TestOutcomeOfACanceledRunIsKept(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		record := begun(t, l, "nightly", at(0))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		check(t, l.Deliveries().Save(ctx, sent(record.ID, record.Flow, delivery.StepFailed, at(1))))
		check(t, l.Runs().Finish(ctx, ended(record, run.Canceled)))
		if _, err := l.Runs().Begin(ctx, newRun("nightly", at(2))); !errors.Is(err, context.Canceled) {
			t.Errorf("Begin with a canceled context: %v", err)
		}
	})
}

func TestFlowIsBusyInTheSameProcess(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		l, other := open(t, dsn), open(t, dsn)
		record := begun(t, l, "acme/nightly", at(0))
		for _, ledgerOf := range []*state.Store{l, other} {
			_, err := ledgerOf.Runs().Begin(t.Context(), newRun("acme/nightly", at(1)))
			want(t, err, state.ErrBusy)
		}
		want(t, other.Runs().Finish(t.Context(), ended(record, run.Done)), state.ErrBusy)
		begun(t, other, "acme/hourly", at(1))
		check(t, l.Runs().Finish(t.Context(), ended(record, run.Done)))
		begun(t, other, "acme/nightly", at(2))
	})
}

func TestFlowIsBusyInAnotherProcessUntilItIsKilled(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		p := start(t, "occupy", dsn)
		p.line(t)
		l := open(t, dsn)

		_, err := l.Runs().Begin(t.Context(), newRun("nightly", at(0)))
		var busy *state.BusyError
		if !errors.As(err, &busy) || busy.PID != p.Process.Pid || busy.Run == "" || busy.Since.IsZero() {
			t.Fatalf("Begin: %v", err)
		}
		if interrupted, err := l.Runs().Recover(t.Context(), at(0)); err != nil || len(interrupted) > 0 {
			t.Fatalf("Recover took a living run: %v, %v", interrupted, err)
		}

		p.kill(t)
		next := newRun("nightly", at(1))
		interrupted, err := l.Runs().Begin(t.Context(), next)
		check(t, err)
		if len(interrupted) != 1 || interrupted[0].ID != busy.Run || interrupted[0].Outcome != run.Failed ||
			interrupted[0].Reason != "interrupted: the process ended before the run did" {
			t.Errorf("interrupted: %+v", interrupted)
		}
		stored, err := l.History().Run(t.Context(), busy.Run)
		check(t, err)
		if diff := cmp.Diff(interrupted[0], stored); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRecoverMarksTheDeadOnly(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		dead, err := state.Open(t.Context(), dsn)
		check(t, err)
		left := begun(t, dead, "nightly", at(0))
		check(t, dead.Deliveries().Save(t.Context(), sent(left.ID, left.Flow, delivery.StepDelivered, at(1))))
		check(t, dead.Close())

		l := open(t, dsn)
		alive := begun(t, l, "hourly", at(0))
		interrupted, err := l.Runs().Recover(t.Context(), at(5))
		check(t, err)
		if len(interrupted) != 1 || interrupted[0].ID != left.ID || !strings.HasSuffix(interrupted[0].Reason, "its file had been delivered") ||
			!interrupted[0].FinishedAt.Equal(at(5)) {
			t.Errorf("Recover: %+v", interrupted)
		}
		check(t, l.Runs().Finish(t.Context(), ended(alive, run.Done)))
	})
}

func TestApproval(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		record := fullRun()
		_, err := l.Runs().Begin(t.Context(), record)
		check(t, err)
		_, _, err = l.Runs().Claim(t.Context(), record.ID, at(0))
		want(t, err, state.ErrNotHeld)
		check(t, l.Runs().Finish(t.Context(), record))

		claimed, _, err := l.Runs().Claim(t.Context(), record.ID, at(1))
		check(t, err)
		record.Attempt = 2
		if diff := cmp.Diff(record, claimed, unordered); diff != "" {
			t.Errorf("the claimed run: %s", diff)
		}
		want(t, l.Runs().Reject(t.Context(), record.ID, at(2)), state.ErrBusy)
		_, _, err = l.Runs().Claim(t.Context(), record.ID, at(2))
		want(t, err, state.ErrBusy)
		_, err = l.Runs().Begin(t.Context(), newRun(record.Flow, at(2)))
		want(t, err, state.ErrBusy)
		if err := l.Runs().Finish(t.Context(), ended(claimed, run.Nothing)); err == nil {
			t.Error("an approval ended as nothing")
		}

		// The delivery failed: the run waits again, and can be approved again.
		check(t, l.Runs().Finish(t.Context(), ended(claimed, run.Held)))
		claimed, _, err = l.Runs().Claim(t.Context(), record.ID, at(3))
		check(t, err)
		check(t, l.Runs().Finish(t.Context(), ended(claimed, run.Rejections)))
		_, _, err = l.Runs().Claim(t.Context(), record.ID, at(4))
		want(t, err, state.ErrNotHeld)
		want(t, l.Runs().Reject(t.Context(), record.ID, at(4)), state.ErrNotHeld)
		_, _, err = l.Runs().Claim(t.Context(), "20261122-215900-000000", at(4))
		want(t, err, state.ErrNotFound)
	})
}

func TestRejectedRunIsCanceled(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		record := finished(t, l, "nightly", at(0), run.Held)
		// A held run is rejected while the next one is at work.
		begun(t, l, "nightly", at(1))
		check(t, l.Runs().Reject(t.Context(), record.ID, at(2)))
		got, err := l.History().Run(t.Context(), record.ID)
		check(t, err)
		if got.Outcome != run.Canceled || got.Reason != "rejected" || !got.FinishedAt.Equal(at(2)) {
			t.Errorf("the rejected run: %+v", got)
		}
		want(t, l.Runs().Reject(t.Context(), record.ID, at(3)), state.ErrNotHeld)
	})
}

func TestHeldRunIsClaimedOnce(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		record := finished(t, open(t, dsn), "nightly", at(0), run.Held)
		const people = 8
		errs := make([]error, people)
		var wg sync.WaitGroup
		for i := range people {
			l := open(t, dsn)
			wg.Go(func() { _, _, errs[i] = l.Runs().Claim(t.Context(), record.ID, at(1)) })
		}
		wg.Wait()
		won := slices.DeleteFunc(slices.Clone(errs), func(err error) bool {
			return errors.Is(err, state.ErrBusy) || errors.Is(err, state.ErrNotHeld)
		})
		if len(won) != 1 || won[0] != nil {
			t.Errorf("claims: %v", errs)
		}
	})
}

// TestApprovalOfAKilledProcess: the run is held again, unless its file had arrived, since
// a second approval would send it twice.
func TestApprovalOfAKilledProcess(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		for _, tt := range []struct {
			name    string
			step    delivery.Step
			outcome run.Outcome
		}{
			{"before the delivery", "", run.Held},
			{"during the delivery", delivery.StepUploaded, run.Held},
			{"after the delivery", delivery.StepDelivered, run.Rejections},
		} {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				dsn := stateDSN(t)
				l := open(t, dsn)
				record := fullRun()
				_, err := l.Runs().Begin(t.Context(), record)
				check(t, err)
				check(t, l.Runs().Finish(t.Context(), record))
				p := start(t, "approve", dsn)
				p.line(t)
				if tt.step != "" {
					check(t, l.Deliveries().Save(t.Context(), sent(record.ID, record.Flow, tt.step, at(1))))
				}
				want(t, l.Runs().Reject(t.Context(), record.ID, at(2)), state.ErrBusy)
				p.kill(t)

				interrupted, err := l.Runs().Begin(t.Context(), newRun(record.Flow, at(3)))
				check(t, err)
				if len(interrupted) != 1 || interrupted[0].Outcome != tt.outcome || len(interrupted[0].Findings) != 2 {
					t.Fatalf("interrupted: %+v", interrupted)
				}
			})
		}
	})
}

func TestRejectAfterTheApprovingProcessWasKilled(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		l := open(t, dsn)
		record := finished(t, l, "nightly", at(0), run.Held)
		p := start(t, "approve", dsn)
		p.line(t)
		p.kill(t)
		check(t, l.Runs().Reject(t.Context(), record.ID, at(1)))
		begun(t, l, "nightly", at(2))
	})
}

// TestFileThatTurnsOutDelivered: the recovery of deliveries comes after that of runs, and
// finds files at the partner that the dead process could not record.
func TestFileThatTurnsOutDelivered(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		dead, err := state.Open(t.Context(), dsn)
		check(t, err)
		approved := finished(t, dead, "approved", at(0), run.Held)
		_, _, err = dead.Runs().Claim(t.Context(), approved.ID, at(1))
		check(t, err)
		running := begun(t, dead, "running", at(1))
		for _, record := range []state.Record{approved, running} {
			check(t, dead.Deliveries().Save(t.Context(), sent(record.ID, record.Flow, delivery.StepUploaded, at(2))))
		}
		check(t, dead.Close())

		l := open(t, dsn)
		_, err = l.Runs().Recover(t.Context(), at(3))
		check(t, err)
		for id, outcome := range map[string]run.Outcome{approved.ID: run.Done, running.ID: run.Failed} {
			record, err := l.History().Run(t.Context(), id)
			check(t, err)
			for range 2 {
				check(t, l.Deliveries().Save(t.Context(), sent(id, record.Flow, delivery.StepDelivered, at(4))))
			}
			record, err = l.History().Run(t.Context(), id)
			check(t, err)
			if record.Outcome != outcome || record.Reason != "interrupted: the process ended before the run did; its file had been delivered" {
				t.Errorf("flow %q: %q, %s", record.Flow, record.Outcome, record.Reason)
			}
		}
		_, _, err = l.Runs().Claim(t.Context(), approved.ID, at(5))
		want(t, err, state.ErrNotHeld)
	})
}

func TestBeginRefusesAnIncompleteRun(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		if _, err := l.Runs().Begin(t.Context(), state.Record{Run: run.Run{Flow: "nightly"}}); err == nil {
			t.Error("Begin took a run without an id")
		}
		record := finished(t, l, "nightly", at(0), run.Done)
		if _, err := l.Runs().Begin(t.Context(), record); err == nil {
			t.Error("Begin took an id twice")
		}
		begun(t, l, "nightly", at(1))
	})
}
