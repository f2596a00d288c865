package plan

import (
	"slices"
	"strings"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// candidate is somebody in Lucca or somebody whom a row creates.
type candidate struct {
	employee *roster.Employee
	// row is 1 and the index of the draft.
	row int
}

// newcomers finds the rows that create somebody, by what a manager cell can call them.
type newcomers struct {
	byLogin, byMail, byNumber, byName few[string]
	// near are those with a number in an establishment.
	near few[placed]
}

// few are places of drafts by a key. Of those who are called alike two are enough to know that
// a text is ambiguous; a file may have one name all over.
type few[K comparable] map[K][]int

func (f few[K]) add(key K, i int) {
	if list := f[key]; len(list) < 2 {
		f[key] = append(list, i)
	}
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
	n := &newcomers{byLogin: few[string]{}, byMail: few[string]{}, byNumber: few[string]{}, byName: few[string]{}, near: few[placed]{}}
	p.newcomers = n
	add := func(index few[string], key string, i int) {
		if key != "" {
			index.add(key, i)
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
			n.byNumber.add(number, i)
			n.near.add(placed{d.establishment, number}, i)
		}
		for _, name := range person.WholeKeys(p.cell(d, FirstName), p.cell(d, LastName)) {
			n.byName.add(name, i)
		}
	}
	return n
}

// called returns the drafts with the name that is written in one text.
func (n *newcomers) called(text string) []int {
	for _, key := range person.TextKeys(text) {
		if found := n.byName[key]; len(found) > 0 {
			return found
		}
	}
	return nil
}

// readManager finds a manager by login, e-mail, employee number or name, in this order. A text
// that is one person's login and another one's number means neither.
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

func (p *planner) managerValue(d *draft, m candidate) value {
	switch {
	case m.row != 0 && m.row == d.index+1, m.employee != nil && m.employee == d.employee:
		return value{} // oneself is none
	case m.row != 0:
		return value{manager: m.row}
	}
	return value{id: m.employee.ID, text: p.managerLabel(m.employee.ID), left: m.employee.StatusOn(p.day) == roster.Former}
}

// findPeople takes a login that is somebody else's number for neither.
func (p *planner) findPeople(d *draft, text string) []candidate {
	n := p.newcomersOf()
	key := loginKey(text)
	if found := present(p.day, people(p.directory.byLogin[key], n.byLogin[key])); len(found) > 0 {
		for _, other := range p.numberedPeople(d, text) {
			if !slices.Contains(found, other) {
				found = append(found, other)
			}
		}
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
	return present(p.day, people(p.directory.called(text), n.called(text)))
}

// numberedPeople prefers the establishment of the row, since a number counts only there.
func (p *planner) numberedPeople(d *draft, number string) []candidate {
	var all, near []candidate
	establishment := d.establishment
	if d.employee != nil && p.cell(d, Establishment) == "" {
		establishment = d.employee.EstablishmentID
	}
	for _, e := range p.directory.byNumber[bareNumber(number)] {
		if numberKey(e.EmployeeNumber) != numberKey(number) {
			continue
		}
		all = append(all, candidate{employee: e})
		if e.EstablishmentID == establishment {
			near = append(near, candidate{employee: e})
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

// people are those found before, employees and drafts.
func people(employees []*roster.Employee, drafts []int, all ...candidate) []candidate {
	for _, e := range employees {
		all = append(all, candidate{employee: e})
	}
	for _, i := range drafts {
		all = append(all, candidate{row: i + 1})
	}
	return all
}

// present leaves out former employees where there is somebody else.
func present(day roster.Date, all []candidate) []candidate {
	if len(all) < 2 {
		return all
	}
	var here []candidate
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
