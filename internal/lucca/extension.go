package lucca

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"lucca-exchange/internal/roster"
)

// extensionText returns the value of a custom field as text. Lucca wraps values as
// {"id":9,"value":…}, and fields with several values as an array of those, which are
// joined by ", "; older pages of its documentation show bare values. A reference to a
// user gives that user's id, a date its day, a number its own digits.
func extensionText(raw json.RawMessage) (string, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return "", nil
	}
	switch raw[0] {
	case '[':
		return joinedText(raw)
	case '{':
		return objectText(raw)
	default:
		return scalarText(raw)
	}
}

func joinedText(raw json.RawMessage) (string, error) {
	var values []json.RawMessage
	if err := decode(raw, &values); err != nil {
		return "", err
	}
	var texts []string
	for _, v := range values {
		text, err := extensionText(v)
		if err != nil {
			return "", err
		}
		if text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, ", "), nil
}

func objectText(raw json.RawMessage) (string, error) {
	var o struct {
		ID    optional[int]
		Value json.RawMessage
	}
	if err := decode(raw, &o); err != nil {
		return "", err
	}
	switch {
	case o.Value != nil:
		return extensionText(o.Value)
	case o.ID.Set && !o.ID.Null:
		return strconv.Itoa(o.ID.Value), nil
	default:
		return "", fmt.Errorf("a composite value, which no column can hold: %w", ErrMalformed)
	}
}

// extensionID returns the id of a single value {"id":9,"value":…}; 0 for any other form,
// of which {"id":1988,"name":…} is the id of a user and not of a value.
func extensionID(raw json.RawMessage) int {
	var o struct {
		ID    optional[int]
		Value json.RawMessage
	}
	if json.Unmarshal(raw, &o) != nil || o.Value == nil {
		return 0
	}
	return o.ID.Value
}

func scalarText(raw json.RawMessage) (string, error) {
	switch raw[0] {
	case 'n':
		return "", nil
	case '"':
		var s string
		if err := decode(raw, &s); err != nil {
			return "", err
		}
		return dayOnly(s), nil
	default:
		return string(raw), nil
	}
}

// dayOnly drops the midnight of a v3 date, so that a date field reads as a day.
func dayOnly(s string) string {
	day, clock, ok := strings.Cut(s, "T")
	if !ok || strings.Trim(clock, "0:.") != "" {
		return s
	}
	if _, err := roster.ParseDate(s); err != nil {
		return s
	}
	return day
}
