package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"lucca-exchange/internal/roster"
)

// value is what a text means for one property.
type value struct {
	text string
	date roster.Date
	// id is a reference or an LCID; 0 for no manager.
	id int
	// manager is 1 and the index of the draft that creates the manager.
	manager int
	// left tells that the manager is a former employee.
	left bool
}

// problem is why a text means nothing, as in planner.refuse.
type problem struct{ code, predicate string }

// read finds out what a text, which is not blank, means.
func (p *planner) read(d *draft, c *column, text string) (value, *problem) {
	if bad := damaged(c.name, text); bad != nil {
		return value{}, bad
	}
	if bad := p.lost(d, c, text); bad != nil {
		return value{}, bad
	}
	switch c.kind {
	case dateKind:
		return p.readDate(d, c, text)
	case mailKind:
		if !isMail(text) {
			return value{}, &problem{"bad_mail", "is not an e-mail address such as name@company.example"}
		}
	case genderKind:
		return oneOf(genders(), text, "bad_gender")
	case cultureKind:
		return readLanguage(text)
	case managerKind:
		return p.readManager(d, text)
	case establishmentKind, departmentKind, roleKind, categoryKind:
		a := p.catalogs.of(c.kind).find(text)
		if a.match != matched {
			return value{}, referenceProblem(c.kind, a)
		}
		return value{text: a.label, id: a.id}, nil
	}
	return value{text: compose(text)}, nil
}

func (p *planner) readDate(d *draft, c *column, text string) (value, *problem) {
	day, err := parseDay(text)
	switch {
	case err != nil && c.field == roster.ContractEnd && (errors.Is(err, errDateOutliers) || errors.Is(err, errDateNoDay)):
		return value{}, &problem{"bad_date", err.Error() + "; if it stands for no end, name it under open_end:"}
	case err != nil:
		return value{}, &problem{"bad_date", err.Error()}
	case c.field == roster.BirthDate && day.After(p.day):
		return value{}, &problem{"birth_in_future", "is a date of birth that has not come yet"}
	}
	if bad := p.implausible(d, c, day); bad != nil {
		return value{}, bad
	}
	return value{date: day}, nil
}

func oneOf(allowed []string, text, code string) (value, *problem) {
	for _, a := range allowed {
		if strings.EqualFold(a, text) {
			return value{text: a}, nil
		}
	}
	return value{}, &problem{code, "is none of " + strings.Join(allowed, ", ")}
}

func readLanguage(text string) (value, *problem) {
	var tags []string
	for _, l := range languages() {
		if strings.EqualFold(l.tag, text) {
			return value{text: l.tag, id: l.lcid}, nil
		}
		tags = append(tags, l.tag)
	}
	return value{}, &problem{"bad_culture", "is none of " + strings.Join(tags, ", ")}
}

// referenceProblem says why a text refers to nothing. A name of Lucca's own lists is no
// secret and may be suggested.
func referenceProblem(k kind, a answer) *problem {
	what, how := "establishment", "write its code"
	switch k {
	case departmentKind:
		what, how = "department", "write its code, or its path such as Direction / Service"
	case roleKind, rolesKind:
		what, how = "role", "give them different names in Lucca"
	case categoryKind:
		what, how = "category", "give them different names in Lucca"
	}
	if a.match == ambiguous {
		return &problem{"ambiguous_" + what, fmt.Sprintf("is the name of more than one %s in Lucca: %s", what, how)}
	}
	predicate := "is no " + what + " in Lucca"
	if a.suggestion != "" {
		predicate += fmt.Sprintf("; did you mean %q?", a.suggestion)
	}
	return &problem{"unknown_" + what, predicate}
}

// change is the value as a change of nothing.
func (v value) change() Change {
	c := Change{To: v.text}
	if !v.date.IsZero() {
		c.To = v.date.String()
	}
	if v.id != 0 {
		c.IDs = []int{v.id}
	}
	return c
}

// same reports whether an employee has the text already, without finding out what it
// means.
func (c *property) same(e *roster.Employee, text string) bool {
	switch c.kind {
	case textKind:
		return sameText(c.text(e), text)
	case nameKind:
		return sameName(c.text(e), text)
	case loginKind, mailKind, genderKind, cultureKind:
		return strings.EqualFold(c.text(e), text)
	case extensionKind:
		current := c.text(e)
		return sameText(current, text) || current != "" && extensionDay(current, text) == current
	default:
		return false
	}
}

// holds reports whether an employee has the value already.
func (c *column) holds(e *roster.Employee, v value) bool {
	switch c.kind {
	case dateKind:
		return c.date(e) == v.date
	case managerKind:
		return v.manager == 0 && managerOf(e) == v.id
	case establishmentKind, departmentKind, roleKind, categoryKind:
		return c.ref(e) == v.id
	default:
		return false
	}
}

// blank reports whether an employee has no value.
func (c *column) blank(e *roster.Employee) bool {
	switch {
	case c.kind == managerKind:
		return managerOf(e) == 0
	case c.ref != nil:
		return c.ref(e) == 0
	case c.date != nil:
		return c.date(e).IsZero()
	default:
		return c.text(e) == ""
	}
}

// current is the value of an employee as a person reads it.
func (p *planner) current(c *column, e *roster.Employee) string {
	switch {
	case c.kind == managerKind:
		return p.managerLabel(managerOf(e))
	case c.ref != nil:
		return p.catalogs.of(c.kind).label(c.ref(e))
	case c.date != nil:
		return c.date(e).String()
	default:
		return c.text(e)
	}
}

// managerOf is the id of the manager, 0 for none: oneself is none.
func managerOf(e *roster.Employee) int {
	if e.ManagerID == e.ID {
		return 0
	}
	return e.ManagerID
}

func (p *planner) managerLabel(id int) string {
	m := p.people.ByID(id)
	switch {
	case id == 0:
		return ""
	case m == nil || m.Login == "":
		return idLabel(id)
	default:
		return m.Login
	}
}

// secondaryRoles reads the columns of secondary roles, or the defaults, as one set. Blank
// is set when there is nothing in any of them.
func (p *planner) secondaryRoles(d *draft, texts []roleText) (ids []int, blank bool) {
	blank = true
	for _, t := range texts {
		if t.text == "" {
			continue
		}
		blank = false
		if bad := damaged(t.code, t.text); bad != nil {
			p.refuse(d, bad.code, t.code, bad.predicate)
			continue
		}
		a := p.catalogs.roles.find(t.text)
		if a.match != matched {
			bad := referenceProblem(rolesKind, a)
			p.refuse(d, bad.code, t.code, bad.predicate)
			continue
		}
		ids = append(ids, a.id)
	}
	slices.Sort(ids)
	return slices.Compact(ids), blank
}

// roleText is a secondary role as the file or a default has it.
type roleText struct{ code, text string }

func (p *planner) roleLabels(ids []int) string {
	labels := make([]string, len(ids))
	for i, id := range ids {
		labels[i] = p.catalogs.roles.label(id)
	}
	return strings.Join(labels, ", ")
}
