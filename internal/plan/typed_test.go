package plan

import (
	"testing"

	"lucca-exchange/internal/roster"
)

// TestDatesAndTruthsThatASpreadsheetMade: nobody writes 03-avr or VRAI for a number, a name or a
// title, but families are called Faux, and months and titles have names.
func TestDatesAndTruthsThatASpreadsheetMade(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind roster.Kind
		text string
		want bool
	}{
		{roster.Number, "03-avr", true}, {roster.Number, "avr.-26", true}, {roster.Number, "2026-04-03", true}, {roster.Number, "3-4", false}, {roster.Number, "A-12", false},
		{roster.Text, "3. Apr", true}, {roster.Text, "3.Apr", true}, {roster.Text, "Apr-03", true}, {roster.Text, "12-déc.", true}, {roster.Text, "1-Mrz-26", true}, {roster.Text, "VRAI", true}, {roster.Text, "Vrai", false},
		{roster.Text, "Chef de mai", false}, {roster.Text, "Mars", false}, {roster.Text, "2026-04-03", false}, {roster.Text, "Sept 10 chefs", false},
		{roster.GivenName, "TRUE", true}, {roster.GivenName, "Avril", false}, {roster.GivenName, "May", false}, {roster.FamilyName, "FAUX", false}, {roster.FamilyName, "01-mai", true},
		{roster.FamilyName, "VRAI", true}, {roster.Number, "0-avr", true}, {roster.Number, "9-avr", true}, {roster.Custom, "TRUE", false}, {roster.Custom, "03-avr", true}, {roster.Day, "03-avr", false},
	} {
		if got := typed(tt.kind, tt.text) != nil; got != tt.want {
			t.Errorf("%q of kind %d: %v", tt.text, tt.kind, got)
		}
	}
}

// TestTextsOfAProgram: a name or a title is no sum, no blank cell that was referred to, and nothing that a
// program wrote for itself; a custom field may be.
func TestTextsOfAProgram(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		kind       roster.Kind
		text, want string
	}{
		{roster.Text, "0", "spreadsheet_damage"}, {roster.FamilyName, "0", "spreadsheet_damage"}, {roster.Custom, "0", ""}, {roster.Number, "0", ""}, {roster.Text, "00", ""},
		{roster.Text, "1 200 €", "misplaced_value"}, {roster.Text, "0 €", "misplaced_value"}, {roster.Text, "9 €", "misplaced_value"}, {roster.Text, "-€ 12", "misplaced_value"}, {roster.Text, "45k€", "misplaced_value"},
		{roster.Custom, "1 200 €", ""}, {roster.Text, "€", ""}, {roster.Text, "Chef 2 EUR", ""}, {roster.Text, "1200", ""},
		{roster.FamilyName, "Lefu00e8vre", "damaged_text"}, {roster.GivenName, "b'Chlo'", "damaged_text"}, {roster.Text, "['Chef']", "damaged_text"}, {roster.FamilyName, "Lef+AOg-vre", "damaged_text"},
		{roster.FamilyName, "Du00", ""}, {roster.FamilyName, "D'Angelo", ""}, {roster.Text, "Chef + 1", ""}, {roster.Custom, "['Chef']", ""},
	} {
		got := ""
		if bad := foreignTo(tt.kind, tt.text); bad != nil {
			got = bad.code
		}
		if got != tt.want {
			t.Errorf("%q of kind %d: %q, want %q", tt.text, tt.kind, got, tt.want)
		}
	}
}
