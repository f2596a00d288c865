package sandbox

import "strings"

// checkUser checks what must hold for every user.
func (c *call) checkUser(u *User) error {
	contract := u.applicable(c.Today)
	if u.FirstName == "" || u.LastName == "" || u.Login == "" || contract.Start == 0 {
		return refuse("The properties firstName, lastName, login and dtContractStart are required")
	}
	if err := c.checkReferences(u, contract); err != nil {
		return err
	}
	if err := checkContracts(u); err != nil {
		return err
	}
	if id, taken := c.people.byLogin[strings.ToLower(u.Login)]; taken && id != u.ID {
		return refuse("The login is already used by another user")
	}
	if u.EmployeeNumber == "" {
		return nil
	}
	for _, id := range c.people.byNumber[u.EmployeeNumber] {
		other := c.people.find(c.Company, id)
		if id != u.ID && other.applicable(c.Today).EstablishmentID == contract.EstablishmentID {
			return refuse("The employeeNumber is already used in this legal entity")
		}
	}
	return nil
}

func (c *call) checkReferences(u *User, contract *Contract) error {
	type check struct {
		title    string
		id       int
		exists   bool
		optional bool
	}
	_, establishment := find(c.Establishments, contract.EstablishmentID, establishmentID)
	_, department := find(c.Departments, u.DepartmentID, departmentID)
	_, role := named(c.Roles, u.RoleID)
	_, culture := named(c.Cultures, u.CultureID)
	_, category := named(c.Categories, contract.CategoryID)
	manager := u.ManagerID == u.ID || c.people.find(c.Company, u.ManagerID) != nil
	checks := []check{
		{"LegalEntity", contract.EstablishmentID, establishment, false}, {"Department", u.DepartmentID, department, false},
		{"Role", u.RoleID, role, false}, {"User", u.ManagerID, manager, true}, {"Culture", u.CultureID, culture, true},
		{"Csp", contract.CategoryID, category, true},
	}
	for _, id := range u.SecondaryRoles {
		_, exists := named(c.Roles, id)
		checks = append(checks, check{"Role", id, exists, false})
	}
	for _, k := range checks {
		if !k.exists && (k.id != 0 || !k.optional) {
			return refuse("Resource %s with ID %d not found", k.title, k.id)
		}
	}
	return nil
}

// checkContracts refuses contracts that end before they start or overlap.
func checkContracts(u *User) error {
	contracts := u.Contracts
	if len(contracts) == 0 {
		contracts = []Contract{u.Bare}
	}
	for i, k := range contracts {
		if k.End != 0 && k.End < k.Start {
			return refuse("The contract ends before it starts")
		}
		if i > 0 && (contracts[i-1].End == 0 || contracts[i-1].End >= k.Start) {
			return refuse("The contract overlaps with another one")
		}
	}
	return nil
}
