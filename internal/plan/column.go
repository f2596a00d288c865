package plan

import "lucca-exchange/internal/roster"

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

	ContractType = "contractType"
	Category     = "csp"

	birthDate = "dtBirth"
)

// rolePrefix begins the code of a column with one secondary role, extensionPrefix that of
// a custom field.
const (
	rolePrefix      = SecondaryRoles + "_"
	extensionPrefix = "e_"
)

// Codes returns the codes that a column can have, in the order of Lucca's documentation,
// beside the families: custom fields, e_ and more, sections of axes, profiles of
// applications, and secondary roles, for which SecondaryRoles stands in the list while the
// columns are habilitedRoles_0 and up.
func Codes() []string {
	var codes []string
	for _, p := range roster.Properties() {
		if p.Code != "" {
			codes = append(codes, p.Code)
		}
	}
	return codes
}

// Known reports whether a column can have the code, in its exact spelling.
func Known(code string) bool {
	_, ok := roster.PropertyOf(code)
	return ok && code != SecondaryRoles
}

// propertyOf returns what a column or a default of the code sets.
func propertyOf(code string) (property, bool) {
	p, ok := roster.PropertyOf(code)
	return property{p}, ok
}

// property is a property of an employee as a plan compares it.
type property struct{ roster.Property }

// ID is what an employee refers to, 0 for nothing: oneself is no manager.
func (c *property) ID(e *roster.Employee) int {
	if c.Kind == roster.ManagerID {
		return managerOf(e)
	}
	return c.Property.ID(e)
}

// needed are the properties without which nobody can be created. The login is generated
// when it is missing.
func needed() []string {
	return []string{FirstName, LastName, Mail, ContractStart, Establishment, Department, PrimaryRole}
}
