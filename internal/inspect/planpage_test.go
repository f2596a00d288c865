package inspect_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/inspect/inspecttest"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// kept is a run with a plan of so many rows, with what is looked at beside it or, as an earlier
// version left it, without.
func kept(t testing.TB, w *world, rows int, lines bool) string {
	t.Helper()
	r := w.begin(t, "payroll")
	p, people := inspecttest.Plan(rows)
	stored := change.Stored{Plan: p, People: people}
	record := state.PlanRecord{Run: r.ID, Flow: r.Flow, Hash: p.Hash(), Write: func(out io.Writer) error { return stored.Write(out) }, Expires: w.clock.AddDate(0, 0, 7)}
	if lines {
		record.Lines = flow.Lines(explain.Lines(p, people))
	}
	if err := w.store.Plans().SavePlan(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	r.Findings = p.Findings
	w.end(t, withFile(r, "users.csv", rows), run.Held)
	return r.ID
}

// TestPlanPageIsOfThePlan: each page and filter shows what the plan has that is approved, in its
// order, whichever version kept it.
func TestPlanPageIsOfThePlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1").asKept()
	const rows = 450
	for name, id := range map[string]string{"kept to be looked at": kept(t, w, rows, true), "of an earlier version": kept(t, w, rows, false)} {
		whole, err := w.PlanOf(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			q     inspect.PlanQuery
			found int
		}{
			{inspect.PlanQuery{}, rows},
			{inspect.PlanQuery{Changed: true}, 5 + 25 + 10},
			{inspect.PlanQuery{Action: plan.Create}, 5},
			{inspect.PlanQuery{Action: plan.Unchanged, Changed: true}, rows - 40},
			{inspect.PlanQuery{Column: "jobTitle"}, 25},
			{inspect.PlanQuery{Column: plan.Department}, 10},
			{inspect.PlanQuery{Code: "unknown_department"}, 10},
			{inspect.PlanQuery{Establishment: "Nantes"}, rows / 3},
			{inspect.PlanQuery{Establishment: "Nant"}, 0},
			{inspect.PlanQuery{Code: "unknown_department", Establishment: "Lyon"}, 3},
			{inspect.PlanQuery{Text: "Lyon", Names: true}, 0},
			{inspect.PlanQuery{Text: "Hélène", Names: true}, 0},
			{inspect.PlanQuery{Text: "Has This NAME"}, 10},
			{inspect.PlanQuery{Text: "unknown_dep"}, 10},
			{inspect.PlanQuery{Text: "jobtitle"}, 25},
			{inspect.PlanQuery{Text: inspecttest.Login(17), Names: true}, 11}, // 17 and 170 to 179
			{inspect.PlanQuery{Text: "ZOE 17 medard17", Names: true}, 1},
			{inspect.PlanQuery{Text: inspecttest.Login(17)}, 0},
			{inspect.PlanQuery{Text: "000017", Names: true}, 1},
			{inspect.PlanQuery{Text: "@", Names: true}, rows},
			{inspect.PlanQuery{Text: "-", Names: true}, 0},
			{inspect.PlanQuery{Text: "\t1\t", Names: true}, rows},
			{inspect.PlanQuery{Text: "  "}, rows},
		} {
			seen := -1
			for q := tt.q; ; q.After += 60 {
				q.Limit = 60
				page, err := w.PlanPage(t.Context(), id, q)
				if err != nil {
					t.Fatal(err)
				}
				if tt.q.Text != "\t1\t" && (page.Found != tt.found || page.All != rows || page.Hash != whole.Plan.Hash || page.Columns["jobTitle"] != 25) {
					t.Fatalf("%s, %+v: %d of %d found, hash %s, %v; want %d", name, q, page.Found, page.All, page.Hash, page.Columns, tt.found)
				}
				for _, l := range page.Lines {
					if l.Item <= seen {
						t.Fatalf("%s, %+v: item %d after %d", name, q, l.Item, seen)
					}
					seen = l.Item
					if got, want := fmt.Sprint(l.DocumentItem), fmt.Sprint(whole.Plan.Items[l.Item]); got != want || l.Of.Name != whole.People[l.Item].Name {
						t.Fatalf("%s: item %d is %s, want %s", name, l.Item, got, want)
					}
					if l.Action == plan.Reject && len(l.Findings) != 1 {
						t.Fatalf("%s: rejected item %d says %v", name, l.Item, l.Findings)
					}
				}
				if len(page.Lines) < q.Limit {
					break
				}
			}
		}
	}
	r := w.end(t, w.begin(t, "nightly"), run.Done)
	if _, err := w.PlanPage(t.Context(), r.ID, inspect.PlanQuery{}); !errors.Is(err, run.ErrUsage) {
		t.Errorf("of an export: %v", err)
	}
}

// TestPeopleOfAPlanStandUnderTheirManagers, each team whole and in the order of the plan, whoever has no
// manager last; pages go on where the one before ended.
func TestPeopleOfAPlanStandUnderTheirManagers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1").asKept()
	const rows = 450
	for name, id := range map[string]string{"kept to be looked at": kept(t, w, rows, true), "of an earlier version": kept(t, w, rows, false)} {
		var lines []inspect.PlanLine
		for q := (inspect.PlanQuery{ByManager: true, Limit: 100}); ; q.After += q.Limit {
			page, err := w.PlanPage(t.Context(), id, q)
			if err != nil {
				t.Fatal(err)
			}
			if !page.Managers || page.Found != rows || page.Establishments["Paris"] != rows/3 {
				t.Fatalf("%s: %d found, managers %t, %v", name, page.Found, page.Managers, page.Establishments)
			}
			if lines = append(lines, page.Lines...); len(page.Lines) < q.Limit {
				break
			}
		}
		if len(lines) != rows || lines[rows-1].Manager != "" || lines[0].Manager != "Hélène N°1" {
			t.Fatalf("%s: %d lines, from %q to %q", name, len(lines), lines[0].Manager, lines[len(lines)-1].Manager)
		}
		for n := 1; n < rows; n++ {
			before, l := lines[n-1], lines[n]
			if l.Manager == before.Manager && l.Item <= before.Item || l.Manager != before.Manager && l.Manager != "" && l.Manager < before.Manager {
				t.Fatalf("%s: %q of item %d after %q of item %d", name, l.Manager, l.Item, before.Manager, before.Item)
			}
		}
	}
}
