package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lucca-exchange/internal/roster"
)

// Defaults are values for what a file leaves blank, by code; they count only when somebody
// is created. Of several that fit, the most specific one wins: for an establishment and a
// department, then for a department, then for an establishment, then for everyone.
type Defaults struct {
	By     []DefaultRule     `yaml:"by,omitempty" json:"by,omitempty"`
	Values map[string]string `yaml:",inline" json:"-"`
}

// DefaultRule holds the values for an establishment, for a department, or for a department
// within an establishment.
type DefaultRule struct {
	When DefaultScope      `yaml:"when" json:"when" jsonschema:"required,description=whom the values are for"`
	Set  map[string]string `yaml:"set" json:"set" jsonschema:"required,description=the values by code"`
}

// DefaultScope is whom a DefaultRule is for. Both are written as in a file.
type DefaultScope struct {
	Establishment string `yaml:"legalEntity,omitempty" json:"legalEntity,omitempty" jsonschema:"description=establishment by name or code"`
	Department    string `yaml:"department,omitempty" json:"department,omitempty" jsonschema:"description=department by name or code or path"`
}

// codes returns every code that is set or asked about.
func (d Defaults) codes() map[string]bool {
	codes := make(map[string]bool)
	for code := range d.Values {
		codes[code] = true
	}
	for _, rule := range d.By {
		for code := range rule.Set {
			codes[code] = true
		}
		if rule.When.Establishment != "" {
			codes[Establishment] = true
		}
		if rule.When.Department != "" {
			codes[Department] = true
		}
	}
	return codes
}

func (d Defaults) validate(report func(key, message string)) {
	validateValues("", d.Values, report)
	seen := make(map[DefaultScope]bool)
	for i, rule := range d.By {
		at := fmt.Sprintf("by[%d].", i)
		when := DefaultScope{Establishment: strings.ToLower(rule.When.Establishment), Department: strings.ToLower(rule.When.Department)}
		switch {
		case when == DefaultScope{}:
			report(at+"when", "want legalEntity, department or both; what is for everyone goes beside by")
		case seen[when]:
			report(at+"when", "occurs twice; join the two")
		}
		seen[when] = true
		if len(rule.Set) == 0 {
			report(at+"set", "is missing; want values by code")
		}
		validateValues(at+"set.", rule.Set, report)
		for _, code := range []string{Establishment, Department} {
			if when.of(code) != "" && rule.Set[code] != "" {
				report(at+"set."+code, "is what the rule is for and cannot be its value")
			}
		}
	}
}

func (s DefaultScope) of(code string) string {
	if code == Establishment {
		return s.Establishment
	}
	return s.Department
}

func validateValues(at string, values map[string]string, report func(key, message string)) {
	for _, code := range slices.Sorted(maps.Keys(values)) {
		prop, ok := propertyOf(code)
		switch {
		case !ok || code == SecondaryRoles:
			report(at+code, "is not a code of a column; see the profile lucca-users")
		case prop.Personal:
			report(at+code, "is each person's own and has no default")
		case strings.TrimSpace(values[code]) == "":
			report(at+code, "is blank; leave it out")
		}
	}
}

// scopedDefaults are the defaults with whom they are for as Lucca ids.
type scopedDefaults struct {
	rules []scopedRule
	// has are the codes that have a default for anybody.
	has map[string]bool
	// secondary are the codes habilitedRoles_0 and up, in order.
	secondary []string
	// unlisted are the properties that have a default and no column in the file.
	unlisted []column
	// unknown are the places of the rules that are for nobody in Lucca, and are left out.
	unknown []int
}

// scopedRule is for everyone when both ids are 0.
type scopedRule struct {
	establishment, department int
	values                    map[string]string
}

// scope finds out whom the defaults are for. In a file that creates nobody they are for nobody.
func scope(d Defaults, s *sheet, in catalogs) scopedDefaults {
	out := scopedDefaults{has: d.codes(), rules: []scopedRule{{values: d.Values}}}
	for _, code := range slices.Sorted(maps.Keys(out.has)) {
		prop, _ := propertyOf(code)
		switch {
		case prop.Kind == roster.RoleIDs:
			out.secondary = append(out.secondary, code)
		case !s.has(code):
			out.unlisted = append(out.unlisted, column{property: prop, name: code, cell: -1})
		}
	}
	if len(s.incomplete) > 0 {
		return out
	}
	for i, rule := range d.By {
		establishment, known := scopeID(in.establishments, rule.When.Establishment)
		department, also := scopeID(in.departments, rule.When.Department)
		if !known || !also {
			out.unknown = append(out.unknown, i)
			continue
		}
		out.rules = append(out.rules, scopedRule{establishment, department, rule.Set})
	}
	return out
}

// scopeID is 0 for everybody.
func scopeID(in *catalog, text string) (id int, known bool) {
	if text == "" {
		return 0, true
	}
	found := in.find(text)
	return found.id, found.match == matched
}

// value returns the most specific default for somebody in this establishment and this
// department, of which 0 is not known.
func (s *scopedDefaults) value(code string, establishment, department int) string {
	best, rank := "", -1
	for _, r := range s.rules {
		if r.establishment != 0 && r.establishment != establishment || r.department != 0 && r.department != department {
			continue
		}
		mine := 0
		if r.establishment != 0 {
			mine++
		}
		if r.department != 0 {
			mine += 2
		}
		if text := r.values[code]; text != "" && mine > rank {
			best, rank = text, mine
		}
	}
	return best
}
