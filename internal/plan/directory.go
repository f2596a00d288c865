package plan

import (
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
	people          *roster.Roster
	byLogin, byMail index
	// byNumber is keyed by bareNumber.
	byNumber index
	// byName is keyed by fullName, both ways round; nil until somebody asks.
	byName index
}

type index map[string][]*roster.Employee

// singles is one array for all the lists of one employee that the keys of an index mostly
// have.
type singles []*roster.Employee

func (s *singles) add(in index, key string, e *roster.Employee) {
	if same, ok := in[key]; ok {
		in[key] = append(same, e)
		return
	}
	*s = append(*s, e)
	in[key] = (*s)[len(*s)-1 : len(*s) : len(*s)]
}

func newDirectory(people *roster.Roster) *directory {
	n := len(people.Employees())
	d := &directory{
		people: people, byLogin: make(index, n), byMail: make(index, n), byNumber: make(index, n),
	}
	entries := make(singles, 0, 3*n)
	for _, e := range people.Employees() {
		if e.Login != "" {
			entries.add(d.byLogin, loginKey(e.Login), e)
		}
		if e.Mail != "" {
			entries.add(d.byMail, mailKey(e.Mail), e)
		}
		if e.EmployeeNumber != "" {
			entries.add(d.byNumber, bareNumber(e.EmployeeNumber), e)
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
		n := len(d.people.Employees())
		d.byName = make(index, 2*n)
		entries := make(singles, 0, 2*n)
		for _, e := range d.people.Employees() {
			for _, key := range fullNames(e.FirstName, e.LastName) {
				entries.add(d.byName, key, e)
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
	first, last = fullName(first), fullName(last)
	if first == last {
		return []string{first + " " + last}
	}
	return []string{first + " " + last, last + " " + first}
}

// nameBlanks are what stands between the parts of a name; the last one is the blank that
// does not break.
const nameBlanks = " -\t\u00a0"

// fullName is a name without case, accents, hyphens or doubled blanks.
func fullName(s string) string {
	s = fold(s)
	if !strings.ContainsAny(s, nameBlanks) {
		return s
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(nameBlanks, r) }), " ")
}
