package plan

import (
	"fmt"
	"strings"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// create makes a creation: the cells, then what the defaults have beside them.
func create(row *edit) {
	row.action = Create
	if len(row.in.sheet.incomplete) > 0 {
		refuseUnknown(row)
		return
	}
	for i := range row.in.sheet.columns {
		c := &row.in.sheet.columns[i]
		text, byDefault := row.draft.row.Cells[c.cell], false
		if text == "" {
			text, byDefault = defaultOf(row, c.name), true
		}
		give(row, c, text, byDefault)
	}
	for i := range row.in.defaults.unlisted {
		c := &row.in.defaults.unlisted[i]
		give(row, c, defaultOf(row, c.name), true)
	}
	giveRoles(row)
	for _, code := range needed() {
		// What is there but wrong has its finding.
		if row.cell(code) == "" && defaultOf(row, code) == "" {
			row.refuse("missing_value", code, "is needed to create somebody: fill it in, or set it under defaults:")
		}
	}
	prepareLogin(row)
	checkNew(row)
	checkNamesakes(row)
	doubtNewMail(row)
	doubtDomain(row)
	doubtOrder(row)
	doubtStart(row)
	doubtCut(row)
}

// refuseUnknown is about a row for nobody in a file that cannot create anybody.
func refuseUnknown(row *edit) {
	column := row.in.sheet.key()
	if row.draft.key == "" {
		row.refuse("missing_identifier", column, blankIdentifier)
		return
	}
	row.refuse("unknown_employee", column, "is nobody's in Lucca, and the file lacks the columns to create somebody: "+strings.Join(row.in.sheet.incomplete, ", "))
}

// defaultOf returns the default of a property for somebody new.
func defaultOf(row *edit, code string) string {
	switch code {
	case Establishment:
		return row.draft.site.establishmentText
	case Department:
		return row.draft.site.departmentText
	default:
		return row.in.defaults.value(code, row.draft.site.establishment, row.draft.site.department)
	}
}

// give sets one property of somebody new.
func give(row *edit, c *column, text string, byDefault bool) {
	if text == "" || !byDefault && row.draft.row.void(c.cell) {
		return
	}
	v, bad := row.value(c, text)
	switch {
	case bad != nil && row.in.policy.NewOnly && bad.code == "unknown_contract_type":
		row.warn(bad.code, c.name, bad.predicate+"; the contract is made as Lucca makes one by itself, so correct it there")
	case bad != nil && byDefault:
		row.refuse("bad_default", c.name, "has a default that "+bad.predicate)
	case bad != nil:
		row.refuse(bad.code, c.name, bad.predicate)
	case v.newcomer != nil:
		row.manager = v.newcomer
		row.put(c.Code, Change{Row: v.newcomer.row.Number})
	case c.Kind == roster.ManagerID && v.id == 0:
	default:
		row.warnLeft(v)
		row.put(c.Code, v.change())
	}
}

// giveRoles sets the secondary roles of somebody new: those of the file, else all of the
// defaults.
func giveRoles(row *edit) {
	ids, blank := row.roles(row.roleTexts())
	if blank {
		var texts []roleText
		for _, code := range row.in.defaults.secondary {
			texts = append(texts, roleText{code, row.in.defaults.value(code, row.draft.site.establishment, row.draft.site.department)})
		}
		ids, _ = row.roles(texts)
	}
	if len(ids) > 0 {
		row.put(SecondaryRoles, Change{To: row.in.catalogs.roles.listed(ids), IDs: ids})
	}
}

// prepareLogin checks that a login can be made of the names of somebody who has none.
func prepareLogin(row *edit) {
	first, last := row.cell(FirstName), row.cell(LastName)
	if row.cell(Login) != "" || first == "" || last == "" {
		return
	}
	if row.login = person.Login(row.in.policy.Login, first, last); row.login == "" {
		row.refuse("no_login", Login, "cannot be made of the names, which have no letters from a to z: fill it in")
	}
}

// checkNew looks at the dates of somebody new.
func checkNew(row *edit) {
	start, end := dateSet(row, ContractStart), dateSet(row, ContractEnd)
	switch {
	case end.IsZero():
	case end.Before(start):
		row.refuse("end_before_start", ContractEnd, "is before the start of the contract: correct the one or the other")
	case end.Before(row.in.day):
		doubtPast(row, end, roster.Date{})
		row.warn("created_as_former", ContractEnd, "is in the past: an account is created for somebody who has left")
	}
}

// checkNamesakes points out that somebody in Lucca may be the same person, or has the name.
func checkNamesakes(row *edit) {
	e := row.draft.resembles
	switch {
	case e == nil:
	case row.draft.likeness == person.Possible && row.in.policy.NewOnly:
		// Each hire was judged, by whoever knows which of its dates the ATS has said.
	case row.draft.likeness == person.Possible:
		row.warn("similar_person", LastName, fmt.Sprintf("is not that of employee %d in Lucca, but %s: see that it is not the same person, whose name changed or is written otherwise, before you approve", e.ID, similar))
	case e.StatusOn(row.in.day) == roster.Former:
		row.warn("same_name", LastName, fmt.Sprintf("is, with the first name, that of employee %d, who has left: for a rehire reject the run and write the login that Lucca has; approve it for somebody else", e.ID))
	default:
		row.warn("same_name", LastName, fmt.Sprintf("is, with the first name, that of employee %d in Lucca too: see that it is not the same person", e.ID))
	}
}

const similar = "it is but for a letter or an initial, or else part of the name, with the date of birth, the first day or the mailbox, is"
