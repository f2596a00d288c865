// Package profile reads the file contracts of partners and binds their columns to the
// roster. A partner is only data: a Data Resource of a table (datapackage.org, v2) in the schemas
// folder, or the customer's own file, with three properties of ours on each field:
//
//	x-level   required, recommended or optional
//	x-source  where the value comes from, in order of preference
//	x-repeat  the placeholder of columns that exist once per level
//
// Parse reads a schema into a Profile, Bind picks the columns that one flow sends, and a
// Binding reads cells from a roster. The package does no I/O beyond opening the schema.
package profile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lucca-exchange/internal/nearest"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/tabular"
)

// Level says how much the partner wants a column.
type Level string

// A required column is always sent, and a row without its value is not. A recommended
// one is sent unless it is left out by name, an optional one only when listed.
const (
	Required    Level = "required"
	Recommended Level = "recommended"
	Optional    Level = "optional"
)

// levels are all of them.
var levels = []Level{Required, Recommended, Optional}

// Type is what the cells of a column hold.
type Type string

// The types, by their names in a schema.
const (
	Text   Type = "string"
	Day    Type = "date"
	Number Type = "number"
)

// Profile is a partner's file contract.
type Profile struct {
	Name, Title, Description string
	Dialect                  tabular.Dialect
	Columns                  []Column
	// Caps is the largest number of columns of a level in one file; each level of a
	// repeated column counts.
	Caps map[Level]int
	// Keys are the columns of which at least one must be sent for people to be told
	// apart.
	Keys []string
	// PrimaryKey is the column whose values the partner expects only once; may be empty.
	PrimaryKey string
	// LeaversDays is for how many days people who have left are still sent, unless the flow
	// says otherwise; Missing says what the partner does with whoever is not in the file.
	LeaversDays int
	Missing     string
	// Sources are the documents that the contract is after, Unknown what they leave open.
	Sources []Origin
	Unknown []string
	// ManagerOutside is the policy for managers who are not in the file; empty for keep.
	ManagerOutside ManagerOutside
}

// Column is one column that a profile knows.
type Column struct {
	// Key names the column in configurations and findings.
	Key string
	// Header is the text in the file, unless the flow has another.
	Header      string
	Description string
	Level       Level
	Type        Type
	// From is the sources in the words of the schema.
	From []string
	// Repeat, when not empty, stands for a level number in Key, Header and From.
	Repeat string
	// WarnEmpty asks for a warning where the cell is empty.
	WarnEmpty bool
	Values    ValueTable
	// Pattern, when set, is how the column writes days, whatever the dialect says.
	Pattern Pattern
	// Width is how many characters the column has in a file of fixed width.
	Width int
	Rules Rules
}

// at returns the column of one level of a repeated column.
func (c Column) at(level int) Column {
	n := strconv.Itoa(level)
	c.Key = strings.Replace(c.Key, c.Repeat, n, 1)
	c.Header = strings.Replace(c.Header, c.Repeat, n, 1)
	c.From = slices.Clone(c.From)
	for i := range c.From {
		c.From[i] = strings.Replace(c.From[i], "."+c.Repeat+".", "."+n+".", 1)
	}
	c.Values = c.Values.at(c.Repeat, n)
	return c
}

// First is the column, or that of the first level.
func (c Column) First() Column {
	if c.Repeat == "" {
		return c
	}
	return c.at(1)
}

// Selection is a flow's choice of columns and its changes to the profile.
type Selection struct {
	Columns Columns               `yaml:"columns,omitempty" json:"columns,omitempty" jsonschema:"description=optional columns to send; in file order: a key of the profile or a column of your own with header and source"`
	Omit    []string              `yaml:"omit,omitempty" json:"omit,omitempty" jsonschema:"description=recommended columns to leave out"`
	Headers map[string]string     `yaml:"headers,omitempty" json:"headers,omitempty" jsonschema:"description=column to the header text agreed with the partner"`
	Values  map[string]ValueTable `yaml:"values,omitempty" json:"values,omitempty" jsonschema:"description=column to a table of values"`
	Dialect tabular.Overrides     `yaml:"dialect,omitempty" json:"dialect,omitempty" jsonschema:"description=how the file differs from the profile's CSV dialect"`
	Widths  map[string]int        `yaml:"widths,omitempty" json:"widths,omitempty" jsonschema:"description=column to how many characters it has in a file of fixed width"`
	// Sources replace those of the schema.
	Sources map[string]string `yaml:"sources,omitempty" json:"sources,omitempty" jsonschema:"description=column to the source it takes instead of the profile's such as {establishment.code}-{employeeNumber}"`
	// ManagerOutside replaces the schema's policy.
	ManagerOutside ManagerOutside `yaml:"manager_outside,omitempty" json:"manager_outside,omitempty" jsonschema:"enum=keep,enum=empty,enum=reject,description=what becomes of a column about a manager who is not in the file: the cell is kept or emptied or the row rejected; the profile's own policy if left out"`
}

// Sources says which sources the configuration has set up.
type Sources struct {
	// Extensions are our names of the configured custom fields.
	Extensions map[string]string
	// CostCenterAxes are the axis ids of the cost centre levels.
	CostCenterAxes []int
	Salary         Salary
	ContractTypes  bool
	// Labels says that Lucca itself labels the types of contracts.
	Labels bool
	// Lacks is what cannot be read from Lucca at all, of fields, axes, roles and pay, and
	// Without says what would mend it.
	Lacks   roster.Query
	Without string
}

// reads reports whether nothing of a query is out of reach.
func (have Sources) reads(q roster.Query) bool {
	return q.Fields&have.Lacks.Fields == 0 && (!q.Pay || !have.Lacks.Pay) && (!q.Roles || !have.Lacks.Roles)
}

// Salary says where annual salaries come from.
type Salary int

// The sources of an annual salary.
const (
	NoSalary Salary = iota
	SalaryFromPay
	SalaryFromExtension
)

// Fault is one thing that is wrong, or with Warning set merely doubtful, in a Selection.
type Fault struct {
	// Path is within the selection, like columns[3].
	Path    string
	Message string
	Warning bool
}

// column finds a column by its key; a key such as cost_center_code_2 finds the second
// level of a repeated column.
func (p *Profile) column(key string) (Column, bool) {
	for _, c := range p.Columns {
		if c.Repeat == "" {
			if c.Key == key {
				return c, true
			}
			continue
		}
		before, after, _ := strings.Cut(c.Key, c.Repeat)
		if number, ok := strings.CutPrefix(key, before); ok {
			if number, ok = strings.CutSuffix(number, after); ok {
				if level, err := strconv.Atoi(number); err == nil && level > 0 && strconv.Itoa(level) == number {
					return c.at(level), true
				}
			}
		}
	}
	return Column{}, false
}

// unknown says that there is no such column, and which one may have been meant.
func (p *Profile) unknown(key string) string {
	msg := fmt.Sprintf("%s has no column %q", p.Name, key)
	keys := make([]string, len(p.Columns))
	for i, c := range p.Columns {
		keys[i] = c.Key
	}
	if meant := nearest.Word(key, keys); meant != "" {
		return msg + fmt.Sprintf("; did you mean %s?", meant)
	}
	return msg + fmt.Sprintf("; lucca-exchange profiles %s lists them", p.Name)
}
