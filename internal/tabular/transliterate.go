package tabular

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// likeASCII writes what no accent tells from a letter of ASCII.
func likeASCII(r rune) string {
	switch r {
	case 'Đ', 'Ð':
		return "D"
	case 'đ', 'ð':
		return "d"
	case 'Ł':
		return "L"
	case 'ł':
		return "l"
	case 'Ø':
		return "O"
	case 'ø':
		return "o"
	case 'ı':
		return "i"
	case 'Œ':
		return "OE"
	case 'œ':
		return "oe"
	case 'ß':
		return "ss"
	case 'Þ':
		return "Th"
	case 'þ':
		return "th"
	case '‘', '’', 'ʼ':
		return "'"
	case '“', '”', '„':
		return `"`
	case '‐', '‑', '‒', '–', '—':
		return "-"
	case '…':
		return "..."
	case '€':
		return "EUR"
	case '\u00a0', '\u202f', '\u2009':
		return " "
	}
	return ""
}

// Near writes the letters that the encoding lacks as the nearest that it has, such as Nguyễn as
// Nguyen. ok is false when it has nothing near one, such as a letter of another script.
func (w *Writer) Near(text string) (near string, ok bool) {
	var b strings.Builder
	for _, r := range norm.NFC.String(text) {
		letter := string(r)
		switch base := likeASCII(r); {
		case w.Encodable(letter):
		case base != "" && w.Encodable(base):
			letter = base
		default:
			letter = strings.Map(func(r rune) rune {
				if unicode.Is(unicode.Mn, r) {
					return -1
				}
				return r
			}, norm.NFD.String(letter))
			if !w.Encodable(letter) {
				return "", false
			}
		}
		b.WriteString(letter)
	}
	return b.String(), true
}
