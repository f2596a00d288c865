package imports_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/flow/imports"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// TestRowWithoutAClearAnswerBlocksNothing: the next run asks again, and then leaves it to a
// person.
func TestRowWithoutAClearAnswerBlocksNothing(t *testing.T) {
	t.Parallel()
	for name, heals := range map[string]bool{"answered in the end": true, "never answered": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			u.drop("users.csv", u.titles(1, "Chef")...)
			u.Faults.Always = "update"
			first := u.run(run.Failed)
			if !strings.Contains(first.Reason, "1 rows without a clear answer") {
				t.Errorf("%s", first.Reason)
			}
			if heals {
				u.Faults.Always = ""
				second := u.run(run.Done)
				if !strings.Contains(second.Reason, "finished what run "+first.ID) || u.now(u.staff[0].Login).JobTitle != "Chef 0" {
					t.Errorf("%s", second.Reason)
				}
			} else if second := u.run(run.Rejections); second.Rows.Sent != 0 {
				t.Errorf("%s %+v", second.Reason, second.Rows)
			}
			u.run(run.Nothing)
			if got := u.Names("in", "processed"); !slices.Contains(got, "users.csv") {
				t.Errorf("processed is %q", got)
			}
		})
	}
}

// TestFileOfARunThatIsOverIsDealtWith by the next run of the flow.
func TestFileOfARunThatIsOverIsDealtWith(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		end    func(u *users, held state.Record)
		failed bool
	}{
		"rejected": {func(u *users, held state.Record) {
			if err := u.Store.Reject(u.t.Context(), held.ID, flow.Now()); err != nil {
				u.t.Fatal(err)
			}
		}, true},
		"expired": {func(u *users, held state.Record) {
			u.expirePlan(held.ID)
			if runs, err := u.Store.Expire(u.t.Context(), flow.Now()); err != nil || len(runs) != 1 {
				u.t.Fatalf("%d expired: %v", len(runs), err)
			}
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			held := u.held("users.csv", u.titles(2, "Chef")...)
			tt.end(u, held)
			u.run(run.Nothing)
			u.folders(nil, nil, list("users.csv"))
		})
	}
}

// TestRunThatWasGivenUpLeavesItsFileInFailed: it would take down the next process too.
func TestRunThatWasGivenUpLeavesItsFileInFailed(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.drop("users.csv", u.titles(2, "Chef")...)
	record := u.Begin("users", run.Import)
	if _, err := u.deps().Inbox.Take(t.Context(), record, u.Folder(record.ID)); err != nil {
		t.Fatal(err)
	}
	record.Outcome, record.Reason, record.FinishedAt = run.Failed, flow.GivenUp+" the process ended", flow.Now()
	if err := u.Store.Finish(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	u.run(run.Nothing)
	u.folders(nil, nil, list("users.csv"))
}

// world is what must be the same after any fault: people by login, and files by folder.
func (u *users) world() map[string]string {
	w := make(map[string]string)
	for _, p := range u.Tenant.Users() {
		w[p.Login] += fmt.Sprintf("%s %s %s %s, %d contracts;", p.FirstName, p.LastName, p.Mail, p.JobTitle, len(p.Contracts))
	}
	for _, folder := range []string{"in", "in/in-progress", "in/failed", "out"} {
		w[folder] = strings.Join(u.Names(folder), " ")
	}
	w["in/processed"] = u.Names("in", "processed")[0]
	return w
}

// TestAnyOperationMayFail: whichever one of a run fails, is done without an answer, or is the
// last of its process: later runs apply the file once, create nobody twice, and put it away.
func TestAnyOperationMayFail(t *testing.T) {
	t.Parallel()
	for name, relays := range map[string]bool{"api": false, "relay": true} {
		start := func(t *testing.T) *users {
			u := newUsers(t)
			if relays {
				u.relays()
			}
			rows := newcomers("nora", "omar")
			u.drop("users.csv", append(rows, u.staff[0].Login+strings.Repeat(";", 6)+";", "")[:3]...)
			return u
		}
		u := start(t)
		u.run(run.Done)
		want, operations := u.world(), u.Faults.Count()
		if operations < 12 {
			t.Fatalf("a run of %d operations", operations)
		}
		for _, late := range []bool{false, true} {
			for _, dead := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, late %v, dead %v", name, late, dead), func(t *testing.T) {
					t.Parallel()
					for at := 1; at <= operations; at += flowtest.Step {
						u := start(t)
						u.Faults.Reset(at, late, dead)
						first, _, _ := u.attempt()
						said := u.Faults.Name(min(at, u.Faults.Count()))
						u.Restart()
						outcomes := []run.Outcome{first.Outcome}
						for range 4 {
							r, _, err := u.attempt()
							if err != nil {
								t.Fatal(err)
							}
							if outcomes = append(outcomes, r.Outcome); r.Outcome == run.Nothing {
								break
							}
						}
						if diff := cmp.Diff(want, u.world()); diff != "" {
							t.Errorf("%d (%s), runs ended as %v: %s\n%s", at, said, outcomes, first.Reason, diff)
						}
					}
				})
			}
		}
	}
}

// TestAnyOperationOfAnApprovalMayFail: the plan is applied once, by the approval or by the next run.
func TestAnyOperationOfAnApprovalMayFail(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	held := u.held("users.csv", newcomers("nora", "omar")...)
	if _, err := u.approve(held.ID); err != nil {
		t.Fatal(err)
	}
	want := u.world()
	for _, late := range []bool{false, true} {
		for _, dead := range []bool{false, true} {
			t.Run(fmt.Sprintf("late %v, dead %v", late, dead), func(t *testing.T) {
				t.Parallel()
				for at := 1; ; at += flowtest.Step {
					u := newUsers(t)
					held := u.held("users.csv", newcomers("nora", "omar")...)
					u.Faults.Reset(at, late, dead)
					_, _ = u.approve(held.ID)
					more := u.Faults.Count() >= at
					u.Restart()
					for range 3 {
						if u.Kept(held.ID).Outcome == run.Held {
							if _, err := u.approve(held.ID); err != nil {
								t.Errorf("%d: approved again: %v", at, err)
							}
							continue
						}
						if _, _, err := u.attempt(); err != nil {
							t.Fatal(err)
						}
					}
					if diff := cmp.Diff(want, u.world()); diff != "" {
						t.Errorf("%d: %s\n%s", at, u.Kept(held.ID).Reason, diff)
					}
					if !more {
						return
					}
				}
			})
		}
	}
}

// TestResumedRunGoesOn: the queue takes up a run whose process died.
func TestResumedRunGoesOn(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.drop("users.csv", newcomers("nora", "omar")...)
	u.run(run.Done)
	want := u.world()
	for _, late := range []bool{false, true} {
		for at := 1; ; at += flowtest.Step {
			u := newUsers(t)
			u.drop("users.csv", newcomers("nora", "omar")...)
			u.Faults.Reset(at, late, true)
			record := u.Begin("users", run.Import)
			_, _, err := u.Perform(record, u.work(record))
			if err == nil || u.Kept(record.ID).Outcome != "" {
				break // it ended, whether that was heard of or not
			}
			u.Faults.Reset(0, false, false)
			r, _, err := u.Perform(record, func(ctx context.Context) (flow.Result, error) {
				in := u.input(record)
				in.Resumed = true
				return imports.Run(ctx, u.deps(), in)
			})
			if err != nil || r.Outcome != run.Done {
				t.Errorf("%d, late %v: %s %s %v", at, late, r.Outcome, r.Reason, err)
			}
			if diff := cmp.Diff(want, u.world()); diff != "" {
				t.Errorf("%d, late %v: %s", at, late, diff)
			}
		}
	}
}

// TestGivenFileWaitsForAnInterruptedRun, which comes first.
func TestGivenFileWaitsForAnInterruptedRun(t *testing.T) {
	t.Parallel()
	var u *users
	for at := 1; ; at++ {
		u = newUsers(t)
		u.drop("users.csv", newcomers("nora", "omar")...)
		u.Faults.Reset(at, false, true)
		if _, _, err := u.attempt(); err == nil {
			t.Fatal("no run was interrupted while it applied")
		}
		interrupted := u.Faults.Name(at) == "create"
		u.Restart()
		if interrupted {
			break
		}
	}
	u.Write(strings.Join(u.titles(2, "Chef"), "\n")+"\n", "given.csv")
	u.in.File = filepath.Join(u.Dir, "given.csv")
	if r := u.run(run.Failed); !strings.Contains(r.Reason, "comes first") {
		t.Errorf("%s", r.Reason)
	}
	u.in.File = ""
	u.run(run.Done)
}
