package profile_test

import (
	"testing"

	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
)

// cabinet is a company of which 1 has all that a partner asks for, 2 is their manager, 3 the manager's,
// 4 of human resources, and 9 has nothing but a number.
func cabinet(t *testing.T) *roster.Roster {
	t.Helper()
	day := func(year int16, month, d uint8) roster.Date { return roster.Date{Year: year, Month: month, Day: d} }
	title, _ := roster.PropertyNamed("civilTitle")
	s := roster.Snapshot{
		Employees: []roster.Employee{
			{
				ID: 1, Login: "anneveu", Mail: "anne.neveu@acme.example", EmployeeNumber: "00042", LastName: "NEVEU", FirstName: "Anne", JobTitle: "Comptable", Gender: "Female",
				ProfessionalMobile: "+33 6 11 22 33 44", DirectLine: "0478000001", PersonalMail: "anne@home.example", PersonalMobile: "+33 7 11 22 33 44", Address: "1 rue de la Paix",
				Culture: "fr-FR", BirthDate: day(1984, 2, 29), ContractStart: day(2024, 1, 1), ContractEnd: day(2027, 6, 30),
				ManagerID: 2, EstablishmentID: 7, DepartmentID: 30, CategoryID: 5, Sections: map[int]int{3: 300, 5: 500},
				Extensions: map[string]string{
					"e_hr": "4", "e_rate": "15,20 €/h", "e_ref": "C-77", "e_trial": "2024-03-31", "e_why": "Création", "e_out": "Fin de CDD", "e_iban": "FR7630006000011234567890189", "e_city": "Lyon", "e_zip": "69003",
				},
			},
			{ID: 2, Login: "boss", Mail: "boss@acme.example", EmployeeNumber: "00007", LastName: "KERN", FirstName: "Paul", ManagerID: 3},
			{ID: 3, Mail: "top@acme.example", EmployeeNumber: "00001", LastName: "HAUT", FirstName: "Rose"},
			{ID: 4, Mail: "rh@acme.example", EmployeeNumber: "00004", LastName: "RHÔNE", FirstName: "Léa"},
			{ID: 9, EmployeeNumber: "00009"},
		},
		Establishments: []roster.Establishment{{ID: 7, Name: "Acme Lyon", Code: "LYO", LegalUnitID: 70}},
		LegalUnits:     []roster.LegalUnit{{ID: 70, Name: "Acme SAS", Code: "SAS"}},
		Departments: []roster.Department{
			{ID: 10, Name: "Direction", Hierarchy: "/1/", Parent: "/"}, {ID: 20, Name: "Finance", Hierarchy: "/1/1/", Parent: "/1/"}, {ID: 30, Name: "Paie", Hierarchy: "/1/1/1/", Parent: "/1/1/"},
		},
		Categories: []roster.Category{{ID: 5, Name: "Cadre"}},
		Sections:   []roster.Section{{ID: 300, AxisID: 3, Code: "R1", Name: "Recherche"}, {ID: 500, AxisID: 5, Code: "N9", Name: "Nord"}},
		Contracts: []roster.Contract{
			{ID: 1, OwnerID: 1, TypeID: 2, CategoryID: 5, StartsOn: day(2020, 3, 2), EndsOn: day(2023, 12, 31)},
			{ID: 2, OwnerID: 1, TypeID: 2, CategoryID: 5, StartsOn: day(2024, 1, 1), EndsOn: day(2027, 6, 30)},
		},
		Fields: []roster.Field{{Code: "e_trial", Kind: roster.DateField}},
	}
	title.Set(&s.Employees[0], roster.Datum{Text: "miss"})
	r, err := roster.New(s, roster.Settings{
		Day: day(2026, 11, 28), CostCenterAxes: []int{3, 5}, ContractTypes: map[int]string{2: "CDD"}, SalaryExtension: "e_rate",
		Extensions: map[string]string{
			"hr_manager": "e_hr", "hourly_rate": "e_rate", "contract_reference": "e_ref", "trial_end": "e_trial", "start_reason": "e_why", "end_reason": "e_out", "iban": "e_iban", "city": "e_city", "zip_code": "e_zip",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// cabinetHas is a configuration that sets up all that the company has.
func cabinetHas() profile.Sources {
	return profile.Sources{
		CostCenterAxes: []int{3, 5}, ContractTypes: true, Salary: profile.SalaryFromExtension,
		Extensions: map[string]string{
			"hr_manager": "e_hr", "hourly_rate": "e_rate", "contract_reference": "e_ref", "trial_end": "e_trial", "start_reason": "e_why", "end_reason": "e_out", "iban": "e_iban", "city": "e_city", "zip_code": "e_zip",
		},
	}
}

// Each column of each partner has the cell of who has everything, and an empty one, without a word, of
// who has nothing.
func TestEachColumnOfEachPartner(t *testing.T) {
	t.Parallel()
	r := cabinet(t)
	for name, want := range map[string]map[string]string{
		"skillup": {
			"login":               "anne.neveu@acme.example",
			"employee_number":     "00042",
			"last_name":           "NEVEU",
			"first_name":          "Anne",
			"manager_number":      "00007",
			"job_title":           "Comptable",
			"gender":              "Female",
			"phone":               "+33 6 11 22 33 44",
			"birth_date":          "1984-02-29",
			"start_date":          "2020-03-02",
			"end_date":            "2027-06-30",
			"contract":            "CDD",
			"contract_type":       "Cadre",
			"company":             "Acme Lyon",
			"management":          "Direction",
			"department":          "Finance",
			"service":             "Paie",
			"manager_email":       "boss@acme.example",
			"n2_email":            "top@acme.example",
			"annual_gross_salary": "15,20 €/h",
		},
		"place-de-la-formation": {
			"last_name":             "NEVEU",
			"first_name":            "Anne",
			"legal_entity":          "Acme SAS",
			"employee_number":       "00042",
			"title":                 "Mme",
			"mail":                  "anne.neveu@acme.example",
			"manager_number":        "00007",
			"manager_last_name":     "KERN",
			"manager_first_name":    "Paul",
			"manager_email":         "boss@acme.example",
			"hr_manager_number":     "00004",
			"hr_manager_last_name":  "RHÔNE",
			"hr_manager_first_name": "Léa",
			"hr_manager_email":      "rh@acme.example",
			"gross_hourly_rate":     "15,20 €/h",
			"function":              "Comptable",
			"phone":                 "+33 6 11 22 33 44",
			"establishment":         "Acme Lyon",
			"start_date":            "2020-03-02",
			"birth_date":            "1984-02-29",
			"cost_center_code_1":    "R1",
			"cost_center_code_2":    "N9",
			"cost_center_label_1":   "Recherche",
			"cost_center_label_2":   "Nord",
		},
		"360learning": {
			"unique_id":  "00042",
			"email":      "anne.neveu@acme.example",
			"first_name": "Anne",
			"last_name":  "NEVEU",
			"title":      "Comptable",
			"language":   "fr",
			"manager_id": "00007",
			"status":     "Active",
		},
		"skello": {
			"employee_number":    "00042",
			"last_name":          "NEVEU",
			"first_name":         "Anne",
			"contract_reference": "C-77",
			"contract_start":     "2024-01-01",
			"contract_end":       "2027-06-30",
			"establishment":      "Acme Lyon",
			"mail":               "anne.neveu@acme.example",
			"phone":              "+33 6 11 22 33 44",
			"contract":           "CDD",
			"trial_end":          "2024-03-31",
			"start_reason":       "Création",
			"end_reason":         "Fin de CDD",
		},
		"stairwage": {
			"employer":            "Acme Lyon",
			"shared_id":           "00042",
			"last_name":           "NEVEU",
			"first_name":          "Anne",
			"base_salary":         "15,20 €/h",
			"contract_start_date": "2024-01-01",
			"contract_end_date":   "2027-06-30",
			"date_of_birth":       "1984-02-29",
			"mobile_phone_number": "+33 6 11 22 33 44",
			"iban":                "FR7630006000011234567890189",
			"address":             "1 rue de la Paix",
			"city":                "Lyon",
			"zip_code":            "69003",
			"email":               "anne.neveu@acme.example",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, name)
			p.Caps = nil // all of them at once
			var optional []string
			for key := range want {
				if !isSentAnyway(p, key) {
					optional = append(optional, key)
				}
			}
			b, faults := bind(t, p, profile.Selection{Columns: profile.Listed(optional...)}, cabinetHas())
			if len(faults) > 0 || len(b.Columns) != len(want) {
				t.Fatalf("%d columns of %d: %v", len(b.Columns), len(want), faults)
			}
			for i := range b.Columns {
				c := &b.Columns[i]
				v := c.Read(r, r.ByID(1))
				if cell, ok := c.Values.Translate(v.String()); cell != want[c.Key] || !ok || v.Note != profile.NoNote {
					t.Errorf("%s is %q, %v (note %d), want %q", c.Key, cell, ok, v.Note, want[c.Key])
				}
				bare := map[string]string{"employee_number": "00009", "unique_id": "00009", "shared_id": "00009", "status": "active"}
				if v := c.Read(r, r.ByID(9)); v.String() != bare[c.Key] || v.Note != profile.NoNote {
					t.Errorf("%s of who has nothing is %q (note %d)", c.Key, v, v.Note)
				}
			}
			var none profile.Sources
			none.Lacks = roster.Query{Fields: roster.Fields(^uint64(0)), Pay: true, Roles: true}
			none.Without = "ask Lucca"
			if _, faults := bind(t, p, profile.Selection{}, none); len(faults) == 0 {
				t.Error("a partner is sent what cannot be read")
			}
		})
	}
}

// isSentAnyway reports whether a column is not one to be listed.
func isSentAnyway(p *profile.Profile, key string) bool {
	for _, c := range p.Columns {
		if c.Key == key {
			return c.Level != profile.Optional
		}
	}
	return false
}

// A column about a manager says whom it is about by their id, also where they have left or show nothing.
func TestWhomAColumnIsAbout(t *testing.T) {
	t.Parallel()
	r, err := roster.New(roster.Snapshot{Employees: []roster.Employee{
		{ID: 1, ManagerID: 2, Extensions: map[string]string{"e_hr": " 4 "}},
		{ID: 2, ManagerID: 3},
		{ID: 3, ManagerID: 99, Extensions: map[string]string{"e_hr": "Rose"}},
		{ID: 4, ManagerID: 2, Hidden: roster.Manager | roster.Extensions, Extensions: map[string]string{"e_hr": "4"}},
		{ID: 5, ManagerID: 4},
	}}, roster.Settings{Day: roster.Date{Year: 2026, Month: 11, Day: 28}, Extensions: map[string]string{"hr_manager": "e_hr"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		source string
		of     map[int]int
	}{
		{"mail", map[int]int{}},
		{"manager.mail", map[int]int{1: 2, 2: 3, 3: 99, 5: 4}},
		{"upper(manager.mail)", map[int]int{1: 2, 2: 3, 3: 99, 4: 2, 5: 4}},
		{"first(manager.mail, mail)", map[int]int{1: 2, 2: 3, 3: 99, 4: 2, 5: 4}},
		{"manager.manager.mail", map[int]int{1: 3, 2: 99, 3: 99, 5: 4}},
		{"hrManager.mail", map[int]int{1: 4}},
	} {
		b, faults := bind(t, open(t, "skillup"), profile.Selection{Columns: profile.Columns{{Header: "X", Source: tt.source}}}, everything())
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		c := b.Columns[len(b.Columns)-1]
		for id := 1; id <= 5; id++ {
			if got := c.RefersTo(r, r.ByID(id)); got != tt.of[id] {
				t.Errorf("%s of %d is about %d, want %d", tt.source, id, got, tt.of[id])
			}
		}
	}
	var none profile.BoundColumn
	if none.RefersTo(r, r.ByID(1)) != 0 {
		t.Error("a column without a source is about somebody")
	}
}

// Whoever has no manager may have a word instead, which says nothing of anybody else.
func TestWhatStandsInPlaceOfAManager(t *testing.T) {
	t.Parallel()
	r := cabinet(t)
	p, err := profile.Parse(schemaOf(t, "", `"x-source": ["manager.mail", "jobTitle", "'none'"]`, `"x-source": ["manager.mail"]`), "own.json")
	if err != nil {
		t.Fatal(err)
	}
	b, faults := bind(t, p, profile.Selection{Columns: profile.Listed("c0", "c1")}, profile.Sources{})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for id, want := range map[int][2]string{1: {"boss@acme.example", "Comptable"}, 3: {"none", "none"}} {
		if got := b.Columns[0].Read(r, r.ByID(id)).Text; got != want[0] {
			t.Errorf("of %d it reads %q, want %q", id, got, want[0])
		}
		if got := b.Columns[0].Otherwise(r, r.ByID(id)).Text; got != want[1] {
			t.Errorf("of %d it is %q otherwise, want %q", id, got, want[1])
		}
		if got := b.Columns[1].Otherwise(r, r.ByID(id)); !got.IsZero() {
			t.Errorf("without another source it is %q otherwise", got)
		}
	}
}
