package profile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/schemas"
)

// resource is a Data Resource (datapackage.org, v2) or a Tabular Data Resource (v1) with
// our own x- properties. Unknown properties are refused, since a misspelt x-level
// would otherwise be a column that is not required.
type resource struct {
	Schema2     string    `json:"$schema"`
	Type        string    `json:"type"`
	Profile     string    `json:"profile"`
	Name        string    `json:"name"`
	Title       string    `json:"title"`
	Description string    `json:"description"`
	Homepage    string    `json:"homepage"`
	Sources     []Origin  `json:"sources"`
	Licenses    []Origin  `json:"licenses"`
	Path        string    `json:"path"`
	Format      string    `json:"format"`
	Mediatype   string    `json:"mediatype"`
	Encoding    string    `json:"encoding"`
	BOM         bool      `json:"x-bom"`
	Dialect     dialect   `json:"dialect"`
	Schema      tableSpec `json:"schema"`
	// Leavers is for how many days the partner is told of people who have left; it needs to
	// be where accounts are closed by a status and not by absence.
	Leavers int `json:"x-leavers"`
	// Missing says what the partner does with people who are not in the file.
	Missing string `json:"x-missing"`
	// Unknown is what the sources leave open, one sentence each.
	Unknown []string `json:"x-unknown"`
	// ManagerOutside is what stands in a column about a manager who is not in the file.
	ManagerOutside ManagerOutside `json:"x-manager-outside"`
}

// Origin is a document that a schema is after, or its licence.
type Origin struct {
	Name    string `json:"name,omitempty"`
	Title   string `json:"title,omitempty"`
	Path    string `json:"path,omitempty"`
	Email   string `json:"email,omitempty"`
	Version string `json:"version,omitempty"`
}

// dialect is a Table Dialect.
type dialect struct {
	Schema         string `json:"$schema"`
	Delimiter      string `json:"delimiter"`
	LineTerminator string `json:"lineTerminator"`
	QuoteChar      string `json:"quoteChar"`
	DoubleQuote    bool   `json:"doubleQuote"`
	Header         *bool  `json:"header"`
	Quote          string `json:"x-quote"`
	Formulas       string `json:"x-formulas"`
	Format         string `json:"x-format"`
	Transliterate  *bool  `json:"x-transliterate"`
}

// tableSpec is a Table Schema.
type tableSpec struct {
	Schema     string            `json:"$schema"`
	Fields     []json.RawMessage `json:"fields"`
	PrimaryKey keyName           `json:"primaryKey"`
	// Caps bounds how many columns of a level one file may have.
	Caps map[Level]int `json:"x-caps"`
	// Keys are columns of which at least one should be sent, so that the partner can
	// tell people apart.
	Keys []string `json:"x-keys"`
}

// keyName is a primary key of one field: a list of one in v2, its name alone in v1.
type keyName string

// UnmarshalJSON reads either.
func (k *keyName) UnmarshalJSON(b []byte) error {
	var list []string
	if err := json.Unmarshal(b, (*string)(k)); err == nil {
		return nil
	}
	if err := json.Unmarshal(b, &list); err != nil || len(list) != 1 {
		return errors.New("primaryKey: want the name of one field")
	}
	*k = keyName(list[0])
	return nil
}

type field struct {
	Name        string      `json:"name"`
	Title       string      `json:"title"`
	Description string      `json:"description"`
	Type        string      `json:"type"`
	Format      string      `json:"format"`
	DecimalChar string      `json:"decimalChar"`
	Constraints constraints `json:"constraints"`
	Level       Level       `json:"x-level"`
	// Source lists where the value comes from; the first that has one wins.
	Source []string `json:"x-source"`
	// Repeat is the placeholder, such as N, that stands for a level number from 1 up in
	// name, title and source.
	Repeat    string     `json:"x-repeat"`
	WarnEmpty bool       `json:"x-warn-empty"`
	Values    ValueTable `json:"x-values"`
	// Width is that of the column in a file of fixed width.
	Width int `json:"x-width"`
}

// constraints are those that are enforced.
type constraints struct {
	Required  *bool    `json:"required"`
	Unique    bool     `json:"unique"`
	MinLength int      `json:"minLength"`
	MaxLength int      `json:"maxLength"`
	Pattern   string   `json:"pattern"`
	Enum      []string `json:"enum"`
}

func (c constraints) rules(rp reporter) Rules {
	r := Rules{Unique: c.Unique, MinLength: c.MinLength, MaxLength: c.MaxLength, Enum: c.Enum}
	if c.MinLength < 0 || c.MaxLength < 0 || c.MaxLength > 0 && c.MinLength > c.MaxLength {
		rp.report("constraints", "minLength and maxLength cannot both hold")
	}
	if c.Enum != nil && len(c.Enum) == 0 {
		rp.report("constraints.enum", "want at least one value")
	}
	if c.Pattern != "" {
		if _, err := regexp.Compile(c.Pattern); err != nil {
			rp.report("constraints.pattern", "%v", err)
		} else {
			r.Pattern = regexp.MustCompile(`^(?:` + c.Pattern + `)$`)
		}
	}
	return r
}

// Builtin lists the names of the profiles that come with the program.
func Builtin() []string {
	files, err := fs.Glob(schemas.Profiles, "*.json")
	if err != nil {
		return nil // the pattern is constant and valid
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(f, ".json")
	}
	return files
}

// Schema returns the file of a built-in profile.
func Schema(name string) ([]byte, error) {
	b, err := fs.ReadFile(schemas.Profiles, name+".json")
	if err != nil {
		return nil, fault.Of(ErrSchema, "no built-in profile %q: there are %s; write a path that ends in .json for your own", name, strings.Join(Builtin(), ", "))
	}
	return b, nil
}

// Open reads a profile: a built-in one by its name, or a customer's own schema file by
// a path that ends in .json, which starts at dir when it is relative.
func Open(name, dir string) (*Profile, error) {
	if !strings.HasSuffix(name, ".json") {
		b, err := Schema(name)
		if err != nil {
			return nil, err
		}
		return Parse(b, name)
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	return Parse(b, name)
}

// Parse reads a schema; origin names it in errors. The error is a SchemaError that lists
// every fault, with its line and the column it is about.
func Parse(b []byte, origin string) (*Profile, error) {
	b = bytes.TrimPrefix(b, []byte("\uFEFF"))
	if at, message := notJSON(b); message != "" {
		return nil, &SchemaError{origin, []SchemaFault{{Line: 1 + bytes.Count(b[:at], []byte("\n")), Message: message}}}
	}
	at, twice := linesOf(b)
	found := &faults{lines: at}
	rp := reporter{faults: found}
	var r resource
	rp.members(b, reflect.ValueOf(&r).Elem(), "")
	fields := fieldsOf(r, rp)
	p := r.profile(fields, rp)
	for _, path := range twice {
		of, member := rp, path
		for _, f := range fields {
			if in, ok := strings.CutPrefix(path, f.at+"."); ok {
				of, member = f.reporter, in
			}
		}
		of.report(member, "the member is there twice")
	}
	if len(found.list) > 0 {
		return nil, &SchemaError{origin, found.sorted()}
	}
	return p, nil
}

// notJSON says why a text is not one JSON document, and from which byte on; nothing where it is.
func notJSON(b []byte) (at int, message string) {
	if len(bytes.TrimSpace(b)) == 0 {
		return 0, "the file is empty; lucca-exchange profiles show skillup prints one to start from"
	}
	d := json.NewDecoder(bytes.NewReader(b))
	var document json.RawMessage
	err := d.Decode(&document)
	if se, ok := errors.AsType[*json.SyntaxError](err); ok {
		at, hint := int(se.Offset), ""
		if before := bytes.TrimSpace(b[:max(0, at-1)]); bytes.HasSuffix(before, []byte(",")) {
			hint = "; the comma before it is one too many"
		}
		return at, "not JSON: " + se.Error() + hint
	}
	if err != nil {
		return len(b), "not JSON: the file ends too early: a } or ] is missing"
	}
	if at := int(d.InputOffset()); len(bytes.TrimSpace(b[at:])) > 0 {
		return at, "more than one JSON document"
	}
	return 0, ""
}

// placed is a field with where its faults go.
type placed struct {
	field
	reporter
}

// fieldsOf decodes the fields of the schema.
func fieldsOf(r resource, rp reporter) []placed {
	list := make([]placed, len(r.Schema.Fields))
	for i, raw := range r.Schema.Fields {
		f := &list[i]
		f.reporter = reporter{at: fmt.Sprintf("schema.fields[%d]", i), faults: rp.faults}
		var known struct{ Name string }
		if json.Unmarshal(raw, &known) == nil {
			f.column = known.Name
		}
		f.members(raw, reflect.ValueOf(&f.field).Elem(), "")
	}
	return list
}

func (r resource) profile(fields []placed, rp reporter) *Profile {
	if r.Name == "" {
		rp.report("name", "missing")
	}
	if r.Type != "" && r.Type != "table" {
		rp.report("type", "want table, not %q", r.Type)
	}
	if len(r.Schema.Fields) == 0 {
		rp.report("schema.fields", "missing: one object for each column")
	}
	p := &Profile{
		Name: r.Name, Title: r.Title, Description: r.Description, Missing: r.Missing,
		Dialect: r.dialect(fields, rp), Caps: r.Schema.Caps, Keys: r.Schema.Keys,
		Sources: r.Sources, Unknown: r.Unknown,
		PrimaryKey: string(r.Schema.PrimaryKey), LeaversDays: r.Leavers, ManagerOutside: r.ManagerOutside,
	}
	if r.Leavers < 0 {
		rp.report("x-leavers", "want 0 or more days")
	}
	if err := r.ManagerOutside.validate(); err != nil {
		rp.report("x-manager-outside", "%v", err)
	}
	seen, titled := make(map[string]bool), make(map[string]string)
	for _, f := range fields {
		if seen[f.Name] && f.Name != "" {
			f.report("name", "is there twice")
		}
		seen[f.Name] = true
		c := f.bound(p.Dialect)
		p.Columns = append(p.Columns, c)
		if c.Level == Optional || f.Title == "" {
			continue // of optional ones a flow may choose one
		}
		if other, twice := titled[f.Title]; twice && other != f.Name {
			f.report("title", "the column %s has this title, too", other)
		}
		titled[f.Title] = f.Name
	}
	for level, most := range r.Schema.Caps {
		if !slices.Contains(levels, level) || most < 1 {
			rp.report("schema.x-caps."+string(level), "want a level and how many columns of it are allowed, 1 or more")
		}
	}
	for _, k := range r.Schema.Keys {
		if !seen[k] {
			rp.report("schema.x-keys", "no field %q%s", k, meant(k, slices.Sorted(maps.Keys(seen))))
		}
	}
	if key := string(r.Schema.PrimaryKey); key != "" && !seen[key] {
		rp.report("schema.primaryKey", "no field %q%s", key, meant(key, slices.Sorted(maps.Keys(seen))))
	}
	return p
}

func (r resource) dialect(fields []placed, rp reporter) tabular.Dialect {
	o := tabular.Overrides{
		Separator: r.Dialect.Delimiter, Encoding: strings.ToLower(r.Encoding), Header: r.Dialect.Header,
		Quote: r.Dialect.Quote, Formulas: r.Dialect.Formulas,
		Format: r.Dialect.Format, Transliterate: r.Dialect.Transliterate,
	}
	if r.BOM {
		o.Encoding = tabular.UTF8BOM
	}
	switch r.Dialect.LineTerminator {
	case "", "\r\n":
	case "\n":
		o.LineEnd = tabular.LF
	default:
		rp.report("dialect.lineTerminator", "want \\r\\n or \\n")
	}
	for _, f := range fields {
		// The first pattern that the dialect can have is that of the file, others are their columns' own.
		if o.Date == "" && f.Type == "date" && f.Format != "" {
			o.Date = datePattern(f.Format)
			if tabular.Default().With(tabular.Overrides{Date: o.Date}).Faulty("date") {
				o.Date = ""
			}
		}
		switch mark := f.DecimalChar; {
		case mark == "":
		case mark != "," && mark != ".":
			f.report("decimalChar", "want a comma or a dot, not %q", mark)
		case o.Decimal != "" && mark != o.Decimal:
			f.report("decimalChar", "one file has one")
		default:
			o.Decimal = mark
		}
	}
	d := tabular.Default().With(o)
	d.Validate(func(key, message string) { rp.report(dialectMember(key), "%s", message) })
	return d
}

// dialectMember is what a schema calls a key of a dialect.
func dialectMember(key string) string {
	switch key {
	case "separator":
		return "dialect.delimiter"
	case "line_end":
		return "dialect.lineTerminator"
	case "encoding":
		return "encoding"
	case "header":
		return "dialect.header"
	}
	return "dialect.x-" + key
}

// datePattern translates the strptime pattern of a Frictionless date field.
func datePattern(format string) string {
	return strings.NewReplacer("%Y", "YYYY", "%y", "YY", "%m", "MM", "%d", "DD", "%-m", "M", "%-d", "D").Replace(format)
}

// bound is the column of the field.
func (f placed) bound(d tabular.Dialect) Column {
	c := Column{
		Key: f.Name, Header: f.Title, Description: f.Description, Level: f.level(),
		Repeat: f.Repeat, WarnEmpty: f.WarnEmpty, Values: f.Values, From: f.Source, Width: f.Width,
		Rules: f.Constraints.rules(f.reporter),
	}
	if c.Key == "" {
		f.report("name", "missing")
	}
	if c.Header == "" {
		c.Header = c.Key
	}
	if f.Width < 0 {
		f.report("x-width", "want how many characters it has, 1 or more")
	}
	c.setType(f, d)
	c.First().Values.validate(c.Type, func(key, message string) { f.report("x-values."+key, "%s", message) })
	f.sources()
	return c
}

// level is how much the column is wanted: x-level, for which the standard's required stands where it is
// left out.
func (f placed) level() Level {
	required := f.Constraints.Required
	switch {
	case f.Level == "" && required != nil && *required:
		return Required
	case f.Level == "":
		f.report("x-level", "missing: want required, recommended or optional")
	case !slices.Contains(levels, f.Level):
		f.report("x-level", "want required, recommended or optional, not %q", f.Level)
	case f.Level == Required && required != nil && !*required:
		f.report("constraints.required", "want true, since x-level is required")
	case f.Level != Required && required != nil && *required:
		f.report("constraints.required", "is only for columns whose x-level is required, and this one's is %s", f.Level)
	}
	return f.Level
}

// setType reads the type, and a pattern of days that is not the file's.
func (c *Column) setType(f placed, d tabular.Dialect) {
	switch f.Type {
	case "", "string":
		c.Type = Text
	case "date":
		c.Type = Day
	case "number", "integer":
		c.Type = Number
	default:
		f.report("type", "want string, date or number, not %q", f.Type)
	}
	if pattern := datePattern(f.Format); c.Type == Day && pattern != "" && pattern != "default" && pattern != d.Date {
		var err error
		if c.Pattern, err = ParsePattern(pattern); err != nil {
			f.report("format", "%v", err)
		}
	}
}

// sources tries the entries of x-source.
func (f placed) sources() {
	if len(f.Source) == 0 {
		f.report("x-source", "missing: where the value comes from; lucca-exchange help profiles lists the sources")
	}
	if f.Repeat != "" {
		if !strings.Contains(f.Name, f.Repeat) {
			f.report("x-repeat", "%q does not occur in the name", f.Repeat)
		}
		if len(f.Source) > 0 && !strings.Contains(strings.Join(f.Source, " "), "."+f.Repeat+".") {
			f.report("x-repeat", "%q is not the level in x-source", f.Repeat)
		}
		return
	}
	for j, s := range f.Source {
		if _, err := parseSource(s); err != nil {
			f.report(fmt.Sprintf("x-source[%d]", j), "%v", err)
		}
	}
}
