package plan

import (
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"

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
	codeOf      map[int]string
	answers     map[string]answer
	suggestions int
}

// maxSuggestions bounds how many wrong texts are compared with every name: a column that
// is shifted by one has a wrong text per row.
const maxSuggestions = 50

func newCatalog(size int) *catalog {
	return &catalog{
		names: make(map[string][]choice, size), codes: make(map[string][]choice, size), paths: make(map[string][]choice, size),
		labels: make(map[int]string, size), codeOf: make(map[int]string, size), answers: make(map[string]answer),
	}
}

// add takes one thing with its name and code and, in a tree, its path.
func (c *catalog) add(id int, name, code string, path []string) {
	v := choice{id: id, label: name}
	if len(path) > 1 {
		v.label = strings.Join(path, " / ")
		c.paths[pathKey(path)] = append(c.paths[pathKey(path)], v)
	}
	if len(path) == 1 {
		c.paths[pathKey(path)] = append(c.paths[pathKey(path)], v)
	}
	c.labels[id] = v.label
	if name != "" {
		c.names[nameKey(name)] = append(c.names[nameKey(name)], v)
	}
	if code != "" {
		c.codeOf[id] = code
		c.codes[nameKey(code)] = append(c.codes[nameKey(code)], v)
	}
}

// find looks a text up.
func (c *catalog) find(text string) answer {
	if a, ok := c.answers[text]; ok {
		return a
	}
	a := c.lookUp(text)
	c.answers[text] = a
	return a
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
	if c.suggestions++; c.suggestions > maxSuggestions {
		return ""
	}
	best, nearest := "", 1+len(key)/4
	for name, hits := range c.names {
		d := levenshtein.ComputeDistance(key, name)
		if d < nearest || d == nearest && best != "" && hits[0].label < best {
			best, nearest = hits[0].label, d
		}
	}
	return best
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
}

func newCatalogs(people *roster.Roster) catalogs {
	lists := people.Lists()
	c := catalogs{
		establishments: newCatalog(len(lists.Establishments)), departments: newCatalog(len(lists.Departments)),
		roles: newCatalog(len(lists.Roles)), categories: newCatalog(len(lists.Categories)),
	}
	for _, v := range lists.Establishments {
		c.establishments.add(v.ID, v.Name, v.Code, nil)
	}
	for _, v := range lists.Departments {
		c.departments.add(v.ID, v.Name, v.Code, people.DepartmentPath(v.ID))
	}
	for _, v := range lists.Roles {
		c.roles.add(v.ID, v.Name, "", nil)
	}
	for _, v := range lists.Categories {
		c.categories.add(v.ID, v.Name, "", nil)
	}
	return c
}

// of returns the catalog of a kind of property, or nil.
func (c catalogs) of(k kind) *catalog {
	switch k {
	case establishmentKind:
		return c.establishments
	case departmentKind:
		return c.departments
	case roleKind, rolesKind:
		return c.roles
	case categoryKind:
		return c.categories
	default:
		return nil
	}
}
