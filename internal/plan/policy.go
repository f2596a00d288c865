package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"lucca-exchange/internal/person"
	"lucca-exchange/internal/roster"
)

// Identifier says which column tells which row is which employee.
type Identifier string

// The identifiers. A number counts within its establishment, so that ByNumber needs the
// column legalEntity too.
const (
	ByLogin  Identifier = "login"
	ByNumber Identifier = "employee_number"
	ByMail   Identifier = "mail"
	// ByName is the first and the last name together. A name that means nobody for certain holds
	// the run.
	ByName Identifier = "name"
)

// Columns returns the codes of the columns that the file must have.
func (i Identifier) Columns() []string {
	switch i {
	case ByNumber:
		return []string{Establishment, EmployeeNumber}
	case ByMail:
		return []string{Mail}
	case ByName:
		return []string{FirstName, LastName}
	default:
		return []string{Login}
	}
}

// Mode says what it means that an employee is not in the file.
type Mode string

// The modes: absence from a Delta file means nothing; a Full file has everyone.
const (
	Delta Mode = "delta"
	Full  Mode = "full"
)

// OnAbsent says what happens to a present employee who is not in a full file.
type OnAbsent string

// The ways to treat the absent.
const (
	ReportAbsent OnAbsent = "report"
	EndAbsent    OnAbsent = "end"
)

// Blank says what a blank cell does to the value that an employee has.
type Blank string

// The ways to read a blank cell.
const (
	KeepBlank  Blank = "keep"
	ClearBlank Blank = "clear"
)

// EndBy says what the end of a contract is written to.
type EndBy string

// The ways to write an end. Without one, it is the contract where contracts can be read.
const (
	EndByContract EndBy = "contract"
	EndByUser     EndBy = "user"
)

// Policy is how one flow reads its files. The zero value is right for a file with logins.
type Policy struct {
	Identifier Identifier `yaml:"identifier,omitempty" json:"identifier,omitempty" jsonschema:"enum=login,enum=employee_number,enum=mail,enum=name,default=login,description=column that tells which row is which employee; employee_number goes with legalEntity; name is the first and last name"`
	Mode       Mode       `yaml:"mode,omitempty" json:"mode,omitempty" jsonschema:"enum=delta,enum=full,default=delta,description=delta: whoever is not in the file stays as they are; full: the file has everyone"`
	OnAbsent   OnAbsent   `yaml:"on_absent,omitempty" json:"on_absent,omitempty" jsonschema:"enum=report,enum=end,default=report,description=with mode full: what happens to a present employee who is not in the file"`
	Blank      Blank      `yaml:"blank,omitempty" json:"blank,omitempty" jsonschema:"enum=keep,enum=clear,default=keep,description=what a blank cell does to an existing value; what has a default is never cleared"`
	Defaults   Defaults   `yaml:"defaults,omitempty" json:"defaults,omitzero" jsonschema:"description=values for what the file leaves blank; only when somebody is created"`
	EndBy      EndBy      `yaml:"end_by,omitempty" json:"end_by,omitempty" jsonschema:"enum=contract,enum=user,description=what an end is written to: the work contract (where the API key may read them: the default) or the user"`
	// TerminationReason is Lucca's id of why contracts end.
	TerminationReason int      `yaml:"termination_reason,omitempty" json:"termination_reason,omitempty" jsonschema:"minimum=1,description=id of the reason that contracts are ended with (/directory/api/work-contract-termination-reasons); none if left out"`
	Protect           []string `yaml:"protect,omitempty" json:"protect,omitempty" jsonschema:"description=logins of accounts that are never ended; the account of the API key never is"`
	MailShared        []string `yaml:"mail_shared,omitempty" json:"mail_shared,omitempty" jsonschema:"description=mailboxes that several people have such as that of a plant: they tell nobody apart"`
	Login             string   `yaml:"login,omitempty" json:"login,omitempty" jsonschema:"default={f}{last},description=pattern of generated logins from {first} {last} and their initials {f} {l}"`

	Source string `yaml:"source,omitempty" json:"source,omitempty" jsonschema:"description=with mode full: name of whoever writes the files; only people whom it has ever brought count as absent,example=payroll-a"`

	// Brought are whom the files of Source have ever brought, by Lucca id.
	Brought map[int]bool `yaml:"-" json:"-"`
	// NewOnly: nobody who is known is changed, so that contracts need not be read.
	NewOnly bool `yaml:"-" json:"-"`
	// Account is the Lucca id of the API key's own account; 0 when it is not known.
	Account int `yaml:"-" json:"-"`
}

// defaultLogin is first initial and last name.
const defaultLogin = "{f}{last}"

// sourceName is what a source may be called.
var sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// withDefaults fills what is left out.
func (p Policy) withDefaults() Policy {
	p.Identifier = or(p.Identifier, ByLogin)
	p.Mode = or(p.Mode, Delta)
	p.OnAbsent = or(p.OnAbsent, ReportAbsent)
	p.Blank = or(p.Blank, KeepBlank)
	p.Login = or(p.Login, defaultLogin)
	return p
}

func or[T ~string](v, fallback T) T {
	if v == "" {
		return fallback
	}
	return v
}

// Validate reports every fault with the key that it is about.
func (p Policy) Validate(report func(key, message string)) {
	p = p.withDefaults()
	if !slices.Contains([]Identifier{ByLogin, ByNumber, ByMail, ByName}, p.Identifier) {
		report("identifier", "want login, employee_number, mail or name")
	}
	if p.Mode != Delta && p.Mode != Full {
		report("mode", "want delta or full")
	}
	switch {
	case p.Source == "":
	case !sourceName.MatchString(p.Source):
		report("source", "want a name of lower-case letters, digits, - and _")
	case p.Mode != Full:
		report("source", "needs mode: full, since absence from any other file means nothing")
	}
	switch {
	case p.OnAbsent != ReportAbsent && p.OnAbsent != EndAbsent:
		report("on_absent", "want report or end")
	case p.OnAbsent == EndAbsent && p.Mode != Full:
		report("on_absent", "needs mode: full, since absence from any other file means nothing")
	}
	if p.Blank != KeepBlank && p.Blank != ClearBlank {
		report("blank", "want keep or clear")
	}
	if p.EndBy != "" && p.EndBy != EndByContract && p.EndBy != EndByUser {
		report("end_by", "want contract or user")
	}
	switch {
	case p.TerminationReason < 0:
		report("termination_reason", "want the id of a reason in Lucca, from 1 up")
	case p.TerminationReason > 0 && p.EndBy == EndByUser:
		report("termination_reason", "needs end_by: contract, since a user has no such property")
	}
	for i, login := range p.Protect {
		if strings.TrimSpace(login) == "" {
			report(fmt.Sprintf("protect[%d]", i), "is blank; want a login")
		}
	}
	for i, mail := range p.MailShared {
		if !isMail(mail) {
			report(fmt.Sprintf("mail_shared[%d]", i), "is no e-mail address such as plant@company.example")
		}
	}
	if message := person.CheckLogin(p.Login); message != "" {
		report("login", message)
	}
	p.Defaults.validate(func(key, message string) { report("defaults."+key, message) })
}

// Query returns what must be read from Lucca to plan a file with these columns: former
// employees always, since they return and keep their logins, and the names, since whoever decides on
// the plan has to know whom it is about.
func Query(columns []Column, p Policy) roster.Query {
	p = p.withDefaults()
	q := roster.Query{Former: true, Fields: roster.Login | roster.ContractStart | roster.ContractEnd | roster.FirstName | roster.LastName}
	codes := make(map[string]bool, len(columns))
	for _, c := range columns {
		codes[c.Code] = true
		q = q.Union(queryOf(c.Code))
	}
	ends := p.Mode == Full && p.OnAbsent == EndAbsent
	q.Employments = !p.NewOnly && (ends || codes[ContractStart] || codes[ContractEnd] || codes[ContractType])
	if p.Mode == Full {
		q.Fields |= roster.EstablishmentRef | roster.DepartmentRef // which of them may have been left out
	}
	if p.Identifier == ByNumber {
		q = q.Union(queryOf(Establishment))
	}
	if codes[EmployeeNumber] || codes[ContractStart] || codes[ContractType] {
		q.Fields |= roster.EstablishmentRef // where a rehire goes back to
	}
	if !codes[FirstName] || !codes[LastName] || !codes[Mail] || !codes[ContractStart] {
		return q // nobody can be created
	}
	for code := range p.Defaults.codes() {
		q = q.Union(listsOf(code))
	}
	return q
}

// queryOf is what a column of the code has to be compared with.
func queryOf(code string) roster.Query {
	prop, _ := propertyOf(code)
	q := listsOf(code)
	q.Fields |= prop.Field
	if prop.Kind == roster.Custom {
		q.Codes = []string{code}
	}
	if prop.Kind == roster.ManagerID {
		q.Fields |= roster.Mail | roster.EmployeeNumber | roster.EstablishmentRef | roster.FirstName | roster.LastName
	}
	return q
}

// listsOf is what a value of the code is looked up in.
func listsOf(code string) roster.Query {
	prop, _ := propertyOf(code)
	q := roster.Query{
		Establishments: prop.Kind == roster.EstablishmentID,
		Departments:    prop.Kind == roster.DepartmentID,
		Roles:          prop.Kind == roster.RoleID || prop.Kind == roster.RoleIDs,
		Categories:     prop.Kind == roster.CategoryID,
	}
	switch prop.Kind {
	case roster.SectionID:
		q.Axes = []int{prop.Axis()}
	case roster.ContractTypeID:
		q.ContractTypes = true
	case roster.NamedID:
		q.Fields = prop.Field // the people who have one tell what there is
	}
	return q
}
