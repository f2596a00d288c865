package plan

import (
	"strconv"
	"strings"
)

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
