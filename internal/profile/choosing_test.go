package profile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/profile"
)

// A table may choose where a value comes from: what is chosen is final, and what is not is translated.
func TestATableThatChooses(t *testing.T) {
	t.Parallel()
	r := cabinet(t)
	for name, tt := range map[string]struct {
		source string
		table  profile.ValueTable
		id     int
		want   profile.Value
	}{
		"a value with a source":         {"contract.type", profile.ValueTable{Sources: map[string]string{"CDD": "employeeNumber"}}, 1, profile.Value{Text: "00042", Final: true}},
		"a value without one":           {"contract.type", profile.ValueTable{Sources: map[string]string{"CDI": "employeeNumber"}}, 1, profile.Value{Text: "CDD"}},
		"a function of another":         {"contract.type", profile.ValueTable{Sources: map[string]string{"CDD": "lower(lastName)"}}, 1, profile.Value{Text: "neveu", Final: true}},
		"a day":                         {"contract.type", profile.ValueTable{Sources: map[string]string{"CDD": "'2027'"}}, 1, profile.Value{Text: "2027", Final: true}},
		"the default":                   {"jobTitle", profile.ValueTable{Sources: map[string]string{"Chef": "mail"}, OnUnmatched: profile.UseDefault, DefaultSource: "login"}, 1, profile.Value{Text: "anneveu", Final: true}},
		"not the default":               {"jobTitle", profile.ValueTable{Sources: map[string]string{"Comptable": "mail"}, OnUnmatched: profile.UseDefault, DefaultSource: "login"}, 1, profile.Value{Text: "anne.neveu@acme.example", Final: true}},
		"an entry comes first":          {"jobTitle", profile.ValueTable{Map: map[string]string{"Comptable": "C"}, OnUnmatched: profile.UseDefault, DefaultSource: "login"}, 1, profile.Value{Text: "Comptable"}},
		"the default of who has none":   {"jobTitle", profile.ValueTable{OnUnmatched: profile.UseDefault, DefaultSource: "employeeNumber"}, 9, profile.Value{Text: "00009", Final: true}},
		"a source for who has none":     {"jobTitle", profile.ValueTable{Sources: map[string]string{"": "employeeNumber"}}, 9, profile.Value{Text: "00009", Final: true}},
		"a source that has nothing":     {"gender", profile.ValueTable{Sources: map[string]string{"": "jobTitle"}}, 9, profile.Value{Final: true}},
		"nothing, and why":              {"manager.jobTitle", profile.ValueTable{Sources: map[string]string{"": "jobTitle"}}, 2, profile.Value{Note: profile.ManagerLacks, Final: true}},
		"why stands with what was read": {"manager.jobTitle", profile.ValueTable{Sources: map[string]string{"": "upper(manager.jobTitle)"}}, 2, profile.Value{Note: profile.ManagerLacks, Final: true}},
		"nothing is chosen":             {"jobTitle", profile.ValueTable{Sources: map[string]string{"Chef": "mail"}}, 9, profile.Value{}},
	} {
		sel := profile.Selection{Columns: profile.Columns{{Header: "X", Source: tt.source}}, Values: map[string]profile.ValueTable{"x": tt.table}}
		b, faults := bind(t, open(t, "skillup"), sel, cabinetHas())
		if len(faults) > 0 {
			t.Errorf("%s: %v", name, faults)
			continue
		}
		c := b.Columns[len(b.Columns)-1]
		if diff := cmp.Diff(tt.want, c.Read(r, r.ByID(tt.id))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What a table chooses from is asked of Lucca, and no more; a source that cannot be read is said at the
// column.
func TestWhatATableChoosesFromIsAskedFor(t *testing.T) {
	t.Parallel()
	sel := func(table profile.ValueTable) profile.Selection {
		return profile.Selection{Columns: profile.Columns{{Header: "X", Source: "gender"}}, Values: map[string]profile.ValueTable{"x": table}}
	}
	b, faults := bind(t, open(t, "skillup"), sel(profile.ValueTable{
		Sources: map[string]string{"Male": "establishment.code", "Female": "e_badge"}, OnUnmatched: profile.UseDefault, DefaultSource: "department.code",
	}), profile.Sources{})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if q := b.Query(); !q.Establishments || !q.Departments || !cmp.Equal(q.Codes, []string{"e_badge"}) || q.Contracts || q.LegalUnits {
		t.Errorf("asked for %+v", q)
	}
	for name, tt := range map[string]struct {
		table profile.ValueTable
		want  []string
	}{
		"a source that is none": {profile.ValueTable{Sources: map[string]string{"Male": "mial"}}, []string{
			`error values.x.sources.Male: unknown source "mial" (did you mean mail?); a constant stands in quotes`,
		}},
		"a default that is none": {profile.ValueTable{OnUnmatched: profile.UseDefault, DefaultSource: "mial"}, []string{
			`error values.x.default_source: unknown source "mial" (did you mean mail?); a constant stands in quotes`,
		}},
		"a source that is not set up": {profile.ValueTable{Sources: map[string]string{"Male": "annualSalary"}}, []string{
			"error columns[0]: x has no source: set lucca.annual_salary",
		}},
		"an entry of both":               {profile.ValueTable{Map: map[string]string{"Male": "H"}, Sources: map[string]string{"Male": "mail"}}, []string{"error values.x.sources.Male: has an entry in map, too"}},
		"a default without its mode":     {profile.ValueTable{DefaultSource: "mail"}, []string{"error values.x.default_source: is only used with on_unmatched: default"}},
		"two defaults":                   {profile.ValueTable{OnUnmatched: profile.UseDefault, Default: "X", DefaultSource: "mail"}, []string{"error values.x.default_source: takes the place of default: leave one out"}},
		"one default":                    {profile.ValueTable{OnUnmatched: profile.UseDefault, Default: "X"}, nil},
		"a default text that passes":     {profile.ValueTable{OnUnmatched: profile.Pass, Default: "X"}, []string{"error values.x.default: is only used with on_unmatched: default"}},
		"a default text that is blocked": {profile.ValueTable{OnUnmatched: profile.Block, Default: "X"}, []string{"error values.x.default: is only used with on_unmatched: default"}},
	} {
		if _, faults := bind(t, open(t, "skillup"), sel(tt.table), profile.Sources{}); !cmp.Equal(tt.want, faults) {
			t.Errorf("%s (-want +got):\n%s", name, cmp.Diff(tt.want, faults))
		}
	}
	lacks := profile.Sources{Without: "ask Lucca"}
	lacks.Lacks.Fields = fieldOf("jobTitle")
	if _, faults := bind(t, open(t, "skillup"), sel(profile.ValueTable{Sources: map[string]string{"Male": "jobTitle"}}), lacks); !cmp.Equal(faults, []string{"error columns[0]: x has no source: ask Lucca, or leave the column out"}) {
		t.Errorf("a source out of reach: %q", faults)
	}
}

// A day is chosen from other days, and never made of a text.
func TestATableOfDays(t *testing.T) {
	t.Parallel()
	r := cabinet(t)
	own := profile.Choice{Key: "x", Header: "X", Source: "contract.type", Type: profile.Day}
	for name, tt := range map[string]struct {
		table profile.ValueTable
		want  string
		fault string
	}{
		"the end of a term":       {profile.ValueTable{Sources: map[string]string{"CDD": "dtContractEnd"}, OnUnmatched: profile.Block}, "2027-06-30", ""},
		"the default":             {profile.ValueTable{Sources: map[string]string{"CDI": "dtContractEnd"}, OnUnmatched: profile.UseDefault, DefaultSource: "birthDate"}, "1984-02-29", ""},
		"a text that passes":      {profile.ValueTable{Sources: map[string]string{"CDD": "dtContractEnd"}}, "", "error values.x.on_unmatched: want block or default, since sources chosen for a date leave no value to pass"},
		"a text for a day":        {profile.ValueTable{Sources: map[string]string{"CDD": "dtContractEnd"}, OnUnmatched: profile.UseDefault, Default: "soon"}, "", "error values.x.map: a date cannot be translated: change its pattern with dialect.date"},
		"a translation of a day":  {profile.ValueTable{Map: map[string]string{"CDD": "soon"}}, "", "error values.x.map: a date cannot be translated: change its pattern with dialect.date"},
		"a table without a table": {profile.ValueTable{OnUnmatched: profile.Block}, "", "error values.x.map: a date cannot be translated: change its pattern with dialect.date"},
	} {
		b, faults := bind(t, open(t, "skillup"), profile.Selection{Columns: profile.Columns{own}, Values: map[string]profile.ValueTable{"x": tt.table}}, cabinetHas())
		if tt.fault != "" {
			if !cmp.Equal(faults, []string{tt.fault}) {
				t.Errorf("%s: %q, want %q", name, faults, tt.fault)
			}
			continue
		}
		c := b.Columns[len(b.Columns)-1]
		if v := c.Read(r, r.ByID(1)); len(faults) > 0 || v.Date.String() != tt.want || !v.Final {
			t.Errorf("%s is %+v, want %s: %q", name, v, tt.want, faults)
		}
	}
}

// The table of a repeated column chooses for each level by itself.
func TestATableOfARepeatedColumn(t *testing.T) {
	t.Parallel()
	r := cabinet(t)
	p, err := profile.Parse(schemaOf(t, "", `"name": "axis_N", "x-repeat": "N", "x-source": ["costCenter.N.code"],
		"x-values": {"sources": {"R1": "costCenter.N.label"}, "on_unmatched": "default", "default_source": "upper(costCenter.N.label)"}`), "own.json")
	if err != nil {
		t.Fatal(err)
	}
	b, faults := bind(t, p, profile.Selection{Columns: profile.Listed("axis_1", "axis_2")}, cabinetHas())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for i, want := range []string{"Recherche", "NORD"} {
		if got := b.Columns[i].Read(r, r.ByID(1)).Text; got != want {
			t.Errorf("level %d is %q, want %q", i+1, got, want)
		}
	}
	if c := p.Columns[0].First(); c.Key != "axis_1" || c.Values.Sources["R1"] != "costCenter.1.label" || p.Columns[0].Values.Sources["R1"] != "costCenter.N.label" {
		t.Errorf("the first level is %+v of %+v", c, p.Columns[0])
	}
	if c := b.Columns[0].First(); c.Key != "axis_1" {
		t.Errorf("the first level of a level is %q", c.Key)
	}
}
