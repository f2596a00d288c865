package explain_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
)

// TestEachDecisionOfAnExportIsSaidInASentence, and of a file that was not sent that it was not.
func TestEachDecisionOfAnExportIsSaidInASentence(t *testing.T) {
	t.Parallel()
	end := roster.DateOf(time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC))
	for _, tt := range []struct {
		person  export.Person
		outcome run.Outcome
		says    string
	}{
		{export.Person{Decision: export.Sent, Row: 2}, run.Done, "in the file, on row 2"},
		{export.Person{Decision: export.Sent, Row: 2}, run.Held, "the file was not sent"},
		{export.Person{Decision: export.Sent, Row: 2}, run.Failed, "may have an older file"},
		{export.Person{Decision: export.Rejected}, run.Done, "see the findings"},
		{export.Person{Decision: export.Upcoming}, run.Done, "population.upcoming_days"},
		{export.Person{Decision: export.Left, End: end}, run.Done, "ended on 2026-10-31"},
		{export.Person{Decision: export.Elsewhere}, run.Done, "population.establishments"},
		{export.Person{Decision: export.Elsewhere, Outside: "exclude"}, run.Done, "not in the file: population.exclude leaves this employee out"},
		{export.Person{Decision: export.Gone, Since: end}, run.Done, "no longer in the file since 2026-10-31: Lucca does not list this employee any more, and shows no end"},
		{export.Person{Decision: export.Gone, Since: end, End: end}, run.Done, "the contract ended on 2026-10-31"},
	} {
		tt.person.ID, tt.person.Login = 7, "jdoe"
		r := run.Run{ID: "r1", Flow: "nightly", Result: run.Result{Outcome: tt.outcome}}
		got, err := explain.Export(r, export.Snapshot{People: []export.Person{tt.person}}, explain.File{}, "JDOE")
		if err != nil || len(got) != 1 || !strings.Contains(got[0].Why, tt.says) {
			t.Errorf("%s %s: %+v, %v; want %q", tt.person.Decision, tt.outcome, got, err, tt.says)
		}
		if len(got) == 1 && (got[0].Employee != 7 || got[0].Run != "r1" || got[0].Flow != "nightly") {
			t.Errorf("%+v is about somebody else", got[0])
		}
	}
}

// TestTheCellsOfAnEmployeeAreReadBack by the row, and there are none once the file is purged.
func TestTheCellsOfAnEmployeeAreReadBack(t *testing.T) {
	t.Parallel()
	s := export.Snapshot{
		Columns: []export.SnapshotColumn{{Key: "email", Header: "E-mail", From: []string{"mail"}}, {Key: "job", Header: "Job"}},
		People: []export.Person{
			{ID: 7, Number: "12", Decision: export.Sent, Row: 3}, {ID: 8, Number: "12", Decision: export.Rejected},
		},
	}
	file := explain.File{Name: "users.csv", Row: func(n int) ([]string, error) {
		if n != 3 {
			t.Errorf("row %d was asked for", n)
		}
		return []string{"j@acme.example", ""}, nil
	}}
	got, err := explain.Export(run.Run{}, s, file, "12")
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if c := got[0].Columns; *c[0].Value != "j@acme.example" || *c[1].Value != "" || got[0].File != "users.csv" {
		t.Errorf("the one in the file: %+v", got[0])
	}
	if c := got[1].Columns; len(c) != 2 || c[0].Value != nil || got[1].File != "" {
		t.Errorf("the one who is not: %+v", got[1])
	}
	file.Row = func(int) ([]string, error) { return nil, nil }
	if got, err = explain.Export(run.Run{}, s, file, "7"); err != nil || got[0].Columns[0].Value != nil {
		t.Errorf("a purged file: %+v, %v", got, err)
	}
	fault := errors.New("a disk that is broken")
	file.Row = func(int) ([]string, error) { return nil, fault }
	if _, err = explain.Export(run.Run{}, s, file, "7"); !errors.Is(err, fault) {
		t.Errorf("%v", err)
	}
	if _, err = explain.Export(run.Run{}, s, file, "nobody"); !errors.Is(err, run.ErrUsage) {
		t.Errorf("%v", err)
	}
}

// planned is a plan of a file with two rows, and of one who is absent from it.
func planned() (plan.Table, *plan.Plan) {
	t := plan.Table{
		Columns: []plan.Column{{Code: plan.Login}, {Code: plan.Mail}, {Code: plan.EmployeeNumber}},
		Rows:    []plan.Row{{Number: 2, Cells: []string{"jdoe", "j@acme.example", "12"}}, {Number: 3, Cells: []string{"", "k@acme.example"}}},
	}
	p := &plan.Plan{
		Items: []plan.Item{
			{Row: 2, Action: plan.Update, EmployeeID: 7, Set: plan.SetOf(map[string]plan.Change{plan.Mail: {From: "old@acme.example", To: "j@acme.example"}})},
			{Row: 3, Action: plan.Reject},
			{Action: plan.End, EmployeeID: 9},
		},
		Rest: []finding.Rest{{Severity: finding.Error, Code: "date", Column: "dtContractEnd", Rows: finding.Rows{{3, 3}}}},
	}
	return t, p
}

func people(t *testing.T) *roster.Roster {
	t.Helper()
	r, err := roster.New(roster.Snapshot{Employees: []roster.Employee{
		{ID: 7, Login: "jdoe", Mail: "old@acme.example", EmployeeNumber: "12"},
		{ID: 9, Login: "gone", Mail: "gone@acme.example", EmployeeNumber: "44"},
	}}, roster.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestWhomAnItemIsAbout is as the file names them, else as Lucca does.
func TestWhomAnItemIsAbout(t *testing.T) {
	t.Parallel()
	table, p := planned()
	got := explain.People(table, p, people(t))
	want := []explain.Person{
		{Item: 0, Login: "jdoe", Mail: "j@acme.example", Number: "12"},
		{Item: 1, Mail: "k@acme.example"},
		{Item: 2, Login: "gone", Mail: "gone@acme.example", Number: "44"},
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("item %d is about %+v, want %+v", i, got[i], want[i])
		}
	}
}

// TestAPlanIsExplained by login, mail, number and Lucca id, with what was said of the row, also
// where the finding itself is only counted.
func TestAPlanIsExplained(t *testing.T) {
	t.Parallel()
	table, p := planned()
	r := run.Run{ID: "r1", Flow: "users", Result: run.Result{File: &run.File{Name: "users.csv"}}}
	findings := []finding.Finding{{Severity: finding.Warning, Code: "mail", Row: 2, Message: "odd"}, {Code: "file", Message: "of the whole"}}
	whom := explain.People(table, p, people(t))
	for _, tt := range []struct {
		who    string
		action plan.Action
		says   string
		notes  int
	}{
		{"JDOE ", plan.Update, "on row 2: differs from Lucca, and is updated", 1},
		{"12", plan.Update, "on row 2", 1},
		{"7", plan.Update, "on row 2", 1},
		{"k@acme.example", plan.Reject, "on row 3: the row is rejected", 1},
		{"44", plan.End, "absent from the file: the contract is ended", 0},
	} {
		got, err := explain.Plan(r, findings, p, whom, tt.who)
		if err != nil || len(got) != 1 {
			t.Errorf("%q: %+v, %v", tt.who, got, err)
			continue
		}
		e := got[0]
		if e.Action != tt.action || !strings.HasPrefix(e.Why, tt.says) || len(e.Notes) != tt.notes || e.File != "users.csv" {
			t.Errorf("%q: %+v, want %q", tt.who, e, tt.says)
		}
		if set := e.Set[plan.Mail]; tt.action == plan.Update && (set.From != "old@acme.example" || set.To != "j@acme.example") {
			t.Errorf("%q: sets %+v", tt.who, e.Set)
		}
	}
	if _, err := explain.Plan(r, findings, p, whom, "0"); !errors.Is(err, run.ErrUsage) {
		t.Errorf("nobody: %v", err)
	}
}

// TestEachActionIsSaidInASentence.
func TestEachActionIsSaidInASentence(t *testing.T) {
	t.Parallel()
	for action, says := range map[plan.Action]string{
		plan.Create: "is created", plan.Rehire: "comes back", plan.Unchanged: "nothing is sent", plan.End: "ended", plan.Reject: "rejected",
	} {
		p := &plan.Plan{Items: []plan.Item{{Row: 2, Action: action}}}
		got, err := explain.Plan(run.Run{}, nil, p, []explain.Person{{Login: "a"}}, "a")
		if err != nil || !strings.Contains(got[0].Why, says) {
			t.Errorf("%s: %+v, %v", action, got, err)
		}
	}
}
