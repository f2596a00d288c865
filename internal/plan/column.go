package plan

import (
	"strconv"
	"strings"

	"lucca-exchange/internal/roster"
)

// The codes that a plan treats in a way of their own. Item.Set has all secondary roles
// together under SecondaryRoles.
const (
	Login          = "login"
	FirstName      = "firstName"
	LastName       = "lastName"
	Mail           = "mail"
	EmployeeNumber = "employeenumber"
	Establishment  = "legalEntity"
	ContractStart  = "dtContractStart"
	ContractEnd    = "dtContractEnd"
	Department     = "department"
	Manager        = "manager"
	PrimaryRole    = "rolePrincipal"
	SecondaryRoles = "habilitedRoles"

	birthDate = "dtBirth"
)

// rolePrefix begins the code of a column with one secondary role, extensionPrefix that of
// a custom field.
const (
	rolePrefix      = SecondaryRoles + "_"
	extensionPrefix = "e_"
)

// kind is how the cells of a column are read, compared and shown.
type kind uint8

const (
	textKind kind = iota
	loginKind
	nameKind
	mailKind
	genderKind
	dateKind
	cultureKind
	establishmentKind
	departmentKind
	roleKind
	rolesKind
	categoryKind
	managerKind
	extensionKind
)

// property is one thing that a column can set.
type property struct {
	code  string
	kind  kind
	field roster.Fields
	// fixed cannot be blanked: Lucca, or we, need it of everyone.
	fixed bool
	// undefaulted cannot come from the defaults: it is one person's own.
	undefaulted bool
	text        func(*roster.Employee) string
	date        func(*roster.Employee) roster.Date
	ref         func(*roster.Employee) int
}

// properties are those with a code of their own, in the order of Lucca's documentation.
var properties = []property{
	{code: Login, kind: loginKind, field: roster.Login, fixed: true, undefaulted: true, text: func(e *roster.Employee) string { return e.Login }},
	{code: FirstName, kind: textKind, field: roster.FirstName, fixed: true, undefaulted: true, text: func(e *roster.Employee) string { return e.FirstName }},
	{code: LastName, kind: nameKind, field: roster.LastName, fixed: true, undefaulted: true, text: func(e *roster.Employee) string { return e.LastName }},
	{code: Mail, kind: mailKind, field: roster.Mail, fixed: true, undefaulted: true, text: func(e *roster.Employee) string { return e.Mail }},
	{code: Establishment, kind: establishmentKind, field: roster.EstablishmentRef, fixed: true, ref: func(e *roster.Employee) int { return e.EstablishmentID }},
	{code: ContractStart, kind: dateKind, field: roster.ContractStart, fixed: true, undefaulted: true, date: func(e *roster.Employee) roster.Date { return e.ContractStart }},
	{code: ContractEnd, kind: dateKind, field: roster.ContractEnd, undefaulted: true, date: func(e *roster.Employee) roster.Date { return e.ContractEnd }},
	{code: EmployeeNumber, kind: textKind, field: roster.EmployeeNumber, undefaulted: true, text: func(e *roster.Employee) string { return e.EmployeeNumber }},
	{code: birthDate, kind: dateKind, field: roster.BirthDate, undefaulted: true, date: func(e *roster.Employee) roster.Date { return e.BirthDate }},
	{code: Department, kind: departmentKind, field: roster.DepartmentRef, fixed: true, ref: func(e *roster.Employee) int { return e.DepartmentID }},
	{code: Manager, kind: managerKind, field: roster.Manager, ref: func(e *roster.Employee) int { return e.ManagerID }},
	{code: PrimaryRole, kind: roleKind, field: roster.PrimaryRole, fixed: true, ref: func(e *roster.Employee) int { return e.RoleID }},
	{code: SecondaryRoles, kind: rolesKind, field: roster.SecondaryRoles},
	{code: "culture", kind: cultureKind, field: roster.Culture, fixed: true, text: func(e *roster.Employee) string { return e.Culture }},
	{code: "jobTitle", kind: textKind, field: roster.JobTitle, text: func(e *roster.Employee) string { return e.JobTitle }},
	{code: "gender", kind: genderKind, field: roster.Gender, text: func(e *roster.Employee) string { return e.Gender }},
	{code: "professionalMobile", kind: textKind, field: roster.ProfessionalMobile, text: func(e *roster.Employee) string { return e.ProfessionalMobile }},
	{code: "directLine", kind: textKind, field: roster.DirectLine, text: func(e *roster.Employee) string { return e.DirectLine }},
	{code: "personalEmail", kind: mailKind, field: roster.PersonalMail, undefaulted: true, text: func(e *roster.Employee) string { return e.PersonalMail }},
	{code: "personalMobile", kind: textKind, field: roster.PersonalMobile, undefaulted: true, text: func(e *roster.Employee) string { return e.PersonalMobile }},
	{code: "address", kind: textKind, field: roster.Address, undefaulted: true, text: func(e *roster.Employee) string { return e.Address }},
	{code: "csp", kind: categoryKind, field: roster.CategoryRef, ref: func(e *roster.Employee) int { return e.CategoryID }},
}

// Codes returns the codes that a column can have, in the order of Lucca's documentation,
// beside the two families: custom fields, e_ and more, and secondary roles, for which
// SecondaryRoles stands in the list while the columns are habilitedRoles_0 and up.
func Codes() []string {
	codes := make([]string, len(properties))
	for i := range properties {
		codes[i] = properties[i].code
	}
	return codes
}

// Known reports whether a column can have the code, in its exact spelling.
func Known(code string) bool {
	_, ok := propertyOf(code)
	return ok && code != SecondaryRoles
}

// propertyOf returns what a column or a default of the code sets.
func propertyOf(code string) (property, bool) {
	for i := range properties {
		if properties[i].code == code {
			return properties[i], true
		}
	}
	if number, ok := strings.CutPrefix(code, rolePrefix); ok {
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 || strconv.Itoa(n) != number {
			return property{}, false
		}
		return propertyOf(SecondaryRoles)
	}
	if len(code) > len(extensionPrefix) && strings.HasPrefix(code, extensionPrefix) {
		return property{
			code: code, kind: extensionKind, field: roster.Extensions,
			text: func(e *roster.Employee) string { return e.Extensions[code] },
		}, true
	}
	return property{}, false
}

// needed are the properties without which nobody can be created. The login is generated
// when it is missing.
func needed() []string {
	return []string{FirstName, LastName, Mail, ContractStart, Establishment, Department, PrimaryRole}
}
