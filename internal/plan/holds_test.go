package plan_test

import (
	"slices"
	"testing"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

func TestHoldsTellsWhetherAChangeIsThere(t *testing.T) {
	t.Parallel()
	to := func(text string) plan.Change { return plan.Change{To: text} }
	ref := func(ids ...int) plan.Change { return plan.Change{To: "x", IDs: ids} }
	type set = map[string]plan.Change
	for _, tt := range []struct {
		name string
		set  set
		want bool
	}{
		{"nothing", nil, true},
		{"a text", set{"jobTitle": to("Chef de projet")}, true},
		{"another text", set{"jobTitle": to("Chef")}, false},
		{"a text in another encoding of its accents", set{"address": to("E\u0301vry")}, true},
		{"no text", set{"directLine": to("")}, true},
		{"a text cleared that is there", set{"jobTitle": to("")}, false},
		{"a text where there is none", set{"directLine": to("0102")}, false},
		{"a login in another case", set{plan.Login: to("IMorvan")}, true},
		{"an address in another case", set{plan.Mail: to("Ines.Morvan@acme.example")}, true},
		{"a name that Lucca shows in capitals", set{plan.LastName: to("Morvan")}, true},
		{"another name", set{plan.LastName: to("Martin")}, false},
		{"a first name", set{plan.FirstName: to("Inès")}, true},
		{"a number", set{plan.EmployeeNumber: to("00219")}, true},
		{"a number without its zeros", set{plan.EmployeeNumber: to("219")}, false},
		{"a gender", set{"gender": to("female")}, true},
		{"a language", set{"culture": {To: "fr-FR", IDs: []int{1036}}}, true},
		{"another language", set{"culture": {To: "en-GB", IDs: []int{2057}}}, false},
		{"a date", set{plan.ContractStart: to("2021-03-01")}, true},
		{"another date", set{plan.ContractStart: to("2021-03-02")}, false},
		{"no end", set{plan.ContractEnd: to("")}, true},
		{"an end", set{plan.ContractEnd: to("2026-12-31")}, false},
		{"what is no date", set{plan.ContractEnd: to("31/12/2026")}, false},
		{"an establishment", set{plan.Establishment: ref(1)}, true},
		{"another department", set{plan.Department: ref(10)}, false},
		{"a role", set{plan.PrimaryRole: ref(1)}, true},
		{"no category", set{"csp": {}}, true},
		{"a category", set{"csp": ref(2)}, false},
		{"a manager", set{plan.Manager: ref(7)}, true},
		{"another manager", set{plan.Manager: ref(8)}, false},
		{"no manager", set{plan.Manager: {}}, false},
		{"a manager whom a row creates", set{plan.Manager: {To: "new", Row: 9}}, false},
		{"a manager whom a row has created", set{plan.Manager: {To: "new", Row: 9, IDs: []int{7}}}, true},
		{"secondary roles", set{plan.SecondaryRoles: ref(3, 4)}, true},
		{"fewer secondary roles", set{plan.SecondaryRoles: ref(3)}, false},
		{"a custom field", set{"e_site": {To: "Lyon", ExtensionID: 8801}}, true},
		{"a custom field of several, in another order", set{"e_tools": to("scie, hache")}, true},
		{"a custom field of others", set{"e_tools": to("scie, clou")}, false},
		{"a custom field cleared that is there", set{"e_site": {ExtensionID: 8801}}, false},
		{"a custom field that holds a date", set{"e_medical": to("2026-01-31")}, true},
		{"a custom field that is not there", set{"e_badge": to("12")}, false},
		{"what is hidden", set{"dtBirth": to("")}, false},
		{"one of two", set{"jobTitle": to("Chef de projet"), "gender": to("Male")}, false},
		{"an unknown code", set{"salary": to("")}, false},
	} {
		e := roster.Employee{
			ID: 2, Login: "imorvan", FirstName: "Inès", LastName: "MORVAN", Mail: "ines.morvan@acme.example", EmployeeNumber: "00219",
			JobTitle: "Chef de projet", Address: "Évry", Gender: "Female", Culture: "fr-FR", ContractStart: date(t, "2021-03-01"),
			EstablishmentID: 1, DepartmentID: 12, RoleID: 1, ManagerID: 7, SecondaryRoleIDs: []int{3, 4},
			Extensions: map[string]string{"e_site": "Lyon", "e_medical": "2026-01-31", "e_tools": "hache, scie"}, Hidden: roster.BirthDate,
		}
		if got := plan.Holds(&e, tt.set); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
	self := roster.Employee{ID: 2, ManagerID: 2}
	if plan.Holds(&self, set{plan.Manager: {To: "new", Row: 9}}) {
		t.Error("who has no manager has one whom a row creates")
	}
	if !plan.Holds(&self, set{plan.Manager: {}}) {
		t.Error("who is their own manager has one")
	}
}

// What was sent of a contract is there when Lucca has it so: else it is sent again, and somebody
// has two contracts.
func TestHoldsItemTellsWhetherAContractIsThere(t *testing.T) {
	t.Parallel()
	const start, end, kind = plan.ContractStart, plan.ContractEnd, plan.ContractType
	type set = map[string]plan.Change
	to := func(text string) plan.Change { return plan.Change{To: text} }
	s := company(t)
	people := join(t, s)
	i := slices.IndexFunc(people.Employees(), func(e *roster.Employee) bool { return e.Login == "lroy" })
	e := people.Employees()[i] // 2018-02-01 to 2025-06-30, of type 2, called Technicien
	id := e.Contracts()[0].ID
	for _, tt := range []struct {
		name     string
		contract *plan.ContractChange
		set      set
		want     bool
	}{
		{"no contract, and the title is there", nil, set{"jobTitle": to("Technicien")}, true},
		{"no contract, and another title", nil, set{"jobTitle": to("Chef")}, false},
		{"no contract, and an end of the user", nil, set{end: to("2025-06-30")}, true},
		{"no contract, and another end of the user", nil, set{end: to("2025-07-31")}, false},
		{"its end", &plan.ContractChange{ID: id}, set{end: to("2025-06-30")}, true},
		{"another end", &plan.ContractChange{ID: id}, set{end: to("2025-07-31")}, false},
		{"no end", &plan.ContractChange{ID: id}, set{end: to("")}, false},
		{"its type", &plan.ContractChange{ID: id}, set{kind: {To: "CDD", IDs: []int{2}}}, true},
		{"another type", &plan.ContractChange{ID: id}, set{kind: {To: "CDI", IDs: []int{1}}}, false},
		{"its type and another end", &plan.ContractChange{ID: id}, set{kind: {To: "CDD", IDs: []int{2}}, end: to("2026-01-01")}, false},
		{"of another contract", &plan.ContractChange{ID: id + 500}, set{end: to("2025-06-30")}, false},
		{"its end, and the title is there", &plan.ContractChange{ID: id}, set{end: to("2025-06-30"), "jobTitle": to("Technicien")}, true},
		{"its end, and another title", &plan.ContractChange{ID: id}, set{end: to("2025-06-30"), "jobTitle": to("Chef")}, false},
		{"its end, and another start of the user", &plan.ContractChange{ID: id}, set{end: to("2025-06-30"), start: to("2019-02-01")}, false},
		{"a new one that is there", new(plan.ContractChange), set{start: to("2018-02-01"), end: to("2030-01-01"), kind: {To: "CDI", IDs: []int{1}}}, true},
		{"a new one that is not there", new(plan.ContractChange), set{start: to("2026-12-01"), end: to("2025-06-30")}, false},
		{"a new one, and another title", new(plan.ContractChange), set{start: to("2018-02-01"), "jobTitle": to("Chef")}, false},
	} {
		item := plan.Item{Contract: tt.contract, Set: plan.SetOf(tt.set)}
		if got := plan.HoldsItem(e, &item, tt.set); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
		if tt.contract == nil && plan.HoldsContract(e, &item) {
			t.Errorf("%s: a contract is there", tt.name)
		}
	}
}
