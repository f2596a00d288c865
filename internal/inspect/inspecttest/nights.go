// Package inspecttest makes what an instance has after a long time, for the bounds of what looks
// at it.
package inspecttest

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Company says how large a history is.
type Company struct {
	// Export is a flow that sends all people each night; Import one that changes a hundredth of them
	// once a week. Either may be empty.
	Export, Import string
	Nights, People int
}

// Fill puts the history of a company into a state, and returns the id of its last run of the
// import, which is held. The last night is yesterday.
func (c Company) Fill(tb testing.TB, s *state.Store) (held string) {
	tb.Helper()
	first := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -c.Nights)
	for night := range c.Nights {
		at := first.AddDate(0, 0, night)
		if c.Export != "" {
			c.send(tb, s, at, night)
		}
		if last := night == c.Nights-1; c.Import != "" && (night%7 == 6 || last) {
			held = c.plan(tb, s, at.Add(time.Hour), last)
		}
	}
	return held
}

// Name is what the nth person is called; there are 97 surnames.
func Name(n int) string { return fmt.Sprintf("Zoé-%d Médard%d", n, n%97) }

// Login is that of the nth person, whose Lucca id is n.
func Login(n int) string { return fmt.Sprintf("zoe.medard%d", n) }

func begin(tb testing.TB, s *state.Store, name string, kind run.Kind, at time.Time) state.Record {
	tb.Helper()
	r := state.Record{Run: run.Run{ID: run.NewID(at), Flow: name, Kind: kind, Slot: at, StartedAt: at}}
	if _, err := s.Runs().Begin(tb.Context(), r); err != nil {
		tb.Fatal(err)
	}
	return r
}

func end(tb testing.TB, s *state.Store, r state.Record, outcome run.Outcome) {
	tb.Helper()
	r.Outcome, r.FinishedAt = outcome, r.StartedAt.Add(time.Minute)
	if err := s.Runs().Finish(tb.Context(), r); err != nil {
		tb.Fatal(err)
	}
}

// send is a night of the export. One in a thousand people has a note, by turns.
func (c Company) send(tb testing.TB, s *state.Store, at time.Time, night int) {
	tb.Helper()
	r := begin(tb, s, c.Export, run.Export, at)
	snapshot := export.Snapshot{Columns: []export.SnapshotColumn{{Key: "email", Header: "E-mail"}}}
	for n := 1; n <= c.People; n++ {
		p := export.Person{
			ID: n, Name: Name(n), Login: Login(n), Mail: Login(n) + "@acme.example", Number: fmt.Sprintf("%06d", n),
			Place: 1 + n%40, Decision: export.Sent, Row: n + 1,
		}
		if (n+night)%1000 == 0 {
			p.Notes = []finding.Finding{{Severity: finding.Warning, Code: "too_long", Row: n + 1, Column: "email", Message: "is longer than 40 characters"}}
			r.Findings = append(r.Findings, p.Notes...)
		}
		snapshot.People = append(snapshot.People, p)
	}
	data, err := snapshot.Encode()
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.Deliveries().SaveSnapshot(tb.Context(), r.ID, data, flow.Known(explain.InFile(snapshot))); err != nil {
		tb.Fatal(err)
	}
	r.File, r.Rows = &run.File{Name: "users.csv", SHA256: strings.Repeat("c0ffee00", 8)}, &run.Rows{Read: c.People, Sent: c.People}
	end(tb, s, r, run.Done)
}

// plan is a run of the import; one that is held is left so.
func (c Company) plan(tb testing.TB, s *state.Store, at time.Time, held bool) string {
	tb.Helper()
	r := begin(tb, s, c.Import, run.Import, at)
	p, people := Plan(c.People)
	stored := change.Stored{Plan: p, People: people, Tenant: "https://acme.example"}
	err := s.Plans().SavePlan(tb.Context(), state.PlanRecord{
		Run: r.ID, Flow: r.Flow, Hash: p.Hash(), Write: func(w io.Writer) error { return stored.Write(w) }, Expires: at.AddDate(0, 0, 7),
		People: flow.Known(explain.InPlan(p, people)), Lines: flow.Lines(explain.Lines(p, people)),
	})
	if err != nil {
		tb.Fatal(err)
	}
	changes := p.Changes()
	r.File, r.Rows, r.Changes = &run.File{Name: "users.csv", SHA256: strings.Repeat("c0ffee00", 8)}, &run.Rows{Read: c.People}, &run.Changes{Create: changes.Create, Update: changes.Update, Unchanged: changes.Unchanged, Reject: changes.Reject}
	r.Findings = p.Findings
	outcome := run.Rejections
	if held {
		outcome = run.Held
	}
	end(tb, s, r, outcome)
	return r.ID
}

// Plan is one of so many rows: of a hundred, one is created, five are updated, two rejected, and the
// others are in Lucca as in the file.
func Plan(rows int) (*plan.Plan, []explain.Person) {
	p := &plan.Plan{}
	people := make([]explain.Person, rows)
	for n := range rows {
		item := plan.Item{Row: n + 2, Action: plan.Unchanged, EmployeeID: n + 1, Login: Login(n + 1)}
		switch n % 100 {
		case 0:
			item.Action, item.EmployeeID = plan.Create, 0
			item.Set = plan.SetOf(map[string]plan.Change{plan.FirstName: {To: "Zoé"}, plan.LastName: {To: fmt.Sprintf("Médard%d", n%97)}, plan.Mail: {To: Login(n+1) + "@acme.example"}})
		case 1, 2, 3, 4, 5:
			item.Action = plan.Update
			item.Set = plan.SetOf(map[string]plan.Change{"jobTitle": {From: "Chef", To: fmt.Sprintf("Cheffe %d", n)}})
		case 6, 7:
			item.Action = plan.Reject
			if len(p.Findings) < 1000 {
				p.Findings = append(p.Findings, finding.Finding{Severity: finding.Error, Code: "unknown_department", Row: n + 2, Column: plan.Department, Message: "no department has this name"})
			}
		}
		p.Items = append(p.Items, item)
		people[n] = explain.Person{Item: n, Name: Name(n + 1), Login: Login(n + 1), Mail: Login(n+1) + "@acme.example", Number: fmt.Sprintf("%06d", n+1)}
		people[n].Establishment = [...]string{"Lyon", "Nantes", "Paris"}[n%3]
		if n%10 > 0 {
			people[n].Manager = fmt.Sprintf("Hélène N°%d", n%10)
		}
	}
	return p, people
}
