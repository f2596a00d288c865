package imports_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/flow/imports"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/userfile"
)

// TestRowWithoutAClearAnswerBlocksNothing: the next run asks again, and then leaves it to a
// person.
func TestRowWithoutAClearAnswerBlocksNothing(t *testing.T) {
	t.Parallel()
	for name, heals := range map[string]bool{"answered in the end": true, "never answered": false, "handed on since": true} {
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
				if name == "handed on since" {
					u.relays()
				}
				second, result, err := u.attempt()
				if err != nil || second.Outcome != run.Done || result.Waiting != 1 || len(u.Names("out")) != 0 || !strings.Contains(second.Reason, "finished what run "+first.ID) || u.now(u.staff[0].Login).JobTitle != "Chef 0" {
					t.Errorf("%s %s, %d wait, %v", second.Outcome, second.Reason, result.Waiting, err)
				}
				u.in.Relay = nil
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
			if err := u.State.Runs.Reject(u.t.Context(), held.ID, flow.Now()); err != nil {
				u.t.Fatal(err)
			}
		}, true},
		"expired": {func(u *users, held state.Record) {
			u.expirePlan(held.ID)
			if runs, err := u.State.Plans.Expire(u.t.Context(), flow.Now()); err != nil || len(runs) != 1 {
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
	if err := u.State.Runs.Finish(t.Context(), record); err != nil {
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

// interrupted is a world whose first run died when it was about to create somebody.
func interrupted(t *testing.T, begin func(u *users)) *users {
	t.Helper()
	for at := 1; ; at++ {
		u := newUsers(t)
		begin(u)
		u.Faults.Reset(at, false, true)
		if _, _, err := u.attempt(); err == nil {
			t.Fatal("no run was interrupted while it applied")
		}
		creates := u.Faults.Name(at) == "create"
		u.Restart()
		if creates {
			return u
		}
	}
}

// TestGivenFileWaitsForAnInterruptedRun, which comes first, and of whose file is told what is known: the
// next one is not measured against a part.
func TestGivenFileWaitsForAnInterruptedRun(t *testing.T) {
	t.Parallel()
	u := interrupted(t, func(u *users) {
		rows := newcomers("nora", "omar")
		u.drop("users.csv", rows[0]+";reasons", rows[1]+";", rows[2]+";")
	})
	u.give("given.csv", u.titles(2, "Chef"))
	if r := u.run(run.Failed); !strings.Contains(r.Reason, "comes first") {
		t.Errorf("%s", r.Reason)
	}
	u.in.File = ""
	if r := u.run(run.Done); r.File == nil || r.File.Name != "users.csv" || !r.File.Partial {
		t.Errorf("the file that was interrupted is %+v", r.File)
	}
}

// TestGivenFileOfAnInterruptedRun is known by its plan alone: the run that finishes it names none, has
// nothing to report on, and the files after it are judged by those before it.
func TestGivenFileOfAnInterruptedRun(t *testing.T) {
	t.Parallel()
	u := interrupted(t, func(u *users) {
		u.drop("users.csv", u.titles(2, "Chef")...)
		u.run(run.Done)
		u.in.Change.Limits = wide()
		u.give("given.csv", append(newcomers("nora", "omar"), "pia;;;;;;;"))
	})
	u.in.File = ""
	r := u.run(run.Rejections)
	if r.File != nil || r.Rows.Sent != 2 {
		t.Errorf("%+v, %+v", r.File, r.Rows)
	}
	if got := flowtest.Codes(r); !slices.Equal(got, []string{"missing_value"}) {
		t.Errorf("it finds %v", got)
	}
	u.drop("users_20260101.csv", u.titles(2, "Cheffe")...)
	u.run(run.Done)
}

// TestNoFaultOfAnImportIsSwallowed: whatever fails, of the store, of Lucca or of a remote, is said. A
// plan that was measured against nothing, or a file that is left where nobody looks, would do harm in
// silence.
func TestNoFaultOfAnImportIsSwallowed(t *testing.T) {
	t.Parallel()
	// second has applied a full file of a source, so that there is something to look up.
	second := func(t *testing.T, relays bool) *users {
		u := newUsers(t)
		u.in.Source, u.in.Change.Policy.Mode = "payroll", plan.Full
		u.in.Change.Policy.Source = u.in.Source
		u.in.Change.Limits = wide()
		if relays {
			u.relays()
		}
		u.drop("users_20260101.csv", u.titles(4, "Chef")...)
		u.run(run.Done)
		return u
	}
	perform := func(u *users, work func(state.Record) flow.Work) func() (state.Record, flow.Result, error) {
		record := u.Begin("users", run.Import)
		return func() (state.Record, flow.Result, error) { return u.Perform(record, work(record)) }
	}
	bad := func(u *users) []string { return append(u.titles(5, "Directeur"), "nobody;Chef") }
	for name, start := range map[string]func(t *testing.T) (*users, func() (state.Record, flow.Result, error)){
		"a run": func(t *testing.T) (*users, func() (state.Record, flow.Result, error)) {
			u := second(t, false)
			u.drop("users.csv", bad(u)...) // which has its time alone
			return u, perform(u, u.work)
		},
		"a run that relays": func(t *testing.T) (*users, func() (state.Record, flow.Result, error)) {
			u := second(t, true)
			u.fetch("users_20260101.csv")
			u.drop("users_20260102.csv", bad(u)...)
			return u, perform(u, u.work)
		},
		"an approval": func(t *testing.T) (*users, func() (state.Record, flow.Result, error)) {
			u := second(t, false)
			held := u.held("users_20260102.csv", bad(u)...)
			return u, func() (r state.Record, result flow.Result, err error) {
				r, err = u.approve(held.ID)
				return r, result, err
			}
		},
		"the run after one that was interrupted": func(t *testing.T) (*users, func() (state.Record, flow.Result, error)) {
			u := second(t, false)
			u.drop("users_20260102.csv", bad(u)...)
			u.Faults.Always = "update"
			u.run(run.Failed)
			u.Faults.Always = ""
			return u, perform(u, u.work)
		},
		"the run after one that was rejected": func(t *testing.T) (*users, func() (state.Record, flow.Result, error)) {
			u := second(t, false)
			u.drop("users.csv", append(u.titles(4, "Cheffe"), "nobody;Chef")...) // so that dates are looked for
			u.run(run.Rejections)
			held := u.held("users_20260102.csv", bad(u)...)
			if err := u.State.Runs.Reject(t.Context(), held.ID, flow.Now()); err != nil {
				t.Fatal(err)
			}
			u.drop("users_20260103.csv", u.titles(4, "Directrice")...)
			return u, perform(u, u.work)
		},
		"a dry run": func(t *testing.T) (*users, func() (state.Record, flow.Result, error)) {
			u := second(t, false)
			u.drop("users.csv", bad(u)...) // which has its time alone, and the one before it no plan any more
			if _, err := u.State.Upkeep.Purge(t.Context(), state.PurgeOptions{FilesBefore: time.Now().Add(time.Hour)}); err != nil {
				t.Fatal(err)
			}
			return u, perform(u, func(r state.Record) flow.Work {
				return func(ctx context.Context) (flow.Result, error) { return imports.Rehearse(ctx, u.deps(), u.input(r)) }
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flowtest.Heard(t, func(t *testing.T) (*flowtest.World, func() (state.Record, flow.Result, error)) {
				u, act := start(t)
				u.t = t
				return u.World, act
			}, "update", "stat ")
		})
	}
}

// TestASpoolWithoutRoomChangesNobody: whichever file it has no room for, the run fails and says so, and
// the file is applied by the next one, once.
func TestASpoolWithoutRoomChangesNobody(t *testing.T) {
	t.Parallel()
	for name, relays := range map[string]bool{"api": false, "relay": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flowtest.Cramped(t, func(t *testing.T) (*flowtest.World, func() (state.Record, flow.Result, error), func(bool)) {
				u := newUsers(t)
				u.in.Options.Reports = userfile.ReportsXLSX
				if relays { // whose reports are small, too, as beside a workbook they are not
					u.relays().in.Options.Reports = userfile.ReportsCSV
				}
				u.drop("users.csv", append(newcomers("nora", "omar"), "pia;;;;;;;")...)
				record := u.Begin("users", run.Import)
				return u.World, func() (state.Record, flow.Result, error) { return u.Perform(record, u.work(record)) }, func(enough bool) {
					if !enough {
						if _, _, err := u.attempt(); err != nil {
							t.Error(err)
						}
					}
					u.run(run.Nothing)
					created := 0
					for _, p := range u.Tenant.Users() {
						if p.Login == "nora" || p.Login == "omar" {
							created++
						}
					}
					if handed := len(u.Names("out")); relays && (handed != 1 || created != 0) || !relays && (handed != 0 || created != 2) {
						t.Errorf("%d were created, and %d files handed on", created, handed)
					}
					if got := u.Names("in", "processed"); !slices.Contains(got, "users.csv") || !slices.Contains(got, "users.csv.rejected.csv") {
						t.Errorf("processed is %q", got)
					}
				}
			})
		})
	}
}

// TestReportThatCannotBeWrittenIsTold, and until it is written nothing says that the file is dealt with.
func TestReportThatCannotBeWrittenIsTold(t *testing.T) {
	t.Parallel()
	rejects := func(u *users) []string { return append(u.titles(1, "Chef"), "nobody;Chef") }
	for name, tt := range map[string]struct {
		rows     func(u *users) []string
		approval plan.Approval
	}{
		"of a file":       {rejects, plan.ApproveLimits},
		"of a held file":  {rejects, plan.ApproveAlways},
		"of a repetition": {func(u *users) []string { return u.titles(2, "Avant") }, plan.ApproveLimits},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			u.drop("before.csv", u.titles(2, "Avant")...)
			u.run(run.Done)
			u.drop("a.csv", tt.rows(u)...)
			u.drop("b.csv", u.titles(3, "Attend")...) // of which each report tells
			at := time.Now().Add(-time.Minute)
			if err := os.Chtimes(filepath.Join(u.Dir, "in", "a.csv"), at, at); err != nil {
				t.Fatal(err)
			}
			u.in.Change.Approval = tt.approval
			u.once("file.fetched", u.fillSpool)
			if r := u.run(run.Failed); !strings.Contains(r.Reason, spool.ErrFull.Error()) {
				t.Errorf("%s", r.Reason)
			}
			if got := u.Names("in", "processed"); slices.Contains(got, "a.csv") {
				t.Errorf("processed is %q", got)
			}
		})
	}
}
