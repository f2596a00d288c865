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
	Encoding  string            `yaml:"encoding,omitempty" json:"encoding,omitempty" jsonschema:"enum=auto,enum=utf-8,enum=windows-1252,enum=iso-8859-15,enum=utf-16,description=auto if left out: the byte-order mark decides or else UTF-8 if the file is valid and windows-1252 with a warning if not"`
	Caps      tabular.Caps      `yaml:"caps,omitempty" json:"caps,omitzero" jsonschema:"description=sizes beyond which a file is refused"`

	// Identifier is that of the plan's policy, where it is configured: its columns must be
	// in the file.
	Identifier plan.Identifier `yaml:"-" json:"-"`
}

// Validate reports every fault with the key that it is about.
func (o Options) Validate(report func(key, message string)) {
	o.format().Validate(report)
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
		case same == reasonsColumn:
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
}

func unknownCode(c contract, code string) string {
	if near := c.Nearest(code); near != "" {
		return fmt.Sprintf("unknown code %q: did you mean %s?", code, near)
	}
	return fmt.Sprintf("unknown code %q: want one of Lucca's, such as employeenumber", code)
}

func (o Options) format() tabular.Format {
	return tabular.Format{Separator: o.Separator, Encoding: o.Encoding, Caps: o.Caps}
}

// contract is the one of the schema, as the flow changes it.
func (o Options) contract() (contract, error) {
	c, err := newContract()
	if err != nil {
		return contract{}, err
	}
	c.Fields = append(c.Fields, tabular.Field{Key: reasonsColumn})
	c.Required = o.Identifier.Columns()
	c.Renamed = make(map[string]string, len(o.Columns))
	for text, code := range o.Columns {
		key, ok := c.Key(code)
		if !ok {
			return contract{}, fmt.Errorf("use columns: unknown code %q", code)
		}
		c.Renamed[text] = key
	}
	return c, nil
}
