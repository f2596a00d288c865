package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"lucca-exchange/internal/finding"
)

// check holds the changes against each other, and rejects those that do not go together: what
// only one of two people can have, people who are one, and managers who would be nobody's.
// Each check sees what the ones before it left.
func check(in *input, r *report, changes []change) {
	for _, one := range []func(*input, []change) []verdict{
		sameLogin, sameMail, sharedMail, repeatedMail, sameNumber, twins,
	} {
		pass(r, changes, one(in, changes))
	}
	refuseLoops(in, r, changes)
	pass(r, changes, orphans(changes))
}

// pass takes verdicts over.
func pass(r *report, changes []change, all []verdict) {
	for _, v := range all {
		c := &changes[v.at]
		if v.severity == finding.Error {
			c.reject()
		}
		c.likeness, c.shifted = max(c.likeness, v.likeness), c.shifted || v.shifted
		r.say(c.draft.row, v.objection)
	}
}

// clash is what two rows must not share.
type clash struct {
	code, column string
	// hint is what to do about it, beside keeping one of the two.
	hint string
	// key is what a row has of it, empty for nothing.
	key func(*change) string
}

func (cl clash) among(changes []change) []verdict {
	var all []verdict
	for _, p := range repeated(len(changes), func(i int) string { return cl.key(&changes[i]) }) {
		other := changes[p.other].draft.row.Number
		all = append(all, verdict{at: p.at, objection: refusal(cl.code, cl.column, fmt.Sprintf("is that of row %d too: keep one of the two%s", other, cl.hint))})
	}
	return all
}

// sameLogin refuses rows that would give two people the same login.
func sameLogin(_ *input, changes []change) []verdict {
	return clash{"duplicate_login", Login, "", func(c *change) string { return loginKey(c.given(Login)) }}.among(changes)
}

// sameMail refuses rows that create two people with one e-mail: it may be one person twice.
func sameMail(in *input, changes []change) []verdict {
	return clash{"duplicate_mail", Mail, "; a mailbox that people share is named under mail_shared:", func(c *change) string {
		if c.employee() != nil {
			return ""
		}
		return in.ownMail(c.given(Mail))
	}}.among(changes)
}

// sharedMail refuses somebody new whose e-mail another row gives to an employee.
func sharedMail(in *input, changes []change) []verdict {
	given := make(map[string]int)
	for i := range changes {
		if c := &changes[i]; c.employee() != nil && in.ownMail(c.given(Mail)) != "" {
			given[mailKey(c.given(Mail))] = c.draft.row.Number
		}
	}
	var all []verdict
	for i := range changes {
		c := &changes[i]
		if row := given[mailKey(c.given(Mail))]; row != 0 && c.employee() == nil {
			all = append(all, verdict{at: i, objection: refusal("duplicate_mail", Mail, fmt.Sprintf("is given to an employee by row %d: it may be the same person", row))})
		}
	}
	return all
}

// repeatedMail doubts an address that rows give to several employees, who do not have it yet.
func repeatedMail(in *input, changes []change) []verdict {
	rows := make(map[string][]int)
	for i := range changes {
		c := &changes[i]
		if key := in.ownMail(c.given(Mail)); c.employee() != nil && key != "" && len(in.directory.byMail[key]) < 2 {
			rows[key] = append(rows[key], i)
		}
	}
	var all []verdict
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		if len(rows[key]) < fewest {
			continue
		}
		for _, i := range rows[key] {
			all = append(all, verdict{at: i, shifted: true, objection: warning("mail_repeated", Mail, fmt.Sprintf("is given to %d people: a mailbox that people share is named under mail_shared:", len(rows[key])))})
		}
	}
	return all
}

// sameNumber refuses rows that would give two people of one establishment the same number.
func sameNumber(_ *input, changes []change) []verdict {
	return clash{"duplicate_number", EmployeeNumber, "", func(c *change) string {
		number, establishment := c.given(EmployeeNumber), c.draft.site.establishment
		_, moves := c.set.Find(Establishment)
		if e := c.employee(); e != nil {
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
	}}.among(changes)
}
