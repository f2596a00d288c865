package plan

import "lucca-exchange/internal/roster"

// dateAfter is a date of the contract as it is after the change.
func (p *planner) dateAfter(d *draft, code string) roster.Date {
	if c, ok := d.set[code]; ok {
		day, err := roster.ParseDate(c.To)
		if err != nil {
			return roster.Date{}
		}
		return day
	}
	switch {
	case d.employee == nil:
		return roster.Date{}
	case code == ContractStart:
		return d.employee.ContractStart
	default:
		return d.employee.ContractEnd
	}
}

// decide tells what the changes of a known employee amount to.
func (p *planner) decide(d *draft) {
	e := d.employee
	former := e.StatusOn(p.day) == roster.Former
	start := p.dateAfter(d, ContractStart)
	_, starts := d.set[ContractStart]
	if _, ends := d.set[ContractEnd]; former && starts && start.After(e.ContractEnd) && !ends && p.cell(d, ContractEnd) == "" {
		// A new contract is open-ended unless the file says otherwise.
		d.put(ContractEnd, Change{From: e.ContractEnd.String()})
	}
	if starts && e.StatusOn(p.day) == roster.Active && !e.ContractEnd.IsZero() && start.After(e.ContractEnd) {
		p.refuse(d, "next_contract", ContractStart, "is after the end of the present contract: add the next contract in Lucca, since a file would replace the present one")
		return
	}
	_, ends := d.set[ContractEnd]
	end := p.dateAfter(d, ContractEnd)
	if (starts || ends) && !end.IsZero() && end.Before(start) {
		column := ContractEnd
		if !ends {
			column = ContractStart
		}
		p.refuse(d, "end_before_start", column, "would make the contract end before it starts")
		return
	}
	now := employment{starts: starts, start: start, ends: ends, end: end}
	if former {
		d.action = p.formerAction(d, now)
	} else {
		d.action = p.presentAction(d, now)
	}
	if len(d.set) == 0 {
		d.action = Unchanged
	}
}

// employment is a contract as a row leaves it; starts and ends tell which of its dates the
// row changes.
type employment struct {
	starts, ends bool
	start, end   roster.Date
}

// formerAction: a start after the old end is a new contract; an end that is taken back is a
// correction which lets somebody in again.
func (p *planner) formerAction(d *draft, now employment) Action {
	switch {
	case now.starts && now.start.After(d.employee.ContractEnd):
		return Rehire
	case now.ends && (now.end.IsZero() || !now.end.Before(p.day)):
		p.warn(d, "reopens", ContractEnd, "takes back that somebody has left: the account opens again")
	case !now.ends && p.cell(d, ContractEnd) == "" && p.has(ContractEnd) && p.cell(d, ContractStart) != "":
		p.warn(d, "has_left", ContractEnd, "is blank, but the employee has left: write a new start of contract if they return")
	}
	return Update
}

func (p *planner) presentAction(d *draft, now employment) Action {
	protected := p.isProtected(d.employee)
	if now.starts && now.start.After(p.day) && !d.employee.ContractStart.After(p.day) {
		if protected {
			p.refuse(d, "protected", ContractStart, "would close a protected account until that day")
		} else {
			p.warn(d, "starts_later", ContractStart, "is in the future: a present employee loses access until that day")
		}
	}
	switch {
	case !now.ends:
		return Update
	case now.end.IsZero():
		p.warn(d, "end_cleared", ContractEnd, "takes back the end of a contract")
		return Update
	case protected:
		p.refuse(d, "protected", ContractEnd, "is for a protected account, which no file ends")
	}
	return End
}

func (p *planner) has(code string) bool {
	_, ok := p.at[code]
	return ok
}

// isProtected reports whether an account is never ended: that of the API key, and those of
// the settings.
func (p *planner) isProtected(e *roster.Employee) bool {
	if e.ID == p.policy.Account {
		return true
	}
	key := loginKey(e.Login)
	for _, login := range p.policy.Protect {
		if loginKey(login) == key {
			return true
		}
	}
	return false
}
