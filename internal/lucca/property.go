package lucca

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"lucca-exchange/internal/roster"
)

// Properties are what a user is written with, by the names of API v3: the body of a
// request. Properties that are not there are left as they are; those that are cleared are
// null.
type Properties map[string]any

// Text sets a text; an empty one clears it.
func (p Properties) Text(name, value string) {
	p[name] = nil
	if value != "" {
		p[name] = value
	}
}

// Date sets a day, which v3 writes as a midnight without a zone; no day clears it.
func (p Properties) Date(name string, day roster.Date) {
	p[name] = nil
	if !day.IsZero() {
		p[name] = midnight(day)
	}
}

func midnight(day roster.Date) string { return day.String() + "T00:00:00" }

// ID sets a reference; 0 clears it.
func (p Properties) ID(name string, id int) {
	p[name] = nil
	if id != 0 {
		p[name] = id
	}
}

// Reference sets a reference as an object; 0 clears it.
func (p Properties) Reference(name string, id int) {
	p[name] = nil
	if id != 0 {
		p[name] = map[string]int{"id": id}
	}
}

// Cycle gives somebody new a work cycle from the first day of their contract on.
func (p Properties) Cycle(name string, id int) {
	p[name] = []map[string]any{{"workCycleID": id, "startsOn": p["dtContractStart"], "endsOn": "9999-12-31T00:00:00"}}
}

// IDs sets a list of references, whole; an empty one clears it.
func (p Properties) IDs(name string, ids []int) {
	list := make([]map[string]int, 0, len(ids))
	for _, id := range ids {
		list = append(list, map[string]int{"id": id})
	}
	p[name] = list
}

// Extension sets a custom field; an empty value deletes it. The id is that of the value that
// is there already, or 0. It is for a Lucca that does not say what its fields hold: a value
// that reads as a day, a plain number, true or false is sent as one.
func (p Properties) Extension(code string, id int, value string) {
	field := map[string]any{"value": extensionValue(value)}
	if id != 0 {
		field["id"] = id
	}
	p[code] = field
}

// Field sets a custom field by its JSON: one value, beside the id of the one that is there, or
// the list of several.
func (p Properties) Field(code string, id int, value string) {
	if strings.HasPrefix(value, "[") {
		p[code] = json.RawMessage(value)
		return
	}
	field := map[string]any{"value": json.RawMessage(value)}
	if id != 0 {
		field["id"] = id
	}
	p[code] = field
}

// plainNumber is a number in the one form that no text would have to keep: no leading
// zeros, no exponent, no more digits than a float64 holds.
var plainNumber = regexp.MustCompile(`^-?(0|[1-9]\d{0,14})(\.\d{1,6})?$`)

func extensionValue(value string) any {
	if value == "" {
		return nil
	}
	if value == "true" || value == "false" {
		return value == "true"
	}
	if plainNumber.MatchString(value) {
		return json.Number(value)
	}
	if day, err := roster.ParseDate(value); err == nil && day.String() == value {
		return midnight(day)
	}
	return value
}

// texts are the texts among the values, the longest first; those of one or two letters say
// nothing and are in every sentence.
func (p Properties) texts() []string {
	var texts []string
	for _, v := range p {
		if field, ok := v.(map[string]any); ok {
			v = field["value"]
		}
		if raw, ok := v.(json.RawMessage); ok {
			var s string
			if json.Unmarshal(raw, &s) == nil {
				v = s
			}
		}
		if s, ok := v.(string); ok && len([]rune(s)) > 2 {
			texts = append(texts, s)
		}
	}
	slices.SortFunc(texts, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return texts
}
