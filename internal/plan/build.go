package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// build finds out what a row sets. A row that is rejected already is still looked through,
// so that its faults are all reported at once.
func (p *planner) build(d *draft) {
	switch {
	case d.undecided:
	case d.employee == nil:
		p.buildNew(d)
	default:
		p.buildKnown(d)
	}
}

// buildNew makes a creation: the cells, then what the defaults have beside them.
func (p *planner) buildNew(d *draft) {
	d.action = Create
	if len(p.incomplete) > 0 {
		p.refuseUnknown(d)
		return
	}
	for i := range p.columns {
		c := &p.columns[i]
		text, byDefault := d.row.Cells[c.cell], false
		if text == "" {
			text, byDefault = p.defaultOf(d, c.name), true
		}
		p.give(d, c, text, byDefault)
	}
	for _, c := range p.unlisted() {
		p.give(d, &c, p.defaultOf(d, c.name), true)
	}
	p.giveRoles(d)
	for _, code := range needed() {
		// What is there but wrong has its finding.
		if p.cell(d, code) == "" && p.defaultOf(d, code) == "" {
			p.refuse(d, "missing_value", code, "is needed to create somebody")
		}
	}
	p.prepareLogin(d)
	p.checkNew(d)
	p.checkNamesakes(d)
}

// refuseUnknown is about a row for nobody in a file that cannot create anybody.
func (p *planner) refuseUnknown(d *draft) {
	column := p.identifier()
	if d.key == "" {
		p.refuse(d, "missing_identifier", column, blankIdentifier)
		return
	}
	p.refuse(d, "unknown_employee", column, "is nobody's in Lucca, and the file lacks the columns to create somebody: "+strings.Join(p.incomplete, ", "))
}

// defaultOf returns the default of a property for somebody new.
func (p *planner) defaultOf(d *draft, code string) string {
	switch code {
	case Establishment:
		return d.establishmentText
	case Department:
		return d.departmentText
	default:
		return p.defaults.value(code, d.establishment, d.department)
	}
}

// unlisted are the properties that have a default and no column.
func (p *planner) unlisted() []column {
	if p.extra != nil {
		return p.extra
	}
	p.extra = []column{}
	for _, code := range slices.Sorted(maps.Keys(p.hasDefault)) {
		_, listed := p.at[code]
		if prop, ok := propertyOf(code); ok && !listed && prop.Kind != roster.RoleIDs {
			p.extra = append(p.extra, column{property: prop, name: code, cell: -1})
		}
	}
	return p.extra
}

// give sets one property of somebody new.
func (p *planner) give(d *draft, c *column, text string, byDefault bool) {
	if text == "" || !byDefault && d.row.void(c.cell) {
		return
	}
	v, bad := p.read(d, c, text)
	switch {
	case bad != nil && p.policy.NewOnly && bad.code == "unknown_contract_type":
		p.warn(d, bad.code, c.name, bad.predicate+"; the contract is made as Lucca makes one by itself, so correct it there")
	case bad != nil && byDefault:
		p.refuse(d, "bad_default", c.name, "has a default that "+bad.predicate)
	case bad != nil:
		p.refuse(d, bad.code, c.name, bad.predicate)
	case v.manager != 0:
		d.manager = v.manager
		d.put(c.Code, Change{Row: p.drafts[v.manager-1].row.Number})
	case c.Kind == roster.ManagerID && v.id == 0:
	default:
		p.warnLeft(d, v)
		d.put(c.Code, v.change())
	}
}

// warnLeft is about a manager whom the row gives, not about one who was there already.
func (p *planner) warnLeft(d *draft, v value) {
	if v.left {
		p.warn(d, "manager_left", Manager, "means somebody who has left")
	}
}

// giveRoles sets the secondary roles of somebody new: those of the file, else all of the
// defaults.
func (p *planner) giveRoles(d *draft) {
	ids, blank := p.secondaryRoles(d, p.roleTexts(d))
	if blank {
		var texts []roleText
		for _, code := range p.defaults.secondary {
			texts = append(texts, roleText{code, p.defaults.value(code, d.establishment, d.department)})
		}
		ids, _ = p.secondaryRoles(d, texts)
	}
	if len(ids) > 0 {
		d.put(SecondaryRoles, Change{To: p.roleLabels(ids), IDs: ids})
	}
}

func (p *planner) roleTexts(d *draft) []roleText {
	texts := make([]roleText, len(p.roles))
	for i := range p.roles {
		texts[i] = roleText{p.roles[i].name, d.row.Cells[p.roles[i].cell]}
	}
	return texts
}

// prepareLogin checks that a login can be made of the names of somebody who has none.
func (p *planner) prepareLogin(d *draft) {
	first, last := p.cell(d, FirstName), p.cell(d, LastName)
	if p.cell(d, Login) != "" || first == "" || last == "" {
		return
	}
	if d.base = person.Login(p.policy.Login, first, last); d.base == "" {
		p.refuse(d, "no_login", Login, "cannot be made of the names, which have no letters from a to z: fill it in")
	}
}

// checkNew looks at the dates of somebody new.
func (p *planner) checkNew(d *draft) {
	start, end := d.dateAfter(ContractStart), d.dateAfter(ContractEnd)
	switch {
	case end.IsZero():
	case end.Before(start):
		p.refuse(d, "end_before_start", ContractEnd, "is before the start of the contract")
	case end.Before(p.day):
		p.warn(d, "created_as_former", ContractEnd, "is in the past: an account is created for somebody who has left")
	}
}

// checkNamesakes points out that somebody in Lucca may be the same person, or has the name.
func (p *planner) checkNamesakes(d *draft) {
	e := d.resembles
	switch {
	case e == nil:
	case d.likeness == person.Possible && p.policy.NewOnly:
		// Each hire was judged, by whoever knows which of its dates the ATS has said.
	case d.likeness == person.Possible:
		p.warn(d, "similar_person", LastName, fmt.Sprintf("is not that of employee %d in Lucca, but %s: see that it is not the same person, whose name changed or is written otherwise, before you approve", e.ID, similar))
	case e.StatusOn(p.day) == roster.Former:
		p.warn(d, "same_name", LastName, fmt.Sprintf("is, with the first name, that of employee %d, who has left: for a rehire reject the run and write the login that Lucca has; approve it for somebody else", e.ID))
	default:
		p.warn(d, "same_name", LastName, fmt.Sprintf("is, with the first name, that of employee %d in Lucca too: see that it is not the same person", e.ID))
	}
}

const similar = "part of the name, the date of birth or the first day is the same"

// buildKnown compares a row with its employee.
func (p *planner) buildKnown(d *draft) {
	for i := range p.columns {
		c := &p.columns[i]
		// Another spelling of the name that identifies somebody is no other name.
		if spelled := p.policy.Identifier == ByName && (c.name == FirstName || c.name == LastName); !spelled && !ofEmployment(&c.property) {
			p.compare(d, c)
		}
	}
	p.compareRoles(d)
	p.checkNumber(d)
	p.checkOwners(d)
	p.checkIdentity(d)
	p.employ(d)
}

// compare sets one property of an employee when the row has another value.
func (p *planner) compare(d *draft, c *column) {
	e, text := d.employee, d.row.Cells[c.cell]
	if text == "" && p.policy.Blank == KeepBlank || d.row.void(c.cell) {
		return
	}
	if e.Hidden&c.Field != 0 {
		p.refuseHidden(d, c.name)
		return
	}
	if text == "" {
		p.clear(d, c)
		return
	}
	var f roster.Field
	defined := false
	if c.Kind == roster.Custom {
		f, defined = p.people.Field(c.Code)
	}
	if !defined && c.same(e, text) {
		return
	}
	v, bad := p.read(d, c, text)
	if bad != nil {
		p.refuse(d, bad.code, c.name, bad.predicate)
		return
	}
	if c.holds(e, v) || defined && hasField(&f, c.Text(e), v.text) {
		return
	}
	if c.Kind == roster.CycleID {
		p.warn(d, "dated_value", c.name, "is another work cycle than in Lucca, and a new one begins on a day that no file says: it stays as it is, so change it in Lucca")
		return
	}
	change := v.change()
	change.From = p.current(c, e)
	switch c.Kind {
	case roster.ManagerID:
		p.warnLeft(d, v)
		if d.manager = v.manager; v.manager != 0 {
			change.Row = p.drafts[v.manager-1].row.Number
		}
	case roster.Custom:
		change.ExtensionID = e.ExtensionIDs[c.Code]
		if defined {
			change.Wire = fieldChange(&f, e.ExtensionParts[c.Code], v)
		} else if day := extensionDay(change.From, text); day != "" {
			change.To = day
		}
	}
	d.put(c.Code, change)
}

// refuseHidden rejects a row rather than overwrite what cannot be seen.
func (p *planner) refuseHidden(d *draft, code string) {
	p.refuse(d, "hidden_field", code, "is hidden from the role of the API key, so that it cannot be compared: give that right in Lucca, or leave the column out")
}

// clear blanks one property of an employee.
func (p *planner) clear(d *draft, c *column) {
	e := d.employee
	switch {
	case c.blank(e):
	case p.hasDefault[c.name]: // a blank asked for the default on the first day, and still does
	case c.Fixed || c.Kind == roster.CycleID || slices.Contains(p.policy.Identifier.Columns(), c.name):
		p.warn(d, "cannot_clear", c.name, "is blank, but nobody can be without: it stays as it is")
	default:
		change := Change{From: p.current(c, e)}
		if c.Kind == roster.Custom {
			change.ExtensionID = e.ExtensionIDs[c.Code]
			if f, defined := p.people.Field(c.Code); defined && f.Multiple {
				change.Wire = fieldChange(&f, e.ExtensionParts[c.Code], value{})
			}
		}
		d.put(c.Code, change)
	}
}

// compareRoles sets the secondary roles of an employee when the row has another set.
func (p *planner) compareRoles(d *draft) {
	if len(p.roles) == 0 {
		return
	}
	e := d.employee
	texts := p.roleTexts(d)
	ids, blank := p.secondaryRoles(d, texts)
	if blank && (p.policy.Blank == KeepBlank || len(p.defaults.secondary) > 0) || d.rejected && !blank && len(ids) == 0 {
		return
	}
	if e.Hidden&p.roles[0].Field != 0 {
		p.refuseHidden(d, p.roles[0].name)
		return
	}
	if !slices.Equal(ids, e.SecondaryRoleIDs) {
		d.put(SecondaryRoles, Change{From: p.roleLabels(e.SecondaryRoleIDs), To: p.roleLabels(ids), IDs: ids})
	}
}

// checkNumber refuses a number that lost its zeros, and one that somebody else has in the
// same establishment.
func (p *planner) checkNumber(d *draft) {
	e := d.employee
	number, changed := d.set[EmployeeNumber]
	moved, moves := d.set[Establishment]
	if !changed && !moves {
		return
	}
	text, establishment := e.EmployeeNumber, e.EstablishmentID
	if changed {
		text = number.To
	}
	if moves {
		establishment = moved.IDs[0]
	}
	if changed && len(text) < len(e.EmployeeNumber) && bareNumber(text) == bareNumber(e.EmployeeNumber) {
		p.refuse(d, "leading_zeros", EmployeeNumber, "has fewer leading zeros than in Lucca: a spreadsheet drops them, so make the column a text")
		return
	}
	if text == "" {
		return
	}
	exact, _ := p.directory.numbered(text, establishment)
	for _, owner := range exact {
		if owner != e {
			p.refuse(d, "number_in_use", EmployeeNumber, fmt.Sprintf("belongs to employee %d of the same establishment in Lucca", owner.ID))
			return
		}
	}
}

// checkOwners looks for others who have the new login or the new e-mail.
func (p *planner) checkOwners(d *draft) {
	if login, ok := d.set[Login]; ok {
		for _, owner := range p.directory.byLogin[loginKey(login.To)] {
			if owner != d.employee {
				p.refuse(d, "login_in_use", Login, fmt.Sprintf("belongs to employee %d in Lucca", owner.ID))
				break
			}
		}
	}
	if mail, ok := d.set[Mail]; ok && p.ownMail(mail.To) != "" {
		for _, owner := range p.directory.byMail[mailKey(mail.To)] {
			if owner != d.employee {
				p.warn(d, "mail_in_use", Mail, fmt.Sprintf("is that of employee %d in Lucca too", owner.ID))
				break
			}
		}
	}
}
