package profile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lucca-exchange/internal/tabular"
	"lucca-exchange/schemas"
)

// ErrSchema is wrapped by every fault of a schema file.
var ErrSchema = errors.New("invalid profile schema")

// resource is a Frictionless Tabular Data Resource (specs.frictionlessdata.io, v1) with
// our own x- properties. Unknown properties are refused, since a misspelt x-level
// would otherwise be a column that is not required.
type resource struct {
	Profile     string    `json:"profile"`
	Name        string    `json:"name"`
	Title       string    `json:"title"`
	Description string    `json:"description"`
	Homepage    string    `json:"homepage"`
	Path        string    `json:"path"`
	Format      string    `json:"format"`
	Mediatype   string    `json:"mediatype"`
	Encoding    string    `json:"encoding"`
	BOM         bool      `json:"x-bom"`
	Dialect     dialect   `json:"dialect"`
	Schema      tableSpec `json:"schema"`
}

// dialect is a Frictionless CSV Dialect.
type dialect struct {
	Delimiter      string `json:"delimiter"`
	LineTerminator string `json:"lineTerminator"`
	QuoteChar      string `json:"quoteChar"`
	DoubleQuote    bool   `json:"doubleQuote"`
	Header         *bool  `json:"header"`
	Quote          string `json:"x-quote"`
	Formulas       string `json:"x-formulas"`
}

// tableSpec is a Frictionless Table Schema.
type tableSpec struct {
	Fields     []field `json:"fields"`
	PrimaryKey string  `json:"primaryKey"`
	// Caps bounds how many columns of a level one file may have.
	Caps map[Level]int `json:"x-caps"`
	// Keys are columns of which at least one should be sent, so that the partner can
	// tell people apart.
	Keys []string `json:"x-keys"`
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
}

type constraints struct {
	Required bool `json:"required"`
	Unique   bool `json:"unique"`
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

// Open reads a profile: a built-in one by its name, or a customer's own schema file by
// a path that ends in .json, which starts at dir when it is relative.
func Open(name, dir string) (*Profile, error) {
	if !strings.HasSuffix(name, ".json") {
		b, err := fs.ReadFile(schemas.Profiles, name+".json")
		if err != nil {
			return nil, fmt.Errorf("%w: no built-in profile %q: there are %s; write a path that ends in .json for your own",
				ErrSchema, name, strings.Join(Builtin(), ", "))
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
// every fault.
func Parse(b []byte, origin string) (*Profile, error) {
	var r resource
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrSchema, origin, jsonPlace(b, err))
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("%w %s: more than one JSON document", ErrSchema, origin)
	}
	var faults []error
	report := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	p := r.profile(report)
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
	return fmt.Errorf("line %d: %w", 1+bytes.Count(b[:offset], []byte("\n")), err)
}

func (r resource) profile(report func(string, ...any)) *Profile {
	if r.Name == "" {
		report("name: missing")
	}
	if len(r.Schema.Fields) == 0 {
		report("schema.fields: empty")
	}
	p := &Profile{
		Name: r.Name, Title: r.Title, Description: r.Description,
		Dialect: r.dialect(report), Caps: r.Schema.Caps, Keys: r.Schema.Keys,
		PrimaryKey: r.Schema.PrimaryKey,
	}
	seen := make(map[string]bool)
	for i, f := range r.Schema.Fields {
		at := fmt.Sprintf("schema.fields[%d]", i)
		if seen[f.Name] {
			report("%s.name: %q is there twice", at, f.Name)
		}
		seen[f.Name] = true
		p.Columns = append(p.Columns, f.column(at, report))
	}
	for level, most := range r.Schema.Caps {
		if !slices.Contains(levels, level) || most < 1 {
			report("schema.x-caps.%s: want a level and how many columns of it are allowed, 1 or more", level)
		}
	}
	for _, k := range r.Schema.Keys {
		if !seen[k] {
			report("schema.x-keys: no field %q", k)
		}
	}
	if key := r.Schema.PrimaryKey; key != "" && !seen[key] {
		report("schema.primaryKey: no field %q", key)
	}
	return p
}

func (r resource) dialect(report func(string, ...any)) tabular.Dialect {
	o := tabular.Overrides{
		Separator: r.Dialect.Delimiter, Encoding: strings.ToLower(r.Encoding), Header: r.Dialect.Header,
		Quote: r.Dialect.Quote, Formulas: r.Dialect.Formulas,
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
	for i, f := range r.Schema.Fields {
		same := func(key string, have *string, want string) {
			if *have != "" && want != "" && *have != want {
				report("schema.fields[%d].%s: one file has one %s", i, key, key)
			}
			*have = want
		}
		if f.Type == "date" && f.Format != "" {
			same("format", &o.Date, datePattern(f.Format))
		}
		if f.DecimalChar != "" {
			same("decimalChar", &o.Decimal, f.DecimalChar)
		}
	}
	d := tabular.Default().With(o)
	d.Validate(func(key, message string) { report("dialect: %s: %s", key, message) })
	return d
}

// datePattern translates the strptime pattern of a Frictionless date field.
func datePattern(format string) string {
	return strings.NewReplacer("%Y", "YYYY", "%y", "YY", "%m", "MM", "%d", "DD").Replace(format)
}

func (f field) column(at string, report func(string, ...any)) Column {
	c := Column{
		Key: f.Name, Header: f.Title, Description: f.Description, Level: f.Level,
		Repeat: f.Repeat, WarnEmpty: f.WarnEmpty, Values: f.Values, From: f.Source,
	}
	if c.Key == "" {
		report("%s.name: missing", at)
	}
	if c.Header == "" {
		c.Header = c.Key
	}
	if !slices.Contains(levels, f.Level) {
		report("%s.x-level: want required, recommended or optional, not %q", at, f.Level)
	}
	if f.Constraints.Required != (f.Level == Required) {
		report("%s: constraints.required and x-level disagree", at)
	}
	switch f.Type {
	case "", "string":
		c.Type = Text
	case "date":
		c.Type = Day
	case "number", "integer":
		c.Type = Number
	default:
		report("%s.type: want string, date or number, not %q", at, f.Type)
	}
	c.Values.validate(c.Type, func(key, message string) { report("%s.x-values.%s: %s", at, key, message) })
	if len(f.Source) == 0 {
		report("%s.x-source: missing", at)
	}
	if f.Repeat != "" {
		if !strings.Contains(f.Name, f.Repeat) {
			report("%s.x-repeat: %q does not occur in the name", at, f.Repeat)
		}
		if len(f.Source) > 0 && !strings.Contains(strings.Join(f.Source, " "), "."+f.Repeat+".") {
			report("%s.x-repeat: %q is not the level in x-source", at, f.Repeat)
		}
		return c
	}
	for j, s := range f.Source {
		if _, err := parseSource(s); err != nil {
			report("%s.x-source[%d]: %w", at, j, err)
		}
	}
	return c
}
