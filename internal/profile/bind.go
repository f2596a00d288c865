package profile

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/tabular"
)

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

// override applies what the flow says of single columns. Two columns under one header would be a file
// that nobody can read.
func (b *Binding) override(sel Selection, report func(Fault)) {
	overriding(b, "headers", sel.Headers, report, func(c *BoundColumn, header string, wrong func(key, message string)) {
		if strings.TrimSpace(header) == "" {
			wrong("", "a header cannot be empty")
		}
		c.Header = header
	})
	overriding(b, "values", sel.Values, report, func(c *BoundColumn, table ValueTable, wrong func(key, message string)) {
		c.Values = table
		table.validate(c.Type, func(key, message string) { wrong("."+key, message) })
	})
	overriding(b, "widths", sel.Widths, report, func(c *BoundColumn, width int, wrong func(key, message string)) {
		switch {
		case width < 1:
			wrong("", "want how many characters it has, 1 or more")
		case b.Dialect.Format != tabular.Fixed:
			wrong("", "is only used with dialect.format: fixed")
		default:
			c.Width = width
		}
	})
	overriding(b, "sources", sel.Sources, report, func(c *BoundColumn, text string, _ func(key, message string)) {
		c.From = []string{text}
	})
	b.headers(report)
}

// overriding applies the values of one group of keys to the columns that they are for, and reports those
// of columns that are not sent.
func overriding[V any](b *Binding, group string, values map[string]V, report func(Fault), apply func(c *BoundColumn, value V, wrong func(key, message string))) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		wrong := func(below, message string) { report(Fault{Path: group + "." + key + below, Message: message}) }
		i := slices.IndexFunc(b.Columns, func(c BoundColumn) bool { return c.Key == key })
		if i < 0 {
			wrong("", b.notSent(key))
			continue
		}
		apply(&b.Columns[i], values[key], wrong)
	}
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
	beyond := 0
	for _, text := range c.From {
		switch s, read := c.addSource(path, text, have, report); {
		case read:
			c.sources = append(c.sources, s)
		case s.read != nil:
			beyond++
		}
	}
	if len(c.sources) == 0 && beyond > 0 {
		report(Fault{Path: path, Message: fmt.Sprintf("%s has no source: %s, or leave the column out", c.Key, have.Without)})
	}
	if !c.Values.chooses() || len(c.sources) == 0 {
		return
	}
	of := make(map[string]source)
	for _, text := range c.Values.Texts() {
		if _, err := parseSource(text); err != nil {
			return // as the table says
		}
		s, read := c.addSource(path, text, have, report)
		if !read {
			report(Fault{Path: path, Message: fmt.Sprintf("%s has no source: %s, or leave the column out", c.Key, have.Without)})
		}
		of[text] = s
	}
	c.sources = []source{c.Values.choosing(c.sources, of)}
}

// addSource parses a source of the column, and adds what it needs. read is false where Lucca cannot
// be asked for it, or it is none.
func (c *BoundColumn) addSource(path, text string, have Sources, report func(Fault)) (s source, read bool) {
	s, err := parseSource(text)
	if err != nil {
		report(Fault{Path: path, Message: fmt.Sprintf("%s: %v", c.Key, err)})
		return source{}, false
	}
	query, missing := s.need(have)
	if missing != "" {
		report(Fault{Path: path, Message: fmt.Sprintf("%s has no source: %s", c.Key, missing)})
	}
	if !have.reads(query) {
		return s, false
	}
	if c.Type == Number {
		query.Definitions = false // a number is read off its text
	}
	c.query = c.query.Union(query)
	return s, true
}

// identity is a source by which a partner knows people; one about a manager is not.
var identity = regexp.MustCompile(`(?:^|[^.\w])(?:mail|login|employeeNumber)\b`)

// Identifies reports whether the partner knows people by a column, by its place.
func (b *Binding) Identifies(i int) bool {
	c := &b.Columns[i]
	return c.Key == b.Profile.PrimaryKey || slices.Contains(b.Profile.Keys, c.Key) || slices.ContainsFunc(slices.Concat(c.From, c.Values.Texts()), identity.MatchString)
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

// Query returns what must be read from Lucca for the column.
func (c *BoundColumn) Query() roster.Query { return c.query }
