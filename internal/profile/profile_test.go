package profile_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/tabular"
)

func open(t *testing.T, name string) *profile.Profile {
	t.Helper()
	p, err := profile.Open(name, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// everything is a configuration that sets up all sources.
func everything() profile.Sources {
	return profile.Sources{
		Extensions:     map[string]string{"hr_manager": "e_hr_manager", "hourly_rate": "e_hourly_rate"},
		CostCenterAxes: []int{3, 5},
		Salary:         profile.SalaryFromPay,
		ContractTypes:  true,
	}
}

func bind(t *testing.T, p *profile.Profile, sel profile.Selection, have profile.Sources) (*profile.Binding, []string) {
	t.Helper()
	var faults []string
	b := p.Bind(sel, have, func(f profile.Fault) {
		level := "error"
		if f.Warning {
			level = "warning"
		}
		faults = append(faults, level+" "+f.Path+": "+f.Message)
	})
	return b, faults
}

// The columns, headers and levels are those of the seed "Synchronize users between
// Lucca and our Training partners", or those of the page that is named.
func TestBuiltinColumnsAreTheSeeds(t *testing.T) {
	t.Parallel()
	want := map[string][]string{
		"skillup": {
			"required Login (email)", "required Employee Number", "required Last name", "required First name", "required Manager Number",
			"optional Job title", "optional Gender", "optional Phone", "optional Date of birth", "optional Date of joining the company",
			"optional Date of leaving the company", "optional Contract", "optional Contract type", "optional Company", "optional Management",
			"optional Department", "optional Service", "optional Manager Email", "optional Mail N+2", "optional Annual gross salary",
		},
		"place-de-la-formation": {
			"required Last name", "required First name", "required Entity (Legal)",
			"recommended Employee Number", "recommended Title", "recommended Mail",
			"optional Manager Number", "optional Manager Last Name", "optional Manager First Name", "optional Manager Email",
			"optional HR Manager Number", "optional HR Manager Last Name", "optional HR Manager First Name", "optional HR Manager Email",
			"optional Gross hourly rate", "optional Function", "optional Phone", "optional Establishment (Sites)",
			"optional Employment start date", "optional Date of birth", "optional Cost Center Code level N", "optional Cost Center Label level N",
		},
		"360learning": {
			"required uniqueId", "required email", "required firstName", "required lastName", "recommended title",
			"recommended language", "recommended managerId", "required status",
		},
		// Lucca's help articles 10901261481244 and 6259428657682.
		"skello": {
			"required Employee number", "required Last name", "required First name", "required Contract reference", "required Contract start date", "recommended Contract end date",
			"recommended Establishment", "optional Mail", "optional Phone", "optional Contract", "optional End date of trial period", "optional Reason for contract start",
			"optional Reason for contract end",
		},
		"stairwage": {
			"required employer", "required sharedId", "required lastName", "required firstName", "required base-salary", "required contract-start-date",
			"recommended contract-end-date", "required date-of-birth", "required mobile-phone-number", "required iban", "required address", "required city",
			"required zip-code", "required email",
		},
	}
	if got := profile.Builtin(); len(got) != len(want) {
		t.Errorf("built-in profiles: %v", got)
	}
	for name, columns := range want {
		var got []string
		for _, c := range open(t, name).Columns {
			got = append(got, string(c.Level)+" "+c.Header)
		}
		if diff := cmp.Diff(columns, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if d := open(t, "skillup").Dialect; d != tabular.Default() {
		t.Errorf("skillup's dialect is %+v", d)
	}
}

func TestFileOrderIsTheProfilesThenAsListed(t *testing.T) {
	t.Parallel()
	b, faults := bind(t, open(t, "place-de-la-formation"), profile.Selection{
		Columns: profile.Listed("phone", "cost_center_label_2", "cost_center_code_1"),
		Omit:    []string{"title"},
		Headers: map[string]string{"phone": "Téléphone"},
	}, everything())
	want := []string{"Last name", "First name", "Entity (Legal)", "Employee Number", "Mail", "Téléphone", "Cost Center Label level 2", "Cost Center Code level 1"}
	if diff := cmp.Diff(want, b.Headers()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"warning omit[0]: title is recommended by place-de-la-formation and will not be sent"}, faults); diff != "" {
		t.Error(diff)
	}
}

func TestFaultsOfASelection(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		profile string
		sel     profile.Selection
		have    profile.Sources
		want    []string
	}{
		{"unknown column with a suggestion", "skillup", profile.Selection{Columns: profile.Listed("job_titel")}, everything(),
			[]string{`error columns[0]: skillup has no column "job_titel"; did you mean job_title?`}},
		{"unknown column without one", "skillup", profile.Selection{Columns: profile.Listed("shoe_size_eu")}, everything(),
			[]string{`error columns[0]: skillup has no column "shoe_size_eu"; lucca-exchange profiles skillup lists them`}},
		{"twice", "skillup", profile.Selection{Columns: profile.Listed("phone", "phone")}, everything(),
			[]string{"error columns[1]: phone is listed twice"}},
		{"required is not optional", "skillup", profile.Selection{Columns: profile.Listed("login")}, everything(),
			[]string{"error columns[0]: login is required and sent anyway: list only optional columns"}},
		{"six and seven optional columns", "place-de-la-formation",
			profile.Selection{Columns: profile.Listed("phone", "function", "start_date", "birth_date", "manager_email", "cost_center_code_1", "cost_center_code_2")}, everything(),
			[]string{"error columns: place-de-la-formation takes at most 5 optional columns and 7 are listed: take 2 out"}},
		{"no key", "place-de-la-formation", profile.Selection{Omit: []string{"employee_number", "mail"}}, everything(),
			[]string{
				"warning omit[0]: employee_number is recommended by place-de-la-formation and will not be sent",
				"warning omit[1]: mail is recommended by place-de-la-formation and will not be sent",
				"warning columns: neither employee_number nor mail is sent: the partner cannot tell people of the same name apart",
			}},
		{"required cannot be left out", "skillup", profile.Selection{Omit: []string{"login", "phone", "x"}}, everything(),
			[]string{
				"error omit[0]: login is required by skillup and cannot be left out",
				"error omit[1]: phone is optional: it is not sent unless it is listed in columns",
				`error omit[2]: skillup has no column "x"; lucca-exchange profiles skillup lists them`,
			}},
		{"sources that are not configured", "place-de-la-formation",
			profile.Selection{Columns: profile.Listed("hr_manager_email", "gross_hourly_rate", "cost_center_code_1")}, profile.Sources{},
			[]string{
				"error columns[0]: hr_manager_email has no source: set lucca.extensions.hr_manager to the code (e_…) of the custom field that holds it",
				"error columns[1]: gross_hourly_rate has no source: set lucca.extensions.hourly_rate to the code (e_…) of the custom field that holds it",
				"error columns[2]: cost_center_code_1 has no source: lucca.cost_center_axes names 0 axes, and this is level 1",
			}},
		{"salary and contract not configured", "skillup", profile.Selection{Columns: profile.Listed("contract", "annual_gross_salary")}, profile.Sources{},
			[]string{
				"error columns[0]: contract has no source: set lucca.contract_types, since Lucca's API has no labels of contract types; or lucca.oauth, whose API has them",
				"error columns[1]: annual_gross_salary has no source: set lucca.annual_salary",
			}},
		{"a header that the encoding lacks", "skillup", profile.Selection{Headers: map[string]string{"login": "Łogin"}, Dialect: tabular.Overrides{Encoding: "windows-1252"}}, everything(),
			[]string{"error headers.login: windows-1252 lacks a character of the header"}},
		{"headers", "skillup", profile.Selection{Headers: map[string]string{"login": "Last name", "phone": "x", "last_nam": "y", "first_name": " "}}, everything(),
			[]string{
				"error headers.first_name: a header cannot be empty",
				`error headers.last_nam: skillup has no column "last_nam"; did you mean last_name?`,
				"error headers.phone: phone is not among the columns that are sent",
				"error headers: login and last_name have the same header",
			}},
		{"value tables", "skillup", profile.Selection{Columns: profile.Listed("gender", "start_date"), Values: map[string]profile.ValueTable{
			"gender":     {OnUnmatched: "drop", Map: map[string]string{"Male": "H"}},
			"start_date": {Map: map[string]string{"a": "b"}, Default: "x"},
			"phone":      {},
		}}, everything(),
			[]string{
				`error values.gender.on_unmatched: want pass, block or default, not "drop"`,
				"error values.phone: phone is not among the columns that are sent",
				"error values.start_date.map: a date cannot be translated: change its pattern with dialect.date",
				"error values.start_date.default: is only used with on_unmatched: default",
			}},
		{"dialect", "skillup", profile.Selection{Dialect: tabular.Overrides{Encoding: "utf-16"}}, everything(),
			[]string{`error dialect.encoding: want utf-8, utf-8-bom, windows-1252, iso-8859-15, not "utf-16"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, faults := bind(t, open(t, tt.profile), tt.sel, tt.have)
			if diff := cmp.Diff(tt.want, faults); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Only what the chosen columns need is read from Lucca (design.md §7).
func fieldOf(name string) roster.Fields {
	p, _ := roster.PropertyNamed(name)
	return p.Field
}

func TestQueryAsksForNothingElse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		profile string
		columns []string
		want    roster.Query
	}{
		{"skillup", nil, roster.Query{
			Fields: roster.Login | roster.Mail | roster.EmployeeNumber | roster.LastName | roster.FirstName | roster.Manager | roster.ContractEnd,
		}},
		{"place-de-la-formation", nil, roster.Query{
			Fields:     roster.Mail | roster.EmployeeNumber | roster.LastName | roster.FirstName | roster.Gender | roster.EstablishmentRef | fieldOf("civilTitle"),
			LegalUnits: true,
		}},
		{"skillup", []string{"company"}, roster.Query{
			Fields: roster.Login | roster.Mail | roster.EmployeeNumber | roster.LastName | roster.FirstName | roster.Manager | roster.ContractEnd | roster.EstablishmentRef,
		}},
		{"skillup", []string{"management", "service", "contract", "contract_type", "annual_gross_salary"}, roster.Query{
			Fields:      roster.Login | roster.Mail | roster.EmployeeNumber | roster.LastName | roster.FirstName | roster.Manager | roster.ContractEnd | roster.DepartmentRef,
			Departments: true, Contracts: true, Categories: true, Pay: true,
		}},
		{"place-de-la-formation", []string{"cost_center_code_2", "cost_center_label_1", "cost_center_label_2"}, roster.Query{
			Fields:     roster.Mail | roster.EmployeeNumber | roster.LastName | roster.FirstName | roster.Gender | roster.EstablishmentRef | roster.Axes | fieldOf("civilTitle"),
			LegalUnits: true, Axes: []int{3, 5},
		}},
	} {
		b, faults := bind(t, open(t, tt.profile), profile.Selection{Columns: profile.Listed(tt.columns...)}, everything())
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		if diff := cmp.Diff(tt.want, b.Query()); diff != "" {
			t.Errorf("%s %v (-want +got):\n%s", tt.profile, tt.columns, diff)
		}
	}
	custom := everything()
	custom.Salary = profile.SalaryFromExtension
	b, _ := bind(t, open(t, "skillup"), profile.Selection{Columns: profile.Listed("annual_gross_salary")}, custom)
	if q := b.Query(); q.Pay || q.Fields&roster.Extensions == 0 {
		t.Errorf("a salary from a custom field asks for %+v", q)
	}
}

func TestReadFollowsTheSources(t *testing.T) {
	t.Parallel()
	r, err := roster.New(roster.Snapshot{
		Employees: []roster.Employee{
			{ID: 1, Login: "boss", Mail: "boss@acme.example", EmployeeNumber: "001", LastName: "Kern", FirstName: "Paul", ManagerID: 1},
			{ID: 2, Login: "lead@acme.example", EmployeeNumber: "002", ManagerID: 1, Culture: "fr-FR", DirectLine: "+33 4", EstablishmentID: 7},
			{ID: 3, Login: "dev", ManagerID: 2, ProfessionalMobile: "06", DirectLine: "04", Extensions: map[string]string{"e_hr_manager": "1", "e_hourly_rate": "12.50"}},
			{ID: 4, ManagerID: 9, Hidden: roster.JobTitle},
			{ID: 5, ManagerID: 3},
			{ID: 6, ManagerID: 7},
			{ID: 7, ManagerID: 6, Extensions: map[string]string{"e_hr_manager": "4711"}},
			{ID: 18, ManagerID: 4, DepartmentID: 999, EstablishmentID: 998},
			{ID: 19, ManagerID: 18, DepartmentID: 50, Hidden: roster.Mail | roster.Manager},
			{ID: 20, ManagerID: 19},
		},
		Departments:    []roster.Department{{ID: 50, Name: "Direction", Hierarchy: "/1.0/", Parent: "/"}},
		Establishments: []roster.Establishment{{ID: 7, Name: "Acme Lyon", LegalUnitID: 70}},
		LegalUnits:     []roster.LegalUnit{{ID: 70, Name: "Acme SAS"}},
		Contracts:      []roster.Contract{{OwnerID: 2, TypeID: 1}, {OwnerID: 3, TypeID: 8, CategoryID: 77}},
	}, roster.Settings{
		Day:           roster.Date{Year: 2026, Month: 11, Day: 22},
		Extensions:    map[string]string{"hr_manager": "e_hr_manager", "hourly_rate": "e_hourly_rate"},
		ContractTypes: map[int]string{1: "CDI"},
	})
	if err != nil {
		t.Fatal(err)
	}
	columns := make(map[string]profile.BoundColumn)
	for _, s := range []struct {
		profile string
		columns []string
	}{
		{"skillup", []string{"phone", "job_title", "n2_email", "contract", "contract_type", "management", "department", "manager_email"}},
		{"place-de-la-formation", []string{"hr_manager_email", "gross_hourly_rate"}},
		{"360learning", nil},
	} {
		b, faults := bind(t, open(t, s.profile), profile.Selection{Columns: profile.Listed(s.columns...)}, everything())
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		for _, c := range b.Columns {
			columns[s.profile+" "+c.Key] = c
		}
	}
	for _, tt := range []struct {
		name, column string
		employee     int
		want         profile.Value
	}{
		{"mail first", "skillup login", 1, profile.Value{Text: "boss@acme.example"}},
		{"login when it is an address", "skillup login", 2, profile.Value{Text: "lead@acme.example"}},
		{"a login that is none is not sent", "skillup login", 3, profile.Value{}},
		{"mobile first", "skillup phone", 3, profile.Value{Text: "06"}},
		{"else the direct line", "skillup phone", 2, profile.Value{Text: "+33 4"}},
		{"own manager is no manager", "skillup manager_number", 1, profile.Value{}},
		{"the manager's number", "skillup manager_number", 2, profile.Value{Text: "001"}},
		{"a manager nobody knows", "skillup manager_number", 4, profile.Value{Note: profile.ManagerLeft}},
		{"a manager without a number", "skillup manager_number", 5, profile.Value{Note: profile.ManagerLacks}},
		{"the manager's manager", "skillup n2_email", 3, profile.Value{Text: "boss@acme.example"}},
		{"the walk up stops at the top", "skillup n2_email", 2, profile.Value{}},
		{"and where it would come back", "skillup n2_email", 6, profile.Value{}},
		{"what Lucca hides is not empty", "skillup job_title", 4, profile.Value{Note: profile.NotVisible}},
		{"the contract's label", "skillup contract", 2, profile.Value{Text: "CDI"}},
		{"a contract type without a label", "skillup contract", 3, profile.Value{Note: profile.TypeUnlabelled}},
		{"nobody's contract", "skillup contract", 1, profile.Value{}},
		{"the company above the establishment", "place-de-la-formation legal_entity", 2, profile.Value{Text: "Acme SAS"}},
		{"HR manager by custom field", "place-de-la-formation hr_manager_email", 3, profile.Value{Text: "boss@acme.example"}},
		{"HR manager who has left", "place-de-la-formation hr_manager_email", 7, profile.Value{Note: profile.ManagerLeft}},
		{"hourly rate", "place-de-la-formation gross_hourly_rate", 3, profile.Value{Text: "12.50"}},
		{"a department that is not listed", "skillup management", 18, profile.Value{Note: profile.UnknownReference}},
		{"a department that is not that deep", "skillup department", 19, profile.Value{}},
		{"a category that is not listed", "skillup contract_type", 3, profile.Value{Note: profile.UnknownReference}},
		{"an establishment that is not listed", "place-de-la-formation legal_entity", 18, profile.Value{Note: profile.UnknownReference}},
		{"a manager whose mail is hidden", "skillup manager_email", 20, profile.Value{Note: profile.NotVisible}},
		{"a manager whose manager is hidden", "skillup n2_email", 20, profile.Value{Note: profile.ManagerLeft}},
		{"language", "360learning language", 2, profile.Value{Text: "fr"}},
		{"status", "360learning status", 2, profile.Value{Text: "active"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, ok := columns[tt.column]
			if !ok {
				t.Fatalf("no column %q", tt.column)
			}
			if diff := cmp.Diff(tt.want, c.Read(r, r.ByID(tt.employee))); diff != "" {
				t.Errorf("%s of employee %d (-want +got):\n%s", tt.column, tt.employee, diff)
			}
		})
	}
}

func TestValueTableModes(t *testing.T) {
	t.Parallel()
	m := map[string]string{"Male": "H", "": "?"}
	for _, tt := range []struct {
		table profile.ValueTable
		in    string
		want  string
		ok    bool
	}{
		{profile.ValueTable{}, "x", "x", true},
		{profile.ValueTable{Map: m}, "Male", "H", true},
		{profile.ValueTable{Map: m}, "Female", "Female", true},
		{profile.ValueTable{Map: m}, "", "?", true},
		{profile.ValueTable{Map: m, OnUnmatched: "block"}, "Female", "", false},
		{profile.ValueTable{OnUnmatched: "block"}, "", "", true},
		{profile.ValueTable{Map: m, OnUnmatched: "default", Default: "X"}, "Female", "X", true},
		{profile.ValueTable{OnUnmatched: "default", Default: "X"}, "", "X", true},
	} {
		if got, ok := tt.table.Translate(tt.in); got != tt.want || ok != tt.ok {
			t.Errorf("%+v: %q becomes %q, %v", tt.table, tt.in, got, ok)
		}
	}
}

const ownSchema = `{"name": "our-lms", "encoding": "windows-1252",
 "dialect": {"delimiter": ",", "lineTerminator": "\n"},
 "schema": {"fields": [
  {"name": "id", "x-level": "required", "constraints": {"required": true}, "x-source": ["employeeNumber"]},
  {"name": "since", "title": "Since", "type": "date", "format": "%Y-%m-%d", "x-level": "optional", "x-source": ["dtContractStart"]}]}}`

func TestACustomersOwnSchemaIsLoadedTheSameWay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "our-lms.json"), []byte(ownSchema), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := profile.Open("./our-lms.json", dir)
	if err != nil {
		t.Fatal(err)
	}
	want := tabular.Default()
	want.Encoding, want.Separator, want.LineEnd, want.Date = "windows-1252", ",", "lf", "YYYY-MM-DD"
	if p.Dialect != want {
		t.Errorf("dialect %+v, want %+v", p.Dialect, want)
	}
	b, faults := bind(t, p, profile.Selection{Columns: profile.Listed("since")}, profile.Sources{})
	if len(faults) > 0 || !slices.Equal(b.Headers(), []string{"id", "Since"}) {
		t.Errorf("headers %v, faults %v", b.Headers(), faults)
	}
	if _, err := profile.Open("skilup", dir); !errors.Is(err, profile.ErrSchema) {
		t.Errorf("unknown built-in profile: %v", err)
	}
	if _, err := profile.Open("missing.json", dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

func TestFaultsOfASchema(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, schema, want string }{
		{"not JSON", "{\n\"name\": x}", "line 2: not JSON: invalid character 'x'"},
		{"a misspelt property", `{"name": "a", "schema": {"fields": [{"name": "b", "x-lvel": "required"}]}}`, `line 1: column b: unknown member "x-lvel" (did you mean x-level?)`},
		{"nothing in it", `{}`, "line 1: name: missing\nline 1: schema.fields: missing"},
		{"two documents", `{} {}`, "more than one JSON document"},
		{"a wrong level", `{"name": "a", "schema": {"fields": [{"name": "b", "x-level": "must", "x-source": ["mail"]}]}}`, `line 1: column b: x-level: want required, recommended or optional, not "must"`},
		{"levels that disagree", `{"name": "a", "schema": {"fields": [{"name": "b", "constraints": {"required": false}, "x-level": "required", "x-source": ["mail"]}]}}`, "constraints.required: want true, since x-level is required"},
		{"an unknown source", `{"name": "a", "schema": {"fields": [{"name": "b", "x-level": "optional", "x-source": ["manger.mail"]}]}}`, `column b: x-source[0]: unknown source "manger.mail"`},
		{"an unknown condition", `{"name": "a", "schema": {"fields": [{"name": "b", "x-level": "optional", "x-source": ["login if short"]}]}}`, `unknown condition "short"`},
		{"no source", `{"name": "a", "schema": {"fields": [{"name": "b", "x-level": "optional"}]}}`, "column b: x-source: missing"},
		{"the same column twice", `{"name": "a", "schema": {"fields": [{"name": "b", "x-level": "optional", "x-source": ["mail"]}, {"name": "b", "x-level": "optional", "x-source": ["mail"]}]}}`, `column b: name: is there twice`},
		{"a wrong type", `{"name": "a", "schema": {"fields": [{"name": "b", "type": "geopoint", "x-level": "optional", "x-source": ["mail"]}]}}`, `want string, date or number, not "geopoint"`},
		{"a format that is none", `{"name": "a", "schema": {"fields": [{"name": "b", "type": "date", "format": "%d/%B/%Y", "x-level": "optional", "x-source": ["birthDate"]}]}}`, "column b: format: "},
		{"a value of the wrong type", "{\"name\": \"a\", \"schema\": {\"fields\": [\n{\"name\": \"b\", \"x-source\": \"mail\"}]}}", "line 2: column b: x-source: want a list of texts, such as [\"mail\"], not a text"},
		{"an unknown member of the whole", `{"name": "a", "homepgae": "x", "schema": {"primarykey": "b", "fields": [{"name": "b", "x-level": "optional", "x-source": ["mail"]}]}}`, "unknown member \"homepgae\" (did you mean homepage?)\nline 1: unknown member \"schema.primarykey\" (did you mean primaryKey?)"},
		{"a policy that is none", `{"name": "a", "x-manager-outside": "drop", "x-leavers": -1, "schema": {"fields": [{"name": "b", "x-level": "optional", "x-source": ["mail"]}]}}`, "line 1: x-leavers: want 0 or more days\nline 1: x-manager-outside: want keep, empty or reject, not \"drop\""},
		{"a pattern that is none", `{"name": "a", "schema": {"fields": [{"name": "b", "constraints": {"pattern": "(", "minLength": 3, "maxLength": 2}, "x-level": "optional", "x-source": ["mail"]}]}}`, "column b: constraints: minLength and maxLength cannot both hold\nline 1: column b: constraints.pattern: "},
		{"a placeholder that is not in the source", `{"name": "a", "schema": {"fields": [{"name": "b_N", "x-repeat": "N", "x-level": "optional", "x-source": ["mail"]}]}}`, `"N" is not the level in x-source`},
		{"a cap on no level", `{"name": "a", "schema": {"x-caps": {"optionnal": 1}, "fields": [{"name": "b", "x-level": "optional", "x-source": ["mail"]}]}}`, "schema.x-caps.optionnal: want a level"},
		{"a key of two fields", `{"name": "a", "schema": {"primaryKey": ["b", "c"], "fields": []}}`, "want the name of one field"},
		{"a list of a key that is no column", `{"name": "a", "schema": {"primaryKey": ["z"], "fields": [{"name": "b", "x-level": "optional", "x-source": ["mail"]}]}}`, `schema.primaryKey: no field "z"`},
		{"a key that is no column", `{"name": "a", "schema": {"x-keys": ["z"], "fields": [{"name": "b", "x-level": "optional", "x-source": ["mail"]}]}}`, `schema.x-keys: no field "z"`},
		{"a table on a date", `{"name": "a", "schema": {"fields": [{"name": "b", "type": "date", "x-level": "optional", "x-source": ["birthDate"], "x-values": {"map": {"a": "b"}}}]}}`, "column b: x-values.map: a date cannot be translated"},
		{"a line end of its own", `{"name": "a", "dialect": {"lineTerminator": "|"}, "schema": {"fields": [{"name": "b", "x-level": "optional", "x-source": ["mail"]}]}}`, `dialect.lineTerminator`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := profile.Parse([]byte(tt.schema), "./own.json")
			if !errors.Is(err, profile.ErrSchema) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "./own.json") {
				t.Errorf("error = %v, want one about %s", err, tt.want)
			}
		})
	}
}

// FuzzParse checks that no schema, however broken, makes more than an error.
func FuzzParse(f *testing.F) {
	f.Add([]byte(ownSchema))
	f.Add([]byte(`{"name":"a","schema":{"fields":[{"name":"N","x-repeat":"N","x-level":"optional","x-source":["costCenter.N.code"]}]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := profile.Parse(b, "fuzz")
		if err != nil {
			return
		}
		sel := profile.Selection{Columns: profile.Listed("a_1", "1")}
		for _, c := range p.Columns {
			sel.Columns = append(sel.Columns, profile.Choice{Key: c.Key})
		}
		p.Bind(sel, profile.Sources{}, func(profile.Fault) {}).Query()
	})
}
