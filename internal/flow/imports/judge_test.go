package imports_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// TestImportIsHeldByEachLimit: nothing is changed until a person approves, and then exactly what
// was planned.
func TestImportIsHeldByEachLimit(t *testing.T) {
	t.Parallel()
	none := new(limit.Percent)
	for name, tt := range map[string]struct {
		set   func(s *change.Settings)
		first bool
		rows  func(u *users) []string
	}{
		"approval": {func(s *change.Settings) { s.Approval = plan.ApproveAlways }, false, func(u *users) []string { return u.titles(1, "Chef") }},
		"creates": {func(s *change.Settings) { s.Limits.Creates = none }, false, func(*users) []string {
			return newcomers("nora", "omar", "paul", "quentin", "rosa", "sara", "tom", "ugo", "vera", "will", "xenia")
		}},
		"changes_per_field": {func(s *change.Settings) { s.Limits.ChangesPerField = none }, false, func(u *users) []string { return u.titles(9, "Chef") }},
		"shrink":            {func(s *change.Settings) { s.Limits.Shrink = none }, true, func(u *users) []string { return u.titles(2, "Chef") }},
		"rejected": {func(s *change.Settings) { s.Limits.Rejected = none }, false, func(*users) []string {
			rows := newcomers("nora", "omar", "paul", "quentin", "rosa")
			for i := range rows[1:] {
				rows[i+1] = strings.Replace(rows[i+1], "Utilisateur", "Empereur", 1)
			}
			return rows
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			if tt.first {
				u.drop("first.csv", u.titles(9, "Avant")...)
				u.in.Change.Limits.ChangesPerField = new(limit.Percent(100))
				u.run(run.Done)
			}
			tt.set(&u.in.Change)
			before := u.Tenant.Users()
			u.drop("users.csv", tt.rows(u)...)
			r := u.run(run.Held)
			var held []string
			for _, l := range r.Limits {
				if l.Held {
					held = append(held, l.Name)
				}
			}
			if !slices.Equal(held, list(name)) && !slices.Equal(held, list(name+".jobTitle")) || r.Reason == "" || !cmp.Equal(before, u.Tenant.Users()) {
				t.Fatalf("held by %q: %s", held, r.Reason)
			}
			if in := u.Names("in", "in-progress"); len(in) != 1 || len(u.Names("in", "processed")) > 1 {
				t.Errorf("a held file is in %q", in)
			}
			approved, err := u.approve(r.ID)
			if err != nil || approved.Outcome != run.Done && approved.Outcome != run.Rejections {
				t.Fatalf("approved: %s %s %v", approved.Outcome, approved.Reason, err)
			}
			if approved.Rows.Read != r.Rows.Read || approved.Rows.Sent+approved.Rows.Rejected != r.Rows.Read {
				t.Errorf("%+v, and was %+v", approved.Rows, r.Rows)
			}
			if in := u.Names("in", "in-progress"); len(in) != 0 {
				t.Errorf("an approved file is in %q", in)
			}
		})
	}
}

// TestFirstRunWaitsForAPerson unless only limits hold.
func TestFirstRunWaitsForAPerson(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.in.Change.Approval = plan.ApproveFirst
	u.drop("users.csv", u.titles(1, "Chef")...)
	held := u.run(run.Held)
	if _, err := u.approve(held.ID); err != nil {
		t.Fatal(err)
	}
	u.drop("next.csv", u.titles(1, "Cheffe")...)
	u.run(run.Done)
}

// TestOlderFileAfterANewerOneIsHeld, by the dates in the names or the times of the files.
func TestOlderFileAfterANewerOneIsHeld(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		first, second string
		age           time.Duration
		want          run.Outcome
	}{
		"by name":          {"users_20260102.csv", "users_20260101.csv", 0, run.Held},
		"newer by name":    {"users_20260101.csv", "users_20260102.csv", 9 * time.Hour, run.Done},
		"by time":          {"users.csv", "users.csv", 3 * time.Hour, run.Held},
		"a little by time": {"users.csv", "users.csv", 30 * time.Minute, run.Done},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			u.drop(tt.first, u.titles(2, "Chef")...)
			u.run(run.Done)
			u.drop(tt.second, u.titles(2, "Cheffe")...)
			at := time.Now().Add(-tt.age)
			if err := os.Chtimes(filepath.Join(u.Dir, "in", tt.second), at, at); err != nil {
				t.Fatal(err)
			}
			r := u.run(tt.want)
			if tt.want == run.Held && (r.Limits[len(r.Limits)-1].Name != "order" || !strings.Contains(r.Reason, "older than")) {
				t.Errorf("%+v %s", r.Limits, r.Reason)
			}
		})
	}
}

// TestOlderFileBehindOnesWithoutADate is told from the last one that had a date in its name.
func TestOlderFileBehindOnesWithoutADate(t *testing.T) {
	t.Parallel()
	for second, want := range map[string]run.Outcome{"users_20260103.csv": run.Held, "users_20260105.csv": run.Done} {
		t.Run(second, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			var dated string
			for i, name := range []string{"users_20260104.csv", "users.csv", "broken.csv"} {
				if name == "broken.csv" {
					u.drop(name, "login;jobTitel", "x;y")
					u.run(run.Failed)
					continue
				}
				rows, want := u.titles(2+i, "Chef"), run.Done
				if i == 0 {
					rows, want = append(rows, "nobody;Chef"), run.Rejections
				}
				u.drop(name, rows...)
				if r := u.run(want); i == 0 {
					dated = r.ID
				}
			}
			u.run(run.Nothing) // has no file at all
			u.drop(second, u.titles(2, "Cheffe")...)
			r := u.run(want)
			if says := "the file is of 2026-01-03 by its name, older than that of 2026-01-04, which run " + dated + " applied"; (want == run.Held) != strings.Contains(r.Reason, says) {
				t.Errorf("%s, want %s", r.Reason, says)
			}
		})
	}
}

// TestFileWithoutALastLineEndIsHeld where the one before had one: it may have been cut.
func TestFileWithoutALastLineEndIsHeld(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.drop("a.csv", u.titles(2, "Chef")...)
	u.run(run.Done)
	u.Write(strings.Join(u.titles(2, "Cheffe"), "\n"), "in", "b.csv")
	held := u.run(run.Held)
	if held.Limits[len(held.Limits)-1].Name != "last_line" {
		t.Errorf("%+v", held.Limits)
	}
	// Whoever never writes one is held once.
	if r, err := u.approve(held.ID); err != nil || r.Outcome != run.Done {
		t.Fatal(r.Outcome, err)
	}
	u.Write(strings.Join(u.titles(2, "Directrice"), "\n"), "in", "c.csv")
	u.run(run.Done)
}

// TestAfterARestoreTheFirstChangeIsHeld: whom it would create may have been created already.
func TestAfterARestoreTheFirstChangeIsHeld(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.drop("a.csv", u.titles(1, "Chef")...)
	u.run(run.Done)
	if err := u.State.Upkeep.Restored(t.Context(), 1<<30); err != nil {
		t.Fatal(err)
	}
	u.drop("b.csv", u.titles(1, "Chef")...)
	u.run(run.Nothing)
	u.drop("c.csv", u.titles(2, "Cheffe")...)
	if r := u.run(run.Held); r.Limits[len(r.Limits)-1].Name != "restored" {
		t.Errorf("%+v %s", r.Limits, r.Reason)
	}
}

// A full file in which most of a department is missing since the last one is held, however small
// the department is; who has left since is not missed.
func TestADepartmentThatShrank(t *testing.T) {
	t.Parallel()
	for _, purged := range []bool{false, true} {
		t.Run(fmt.Sprintf("its plan was purged %t", purged), func(t *testing.T) {
			t.Parallel()
			leaveOutADepartment(t, purged)
		})
	}
}

func leaveOutADepartment(t *testing.T, purged bool) {
	t.Helper()
	u := newUsers(t)
	u.in.Change.Policy = plan.Policy{Mode: plan.Full}
	u.drop("users_1.csv", u.titles(len(u.staff), "Before")...)
	u.in.Change.Limits = wide()
	first := u.run(run.Done)
	if purged {
		if _, err := u.State.Upkeep.Purge(t.Context(), state.PurgeOptions{FilesBefore: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		if _, err := u.State.Plans.Plan(t.Context(), first.ID); !errors.Is(err, state.ErrNotFound) {
			t.Fatalf("the plan is kept: %v", err)
		}
	}

	members := make(map[int]int)
	for _, p := range u.staff {
		members[p.DepartmentID]++
	}
	whole := 0 // a department of at least two, and of few
	for id, n := range members {
		if n > 1 && (whole == 0 || n < members[whole]) {
			whole = id
		}
	}
	rows := u.titles(len(u.staff), "After")
	var kept []string
	for i, row := range rows {
		if i == 0 || u.staff[i-1].DepartmentID != whole {
			kept = append(kept, row)
		}
	}
	u.drop("users_2.csv", kept...)
	held := u.run(run.Held)
	if !slices.ContainsFunc(held.Limits, func(l run.Limit) bool { return l.Name == "shrink.department" && l.Held }) {
		t.Errorf("held by %+v", held.Limits)
	}
}

// wide are limits that let everything through but doubt.
func wide() plan.Limits {
	all := limit.Percent(100)
	return plan.Limits{Ends: &all, Creates: &all, ChangesPerField: &all, Rejected: &all, Shrink: nil}
}
