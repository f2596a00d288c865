package plan

import (
	"fmt"

	"lucca-exchange/internal/roster"
)

// ContractChange is what an item does to work contracts, beside what is in its Set: there are
// the dates and the type.
type ContractChange struct {
	// ID is the contract that is changed; 0 for a new one.
	ID int `json:"id,omitempty"`
	// EstablishmentID and CategoryID are those of a new contract.
	EstablishmentID int `json:"establishment_id,omitempty"`
	CategoryID      int `json:"category_id,omitempty"`
	// ReasonID is why a contract ends; 0 for nothing said.
	ReasonID int `json:"reason_id,omitempty"`
}

// dateAfter is a date of the contract of somebody new.
func (d *draft) dateAfter(code string) roster.Date {
	day, err := roster.ParseDate(d.set[code].To)
	if err != nil {
		return roster.Date{}
	}
	return day
}

// ofEmployment reports whether a column is about a contract: see planner.employ.
func ofEmployment(c *property) bool {
	return c.Field == roster.ContractStart || c.Field == roster.ContractEnd || c.Kind == roster.ContractTypeID
}

// wish is what a row says of the contract of somebody known. A part that is zero is not said.
type wish struct {
	start, end roster.Date
	// clears: the end is blank, and blanks clear.
	clears bool
	kind   value
	// faulty: something in it was refused.
	faulty bool
}

// wishOf reads the cells about the contract.
func (p *planner) wishOf(d *draft) wish {
	var w wish
	for i := range p.columns {
		c := &p.columns[i]
		text := d.row.Cells[c.cell]
		if !ofEmployment(&c.property) || d.row.void(c.cell) || text == "" && p.policy.Blank == KeepBlank {
			continue
		}
		switch {
		case d.employee.Hidden&c.Field != 0:
			p.refuseHidden(d, c.name)
			w.faulty = true
		case text == "" && c.Field == roster.ContractEnd:
			w.clears = !p.hasDefault[c.name]
		case text == "" && c.Field == roster.ContractStart && !d.employee.ContractStart.IsZero():
			p.warn(d, "cannot_clear", c.name, "is blank, but nobody can be without: it stays as it is")
		case text == "":
		default:
			p.wishFor(d, c, text, &w)
		}
	}
	return w
}

func (p *planner) wishFor(d *draft, c *column, text string, w *wish) {
	v, bad := p.read(d, c, text)
	switch {
	case bad != nil:
		p.refuse(d, bad.code, c.name, bad.predicate)
		w.faulty = true
	case c.Field == roster.ContractStart:
		w.start = v.date
	case c.Field == roster.ContractEnd:
		w.end = v.date
	default:
		w.kind = v
	}
}

// history are the contracts of somebody, in order of start, and where the day is in them.
type history struct {
	contracts []roster.Contract
	// read: they are those of Lucca, and not what the user shows of the one that applies.
	read bool
	// at is the contract that applies; first and last are the ends of the employment.
	at, first, last int
	former          bool
}

func (p *planner) historyOf(e *roster.Employee) history {
	h := history{contracts: e.Contracts(), former: e.StatusOn(p.day) == roster.Former}
	h.read = len(h.contracts) > 0
	if !h.read {
		h.contracts = []roster.Contract{{StartsOn: e.ContractStart, EndsOn: e.ContractEnd, EstablishmentID: e.EstablishmentID}}
	}
	h.at = roster.Applicable(h.contracts, p.day)
	h.first, h.last = roster.Chain(h.contracts, h.at)
	return h
}

// applies is the contract that applies.
func (h *history) applies() *roster.Contract { return &h.contracts[h.at] }

// after is the contract that follows a place, with or without a gap; nil for none.
func (h *history) after(i int) *roster.Contract {
	if i+1 < len(h.contracts) {
		return &h.contracts[i+1]
	}
	return nil
}

// employ finds out what a row does to the contracts of somebody known, and so what the item
// amounts to.
func (p *planner) employ(d *draft) {
	d.action = Update
	h, w := p.historyOf(d.employee), p.wishOf(d)
	if !w.faulty {
		target, fresh, corrected := p.aim(d, &h, w)
		switch {
		case d.rejected:
		case fresh:
			p.sign(d, &h, w)
		default:
			p.retype(d, &h, target, w)
			p.limit(d, &h, target, w, corrected)
		}
	}
	if len(d.set) == 0 {
		d.action = Unchanged
	}
}

// aim tells which contract a row is about, whether it is a new one, and whether its start is
// corrected.
func (p *planner) aim(d *draft, h *history, w wish) (target int, fresh, corrected bool) {
	now := h.applies()
	if w.start.IsZero() {
		return h.at, p.becomesPermanent(h, w), false
	}
	for i, c := range h.contracts {
		if c.StartsOn != w.start {
			continue
		}
		switch {
		case i >= h.at:
			return i, i == h.at && p.becomesPermanent(h, w), false
		case i >= h.first: // the first day of the employment
			return h.at, p.becomesPermanent(h, w), false
		}
		p.warn(d, "older_contract", ContractStart, fmt.Sprintf("is the start of an earlier contract: that of %s, which applies, stays as it is", now.StartsOn))
		return h.at, false, false
	}
	if !now.EndsOn.IsZero() && w.start.After(now.EndsOn) {
		if next := h.after(h.at); next != nil {
			p.refuse(d, "next_contract", ContractStart, fmt.Sprintf("is not the start of the next contract, which is signed from %s: correct the one or the other", next.StartsOn))
		}
		return h.at, true, false
	}
	if h.at > 0 && !w.start.After(h.contracts[h.at-1].EndsOn) {
		p.refuse(d, "overlaps", ContractStart, fmt.Sprintf("is within an earlier contract, which ends on %s", h.contracts[h.at-1].EndsOn))
		return h.at, false, false
	}
	d.put(ContractStart, Change{From: now.StartsOn.String(), To: w.start.String()})
	p.warnLater(d, h, w)
	return h.at, false, true
}

// becomesPermanent: the row has another type and no end, where a contract is to end and no next
// one is signed.
func (p *planner) becomesPermanent(h *history, w wish) bool {
	now := h.applies()
	return h.read && !h.former && w.kind.id != 0 && w.kind.id != now.TypeID && w.end.IsZero() && !now.EndsOn.IsZero() && h.after(h.at) == nil
}

// warnLater is about a start that is moved into the future.
func (p *planner) warnLater(d *draft, h *history, w wish) {
	switch {
	case h.former || !w.start.After(p.day) || h.applies().StartsOn.After(p.day):
	case p.isProtected(d.employee):
		p.refuse(d, "protected", ContractStart, "would close a protected account until that day")
	default:
		p.warn(d, "starts_later", ContractStart, "is in the future: a present employee loses access until that day")
	}
}

// sign gives somebody a further contract: one who has left comes back, a fixed term is
// followed by another contract.
func (p *planner) sign(d *draft, h *history, w wish) {
	before := &h.contracts[len(h.contracts)-1]
	start := w.start
	if !start.After(before.EndsOn) {
		start = before.EndsOn.AddDays(1)
	}
	if !w.end.IsZero() && w.end.Before(start) {
		p.refuse(d, "end_before_start", ContractEnd, "would make the contract end before it starts")
		return
	}
	kind := w.kind.id
	if kind == 0 {
		kind = before.TypeID
	}
	if kind == 0 && h.read {
		p.refuse(d, "contract_type_missing", ContractStart, "begins a new contract, and the last one has no type to go by: add a column contractType, with lucca.contract_types in the configuration")
		return
	}
	if kind == 0 {
		p.refuse(d, "contract_type_missing", ContractStart, "begins a new contract, whose type Lucca needs, and the last contract cannot be read: let the API key read work contracts, or add a column contractType, with lucca.contract_types in the configuration")
		return
	}
	if h.former {
		d.action = Rehire
	} else if w.kind.id == 0 && w.end.IsZero() {
		p.warn(d, "contract_type_kept", ContractStart, fmt.Sprintf("begins a next contract, of the type of the last one (%s), since no column says which: see that this is right", p.typeLabel(kind)))
	}
	d.put(ContractStart, Change{From: before.StartsOn.String(), To: start.String()})
	d.put(ContractEnd, Change{From: before.EndsOn.String(), To: w.end.String()})
	d.put(ContractType, Change{From: p.typeLabel(before.TypeID), To: p.typeLabel(kind), IDs: []int{kind}})
	d.contract = &ContractChange{EstablishmentID: d.employee.EstablishmentID, CategoryID: before.CategoryID}
	for code, into := range map[string]*int{Establishment: &d.contract.EstablishmentID, Category: &d.contract.CategoryID} {
		if c, changes := d.set[code]; changes {
			*into = append(c.IDs, 0)[0]
		}
	}
}

func (p *planner) typeLabel(id int) string {
	label, known := p.people.ContractTypeLabel(id)
	if !known && id != 0 {
		return idLabel(id)
	}
	return label
}

// retype corrects the type of a contract.
func (p *planner) retype(d *draft, h *history, target int, w wish) {
	c := &h.contracts[target]
	if w.kind.id == 0 || w.kind.id == c.TypeID {
		return
	}
	if next := h.after(target); next != nil && next.TypeID == w.kind.id && w.end.IsZero() {
		return // it is what is signed next
	}
	if !h.read {
		p.refuse(d, "contract_unreadable", ContractType, "cannot be compared, since the API key may not read work contracts: let it, or leave the column out")
		return
	}
	d.put(ContractType, Change{From: p.typeLabel(c.TypeID), To: w.kind.text, IDs: []int{w.kind.id}})
	d.contract = &ContractChange{ID: c.ID}
}

// limit sets, moves or takes back the end of a contract.
func (p *planner) limit(d *draft, h *history, target int, w wish, corrected bool) {
	switch {
	case w.end.IsZero() && w.clears:
		target = max(target, h.last)
	case w.end.IsZero():
		p.warnBlank(d, h)
		if corrected && !h.applies().EndsOn.IsZero() && h.applies().EndsOn.Before(w.start) {
			p.refuse(d, "end_before_start", ContractStart, "would make the contract end before it starts")
		}
		return
	default:
		for target < h.last && !h.contracts[target+1].StartsOn.After(w.end) {
			target++ // the end is that of what is signed next
		}
	}
	c := &h.contracts[target]
	start := c.StartsOn
	if corrected {
		start = w.start
	}
	switch next := h.after(target); {
	case w.end == c.EndsOn:
		return
	case !w.end.IsZero() && w.end.Before(start):
		p.refuse(d, "end_before_start", ContractEnd, "would make the contract end before it starts")
		return
	case next != nil && (w.end.IsZero() || !w.end.Before(next.StartsOn)):
		p.refuse(d, "overlaps", ContractEnd, fmt.Sprintf("reaches into another contract, which starts on %s", next.StartsOn))
		return
	}
	d.put(ContractEnd, Change{From: c.EndsOn.String(), To: w.end.String()})
	d.action = p.endAction(d, h, target, w)
	p.route(d, h, target, corrected)
}

// warnBlank is about an end in Lucca that a row leaves out.
func (p *planner) warnBlank(d *draft, h *history) {
	end := h.contracts[max(h.at, h.last)].EndsOn
	switch {
	case !p.has(ContractEnd) || p.cell(d, ContractEnd) != "" || p.cell(d, ContractStart) == "" || end.IsZero():
	case h.former:
		p.warn(d, "has_left", ContractEnd, "is blank, but the employee has left: write a new start of contract if they return")
	default:
		p.warn(d, "end_kept", ContractEnd, fmt.Sprintf("is blank, but Lucca ends the contract on %s, and so it stays: write the start of the next contract, or correct Lucca", end))
	}
}

// endAction tells what a new end amounts to: only an end that comes sooner, or where there was
// none, ends somebody.
func (p *planner) endAction(d *draft, h *history, target int, w wish) Action {
	before := h.contracts[target].EndsOn
	switch {
	case h.former:
		if w.end.IsZero() || !w.end.Before(p.day) {
			p.warn(d, "reopens", ContractEnd, "takes back that somebody has left: the account opens again")
		}
		return Update
	case w.end.IsZero():
		p.warn(d, "end_cleared", ContractEnd, "takes back the end of a contract")
		return Update
	case !before.IsZero() && w.end.After(before):
		return Update
	case p.isProtected(d.employee):
		p.refuse(d, "protected", ContractEnd, "is for a protected account, which no file ends")
	}
	if next := h.after(target); next != nil {
		p.warn(d, "next_stays", ContractEnd, fmt.Sprintf("ends a contract, but not the next one, which is signed from %s: end or cancel that in Lucca", next.StartsOn))
	}
	return End
}

// route decides how an end is written: to the contract, or to the user, whose end is that of
// the contract that applies. A corrected start is written to the user, and the end with it.
func (p *planner) route(d *draft, h *history, target int, corrected bool) {
	switch {
	case corrected:
	case !h.read && p.policy.EndBy == EndByContract:
		p.refuse(d, "contract_unreadable", ContractEnd, "cannot be written to the contract, since the API key may not read work contracts: let it, or set end_by: user")
	case !h.read || p.policy.EndBy == EndByUser && target == h.at:
		return
	default:
		d.contract = p.ended(h.contracts[target].ID, d.action)
	}
}

// ended is the change of a contract whose end is in the Set.
func (p *planner) ended(contract int, action Action) *ContractChange {
	c := &ContractChange{ID: contract}
	if action == End {
		c.ReasonID = p.policy.TerminationReason
	}
	return c
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
