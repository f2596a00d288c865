package show

import (
	"fmt"
	"strings"

	"lucca-exchange/internal/inspect"
)

// Profiles lists profiles, one a line.
func Profiles(w Page, profiles []inspect.Profile) {
	header, used := []string{"profile", "partner", "required", "recommended", "optional"}, false
	rows := make([]row, len(profiles))
	for i, p := range profiles {
		counts := make(map[string]int)
		for _, c := range p.Columns {
			counts[string(c.Level)]++
		}
		used = used || len(p.Flows) > 0
		rows[i].cells = []string{p.Name, p.Title, fmt.Sprint(counts["required"]), fmt.Sprint(counts["recommended"]), fmt.Sprint(counts["optional"]), strings.Join(p.Flows, ", ")}
	}
	if header = append(header, "flows"); !used {
		header = header[:len(header)-1]
		for i := range rows {
			rows[i].cells = rows[i].cells[:len(header)]
		}
	}
	// Names are to be copied: they stay whole.
	w.table(table{header: header, flexible: []int{1, len(header) - 1}, rows: rows})
}

// Profile shows one with its columns.
func Profile(w Page, p inspect.Profile) {
	fmt.Fprintln(w, p.Name+colon(w)+p.Title)
	w.hang("", sentences(w, p.Description))
	if p.Missing != "" {
		w.hang("", sentences(w, p.Missing))
	}
	if len(p.Unknown) > 0 {
		fmt.Fprintln(w, w.said("Not documented, to be agreed with the partner:"))
		for _, what := range p.Unknown {
			w.hang("  - ", w.said(what))
		}
	}
	if most, ok := p.Caps["optional"]; ok {
		fmt.Fprintln(w, w.said(fmt.Sprintf("At most %d optional columns.", most)))
	}
	rows := make([]row, len(p.Columns))
	for i, c := range p.Columns {
		rows[i].cells = []string{c.Key, c.Header, w.said(string(c.Level)), keyed(w, "type."+string(c.Type), string(c.Type)), from(w, c.From)}
		rows[i].cells[4] += tabled(w, c)
	}
	w.table(table{header: []string{"column", "header", "level", "type", "from"}, flexible: []int{1, 4}, rows: rows})
	for i, from := range p.Sources {
		w.hang(fmt.Sprintf("%-8s ", map[bool]string{true: "sources"}[i == 0]), from.Title+": "+from.Path)
	}
}

// tabled is what a table of values makes of a source.
func tabled(w Page, c inspect.ProfileColumn) string {
	parts, other := c.Entries()
	if other != "" {
		parts = append(parts, w.said("else")+" "+other)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// sentences tells each sentence of a text.
func sentences(p Page, english string) string {
	told := p.saidAll(strings.SplitAfter(english, ". "))
	return strings.Join(told, "")
}
