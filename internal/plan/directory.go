package plan

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// compose makes two encodings of one accent the same.
func compose(s string) string { return norm.NFC.String(s) }

// loginKey and mailKey make equal what Lucca does not tell apart.
func loginKey(s string) string { return person.LoginKey(s) }
func mailKey(s string) string  { return person.AddressKey(s) }

// numberKey is an employee number, which is a text.
func numberKey(s string) string { return strings.ToLower(s) }

// bareNumber is what a spreadsheet leaves of a number that begins with zeros.
func bareNumber(s string) string { return person.BareNumber(s) }

// directory finds employees, former ones included, by what a file can call them.
type directory struct {
	byLogin, byMail index
	// byNumber is keyed by bareNumber.
	byNumber index
	// byName is keyed by person.WholeKeys; nil where no column of the file has or spells names.
	byName index
}

type index map[string][]*roster.Employee

// singles is one array for all the lists of one employee that the keys of an index mostly
// have.
type singles []*roster.Employee

func (s *singles) add(in index, key string, e *roster.Employee) {
	if key == "" {
		return
	}
	if same, ok := in[key]; ok {
		in[key] = append(same, e)
		return
	}
	*s = append(*s, e)
	in[key] = (*s)[len(*s)-1 : len(*s) : len(*s)]
}

// newDirectory indexes the names only where they are asked for.
func newDirectory(people *roster.Roster, named bool) *directory {
	n := len(people.Employees())
	d := &directory{byLogin: make(index, n), byMail: make(index, n), byNumber: make(index, n)}
	if named {
		d.byName = namesIndex(people)
	}
	entries := make(singles, 0, 3*n)
	for _, e := range people.Employees() {
		entries.add(d.byLogin, loginKey(e.Login), e)
		entries.add(d.byMail, mailKey(e.Mail), e)
		entries.add(d.byNumber, bareNumber(e.EmployeeNumber), e)
	}
	return d
}

// otherThan is the first of some employees who is not e; nil for none.
func otherThan(e *roster.Employee, owners []*roster.Employee) *roster.Employee {
	for _, owner := range owners {
		if owner != e {
			return owner
		}
	}
	return nil
}

// soleOther is the one employee of some, where it is not e; nil for none or several.
func soleOther(e *roster.Employee, owners []*roster.Employee) *roster.Employee {
	if len(owners) != 1 {
		return nil
	}
	return otherThan(e, owners)
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

// namesIndex is keyed by person.WholeKeys.
func namesIndex(people *roster.Roster) index {
	n := len(people.Employees())
	byName := make(index, n)
	entries := make(singles, 0, n)
	for _, e := range people.Employees() {
		for _, key := range person.WholeKeys(e.FirstName, e.LastName) {
			entries.add(byName, key, e)
		}
	}
	return byName
}

// called returns who has the name that is written in one text, such as MORVAN, Inès.
func (d *directory) called(text string) []*roster.Employee {
	for _, key := range person.TextKeys(text) {
		if found := d.byName[key]; len(found) > 0 {
			return found
		}
	}
	return nil
}

// lookalikes find employees by what tells people apart.
type lookalikes struct {
	all   []*roster.Employee
	index *person.Index
}

func newLookalikes(people *roster.Roster) *lookalikes {
	all := people.Employees()
	l := &lookalikes{all: all, index: person.NewIndex(func(i int) person.Person { return looksOf(all[i]) })}
	for i := range all {
		l.index.Add(i)
	}
	return l
}

// like returns the employees who may be somebody, all for the same reason.
func (l *lookalikes) like(p person.Person) (person.Likeness, []*roster.Employee) {
	likeness, found := l.index.Like(p, -1)
	employees := make([]*roster.Employee, len(found))
	for i, at := range found {
		employees[i] = l.all[at]
	}
	return likeness, employees
}

// looksOf is what tells an employee apart.
func looksOf(e *roster.Employee) person.Person {
	return person.Person{
		Name: person.NewName(e.FirstName, e.LastName), Birth: e.BirthDate, Start: e.ContractStart, Number: e.EmployeeNumber, Mail: e.Mail,
		Phone: or(e.ProfessionalMobile, e.PersonalMobile),
	}
}
