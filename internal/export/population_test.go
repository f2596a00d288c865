package export_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
)

// crew is a company with people of every kind that a population is chosen by.
func crew(t *testing.T) *roster.Roster {
	t.Helper()
	s := roster.Snapshot{
		Establishments: []roster.Establishment{{ID: 1, Name: "Acme Lyon", LegalUnitID: 1}, {ID: 2, Name: "Acme Lille", LegalUnitID: 2}},
		LegalUnits:     []roster.LegalUnit{{ID: 1, Name: "Acme SAS", Code: "SAS"}, {ID: 2, Name: "Acme Nord"}},
		Departments: []roster.Department{
			{ID: 1, Name: "Direction", Code: "DIR", Hierarchy: "/1/", Parent: "/"}, {ID: 2, Name: "Support", Hierarchy: "/1/1/", Parent: "/1/"}, {ID: 3, Name: "Achats", Hierarchy: "/2/", Parent: "/"},
		},
		Categories: []roster.Category{{ID: 1, Name: "Cadre"}},
		Contracts:  []roster.Contract{{OwnerID: 1, TypeID: 1, CategoryID: 1}, {OwnerID: 2, TypeID: 2}, {OwnerID: 3, TypeID: 1}},
		Sections:   []roster.Section{{ID: 9, AxisID: 5, Name: "Paris", Code: "P1"}},
	}
	for id := 1; id <= 4; id++ {
		e := person(id)
		e.EstablishmentID, e.DepartmentID = 1+id%2, 1+id%3
		e.Sections = map[int]int{5: 9 * (id % 2)}
		s.Employees = append(s.Employees, e)
	}
	r, err := roster.New(s, roster.Settings{Day: day(11, 22), ContractTypes: map[int]string{1: "CDI", 2: "Stage"}, CostCenterAxes: []int{5}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhoIsInTheFile(t *testing.T) {
	t.Parallel()
	b := mustBind(t, "skillup", profile.Selection{})
	for _, tt := range []struct {
		name     string
		who      export.Population
		want     []int
		findings int
	}{
		{"everybody", export.Population{}, []int{1, 2, 3, 4}, 0},
		{"an establishment", export.Population{Establishments: []string{"acme lyon"}}, []int{2, 4}, 0},
		{"a legal unit by its code", export.Population{LegalUnits: []string{"sas"}}, []int{2, 4}, 0},
		{"a department with those below", export.Population{Departments: []string{"Direction"}}, []int{1, 3, 4}, 0},
		{"a department by its code", export.Population{Departments: []string{"DIR"}}, []int{1, 3, 4}, 0},
		{"a type of contract", export.Population{ContractTypes: []string{"CDI"}}, []int{1, 3}, 0},
		{"a category", export.Population{Categories: []string{"cadre"}}, []int{1}, 0},
		{"a cost centre", export.Population{CostCenters: []string{"P1"}}, []int{1, 3}, 0},
		{"both lists", export.Population{ContractTypes: []string{"CDI"}, Categories: []string{"Cadre"}}, []int{1}, 0},
		{"included by number", export.Population{Categories: []string{"Cadre"}, Include: []string{"00002", "p4@acme.example"}}, []int{1, 2, 4}, 0},
		{"excluded by id", export.Population{Exclude: []string{"3", "P1@ACME.EXAMPLE"}}, []int{2, 4}, 0},
		{"words about nobody", export.Population{
			Departments: []string{"Suport", "Direction"}, Categories: []string{"Cadre", "Cadres"}, Include: []string{"nobody"}, Exclude: []string{"none"},
		}, []int{1}, 4},
	} {
		f, err := renderTo(&bytes.Buffer{}, crew(t), b, tt.who)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var got []int
		for _, p := range f.People {
			if p.Decision == export.Sent {
				got = append(got, p.ID)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || len(f.Findings) != tt.findings {
			t.Errorf("%s: %s\n%v", tt.name, diff, f.Findings)
		}
	}
}

func TestAPopulationAsksForWhatItIsChosenBy(t *testing.T) {
	t.Parallel()
	b := mustBind(t, "skillup", profile.Selection{})
	bare := export.Query(b, export.Population{})
	if bare.Departments || bare.Contracts || bare.LegalUnits || bare.Fields&roster.DepartmentRef != 0 {
		t.Errorf("without lists %+v is read", bare)
	}
	q := export.Query(b, export.Population{Departments: []string{"a"}, ContractTypes: []string{"b"}, Categories: []string{"c"}, LegalUnits: []string{"d"}})
	if !q.Departments || !q.Contracts || !q.Categories || !q.LegalUnits || q.Fields&roster.DepartmentRef == 0 {
		t.Errorf("with lists only %+v is read", q)
	}
}

func TestFaultsOfAPopulation(t *testing.T) {
	t.Parallel()
	b := mustBind(t, "skillup", profile.Selection{})
	var faults []string
	export.Population{
		UpcomingDays: -1, CostCenters: []string{"P1"}, Include: []string{"a", "b"}, Exclude: []string{" B"},
	}.Validate(b, func(key, message string) { faults = append(faults, key+": "+message) })
	want := []string{
		"upcoming_days: want 0 or more days",
		"cost_centers: cannot be told: lucca.cost_center_axes names 0 axes, and this is level 1",
		"include[1]: is in exclude too",
	}
	if diff := cmp.Diff(want, faults); diff != "" {
		t.Error(diff)
	}
}

func rendered(t *testing.T, schema string, sel profile.Selection, people ...roster.Employee) (string, *export.File) {
	t.Helper()
	p, err := profile.Parse([]byte(schema), "own.json")
	if err != nil {
		t.Fatal(err)
	}
	b := p.Bind(sel, profile.Sources{}, func(f profile.Fault) { t.Errorf("%s: %s", f.Path, f.Message) })
	var out bytes.Buffer
	f, err := renderTo(&out, mustRoster(t, day(11, 22), people...), b, export.Population{})
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(out.String(), "\r\n", "\n"), f
}

// team is a schema with a key and a manager.
const team = `{"name": "own", "encoding": "windows-1252", "schema": {"primaryKey": "id", "fields": [
	{"name": "id", "title": "ID", "constraints": {"required": true, "maxLength": 6}, "x-level": "required", "x-source": ["employeeNumber"]},
	{"name": "name", "title": "Name", "constraints": {"pattern": "[A-Z].*"}, "x-level": "recommended", "x-source": ["lastName"]},
	{"name": "boss", "title": "Boss", "x-level": "recommended", "x-source": ["manager.employeeNumber"]}]}}`

func TestAManagerWhoIsNotInTheFile(t *testing.T) {
	t.Parallel()
	chief, lead, worker := person(1), person(2), person(3)
	lead.ManagerID, worker.ManagerID = 1, 2
	chief.EmployeeNumber = "0000001" // too long for the partner: the row is rejected
	for _, tt := range []struct {
		policy profile.ManagerOutside
		want   string
	}{
		{"", "ID;Name;Boss\n00002;L;0000001\n00003;L;00002\n"},
		{profile.EmptyManager, "ID;Name;Boss\n00002;L;\n00003;L;00002\n"},
		{profile.RejectManager, "ID;Name;Boss\n"}, // whoever works for somebody rejected goes too
	} {
		got, f := rendered(t, team, profile.Selection{ManagerOutside: tt.policy}, chief, lead, worker)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q: %s", tt.policy, diff)
		}
		found := 0
		for _, x := range f.Findings {
			if x.Code == "manager_outside" {
				found++
			}
		}
		if found == 0 {
			t.Errorf("%q: nothing is said", tt.policy)
		}
	}
}

func TestAKeyThatIsThereTwice(t *testing.T) {
	t.Parallel()
	twin := person(2)
	twin.EmployeeNumber = "00001"
	got, f := rendered(t, team, profile.Selection{}, person(1), twin)
	if got != "ID;Name;Boss\n00001;L;\n" || f.Rejected != 1 {
		t.Errorf("%q, %d rejected", got, f.Rejected)
	}
	got, f = rendered(t, team, profile.Selection{Sources: map[string]string{"id": "{id}-{substring(employeeNumber, 5)}"}}, person(1), twin)
	if got != "ID;Name;Boss\n1-1;L;\n2-1;L;\n" || f.Rejected != 0 {
		t.Errorf("made unique: %q, %d rejected", got, f.Rejected)
	}
}

func TestLettersThatTheEncodingLacks(t *testing.T) {
	t.Parallel()
	yes := true
	nguyen, wide := person(1), person(2)
	nguyen.LastName, wide.LastName = "Nguyễn-Łuk", "王"
	sel := profile.Selection{}
	if got, _ := rendered(t, team, sel, nguyen); got != "ID;Name;Boss\n00001;;\n" {
		t.Errorf("without the option: %q", got)
	}
	sel.Dialect.Transliterate = &yes
	got, f := rendered(t, team, sel, nguyen, wide)
	if got != "ID;Name;Boss\n00001;Nguyen-Luk;\n00002;;\n" || len(f.Findings) != 2 || f.Findings[0].Code != "transliterated" || f.Findings[1].Code != "not_encodable" {
		t.Errorf("%q %v", got, f.Findings)
	}
}

func TestCellsThatBreakTheContract(t *testing.T) {
	t.Parallel()
	low := person(1)
	low.LastName = "lower"
	got, f := rendered(t, team, profile.Selection{}, low)
	if got != "ID;Name;Boss\n00001;;\n" || len(f.Findings) != 1 || f.Findings[0].Code != "breaks_contract" {
		t.Errorf("%q %v", got, f.Findings)
	}
}

func TestOwnColumnsBesideThoseOfTheProfile(t *testing.T) {
	t.Parallel()
	e := person(1)
	e.BirthDate, e.ProfessionalMobile = day(2, 9), "06 12 34 56 78"
	got, _ := rendered(t, team, profile.Selection{Columns: profile.Columns{
		{Header: "Mobile", Source: "e164(professionalMobile)"}, {Header: "Born", Source: "birthDate", Type: profile.Day, Format: "YYYYMMDD"}, {Header: "Client", Source: "'ACME'"},
	}}, e)
	if got != "ID;Name;Boss;Mobile;Born;Client\n00001;L;;+33612345678;20260209;ACME\n" {
		t.Error(got)
	}
}

// A word for whoever has no manager stands for one who is not in the file, too.
func TestAManagerOutsideIsNone(t *testing.T) {
	t.Parallel()
	chief, worker := person(1), person(2)
	worker.ManagerID, chief.EmployeeNumber = 1, "0000001"
	got, _ := rendered(t, strings.Replace(team, `["manager.employeeNumber"]`, `["manager.employeeNumber", "'NO_MANAGER'"]`, 1), profile.Selection{ManagerOutside: profile.EmptyManager}, chief, worker)
	if want := "ID;Name;Boss\n00002;L;NO_MANAGER\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
