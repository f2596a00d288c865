package plan

import (
	"fmt"
	"slices"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// Doubts are what makes a file doubtful as a whole, in numbers of people. There is no floor
// under them: three rows are enough to harm three people.
type Doubts struct {
	// Doubles would be created, and may be somebody whom Lucca or the file has already.
	Doubles int
	// Shifted are rows whose identifier means somebody, while what else they say is
	// somebody else's: a column was sorted, or values were exchanged.
	Shifted int
	// Ambiguous are rows whose name, which identifies them, means nobody for certain.
	Ambiguous int
	// Absent would be ended for their absence; AtOneEnd: they are all missing at one end of
	// the file, in its order; Gone is a group of which most are missing, in words.
	Absent   int
	AtOneEnd bool
	Gone     string
}

// doubts counts what the passes before have found.
func (p *planner) doubts(items []Item) Doubts {
	p.moves.judge(p.drafts)
	var out Doubts
	for i := range p.drafts {
		d := &p.drafts[i]
		if d.creates() && d.likeness > person.Other {
			out.Doubles++
		}
		if d.shifted {
			out.Shifted++
		}
		if d.ambiguous {
			out.Ambiguous++
		}
	}
	var absent []*roster.Employee
	for i := range items {
		if items[i].Row == 0 && items[i].Action == End {
			absent = append(absent, p.people.ByID(items[i].EmployeeID))
		}
	}
	if out.Absent = len(absent); out.Absent > 0 {
		out.AtOneEnd, out.Gone = p.atOneEnd(absent), p.gone(absent)
	}
	return out
}

// checkIdentity doubts an identifier that means somebody whom the rest of the row does not: it
// may have been given again, be mistyped, or stand beside the values of another row.
func (p *planner) checkIdentity(d *draft) {
	e := d.employee
	first, last, mail := p.cell(d, FirstName), p.cell(d, LastName), p.cell(d, Mail)
	named := first != "" && !sameText(e.FirstName, first) || last != "" && !sameName(e.LastName, last)
	mailed := mail != "" && e.Mail != "" && mailKey(mail) != mailKey(e.Mail) && p.ownMail(mail) != ""
	if !named && !mailed {
		return
	}
	mine := person.NewName(or(first, e.FirstName), or(last, e.LastName))
	theirs := person.NewName(e.FirstName, e.LastName)
	named = !mine.Equal(theirs)
	other := p.anotherOf(d, mine, named, mailed)
	born := p.dayIn(d, birthDate)
	reborn := !born.IsZero() && !e.BirthDate.IsZero() && born != e.BirthDate
	column := p.identifier()
	switch {
	case other.both():
		d.shifted = true
		p.refuse(d, "identity_conflict", column, fmt.Sprintf("means employee %d in Lucca, while the name and the e-mail are those of employee %d: correct the identifier", e.ID, other.named.ID))
	case named && other.named != nil && reborn && other.named.BirthDate == born:
		d.shifted = true
		p.refuse(d, "identity_conflict", column, fmt.Sprintf("means employee %d in Lucca, while the name and the date of birth are those of employee %d: correct the identifier", e.ID, other.named.ID))
	case named && !mine.Shares(theirs) && reborn:
		d.shifted = true
		p.refuse(d, "identity_conflict", column, fmt.Sprintf("means employee %d in Lucca, who has another name and date of birth: correct the identifier", e.ID))
	case named && other.named != nil:
		d.shifted = true
		p.warn(d, "other_person", column, fmt.Sprintf("means employee %d in Lucca, while the name is that of employee %d: see that the row is about the first", e.ID, other.named.ID))
	case named && !mine.Shares(theirs):
		d.shifted = true
		p.warn(d, "other_person", column, fmt.Sprintf("means employee %d in Lucca, who has another first and last name: see that it is the same person", e.ID))
	}
}

// doubtEnd doubts a row that ends somebody under another name, date of birth or address than
// theirs: it may be about somebody else.
func (p *planner) doubtEnd(d *draft) {
	if d.rejected || d.action != End || d.shifted {
		return
	}
	e := d.employee
	name := person.NewName(or(d.set[FirstName].To, e.FirstName), or(d.set[LastName].To, e.LastName))
	renamed := !name.IsZero() && !name.Equal(person.NewName(e.FirstName, e.LastName))
	reborn := d.set[birthDate].From != "" && d.set[birthDate].To != ""
	mail := d.set[Mail].To
	if renamed || reborn || p.ownMail(mail) != "" && len(p.directory.byMail[mailKey(mail)]) > 0 {
		d.shifted = true
		p.warn(d, "other_person", p.identifier(), fmt.Sprintf("means employee %d in Lucca, whom the row ends, and who has another name, date of birth or e-mail: see that it is the same person", e.ID))
	}
}

// others are the employees whom the name and the address of a row mean, where they are not
// the one of its identifier.
type others struct{ named, mailed *roster.Employee }

func (o others) both() bool { return o.named != nil && o.named == o.mailed }

func (p *planner) anotherOf(d *draft, name person.Name, named, mailed bool) (o others) {
	if named {
		for _, e := range p.directory.called(p.cell(d, FirstName) + " " + p.cell(d, LastName)) {
			if e != d.employee && name.Equal(person.NewName(e.FirstName, e.LastName)) {
				o.named = e
				break
			}
		}
	}
	if mailed {
		if owners := p.directory.byMail[mailKey(p.cell(d, Mail))]; len(owners) == 1 && owners[0] != d.employee {
			o.mailed = owners[0]
			if name.Equal(person.NewName(o.mailed.FirstName, o.mailed.LastName)) {
				o.named = o.mailed
			}
		}
	}
	return o
}

// moves are the changes of known employees by property, as far as the values of a property
// tell people apart.
type moves map[string][]move

type move struct {
	draft    int
	from, to string
}

// own are the properties of which two people never exchange their values.
var own = []string{Login, FirstName, LastName, Mail, EmployeeNumber, birthDate, "personalEmail"}

// listed are the properties of many people, whose values tell nobody apart.
var listed = []string{Establishment, Department, Manager, PrimaryRole, SecondaryRoles, ContractStart, ContractEnd, "culture", "gender", "csp"}

// observe notes what a row changes, rejected or not.
func (m *moves) observe(d *draft) {
	if d.employee == nil || d.undecided {
		return
	}
	for code, c := range d.set {
		if c.From == "" || c.To == "" || slices.Contains(listed, code) {
			continue
		}
		if *m == nil {
			*m = make(moves)
		}
		(*m)[code] = append((*m)[code], move{d.index, person.Fold(c.From), person.Fold(c.To)})
	}
}

// fewest is how many rows make a sorted column of a property whose values two people may
// exchange.
const fewest = 3

// judge marks the rows that take over values which other rows give up: nobody exchanges
// names or numbers, and of other properties only a column that was sorted by itself leaves
// all of three or more different values as they were, and gives each to somebody else.
func (m moves) judge(drafts []draft) {
	for code, list := range m {
		given := make(map[string]int, len(list))
		for _, v := range list {
			given[v.from]++
		}
		var taken []int
		distinct := make(map[string]bool)
		for _, v := range list {
			if v.from != v.to && given[v.to] > 0 {
				taken = append(taken, v.draft)
				distinct[v.to] = true
			}
		}
		if !slices.Contains(own, code) && (len(taken) < fewest || len(distinct) < len(taken) || 5*len(taken) < 4*len(list)) {
			continue
		}
		for _, i := range taken {
			drafts[i].shifted = true
		}
	}
}

// edges are the ways in which a file may be ordered.
func (p *planner) edges() []func(e *roster.Employee) string {
	return []func(e *roster.Employee) string{
		func(e *roster.Employee) string { return fmt.Sprintf("%012d", e.ID) },
		func(e *roster.Employee) string { return loginKey(e.Login) },
		func(e *roster.Employee) string { return mailKey(e.Mail) },
		func(e *roster.Employee) string { return fmt.Sprintf("%20s", bareNumber(e.EmployeeNumber)) },
		func(e *roster.Employee) string { return person.Fold(e.LastName) + "\x00" + person.Fold(e.FirstName) },
		func(e *roster.Employee) string { return person.Fold(e.FirstName) + "\x00" + person.Fold(e.LastName) },
		func(e *roster.Employee) string { return e.ContractStart.String() },
	}
}

// atOneEnd reports whether a file is in some order in which all of the absent come before
// its first row, or after its last.
func (p *planner) atOneEnd(absent []*roster.Employee) bool {
	var rows []*roster.Employee
	for i := range p.drafts {
		if e := p.drafts[i].employee; e != nil {
			rows = append(rows, e)
		}
	}
	if len(rows) < fewest {
		return true // so few rows are in any order
	}
	for _, edge := range p.edges() {
		first, last, ok := ordered(rows, edge)
		if !ok {
			continue
		}
		before, after := true, true
		for _, e := range absent {
			key := edge(e)
			before, after = before && key < min(first, last), after && key > max(first, last)
		}
		if before || after {
			return true
		}
	}
	return false
}

// ordered returns the keys of the first and the last row of a file that goes up, or down, all
// along.
func ordered(rows []*roster.Employee, key func(*roster.Employee) string) (first, last string, ok bool) {
	up, down := true, true
	first = key(rows[0])
	last = first
	for _, e := range rows[1:] {
		next := key(e)
		up, down = up && next >= last, down && next <= last
		if !up && !down {
			return "", "", false
		}
		last = next
	}
	return first, last, first != last
}

// gone names a group of which most are absent, where there is one: an establishment or a
// department that was left out.
func (p *planner) gone(absent []*roster.Employee) string {
	for _, group := range []struct {
		what string
		of   func(*roster.Employee) int
	}{
		{"establishment", func(e *roster.Employee) int { return e.EstablishmentID }},
		{"department", func(e *roster.Employee) int { return e.DepartmentID }},
	} {
		missing, all := make(map[int]int), make(map[int]int)
		for _, e := range absent {
			missing[group.of(e)]++
		}
		for _, e := range p.people.Employees() {
			if e.StatusOn(p.day) == roster.Active {
				all[group.of(e)]++
			}
		}
		for _, e := range absent {
			id := group.of(e)
			if n, of := missing[id], all[id]; id != 0 && (n == of && n > 1 || n >= fewest && 2*n > of) {
				return fmt.Sprintf("%d of the %d people of one %s", n, of, group.what)
			}
		}
	}
	return ""
}

// checkManagersStay warns of managers whom the file, or Lucca, has leave before whoever gets
// them begins, or today at the latest.
func (p *planner) checkManagersStay(items []Item) {
	ends := make(map[int]roster.Date)
	for i := range items {
		if c, ok := items[i].Set.Find(ContractEnd); ok && items[i].EmployeeID != 0 {
			ends[items[i].EmployeeID], _ = roster.ParseDate(c.To) // our own writing
		}
	}
	for i := range p.drafts {
		d := &p.drafts[i]
		change, given := d.packed.Find(Manager)
		if !given || d.rejected || len(change.IDs) != 1 {
			continue
		}
		m := p.people.ByID(change.IDs[0])
		if m == nil || m.StatusOn(p.day) == roster.Former {
			continue // said already
		}
		end, changed := ends[m.ID]
		if !changed {
			end = m.ContractEnd
		}
		from := p.day
		if d.employee == nil && p.dayIn(d, ContractStart).After(from) {
			from = p.dayIn(d, ContractStart)
		}
		if !end.IsZero() && !end.After(from) {
			p.warn(d, "manager_left", Manager, "means somebody who has left by then, by this file or in Lucca: name another manager")
		}
	}
}

// refuseLoops rejects the rows that make people in Lucca each other's managers, over the
// file and Lucca together: nobody could approve their leave. People whom the file creates may
// manage each other. A row that is rejected leaves its manager as it was, which may close
// another loop.
func (p *planner) refuseLoops() {
	const passes = 100
	for range passes {
		loops := p.loops()
		for _, loop := range loops {
			for _, d := range loop {
				p.refuse(d, "manager_cycle", Manager, "makes people each other's managers, directly or by others of the file or of Lucca: name another manager")
			}
		}
		if len(loops) == 0 {
			return
		}
	}
}

// post is somebody who has a manager: an employee by id, or a draft by minus one and its
// index.
type post int

// loops returns the rows that take part in each loop of managers in which there is somebody
// of Lucca.
func (p *planner) loops() [][]*draft {
	rows := make(map[post]*draft)
	for i := range p.drafts {
		d := &p.drafts[i]
		if _, gives := d.packed.Find(Manager); gives && !d.rejected {
			rows[p.postOf(d)] = d
		}
	}
	if len(rows) == 0 {
		return nil
	}
	var found [][]*draft
	walk := make(map[post]int, len(rows)) // by which walk somebody was met
	for i := range p.drafts {
		at := p.postOf(&p.drafts[i])
		if rows[at] != &p.drafts[i] {
			continue
		}
		for at != 0 && walk[at] == 0 {
			walk[at] = i + 1
			at = p.above(at, rows)
		}
		if at != 0 && walk[at] == i+1 {
			if loop := p.loop(at, rows); len(loop) > 0 {
				found = append(found, loop)
			}
		}
	}
	return found
}

func (p *planner) postOf(d *draft) post {
	if d.employee != nil {
		return post(d.employee.ID)
	}
	return post(-1 - d.index)
}

// above is whom somebody has for a manager in the end, 0 for none.
func (p *planner) above(at post, rows map[post]*draft) post {
	if d := rows[at]; d != nil {
		switch c := d.sent(Manager); {
		case d.manager != 0 && c.Row != 0:
			return p.postOf(&p.drafts[d.manager-1])
		case len(c.IDs) == 1:
			return post(c.IDs[0])
		}
		return 0
	}
	if e := p.people.ByID(int(at)); e != nil {
		return post(managerOf(e))
	}
	return 0
}

// loop returns the rows of the loop through somebody, none where only new people are in it.
func (p *planner) loop(start post, rows map[post]*draft) (loop []*draft) {
	known := false
	for at := start; ; {
		known = known || at > 0
		if d := rows[at]; d != nil {
			loop = append(loop, d)
		}
		if at = p.above(at, rows); at == start {
			break
		}
	}
	if !known {
		return nil
	}
	return loop
}
