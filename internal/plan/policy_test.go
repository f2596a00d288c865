package plan_test

import (
	"slices"
	"strings"
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
	const always = roster.Login | roster.ContractStart | roster.ContractEnd | roster.FirstName | roster.LastName
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
		{"creations", creating, plan.Policy{}, roster.Query{Former: true, Employments: true, Fields: always | roster.Mail | roster.EstablishmentRef}},
		{
			"creations with defaults", creating, plan.Policy{Defaults: defaults},
			roster.Query{Former: true, Fields: always | roster.Mail | roster.EstablishmentRef, Employments: true, Roles: true, Establishments: true, Categories: true},
		},
		{
			"creations with a default of a department", creating, plan.Policy{Defaults: plan.Defaults{By: []plan.DefaultRule{{When: plan.DefaultScope{Department: "SUP"}, Set: map[string]string{"jobTitle": "x"}}}}},
			roster.Query{Former: true, Fields: always | roster.Mail | roster.EstablishmentRef, Employments: true, Departments: true},
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
			roster.Query{Former: true, Fields: always | roster.Manager | roster.Mail | roster.EmployeeNumber | roster.EstablishmentRef},
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

// Each fault is said so that it can be mended without asking.
func TestFaultsOfAPolicyInWords(t *testing.T) {
	t.Parallel()
	full := plan.Policy{Mode: plan.Full}
	with := func(change func(p *plan.Policy)) plan.Policy {
		p := full
		change(&p)
		return p
	}
	for _, tt := range []struct {
		policy plan.Policy
		want   string
	}{
		{full, ""},
		{plan.Policy{Identifier: "id"}, "identifier: want login, employee_number, mail or name"},
		{plan.Policy{Identifier: plan.ByName}, ""},
		{plan.Policy{Mode: "half"}, "mode: want delta or full"},
		{plan.Policy{Source: "payroll-a"}, "source: needs mode: full, since absence from any other file means nothing"},
		{with(func(p *plan.Policy) { p.Source = "payroll-a" }), ""},
		{with(func(p *plan.Policy) { p.Source = "Payroll A" }), "source: want a name of lower-case letters, digits, - and _"},
		{with(func(p *plan.Policy) { p.Source = "-a" }), "source: want a name of lower-case letters, digits, - and _"},
		{with(func(p *plan.Policy) { p.OnAbsent = plan.EndAbsent }), ""},
		{with(func(p *plan.Policy) { p.OnAbsent = "delete" }), "on_absent: want report or end"},
		{plan.Policy{OnAbsent: plan.EndAbsent}, "on_absent: needs mode: full, since absence from any other file means nothing"},
		{plan.Policy{Blank: "zap"}, "blank: want keep or clear"},
		{plan.Policy{EndBy: plan.EndByContract, TerminationReason: 3}, ""},
		{plan.Policy{EndBy: plan.EndByUser}, ""},
		{plan.Policy{TerminationReason: 3}, ""},
		{plan.Policy{EndBy: "letter"}, "end_by: want contract or user"},
		{plan.Policy{TerminationReason: -1}, "termination_reason: want the id of a reason in Lucca, from 1 up"},
		{plan.Policy{TerminationReason: 1, EndBy: plan.EndByUser}, "termination_reason: needs end_by: contract, since a user has no such property"},
		{plan.Policy{Protect: []string{"ada", "\t"}}, "protect[1]: is blank; want a login"},
		{plan.Policy{MailShared: []string{"plant@acme.example", "plant"}}, "mail_shared[1]: is no e-mail address such as plant@company.example"},
	} {
		var got []string
		tt.policy.Validate(func(key, message string) { got = append(got, key+": "+message) })
		if text := strings.Join(got, " | "); text != tt.want {
			t.Errorf("%+v:\n got %s\nwant %s", tt.policy, text, tt.want)
		}
	}
}

// A change is read in the order of Lucca's documentation, and custom fields by their names.
func TestOrderInWhichChangesAreRead(t *testing.T) {
	t.Parallel()
	set := map[string]int{"e_site": 1, "jobTitle": 2, "lastName": 3, "e_badge": 4, "login": 5, "firstName": 6}
	if diff := cmp.Diff([]string{"login", "firstName", "lastName", "jobTitle", "e_badge", "e_site"}, plan.InOrder(set)); diff != "" {
		t.Error(diff)
	}
}

// What a column refers to is read with it, of a section its axis, of a profile what people have.
func TestQueryOfReferences(t *testing.T) {
	t.Parallel()
	const always = roster.Login | roster.ContractStart | roster.ContractEnd | roster.FirstName | roster.LastName
	kind, _ := roster.PropertyOf(plan.ContractType)
	for code, want := range map[string]roster.Query{
		"userAxisValues_3": {Former: true, Fields: always | roster.Axes, Axes: []int{3}},
		"contractType":     {Former: true, Employments: true, ContractTypes: true, Fields: always | roster.EstablishmentRef | kind.Field},
		"profile_42":       {Former: true, Fields: always | roster.Profiles},
	} {
		if diff := cmp.Diff(want, plan.Query([]plan.Column{{Code: "login"}, {Code: code}}, plan.Policy{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", code, diff)
		}
	}
}

// A default for an establishment cannot be that establishment's own name; one for a department can name an
// establishment.
func TestADefaultIsNotWhatItIsFor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		when plan.DefaultScope
		code string
		want bool
	}{
		{plan.DefaultScope{Establishment: "LYO"}, plan.Establishment, true}, {plan.DefaultScope{Department: "SUP"}, plan.Department, true},
		{plan.DefaultScope{Establishment: "LYO"}, plan.Department, false}, {plan.DefaultScope{Department: "SUP"}, plan.Establishment, false},
	} {
		refused := false
		p := plan.Policy{Defaults: plan.Defaults{By: []plan.DefaultRule{{When: tt.when, Set: map[string]string{tt.code: "X"}}}}}
		p.Validate(func(_, message string) { refused = refused || strings.Contains(message, "is what the rule is for") })
		if refused != tt.want {
			t.Errorf("%s for %+v: refused %v", tt.code, tt.when, refused)
		}
	}
}

// Contracts are read where a file says something of them or may end somebody, and for hires never; where
// numbers are looked for, and where somebody may return, so are establishments.
func TestQueryOfContractsAndPlaces(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		code      string
		policy    plan.Policy
		contracts bool
		place     bool
	}{
		{"jobTitle", plan.Policy{}, false, false},
		{plan.ContractStart, plan.Policy{}, true, true}, {plan.ContractEnd, plan.Policy{}, true, false}, {plan.ContractType, plan.Policy{}, true, true},
		{plan.ContractStart, plan.Policy{NewOnly: true}, false, true},
		{plan.EmployeeNumber, plan.Policy{}, false, true},
		{"jobTitle", plan.Policy{Identifier: plan.ByNumber}, false, true},
		{"jobTitle", plan.Policy{Mode: plan.Full}, false, true},
		{"jobTitle", plan.Policy{Mode: plan.Full, OnAbsent: plan.EndAbsent}, true, true},
		{"jobTitle", plan.Policy{OnAbsent: plan.EndAbsent}, false, false},
	} {
		q := plan.Query([]plan.Column{{Code: "login"}, {Code: tt.code}}, tt.policy)
		if q.Employments != tt.contracts || (q.Fields&roster.EstablishmentRef != 0) != tt.place {
			t.Errorf("%s with %+v: contracts %v, establishment %v", tt.code, tt.policy, q.Employments, q.Fields&roster.EstablishmentRef != 0)
		}
	}
}
