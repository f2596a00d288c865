package plan

import (
	"fmt"

	"lucca-exchange/internal/roster"
)

// refuseLoops rejects the rows that make people in Lucca each other's managers, over the
// file and Lucca together: nobody could approve their leave. People whom the file creates may
// manage each other. A row that is rejected leaves its manager as it was, which may close
// another loop.
func refuseLoops(in *input, r *report, changes []change) {
	const passes = 100
	for range passes {
		found := loops(in, changes)
		if len(found) == 0 {
			return
		}
		pass(r, changes, found)
	}
}

// post is somebody who has a manager: an employee of Lucca, or one whom a row creates. The zero
// post is nobody.
type post struct {
	employee int
	newcomer *draft
}

func postOf(d *draft) post {
	if d.employee != nil {
		return post{employee: d.employee.ID}
	}
	return post{newcomer: d}
}

// boss is the manager whom a row gives; nobody where it takes the manager away, or gives none.
func (c *change) boss() post {
	switch to := c.set.Get(Manager); {
	case to.Row != 0:
		return postOf(c.manager)
	case len(to.IDs) == 1:
		return post{employee: to.IDs[0]}
	default:
		return post{}
	}
}

// chart is who manages whom, by the file where it says so and by Lucca elsewhere.
type chart struct {
	people *roster.Roster
	rows   map[post]*change
}

// above is whom somebody has for a manager in the end.
func (o chart) above(at post) post {
	if c := o.rows[at]; c != nil {
		return c.boss()
	}
	if e := o.people.ByID(at.employee); e != nil {
		return post{employee: managerOf(e)}
	}
	return post{}
}

// loop returns the rows of the loop through somebody, none where only new people are in it.
func (o chart) loop(start post) (loop []*change) {
	known := false
	for at := start; ; {
		known = known || at.employee != 0
		if c := o.rows[at]; c != nil {
			loop = append(loop, c)
		}
		if at = o.above(at); at == start {
			break
		}
	}
	if !known {
		return nil
	}
	return loop
}

// loops refuses the rows that take part in each loop of managers in which there is somebody
// of Lucca.
func loops(in *input, changes []change) (found []verdict) {
	o := chart{in.people, make(map[post]*change)}
	for i := range changes {
		c := &changes[i]
		if _, gives := c.set.Find(Manager); gives {
			o.rows[postOf(c.draft)] = c
		}
	}
	met := make(map[post]*change, len(o.rows)) // by the walk from which row
	for i := range changes {
		from := &changes[i]
		at := postOf(from.draft)
		if o.rows[at] != from {
			continue
		}
		for at != (post{}) && met[at] == nil {
			met[at] = from
			at = o.above(at)
		}
		if met[at] != from {
			continue // up to nobody, or where another walk was
		}
		for _, c := range o.loop(at) {
			found = append(found, verdict{at: c.draft.index, objection: refusal("manager_cycle", Manager, "makes people each other's managers, directly or by others of the file or of Lucca: name another manager")})
		}
	}
	return found
}

// orphans refuses the rows whose manager is in a row that is rejected, and those who have
// them as managers, and so on.
func orphans(changes []change) (all []verdict) {
	under := make(map[*draft][]int)
	gone := make([]bool, len(changes))
	var queue []int
	for i := range changes {
		c := &changes[i]
		if c.manager != nil {
			under[c.manager] = append(under[c.manager], i)
		}
		if gone[i] = c.rejected; c.rejected {
			queue = append(queue, i)
		}
	}
	for len(queue) > 0 {
		boss := changes[queue[0]].draft
		queue = queue[1:]
		for _, i := range under[boss] {
			if gone[i] {
				continue
			}
			gone[i] = true
			all = append(all, verdict{at: i, objection: refusal("manager_rejected", Manager, fmt.Sprintf("is created by row %d, which is rejected", boss.row.Number))})
			if changes[i].employee() == nil {
				queue = append(queue, i)
			}
		}
	}
	return all
}

// notice is within how many days of an end that the file sets its manager is doubted.
const notice = 31

// warnLeaving warns of managers whom the file, or Lucca, has leave before whoever gets them
// begins, or today at the latest.
func warnLeaving(in *input, r *report, changes []change, items []Item) {
	ends := make(map[post]roster.Date)
	for i := range changes {
		if c := &changes[i]; c.creates() {
			ends[postOf(c.draft)], _ = roster.ParseDate(c.given(ContractEnd)) // our own writing
		}
	}
	for i := range items {
		if c, ok := items[i].Set.Find(ContractEnd); ok && items[i].EmployeeID != 0 {
			ends[post{employee: items[i].EmployeeID}], _ = roster.ParseDate(c.To) // our own writing
		}
	}
	for i := range changes {
		c := &changes[i]
		boss := c.boss()
		end, byFile := ends[boss]
		soon := 0
		if e := in.people.ByID(boss.employee); e != nil {
			switch {
			case e.StatusOn(in.day) == roster.Former:
				end = roster.Date{} // said already
			case byFile:
				soon = notice
			default:
				end = e.ContractEnd
			}
		}
		from := in.day
		if start := in.sheet.day(c.draft.row, ContractStart); c.employee() == nil && start.After(from) {
			from = start
		}
		if !end.IsZero() && !end.After(from.AddDays(soon)) {
			r.say(c.draft.row, warning("manager_left", Manager, fmt.Sprintf("means somebody who leaves on %s, by this file or in Lucca: name another manager", end)))
		}
	}
}
