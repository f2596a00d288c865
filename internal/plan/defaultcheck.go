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
	in := newInput(&Table{}, people, Policy{Defaults: d})
	c := defaultsCheck{cellReader{in, newCrowd(in, nil, newMentions())}, report}
	c.values("", d.Values)
	for i, rule := range d.By {
		at := fmt.Sprintf("by[%d].", i)
		c.value(at+"when.", Establishment, rule.When.Establishment)
		c.value(at+"when.", Department, rule.When.Department)
		c.values(at+"set.", rule.Set)
	}
}

// NeedsPeople reports whether a default names an employee.
func (d Defaults) NeedsPeople() bool { return d.codes()[Manager] }

// defaultsCheck looks the values of the configuration up in Lucca.
type defaultsCheck struct {
	cellReader
	report func(key, message string)
}

func (c defaultsCheck) values(at string, values map[string]string) {
	for _, code := range slices.Sorted(maps.Keys(values)) {
		c.value(at, code, values[code])
	}
}

// value is about one value of the configuration, which is no secret.
func (c defaultsCheck) value(at, code, text string) {
	if text == "" {
		return
	}
	prop, _ := propertyOf(code)
	if prop.Kind == roster.RoleIDs {
		prop.Kind = roster.RoleID
	}
	v, bad := c.read(&draft{site: &site{}}, &column{property: prop, name: code}, text)
	switch {
	case bad != nil && bad.code == "unknown_manager":
		c.report(at+code, fmt.Sprintf("%q is nobody in Lucca", text))
	case bad != nil:
		c.report(at+code, fmt.Sprintf("%q %s", text, bad.predicate))
	case v.left:
		c.report(at+code, fmt.Sprintf("%q means somebody who has left", text))
	}
}
