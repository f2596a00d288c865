package imports_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/flow/imports"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/userfile"
)

func TestApprovalAppliesExactlyWhatWasHeldOnce(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	held := u.held("users.csv", u.titles(2, "Chef")...)
	r, err := u.approve(held.ID)
	if err != nil || r.Outcome != run.Done || r.Reason != "" || r.Rows.Sent != 2 {
		t.Fatalf("%s %s %+v %v", r.Outcome, r.Reason, r.Rows, err)
	}
	u.folders(nil, list("users.csv"), nil)
	if _, _, err := u.State.Runs.Claim(t.Context(), held.ID, flow.Now()); !errors.Is(err, state.ErrNotHeld) {
		t.Errorf("approved again: %v", err)
	}
}

// TestApprovalLeavesAloneWhoChangedSince, with a word about it.
func TestApprovalLeavesAloneWhoChangedSince(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	held := u.held("users.csv", u.titles(2, "Chef")...)
	u.drop("other.csv", "login;jobTitle", u.staff[0].Login+";Tout autre")
	other := *u
	other.in.Run.Flow = "other"
	record := u.Begin("other", run.Import)
	if r, _, err := u.Perform(record, func(ctx context.Context) (flow.Result, error) {
		d := u.deps()
		d.Inbox.Flow = "other"
		return imports.Run(ctx, d, u.input(record))
	}); err != nil || r.Outcome != run.Done {
		t.Fatalf("%s %s %v", r.Outcome, r.Reason, err)
	}
	r, err := u.approve(held.ID)
	if err != nil || r.Outcome != run.Rejections || r.Rows.Sent != 1 {
		t.Errorf("%s %s %+v %v", r.Outcome, r.Reason, r.Rows, err)
	}
	if got := u.now(u.staff[0].Login).JobTitle; got != "Tout autre" {
		t.Errorf("the change of somebody else was lost: %s", got)
	}
}

// TestApprovalIsRefused, and the run stays held with its reason; nothing is changed.
func TestApprovalIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		since func(u *users, held state.Record)
		want  error
		says  string
	}{
		"changed settings": {func(u *users, _ state.Record) {
			u.in.Change.Approved = flow.Settings{"import.mode": "2"}
		}, flow.ErrChanged, "another import.mode"},
		"another tenant": {func(u *users, _ state.Record) { u.in.Change.Tenant = "https://other" }, flow.ErrChanged, "is for https://acme"},
		"a newer file": {func(u *users, _ state.Record) {
			u.drop("newer.csv", u.titles(2, "Cheffe")...)
			r := u.run(run.Done)
			if !slices.Contains(flowtest.Codes(r), "overtaken") {
				u.t.Errorf("nobody was told of the held file: %v", flowtest.Codes(r))
			}
		}, flow.ErrSuperseded, "drop \"users.csv\" again"},
		"the state was restored": {func(u *users, _ state.Record) {
			if err := u.State.Upkeep.Restored(u.t.Context(), 1<<30); err != nil {
				u.t.Fatal(err)
			}
		}, flow.ErrRestored, "is not known any more"},
		"too late": {func(u *users, held state.Record) {
			p, err := u.State.Plans.Plan(u.t.Context(), held.ID)
			if err != nil {
				u.t.Fatal(err)
			}
			if left := time.Until(p.Expires); left < 6*24*time.Hour || left > 7*24*time.Hour {
				u.t.Errorf("a held plan has %s left", left)
			}
			u.expirePlan(held.ID)
		}, flow.ErrExpired, "was held until"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			held := u.held("users.csv", u.titles(2, "Chef")...)
			tt.since(u, held)
			before := u.Tenant.Users()
			r, err := u.approve(held.ID)
			if !errors.Is(err, tt.want) || !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("approved: %v", err)
			}
			if r.Outcome != run.Held || r.Reason != held.Reason || u.Kept(held.ID).Outcome != run.Held || !cmp.Equal(before, u.Tenant.Users()) {
				t.Errorf("the run is %s now: %s", r.Outcome, r.Reason)
			}
		})
	}
}

// TestApprovalSaysNothingOfNewerFilesThatAreHeld: they can still be approved; the older ones cannot.
func TestApprovalSaysNothingOfNewerFilesThatAreHeld(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	var held []state.Record
	for i, name := range []string{"a.csv", "b.csv", "c.csv"} {
		held = append(held, u.held(name, "login;jobTitle", u.staff[2*i].Login+";Chef", u.staff[2*i+1].Login+";Chef"))
	}
	r, err := u.approve(held[0].ID)
	if err != nil || r.Outcome != run.Done || slices.Contains(flowtest.Codes(r), "overtaken") {
		t.Fatal(r.Outcome, r.Reason, flowtest.Codes(r), err)
	}
	if r, err = u.approve(held[2].ID); err != nil || r.Outcome != run.Done {
		t.Fatal(r.Outcome, r.Reason, err)
	}
	var said []string
	for _, f := range r.Findings {
		if f.Code == "overtaken" {
			said = append(said, f.Message)
		}
	}
	if len(said) != 1 || !strings.HasPrefix(said[0], "run "+held[1].ID+" holds an older file, which can no longer be approved") {
		t.Errorf("said %q", said)
	}
}

// TestReportsOfAGivenFile lie in the spool, and are named: nobody else has them.
func TestReportsOfAGivenFile(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.in.Options.Reports = userfile.ReportsXLSX
	for i, tt := range []struct {
		rows    []string
		outcome run.Outcome
		want    []string
	}{
		{append(newcomers("nora"), "omar;;;;;;;"), run.Rejections, []string{"report.csv", "report.xlsx", "rejected.xlsx", "rejected.csv"}},
		{append(u.titles(1, "Cheffe"), u.titles(1, "Cheffe")[1]), run.Done, []string{"report.csv", "report.xlsx"}},
		{u.titles(2, "Chef"), run.Done, nil},
	} {
		name := fmt.Sprintf("given%d.csv", i)
		u.give(name, tt.rows)
		record := u.Begin("users", run.Import)
		r, result, err := u.Perform(record, u.work(record))
		if err != nil || r.Outcome != tt.outcome {
			t.Fatal(r.Outcome, r.Reason, err)
		}
		var names []string
		for _, path := range result.Reports {
			names = append(names, filepath.Base(path))
			if info, err := os.Stat(path); err != nil || info.Size() == 0 {
				t.Errorf("%s: %v", path, err)
			}
		}
		if !slices.Equal(names, tt.want) || result.Place != "" {
			t.Errorf("%s: %q in %q, want %q", name, names, result.Place, tt.want)
		}
	}
}

// expirePlan has a plan of long ago.
func (u *users) expirePlan(id string) {
	u.t.Helper()
	p, err := u.State.Plans.Plan(u.t.Context(), id)
	if err != nil {
		u.t.Fatal(err)
	}
	stored, err := change.ReadPlan(p, false)
	if err != nil {
		u.t.Fatal(err)
	}
	p.Expires = time.Now().Add(-time.Minute)
	p.Write = stored.Write
	record, _, err := u.State.Runs.Claim(u.t.Context(), id, flow.Now())
	if err == nil {
		err = u.State.Plans.SavePlan(u.t.Context(), p)
	}
	if err == nil {
		record.FinishedAt = flow.Now()
		err = u.State.Whole.Runs().Finish(u.t.Context(), record)
	}
	if err != nil {
		u.t.Fatal(err)
	}
}
