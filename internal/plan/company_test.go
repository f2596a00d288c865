package plan_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// today is the day of every roster here.
var today = roster.Date{Year: 2026, Month: 11, Day: 22}

// company is the sample company: six people of testdata/company.csv in two establishments,
// with two departments of the same name. Who has an end has a CDD.
func company(t testing.TB) roster.Snapshot {
	t.Helper()
	text, err := os.ReadFile("testdata/company.csv")
	if err != nil {
		t.Fatal(err)
	}
	records := readCSV(t, text)
	s := structure()
	for _, r := range records[1:] {
		number := func(i int) int {
			n, err := strconv.Atoi(r[i])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		kind := 1
		if r[11] != "" {
			kind = 2
		}
		s.Contracts = append(s.Contracts, roster.Contract{
			ID: 1000 + number(0), OwnerID: number(0), TypeID: kind, CategoryID: 1, EstablishmentID: number(6),
			StartsOn: date(t, r[10]), EndsOn: date(t, r[11]),
		})
		s.Employees = append(s.Employees, roster.Employee{
			ID: number(0), Login: r[1], FirstName: r[2], LastName: r[3], Mail: r[4], EmployeeNumber: r[5],
			EstablishmentID: number(6), DepartmentID: number(7), ManagerID: number(8), RoleID: number(9),
			ContractStart: date(t, r[10]), ContractEnd: date(t, r[11]),
			Culture: "fr-FR", JobTitle: "Technicien", Gender: "Male", BirthDate: date(t, "1990-05-17"),
			SecondaryRoleIDs: []int{3}, CategoryID: 1, ProfessionalMobile: "+33611223344",
			Extensions: map[string]string{"e_site": "Lyon", "e_medical": "2026-01-31"}, ExtensionIDs: map[string]int{"e_site": 8801, "e_medical": 8802},
		})
	}
	return s
}

func structure() roster.Snapshot {
	return roster.Snapshot{
		Establishments: []roster.Establishment{{ID: 1, Name: "Acme Lyon", Code: "LYO"}, {ID: 2, Name: "Acme Nantes", Code: "NTE"}},
		Departments: []roster.Department{
			{ID: 10, Name: "Direction", Code: "DIR", Hierarchy: "/1.0/", Parent: "/"},
			{ID: 11, Name: "Ventes", Code: "V", Hierarchy: "/2.0/", Parent: "/"},
			{ID: 12, Name: "Support", Code: "SUP1", Hierarchy: "/1.0/1.0/", Parent: "/1.0/"},
			{ID: 13, Name: "Support", Code: "SUP2", Hierarchy: "/2.0/1.0/", Parent: "/2.0/"},
			{ID: 14, Name: "V", Code: "R&D", Hierarchy: "/3.0/", Parent: "/"},
		},
		Roles:      []roster.Role{{ID: 1, Name: "Utilisateur"}, {ID: 2, Name: "Administrateur"}, {ID: 3, Name: "Manager +"}, {ID: 4, Name: "Formateur"}},
		Categories: []roster.Category{{ID: 1, Name: "Cadre"}, {ID: 2, Name: "Employé"}},
	}
}

func date(t testing.TB, s string) roster.Date {
	t.Helper()
	d, err := roster.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func join(t testing.TB, s roster.Snapshot) *roster.Roster {
	t.Helper()
	s.Employees = slices.Clone(s.Employees) // subtests share it, and a roster links in place
	r, err := roster.New(s, roster.Settings{Day: today, ContractTypes: map[int]string{1: "CDI", 2: "CDD"}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func readCSV(t testing.TB, text []byte) [][]string {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma = ';'
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// table makes a table of lines whose first is the header.
func table(t testing.TB, lines ...string) plan.Table {
	t.Helper()
	var out plan.Table
	for i, r := range readCSV(t, []byte(strings.Join(lines, "\n"))) {
		if i == 0 {
			for j, code := range r {
				out.Columns = append(out.Columns, plan.Column{Code: code, Index: j})
			}
			continue
		}
		out.Rows = append(out.Rows, plan.Row{Number: i + 1, Cells: r})
	}
	return out
}
