package profile_test

import (
	"encoding/json"
	"strings"
	"testing"

	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
)

// oneColumn is a schema with a column of one type from one source.
func oneColumn(t *testing.T, kind, source string) ([]byte, error) {
	t.Helper()
	b, err := json.Marshal(map[string]any{"name": "own", "schema": map[string]any{"fields": []any{map[string]any{
		"name": "c", "type": kind, "x-level": "recommended", "x-source": []string{source},
	}}}})
	return b, err
}

// acme is a company in which 1 works for 2.
func acme(t *testing.T) *roster.Roster {
	t.Helper()
	r, err := roster.New(roster.Snapshot{
		Employees: []roster.Employee{
			{
				ID: 1, Login: "lnguyen", Mail: "l.nguyen@acme.example", EmployeeNumber: "42", LastName: "NGUYỄN", FirstName: "anne-laure", ManagerID: 2,
				ProfessionalMobile: "06 12 34 56 78", DirectLine: "12", BirthDate: roster.Date{Year: 1984, Month: 2, Day: 9},
				EstablishmentID: 7, DepartmentID: 3,
				Extensions: map[string]string{"e_rate": "1 234,565 €", "e_since": "2020-05-04", "e_sites": "Lyon, Lille", "e_days": "2026-01-01, 2026-02-01"},
			},
			{ID: 2, Mail: "boss@acme.example", EmployeeNumber: "0007"},
			{ID: 3, EstablishmentID: 8, DepartmentID: 4},
		},
		Establishments: []roster.Establishment{{ID: 7, Name: "Acme Lyon", Code: "LYO", LegalUnitID: 1}, {ID: 8, Name: "Acme Lille", LegalUnitID: 2}},
		LegalUnits:     []roster.LegalUnit{{ID: 1, Name: "Acme SAS", Code: "SAS"}},
		Departments: []roster.Department{
			{ID: 1, Name: "Direction", Code: "DIR", Hierarchy: "/1/", Parent: "/"}, {ID: 3, Name: "Support", Code: "SUP", Hierarchy: "/1/1/", Parent: "/1/"},
			{ID: 4, Name: "Achats", Hierarchy: "/2/", Parent: "/"},
		},
		Fields: []roster.Field{{Code: "e_since", Kind: roster.DateField}, {Code: "e_days", Kind: roster.DateField, Multiple: true}},
	}, roster.Settings{Day: roster.Date{Year: 2026, Month: 11, Day: 28}, Extensions: map[string]string{"rate": "e_rate"}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnExpressionReads(t *testing.T) {
	t.Parallel()
	r := acme(t)
	for _, tt := range []struct {
		source string
		id     int
		want   string
		note   profile.Note
	}{
		{"'FR'", 1, "FR", 0},
		{`"it""s"`, 1, `it"s`, 0},
		{"id", 1, "1", 0},
		{"{establishment.code}-{employeeNumber}", 1, "LYO-42", 0},
		{"{establishment.code}-{employeeNumber}", 3, "", profile.CodeMissing},
		{"{establishment.code}-{employeeNumber}", 2, "", 0},
		{"EMP{pad(employeeNumber, 8)}", 1, "EMP00000042", 0},
		{"pad(employeeNumber, 5, ' ')", 1, "   42", 0},
		{"pad(employeeNumber, 2)", 2, "0007", 0},
		{"pad(jobTitle, 4)", 1, "", 0},
		{"first(jobTitle, 'none')", 1, "none", 0},
		{"first(jobTitle, mail, login)", 1, "l.nguyen@acme.example", 0},
		{"first(login if email, mail)", 1, "l.nguyen@acme.example", 0},
		{"join(' ', title(firstName), jobTitle, upper(lastName))", 1, "Anne-Laure NGUYỄN", 0},
		{"join(', ', jobTitle, gender)", 1, "", 0},
		{"lower('{lastName}.{firstName}')", 1, "nguyễn.anne-laure", 0},
		{"substring(lastName, 1, 3)", 1, "NGU", 0},
		{"substring(lastName, 5)", 1, "ỄN", 0},
		{"substring(lastName, 40, 2)", 1, "", profile.Emptied},
		{"replace(mail, '@acme.example', '')", 1, "l.nguyen", 0},
		{"digits(professionalMobile)", 1, "0612345678", 0},
		{"trim(' a ')", 1, "a", 0},
		{"e164(professionalMobile)", 1, "+33612345678", 0},
		{"choose(employeeNumber, '42', firstName, 'x', id, login)", 1, "anne-laure", 0},
		{"choose(firstName, 'x', id, mail)", 1, "l.nguyen@acme.example", 0},
		{"choose(firstName, 'x', id)", 1, "", profile.Emptied},
		{"choose(jobTitle, '', 'none')", 1, "none", 0},
		{"e164(professionalMobile, be)", 1, "+32612345678", 0},
		{"e164(directLine)", 1, "", profile.NotAPhone},
		{"date(birthDate, 'YYYYMM')", 1, "198402", 0},
		{"date(birthDate, 'D.M.YY')", 1, "9.2.84", 0},
		{`date(birthDate, "YYYY-MM-DD'T00:00:00'")`, 1, "1984-02-09T00:00:00", 0},
		{"date(lastName, 'YYYY')", 1, "", profile.NotADate},
		{"date(birthDate, 'YYYY')", 2, "", 0},
		{"born {birthDate}", 1, "born 1984-02-09", 0},
		{"round(extension.rate, 2)", 1, "1234.57", 0},
		{"round(e_rate, 0)", 1, "1235", 0},
		{"round(lastName, 0)", 1, "", profile.NotANumber},
		{"date(e_since, DDMMYYYY)", 1, "04052020", 0},
		{"e_sites", 1, "Lyon, Lille", 0},
		{"department.name", 1, "Support", 0},
		{"department.code", 1, "SUP", 0},
		{"department.code", 3, "", profile.CodeMissing},
		{"department.path", 1, "Direction / Support", 0},
		{"department.level.1", 1, "Direction", 0},
		{"department.level.1.code", 1, "DIR", 0},
		{"department.level.2.code", 3, "", 0},
		{"join(', ', lastName)", 1, "NGUYỄN", 0},
		{"join(' ', establishment.code, jobTitle)", 3, "", profile.CodeMissing},
		{"join(' ', establishment.code, id)", 3, "3", 0},
		{"first(establishment.code, jobTitle)", 3, "", profile.CodeMissing},
		{"first(jobTitle, establishment.code)", 3, "", 0},
		{"choose(establishment.code, 'LYO', id)", 3, "", profile.CodeMissing},
		{"choose(establishment.code, 'LYO', id, 'elsewhere')", 3, "elsewhere", 0},
		{"upper(establishment.code)", 3, "", profile.CodeMissing},
		{"pad(lastName, 1000, '-')", 2, "", 0},
		{"round(e_rate, 9)", 1, "1234.565000000", 0},
		{"department.level.2", 1, "Support", 0},
		{"department.level.3", 1, "", 0},
		{"department.level.3.code", 1, "", 0},
		{"department.level.2.name", 1, "Support", 0},
		{"department.path", 2, "", 0},
		{"department.code", 2, "", 0},
		{"manager.establishment.name", 1, "", profile.ManagerLacks},
		{"manager.mail", 2, "", 0},
		{"login if email", 1, "", profile.Emptied},
		{"manager.login if email", 1, "", profile.ManagerLacks},
		{"e_days", 1, "2026-01-01, 2026-02-01", 0},
		{"e_none", 1, "", 0},
		{"status", 1, "active", 0},
		{"legal_unit.code", 1, "SAS", 0},
		{"legalUnit.code", 3, "", profile.UnknownReference},
		{"establishment.name", 3, "Acme Lille", 0},
		{"pad(manager.employeeNumber, 6)", 1, "000007", 0},
	} {
		b, err := oneColumn(t, "string", tt.source)
		if err != nil {
			t.Fatal(err)
		}
		p, err := profile.Parse(b, "own.json")
		if err != nil {
			t.Errorf("%s: %v", tt.source, err)
			continue
		}
		bound, faults := bind(t, p, profile.Selection{}, profile.Sources{Extensions: map[string]string{"rate": "e_rate"}})
		if len(faults) > 0 {
			t.Errorf("%s: %v", tt.source, faults)
		}
		if v := bound.Columns[0].Read(r, r.ByID(tt.id)); v.String() != tt.want || v.Note != tt.note {
			t.Errorf("%s of %d is %q (note %d), want %q (note %d)", tt.source, tt.id, v, v.Note, tt.want, tt.note)
		}
	}
}

func TestAnExpressionAsksOnlyForWhatItReads(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]roster.Query{
		"'FR'":                                  {},
		"{establishment.code}-{employeeNumber}": {Fields: roster.EstablishmentRef | roster.EmployeeNumber, Establishments: true},
		"first(legalUnit.code, 'X')":            {Fields: roster.EstablishmentRef, LegalUnits: true},
		"department.code":                       {Fields: roster.DepartmentRef, Departments: true},
		"upper(e_team)":                         {Fields: roster.Extensions, Codes: []string{"e_team"}, Definitions: true},
	} {
		b, err := oneColumn(t, "string", source)
		if err != nil {
			t.Fatal(err)
		}
		p, err := profile.Parse(b, "own.json")
		if err != nil {
			t.Fatal(err)
		}
		bound, _ := bind(t, p, profile.Selection{}, profile.Sources{})
		got := bound.Query()
		if got.Fields != want.Fields || got.Establishments != want.Establishments || got.LegalUnits != want.LegalUnits ||
			got.Departments != want.Departments || strings.Join(got.Codes, " ") != strings.Join(want.Codes, " ") || got.Definitions != want.Definitions {
			t.Errorf("%s asks for %+v, want %+v", source, got, want)
		}
	}
}

func TestAFaultyExpressionSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"":                                   "a source is missing",
		"employeenumbr":                      "did you mean employeeNumber?",
		"FR":                                 "a constant stands in quotes",
		"login if number":                    `only "if email" is known`,
		"uper(lastName)":                     `unknown function "uper" (did you mean upper?)`,
		"upper(lastName":                     "upper: a comma or ) is missing",
		"upper(lastName, mail)":              "it is written upper(a)",
		"upper()":                            "wrong number of arguments",
		"upper(lastName) x":                  `"x" is too much`,
		"'FR":                                "a ' without its second",
		"{lastName":                          "a { without its }",
		"lastName}":                          "is too much behind",
		"a} {lastName}":                      "a } without its {",
		"{lastNam}":                          "did you mean lastName?",
		"pad(lastName)":                      "it is written pad(a, 8)",
		"pad(lastName, x)":                   `want a number from 1 to 1000, not "x"`,
		"pad(lastName, 3, 'ab')":             "one character to pad with",
		"substring(lastName, 0, 3)":          "want a number from 1",
		"substring(lastName)":                "substring(a, 1, 3)",
		"replace(mail, '', '')":              "replace(a, '-', '')",
		"replace(mail, '-')":                 "wrong number of arguments",
		"replace(mail, '-', 'x":              "a ' without its second",
		`replace(mail, "-`:                   `a " without its second`,
		"department.level.1.path":            "unknown source",
		"e164(directLine, France)":           "a country of two letters",
		"e164()":                             "wrong number",
		"choose(gender, mail)":               "choose(contract.type, 'CDI', a",
		"choose(gender, id, mail)":           "the value to choose by in quotes",
		"choose(gender, 'F', mail, 'F', id)": "is there twice",
		"date(birthDate, 'JJ/MM')":           "letters of your own in single quotes",
		"date(birthDate, '/')":               "want a pattern of days",
		"date(birthDate)":                    "date(a, 'YYYY-MM')",
		"round(annualSalary, many)":          "want a number from 0 to 9",
		"round(annualSalary)":                "round(a, 2)",
		"join(', ')":                         "join(', ', a, b)",
		"first()":                            "first(a, b)",
		"department.level.0":                 "unknown source",
		"department.level.1.size":            "unknown source",
		"department.level.x":                 "unknown source",
		"costCenter.0.code":                  "unknown source",
		"costCenter.1.name":                  "unknown source",
		"costCentre.1.code":                  "did you mean costCenter.1.code?",
		"manager.status":                     "unknown source",
		"e_":                                 `unknown source "e_"`,
		"extension.":                         `unknown source "extension."`,
		"pad(lastName, 0)":                   `want a number from 1 to 1000, not "0"`,
		"pad(lastName, 1001)":                `want a number from 1 to 1000, not "1001"`,
		"pad(lastName, 3, '')":               "one character to pad with",
		"pad(lastName, 3, ' ', id)":          "wrong number of arguments",
		"round(annualSalary, 10)":            `want a number from 0 to 9, not "10"`,
		"round(annualSalary, -1)":            `want a number from 0 to 9, not "-1"`,
		"substring(lastName, 1, 0)":          `want a number from 1 to 1000, not "0"`,
		"substring(lastName, 1, 2, id)":      "wrong number of arguments",
		"choose(gender, 'F')":                "wrong number of arguments",
		"date(birthDate, 'YYYY', id)":        "wrong number of arguments",
		"upper(lastName,)":                   "a source is missing",
		"'a' 'b'":                            `"'b'" is too much behind the source`,
		"'{lastName'":                        "a { without its }",
		"department.size":                    "unknown source",
		`date(birthDate, "YYYY 'de")`:        "a quote without its second",
	} {
		b, err := oneColumn(t, "string", source)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = profile.Parse(b, "own.json"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", source, err, want)
		}
	}
}

func TestNumbersAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"12.5": "12.5", "12,5": "12.5", "1 234,50 €": "1234.50", "1\u202f234": "1234", "1.234,5": "1234.5", "-3": "-3", "1'234.5": "1234.5",
		"1,234,567": "", "1,234.5": "", "": "", "-": "", ",5": "", "5,": "", "5.": "", ".5": "", "-.": "", "1.2.3": "",
		// An hourly rate, as HR writes it.
		"15,20": "15.20", "15,20 €": "15.20", "15,20€": "15.20", "15,20\u00a0€": "15.20", "15,20\u202f€": "15.20", "€ 15,20": "15.20", "€15.20": "15.20",
		"15,20 EUR": "15.20", "15,20 euros": "15.20", "1 euro": "1", "EUR 15,20": "15.20", "15,20 €/h": "15.20", "15,20€/H": "15.20", "15,20 € / heure": "15.20",
		"15,20 euros par heure": "15.20", "15,20 € de l'heure": "15.20", "15,20 € brut/h": "15.20", "15,20 € brut": "15.20", "15,20/h": "15.20", " 15,2 ": "15.2", "+15,20": "15.20",
		"\u221215,20": "-15.20", "0015,20": "0015.20", "1 234": "1234", "1\u00a0234\u00a0567,8": "1234567.8", "1\u2009234,50": "1234.50", "12.345.678": "12345678", "1’234,5": "1234.5",
		// What may be two numbers, or none.
		"12 50": "", "12 50 €": "", "1 23,4": "", "1.23,4": "", "12 k€": "", "15 à 16 €": "", "15/16": "", "15,20 $": "", "15,20 €/mois": "", "15,2,0": "", "1.234.56": "",
		"quinze": "", "N/C": "", "€": "", "15h": "", "15,20 %": "", "--5": "", "1e3": "", "٣": "",
	} {
		got, ok := profile.PlainNumber(text)
		if got != want && ok || ok != (want != "") {
			t.Errorf("%q is %q, %v, want %q", text, got, ok, want)
		}
	}
	for text, want := range map[string]string{"2,345": "2.35", "-2.345": "-2.35", "10": "10.00", "x": ""} {
		if got, _ := profile.Rounded(text, 2); got != want {
			t.Errorf("%q rounds to %q, want %q", text, got, want)
		}
	}
}

func FuzzParseExpression(f *testing.F) {
	for _, s := range []string{"'a''b'", "{first(mail, login if email)}", "pad(x, 3", "date(birthDate, YYYY'T')", "join('', a, {b})"} {
		f.Add(s)
	}
	r, err := roster.New(roster.Snapshot{Employees: []roster.Employee{{ID: 1, LastName: "L"}}}, roster.Settings{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, source string) {
		b, err := oneColumn(t, "string", source)
		if err != nil {
			t.Fatal(err)
		}
		p, err := profile.Parse(b, "own.json")
		if err != nil {
			return
		}
		bound, _ := bind(t, p, profile.Selection{}, everything())
		bound.Columns[0].Read(r, r.ByID(1))
	})
}
