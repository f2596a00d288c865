package userfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/tabular"
)

// Options says how the files of one flow are written: they are keys of the flow's import
// section. The zero value is right for Lucca's own format with logins.
type Options struct {
	Columns   map[string]string `yaml:"columns,omitempty" json:"columns,omitempty" jsonschema:"description=Lucca's code for each header text that differs from it such as employeenumber for Matricule"`
	Separator string            `yaml:"separator,omitempty" json:"separator,omitempty" jsonschema:"description=one character between the cells; ; if left out"`
	Encoding  string            `yaml:"encoding,omitempty" json:"encoding,omitempty" jsonschema:"enum=auto,enum=utf-8,enum=windows-1252,enum=iso-8859-15,enum=utf-16,enum=cp850,enum=macintosh,enum=windows-1250,enum=windows-1254,description=auto if left out: the byte-order mark decides or else UTF-8 if the file is valid and windows-1252 with a warning if not"`
	Caps      tabular.Caps      `yaml:"caps,omitempty" json:"caps,omitzero" jsonschema:"description=sizes beyond which a file is refused"`

	tabular.Layout `yaml:",inline"`

	Dates      []string                     `yaml:"dates,omitempty" json:"dates,omitempty" jsonschema:"description=how dates are written; DD/MM/YYYY if left out,example=YYYY-MM-DD,example=D/M/YYYY"`
	YearsFrom  int                          `yaml:"years_from,omitempty" json:"years_from,omitempty" jsonschema:"minimum=1901,maximum=2000,default=1940,description=first of the hundred years that a year of two digits (YY) can mean"`
	Values     map[string]map[string]string `yaml:"values,omitempty" json:"values,omitempty" jsonschema:"description=by Lucca's code: what each text of the file stands for such as gender: {M: Male; F: Female}"`
	Constants  map[string]string            `yaml:"constants,omitempty" json:"constants,omitempty" jsonschema:"description=by Lucca's code: the value of a column that the file does not have"`
	Name       FullName                     `yaml:"name,omitempty" json:"name,omitzero" jsonschema:"description=a column with the last and the first name together"`
	Pad        map[string]int               `yaml:"pad,omitempty" json:"pad,omitempty" jsonschema:"description=by Lucca's code: the number of digits to which a number is filled up with zeros"`
	OpenEnd    []string                     `yaml:"open_end,omitempty" json:"open_end,omitempty" jsonschema:"description=dates that say that a contract has no end such as 31/12/9999"`
	Null       []string                     `yaml:"null,omitempty" json:"null,omitempty" jsonschema:"description=words that stand for nothing such as NULL; not in names"`
	Duplicates string                       `yaml:"duplicates,omitempty" json:"duplicates,omitempty" jsonschema:"enum=first,enum=reject,default=first,description=what happens to rows that are equal in every cell: the first is taken with a warning or all are rejected"`
	Reports    string                       `yaml:"reports,omitempty" json:"reports,omitempty" jsonschema:"enum=csv,enum=xlsx,default=csv,description=xlsx: put Excel workbooks with the faulty cells in colour beside the reports as CSV"`

	// Identifier is that of the plan's policy, where it is configured: its columns must be
	// in the file.
	Identifier plan.Identifier `yaml:"-" json:"-"`
	// TempDir is where the parts of a large workbook go while it is read; that of the system
	// if empty.
	TempDir string `yaml:"-" json:"-"`
}

// What happens to rows that are equal in every cell.
const (
	FirstDuplicate   = "first"
	RejectDuplicates = "reject"
)

// The kinds of reports: CSV alone, or Excel workbooks beside it.
const (
	ReportsCSV  = "csv"
	ReportsXLSX = "xlsx"
)

// Validate reports every fault with the key that it is about.
func (o Options) Validate(report func(key, message string)) {
	o.format().Validate(report)
	o.validateForms(report)
	c, err := newContract()
	if err != nil {
		report("columns", err.Error())
		return
	}
	texts, codes := make(map[string]string), make(map[string]string)
	for _, text := range slices.Sorted(maps.Keys(o.Columns)) {
		key := "columns." + text
		same := strings.ToLower(tabular.Clean(text))
		code, ok := c.Key(o.Columns[text])
		switch {
		case same == "":
			report("columns", "want the text of a header, not an empty one")
		case isReasons(same):
			report(key, "want another header text: files of rejected rows have this one")
		case texts[same] != "":
			report(key, fmt.Sprintf("is the same header text as %q", texts[same]))
		case !ok:
			report(key, unknownCode(c, o.Columns[text]))
		case codes[strings.ToLower(code)] != "":
			report(key, fmt.Sprintf("%q is %s already", codes[strings.ToLower(code)], code))
		}
		texts[same], codes[strings.ToLower(code)] = text, text
	}
	o.validateByCode(c, report)
	o.Name.validate(texts, report)
}

// validateForms is about what has nothing to do with columns.
func (o Options) validateForms(report func(key, message string)) {
	o.Layout.Validate(report)
	for i, word := range o.Null {
		if tabular.Clean(word) == "" {
			report(fmt.Sprintf("null[%d]", i), "a blank is nothing anyway")
		}
	}
	if message := tabular.FaultOfYears(o.YearsFrom, o.Dates); message != "" {
		report("years_from", message)
	}
	if o.Duplicates != "" && o.Duplicates != FirstDuplicate && o.Duplicates != RejectDuplicates {
		report("duplicates", "want first or reject")
	}
	if o.Reports != "" && o.Reports != ReportsCSV && o.Reports != ReportsXLSX {
		report("reports", "want csv or xlsx")
	}
	if _, message := tabular.NewDateForms(o.Dates, o.YearsFrom); message != "" {
		report("dates", message)
	}
}

// maxPad is as many digits as a number is ever filled up to.
const maxPad = 50

// validateByCode is about the options whose keys are Lucca's codes.
func (o Options) validateByCode(c contract, report func(key, message string)) {
	known := func(option, code string, not ...class) {
		key := option + "." + code
		canonical, ok := c.Key(code)
		switch {
		case !ok:
			report(key, unknownCode(c, code))
		case canonical != code:
			report(key, fmt.Sprintf("write it as Lucca does: %s", canonical))
		case slices.Contains(not, c.classOf(code)):
			report(key, "is not for this column: want another one")
		}
	}
	for _, code := range slices.Sorted(maps.Keys(o.Values)) {
		known("values", code, dateClass, nameClass)
		if len(o.Values[code]) == 0 {
			report("values."+code, "want what each text stands for, such as {M: Male}")
		}
	}
	for _, code := range slices.Sorted(maps.Keys(o.Constants)) {
		known("constants", code, dateClass, nameClass, mailClass, loginClass, numberClass)
		if tabular.Clean(o.Constants[code]) == "" {
			report("constants."+code, "want a value")
		}
	}
	for _, code := range slices.Sorted(maps.Keys(o.Pad)) {
		known("pad", code, dateClass, nameClass, mailClass, phoneClass)
		if n := o.Pad[code]; n < 1 || n > maxPad {
			report("pad."+code, fmt.Sprintf("want a number of digits from 1 to %d", maxPad))
		}
	}
}

func unknownCode(c contract, code string) string {
	if near := c.Nearest(code); near != "" {
		return fmt.Sprintf("unknown code %q: did you mean %s?", code, near)
	}
	return fmt.Sprintf("unknown code %q: want one of Lucca's, such as employeenumber", code)
}

func (o Options) format() tabular.Format {
	return o.Of(tabular.Format{Separator: o.Separator, Encoding: o.Encoding, Caps: o.Caps, TempDir: o.TempDir, Own: own()})
}

// contract is the one of the schema, as the flow changes it.
func (o Options) contract() (contract, error) {
	c, err := newContract()
	if err != nil {
		return contract{}, err
	}
	c.Fields = append(c.Fields, tabular.Field{Key: reasonsColumn, Aliases: own().Columns, Exact: true})
	c.Ignored, c.IgnoreUnknown, c.Headers = o.Ignore, o.IgnoreUnknown, headerOf
	for _, code := range o.Identifier.Columns() {
		if o.Constants[code] == "" {
			c.Required = append(c.Required, code)
		}
	}
	c.Renamed = make(map[string]string, len(o.Columns)+1)
	for text, code := range o.Columns {
		key, ok := c.Key(code)
		if !ok {
			return contract{}, fmt.Errorf("use columns: unknown code %q", code)
		}
		c.Renamed[text] = key
	}
	if o.Name.Column != "" {
		c.Renamed[o.Name.Column] = fullNameKey
	}
	return c, nil
}
