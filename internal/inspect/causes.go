package inspect

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/state"
)

// Cause is findings of one cause: what is mended once, and not row by row.
type Cause struct {
	Severity finding.Severity `json:"severity"`
	Code     string           `json:"code"`
	Column   string           `json:"column,omitempty"`
	// Columns are all of them, where several cells of somebody have one cause.
	Columns []string `json:"columns,omitempty"`
	// Message is what they all say; empty for those that are only counted.
	Message string `json:"message,omitempty"`
	// Count is how many findings these are, Rows the rows of those that are listed.
	Count int   `json:"count"`
	Rows  []int `json:"rows,omitempty"`
	// Employees are those whom they are about, by Lucca id, where findings name them.
	Employees []int `json:"employees,omitempty"`
}

// Causes groups findings by what they say, errors first and then the most frequent. A manager who
// has left is one cause, whoever is under them and whatever cells it leaves empty. What is not
// listed is a cause of its own, by its code.
func Causes(listed []finding.Finding, omitted []finding.Omitted) []Cause {
	var causes []Cause
	places := make(map[finding.Finding]int) // by a finding without its place
	for _, f := range listed {
		what := finding.Finding{Severity: f.Severity, Code: f.Code, Column: f.Column, Message: f.Message}
		employee, message := about(f)
		if employee != 0 {
			what.Column, what.Message = "", message
		}
		n, known := places[what]
		if !known {
			n = len(causes)
			places[what] = n
			causes = append(causes, Cause{Severity: f.Severity, Code: f.Code, Column: f.Column, Message: message})
		}
		causes[n].add(f, employee)
	}
	for _, o := range omitted {
		causes = append(causes, Cause{Severity: o.Severity, Code: o.Code, Count: o.Count})
	}
	slices.SortStableFunc(causes, func(a, b Cause) int {
		// "error" comes before "warning".
		return cmp.Or(strings.Compare(string(a.Severity), string(b.Severity)), cmp.Compare(b.Count, a.Count))
	})
	return causes
}

// add counts a finding. Those about one employee, and about one row, come together.
func (c *Cause) add(f finding.Finding, employee int) {
	c.Count++
	if f.Row > 0 && (len(c.Rows) == 0 || c.Rows[len(c.Rows)-1] != f.Row) {
		c.Rows = append(c.Rows, f.Row)
	}
	if employee == 0 {
		return
	}
	if len(c.Employees) == 0 || c.Employees[len(c.Employees)-1] != employee {
		c.Employees = append(c.Employees, employee)
	}
	if c.Column != f.Column && len(c.Columns) == 0 {
		c.Columns = []string{c.Column}
	}
	if len(c.Columns) > 0 && !slices.Contains(c.Columns, f.Column) {
		c.Columns = append(c.Columns, f.Column)
	}
}

// In reports whether the cause is about a column.
func (c *Cause) In(column string) bool {
	return c.Column == column || slices.Contains(c.Columns, column)
}

// about is the employee whom a finding of an export begins with, and what it says of them; 0 and all
// that it says where it is about nobody.
func about(f finding.Finding) (employee int, message string) {
	rest, ok := strings.CutPrefix(f.Message, "Lucca id ")
	if !ok {
		return 0, f.Message
	}
	id, said, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(strings.TrimSuffix(id, ":"))
	if err != nil {
		return 0, f.Message
	}
	return n, said
}

// Establishment is one of those that findings are about.
type Establishment struct {
	ID int
	// Name is empty where the flow does not read it.
	Name string
	N    int
}

// Noted is whom the findings of an export are about.
type Noted struct {
	// Establishments are where they work, where the flow reads it.
	Establishments []Establishment
	// Findings are those of one establishment, or all.
	Findings []finding.Finding
	// Names are theirs by Lucca id. They are for whoever may see values.
	Names map[int]string
}

// NotedBy looks up whom the findings of an export are about, those of one establishment or of all for 0.
// Where that is not kept any more, it is known of none.
func NotedBy(ctx context.Context, i Inspector, r state.Record, establishment int) (Noted, error) {
	noted := Noted{Findings: r.Findings}
	if establishment != 0 {
		noted.Findings = nil
	}
	s, err := snapshotOf(ctx, i, r.ID)
	if errors.Is(err, state.ErrNotFound) || err == nil && len(r.Findings) == 0 {
		return noted, nil
	}
	if err != nil {
		return Noted{}, err
	}
	whose := make(map[finding.Finding]export.Person)
	for _, p := range s.People {
		for _, n := range p.Notes {
			whose[n] = p
		}
	}
	noted.Findings, noted.Names = nil, make(map[int]string)
	for _, f := range r.Findings {
		p := whose[f]
		if establishment == 0 || p.Place == establishment {
			noted.Findings = append(noted.Findings, f)
		}
		if p.Name != "" {
			noted.Names[p.ID] = p.Name
		}
		if p.Place == 0 {
			continue
		}
		n := slices.IndexFunc(noted.Establishments, func(e Establishment) bool { return e.ID == p.Place })
		if n < 0 {
			n = len(noted.Establishments)
			noted.Establishments = append(noted.Establishments, Establishment{ID: p.Place, Name: s.Places[p.Place]})
		}
		noted.Establishments[n].N++
	}
	slices.SortFunc(noted.Establishments, func(a, b Establishment) int { return cmp.Or(strings.Compare(a.Name, b.Name), a.ID-b.ID) })
	return noted, nil
}
