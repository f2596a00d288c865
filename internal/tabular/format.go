package tabular

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The encodings a file can be read in, beside UTF8, Windows1252 and ISO885915. A
// byte-order mark decides, whatever is set.
const (
	// Auto is UTF-8 when the file is valid UTF-8, else windows-1252.
	Auto = "auto"
	// UTF16 needs to be set only for files without a byte-order mark.
	UTF16 = "utf-16"
	// CP850 is that of DOS in western Europe, Macintosh that of Macs before OS X.
	CP850     = "cp850"
	Macintosh = "macintosh"
	// Windows1250 is that of central Europe, Windows1254 that of Turkish.
	Windows1250 = "windows-1250"
	Windows1254 = "windows-1254"
)

// XLSX stands in Info for the encoding of an Excel workbook, which is known by its content.
const XLSX = "xlsx"

// Format is how an inbound file is expected to be written. The zero value is that of
// Lucca's user file: separator ";", encoding auto, default caps.
type Format struct {
	// Separator is one ASCII character.
	Separator string
	Encoding  string
	Caps      Caps
	// HeaderRow is the row of the header; 0 for the first that is not blank.
	HeaderRow int
	// Skip are rows above the header that are left out, Footer those below the last row of
	// data; nil for none. Both look at the cells of a row, joined by the separator.
	Skip, Footer *regexp.Regexp
	// Sheet is the name of the one to read in a workbook with several.
	Sheet string
	// TempDir is where the parts of a large workbook go; that of the system if empty.
	TempDir string
	// Own tells files of our own, whose header is always the first row, and which have no footer.
	Own Own
}

// Own is what only files of our own have, in whichever language they were written.
type Own struct {
	// Columns are the header texts of a column of theirs.
	Columns []string
	// Sheets are the names of the sheet of their workbooks that has no rows.
	Sheets []string
}

// hasColumn reports whether a row is the header of one.
func (o Own) hasColumn(cells []string) bool {
	return slices.ContainsFunc(cells, func(cell string) bool {
		return slices.ContainsFunc(o.Columns, func(text string) bool { return strings.EqualFold(Clean(cell), text) })
	})
}

// HeaderPlace says where the header is.
type HeaderPlace struct {
	Row  int    `yaml:"row,omitempty" json:"row,omitempty" jsonschema:"minimum=1,description=number of its row as a spreadsheet shows it"`
	Skip string `yaml:"skip,omitempty" json:"skip,omitempty" jsonschema:"description=regular expression of the rows above it such as ^#"`
}

// Layout is how a flow says what is above, below and beside the rows of its files.
type Layout struct {
	Header HeaderPlace `yaml:"header,omitempty" json:"header,omitzero" jsonschema:"description=where the header is; the first row that is not blank if left out"`
	Footer string      `yaml:"footer,omitempty" json:"footer,omitempty" jsonschema:"description=regular expression of the rows below the data such as ^TOTAL; a file without one was cut and is refused"`
	Sheet  string      `yaml:"sheet,omitempty" json:"sheet,omitempty" jsonschema:"description=sheet to read of an Excel workbook that has several"`

	Ignore        []string `yaml:"ignore,omitempty" json:"ignore,omitempty" jsonschema:"description=header texts of columns that are left out"`
	IgnoreUnknown bool     `yaml:"ignore_unknown,omitempty" json:"ignore_unknown,omitempty" jsonschema:"description=leave out every column that is unknown with a warning unless its name is nearly a code"`
}

// Validate reports every fault with the key that it is about.
func (l Layout) Validate(report func(key, message string)) {
	for _, r := range []struct{ key, text string }{{"header.skip", l.Header.Skip}, {"footer", l.Footer}} {
		if re, err := regexp.Compile(r.text); err != nil {
			report(r.key, "want a regular expression such as ^TOTAL")
		} else if r.text != "" && re.MatchString("") {
			report(r.key, "matches every row: want a regular expression such as ^TOTAL")
		}
	}
	if l.Header.Row > 0 && l.Header.Skip != "" {
		report("header.skip", "want row or skip, not both")
	}
	for i, text := range l.Ignore {
		if Clean(text) == "" {
			report(fmt.Sprintf("ignore[%d]", i), "want the text of a header")
		}
	}
}

// Of puts the layout into a format.
func (l Layout) Of(f Format) Format {
	f.HeaderRow, f.Skip, f.Footer, f.Sheet = l.Header.Row, pattern(l.Header.Skip), pattern(l.Footer), l.Sheet
	return f
}

// pattern compiles a regular expression that was validated; nil for none.
func pattern(text string) *regexp.Regexp {
	if text == "" {
		return nil
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil
	}
	return re
}

// Caps bounds what is read of a file, so that a hostile or damaged one costs little. What
// is zero has its default.
type Caps struct {
	Bytes   int64 `yaml:"bytes,omitempty" json:"bytes,omitempty" jsonschema:"minimum=1,description=size of the file; 104857600 (100 MiB) if left out"`
	Rows    int   `yaml:"rows,omitempty" json:"rows,omitempty" jsonschema:"minimum=1,description=rows including the header and empty ones; 200000 if left out"`
	Columns int   `yaml:"columns,omitempty" json:"columns,omitempty" jsonschema:"minimum=1,description=500 if left out"`
	Cell    int   `yaml:"cell,omitempty" json:"cell,omitempty" jsonschema:"minimum=1,description=bytes in one cell; 32768 (32 KiB) if left out"`
}

// Defaults of Caps.
const (
	defaultBytes   = 100 << 20
	defaultRows    = 200_000 // rows are kept in memory until all are read
	defaultColumns = 500
	defaultCell    = 32 << 10
)

// maxRowBytes bounds one row, whatever the caps of columns and cells multiply to.
const maxRowBytes = 4 << 20

func (c Caps) withDefaults() Caps {
	if c.Bytes == 0 {
		c.Bytes = defaultBytes
	}
	if c.Rows == 0 {
		c.Rows = defaultRows
	}
	if c.Columns == 0 {
		c.Columns = defaultColumns
	}
	if c.Cell == 0 {
		c.Cell = defaultCell
	}
	return c
}

func (f Format) withDefaults() Format {
	if f.Separator == "" {
		f.Separator = ";"
	}
	if f.Encoding == "" {
		f.Encoding = Auto
	}
	f.Caps = f.Caps.withDefaults()
	return f
}

// Validate reports every fault with the key that it is about.
func (f Format) Validate(report func(key, message string)) {
	f = f.withDefaults()
	if len(f.Separator) != 1 || strings.ContainsAny(f.Separator, "\"\r\n\x00") || f.Separator[0] >= 0x80 {
		report("separator", "want exactly one character, like \";\" or \"\\t\"")
	}
	allowed := []string{Auto, UTF8, Windows1252, ISO885915, UTF16, CP850, Macintosh, Windows1250, Windows1254}
	if !slices.Contains(allowed, f.Encoding) {
		report("encoding", fmt.Sprintf("want %s, not %q", strings.Join(allowed, ", "), f.Encoding))
	}
	if f.HeaderRow < 0 {
		report("header.row", "want the number of a row, from 1")
	}
	if f.Caps.Bytes < 0 {
		report("caps.bytes", "want a positive number")
	}
	for _, c := range []struct {
		key   string
		value int
	}{{"caps.rows", f.Caps.Rows}, {"caps.columns", f.Caps.Columns}, {"caps.cell", f.Caps.Cell}} {
		if c.value < 0 {
			report(c.key, "want a positive number")
		}
	}
}

// bytesText writes a number of bytes as a person does.
func bytesText(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	default:
		return fmt.Sprintf("%d bytes", n)
	}
}
