package apply

import (
	"fmt"
	"strings"

	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// kind is how a property is written to Lucca.
type kind uint8

const (
	text kind = iota + 1
	day
	reference
	references
)

// written is the property of API v3 that a code of a plan becomes.
type written struct {
	name string
	kind kind
}

// properties are how the codes of a plan are written, but for custom fields, which keep
// their code.
var properties = map[string]written{
	plan.Login:           {"login", text},
	plan.FirstName:       {"firstName", text},
	plan.LastName:        {"lastName", text},
	plan.Mail:            {"mail", text},
	plan.EmployeeNumber:  {"employeeNumber", text},
	"jobTitle":           {"jobTitle", text},
	"gender":             {"gender", text},
	"professionalMobile": {"professionalMobile", text},
	"directLine":         {"directLine", text},
	"personalEmail":      {"personalEmail", text},
	"personalMobile":     {"personalMobile", text},
	"address":            {"address", text},
	plan.ContractStart:   {"dtContractStart", day},
	plan.ContractEnd:     {"dtContractEnd", day},
	"dtBirth":            {"birthDate", day},
	plan.Establishment:   {"legalEntityId", reference},
	plan.Department:      {"departmentId", reference},
	plan.Manager:         {managerProperty, reference},
	plan.PrimaryRole:     {"rolePrincipalId", reference},
	"culture":            {"cultureID", reference},
	"csp":                {"cspId", reference},
	plan.SecondaryRoles:  {"habilitedRoles", references},
}

const managerProperty = "managerId"

// set adds one change to what is written.
func set(p lucca.Properties, code string, c plan.Change) error {
	if strings.HasPrefix(code, "e_") {
		p.Extension(code, c.ExtensionID, c.To)
		return nil
	}
	w, known := properties[code]
	if !known {
		return fmt.Errorf("write %q: no such property", code)
	}
	switch w.kind {
	case text:
		p.Text(w.name, c.To)
	case day:
		d, err := roster.ParseDate(c.To)
		if err != nil {
			return fmt.Errorf("write %q: %w", code, err)
		}
		p.Date(w.name, d)
	case reference:
		if len(c.IDs) > 1 || len(c.IDs) == 0 && c.To != "" {
			return fmt.Errorf("write %q: %d ids, want one", code, len(c.IDs))
		}
		p.ID(w.name, append(c.IDs, 0)[0])
	case references:
		p.IDs(w.name, c.IDs)
	}
	return nil
}
