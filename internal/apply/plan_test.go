package apply_test

import (
	"strconv"
	"testing"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/sandbox"
)

// file makes a table as a reader would.
func file(header []string, rows ...[]string) plan.Table {
	var t plan.Table
	for i, code := range header {
		t.Columns = append(t.Columns, plan.Column{Code: code, Index: i})
	}
	for i, cells := range rows {
		t.Rows = append(t.Rows, plan.Row{Number: i + 2, Cells: cells})
	}
	return t
}

// planned reads the tenant and plans a file.
func planned(t *testing.T, c *lucca.Client, table plan.Table) (*plan.Plan, *roster.Roster) {
	t.Helper()
	s, err := c.Snapshot(t.Context(), plan.Query(table.Columns, plan.Policy{}))
	if err != nil {
		t.Fatal(err)
	}
	r, err := roster.New(s, roster.Settings{Day: roster.DateOf(today())})
	if err != nil {
		t.Fatal(err)
	}
	return plan.Make(table, r, plan.Policy{}), r
}

// A file that was applied changes nothing when it comes again: what is written is what is
// read and compared.
func TestAFileThatWasAppliedChangesNothingMore(t *testing.T) {
	t.Parallel()
	company := sandbox.NewCompany(60, 7, today())
	tenant := sandbox.New(company, sandbox.Options{Keys: []sandbox.Key{{Secret: key}}, RequestsPerMinute: -1})
	establishment, department := company.Establishments[0].Code, company.Departments[0].Code
	role, second, category := company.Roles[0].Name, company.Roles[1].Name, company.Categories[0].Name
	present, former := people(t, tenant)
	header := []string{
		"login", "firstName", "lastName", "mail", "legalEntity", "dtContractStart", "dtContractEnd", "employeenumber", "dtBirth", "department",
		"manager", "rolePrincipal", "habilitedRoles_0", "culture", "jobTitle", "gender", "professionalMobile", "directLine", "personalEmail",
		"personalMobile", "address", "csp", "e_hourly_rate",
	}
	person := func(login, manager string) []string {
		return []string{
			login, "Zoé " + login, "O'Neil", login + "@new.example", establishment, "04/01/2027", "31/12/2027", "N" + login, "17/05/199" + login[3:], department,
			manager, role, second, "de-DE", "Chef; \"test\"", "Female", "+33600000000", "0100000000", login + "@home.example",
			"+33700000000", "1 rue du Lac", category, "12.5",
		}
	}
	known := func(u sandbox.User, start string, cells ...string) []string {
		row := make([]string, len(header))
		row[0], row[5] = u.Login, start
		for i := 0; i < len(cells); i += 2 {
			at, err := strconv.Atoi(cells[i])
			if err != nil {
				t.Fatal(err)
			}
			row[at] = cells[i+1]
		}
		return row
	}
	table := file(header,
		person("new1", "new2"), person("new2", "new3"), person("new3", "new1"), person("new4", present[0].Login),
		known(present[1], "", "10", "new1", "14", "Chef"),
		known(present[2], "", "6", "31/12/2026"),
		known(present[3], "", "22", "99.5", "12", second, "13", "en-GB"),
		known(former, "04/01/2027", "14", "Back"),
		known(present[4], ""),
	)
	c := onLoopback(t, tenant)
	p, r := planned(t, c, table)
	want := plan.Changes{Create: 4, Update: 2, End: 1, Rehire: 1, Unchanged: 1}
	if p.Changes() != want {
		t.Fatalf("planned %+v, want %+v: %v", p.Changes(), want, p.Findings)
	}
	before := c.Requests()
	result, err := apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: p, Lucca: c, Journal: &memory{}, Current: r})
	if err != nil || result.Applied != want {
		t.Fatalf("%+v, %v, %v", result.Applied, err, result.Findings)
	}
	// One for each changed user, one for the cycle, and the second half of the rehire.
	if n := c.Requests() - before; n != 4+2+1+1+1+1 {
		t.Errorf("%d requests", n)
	}
	again, _ := planned(t, c, table)
	if n := again.Changes(); n != (plan.Changes{Unchanged: 9}) {
		t.Errorf("planned again: %+v, %v", n, again.Findings)
		for _, item := range again.Items {
			if item.Action != plan.Unchanged {
				t.Errorf("row %d: %s %v", item.Row, item.Action, item.Set.Map())
			}
		}
	}
}

// Lucca says what each custom field holds, and is sent that: the sandbox refuses anything else.
// Without its list of properties the texts decide, as they always did.
func TestCustomFieldsAreWrittenByTheirTypes(t *testing.T) {
	t.Parallel()
	company := sandbox.NewCompany(60, 7, today())
	company.Extensions = append(company.Extensions, "e_post", "e_medical", "e_site", "e_skills", "e_remote", "e_family")
	company.Fields = append(company.Fields,
		sandbox.Field{Code: "e_post", Type: 4}, sandbox.Field{Code: "e_medical", Type: 3}, sandbox.Field{Code: "e_remote", Type: 0},
		sandbox.Field{Code: "e_site", Type: 1, Entries: []sandbox.Named{{ID: 1, Name: "Lyon"}, {ID: 2, Name: "Nantes"}}},
		sandbox.Field{Code: "e_skills", Type: 1, Multiple: true, Entries: []sandbox.Named{{ID: 11, Name: "SQL"}, {ID: 12, Name: "Go"}, {ID: 13, Name: "Paie"}}},
		sandbox.Field{Code: "e_family", Type: 5})
	tenant := sandbox.New(company, sandbox.Options{Keys: []sandbox.Key{{Secret: key}}, RequestsPerMinute: -1})
	present, _ := people(t, tenant)
	c := onLoopback(t, tenant)
	header := []string{"login", "e_post", "e_medical", "e_site", "e_skills", "e_remote", "e_hourly_rate"}
	login := present[1].Login
	for i, cells := range [][]string{
		{login, "69001", "31/01/2027", "nantes", "SQL, Go", "oui", "15,25"},
		{login, "15,25", "", "Lyon", "Go|Paie", "non", "16"},
	} {
		table := file(header, cells)
		p, r := planned(t, c, table)
		if p.Changes() != (plan.Changes{Update: 1}) {
			t.Fatalf("planned %+v: %v", p.Changes(), p.Findings)
		}
		result, err := apply.Apply(t.Context(), apply.Request{Run: "r" + strconv.Itoa(i), Plan: p, Lucca: c, Journal: &memory{}, Current: r})
		if err != nil || len(result.Findings) != 0 {
			t.Fatalf("%v, %v", err, result.Findings)
		}
		if again, _ := planned(t, c, table); again.Changes() != (plan.Changes{Unchanged: 1}) {
			t.Errorf("planned again: %+v %v", again.Items, again.Findings)
		}
	}
	u, _ := tenant.User(present[1].ID)
	for code, want := range map[string]string{"e_post": `"15,25"`, "e_medical": `"2027-01-31T00:00:00"`, "e_site": "1", "e_remote": "false", "e_hourly_rate": "16"} {
		if got := string(u.Extensions[code].Value); got != want {
			t.Errorf("%s is %s, want %s", code, got, want)
		}
	}
	if parts := u.Extensions["e_skills"].Parts; len(parts) != 2 || string(parts[0].Value) != "12" || string(parts[1].Value) != "13" {
		t.Errorf("e_skills is %+v", parts)
	}
	if p, _ := planned(t, c, file([]string{"login", "e_family"}, []string{login, "x"})); p.Changes() != (plan.Changes{Reject: 1}) || p.Findings[0].Code != "composite_field" || p.Findings[0].Cell != "B1" {
		t.Errorf("a group of values: %+v %v", p.Changes(), p.Findings)
	}
}

func TestALuccaThatDoesNotDefineItsFields(t *testing.T) {
	t.Parallel()
	for _, status := range []int{404, 403, 410} {
		company := sandbox.NewCompany(60, 7, today())
		tenant := sandbox.New(company, sandbox.Options{
			Keys: []sandbox.Key{{Secret: key}}, RequestsPerMinute: -1, Off: map[string]int{"/api/v3/userProperties": status},
		})
		present, _ := people(t, tenant)
		c := onLoopback(t, tenant)
		p, r := planned(t, c, file([]string{"login", "e_hourly_rate"}, []string{present[1].Login, "99.5"}))
		if result, err := apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: p, Lucca: c, Journal: &memory{}, Current: r}); err != nil || result.Applied.Update != 1 {
			t.Errorf("%d: %+v, %v", status, result, err)
		}
		if u, _ := tenant.User(present[1].ID); string(u.Extensions["e_hourly_rate"].Value) != "99.5" {
			t.Errorf("%d: %s", status, u.Extensions["e_hourly_rate"].Value)
		}
	}
}
