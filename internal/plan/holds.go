package plan

import (
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

// shows reports whether an employee has the new value of a change.
func (c *property) shows(e *roster.Employee, change Change) bool {
	switch {
	case c.Kind == roster.RoleIDs:
		return slices.Equal(change.IDs, e.SecondaryRoleIDs)
	case c.Kind == roster.ManagerID:
		return (change.Row == 0 || len(change.IDs) == 1) && refersTo(change, managerOf(e))
	case c.Refers():
		return refersTo(change, c.ID(e))
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
