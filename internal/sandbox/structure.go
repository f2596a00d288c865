package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// listV3 answers a v3 list: filtered, ordered, cut to the page, reduced to the fields.
func listV3[T any](c *call, r *resource[T], items []T) answer {
	matches, err := r.conditions(c.view, c.query)
	if err != nil {
		return c.refused(err)
	}
	kept := items[:0]
	for _, x := range items {
		if matches(x) {
			kept = append(kept, x)
		}
	}
	sel, counted, err := listFields(c.query.Get("fields"))
	if err == nil {
		err = r.check(sel)
	}
	if err != nil {
		return c.refused(err)
	}
	if err := r.sort(c.view, kept, c.query.Get("orderby")); err != nil {
		return c.refused(err)
	}
	w, err := parsePaging(c.query.Get("paging"))
	if err != nil {
		return c.refused(err)
	}
	b := []byte{'{'}
	if !counted || len(sel) > 0 {
		b = append(b, `"items":`...)
		b = appendList(b, c.view, r, page(c.fault, kept, w), sel)
	}
	if counted {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `"count":`...), int64(len(kept)), 10)
	}
	return c.data(append(b, '}'))
}

// listFields reads the fields of a list, among which collection.count is about the list.
func listFields(s string) (sel selection, counted bool, err error) {
	if s == "" {
		return basic(), false, nil
	}
	if sel, err = parseFields(s); err != nil {
		return nil, false, err
	}
	of, asked := sel.cut("collection")
	if !asked {
		return sel, false, nil
	}
	if len(of) != 1 || of[0].name != "count" {
		return nil, false, refuse("Unknown property of collection")
	}
	return sel, true, nil
}

func departmentResource(users *resource[*User]) *resource[*Department] {
	// members gives the people of a department. Lucca's list of users holds the former
	// ones too; the rights of the key stand above that.
	members := func(current bool) func(*view, *Department) []*User {
		return func(v *view, d *Department) []*User {
			var list []*User
			for i := range v.Users {
				u := &v.Users[i]
				if u.DepartmentID == d.ID && v.sees(u) && (!current || u.Present(v.Today)) {
					list = append(list, u)
				}
			}
			return list
		}
	}
	return newResource("Department",
		number("id", func(_ *view, d *Department) int { return d.ID }),
		text("name", func(_ *view, d *Department) string { return d.Name }),
		text("code", func(_ *view, d *Department) string { return d.Code }),
		text("hierarchy", func(_ *view, d *Department) string { return rankPath(d.Ranks) }),
		text("parentId", func(_ *view, d *Department) string { return rankPath(d.Ranks[:max(0, len(d.Ranks)-1)]) }),
		raw("position", func(b []byte, _ *view, d *Department) []byte { return append(b, position(d.Ranks)...) }),
		number("sortOrder", func(_ *view, d *Department) int { return d.Ranks[len(d.Ranks)-1] }),
		number("level", func(_ *view, d *Department) int { return len(d.Ranks) }),
		truth("isActive", func(*view, *Department) bool { return true }),
		number("headID", func(_ *view, d *Department) int { return d.HeadID }),
		nest("head", users, func(v *view, d *Department) (*User, bool) {
			u := v.people.find(v.Company, d.HeadID)
			return u, u != nil
		}),
		asked(nestList("users", users, members(false))),
		asked(nestList("currentUsers", users, members(true))),
		text("url", func(v *view, d *Department) string { return v.link("departments", d.ID) }),
	)
}

// rankPath is Lucca's path of a department in the tree: /1.0/2.0/.
func rankPath(ranks []int) string {
	var b strings.Builder
	b.WriteByte('/')
	for _, r := range ranks {
		b.WriteString(strconv.Itoa(r))
		b.WriteString(".0/")
	}
	return b.String()
}

// position is a number of 20 digits, two for each level, so that it sorts as the tree
// does. The first department has 10000000000000000000, which fits no signed 64 bits.
func position(ranks []int) string {
	const levels = 10
	digits := make([]byte, 0, 2*levels)
	for i := range levels {
		rank := 0
		if i < len(ranks) {
			rank = ranks[i]
		}
		if i == 0 {
			rank = min(rank+9, 99)
		}
		digits = append(digits, byte('0'+rank/10%10), byte('0'+rank%10))
	}
	return string(digits)
}

func axisResources() (*resource[Named], *resource[Section]) {
	axes := newResource("Axis",
		number("id", func(_ *view, a Named) int { return a.ID }),
		text("name", func(_ *view, a Named) string { return a.Name }),
		text("url", func(v *view, a Named) string { return v.link("axes", a.ID) }),
		text("multilingualName", func(_ *view, a Named) string { return a.Name }),
		raw("position", func(b []byte, _ *view, _ Named) []byte { return append(b, '0') }),
		raw("parentAxisId", func(b []byte, _ *view, _ Named) []byte { return append(b, "null"...) }),
		truth("isActive", func(*view, Named) bool { return true }),
		truth("isReadOnly", func(*view, Named) bool { return false }),
		truth("isNNRelation", func(*view, Named) bool { return false }),
		raw("level", func(b []byte, _ *view, _ Named) []byte { return append(b, '0') }),
	)
	sections := newResource("AxisSection",
		number("id", func(_ *view, s Section) int { return s.ID }),
		text("name", func(_ *view, s Section) string { return s.Name }),
		text("url", func(v *view, s Section) string { return v.link("axisSections", s.ID) }),
		text("code", func(_ *view, s Section) string { return s.Code }),
		text("multilingualName", func(_ *view, s Section) string { return s.Name }),
		raw("ownerId", func(b []byte, _ *view, _ Section) []byte { return append(b, "null"...) }),
		raw("startOn", func(b []byte, _ *view, _ Section) []byte { return append(b, `"2000-01-01T00:00:00"`...) }),
		raw("endOn", func(b []byte, _ *view, _ Section) []byte { return append(b, "null"...) }),
		truth("active", func(_ *view, s Section) bool { return !s.Closed }),
		number("axisId", func(_ *view, s Section) int { return s.AxisID }),
		nest("axis", axes, func(v *view, s Section) (Named, bool) { return named(v.Axes, s.AxisID) }),
		raw("childrenAxisSections", func(b []byte, _ *view, _ Section) []byte { return append(b, "[]"...) }),
	)
	// The parents are sections too.
	sections.add(nestList("parentAxisSections", sections, func(v *view, s Section) (list []Section) {
		for _, parent := range v.Sections {
			if slices.Contains(s.Parents, parent.ID) {
				list = append(list, parent)
			}
		}
		return list
	}))
	return axes, sections
}

func listDepartments(c *call) answer {
	items := make([]*Department, len(c.Departments))
	for i := range items {
		items[i] = &c.Departments[i]
	}
	return listV3(c, c.tenant.v3.departments, items)
}

func listRoles(c *call) answer {
	if c.tenant.opts.NoRoles {
		return c.fail(http.StatusForbidden, "Forbidden")
	}
	return listV3(c, c.tenant.v3.roles, append([]Named(nil), c.Roles...))
}

func listAxes(c *call) answer {
	return listV3(c, c.tenant.v3.axes, append([]Named(nil), c.Axes...))
}

func listSections(c *call) answer {
	list := slices.Clone(c.Sections)
	if !c.query.Has("active") {
		list = slices.DeleteFunc(list, func(s Section) bool { return s.Closed })
	}
	return listV3(c, c.tenant.v3.sections, list)
}
