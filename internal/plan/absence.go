package plan

import (
	"cmp"
	"slices"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// absent reports the present employees who are not in a full file and, where the policy
// says so, ends them. Whoever may be one of those whom the file creates stays, and the row that
// creates them is doubted.
func absent(in *input, r *report, changes []change) []Item {
	if len(changes) == 0 {
		return nil
	}
	ends := in.policy.OnAbsent == EndAbsent
	if ends && someUnknown(changes) {
		ends = false
		r.note("absent_uncertain", "nobody who is absent from the file is ended, because it has rejected rows of which it is not known whom they are about")
	}
	var items []Item
	created := newSuccessors(in, changes)
	for _, e := range absentees(in, changes) {
		end := absentEnd(in, e)
		if !ends || end.IsZero() {
			r.note("absent", "employee %d is not in the file and stays as they are", e.ID)
			continue
		}
		if likeness, at := created.replaces(e); likeness > person.Other {
			c := &changes[at]
			c.likeness = max(c.likeness, likeness)
			r.note("absent_uncertain", "employee %d is not in the file and stays as they are: row %d creates somebody who may be the same person", e.ID, c.draft.row.Number)
			continue
		}
		r.note("absent_ended", "employee %d is not in the file: the contract ends on %s", e.ID, end)
		items = append(items, Item{
			Action: End, EmployeeID: e.ID, Login: e.Login, Basis: Fingerprint(e),
			Set:      SetOf(map[string]Change{ContractEnd: {From: e.ContractEnd.String(), To: end.String()}}),
			Contract: endedContract(in, e),
		})
	}
	return items
}

// endedContract is how the contract that applies to somebody is ended; nil by way of the user.
func endedContract(in *input, e *roster.Employee) *ContractChange {
	h := historyOf(e, in.day)
	if !h.read || in.policy.EndBy == EndByUser {
		return nil
	}
	return ended(in.policy, h.applies().ID, End)
}

// absentEnd is the day on which an absent employee is ended, or none for whom absence is not
// enough: an upcoming or protected one, and one whose end is known already.
func absentEnd(in *input, e *roster.Employee) roster.Date {
	if e.StatusOn(in.day) != roster.Active || in.isProtected(e) || !e.ContractEnd.IsZero() {
		return roster.Date{}
	}
	return in.day
}

// someUnknown reports whether a rejected row may be about anybody.
func someUnknown(changes []change) bool {
	return slices.ContainsFunc(changes, func(c change) bool { return c.rejected && c.employee() == nil })
}

// absentees are those who have not left and are in no row, by id; where the policy names a
// source, those of them whom it has ever brought.
func absentees(in *input, changes []change) []*roster.Employee {
	mentioned := make(map[*roster.Employee]bool, len(changes))
	for i := range changes {
		d := changes[i].draft
		if d.employee != nil {
			mentioned[d.employee] = true
		}
		for _, e := range d.candidates {
			mentioned[e] = true
		}
		if changes[i].rejected {
			for _, e := range owners(in, d.row) {
				mentioned[e] = true
			}
		}
	}
	var absent []*roster.Employee
	for _, e := range in.people.Employees() {
		if in.policy.Source != "" && !in.policy.Brought[e.ID] {
			continue
		}
		if !mentioned[e] && e.StatusOn(in.day) != roster.Former {
			absent = append(absent, e)
		}
	}
	slices.SortFunc(absent, func(a, b *roster.Employee) int { return cmp.Compare(a.ID, b.ID) })
	return absent
}

// owners are those whose number or address a row has: one that is rejected may be about them.
func owners(in *input, r *Row) (all []*roster.Employee) {
	all = append(all, in.directory.byNumber[bareNumber(in.sheet.cell(r, EmployeeNumber))]...)
	return append(all, in.directory.byMail[in.ownMail(in.sheet.cell(r, Mail))]...)
}

// successors are the people whom the file creates, of whom one may be an absent employee under
// another name.
type successors struct {
	looks *person.Index
	// numbered are the places of those who come with a number, by bareNumber.
	numbered map[string]int
}

func newSuccessors(in *input, changes []change) *successors {
	s := &successors{numbered: make(map[string]int)}
	s.looks = person.NewIndex(func(i int) person.Person {
		looks := in.rowLooks(changes[i].draft.row)
		looks.Number = "" // a new one may come with a new name
		return looks
	})
	for i := range changes {
		if !changes[i].creates() {
			continue
		}
		s.looks.Add(i)
		if number := in.sheet.cell(changes[i].draft.row, EmployeeNumber); number != "" {
			s.numbered[bareNumber(number)] = i
		}
	}
	return s
}

// replaces returns the place of one who may be an employee: they have the looks, or the number
// that stays when the name and the identifier do not.
func (s *successors) replaces(e *roster.Employee) (person.Likeness, int) {
	likeness, who := s.looks.Like(looksOf(e), -1)
	if likeness > person.Other {
		return likeness, who[0]
	}
	if at, ok := s.numbered[bareNumber(e.EmployeeNumber)]; ok {
		return person.Possible, at
	}
	return person.Other, 0
}
