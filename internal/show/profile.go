package show

import (
	"fmt"
	"io"
	"strings"

	"lucca-exchange/internal/inspect"
)

// Profiles lists profiles, one a line.
func Profiles(w io.Writer, profiles []inspect.Profile) {
	rows := make([][]string, len(profiles))
	for i, p := range profiles {
		counts := make(map[string]int)
		for _, c := range p.Columns {
			counts[string(c.Level)]++
		}
		rows[i] = []string{p.Name, p.Title, fmt.Sprint(counts["required"]), fmt.Sprint(counts["recommended"]), fmt.Sprint(counts["optional"]), strings.Join(p.Flows, ", ")}
	}
	grid(w, []string{"profile", "partner", "required", "recommended", "optional", "flows"}, rows)
}

// Profile shows one with its columns.
func Profile(w io.Writer, p inspect.Profile) {
	fmt.Fprintf(w, "%s: %s\n%s\n", p.Name, p.Title, p.Description)
	if p.Missing != "" {
		fmt.Fprintln(w, p.Missing)
	}
	if len(p.Unknown) > 0 {
		fmt.Fprintln(w, "Not documented, to be agreed with the partner:")
		for _, what := range p.Unknown {
			fmt.Fprintf(w, "  - %s\n", what)
		}
	}
	if most, ok := p.Caps["optional"]; ok {
		fmt.Fprintf(w, "At most %d optional columns.\n", most)
	}
	rows := make([][]string, len(p.Columns))
	for i, c := range p.Columns {
		rows[i] = []string{c.Key, c.Header, string(c.Level), string(c.Type), strings.Join(c.From, ", else ")}
	}
	grid(w, []string{"column", "header", "level", "type", "from"}, rows)
	for i, from := range p.Sources {
		fmt.Fprintf(w, "%-8s %s %s\n", map[bool]string{true: "sources"}[i == 0], from.Title+":", from.Path)
	}
}
