package audit_test

import (
	"testing"

	"lucca-exchange/internal/audit"
)

// Two ways in do not make two people of one.
func TestSamePerson(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"claire", "claire", true},
		{"claire", "Claire", true},
		{"claire", "os:claire", true},
		{"claire", "oidc:claire@acme.example", true},
		{"os:claire", "token:payroll (os:claire)", true},
		{"token:payroll (claire)", "token:other (claire)", true},
		{"token:x (bob) (claire)", "claire", true},
		{"token:x (bob) (claire)", "bob", false},
		{"claire", "paul", false},
		{"oidc:claire@acme.example", "oidc:claire@other.example", false},
		{"token:payroll (claire)", "token:payroll (paul)", false},
		{"os:root", "claire", false},
	} {
		if got := audit.SamePerson(c.a, c.b); got != c.same {
			t.Errorf("%s and %s are one person: %t", c.a, c.b, got)
		}
		if audit.SamePerson(c.a, c.b) != audit.SamePerson(c.b, c.a) {
			t.Errorf("%s and %s are one person from one side alone", c.a, c.b)
		}
	}
}
