package plan_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

func TestPolicyIsReadFromTheSettings(t *testing.T) {
	t.Parallel()
	const text = `
identifier: employee_number
mode: full
on_absent: end
blank: clear
defaults: {legalEntity: "Acme Lyon", department: 12, by: [{when: {legalEntity: "Acme Nantes"}, set: {department: "Support Nantes"}}]}
protect: [pkern]
login: "{first}.{last}"
`
	var p plan.Policy
	if err := yaml.Load([]byte(text), &p, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	want := plan.Policy{
		Identifier: plan.ByNumber, Mode: plan.Full, OnAbsent: plan.EndAbsent, Blank: plan.ClearBlank,
		Defaults: plan.Defaults{
			Values: map[string]string{"legalEntity": "Acme Lyon", "department": "12"},
			By:     []plan.DefaultRule{{When: plan.DefaultScope{Establishment: "Acme Nantes"}, Set: map[string]string{"department": "Support Nantes"}}},
		},
		Protect: []string{"pkern"}, Login: "{first}.{last}",
	}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Errorf("policy (-want +got):\n%s", diff)
	}
	p.Validate(func(key, message string) { t.Errorf("%s: %s", key, message) })
	plan.Policy{}.Validate(func(key, message string) { t.Errorf("zero policy: %s: %s", key, message) })
	if err := yaml.Load([]byte("{defaults: {by: [{wen: {}}]}}"), &p, yaml.WithKnownFields()); err == nil {
		t.Error("an unknown key of a rule is accepted")
	}
}

func TestPolicyFaultsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	p := plan.Policy{
		Identifier: "salary", Mode: "some", OnAbsent: plan.EndAbsent, Blank: "zap", Protect: []string{"a", " "}, Login: "{f}{name}",
		Defaults: plan.Defaults{
			Values: map[string]string{"mail": "x", "salary": "1", "jobTitle": " ", "habilitedRoles": "x", "habilitedRoles_01": "x", "e_": "x"},
			By: []plan.DefaultRule{
				{Set: map[string]string{"jobTitle": "x"}},
				{When: plan.DefaultScope{Department: "Ventes"}, Set: map[string]string{"department": "DIR", "login": "x"}},
				{When: plan.DefaultScope{Department: "VENTES"}},
			},
		},
	}
	var got []string
	p.Validate(func(key, _ string) { got = append(got, key) })
	slices.Sort(got)
	want := []string{
		"blank", "defaults.by[0].when", "defaults.by[1].set.department", "defaults.by[1].set.login", "defaults.by[2].set", "defaults.by[2].when",
		"defaults.e_", "defaults.habilitedRoles", "defaults.habilitedRoles_01", "defaults.jobTitle", "defaults.mail", "defaults.salary",
		"identifier", "login", "mode", "on_absent", "protect[1]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestQueryAsksForWhatIsNeededOnly(t *testing.T) {
	t.Parallel()
	const always = roster.Login | roster.ContractStart | roster.ContractEnd
	defaults := plan.Defaults{Values: map[string]string{"rolePrincipal": "Utilisateur"}, By: []plan.DefaultRule{
		{When: plan.DefaultScope{Establishment: "LYO"}, Set: map[string]string{"csp": "Cadre"}},
	}}
	creating := []string{"login", "firstName", "lastName", "mail", "dtContractStart"}
	for _, tt := range []struct {
		name    string
		columns []string
		policy  plan.Policy
		want    roster.Query
	}{
		{"titles", []string{"login", "jobTitle"}, plan.Policy{Defaults: defaults}, roster.Query{Former: true, Fields: always | roster.JobTitle}},
		{"creations", creating, plan.Policy{}, roster.Query{Former: true, Employments: true, Fields: always | roster.FirstName | roster.LastName | roster.Mail | roster.EstablishmentRef}},
		{
			"creations with defaults", creating, plan.Policy{Defaults: defaults},
			roster.Query{Former: true, Fields: always | roster.FirstName | roster.LastName | roster.Mail | roster.EstablishmentRef, Employments: true, Roles: true, Establishments: true, Categories: true},
		},
		{
			"references", []string{"login", "legalEntity", "department", "habilitedRoles_0", "csp", "e_site"}, plan.Policy{},
			roster.Query{
				Former: true, Establishments: true, Departments: true, Roles: true, Categories: true,
				Codes:  []string{"e_site"},
				Fields: always | roster.EstablishmentRef | roster.DepartmentRef | roster.SecondaryRoles | roster.CategoryRef | roster.Extensions,
			},
		},
		{
			"managers", []string{"login", "manager"}, plan.Policy{},
			roster.Query{Former: true, Fields: always | roster.Manager | roster.Mail | roster.EmployeeNumber | roster.EstablishmentRef | roster.FirstName | roster.LastName},
		},
		{
			"number as identifier", []string{"employeenumber", "legalEntity"}, plan.Policy{Identifier: plan.ByNumber},
			roster.Query{Former: true, Establishments: true, Fields: always | roster.EmployeeNumber | roster.EstablishmentRef},
		},
		{"a full file", []string{"login", "jobTitle"}, plan.Policy{Mode: plan.Full}, roster.Query{Former: true, Fields: always | roster.JobTitle | roster.EstablishmentRef | roster.DepartmentRef}},
		{"numbers", []string{"login", "employeenumber"}, plan.Policy{}, roster.Query{Former: true, Fields: always | roster.EmployeeNumber | roster.EstablishmentRef}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var columns []plan.Column
			for i, code := range tt.columns {
				columns = append(columns, plan.Column{Code: code, Index: i})
			}
			if diff := cmp.Diff(tt.want, plan.Query(columns, tt.policy)); diff != "" {
				t.Errorf("query (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCodesAreKnown(t *testing.T) {
	t.Parallel()
	for _, code := range plan.Codes() {
		if want := code != plan.SecondaryRoles; plan.Known(code) != want {
			t.Errorf("Known(%q) = %t", code, !want)
		}
	}
	for code, want := range map[string]bool{
		"habilitedRoles_0": true, "habilitedRoles_12": true, "habilitedRoles_": false, "habilitedRoles_01": false, "habilitedRoles_x": false,
		"e_site": true, "e_": false, "Login": false, "": false,
	} {
		if got := plan.Known(code); got != want {
			t.Errorf("Known(%q) = %t", code, got)
		}
	}
}
