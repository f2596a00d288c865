package plan_test

import (
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

func TestBlankCellsAreFilledWithWhatIsThere(t *testing.T) {
	t.Parallel()
	s := company(t)
	inès, omar, ana := &s.Employees[1], &s.Employees[2], &s.Employees[5]
	s.Fields = []roster.Field{{Code: "e_label", Kind: roster.TextField}, {Code: "e_due", Kind: roster.DateField}}
	inès.Extensions = map[string]string{"e_label": "2026-01-31", "e_due": "2026-01-31", "e_site": "Lyon", "e_medical": "2026-01-31"}
	inès.BirthDate, inès.Hidden = roster.Date{}, roster.BirthDate
	inès.SecondaryRoleIDs = []int{3, 4}
	omar.ManagerID, omar.DepartmentID, omar.Culture, omar.EstablishmentID, omar.SecondaryRoleIDs = 77, 99, "pt-PT", 3, []int{1, 2, 3}
	ana.SecondaryRoleIDs = []int{5}
	ana.Culture, ana.ManagerID = "", 90
	s.Employees[3].SecondaryRoleIDs = []int{1, 2}
	s.Employees = append(s.Employees, roster.Employee{ID: 90}) // who has no login
	s.Roles = append(s.Roles, roster.Role{ID: 5, Name: "Formateur"})
	s.Establishments = append(s.Establishments, roster.Establishment{ID: 3, Name: "LYO", Code: "L3"}, roster.Establishment{ID: 4, Name: "LYO"})
	people := join(t, s)
	file := table(t,
		"login;firstName;lastName;mail;dtContractStart;legalEntity;department;rolePrincipal;manager;habilitedRoles_0;habilitedRoles_1;culture;gender;dtBirth;csp;e_site;e_medical;dtContractEnd;jobTitle;directLine",
		"imorvan;;;;;;;;;;;;;;;;;;;",
		"obellec;;;;;;;;;;;;;;;;;;Chef;",
		"pkern;;;;;;;;;Formateur;;;;;;;;;;",
		"agarcia;;;;;;;;;;;;;;;;;;;",
		"new;N;N;n@acme.example;01/12/2026;LYO;DIR;Utilisateur;;;;;;;;;;;;",
		"lroy;;;;01/12/2026;;;;;;;;;;;;;;;",
	)
	present := plan.Make(file, people, plan.Policy{}).Present(file, people)
	for _, tt := range []struct {
		row  int
		code string
		want string
		ok   bool
	}{
		{2, plan.FirstName, "Inès", true},
		{2, plan.ContractStart, "01/03/2021", true},
		{2, plan.ContractEnd, "", true},
		{2, plan.Establishment, "Acme Lyon", true},
		{2, plan.Department, "Direction / Support", true},
		{2, plan.PrimaryRole, "Utilisateur", true},
		{2, plan.Manager, "pkern", true},
		{2, "culture", "fr-FR", true},
		{2, "gender", "Male", true},
		{2, "csp", "Cadre", true},
		{2, "e_site", "Lyon", true},
		{2, "e_medical", "31/01/2026", true},
		{2, "directLine", "", true},
		{2, "e_label", "2026-01-31", true}, // a text, which only looks like a day
		{2, "e_due", "31/01/2026", true},
		{2, plan.ContractType, "", true}, // a blank says nothing of it
		{2, "dtBirth", "", false},
		{2, "habilitedRoles_0", "", false}, // one of its two roles has a name that two have
		{2, "habilitedRoles_1", "", false},
		{3, plan.ContractEnd, "31/12/2026", true},
		{3, plan.Manager, "", false},
		{3, plan.Department, "", false},
		{3, plan.Establishment, "L3", true}, // its name is that of another one too
		{3, "culture", "", false},
		{3, "habilitedRoles_0", "", false}, // three do not fit into two columns
		{4, "habilitedRoles_1", "", true},  // the row has its roles
		{4, plan.Manager, "", true},
		{5, plan.Manager, "", false},
		{5, "culture", "", true},
		{6, plan.Manager, "", true},
		{6, "dtBirth", "", true},
		{7, plan.ContractEnd, "", true}, // the new contract is open
		{7, "jobTitle", "Technicien", true},
		{7, "habilitedRoles_0", "Utilisateur", true},
		{7, "habilitedRoles_1", "Administrateur", true},
		{9, "jobTitle", "", false},
		{2, "salary", "", false},
	} {
		got, ok := present(tt.row, tt.code)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("row %d, %s: %q, %t, want %q, %t", tt.row, tt.code, got, ok, tt.want, tt.ok)
		}
	}
}

func TestWhatIsClearedStaysBlank(t *testing.T) {
	t.Parallel()
	people := join(t, company(t))
	file := table(t, "login;jobTitle;lastName", "imorvan;;")
	present := plan.Make(file, people, plan.Policy{Blank: plan.ClearBlank}).Present(file, people)
	roles := plan.Policy{Blank: plan.ClearBlank, Defaults: plan.Defaults{Values: map[string]string{"habilitedRoles_0": "Formateur"}}}
	for name, policy := range map[plan.Action]plan.Policy{plan.Update: {Blank: plan.ClearBlank}, plan.Unchanged: roles} {
		if got := plan.Make(table(t, "login;habilitedRoles_0", "imorvan;"), people, policy).Items[0].Action; got != name {
			t.Errorf("blank secondary roles: %s, want %s", got, name)
		}
	}
	if got, ok := present(2, "jobTitle"); got != "" || !ok {
		t.Errorf("what may be cleared: %q, %t", got, ok)
	}
	if got, ok := present(2, plan.LastName); got != "MORVAN" || !ok {
		t.Errorf("what may not: %q, %t", got, ok)
	}
}

// A file whose blanks are filled says the same.
func TestAFilledFilePlansTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := fresh(t)
		file, policy := draw(t, s)
		people := joined(t, s)
		first := plan.Make(file, people, policy)
		present := first.Present(file, people)
		filled := file
		filled.Rows = nil
		for i, row := range file.Rows {
			cells := slices.Clone(row.Cells)
			for j, cell := range cells {
				if cell != "" || first.Items[i].Action == plan.Reject {
					continue
				}
				text, ok := present(row.Number, file.Columns[j].Code)
				if !ok {
					t.Fatalf("row %d, %s is not known", row.Number, file.Columns[j].Code)
				}
				cells[j] = text
			}
			filled.Rows = append(filled.Rows, plan.Row{Number: row.Number, Cells: cells})
		}
		second := plan.Make(filled, people, policy)
		if diff := gocmp.Diff(first.Items, second.Items); diff != "" {
			t.Fatalf("items (-blank +filled):\n%s\nfindings: %v", diff, second.Findings)
		}
	})
}
