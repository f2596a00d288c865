package state_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/state/statetest"
)

// missing is the id of a run that there is not.
const missing = "20261122-215900-000000"

func importRun(flow string, when time.Time) state.Record {
	record := newRun(flow, when)
	record.Kind = run.Import
	return record
}

// imported begins and ends an import, with a plan in the given state.
func imported(t *testing.T, l *state.Store, flow string, when time.Time, o run.Outcome, to state.PlanState) state.Record {
	t.Helper()
	record := importRun(flow, when)
	_, err := l.Runs().Begin(t.Context(), record)
	check(t, err)
	check(t, l.Plans().SavePlan(t.Context(), state.PlanRecord{Run: record.ID, Flow: flow, Hash: "c0ffee", Write: text("{}"), Expires: when.Add(time.Hour)}))
	check(t, l.Plans().SetPlanState(t.Context(), record.ID, to))
	record = ended(record, o)
	check(t, l.Runs().Finish(t.Context(), record))
	return record
}

func TestPlanIsReadBackAsItWasSaved(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		record := begun(t, l, "payroll", at(0))
		_, err := l.Plans().Plan(t.Context(), record.ID)
		want(t, err, state.ErrNotFound)
		want(t, l.Plans().SavePlan(t.Context(), state.PlanRecord{Run: missing}), state.ErrNotFound)
		want(t, l.Plans().SetPlanState(t.Context(), record.ID, state.PlanApplying), state.ErrNotFound)

		plan := state.PlanRecord{Run: record.ID, Flow: "payroll", Hash: "c0ffee", Write: text(strings.Repeat("an item\n", 1<<14)), Expires: at(30)}
		for _, p := range []state.PlanRecord{{Run: record.ID, Flow: "payroll", Hash: "old"}, plan} {
			check(t, l.Plans().SavePlan(t.Context(), p))
		}
		check(t, l.Plans().SetPlanState(t.Context(), record.ID, state.PlanApplying))
		plan.State = state.PlanApplying
		got, err := l.Plans().Plan(t.Context(), record.ID)
		check(t, err)
		if text := written(t, got); text != strings.Repeat("an item\n", 1<<14) {
			t.Errorf("%d bytes were read back", len(text))
		}
		if diff := cmp.Diff(plan, got, cmpopts.IgnoreFields(state.PlanRecord{}, "Write"), cmpopts.IgnoreUnexported(state.PlanRecord{})); diff != "" {
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
func written(t *testing.T, p state.PlanRecord) string {
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
		_, err := l.Plans().LastPlan(t.Context(), "payroll")
		want(t, err, state.ErrNotFound)
		first := imported(t, l, "payroll", at(0), run.Held, "")
		newest := imported(t, l, "payroll", at(1), run.Done, state.PlanApplied)
		finished(t, l, "payroll", at(2), run.Nothing)
		imported(t, l, "other", at(3), run.Done, state.PlanApplied)
		// A plan that is approved late does not become the newest.
		_, _, err = l.Runs().Claim(t.Context(), first.ID, at(4))
		check(t, err)
		last, err := l.Plans().LastPlan(t.Context(), "payroll")
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
		record := begun(t, l, "payroll", at(0))
		row := func(item int, step apply.Step) apply.Outcome {
			return apply.Outcome{Run: record.ID, Item: item, Row: item + 2, EmployeeID: 40 + item, Action: "create", Step: step,
				Code: "refused", Message: "Lucca says no", At: at(item)}
		}
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		for _, r := range []apply.Outcome{row(10, "sending"), row(2, "sending"), row(10, "done"), row(0, "done")} {
			check(t, l.Plans().SaveRow(canceled, r))
		}
		want(t, l.Plans().SaveRow(t.Context(), apply.Outcome{Run: missing, At: at(0)}), state.ErrNotFound)
		got, err := l.Plans().Rows(t.Context(), record.ID)
		check(t, err)
		if diff := cmp.Diff([]apply.Outcome{row(0, "done"), row(2, "sending"), row(10, "done")}, got); diff != "" {
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
		failed := imported(t, l, "payroll", at(0), run.Failed, state.PlanApplying)
		signaled := imported(t, l, "payroll", at(1), run.Canceled, state.PlanApplying)
		stopped := importRun("payroll", at(1))
		_, err := l.Runs().Begin(t.Context(), stopped)
		check(t, err)
		check(t, l.Plans().SavePlan(t.Context(), state.PlanRecord{Run: stopped.ID, Flow: "payroll"}))
		check(t, l.Plans().SetPlanState(t.Context(), stopped.ID, state.PlanApplying))
		check(t, l.Jobs().Cancel(t.Context(), stopped.ID))
		check(t, l.Runs().Finish(t.Context(), ended(stopped, run.Canceled)))
		imported(t, l, "payroll", at(2), run.Failed, "")
		imported(t, l, "payroll", at(3), run.Failed, state.PlanDropped)
		imported(t, l, "payroll", at(4), run.Done, state.PlanApplied)
		imported(t, l, "other", at(5), run.Failed, state.PlanApplying)
		dead, err := state.Open(t.Context(), dsn)
		check(t, err)
		left := importRun("payroll", at(6))
		_, err = dead.Runs().Begin(t.Context(), left)
		check(t, err)
		check(t, dead.Plans().SavePlan(t.Context(), state.PlanRecord{Run: left.ID, Flow: "payroll"}))
		check(t, dead.Plans().SetPlanState(t.Context(), left.ID, state.PlanApplying))
		approved := imported(t, dead, "approved", at(6), run.Held, "")
		_, _, err = dead.Runs().Claim(t.Context(), approved.ID, at(6))
		check(t, err)
		check(t, dead.Plans().SetPlanState(t.Context(), approved.ID, state.PlanApplying))
		check(t, dead.Close())
		_, err = l.Runs().Recover(t.Context(), at(7))
		check(t, err)

		ids := func() (ids []string) {
			runs, err := l.Plans().Interrupted(t.Context(), "payroll")
			check(t, err)
			for _, record := range runs {
				ids = append(ids, record.ID)
			}
			return ids
		}
		if diff := cmp.Diff([]string{failed.ID, signaled.ID, left.ID}, ids()); diff != "" {
			t.Error(diff)
		}
		if runs, err := l.Plans().Interrupted(t.Context(), "approved"); err != nil || len(runs) != 1 || runs[0].ID != approved.ID {
			t.Errorf("of an approval that was cut off: %v, %v", runs, err)
		}
		// The next run is through with what was left.
		check(t, l.Plans().SetPlanState(t.Context(), failed.ID, state.PlanApplied))
		check(t, l.Plans().SetPlanState(t.Context(), signaled.ID, state.PlanApplied))
		if diff := cmp.Diff([]string{left.ID}, ids()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestHeldPlansExpire(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		expired := imported(t, l, "payroll", at(0), run.Held, "")
		claimed := imported(t, l, "approved", at(0), run.Held, "")
		imported(t, l, "payroll", at(1), run.Held, "")
		imported(t, l, "payroll", at(0), run.Done, state.PlanApplied)
		finished(t, l, "export", at(0), run.Held)
		_, _, err := l.Runs().Claim(t.Context(), claimed.ID, at(50))
		check(t, err)
		runs, err := l.Plans().Expire(t.Context(), at(60))
		check(t, err)
		if len(runs) != 1 || runs[0].ID != expired.ID || runs[0].Outcome != run.Canceled || !strings.HasPrefix(runs[0].Reason, "expired: ") {
			t.Fatalf("Expire: %+v", runs)
		}
		stored, err := l.History().Run(t.Context(), expired.ID)
		check(t, err)
		if diff := cmp.Diff(runs[0], stored); diff != "" {
			t.Error(diff)
		}
		_, _, err = l.Runs().Claim(t.Context(), expired.ID, at(61))
		want(t, err, state.ErrNotHeld)
		if runs, err := l.Plans().Expire(t.Context(), at(60)); err != nil || len(runs) > 0 {
			t.Errorf("second Expire: %v, %v", runs, err)
		}
	})
}

func TestLastAppliedIsTheLastGoodFile(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		_, err := l.Plans().LastApplied(t.Context(), "payroll")
		want(t, err, state.ErrNotFound)
		ran := func(minute int, o run.Outcome, rows int) string {
			r := importRun("payroll", at(minute))
			_, err := l.Runs().Begin(t.Context(), r)
			check(t, err)
			if r = ended(r, o); rows > 0 {
				r.File, r.Rows = &run.File{Name: "users.csv"}, &run.Rows{Read: rows}
			}
			check(t, l.Runs().Finish(t.Context(), r))
			return r.ID
		}
		ran(0, run.Done, 100)
		good := ran(1, run.Rejections, 120)
		for minute, o := range []run.Outcome{run.Failed, run.Nothing, run.Held, run.Canceled} {
			ran(2+minute, o, 5)
		}
		ran(6, run.Done, 0)
		mended := importRun("payroll", at(7))
		_, err = l.Runs().Begin(t.Context(), mended)
		check(t, err)
		mended = ended(mended, run.Done)
		mended.File, mended.Rows = &run.File{Name: "mended.csv", Partial: true}, &run.Rows{Read: 2}
		check(t, l.Runs().Finish(t.Context(), mended))
		last, err := l.Plans().LastApplied(t.Context(), "payroll")
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
		ran := func(minute int, o run.Outcome) string {
			r := imported(t, l, "payroll", at(minute), o, state.PlanApplying)
			check(t, l.Plans().SaveRow(ctx, apply.Outcome{Run: r.ID, Action: "create", Step: "done", EmployeeID: 7, Message: "Lucca says no", At: at(minute)}))
			p := taken(r.ID, fmt.Sprintf("users_%d.csv", minute), pickup.StepSettled, at(minute))
			p.Place = ""
			check(t, l.Pickups().Save(ctx, p))
			h := hire(fmt.Sprintf("E%d", minute), at(minute))
			h.State, h.Updated = state.HireApplied, at(minute)
			_, err := l.HireBook().AddHires(ctx, []state.Hire{h})
			check(t, err)
			return r.ID
		}
		// SaveRow and others still serve recovery after the end of a run.
		old, middling, held, recent := ran(0, run.Done), ran(20, run.Failed), ran(3, run.Held), ran(40, run.Done)
		waiting := hire("waiting", at(0))
		_, err := l.HireBook().AddHires(ctx, []state.Hire{waiting})
		check(t, err)
		_, err = l.Upkeep().Purge(ctx, state.PurgeOptions{RunsBefore: at(10), FilesBefore: at(30)})
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
			rows, err := l.Plans().Rows(ctx, tt.id)
			check(t, err)
			if len(rows) != tt.rows || tt.rows > 0 && (rows[0].Message != tt.message || rows[0].EmployeeID != 7) {
				t.Errorf("rows of %s: %+v", tt.id, rows)
			}
			if _, err := l.Plans().Plan(ctx, tt.id); (err == nil) != (tt.plan > 0) {
				t.Errorf("plan of %s: %v", tt.id, err)
			}
		}
		hires, err := l.HireBook().Hires(ctx, state.HireFilter{})
		check(t, err)
		var kept []string
		for _, h := range hires {
			kept = append(kept, fmt.Sprintf("%s %v", h.EventID, h.Data != nil))
		}
		if diff := cmp.Diff([]string{"E40 true", "E20 false", "waiting true"}, kept); diff != "" {
			t.Errorf("hires: %s", diff)
		}
		// The file of a forgotten run is not taken for new.
		if ok, err := l.Pickups().Claim(ctx, taken(recent, "users_0.csv", pickup.StepClaimed, at(50))); ok || err != nil {
			t.Errorf("claimed again: %v, %v", ok, err)
		}
		// Its content is, since newer ones were applied.
		if by, ok, err := l.Pickups().Seen(ctx, "payroll", "sha of users_0.csv"); ok || err != nil {
			t.Errorf("content of a forgotten run: %q, %v, %v", by, ok, err)
		}
	})
}

// BenchmarkSaveRow is the price of a journal that survives a crash, per step of a row.
func BenchmarkSaveRow(b *testing.B) {
	for name, dsn := range map[string]newState{"sqlite": stateDSN, "postgres": statetest.PostgreSQL} {
		b.Run(name, func(b *testing.B) {
			l, err := state.Open(b.Context(), dsn(b))
			if err != nil {
				b.Fatal(err)
			}
			record := importRun("payroll", at(0))
			if _, err := l.Runs().Begin(b.Context(), record); err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				if err := l.Plans().SaveRow(b.Context(), apply.Outcome{Run: record.ID, Item: i / 2, Action: "update", Step: "sending", At: at(0)}); err != nil {
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
		second := imported(t, l, "payroll", at(1), run.Done, state.PlanApplied)
		first := imported(t, l, "payroll", at(0), run.Failed, "")
		imported(t, l, "payroll", at(2), run.Held, "")
		imported(t, l, "payroll", at(3), run.Failed, state.PlanApplying)
		begun(t, l, "other", at(4))
		stuck := imported(t, l, "payroll", at(5), run.Failed, "")
		away := imported(t, l, "payroll", at(6), run.Failed, "")
		for _, p := range []pickup.Record{{Run: stuck.ID, Name: "a", Step: "fetched"}, {Run: away.ID, Name: "b", Step: "settled", Place: "failed/b"}} {
			p.Flow, p.Remote, p.ModTime, p.At = "payroll", "r", at(5), at(5)
			_, err := l.Pickups().Claim(t.Context(), p)
			check(t, err)
		}
		last := finished(t, l, "nightly", at(7), run.Done)
		check(t, l.Deliveries().Save(t.Context(), sent(last.ID, "nightly", delivery.StepDelivered, at(7))))

		got, err := l.Upkeep().SpareSpools(t.Context())
		check(t, err)
		if diff := cmp.Diff([]string{first.ID, second.ID, away.ID}, got); diff != "" {
			t.Error(diff)
		}
	})
}
