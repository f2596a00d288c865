package profile_test

import (
	"strings"
	"testing"

	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
)

// constrained is the column of a schema with these constraints.
func constrained(t *testing.T, constraints string) profile.Rules {
	t.Helper()
	p, err := profile.Parse([]byte(`{"name": "own", "schema": {"fields": [{"name": "c", "x-level": "optional", "x-source": ["mail"], "constraints": `+constraints+`}]}}`), "own.json")
	if err != nil {
		t.Fatal(err)
	}
	return p.Columns[0].Rules
}

// A cell that breaks what the partner's schema asks says which rule, and never itself.
func TestRulesOfASchemaAreKept(t *testing.T) {
	t.Parallel()
	const (
		short, long = "has fewer than 2 characters", "has more than 4 characters"
		pattern     = "does not look as the pattern of the partner's schema wants it"
		enum        = "is none of the values that the partner's schema lists"
	)
	for _, tt := range []struct{ constraints, cell, want string }{
		{`{}`, "x", ""},
		{`{"minLength": 2}`, "é", short}, {`{"minLength": 2}`, "éà", ""}, {`{"minLength": 2}`, "abc", ""},
		{`{"maxLength": 4}`, "éàüöñ", long}, {`{"maxLength": 4}`, "éàüö", ""}, {`{"maxLength": 4}`, "a", ""},
		{`{"minLength": 2, "maxLength": 4}`, "a", short}, {`{"minLength": 2, "maxLength": 4}`, "abcde", long}, {`{"minLength": 2, "maxLength": 4}`, "abc", ""},
		{`{"minLength": 4, "maxLength": 4}`, "abcd", ""},
		{`{"pattern": "[A-Z]{3}|0"}`, "ABC", ""}, {`{"pattern": "[A-Z]{3}|0"}`, "0", ""}, {`{"pattern": "[A-Z]{3}|0"}`, "ABCD", pattern}, {`{"pattern": "[A-Z]{3}|0"}`, "xABC", pattern},
		{`{"pattern": "[A-Z]{3}|0"}`, "10", pattern},
		{`{"enum": ["M", "F"]}`, "M", ""}, {`{"enum": ["M", "F"]}`, "m", enum}, {`{"enum": ["M", "F"]}`, "MF", enum},
		{`{"enum": ["M", "F"], "pattern": "[A-Z]"}`, "X", enum}, {`{"enum": ["M", "F"], "maxLength": 4}`, "Monsieur", long},
	} {
		rules := constrained(t, tt.constraints)
		if rules.IsZero() != (tt.constraints == "{}") {
			t.Errorf("%s is said to ask for nothing of a cell", tt.constraints)
		}
		if got := rules.Broken(tt.cell); got != tt.want {
			t.Errorf("%q under %s %q, want %q", tt.cell, tt.constraints, got, tt.want)
		}
		if got := rules.Broken(tt.cell); len(tt.cell) > 4 && strings.Contains(got, tt.cell) {
			t.Errorf("the cell is repeated: %s", got)
		}
	}
	if !constrained(t, `{"unique": true}`).Unique || constrained(t, `{}`).Unique {
		t.Error("unique is not as the schema has it")
	}
}

// A day is written so that another program reads it by the words of the descriptor.
func TestDaysInTheWordsOfOtherPrograms(t *testing.T) {
	t.Parallel()
	day := roster.Date{Year: 2026, Month: 3, Day: 9}
	for _, tt := range []struct{ pattern, written, strptime string }{
		{"DD/MM/YYYY", "09/03/2026", "%d/%m/%Y"}, {"YYYYMMDD", "20260309", "%Y%m%d"}, {"D.M.YY", "9.3.26", "%d.%m.%y"}, {"YYYY-MM-DD'T00:00:00Z'", "2026-03-09T00:00:00Z", "%Y-%m-%dT00:00:00Z"},
		{"'100%' DD", "100% 09", "100%% %d"}, {"MM", "03", "%m"}, {"YYYY", "2026", "%Y"}, {"M", "3", "%m"},
	} {
		p, err := profile.ParsePattern(tt.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Format(day); got != tt.written {
			t.Errorf("%s writes %s, want %s", tt.pattern, got, tt.written)
		}
		if got := p.Strptime(); got != tt.strptime {
			t.Errorf("%s is %s, want %s", tt.pattern, got, tt.strptime)
		}
		if got := p.Format(roster.Date{}); got != "" {
			t.Errorf("%s writes %q for no day", tt.pattern, got)
		}
	}
}

// The partner knows people by these columns: their change is another account there.
func TestColumnsByWhichAPartnerKnowsPeople(t *testing.T) {
	t.Parallel()
	const fields = `{"name": "own", "schema": {"primaryKey": "key", "x-keys": ["badge"], "fields": [
		{"name": "key", "x-level": "required", "constraints": {"required": true}, "x-source": ["id"]},
		{"name": "badge", "x-level": "required", "constraints": {"required": true}, "x-source": ["e_badge"]},
		{"name": "address", "x-level": "required", "constraints": {"required": true}, "x-source": ["login if email", "mail"]},
		{"name": "number", "x-level": "required", "constraints": {"required": true}, "x-source": ["pad(employeeNumber, 8)"]},
		{"name": "boss", "x-level": "required", "constraints": {"required": true}, "x-source": ["manager.employeeNumber"]},
		{"name": "home", "x-level": "required", "constraints": {"required": true}, "x-source": ["personalEmail"]},
		{"name": "last", "x-level": "required", "constraints": {"required": true}, "x-source": ["lastName"]}]}}`
	p, err := profile.Parse([]byte(fields), "own.json")
	if err != nil {
		t.Fatal(err)
	}
	b, faults := bind(t, p, profile.Selection{}, profile.Sources{})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	want := map[string]bool{"key": true, "badge": true, "address": true, "number": true}
	for i, c := range b.Columns {
		if got := b.Identifies(i); got != want[c.Key] {
			t.Errorf("%s: %v", c.Key, got)
		}
	}
}
