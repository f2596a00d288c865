package inspect_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/inspect/inspecttest"
	"lucca-exchange/internal/state"
)

// long is an instance of 10,000 people after 400 nights, and the id of its held import.
func long(b *testing.B) (*world, string) {
	b.Helper()
	nights, people := 400, 10_000
	if testing.Short() {
		nights, people = 20, 1000
	}
	w := newWorld(b, "http://127.0.0.1:1")
	return w.asKept(), inspecttest.Company{Export: "nightly", Import: "payroll", Nights: nights, People: people}.Fill(b, w.store)
}

// asKept reads plans as the flows keep them.
func (w *world) asKept() *world {
	w.Plan = func(r state.PlanRecord, withPeople bool) (inspect.Plan, error) {
		s, err := change.ReadPlan(r, withPeople)
		return inspect.Plan{Plan: s.Plan, People: s.People, Hires: s.Hires}, err
	}
	return w
}

// within measures how long one thing takes, and fails where half of the times are over the bound:
// the slowest of a loaded machine say nothing of the program.
func within(b *testing.B, bound time.Duration, do func()) {
	b.Helper()
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		do()
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	median := took[len(took)/2]
	b.ReportMetric(float64(median.Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	if median > bound {
		b.Errorf("takes %s, want at most %s", median, bound)
	}
}

// BenchmarkPerson bounds the time line of a person, and the search for one.
func BenchmarkPerson(b *testing.B) {
	w, _ := long(b)
	for _, who := range []string{inspecttest.Login(102), "103", "000104@nobody", "medard2 zoe-2"} {
		b.Run(fmt.Sprintf("%q", who), func(b *testing.B) {
			within(b, 100*time.Millisecond, func() {
				if _, err := w.Person(b.Context(), who, 1000); err != nil {
					b.Log(err) // several are called so, or nobody
				}
			})
		})
	}
	b.Run("by id", func(b *testing.B) {
		within(b, 100*time.Millisecond, func() {
			if who, line, err := inspect.PersonOf(b.Context(), w.Inspector, 104, 500); err != nil || who.Login == "" || len(line) == 0 {
				b.Fatal(who, line, err)
			}
		})
	})
	b.Run("by name", func(b *testing.B) {
		within(b, 100*time.Millisecond, func() {
			if list, err := w.FindPeople(b.Context(), "Médard5"); err != nil || len(list) == 0 {
				b.Fatal(list, err)
			}
		})
	})
}

// BenchmarkPlanPage bounds a page, a filter and a search of a plan of 100,000 rows.
func BenchmarkPlanPage(b *testing.B) {
	rows := 100_000
	if testing.Short() {
		rows = 1000
	}
	w := newWorld(b, "http://127.0.0.1:1").asKept()
	id := kept(b, w, rows, true)
	for name, q := range map[string]inspect.PlanQuery{
		"first page": {Changed: true}, "page in the middle": {After: rows / 2}, "filter": {Action: "create"}, "column": {Column: "jobTitle", After: rows / 50},
		"name": {Text: "Médard17 ", Names: true}, "finding": {Text: "unknown_department"}, "nothing": {Text: "nobody at all", Names: true},
	} {
		q.Limit = 100
		b.Run(name, func(b *testing.B) {
			within(b, 300*time.Millisecond, func() {
				if _, err := w.PlanPage(b.Context(), id, q); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}
