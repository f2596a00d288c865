package show

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/plan"
)

// Explanations shows why people are or are not in a file.
func Explanations(w Page, list []explain.Explanation) {
	for i, e := range list {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if e.Employee > 0 {
			w.hang(fmt.Sprintf("%s %d%s", w.said("Lucca id"), e.Employee, colon(w)), w.said(e.Why))
		} else {
			w.hang("", w.said(e.Why))
		}
		w.line("run", "%s of %s: %s", e.Run, e.Flow, w.said(string(e.Outcome)))
		for _, f := range e.Notes {
			w.line("finding", "%s", w.finding(f))
		}
		if len(e.Set) > 0 {
			changes(w, e.Set)
		}
		if e.Decision != export.Sent && e.Decision != export.Rejected {
			continue
		}
		cells(w, e.Columns)
		for _, c := range e.Columns {
			if c.Value != nil && c.WhyEmpty != "" {
				w.hang(fmt.Sprintf("  %-9s ", labelled(w, "empty")), c.Header+colon(w)+w.said(c.WhyEmpty))
			}
		}
		if e.Row > 0 && len(e.Columns) > 0 && e.Columns[0].Value == nil {
			fmt.Fprintln(w, w.said("the file is no longer kept, so its values cannot be shown"))
		}
	}
}

// cells shows each column's value and where it comes from; a program gets the key too.
func cells(w Page, columns []explain.Column) {
	header := []string{"column", "header", "level", "from", "value"}
	rows := make([][]string, len(columns))
	for i, c := range columns {
		value := ""
		if c.Value != nil {
			value = *c.Value
		}
		rows[i] = []string{c.Key, c.Header, w.said(string(c.Level)), from(w, c.From), value}
	}
	if w.Width > 0 {
		header = header[1:]
		for i := range rows {
			rows[i] = rows[i][1:]
		}
	}
	w.grid(header, rows)
}

// from says where a column's value comes from: the sources, of which the first that has one counts.
func from(w Page, sources []string) string {
	told := make([]string, len(sources))
	for i, s := range sources {
		told[i] = s
		if name, conditional := strings.CutSuffix(s, " if email"); conditional {
			told[i] = name + " " + w.said("if email")
		}
	}
	return strings.Join(told, ", "+w.said("else")+" ")
}

// changes shows what is set from what to what.
func changes(w Page, set map[string]plan.DocumentChange) {
	var rows [][]string
	for _, field := range slices.Sorted(maps.Keys(set)) {
		rows = append(rows, []string{titled(w, field), valued(w, set[field].From), valued(w, set[field].To)})
	}
	w.grid([]string{"field", "from", "to"}, rows)
}
