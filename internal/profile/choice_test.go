package profile_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/tabular"
)

// A column of a list is a key, or a column of the flow's own.
func TestColumnsAreReadFromTheSettings(t *testing.T) {
	t.Parallel()
	var got profile.Columns
	const text = `[phone, {header: Badge, source: e_badge}, {key: since, header: Since, source: dtContractStart, type: date, format: YYYYMMDD, width: 8}]`
	if err := yaml.Load([]byte(text), &got, yaml.WithKnownFields()); err != nil {
		t.Fatal(err)
	}
	want := profile.Columns{
		{Key: "phone"}, {Header: "Badge", Source: "e_badge"},
		{Key: "since", Header: "Since", Source: "dtContractStart", Type: profile.Day, Format: "YYYYMMDD", Width: 8},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A column of the flow's own stands behind those of the partner, is named after its header, and
// has its type and its way of writing days.
func TestColumnsOfOnesOwn(t *testing.T) {
	t.Parallel()
	b, faults := bind(t, open(t, "skillup"), profile.Selection{Columns: profile.Columns{
		{Key: "phone"},
		{Header: "N° de badge (site)", Source: "upper(e_badge)"},
		{Key: "month", Header: "Mois", Source: "birthDate", Type: profile.Day, Format: "MM.YYYY"},
		{Header: "Born", Source: "birthDate", Type: profile.Day},
		{Header: "Rate", Source: "e_rate", Type: profile.Number},
	}, Values: map[string]profile.ValueTable{"n_de_badge_site": {Map: map[string]string{"A1": "one"}}}}, profile.Sources{})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	own := b.Columns[len(b.Columns)-5:]
	var got []string
	for _, c := range own {
		got = append(got, c.Key+" "+c.Header+" "+string(c.Level)+" "+string(c.Type))
	}
	want := []string{
		"phone Phone optional string", "n_de_badge_site N° de badge (site) optional string", "month Mois optional date",
		"born Born optional date", "rate Rate optional number",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	if text, ok := own[1].Values.Translate("A1"); !ok || text != "one" {
		t.Errorf("the table of an own column is not used: %q", text)
	}
	day := roster.Date{Year: 1984, Month: 2, Day: 9}
	for i, want := range map[int]string{2: "02.1984", 3: "09/02/1984"} {
		if got := b.DayPattern(len(b.Columns) - 5 + i).Format(day); got != want {
			t.Errorf("%s writes %s, want %s", own[i].Key, got, want)
		}
	}
	if q := b.Query(); q.Fields&roster.BirthDate == 0 || strings.Join(q.Codes, " ") != "e_badge e_rate" {
		t.Errorf("asked for are %+v", q)
	}
}

func TestFaultsOfColumnsOfOnesOwn(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		column profile.Choice
		want   []string
	}{
		"no header":           {profile.Choice{Key: "x", Source: "mail"}, []string{"error columns[0].header: missing: the text that is agreed with the partner"}},
		"a blank header":      {profile.Choice{Key: "x", Header: " \t", Source: "mail"}, []string{"error columns[0].header: missing: the text that is agreed with the partner"}},
		"no source":           {profile.Choice{Header: "X"}, []string{"error columns[0].source: missing: where the value comes from, such as jobTitle; lucca-exchange help profiles lists them"}},
		"a type that is none": {profile.Choice{Header: "X", Source: "mail", Type: "day"}, []string{`error columns[0].type: want string, date or number, not "day"`}},
		"a format of a text":  {profile.Choice{Header: "X", Source: "mail", Format: "YYYY"}, []string{"error columns[0].format: is only used with type: date"}},
		"a format that is none": {profile.Choice{Header: "X", Source: "birthDate", Type: profile.Day, Format: "JJ/MM"},
			[]string{`error columns[0].format: "J" in a pattern of days: write YYYY or YY, MM or M, DD or D, and letters of your own in single quotes`}},
		"a source that is none":  {profile.Choice{Header: "X", Source: "mial"}, []string{`error columns[0]: x: unknown source "mial" (did you mean mail?); a constant stands in quotes`}},
		"a source not set up":    {profile.Choice{Header: "X", Source: "annualSalary"}, []string{"error columns[0]: x has no source: set lucca.annual_salary"}},
		"a key of the profile":   {profile.Choice{Key: "phone", Header: "X", Source: "mail"}, []string{"error columns[0]: phone is a column of the profile: give yours another key"}},
		"a header of another":    {profile.Choice{Key: "x", Header: "Last name", Source: "mail"}, []string{"error headers: last_name and x have the same header"}},
		"a width that is none":   {profile.Choice{Header: "X", Source: "mail", Width: -3}, []string{"error columns[0].width: want how many characters it has, 1 or more"}},
		"two of a call, not set": {profile.Choice{Header: "X", Source: "first(annualSalary, extension.badge)"}, []string{"error columns[0]: x has no source: set lucca.annual_salary"}},
		"all right":              {profile.Choice{Header: "X", Source: "'FR'", Width: 3}, nil},
	} {
		_, faults := bind(t, open(t, "skillup"), profile.Selection{Columns: profile.Columns{tt.column}}, profile.Sources{})
		var errors []string
		for _, f := range faults {
			if strings.HasPrefix(f, "error") && !strings.Contains(f, "columns[0]: x: a source is missing") {
				errors = append(errors, f)
			}
		}
		if diff := cmp.Diff(tt.want, errors); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	twice := profile.Columns{{Header: "Le badge", Source: "e_badge"}, {Header: "Le  badge!", Source: "mail"}}
	if _, faults := bind(t, open(t, "skillup"), profile.Selection{Columns: twice}, profile.Sources{}); !cmp.Equal(faults, []string{"error columns[1]: le_badge is listed twice"}) {
		t.Errorf("two columns of one name: %q", faults)
	}
}

// A flow may take another source for a column, and is told at that key what is wrong with it.
func TestSourcesOfAFlow(t *testing.T) {
	t.Parallel()
	sel := func(key, source string) profile.Selection {
		return profile.Selection{Sources: map[string]string{key: source}}
	}
	b, faults := bind(t, open(t, "skillup"), sel("employee_number", "{establishment.code}-{employeeNumber}"), profile.Sources{})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if v := b.Columns[1].Read(acme(t), acme(t).ByID(1)); b.Columns[1].Key != "employee_number" || v.Text != "LYO-42" {
		t.Errorf("%s reads %q", b.Columns[1].Key, v)
	}
	for _, tt := range []struct{ key, source, want string }{
		{"phone", "mail", "error sources.phone: phone is not among the columns that are sent"},
		{"fone", "mail", `error sources.fone: skillup has no column "fone"; did you mean phone?`},
		{"login", "mial", `error sources.login: login: unknown source "mial" (did you mean mail?); a constant stands in quotes`},
		{"login", "annualSalary", "error sources.login: login has no source: set lucca.annual_salary"},
	} {
		if _, faults := bind(t, open(t, "skillup"), sel(tt.key, tt.source), profile.Sources{}); !cmp.Equal(faults, []string{tt.want}) {
			t.Errorf("%s from %s: %q, want %q", tt.key, tt.source, faults, tt.want)
		}
	}
}

// What an API cannot tell is said with what would mend it, unless another source of the column will do.
func TestSourcesOutOfReach(t *testing.T) {
	t.Parallel()
	have := profile.Sources{
		Salary: profile.SalaryFromPay, Lacks: roster.Query{Fields: roster.JobTitle, Pay: true, Roles: true}, Without: "give lucca.api_key beside lucca.oauth",
	}
	for source, want := range map[string]string{
		"jobTitle":              "x has no source: give lucca.api_key beside lucca.oauth, or leave the column out",
		"annualSalary":          "x has no source: give lucca.api_key beside lucca.oauth, or leave the column out",
		"upper(jobTitle)":       "x has no source: give lucca.api_key beside lucca.oauth, or leave the column out",
		"mail":                  "",
		"first(mail, lastName)": "",
	} {
		_, faults := bind(t, open(t, "skillup"), profile.Selection{Columns: profile.Columns{{Header: "X", Source: source}}}, have)
		var wanted []string
		if want != "" {
			wanted = []string{"error columns[0]: " + want}
		}
		if diff := cmp.Diff(wanted, faults); diff != "" {
			t.Errorf("%s (-want +got):\n%s", source, diff)
		}
	}
	b, _ := bind(t, open(t, "skillup"), profile.Selection{}, have)
	for text, want := range map[string]string{
		"mail": "", "jobTitle": have.Without, "mial": `unknown source "mial" (did you mean mail?); a constant stands in quotes`,
		"extension.site": "set lucca.extensions.site to the code (e_…) of the custom field that holds it",
	} {
		if _, missing := b.Need(text); missing != want {
			t.Errorf("%s lacks %q, want %q", text, missing, want)
		}
	}
}

// A file of fixed width has room for each column, and for its header where there is one.
func TestFixedWidthHasRoomForHeaders(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	widths := map[string]int{"login": 40, "employee_number": 15, "last_name": 9, "first_name": 10, "manager_number": 14}
	for name, tt := range map[string]struct {
		last   int
		header *bool
		want   []string
	}{
		"just so":          {9, &yes, nil},
		"one too few":      {8, &yes, []string{"error headers.last_name: the header is longer than the 8 characters of the column: shorten it, or set dialect.header: false"}},
		"without a header": {8, &no, nil},
	} {
		w := map[string]int{}
		for k, v := range widths {
			w[k] = v
		}
		w["last_name"] = tt.last
		b, faults := bind(t, open(t, "skillup"), profile.Selection{Widths: w, Dialect: tabular.Overrides{Format: tabular.Fixed, Header: tt.header}}, profile.Sources{})
		if diff := cmp.Diff(tt.want, faults); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if got := b.Fields()[2]; got != (tabular.OutColumn{Header: "Last name", Width: tt.last}) {
			t.Errorf("%s: the column is %+v", name, got)
		}
	}
	_, faults := bind(t, open(t, "skillup"), profile.Selection{Dialect: tabular.Overrides{Format: tabular.Fixed}, Widths: map[string]int{"login": 40}, ManagerOutside: "drop"}, profile.Sources{})
	want := []string{`error manager_outside: want keep, empty or reject, not "drop"`}
	for _, key := range []string{"employee_number", "last_name", "first_name", "manager_number"} {
		want = append(want, "error dialect.format: "+key+" has no width: give it in widths, in x-width of the schema, or in width of a column of your own")
	}
	if diff := cmp.Diff(want, faults); diff != "" {
		t.Errorf("without widths (-want +got):\n%s", diff)
	}
}
