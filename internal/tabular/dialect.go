// Package tabular turns rows into bytes: separator, quoting, line ends, encoding, dates
// and decimals as one partner wants them; and bytes of unknown quality into rows: encoding
// found, header bound to the columns that a Contract knows, sizes bounded, each fault a
// finding with the cell of the spreadsheet. It knows no business names.
//
// Files with columns that are only known at run time are written through encoding/csv;
// files whose rows are a struct (reports, hires) go through gocsv, with its per-call
// readers and writers only, since its settings are process globals.
package tabular

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// The encodings a file can be written in. A byte-order mark is written only for UTF8BOM.
const (
	UTF8        = "utf-8"
	UTF8BOM     = "utf-8-bom"
	Windows1252 = "windows-1252"
	ISO885915   = "iso-8859-15"
)

// Line ends.
const (
	CRLF = "crlf"
	LF   = "lf"
)

// Quoting: only cells that need it (RFC 4180), or all.
const (
	QuoteMinimal = "minimal"
	QuoteAll     = "all"
)

// What to do with a cell that a spreadsheet would run, one that begins with = + - @.
// Machines read a partner's file, so the default is to keep it: escaping puts an
// apostrophe before the value, which a machine takes for part of it.
const (
	FormulasKeep   = "keep"
	FormulasEscape = "escape"
	FormulasReject = "reject"
)

// Dialect is how a partner writes CSV. All fields are set.
type Dialect struct {
	// Separator is one character.
	Separator string
	Encoding  string
	LineEnd   string
	Quote     string
	// Date is a pattern of YYYY, YY, MM and DD with any text between, like DD/MM/YYYY.
	Date string
	// Decimal is the decimal mark, "," or ".".
	Decimal  string
	Header   bool
	Formulas string
	// Transliterate writes a letter that the encoding lacks as the nearest that it has.
	Transliterate bool `json:",omitempty"`
	// Format is what the CSV is made into before it is sent; empty for CSV itself.
	Format string `json:",omitempty"`
}

// The formats that are made of CSV. XLSX is one, too.
const (
	CSV = "csv"
	// JSON is an array of objects, by the header texts.
	JSON = "json"
	// Fixed has columns of a width in characters, without separators.
	Fixed = "fixed"
)

// Default is the dialect of profiles.md, which a schema or a flow overrides: the French
// one, with a header row.
func Default() Dialect {
	return Dialect{
		Separator: ";", Encoding: UTF8, LineEnd: CRLF, Quote: QuoteMinimal,
		Date: "DD/MM/YYYY", Decimal: ",", Header: true, Formulas: FormulasKeep,
	}
}

// Overrides changes a dialect; what is empty stays as it is.
type Overrides struct {
	Separator string `yaml:"separator,omitempty" json:"separator,omitempty" jsonschema:"description=one character between the cells"`
	Encoding  string `yaml:"encoding,omitempty" json:"encoding,omitempty" jsonschema:"enum=utf-8,enum=utf-8-bom,enum=windows-1252,enum=iso-8859-15"`
	LineEnd   string `yaml:"line_end,omitempty" json:"line_end,omitempty" jsonschema:"enum=crlf,enum=lf"`
	Quote     string `yaml:"quote,omitempty" json:"quote,omitempty" jsonschema:"enum=minimal,enum=all"`
	Date      string `yaml:"date,omitempty" json:"date,omitempty" jsonschema:"description=pattern of YYYY or YY and MM and DD,example=DD/MM/YYYY,example=YYYY-MM-DD"`
	Decimal   string `yaml:"decimal,omitempty" json:"decimal,omitempty" jsonschema:"enum=.,enum=\\,"`
	Header    *bool  `yaml:"header,omitempty" json:"header,omitempty" jsonschema:"description=whether the first row names the columns"`
	Formulas  string `yaml:"formulas,omitempty" json:"formulas,omitempty" jsonschema:"enum=keep,enum=escape,enum=reject,description=what to do with a cell that a spreadsheet would run"`
	Format    string `yaml:"format,omitempty" json:"format,omitempty" jsonschema:"enum=csv,enum=xlsx,enum=json,enum=fixed,default=csv,description=what is sent: fixed needs the width of each column"`
	// Transliterate is a warning at each cell that it changes.
	Transliterate *bool `yaml:"transliterate,omitempty" json:"transliterate,omitempty" jsonschema:"description=write a letter that the encoding lacks as the nearest that it has instead of rejecting it"`
}

// With returns the dialect as changed by o.
func (d Dialect) With(o Overrides) Dialect {
	for _, s := range []struct {
		to   *string
		from string
	}{
		{&d.Separator, o.Separator},
		{&d.Encoding, o.Encoding},
		{&d.LineEnd, o.LineEnd},
		{&d.Quote, o.Quote},
		{&d.Date, o.Date},
		{&d.Decimal, o.Decimal},
		{&d.Formulas, o.Formulas},
	} {
		if s.from != "" {
			*s.to = s.from
		}
	}
	if o.Header != nil {
		d.Header = *o.Header
	}
	switch o.Format {
	case "":
	case CSV:
		d.Format = ""
	default:
		d.Format = o.Format
	}
	if d.Format == JSON || d.Format == XLSX {
		d.Decimal = "." // a number is one there, and no text
	}
	if o.Transliterate != nil {
		d.Transliterate = *o.Transliterate
	}
	return d
}

// Overrides is the dialect in the words of the configuration.
func (d Dialect) Overrides() Overrides {
	format := d.Format
	if format == "" {
		format = CSV
	}
	return Overrides{
		Separator: d.Separator, Encoding: d.Encoding, LineEnd: d.LineEnd, Quote: d.Quote, Date: d.Date, Decimal: d.Decimal,
		Header: &d.Header, Formulas: d.Formulas, Format: format, Transliterate: &d.Transliterate,
	}
}

// Validate reports every fault of the dialect with the key it is about, in the words of
// the configuration.
func (d Dialect) Validate(report func(key, message string)) {
	switch r, size := utf8.DecodeRuneInString(d.Separator); {
	case size == 0 || size != len(d.Separator):
		report("separator", "want exactly one character, like \";\" or \"\\t\"")
	case strings.ContainsRune("\"\r\n", r) || r == utf8.RuneError:
		report("separator", "a quote or a line end cannot separate cells")
	}
	oneOf := func(key, value string, allowed ...string) {
		if !slices.Contains(allowed, value) {
			report(key, fmt.Sprintf("want %s, not %q", strings.Join(allowed, ", "), value))
		}
	}
	oneOf("encoding", d.Encoding, UTF8, UTF8BOM, Windows1252, ISO885915)
	oneOf("format", cmp.Or(d.Format, CSV), CSV, XLSX, JSON, Fixed)
	if (d.Format == JSON || d.Format == XLSX) && d.Encoding != UTF8 {
		report("encoding", d.Format+" is always in utf-8")
	}
	if d.Format == JSON && !d.Header {
		report("header", "the members of json are named by the headers")
	}
	oneOf("line_end", d.LineEnd, CRLF, LF)
	oneOf("quote", d.Quote, QuoteMinimal, QuoteAll)
	oneOf("decimal", d.Decimal, ",", ".")
	oneOf("formulas", d.Formulas, FormulasKeep, FormulasEscape, FormulasReject)
	if _, err := dateLayout(d.Date); err != nil {
		report("date", err.Error())
	}
}

// Faulty reports whether something is wrong with what a key sets.
func (d Dialect) Faulty(key string) (faulty bool) {
	d.Validate(func(k, _ string) { faulty = faulty || k == key })
	return faulty
}

// Encodable reports whether the encoding has every character of the text.
func (d Dialect) Encodable(text string) bool { return encodable(d.charset(), text) }

// charset is nil for UTF-8, which has every character.
func (d Dialect) charset() *charmap.Charmap {
	switch d.Encoding {
	case Windows1252:
		return charmap.Windows1252
	case ISO885915:
		return charmap.ISO8859_15
	default:
		return nil
	}
}

func encodable(charset *charmap.Charmap, text string) bool {
	if charset == nil {
		return true
	}
	for _, r := range text {
		if r < utf8.RuneSelf {
			continue
		}
		if _, ok := charset.EncodeRune(r); !ok {
			return false
		}
	}
	return true
}

// dateLayout translates a pattern such as DD/MM/YYYY into a layout of package time.
func dateLayout(pattern string) (string, error) {
	layout := strings.NewReplacer("YYYY", "2006", "YY", "06", "MM", "01", "DD", "02").Replace(pattern)
	for _, part := range []string{"YY", "MM", "DD"} {
		if !strings.Contains(pattern, part) {
			return "", fmt.Errorf("want a pattern with YYYY, MM and DD, like DD/MM/YYYY, not %q", pattern)
		}
	}
	for _, r := range strings.NewReplacer("YYYY", "", "YY", "", "MM", "", "DD", "").Replace(pattern) {
		if !strings.ContainsRune("/-. ", r) {
			return "", fmt.Errorf("only / - . and blanks may stand between YYYY, MM and DD, not %q", string(r))
		}
	}
	return layout, nil
}
