package export

import (
	"encoding/json"
	"io"
	"strings"
	"time"

	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/tabular"
)

// DescriptorSuffix ends the name of a file's descriptor, after the whole name of the file.
const DescriptorSuffix = ".datapackage.json"

// Described is a file as its reader has it, once it is decrypted and unpacked.
type Described struct {
	Name  string
	Bytes int64
	// SHA256 is in lower-case hexadecimal.
	SHA256 string
	Rows   int
	// Made is the slot for which the file was made.
	Made time.Time
}

// WriteDescriptor writes what a program needs to read a file of a binding and to check it: a Data
// Package (datapackage.org, v2) of one resource. The fields are named as the header row has them.
func WriteDescriptor(w io.Writer, b *profile.Binding, f Described) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(dataPackage{
		Schema: "https://datapackage.org/profiles/2.0/datapackage.json",
		Name:   packageName(b.Profile.Name), Title: b.Profile.Title,
		Created:   f.Made.Format(time.RFC3339),
		Resources: []dataResource{resourceOf(b, f)},
	})
}

type dataPackage struct {
	Schema    string         `json:"$schema"`
	Name      string         `json:"name"`
	Title     string         `json:"title,omitempty"`
	Created   string         `json:"created"`
	Resources []dataResource `json:"resources"`
}

type dataResource struct {
	Name      string       `json:"name"`
	Type      string       `json:"type"`
	Path      string       `json:"path"`
	Format    string       `json:"format"`
	Mediatype string       `json:"mediatype"`
	Encoding  string       `json:"encoding,omitempty"`
	BOM       bool         `json:"x-bom,omitempty"`
	Bytes     int64        `json:"bytes"`
	Hash      string       `json:"hash"`
	Rows      int          `json:"x-rows"`
	Dialect   tableDialect `json:"dialect"`
	Schema    tableSchema  `json:"schema"`
}

type tableDialect struct {
	Header         *bool  `json:"header,omitempty"`
	Delimiter      string `json:"delimiter,omitempty"`
	LineTerminator string `json:"lineTerminator,omitempty"`
	QuoteChar      string `json:"quoteChar,omitempty"`
	DoubleQuote    bool   `json:"doubleQuote,omitempty"`
	ItemType       string `json:"itemType,omitempty"`
}

type tableSchema struct {
	Fields     []tableField `json:"fields"`
	PrimaryKey []string     `json:"primaryKey,omitempty"`
}

type tableField struct {
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Type        profile.Type      `json:"type"`
	Format      string            `json:"format,omitempty"`
	DecimalChar string            `json:"decimalChar,omitempty"`
	Width       int               `json:"x-width,omitempty"`
	Constraints *fieldConstraints `json:"constraints,omitempty"`
}

type fieldConstraints struct {
	Required  bool     `json:"required,omitempty"`
	Unique    bool     `json:"unique,omitempty"`
	MinLength int      `json:"minLength,omitempty"`
	MaxLength int      `json:"maxLength,omitempty"`
	Pattern   string   `json:"pattern,omitempty"`
	Enum      []string `json:"enum,omitempty"`
}

// packageName is a name in the letters that the standard allows.
func packageName(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("-._", r) {
			return r
		}
		return '-'
	}, strings.ToLower(name))
}

func resourceOf(b *profile.Binding, f Described) dataResource {
	d := b.Dialect
	r := dataResource{
		Name: packageName(b.Profile.Name), Type: "table", Path: f.Name, Bytes: f.Bytes, Hash: "sha256:" + f.SHA256, Rows: f.Rows,
		Encoding: d.Encoding, BOM: d.Encoding == tabular.UTF8BOM, Schema: tableSchemaOf(b),
	}
	if r.BOM {
		r.Encoding = tabular.UTF8
	}
	r.Dialect.LineTerminator = map[string]string{tabular.CRLF: "\r\n", tabular.LF: "\n"}[d.LineEnd]
	r.Dialect.Header = &d.Header
	switch d.Format {
	case tabular.XLSX:
		r.Format, r.Mediatype, r.Encoding, r.BOM = "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "", false
		r.Dialect.LineTerminator = ""
	case tabular.JSON:
		r.Format, r.Mediatype, r.Encoding, r.BOM = "json", "application/json", tabular.UTF8, false
		r.Dialect = tableDialect{ItemType: "object"}
	case tabular.Fixed:
		r.Format, r.Mediatype = "txt", "text/plain"
	default:
		r.Format, r.Mediatype = "csv", "text/csv"
		r.Dialect.Delimiter, r.Dialect.QuoteChar, r.Dialect.DoubleQuote = d.Separator, `"`, true
	}
	return r
}

func tableSchemaOf(b *profile.Binding) (s tableSchema) {
	for i := range b.Columns {
		c := &b.Columns[i]
		f := tableField{Name: c.Header, Description: c.Description, Type: c.Type, Constraints: constraintsOf(b, c)}
		switch c.Type {
		case profile.Day:
			f.Format = b.DayPattern(i).Strptime()
		case profile.Number:
			f.DecimalChar = b.Dialect.Decimal
		}
		if b.Dialect.Format == tabular.Fixed {
			f.Width = c.Width
		}
		if c.Key == b.Profile.PrimaryKey && f.Constraints != nil && f.Constraints.Required {
			s.PrimaryKey = []string{c.Header}
		}
		s.Fields = append(s.Fields, f)
	}
	return s
}

// constraintsOf are what each row of the file keeps to: what does not is not in it. Lengths and
// patterns are of texts alone in the standard.
func constraintsOf(b *profile.Binding, c *profile.BoundColumn) *fieldConstraints {
	_, aboutManager := c.AboutManager()
	out := fieldConstraints{
		Required: c.Level == profile.Required && !aboutManager,
		Unique:   c.Rules.Unique || c.Key == b.Profile.PrimaryKey,
		Enum:     c.Rules.Enum,
	}
	if c.Type == profile.Text {
		out.MinLength, out.MaxLength = c.Rules.MinLength, c.Rules.MaxLength
		if c.Rules.Pattern != nil {
			out.Pattern = c.Rules.Pattern.String()
		}
	}
	if !out.Required && !out.Unique && out.MinLength == 0 && out.MaxLength == 0 && out.Pattern == "" && out.Enum == nil {
		return nil
	}
	return &out
}
