package plan

import "testing"

// A domain that is a letter off, cut or longer than one that many have is doubted, unless it is that of
// another country, or somebody has it.
func TestDomainsThatAreNearlyTheCompanys(t *testing.T) {
	t.Parallel()
	d := domains{usual: []string{"acme.be", "acme.info"}, known: map[string]bool{"acme.be": true, "acme.info": true, "acne.be": true}}
	for domain, want := range map[string]bool{
		"acme.be": false, "acne.be": false, "acmme.be": true, "amce.be": true, "acme.b": true, "acme.be.fr": true,
		"acme.de": false, "acme.imfo": true, "other.be": false,
	} {
		if got := d.nearly("zoe@" + domain); got != want {
			t.Errorf("%s: %v", domain, got)
		}
	}
}
