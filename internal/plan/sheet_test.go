package plan

import (
	"fmt"
	"strings"
	"testing"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/roster"
)

func TestASheetBindsItsColumns(t *testing.T) {
	t.Parallel()
	s := newSheet(sheetOf("habilitedRoles_1;mail;e_site;login;habilitedRoles_0;dtContractStart", "Formateur;a@acme.example;Lyon;ada;;05/01/2015"), ByLogin)
	names := func(list []column) string {
		var all []string
		for _, c := range list {
			all = append(all, fmt.Sprint(c.name, "@", c.cell))
		}
		return strings.Join(all, " ")
	}
	if got := names(s.columns); got != "mail@1 e_site@2 login@3 dtContractStart@5" {
		t.Errorf("columns %s", got)
	}
	if got := names(s.roles); got != "habilitedRoles_1@0 habilitedRoles_0@4" {
		t.Errorf("roles %s", got)
	}
	if got := strings.Join(s.incomplete, " "); got != "firstName lastName" {
		t.Errorf("lacks %s", got)
	}
	r := &s.table.Rows[0]
	for code, want := range map[string]string{Login: "ada", "habilitedRoles_0": "", "e_site": "Lyon", LastName: ""} {
		if got := s.cell(r, code); got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
	if got := s.day(r, ContractStart); got != (roster.Date{Year: 2015, Month: 1, Day: 5}) || !s.day(r, ContractEnd).IsZero() || !s.day(r, Login).IsZero() {
		t.Errorf("the first day is %v", got)
	}
	if !s.has(Mail) || s.has(LastName) || s.key() != Login {
		t.Error("has the wrong columns")
	}
	var order []string
	for _, c := range s.keyFirst() {
		order = append(order, c.Code)
	}
	if got := strings.Join(order, " "); got != "login habilitedRoles_1 mail e_site habilitedRoles_0 dtContractStart" {
		t.Errorf("the identifier first: %s", got)
	}
	if s.table.Columns[0].Code != "habilitedRoles_1" {
		t.Error("the table itself changed")
	}
}

// A finding points at the cell of its column; where the file has none, at the identifier; where it
// has neither, at the row. Columns are named in the file's own words too.
func TestAReportPointsAtCells(t *testing.T) {
	t.Parallel()
	table := &Table{Columns: []Column{{Code: Mail, Index: 4, Header: "E-mail"}, {Code: Login, Index: 2, Header: "LOGIN"}, {Code: "jobTitle", Index: NoPlace}}}
	row := &Row{Number: 7}
	for _, tt := range []struct {
		by           Identifier
		column, want string
	}{
		{ByLogin, Mail, `error E7 bad: mail ("E-mail") is wrong`},
		{ByLogin, Login, "error C7 bad: login is wrong"},
		{ByLogin, "jobTitle", "error C7 bad: jobTitle is wrong"}, // a value of the configuration
		{ByLogin, LastName, "error C7 bad: lastName is wrong"},
		{ByNumber, LastName, "error row 7 bad: lastName is wrong"},
		{ByMail, LastName, "error E7 bad: lastName is wrong"},
	} {
		r := &report{sheet: newSheet(table, tt.by)}
		r.say(row, refusal("bad", tt.column, "is wrong"))
		if got := r.log.Listed[0].String(); got != tt.want {
			t.Errorf("by %s: %s, want %s", tt.by, got, tt.want)
		}
	}
}

// What is about the file comes first, then the rows, each in the order of its columns.
func TestAReportIsInTheOrderOfTheFile(t *testing.T) {
	t.Parallel()
	r := &report{sheet: newSheet(sheetOf("mail;login;jobTitle"), ByLogin)}
	two, three := &Row{Number: 2}, &Row{Number: 3}
	r.say(three, refusal("c", Mail, ""))
	r.say(two, warning("z", "jobTitle", ""), refusal("a", LastName, ""), refusal("y", Mail, ""), refusal("b", Mail, ""))
	r.note("file", "employee %d is %s", 7, "absent")
	var got []string
	for _, f := range r.sorted() {
		got = append(got, fmt.Sprint(f.Row, " ", f.Code))
	}
	if want := "0 file, 2 b, 2 y, 2 z, 2 a, 3 c"; strings.Join(got, ", ") != want {
		t.Errorf("%s, want %s", strings.Join(got, ", "), want)
	}
	if f := r.log.Listed[0]; f.Severity != finding.Warning || f.Message != "employee 7 is absent" {
		t.Errorf("a note is %+v", f)
	}
}

// The verdicts of a check reject their rows, and raise a doubt but never lower it.
func TestVerdictsArePassed(t *testing.T) {
	t.Parallel()
	in := officeInput(t, Policy{}, "login;jobTitle", "ada;Chef", "ben;Chef", "cleo;Chef")
	r, changes, _ := merged(in)
	changes[1].likeness = 2
	pass(r, changes, []verdict{
		{at: 0, objection: refusal("x", Login, "is wrong")},
		{at: 1, objection: warning("y", Login, "is odd"), likeness: 1},
		{at: 2, objection: warning("y", Login, "is odd"), likeness: 1},
	})
	var got []string
	for i := range changes {
		got = append(got, fmt.Sprint(changes[i].rejected, changes[i].set.Len(), changes[i].likeness))
	}
	if want := "true 0 0, false 1 2, false 1 1"; strings.Join(got, ", ") != want {
		t.Errorf("%s, want %s", strings.Join(got, ", "), want)
	}
	if got := codesOfReport(r); got != "2 x, 3 ~y, 4 ~y" {
		t.Errorf("says %s", got)
	}
}
