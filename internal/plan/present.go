package plan

import (
	"fmt"
	"strings"

	"lucca-exchange/internal/roster"
)

// Present returns what answers, for a row and the code of a column in which the row is
// blank, what a file has to say there so that nothing happens but what the plan does: the
// value that the employee has, as a file writes it. That is nothing for somebody new, and
// for what the plan clears. It is not ok when the value cannot be written, because the key
// may not see it or because what it refers to has no unambiguous name. The table and the
// roster must be those of Make.
func (p *Plan) Present(t Table, people *roster.Roster) func(row int, code string) (text string, ok bool) {
	w := writer{
		people: people, catalogs: newCatalogs(people, codesOf(t.Columns)),
		items: make(map[int]*Item, len(p.Items)), roleRows: make(map[int]bool), roleColumns: make(map[string]int),
	}
	for i := range p.Items {
		w.items[p.Items[i].Row] = &p.Items[i]
	}
	for i, c := range t.Columns {
		if !strings.HasPrefix(c.Code, rolePrefix) {
			continue
		}
		w.roleColumns[c.Code] = len(w.roleColumns)
		for _, row := range t.Rows {
			w.roleRows[row.Number] = w.roleRows[row.Number] || row.Cells[i] != ""
		}
	}
	return w.blank
}

// writer writes what employees have as a file does.
type writer struct {
	people   *roster.Roster
	catalogs catalogs
	items    map[int]*Item
	// roleColumns are the places of the columns of secondary roles among each other, and
	// roleRows the rows that have one.
	roleColumns map[string]int
	roleRows    map[int]bool
}

func (w *writer) blank(row int, code string) (string, bool) {
	item, prop, ok := w.items[row], property{}, false
	if item != nil {
		prop, ok = propertyOf(code)
	}
	switch {
	case !ok:
		return "", false
	case item.EmployeeID == 0:
		return "", true
	case prop.Kind == roster.RoleIDs && w.roleRows[row]:
		return "", true // the row has all the roles that there are to be
	}
	if _, changes := item.Set.Find(prop.Code); changes {
		return "", true
	}
	e := w.people.ByID(item.EmployeeID)
	if e.Hidden&prop.Field != 0 {
		return "", false
	}
	if prop.Kind == roster.RoleIDs {
		return w.role(e, w.roleColumns[code])
	}
	return w.write(&prop, e)
}

// write is the opposite of cellReader.read.
func (w *writer) write(c *property, e *roster.Employee) (string, bool) {
	switch {
	case c.Kind == roster.ManagerID:
		return w.manager(managerOf(e))
	case c.Refers():
		return w.catalogs.written(c, e)
	case c.Kind == roster.Day:
		return writeDay(c.Date(e)), true
	}
	text := c.Text(e)
	switch c.Kind {
	case roster.LanguageTag:
		_, bad := readLanguage(text)
		return text, text == "" || bad == nil
	case roster.Custom:
		if f, known := w.people.Field(c.Code); known && f.Kind != roster.DateField {
			return text, true
		}
		if day, err := roster.ParseDate(text); err == nil {
			return writeDay(day), true
		}
	}
	return text, true
}

// manager is a login; none is needed to say that there is nobody.
func (w *writer) manager(id int) (string, bool) {
	if id == 0 {
		return "", true
	}
	m := w.people.ByID(id)
	if m == nil {
		return "", false
	}
	return m.Login, m.Login != ""
}

// role is one of the secondary roles, which the columns must hold all: what they replace is
// the whole set.
func (w *writer) role(e *roster.Employee, place int) (string, bool) {
	if len(e.SecondaryRoleIDs) > len(w.roleColumns) {
		return "", false
	}
	mine := ""
	for i, id := range e.SecondaryRoleIDs {
		name, ok := w.catalogs.roles.written(id)
		if !ok {
			return "", false
		}
		if i == place {
			mine = name
		}
	}
	return mine, true
}

// writeDay is the opposite of parseDay.
func writeDay(d roster.Date) string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%02d/%02d/%04d", d.Day, d.Month, d.Year)
}
