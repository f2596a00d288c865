package hire

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"lucca-exchange/internal/plan"
)

// fold reduces a text to what two spellings of a name have in common: no accents, no
// case, and single blanks for hyphens, apostrophes and blanks of every kind.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(cases.Fold().String(s)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsSpace(r) || strings.ContainsRune("-‐‑–'’ʼ`", r):
			b.WriteByte(' ')
		default:
			b.WriteString(plan.Latin(r))
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
