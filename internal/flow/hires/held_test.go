package hires_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// held makes the next run of two hires one that waits for a person.
func (a *ats) held() state.Record {
	a.t.Helper()
	a.in.Change.Approval = plan.ApproveAlways
	a.webhook(two()...)
	r := a.run(run.Held)
	a.in.Change.Approval = plan.ApproveLimits
	return r
}

func TestHeldHiresAreCreatedByTheApproval(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	held := a.held()
	a.wantStates(map[string]string{"R-1": state.HireHeld, "R-2": state.HireHeld})
	if h := a.stored("R-1"); h.Reason != "the run is held: "+held.Reason || h.Run != held.ID || a.named("Quetzal") != 0 {
		t.Errorf("%+v", h)
	}
	if _, err := hires.Retry(t.Context(), a.Store, hires.Decision{ID: a.stored("R-1").ID}); !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), "approve or reject that") {
		t.Errorf("decided on a part of a held run: %v", err)
	}
	a.webhook(person("R-3", "Zacharie", "Zwingli"))
	a.run(run.Done) // others do not wait
	r, err := a.approve(held.ID)
	if err != nil || r.Outcome != run.Done || r.Reason != "" || r.Rows.Sent != 2 || a.named("Quetzal") != 1 || a.named("Xylander") != 1 {
		t.Fatalf("%s %s %+v %v", r.Outcome, r.Reason, r.Rows, err)
	}
	if diff := cmp.Diff(a.saidOfHires(held), a.saidOfHires(r)); diff != "" || len(r.Findings) != len(held.Findings) || !r.Requests.Polled {
		t.Errorf("%d findings, and %d while it was held: %s", len(r.Findings), len(held.Findings), diff)
	}
	a.wantStates(map[string]string{"R-1": state.HireApplied, "R-2": state.HireApplied, "R-3": state.HireApplied})
}

// TestFirstHiresWaitForAPerson, and a limit that is exceeded holds too, but never that there are few.
func TestFirstHiresWaitForAPerson(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.in.Change.Approval = plan.ApproveFirst
	a.webhook(two()...)
	held := a.run(run.Held)
	if _, err := a.approve(held.ID); err != nil {
		t.Fatal(err)
	}
	a.in.Change.Limits = plan.Limits{Creates: new(limit.Percent), Shrink: new(limit.Percent)}
	a.webhook(person("R-3", "Zacharie", "Zwingli"))
	a.run(run.Done)
	var many []hire.Event
	for i := range 11 {
		many = append(many, person(fmt.Sprint("M-", i), fmt.Sprint("Maurus", string(rune('a'+i))), fmt.Sprint("Quirin", string(rune('a'+i)), string(rune('a'+i)))))
	}
	a.webhook(many...)
	if r := a.run(run.Held); !slices.ContainsFunc(r.Limits, func(l run.Limit) bool { return l.Held && l.Name == "creates" }) {
		t.Errorf("%+v", r.Limits)
	}
}

// TestHiresOfARunThatIsOver wait again, or for a person.
func TestHiresOfARunThatIsOver(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		end  func(a *ats, held state.Record) error
		want string
	}{
		"rejected": {func(a *ats, held state.Record) error {
			return errors.Join(a.State.Runs.Reject(a.t.Context(), held.ID, flow.Now()), hires.Rejected(a.t.Context(), a.Store, held))
		}, state.HireHeld},
		"expired": {func(a *ats, held state.Record) error {
			return errors.Join(a.State.Runs.Reject(a.t.Context(), held.ID, flow.Now()), hires.Expired(a.t.Context(), a.Store, held))
		}, state.HireReceived},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newATS(t)
			held := a.held()
			if err := tt.end(a, held); err != nil {
				t.Fatal(err)
			}
			a.wantStates(map[string]string{"R-1": tt.want, "R-2": tt.want})
			if tt.want == state.HireHeld {
				a.run(run.Nothing)
				if _, err := hires.Retry(t.Context(), a.Store, hires.Decision{ID: a.stored("R-1").ID}); err != nil {
					t.Fatal(err)
				}
				a.run(run.Done)
				a.wantStates(map[string]string{"R-1": state.HireApplied, "R-2": state.HireHeld})
				return
			}
			a.run(run.Done)
			a.wantStates(map[string]string{"R-1": state.HireApplied, "R-2": state.HireApplied})
		})
	}
}

// TestHiresOfARunThatEndedBehindTheirBack wait again at the next one: whoever was to free them died.
func TestHiresOfARunThatEndedBehindTheirBack(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		end   func(a *ats, held state.Record) error
		waits bool
	}{
		"it failed":   {func(a *ats, r state.Record) error { return a.ended(r, run.Failed, "interrupted") }, true},
		"it was done": {func(a *ats, r state.Record) error { return a.ended(r, run.Done, "") }, false},
		"it expired": {func(a *ats, r state.Record) error {
			return a.State.Plans.Drop(a.t.Context(), r.ID, "expired: nobody approved", flow.Now(), audit.Entry{Act: audit.Reject, Run: r.ID, Flow: r.Flow})
		}, true},
		"it was rejected":   {func(a *ats, r state.Record) error { return a.State.Runs.Reject(a.t.Context(), r.ID, flow.Now()) }, false},
		"it is held as yet": {func(*ats, state.Record) error { return nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newATS(t)
			a.in.Change.Approval = plan.ApproveAlways
			a.webhook(two()...)
			if err := tt.end(a, a.run(run.Held)); err != nil {
				t.Fatal(err)
			}
			a.in.Change.Approval = plan.ApproveLimits
			want := state.HireHeld
			if tt.waits {
				a.run(run.Done)
				want = state.HireApplied
			} else {
				a.run(run.Nothing)
			}
			a.wantStates(map[string]string{"R-1": want, "R-2": want})
		})
	}
}

// ended has an approval end a run in some way.
func (a *ats) ended(r state.Record, outcome run.Outcome, reason string) error {
	_, _, err := a.State.Runs.Claim(a.t.Context(), r.ID, flow.Now())
	r.Outcome, r.Reason = outcome, reason
	return errors.Join(err, a.State.Runs.Finish(a.t.Context(), r))
}

// TestARejectedRunLeavesOthersAlone: hires that are held with another run stay with that.
func TestARejectedRunLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		end           func(a *ats, r state.Record) error
		state, reason string
	}{
		"rejected": {func(a *ats, r state.Record) error { return hires.Rejected(a.t.Context(), a.Store, r) }, state.HireHeld, "its run was rejected: retry or drop it"},
		"expired":  {func(a *ats, r state.Record) error { return hires.Expired(a.t.Context(), a.Store, r) }, state.HireReceived, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newATS(t)
			a.in.Change.Approval = plan.ApproveAlways
			a.webhook(two()[0], a.namesake("R-5"))
			first := a.run(run.Held)
			a.webhook(two()[1])
			a.run(run.Held)
			own, itself, other := a.stored("R-1"), a.stored("R-5"), a.stored("R-2")
			a.Faults.Reset(0, false, false)
			a.Faults.Reads = true
			if err := tt.end(a, first); err != nil {
				t.Fatal(err)
			}
			plans := 0
			for at := 1; at <= a.Faults.Count(); at++ {
				if a.Faults.Name(at) == "look up plan" {
					plans++
				}
			}
			if plans != 2 {
				t.Errorf("of two runs with three hires %d plans were read, each of which may be large", plans)
			}
			if got := a.stored("R-1"); got.State != tt.state || got.Reason != tt.reason || !got.Updated.After(own.Updated) {
				t.Errorf("its own is %s at %s: %s", got.State, got.Updated, got.Reason)
			}
			if diff := cmp.Diff([]state.Hire{itself, other}, []state.Hire{a.stored("R-5"), a.stored("R-2")}); diff != "" {
				t.Errorf("others:\n%s", diff)
			}
		})
	}
}

// TestPurgedHiresAreNothingToSpeakOf: they are known, and nobody is created twice.
func TestPurgedHiresAreNothingToSpeakOf(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.webhook(two()...)
	a.run(run.Done)
	if _, err := a.State.Upkeep.Purge(t.Context(), state.PurgeOptions{FilesBefore: flow.Now().AddDate(0, 0, 1)}); err != nil {
		t.Fatal(err)
	}
	if h := a.stored("R-1"); h.Data != nil {
		t.Fatalf("kept of the hire is %s", h.Data)
	}
	if n := a.webhook(two()...); n != 0 {
		t.Errorf("%d wait again", n)
	}
	if r := a.run(run.Nothing); len(r.Findings) > 0 {
		t.Errorf("%v", r.Findings)
	}
}

// TestAHireThatIsHeldByItselfIsDecidedOnBesideAHeldRun: it is no part of its plan.
func TestAHireThatIsHeldByItselfIsDecidedOnBesideAHeldRun(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.in.Change.Approval = plan.ApproveAlways
	a.webhook(append(two(), a.namesake("R-5"))...)
	held := a.run(run.Held)
	a.wantStates(map[string]string{"R-1": state.HireHeld, "R-2": state.HireHeld, "R-5": state.HireHeld})
	for id, want := range map[string]string{"R-1": "is part of the held run " + held.ID, "R-5": ""} {
		_, err := hires.Drop(t.Context(), a.Store, hires.Decision{ID: a.stored(id).ID})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", id, err, want)
		}
	}
	if r, err := a.approve(held.ID); err != nil || r.Rows.Sent != 2 {
		t.Errorf("%s %+v %v", r.Outcome, r.Rows, err)
	}
	a.wantStates(map[string]string{"R-1": state.HireApplied, "R-2": state.HireApplied, "R-5": state.HireDropped})
}

// TestADryRunBeforeTheFirstSaysThatItWaitsForAPerson, and one after it does not.
func TestADryRunBeforeTheFirstSaysThatItWaitsForAPerson(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.in.Change.Approval = plan.ApproveFirst
	a.hired = two()[:1]
	rehearse := func(known bool) run.Outcome {
		record := state.Record{Run: run.Run{ID: run.NewID(flow.Now()), Flow: "ats", Kind: run.Hires, Slot: flow.Now(), StartedAt: flow.Now()}}
		if _, err := a.Life().Rehearse(t.Context(), &record, func(ctx context.Context, folder string) (flow.Result, error) {
			d := a.deps()
			if !known {
				d.Store = nil
			}
			return hires.Kind{Deps: d, Input: a.input(record)}.Rehearse(ctx, folder)
		}); err != nil {
			t.Fatal(err)
		}
		return record.Outcome
	}
	if got := []run.Outcome{rehearse(false), rehearse(true)}; !slices.Equal(got, []run.Outcome{run.Held, run.Held}) {
		t.Errorf("before the first: %q", got)
	}
	if _, err := a.approve(a.run(run.Held).ID); err != nil {
		t.Fatal(err)
	}
	a.hired = two()[1:]
	if got := rehearse(true); got != run.Done {
		t.Errorf("after the first: %s", got)
	}
}

// TestApprovalOfHiresIsRefused, and they stay held.
func TestApprovalOfHiresIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		since func(a *ats)
		want  error
	}{
		"changed settings": {func(a *ats) { a.in.Change.Approved = flow.Settings{"hires.login": "2"} }, flow.ErrChanged},
		"another tenant":   {func(a *ats) { a.in.Change.Tenant = "https://other" }, flow.ErrChanged},
		"the state was restored": {func(a *ats) {
			if err := a.State.Upkeep.Restored(a.t.Context(), 1<<30); err != nil {
				a.t.Fatal(err)
			}
		}, flow.ErrRestored},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newATS(t)
			held := a.held()
			tt.since(a)
			r, err := a.approve(held.ID)
			if !errors.Is(err, tt.want) || !errors.Is(err, run.ErrUsage) {
				t.Errorf("approved: %v", err)
			}
			if r.Outcome != run.Held || r.Reason != held.Reason || a.named("Quetzal") != 0 {
				t.Errorf("the run is %s now: %s", r.Outcome, r.Reason)
			}
			a.wantStates(map[string]string{"R-1": state.HireHeld, "R-2": state.HireHeld})
		})
	}
}

// TestAfterARestoreHiresWaitForAPerson: whoever was created since is not known any more.
func TestAfterARestoreHiresWaitForAPerson(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	if err := a.State.Upkeep.Restored(t.Context(), 1<<30); err != nil {
		t.Fatal(err)
	}
	a.webhook(two()...)
	if r := a.run(run.Held); !strings.Contains(r.Reason, "the state was put back from an older copy") || a.named("Quetzal") != 0 {
		t.Errorf("%s", r.Reason)
	}
}
