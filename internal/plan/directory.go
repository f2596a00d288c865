package plan

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"lucca-exchange/internal/roster"
)

// compose makes two encodings of one accent the same.
func compose(s string) string { return norm.NFC.String(s) }

// loginKey and mailKey make equal what Lucca does not tell apart.
func loginKey(s string) string { return strings.ToLower(compose(s)) }
func mailKey(s string) string  { return strings.ToLower(s) }

// numberKey is an employee number, which is a text.
func numberKey(s string) string { return strings.ToLower(s) }

// bareNumber is what a spreadsheet leaves of a number that begins with zeros.
func bareNumber(s string) string { return strings.TrimLeft(numberKey(s), "0") }

// directory finds employees, former ones included, by what a file can call them.
type directory struct {
	people  *roster.Roster
	byLogin map[string][]*roster.Employee
	byMail  map[string][]*roster.Employee
	// byNumber is keyed by bareNumber.
	byNumber map[string][]*roster.Employee
	// byName is keyed by fullName, both ways round; nil until somebody asks.
	byName map[string][]*roster.Employee
}

func newDirectory(people *roster.Roster) *directory {
	n := len(people.Employees())
	d := &directory{
		people: people, byLogin: make(map[string][]*roster.Employee, n),
		byMail: make(map[string][]*roster.Employee, n), byNumber: make(map[string][]*roster.Employee, n),
	}
	// One array instead of a small slice for each key.
	singles := make([]*roster.Employee, 0, 3*n)
	add := func(index map[string][]*roster.Employee, key string, e *roster.Employee) {
		if same, ok := index[key]; ok {
			index[key] = append(same, e)
			return
		}
		singles = append(singles, e)
		index[key] = singles[len(singles)-1 : len(singles) : len(singles)]
	}
	for _, e := range people.Employees() {
		if e.Login != "" {
			add(d.byLogin, loginKey(e.Login), e)
		}
		if e.Mail != "" {
			add(d.byMail, mailKey(e.Mail), e)
		}
		if e.EmployeeNumber != "" {
			add(d.byNumber, bareNumber(e.EmployeeNumber), e)
		}
	}
	return d
}

// numbered returns who has the number in an establishment, and who has one there that
// differs in nothing but zeros at its beginning.
func (d *directory) numbered(number string, establishment int) (exact, nearly []*roster.Employee) {
	for _, e := range d.byNumber[bareNumber(number)] {
		switch {
		case e.EstablishmentID != establishment:
		case numberKey(e.EmployeeNumber) == numberKey(number):
			exact = append(exact, e)
		default:
			nearly = append(nearly, e)
		}
	}
	return exact, nearly
}

// named returns who has the name, first or last name first.
func (d *directory) named(name string) []*roster.Employee {
	if d.byName == nil {
		d.byName = make(map[string][]*roster.Employee, len(d.people.Employees()))
		for _, e := range d.people.Employees() {
			for _, key := range fullNames(e.FirstName, e.LastName) {
				if !slices.Contains(d.byName[key], e) {
					d.byName[key] = append(d.byName[key], e)
				}
			}
		}
	}
	return d.byName[name]
}

// fullNames are the keys of a name, first and last name first.
func fullNames(first, last string) []string {
	if first == "" || last == "" {
		return nil
	}
	a, b := fullName(first+" "+last), fullName(last+" "+first)
	if a == b {
		return []string{a}
	}
	return []string{a, b}
}

// fullName is a name without case, accents, hyphens or doubled blanks.
func fullName(s string) string {
	return strings.Join(strings.FieldsFunc(fold(s), func(r rune) bool { return r == ' ' || r == '-' || r == '\u00a0' || r == '\t' }), " ")
}
