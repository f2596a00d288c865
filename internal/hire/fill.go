package hire

import (
	"errors"
	"maps"
	"slices"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// Fill is what a person filled in or corrected of an event, by the field's name of Fields.
type Fill map[string]string

// fillable is a field of an event that a person may fill in.
type fillable struct {
	name string
	// column is Lucca's code of the property.
	column string
	of     func(e *Event) *string
}

func fillables() []fillable {
	return []fillable{
		{"last_name", "lastName", func(e *Event) *string { return &e.LastName }},
		{"first_name", "firstName", func(e *Event) *string { return &e.FirstName }},
		{"mail", "mail", func(e *Event) *string { return &e.Mail }},
		{fieldStart, "dtContractStart", nil},
		{"job_title", "jobTitle", func(e *Event) *string { return &e.JobTitle }},
		{"legal_entity", "legalEntity", func(e *Event) *string { return &e.LegalEntity }},
		{"department", "department", func(e *Event) *string { return &e.Department }},
		{"manager", "manager", func(e *Event) *string { return &e.Manager }},
		{"role", "rolePrincipal", func(e *Event) *string { return &e.Role }},
		{"contract_type", plan.ContractType, func(e *Event) *string { return &e.ContractType }},
	}
}

// fieldStart is the one field that is a day, as YYYY-MM-DD.
const fieldStart = "contract_start"

// Fields are the names of what a person may fill in, in the order of a form.
func Fields() []string {
	var names []string
	for _, f := range fillables() {
		names = append(names, f.name)
	}
	return names
}

// ErrFill says that something cannot be filled in so. Its text names the field, never the value.
var ErrFill = errors.New("cannot be filled in")

// Check says what is wrong with what somebody filled in.
func (f Fill) Check() error {
	known := Fields()
	for _, name := range slices.Sorted(maps.Keys(f)) {
		switch value := f[name]; {
		case !slices.Contains(known, name):
			return fault.Of(ErrFill, "there is no such field")
		case len(value) > maxText:
			return fault.Of(ErrFill, "%s: has more than %d bytes", name, maxText)
		case name == fieldStart && value != "":
			if _, err := roster.ParseDate(value); err != nil {
				return fault.Of(ErrFill, "%s: want a day such as 2026-12-15", name)
			}
		}
	}
	return nil
}

// Value is what the event says of a field.
func (e Event) Value(field string) string {
	for _, f := range fillables() {
		switch {
		case f.name != field:
		case f.of != nil:
			return *f.of(&e)
		case !e.ContractStart.IsZero():
			return e.ContractStart.String()
		}
	}
	return ""
}

// With is the event as a person completed it. What the decoder could not take over of a field
// that was filled in is no longer worth a note.
func (e Event) With(filled Fill) Event {
	e.Notes = slices.Clone(e.Notes)
	for _, f := range fillables() {
		value, ok := filled[f.name]
		if !ok {
			continue
		}
		if f.of != nil {
			*f.of(&e) = value
		} else {
			e.ContractStart, _ = roster.ParseDate(value) // was checked; none for none
		}
		e.Notes = slices.DeleteFunc(e.Notes, func(n Note) bool { return n.Column == f.column })
	}
	return e
}

// Kept is what still holds of it once the ATS has sent the event anew: where that says
// something else than before, the ATS knows better.
func (f Fill) Kept(before, now Event) Fill {
	kept := maps.Clone(f)
	maps.DeleteFunc(kept, func(name, _ string) bool { return before.Value(name) != now.Value(name) })
	return kept
}
