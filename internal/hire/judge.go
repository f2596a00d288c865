package hire

import (
	"strings"
	"time"

	"lucca-exchange/internal/roster"
)

// Verdict is what is to happen to an event.
type Verdict string

// The verdicts.
const (
	// New: nobody in Lucca is this person; a row of the plan.
	New Verdict = "new"
	// Linked: the employee is in Lucca already; nothing is created.
	Linked Verdict = "linked"
	// Held: a person has to decide, for the Reason.
	Held Verdict = "held"
)

// Reason says why an event is held.
type Reason string

// The reasons.
const (
	// FormerEmployee: somebody with these names has left.
	FormerEmployee Reason = "former_employee"
	// FormerAddress: somebody with this address has left.
	FormerAddress Reason = "address_of_former_employee"
	// Homonym: an employee, or another hire, has the same names and another address and start.
	Homonym Reason = "homonym"
	// OtherPerson: an employee, or another hire, with other names has this address.
	OtherPerson Reason = "address_of_another"
	// Ambiguous: several employees have this address, or these names and this start.
	Ambiguous Reason = "ambiguous"
)

// Message says in one sentence what to do.
func (r Reason) Message() string {
	switch r {
	case FormerEmployee:
		return "a former employee has this name: rehire them in Lucca, unless it is somebody else"
	case FormerAddress:
		return "a former employee has this e-mail address: rehire them in Lucca, or have the ATS send another address"
	case Homonym:
		return "somebody else has the same name: check that it is not the same person"
	case OtherPerson:
		return "somebody with another name has this e-mail address: have the ATS send another one"
	case Ambiguous:
		return "several employees fit: check who it is"
	default:
		return ""
	}
}

// MayCreate reports whether a person can have the employee created all the same. Two people
// cannot have one address.
func (r Reason) MayCreate() bool { return r != FormerAddress && r != OtherPerson }

// Judgement is the verdict about one event.
type Judgement struct {
	Verdict Verdict
	// EmployeeID is who is in Lucca; 0 when nobody is, when several are, and when it is an
	// earlier event of the same call.
	EmployeeID int
	// Reason is empty unless Held.
	Reason Reason
}

// Query is what Judge must know of Lucca, former employees among it.
func Query() roster.Query {
	return roster.Query{
		Fields: roster.LastName | roster.FirstName | roster.Mail | roster.PersonalMail | roster.ContractStart | roster.ContractEnd,
		Former: true,
	}
}

// Judge says of each event, in their order, whether the person is in Lucca already, or
// comes earlier in the same events.
func Judge(events []Event, people *roster.Roster, zone *time.Location) []Judgement {
	r := newRegister(people, zone)
	verdicts := make([]Judgement, len(events))
	for i, e := range events {
		verdicts[i] = r.judge(e)
		if verdicts[i].Verdict == New {
			r.expect(e)
		}
	}
	return verdicts
}

// register finds people by address and by name.
type register struct {
	zone   *time.Location
	day    roster.Date
	byMail map[string][]person
	byName map[string][]person
}

// person is an employee, or with id 0 a new hire.
type person struct {
	id     int
	last   string
	first  string
	start  roster.Date
	former bool
	event  Event
}

func newRegister(people *roster.Roster, zone *time.Location) *register {
	r := &register{zone: zone, day: people.Day(), byMail: make(map[string][]person), byName: make(map[string][]person)}
	for _, e := range people.Employees() {
		r.add(person{
			id: e.ID, last: fold(e.LastName), first: fold(e.FirstName), start: e.ContractStart,
			former: !e.ContractEnd.IsZero() && e.ContractEnd.Before(r.day),
		}, e.Mail, e.PersonalMail)
	}
	return r
}

// expect adds a hire that will be created.
func (r *register) expect(e Event) {
	start, _ := e.Start(r.zone)
	r.add(person{last: fold(e.LastName), first: fold(e.FirstName), start: start, event: e}, e.Mail, e.PersonalMail)
}

func (r *register) add(p person, addresses ...string) {
	for _, mail := range unique(addresses) {
		r.byMail[mail] = append(r.byMail[mail], p)
	}
	name := p.name()
	r.byName[name] = append(r.byName[name], p)
}

func (p person) name() string { return p.last + "\x00" + p.first }

// unique returns the addresses in small letters, without empty ones and repetitions.
func unique(addresses []string) []string {
	var list []string
	for _, a := range addresses {
		if a = strings.ToLower(strings.TrimSpace(a)); a != "" && (len(list) == 0 || list[0] != a) {
			list = append(list, a)
		}
	}
	return list
}

func (r *register) judge(e Event) Judgement {
	me := person{last: fold(e.LastName), first: fold(e.FirstName), event: e}
	me.start, _ = e.Start(r.zone)
	if found := r.withAddress(e); len(found) > 0 {
		return byAddress(me, found)
	}
	return byName(me, r.byName[me.name()])
}

// withAddress returns everyone with an address of the event, each once.
func (r *register) withAddress(e Event) []person {
	var found []person
	for _, mail := range unique([]string{e.Mail, e.PersonalMail}) {
		for _, p := range r.byMail[mail] {
			if p.id == 0 || !containsID(found, p.id) {
				found = append(found, p)
			}
		}
	}
	return found
}

func containsID(people []person, id int) bool {
	for _, p := range people {
		if p.id == id {
			return true
		}
	}
	return false
}

// byAddress judges somebody whose address others have.
func byAddress(me person, found []person) Judgement {
	current := present(found)
	switch {
	case len(current) == 0:
		return Judgement{Verdict: Held, Reason: FormerAddress, EmployeeID: only(found)}
	case len(current) > 1:
		return Judgement{Verdict: Held, Reason: Ambiguous}
	}
	p := current[0]
	// A married name changes the last name; with another first name it is a relative, or a
	// shared mailbox, and neither must be lost.
	if p.first != me.first {
		return Judgement{Verdict: Held, Reason: OtherPerson, EmployeeID: p.id}
	}
	return Judgement{Verdict: Linked, EmployeeID: p.id}
}

// byName judges somebody whose address nobody has.
func byName(me person, found []person) Judgement {
	if len(found) == 0 {
		return Judgement{Verdict: New}
	}
	var same []person
	current := present(found)
	for _, p := range current {
		if p.start == me.start && p.id != 0 || p.id == 0 && p.event.SameHire(me.event) {
			same = append(same, p)
		}
	}
	switch {
	case len(same) == 1:
		return Judgement{Verdict: Linked, EmployeeID: same[0].id}
	case len(same) > 1:
		return Judgement{Verdict: Held, Reason: Ambiguous}
	case len(current) == 0:
		return Judgement{Verdict: Held, Reason: FormerEmployee, EmployeeID: only(found)}
	default:
		return Judgement{Verdict: Held, Reason: Homonym, EmployeeID: only(current)}
	}
}

func present(people []person) []person {
	var list []person
	for _, p := range people {
		if !p.former {
			list = append(list, p)
		}
	}
	return list
}

// only returns the id of a single person, else 0.
func only(people []person) int {
	if len(people) != 1 {
		return 0
	}
	return people[0].id
}
