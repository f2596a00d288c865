package export_test

import (
	"errors"
	"strings"
	"testing"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/profile"
)

// A value table is a condition: by Lucca's value it says what the partner gets, or from where.
func TestAValueTableChoosesWhereAValueIsFrom(t *testing.T) {
	t.Parallel()
	woman, man, other := person(1), person(2), person(3)
	woman.Gender, man.Gender, other.Gender = "Female", "Male", ""
	woman.BirthDate, man.ContractEnd = day(2, 9), day(12, 31)
	woman.Login, man.Login, other.Login = "l1", "Female", "l3"
	for _, tt := range []struct {
		field string // of a column that begins with the gender
		want  string // its cells
	}{
		{`"x-values": {"sources": {"Female": "login", "Male": "employeeNumber"}}`, "l1 00002 -"},
		{`"x-values": {"map": {"Male": "M."}, "sources": {"Female": "upper(login)"}}`, "L1 M. -"},
		{`"x-values": {"map": {"Female": "F"}, "sources": {"Male": "login"}}`, "F Female -"}, // what a source gives is not translated again
		{`"x-values": {"map": {"Male": "M."}, "on_unmatched": "default", "default_source": "{login}/{id}"}`, "l1/1 M. l3/3"},
		{`"x-values": {"sources": {"Female": "login"}, "on_unmatched": "default", "default": "none"}`, "l1 none none"},
		{`"x-values": {"sources": {"": "login", "Male": "'m'"}}`, "Female m l3"},
		{`"x-values": {"sources": {"Female": "birthDate", "Male": "dtContractEnd"}, "on_unmatched": "default"}, "type": "date"`, "09/02/2026 31/12/2026 -"},
		{`"x-values": {"sources": {"Female": "birthDate"}, "on_unmatched": "default", "default_source": "'2099-12-31'"}, "type": "date"`, "09/02/2026 31/12/2099 31/12/2099"},
		{`"x-values": {"sources": {"Female": "'1 234,5'", "Male": "'2'"}, "on_unmatched": "default", "default": "0"}, "type": "number", "decimalChar": ","`, "1234,5 2 0"},
	} {
		got, _ := rendered(t, `{"name": "own", "dialect": {"header": false}, "schema": {"fields": [{"name": "a", "x-level": "recommended", "x-source": ["gender"], `+tt.field+`}]}}`,
			profile.Selection{}, woman, man, other)
		if cells := strings.Fields(strings.ReplaceAll("\n"+got, "\n\n", "\n-\n")); strings.Join(cells, " ") != tt.want {
			t.Errorf("%s: %q, want %s", tt.field, got, tt.want)
		}
	}
	sel := profile.Selection{Values: map[string]profile.ValueTable{"name": {Sources: map[string]string{"L": "manager.lastName"}, OnUnmatched: profile.Block}}}
	man.LastName, woman.ManagerID = "M", 2
	p, err := profile.Parse([]byte(team), "own.json")
	if err != nil {
		t.Fatal(err)
	}
	b := p.Bind(sel, profile.Sources{}, func(f profile.Fault) { t.Errorf("%s: %s", f.Path, f.Message) })
	var out strings.Builder
	if f, err := renderTo(&out, mustRoster(t, day(11, 22), woman, man), b, export.Population{}); !errors.Is(err, export.ErrBlocked) || len(f.Findings) != 1 {
		t.Errorf("a value without a source is not blocked: %v, %v", err, f.Findings)
	}
	if !strings.Contains(out.String(), "00001;M;") {
		t.Error(out.String())
	}
}

// A day is written as the file writes days, whatever the column says that it holds.
func TestADayInAColumnOfTexts(t *testing.T) {
	t.Parallel()
	e := person(1)
	e.BirthDate = day(2, 9)
	got, f := rendered(t, `{"name": "own", "dialect": {"header": false}, "schema": {"fields": [
		{"name": "a", "x-level": "recommended", "x-source": ["birthDate"]},
		{"name": "b", "x-level": "recommended", "x-source": ["birthDate"], "constraints": {"maxLength": 10}, "x-values": {"map": {"09/02/2026": "today"}}},
		{"name": "c", "type": "number", "x-level": "recommended", "x-source": ["birthDate"]}]}}`, profile.Selection{}, e)
	if got != "09/02/2026;today;\n" || len(f.Findings) != 1 || f.Findings[0].Code != "not_a_number" {
		t.Errorf("%q %v", got, f.Findings)
	}
}
