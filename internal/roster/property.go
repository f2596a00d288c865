package roster

import (
	"strconv"
	"strings"
)

// Kind is what a property holds. How its values are read in a file, compared, shown and
// written to Lucca, and what a spreadsheet can have made of them, follows from it.
type Kind uint8

// The kinds.
const (
	Text Kind = iota
	LoginText
	// GivenName and FamilyName are the two parts of a name; Lucca shows the latter in capitals.
	GivenName
	FamilyName
	MailAddress
	// Number is an employee number: a text, whose zeros count.
	Number
	Phone
	// GenderWord is one of Lucca's four.
	GenderWord
	// Country is a code of two letters (ISO 3166-1).
	Country
	Day
	// LanguageTag is shown as fr-FR, and is an LCID in Lucca.
	LanguageTag
	// The references, by Lucca id.
	EstablishmentID
	DepartmentID
	RoleID
	RoleIDs
	CategoryID
	ManagerID
	// SectionID is a section of the axis that the code names.
	SectionID
	// NamedID is anything else that Lucca gives with an id and a name. No public page lists
	// these: what there is is known from those who have one.
	NamedID
	// CycleID is a work cycle, which somebody has from a day on.
	CycleID
	// ContractTypeID is the type of a work contract, which no user has by itself.
	ContractTypeID
	// Custom is a custom field.
	Custom
)

// Property is one thing that Lucca knows about an employee. Whoever reads it from Lucca, shows
// it to a partner, takes it from a file, compares it or writes it goes by this one row.
type Property struct {
	// Code heads its column in a file of users; empty for what no file sets.
	Code string
	// Name is that of the documentation of API v3 users, and the source of a profile's column.
	Name string
	// Read is what API v3 is asked for and Write the member of a request, where these differ
	// from Name.
	Read, Write string
	Kind        Kind
	Field       Fields
	// Fixed cannot be blanked: Lucca, or we, need it of everyone.
	Fixed bool
	// Personal is one person's own and never comes from the defaults.
	Personal bool
	// Newer is not known to every Lucca: one that refuses it is read without.
	Newer bool
	// Lines: its cells may have line ends.
	Lines bool
	// Most is how many characters Lucca takes, by its published API (2024-11-01); 0 where it
	// does not say.
	Most int
	// Word is what a finding calls it when a manager lacks it; empty for the name.
	Word string

	// at returns where an employee has it: *string, *Date, *int or *[]int; nil when it is
	// among the others.
	at func(*Employee) any
}

// table is every property, in the order of Lucca's documentation of user files. Those with a
// constant have it as their Field; the others get a bit of their own.
var table = numbered([]Property{
	{Code: "login", Name: "login", Kind: LoginText, Field: Login, Fixed: true, Personal: true, at: func(e *Employee) any { return &e.Login }},
	{Code: "firstName", Name: "firstName", Kind: GivenName, Field: FirstName, Fixed: true, Personal: true, Word: "name", Most: 255, at: func(e *Employee) any { return &e.FirstName }},
	{Code: "lastName", Name: "lastName", Kind: FamilyName, Field: LastName, Fixed: true, Personal: true, Word: "name", Most: 255, at: func(e *Employee) any { return &e.LastName }},
	{Code: "mail", Name: "mail", Kind: MailAddress, Field: Mail, Fixed: true, Personal: true, Most: 255, at: func(e *Employee) any { return &e.Mail }},
	{Code: "legalEntity", Name: "legalEntity", Read: "legalEntity[id,name]", Write: "legalEntityId", Kind: EstablishmentID, Field: EstablishmentRef, Fixed: true, at: func(e *Employee) any { return &e.EstablishmentID }},
	{Code: "dtContractStart", Name: "dtContractStart", Kind: Day, Field: ContractStart, Fixed: true, Personal: true, at: func(e *Employee) any { return &e.ContractStart }},
	{Code: "dtContractEnd", Name: "dtContractEnd", Kind: Day, Field: ContractEnd, Personal: true, at: func(e *Employee) any { return &e.ContractEnd }},
	{Code: "employeenumber", Name: "employeeNumber", Kind: Number, Field: EmployeeNumber, Personal: true, Word: "number", Most: 50, at: func(e *Employee) any { return &e.EmployeeNumber }},
	{Code: "dtBirth", Name: "birthDate", Kind: Day, Field: BirthDate, Personal: true, at: func(e *Employee) any { return &e.BirthDate }},
	{Code: "department", Name: "department", Read: "departmentId", Write: "departmentId", Kind: DepartmentID, Field: DepartmentRef, Fixed: true, at: func(e *Employee) any { return &e.DepartmentID }},
	{Code: "manager", Name: "manager", Read: "managerId", Write: "managerId", Kind: ManagerID, Field: Manager, at: func(e *Employee) any { return &e.ManagerID }},
	{Code: "rolePrincipal", Name: "rolePrincipal", Read: "rolePrincipalId", Write: "rolePrincipalId", Kind: RoleID, Field: PrimaryRole, Fixed: true, at: func(e *Employee) any { return &e.RoleID }},
	{Code: "habilitedRoles", Name: "habilitedRoles", Read: "habilitedRoles[id]", Kind: RoleIDs, Field: SecondaryRoles, at: func(e *Employee) any { return &e.SecondaryRoleIDs }},
	{Code: "culture", Name: "culture", Read: "cultureID", Write: "cultureID", Kind: LanguageTag, Field: Culture, Fixed: true, at: func(e *Employee) any { return &e.Culture }},
	{Code: "jobTitle", Name: "jobTitle", Field: JobTitle, Word: "title", Most: 1024, at: func(e *Employee) any { return &e.JobTitle }},
	{Code: "gender", Name: "gender", Kind: GenderWord, Field: Gender, at: func(e *Employee) any { return &e.Gender }},
	{Code: "professionalMobile", Name: "professionalMobile", Kind: Phone, Field: ProfessionalMobile, Word: "phone", at: func(e *Employee) any { return &e.ProfessionalMobile }},
	{Code: "directLine", Name: "directLine", Kind: Phone, Field: DirectLine, Word: "phone", at: func(e *Employee) any { return &e.DirectLine }},
	{Code: "personalEmail", Name: "personalEmail", Kind: MailAddress, Field: PersonalMail, Personal: true, Most: 255, at: func(e *Employee) any { return &e.PersonalMail }},
	{Code: "personalMobile", Name: "personalMobile", Kind: Phone, Field: PersonalMobile, Personal: true, at: func(e *Employee) any { return &e.PersonalMobile }},
	{Code: "address", Name: "address", Field: Address, Personal: true, Lines: true, at: func(e *Employee) any { return &e.Address }},
	{Code: "csp", Name: "csp", Read: "cspId", Write: "cspId", Kind: CategoryID, Field: CategoryRef, at: func(e *Employee) any { return &e.CategoryID }},
	{Code: "civilTitle", Name: "civilTitle", Newer: true},
	{Code: "nationality", Name: "nationality", Read: "nationalityId", Write: "nationalityId", Kind: Country, Newer: true, Personal: true},
	{Code: "seniorityDate", Name: "seniorityDate", Kind: Day, Newer: true, Personal: true},
	{Code: "externalId", Name: "externalId", Newer: true, Personal: true, Most: 100},
	{Code: "calendar", Name: "calendar", Read: "calendar[id,name]", Write: "calendarId", Kind: NamedID},
	{Code: "workCycle", Name: "userWorkCycles", Kind: CycleID},
	{Code: "contractType", Name: "workContractType", Kind: ContractTypeID},
})

// families are the properties of which a tenant has any number, by the beginning of their
// codes. What a family is read with is added by package lucca.
var families = []Property{
	{Code: "e_", Name: "extendedData", Kind: Custom, Field: Extensions, Lines: true},
	{Code: "userAxisValues_", Name: "userAxisValues", Kind: SectionID, Field: Axes},
	{Code: "profile_", Name: "applicationData", Kind: NamedID, Field: Profiles},
}

// firstOwn is the first bit for a property without a constant.
const firstOwn = 32

// numbered gives a bit to each property that has none.
func numbered(list []Property) []Property {
	next := firstOwn
	for i := range list {
		if list[i].Field == 0 {
			list[i].Field = 1 << next
			next++
		}
	}
	return list
}

// Properties returns every property but those of families, in the order of Lucca's
// documentation. The caller must not change it.
func Properties() []Property { return table }

// Families returns the beginnings of codes that stand for any number of properties. The
// caller must not change it.
func Families() []Property { return families }

// PropertyOf returns what a column with a code sets, in its exact spelling: habilitedRoles_0
// is the property habilitedRoles.
func PropertyOf(code string) (Property, bool) {
	for i := range table {
		if table[i].Code == code && code != "" {
			return table[i], true
		}
	}
	if number, ok := strings.CutPrefix(code, "habilitedRoles_"); ok {
		if !isPlace(number) {
			return Property{}, false
		}
		return PropertyOf("habilitedRoles")
	}
	for _, f := range families {
		word, ok := strings.CutPrefix(code, f.Code)
		if !ok || word == "" || f.Kind == SectionID && (!isPlace(word) || word == "0") {
			continue
		}
		f.Code, f.Name = code, code
		if f.Kind == NamedID {
			f.Name = strings.ToLower(code)
		}
		return f, true
	}
	return Property{}, false
}

// PropertyNamed returns the property that API v3 calls so; families by their member, such as
// profile_figgo.
func PropertyNamed(name string) (Property, bool) {
	for i := range table {
		if table[i].Name == name {
			return table[i], true
		}
	}
	if p, ok := PropertyOf(name); ok && p.Kind == NamedID && p.Name == name {
		return p, true
	}
	return Property{}, false
}

func isPlace(number string) bool {
	n, err := strconv.Atoi(number)
	return err == nil && n >= 0 && strconv.Itoa(n) == number
}

// Newer returns the properties that a Lucca may not know.
func Newer() Fields {
	var all Fields
	for i := range table {
		if table[i].Newer {
			all |= table[i].Field
		}
	}
	return all
}

// Asked is what API v3 is asked for.
func (p *Property) Asked() string {
	if p.Read != "" {
		return p.Read
	}
	return p.Name
}

// Member is the member of an answer of API v3, in small letters, since Lucca's own spelling
// varies.
func (p *Property) Member() string {
	member, _, _ := strings.Cut(p.Asked(), "[")
	return strings.ToLower(member)
}

// Written is the member of a request of API v3.
func (p *Property) Written() string {
	if p.Write != "" {
		return p.Write
	}
	return p.Name
}

// Axis is the id of the axis of a SectionID.
func (p *Property) Axis() int {
	axis, _ := strconv.Atoi(strings.TrimPrefix(p.Code, "userAxisValues_")) // PropertyOf has read it
	return axis
}

// Refers reports whether the value is one reference, or several, by Lucca id.
func (p *Property) Refers() bool { return p.Kind >= EstablishmentID && p.Kind <= ContractTypeID }

// Datum is the value of a property without a member of Employee.
type Datum struct {
	// Text is also the name of what the ID refers to.
	Text string
	Date Date
	ID   int
}

// Text returns the value of an employee as text: of a NamedID the name, of other references
// nothing, of a Day its ISO form.
func (p *Property) Text(e *Employee) string {
	switch {
	case p.Kind == Custom:
		return e.Extensions[p.Code]
	case p.Kind == Day:
		return p.Date(e).String()
	case p.at == nil:
		return e.Others[p.Name].Text
	}
	if s, ok := p.at(e).(*string); ok {
		return *s
	}
	return ""
}

// Date returns the value of a Day.
func (p *Property) Date(e *Employee) Date {
	if p.at == nil {
		return e.Others[p.Name].Date
	}
	if d, ok := p.at(e).(*Date); ok {
		return *d
	}
	return Date{}
}

// ID returns the Lucca id that a single reference has; 0 for none.
func (p *Property) ID(e *Employee) int {
	switch {
	case p.Kind == SectionID:
		return e.Sections[p.Axis()]
	case p.Kind == ContractTypeID:
		if e.links == nil {
			return 0
		}
		return e.links.contract.TypeID
	case p.at == nil:
		return e.Others[p.Name].ID
	}
	if id, ok := p.at(e).(*int); ok {
		return *id
	}
	return 0
}

// IDs returns the Lucca ids of a list of references. The caller must not change it.
func (p *Property) IDs(e *Employee) []int {
	if p.at == nil {
		return nil
	}
	if ids, ok := p.at(e).(*[]int); ok {
		return *ids
	}
	return nil
}

// Set gives an employee a value: of a Datum what is of the property's kind. It is not for
// custom fields and sections, which have maps.
func (p *Property) Set(e *Employee, v Datum) {
	if p.at == nil {
		if v == (Datum{}) {
			return
		}
		if e.Others == nil {
			e.Others = make(map[string]Datum, 2)
		}
		e.Others[p.Name] = v
		return
	}
	switch at := p.at(e).(type) {
	case *string:
		*at = v.Text
	case *Date:
		*at = v.Date
	case *int:
		*at = v.ID
	}
}

// SetIDs gives an employee a list of references.
func (p *Property) SetIDs(e *Employee, ids []int) {
	if at, ok := p.at(e).(*[]int); ok {
		*at = ids
	}
}
