package export

import (
	"fmt"
	"slices"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
)

// alone rejects a row that has a value which another row has, where each is to be there once:
// the partner would take two people for one.
func (rd *renderer) alone(e *roster.Employee) bool {
	if rd.inFile(e) {
		return true // as foreseen
	}
	return rd.unowned(e)
}

// unowned reports whether no other row has the values of the row at hand, which are then its own.
func (rd *renderer) unowned(e *roster.Employee) bool {
	alone := true
	for i := range rd.columns {
		c := &rd.columns[i]
		if c.owners == nil || rd.row[i] == "" {
			continue
		}
		if c.found = c.owners.find(rd.row[i]); c.found.by != nil && c.found.by.id != e.ID {
			alone = false
			rd.notes = append(rd.notes, note{i, finding.Error, "duplicate_key", fmt.Sprintf(
				"Lucca id %d has the same %q, and the partner would take both for one: the row is not sent; correct it in Lucca, or make it unique, as with sources: {%s: \"{establishment.code}-{%s}\"}",
				c.found.by.id, rd.binding.Columns[i].Header, rd.binding.Columns[i].Key, rd.binding.Columns[i].From[0])})
		}
	}
	for i := range rd.columns {
		if c := &rd.columns[i]; alone && c.owners != nil && rd.row[i] != "" {
			c.owners.assign(c.found, e.ID)
		}
	}
	return alone
}

// inFile reports whether it is foreseen that an employee has a row.
func (rd *renderer) inFile(e *roster.Employee) bool {
	return rd.foreseen != nil && rd.foreseen[e.Index()].inFile
}

// recall takes the values that come in the order of the file for whoever is foreseen to own them.
func (rd *renderer) recall(e *roster.Employee) {
	if rd.foreseen == nil || !rd.foreseen[e.Index()].owns {
		return
	}
	for i := range rd.columns {
		if o := rd.columns[i].owners; o != nil && o.inOrder {
			o.last = owner{e.EmployeeNumber, e.ID}
		}
	}
}

// foresee finds out who is in the file, where a column is about managers: the row of somebody
// says whether theirs is. Only what can reject a row is looked at.
func (rd *renderer) foresee() {
	if !slices.ContainsFunc(rd.columns, func(c column) bool { return c.aboutManager }) {
		return
	}
	everyone := rd.roster.Employees()
	known := make([]foreseen, len(everyone))
	for i, e := range everyone {
		f := &known[i]
		if f.sent = rd.who.decide(rd.roster, e) == Sent; !f.sent {
			continue
		}
		f.owns = rd.complete(e) && rd.placed(e) && rd.alone(e) // in the order of the file
		f.inFile = f.owns
	}
	rd.foreseen = known
	for dropped := rd.policy == profile.RejectManager; dropped; {
		dropped = false
		for i, e := range everyone {
			if known[i].inFile && rd.refersOutside(e) {
				known[i].inFile, dropped = false, true
			}
		}
	}
	clear(rd.hidden)
	clear(rd.row)
	rd.notes, rd.blocked = rd.notes[:0], 0
}

// refersOutside reports whether a column would name a manager who is not in the file.
func (rd *renderer) refersOutside(e *roster.Employee) bool {
	for i := range rd.binding.Columns {
		c := &rd.binding.Columns[i]
		if m := c.Refers(rd.roster, e); m != nil && !rd.inFile(m) && !c.Read(rd.roster, e).IsZero() {
			return true
		}
	}
	return false
}
