package profile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lucca-exchange/internal/roster"
)

// What becomes of a value that a table has no entry for: Lucca's own three modes.
const (
	Pass       = "pass"
	Block      = "block"
	UseDefault = "default"
)

// ValueTable translates the values of a column, or chooses by them what the column takes instead.
// The zero table passes everything.
type ValueTable struct {
	Map map[string]string `yaml:"map,omitempty" json:"map,omitempty" jsonschema:"description=Lucca's value to the partner's"`
	// Sources are read for the values that they are the entries of. What they give is final.
	Sources       map[string]string `yaml:"sources,omitempty" json:"sources,omitempty" jsonschema:"description=Lucca's value to the source that the column takes instead of it such as {CDI: employeeNumber}"`
	OnUnmatched   string            `yaml:"on_unmatched,omitempty" json:"on_unmatched,omitempty" jsonschema:"enum=pass,enum=block,enum=default,description=a value without an entry is passed or blocks the file or becomes the default"`
	Default       string            `yaml:"default,omitempty" json:"default,omitempty"`
	DefaultSource string            `yaml:"default_source,omitempty" json:"default_source,omitempty" jsonschema:"description=the source that the column takes for a value without an entry; instead of default"`
}

// IsZero reports whether the table does nothing.
func (v ValueTable) IsZero() bool {
	return v.Map == nil && v.OnUnmatched == "" && v.Default == "" && !v.chooses()
}

// chooses reports whether the table has sources.
func (v ValueTable) chooses() bool { return v.Sources != nil || v.DefaultSource != "" }

// at is the table of one level of a repeated column.
func (v ValueTable) at(repeat, level string) ValueTable {
	replaced := func(source string) string { return strings.ReplaceAll(source, "."+repeat+".", "."+level+".") }
	v.DefaultSource, v.Sources = replaced(v.DefaultSource), maps.Clone(v.Sources)
	for value, source := range v.Sources {
		v.Sources[value] = replaced(source)
	}
	return v
}

// Translate returns the partner's value of one that is not Final. ok is false when the table
// blocks it. An empty value stays empty unless the table has an entry or a default for it.
func (v ValueTable) Translate(value string) (translated string, ok bool) {
	if to, found := v.Map[value]; found {
		return to, true
	}
	switch {
	case v.OnUnmatched == UseDefault:
		return v.Default, true
	case v.OnUnmatched == Block && value != "":
		return "", false
	default:
		return value, true
	}
}

func (v ValueTable) validate(t Type, report func(key, message string)) {
	if v.IsZero() {
		return
	}
	if t == Day && (v.Map != nil || v.Default != "" || !v.chooses()) {
		report("map", "a date cannot be translated: change its pattern with dialect.date")
	}
	switch v.OnUnmatched {
	case "", Pass, Block:
		if v.Default != "" {
			report("default", "is only used with on_unmatched: default")
		}
		if v.DefaultSource != "" {
			report("default_source", "is only used with on_unmatched: default")
		}
		if t == Day && v.chooses() && v.OnUnmatched != Block {
			report("on_unmatched", "want block or default, since sources chosen for a date leave no value to pass")
		}
	case UseDefault:
		if v.Default != "" && v.DefaultSource != "" {
			report("default_source", "takes the place of default: leave one out")
		}
	default:
		report("on_unmatched", fmt.Sprintf("want pass, block or default, not %q", v.OnUnmatched))
	}
	for _, value := range slices.Sorted(maps.Keys(v.Sources)) {
		if _, twice := v.Map[value]; twice {
			report("sources."+value, "has an entry in map, too")
		}
		if _, err := parseSource(v.Sources[value]); err != nil {
			report("sources."+value, err.Error())
		}
	}
	if v.DefaultSource != "" {
		if _, err := parseSource(v.DefaultSource); err != nil {
			report("default_source", err.Error())
		}
	}
}

// Texts are the sources of the table.
func (v ValueTable) Texts() []string {
	var list []string
	for _, value := range slices.Sorted(maps.Keys(v.Sources)) {
		list = append(list, v.Sources[value])
	}
	if v.DefaultSource != "" {
		list = append(list, v.DefaultSource)
	}
	return list
}

// choosing is a source that reads by, and for the values of which the table has a source reads
// that one. of has the sources by their texts.
func (v ValueTable) choosing(by []source, of map[string]source) source {
	all := slices.Clone(by)
	for _, text := range v.Texts() {
		all = append(all, of[text])
	}
	s := compose(all, nil)
	s.read = func(r *roster.Roster, e *roster.Employee) Value {
		value := firstOf(by, r, e)
		text, chosen := v.Sources[value.String()]
		if _, mapped := v.Map[value.String()]; !chosen && !mapped && v.DefaultSource != "" {
			text, chosen = v.DefaultSource, true
		}
		if !chosen {
			return value
		}
		instead := of[text]
		found := instead.value(r, e, true)
		if found.Final = true; found.IsZero() && found.Note == NoNote {
			found.Note = value.Note
		}
		return found
	}
	return s
}
