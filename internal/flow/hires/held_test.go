package hires_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

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
	if reason := a.stored("R-1").Reason; !strings.HasPrefix(reason, "the run is held: ") || a.named("Quetzal") != 0 {
		t.Errorf("%s", reason)
	}
	if _, err := hires.Retry(t.Context(), a.Store, hires.Decision{ID: a.stored("R-1").ID}); !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), "approve or reject that") {
		t.Errorf("decided on a part of a held run: %v", err)
	}
	a.webhook(person("R-3", "Zacharie", "Zwingli"))
	a.run(run.Done) // others do not wait
	r, err := a.approve(held.ID)
	if err != nil || r.Outcome != run.Done || r.Rows.Sent != 2 || a.named("Quetzal") != 1 || a.named("Xylander") != 1 {
		t.Fatalf("%s %s %+v %v", r.Outcome, r.Reason, r.Rows, err)
	}
	if len(r.Findings) != len(held.Findings) || !r.Requests.Polled {
		t.Errorf("%d findings, and %d while it was held", len(r.Findings), len(held.Findings))
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
			return errors.Join(a.Store.Reject(a.t.Context(), held.ID, flow.Now()), hires.Rejected(a.t.Context(), a.Store, held))
		}, state.HireHeld},
		"expired": {func(a *ats, held state.Record) error {
			return errors.Join(a.Store.Reject(a.t.Context(), held.ID, flow.Now()), hires.Expired(a.t.Context(), a.Store, held))
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
			if err := a.Store.Restored(a.t.Context(), 1<<30); err != nil {
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
