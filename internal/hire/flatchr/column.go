package flatchr

import (
	"slices"
	"strings"
)

// Column is one step of a company's recruiting, as the API lists it.
type Column struct {
	ID    string
	Title string
	// Hired marks the column of hired candidates, whatever its title.
	Hired bool
}

// Targets tells the columns that mean hired.
type Targets struct {
	// Configured are titles or ids; when there are any, Flatchr's own flag does not count.
	Configured []string
	// Known are the columns of the company, for webhooks that hold only a number; empty
	// before they were asked for.
	Known []Column
}

// place is where a candidate was moved, as far as a webhook tells.
type place struct {
	// ids are all forms of the column's id.
	ids   []string
	title string
	hired truth
}

type truth struct{ value, known bool }

// hired reports whether the place means hired. known is false when only the list of the
// company's columns can tell.
func (t Targets) hired(p place) (hired, known bool) {
	for _, c := range t.Known {
		if slices.Contains(p.ids, c.ID) {
			p.ids = append(slices.Clone(p.ids), c.ID)
			if p.title == "" {
				p.title = c.Title
			}
			if !p.hired.known {
				p.hired = truth{c.Hired, true}
			}
		}
	}
	if len(t.Configured) == 0 {
		return p.hired.value, p.hired.known
	}
	for _, want := range t.Configured {
		if slices.Contains(p.ids, strings.TrimSpace(want)) || p.title != "" && sameTitle(want, p.title) {
			return true, true
		}
	}
	return false, p.title != ""
}

// columns returns those of the list that mean hired.
func (t Targets) columns() []Column {
	return slices.DeleteFunc(slices.Clone(t.Known), func(c Column) bool { return !t.Means(c) })
}

// Means reports whether a column means hired.
func (t Targets) Means(c Column) bool {
	hired, _ := t.hired(place{ids: []string{c.ID}, title: c.Title, hired: truth{c.Hired, true}})
	return hired
}

// Missing returns the configured columns that are not among the known ones.
func (t Targets) Missing() []string {
	var missing []string
	for _, want := range t.Configured {
		one := Targets{Configured: []string{want}}
		if !slices.ContainsFunc(t.Known, one.Means) {
			missing = append(missing, want)
		}
	}
	return missing
}

func sameTitle(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}
