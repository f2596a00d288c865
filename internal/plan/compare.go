package plan

import (
	"fmt"
	"slices"

	"lucca-exchange/internal/roster"
)

// compare compares a row with its employee.
func compare(row *edit) {
	for i := range row.in.sheet.columns {
		c := &row.in.sheet.columns[i]
		// Another spelling of the name that identifies somebody is no other name.
		if spelled := row.in.policy.Identifier == ByName && (c.name == FirstName || c.name == LastName); !spelled && !ofEmployment(&c.property) {
			compareCell(row, c)
		}
	}
	compareRoles(row)
	checkNumber(row)
	checkOwners(row)
	checkIdentity(row)
	employ(row)
	if len(row.set) > 0 { // of most rows nothing is changed
		doubtEnd(row)
		doubtMail(row)
		doubtTexts(row)
		doubtDomain(row)
		doubtOrder(row)
	}
	doubtCut(row)
}

// compareCell sets one property of an employee when the row has another value.
func compareCell(row *edit, c *column) {
	e, text := row.draft.employee, row.draft.row.Cells[c.cell]
	switch {
	case text == "" && row.in.policy.Blank == KeepBlank, row.draft.row.void(c.cell):
		return
	case e.Hidden&c.Field != 0:
		refuseHidden(row, c.name)
		return
	case text == "":
		clearCell(row, c)
		return
	}
	f, defined := row.in.field(c)
	if !defined && c.same(e, text) {
		return
	}
	v, bad := row.value(c, text)
	switch {
	case bad != nil:
		row.refuse(bad.code, c.name, bad.predicate)
	case c.holds(e, v), defined && hasField(&f, c.Text(e), v.text):
	case c.Kind == roster.CycleID:
		row.warn("dated_value", c.name, "is another work cycle than in Lucca, and a new one begins on a day that no file says: it stays as it is, so change it in Lucca")
	default:
		setCell(row, c, v, text)
	}
}

// setCell gives an employee the value of a cell.
func setCell(row *edit, c *column, v value, text string) {
	e, change := row.draft.employee, v.change()
	change.From = row.in.current(c, e)
	switch c.Kind {
	case roster.ManagerID:
		row.warnLeft(v)
		if row.manager = v.newcomer; v.newcomer != nil {
			change.Row = v.newcomer.row.Number
		}
	case roster.Custom:
		change.ExtensionID = e.ExtensionIDs[c.Code]
		if f, defined := row.in.field(c); defined {
			change.Wire = fieldChange(&f, e.ExtensionParts[c.Code], v)
		} else if day := extensionDay(change.From, text); day != "" {
			change.To = day
		}
	}
	row.put(c.Code, change)
}

// refuseHidden rejects a row rather than overwrite what cannot be seen.
func refuseHidden(row *edit, code string) {
	row.refuse("hidden_field", code, "is hidden from the role of the API key, so that it cannot be compared: give that right in Lucca, or leave the column out")
}

// clearCell blanks one property of an employee.
func clearCell(row *edit, c *column) {
	e := row.draft.employee
	switch {
	case c.blank(e):
	case row.in.defaults.has[c.name]: // a blank asked for the default on the first day, and still does
	case c.Fixed || c.Kind == roster.CycleID:
		row.warn("cannot_clear", c.name, "is blank, but nobody can be without: it stays as it is")
	default:
		change := Change{From: row.in.current(c, e)}
		if c.Kind == roster.Custom {
			change.ExtensionID = e.ExtensionIDs[c.Code]
			if f, defined := row.in.field(c); defined && f.Multiple {
				change.Wire = fieldChange(&f, e.ExtensionParts[c.Code], value{})
			}
		}
		row.put(c.Code, change)
	}
}

// compareRoles sets the secondary roles of an employee when the row has another set.
func compareRoles(row *edit) {
	if len(row.in.sheet.roles) == 0 {
		return
	}
	e := row.draft.employee
	ids, blank := row.roles(row.roleTexts())
	if blank && (row.in.policy.Blank == KeepBlank || len(row.in.defaults.secondary) > 0) || row.rejected && !blank && len(ids) == 0 {
		return
	}
	if e.Hidden&row.in.sheet.roles[0].Field != 0 {
		refuseHidden(row, row.in.sheet.roles[0].name)
		return
	}
	if !slices.Equal(ids, e.SecondaryRoleIDs) {
		row.put(SecondaryRoles, Change{From: row.in.catalogs.roles.listed(e.SecondaryRoleIDs), To: row.in.catalogs.roles.listed(ids), IDs: ids})
	}
}

// checkNumber refuses a number that lost its zeros, and one that somebody else has in the
// same establishment.
func checkNumber(row *edit) {
	e := row.draft.employee
	number, changed := row.set[EmployeeNumber]
	moved, moves := row.set[Establishment]
	if !changed && !moves {
		return
	}
	text, establishment := e.EmployeeNumber, e.EstablishmentID
	if changed {
		text = number.To
	}
	if moves {
		establishment = moved.IDs[0]
	}
	if len(text) < len(e.EmployeeNumber) && bareNumber(text) == bareNumber(e.EmployeeNumber) {
		row.refuse("leading_zeros", EmployeeNumber, "has fewer leading zeros than in Lucca: a spreadsheet drops them, so make the column a text")
		return
	}
	if text == "" {
		return
	}
	exact, near := row.in.directory.numbered(text, establishment)
	if owner := otherThan(e, near); owner != nil && changed {
		row.refuse("leading_zeros", EmployeeNumber, fmt.Sprintf("differs only in leading zeros from the number of employee %d of the same establishment in Lucca: correct the number", owner.ID))
	} else if owner := otherThan(e, exact); owner != nil {
		row.refuse("number_in_use", EmployeeNumber, fmt.Sprintf("belongs to employee %d of the same establishment in Lucca: correct the number, or the identifier of the row", owner.ID))
	}
}

// checkOwners looks for others who have the new login or the new e-mail.
func checkOwners(row *edit) {
	e, d := row.draft.employee, row.in.directory
	if owner := otherThan(e, d.byLogin[loginKey(row.set[Login].To)]); owner != nil {
		row.refuse("login_in_use", Login, fmt.Sprintf("belongs to employee %d in Lucca: write another login", owner.ID))
	}
	if owner := otherThan(e, d.byMail[row.in.ownMail(row.set[Mail].To)]); owner != nil {
		row.warn("mail_in_use", Mail, fmt.Sprintf("is that of employee %d in Lucca too", owner.ID))
	}
}
