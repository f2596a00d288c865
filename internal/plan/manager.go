package plan

import (
	"strings"

	"lucca-exchange/internal/roster"
)

// person is somebody in Lucca or somebody whom a row creates.
type person struct {
	employee *roster.Employee
	// row is 1 and the index of the draft.
	row int
}

// newcomers finds the rows that create somebody, by what a manager cell can call them. Of
// those who are called alike two are enough to know that a text is ambiguous; a file may have
// one name all over.
type newcomers struct {
	byLogin, byMail, byNumber, byName map[string]pair
	// near are those with a number in an establishment.
	near map[placed]pair
}

// placed is a number in an establishment.
type placed struct {
	establishment int
	number        string
}

// newcomersOf indexes the rows about nobody in Lucca, rejected ones too: whoever has such a
// manager must not be left without.
func (p *planner) newcomersOf() *newcomers {
	if p.newcomers != nil {
		return p.newcomers
	}
	n := &newcomers{byLogin: map[string]pair{}, byMail: map[string]pair{}, byNumber: map[string]pair{}, byName: map[string]pair{}, near: map[placed]pair{}}
	p.newcomers = n
	add := func(index map[string]pair, key string, i int) {
		if key != "" {
			two := index[key]
			two.add(i)
			index[key] = two
		}
	}
	for i := range p.drafts {
		d := &p.drafts[i]
		if d.employee != nil {
			continue
		}
		add(n.byLogin, loginKey(p.cell(d, Login)), i)
		add(n.byMail, mailKey(p.cell(d, Mail)), i)
		if number := numberKey(p.cell(d, EmployeeNumber)); number != "" {
			add(n.byNumber, number, i)
			two := n.near[placed{d.establishment, number}]
			two.add(i)
			n.near[placed{d.establishment, number}] = two
		}
		for _, name := range fullNames(p.cell(d, FirstName), p.cell(d, LastName)) {
			add(n.byName, name, i)
		}
	}
	return n
}

// readManager finds a manager by login, e-mail, employee number or name, in this order:
// a text that is one person's login and another one's number means the login.
func (p *planner) readManager(d *draft, text string) (value, *problem) {
	found := p.findPeople(d, text)
	switch len(found) {
	case 0:
		return value{}, &problem{"unknown_manager", "is neither in Lucca nor created by this file"}
	case 1:
		return p.managerValue(d, found[0]), nil
	default:
		return value{}, &problem{"ambiguous_manager", "means more than one person: write the login"}
	}
}

func (p *planner) managerValue(d *draft, m person) value {
	switch {
	case m.row != 0 && m.row == d.index+1, m.employee != nil && m.employee == d.employee:
		return value{} // oneself is none
	case m.row != 0:
		return value{manager: m.row}
	}
	return value{id: m.employee.ID, text: p.managerLabel(m.employee.ID), left: m.employee.StatusOn(p.day) == roster.Former}
}

func (p *planner) findPeople(d *draft, text string) []person {
	n := p.newcomersOf()
	key := loginKey(text)
	if found := present(p.day, people(p.directory.byLogin[key], n.byLogin[key])); len(found) > 0 {
		return found
	}
	if strings.Contains(text, "@") {
		if found := present(p.day, people(p.directory.byMail[mailKey(text)], n.byMail[mailKey(text)])); len(found) > 0 {
			return found
		}
	}
	if found := p.numberedPeople(d, text); len(found) > 0 {
		return found
	}
	if name := fullName(text); name != "" {
		return present(p.day, people(p.directory.named(name), n.byName[name]))
	}
	return nil
}

// numberedPeople prefers the establishment of the row, since a number counts only there.
func (p *planner) numberedPeople(d *draft, number string) []person {
	var all, near []person
	establishment := d.establishment
	if d.employee != nil && p.cell(d, Establishment) == "" {
		establishment = d.employee.EstablishmentID
	}
	for _, e := range p.directory.byNumber[bareNumber(number)] {
		if numberKey(e.EmployeeNumber) != numberKey(number) {
			continue
		}
		all = append(all, person{employee: e})
		if e.EstablishmentID == establishment {
			near = append(near, person{employee: e})
		}
	}
	n := p.newcomersOf()
	all = people(nil, n.byNumber[numberKey(number)], all...)
	near = people(nil, n.near[placed{establishment, numberKey(number)}], near...)
	if len(near) > 0 {
		all = near
	}
	return present(p.day, all)
}

// people are those found before, employees and rows.
func people(employees []*roster.Employee, rows pair, all ...person) []person {
	for _, e := range employees {
		all = append(all, person{employee: e})
	}
	for _, row := range rows {
		if row != 0 {
			all = append(all, person{row: int(row)})
		}
	}
	return all
}

// present leaves out former employees where there is somebody else.
func present(day roster.Date, all []person) []person {
	if len(all) < 2 {
		return all
	}
	var here []person
	for _, m := range all {
		if m.row != 0 || m.employee.StatusOn(day) != roster.Former {
			here = append(here, m)
		}
	}
	if len(here) == 0 {
		return all
	}
	return here
}
