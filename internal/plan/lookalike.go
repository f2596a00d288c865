package plan

import (
	"fmt"
	"hash/maphash"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// looksOf reads who a row says that somebody is; what it says wrong is not known.
func (p *planner) looksOf(d *draft) person.Person {
	return person.Person{
		Name:  person.NewName(p.cell(d, FirstName), p.cell(d, LastName)),
		Birth: p.dayIn(d, birthDate), Start: p.dayIn(d, ContractStart), Number: p.cell(d, EmployeeNumber),
	}
}

// dayIn is the date in a cell, none when there is no right one.
func (p *planner) dayIn(d *draft, code string) roster.Date {
	day, err := parseDay(p.cell(d, code))
	if err != nil {
		return roster.Date{}
	}
	return day
}

// refuseLookalike rejects a row that would create somebody who is an employee: the
// identifier may have changed, and nobody gets a second account. Where it may be somebody
// else, a person has to look.
func (p *planner) refuseLookalike(d *draft) {
	if len(p.incomplete) > 0 || d.undecided {
		return
	}
	likeness, alike := p.directory.like(p.looksOf(d), nil)
	switch {
	case likeness == person.Other:
	case likeness < person.Same:
		d.resembles, d.likeness = alike[0], likeness
	case alike[0].StatusOn(p.day) == roster.Former:
		p.undecide(d, alike, "same_person", LastName, fmt.Sprintf("is, with the first name and the date of birth, first day or number, that of employee %d, who has left: write the identifier that Lucca has to rehire them or, for somebody else, a date of birth or an employee number", alike[0].ID))
	default:
		p.undecide(d, alike, "same_person", LastName, fmt.Sprintf("is, with the first name and the date of birth, first day or number, that of employee %d in Lucca: write the identifier that Lucca has or, for somebody else, a date of birth or an employee number", alike[0].ID))
	}
}

// refuseTwins rejects the rows that create two people who are one, and doubts homonyms.
func (p *planner) refuseTwins() {
	shared := p.sharedNames()
	x := person.NewIndex(func(i int) person.Person { return p.looksOf(&p.drafts[i]) })
	for _, i := range shared {
		x.Add(i)
	}
	twins := make(map[int]int)
	for _, i := range shared {
		switch likeness, who := x.Like(p.looksOf(&p.drafts[i]), i); likeness {
		case person.Same:
			twins[i] = who[0]
		case person.Homonym:
			d := &p.drafts[i]
			d.likeness = max(d.likeness, person.Homonym)
			p.warn(d, "same_name", LastName, fmt.Sprintf("is, with the first name, that of row %d too: see that they are two people before you approve", p.drafts[who[0]].row.Number))
		}
	}
	for _, i := range shared {
		if other, ok := twins[i]; ok {
			p.refuse(&p.drafts[i], "same_person", LastName, fmt.Sprintf("is, with the first name and the date of birth or first day, that of row %d too: keep one of the two or, if they are two people, write their dates of birth or employee numbers", p.drafts[other].row.Number))
		}
	}
}

// creates reports whether a row creates somebody.
func (d *draft) creates() bool { return d.employee == nil && !d.rejected }

// sharedNames are the rows that create people, of whom others have part of the name.
func (p *planner) sharedNames() []int {
	seed := maphash.MakeSeed()
	count := make(map[uint64]uint8)
	each := func(d *draft, do func(hash uint64)) {
		for _, pair := range p.looksOf(d).Name.Pairs() {
			do(maphash.String(seed, pair))
		}
	}
	for i := range p.drafts {
		if d := &p.drafts[i]; d.creates() {
			each(d, func(hash uint64) { count[hash] = min(2, count[hash]+1) })
		}
	}
	var shared []int
	for i := range p.drafts {
		d, found := &p.drafts[i], false
		if d.creates() {
			// Two names of one hash are looked at once more than needed.
			each(d, func(hash uint64) { found = found || count[hash] > 1 })
		}
		if found {
			shared = append(shared, i)
		}
	}
	return shared
}

// created finds among the people whom the file creates those who may be an employee.
func (p *planner) created() *person.Index {
	x := person.NewIndex(func(i int) person.Person {
		looks := p.looksOf(&p.drafts[i])
		looks.Number = "" // a new one may come with a new name
		return looks
	})
	for i := range p.drafts {
		if p.drafts[i].creates() {
			x.Add(i)
		}
	}
	return x
}

// uncertain reports whether an absent employee may be one of those whom the file creates,
// under another name, and says so.
func (p *planner) uncertain(created *person.Index, e *roster.Employee) bool {
	likeness, who := created.Like(looksOf(e), -1)
	if likeness == person.Other {
		return false
	}
	d := &p.drafts[who[0]]
	d.likeness = max(d.likeness, likeness)
	p.note(finding.Warning, "absent_uncertain", "", fmt.Sprintf("employee %d is not in the file and stays as they are: row %d creates somebody who may be the same person", e.ID, d.row.Number))
	return true
}
