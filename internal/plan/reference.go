package plan

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/nearest"
	"lucca-exchange/internal/roster"
)

// choice is one thing that a cell can refer to.
type choice struct {
	id int
	// label is how a person reads it.
	label string
}

// match is the outcome of looking a text up.
type match uint8

const (
	unknown match = iota
	matched
	ambiguous
)

// answer is what a text refers to.
type answer struct {
	choice
	match match
	// suggestion is a label that the unknown text may have meant.
	suggestion string
}

// catalog looks up one kind of reference: by name, then by code, then by path. Lucca's own
// ids are never meant: a number in a file is somebody else's code.
type catalog struct {
	names, codes, paths map[string][]choice
	labels              map[int]string
	// codeOf are the codes by id.
	codeOf map[int]string
	// exact are the answers to what Lucca writes, in its own spelling.
	exact map[string]answer
	// near are the suggestions that were made, of which there are never more than
	// maxSuggestions.
	near map[string]string
}

// maxSuggestions bounds how many wrong texts are compared with every name: a column that
// is shifted by one has a wrong text per row.
const maxSuggestions = 50

// entry is one thing of a list, with its name and code and, in a tree, its path.
type entry struct {
	id         int
	name, code string
	path       []string
}

func newCatalog(entries ...entry) *catalog {
	n := len(entries)
	c := &catalog{
		names: make(map[string][]choice, n), codes: make(map[string][]choice, n), paths: make(map[string][]choice, n),
		labels: make(map[int]string, n), codeOf: make(map[int]string, n), exact: make(map[string]answer, n), near: make(map[string]string),
	}
	alike := make(map[string]int, n)
	for _, e := range entries {
		alike[e.label()]++
	}
	for _, e := range entries {
		c.add(e, alike[e.label()] > 1)
	}
	for _, e := range entries {
		for _, text := range []string{e.name, e.code, c.labels[e.id]} {
			if text != "" {
				c.exact[text] = c.lookUp(text)
			}
		}
	}
	return c
}

// label is the path where there is one, else the name.
func (e entry) label() string {
	if len(e.path) > 1 {
		return strings.Join(e.path, " / ")
	}
	return e.name
}

// add takes an entry. Where others are called alike, its code tells it from them.
func (c *catalog) add(e entry, alike bool) {
	v := choice{id: e.id, label: e.label()}
	if alike {
		v.label += " (" + cmp.Or(e.code, idLabel(e.id)) + ")"
	}
	if key := pathKey(e.path); key != "" {
		c.paths[key] = append(c.paths[key], v)
	}
	c.labels[e.id] = v.label
	if e.name != "" {
		c.names[nameKey(e.name)] = append(c.names[nameKey(e.name)], v)
	}
	if e.code != "" {
		c.codeOf[e.id] = e.code
		c.codes[nameKey(e.code)] = append(c.codes[nameKey(e.code)], v)
	}
}

// find looks a text up.
func (c *catalog) find(text string) answer {
	if a, ok := c.exact[text]; ok {
		return a
	}
	return c.lookUp(text)
}

func (c *catalog) lookUp(text string) answer {
	for _, hits := range [][]choice{c.names[nameKey(text)], c.codes[nameKey(text)], c.paths[pathKey(strings.Split(text, "/"))]} {
		switch len(hits) {
		case 0:
			continue
		case 1:
			return answer{choice: hits[0], match: matched}
		default:
			return answer{match: ambiguous}
		}
	}
	return answer{suggestion: c.suggest(nameKey(text))}
}

// suggest returns the label of the nearest name, if one is near.
func (c *catalog) suggest(key string) string {
	if label, made := c.near[key]; made || len(c.near) >= maxSuggestions {
		return label
	}
	label, _ := nearest.Of(key, func(yield func(name, label string) bool) {
		for _, name := range slices.Sorted(maps.Keys(c.names)) {
			if !yield(name, c.names[name][0].label) {
				return
			}
		}
	})
	c.near[key] = label
	return label
}

// label returns how a person reads what an id refers to.
func (c *catalog) label(id int) string {
	if id == 0 {
		return ""
	}
	if label, ok := c.labels[id]; ok {
		return label
	}
	return idLabel(id)
}

// written returns a text that means an id and nothing else: its name or path, or else its
// code. It is empty for none.
func (c *catalog) written(id int) (text string, ok bool) {
	if id == 0 {
		return "", true
	}
	for _, text := range []string{c.labels[id], c.codeOf[id]} {
		if text == "" {
			continue
		}
		if a := c.find(text); a.match == matched && a.id == id {
			return text, true
		}
	}
	return "", false
}

// idLabel stands for something that has no name here.
func idLabel(id int) string { return "#" + strconv.Itoa(id) }

// nameKey makes equal what differs only in case, in blanks, or in how accents are encoded.
func nameKey(s string) string { return strings.Join(strings.Fields(strings.ToLower(compose(s))), " ") }

func pathKey(path []string) string {
	keys := make([]string, 0, len(path))
	for _, name := range path {
		if key := nameKey(name); key != "" {
			keys = append(keys, key)
		}
	}
	return strings.Join(keys, "/")
}

// catalogs are those of the lists that a roster has.
type catalogs struct {
	establishments, departments, roles, categories *catalog
	// named are those of sections and of what only the people who have it tell, by code.
	named map[string]*catalog
}

// codesOf are the codes of columns.
func codesOf(columns []Column) []string {
	codes := make([]string, len(columns))
	for i, c := range columns {
		codes[i] = c.Code
	}
	return codes
}

// newCatalogs has what the columns of some codes refer to.
func newCatalogs(people *roster.Roster, codes []string) catalogs {
	lists := people.Lists()
	c := catalogs{
		establishments: catalogOf(lists.Establishments, func(v roster.Establishment) entry { return entry{id: v.ID, name: v.Name, code: v.Code} }),
		departments: catalogOf(lists.Departments, func(v roster.Department) entry {
			return entry{v.ID, v.Name, v.Code, people.DepartmentPath(v.ID)}
		}),
		roles:      catalogOf(lists.Roles, func(v roster.Role) entry { return entry{id: v.ID, name: v.Name} }),
		categories: catalogOf(lists.Categories, func(v roster.Category) entry { return entry{id: v.ID, name: v.Name} }),
		named:      make(map[string]*catalog),
	}
	for _, code := range codes {
		switch p, _ := roster.PropertyOf(code); p.Kind {
		case roster.SectionID:
			c.named[code] = sectionsOf(lists.Sections, p.Axis())
		case roster.NamedID:
			c.named[code] = namesOf(people.Employees(), p)
		}
	}
	return c
}

func catalogOf[T any](list []T, of func(T) entry) *catalog {
	entries := make([]entry, len(list))
	for i, v := range list {
		entries[i] = of(v)
	}
	return newCatalog(entries...)
}

func sectionsOf(all []roster.Section, axis int) *catalog {
	var entries []entry
	for _, s := range all {
		if s.AxisID == axis {
			entries = append(entries, entry{id: s.ID, name: s.Name, code: s.Code})
		}
	}
	return newCatalog(entries...)
}

// namesOf has what somebody has.
func namesOf(people []*roster.Employee, p roster.Property) *catalog {
	known := make(map[int]bool)
	var entries []entry
	for _, e := range people {
		if id := p.ID(e); id != 0 && !known[id] && p.Text(e) != "" {
			known[id] = true
			entries = append(entries, entry{id: id, name: p.Text(e)})
		}
	}
	return newCatalog(entries...)
}

// label is what an employee refers to, as a person reads it.
func (c catalogs) label(p *property, e *roster.Employee) string {
	id := p.ID(e)
	if p.Kind == roster.CycleID && id != 0 {
		return strconv.Itoa(id)
	}
	return c.of(p).label(id)
}

// written is what an employee refers to, as a file writes it: see catalog.written.
func (c catalogs) written(p *property, e *roster.Employee) (text string, ok bool) {
	if p.Kind == roster.CycleID {
		return c.label(p, e), true
	}
	if p.Kind == roster.ContractTypeID {
		return "", true // a blank says nothing of it
	}
	return c.of(p).written(p.ID(e))
}

// of returns the catalog of a property that refers to something, an empty one for none.
func (c catalogs) of(p *property) *catalog {
	switch p.Kind {
	case roster.EstablishmentID:
		return c.establishments
	case roster.DepartmentID:
		return c.departments
	case roster.RoleID, roster.RoleIDs:
		return c.roles
	case roster.CategoryID:
		return c.categories
	default:
		if named := c.named[p.Code]; named != nil {
			return named
		}
		return newCatalog()
	}
}
