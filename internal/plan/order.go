package plan

import (
	"cmp"
	"slices"
	"strings"
)

// order makes the items of a plan, in the order of the rows, once the logins that the file
// leaves out are given.
func order(in *input, changes []change) []Item {
	giveLogins(in, changes)
	nameManagers(changes)
	items := make([]Item, len(changes))
	for i := range changes {
		items[i] = changes[i].item()
	}
	slices.SortStableFunc(items, func(a, b Item) int { return cmp.Compare(a.Row, b.Row) })
	return items
}

func (c *change) item() Item {
	item := Item{Row: c.draft.row.Number, Action: c.action, Contract: c.contract, Set: c.set}
	e := c.employee()
	if e != nil {
		item.EmployeeID, item.Login = e.ID, e.Login
	}
	if c.rejected {
		item.Action, item.Contract = Reject, nil
	}
	if login, ok := item.Set.Find(Login); ok {
		item.Login = login.To
	}
	if e != nil && !item.Set.IsZero() {
		item.Basis = Fingerprint(e)
	}
	return item
}

// giveLogins generates the logins of those who have none. They are served by e-mail, not by
// row, so that the order of the file decides nothing.
func giveLogins(in *input, changes []change) {
	l := logins{taken: make(map[string]bool), next: make(map[string]int)}
	var without []*change
	for i := range changes {
		c := &changes[i]
		l.taken[loginKey(in.sheet.cell(c.draft.row, Login))] = true
		if c.login != "" && !c.rejected {
			without = append(without, c)
		}
	}
	if len(without) > 0 {
		for login := range in.directory.byLogin {
			l.taken[login] = true
		}
	}
	// No two of them have the same e-mail.
	slices.SortFunc(without, func(a, b *change) int {
		return cmp.Or(strings.Compare(a.login, b.login), strings.Compare(mailKey(in.sheet.cell(a.draft.row, Mail)), mailKey(in.sheet.cell(b.draft.row, Mail))))
	})
	for _, c := range without {
		c.amend(Login, Change{To: l.free(c.login)})
	}
}

// nameManagers fills in the logins of managers whom the file creates.
func nameManagers(changes []change) {
	for i := range changes {
		c := &changes[i]
		if c.manager == nil || c.rejected {
			continue
		}
		to := c.set.Get(Manager)
		to.To = changes[c.manager.index].given(Login)
		c.amend(Manager, to)
	}
}
