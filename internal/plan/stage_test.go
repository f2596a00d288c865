package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/roster"
)

// The stages are held against one office, on 22 November 2026: Ada (1) leads it, Ben (2) and Cleo
// (3) have the number 7 in their own establishments, Dan (4) has left, and Eve (5) comes.
var office = []roster.Employee{
	{ID: 1, Login: "ada", FirstName: "Ada", LastName: "LOVELACE", Mail: "ada@acme.example", EmployeeNumber: "00001", EstablishmentID: 1, DepartmentID: 10, RoleID: 1, ContractStart: roster.Date{Year: 2015, Month: 1, Day: 5}},
	{ID: 2, Login: "ben", FirstName: "Ben", LastName: "D'ANGELO", Mail: "ben@acme.example", EmployeeNumber: "00007", EstablishmentID: 1, DepartmentID: 11, ManagerID: 1, RoleID: 1, ContractStart: roster.Date{Year: 2019, Month: 4, Day: 1}, BirthDate: roster.Date{Year: 1990, Month: 5, Day: 17}},
	{ID: 3, Login: "cleo", FirstName: "Cleo", LastName: "MARTIN", Mail: "cleo@acme.example", EmployeeNumber: "7", EstablishmentID: 2, DepartmentID: 11, ManagerID: 2, RoleID: 1, ContractStart: roster.Date{Year: 2020, Month: 9, Day: 7}},
	{ID: 4, Login: "dan", FirstName: "Dan", LastName: "PETIT", Mail: "dan@acme.example", EmployeeNumber: "00009", EstablishmentID: 1, DepartmentID: 11, ManagerID: 1, RoleID: 1, ContractStart: roster.Date{Year: 2018, Month: 3, Day: 1}, ContractEnd: roster.Date{Year: 2026, Month: 3, Day: 31}},
	{ID: 5, Login: "eve", FirstName: "Eve", LastName: "ROCHE", Mail: "eve@acme.example", EmployeeNumber: "00012", EstablishmentID: 2, DepartmentID: 12, ManagerID: 5, RoleID: 2, ContractStart: roster.Date{Year: 2027, Month: 1, Day: 4}},
}

// officeInput is the input of a file for the office, whose first line has the codes.
func officeInput(t testing.TB, policy Policy, lines ...string) *input {
	t.Helper()
	s := roster.Snapshot{
		Employees:      slices.Clone(office),
		Establishments: []roster.Establishment{{ID: 1, Name: "Acme Lyon", Code: "LYO"}, {ID: 2, Name: "Acme Nantes", Code: "NTE"}},
		Departments: []roster.Department{
			{ID: 10, Name: "Direction", Code: "DIR", Hierarchy: "/1.0/", Parent: "/"},
			{ID: 11, Name: "Support", Code: "SUP", Hierarchy: "/2.0/", Parent: "/"},
			{ID: 12, Name: "Support", Code: "SUN", Hierarchy: "/1.0/1.0/", Parent: "/1.0/"},
		},
		Roles: []roster.Role{{ID: 1, Name: "Utilisateur"}, {ID: 2, Name: "Administrateur"}},
	}
	people, err := roster.New(s, roster.Settings{Day: roster.Date{Year: 2026, Month: 11, Day: 22}})
	if err != nil {
		t.Fatal(err)
	}
	return newInput(sheetOf(lines...), people, policy)
}

// sheetOf makes a table of lines of cells between semicolons.
func sheetOf(lines ...string) *Table {
	t := new(Table)
	for i, line := range lines {
		for j, cell := range strings.Split(line, ";") {
			if i == 0 {
				t.Columns = append(t.Columns, Column{Code: cell, Index: j})
				continue
			}
			if j == 0 {
				t.Rows = append(t.Rows, Row{Number: i + 1})
			}
			t.Rows[i-1].Cells = append(t.Rows[i-1].Cells, cell)
		}
	}
	return t
}

// resolved runs the first stage.
func resolved(in *input) (*report, []draft) {
	r := &report{sheet: in.sheet}
	return r, resolve(in, r, func(int) bool { return false }, false)
}

// merged runs the first two stages.
func merged(in *input) (*report, []change, moves) {
	r, drafts := resolved(in)
	changes, moved := merge(in, r, drafts)
	return r, changes, moved
}

// codesOfReport are "3 code" of each finding, in their order.
func codesOfReport(r *report) string {
	var all []string
	for _, f := range r.sorted() {
		sign := ""
		if f.Severity == finding.Warning {
			sign = "~"
		}
		all = append(all, fmt.Sprintf("%d %s%s", f.Row, sign, f.Code))
	}
	return strings.Join(all, ", ")
}

// whom says of each draft whom it is about: an id, new, or ? for undecided; ! for rejected.
func whom(drafts []draft) string {
	var all []string
	for i := range drafts {
		d := &drafts[i]
		who := "new"
		switch {
		case d.undecided:
			var ids []string
			for _, e := range d.candidates {
				ids = append(ids, fmt.Sprint(e.ID))
			}
			who = "?" + strings.Join(ids, "|")
		case d.employee != nil:
			who = fmt.Sprint(d.employee.ID)
		}
		if d.rejected {
			who += "!"
		}
		all = append(all, who)
	}
	return strings.Join(all, " ")
}

// TestResolve: the first stage says whom each row is about, and gives up where it is not certain.
func TestResolve(t *testing.T) {
	t.Parallel()
	const create = "login;firstName;lastName;mail;dtContractStart"
	for _, tt := range []struct {
		name   string
		policy Policy
		file   []string
		want   string
		said   string
	}{
		{"by login, in any case", Policy{}, []string{"login", "ADA", "ben", "nobody"}, "1 2 new", ""},
		{"by login, blank", Policy{}, []string{"login;jobTitle", ";Chef"}, "new", ""},
		{"by mail", Policy{Identifier: ByMail}, []string{"mail", "Ada@ACME.example", "", "x@acme.example"}, "1 ?! new", "3 missing_identifier"},
		{"by a mailbox that people share", Policy{Identifier: ByMail, MailShared: []string{"ben@acme.example"}}, []string{"mail", "ben@acme.example"}, "?2!", "2 ambiguous_identifier"},
		{"by number, within the establishment", Policy{Identifier: ByNumber}, []string{"legalEntity;employeenumber", "LYO;00007", "Acme Nantes;7", "NTE;00012"}, "2 3 5", ""},
		{"by number, elsewhere", Policy{Identifier: ByNumber}, []string{"legalEntity;employeenumber", "NTE;00001"}, "new", ""},
		{"by number without its zeros", Policy{Identifier: ByNumber}, []string{"legalEntity;employeenumber", "LYO;7"}, "?2!", "2 leading_zeros"},
		{"by number with zeros that Lucca has not", Policy{Identifier: ByNumber}, []string{"legalEntity;employeenumber", "NTE;007"}, "?3!", "2 leading_zeros"},
		{"by number, no establishment", Policy{Identifier: ByNumber}, []string{"legalEntity;employeenumber", ";00007"}, "?!", "2 missing_identifier"},
		{"by number, no establishment, and the address of somebody", Policy{Identifier: ByNumber}, []string{"legalEntity;employeenumber;mail", ";00007;ben@acme.example"}, "?!", "2 missing_identifier"},
		{"by number, an unknown establishment", Policy{Identifier: ByNumber}, []string{"legalEntity;employeenumber", "Acme Lile;00007"}, "?!", "2 unknown_establishment"},
		{"by number, no number", Policy{Identifier: ByNumber}, []string{"legalEntity;employeenumber", "LYO;"}, "?!", "2 missing_identifier"},
		{"by name, in any spelling", Policy{Identifier: ByName}, []string{"firstName;lastName", "ben;d’Angelo", "BEN;DANGELO"}, "2! 2!", "2 duplicate_employee, 3 duplicate_employee"},
		{"by name, of somebody who has left", Policy{Identifier: ByName}, []string{"firstName;lastName", "Dan;Petit"}, "4", ""},
		{"by name, half of it", Policy{Identifier: ByName}, []string{"firstName;lastName", "Ada;", ";Martin"}, "?! ?!", "2 missing_identifier, 3 missing_identifier"},
		{"by name, born on another day", Policy{Identifier: ByName}, []string{"firstName;lastName;dtBirth", "Ben;D'Angelo;01/01/1991", "Ada;Lovelace;01/01/1991"}, "?2! 1", "2 ambiguous_name"},
		{"by name, born on the day", Policy{Identifier: ByName}, []string{"firstName;lastName;dtBirth", "Ben;D'Angelo;17/05/1990"}, "2", ""},
		{"an identifier that a spreadsheet damaged", Policy{}, []string{"login", "#REF!", "1,2E+5", "=A2"}, "?! ?! ?!", "2 spreadsheet_damage, 3 spreadsheet_damage, 4 formula"},
		{"an identifier with what cannot be seen", Policy{}, []string{"login", "ada\u200b"}, "?!", "2 look_alike"},
		{"one twice", Policy{}, []string{"login", "ada", "ben", "ADA"}, "1! 2 1!", "2 duplicate_row, 4 duplicate_row"},
		{"one new twice", Policy{}, []string{"login", "new", "new", "other"}, "new! new! new", "2 duplicate_row, 3 duplicate_row"},
		{"three times", Policy{}, []string{"login", "ada", "ada", "ada"}, "1! 1! 1!", "2 duplicate_row, 3 duplicate_row, 4 duplicate_row"},
		{"a login of somebody else", Policy{Identifier: ByMail}, []string{"mail;login", "new@acme.example;cleo"}, "?3!", "2 identity_conflict"},
		{"an address of somebody else", Policy{}, []string{"login;mail", "new;ben@acme.example"}, "?2!", "2 identity_conflict"},
		{"a blank login and an address of somebody", Policy{}, []string{"login;mail", ";ben@acme.example"}, "?2!", "2 identity_conflict"},
		{"an address that people share", Policy{MailShared: []string{"BEN@acme.example"}}, []string{"login;mail", "new;ben@acme.example"}, "new", ""},
		{"a number of somebody else", Policy{}, []string{"login;legalEntity;employeenumber", "new;LYO;00007"}, "?2!", "2 identity_conflict"},
		{"a number of somebody else, without its zeros", Policy{}, []string{"login;legalEntity;employeenumber", "new;LYO;7"}, "?2!", "2 leading_zeros"},
		{"a number of somebody elsewhere", Policy{}, []string{"login;legalEntity;employeenumber", "new;NTE;00001"}, "new", ""},
		{"a number without an establishment", Policy{}, []string{"login;employeenumber", "new;00007"}, "new", ""},
		{"a number in the establishment by default", Policy{Defaults: Defaults{Values: map[string]string{Establishment: "LYO"}}}, []string{"login;employeenumber", "new;00007"}, "?2!", "2 identity_conflict"},
		{"two conflicts with two people", Policy{}, []string{"login;mail;legalEntity;employeenumber", "new;ben@acme.example;LYO;00001"}, "?2|1!", "2 identity_conflict, 2 identity_conflict"},
		{"the name and the first day of somebody", Policy{}, []string{create, "new;Ben;d'Angelo;new@acme.example;01/04/2019"}, "?2!", "2 same_person"},
		{"the name and the first day of one who has left", Policy{}, []string{create, "new;Dan;Petit;new@acme.example;01/03/2018"}, "?4!", "2 same_person"},
		{"the name alone", Policy{}, []string{create, "new;Ben;d'Angelo;new@acme.example;01/12/2026"}, "new", ""},
		{"a file that creates nobody", Policy{}, []string{"login;firstName;lastName", "new;Ben;d'Angelo"}, "new", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, drafts := resolved(officeInput(t, tt.policy, tt.file...))
			if got := whom(drafts); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			if got := codesOfReport(r); got != tt.said {
				t.Errorf("says %q, want %q", got, tt.said)
			}
		})
	}
}

// A row that resembles somebody keeps whom, for a person to look at.
func TestResolveKeepsLookalikes(t *testing.T) {
	t.Parallel()
	_, drafts := resolved(officeInput(t, Policy{}, "login;firstName;lastName;mail;dtContractStart",
		"n1;Ben;d'Angelo;n1@acme.example;01/12/2026", "n2;Ben;Angello;n2@acme.example;01/12/2026", "n3;Zoé;Élan;n3@acme.example;01/12/2026", "ben;Ben;D'Angelo;;"))
	var got []string
	for _, d := range drafts {
		id := 0
		if d.resembles != nil {
			id = d.resembles.ID
		}
		got = append(got, fmt.Sprint(id, " ", d.likeness))
	}
	if want := "2 2, 2 1, 0 0, 0 0"; strings.Join(got, ", ") != want {
		t.Errorf("resemble %v, want %s", got, want)
	}
}

// What the reader rejected stays so, and nobody is looked for in a file that is doubtful.
func TestResolveOfWhatIsRejected(t *testing.T) {
	t.Parallel()
	in := officeInput(t, Policy{}, "login", "ada", "ben")
	r := &report{sheet: in.sheet}
	if got := whom(resolve(in, r, func(row int) bool { return row == 3 }, false)); got != "1 2!" {
		t.Errorf("a rejected row: %s", got)
	}
	if got := whom(resolve(in, r, func(int) bool { return false }, true)); got != "?! ?!" {
		t.Errorf("a doubtful file: %s", got)
	}
	if len(r.log.Listed) != 0 {
		t.Errorf("said %v", r.log.Listed)
	}
}

// Somebody new is where the row says, else where the defaults say, which may go by each other.
func TestSiteOfSomebodyNew(t *testing.T) {
	t.Parallel()
	defaults := Defaults{
		Values: map[string]string{Establishment: "LYO", Department: "DIR"},
		By: []DefaultRule{
			{When: DefaultScope{Establishment: "Acme Nantes"}, Set: map[string]string{Department: "SUP"}},
			{When: DefaultScope{Department: "SUN"}, Set: map[string]string{Establishment: "NTE"}},
		},
	}
	for _, tt := range []struct {
		row                       string
		establishment, department int
	}{
		{"n;;", 1, 10}, {"n;NTE;", 2, 11}, {"n;LYO;", 1, 10}, {"n;;SUN", 2, 12}, {"n;;SUP", 1, 11}, {"n;LYO;SUN", 1, 12},
		{"n;Nowhere;", 0, 10}, {"n;;Nowhere", 1, 0}, {"n;Nowhere;Nowhere", 0, 0}, {"n;LYO;Support", 1, 0},
	} {
		// The columns that creating needs make the rules count.
		in := officeInput(t, Policy{Defaults: defaults}, "login;legalEntity;department;firstName;lastName;mail;dtContractStart", tt.row+";;;;")
		if s := make(sites).of(in, &in.sheet.table.Rows[0]); s.establishment != tt.establishment || s.department != tt.department {
			t.Errorf("%s: %d %d, want %d %d", tt.row, s.establishment, s.department, tt.establishment, tt.department)
		}
	}
}

func TestRepeated(t *testing.T) {
	t.Parallel()
	for keys, want := range map[string]string{
		"": "[]", "a": "[]", "a b": "[]", "a a": "[{0 1} {1 0}]", "a b a": "[{0 2} {2 0}]", "a b a a": "[{0 2} {2 0} {3 0}]",
		"- -": "[]", "a - a b b": "[{0 2} {2 0} {3 4} {4 3}]",
	} {
		list := strings.Fields(keys)
		if got := fmt.Sprint(repeated(len(list), func(i int) string { return strings.Trim(list[i], "-") })); got != want {
			t.Errorf("%q: %s, want %s", keys, got, want)
		}
	}
}
