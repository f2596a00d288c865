package person

import "strings"

// placeholders are what a login pattern can hold.
func placeholders() []string { return []string{"{first}", "{last}", "{f}", "{l}"} }

// CheckLogin says what is wrong with a pattern of logins, or nothing.
func CheckLogin(pattern string) string {
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

// Login fills a pattern with a name. It is empty when a name has none of the letters that a
// login is made of.
func Login(pattern, firstName, lastName string) string {
	first, last := letters(firstName), letters(lastName)
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

// letters keeps the letters a to z and the digits of a name.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, Fold(name))
}
