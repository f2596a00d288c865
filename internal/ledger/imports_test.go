package ledger_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lucca-exchange/internal/ledger"
	"lucca-exchange/internal/ledger/ledgertest"
)

// missing is the id of a run that there is not.
const missing = "20261122-215900-000000"

func importRun(flow string, when time.Time) ledger.Run {
	run := newRun(flow, when)
	run.Kind = ledger.Import
	return run
}

// imported begins and ends an import, with a plan in the given state.
func imported(t *testing.T, l *ledger.Ledger, flow string, when time.Time, o ledger.Outcome, state ledger.PlanState) ledger.Run {
	t.Helper()
	run := importRun(flow, when)
	_, err := l.Begin(t.Context(), run)
	check(t, err)
	check(t, l.SavePlan(t.Context(), ledger.PlanRecord{Run: run.ID, Flow: flow, Hash: "c0ffee", Write: text("{}"), Expires: when.Add(time.Hour)}))
	check(t, l.SetPlanState(t.Context(), run.ID, state))
	run = ended(run, o)
	check(t, l.Finish(t.Context(), run))
	return run
}

func TestPlanIsReadBackAsItWasSaved(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		run := begun(t, l, "payroll", at(0))
		_, err := l.Plan(t.Context(), run.ID)
		want(t, err, ledger.ErrNotFound)
		want(t, l.SavePlan(t.Context(), ledger.PlanRecord{Run: missing}), ledger.ErrNotFound)
		want(t, l.SetPlanState(t.Context(), run.ID, ledger.PlanApplying), ledger.ErrNotFound)

		plan := ledger.PlanRecord{Run: run.ID, Flow: "payroll", Hash: "c0ffee", Write: text(strings.Repeat("an item\n", 1<<14)), Expires: at(30)}
		for _, p := range []ledger.PlanRecord{{Run: run.ID, Flow: "payroll", Hash: "old"}, plan} {
			check(t, l.SavePlan(t.Context(), p))
		}
		check(t, l.SetPlanState(t.Context(), run.ID, ledger.PlanApplying))
		plan.State = ledger.PlanApplying
		got, err := l.Plan(t.Context(), run.ID)
		check(t, err)
		if text := written(t, got); text != strings.Repeat("an item\n", 1<<14) {
			t.Errorf("%d bytes were read back", len(text))
		}
		if diff := cmp.Diff(plan, got, cmpopts.IgnoreFields(ledger.PlanRecord{}, "Write"), cmpopts.IgnoreUnexported(ledger.PlanRecord{})); diff != "" {
			t.Error(diff)
		}
	})
}

// text writes a text as a plan.
func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// written reads the text of a plan that was found.
func written(t *testing.T, p ledger.PlanRecord) string {
	t.Helper()
	r, err := p.Open()
	check(t, err)
	b, err := io.ReadAll(r)
	check(t, err)
	return string(b)
}

func TestLastPlanIsOfTheNewestRun(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		_, err := l.LastPlan(t.Context(), "payroll")
		want(t, err, ledger.ErrNotFound)
		first := imported(t, l, "payroll", at(0), ledger.Held, "")
		newest := imported(t, l, "payroll", at(1), ledger.Done, ledger.PlanApplied)
		finished(t, l, "payroll", at(2), ledger.Nothing)
		imported(t, l, "other", at(3), ledger.Done, ledger.PlanApplied)
		// A plan that is approved late does not become the newest.
		_, _, err = l.Claim(t.Context(), first.ID, at(4))
		check(t, err)
		last, err := l.LastPlan(t.Context(), "payroll")
		check(t, err)
		if last.Run != newest.ID || written(t, last) != "{}" {
			t.Errorf("LastPlan: %+v", last)
		}
	})
}

func TestRowOutcomesInTheOrderOfThePlan(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		run := begun(t, l, "payroll", at(0))
		row := func(item int, step string) ledger.RowOutcome {
			return ledger.RowOutcome{Run: run.ID, Item: item, Row: item + 2, EmployeeID: 40 + item, Action: "create", Step: step,
				Code: "refused", Message: "Lucca says no", At: at(item)}
		}
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		for _, r := range []ledger.RowOutcome{row(10, "sending"), row(2, "sending"), row(10, "done"), row(0, "done")} {
			check(t, l.SaveRow(canceled, r))
		}
		want(t, l.SaveRow(t.Context(), ledger.RowOutcome{Run: missing, At: at(0)}), ledger.ErrNotFound)
		got, err := l.Rows(t.Context(), run.ID)
		check(t, err)
		if diff := cmp.Diff([]ledger.RowOutcome{row(0, "done"), row(2, "sending"), row(10, "done")}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestWhatAnInterruptedPlanLeaves: the next run continues what failed in the middle, and
// nothing that a person stopped.
func TestWhatAnInterruptedPlanLeaves(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		l := open(t, dsn)
		failed := imported(t, l, "payroll", at(0), ledger.Failed, ledger.PlanApplying)
		signaled := imported(t, l, "payroll", at(1), ledger.Canceled, ledger.PlanApplying)
		stopped := importRun("payroll", at(1))
		_, err := l.Begin(t.Context(), stopped)
		check(t, err)
		check(t, l.SavePlan(t.Context(), ledger.PlanRecord{Run: stopped.ID, Flow: "payroll"}))
		check(t, l.SetPlanState(t.Context(), stopped.ID, ledger.PlanApplying))
		check(t, l.RequestCancel(t.Context(), stopped.ID))
		check(t, l.Finish(t.Context(), ended(stopped, ledger.Canceled)))
		imported(t, l, "payroll", at(2), ledger.Failed, "")
		imported(t, l, "payroll", at(3), ledger.Failed, ledger.PlanDropped)
		imported(t, l, "payroll", at(4), ledger.Done, ledger.PlanApplied)
		imported(t, l, "other", at(5), ledger.Failed, ledger.PlanApplying)
		dead, err := ledger.Open(t.Context(), dsn)
		check(t, err)
		left := importRun("payroll", at(6))
		_, err = dead.Begin(t.Context(), left)
		check(t, err)
		check(t, dead.SavePlan(t.Context(), ledger.PlanRecord{Run: left.ID, Flow: "payroll"}))
		check(t, dead.SetPlanState(t.Context(), left.ID, ledger.PlanApplying))
		approved := imported(t, dead, "approved", at(6), ledger.Held, "")
		_, _, err = dead.Claim(t.Context(), approved.ID, at(6))
		check(t, err)
		check(t, dead.SetPlanState(t.Context(), approved.ID, ledger.PlanApplying))
		check(t, dead.Close())
		_, err = l.Recover(t.Context(), at(7))
		check(t, err)

		ids := func() (ids []string) {
			runs, err := l.Interrupted(t.Context(), "payroll")
			check(t, err)
			for _, run := range runs {
				ids = append(ids, run.ID)
			}
			return ids
		}
		if diff := cmp.Diff([]string{failed.ID, signaled.ID, left.ID}, ids()); diff != "" {
			t.Error(diff)
		}
		if runs, err := l.Interrupted(t.Context(), "approved"); err != nil || len(runs) != 1 || runs[0].ID != approved.ID {
			t.Errorf("of an approval that was cut off: %v, %v", runs, err)
		}
		// The next run is through with what was left.
		check(t, l.SetPlanState(t.Context(), failed.ID, ledger.PlanApplied))
		check(t, l.SetPlanState(t.Context(), signaled.ID, ledger.PlanApplied))
		if diff := cmp.Diff([]string{left.ID}, ids()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestHeldPlansExpire(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		expired := imported(t, l, "payroll", at(0), ledger.Held, "")
		claimed := imported(t, l, "approved", at(0), ledger.Held, "")
		imported(t, l, "payroll", at(1), ledger.Held, "")
		imported(t, l, "payroll", at(0), ledger.Done, ledger.PlanApplied)
		finished(t, l, "export", at(0), ledger.Held)
		_, _, err := l.Claim(t.Context(), claimed.ID, at(50))
		check(t, err)
		runs, err := l.Expire(t.Context(), at(60))
		check(t, err)
		if len(runs) != 1 || runs[0].ID != expired.ID || runs[0].Outcome != ledger.Canceled || !strings.HasPrefix(runs[0].Reason, "expired: ") {
			t.Fatalf("Expire: %+v", runs)
		}
		stored, err := l.Run(t.Context(), expired.ID)
		check(t, err)
		if diff := cmp.Diff(runs[0], stored); diff != "" {
			t.Error(diff)
		}
		_, _, err = l.Claim(t.Context(), expired.ID, at(61))
		want(t, err, ledger.ErrNotHeld)
		if runs, err := l.Expire(t.Context(), at(60)); err != nil || len(runs) > 0 {
			t.Errorf("second Expire: %v, %v", runs, err)
		}
	})
}

func TestLastAppliedIsTheLastGoodFile(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		_, err := l.LastApplied(t.Context(), "payroll")
		want(t, err, ledger.ErrNotFound)
		run := func(minute int, o ledger.Outcome, rows int) string {
			r := importRun("payroll", at(minute))
			_, err := l.Begin(t.Context(), r)
			check(t, err)
			if r = ended(r, o); rows > 0 {
				r.File, r.Rows = &ledger.File{Name: "users.csv"}, &ledger.Rows{Read: rows}
			}
			check(t, l.Finish(t.Context(), r))
			return r.ID
		}
		run(0, ledger.Done, 100)
		good := run(1, ledger.Rejections, 120)
		for minute, o := range []ledger.Outcome{ledger.Failed, ledger.Nothing, ledger.Held, ledger.Canceled} {
			run(2+minute, o, 5)
		}
		run(6, ledger.Done, 0)
		mended := importRun("payroll", at(7))
		_, err = l.Begin(t.Context(), mended)
		check(t, err)
		mended = ended(mended, ledger.Done)
		mended.File, mended.Rows = &ledger.File{Name: "mended.csv", Partial: true}, &ledger.Rows{Read: 2}
		check(t, l.Finish(t.Context(), mended))
		last, err := l.LastApplied(t.Context(), "payroll")
		check(t, err)
		if last.ID != good || last.Rows.Read != 120 {
			t.Errorf("LastApplied: %+v", last)
		}
	})
}

func TestPurgeTakesTheDataAboutPeople(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		ctx := t.Context()
		run := func(minute int, o ledger.Outcome) string {
			r := imported(t, l, "payroll", at(minute), o, ledger.PlanApplying)
			check(t, l.SaveRow(ctx, ledger.RowOutcome{Run: r.ID, Action: "create", Step: "done", EmployeeID: 7, Message: "Lucca says no", At: at(minute)}))
			p := pickup(r.ID, fmt.Sprintf("users_%d.csv", minute), ledger.PickupSettled, at(minute))
			p.Place = ""
			check(t, l.SavePickup(ctx, p))
			h := hire(fmt.Sprintf("E%d", minute), at(minute))
			h.State, h.Updated = ledger.HireApplied, at(minute)
			_, err := l.AddHires(ctx, []ledger.Hire{h})
			check(t, err)
			return r.ID
		}
		// SaveRow and others still serve recovery after the end of a run.
		old, middling, held, recent := run(0, ledger.Done), run(20, ledger.Failed), run(3, ledger.Held), run(40, ledger.Done)
		waiting := hire("waiting", at(0))
		_, err := l.AddHires(ctx, []ledger.Hire{waiting})
		check(t, err)
		_, err = l.Purge(ctx, ledger.PurgeOptions{RunsBefore: at(10), FilesBefore: at(30)})
		check(t, err)

		for _, tt := range []struct {
			id         string
			rows, plan int
			message    string
		}{
			{old, 0, 0, ""},
			{middling, 1, 0, ""},
			{held, 1, 1, "Lucca says no"},
			{recent, 1, 1, "Lucca says no"},
		} {
			rows, err := l.Rows(ctx, tt.id)
			check(t, err)
			if len(rows) != tt.rows || tt.rows > 0 && (rows[0].Message != tt.message || rows[0].EmployeeID != 7) {
				t.Errorf("rows of %s: %+v", tt.id, rows)
			}
			if _, err := l.Plan(ctx, tt.id); (err == nil) != (tt.plan > 0) {
				t.Errorf("plan of %s: %v", tt.id, err)
			}
		}
		hires, err := l.Hires(ctx, ledger.HireFilter{})
		check(t, err)
		var kept []string
		for _, h := range hires {
			kept = append(kept, fmt.Sprintf("%s %v", h.EventID, h.Data != nil))
		}
		if diff := cmp.Diff([]string{"E40 true", "E20 false", "waiting true"}, kept); diff != "" {
			t.Errorf("hires: %s", diff)
		}
		// The file of a forgotten run is not taken for new.
		if ok, err := l.ClaimPickup(ctx, pickup(recent, "users_0.csv", ledger.PickupClaimed, at(50))); ok || err != nil {
			t.Errorf("claimed again: %v, %v", ok, err)
		}
		// Its content is, since newer ones were applied.
		if by, ok, err := l.PickupSeen(ctx, "payroll", "sha of users_0.csv"); ok || err != nil {
			t.Errorf("content of a forgotten run: %q, %v, %v", by, ok, err)
		}
	})
}

// BenchmarkSaveRow is the price of a journal that survives a crash, per step of a row.
func BenchmarkSaveRow(b *testing.B) {
	for name, state := range map[string]newState{"sqlite": stateDSN, "postgres": ledgertest.PostgreSQL} {
		b.Run(name, func(b *testing.B) {
			l, err := ledger.Open(b.Context(), state(b))
			if err != nil {
				b.Fatal(err)
			}
			run := importRun("payroll", at(0))
			if _, err := l.Begin(b.Context(), run); err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				if err := l.SaveRow(b.Context(), ledger.RowOutcome{Run: run.ID, Item: i / 2, Action: "update", Step: "sending", At: at(0)}); err != nil {
					b.Fatal(err)
				}
			}
			if err := l.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// TestSpareSpoolsAreOfRunsThatAreOverForGood: where the spool is full, no file goes that is held,
// half applied, not put away yet or at work, nor the last one that was delivered.
func TestSpareSpoolsAreOfRunsThatAreOverForGood(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		second := imported(t, l, "payroll", at(1), ledger.Done, ledger.PlanApplied)
		first := imported(t, l, "payroll", at(0), ledger.Failed, "")
		imported(t, l, "payroll", at(2), ledger.Held, "")
		imported(t, l, "payroll", at(3), ledger.Failed, ledger.PlanApplying)
		begun(t, l, "other", at(4))
		stuck := imported(t, l, "payroll", at(5), ledger.Failed, "")
		away := imported(t, l, "payroll", at(6), ledger.Failed, "")
		for _, p := range []ledger.Pickup{{Run: stuck.ID, Name: "a", Step: "fetched"}, {Run: away.ID, Name: "b", Step: "settled", Place: "failed/b"}} {
			p.Flow, p.Remote, p.ModTime, p.At = "payroll", "r", at(5), at(5)
			_, err := l.ClaimPickup(t.Context(), p)
			check(t, err)
		}
		last := finished(t, l, "nightly", at(7), ledger.Done)
		check(t, l.SaveDelivery(t.Context(), delivery(last.ID, "nightly", ledger.Delivered, at(7))))

		got, err := l.SpareSpools(t.Context())
		check(t, err)
		if diff := cmp.Diff([]string{first.ID, second.ID, away.ID}, got); diff != "" {
			t.Error(diff)
		}
	})
}
