package plan_test

import (
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
			Extensions: map[string]string{"e_site": "Lyon", "e_medical": "2026-01-31"}, Hidden: roster.BirthDate,
		}
		if got := plan.Holds(&e, tt.set); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
	self := roster.Employee{ID: 2, ManagerID: 2}
	if !plan.Holds(&self, set{plan.Manager: {}}) {
		t.Error("who is their own manager has one")
	}
}
