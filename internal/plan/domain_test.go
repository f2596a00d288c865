package plan

import (
	"fmt"
	"slices"
	"testing"

	"lucca-exchange/internal/roster"
)

// A domain that is a letter off, cut or longer than one that many have is doubted, unless it is that of
// another country, or somebody has it.
func TestDomainsThatAreNearlyTheCompanys(t *testing.T) {
	t.Parallel()
	d := domains{usual: []string{"acme.be", "acme.info", "acme.net"}, known: map[string]bool{"acme.be": true, "acme.info": true, "acne.be": true}}
	for domain, want := range map[string]bool{
		"acme.be": false, "acne.be": false, "acmme.be": true, "amce.be": true, "acme.b": true, "acme.be.fr": true,
		"acme.de": false, "acme.imfo": true, "acme.nrt": false, "other.be": false,
	} {
		if got := d.nearly("zoe@" + domain); got != want {
			t.Errorf("%s: %v", domain, got)
		}
	}
}

// A domain is usual when five people have it.
func TestUsualDomains(t *testing.T) {
	t.Parallel()
	var s roster.Snapshot
	for i, domain := range []string{"acme.example", "few.example", "acme.example", "few.example", "acme.example", "few.example", "acme.example", "few.example", "ACME.example"} {
		s.Employees = append(s.Employees, roster.Employee{ID: i + 1, Mail: fmt.Sprintf("u%d@%s", i, domain)})
	}
	people, err := roster.New(s, roster.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if d := domainsOf(people); !slices.Equal(d.usual, []string{"acme.example"}) || !d.known["few.example"] {
		t.Errorf("usual are %v, known %v", d.usual, d.known)
	}
}
