package tabular

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Clean returns a cell without the blanks and the signs that cannot be seen around it, in
// Unicode's normal form C.
func Clean(cell string) string {
	if latin(cell) {
		return strings.TrimSpace(cell)
	}
	return norm.NFC.String(strings.TrimFunc(cell, isBlank))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// latin reports whether a text is of ASCII and of À to ÿ alone: it is in normal form C, and
// nothing in it is a blank of a special kind.
func latin(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < utf8.RuneSelf {
			continue
		}
		if i++; s[i-1] != 0xC3 || i == len(s) || s[i] < utf8.RuneSelf || s[i] > 0xBF {
			return false
		}
	}
	return true
}

// isBlank takes what separates words, and what nobody sees, for a blank.
func isBlank(r rune) bool { return unicode.IsSpace(r) || r >= 0x80 && Invisible(r) }

// Invisible reports whether a character leaves no trace on a screen: zero-width blanks and
// joiners, marks of direction, soft hyphens, byte-order marks.
func Invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || r == '\u034F' || r == '\u115F' || r == '\u1160' || r == '\u3164' || r >= 0xFE00 && r <= 0xFE0F
}

// Mend returns a clean cell as a person reads it: tabs and the blanks that do not break a
// line are blanks, what cannot be seen is not there, the hyphens that look like "-" are one,
// and what a spreadsheet was told with ="00042" or '00042 is 00042. Line ends stay.
func Mend(cell string) string {
	if plain(cell) {
		return cell
	}
	cell = unguard(cell)
	var b strings.Builder
	var last rune
	for i, r := range cell {
		switch {
		case r == '\n' || r == '\u2028' || r == '\u2029':
			b.WriteRune(r)
		case r == '\t' || r >= 0x80 && unicode.Is(unicode.Zs, r):
			b.WriteByte(' ')
		case r == '\u2010' || r == '\u2011':
			b.WriteByte('-')
		case (r == '\u200C' || r == '\u200D') && joins(last) && joins(after(cell[i+utf8.RuneLen(r):])):
			b.WriteRune(r) // they shape the letters of Persian and of India
		case r >= 0x80 && Invisible(r):
			continue
		default:
			b.WriteRune(r)
		}
		last = r
	}
	return Clean(b.String())
}

func after(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func joins(r rune) bool {
	return r >= 0x300 && unicode.IsLetter(r) && !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic)
}

// plain reports whether a cell has nothing to mend, as most have.
func plain(cell string) bool {
	if cell != "" && (cell[0] == '=' || cell[0] == '\'') {
		return false
	}
	return latin(cell) && strings.IndexByte(cell, '\t') < 0 || plainText(cell)
}

func plainText(cell string) bool {
	for _, r := range cell {
		if r == '\t' || r == '\u2010' || r == '\u2011' || r >= 0x80 && (unicode.Is(unicode.Zs, r) || Invisible(r)) {
			return false
		}
	}
	return true
}

// unguard takes off what tells a spreadsheet that a cell is a text.
func unguard(cell string) string {
	if inner, ok := strings.CutPrefix(cell, `="`); ok && strings.HasSuffix(inner, `"`) && strings.Count(inner, `"`) == 1 {
		return Clean(inner[:len(inner)-1])
	}
	if len(cell) > 1 && cell[0] == '\'' && strings.IndexByte("=+-@0123456789", cell[1]) >= 0 {
		return cell[1:]
	}
	return cell
}
