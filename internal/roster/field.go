package roster

import "strings"

// FieldKind is what a custom field holds.
type FieldKind uint8

// The kinds, as Lucca's user properties tell them.
const (
	TextField FieldKind = iota
	BooleanField
	IntegerField
	NumberField
	DateField
	// ListField holds an entry of a list.
	ListField
	// ObjectField is a group of values, which no column can hold.
	ObjectField
)

// Field is the definition of a custom field.
type Field struct {
	Code string
	Kind FieldKind
	// Multiple fields hold several values.
	Multiple bool
	// ReadOnly fields cannot be written.
	ReadOnly bool
	// Entries are the names of a list by id.
	Entries map[int]string
}

// Entry finds an entry by its name, in any case, and returns how many have it.
func (f *Field) Entry(name string) (id, found int) {
	for entry, n := range f.Entries {
		if strings.EqualFold(strings.TrimSpace(n), strings.TrimSpace(name)) {
			id, found = entry, found+1
		}
	}
	return id, found
}

// FieldPart is one value of a field with several, as Lucca has it: its own id, and the value as
// JSON.
type FieldPart struct {
	ID    int
	Value string
}

// Field returns the definition of a custom field; without one, what it holds is not known.
func (r *Roster) Field(code string) (Field, bool) {
	f, ok := r.fields[strings.ToLower(code)]
	return f, ok
}
