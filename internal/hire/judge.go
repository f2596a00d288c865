package hire

import (
	"slices"
	"time"

	"lucca-exchange/internal/person"
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
	// Similar: an employee, or another hire, has nearly the same names, or one of them and the
	// same start.
	Similar Reason = "similar_person"
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
	case Similar:
		return "somebody has nearly the same name, or one of the names and the same first day: check that it is not the same person, whose name changed or is written otherwise"
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
	for i := range events {
		e := &events[i]
		if verdicts[i] = r.judge(e); verdicts[i].Verdict == New {
			r.expect(e)
		}
	}
	return verdicts
}

// register finds people by address and by name.
type register struct {
	zone   *time.Location
	day    roster.Date
	all    []somebody
	byMail map[string][]int
	looks  *person.Index
}

// somebody is an employee, or with id 0 a new hire.
type somebody struct {
	id     int
	looks  person.Person
	former bool
	event  *Event
}

func newRegister(people *roster.Roster, zone *time.Location) *register {
	r := &register{zone: zone, day: people.Day(), byMail: make(map[string][]int)}
	r.looks = person.NewIndex(func(i int) person.Person { return r.all[i].looks })
	for _, e := range people.Employees() {
		r.add(somebody{
			id: e.ID, looks: person.Person{Name: person.NewName(e.FirstName, e.LastName), Start: e.ContractStart},
			former: e.StatusOn(r.day) == roster.Former,
		}, e.Mail, e.PersonalMail)
	}
	return r
}

// candidate is who an event tells of.
func (r *register) candidate(e *Event) somebody {
	start, _ := e.Start(r.zone)
	return somebody{looks: person.Person{Name: person.NewName(e.FirstName, e.LastName), Start: start}, event: e}
}

// expect adds a hire that will be created.
func (r *register) expect(e *Event) { r.add(r.candidate(e), e.Mail, e.PersonalMail) }

func (r *register) add(s somebody, addresses ...string) {
	r.all = append(r.all, s)
	i := len(r.all) - 1
	for _, mail := range unique(addresses) {
		r.byMail[mail] = append(r.byMail[mail], i)
	}
	r.looks.Add(i)
}

// unique returns the keys of the addresses, without empty ones and repetitions.
func unique(addresses []string) []string {
	var list []string
	for _, a := range addresses {
		if a = person.AddressKey(a); a != "" && !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return list
}

func (r *register) judge(e *Event) Judgement {
	me := r.candidate(e)
	if found := r.withAddress(e); len(found) > 0 {
		return byAddress(me, found)
	}
	likeness, who := r.looks.Like(me.looks, -1)
	if _, fallback := e.Start(r.zone); fallback && likeness == person.Possible {
		me.looks.Start = roster.Date{} // the day of the hiring speaks for nobody
		likeness, who = r.looks.Like(me.looks, -1)
	}
	var found []somebody
	for _, at := range who {
		// Two hires of one call are two people where their names differ.
		if likeness > person.Possible || r.all[at].id != 0 {
			found = append(found, r.all[at])
		}
	}
	return byName(me, likeness, found)
}

// withAddress returns everyone with an address of the event, each once.
func (r *register) withAddress(e *Event) []somebody {
	var places []int
	for _, mail := range unique([]string{e.Mail, e.PersonalMail}) {
		for _, at := range r.byMail[mail] {
			if !slices.Contains(places, at) {
				places = append(places, at)
			}
		}
	}
	found := make([]somebody, len(places))
	for i, at := range places {
		found[i] = r.all[at]
	}
	return found
}

// byAddress judges somebody whose address others have.
func byAddress(me somebody, found []somebody) Judgement {
	current := present(found)
	switch {
	case len(current) == 0:
		return Judgement{Verdict: Held, Reason: FormerAddress, EmployeeID: only(found)}
	case len(current) > 1:
		return Judgement{Verdict: Held, Reason: Ambiguous}
	}
	s := current[0]
	// A married name changes the last name; with another first name it is a relative, or a
	// shared mailbox, and neither must be lost.
	if !s.looks.Name.SharesFirst(me.looks.Name) {
		return Judgement{Verdict: Held, Reason: OtherPerson, EmployeeID: s.id}
	}
	return Judgement{Verdict: Linked, EmployeeID: s.id}
}

// byName judges somebody whose address nobody has, by those whom they resemble most.
func byName(me somebody, likeness person.Likeness, found []somebody) Judgement {
	if len(found) == 0 {
		return Judgement{Verdict: New}
	}
	var same []somebody
	current := present(found)
	for _, s := range current {
		if s.id != 0 && likeness == person.Same || s.id == 0 && s.event.SameHire(*me.event) {
			same = append(same, s)
		}
	}
	switch {
	case len(same) == 1:
		return Judgement{Verdict: Linked, EmployeeID: same[0].id}
	case len(same) > 1:
		return Judgement{Verdict: Held, Reason: Ambiguous}
	case len(current) == 0 && likeness > person.Possible:
		return Judgement{Verdict: Held, Reason: FormerEmployee, EmployeeID: only(found)}
	case likeness == person.Possible:
		return Judgement{Verdict: Held, Reason: Similar, EmployeeID: only(found)}
	default:
		return Judgement{Verdict: Held, Reason: Homonym, EmployeeID: only(current)}
	}
}

func present(people []somebody) []somebody {
	return slices.DeleteFunc(slices.Clone(people), func(s somebody) bool { return s.former })
}

// only returns the id of a single person, else 0.
func only(people []somebody) int {
	if len(people) != 1 {
		return 0
	}
	return people[0].id
}
