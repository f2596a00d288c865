package show

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/inspect"
)

// Checked is what check found, and the JSON document of it.
type Checked struct {
	OK     bool            `json:"ok"`
	Faults []config.Fault  `json:"faults"`
	Probes []inspect.Probe `json:"connections,omitempty"`
	// Path is that of the configuration; Config is nil where it has a fault. At is now.
	Path   string         `json:"-"`
	Config *config.Config `json:"-"`
	At     time.Time      `json:"-"`
}

// Check shows the faults and the probes, and of a configuration that is right what each flow
// does and when it is due next.
func Check(w Page, result Checked) {
	Faults(w, result.Faults)
	for _, p := range result.Probes {
		probe(w, p)
	}
	if result.Config == nil || !result.OK {
		return
	}
	fmt.Fprintln(w, w.said(result.Path+" is right"))
	for _, name := range slices.Sorted(maps.Keys(result.Config.Flows)) {
		f := result.Config.Flows[name]
		due := "not scheduled"
		if f.Slots != nil {
			due = "due " + weekday(w, f.Slots.Next(result.At))
		}
		does := ""
		switch {
		case f.Export != nil:
			does = fmt.Sprintf("%s, %d columns to %s", f.Export.Profile, len(f.Binding.Columns), f.To)
		case f.Import != nil:
			does = fmt.Sprintf("import of %s from %s", f.Pattern, f.From)
		case f.Hires != nil:
			does = "hires of " + f.Hires.Source
		}
		w.hang("  ", name+colon(w)+w.said(does)+", "+w.said(due))
	}
}

// Faults shows what is wrong with a configuration, one a line, and where in the line if that is
// known.
func Faults(w Page, faults config.Faults) {
	for _, f := range faults {
		fmt.Fprintln(w, w.fault(f))
		if f.Excerpt != "" {
			fmt.Fprintln(w, f.Excerpt)
		}
	}
}

func probe(w Page, p inspect.Probe) {
	verdict := "ok"
	if !p.OK {
		verdict = "FAULT"
	}
	said := p.Name
	for _, part := range []string{p.Address, p.Protocol, p.Key} {
		if part != "" {
			said += " · " + part
		}
	}
	w.hang(w.said(verdict)+" ", said+colon(w)+w.said(p.Message))
	for _, warning := range p.Warnings {
		w.hang("   "+w.said("warning")+colon(w), w.said(warning))
	}
	routes(w, p)
	if p.Facts != nil {
		facts(w, p)
	}
}

// routes says which generation of the API answered for each list.
func routes(w Page, p inspect.Probe) {
	by := make(map[string][]string)
	for _, r := range p.Routes {
		by[r.Generation] = append(by[r.Generation], r.List)
	}
	for _, generation := range slices.Sorted(maps.Keys(by)) {
		listed(w, labelWidth(w), "by "+generation, w.saidAll(by[generation]))
	}
}

// facts prints what is in Lucca for the configuration to name.
func facts(w Page, p inspect.Probe) {
	label := labelWidth(w)
	for _, part := range []struct {
		name string
		list []inspect.Fact
	}{
		{"establishments", p.Facts.Establishments}, {"contract types", p.Facts.ContractTypes}, {"axes", p.Facts.Axes},
		{"custom fields", p.Facts.CustomFields}, {"roles", p.Facts.Roles},
	} {
		texts := make([]string, len(part.list))
		for i, f := range part.list {
			texts[i] = fact(w, f)
		}
		listed(w, label, part.name, texts)
	}
}

// fact is a thing of Lucca in one phrase: id, label, code, use.
func fact(p Page, f inspect.Fact) string {
	var parts []string
	if f.ID != 0 {
		parts = append(parts, strconv.Itoa(f.ID))
	}
	if f.Label != "" {
		parts = append(parts, f.Label)
	}
	if f.Code != "" && f.ID != 0 {
		parts = append(parts, "("+f.Code+")")
	} else if f.Code != "" {
		parts = append(parts, f.Code)
	}
	if f.InUse > 0 {
		parts = append(parts, "["+p.said(fmt.Sprintf("%d contracts", f.InUse))+"]")
	}
	return strings.Join(parts, " ")
}

// labelWidth is how wide the names of lists are in the reader's language.
func labelWidth(w Page) int {
	label := 16
	for _, name := range w.saidAll([]string{"establishments", "contract types", "axes", "custom fields", "roles"}) {
		label = max(label, ansi.StringWidth(name))
	}
	return label
}

// listed prints a list behind its name.
func listed(w Page, label int, name string, texts []string) {
	if len(texts) > 0 {
		w.hang(fmt.Sprintf("   %-*s ", label, w.said(name)), strings.Join(texts, ", "))
	}
}

// fault is a fault of the configuration on a line: its place, and what is wrong with it.
func (p Page) fault(f config.Fault) string {
	if f.Warning {
		return f.Place() + p.said("warning") + colon(p) + p.said(f.Message)
	}
	return f.Place() + p.said(f.Message)
}
