package plan

import (
	"slices"
	"strings"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// providers are well-known domains of personal addresses, without their endings; neighbours are real
// ones that are a letter off.
var (
	providers  = []string{"gmail", "googlemail", "hotmail", "outlook", "yahoo", "icloud", "wanadoo", "laposte", "orange"}
	neighbours = []string{"mail", "email", "ymail", "fmail", "zmail", "range", "grange", "oranges", "cloud"}
)

// noEndings are those of domains that there are none of, but for slips.
var noEndings = []string{"con", "cmo", "ocm", "vom", "xom", "comm", "coom", "frr", "fe", "fre"}

// nobodys are mailboxes that stand for no address, or that nobody reads.
var nobodys = []string{"noreply", "no-reply", "donotreply", "nepasrepondre", "ne-pas-repondre", "aucun", "aucune", "none", "null", "nomail", "sansmail", "pasdemail", "inconnu", "unknown", "unbekannt", "xxx", "nan"}

// isNobodys reports whether an address is put in the place of one: aucun@aucun.fr, test@test.fr.
func isNobodys(mail string) bool {
	box, domain, _ := strings.Cut(person.AddressKey(mail), "@")
	name, _, _ := strings.Cut(domain, ".")
	return slices.Contains(nobodys, box) || box == "test" && name == "test"
}

// hasEnding reports whether the domain of an address ends as one may: no country has one letter.
func hasEnding(mail string) bool {
	ending := mail[strings.LastIndexByte(mail, '.')+1:]
	return len(ending) > 1 && !strings.ContainsAny(ending[:1], "0123456789")
}

// onlyCom are providers whose addresses all end in .com.
var onlyCom = []string{"gmail", "icloud"}

// isMisspelt reports whether an address is at a domain that is a letter off a well-known one.
func isMisspelt(mail string) bool {
	_, domain, _ := strings.Cut(person.AddressKey(mail), "@")
	name, ending, _ := strings.Cut(domain, ".")
	if slices.Contains(noEndings, ending) || slices.Contains(onlyCom, name) && ending != "com" {
		return true
	}
	return !slices.Contains(neighbours, name) && slices.ContainsFunc(providers, func(known string) bool { return person.IsSlip(name, known) })
}

// domains are those that many addresses in Lucca have, and all others that any has.
type domains struct {
	usual []string
	known map[string]bool
}

func domainsOf(people *roster.Roster) domains {
	const few = 5
	d := domains{known: make(map[string]bool)}
	count := make(map[string]int)
	for _, e := range people.Employees() {
		if _, domain, found := strings.Cut(person.AddressKey(e.Mail), "@"); found {
			d.known[domain] = true
			if count[domain]++; count[domain] == few {
				d.usual = append(d.usual, domain)
			}
		}
	}
	return d
}

// nearly reports whether an address is at a domain that nobody in Lucca has, and that is a letter off
// one that many have, or one of them cut, or with more behind it. Domains of countries, such as acme.be
// and acme.de, are not.
func (d domains) nearly(mail string) bool {
	_, domain, _ := strings.Cut(person.AddressKey(mail), "@")
	if d.known[domain] {
		return false
	}
	return slices.ContainsFunc(d.usual, func(usual string) bool {
		if strings.HasPrefix(usual, domain) || strings.HasPrefix(domain, usual) {
			return true
		}
		if !person.IsSlip(domain, usual) {
			return false
		}
		a, b := domain[:max(0, strings.LastIndexByte(domain, '.'))], usual[:max(0, strings.LastIndexByte(usual, '.'))]
		return a != b || len(domain)-len(a) > len(".com") // of endings only long ones are mistyped by a letter
	})
}
