package audit

import "strings"

// SamePerson reports whether two names of who acted may be one human being: the same account,
// whatever the way in, a program and who made its token, a login and an address that begins
// with it. It is for rules that want two people, and errs to the side of one.
func SamePerson(a, b string) bool {
	a, b = human(a), human(b)
	if a == b {
		return true
	}
	first, _, whole := strings.Cut(a, "@")
	other, _, wholeToo := strings.Cut(b, "@")
	return whole != wholeToo && first == other
}

// human is who stands behind a name: "claire" for claire, os:claire, oidc:claire, and
// token:payroll (os:claire).
func human(who string) string {
	if strings.HasPrefix(who, "token:") && strings.HasSuffix(who, ")") {
		if at := strings.LastIndex(who, " ("); at >= 0 {
			who = who[at+len(" (") : len(who)-1]
		}
	}
	for _, way := range []string{"os:", "oidc:"} {
		who = strings.TrimPrefix(who, way)
	}
	return strings.ToLower(strings.TrimSpace(who))
}
