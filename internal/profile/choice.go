package profile

import (
	"fmt"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// Columns are those that a flow lists.
type Columns []Choice

// Listed are columns of the profile, by their keys.
func Listed(keys ...string) Columns {
	list := make(Columns, len(keys))
	for i, key := range keys {
		list[i].Key = key
	}
	return list
}

// Choice is one listed column: the key of an optional one of the profile, or with a source one
// of the flow's own.
type Choice struct {
	Key    string `yaml:"key,omitempty" json:"key,omitempty" jsonschema:"description=name of the column in findings and in values; made of the header if left out"`
	Header string `yaml:"header" json:"header" jsonschema:"required,description=header text agreed with the partner"`
	Source string `yaml:"source" json:"source" jsonschema:"required,description=where the value comes from such as first(professionalMobile\\, directLine)"`
	Type   Type   `yaml:"type,omitempty" json:"type,omitempty" jsonschema:"enum=string,enum=date,enum=number,default=string"`
	Format string `yaml:"format,omitempty" json:"format,omitempty" jsonschema:"description=pattern of a date; that of the dialect if left out"`
	Width  int    `yaml:"width,omitempty" json:"width,omitempty" jsonschema:"minimum=1,description=characters in a file of fixed width"`
}

// UnmarshalYAML also takes the key alone.
func (c *Choice) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Decode(&c.Key)
	}
	type plain Choice
	return n.Decode((*plain)(c))
}

// own reports whether the column is not one of the profile.
func (c Choice) own() bool { return c.Source != "" || c.Header != "" }

// key is that of findings: the header in small letters where the flow gives none.
func (c Choice) key() string {
	if c.Key != "" || !c.own() {
		return c.Key
	}
	words := strings.FieldsFunc(strings.ToLower(c.Header), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "_")
}

// column is the flow's own column.
func (c Choice) column(report func(key, message string)) Column {
	own := Column{Key: c.key(), Header: c.Header, Level: Optional, Type: Text, From: []string{c.Source}, Width: c.Width}
	if strings.TrimSpace(c.Header) == "" {
		report("header", "missing: the text that is agreed with the partner")
	}
	if c.Source == "" {
		report("source", "missing: where the value comes from, such as jobTitle; lucca-exchange help profiles lists them")
		own.From = nil
	}
	if c.Width < 0 {
		report("width", "want how many characters it has, 1 or more")
	}
	switch c.Type {
	case "", Text:
	case Day, Number:
		own.Type = c.Type
	default:
		report("type", fmt.Sprintf("want string, date or number, not %q", c.Type))
	}
	if c.Format != "" && own.Type != Day {
		report("format", "is only used with type: date")
	} else if c.Format != "" {
		var err error
		if own.Pattern, err = ParsePattern(c.Format); err != nil {
			report("format", err.Error())
		}
	}
	return own
}
