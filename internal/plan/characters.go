package plan

import (
	"strings"
	"unicode"
)

// odd tells what is wrong with the characters of an address, a login or a number, in which
// each one counts: one that cannot be seen, or that looks like another.
func odd(text string) string {
	for _, r := range text {
		switch {
		case r < 0x80:
		case unicode.Is(unicode.Cf, r), unicode.IsControl(r), r >= 0xFE00 && r <= 0xFE0F, r == '\u034F', r == '\u3164':
			return "holds a sign that cannot be seen: type it anew"
		case unicode.IsSpace(r):
			return "holds a blank of a special kind: type it anew"
		case wide(r), unicode.IsNumber(r):
			return "holds a character that looks like another one: type it anew"
		case unicode.Is(unicode.Pd, r), r == '\u2212', r == '\u2019', r == '\u2018':
			return "holds a sign that looks like a hyphen or an apostrophe: type it anew"
		}
	}
	if mixed(text) {
		return mixedScripts
	}
	return ""
}

const mixedScripts = "mixes letters of two alphabets that look alike, such as Latin and Cyrillic: type it anew"

// wide reports whether a character is another one in a special form: the full width of
// Japan, a letter of mathematics, two letters in one.
func wide(r rune) bool {
	return r >= 0xFF01 && r <= 0xFF5E || r >= 0x1D400 && r <= 0x1D7FF || r >= 0xFB00 && r <= 0xFB06
}

// mixed reports whether one word has letters of two alphabets.
func mixed(text string) bool {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }) {
		latin, other := false, false
		for _, r := range word {
			latin = latin || unicode.Is(unicode.Latin, r)
			other = other || unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee)
		}
		if latin && other {
			return true
		}
	}
	return false
}

// oddName is odd for a name, which may have more.
func oddName(text string) string {
	for _, r := range text {
		switch {
		case r == '?':
			return "holds a question mark, which no name has: type it anew"
		case wide(r):
			return "holds a character that looks like another one: type it anew"
		}
	}
	if mixed(text) {
		return mixedScripts
	}
	return ""
}
