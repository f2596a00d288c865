package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// checked runs the first three stages.
func checked(in *input) (*report, []change) {
	r, changes, _ := merged(in)
	check(in, r, changes)
	return r, changes
}

// rejects are the rows of the rejected changes.
func rejects(changes []change) string {
	var rows []string
	for i := range changes {
		if changes[i].rejected {
			rows = append(rows, fmt.Sprint(changes[i].draft.row.Number))
		}
	}
	return strings.Join(rows, " ")
}

// TestCheck: what does not go together is rejected, all of it and nothing else.
func TestCheck(t *testing.T) {
	t.Parallel()
	const create = "login;firstName;lastName;mail;dtContractStart"
	for _, tt := range []struct {
		name     string
		policy   Policy
		file     []string
		rejected string
		said     string
	}{
		{"three strangers", Policy{}, []string{create, "a;Anna;Abt;a@acme.example;01/12/2026", "b;Bob;Bly;b@acme.example;01/12/2026", "c;Cid;Coe;c@acme.example;01/12/2026"}, "", ""},
		{"one login for two new people", Policy{Identifier: ByMail}, []string{create, "x;Anna;Abt;a@acme.example;01/12/2026", "X;Bob;Bly;b@acme.example;01/12/2026", "y;Cid;Coe;c@acme.example;01/12/2026"}, "2 3", "2 duplicate_login, 3 duplicate_login"},
		{"one login for an employee and somebody new", Policy{Identifier: ByMail}, []string{create, "x;;;ben@acme.example;", "x;Bob;Bly;b@acme.example;01/12/2026"}, "2 3", "2 duplicate_login, 3 duplicate_login"},
		{"one address for two new people", Policy{}, []string{create, "a;Anna;Abt;x@acme.example;01/12/2026", "b;Bob;Bly;X@acme.example;01/12/2026"}, "2 3", "2 duplicate_mail, 3 duplicate_mail"},
		{"one mailbox of many for two new people", Policy{MailShared: []string{"x@acme.example"}}, []string{create, "a;Anna;Abt;x@acme.example;01/12/2026", "b;Bob;Bly;X@acme.example;01/12/2026"}, "", ""},
		{"one address for two employees", Policy{}, []string{"login;mail", "ada;x@acme.example", "ben;x@acme.example"}, "", ""},
		{"one address for an employee and somebody new", Policy{}, []string{create, "ben;;;x@acme.example;", "b;Bob;Bly;x@acme.example;01/12/2026"}, "3", "3 duplicate_mail"},
		{"one mailbox of many for an employee and somebody new", Policy{MailShared: []string{"x@acme.example"}}, []string{create, "ben;;;x@acme.example;", "b;Bob;Bly;x@acme.example;01/12/2026"}, "", ""},
		{"one number for two new people", Policy{}, []string{create + ";employeenumber", "a;Anna;Abt;a@acme.example;01/12/2026;90001", "b;Bob;Bly;b@acme.example;01/12/2026;90001"}, "2 3", "2 duplicate_number, 3 duplicate_number"},
		{"one number in two establishments", Policy{}, []string{create + ";employeenumber;legalEntity", "a;Anna;Abt;a@acme.example;01/12/2026;90001;LYO", "b;Bob;Bly;b@acme.example;01/12/2026;90001;NTE"}, "", ""},
		{"one number for two employees of two establishments", Policy{}, []string{"login;employeenumber", "ben;90001", "cleo;90001"}, "", ""},
		{"one number for two employees of one establishment", Policy{}, []string{"login;employeenumber", "ben;90001", "ada;90001"}, "2 3", "2 duplicate_number, 3 duplicate_number"},
		{"one number by a move", Policy{}, []string{"login;employeenumber;legalEntity", "ben;90001;", "cleo;90001;LYO"}, "2 3", "2 duplicate_number, 3 duplicate_number"},
		{"the number of one who moves along", Policy{}, []string{"login;employeenumber;legalEntity", "ben;7;NTE", "eve;00007;LYO"}, "2 3", "2 leading_zeros, 3 number_in_use"},
		{"the number that one who moves brings along", Policy{}, []string{create + ";employeenumber;legalEntity", "ada;;;;;;NTE", "b;Bob;Bly;b@acme.example;01/12/2026;00001;NTE"}, "2 3", "2 duplicate_number, 3 duplicate_number"},
		{"the number of one who stays", Policy{}, []string{create + ";employeenumber;legalEntity", "ada;Ada;;;;;LYO", "b;Bob;Bly;b@acme.example;01/12/2026;00001;NTE"}, "", ""},
		{"twins of one first day", Policy{}, []string{create, "a;Anna;Abt;a@acme.example;01/12/2026", "b;ANNA;Abt;b@acme.example;01/12/2026"}, "2 3", "2 same_person, 3 same_person"},
		{"namesakes of two first days", Policy{}, []string{create, "a;Anna;Abt;a@acme.example;01/12/2026", "b;ANNA;Abt;b@acme.example;02/12/2026"}, "", "2 ~same_name, 3 ~same_name"},
		{"namesakes born on two days", Policy{}, []string{create + ";dtBirth", "a;Anna;Abt;a@acme.example;02/12/2026;01/02/1980", "b;Anna;Abt;b@acme.example;03/12/2026;17/09/1991"}, "", ""},
		{"hires that may be one were judged", Policy{NewOnly: true}, []string{create, "a;Anna;Abt;a@acme.example;01/12/2026", "b;Anna;Abtt;b@acme.example;02/12/2026"}, "", ""},
		{"the same, of a file", Policy{}, []string{create, "a;Anna;Abt;a@acme.example;01/12/2026", "b;Anna;Abtt;b@acme.example;02/12/2026"}, "", "2 ~similar_person, 3 ~similar_person"},
		{"a rejected twin is none", Policy{}, []string{create + ";manager", "a;Anna;Abt;a@acme.example;01/12/2026;nobody", "b;Anna;Abt;b@acme.example;01/12/2026;"}, "2", "2 unknown_manager"},
		{"two who manage each other", Policy{}, []string{"login;manager", "ada;ben"}, "2", "2 manager_cycle"},
		{"a loop of three, two by Lucca", Policy{}, []string{"login;manager", "ada;cleo"}, "2", "2 manager_cycle"},
		{"a loop that the file makes whole", Policy{}, []string{"login;manager", "ada;cleo", "cleo;ben", "ben;ada"}, "2", "2 manager_cycle"},
		{"a loop of two new people", Policy{}, []string{create + ";manager", "a;Anna;Abt;a@acme.example;01/12/2026;b", "b;Bob;Bly;b@acme.example;01/12/2026;a"}, "", ""},
		{"a loop of somebody new and an employee", Policy{}, []string{create + ";manager", "a;Anna;Abt;a@acme.example;01/12/2026;ben", "ben;;;;;a"}, "2 3", "2 manager_cycle, 3 manager_cycle"},
		{"a loop that another rejection closes", Policy{}, []string{"login;manager;employeenumber", "ada;ben;", "ben;cleo;00001"}, "2 3", "2 manager_cycle, 3 number_in_use"},
		{"under somebody who is rejected", Policy{}, []string{create + ";manager", "a;Anna;Abt;a@acme.example;1/12/2026;", "b;Bob;Bly;b@acme.example;01/12/2026;a", "c;Cid;Coe;c@acme.example;01/12/2026;b", "ben;;;;;c", "d;Dee;Dyer;d@acme.example;01/12/2026;ben"}, "2 3 4 5", "2 bad_date, 3 manager_rejected, 4 manager_rejected, 5 manager_rejected"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.policy.Defaults = places
			lines := slices.Clone(tt.file)
			for i := range lines {
				lines[i] += strings.Repeat(";", strings.Count(lines[0], ";")-strings.Count(lines[i], ";"))
			}
			r, changes := checked(officeInput(t, tt.policy, lines...))
			if got := rejects(changes); got != tt.rejected {
				t.Errorf("rejects %q, want %q", got, tt.rejected)
			}
			if got := codesOfReport(r); got != tt.said {
				t.Errorf("says %q, want %q", got, tt.said)
			}
			for i := range changes {
				if changes[i].rejected && !changes[i].set.IsZero() {
					t.Errorf("row %d is rejected and would still set %v", i+2, changes[i].set.Map())
				}
			}
		})
	}
}

// Namesakes in the file are doubted as much as those of employees.
func TestCheckDoubtsNamesakes(t *testing.T) {
	t.Parallel()
	_, changes := checked(officeInput(t, Policy{Defaults: places}, "login;firstName;lastName;mail;dtContractStart",
		"a;Anna;Abt;a@acme.example;01/12/2026", "b;Anna;Abt;b@acme.example;02/12/2026", "c;Cid;Coe;c@acme.example;02/12/2026"))
	for i, want := range []person.Likeness{person.Homonym, person.Homonym, person.Other} {
		if got := changes[i].likeness; got != want {
			t.Errorf("row %d: %d, want %d", i+2, got, want)
		}
	}
}

// A manager has to be there when somebody gets them.
func TestManagersWhoLeave(t *testing.T) {
	t.Parallel()
	const create = "login;firstName;lastName;mail;dtContractStart;dtContractEnd;manager"
	for _, tt := range []struct {
		name string
		file []string
		want string
	}{
		{"one who stays", []string{create, "cleo;;;;;;ben"}, ""},
		{"ended today", []string{create, "cleo;;;;;;ada", "ada;;;;;22/11/2026;"}, "2 ~manager_left"},
		{"ended tomorrow", []string{create, "cleo;;;;;;ada", "ada;;;;;23/11/2026;"}, "2 ~manager_left"},
		{"ended in a month", []string{create, "cleo;;;;;;ada", "ada;;;;;23/12/2026;"}, "2 ~manager_left"},
		{"ended in a month and a day", []string{create, "cleo;;;;;;ada", "ada;;;;;24/12/2026;"}, ""},
		{"ended in two months", []string{create, "cleo;;;;;;ada", "ada;;;;;23/01/2027;"}, ""},
		{"ended before somebody new begins", []string{create, "a;Anna;Abt;a@acme.example;01/12/2026;;ada", "ada;;;;;30/11/2026;"}, "2 ~manager_left"},
		{"ended on the day somebody new begins", []string{create, "a;Anna;Abt;a@acme.example;01/12/2026;;ada", "ada;;;;;01/12/2026;"}, "2 ~manager_left"},
		{"ended after somebody new begins", []string{create, "a;Anna;Abt;a@acme.example;01/12/2026;;ada", "ada;;;;;02/12/2026;"}, "2 ~manager_left"},
		{"two new people, one of whom ends before the other begins", []string{create, "a;Anna;Abt;a@acme.example;01/12/2026;;b", "b;Bea;Bolt;b@acme.example;01/10/2026;30/11/2026;"}, "2 ~manager_left"},
		{"two new people, one of whom ends later", []string{create, "a;Anna;Abt;a@acme.example;01/12/2026;;b", "b;Bea;Bolt;b@acme.example;01/10/2026;31/12/2026;"}, ""},
		{"ended after somebody new began, and before today", []string{create, "a;Anna;Abt;a@acme.example;01/10/2026;;ada", "ada;;;;;15/11/2026;"}, "2 ~manager_left"},
		{"one who has left is said once", []string{create, "cleo;;;;;;dan"}, "2 ~manager_left"},
		{"one who has left, whose end the file corrects, is said once", []string{create, "cleo;;;;;;dan", "dan;;;;;30/09/2026;"}, "2 ~manager_left"},
		{"somebody new who ends, beside one without a manager", []string{create, "a;Anna;Abt;a@acme.example;01/12/2026;15/12/2026;", "cleo;;;;;;"}, ""},
		{"ended before a known one begins anew", []string{create, "cleo;;;;01/03/2027;;ada", "ada;;;;;01/02/2027;"}, "2 ~starts_later"},
		{"a row that is rejected", []string{create, "cleo;;;bad;;;ada", "ada;;;;;22/11/2026;"}, "2 bad_mail"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := officeInput(t, Policy{Defaults: places}, tt.file...)
			r, changes := checked(in)
			warnLeaving(in, r, changes, order(in, changes))
			if got := codesOfReport(r); got != tt.want {
				t.Errorf("says %q, want %q", got, tt.want)
			}
		})
	}
}

// A cell means a manager by login, address, number or name, in this order, employees and
// newcomers alike.
func TestTheCrowdOfManagers(t *testing.T) {
	t.Parallel()
	in := officeInput(t, Policy{}, "login;firstName;lastName;mail;employeenumber;legalEntity;manager",
		"n1;Anna;Abt;anna@acme.example;90001;LYO;", "n2;Bob;Martin;bob@acme.example;90001;NTE;", "00012;Cid;Coe;cid@acme.example;90003;LYO;", "n4;Anna;Abt;aa@acme.example;90004;LYO;", "n5;Anna;Abt;ab@acme.example;90005;LYO;",
		"n6;Dan;Petit;dp@acme.example;90006;NTE;")
	_, drafts := resolved(in)
	tests := []struct {
		text          string
		establishment int
		want          string
	}{
		{"ada", 1, "1"}, {"ADA", 1, "1"}, {"n1", 1, "row 2"}, {"Ben@acme.example", 1, "2"}, {"bob@ACME.example", 1, "row 3"}, {"x@acme.example", 1, ""},
		{"00007", 1, "2"}, {"00007", 2, "2"}, {"7", 1, "3"}, {"7", 2, "3"}, {"007", 1, ""}, // a number is a text
		{"90001", 1, "row 2"}, {"90001", 2, "row 3"}, {"90001", 3, "row 2 row 3"}, {"90003", 2, "row 4"},
		{"00012", 2, "row 4 5"}, // a login and a number mean two people
		{"Ada Lovelace", 1, "1"}, {"LOVELACE, Ada", 1, "1"}, {"d'angelo ben", 1, "2"}, {"Martin Cleo", 1, "3"}, {"Bob Martin", 1, "row 3"}, {"Martin", 1, ""},
		{"Anna Abt", 1, "row 2 row 5"},     // two of the three are enough
		{"Dan Petit", 1, "row 7"},          // somebody new comes before one who has left
		{"dan", 1, "4"}, {"00009", 1, "4"}, // who has left is meant where nobody else is
		{"", 1, ""}, {"nobody", 1, ""},
	}
	mentioned := newMentions()
	for _, tt := range tests {
		mentioned.add(tt.text)
	}
	crowd := newCrowd(in, drafts, mentioned)
	for _, tt := range tests {
		var got []string
		for _, c := range crowd.find(tt.text, tt.establishment) {
			if c.newcomer != nil {
				got = append(got, fmt.Sprint("row ", c.newcomer.row.Number))
				continue
			}
			got = append(got, fmt.Sprint(c.employee.ID))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%q in %d means %q, want %q", tt.text, tt.establishment, strings.Join(got, " "), tt.want)
		}
	}
}

// A file without managers, and with none by default, needs no crowd.
func TestNoCrowdWithoutManagers(t *testing.T) {
	t.Parallel()
	in := officeInput(t, Policy{}, "login;firstName;lastName", "n1;Anna;Abt")
	_, drafts := resolved(in)
	if c := newCrowd(in, drafts, mentionsIn(in, drafts)); len(c.byLogin) != 0 {
		t.Errorf("indexed %v", c.byLogin)
	}
	in = officeInput(t, Policy{Defaults: Defaults{Values: map[string]string{Manager: "n1"}}}, "login;firstName;lastName", "n1;Anna;Abt")
	_, drafts = resolved(in)
	if found := newCrowd(in, drafts, mentionsIn(in, drafts)).find("n1", 1); len(found) != 1 {
		t.Errorf("a default means %v", found)
	}
}

// The chart goes up by the file where it gives a manager, and by Lucca elsewhere.
func TestTheChartGoesUp(t *testing.T) {
	t.Parallel()
	in := officeInput(t, Policy{Defaults: places}, "login;firstName;lastName;mail;dtContractStart;manager",
		"a;Anna;Abt;a@acme.example;01/12/2026;cleo", "cleo;;;;;ada", "b;Bob;Bly;b@acme.example;01/12/2026;a")
	_, changes, _ := merged(in)
	o := chart{in.people, make(map[post]*change)}
	for i := range changes {
		o.rows[postOf(changes[i].draft)] = &changes[i]
	}
	anna, bob := postOf(changes[0].draft), postOf(changes[2].draft)
	for _, tt := range []struct{ from, want post }{
		{bob, anna}, {anna, post{employee: 3}}, {post{employee: 3}, post{employee: 1}}, {post{employee: 1}, post{}},
		{post{employee: 2}, post{employee: 1}}, {post{employee: 5}, post{}}, {post{employee: 99}, post{}}, {post{}, post{}},
	} {
		if got := o.above(tt.from); got != tt.want {
			t.Errorf("above %+v: %+v, want %+v", tt.from, got, tt.want)
		}
	}
	if got := managerOf(&roster.Employee{ID: 5, ManagerID: 5}); got != 0 {
		t.Errorf("oneself is %d", got)
	}
}
