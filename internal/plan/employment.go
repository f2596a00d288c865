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

// dateSet is a date that a row sets, none where it does not.
func dateSet(row *edit, code string) roster.Date {
	day, _ := roster.ParseDate(row.set[code].To) // our own writing
	return day
}

// ofEmployment reports whether a column is about a contract: see employ.
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
func wishOf(row *edit) wish {
	var w wish
	for i := range row.in.sheet.columns {
		c := &row.in.sheet.columns[i]
		text := row.draft.row.Cells[c.cell]
		if !ofEmployment(&c.property) || row.draft.row.void(c.cell) || text == "" && row.in.policy.Blank == KeepBlank {
			continue
		}
		switch {
		case text == "" && c.Field == roster.ContractEnd:
			w.clears = !row.in.defaults.has[c.name]
		case text == "" && c.Field == roster.ContractStart && !row.draft.employee.ContractStart.IsZero():
			row.warn("cannot_clear", c.name, "is blank, but nobody can be without: it stays as it is")
		case text == "":
		default:
			wishFor(row, c, text, &w)
		}
	}
	return w
}

func wishFor(row *edit, c *column, text string, w *wish) {
	v, bad := row.value(c, text)
	switch {
	case bad != nil:
		row.refuse(bad.code, c.name, bad.predicate)
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

func historyOf(e *roster.Employee, today roster.Date) history {
	h := history{contracts: e.Contracts(), former: e.StatusOn(today) == roster.Former}
	h.read = len(h.contracts) > 0
	if !h.read {
		h.contracts = []roster.Contract{{StartsOn: e.ContractStart, EndsOn: e.ContractEnd, EstablishmentID: e.EstablishmentID}}
	}
	h.at = roster.Applicable(h.contracts, today)
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
func employ(row *edit) {
	row.action = Update
	h, w := historyOf(row.draft.employee, row.in.day), wishOf(row)
	if !w.faulty {
		at := aimAt(row, &h, w)
		switch {
		case row.rejected:
		case at.fresh:
			sign(row, &h, w)
		default:
			retype(row, &h, w, at)
			setEnd(row, &h, w, at)
		}
	}
	if len(row.set) == 0 {
		row.action = Unchanged
	}
}

// aim is what a row is about: the contract at the target, whose start it may correct, or a fresh
// one.
type aim struct {
	target           int
	fresh, corrected bool
}

// aimAt tells which contract a row is about.
func aimAt(row *edit, h *history, w wish) aim {
	now := h.applies()
	if w.start.IsZero() {
		return aim{target: h.at, fresh: becomesPermanent(h, w)}
	}
	for i, c := range h.contracts {
		if c.StartsOn != w.start {
			continue
		}
		switch {
		case i >= h.at:
			return aim{target: i, fresh: i == h.at && becomesPermanent(h, w)}
		case i >= h.first: // the first day of the employment
			return aim{target: h.at, fresh: becomesPermanent(h, w)}
		}
		row.warn("older_contract", ContractStart, fmt.Sprintf("is the start of an earlier contract: that of %s, which applies, stays as it is", now.StartsOn))
		return aim{target: h.at}
	}
	if !now.EndsOn.IsZero() && w.start.After(now.EndsOn) {
		if next := h.after(h.at); next != nil {
			row.refuse("next_contract", ContractStart, fmt.Sprintf("is not the start of the next contract, which is signed from %s: correct the one or the other", next.StartsOn))
		}
		return aim{target: h.at, fresh: true}
	}
	if h.at > 0 && !w.start.After(h.contracts[h.at-1].EndsOn) {
		row.refuse("overlaps", ContractStart, fmt.Sprintf("is within an earlier contract, which ends on %s: write a later day, or correct Lucca", h.contracts[h.at-1].EndsOn))
		return aim{target: h.at}
	}
	row.put(ContractStart, Change{From: now.StartsOn.String(), To: w.start.String()})
	warnLater(row, h, w)
	return aim{target: h.at, corrected: true}
}

// becomesPermanent: the row has another type and no end, where a contract is to end and no next
// one is signed.
func becomesPermanent(h *history, w wish) bool {
	now := h.applies()
	return h.read && !h.former && w.kind.id != 0 && w.kind.id != now.TypeID && w.end.IsZero() && !now.EndsOn.IsZero() && h.after(h.at) == nil
}

// warnLater is about a start that is moved into the future.
func warnLater(row *edit, h *history, w wish) {
	switch {
	case !w.start.After(row.in.day) || h.applies().StartsOn.After(row.in.day):
	case row.in.isProtected(row.draft.employee):
		row.refuse("protected", ContractStart, "would close a protected account until that day: change it in Lucca, or take it out of protect:")
	default:
		row.doubt(lateStart, "starts_later", ContractStart, "is in the future: a present employee loses access until that day")
	}
}

// sign gives somebody a further contract: one who has left comes back, a fixed term is
// followed by another contract.
func sign(row *edit, h *history, w wish) {
	before := &h.contracts[len(h.contracts)-1]
	start := w.start
	if !start.After(before.EndsOn) {
		start = before.EndsOn.AddDays(1)
	}
	if !w.end.IsZero() && w.end.Before(start) {
		row.refuse("end_before_start", ContractEnd, "would make the contract end before it starts: correct the one or the other")
		return
	}
	kind := w.kind.id
	if kind == 0 {
		kind = before.TypeID
	}
	if kind == 0 && h.read {
		row.refuse("contract_type_missing", ContractStart, "begins a new contract, and the last one has no type to go by: add a column contractType, with lucca.contract_types in the configuration")
		return
	}
	if kind == 0 {
		row.refuse("contract_type_missing", ContractStart, "begins a new contract, whose type Lucca needs, and the last contract cannot be read: let the API key read work contracts, or add a column contractType, with lucca.contract_types in the configuration")
		return
	}
	doubtPast(row, w.end, roster.Date{})
	if h.former {
		row.action = Rehire
	} else if w.kind.id == 0 && w.end.IsZero() {
		row.warn("contract_type_kept", ContractStart, fmt.Sprintf("begins a next contract, of the type of the last one (%s), since no column says which: see that this is right", row.in.typeLabel(kind)))
	}
	row.put(ContractStart, Change{From: before.StartsOn.String(), To: start.String()})
	row.put(ContractEnd, Change{From: before.EndsOn.String(), To: w.end.String()})
	row.put(ContractType, Change{From: row.in.typeLabel(before.TypeID), To: row.in.typeLabel(kind), IDs: []int{kind}})
	row.contract = &ContractChange{EstablishmentID: row.draft.employee.EstablishmentID, CategoryID: before.CategoryID}
	for code, into := range map[string]*int{Establishment: &row.contract.EstablishmentID, Category: &row.contract.CategoryID} {
		if c, changes := row.set[code]; changes {
			*into = append(c.IDs, 0)[0]
		}
	}
}

// retype corrects the type of a contract.
func retype(row *edit, h *history, w wish, at aim) {
	c := &h.contracts[at.target]
	if w.kind.id == 0 || w.kind.id == c.TypeID {
		return
	}
	if next := h.after(at.target); next != nil && next.TypeID == w.kind.id && w.end.IsZero() {
		return // it is what is signed next
	}
	if !h.read {
		row.refuse("contract_unreadable", ContractType, "cannot be compared, since the API key may not read work contracts: let it, or leave the column out")
		return
	}
	row.put(ContractType, Change{From: row.in.typeLabel(c.TypeID), To: w.kind.text, IDs: []int{w.kind.id}})
	row.contract = &ContractChange{ID: c.ID}
}

// setEnd sets, moves or takes back the end of a contract.
func setEnd(row *edit, h *history, w wish, at aim) {
	switch {
	case w.end.IsZero() && w.clears:
		at.target = max(at.target, h.last)
	case w.end.IsZero():
		warnBlank(row, h)
		return
	default:
		for at.target < h.last && !h.contracts[at.target+1].StartsOn.After(w.end) {
			at.target++ // the end is that of what is signed next
		}
	}
	c := &h.contracts[at.target]
	start := c.StartsOn
	if at.corrected {
		start = w.start
	}
	switch next := h.after(at.target); {
	case w.end == c.EndsOn:
		return
	case !w.end.IsZero() && w.end.Before(start):
		row.refuse("end_before_start", ContractEnd, "would make the contract end before it starts: correct the one or the other")
		return
	case next != nil && (w.end.IsZero() || !w.end.Before(next.StartsOn)):
		row.refuse("overlaps", ContractEnd, fmt.Sprintf("reaches into another contract, which starts on %s: write an earlier day, or correct Lucca", next.StartsOn))
		return
	}
	doubtPast(row, w.end, c.EndsOn)
	doubtYear(row, w.end, c.EndsOn)
	row.put(ContractEnd, Change{From: c.EndsOn.String(), To: w.end.String()})
	row.action = endAction(row, h, at.target, w)
	route(row, h, at)
}

// doubtPast doubts an end that is long over, unless it corrects one within a year of it: who is
// there would have worked without a contract since.
func doubtPast(row *edit, end, before roster.Date) {
	const quarter, year = 92, 366
	old := !end.IsZero() && end.AddDays(quarter).Before(row.in.day)
	corrects := !before.AddDays(year).Before(end) && !end.AddDays(year).Before(before)
	if old && !corrects {
		row.doubt(pastEnd, "past_end", ContractEnd, "is more than three months ago: see that the day, the month and the year are right")
	}
}

// warnBlank is about an end in Lucca that a row leaves out.
func warnBlank(row *edit, h *history) {
	end := h.contracts[max(h.at, h.last)].EndsOn
	switch {
	case !row.in.sheet.has(ContractEnd) || end.IsZero():
	case h.former && row.cell(ContractStart) == "":
	case h.former:
		row.warn("has_left", ContractEnd, "is blank, but the employee has left: write a new start of contract if they return")
	default:
		row.warn("end_kept", ContractEnd, fmt.Sprintf("is blank, but Lucca ends the contract on %s, and so it stays: write the start of the next contract, or correct Lucca", end))
	}
}

// endAction tells what a new end amounts to: only an end that comes sooner, or where there was
// none, ends somebody.
func endAction(row *edit, h *history, target int, w wish) Action {
	before := h.contracts[target].EndsOn
	switch {
	case h.former:
		if w.end.IsZero() || !w.end.Before(row.in.day) {
			row.warn("reopens", ContractEnd, "takes back that somebody has left: the account opens again")
		}
		return Update
	case w.end.IsZero():
		row.warn("end_cleared", ContractEnd, "takes back the end of a contract")
		return Update
	case !before.IsZero() && w.end.After(before):
		return Update
	case row.in.isProtected(row.draft.employee):
		row.refuse("protected", ContractEnd, "is for a protected account, which no file ends: end it in Lucca, or take it out of protect:")
	}
	if next := h.after(target); next != nil {
		row.warn("next_stays", ContractEnd, fmt.Sprintf("ends a contract, but not the next one, which is signed from %s: end or cancel that in Lucca", next.StartsOn))
	}
	return End
}

// route decides how an end is written: to the contract, or to the user, whose end is that of
// the contract that applies. A corrected start is written to the user, and the end with it.
func route(row *edit, h *history, at aim) {
	switch {
	case at.corrected:
	case !h.read && row.in.policy.EndBy == EndByContract:
		row.refuse("contract_unreadable", ContractEnd, "cannot be written to the contract, since the API key may not read work contracts: let it, or set end_by: user")
	case !h.read || row.in.policy.EndBy == EndByUser && at.target == h.at:
		return
	default:
		row.contract = ended(row.in.policy, h.contracts[at.target].ID, row.action)
	}
}

// ended is the change of a contract whose end is in the Set.
func ended(policy Policy, contract int, action Action) *ContractChange {
	c := &ContractChange{ID: contract}
	if action == End {
		c.ReasonID = policy.TerminationReason
	}
	return c
}
