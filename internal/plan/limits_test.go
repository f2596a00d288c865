package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
)

// staff is a company of n present employees, and the file that says so.
func staff(t *testing.T, n int) (plan.Table, *roster.Roster) {
	t.Helper()
	s := structure()
	lines := []string{"login;firstName;lastName;mail;legalEntity;department;rolePrincipal;manager;dtContractStart;dtContractEnd"}
	for i := range n {
		login := fmt.Sprintf("u%d", i)
		s.Employees = append(s.Employees, roster.Employee{
			ID: i + 1, Login: login, FirstName: "F", LastName: "L" + login, Mail: login + "@acme.example", EstablishmentID: 1, DepartmentID: 10, RoleID: 1,
			ContractStart: date(t, "2020-01-01"),
		})
		lines = append(lines, fmt.Sprintf("%s;F;L%s;%s@acme.example;LYO;DIR;Utilisateur;;01/01/2020;", login, login, login))
	}
	return table(t, lines...), join(t, s)
}

// with changes one cell of the first n rows.
func with(t plan.Table, n int, code, text string) plan.Table {
	for i := range t.Columns {
		if t.Columns[i].Code == code {
			for j := range n {
				t.Rows[j].Cells[i] = text
			}
		}
	}
	return t
}

// more adds n new people.
func more(t plan.Table, n int) plan.Table {
	for i := range n {
		login := fmt.Sprintf("new%d", i)
		t.Rows = append(t.Rows, plan.Row{Number: len(t.Rows) + 2, Cells: []string{
			login, "N", "N" + login, login + "@acme.example", "LYO", "DIR", "Utilisateur", "", "01/12/2026", "",
		}})
	}
	return t
}

// held are the names of the limits that hold a plan.
func held(limits []run.Limit) string {
	var names []string
	for _, l := range limits {
		if l.Held {
			names = append(names, l.Name)
		}
	}
	return strings.Join(names, " ")
}

func TestLimitsHavePercentagesFloorsAndACeiling(t *testing.T) {
	t.Parallel()
	const ended = "22/11/2026"
	for _, tt := range []struct {
		name  string
		staff int
		file  func(plan.Table) plan.Table
		last  int
		want  string
	}{
		{"nothing to do", 20, func(f plan.Table) plan.Table { return f }, 20, ""},
		{"an empty file", 20, func(f plan.Table) plan.Table { f.Rows = nil; return f }, 0, "min_rows"},
		{"an empty file after one that was not", 20, func(f plan.Table) plan.Table { f.Rows = nil; return f }, 20, "min_rows shrink"},
		{"3 leavers of 12", 12, func(f plan.Table) plan.Table { return with(f, 3, plan.ContractEnd, ended) }, 12, ""},
		{"4 leavers of 12", 12, func(f plan.Table) plan.Table { return with(f, 4, plan.ContractEnd, ended) }, 12, "ends"},
		{"5 leavers of 100", 100, func(f plan.Table) plan.Table { return with(f, 5, plan.ContractEnd, ended) }, 100, ""},
		{"6 leavers of 100", 100, func(f plan.Table) plan.Table { return with(f, 6, plan.ContractEnd, ended) }, 100, "ends"},
		{"50 leavers of 2000", 2000, func(f plan.Table) plan.Table { return with(f, 50, plan.ContractEnd, ended) }, 2000, ""},
		{"51 leavers of 2000", 2000, func(f plan.Table) plan.Table { return with(f, 51, plan.ContractEnd, ended) }, 2000, "ends"},
		{"3 starts of 12 moved into the future", 12, func(f plan.Table) plan.Table { return with(f, 3, plan.ContractStart, "01/12/2026") }, 12, "late_starts"},
		{"4 starts of 12 moved into the future", 12, func(f plan.Table) plan.Table { return with(f, 4, plan.ContractStart, "01/12/2026") }, 12, "ends late_starts"},
		{"4 starts of 12 moved to today", 12, func(f plan.Table) plan.Table { return with(f, 4, plan.ContractStart, "22/11/2026") }, 12, ""},
		{"4 starts of 12 that move with their ends", 12, func(f plan.Table) plan.Table {
			return with(with(f, 4, plan.ContractStart, "01/12/2026"), 2, plan.ContractEnd, "31/12/2026")
		}, 12, "ends late_starts"},
		{"3 starts of 12 that move with their ends", 12, func(f plan.Table) plan.Table {
			return with(with(f, 3, plan.ContractStart, "01/12/2026"), 3, plan.ContractEnd, "31/12/2026")
		}, 12, "late_starts"},
		{"10 new beside 12", 12, func(f plan.Table) plan.Table { return more(f, 10) }, 12, ""},
		{"11 new beside 12", 12, func(f plan.Table) plan.Table { return more(f, 11) }, 12, "creates"},
		{"20 new beside 100", 100, func(f plan.Table) plan.Table { return more(f, 20) }, 100, ""},
		{"21 new beside 100", 100, func(f plan.Table) plan.Table { return more(f, 21) }, 100, "creates"},
		{"5 managers of 12", 12, func(f plan.Table) plan.Table { return with(f, 5, plan.Manager, "u9") }, 12, ""},
		{"6 managers of 12", 12, func(f plan.Table) plan.Table { return with(f, 6, plan.Manager, "u9") }, 12, "changes_per_field.manager"},
		{"20 managers of 100", 100, func(f plan.Table) plan.Table { return with(f, 20, plan.Manager, "u99") }, 100, ""},
		{"21 managers of 100, and their departments", 100, func(f plan.Table) plan.Table {
			return with(with(f, 21, plan.Manager, "u99"), 22, plan.Department, "Ventes")
		}, 100, "changes_per_field.department changes_per_field.manager"},
		{"3 rejected of 4", 4, func(f plan.Table) plan.Table { return with(f, 3, plan.Manager, "nobody") }, 4, ""},
		{"4 rejected of 12", 12, func(f plan.Table) plan.Table { return with(f, 4, plan.Manager, "nobody") }, 12, "rejected"},
		{"20 rejected of 100", 100, func(f plan.Table) plan.Table { return with(f, 20, plan.Manager, "nobody") }, 100, ""},
		{"21 rejected of 100", 100, func(f plan.Table) plan.Table { return with(f, 21, plan.Manager, "nobody") }, 100, "rejected"},
		{"3 rows after 6", 3, func(f plan.Table) plan.Table { return f }, 6, ""},
		{"3 rows after 10", 3, func(f plan.Table) plan.Table { return f }, 10, "shrink"},
		{"80 rows after 100", 80, func(f plan.Table) plan.Table { return f }, 100, ""},
		{"79 rows after 100", 79, func(f plan.Table) plan.Table { return f }, 100, "shrink"},
		{"more rows than before", 79, func(f plan.Table) plan.Table { return f }, 10, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file, people := staff(t, tt.staff)
			file = tt.file(file)
			limits := plan.Limits{}.Judge(plan.Make(file, people, plan.Policy{}), plan.Against{Table: file, People: people, Last: tt.last, Mode: plan.Full})
			if got := held(limits); got != tt.want {
				t.Errorf("held by %q, want %q: %+v", got, tt.want, limits)
			}
		})
	}
}

// An end long ago ends somebody who is there: a wrong year, or a cell of another row.
func TestAnEndLongAgoIsHeld(t *testing.T) {
	t.Parallel()
	s := company(t)
	s.Employees[3].ContractEnd = date(t, "2024-06-30")
	s.Contracts[3].EndsOn = date(t, "2024-06-30")
	const create = "login;firstName;lastName;mail;legalEntity;department;rolePrincipal;dtContractStart;dtContractEnd"
	for _, tt := range []struct {
		name string
		file []string
		want string
	}{
		{"yesterday", []string{"login;dtContractEnd", "imorvan;21/11/2026"}, ""},
		{"some months ago", []string{"login;dtContractEnd", "imorvan;31/08/2026"}, ""},
		{"in the last quarter", []string{"login;dtContractEnd", "imorvan;22/08/2026"}, ""},
		{"more than a quarter ago", []string{"login;dtContractEnd", "imorvan;21/08/2026"}, "past_ends"},
		{"another year by mistake", []string{"login;dtContractEnd", "imorvan;30/11/2022"}, "past_ends"},
		{"another century by mistake", []string{"login;dtContractEnd", "imorvan;30/11/1926"}, ""}, // before the start: rejected
		{"an account of somebody who left long ago", []string{create, "new;Anna;Neuf;n@acme.example;LYO;DIR;Utilisateur;01/02/2020;30/06/2022"}, "past_ends"},
		{"an account of somebody who left lately", []string{create, "new;Anna;Neuf;n@acme.example;LYO;DIR;Utilisateur;01/02/2020;30/09/2026"}, ""},
		{"a corrected end of somebody who has left", []string{"login;dtContractEnd", "lroy;31/05/2024"}, ""},
		{"an end of one who has left, a year later", []string{"login;dtContractEnd", "lroy;01/07/2025"}, ""},
		{"an end of one who has left, more than a year later", []string{"login;dtContractEnd", "lroy;02/07/2025"}, "past_ends"},
		{"an end of one who has left, nearly a year earlier", []string{"login;dtContractEnd", "lroy;01/07/2023"}, ""},
		{"an end of one who has left, more than a year earlier", []string{"login;dtContractEnd", "lroy;29/06/2023"}, "past_ends"},
		{"the end of one who has left, years earlier", []string{"login;dtContractEnd", "lroy;31/05/2021"}, "past_ends"},
		{"as in Lucca", []string{"login;dtContractEnd", "lroy;30/06/2024"}, ""},
		{"the row is rejected for something else", []string{"login;dtContractEnd;manager", "imorvan;30/11/2022;nobody"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file, people := table(t, tt.file...), join(t, s)
			made := plan.Make(file, people, plan.Policy{})
			if got := held(plan.Limits{}.Judge(made, plan.Against{Table: file, People: people})); got != tt.want {
				t.Errorf("held by %q, want %q: %v", got, tt.want, made.Findings)
			}
			if said := strings.Contains(said(made), "past_end"); said != (tt.want != "") && !strings.Contains(tt.name, "rejected") {
				t.Errorf("said %v", made.Findings)
			}
		})
	}
}

// A group of which many are missing since the last file was left out, whatever the file as a
// whole has.
func TestAGroupThatShrankIsHeld(t *testing.T) {
	t.Parallel()
	ids := func(from, to int) (list []int) {
		for id := from; id <= to; id++ {
			list = append(list, id)
		}
		return list
	}
	all := limit.Percent(100)
	for _, tt := range []struct {
		name   string
		absent []int // places of the 100
		last   []int
		mode   plan.Mode
		limits plan.Limits
		want   string
	}{
		{"nobody is missing", nil, ids(1, 100), plan.Full, plan.Limits{}, ""},
		{"nothing is known of the last file", ids(0, 9), nil, plan.Full, plan.Limits{}, ""},
		{"most of a department", ids(0, 4), ids(1, 100), plan.Full, plan.Limits{}, "shrink.department"},
		{"all of an establishment of two", []int{10, 11}, ids(1, 100), plan.Full, plan.Limits{}, "shrink.establishment"},
		{"one of two", []int{10}, ids(1, 100), plan.Full, plan.Limits{}, ""},
		{"three of ten", ids(0, 2), ids(1, 100), plan.Full, plan.Limits{}, ""},
		{"those who were not in the last file either", ids(0, 9), ids(11, 100), plan.Full, plan.Limits{}, ""},
		{"those who are no longer in Lucca", nil, ids(101, 120), plan.Full, plan.Limits{}, ""},
		{"the only one of an establishment who was there", []int{10}, append(ids(1, 10), 11), plan.Full, plan.Limits{}, ""},
		{"those who have left since", []int{12, 13, 14, 15}, ids(1, 100), plan.Full, plan.Limits{}, ""},
		{"some of many", []int{20, 30, 40, 50}, ids(1, 100), plan.Full, plan.Limits{}, ""},
		{"a file that has only whom it has", ids(0, 9), ids(1, 100), plan.Delta, plan.Limits{}, ""},
		{"a share of all", ids(0, 4), ids(1, 100), plan.Full, plan.Limits{Shrink: &all}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file, people := groups(t, tt.absent)
			made := plan.Make(file, people, plan.Policy{Mode: tt.mode})
			if got := held(tt.limits.Judge(made, plan.Against{Table: file, People: people, Mode: tt.mode, Last: len(file.Rows), LastPeople: tt.last})); got != tt.want {
				t.Errorf("held by %q, want %q", got, tt.want)
			}
		})
	}
}

// A group that was left out of a file which ends the absent holds it, wherever its people stand.
func TestAGroupThatWouldEndIsHeld(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		absent []int
		want   string
	}{
		{"both of an establishment", []int{10, 11}, "absences"},
		{"one of an establishment", []int{10}, ""},
		{"most of a department", []int{1, 2, 4, 5, 7, 8}, "ends absences"},
		{"three of a department", []int{1, 4, 7}, ""},
		{"some from everywhere", []int{3, 40, 70}, ""},
		{"the last", []int{99}, "absences"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file, people := groups(t, tt.absent)
			made := plan.Make(file, people, plan.Policy{Mode: plan.Full, OnAbsent: plan.EndAbsent})
			if got := held(plan.Limits{}.Judge(made, plan.Against{Table: file, People: people, Mode: plan.Full, Last: 100})); got != tt.want {
				t.Errorf("held by %q, want %q: %+v", got, tt.want, made.Doubts)
			}
		})
	}
}

// groups is a company of 100 with its file, but for the absent: the first ten in a department of
// their own, two in another establishment, four who have left.
func groups(t *testing.T, absent []int) (plan.Table, *roster.Roster) {
	t.Helper()
	s := structure()
	lines := []string{"login"}
	for i := range 100 {
		e := roster.Employee{ID: i + 1, Login: fmt.Sprintf("u%d", i), EstablishmentID: 1, DepartmentID: 11, ContractStart: date(t, "2020-01-01")}
		switch {
		case i < 10:
			e.DepartmentID = 10
		case i < 12:
			e.EstablishmentID = 2
		case i < 16:
			e.DepartmentID, e.ContractEnd = 12, date(t, "2026-10-31")
		}
		s.Employees = append(s.Employees, e)
		if !slices.Contains(absent, i) {
			lines = append(lines, e.Login)
		}
	}
	return table(t, lines...), join(t, s)
}

// T30: a mass leave is held before the first call, whatever shape it has.
func TestT30MassLeave(t *testing.T) {
	t.Parallel()
	full := plan.Policy{Mode: plan.Full, OnAbsent: plan.EndAbsent}
	for _, tt := range []struct {
		name   string
		policy plan.Policy
		file   func(plan.Table) plan.Table
		want   string
		ends   int
	}{
		{"no rows", full, func(f plan.Table) plan.Table { f.Rows = nil; return f }, "min_rows shrink", 0},
		{"half of the rows", full, func(f plan.Table) plan.Table { f.Rows = f.Rows[:50]; return f }, "ends shrink absences", 50},
		{"one department missing", full, func(f plan.Table) plan.Table { f.Rows = f.Rows[15:]; return f }, "ends absences", 15},
		{"ends filled with yesterday", plan.Policy{}, func(f plan.Table) plan.Table { return with(f, 100, plan.ContractEnd, "21/11/2026") }, "ends changes_per_field.dtContractEnd doubtful_ends", 100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file, people := staff(t, 100)
			file = tt.file(file)
			made := plan.Make(file, people, tt.policy)
			if got := held(plan.Limits{}.Judge(made, plan.Against{Table: file, People: people, Last: 100, Mode: plan.Full})); got != tt.want {
				t.Errorf("held by %q, want %q", got, tt.want)
			}
			if got := made.Changes().End; got != tt.ends {
				t.Errorf("%d ends, want %d", got, tt.ends)
			}
		})
	}
}

func TestReturnsAreAlwaysHeld(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, start, end string
		blank            plan.Blank
		want             string
	}{
		{"a new contract", "01/12/2026", "", plan.KeepBlank, "rehires"},
		{"a short new contract", "01/12/2026", "31/12/2026", plan.KeepBlank, "rehires"},
		{"the end taken back", "01/02/2018", "", plan.ClearBlank, "rehires"},
		{"the end moved to today", "01/02/2018", "22/11/2026", plan.KeepBlank, "rehires"},
		{"the end moved within the past", "01/02/2018", "21/11/2026", plan.KeepBlank, ""},
		{"the same contract", "01/02/2018", "30/06/2025", plan.KeepBlank, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			people := join(t, company(t))
			file := table(t, "login;dtContractStart;dtContractEnd", "lroy;"+tt.start+";"+tt.end)
			made := plan.Make(file, people, plan.Policy{Blank: tt.blank})
			if got := held(plan.Limits{}.Judge(made, plan.Against{Table: file, People: people, Last: 0, Mode: plan.Full})); got != tt.want {
				t.Errorf("held by %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLimitsOfTheSettings(t *testing.T) {
	t.Parallel()
	file, people := staff(t, 100)
	file = with(file, 10, plan.ContractEnd, "22/11/2026")
	made := plan.Make(file, people, plan.Policy{})
	all, half := limit.Percent(100), limit.Percent(50)
	if got := held(plan.Limits{Ends: &half}.Judge(made, plan.Against{Table: file, People: people, Last: 100, Mode: plan.Full})); got != "" {
		t.Errorf("held by %q under ends: 50%%", got)
	}
	if got := held(plan.Limits{Ends: &half, Shrink: &all}.Judge(made, plan.Against{Table: file, People: people, Last: 10_000, Mode: plan.Full})); got != "" {
		t.Errorf("held by %q under shrink: 100%%", got)
	}
	var named []string
	some, staffed := staff(t, 12)
	for _, l := range (plan.Limits{}).Judge(plan.Make(with(with(some, 5, plan.Manager, "u9"), 3, plan.Department, "Ventes"), staffed, plan.Policy{}), plan.Against{Table: some, People: staffed}) {
		if strings.HasPrefix(l.Name, "changes_per_field.") {
			named = append(named, l.Name)
		}
	}
	if diff := cmp.Diff([]string{"changes_per_field.manager"}, named); diff != "" {
		t.Errorf("of changes within their limit the most are told (-want +got):\n%s", diff)
	}
	all40, hundred := staff(t, 100)
	all40.Rows = all40.Rows[:40]
	nine := with(all40, 9, plan.Manager, "u99")
	for mode, want := range map[plan.Mode]string{plan.Full: "changes_per_field.manager", plan.Delta: ""} {
		if got := held(plan.Limits{}.Judge(plan.Make(nine, hundred, plan.Policy{}), plan.Against{Table: nine, People: hundred, Mode: mode})); got != want {
			t.Errorf("9 managers of 40 in a %s file: held by %q", mode, got)
		}
	}
	one := limit.Percent(1)
	if got := held(plan.Limits{Ends: &half, Shrink: &one}.Judge(made, plan.Against{Table: file, People: people, Last: 200, Mode: plan.Delta})); got != "shrink" {
		t.Errorf("a delta file whose size is limited: held by %q", got)
	}
	if got := held(plan.Limits{Ends: &half}.Judge(made, plan.Against{Table: file, People: people, Last: 200, Mode: plan.Delta})); got != "" {
		t.Errorf("a delta file: held by %q", got)
	}
	judged := plan.Limits{}.Judge(made, plan.Against{Table: file, People: people, Last: 100, Mode: plan.Full})
	want := run.Limit{Name: "ends", Value: "10", Bound: "5", Held: true, Reason: "the contracts of 10 of 100 present employees would end, more than 5 (5%)"}
	if diff := cmp.Diff(want, judged[1]); diff != "" {
		t.Errorf("limit (-want +got):\n%s", diff)
	}
}

// A share of rows that are somebody else's is held: one of a hundred is not, two are, and so is one of fewer.
func TestAShareOfShiftedRowsIsHeld(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ rows, shifted int }{{100, 1}, {100, 2}, {99, 1}, {0, 0}} {
		file, people := staff(t, tt.rows)
		made := plan.Make(file, people, plan.Policy{})
		made.Doubts.Shifted = tt.shifted
		want := 100*tt.shifted > tt.rows
		if got := strings.Contains(held(plan.Limits{}.Judge(made, plan.Against{Table: file, People: people})), "identity_shift"); got != want {
			t.Errorf("%d of %d rows: held %v", tt.shifted, tt.rows, got)
		}
	}
}

// Who has not begun loses no access when the first day moves on.
func TestStartsOfThoseToComeAreNoEnds(t *testing.T) {
	t.Parallel()
	s, lines := structure(), []string{"login;dtContractStart"}
	for i := range 8 {
		start := date(t, "2020-01-01")
		if i < 4 {
			start = date(t, "2027-01-04")
			lines = append(lines, fmt.Sprintf("u%d;01/02/2027", i))
		}
		s.Employees = append(s.Employees, roster.Employee{ID: i + 1, Login: fmt.Sprint("u", i), ContractStart: start})
	}
	file, people := table(t, lines...), join(t, s)
	if got := held(plan.Limits{}.Judge(plan.Make(file, people, plan.Policy{}), plan.Against{Table: file, People: people})); got != "" {
		t.Errorf("held by %q", got)
	}
	// Nor does who has a fixed term and gets the next contract.
	lines = []string{"login;dtContractStart;contractType"}
	for i := range 4 {
		e := &s.Employees[4+i]
		e.ContractEnd = date(t, "2026-12-31")
		s.Contracts = append(s.Contracts, roster.Contract{ID: 100 + i, OwnerID: e.ID, TypeID: 2, StartsOn: e.ContractStart, EndsOn: e.ContractEnd})
		lines = append(lines, e.Login+";01/01/2027;CDI")
	}
	file, people = table(t, lines...), join(t, s)
	made := plan.Make(file, people, plan.Policy{})
	if got := held(plan.Limits{}.Judge(made, plan.Against{Table: file, People: people})); got != "" || made.Changes().Update != 4 {
		t.Errorf("next contracts are held by %q: %+v", got, made.Changes())
	}
}

func TestApprovalHolds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		approval     plan.Approval
		first, later bool
	}{
		{"", true, false}, {plan.ApproveFirst, true, false}, {plan.ApproveAlways, true, true}, {plan.ApproveLimits, false, false},
	} {
		if first, later := tt.approval.Hold(true) != "", tt.approval.Hold(false) != ""; first != tt.first || later != tt.later {
			t.Errorf("%q holds the first run %t and a later one %t", tt.approval, first, later)
		}
	}
	var keys []string
	plan.Approval("never").Validate(func(key, _ string) { keys = append(keys, key) })
	plan.ApproveAlways.Validate(func(key, _ string) { keys = append(keys, key+" without a fault") })
	if diff := cmp.Diff([]string{"approval"}, keys); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// TestAPartialFileIsNoCompany: the mended rows of a file say nothing about the others.
func TestAPartialFileIsNoCompany(t *testing.T) {
	t.Parallel()
	all, people := staff(t, 10)
	all.Rows, all.Partial = all.Rows[:1], true
	p := plan.Make(all, people, plan.Policy{Mode: plan.Full, OnAbsent: plan.EndAbsent})
	if c := p.Changes(); c.End != 0 || len(p.Findings) > 0 {
		t.Errorf("%d are ended: %v", c.End, p.Findings)
	}
	if got := held((plan.Limits{}).Judge(p, plan.Against{Table: all, People: people, Last: 10, Mode: plan.Full})); got != "" {
		t.Errorf("held by %s", got)
	}
}
