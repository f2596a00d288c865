package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

func TestDefaultsThatLuccaHasNothingFor(t *testing.T) {
	t.Parallel()
	people, err := roster.New(roster.Snapshot{
		Employees: []roster.Employee{
			{ID: 1, Login: "ada", LastName: "Arnoult", FirstName: "Ada", Mail: "ada@acme.example"},
			{ID: 2, Login: "kim", LastName: "Kermadec", FirstName: "Kim", ContractEnd: roster.Date{Year: 2020, Month: 1, Day: 1}},
		},
		Establishments: []roster.Establishment{{ID: 1, Name: "Acme Lyon", Code: "LYO"}, {ID: 2, Name: "Acme Nantes"}},
		Departments:    []roster.Department{{ID: 1, Name: "Support", Hierarchy: "/1.0/"}, {ID: 2, Name: "Achats", Hierarchy: "/2.0/"}, {ID: 3, Name: "Achats", Hierarchy: "/2.0/"}},
		Roles:          []roster.Role{{ID: 7, Name: "Utilisateur"}},
	}, roster.Settings{Day: roster.Date{Year: 2026, Month: 11, Day: 22}})
	if err != nil {
		t.Fatal(err)
	}
	d := plan.Defaults{
		Values: map[string]string{"legalEntity": "lyo", "department": "Suport", "rolePrincipal": "Utilisateur", "culture": "fr", "manager": "Ada Arnoult", "e_any": "x"},
		By: []plan.DefaultRule{
			{When: plan.DefaultScope{Establishment: "Acme Nantes"}, Set: map[string]string{"department": "Achats", "manager": "nobody", "gender": "Male"}},
			{When: plan.DefaultScope{Establishment: "Acme Brest", Department: "Support"}, Set: map[string]string{"habilitedRoles_0": "Chef", "manager": "Kim Kermadec", "jobTitle": "y"}},
			{When: plan.DefaultScope{Department: "Supor"}, Set: map[string]string{"jobTitle": "z"}},
		},
	}
	if !d.NeedsPeople() {
		t.Error("a manager is somebody")
	}
	if (plan.Defaults{Values: map[string]string{"culture": "fr-FR"}}).NeedsPeople() {
		t.Error("a culture is nobody")
	}
	got := map[string]string{}
	d.Check(people, func(key, message string) { got[key] = message })
	want := map[string]string{
		"department":                 `"Suport" is no department in Lucca; did you mean "Support"?`,
		"culture":                    `"fr" is none of fr-FR, de-DE, en-US, en-GB, es-ES, nl-BE, it-IT`,
		"by[0].set.department":       `"Achats" is the name of more than one department in Lucca: write its code, or its path such as Direction / Service`,
		"by[0].set.manager":          `"nobody" is nobody in Lucca`,
		"by[2].when.department":      `"Supor" is no department in Lucca; did you mean "Support"?`,
		"by[1].when.legalEntity":     `"Acme Brest" is no establishment in Lucca`,
		"by[1].set.habilitedRoles_0": `"Chef" is no role in Lucca`,
		"by[1].set.manager":          `"Kim Kermadec" means somebody who has left`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
