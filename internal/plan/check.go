package plan

import (
	"fmt"
	"maps"
	"slices"

	"lucca-exchange/internal/roster"
)

// Check reports every default that Lucca has nothing for, and every rule for nobody, with
// its key, such as by[0].set.department. The roster is read with the lists of Query; its
// employees are needed only when NeedsPeople.
func (d Defaults) Check(people *roster.Roster, report func(key, message string)) {
	p := newPlanner(&Table{}, people, Policy{})
	p.checkValues("", d.Values, report)
	for i, rule := range d.By {
		at := fmt.Sprintf("by[%d].", i)
		p.checkValue(at+"when.", Establishment, rule.When.Establishment, report)
		p.checkValue(at+"when.", Department, rule.When.Department, report)
		p.checkValues(at+"set.", rule.Set, report)
	}
}

// NeedsPeople reports whether a default names an employee.
func (d Defaults) NeedsPeople() bool { return d.codes()[Manager] }

func (p *planner) checkValues(at string, values map[string]string, report func(key, message string)) {
	for _, code := range slices.Sorted(maps.Keys(values)) {
		p.checkValue(at, code, values[code], report)
	}
}

// checkValue is about one value of the configuration, which is no secret.
func (p *planner) checkValue(at, code, text string, report func(key, message string)) {
	prop, ok := propertyOf(code)
	if !ok || text == "" {
		return
	}
	if prop.Kind == roster.RoleIDs {
		prop.Kind = roster.RoleID
	}
	v, bad := p.read(&draft{}, &column{property: prop, name: code}, text)
	switch {
	case bad != nil && bad.code == "unknown_manager":
		report(at+code, fmt.Sprintf("%q is nobody in Lucca", text))
	case bad != nil:
		report(at+code, fmt.Sprintf("%q %s", text, bad.predicate))
	case v.left:
		report(at+code, fmt.Sprintf("%q means somebody who has left", text))
	}
}
