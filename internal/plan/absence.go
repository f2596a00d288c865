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
	created := createdIndex(in, changes)
	for _, e := range absentees(in, changes) {
		end := absentEnd(in, e)
		if ends && !end.IsZero() {
			if likeness, who := created.Like(looksOf(e), -1); likeness > person.Other {
				c := &changes[who[0]]
				c.likeness = max(c.likeness, likeness)
				r.note("absent_uncertain", "employee %d is not in the file and stays as they are: row %d creates somebody who may be the same person", e.ID, c.draft.row.Number)
				continue
			}
		}
		if !ends || end.IsZero() {
			r.note("absent", "employee %d is not in the file and stays as they are", e.ID)
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

// createdIndex finds among the people whom the file creates those who may be an employee.
func createdIndex(in *input, changes []change) *person.Index {
	x := person.NewIndex(func(i int) person.Person {
		looks := in.rowLooks(changes[i].draft.row)
		looks.Number = "" // a new one may come with a new name
		return looks
	})
	for i := range changes {
		if changes[i].creates() {
			x.Add(i)
		}
	}
	return x
}
