package export

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
)

// Population says who is in the file, beyond those employed on the day. Lists are of names or
// codes, in any case; an empty one means all. Somebody must be in every list that there is.
type Population struct {
	Establishments []string `yaml:"establishments,omitempty" json:"establishments,omitempty" jsonschema:"description=names of the establishments whose employees are sent; empty means all"`
	LegalUnits     []string `yaml:"legal_units,omitempty" json:"legal_units,omitempty" jsonschema:"description=names or codes of the legal units whose employees are sent"`
	Departments    []string `yaml:"departments,omitempty" json:"departments,omitempty" jsonschema:"description=names or codes of departments; those below them belong to them"`
	ContractTypes  []string `yaml:"contract_types,omitempty" json:"contract_types,omitempty" jsonschema:"description=labels of the types of contracts that are sent such as CDI"`
	Categories     []string `yaml:"categories,omitempty" json:"categories,omitempty" jsonschema:"description=names of the occupation categories that are sent"`
	CostCenters    []string `yaml:"cost_centers,omitempty" json:"cost_centers,omitempty" jsonschema:"description=names or codes of cost centres on any of lucca.cost_center_axes"`
	// Include and Exclude name people, whatever the lists say.
	Include      []string `yaml:"include,omitempty" json:"include,omitempty" jsonschema:"description=people who are sent whatever the lists above say: a login or e-mail address or employee number or Lucca id"`
	Exclude      []string `yaml:"exclude,omitempty" json:"exclude,omitempty" jsonschema:"description=people who are never sent: a login or e-mail address or employee number or Lucca id"`
	UpcomingDays int      `yaml:"upcoming_days,omitempty" json:"upcoming_days,omitempty" jsonschema:"minimum=0,description=also send people whose contract starts within so many days"`
	LeaversDays  *int     `yaml:"leavers_days,omitempty" json:"leavers_days,omitempty" jsonschema:"minimum=0,description=keep sending people for so many days after the end of their contract; what the profile says if left out"`
}

func (p Population) leavers() int { return or(p.LeaversDays, 0) }

// group is one list of a population: who is in it is known by some words about them.
type group struct {
	key    string
	wanted []string
	// sources are what of a profile the words are.
	sources []string
	fields  roster.Fields
	words   func(*roster.Roster, *roster.Employee) []string
}

// groups are the lists that there are.
func (p Population) groups() []group {
	all := []group{
		{"establishments", p.Establishments, []string{"establishment.name"}, roster.EstablishmentRef, func(r *roster.Roster, e *roster.Employee) []string {
			return []string{r.Establishment(e).Name}
		}},
		{"legal_units", p.LegalUnits, []string{"legalUnit.name"}, roster.EstablishmentRef, func(r *roster.Roster, e *roster.Employee) []string {
			return []string{r.LegalUnit(e).Name, r.LegalUnit(e).Code}
		}},
		{"departments", p.Departments, []string{"department.path"}, roster.DepartmentRef, func(r *roster.Roster, e *roster.Employee) []string {
			return slices.Concat(r.Department(e), r.DepartmentCodes(e))
		}},
		{"contract_types", p.ContractTypes, []string{"contract.type"}, 0, func(r *roster.Roster, e *roster.Employee) []string {
			label, _ := r.ContractType(e)
			return []string{label}
		}},
		{"categories", p.Categories, []string{"contract.category"}, 0, func(r *roster.Roster, e *roster.Employee) []string {
			return []string{r.Category(e)}
		}},
		{"cost_centers", p.CostCenters, []string{"costCenter.1.code"}, roster.Axes, func(r *roster.Roster, e *roster.Employee) (words []string) {
			for level := 1; level <= r.CostCenterLevels(); level++ {
				section := r.CostCenter(e, level)
				words = append(words, section.Name, section.Code)
			}
			return words
		}},
	}
	return slices.DeleteFunc(all, func(g group) bool { return len(g.wanted) == 0 })
}

// query is what the population is chosen by.
func (p Population) query(b *profile.Binding) (q roster.Query) {
	for _, g := range p.groups() {
		for _, source := range g.sources {
			need, _ := b.Need(source)
			q = q.Union(need)
		}
	}
	return q
}

// Validate reports what is wrong with the population, with the key it is about.
func (p Population) Validate(b *profile.Binding, report func(key, message string)) {
	if p.UpcomingDays < 0 {
		report("upcoming_days", "want 0 or more days")
	}
	if p.leavers() < 0 {
		report("leavers_days", "want 0 or more days")
	}
	for _, g := range p.groups() {
		for _, source := range g.sources {
			if _, missing := b.Need(source); missing != "" {
				report(g.key, "cannot be told: "+missing)
			}
		}
	}
	for i, who := range p.Include {
		if slices.ContainsFunc(p.Exclude, func(other string) bool { return strings.EqualFold(strings.TrimSpace(who), strings.TrimSpace(other)) }) {
			report(fmt.Sprintf("include[%d]", i), "is in exclude too")
		}
	}
}

// fields are the properties that decide whether an employee is in the file.
func (p Population) fields() roster.Fields {
	all := roster.ContractStart | roster.ContractEnd
	for _, g := range p.groups() {
		all |= g.fields
	}
	return all
}

// decider tells whether employees belong in the file at all.
type decider struct {
	population Population
	groups     []group
	fields     roster.Fields
}

func (p Population) decider() decider { return decider{p, p.groups(), p.fields()} }

func (d decider) decide(r *roster.Roster, e *roster.Employee) Decision {
	p := d.population
	if d.outside(r, e) != "" {
		return Elsewhere
	}
	switch e.StatusOn(r.Day()) {
	case roster.Upcoming:
		if e.ContractStart.After(r.Day().AddDays(p.UpcomingDays)) {
			return Upcoming
		}
	case roster.Former:
		if e.ContractEnd.Before(r.Day().AddDays(-p.leavers())) {
			return Left
		}
	}
	return Sent
}

// outside is the list that leaves an employee out; empty for none.
func (d decider) outside(r *roster.Roster, e *roster.Employee) string {
	if named(d.population.Exclude, e) {
		return "exclude"
	}
	out := slices.IndexFunc(d.groups, func(g group) bool { return !g.has(r, e) })
	if out < 0 || named(d.population.Include, e) {
		return ""
	}
	return d.groups[out].key
}

func (g group) has(r *roster.Roster, e *roster.Employee) bool {
	return slices.ContainsFunc(g.words(r, e), func(word string) bool {
		return word != "" && slices.ContainsFunc(g.wanted, func(w string) bool { return strings.EqualFold(strings.TrimSpace(w), strings.TrimSpace(word)) })
	})
}

// named reports whether one of the words means an employee.
func named(words []string, e *roster.Employee) bool {
	return slices.ContainsFunc(words, func(w string) bool {
		w = strings.TrimSpace(w)
		return w != "" && (strings.EqualFold(w, e.Login) || strings.EqualFold(w, e.Mail) || w == e.EmployeeNumber || w == strconv.Itoa(e.ID))
	})
}

// selectsNobody says which words of the population are about nobody.
func (p Population) selectsNobody(r *roster.Roster) (found []finding.Finding) {
	nobody := func(key, code, word string, has func(*roster.Employee) bool) {
		if !slices.ContainsFunc(r.Employees(), has) {
			found = append(found, finding.Finding{
				Severity: finding.Warning, Code: code,
				Message: fmt.Sprintf("population.%s names %q, and nobody %s: check the spelling in Lucca", key, word, map[bool]string{true: "works there", false: "is meant"}[key == "establishments"]),
			})
		}
	}
	for _, g := range p.groups() {
		code := "unknown_" + strings.TrimSuffix(g.key, "s")
		if g.key == "categories" {
			code = "unknown_category"
		}
		for _, word := range g.wanted {
			g.wanted = []string{word}
			nobody(g.key, code, word, func(e *roster.Employee) bool { return g.has(r, e) })
		}
	}
	for _, word := range p.Include {
		nobody("include", "unknown_person", word, func(e *roster.Employee) bool { return named([]string{word}, e) })
	}
	for _, word := range p.Exclude {
		nobody("exclude", "unknown_person", word, func(e *roster.Employee) bool { return named([]string{word}, e) })
	}
	return found
}
