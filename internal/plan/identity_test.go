package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// crew are people as payrolls have trouble with: "login|first|last|birth|start|end|manager".
var crew = []string{
	"ynguyen|Yannick|NGUYỄN|1989-03-13|2016-11-08||",
	"zdaubigne|Zoé|D'AUBIGNÉ|1964-03-22|2020-01-07||ynguyen",
	"llegoff|Loïc|Le Goff|1969-08-18|2019-05-19||ynguyen",
	"ocelik|Omar|ÇELIK|1963-02-18|2017-05-18||ynguyen",
	"oroux|Omar|Roux|1962-08-26|2017-07-09||ynguyen",
	"llefevre|Loïc|LEFÈVRE|1971-01-02|2018-03-04||ynguyen",
	"evasseur|Éloïse|Vasseur|1985-02-17|2014-12-02||ynguyen",
	"clefevre|Chloé|Lefèvre|1979-07-21|2018-04-05||zdaubigne",
	"aoeuvrard|Agnès|Œuvrard|1990-07-09|2019-02-18||clefevre",
	"gone|Paul|N'Diaye|1975-06-07|2010-02-03|2024-12-31|ynguyen",
}

// ship is the crew in Lucca, each with a number and an address.
func ship(t testing.TB) roster.Snapshot {
	t.Helper()
	s := structure()
	ids := map[string]int{"": 0}
	for i, line := range crew {
		f := strings.Split(line, "|")
		ids[f[0]] = i + 1
		s.Employees = append(s.Employees, roster.Employee{
			ID: i + 1, Login: f[0], FirstName: f[1], LastName: f[2], Mail: f[0] + "@acme.example", EmployeeNumber: fmt.Sprintf("%05d", i+1),
			BirthDate: date(t, f[3]), ContractStart: date(t, f[4]), ContractEnd: date(t, f[5]), ManagerID: ids[f[6]],
			EstablishmentID: 1, DepartmentID: 10 + i%2, RoleID: 1, JobTitle: fmt.Sprintf("Job %d", i),
		})
	}
	return s
}

// TestIdentity holds the plan of each file against what it must not do: who may be somebody
// in Lucca is neither ended nor created a second time without a person.
func TestIdentity(t *testing.T) {
	t.Parallel()
	defaults := plan.Defaults{Values: map[string]string{plan.Establishment: "Acme Lyon", plan.Department: "DIR", plan.PrimaryRole: "Utilisateur"}}
	const create = "login;firstName;lastName;mail;dtContractStart"
	for _, tt := range []struct {
		name   string
		policy plan.Policy
		last   int
		file   []string
		// actions are those of the rows, then of the absent; held and codes are in any order.
		actions, held, codes string
	}{
		{"a correction of an end", plan.Policy{Blank: plan.ClearBlank}, 2, []string{"login;dtContractEnd", "gone;"}, "update", "rehires", "reopens"},
		{
			"full: a marriage with a new address", plan.Policy{Identifier: plan.ByMail, Mode: plan.Full, OnAbsent: plan.EndAbsent}, 9,
			append([]string{"mail;firstName;lastName;dtContractStart", "eloise.morvan@acme.example;Éloïse;Morvan;02/12/2014"}, everybody("evasseur")...),
			"create" + strings.Repeat(" unchanged", 8), "doubles", "absent_uncertain similar_person",
		},
		{
			"delta: names written otherwise", plan.Policy{Identifier: plan.ByMail}, 9,
			[]string{
				"mail;firstName;lastName;dtBirth;dtContractStart", "zoe.daubigne@acme.example;Zoé;D’Aubigné;22/03/1964;07/01/2020", "loic.legoff@acme.example;Loïc;LeGoff;18/08/1969;19/05/2019",
				"agnes.marie@acme.example;Agnès Marie;OEUVRARD;09/07/1990;18/02/2019", "eloise.morvan@acme.example;Éloïse;Morvan;17/02/1985;02/12/2014",
			}, "reject reject reject reject", "rejected", "same_person",
		},
		{"a marriage without a date of birth", plan.Policy{}, 9, []string{create, "emorvan;Éloïse;Morvan;em@acme.example;02/12/2014"}, "create", "doubles", "similar_person"},
		{"a rehire with a new address", plan.Policy{}, 9, []string{create, ";Paul;N’Diaye;pnd@acme.example;01/12/2026"}, "create", "doubles", "same_name"},
		{"a rehire in another spelling", plan.Policy{}, 9, []string{create, ";Paul;NDIAYE;pnd@acme.example;01/12/2026"}, "create", "doubles", "same_name"},
		{"a rehire with the first day of before", plan.Policy{}, 9, []string{create, ";Paul;N Diaye;pnd@acme.example;03/02/2010"}, "reject", "", "same_person"},
		{"a homonym", plan.Policy{}, 9, []string{create, "oroux2;Omar;Roux;or2@acme.example;01/12/2026"}, "create", "doubles", "same_name"},
		{"a homonym born on another day", plan.Policy{}, 9, []string{create + ";dtBirth", "oroux2;Omar;Roux;or2@acme.example;01/12/2026;01/01/1999"}, "create", "", ""},
		{"a slip in the last name", plan.Policy{}, 9, []string{create, "new;Éloïse;Vaseur;new@acme.example;01/12/2026"}, "create", "doubles", "similar_person"},
		{"a slip in the last name, with a new number", plan.Policy{}, 9, []string{create + ";employeenumber", "new;Éloïse;Vaseur;new@acme.example;01/12/2026;90001"}, "create", "doubles", "similar_person"},
		{"a slip in the last name, born on another day", plan.Policy{}, 9, []string{create + ";dtBirth", "new;Éloïse;Vaseur;new@acme.example;01/12/2026;01/01/1999"}, "create", "", ""},
		{"a slip in the last name, born on the day", plan.Policy{}, 9, []string{create + ";dtBirth", "new;Éloïse;Vaseur;new@acme.example;01/12/2026;17/02/1985"}, "reject", "", "same_person"},
		{"an initial for the first name", plan.Policy{}, 9, []string{create, "new;É.;Vasseur;new@acme.example;01/12/2026"}, "create", "doubles", "similar_person"},
		{"an initial behind the last name", plan.Policy{}, 9, []string{create, "new;VASSEUR;E;new@acme.example;01/12/2026"}, "create", "doubles", "similar_person"},
		{"an initial of one who has left", plan.Policy{}, 9, []string{create, "new;P;N'Diaye;new@acme.example;01/12/2026"}, "create", "doubles", "similar_person"},
		{"a sister with another initial", plan.Policy{}, 9, []string{create, "new;A.;Vasseur;new@acme.example;01/12/2026"}, "create", "", ""},
		{"a brother", plan.Policy{}, 9, []string{create, "new;Émile;Vasseur;new@acme.example;01/12/2026"}, "create", "", ""},
		{"by name, with a slip", plan.Policy{Identifier: plan.ByName}, 9, []string{"firstName;lastName;jobTitle", "Éloïse;Vaseur;Cheffe"}, "reject", "ambiguous_names", "ambiguous_name"},
		{"by name, with an initial", plan.Policy{Identifier: plan.ByName}, 9, []string{"firstName;lastName;jobTitle", "É;Vasseur;Cheffe"}, "reject", "ambiguous_names", "ambiguous_name"},
		{"a stranger", plan.Policy{}, 9, []string{create, "new;Anna;Neuf;new@acme.example;01/12/2026"}, "create", "", ""},
		{
			"one column sorted", plan.Policy{}, 9,
			[]string{"login;firstName;lastName;mail", "oroux;Omar;ÇELIK;ocelik@acme.example", "llefevre;Omar;Roux;oroux@acme.example", "llegoff;Loïc;LEFÈVRE;llefevre@acme.example"},
			"reject reject reject", "identity_shift", "identity_conflict mail_in_use",
		},
		{
			"one column sorted, no address", plan.Policy{}, 9,
			[]string{"login;firstName;lastName", "oroux;Omar;ÇELIK", "llefevre;Omar;Roux", "llegoff;Loïc;LEFÈVRE"}, "update update update", "identity_shift", "other_person",
		},
		{"numbers exchanged", plan.Policy{}, 9, []string{"login;employeenumber", "oroux;00004", "ocelik;00005"}, "reject reject", "identity_shift", "number_in_use"},
		{"addresses exchanged", plan.Policy{}, 9, []string{"login;mail", "oroux;ocelik@acme.example", "ocelik;oroux@acme.example"}, "update update", "identity_shift", "mail_in_use"},
		{"somebody else's address", plan.Policy{}, 9, []string{"login;mail", "oroux;ocelik@acme.example"}, "update", "identity_shift", "mail_in_use"},
		{"an address that is shared", plan.Policy{MailShared: []string{"ocelik@acme.example"}}, 9, []string{"login;mail", "oroux;ocelik@acme.example"}, "update", "", ""},
		{"last names exchanged", plan.Policy{}, 9, []string{"login;lastName", "zdaubigne;Vasseur", "evasseur;D'Aubigné"}, "update update", "identity_shift", "values_exchanged"},
		{"dates of birth sorted", plan.Policy{}, 9, []string{"login;dtBirth", "oroux;18/02/1963", "ocelik;18/08/1969", "llegoff;26/08/1962"}, "update update update", "identity_shift", "values_exchanged"},
		{"a column of texts sorted", plan.Policy{}, 9, []string{"login;jobTitle", "oroux;Job 3", "ocelik;Job 2", "llegoff;Job 4"}, "update update update", "identity_shift", "values_exchanged"},
		{"two people exchange jobs", plan.Policy{}, 9, []string{"login;jobTitle", "oroux;Job 3", "ocelik;Job 4", "llegoff;"}, "update update unchanged", "identity_shift", "values_exchanged"},
		{"a number beside another name and address", plan.Policy{Identifier: plan.ByNumber}, 9, []string{"legalEntity;employeenumber;firstName;lastName;mail", "LYO;00005;Zoé;D'AUBIGNÉ;zdaubigne@acme.example"}, "reject", "identity_shift", "identity_conflict mail_in_use"},
		{"an identifier given again", plan.Policy{}, 9, []string{"login;firstName;lastName", "oroux;Anna;Neuf"}, "update", "identity_shift", "other_person"},
		{"first and last name exchanged", plan.Policy{}, 9, []string{"login;firstName;lastName", "oroux;Roux;Omar"}, "update", "identity_shift", "names_exchanged"},
		{"the cells of a row moved by one", plan.Policy{}, 9, []string{"login;lastName;firstName;jobTitle", "oroux;;ROUX;Omar"}, "update", "identity_shift", "names_exchanged"},
		{"a marriage under the same login", plan.Policy{}, 9, []string{"login;firstName;lastName;mail", "evasseur;Éloïse;Morvan;eloise.morvan@acme.example"}, "update", "", ""},
		{"an end beside another last name", plan.Policy{}, 9, []string{"login;lastName;dtContractEnd", "zdaubigne;Le Goff;21/11/2026"}, "end", "identity_shift", "other_person"},
		{"an end beside another date of birth", plan.Policy{}, 9, []string{"login;dtBirth;dtContractEnd", "zdaubigne;18/08/1969;21/11/2026"}, "end", "identity_shift", "other_person"},
		{"an end beside another address", plan.Policy{}, 9, []string{"login;mail;dtContractEnd", "zdaubigne;llegoff@acme.example;21/11/2026"}, "end", "identity_shift", "mail_in_use other_person"},
		{"an end beside a new address", plan.Policy{}, 9, []string{"login;mail;dtContractEnd", "zdaubigne;z.daubigne@acme.example;21/11/2026"}, "end", "", ""},
		{"the name and the date of birth of a namesake", plan.Policy{}, 9, []string{"login;firstName;lastName;dtBirth", "oroux;Omar;ÇELIK;18/02/1963"}, "reject", "identity_shift", "identity_conflict"},
		{"the name of another, and a date of birth of nobody", plan.Policy{}, 9, []string{"login;firstName;lastName;dtBirth", "oroux;Omar;ÇELIK;18/02/1999"}, "update", "identity_shift", "other_person"},
		{"an end beside the same name", plan.Policy{}, 9, []string{"login;firstName;lastName;dtContractEnd", "zdaubigne;ZOE;D’Aubigné;21/11/2026"}, "end", "", "accents_lost"},
		{"a mistyped date of birth", plan.Policy{}, 9, []string{create + ";dtBirth", ";Zoé;D'Aubigné;x@acme.example;01/12/2026;22/03/1965"}, "create", "doubles", "same_name"},
		{"two who manage each other", plan.Policy{}, 9, []string{"login;manager", "llegoff;oroux", "oroux;llegoff"}, "reject reject", "", "manager_cycle"},
		{"the head under one of their own", plan.Policy{}, 9, []string{"login;manager", "ynguyen;clefevre"}, "reject", "", "manager_cycle"},
		{"a loop through somebody new", plan.Policy{}, 9, []string{create + ";manager", "n1;Anna;Neuf;n1@acme.example;01/12/2026;oroux", "oroux;;;;;n1"}, "reject reject", "", "manager_cycle"},
		{"a loop that the file opens", plan.Policy{}, 9, []string{"login;manager", "zdaubigne;clefevre", "clefevre;ynguyen"}, "update update", "", ""},
		{"a manager who leaves in the same file", plan.Policy{}, 9, []string{"login;manager;dtContractEnd", "llegoff;clefevre;", "clefevre;;21/11/2026"}, "update end", "", "manager_left"},
		{"a manager who leaves with the row", plan.Policy{}, 9, []string{create + ";manager;dtContractEnd", "n1;Anna;Neuf;n1@acme.example;01/12/2026;clefevre;", "clefevre;;;;;;01/12/2026"}, "create end", "", "manager_left"},
		{"a manager as people write them", plan.Policy{}, 9, []string{"login;manager", "llegoff;D’AUBIGNÉ, Zoé", "oroux;daubigne zoe", "ocelik;Zoé d`Aubigné"}, "update update update", "", ""},
		{"a manager's login that is another one's number", plan.Policy{}, 9, []string{create + ";employeenumber;manager", "00002;Anna;Neuf;n1@acme.example;01/12/2026;90001;", "llegoff;;;;;;00002"}, "create reject", "", "ambiguous_manager"},
		{"by name, in another spelling", plan.Policy{Identifier: plan.ByName}, 9, []string{"firstName;lastName;jobTitle", "Zoe;D’AUBIGNE;Chef", "LEFEVRE;Loïc;Chef", "Loïc;LeGoff;"}, "update update unchanged", "", ""},
		{"by name, two of one name", plan.Policy{Identifier: plan.ByName}, 9, []string{"firstName;lastName;jobTitle", "Zoé;d'Aubigné;Chef", "zoe;Aubigné;Cheffe"}, "reject reject", "", "duplicate_employee"},
		{"by name, part of it", plan.Policy{Identifier: plan.ByName}, 9, []string{"firstName;lastName;jobTitle", "Agnès Marie;Œuvrard;Cheffe"}, "reject", "ambiguous_names", "ambiguous_name"},
		{"by name, born on another day", plan.Policy{Identifier: plan.ByName}, 9, []string{"firstName;lastName;dtBirth;jobTitle", "Omar;Roux;01/01/1999;Chef"}, "reject", "ambiguous_names", "ambiguous_name"},
		{"by name, nobody", plan.Policy{Identifier: plan.ByName}, 9, []string{"firstName;lastName;mail;dtContractStart", "Anna;Neuf;new@acme.example;01/12/2026", ";Neuf;;"}, "create reject", "", "missing_identifier"},
		{"a mailbox that two share", plan.Policy{}, 9, []string{create, "n1;Anna;Neuf;usine@acme.example;01/12/2026", "n2;Paul;Durand;usine@acme.example;01/12/2026"}, "reject reject", "", "duplicate_mail"},
		{"a mailbox that two may share", plan.Policy{MailShared: []string{"usine@acme.example"}}, 9, []string{create, "n1;Anna;Neuf;usine@acme.example;01/12/2026", "n2;Paul;Durand;Usine@acme.example;01/12/2026"}, "create create", "", ""},
		{
			"full: cut at a row", plan.Policy{Mode: plan.Full, OnAbsent: plan.EndAbsent}, 9, []string{"login", "ynguyen", "zdaubigne", "llegoff", "ocelik", "oroux", "llefevre", "evasseur"},
			strings.Repeat("unchanged ", 7) + "end end", "absences", "absent_ended",
		},
		{
			"full: two who left", plan.Policy{Mode: plan.Full, OnAbsent: plan.EndAbsent}, 9, []string{"login", "ynguyen", "zdaubigne", "ocelik", "oroux", "evasseur", "clefevre", "aoeuvrard"},
			strings.Repeat("unchanged ", 7) + "end end", "", "absent_ended",
		},
		{
			"full: the first that ends somebody", plan.Policy{Mode: plan.Full, OnAbsent: plan.EndAbsent}, 0, []string{"login", "ynguyen", "zdaubigne", "ocelik", "oroux", "evasseur", "clefevre", "aoeuvrard"},
			strings.Repeat("unchanged ", 7) + "end end", "absences", "absent_ended",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.policy.Defaults = defaults
			lines := tt.file
			if columns := strings.Count(lines[0], ";"); len(everybodyOf(lines)) > 0 {
				for i, line := range lines {
					lines[i] = line + strings.Repeat(";", columns-strings.Count(line, ";"))
				}
			}
			file, people := table(t, lines...), join(t, ship(t))
			made := plan.Make(file, people, tt.policy)
			mode := tt.policy.Mode
			if got := actions(made); got != tt.actions {
				t.Errorf("does %q, want %q: %v", got, tt.actions, made.Items)
			}
			if got := said(made); got != tt.codes {
				t.Errorf("says %q, want %q: %v", got, tt.codes, made.Findings)
			}
			if got := held(plan.Limits{}.Judge(made, plan.Against{Table: file, People: people, Mode: mode, Last: tt.last})); got != tt.held {
				t.Errorf("held by %q, want %q", got, tt.held)
			}
		})
	}
}

// TestDatesThatCanBeReadBothWays: one that fits today as it stands is no doubt, or everybody who leaves
// early in a month would be one; one that fits with the month first is, unless the order is known.
func TestDatesThatCanBeReadBothWays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, end string
		known     bool
		want      bool
	}{
		{"ten days ago", "12/11/2026", false, false},
		{"half a year ago, or in two weeks", "12/05/2026", false, true},
		{"half a year ago, or in two weeks, in a known order", "12/05/2026", true, false},
		{"half a year ago either way", "05/04/2026", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := table(t, "login;dtContractEnd", "oroux;"+tt.end)
			file.OrderOpen = !tt.known
			made := plan.Make(file, join(t, ship(t)), plan.Policy{})
			limits := plan.Limits{}.Judge(made, plan.Against{Table: file, People: join(t, ship(t)), Last: 9})
			if got := strings.Contains(held(limits), "date_order"); got != tt.want || strings.Contains(said(made), "date_open") != tt.want {
				t.Errorf("held by %q, says %q", held(limits), said(made))
			}
		})
	}
}

// everybody are the addresses of the crew but one, for a file by mail.
func everybody(but string) (lines []string) {
	for _, line := range crew {
		if f := strings.Split(line, "|"); f[0] != but && f[5] == "" {
			lines = append(lines, f[0]+"@acme.example")
		}
	}
	return lines
}

// everybodyOf are the lines that lack cells.
func everybodyOf(lines []string) (short []string) {
	for _, line := range lines {
		if strings.Count(line, ";") < strings.Count(lines[0], ";") {
			short = append(short, line)
		}
	}
	return short
}

func actions(p *plan.Plan) string {
	var list []string
	for _, item := range p.Items {
		list = append(list, string(item.Action))
	}
	return strings.Join(list, " ")
}

// said are the codes of the findings, each once.
func said(p *plan.Plan) string {
	var list []string
	for _, f := range p.Findings {
		list = append(list, f.Code)
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), " ")
}

// Three rows neither end nor double anybody who is there, unless a person is asked or a row is
// rejected: each row is about one of the crew, in another spelling, with another identifier, or
// beside the values of somebody else.
func TestThreeRowsHarmNobody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := ship(new(testing.T))
		one := func(label string, values ...string) string { return rapid.SampledFrom(values).Draw(t, label) }
		policy := plan.Policy{
			Identifier: rapid.SampledFrom([]plan.Identifier{plan.ByLogin, plan.ByMail, plan.ByNumber, plan.ByName}).Draw(t, "identifier"),
			Mode:       rapid.SampledFrom([]plan.Mode{plan.Delta, plan.Full}).Draw(t, "mode"),
			Defaults:   plan.Defaults{Values: map[string]string{plan.Department: "DIR", plan.PrimaryRole: "Utilisateur"}},
		}
		if policy.Mode == plan.Full {
			policy.OnAbsent = plan.EndAbsent
		}
		var file plan.Table
		for i, code := range []string{plan.Login, plan.FirstName, plan.LastName, plan.Mail, plan.EmployeeNumber, plan.Establishment, plan.ContractStart, "dtBirth"} {
			file.Columns = append(file.Columns, plan.Column{Code: code, Index: i})
		}
		day := func(d roster.Date) string { return fmt.Sprintf("%02d/%02d/%04d", d.Day, d.Month, d.Year) }
		var about []*roster.Employee
		for i := range 3 {
			e := &s.Employees[rapid.IntRange(0, len(s.Employees)-1).Draw(t, "who")]
			about = append(about, e)
			last := one("last", e.LastName, strings.ToUpper(e.LastName), strings.ReplaceAll(e.LastName, "'", "’"), strings.ReplaceAll(e.LastName, "'", ""), strings.ReplaceAll(e.LastName, " ", ""), e.LastName+"-Durand")
			first := one("first", e.FirstName, e.FirstName+" Marie", strings.ToLower(e.FirstName))
			if rapid.Bool().Draw(t, "swapped") {
				first, last = last, first
			}
			login := one("login", e.Login, "", fmt.Sprintf("new%d", i))
			mail := one("mail", e.Mail, fmt.Sprintf("new%d@acme.example", i))
			number := one("number", e.EmployeeNumber, "", fmt.Sprintf("9000%d", i))
			file.Rows = append(file.Rows, plan.Row{Number: i + 2, Cells: []string{
				login, first, last, mail, number, "LYO", one("start", day(e.ContractStart), "01/12/2026"), one("birth", day(e.BirthDate), ""),
			}})
		}
		people := joined(t, s)
		made := plan.Make(file, people, policy)
		heldBy := held(plan.Limits{}.Judge(made, plan.Against{Table: file, People: people, Mode: policy.Mode, Last: 3}))
		for i, item := range made.Items {
			if heldBy == "" && (item.Action == plan.Create || item.Row == 0) {
				t.Fatalf("%s of %s and nobody is asked: %q", item.Action, about[min(i, 2)].Login, file.Rows[min(i, 2)].Cells)
			}
		}
	})
}
