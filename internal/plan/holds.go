package plan

import (
	"maps"
	"slices"

	"lucca-exchange/internal/roster"
)

// Holds reports whether an employee, read with the query of the plan, has all the values of
// a Set already: then a request that may have been sent has been carried out. What the key
// may not see, and a manager who has only a row, is not known to be there.
func Holds(e *roster.Employee, set map[string]Change) bool {
	for code, change := range set {
		prop, ok := propertyOf(code)
		if !ok || e.Hidden&prop.Field != 0 || !prop.shows(e, change) {
			return false
		}
	}
	return true
}

// HoldsItem reports whether an employee has everything already that an item changes of them,
// where set is its Set with the manager known. A new contract is there when one begins on its
// day.
func HoldsItem(e *roster.Employee, item *Item, set map[string]Change) bool {
	if item.Contract == nil {
		return Holds(e, set)
	}
	rest := maps.Clone(set)
	for _, code := range []string{ContractStart, ContractEnd, ContractType} {
		if item.Contract.ID == 0 || code != ContractStart {
			delete(rest, code)
		}
	}
	return HoldsContract(e, item) && Holds(e, rest)
}

// HoldsContract reports whether the contract of an item is in Lucca as the item leaves it.
func HoldsContract(e *roster.Employee, item *Item) bool {
	if item.Contract == nil {
		return false
	}
	start, ends := item.Set.Get(ContractStart), item.Set.Get(ContractEnd)
	_, changesEnd := item.Set.Find(ContractEnd)
	kind := item.Set.Get(ContractType)
	return slices.ContainsFunc(e.Contracts(), func(c roster.Contract) bool {
		if item.Contract.ID == 0 {
			return c.StartsOn.String() == start.To
		}
		return c.ID == item.Contract.ID && (!changesEnd || c.EndsOn.String() == ends.To) && (len(kind.IDs) == 0 || kind.IDs[0] == c.TypeID)
	})
}

// shows reports whether an employee has the new value of a change.
func (c *property) shows(e *roster.Employee, change Change) bool {
	switch {
	case c.Kind == roster.RoleIDs:
		return slices.Equal(change.IDs, e.SecondaryRoleIDs)
	case c.Refers():
		return (change.Row == 0 || len(change.IDs) == 1) && refersTo(change, c.ID(e))
	case c.Kind == roster.Day:
		day, err := roster.ParseDate(change.To)
		return err == nil && c.Date(e) == day
	case change.To == "":
		return c.Text(e) == ""
	default:
		return c.same(e, change.To)
	}
}

// refersTo reports whether a change makes a reference to the id, or to nothing when it is 0.
func refersTo(change Change, id int) bool {
	if id == 0 {
		return len(change.IDs) == 0
	}
	return len(change.IDs) == 1 && change.IDs[0] == id
}
