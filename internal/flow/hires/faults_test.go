package hires_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/wrap"
)

// world is what must be the same after any fault.
func (a *ats) world() map[string]string {
	w := a.states()
	for _, name := range []string{"Quetzal", "Xylander", "Zwingli"} {
		w[name] = fmt.Sprint(a.named(name))
	}
	for _, folder := range []string{"in", "in/in-progress", "in/failed"} {
		w[folder] = strings.Join(a.Names(folder), " ")
	}
	return w
}

// TestAnyOperationMayFail: whichever one of a run fails, is done without an answer, or is the
// last of its process: each hire becomes one employee, and no file is lost.
func TestAnyOperationMayFail(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T) *ats {
		a := newATS(t)
		a.in.Picks = true
		a.drop("hired.csv", row(two()[1]))
		a.hired = []hire.Event{two()[0]}
		a.webhook(person("R-3", "Zacharie", "Zwingli"))
		a.Faults.Reset(0, false, false)
		return a
	}
	a := start(t)
	a.run(run.Done)
	want, operations := a.world(), a.Faults.Count()
	if operations < 12 {
		t.Fatalf("a run of %d operations", operations)
	}
	for _, late := range []bool{false, true} {
		for _, dead := range []bool{false, true} {
			t.Run(fmt.Sprintf("late %v, dead %v", late, dead), func(t *testing.T) {
				t.Parallel()
				for at := 1; at <= operations; at += flowtest.Step {
					a := start(t)
					a.Faults.Reset(at, late, dead)
					first, _, _ := a.attempt()
					said := a.Faults.Name(min(at, a.Faults.Count()))
					a.Restart()
					for range 4 {
						r, _, err := a.attempt()
						if err != nil {
							t.Fatal(err)
						}
						if r.Outcome == run.Nothing {
							break
						}
					}
					if diff := cmp.Diff(want, a.world()); diff != "" {
						t.Errorf("%d (%s): %s\n%s", at, said, first.Reason, diff)
					}
				}
			})
		}
	}
}

// TestAnyOperationOfAnApprovalMayFail: each hire becomes one employee all the same.
func TestAnyOperationOfAnApprovalMayFail(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		for _, dead := range []bool{false, true} {
			t.Run(fmt.Sprintf("late %v, dead %v", late, dead), func(t *testing.T) {
				t.Parallel()
				for at := 1; ; at += flowtest.Step {
					a := newATS(t)
					held := a.held()
					a.Faults.Reset(at, late, dead)
					_, _ = a.approve(held.ID)
					more := a.Faults.Count() >= at
					a.Restart()
					for range 3 {
						if a.Kept(held.ID).Outcome == run.Held {
							if _, err := a.approve(held.ID); err != nil {
								t.Errorf("%d: approved again: %v", at, err)
							}
							continue
						}
						if _, _, err := a.attempt(); err != nil {
							t.Fatal(err)
						}
					}
					a.wantStates(map[string]string{"R-1": state.HireApplied, "R-2": state.HireApplied})
					if a.named("Quetzal") != 1 || a.named("Xylander") != 1 {
						t.Errorf("%d: %s", at, a.Kept(held.ID).Reason)
					}
					if !more {
						return
					}
				}
			})
		}
	}
}

// TestFileOfHiresThatCannotBeStoredIsGivenBack to the next run.
func TestFileOfHiresThatCannotBeStoredIsGivenBack(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.in.Picks = true
	a.drop("hired.csv", row(two()[0]))
	a.Faults.Always = "add hires"
	a.run(run.Failed)
	if got := a.Names("in"); !slices.Equal(got, []string{"hired.csv"}) {
		t.Errorf("the folder has %q", got)
	}
	if _, err := os.Stat(filepath.Join(a.Dir, "in", "in-progress", "hired.csv")); !errors.Is(err, os.ErrNotExist) {
		t.Error("the file is still in progress")
	}
	a.Faults.Always = ""
	a.run(run.Done)
}

// TestHiresOfAFileAreStoredTogether: each transaction costs the disk a moment, so that a file of many
// hires has few, and not one for each row.
func TestHiresOfAFileAreStoredTogether(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.in.Picks, a.source.Poll = true, nil
	const count = 1_100
	var rows []string
	for i := range count {
		rows = append(rows, row(hire.Event{ExternalID: fmt.Sprint("a-", i), LastName: fmt.Sprint("Name", i), FirstName: "Ana", Mail: fmt.Sprintf("user%d@acme.example", i)}))
	}
	a.drop("hires.csv", rows...)
	store := &counting{Store: a.Store}
	r := a.Begin("ats", run.Hires)
	r, _, err := a.Perform(r, func(ctx context.Context) (flow.Result, error) {
		d := a.deps()
		d.Store = store
		return hires.Run(ctx, d, a.input(r))
	})
	if err != nil || store.rows != count || store.writes != (count+hires.PerWrite-1)/hires.PerWrite {
		t.Errorf("%d hires in %d transactions, %v", store.rows, store.writes, err)
	}
	used := 0
	for _, f := range r.Findings {
		if f.Code == "default_used" {
			used++
		}
	}
	for _, o := range r.Omitted {
		if o.Code == "default_used" {
			used += o.Count
		}
	}
	if used != 3*count {
		t.Errorf("of %d hires it is said %d times that a default is used, want three times each", count, used)
	}
}

// counting counts what brings hires to the store.
type counting struct {
	hires.Store
	writes, rows int
}

// AddHires counts.
func (c *counting) AddHires(ctx context.Context, h []state.Hire) ([]state.StoredHire, error) {
	c.writes++
	c.rows += len(h)
	return c.Store.AddHires(ctx, h)
}

// TestNoFaultOfHiresIsSwallowed: whatever fails, of the store, of Lucca or of the remote, is said: a
// hire that nobody hears of is somebody without an account on their first day.
func TestNoFaultOfHiresIsSwallowed(t *testing.T) {
	t.Parallel()
	begun := func(a *ats, work func(state.Record) flow.Work) func() (state.Record, flow.Result, error) {
		record := a.Begin("ats", run.Hires)
		return func() (state.Record, flow.Result, error) { return a.Perform(record, work(record)) }
	}
	// full has hires of each way in and of each state.
	full := func(t *testing.T) *ats {
		a := newATS(t)
		there := a.Tenant.Users()[10]
		linked := person("R-4", there.FirstName, there.LastName)
		linked.Mail = there.Mail
		byNumber, byText := person("123", "Ursula", "Ulm"), person("abc", "Ursula", "Ulm")
		byNumber.Twin, byText.Twin = "twin", "twin"
		refused := person("R-6", "Yolande", "Yersin")
		refused.Role = "Empereur"
		a.webhook(linked, a.namesake("R-5"), refused)
		a.run(run.Rejections)
		a.in.Picks = true
		a.drop("hired.csv", row(two()[1]), "R-9;;;;not a date")
		refused.Role = "Utilisateur"
		a.hired = []hire.Event{two()[0], refused}
		a.webhook(person("R-3", "Zacharie", "Zwingli"), byNumber, byText, a.namesake("R-7"))
		return a
	}
	for name, start := range map[string]func(t *testing.T) (*ats, func() (state.Record, flow.Result, error)){
		"a run": func(t *testing.T) (*ats, func() (state.Record, flow.Result, error)) {
			a := full(t)
			return a, begun(a, a.work)
		},
		"a run that is held": func(t *testing.T) (*ats, func() (state.Record, flow.Result, error)) {
			a := full(t)
			a.in.Change.Approval = plan.ApproveAlways
			return a, begun(a, a.work)
		},
		"a run of the queue": func(t *testing.T) (*ats, func() (state.Record, flow.Result, error)) {
			a := full(t)
			a.in.Queued = true
			return a, begun(a, a.work)
		},
		"an approval": func(t *testing.T) (*ats, func() (state.Record, flow.Result, error)) {
			a := newATS(t)
			held := a.held()
			return a, func() (r state.Record, result flow.Result, err error) {
				r, err = a.approve(held.ID)
				return r, result, err
			}
		},
		"the run after one that was interrupted": func(t *testing.T) (*ats, func() (state.Record, flow.Result, error)) {
			a := newATS(t)
			a.webhook(two()...)
			a.Faults.Always = "create"
			a.run(run.Failed)
			a.Faults.Always = ""
			return a, begun(a, a.work)
		},
		"a dry run": func(t *testing.T) (*ats, func() (state.Record, flow.Result, error)) {
			a := full(t)
			return a, begun(a, func(r state.Record) flow.Work {
				return func(ctx context.Context) (flow.Result, error) { return hires.Rehearse(ctx, a.deps(), a.input(r)) }
			})
		},
		"hires of a run that was rejected": func(t *testing.T) (*ats, func() (state.Record, flow.Result, error)) {
			a := newATS(t)
			held := a.held()
			return a, func() (state.Record, flow.Result, error) {
				return held, flow.Result{}, hires.Rejected(t.Context(), a.Store, held)
			}
		},
		"hires of a run that expired": func(t *testing.T) (*ats, func() (state.Record, flow.Result, error)) {
			a := newATS(t)
			held := a.held()
			return a, func() (state.Record, flow.Result, error) {
				return held, flow.Result{}, hires.Expired(t.Context(), a.Store, held)
			}
		},
		"decisions on refused hires": func(t *testing.T) (*ats, func() (state.Record, flow.Result, error)) {
			a := newATS(t)
			var ids []string
			for i, e := range append(two(), person("R-3", "Zacharie", "Zwingli")) {
				e.Role = "Empereur"
				a.webhook(e)
				ids = append(ids, a.stored(fmt.Sprint("R-", i+1)).ID)
			}
			r := a.run(run.Rejections)
			return a, func() (state.Record, flow.Result, error) {
				return r, flow.Result{}, errors.Join(
					second(hires.Drop(t.Context(), a.Store, hires.Decision{ID: ids[0]})),
					second(hires.Link(t.Context(), a.Store, hires.Decision{ID: ids[1]}, 7)),
					second(hires.Fill(t.Context(), a.Store, hires.Decision{ID: ids[2]}, hire.Fill{"job_title": "Chef"})),
				)
			}
		},
		"a decision on a hire": func(t *testing.T) (*ats, func() (state.Record, flow.Result, error)) {
			a := newATS(t)
			a.webhook(a.namesake("R-5"))
			r := a.run(run.Rejections)
			id := a.stored("R-5").ID
			return a, func() (state.Record, flow.Result, error) {
				return r, flow.Result{}, second(hires.Retry(t.Context(), a.Store, hires.Decision{ID: id}))
			}
		},
		"a webhook that mends a hire": func(t *testing.T) (*ats, func() (state.Record, flow.Result, error)) {
			a := newATS(t)
			e := a.namesake("R-5")
			a.webhook(e)
			r := a.run(run.Rejections)
			e.JobTitle = "Chef"
			return a, func() (state.Record, flow.Result, error) {
				_, err := hires.Add(t.Context(), a.Store, slog.New(slog.DiscardHandler), hires.Batch{Flow: "ats", Events: []hire.Event{e}, Add: a.State.Hires.AddHires})
				return r, flow.Result{}, err
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flowtest.Heard(t, func(t *testing.T) (*flowtest.World, func() (state.Record, flow.Result, error)) {
				a, act := start(t)
				a.t = t
				return a.World, act
			}, "list in-progress", "create", "find users")
		})
	}
}

// TestASpoolWithoutRoomLosesNoHire: the run says so, and the next one creates everybody.
func TestASpoolWithoutRoomLosesNoHire(t *testing.T) {
	t.Parallel()
	flowtest.Cramped(t, func(t *testing.T) (*flowtest.World, func() (state.Record, flow.Result, error), func(bool)) {
		a := newATS(t)
		a.in.Picks, a.unwrap = true, wrap.UnwrapConfig{{Gzip: &wrap.Gunzip{}}}
		a.drop("hired.csv", row(two()[1]), "R-9;;;;not a date")
		a.hired = []hire.Event{two()[0]}
		record := a.Begin("ats", run.Hires)
		return a.World, func() (state.Record, flow.Result, error) { return a.Perform(record, a.work(record)) }, func(enough bool) {
			if !enough {
				if _, _, err := a.attempt(); err != nil {
					t.Error(err)
				}
			}
			a.run(run.Nothing)
			a.wantStates(map[string]string{"R-1": state.HireApplied, "R-2": state.HireApplied})
			if got := a.Names("in", "processed"); !slices.Contains(got, "hired.csv") {
				t.Errorf("processed is %q", got)
			}
		}
	})
}
