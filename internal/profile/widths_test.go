package profile_test

import (
	"strings"
	"testing"

	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/tabular"
)

// TestWidthsOfABuiltinPartner are the flow's, when the file is one of fixed width.
func TestWidthsOfABuiltinPartner(t *testing.T) {
	t.Parallel()
	fixed, bare := tabular.Fixed, false
	widths := map[string]int{"login": 40, "employee_number": 10, "last_name": 30, "first_name": 30, "manager_number": 10}
	b, faults := bind(t, open(t, "skillup"), profile.Selection{Widths: widths, Dialect: tabular.Overrides{Format: fixed, Header: &bare}}, everything())
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for _, c := range b.Columns {
		if c.Width != widths[c.Key] {
			t.Errorf("%s is %d wide", c.Key, c.Width)
		}
	}
	for name, c := range map[string]struct {
		selection profile.Selection
		want      string
	}{
		"of a column that is not sent": {profile.Selection{Widths: map[string]int{"phone": 9}}, "phone"},
		"of nothing":                   {profile.Selection{Widths: map[string]int{"login": 0}}, "1 or more"},
		"in a CSV file":                {profile.Selection{Widths: map[string]int{"login": 9}}, "dialect.format: fixed"},
		"that lack":                    {profile.Selection{Dialect: tabular.Overrides{Format: fixed, Header: &bare}}, "give it in widths"},
	} {
		_, faults := bind(t, open(t, "skillup"), c.selection, everything())
		found := false
		for _, f := range faults {
			found = found || strings.Contains(f, c.want)
		}
		if !found {
			t.Errorf("widths %s: %v", name, faults)
		}
	}
}
