package plan_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// draw makes a file for the sample company: some of its people with some cells changed,
// and new people with few names, so that their logins collide. Logins are blank only where
// another identifier recognises the row on the next day.
func draw(t *rapid.T, s roster.Snapshot) (plan.Table, plan.Policy) {
	policy := plan.Policy{
		Identifier: rapid.SampledFrom([]plan.Identifier{plan.ByLogin, plan.ByMail, plan.ByNumber}).Draw(t, "identifier"),
		Blank:      rapid.SampledFrom([]plan.Blank{plan.KeepBlank, plan.ClearBlank}).Draw(t, "blank"),
		Account:    1,
		Defaults:   plan.Defaults{Values: map[string]string{plan.Department: "DIR", plan.PrimaryRole: "Utilisateur", "csp": "Cadre"}},
	}
	var table plan.Table
	codes := []string{
		plan.Login, plan.FirstName, plan.LastName, plan.Mail, plan.EmployeeNumber, plan.Establishment, plan.ContractStart, plan.ContractEnd,
		plan.Department, plan.Manager, plan.PrimaryRole, "habilitedRoles_0", "habilitedRoles_1", "culture", "jobTitle", "gender", "dtBirth", "csp", "e_site",
	}
	for i, code := range codes {
		table.Columns = append(table.Columns, plan.Column{Code: code, Index: i})
	}
	one := func(label string, values ...string) string { return rapid.SampledFrom(values).Draw(t, label) }
	row := func(login, first, last, mail, number, site, start string) {
		table.Rows = append(table.Rows, plan.Row{Number: len(table.Rows) + 2, Cells: []string{
			login, first, last, mail, number, site, start,
			one("end", "", "", "31/12/2027", "01/02/2026", "30/06/2025", "31/02/2026"),
			one("department", "", "DIR", "SUP1", "SUP2", "Ventes", "Nowhere"),
			one("manager", "", "pkern", "imorvan", "lroy", "n0", "n1", "n2", login),
			one("role", "", "Utilisateur", "Administrateur"),
			one("role0", "", "Formateur", "Manager +"), one("role1", "", "Manager +"),
			one("culture", "", "en-GB"), one("job", "", "Chef", "Technicien"), one("gender", "", "female"),
			one("birth", "", "01/01/1980"), one("csp", "", "Employé"), one("site", "", "Paris"),
		}})
	}
	for i := range s.Employees {
		if e := &s.Employees[i]; rapid.Bool().Draw(t, "known") {
			site := "Acme Lyon"
			if e.EstablishmentID == 2 {
				site = "NTE"
			}
			start := one("start", "", e.ContractStart.String(), "2026-12-15")
			if start != "" {
				start = start[8:] + "/" + start[5:7] + "/" + start[:4]
			}
			row(e.Login, e.FirstName, e.LastName, e.Mail, e.EmployeeNumber, site, start)
		}
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "new") {
		login := fmt.Sprintf("n%d", i)
		if policy.Identifier != plan.ByLogin {
			login = one("login", login, "")
		}
		mail := fmt.Sprintf("n%d@acme.example", rapid.IntRange(0, 6).Draw(t, "mail"))
		row(login, one("first", "Paul", "Pia", "Zoé"), one("last", "Kern", "Élan"), mail, fmt.Sprintf("9%d", i), one("site", "LYO", "NTE"), "01/12/2026")
	}
	return table, policy
}

func TestAnAppliedPlanLeavesNothingToDo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := fresh(t)
		table, policy := draw(t, s)
		first := plan.Make(table, joined(t, s), policy)
		second := plan.Make(table, joined(t, applied(s, first)), policy)
		for i, item := range first.Items {
			if again := second.Items[i]; item.Action != plan.Reject && again.Action != plan.Unchanged {
				t.Fatalf("row %d was %s and is %s again: %+v\nfindings: %v", item.Row, item.Action, again.Action, again.Set.Map(), second.Findings)
			}
		}
	})
}

func TestTheOrderOfTheRowsDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := fresh(t)
		table, policy := draw(t, s)
		policy.Mode, policy.OnAbsent = plan.Full, plan.EndAbsent
		shuffled := table
		shuffled.Rows = rapid.Permutation(table.Rows).Draw(t, "order")
		was := map[int]int{0: 0}
		for i := range shuffled.Rows {
			was[i+2] = shuffled.Rows[i].Number
			shuffled.Rows[i].Number = i + 2
		}
		if diff := gocmp.Diff(shape(plan.Make(table, joined(t, s), policy), nil), shape(plan.Make(shuffled, joined(t, s), policy), was)); diff != "" {
			t.Fatalf("plan (-in order +shuffled):\n%s", diff)
		}
	})
}

// shape is a plan without what names a row in a message, with the rows numbered as before.
func shape(p *plan.Plan, was map[int]int) []string {
	number := func(row int) int {
		if was == nil {
			return row
		}
		return was[row]
	}
	var lines []string
	for _, item := range p.Items {
		sets := item.Set.Map()
		for code, c := range sets {
			c.Row = number(c.Row)
			sets[code] = c
		}
		lines = append(lines, fmt.Sprintf("%03d %s %d %s %v %s", number(item.Row), item.Action, item.EmployeeID, item.Login, sets, item.Basis))
	}
	for _, f := range p.Findings {
		if f.Code == "filled_down" {
			continue // which is about rows that stand one after the other
		}
		lines = append(lines, fmt.Sprintf("%03d %s %s %s", number(f.Row), f.Severity, f.Code, f.Column))
	}
	slices.Sort(lines)
	return lines
}

func joined(t *rapid.T, s roster.Snapshot) *roster.Roster {
	r, err := roster.New(s, roster.Settings{Day: today})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fresh is the sample company, of which a former and an upcoming employee are left.
func fresh(t *rapid.T) roster.Snapshot {
	s := structure()
	for i, login := range []string{"pkern", "imorvan", "lroy", "tnouvel"} {
		e := roster.Employee{
			ID: i + 1, Login: login, FirstName: strings.ToUpper(login[:1]), LastName: login[1:], Mail: login + "@acme.example",
			EmployeeNumber: fmt.Sprintf("%05d", i), EstablishmentID: 1 + i%2, DepartmentID: 12, RoleID: 1, ManagerID: 1,
			ContractStart: roster.Date{Year: 2020, Month: 1, Day: 1}, Culture: "fr-FR", JobTitle: "Technicien",
		}
		switch login {
		case "lroy":
			e.ContractEnd = roster.Date{Year: 2025, Month: 6, Day: 30}
		case "tnouvel":
			e.ContractStart = roster.Date{Year: 2026, Month: 12, Day: 1}
		}
		if rapid.Bool().Draw(t, "boss") {
			e.ManagerID = 2
		}
		s.Employees = append(s.Employees, e)
	}
	return s
}

// applied is the company after a plan, as Lucca would hold it.
func applied(s roster.Snapshot, p *plan.Plan) roster.Snapshot {
	out := s
	out.Employees = slices.Clone(s.Employees)
	created := make(map[int]int)
	for _, item := range p.Items {
		if item.Action == plan.Create {
			created[item.Row] = 1000 + item.Row
			out.Employees = append(out.Employees, roster.Employee{ID: 1000 + item.Row})
		}
	}
	for _, item := range p.Items {
		id := cmp.Or(item.EmployeeID, created[item.Row])
		i := slices.IndexFunc(out.Employees, func(e roster.Employee) bool { return e.ID == id })
		if i < 0 {
			continue
		}
		for code, c := range item.Set.All() {
			set(&out.Employees[i], code, c, created)
		}
	}
	return out
}

func set(e *roster.Employee, code string, c plan.Change, created map[int]int) {
	ref := 0
	if len(c.IDs) > 0 {
		ref = c.IDs[0]
	}
	day, _ := roster.ParseDate(c.To) // texts are none
	switch code {
	case plan.Login:
		e.Login = c.To
	case plan.FirstName:
		e.FirstName = c.To
	case plan.LastName:
		e.LastName = strings.ToUpper(c.To) // as Lucca may show it
	case plan.Mail:
		e.Mail = c.To
	case plan.EmployeeNumber:
		e.EmployeeNumber = c.To
	case plan.Establishment:
		e.EstablishmentID = ref
	case plan.Department:
		e.DepartmentID = ref
	case plan.Manager:
		e.ManagerID = cmp.Or(created[c.Row], ref)
	case plan.PrimaryRole:
		e.RoleID = ref
	case plan.SecondaryRoles:
		e.SecondaryRoleIDs = c.IDs
	case plan.ContractStart:
		e.ContractStart = day
	case plan.ContractEnd:
		e.ContractEnd = day
	case "dtBirth":
		e.BirthDate = day
	case "culture":
		e.Culture = c.To
	case "jobTitle":
		e.JobTitle = c.To
	case "gender":
		e.Gender = c.To
	case "csp":
		e.CategoryID = ref
	case "e_site":
		e.Extensions = map[string]string{code: c.To}
	}
}
