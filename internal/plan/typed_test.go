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
		{roster.Text, "3. Apr", true}, {roster.Text, "Apr-03", true}, {roster.Text, "12-déc.", true}, {roster.Text, "1-Mrz-26", true}, {roster.Text, "VRAI", true}, {roster.Text, "Vrai", false},
		{roster.Text, "Chef de mai", false}, {roster.Text, "Mars", false}, {roster.Text, "2026-04-03", false}, {roster.Text, "Sept 10 chefs", false},
		{roster.GivenName, "TRUE", true}, {roster.GivenName, "Avril", false}, {roster.GivenName, "May", false}, {roster.FamilyName, "FAUX", false}, {roster.FamilyName, "01-mai", true},
		{roster.Custom, "TRUE", false}, {roster.Custom, "03-avr", true}, {roster.Day, "03-avr", false},
	} {
		if got := typed(tt.kind, tt.text) != nil; got != tt.want {
			t.Errorf("%q of kind %d: %v", tt.text, tt.kind, got)
		}
	}
}
