package plan

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/roster"
)

// field is what Lucca tells of a custom field.
func (in *input) field(c *column) (f roster.Field, defined bool) {
	if c.Kind == roster.Custom {
		return in.people.Field(c.Code)
	}
	return f, false
}

// fieldFaults refuse a file with a column for a custom field that no column can hold, or that
// nobody can write.
func fieldFaults(in *input) (found []finding.Finding) {
	for i := range in.sheet.columns {
		c := &in.sheet.columns[i]
		switch f, _ := in.field(c); {
		case f.Kind == roster.ObjectField:
			found = append(found, columnFault(in.sheet, c, problem{"composite_field", "is a group of values in Lucca, which one column cannot hold: leave it out"}))
		case f.ReadOnly:
			found = append(found, columnFault(in.sheet, c, problem{"read_only_field", "cannot be written in Lucca: leave the column out"}))
		}
	}
	return found
}

// columnFault refuses the whole file for one of its columns.
func columnFault(s *sheet, c *column, bad problem) finding.Finding {
	f := finding.Finding{Severity: finding.Error, Code: bad.code, Column: c.name, Message: s.named(c.name) + " " + bad.predicate}
	if index := s.table.Columns[c.cell].Index; index >= 0 {
		f = f.At(1, index)
		f.Row = 0
	}
	return f
}

// readField finds out what a text means for a custom field whose kind Lucca tells.
func readField(f *roster.Field, text string) (value, *problem) {
	if !f.Multiple {
		shown, wire, bad := readFieldValue(f, text)
		return value{text: shown, wire: wire}, bad
	}
	texts := []string{text}
	if _, found := f.Entry(text); found == 0 {
		sign := ","
		if strings.Contains(text, "|") {
			sign = "|"
		}
		texts = strings.Split(text, sign)
	}
	var shown, wires []string
	for _, one := range texts {
		s, wire, bad := readFieldValue(f, strings.TrimSpace(one))
		if bad != nil {
			return value{}, bad
		}
		if !slices.Contains(wires, wire) {
			shown, wires = append(shown, s), append(wires, wire)
		}
	}
	return value{text: strings.Join(shown, ", "), wires: wires}, nil
}

var (
	wholeNumber   = regexp.MustCompile(`^-?(0|[1-9]\d{0,17})$`)
	decimalNumber = regexp.MustCompile(`^-?(0|[1-9]\d{0,14})([.,]\d{1,9})?$`)
	// thousand is a number with three decimals, or one thousand and more with a sign; fineNumber has
	// decimals beyond two.
	thousand   = regexp.MustCompile(`^-?[1-9]\d{0,2}[.,]\d{3}$`)
	fineNumber = regexp.MustCompile(`^-?\d+[.,]\d{3,9}$`)
)

// readFieldValue returns one value as a person reads it and as JSON.
func readFieldValue(f *roster.Field, text string) (shown, wire string, bad *problem) {
	switch f.Kind {
	case roster.BooleanField:
		truth, known := truthOf(text)
		if !known {
			return "", "", &problem{"bad_boolean", "is neither yes nor no: write oui or non, yes or no, ja or nein"}
		}
		return fmt.Sprint(truth), fmt.Sprint(truth), nil
	case roster.IntegerField:
		if !wholeNumber.MatchString(text) {
			return "", "", &problem{"bad_number", "is no whole number such as 42"}
		}
		return text, text, nil
	case roster.NumberField:
		if !decimalNumber.MatchString(text) {
			return "", "", &problem{"bad_number", "is no number such as 15,25: write no groups of thousands, no signs of a currency"}
		}
		number := plainDecimal(text)
		return number, number, nil
	case roster.DateField:
		day, err := parseDay(text)
		if err != nil {
			return "", "", &problem{"bad_date", err.Error()}
		}
		return day.String(), `"` + day.String() + `T00:00:00"`, nil
	case roster.ListField:
		id, found := f.Entry(text)
		switch found {
		case 0:
			return "", "", &problem{"unknown_entry", "is no entry of this list in Lucca: write its name as it is there"}
		case 1:
			return f.Entries[id], fmt.Sprint(id), nil
		}
		return "", "", &problem{"ambiguous_entry", "is the name of more than one entry of this list in Lucca: give them different names there"}
	}
	text = compose(text)
	return text, jsonOf(text), nil
}

// jsonOf is the JSON of texts and numbers.
func jsonOf(v any) string {
	b, err := json.Marshal(v)
	must(err)
	return string(b)
}

// plainDecimal has a point, and no zeros at its end.
func plainDecimal(text string) string {
	text = strings.Replace(text, ",", ".", 1)
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// truthOf reads yes and no in the languages of Lucca's customers.
func truthOf(text string) (truth, known bool) {
	switch strings.ToLower(text) {
	case "oui", "yes", "ja", "true", "vrai", "wahr", "1", "x", "o", "y", "j":
		return true, true
	case "non", "no", "nein", "false", "faux", "falsch", "0", "n":
		return false, true
	default:
		return false, false
	}
}

// hasField reports whether an employee has the value of a custom field already.
func hasField(f *roster.Field, current, next string) bool {
	switch {
	case f.Multiple:
		return sameSet(current, next)
	case f.Kind == roster.NumberField && decimalNumber.MatchString(current):
		return plainDecimal(current) == plainDecimal(next)
	default:
		return sameText(current, next)
	}
}

// sameSet compares lists joined by ", ".
func sameSet(a, b string) bool {
	x, y := strings.Split(a, ", "), strings.Split(b, ", ")
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// fieldChange is the change of a custom field of somebody: of one with several values, those
// that are there already are kept, and those that are not wanted are deleted.
func fieldChange(f *roster.Field, parts []roster.FieldPart, v value) string {
	if !f.Multiple {
		return v.wire
	}
	type part struct {
		ID    int             `json:"id,omitempty"`
		Value json.RawMessage `json:"value"`
	}
	var list []part
	left := slices.Clone(v.wires)
	for _, have := range parts {
		if i := slices.Index(left, have.Value); i >= 0 {
			left = slices.Delete(left, i, i+1)
			continue
		}
		list = append(list, part{have.ID, json.RawMessage("null")})
	}
	for _, wire := range left {
		list = append(list, part{Value: json.RawMessage(wire)})
	}
	return jsonOf(list)
}
