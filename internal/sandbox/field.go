package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// listProperties follows api-reference/legacy/directory/guides/user-properties: read-only, by
// the conventions of v3. Only custom fields are listed.
func listProperties(c *call) answer { return listV3(c, c.tenant.v3.fields, c.Fields) }

// fieldResource is a property of users, with ids that are texts.
func fieldResource() *resource[Field] {
	return newResource("UserProperty",
		text("id", func(_ *view, f Field) string { return f.Code }),
		text("name", func(_ *view, f Field) string { return f.Name }),
		raw("isMultivalue", func(b []byte, _ *view, f Field) []byte { return fmt.Append(b, f.Multiple) }),
		raw("isNullable", func(b []byte, _ *view, _ Field) []byte { return fmt.Append(b, true) }),
		raw("isReadOnly", func(b []byte, _ *view, f Field) []byte { return fmt.Append(b, f.ReadOnly) }),
		raw("category", func(b []byte, _ *view, _ Field) []byte { return append(b, '3') }),
		raw("type", func(b []byte, _ *view, f Field) []byte { return fmt.Append(b, f.Type) }),
		raw("format", func(b []byte, _ *view, f Field) []byte { return append(b, f.format()...) }),
	)
}

// format is how the property is shown; lists have their entries in it.
func (f Field) format() []byte {
	type entry struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	}
	form := map[string]any{"key": [...]string{"boolean", "integer", "number", "date", "text", "object"}[f.Type]}
	if len(f.Entries) > 0 {
		var entries []entry
		for _, e := range f.Entries {
			entries = append(entries, entry(e))
		}
		form["key"], form["entries"] = "select", entries
	}
	b, err := json.Marshal(form)
	if err != nil {
		panic(fmt.Sprintf("sandbox: a format holds texts and numbers: %v", err))
	}
	return b
}

// fits refuses a value of another type than the field has, as Lucca does.
func (f Field) fits(value json.RawMessage) error {
	value = bytes.TrimSpace(value)
	var ok bool
	switch text := bytes.HasPrefix(value, []byte(`"`)); f.Type {
	case 0:
		ok = string(value) == "true" || string(value) == "false"
	case 1:
		var n int
		ok = json.Unmarshal(value, &n) == nil
		for i := range f.Entries {
			if ok = n == f.Entries[i].ID; ok {
				break
			}
		}
	case 2:
		var n json.Number
		ok = !text && json.Unmarshal(value, &n) == nil
	case 3:
		var s string
		ok = json.Unmarshal(value, &s) == nil && strings.Contains(s, "T")
	case 4:
		ok = text
	}
	if !ok {
		return refuse("The property %s has a value of the wrong type", f.Code)
	}
	return nil
}
