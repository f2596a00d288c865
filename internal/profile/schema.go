package profile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// ErrSchema is wrapped by every fault of a schema file.
var ErrSchema = errors.New("invalid profile schema")

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
	Required  bool     `json:"required"`
	Unique    bool     `json:"unique"`
	MinLength int      `json:"minLength"`
	MaxLength int      `json:"maxLength"`
	Pattern   string   `json:"pattern"`
	Enum      []string `json:"enum"`
}

func (c constraints) rules(report func(string, ...any)) Rules {
	r := Rules{Unique: c.Unique, MinLength: c.MinLength, MaxLength: c.MaxLength, Enum: c.Enum}
	if c.MinLength < 0 || c.MaxLength < 0 || c.MaxLength > 0 && c.MinLength > c.MaxLength {
		report("constraints: minLength and maxLength cannot both hold")
	}
	if c.Pattern != "" {
		pattern, err := regexp.Compile(`^(?:` + c.Pattern + `)$`)
		if err != nil {
			report("constraints.pattern: %v", err)
		}
		r.Pattern = pattern
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

// Parse reads a schema; origin names it in errors. The error wraps ErrSchema and lists
// every fault, with its line and the column it is about.
func Parse(b []byte, origin string) (*Profile, error) {
	b = bytes.TrimPrefix(b, []byte("\uFEFF"))
	var r resource
	d := json.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(&r); err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrSchema, origin, jsonPlace(b, err))
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fault.Of(ErrSchema, "%s: more than one JSON document", origin)
	}
	var faults []error
	report := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	unknownMembers(b, r, report)
	p := r.profile(fieldsOf(b, r, report), report)
	if len(faults) > 0 {
		return nil, fmt.Errorf("%w %s: %w", ErrSchema, origin, errors.Join(faults...))
	}
	return p, nil
}

// jsonPlace adds the line to a JSON error where the decoder knows it.
func jsonPlace(b []byte, err error) error {
	offset := int64(-1)
	if se, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = se.Offset
	} else if te, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		offset = te.Offset
	}
	if offset < 0 || offset > int64(len(b)) {
		return err
	}
	return fmt.Errorf("line %d: %w", lineAt(b, int(offset)), err)
}

func lineAt(b []byte, offset int) int { return 1 + bytes.Count(b[:offset], []byte("\n")) }

// placed is a field with where it is, for faults.
type placed struct {
	field
	at string
}

// fieldsOf decodes the fields of the schema, each with where it is.
func fieldsOf(b []byte, r resource, report func(string, ...any)) []placed {
	from := 0
	list := make([]placed, 0, len(r.Schema.Fields))
	for i, raw := range r.Schema.Fields {
		var f placed
		f.at = fmt.Sprintf("schema.fields[%d]", i)
		if at := bytes.Index(b[from:], raw); at >= 0 {
			from += at
			f.at = fmt.Sprintf("line %d", lineAt(b, from))
			from += len(raw)
		}
		var known struct{ Name string }
		err := json.Unmarshal(raw, &f.field)
		if json.Unmarshal(raw, &known) == nil && known.Name != "" {
			f.at += ": column " + known.Name
		}
		if err != nil {
			report("%s: %w", f.at, memberOf(err))
			continue
		}
		unknownMembers(raw, f.field, func(format string, args ...any) { report(f.at+": "+format, args...) })
		list = append(list, f)
	}
	return list
}

// memberOf says of a value of the wrong type which member it is.
func memberOf(err error) error {
	if te, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s: want %s, not a JSON %s", te.Field, te.Type, te.Value)
	}
	return err
}

// unknownMembers reports what an object has that its struct has not, at any depth: a misspelt
// x-level would otherwise be a column that is not required.
func unknownMembers(raw []byte, into any, report func(string, ...any)) {
	unknownIn(raw, reflect.TypeOf(into), "", report)
}

func unknownIn(raw []byte, t reflect.Type, at string, report func(string, ...any)) {
	var members map[string]json.RawMessage
	if t.Kind() != reflect.Struct || json.Unmarshal(raw, &members) != nil {
		return
	}
	known := make(map[string]reflect.Type, t.NumField())
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		known[name] = f.Type
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if in, ok := known[name]; ok {
			unknownIn(members[name], in, at+name+".", report)
			continue
		}
		report("unknown member %q%s", at+name, meant(name, slices.Sorted(maps.Keys(known))))
	}
}

func (r resource) profile(fields []placed, report func(string, ...any)) *Profile {
	if r.Name == "" {
		report("name: missing")
	}
	if len(r.Schema.Fields) == 0 {
		report("schema.fields: empty")
	}
	p := &Profile{
		Name: r.Name, Title: r.Title, Description: r.Description, Missing: r.Missing,
		Dialect: r.dialect(fields, report), Caps: r.Schema.Caps, Keys: r.Schema.Keys,
		Sources: r.Sources, Unknown: r.Unknown,
		PrimaryKey: string(r.Schema.PrimaryKey), LeaversDays: r.Leavers, ManagerOutside: r.ManagerOutside,
	}
	if r.Leavers < 0 {
		report("x-leavers: want 0 or more days")
	}
	if err := r.ManagerOutside.validate(); err != nil {
		report("x-manager-outside: %w", err)
	}
	seen := make(map[string]bool)
	for _, f := range fields {
		if seen[f.Name] && f.Name != "" {
			report("%s: the name is there twice", f.at)
		}
		seen[f.Name] = true
		p.Columns = append(p.Columns, f.column(p.Dialect, func(format string, args ...any) { report(f.at+": "+format, args...) }))
	}
	for level, most := range r.Schema.Caps {
		if !slices.Contains(levels, level) || most < 1 {
			report("schema.x-caps.%s: want a level and how many columns of it are allowed, 1 or more", level)
		}
	}
	for _, k := range r.Schema.Keys {
		if !seen[k] {
			report("schema.x-keys: no field %q%s", k, meant(k, slices.Sorted(maps.Keys(seen))))
		}
	}
	if key := string(r.Schema.PrimaryKey); key != "" && !seen[key] {
		report("schema.primaryKey: no field %q%s", key, meant(key, slices.Sorted(maps.Keys(seen))))
	}
	return p
}

func (r resource) dialect(fields []placed, report func(string, ...any)) tabular.Dialect {
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
		report("dialect.lineTerminator: want \\r\\n or \\n")
	}
	for _, f := range fields {
		// The first pattern that the dialect can have is that of the file, others are their columns' own.
		if o.Date == "" && f.Type == "date" && f.Format != "" {
			o.Date = datePattern(f.Format)
			if tabular.Default().With(tabular.Overrides{Date: o.Date}).Faulty("date") {
				o.Date = ""
			}
		}
		if o.Decimal != "" && f.DecimalChar != "" && f.DecimalChar != o.Decimal {
			report("%s: decimalChar: one file has one", f.at)
		}
		if f.DecimalChar != "" {
			o.Decimal = f.DecimalChar
		}
	}
	d := tabular.Default().With(o)
	d.Validate(func(key, message string) { report("dialect: %s: %s", key, message) })
	return d
}

// datePattern translates the strptime pattern of a Frictionless date field.
func datePattern(format string) string {
	return strings.NewReplacer("%Y", "YYYY", "%y", "YY", "%m", "MM", "%d", "DD", "%-m", "M", "%-d", "D").Replace(format)
}

func (f field) column(d tabular.Dialect, report func(string, ...any)) Column {
	c := Column{
		Key: f.Name, Header: f.Title, Description: f.Description, Level: f.Level,
		Repeat: f.Repeat, WarnEmpty: f.WarnEmpty, Values: f.Values, From: f.Source, Width: f.Width,
		Rules: f.Constraints.rules(report),
	}
	if c.Key == "" {
		report("name: missing")
	}
	if c.Header == "" {
		c.Header = c.Key
	}
	if !slices.Contains(levels, f.Level) {
		report("x-level: want required, recommended or optional, not %q", f.Level)
	}
	if f.Constraints.Required != (f.Level == Required) {
		report("constraints.required and x-level disagree")
	}
	if f.Width < 0 {
		report("x-width: want how many characters it has, 1 or more")
	}
	c.setType(f, d, report)
	c.Values.validate(c.Type, func(key, message string) { report("x-values.%s: %s", key, message) })
	f.sources(report)
	return c
}

// setType reads the type, and a pattern of days that is not the file's.
func (c *Column) setType(f field, d tabular.Dialect, report func(string, ...any)) {
	switch f.Type {
	case "", "string":
		c.Type = Text
	case "date":
		c.Type = Day
	case "number", "integer":
		c.Type = Number
	default:
		report("type: want string, date or number, not %q", f.Type)
	}
	if pattern := datePattern(f.Format); c.Type == Day && pattern != "" && pattern != "default" && pattern != d.Date {
		var err error
		if c.Pattern, err = ParsePattern(pattern); err != nil {
			report("format: %w", err)
		}
	}
}

// sources tries the entries of x-source.
func (f field) sources(report func(string, ...any)) {
	if len(f.Source) == 0 {
		report("x-source: missing")
	}
	if f.Repeat != "" {
		if !strings.Contains(f.Name, f.Repeat) {
			report("x-repeat: %q does not occur in the name", f.Repeat)
		}
		if len(f.Source) > 0 && !strings.Contains(strings.Join(f.Source, " "), "."+f.Repeat+".") {
			report("x-repeat: %q is not the level in x-source", f.Repeat)
		}
		return
	}
	for j, s := range f.Source {
		if _, err := parseSource(s); err != nil {
			report("x-source[%d]: %w", j, err)
		}
	}
}
