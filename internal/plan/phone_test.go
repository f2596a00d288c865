package plan

import "testing"

// The numbers of a country are as long as they are: the shortest and the longest of each pass, and one digit
// less or more is a slip.
func TestPhonesOfTheirCountries(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ shortest, longest string }{
		{"+33 1 42 68 53 00", "0033 (0)6 12 34 56 78"}, {"+32 2 555 12 12", "+32 470 12 34 56"}, {"+41 44 668 18 00", "+41 79 123 45 67"}, {"+34 912 34 56 78", "+34 612 34 56 78"},
		{"+351 21 234 5678", "+351 912 345 678"}, {"+31 20 555 1212", "+31 612 345 678"}, {"+44 1204 12345", "+44 20 7946 0018"}, {"+1 212 555 0187", "+1 (415) 555-0134"},
		{"+48 22 123 45 67", "+48 512 345 678"}, {"+40 21 312 34 56", "+40 712 345 678"}, {"+420 212 345 678", "+420 601 123 456"}, {"+421 2 1234 5678", "+421 912 123 456"},
		{"+30 21 2345 6789", "+30 691 234 5678"}, {"+45 32 12 34 56", "+45 20 12 34 56"}, {"+47 21 23 45 67", "+47 406 12 345"}, {"+212 5 20 12 34 56", "+212 6 50 12 34 56"},
		{"+216 30 010 123", "+216 20 123 456"}, {"+262 262 16 12 34", "+262 692 12 34 56"}, {"+590 590 20 12 34", "+590 690 00 12 34"}, {"+594 594 10 12 34", "+594 694 20 12 34"}, {"+596 596 30 12 34", "+596 696 20 12 34"},
	} {
		for _, text := range []string{tt.shortest, tt.longest} {
			if isMiscounted(text, false) {
				t.Errorf("%s is refused", text)
			}
		}
		if !isMiscounted(tt.shortest[:len(tt.shortest)-1], false) || !isMiscounted(tt.longest+"9", false) {
			t.Errorf("%s less a digit, or %s and one more, passes", tt.shortest, tt.longest)
		}
		if isMiscounted(tt.longest+" poste 12", false) || !isMiscounted(tt.shortest[:len(tt.shortest)-1]+" poste 12", false) {
			t.Errorf("%s with an extension is refused, or %s less a digit passes with one", tt.longest, tt.shortest)
		}
	}
}
