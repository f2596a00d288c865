package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// Logins that the file leaves out are made of the names, and nobody's: neither of an employee,
// former ones too, nor of another row, nor of one that is rejected.
func TestLoginsAreNobodys(t *testing.T) {
	t.Parallel()
	const create = "login;firstName;lastName;mail;dtContractStart"
	for _, tt := range []struct {
		name    string
		pattern string
		rows    []string
		want    string
	}{
		{"of the names", "", []string{";Zoé;Élan;z@acme.example;01/12/2026"}, "zelan"},
		{"of an employee", "{first}", []string{";Ben;Neuf;b@acme.example;01/12/2026"}, "ben2"},
		{"of one who has left", "{first}", []string{";Dan;Neuf;d@acme.example;01/12/2026"}, "dan2"},
		{"of another row, in the order of the e-mails", "", []string{";Zoé;Élan;z2@acme.example;01/12/2026", ";Zack;Elan;z1@acme.example;02/12/2026"}, "zelan2 zelan"},
		{"that another row has", "", []string{";Zoé;Élan;z@acme.example;01/12/2026", "zelan;Bob;Bly;b@acme.example;01/12/2026"}, "zelan2 zelan"},
		{"that a rejected row has", "", []string{";Zoé;Élan;z@acme.example;01/12/2026", "ZELAN;Bob;Bly;bad;01/12/2026"}, "zelan2 "},
		{"a rejected row takes none", "", []string{";Zoé;Élan;bad;01/12/2026", ";Zack;Elan;z1@acme.example;02/12/2026"}, " zelan"},
		{"with a domain", "{f}{last}@acme.example", []string{";Zoé;Élan;z2@acme.example;01/12/2026", ";Zack;Elan;z1@acme.example;02/12/2026"}, "zelan2@acme.example zelan@acme.example"},
		{"of three", "{last}", []string{";A;Elan;c@acme.example;01/12/2026", ";B;Elan;b@acme.example;01/12/2026", ";C;Elan;a@acme.example;01/12/2026"}, "elan3 elan2 elan"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := officeInput(t, Policy{Identifier: ByMail, Login: tt.pattern, Defaults: places}, append([]string{create}, tt.rows...)...)
			_, changes := checked(in)
			var got []string
			for _, item := range order(in, changes) {
				got = append(got, item.Login)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("gives %q, want %q", strings.Join(got, " "), tt.want)
			}
		})
	}
}

// A manager whom the file creates is named by the login that they are given.
func TestNewManagersAreNamedByTheirLogins(t *testing.T) {
	t.Parallel()
	in := officeInput(t, Policy{Identifier: ByMail, Defaults: places}, "login;firstName;lastName;mail;dtContractStart;manager",
		";Bob;Bly;b@acme.example;01/12/2026;a@acme.example", ";Anna;Abt;a@acme.example;01/12/2026;", ";;;ben@acme.example;;a@acme.example")
	_, changes := checked(in)
	items := order(in, changes)
	for i, want := range []Change{{To: "aabt", Row: 3}, {}, {From: "ada", To: "aabt", Row: 3}} {
		if got := items[i].Set.Get(Manager); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("row %d: %+v, want %+v", i+2, got, want)
		}
	}
}

// Items are in the order of the rows, and hold what applying needs.
func TestItems(t *testing.T) {
	t.Parallel()
	in := officeInput(t, Policy{Defaults: places}, "login;jobTitle;mail", "ben;Chef;", "ada;;", "nobody;;", "cleo;Chef;bad")
	for i := range in.sheet.table.Rows {
		in.sheet.table.Rows[i].Number = 10 - i // as a reader would that reads upwards
	}
	_, changes := checked(in)
	items := order(in, changes)
	var got []string
	for _, item := range items {
		got = append(got, fmt.Sprintf("%d %s %d %s %d %v", item.Row, item.Action, item.EmployeeID, item.Login, item.Set.Len(), item.Basis != ""))
	}
	want := []string{"7 reject 3 cleo 0 false", "8 reject 0  0 false", "9 unchanged 1 ada 0 false", "10 update 2 ben 1 true"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if items[3].Basis != Fingerprint(in.people.ByID(2)) {
		t.Error("the basis is not that of the employee")
	}
}

// TestAbsent: who is not in a full file is reported or ended, unless they may be in it.
func TestAbsent(t *testing.T) {
	t.Parallel()
	const create = "login;firstName;lastName;mail;dtContractStart"
	ends := Policy{Mode: Full, OnAbsent: EndAbsent, Defaults: places}
	with := func(change func(*Policy)) Policy {
		p := ends
		change(&p)
		return p
	}
	for _, tt := range []struct {
		name   string
		policy Policy
		file   []string
		ended  string
		said   string
	}{
		{"all are there", ends, []string{"login", "ada", "ben", "cleo", "eve"}, "", ""},
		{"one is absent", ends, []string{"login", "ada", "ben", "eve"}, "3", "absent_ended"},
		{"one who comes later is not ended", ends, []string{"login", "ada", "ben", "cleo"}, "", "absent"},
		{"one who has left is not missed", ends, []string{"login", "ada", "ben", "cleo", "eve"}, "", ""},
		{"reported only", Policy{Mode: Full}, []string{"login", "ada", "ben", "eve"}, "", "absent"},
		{"a protected account", with(func(p *Policy) { p.Protect = []string{"Cleo"} }), []string{"login", "ada", "ben", "eve"}, "", "absent"},
		{"the account of the API key", with(func(p *Policy) { p.Account = 3 }), []string{"login", "ada", "ben", "eve"}, "", "absent"},
		{"by id", ends, []string{"login", "eve"}, "1 2 3", "absent_ended absent_ended absent_ended"},
		{"a row is of nobody known", ends, []string{"login;jobTitle", "ada;", "ben;", "eve;", "typo;"}, "", "absent_uncertain absent"},
		{"a rejected row of somebody", ends, []string{"login;mail", "ada;", "ben;", "eve;", "cleo;bad"}, "", ""},
		{"a row that may be of one of them", ends, []string{create, "ada;;;;", "ben;;;;", "eve;;;;", "new;Ben;D'Angelo;cleo@acme.example;01/12/2026"}, "", ""},
		{"somebody new with the name", ends, []string{create, "ada;;;;", "ben;;;;", "eve;;;;", "new;Cleo;Martin;new@acme.example;01/12/2026"}, "", "absent_uncertain"},
		{"somebody new with the name of a protected account", with(func(p *Policy) { p.Protect = []string{"cleo"} }), []string{create, "ada;;;;", "ben;;;;", "eve;;;;", "new;Cleo;Martin;new@acme.example;01/12/2026"}, "", "absent"},
		{"somebody new with part of the name and the first day", ends, []string{create, "ada;;;;", "ben;;;;", "eve;;;;", "new;Cleo;Roy;new@acme.example;07/09/2020"}, "", "absent_uncertain"},
		{"somebody else who is new", ends, []string{create, "ada;;;;", "ben;;;;", "eve;;;;", "new;Anna;Abt;new@acme.example;01/12/2026"}, "3", "absent_ended"},
		{"somebody new with the number", ends, []string{create + ";employeenumber;legalEntity", "ben;;;;;;", "cleo;;;;;;", "eve;;;;;;", "new;Anna;Abt;new@acme.example;01/12/2026;1;NTE"}, "", "absent_uncertain"},
		{"somebody new with another number", ends, []string{create + ";employeenumber;legalEntity", "ben;;;;;;", "cleo;;;;;;", "eve;;;;;;", "new;Anna;Abt;new@acme.example;01/12/2026;2;NTE"}, "1", "absent_ended"},
		{"a rejected row with the number of another", ends, []string{"login;employeenumber;mail", "ada;;", "eve;;", "ben;7;bad"}, "", ""},
		{"a rejected row with the address of another", ends, []string{"login;jobTitle;mail", "ada;;", "eve;;", "ben;#REF!;cleo@acme.example"}, "", ""},
		{"a rejected row that may be of either of two", with(func(p *Policy) { p.Identifier = ByMail }), []string{"mail;login;employeenumber;legalEntity", "ben@acme.example;;;", "eve@acme.example;;;", "new@acme.example;cleo;00001;LYO"}, "", ""},
		{"a rejected row with nothing of another", ends, []string{"login;jobTitle;mail", "ada;;", "eve;;", "ben;#REF!;"}, "3", "absent_ended"},
		{"a file without rows", ends, []string{"login"}, "", ""},
		{"of whom a source has brought none", with(func(p *Policy) { p.Source = "a" }), []string{"login", "ada"}, "", ""},
		{"of whom a source has brought one", with(func(p *Policy) { p.Source, p.Brought = "a", map[int]bool{2: true} }), []string{"login", "ada"}, "2", "absent_ended"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := officeInput(t, tt.policy, tt.file...)
			_, changes := checked(in)
			r := &report{sheet: in.sheet}
			var ids, codes []string
			for _, item := range absent(in, r, changes) {
				ids = append(ids, fmt.Sprint(item.EmployeeID))
				end := item.Set.Get(ContractEnd)
				if item.Action != End || item.Row != 0 || end.To != "2026-11-22" || item.Basis != Fingerprint(in.people.ByID(item.EmployeeID)) {
					t.Errorf("item %+v", item)
				}
			}
			for _, f := range r.log.Listed {
				codes = append(codes, f.Code)
			}
			if got := strings.Join(ids, " "); got != tt.ended {
				t.Errorf("ends %q, want %q", got, tt.ended)
			}
			if got := strings.Join(codes, " "); got != tt.said {
				t.Errorf("says %q, want %q", got, tt.said)
			}
		})
	}
}

// Whoever may be an absent employee is doubted, as much as they look like them.
func TestAbsentDoubtsTheRow(t *testing.T) {
	t.Parallel()
	in := officeInput(t, Policy{Mode: Full, OnAbsent: EndAbsent, Defaults: places}, "login;firstName;lastName;mail;dtContractStart;employeenumber",
		"ada;;;;;", "ben;;;;;", "eve;;;;;", "new;Cleo;Roy;new@acme.example;07/09/2020;90001")
	_, changes := checked(in)
	if changes[3].likeness != person.Other {
		t.Fatalf("another number makes somebody else: %d", changes[3].likeness)
	}
	absent(in, &report{sheet: in.sheet}, changes)
	if changes[3].likeness != person.Possible {
		t.Errorf("beside an absence the number counts for nothing: %d", changes[3].likeness)
	}
}

// An absent employee's contract is ended where contracts are known, and the user where they are
// not, or the policy says so.
func TestAbsentEndsTheContract(t *testing.T) {
	t.Parallel()
	s := roster.Snapshot{Employees: slices.Clone(office[:2]), Contracts: []roster.Contract{
		{ID: 71, OwnerID: 2, StartsOn: roster.Date{Year: 2019, Month: 4, Day: 1}, TypeID: 1},
	}}
	people, err := roster.New(s, roster.Settings{Day: roster.Date{Year: 2026, Month: 11, Day: 22}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		by   EndBy
		id   int
		want string
	}{
		{"", 2, "&{71 0 0 9}"}, {EndByContract, 2, "&{71 0 0 9}"}, {EndByUser, 2, "<nil>"}, {"", 1, "<nil>"},
	} {
		in := newInput(sheetOf("login"), people, Policy{EndBy: tt.by, TerminationReason: 9})
		if got := fmt.Sprint(endedContract(in, people.ByID(tt.id))); got != tt.want {
			t.Errorf("employee %d by %q: %s, want %s", tt.id, tt.by, got, tt.want)
		}
	}
}

// TestMovesThatAreASortedColumn: nobody exchanges names or numbers; of another property most
// rows must take over what others give up.
func TestMovesThatAreASortedColumn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		code  string
		moves string // from>to, by row
		want  string
	}{
		{"two exchange their names", LastName, "a>b b>a", "0 1"},
		{"one takes over a name", LastName, "a>b b>c", "0"},
		{"a name that stays", LastName, "a>a b>c", ""},
		{"two exchange their jobs", "jobTitle", "a>b b>a", "0 1"},
		{"two of three exchange their jobs", "jobTitle", "a>b b>a c>d", ""},
		{"two of three exchange their phones", "professionalMobile", "+33611111111>0622222222 +33622222222>0611111111 +33633333333>0633333334", "0 1"},
		{"one takes over a phone", "professionalMobile", "+33611111111>0622222222 +33622222222>0633333333", ""},
		{"a phone of many", "professionalMobile", "+33600000000>0622222222 +33622222222>0600000000 +33633333333>0633333334", ""},
		{"three exchange their jobs", "jobTitle", "a>b b>c c>a", "0 1 2"},
		{"three take one job over", "jobTitle", "a>b b>c c>b d>b", ""},
		{"three of four exchange their jobs", "jobTitle", "a>b b>c c>a d>x", ""},
		{"three of five exchange their jobs", "jobTitle", "a>b b>c c>a d>x e>y", ""},
		{"four of five exchange their jobs", "jobTitle", "a>b b>c c>d d>a e>y", "0 1 2 3"},
		{"everybody gets a new job", "jobTitle", "a>x b>y c>z", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := newInput(sheetOf("login;professionalMobile"), phones(t), Policy{})
			m := make(moves)
			list := strings.Fields(tt.moves)
			changes := make([]change, len(list))
			for i, text := range list {
				from, to, _ := strings.Cut(text, ">")
				changes[i].draft = &draft{index: i, row: &Row{Number: i + 2}}
				m.observe(changes[i].draft, map[string]Change{tt.code: {From: from, To: to}})
			}
			m.mark(in, &report{sheet: in.sheet}, changes)
			var got []string
			for i := range changes {
				if changes[i].shifted {
					got = append(got, fmt.Sprint(i))
				}
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("shifted %q, want %q", strings.Join(got, " "), tt.want)
			}
		})
	}
}

// phones is a company in which two share a phone.
func phones(t *testing.T) *roster.Roster {
	t.Helper()
	var s roster.Snapshot
	for i, phone := range []string{"+33611111111", "+33622222222", "+33633333333", "+33600000000", "+33600000000"} {
		s.Employees = append(s.Employees, roster.Employee{ID: i + 1, Login: fmt.Sprint("u", i), ProfessionalMobile: phone})
	}
	people, err := roster.New(s, roster.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	return people
}

// TestAtOneEnd: absences that are all before the first row or after the last, in whatever order
// the file is, may be a file that was cut.
func TestAtOneEnd(t *testing.T) {
	t.Parallel()
	people := func(lines ...string) (list []*roster.Employee) {
		for _, line := range lines {
			f := strings.Split(line, "|")
			list = append(list, &roster.Employee{Login: f[0], LastName: f[1], FirstName: f[2], EmployeeNumber: f[3], Mail: f[0] + "@acme.example"})
		}
		return list
	}
	a, b, c, d, e := "a|Adam|Zoé|9", "b|Brun|Yves|2", "c|Caen|Xena|7", "d|Dior|Wim|1", "e|Elan|Vera|8"
	for _, tt := range []struct {
		name         string
		rows, absent []*roster.Employee
		want         bool
	}{
		{"the last", people(a, b, c, d), people(e), true},
		{"the first", people(b, c, d, e), people(a), true},
		{"one in the middle", people(a, b, d, e), people(c), false},
		{"the first and the last", people(b, c, d), people(a, e), false},
		{"downwards", people(d, c, b, a), people(e), true},
		{"in no order", people(c, a, d, b), people(e), false},
		{"by number", people(d, b, c, e), people(a), true},
		{"by number, in the middle", people(d, b, e, a), people(c), false},
		{"by first name", people(d, c, b, a), people(e), true},
		{"by last name, called like the last", people("z|Adam|Abe|", "y|Brun|Abe|", "x|Caen|Abe|"), people("yy|Caen|Abe|"), false},
		{"by last name, called like the first", people("x|Adam|Abe|", "z|Brun|Abe|", "y|Caen|Abe|"), people("za|Adam|Abe|"), false},
		{"two rows", people(a, c), people(b), true},
		{"three rows", people(a, c, e), people(b), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			changes := make([]change, len(tt.rows))
			for i := range tt.rows {
				changes[i].draft = &draft{employee: tt.rows[i]}
			}
			if got := atOneEnd(changes, tt.absent); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

// A group is missing when all of it is, or most of at least three; one person alone is no group.
func TestMissingGroups(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		gone, of, department int
		want                 string
	}{
		{3, 3, 0, ""}, // nowhere is no group
		{1, 1, 11, ""}, {2, 2, 11, "2 of the 2 people of one department"}, {2, 3, 11, ""}, {3, 6, 11, ""}, {3, 5, 11, "3 of the 5 people of one department"}, {4, 7, 11, "4 of the 7 people of one department"},
	} {
		var s roster.Snapshot
		for i := range 20 { // beside so many others of one establishment
			s.Employees = append(s.Employees, roster.Employee{ID: i + 1, Login: fmt.Sprint("u", i), EstablishmentID: 1, DepartmentID: 10, ContractStart: roster.Date{Year: 2020, Month: 1, Day: 1}})
			if i < tt.of {
				s.Employees[i].DepartmentID = tt.department
			}
		}
		people, err := roster.New(s, roster.Settings{Day: roster.Date{Year: 2026, Month: 11, Day: 22}})
		if err != nil {
			t.Fatal(err)
		}
		var gone []*roster.Employee
		for i := range tt.gone {
			gone = append(gone, people.ByID(i+1))
		}
		if got := missingGroup(newInput(sheetOf("login"), people, Policy{}), gone); got != tt.want {
			t.Errorf("%d of %d: %q, want %q", tt.gone, tt.of, got, tt.want)
		}
	}
}
