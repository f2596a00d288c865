package explain

import (
	"fmt"
	"slices"
	"strings"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
)

// whyEmpty says why somebody has no value in a column, or an empty one; nothing where there is one.
func whyEmpty(p export.Person, c export.SnapshotColumn, value *string) string {
	if value != nil && *value != "" {
		return ""
	}
	by := p.Emptied[c.Key]
	found := slices.IndexFunc(p.Notes, func(f finding.Finding) bool { return f.Column == c.Key })
	switch {
	case value == nil && p.Row > 0:
		return "the file is no longer kept, so its value is not known"
	case found >= 0 && by == "":
		return strings.TrimPrefix(p.Notes[found].Message, fmt.Sprintf("Lucca id %d: ", p.ID))
	case value == nil:
		return "the employee is not in the file"
	}
	return whyNothing(c, by)
}

// whyNothing says why a cell is empty of which nothing was found.
func whyNothing(c export.SnapshotColumn, by export.Emptier) string {
	from := strings.Join(c.From, ", ")
	switch {
	case by == export.ByExpression:
		return fmt.Sprintf("Lucca has a value, of which %s leaves nothing: correct one of the two", from)
	case by == export.ByTable:
		return fmt.Sprintf("values.%s makes nothing of the value that Lucca has", c.Key)
	case by == export.ByDefault:
		return fmt.Sprintf("values.%s has no entry for the value that Lucca has, and an empty default", c.Key)
	case c.AboutManager:
		return fmt.Sprintf("Lucca names nobody for %s: right for whoever has no manager, else set one there", from)
	case strings.Contains(from, "{"):
		return fmt.Sprintf("Lucca has no value for a part of %s", from)
	default:
		return fmt.Sprintf("Lucca has no value for %s", from)
	}
}
