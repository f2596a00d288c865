package plan

import (
	"fmt"
	"slices"
	"strings"

	"lucca-exchange/internal/roster"
)

// sheet is a table whose columns are bound to what they set.
type sheet struct {
	table *Table
	// at is the place of each code in Row.Cells.
	at map[string]int
	// columns are those of the table but for secondary roles, which are roles.
	columns, roles []column
	// identifier are the codes that tell the rows apart.
	identifier []string
	// incomplete are the columns that the file lacks to create anybody.
	incomplete []string
}

// column is what a column sets, and where its cells are.
type column struct {
	property
	// name is the code of this very column: habilitedRoles_1.
	name string
	cell int
}

func newSheet(t *Table, by Identifier) *sheet {
	s := &sheet{table: t, at: make(map[string]int, len(t.Columns)), identifier: by.Columns()}
	for i, c := range t.Columns {
		s.at[c.Code] = i
		prop, _ := propertyOf(c.Code)
		if bound := (column{property: prop, name: c.Code, cell: i}); prop.Kind == roster.RoleIDs {
			s.roles = append(s.roles, bound)
		} else {
			s.columns = append(s.columns, bound)
		}
	}
	for _, code := range []string{FirstName, LastName, Mail, ContractStart} {
		if !s.has(code) {
			s.incomplete = append(s.incomplete, code)
		}
	}
	return s
}

func (s *sheet) has(code string) bool {
	_, ok := s.at[code]
	return ok
}

// cell returns the text of a row in a column, which is empty when the file lacks it.
func (s *sheet) cell(r *Row, code string) string {
	if i, ok := s.at[code]; ok {
		return r.Cells[i]
	}
	return ""
}

// day is the date in a cell, none when there is no right one.
func (s *sheet) day(r *Row, code string) roster.Date { return dayOf(s.cell(r, code)) }

// named is the code of a column, with the file's own word for it where that is another.
func (s *sheet) named(code string) string {
	i, ok := s.at[code]
	if !ok || s.table.Columns[i].Header == "" || strings.EqualFold(s.table.Columns[i].Header, code) {
		return code
	}
	return fmt.Sprintf("%s (%q)", code, s.table.Columns[i].Header)
}

// key is the column that tells the rows apart, the last one of a pair.
func (s *sheet) key() string { return s.identifier[len(s.identifier)-1] }

// place is where the column of a code stands in the file, or else that of the identifier.
func (s *sheet) place(code string) (index int, ok bool) {
	for _, code := range []string{code, s.key()} {
		if i, listed := s.at[code]; listed && s.table.Columns[i].Index >= 0 {
			return s.table.Columns[i].Index, true
		}
	}
	return 0, false
}

// keyFirst are the columns of the file as Plan has them.
func (s *sheet) keyFirst() []Column {
	columns := slices.Clone(s.table.Columns)
	if i, ok := s.at[s.key()]; ok {
		columns = slices.Insert(slices.Delete(columns, i, i+1), 0, s.table.Columns[i])
	}
	return columns
}
