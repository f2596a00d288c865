package userfile

import (
	"errors"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"lucca-exchange/internal/tabular"
)

// fullNameKey is what a column with the whole name is bound to: no code of Lucca's.
const fullNameKey = " name"

// FullName is a column that has the last and the first name together. In the configuration
// it is the header text alone where that tells the order, such as "NOM Prénom".
type FullName struct {
	Column string `yaml:"column,omitempty" json:"column,omitempty" jsonschema:"description=header text of the column"`
	Order  string `yaml:"order,omitempty" json:"order,omitempty" jsonschema:"enum=last first,enum=first last,description=which comes first"`
}

// The orders of a full name.
const (
	lastFirst = "last first"
	firstLast = "first last"
)

// UnmarshalYAML also takes the header text alone.
func (n *FullName) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		n.Column = node.Value
		return nil
	}
	for i := 0; i < len(node.Content); i += 2 {
		if key := node.Content[i].Value; node.Kind != yaml.MappingNode || key != "column" && key != "order" {
			return errors.New("want the header text of a column, or {column: …, order: last first}, and no other key")
		}
	}
	type plain FullName
	return node.Decode((*plain)(n))
}

// IsZero reports whether there is no such column.
func (n FullName) IsZero() bool { return n == FullName{} }

// Told reports whether it is known which of the two names comes first.
func (n FullName) Told() bool { return n.order() != "" }

func (n FullName) validate(columns map[string]string, report func(key, message string)) {
	switch {
	case n.IsZero():
	case tabular.Clean(n.Column) == "":
		report("name", "want the header text of the column with the whole name")
	case columns[strings.ToLower(tabular.Clean(n.Column))] != "":
		report("name", "is a header text of columns: too")
	case n.Order != "" && n.Order != lastFirst && n.Order != firstLast:
		report("name.order", "want last first or first last")
	case n.order() == "":
		report("name", "the header does not tell which name comes first: want {column: …, order: last first} or first last")
	}
}

// order is the one that is set, or that the words of the header have.
func (n FullName) order() string {
	if n.Order != "" {
		return n.Order
	}
	last, first := -1, -1
	for i, word := range strings.FieldsFunc(strings.ToLower(tabular.Clean(n.Column)), func(r rune) bool { return !unicode.IsLetter(r) }) {
		switch word {
		case "nom", "name", "nachname", "last", "surname", "familienname":
			if last < 0 {
				last = i
			}
		case "prénom", "prenom", "vorname", "first", "given":
			first = i
		}
	}
	switch {
	case last < 0 || first < 0:
		return ""
	case last < first:
		return lastFirst
	default:
		return firstLast
	}
}

// split takes a whole name apart: at a comma, else where the words in capitals end, else
// between two words. Anything else could be taken apart in two ways.
func (n FullName) split(text string) (first, last string, ok bool) {
	if a, b, comma := strings.Cut(text, ","); comma {
		a, b = tabular.Clean(a), tabular.Clean(b)
		return b, a, a != "" && b != "" && !strings.Contains(b, ",")
	}
	words := strings.Fields(text)
	if n.order() == firstLast {
		at := 0
		for at < len(words) && !capitals(words[at]) {
			at++
		}
		return divide(words, at, func(rest []string) bool { return all(rest, capitals) })
	}
	at := 0
	for at < len(words) && capitals(words[at]) {
		at++
	}
	last, first, ok = divide(words, at, func(rest []string) bool { return !all(rest[:1], capitals) && !anyOf(rest, capitals) })
	return first, last, ok
}

// divide cuts words in two at a place where the capitals tell it, else in the middle of two.
func divide(words []string, at int, rest func([]string) bool) (a, b string, ok bool) {
	if at == 0 || at == len(words) || !rest(words[at:]) {
		if at = 1; len(words) != 2 {
			return "", "", false
		}
	}
	return strings.Join(words[:at], " "), strings.Join(words[at:], " "), true
}

// capitals reports whether a word is written in capitals; particles are, as in "de LA TOUR",
// only where they are.
func capitals(word string) bool {
	letters := 0
	for _, r := range word {
		if unicode.IsLower(r) {
			return false
		}
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return letters > 1
}

func all(words []string, is func(string) bool) bool {
	for _, w := range words {
		if !is(w) {
			return false
		}
	}
	return true
}

func anyOf(words []string, is func(string) bool) bool {
	for _, w := range words {
		if is(w) {
			return true
		}
	}
	return false
}
