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
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

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
	return c
}

// First is the column, or that of the first level.
func (c Column) First() Column {
	if c.Repeat == "" {
		return c
	}
	return c.at(1)
}

// What becomes of a value that a table has no entry for: Lucca's own three modes.
const (
	Pass       = "pass"
	Block      = "block"
	UseDefault = "default"
)

// ValueTable translates the values of a column. The zero table passes everything.
type ValueTable struct {
	Map         map[string]string `yaml:"map,omitempty" json:"map,omitempty" jsonschema:"description=Lucca's value to the partner's"`
	OnUnmatched string            `yaml:"on_unmatched,omitempty" json:"on_unmatched,omitempty" jsonschema:"enum=pass,enum=block,enum=default,description=a value without an entry is passed or blocks the file or becomes the default"`
	Default     string            `yaml:"default,omitempty" json:"default,omitempty"`
}

// IsZero reports whether the table does nothing.
func (v ValueTable) IsZero() bool { return v.Map == nil && v.OnUnmatched == "" && v.Default == "" }

// Translate returns the partner's value. ok is false when the table blocks it. An empty
// value stays empty unless the table has an entry or a default for it.
func (v ValueTable) Translate(value string) (translated string, ok bool) {
	if to, found := v.Map[value]; found {
		return to, true
	}
	switch {
	case v.OnUnmatched == UseDefault:
		return v.Default, true
	case v.OnUnmatched == Block && value != "":
		return "", false
	default:
		return value, true
	}
}

func (v ValueTable) validate(t Type, report func(key, message string)) {
	if v.IsZero() {
		return
	}
	if t == Day {
		report("map", "a date cannot be translated: change its pattern with dialect.date")
	}
	switch v.OnUnmatched {
	case "", Pass, Block:
		if v.Default != "" {
			report("default", "is only used with on_unmatched: default")
		}
	case UseDefault:
	default:
		report("on_unmatched", fmt.Sprintf("want pass, block or default, not %q", v.OnUnmatched))
	}
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

// Binding is the columns that one flow sends, ready to read cells from a roster.
type Binding struct {
	Profile *Profile
	Dialect tabular.Dialect
	Columns []BoundColumn

	managerOutside ManagerOutside
	have           Sources
}

// Need returns what must be read from Lucca for a source that is no column, or else what the
// configuration lacks.
func (b *Binding) Need(text string) (q roster.Query, missing string) {
	s, err := parseSource(text)
	if err != nil {
		return q, err.Error()
	}
	if q, missing = s.need(b.have); missing == "" && !b.have.reads(q) {
		missing = b.have.Without
	}
	return q, missing
}

// ManagerOutside is the policy for managers who are not in the file.
func (b *Binding) ManagerOutside() ManagerOutside {
	return cmp.Or(b.managerOutside, b.Profile.ManagerOutside, KeepManager)
}

// BoundColumn is a column in a file.
type BoundColumn struct {
	Column
	sources []source
	query   roster.Query
}

// Bind picks the columns of a file: required and recommended ones in the profile's
// order, then the optional ones as listed. It reports every fault; the binding is
// usable only when none but warnings were reported.
func (p *Profile) Bind(sel Selection, have Sources, report func(Fault)) *Binding {
	b := &Binding{Profile: p, Dialect: p.Dialect.With(sel.Dialect), managerOutside: sel.ManagerOutside, have: have}
	if err := sel.ManagerOutside.validate(); err != nil {
		report(Fault{Path: "manager_outside", Message: err.Error()})
	}
	b.Dialect.Validate(func(key, message string) { report(Fault{Path: "dialect." + key, Message: message}) })
	for _, c := range p.Columns {
		if c.Level == Required || c.Level == Recommended && !slices.Contains(sel.Omit, c.Key) {
			b.Columns = append(b.Columns, BoundColumn{Column: c})
		}
	}
	p.omitted(sel.Omit, report)
	b.listed(sel.Columns, report)
	b.override(sel, report)
	b.caps(report)
	for i := range b.Columns {
		b.Columns[i].bind(sel.pathOf(b.Columns[i].Key), have, report)
	}
	return b
}

// pathOf is where a column of the file comes from.
func (sel Selection) pathOf(key string) string {
	if _, own := sel.Sources[key]; own {
		return "sources." + key
	}
	if i := slices.IndexFunc(sel.Columns, func(c Choice) bool { return c.Key == key || c.key() == key }); i >= 0 {
		return fmt.Sprintf("columns[%d]", i)
	}
	return "profile"
}

func (p *Profile) omitted(omit []string, report func(Fault)) {
	for i, key := range omit {
		path := fmt.Sprintf("omit[%d]", i)
		c, ok := p.column(key)
		switch {
		case !ok:
			report(Fault{Path: path, Message: p.unknown(key)})
		case c.Level == Required:
			report(Fault{Path: path, Message: fmt.Sprintf("%s is required by %s and cannot be left out", key, p.Name)})
		case c.Level == Optional:
			report(Fault{Path: path, Message: fmt.Sprintf("%s is optional: it is not sent unless it is listed in columns", key)})
		default:
			report(Fault{Path: path, Warning: true, Message: fmt.Sprintf("%s is recommended by %s and will not be sent", key, p.Name)})
		}
	}
}

func (b *Binding) listed(columns Columns, report func(Fault)) {
	for i, choice := range columns {
		path := fmt.Sprintf("columns[%d]", i)
		c, ok := b.Profile.column(choice.key())
		switch {
		case choice.own():
			if ok {
				report(Fault{Path: path, Message: choice.key() + " is a column of the profile: give yours another key"})
			}
			c = choice.column(func(key, message string) { report(Fault{Path: path + "." + key, Message: message}) })
		case !ok:
			report(Fault{Path: path, Message: b.Profile.unknown(choice.Key)})
			continue
		case c.Level != Optional:
			report(Fault{Path: path, Message: fmt.Sprintf("%s is %s and sent anyway: list only optional columns", c.Key, c.Level)})
			continue
		}
		if slices.ContainsFunc(columns[:i], func(c Choice) bool { return c.key() == choice.key() }) {
			report(Fault{Path: path, Message: choice.key() + " is listed twice"})
			continue
		}
		b.Columns = append(b.Columns, BoundColumn{Column: c})
	}
}

// override applies the flow's headers and value tables. Two columns under one header
// would be a file that nobody can read.
func (b *Binding) override(sel Selection, report func(Fault)) {
	sent := func(key string) int {
		return slices.IndexFunc(b.Columns, func(c BoundColumn) bool { return c.Key == key })
	}
	for _, key := range slices.Sorted(maps.Keys(sel.Headers)) {
		i := sent(key)
		if i < 0 {
			report(Fault{Path: "headers." + key, Message: b.notSent(key)})
			continue
		}
		if strings.TrimSpace(sel.Headers[key]) == "" {
			report(Fault{Path: "headers." + key, Message: "a header cannot be empty"})
		}
		b.Columns[i].Header = sel.Headers[key]
	}
	for _, key := range slices.Sorted(maps.Keys(sel.Values)) {
		i := sent(key)
		if i < 0 {
			report(Fault{Path: "values." + key, Message: b.notSent(key)})
			continue
		}
		b.Columns[i].Values = sel.Values[key]
		sel.Values[key].validate(b.Columns[i].Type, func(k, m string) { report(Fault{Path: "values." + key + "." + k, Message: m}) })
	}
	for _, key := range slices.Sorted(maps.Keys(sel.Widths)) {
		switch i := sent(key); {
		case i < 0:
			report(Fault{Path: "widths." + key, Message: b.notSent(key)})
		case sel.Widths[key] < 1:
			report(Fault{Path: "widths." + key, Message: "want how many characters it has, 1 or more"})
		case b.Dialect.Format != tabular.Fixed:
			report(Fault{Path: "widths." + key, Message: "is only used with dialect.format: fixed"})
		default:
			b.Columns[i].Width = sel.Widths[key]
		}
	}
	for _, key := range slices.Sorted(maps.Keys(sel.Sources)) {
		i := sent(key)
		if i < 0 {
			report(Fault{Path: "sources." + key, Message: b.notSent(key)})
			continue
		}
		b.Columns[i].From = []string{sel.Sources[key]}
	}
	b.headers(report)
}

// headers looks for what cannot stand in one header row.
func (b *Binding) headers(report func(Fault)) {
	first := make(map[string]string)
	for _, c := range b.Columns {
		if b.Dialect.Header && !b.Dialect.Encodable(c.Header) {
			report(Fault{Path: "headers." + c.Key, Message: fmt.Sprintf("%s lacks a character of the header", b.Dialect.Encoding)})
		}
		if other, twice := first[c.Header]; twice {
			report(Fault{Path: "headers", Message: fmt.Sprintf("%s and %s have the same header", other, c.Key)})
		}
		first[c.Header] = c.Key
	}
	b.widths(report)
}

// widths looks for columns that a file of fixed width cannot have.
func (b *Binding) widths(report func(Fault)) {
	if b.Dialect.Format != tabular.Fixed {
		return
	}
	for _, c := range b.Columns {
		switch {
		case c.Width == 0:
			report(Fault{Path: "dialect.format", Message: c.Key + " has no width: give it in widths, in x-width of the schema, or in width of a column of your own"})
		case b.Dialect.Header && utf8.RuneCountInString(c.Header) > c.Width:
			report(Fault{Path: "headers." + c.Key, Message: fmt.Sprintf("the header is longer than the %d characters of the column: shorten it, or set dialect.header: false", c.Width)})
		}
	}
}

// Fields are the columns as a format other than CSV needs them.
func (b *Binding) Fields() []tabular.OutColumn {
	fields := make([]tabular.OutColumn, len(b.Columns))
	for i, c := range b.Columns {
		fields[i] = tabular.OutColumn{Header: c.Header, Number: c.Type == Number, Width: c.Width}
	}
	return fields
}

func (b *Binding) notSent(key string) string {
	if _, ok := b.Profile.column(key); ok {
		return key + " is not among the columns that are sent"
	}
	return b.Profile.unknown(key)
}

func (b *Binding) caps(report func(Fault)) {
	count := make(map[Level]int)
	keyed := len(b.Profile.Keys) == 0
	for _, c := range b.Columns {
		count[c.Level]++
		keyed = keyed || slices.Contains(b.Profile.Keys, c.Key)
	}
	for _, level := range slices.Sorted(maps.Keys(b.Profile.Caps)) {
		if most := b.Profile.Caps[level]; count[level] > most {
			report(Fault{Path: "columns", Message: fmt.Sprintf("%s takes at most %d %s columns and %d are listed: take %d out",
				b.Profile.Name, most, level, count[level], count[level]-most)})
		}
	}
	if !keyed {
		report(Fault{Path: "columns", Warning: true, Message: fmt.Sprintf("neither %s is sent: the partner cannot tell people of the same name apart",
			strings.Join(b.Profile.Keys, " nor "))})
	}
}

func (c *BoundColumn) bind(path string, have Sources, report func(Fault)) {
	var beyond []string
	for _, text := range c.From {
		s, err := parseSource(text)
		if err != nil {
			report(Fault{Path: path, Message: fmt.Sprintf("%s: %v", c.Key, err)})
			continue
		}
		query, missing := s.need(have)
		if missing != "" {
			report(Fault{Path: path, Message: fmt.Sprintf("%s has no source: %s", c.Key, missing)})
		}
		if !have.reads(query) {
			beyond = append(beyond, text)
			continue
		}
		if c.Type == Number {
			query.Definitions = false // a number is read off its text
		}
		c.query = c.query.Union(query)
		c.sources = append(c.sources, s)
	}
	if len(c.sources) == 0 && len(beyond) > 0 {
		report(Fault{Path: path, Message: fmt.Sprintf("%s has no source: %s, or leave the column out", c.Key, have.Without)})
	}
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

// identity is a source by which a partner knows people; one about a manager is not.
var identity = regexp.MustCompile(`(?:^|[^.\w])(?:mail|login|employeeNumber)\b`)

// Identifies reports whether the partner knows people by a column, by its place.
func (b *Binding) Identifies(i int) bool {
	c := &b.Columns[i]
	return c.Key == b.Profile.PrimaryKey || slices.Contains(b.Profile.Keys, c.Key) || slices.ContainsFunc(c.From, identity.MatchString)
}

// Query returns what must be read from Lucca for the columns.
func (b *Binding) Query() roster.Query {
	var q roster.Query
	for _, c := range b.Columns {
		q = q.Union(c.query)
	}
	return q
}

// Headers returns the header row.
func (b *Binding) Headers() []string {
	out := make([]string, len(b.Columns))
	for i, c := range b.Columns {
		out[i] = c.Header
	}
	return out
}
