package lucca

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"lucca-exchange/internal/roster"
)

// userProperties lists what a user can have
// (developers.lucca.fr/api-reference/legacy/directory/guides/user-properties). The page does not
// say the route: this is the one that its conventions lead to.
func userProperties() list[roster.Field] {
	return list[roster.Field]{
		route:      route{"/api/v3/userProperties", "definitions of custom fields", rightUsers},
		query:      url.Values{"fields": {"id,name,isMultivalue,isReadOnly,category,type,format,collection.count"}},
		generation: v3,
		item:       decodeField(),
	}
}

// wireProperty is an item of userProperties.
type wireProperty struct {
	ID                       optional[string]
	IsMultivalue, IsReadOnly optional[bool]
	Type                     optional[int]
	Format                   optional[struct {
		Entries optional[[]wireEntry]
	}]
}

// wireEntry is one of a list. Those of custom fields have numbers for ids; a property of Lucca's
// own may have words, which no custom field refers to.
type wireEntry struct {
	ID   json.RawMessage
	Name string
}

// entryNames are the names of the entries by id.
func entryNames(entries []wireEntry) map[int]string {
	var names map[int]string
	for _, e := range entries {
		id, err := strconv.Atoi(strings.Trim(string(e.ID), `"`))
		if err != nil {
			continue
		}
		if names == nil {
			names = make(map[int]string, len(entries))
		}
		names[id] = e.Name
	}
	return names
}

// decodeField numbers the items, whose ids are texts.
func decodeField() func(json.RawMessage) (roster.Field, int, error) {
	n := 0
	return func(raw json.RawMessage) (roster.Field, int, error) {
		var w wireProperty
		if err := decode(raw, &w); err != nil {
			return roster.Field{}, 0, err
		}
		f := roster.Field{Code: w.ID.Value, Multiple: w.IsMultivalue.Value, ReadOnly: w.IsReadOnly.Value}
		entries := w.Format.Value.Entries.Value
		switch w.Type.Value {
		case 0:
			f.Kind = roster.BooleanField
		case 1:
			f.Kind = roster.IntegerField
			if len(entries) > 0 {
				f.Kind = roster.ListField
			}
		case 2:
			f.Kind = roster.NumberField
		case 3:
			f.Kind = roster.DateField
		case 4:
			f.Kind = roster.TextField
		default:
			f.Kind = roster.ObjectField
		}
		if !w.Type.Set || w.ID.Value == "" {
			return f, 0, fmt.Errorf("a property without id or type: %w", ErrMalformed)
		}
		f.Entries = entryNames(entries)
		n++
		return f, n, nil
	}
}

// readFields reads the definitions of custom fields where a query needs one. A Lucca that does not
// tell them is done without: then a value is what its text looks like.
func readFields(ctx context.Context, c *Client, q roster.Query) ([]roster.Field, error) {
	if q.Fields&roster.Extensions == 0 || !q.Definitions && len(q.Codes) == 0 || c.fieldless.Load() {
		return nil, nil
	}
	all, err := readAll(ctx, c, userProperties())
	switch {
	case err == nil:
		c.choose(ctx, userProperties().route, nil)
	case leaves(err):
		c.fieldless.Store(true)
		c.log.WarnContext(ctx, "lucca.fields-unknown", "err", err, "effect", "what a custom field holds is told by its text")
		return nil, nil
	}
	return all, err
}

// fieldText is the value of a custom field as a person reads it.
func fieldText(f roster.Field, raw json.RawMessage) (string, error) {
	raw = bytes.TrimSpace(raw)
	if bytes.HasPrefix(raw, []byte("[")) {
		var values []json.RawMessage
		if err := decode(raw, &values); err != nil {
			return "", err
		}
		var texts []string
		for _, v := range values {
			text, err := fieldText(f, v)
			if err != nil {
				return "", err
			}
			if text != "" {
				texts = append(texts, text)
			}
		}
		return strings.Join(texts, ", "), nil
	}
	if value, wrapped := wrappedValue(raw); wrapped {
		return fieldText(f, value)
	}
	if f.Kind == roster.TextField && bytes.HasPrefix(raw, []byte(`"`)) {
		var s string // as it is, though it may look like a date
		err := decode(raw, &s)
		return s, err
	}
	text, err := extensionText(raw)
	if err != nil && f.Kind == roster.ObjectField {
		return "", nil // see plan: no column can hold it
	}
	if id, number := strconv.Atoi(text); f.Kind == roster.ListField && number == nil {
		if name := f.Entries[id]; name != "" {
			return name, nil
		}
	}
	return text, err
}

// wrappedValue is the value of {"id":9,"value":…}.
func wrappedValue(raw json.RawMessage) (json.RawMessage, bool) {
	var o struct{ Value json.RawMessage }
	if len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, &o) != nil {
		return nil, false
	}
	return o.Value, o.Value != nil
}

// fieldParts are the values of a field with several.
func fieldParts(raw json.RawMessage) []roster.FieldPart {
	var list []struct {
		ID    int
		Value json.RawMessage
	}
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	var parts []roster.FieldPart
	for _, v := range list {
		parts = append(parts, roster.FieldPart{ID: v.ID, Value: string(bytes.TrimSpace(v.Value))})
	}
	return parts
}
