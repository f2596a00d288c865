package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/roster"
)

// refuseClashes rejects rows that would give two people the same login, the same number in
// an establishment or, when one of them is new, the same e-mail: it may be one person twice.
func (p *planner) refuseClashes() {
	p.refuseSame(repeat{"duplicate_login", Login, ""}, func(d *draft) string {
		return loginKey(d.given(Login))
	})
	p.refuseSame(repeat{"duplicate_mail", Mail, "; a mailbox that people share is named under mail_shared:"}, func(d *draft) string {
		if d.employee != nil {
			return ""
		}
		return p.ownMail(d.given(Mail))
	})
	p.refuseSharedMail()
	p.refuseSame(repeat{"duplicate_number", EmployeeNumber, ""}, func(d *draft) string {
		number, establishment := d.given(EmployeeNumber), d.establishment
		_, moves := d.packed.Find(Establishment)
		if e := d.employee; e != nil {
			if number == "" && moves {
				number = e.EmployeeNumber
			}
			if !moves {
				establishment = e.EstablishmentID
			}
		}
		if number == "" {
			return ""
		}
		return strconv.Itoa(establishment) + "/" + numberKey(number)
	})
}

// ownMail is the key of an address, none for a mailbox that people share.
func (p *planner) ownMail(mail string) string {
	key := mailKey(mail)
	if p.shared[key] {
		return ""
	}
	return key
}

// refuseSharedMail rejects somebody new whose e-mail another row gives to an employee.
func (p *planner) refuseSharedMail() {
	given := make(map[string]int)
	for i := range p.drafts {
		if d := &p.drafts[i]; d.employee != nil && p.ownMail(d.given(Mail)) != "" {
			given[mailKey(d.given(Mail))] = d.row.Number
		}
	}
	if len(given) == 0 {
		return
	}
	for i := range p.drafts {
		d := &p.drafts[i]
		if row := given[mailKey(d.given(Mail))]; row != 0 && d.employee == nil {
			p.refuse(d, "duplicate_mail", Mail, fmt.Sprintf("is given to an employee by row %d: it may be the same person", row))
		}
	}
}

// given is the new value of a property, empty for a row that is rejected or sets none.
func (d *draft) given(code string) string {
	if d.rejected {
		return ""
	}
	return d.sent(code).To
}

// refuseOrphans rejects the rows whose manager is in a row that is rejected, and those who
// have them as managers, and so on.
func (p *planner) refuseOrphans() {
	under := make(map[int][]int)
	var queue []int
	for i := range p.drafts {
		d := &p.drafts[i]
		if d.manager != 0 {
			under[d.manager-1] = append(under[d.manager-1], i)
		}
		if d.rejected {
			queue = append(queue, i)
		}
	}
	for len(queue) > 0 && len(under) > 0 {
		boss := queue[0]
		queue = queue[1:]
		for _, i := range under[boss] {
			d := &p.drafts[i]
			if d.rejected {
				continue
			}
			p.refuse(d, "manager_rejected", Manager, fmt.Sprintf("is created by row %d, which is rejected", p.drafts[boss].row.Number))
			if d.employee == nil {
				queue = append(queue, i)
			}
		}
	}
}

// giveLogins generates the logins of those who have none. They are served by e-mail, not by
// row, so that the order of the file decides nothing.
func (p *planner) giveLogins() {
	l := logins{taken: make(map[string]bool), next: make(map[string]int)}
	var without []*draft
	for i := range p.drafts {
		d := &p.drafts[i]
		if login := p.cell(d, Login); login != "" {
			l.taken[loginKey(login)] = true
		}
		if d.base != "" && !d.rejected {
			without = append(without, d)
		}
	}
	if len(without) > 0 {
		for login := range p.directory.byLogin {
			l.taken[login] = true
		}
	}
	// No two of them have the same e-mail.
	slices.SortFunc(without, func(a, b *draft) int {
		if c := strings.Compare(a.base, b.base); c != 0 {
			return c
		}
		return strings.Compare(mailKey(p.cell(a, Mail)), mailKey(p.cell(b, Mail)))
	})
	for _, d := range without {
		d.amend(Login, Change{To: l.free(d.base)})
	}
	p.nameManagers()
}

// nameManagers fills in the logins of managers whom the file creates.
func (p *planner) nameManagers() {
	for i := range p.drafts {
		d := &p.drafts[i]
		if d.manager == 0 || d.rejected {
			continue
		}
		c := d.sent(Manager)
		c.To = p.drafts[d.manager-1].sent(Login).To
		d.amend(Manager, c)
	}
}

// absent reports the present employees who are not in a full file and, where the policy
// says so, ends them.
func (p *planner) absent() []Item {
	if len(p.drafts) == 0 || p.doubtful {
		return nil
	}
	ends := p.policy.OnAbsent == EndAbsent
	if ends && p.someUnknown() {
		ends = false
		p.note(finding.Warning, "absent_uncertain", "", "nobody who is absent from the file is ended, because it has rejected rows of which it is not known whom they are about")
	}
	var items []Item
	created := p.created()
	for _, e := range p.absentees() {
		end := p.endOf(e)
		if ends && !end.IsZero() && p.uncertain(created, e) {
			continue
		}
		if !ends || end.IsZero() {
			p.note(finding.Warning, "absent", "", fmt.Sprintf("employee %d is not in the file and stays as they are", e.ID))
			continue
		}
		p.note(finding.Warning, "absent_ended", "", fmt.Sprintf("employee %d is not in the file: the contract ends on %s", e.ID, end))
		items = append(items, Item{
			Action: End, EmployeeID: e.ID, Login: e.Login, Basis: Fingerprint(e),
			Set:      SetOf(map[string]Change{ContractEnd: {From: e.ContractEnd.String(), To: end.String()}}),
			Contract: p.endedOf(e),
		})
	}
	return items
}

// endedOf is how the contract that applies to somebody is ended; nil by way of the user.
func (p *planner) endedOf(e *roster.Employee) *ContractChange {
	h := p.historyOf(e)
	if !h.read || p.policy.EndBy == EndByUser {
		return nil
	}
	return p.ended(h.applies().ID, End)
}

// endOf is the day on which an absent employee is ended, or none for whom absence is not
// enough: an upcoming or protected one, and one whose end is known already.
func (p *planner) endOf(e *roster.Employee) roster.Date {
	if e.StatusOn(p.day) != roster.Active || p.isProtected(e) || !e.ContractEnd.IsZero() {
		return roster.Date{}
	}
	return p.day
}

// someUnknown reports whether a rejected row may be about anybody.
func (p *planner) someUnknown() bool {
	return slices.ContainsFunc(p.drafts, func(d draft) bool { return d.rejected && d.employee == nil })
}

// absentees are those who have not left and are in no row, by id; where the policy names a
// source, those of them whom it has ever brought.
func (p *planner) absentees() []*roster.Employee {
	mentioned := maps.Clone(p.mentioned)
	for i := range p.drafts {
		if e := p.drafts[i].employee; e != nil {
			mentioned[e.ID] = true
		}
	}
	var absent []*roster.Employee
	for _, e := range p.people.Employees() {
		if p.policy.Source != "" && !p.policy.Brought[e.ID] {
			continue
		}
		if !mentioned[e.ID] && e.StatusOn(p.day) != roster.Former {
			absent = append(absent, e)
		}
	}
	slices.SortFunc(absent, func(a, b *roster.Employee) int { return cmp.Compare(a.ID, b.ID) })
	return absent
}
