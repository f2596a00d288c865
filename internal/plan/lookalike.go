package plan

import (
	"fmt"
	"hash/maphash"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/roster"
)

// looks are what tells two people of one name apart. A mail is not among them: one that is
// in Lucca is refused anyway, so that a new one is always another one.
type looks struct {
	birth, start roster.Date
	// number is as a spreadsheet leaves it; empty when there is none.
	number string
}

// samePerson reports whether two people of one name look like one: by their dates of birth
// or, when one of these is not known, by their first days, unless they have different
// numbers.
func (l looks) samePerson(o looks) bool {
	if !l.birth.IsZero() && !o.birth.IsZero() {
		return l.birth == o.birth
	}
	return !l.start.IsZero() && l.start == o.start && (l.number == "" || o.number == "" || l.number == o.number)
}

// looksOf reads what a row says; what it says wrong is not known.
func (p *planner) looksOf(d *draft) looks {
	return looks{
		birth: p.dayIn(d, birthDate), start: p.dayIn(d, ContractStart), number: lookOf(p.cell(d, EmployeeNumber)),
	}
}

// lookOf keeps a number of nothing but zeros apart from none.
func lookOf(number string) string {
	if bare := bareNumber(number); bare != "" || number == "" {
		return bare
	}
	return "0"
}

// dayIn is the date in a cell, none when there is no right one.
func (p *planner) dayIn(d *draft, code string) roster.Date {
	day, err := parseDay(p.cell(d, code))
	if err != nil {
		return roster.Date{}
	}
	return day
}

// nameOf is the key of the name of a row, the same whichever part comes first.
func (p *planner) nameOf(d *draft) string {
	names := fullNames(p.cell(d, FirstName), p.cell(d, LastName))
	switch len(names) {
	case 0:
		return ""
	case 1:
		return names[0]
	}
	return min(names[0], names[1])
}

// refuseLookalike rejects a row that would create somebody who looks like an employee: the
// identifier may have changed, and nobody gets a second account.
func (p *planner) refuseLookalike(d *draft) {
	if len(p.incomplete) > 0 || d.undecided {
		return
	}
	name := p.nameOf(d)
	if name == "" {
		return
	}
	mine := p.looksOf(d)
	var alike []*roster.Employee
	for _, e := range p.directory.named(name) {
		if mine.samePerson(looks{birth: e.BirthDate, start: e.ContractStart, number: lookOf(e.EmployeeNumber)}) {
			alike = append(alike, e)
		}
	}
	if len(alike) > 0 {
		p.undecide(d, alike, "same_person", LastName, fmt.Sprintf("is, with the first name and the date of birth or first day, that of employee %d in Lucca: write the identifier that Lucca has or, for somebody else, a date of birth or an employee number", alike[0].ID))
	}
}

// refuseTwins rejects the rows that create two people who look like one.
func (p *planner) refuseTwins() {
	type key struct {
		name string
		day  roster.Date
	}
	type twin struct {
		index  int
		looks  looks
		births *pair
		starts *crowd
	}
	births, starts := make(map[key]*pair), make(map[key]*crowd)
	var twins []twin
	shared := p.sharedNames()
	for i := range p.drafts {
		d := &p.drafts[i]
		if d.employee != nil || d.rejected {
			continue
		}
		name := p.nameOf(d)
		if !shared[name] {
			continue
		}
		l := p.looksOf(d)
		t := twin{index: i, looks: l, births: new(pair), starts: at(starts, key{name, l.start})}
		if !l.birth.IsZero() {
			t.births = at(births, key{name, l.birth})
			t.births.add(i)
		}
		t.starts.add(i, l)
		twins = append(twins, t)
	}
	for _, t := range twins {
		other := t.births.besides(t.index)
		if other == 0 && !t.looks.start.IsZero() {
			other = t.starts.like(t.index, t.looks)
		}
		if other != 0 {
			p.refuse(&p.drafts[t.index], "same_person", LastName, fmt.Sprintf("is, with the first name and the date of birth or first day, that of row %d too: keep one of the two or, if they are two people, write their dates of birth or employee numbers", p.drafts[other-1].row.Number))
		}
	}
}

// sharedNames are the names of more than one of those whom the file creates.
func (p *planner) sharedNames() map[string]bool {
	shared := make(map[string]bool)
	seen := make(map[uint64]bool, len(p.drafts))
	seed := maphash.MakeSeed()
	for i := range p.drafts {
		d := &p.drafts[i]
		if d.employee != nil || d.rejected {
			continue
		}
		name := p.nameOf(d)
		if name == "" {
			continue
		}
		// Two names of one hash are looked at once more than needed.
		if hash := maphash.String(seed, name); seen[hash] {
			shared[name] = true
		} else {
			seen[hash] = true
		}
	}
	return shared
}

func at[K comparable, V any](m map[K]*V, k K) *V {
	if m[k] == nil {
		m[k] = new(V)
	}
	return m[k]
}

// pair keeps the first two of some drafts, as 1 and their index, which is enough to find
// another one for each.
type pair [2]int32

func (p *pair) add(i int) {
	switch {
	case p[0] == 0:
		p[0] = int32(i) + 1
	case p[1] == 0:
		p[1] = int32(i) + 1
	}
}

// besides returns one that is not i, as 1 and its index, or 0.
func (p *pair) besides(i int) int {
	if int(p[0]) == i+1 {
		return int(p[1])
	}
	return int(p[0])
}

// crowd are the drafts of one name and one first day. It finds those who look like one in
// constant time: a file may have one name all over.
type crowd struct{ all, unborn numbered }

// numbered are drafts by their employee numbers.
type numbered struct {
	any, without pair
	by           map[string]*pair
}

func (c *crowd) add(i int, l looks) {
	c.all.add(i, l.number)
	if l.birth.IsZero() {
		c.unborn.add(i, l.number)
	}
}

func (n *numbered) add(i int, number string) {
	n.any.add(i)
	if number == "" {
		n.without.add(i)
		return
	}
	if n.by == nil {
		n.by = make(map[string]*pair)
	}
	at(n.by, number).add(i)
}

// like returns one who is the same person as draft i as far as their first days tell, as 1
// and its index, or 0: two whose dates of birth are known are told apart by these.
func (c *crowd) like(i int, l looks) int {
	if l.birth.IsZero() {
		return c.all.like(i, l.number)
	}
	return c.unborn.like(i, l.number)
}

func (n *numbered) like(i int, number string) int {
	if number == "" {
		return n.any.besides(i)
	}
	if other := n.without.besides(i); other != 0 || n.by[number] == nil {
		return other
	}
	return n.by[number].besides(i)
}

// checkIdentity doubts an identifier that means somebody who has nothing else in common
// with the row: it may have been given again, or mistyped.
func (p *planner) checkIdentity(d *draft) {
	e := d.employee
	first, last, mail := p.cell(d, FirstName), p.cell(d, LastName), p.cell(d, Mail)
	if first == "" || last == "" || mail == "" || e.FirstName == "" || e.LastName == "" || e.Mail == "" || mailKey(mail) == mailKey(e.Mail) {
		return
	}
	mine, theirs := [2]string{fullName(first), fullName(last)}, [2]string{fullName(e.FirstName), fullName(e.LastName)}
	if mine[0] == theirs[0] || mine[1] == theirs[1] || mine == [2]string{theirs[1], theirs[0]} {
		return
	}
	column := p.identifier()
	birth := p.dayIn(d, birthDate)
	if !birth.IsZero() && !e.BirthDate.IsZero() && birth != e.BirthDate {
		p.refuse(d, "identity_conflict", column, fmt.Sprintf("means employee %d in Lucca, who has another name, e-mail and date of birth: correct the identifier", e.ID))
		return
	}
	p.warn(d, "other_person", column, fmt.Sprintf("means employee %d in Lucca, who has another first name, last name and e-mail: see that it is the same person", e.ID))
}

// cohort are the dates of birth and first days of those whom the file creates.
type cohort map[[2]roster.Date]bool

func (p *planner) newCohort() cohort {
	c := make(cohort)
	for i := range p.drafts {
		d := &p.drafts[i]
		if d.employee != nil || d.rejected {
			continue
		}
		if l := p.looksOf(d); !l.birth.IsZero() {
			c[[2]roster.Date{l.birth, l.start}] = true
		}
	}
	return c
}

// uncertain reports whether an absent employee may be one of those whom the file creates,
// under another name, and says so.
func (p *planner) uncertain(c cohort, e *roster.Employee) bool {
	if !c[[2]roster.Date{e.BirthDate, e.ContractStart}] {
		return false
	}
	p.note(finding.Warning, "absent_uncertain", "", fmt.Sprintf("employee %d is not in the file and stays as they are: somebody whom the file creates has the same date of birth and first day", e.ID))
	return true
}
