package plan

import (
	"fmt"
	"strings"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// checkIdentity doubts an identifier that means somebody whom the rest of the row does not: it
// may have been given again, be mistyped, or stand beside the values of another row.
func checkIdentity(row *edit) {
	e := row.draft.employee
	first, last := row.in.names(row.draft)
	named := !sameText(e.FirstName, first) || !sameName(e.LastName, last)
	if named && row.in.policy.Identifier != ByName {
		doubtColumns(row, first, last)
	}
	mail := row.in.ownMail(row.cell(Mail))
	mailed := mail != "" && e.Mail != "" && mail != mailKey(e.Mail)
	if !named && !mailed {
		return
	}
	mine := person.NewName(first, last)
	theirs := person.NewName(e.FirstName, e.LastName)
	named = !mine.Equal(theirs)
	other := anotherOf(row, mine, named, mailed)
	born := row.in.sheet.day(row.draft.row, birthDate)
	reborn := differ(born, e.BirthDate)
	column := row.in.sheet.key()
	switch {
	case other.both():
		row.shifted = true
		row.refuse("identity_conflict", column, fmt.Sprintf("means employee %d in Lucca, while the name and the e-mail are those of employee %d: correct the identifier", e.ID, other.named.ID))
	case named && other.named != nil && reborn && other.named.BirthDate == born:
		row.shifted = true
		row.refuse("identity_conflict", column, fmt.Sprintf("means employee %d in Lucca, while the name and the date of birth are those of employee %d: correct the identifier", e.ID, other.named.ID))
	case !mine.Shares(theirs) && reborn:
		row.shifted = true
		row.refuse("identity_conflict", column, fmt.Sprintf("means employee %d in Lucca, who has another name and date of birth: correct the identifier", e.ID))
	case named && other.named != nil:
		row.shift("other_person", column, fmt.Sprintf("means employee %d in Lucca, while the name is that of employee %d: see that the row is about the first", e.ID, other.named.ID))
	case !mine.Shares(theirs):
		row.shift("other_person", column, fmt.Sprintf("means employee %d in Lucca, who has another first and last name: see that it is the same person", e.ID))
	}
}

// doubtColumns doubts a row whose first name is the last name that Lucca has, or the other way
// round: the two columns are exchanged, or the cells of the row have moved by one.
func doubtColumns(row *edit, first, last string) {
	e := row.draft.employee
	if row.wholeName(FirstName, first, e.FirstName) || row.wholeName(LastName, last, e.LastName) {
		return
	}
	for _, n := range []struct{ column, text, own, other string }{{FirstName, first, e.FirstName, e.LastName}, {LastName, last, e.LastName, e.FirstName}} {
		if folded := person.Fold(n.text); folded == person.Fold(n.other) && folded != person.Fold(n.own) {
			row.shift("names_exchanged", n.column, fmt.Sprintf("is the other name that Lucca has of employee %d: see whether the first and the last name are exchanged, or the cells of the row have moved", e.ID))
			return
		}
	}
}

// wholeName doubts a first or a last name which is the whole name of somebody in Lucca.
func (row *edit) wholeName(column, text, own string) bool {
	if !strings.ContainsAny(text, " ,") || person.Fold(text) == person.Fold(own) || len(row.in.directory.called(text)) == 0 {
		return false
	}
	row.shift("whole_name", column, "is the first and the last name of somebody in Lucca: see whether the column holds whole names, which name: divides")
	return true
}

// doubtEnd doubts a row that ends somebody under another name, date of birth, first day, address or
// job than theirs: it may be about somebody else, or about an earlier contract.
func doubtEnd(row *edit) {
	if row.rejected || row.action != End || row.shifted {
		return
	}
	e := row.draft.employee
	name := person.NewName(or(row.set[FirstName].To, e.FirstName), or(row.set[LastName].To, e.LastName))
	renamed := !name.IsZero() && !name.Equal(person.NewName(e.FirstName, e.LastName))
	if renamed || row.set[birthDate].replaces() || row.set[EmployeeNumber].replaces() || otherContract(row) || otherJob(row) || otherMail(row) {
		row.shift("other_person", row.in.sheet.key(), fmt.Sprintf("means employee %d in Lucca, whom the row ends, and who has another name, number, date of birth, first day, e-mail, job or place: see that it is the same person", e.ID))
	}
}

// otherMail reports whether a row gives somebody the address of another employee or, where only
// the name says who it is, any other address.
func otherMail(row *edit) bool {
	mail := row.set[Mail]
	return len(row.owners(Mail)) > 0 || mail.From != "" && row.in.policy.Identifier == ByName && row.in.ownMail(mail.To) != ""
}

// otherContract reports whether a row that ends somebody by now has another first day than Lucca,
// which is over as well.
func otherContract(row *edit) bool {
	start := dateSet(row, ContractStart)
	return !start.IsZero() && !start.After(row.in.day) && !dateSet(row, ContractEnd).After(row.in.day)
}

// doubtMail doubts a row that gives somebody the address of one other person who is present:
// it may be that of the row beside it. A mailbox that more than one has already tells nobody
// apart, nor does one of mail_shared.
func doubtMail(row *edit) {
	if row.rejected {
		return
	}
	if owner := soleOther(row.draft.employee, row.owners("personalEmail")); owner != nil {
		row.shift("mail_in_use", "personalEmail", fmt.Sprintf("is that of employee %d in Lucca too", owner.ID))
	}
	owners := row.owners(Mail)
	if owner := soleOther(row.draft.employee, owners); owner != nil && owner.StatusOn(row.in.day) != roster.Former {
		row.shifted = true // mail_in_use says so
	} else if len(owners) == 0 {
		doubtSpelling(row)
	}
}

// owners are those in Lucca who have the address that a row sets, where it is not that of many.
func (row *edit) owners(code string) []*roster.Employee {
	return row.in.directory.byMail[row.in.ownMail(row.set[code].To)]
}

// doubtNewMail doubts somebody new whose address spells the name of somebody present. Of hires, and of
// somebody who may be another one already, that was judged.
func doubtNewMail(row *edit) {
	if !row.rejected && !row.in.policy.NewOnly && row.draft.likeness == person.Other {
		doubtSpelling(row)
	}
}

// doubtSpelling doubts a new address that spells the name of somebody present.
func doubtSpelling(row *edit) {
	if other := spelt(row, row.in.ownMail(row.set[Mail].To)); other != nil {
		row.shift("mail_of_another", Mail, fmt.Sprintf("spells the name of employee %d in Lucca: see that the row is about the first", other.ID))
	}
}

// crossed doubts people whom a file creates with the address or the login of each other: a column
// was sorted by itself. Those are told by the names that they spell.
func crossed(in *input, r *report, changes []change) {
	names := make(map[string]int) // the row of each name, 0 for several
	note := func(key string, row int) {
		if old, known := names[key]; known && old != row {
			row = 0
		}
		names[key] = row
	}
	for i := range changes {
		if c := &changes[i]; c.creates() {
			for _, key := range spellings(in, c.draft.row) {
				note(key, c.draft.row.Number)
			}
		}
	}
	if len(names) == 0 {
		return
	}
	for i := range changes {
		c := &changes[i]
		if !c.creates() {
			continue
		}
		box, _, _ := strings.Cut(mailKey(c.given(Mail)), "@")
		for _, one := range []struct{ property, key string }{
			{Mail, "mail " + spelled(box)}, {Login, "login " + strings.TrimRight(person.Fold(in.sheet.cell(c.draft.row, Login)), "0123456789")},
		} {
			if other := names[one.key]; other != 0 && other != c.draft.row.Number && !c.shifted {
				c.shifted = true
				r.say(c.draft.row, warning("mail_of_another", one.property, fmt.Sprintf("spells the name of row %d: see whether the column was sorted by itself", other)))
			}
		}
	}
}

// spellings are what the address and the login of somebody are made of, where they are made of names.
func spellings(in *input, r *Row) []string {
	first, last := spelled(in.sheet.cell(r, FirstName)), spelled(in.sheet.cell(r, LastName))
	if first+last == "" {
		return nil // in another alphabet
	}
	keys := []string{"mail " + first + last, "mail " + last + first}
	if login := person.Login(in.policy.Login, first, last); login != "" {
		keys = append(keys, "login "+person.Fold(login))
		if len(last) > 3 {
			keys = append(keys, "mail "+spelled(login))
		}
	}
	return keys
}

// spelled is a text in plain letters alone.
func spelled(text string) string {
	return keep(person.Fold(text), func(r rune) bool { return r >= 'a' && r <= 'z' })
}

// spelt is the one person present whose name an address spells, as in zoe.lefevre@acme.example,
// where it is not that of the row.
func spelt(row *edit, mail string) *roster.Employee {
	box, _, _ := strings.Cut(mail, "@")
	words := strings.FieldsFunc(box, func(r rune) bool { return r == '.' || r == '_' })
	if len(words) < 2 {
		return nil
	}
	named := soleOther(row.draft.employee, row.in.directory.called(strings.Join(words, " ")))
	if named == nil || named.StatusOn(row.in.day) == roster.Former ||
		person.NewName(row.in.names(row.draft)).Equal(person.NewName(named.FirstName, named.LastName)) {
		return nil
	}
	return named
}

// others are the employees whom the name and the address of a row mean, where they are not
// the one of its identifier.
type others struct{ named, mailed *roster.Employee }

func (o others) both() bool { return o.named != nil && o.named == o.mailed }

func anotherOf(row *edit, name person.Name, named, mailed bool) (o others) {
	if named {
		for _, e := range row.in.directory.called(row.cell(FirstName) + " " + row.cell(LastName)) {
			if name.Equal(person.NewName(e.FirstName, e.LastName)) {
				o.named = e
				break
			}
		}
	}
	if mailed {
		if owners := row.in.directory.byMail[mailKey(row.cell(Mail))]; len(owners) == 1 {
			o.mailed = owners[0]
			if name.Equal(person.NewName(o.mailed.FirstName, o.mailed.LastName)) {
				o.named = o.mailed
			}
		}
	}
	return o
}
