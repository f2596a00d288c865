package plan

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold returns a text in small letters without accents, so that "HÉLÈNE" and "helene" are
// the same.
func fold(s string) string {
	s = strings.ToLower(s)
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFD.String(s) {
		switch {
		case r <= unicode.MaxASCII:
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		default:
			b.WriteString(Latin(r))
		}
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] > unicode.MaxASCII {
			return false
		}
	}
	return true
}

// Latin spells the small letters that are no letter with an accent, such as œ; any other
// is itself.
func Latin(r rune) string {
	switch r {
	case 'ß':
		return "ss"
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
	case 'ı':
		return "i"
	default:
		return string(r)
	}
}

// plainLetters keeps the letters a to z and the digits of a name.
func plainLetters(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, fold(name))
}

// placeholders are what a login pattern can hold.
func placeholders() []string { return []string{"{first}", "{last}", "{f}", "{l}"} }

// checkPattern says what is wrong with a login pattern, or nothing.
func checkPattern(pattern string) string {
	rest := pattern
	for _, p := range placeholders() {
		rest = strings.ReplaceAll(rest, p, "")
	}
	switch {
	case rest == pattern:
		return "want a pattern such as {f}{last} or {first}.{last}"
	case strings.ContainsAny(rest, "{}"):
		return "unknown placeholder: there are {first} {last} {f} {l}"
	case strings.Trim(rest, "abcdefghijklmnopqrstuvwxyz0123456789._-@") != "":
		return "want only small letters, digits and . _ - @ around the placeholders"
	}
	return ""
}

// baseLogin fills a pattern. It is empty when a name has none of the letters that a login
// is made of.
func baseLogin(pattern, firstName, lastName string) string {
	first, last := plainLetters(firstName), plainLetters(lastName)
	values := map[string]string{"{first}": first, "{last}": last, "{f}": first[:min(1, len(first))], "{l}": last[:min(1, len(last))]}
	for _, p := range placeholders() {
		if !strings.Contains(pattern, p) {
			continue
		}
		if values[p] == "" {
			return ""
		}
		pattern = strings.ReplaceAll(pattern, p, values[p])
	}
	return pattern
}

// logins hands out logins that nobody has.
type logins struct {
	taken map[string]bool
	next  map[string]int
}

// free returns the base, or the base with the first number from 2 that makes it new: at
// its end, or before its domain.
func (l *logins) free(base string) string {
	login := base
	for n := max(2, l.next[base]); l.taken[login]; n++ {
		name, domain, mail := strings.Cut(base, "@")
		login = name + strconv.Itoa(n)
		if mail {
			login += "@" + domain
		}
		l.next[base] = n + 1
	}
	l.taken[login] = true
	return login
}
