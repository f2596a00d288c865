package show

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/plan"
)

// Explanations shows why people are or are not in a file.
func Explanations(w io.Writer, list []explain.Explanation) {
	for i, e := range list {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if e.Employee > 0 {
			fmt.Fprintf(w, "Lucca id %d: %s\n", e.Employee, e.Why)
		} else {
			fmt.Fprintln(w, e.Why)
		}
		line(w, "run", "%s of %s: %s", e.Run, e.Flow, e.Outcome)
		for _, f := range e.Notes {
			line(w, "finding", "%s", f)
		}
		if len(e.Set) > 0 {
			changes(w, e.Set)
		}
		if e.Decision != export.Sent && e.Decision != export.Rejected {
			continue
		}
		var rows [][]string
		for _, c := range e.Columns {
			value := ""
			if c.Value != nil {
				value = *c.Value
			}
			rows = append(rows, []string{c.Key, c.Header, string(c.Level), strings.Join(c.From, ", else "), value})
		}
		grid(w, []string{"column", "header", "level", "from", "value"}, rows)
		if e.Row > 0 && len(e.Columns) > 0 && e.Columns[0].Value == nil {
			fmt.Fprintln(w, "the file is no longer kept, so its values cannot be shown")
		}
	}
}

// changes shows what is set from what to what.
func changes(w io.Writer, set map[string]plan.DocumentChange) {
	var rows [][]string
	for _, field := range slices.Sorted(maps.Keys(set)) {
		rows = append(rows, []string{field, set[field].From, set[field].To})
	}
	grid(w, []string{"field", "from", "to"}, rows)
}
