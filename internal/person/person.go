// Package person says when two spellings mean one human being: how names are folded, when
// two people are the same, what a login is made of and what an e-mail address is. Plans,
// hires and exports ask here, so that there is one spelling of each rule.
//
// It is pure, and knows nothing of Lucca but its dates.
package person

import (
	"strings"

	"lucca-exchange/internal/roster"
)

// Person is what tells people apart, as far as it is known: of an employee of Lucca, of a
// row of a file or of a candidate. Empty and zero mean not known.
type Person struct {
	Name Name
	// Birth is the date of birth, Start the first day of the contract.
	Birth, Start roster.Date
	// Number is the employee number as it is written.
	Number string
	// Mail is an e-mail address that is nobody else's.
	Mail string
	// Phone is a mobile number, in any form.
	Phone string
}

// Likeness is how much speaks for two being one person, from nothing on.
type Likeness int

const (
	// Other people: nothing speaks for it, or a date of birth or a number speaks against it.
	Other Likeness = iota
	// Possible: part of the name may have changed, or been left out, and what else is known
	// does not tell the two apart. A person has to look.
	Possible
	// Homonym: the name is the same, and no date of birth tells the two apart. A person has to
	// look.
	Homonym
	// Same person: who is taken for two would have two accounts.
	Same
)

// Compare holds two people against each other. An address is asked for its mailbox only: a new
// address is what a second account begins with. A name alone makes nobody the same.
//
//   - The same: names that are alike with equal numbers or dates of birth; a part of the name
//     in common, and equal dates of birth and first days, since marriages change names, unless
//     numbers speak against it, as with twins; equal names and first days where no date of
//     birth and no number speaks against it.
//   - Homonyms: equal names where no date of birth speaks against it, but for one that may be
//     mistyped, or where the first days are equal.
//   - Possibly the same: anything in common of the names, and equal dates of birth, the same
//     mailbox at another domain or the same phone; names that are alike, of which one may have a
//     slip, another letter in the last of them or an initial for the first, and names with a part in
//     common beside equal numbers, unless a date of birth speaks against it; what people say for the
//     first name for short counts as a slip. Unless a number speaks against it too: another letter in
//     the first name, its form in another language, a letter in a short last name, other vowels
//     in it, or a slip in each; names that have a part in common with equal first days; and equal
//     dates of birth and first days.
func Compare(a, b Person) Likeness {
	alike, number := a.Name.like(b.Name), compareNumbers(a.Number, b.Number)
	born, begun := compareDays(a.Birth, b.Birth), compareDays(a.Start, b.Start)
	shares := alike > slipName || a.Name.sameFirst(b.Name) || a.Name.sameLast(b.Name)
	named := !a.Name.IsZero() && !b.Name.IsZero()
	switch {
	case alike >= slipName && (number == equal || born == equal):
		return Same
	case born == equal && begun == equal && shares && number != different:
		return Same
	case alike == sameName && begun == equal:
		if born == different || number == different {
			return Homonym
		}
		return Same
	case alike == sameName && (born != different || mistyped(a.Birth, b.Birth)):
		return Homonym
	case named && (alike > unlike || shares) && (born == equal || a.sharesMailbox(b) || a.sharesPhone(b)):
		return Possible
	case born == different:
		return Other
	case alike >= slipName, named && shares && number == equal:
		return Possible
	case number == different:
		return Other
	case alike == kinName, begun == equal && (shares || born == equal || number == equal):
		return Possible
	default:
		return Other
	}
}

// sharesMailbox reports whether two addresses are the same but for their domains.
func (p Person) sharesMailbox(o Person) bool {
	box := mailbox(p.Mail)
	return box != "" && box == mailbox(o.Mail)
}

// sharesPhone reports whether two phone numbers are one.
func (p Person) sharesPhone(o Person) bool {
	key := phoneKey(p.Phone)
	return key != "" && key == phoneKey(o.Phone)
}

// phoneKey is the end of a number, which it has in every form; none for what is too short for one.
func phoneKey(phone string) string {
	const national = 8 // digits
	var digits [national]byte
	n := 0
	for i := len(phone) - 1; i >= 0 && n < national; i-- {
		if c := phone[i]; c >= '0' && c <= '9' {
			digits[n] = c
			n++
		}
	}
	if n < national {
		return ""
	}
	return string(digits[:])
}

// mistyped reports whether two days differ in their day, month or year alone, or have day and
// month exchanged.
func mistyped(a, b roster.Date) bool {
	same := 0
	for _, equal := range []bool{a.Day == b.Day, a.Month == b.Month, a.Year == b.Year} {
		if equal {
			same++
		}
	}
	return same == 2 || a.Year == b.Year && a.Day == b.Month && a.Month == b.Day
}

// comparison is what two values say, of which either may not be known.
type comparison int

const (
	unknown comparison = iota
	equal
	different
)

func compareDays(a, b roster.Date) comparison {
	switch {
	case a.IsZero() || b.IsZero():
		return unknown
	case a == b:
		return equal
	default:
		return different
	}
}

func compareNumbers(a, b string) comparison {
	a, b = BareNumber(a), BareNumber(b)
	switch {
	case a == "" || b == "":
		return unknown
	case a == b:
		return equal
	default:
		return different
	}
}

// BareNumber is an employee number as a spreadsheet leaves it, so that 00219 and 219 are
// one: in small letters, without zeros in front. A number of nothing but zeros is 0, and no
// number is empty.
func BareNumber(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	bare := strings.TrimLeft(s, "0")
	if bare == "" && s != "" {
		return "0"
	}
	return bare
}
