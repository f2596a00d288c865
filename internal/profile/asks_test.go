package profile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
)

// asks are what a query asks of Lucca, in words.
func asks(q roster.Query) string {
	words := q.Fields.Names()
	for word, asked := range map[string]bool{
		"+establishments": q.Establishments, "+legal units": q.LegalUnits, "+departments": q.Departments, "+contracts": q.Contracts, "+contract types": q.ContractTypes,
		"+categories": q.Categories, "+chains": q.Chains, "+pay": q.Pay, "+definitions": q.Definitions, "+former": q.Former, "+roles": q.Roles,
	} {
		if asked {
			words = append(words, word)
		}
	}
	if len(q.Axes) > 0 {
		words = append(words, fmt.Sprint("+axes ", q.Axes))
	}
	for _, code := range q.Codes {
		words = append(words, "+"+code)
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// Each source asks Lucca for what it is made of and for no more: what is not read about somebody cannot
// leak. What the configuration lacks for it is said with the key that is to be set.
func TestWhatEachSourceAsksFor(t *testing.T) {
	t.Parallel()
	const (
		salaryLacks = "set lucca.annual_salary"
		typesLack   = "set lucca.contract_types, since Lucca's API has no labels of contract types; or lucca.oauth, whose API has them"
	)
	lacksField := func(name string) string {
		return "set lucca.extensions." + name + " to the code (e_…) of the custom field that holds it"
	}
	lacksAxis := func(level int) string {
		return fmt.Sprintf("lucca.cost_center_axes names 0 axes, and this is level %d", level)
	}
	for _, tt := range []struct{ source, asks, lacks string }{
		// The employee's own.
		{"'FR'", "", ""},
		{"id", "", ""},
		{"login", "login", ""},
		{"login if email", "login", ""},
		{"mail", "mail", ""},
		{"lastName", "lastName", ""},
		{"firstName", "firstName", ""},
		{"employeeNumber", "employeeNumber", ""},
		{"jobTitle", "jobTitle", ""},
		{"gender", "gender", ""},
		{"civilTitle", "civilTitle", ""},
		{"nationality", "nationality", ""},
		{"externalId", "externalId", ""},
		{"calendar", "calendar", ""},
		{"professionalMobile", "professionalMobile", ""},
		{"directLine", "directLine", ""},
		{"personalEmail", "personalEmail", ""},
		{"personalMobile", "personalMobile", ""},
		{"address", "address", ""},
		{"language", "culture", ""},
		{"culture", "culture", ""},
		{"birthDate", "birthDate", ""},
		{"seniorityDate", "seniorityDate", ""},
		{"dtContractStart", "dtContractStart", ""},
		{"dtContractEnd", "dtContractEnd", ""},
		// Their contracts and their pay.
		{"status", "dtContractEnd dtContractStart", ""},
		{"employment.start", "+chains dtContractEnd dtContractStart", ""},
		{"employment.end", "+chains dtContractEnd dtContractStart", ""},
		{"contract.type", "+contracts", typesLack},
		{"contract.category", "+categories +contracts", ""},
		{"annualSalary", "+pay", salaryLacks},
		// Where they work.
		{"establishment.name", "legalEntity", ""},
		{"establishment.code", "+establishments legalEntity", ""},
		{"legalUnit.name", "+legal units legalEntity", ""},
		{"legalUnit.code", "+legal units legalEntity", ""},
		{"department.name", "+departments department", ""},
		{"department.code", "+departments department", ""},
		{"department.path", "+departments department", ""},
		{"department.level.1", "+departments department", ""},
		{"department.level.9.code", "+departments department", ""},
		{"costCenter.1.code", "+axes [3 5] userAxisValues", lacksAxis(1)},
		{"costCenter.2.label", "+axes [3 5] userAxisValues", lacksAxis(2)},
		// Custom fields.
		{"e_badge", "+definitions +e_badge extendedData", ""},
		{"extension.hourly_rate", "+definitions extendedData", lacksField("hourly_rate")},
		{"extension.site", "", lacksField("site")},
		// Those whom they refer to.
		{"manager.mail", "dtContractEnd mail manager", ""},
		{"manager.login", "dtContractEnd login manager", ""},
		{"manager.employeeNumber", "dtContractEnd employeeNumber manager", ""},
		{"manager.language", "culture dtContractEnd manager", ""},
		{"manager.establishment.code", "+establishments dtContractEnd legalEntity manager", ""},
		{"manager.department.name", "+departments department dtContractEnd manager", ""},
		{"manager.manager.lastName", "dtContractEnd lastName manager", ""},
		{"hrManager.firstName", "dtContractEnd extendedData firstName", lacksField("hr_manager")},
		// Of several.
		{"first(professionalMobile, directLine)", "directLine professionalMobile", ""},
		{"{establishment.code}-{employeeNumber}", "+establishments employeeNumber legalEntity", ""},
		{"choose(gender, 'Male', mail, login)", "gender login mail", ""},
		{"join(' ', firstName, manager.lastName)", "dtContractEnd firstName lastName manager", ""},
		{"round(annualSalary, 2)", "+pay", salaryLacks},
		{"pad(costCenter.1.code, 8)", "+axes [3 5] userAxisValues", lacksAxis(1)},
		{"date(birthDate, 'YYYY')", "birthDate", ""},
	} {
		t.Run(tt.source, func(t *testing.T) {
			t.Parallel()
			sel := profile.Selection{Columns: profile.Columns{{Key: "x", Header: "X", Source: tt.source}}}
			p := open(t, "skillup")
			p.Columns = nil // for the source alone
			b, faults := bind(t, p, sel, everything())
			if got := asks(b.Query()); got != tt.asks {
				t.Errorf("asks for %q, want %q", got, tt.asks)
			}
			if set := tt.source != "extension.site"; (len(fatal(faults)) == 0) != set {
				t.Errorf("with all set up: %q", faults)
			}
			var want []string
			if tt.lacks != "" {
				want = []string{"error columns[0]: x has no source: " + tt.lacks}
			}
			if _, faults := bind(t, p, sel, profile.Sources{}); !slices.Equal(fatal(faults), want) {
				t.Errorf("with nothing set up it says %q, want %q", fatal(faults), want)
			}
			q, missing := b.Need(tt.source)
			if asks(q) != tt.asks && tt.source != "round(annualSalary, 2)" || (missing == "") != (tt.source != "extension.site") {
				t.Errorf("by itself it needs %q, and lacks %q", asks(q), missing)
			}
		})
	}
}

// fatal are the faults that are no warnings.
func fatal(faults []string) []string {
	return slices.DeleteFunc(slices.Clone(faults), func(f string) bool { return strings.HasPrefix(f, "warning") })
}

// What an API does not have is told at the column, whatever the column is made of, unless something else
// it is made of will do.
func TestWhatAnAPILacks(t *testing.T) {
	t.Parallel()
	const without = "ask Lucca for a key"
	for _, tt := range []struct {
		lacks   roster.Query
		source  string
		reaches bool
	}{
		{roster.Query{Fields: fieldOf("jobTitle")}, "jobTitle", false},
		{roster.Query{Fields: fieldOf("jobTitle")}, "mail", true},
		{roster.Query{Fields: fieldOf("jobTitle")}, "upper(jobTitle)", false},
		{roster.Query{Fields: fieldOf("jobTitle")}, "join(' ', mail, jobTitle)", false},
		{roster.Query{Fields: fieldOf("jobTitle") | fieldOf("mail")}, "mail", false},
		{roster.Query{Fields: roster.Extensions}, "e_badge", false},
		{roster.Query{Fields: roster.Axes}, "costCenter.1.code", false},
		{roster.Query{Pay: true}, "annualSalary", false},
		{roster.Query{Pay: true}, "jobTitle", true},
		{roster.Query{Roles: true}, "jobTitle", true},
		{roster.Query{}, "annualSalary", true},
	} {
		have := everything()
		have.Lacks, have.Without = tt.lacks, without
		p := open(t, "skillup")
		p.Columns = nil
		_, faults := bind(t, p, profile.Selection{Columns: profile.Columns{{Key: "x", Header: "X", Source: tt.source}}}, have)
		var want []string
		if !tt.reaches {
			want = []string{"error columns[0]: x has no source: " + without + ", or leave the column out"}
		}
		if got := fatal(faults); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", tt.source, got, want)
		}
	}
	// Of two sources one is enough; it alone is asked for.
	have := everything()
	have.Lacks, have.Without = roster.Query{Fields: fieldOf("professionalMobile")}, without
	p := open(t, "skillup")
	p.Columns = slices.DeleteFunc(p.Columns, func(c profile.Column) bool { return c.Key != "phone" })
	b, faults := bind(t, p, profile.Selection{Columns: profile.Listed("phone")}, have)
	if len(fatal(faults)) > 0 || asks(b.Query()) != "directLine" {
		t.Errorf("asks for %q: %q", asks(b.Query()), faults)
	}
}

// A manager who is not in the file is dealt with as the flow says, or the partner's schema, or kept.
func TestPolicyForManagersOutside(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ flow, schema, want profile.ManagerOutside }{
		{"", "", profile.KeepManager},
		{"", profile.EmptyManager, profile.EmptyManager},
		{profile.RejectManager, profile.EmptyManager, profile.RejectManager},
		{profile.KeepManager, profile.EmptyManager, profile.KeepManager},
		{profile.EmptyManager, "", profile.EmptyManager},
	} {
		p := open(t, "skillup")
		p.ManagerOutside = tt.schema
		b, faults := bind(t, p, profile.Selection{ManagerOutside: tt.flow}, everything())
		if got := b.ManagerOutside(); got != tt.want || len(fatal(faults)) > 0 {
			t.Errorf("flow %q over schema %q: %q, want %q: %q", tt.flow, tt.schema, got, tt.want, faults)
		}
	}
}

// As many columns of a level as the partner takes are sent, and each beyond is one too many.
func TestCapsOfAPartner(t *testing.T) {
	t.Parallel()
	listed := []string{"phone", "function", "start_date", "birth_date", "manager_email", "establishment", "manager_number"}
	for n := range listed {
		_, faults := bind(t, open(t, "place-de-la-formation"), profile.Selection{Columns: profile.Listed(listed[:n+1]...)}, everything())
		var want []string
		if beyond := n + 1 - 5; beyond > 0 {
			want = []string{fmt.Sprintf("error columns: place-de-la-formation takes at most 5 optional columns and %d are listed: take %d out", n+1, beyond)}
		}
		if got := fatal(faults); !slices.Equal(got, want) {
			t.Errorf("%d columns: %q, want %q", n+1, got, want)
		}
	}
}

// A profile that there is not is said with those that there are.
func TestAnUnknownProfileNamesTheOthers(t *testing.T) {
	t.Parallel()
	if _, err := profile.Schema("skilup"); err == nil || !strings.Contains(err.Error(), strings.Join(profile.Builtin(), ", ")) {
		t.Errorf("%v", err)
	}
}
