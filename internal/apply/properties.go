package apply

import (
	"fmt"

	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

const managerProperty = "managerId"

// set adds one change to what is written.
func set(p lucca.Properties, code string, c plan.Change) error {
	w, known := roster.PropertyOf(code)
	if !known {
		return fmt.Errorf("write %q: no such property", code)
	}
	switch {
	case w.Kind == roster.Custom && c.Wire != "":
		p.Field(code, c.ExtensionID, c.Wire)
	case w.Kind == roster.Custom:
		p.Extension(code, c.ExtensionID, c.To)
	case w.Kind == roster.Day:
		d, err := roster.ParseDate(c.To)
		if err != nil {
			return fmt.Errorf("write %q: %w", code, err)
		}
		p.Date(w.Written(), d)
	case w.Kind == roster.RoleIDs:
		p.IDs(w.Written(), c.IDs)
	case w.Refers() || w.Kind == roster.LanguageTag:
		if len(c.IDs) > 1 || len(c.IDs) == 0 && c.To != "" {
			return fmt.Errorf("write %q: %d ids, want one", code, len(c.IDs))
		}
		refer(p, &w, append(c.IDs, 0)[0])
	default:
		p.Text(w.Written(), c.To)
	}
	return nil
}

// refer sets a reference in the form that Lucca takes it.
func refer(p lucca.Properties, w *roster.Property, id int) {
	switch {
	case w.Kind == roster.CycleID:
		p.Cycle(w.Written(), id)
	case w.Kind == roster.SectionID, w.Field == roster.Profiles:
		p.Reference(w.Written(), id)
	default:
		p.ID(w.Written(), id)
	}
}
