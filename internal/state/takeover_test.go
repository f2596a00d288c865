package state_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/state/statetest"
)

// queued is a run that a queue began for a slot.
func queued(flow string, when time.Time) state.Record {
	record := importRun(flow, when)
	record.Slot, record.Scheduled, record.Resumable = when.In(time.FixedZone("", 3600)), true, true
	return record
}

// abandoned begins a run in a process that ends at once.
func abandoned(t *testing.T, dsn string, record state.Record) {
	t.Helper()
	dead, err := state.Open(t.Context(), dsn)
	check(t, err)
	_, err = dead.Runs().Begin(t.Context(), record)
	check(t, err)
	check(t, dead.Close())
}

func TestRunOfADeadProcessIsResumed(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		l, other := open(t, dsn), open(t, dsn)
		record := queued("payroll", at(0))
		_, _, err := l.Runs().Resume(t.Context(), record.ID, at(0))
		want(t, err, state.ErrNotFound)
		abandoned(t, dsn, record)
		if interrupted, err := l.Runs().Recover(t.Context(), at(1)); err != nil || len(interrupted) > 0 {
			t.Fatalf("Recover took a run from its queue: %v, %v", interrupted, err)
		}

		for attempt := 2; attempt <= 3; attempt++ {
			process, err := state.Open(t.Context(), dsn)
			check(t, err)
			resumed, _, err := process.Runs().Resume(t.Context(), record.ID, at(attempt))
			check(t, err)
			wanted := record
			wanted.Attempt = attempt
			if diff := cmp.Diff(wanted, resumed, unordered, cmp.Comparer(time.Time.Equal)); diff != "" {
				t.Error(diff)
			}
			for _, l := range []*state.Store{process, other} {
				_, _, err = l.Runs().Resume(t.Context(), record.ID, at(attempt))
				want(t, err, state.ErrBusy)
			}
			check(t, process.Close())
		}
		resumed, _, err := l.Runs().Resume(t.Context(), record.ID, at(4))
		check(t, err)
		check(t, l.Runs().Finish(t.Context(), ended(resumed, run.Done)))
		_, _, err = l.Runs().Resume(t.Context(), record.ID, at(5))
		want(t, err, state.ErrEnded)
	})
}

// TestRunThatAnotherTookForFailedIsNotResumed: a person does not wait for the queue.
func TestRunThatAnotherTookForFailedIsNotResumed(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		l, other := open(t, dsn), open(t, dsn)
		record := queued("payroll", at(0))
		abandoned(t, dsn, record)
		next := newRun("payroll", at(1))
		interrupted, err := l.Runs().Begin(t.Context(), next)
		check(t, err)
		if len(interrupted) != 1 || interrupted[0].ID != record.ID || interrupted[0].Outcome != run.Failed {
			t.Errorf("interrupted: %+v", interrupted)
		}
		_, _, err = other.Runs().Resume(t.Context(), record.ID, at(2))
		want(t, err, state.ErrEnded)
		check(t, l.Runs().Finish(t.Context(), ended(next, run.Done)))
	})
}

func TestApprovalIsClaimedAgainNotResumed(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		l := open(t, dsn)
		record := finished(t, l, "payroll", at(0), run.Held)
		dead, err := state.Open(t.Context(), dsn)
		check(t, err)
		_, _, err = dead.Runs().Claim(t.Context(), record.ID, at(1))
		check(t, err)
		check(t, dead.Close())
		_, _, err = l.Runs().Resume(t.Context(), record.ID, at(2))
		want(t, err, state.ErrEnded)
		claimed, _, err := l.Runs().Claim(t.Context(), record.ID, at(3))
		check(t, err)
		if claimed.Attempt != 3 {
			t.Errorf("attempt is %d", claimed.Attempt)
		}
	})
}

func TestSlotHasOneRun(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		record := queued("payroll", at(0))
		_, err := l.Runs().Begin(t.Context(), record)
		check(t, err)
		check(t, l.Runs().Finish(t.Context(), ended(record, run.Failed)))

		again := queued("payroll", at(0))
		again.Slot = again.Slot.UTC() // the same instant in another zone
		_, err = l.Runs().Begin(t.Context(), again)
		want(t, err, state.ErrSlotTaken)
		// The refused run does not keep the flow.
		manual := importRun("payroll", at(0))
		manual.Slot = at(0)
		_, err = l.Runs().Begin(t.Context(), manual)
		check(t, err)
		check(t, l.Runs().Finish(t.Context(), ended(manual, run.Done)))
		for _, next := range []state.Record{queued("payroll", at(1)), queued("other", at(0))} {
			_, err = l.Runs().Begin(t.Context(), next)
			check(t, err)
		}
		incomplete := newRun("third", at(2))
		incomplete.Scheduled = true
		if _, err := l.Runs().Begin(t.Context(), incomplete); err == nil {
			t.Error("Begin took a scheduled run without its slot")
		}
	})
}

func TestCancelIsRequestedOfTheRunAtWork(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		l, other := open(t, dsn), open(t, dsn)
		requested := func(record state.Record) bool {
			ok, err := l.History().CancelRequested(t.Context(), record.ID)
			check(t, err)
			return ok
		}
		want(t, other.Jobs().Cancel(t.Context(), missing), state.ErrNotFound)
		_, err := l.History().CancelRequested(t.Context(), missing)
		want(t, err, state.ErrNotFound)

		record := begun(t, l, "payroll", at(0))
		before := requested(record)
		check(t, other.Jobs().Cancel(t.Context(), record.ID))
		if before || !requested(record) {
			t.Errorf("requested: %v before, %v after", before, requested(record))
		}
		// It came too late; the approval is not what was to be canceled.
		check(t, l.Runs().Finish(t.Context(), ended(record, run.Held)))
		want(t, other.Jobs().Cancel(t.Context(), record.ID), state.ErrEnded)
		_, _, err = l.Runs().Claim(t.Context(), record.ID, at(1))
		check(t, err)
		if requested(record) {
			t.Error("the approval begins as canceled")
		}
	})
}

// TestStaleProcessIsFenced: who has lost a run to another can no longer write for it.
// On SQLite the loss is a lock file that somebody removed, on PostgreSQL a connection.
func TestStaleProcessIsFenced(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		stale, l := open(t, dsn), open(t, dsn)
		record := queued("payroll", at(0))
		_, err := stale.Runs().Begin(t.Context(), record)
		check(t, err)
		loseLock(t, dsn, "payroll")
		resumed, _, err := l.Runs().Resume(t.Context(), record.ID, at(1))
		check(t, err)
		ctx := t.Context()
		_, claimErr := stale.Pickups().Claim(ctx, taken(record.ID, "users.csv", pickup.StepClaimed, at(2)))
		for _, err := range []error{
			claimErr,
			stale.Plans().SaveRow(ctx, apply.Outcome{Run: record.ID, Step: "sending", At: at(2)}),
			stale.Plans().SavePlan(ctx, state.PlanRecord{Run: record.ID}),
			stale.Plans().SetPlanState(ctx, record.ID, state.PlanApplying),
			stale.Pickups().Save(ctx, taken(record.ID, "users.csv", pickup.StepClaimed, at(2))),
			stale.Deliveries().Save(ctx, sent(record.ID, "payroll", delivery.StepUploading, at(2))),
			stale.Runs().Finish(ctx, ended(record, run.Failed)),
		} {
			want(t, err, state.ErrLost)
		}
		check(t, l.Plans().SaveRow(ctx, apply.Outcome{Run: record.ID, Step: "sending", At: at(2)}))
		check(t, l.Runs().Finish(ctx, ended(resumed, run.Done)))
	})
}

// loseLock takes a flow from a process that goes on.
func loseLock(t *testing.T, dsn, flow string) {
	t.Helper()
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		check(t, os.Remove(path+".locks/flow-"+flow))
		return
	}
	statetest.Exec(t, dsn, `SELECT pg_terminate_backend(pid, 10000) FROM pg_locks
		WHERE locktype = 'advisory' AND objsubid = 1 AND (classid::bigint << 32 | objid::bigint) = $1
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, state.LockKey(flow))
}

// TestRunSurvivesTheKillsOfItsProcesses: one run, resumed by one process after the other,
// ends once and has every row that any of them knew to be on the disk.
func TestRunSurvivesTheKillsOfItsProcesses(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		l := open(t, dsn)
		record := queued("nightly", at(0))
		abandoned(t, dsn, record)
		const kills = 8
		said := 0
		for range kills {
			p := start(t, "resume", dsn)
			for range 1 + rand.IntN(5) {
				_, err := fmt.Sscanf(p.line(t), "row %d", &said)
				check(t, err)
			}
			p.kill(t)
		}
		resumed, _, err := l.Runs().Resume(t.Context(), record.ID, at(1))
		check(t, err)
		if resumed.Attempt != kills+2 {
			t.Errorf("attempt is %d after %d kills", resumed.Attempt, kills)
		}
		rows, err := l.Plans().Rows(t.Context(), record.ID)
		check(t, err)
		for i, row := range rows {
			if row.Item != i {
				t.Fatalf("row %d is item %d", i, row.Item)
			}
		}
		if len(rows) <= said {
			t.Errorf("%d rows, one process knew of %d", len(rows), said+1)
		}
		check(t, l.Runs().Finish(t.Context(), ended(resumed, run.Done)))
		runs, err := l.History().Runs(t.Context(), state.Filter{})
		check(t, err)
		if len(runs) != 1 {
			t.Errorf("%d runs", len(runs))
		}
	})
}
