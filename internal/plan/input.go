package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// input is what a plan is made of, with its indexes. Every stage reads it, and none changes
// it.
type input struct {
	sheet     *sheet
	policy    Policy
	people    *roster.Roster
	day       roster.Date
	directory *directory
	catalogs  catalogs
	defaults  scopedDefaults
	habits    habits
	domains   domains
	// shared are the keys of mailboxes that several people have, protected those of the logins
	// that are never ended.
	shared, protected map[string]bool
}

func newInput(t *Table, people *roster.Roster, policy Policy) *input {
	policy = policy.withDefaults()
	codes := policy.Defaults.codes()
	in := &input{
		sheet: newSheet(t, policy.Identifier), policy: policy, people: people, day: people.Day(),
		catalogs: newCatalogs(people, append(codesOf(t.Columns), slices.Collect(maps.Keys(codes))...)),
		shared:   keysOf(policy.MailShared, mailKey), protected: keysOf(policy.Protect, loginKey),
	}
	in.defaults = scope(policy.Defaults, in.sheet, in.catalogs)
	in.habits = habitsOf(people, append(slices.Clone(in.sheet.columns), in.defaults.unlisted...), policy.Defaults.Values["culture"])
	named := codes[Manager] || slices.ContainsFunc([]string{Manager, FirstName, LastName, Mail}, in.sheet.has)
	in.directory, in.domains = newDirectory(people, named), domainsOf(people)
	return in
}

func keysOf(texts []string, key func(string) string) map[string]bool {
	keys := make(map[string]bool, len(texts))
	for _, text := range texts {
		keys[key(text)] = true
	}
	return keys
}

// ownMail is the key of an address, none for a mailbox that people share.
func (in *input) ownMail(mail string) string {
	key := mailKey(mail)
	if in.shared[key] {
		return ""
	}
	return key
}

// isProtected reports whether an account is never ended: that of the API key, and those of
// the settings.
func (in *input) isProtected(e *roster.Employee) bool {
	return e.ID == in.policy.Account || in.protected[loginKey(e.Login)]
}

// names are the first and the last name of whom a row is about: those of the row, else those in Lucca.
func (in *input) names(d *draft) (first, last string) {
	first, last = in.sheet.cell(d.row, FirstName), in.sheet.cell(d.row, LastName)
	if e := d.employee; e != nil {
		first, last = or(first, e.FirstName), or(last, e.LastName)
	}
	return first, last
}

// rowLooks reads who a row says that somebody is; what it says wrong is not known.
func (in *input) rowLooks(r *Row) person.Person {
	s := in.sheet
	return person.Person{
		Name:  person.NewName(s.cell(r, FirstName), s.cell(r, LastName)),
		Birth: s.day(r, birthDate), Start: s.day(r, ContractStart), Number: s.cell(r, EmployeeNumber), Mail: in.ownMail(s.cell(r, Mail)),
		Phone: or(s.cell(r, "professionalMobile"), s.cell(r, "personalMobile")),
	}
}

// typeLabel is how a person reads a contract type.
func (in *input) typeLabel(id int) string {
	label, known := in.people.ContractTypes().Label(id)
	if !known && id != 0 {
		return idLabel(id)
	}
	return label
}

// managerLabel is how a person reads a manager.
func (in *input) managerLabel(id int) string {
	m := in.people.ByID(id)
	switch {
	case id == 0:
		return ""
	case m == nil || m.Login == "":
		return idLabel(id)
	default:
		return m.Login
	}
}

// current is the value of an employee as a person reads it.
func (in *input) current(c *column, e *roster.Employee) string {
	switch {
	case c.Kind == roster.ManagerID:
		return in.managerLabel(c.ID(e))
	case c.Refers():
		return in.catalogs.label(&c.property, e)
	default:
		return c.Text(e)
	}
}

// faults are what makes the whole file, or what was read from Lucca, unfit to tell who is
// who, and what of the settings means nobody.
func (in *input) faults() []finding.Finding {
	var found []finding.Finding
	note := func(s finding.Severity, code, column, message string) {
		found = append(found, finding.Finding{Severity: s, Code: code, Column: column, Message: message})
	}
	for _, i := range in.defaults.unknown {
		note(finding.Warning, "unknown_default_scope", "", fmt.Sprintf("defaults.by[%d].when is not in Lucca, or means several: its values are not used", i))
	}
	for _, code := range in.sheet.identifier {
		if !in.sheet.has(code) {
			note(finding.Error, "missing_column", code, code+" identifies the employees, and the file has no such column")
		}
	}
	if hidden := in.hidden(); hidden != 0 {
		note(finding.Error, "hidden_field", "", fmt.Sprintf("the role of the API key may not see %s of some employees, so that nobody can be recognised with certainty: give it that right in Lucca", strings.Join(hidden.Names(), ", ")))
	}
	found = append(found, fieldFaults(in)...)
	for i, login := range in.policy.Protect {
		if len(in.directory.byLogin[loginKey(login)]) == 0 {
			note(finding.Warning, "unknown_protected", "", fmt.Sprintf("protect[%d] is nobody's login in Lucca and protects nobody", i))
		}
	}
	return found
}

// hidden are the fields by which rows are recognised and which the API key may not see of
// somebody: who has them would look new.
func (in *input) hidden() roster.Fields {
	identity := roster.Login | roster.ContractStart | roster.ContractEnd
	for _, code := range []string{Login, Mail, EmployeeNumber} {
		if in.sheet.has(code) {
			prop, _ := propertyOf(code)
			identity |= prop.Field
		}
	}
	if identity&roster.EmployeeNumber != 0 {
		identity |= roster.EstablishmentRef
	}
	var hidden roster.Fields
	for _, e := range in.people.Employees() {
		hidden |= e.Hidden & identity
	}
	return hidden
}
