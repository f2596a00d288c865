package hire

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
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
		case unaccented(r) != "":
			b.WriteString(unaccented(r))
		default:
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// unaccented spells out the letters that Unicode does not decompose.
func unaccented(r rune) string {
	switch r {
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'ø':
		return "o"
	case 'ł':
		return "l"
	case 'đ', 'ð':
		return "d"
	case 'þ':
		return "th"
	default:
		return ""
	}
}
