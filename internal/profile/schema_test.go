package profile_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/tabular"
)

// schemaOf is a schema with members of its own, and fields that are right but for theirs.
func schemaOf(t *testing.T, whole string, fields ...string) []byte {
	t.Helper()
	var list []string
	for i, f := range fields {
		members := map[string]any{"name": fmt.Sprint("c", i), "x-level": "optional", "x-source": []string{"mail"}}
		var own map[string]any
		if err := json.Unmarshal([]byte("{"+f+"}"), &own); err != nil {
			t.Fatal(f, err)
		}
		for k, v := range own {
			members[k] = v
		}
		b, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, string(b))
	}
	if whole != "" {
		whole += ", "
	}
	return []byte(`{"name": "own", ` + whole + `"schema": {"fields": [` + strings.Join(list, ", ") + `]}}`)
}

// What a schema says of the file is what is written, unless the flow says otherwise.
func TestASchemaSaysHowTheFileIsWritten(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		whole  string
		fields []string
		want   func(d *tabular.Dialect)
	}{
		"nothing":                 {"", []string{``}, func(*tabular.Dialect) {}},
		"a byte order mark":       {`"encoding": "utf-8", "x-bom": true`, []string{``}, func(d *tabular.Dialect) { d.Encoding = tabular.UTF8BOM }},
		"an encoding in capitals": {`"encoding": "ISO-8859-15"`, []string{``}, func(d *tabular.Dialect) { d.Encoding = "iso-8859-15" }},
		"Windows' line ends":      {`"dialect": {"lineTerminator": "\r\n"}`, []string{``}, func(d *tabular.Dialect) { d.LineEnd = tabular.CRLF }},
		"Unix' line ends":         {`"dialect": {"lineTerminator": "\n"}`, []string{``}, func(d *tabular.Dialect) { d.LineEnd = tabular.LF }},
		"no header":               {`"dialect": {"header": false}`, []string{``}, func(d *tabular.Dialect) { d.Header = false }},
		"tabs":                    {`"dialect": {"delimiter": "\t"}`, []string{``}, func(d *tabular.Dialect) { d.Separator = "\t" }},
		"a workbook":              {`"dialect": {"x-format": "xlsx"}`, []string{``}, func(d *tabular.Dialect) { d.Format, d.Decimal = tabular.XLSX, "." }},
		"a decimal comma":         {"", []string{`"type": "number", "decimalChar": ","`, `"type": "number", "decimalChar": ","`}, func(d *tabular.Dialect) { d.Decimal = "," }},
		"days":                    {"", []string{`"type": "date", "format": "%Y-%m-%d", "x-source": ["birthDate"]`}, func(d *tabular.Dialect) { d.Date = "YYYY-MM-DD" }},
		"days as by default":      {"", []string{`"type": "date", "format": "default", "x-source": ["birthDate"]`}, func(*tabular.Dialect) {}},
		"the first of two":        {"", []string{`"type": "date", "format": "%Y-%m-%d"`, `"type": "date", "format": "%d/%m/%Y"`}, func(d *tabular.Dialect) { d.Date = "YYYY-MM-DD" }},
		"the first that fits":     {"", []string{`"type": "date", "format": "%Y"`, `"type": "date", "format": "%Y-%m-%d"`}, func(d *tabular.Dialect) { d.Date = "YYYY-MM-DD" }},
		"the format of a text":    {"", []string{`"type": "string", "format": "email"`}, func(*tabular.Dialect) {}},
		"a date without a format": {"", []string{`"type": "date"`, `"type": "date", "format": "%Y-%m-%d"`}, func(d *tabular.Dialect) { d.Date = "YYYY-MM-DD" }},
	} {
		p, err := profile.Parse(schemaOf(t, tt.whole, tt.fields...), "own.json")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := tabular.Default()
		tt.want(&want)
		if p.Dialect != want {
			t.Errorf("%s:\n got %+v\nwant %+v", name, p.Dialect, want)
		}
	}
}

// A column has the type and the shape that its schema gives it.
func TestTypesOfASchema(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]profile.Type{
		``: profile.Text, `"type": "string"`: profile.Text, `"type": "date"`: profile.Day, `"type": "number"`: profile.Number, `"type": "integer"`: profile.Number,
	} {
		p, err := profile.Parse(schemaOf(t, "", text+strings.Repeat(", ", min(1, len(text)))+`"title": "Title", "x-width": 7, "x-warn-empty": true`), "own.json")
		if err != nil {
			t.Fatal(err)
		}
		if c := p.Columns[0]; c.Type != want || c.Header != "Title" || c.Width != 7 || !c.WarnEmpty {
			t.Errorf("%s: %+v, want %s", text, c, want)
		}
	}
	p, err := profile.Parse(schemaOf(t, "", `"type": "date", "format": "%Y-%m-%d"`, `"type": "date", "format": "%m/%y"`, ``), "own.json")
	if err != nil {
		t.Fatal(err)
	}
	if p.Columns[0].Pattern != nil || p.Columns[1].Pattern == nil || p.Columns[2].Header != "c2" {
		t.Errorf("%+v", p.Columns)
	}
}

// Each fault of a schema stands in its own sentence, with the column that it is about.
func TestEachFaultOfASchemaInWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		whole, field string
		want         []string
	}{
		{"", `"name": ""`, []string{"line 1: name: missing"}},
		{"", `"x-width": -1`, []string{"line 1: column c0: x-width: want how many characters it has, 1 or more"}},
		{"", `"x-repeat": "N", "x-source": ["costCenter.N.code"]`, []string{`line 1: column c0: x-repeat: "N" does not occur in the name`}},
		{"", `"name": "c_N", "x-repeat": "N", "x-source": []`, []string{"line 1: column c_N: x-source: missing: where the value comes from; lucca-exchange help profiles lists the sources"}},
		{"", `"x-source": ["mail", "mial", "upper()"]`, []string{
			`line 1: column c0: x-source[1]: unknown source "mial" (did you mean mail?); a constant stands in quotes`, "line 1: column c0: x-source[2]: upper: wrong number of arguments; it is written upper(a)",
		}},
		{"", `"constraints": {"required": true}`, []string{"line 1: column c0: constraints.required: is only for columns whose x-level is required, and this one's is optional"}},
		{"", `"constraints": {"minLength": -1}`, []string{"line 1: column c0: constraints: minLength and maxLength cannot both hold"}},
		{"", `"x-values": {"map": {"a": "b"}, "default": "c"}`, []string{"line 1: column c0: x-values.default: is only used with on_unmatched: default"}},
		{"", `"x-values": {"map": {"a": "b"}, "on_unmatched": "drop"}`, []string{`line 1: column c0: x-values.on_unmatched: want pass, block or default, not "drop"`}},
		{`"dialect": {"lineTerminator": "\r"}`, ``, []string{`line 1: dialect.lineTerminator: want \r\n or \n`}},
		{`"encoding": "utf-7"`, ``, []string{`line 1: encoding: want utf-8, utf-8-bom, windows-1252, iso-8859-15, not "utf-7"`}},
		{`"dialect": {"delimeter": ";"}`, ``, []string{`line 1: unknown member "dialect.delimeter" (did you mean delimiter?)`}},
		{`"x-leavers": -1`, ``, []string{"line 1: x-leavers: want 0 or more days"}},
	} {
		_, err := profile.Parse(schemaOf(t, tt.whole, tt.field), "own.json")
		if err == nil {
			t.Errorf("%s %s is accepted", tt.whole, tt.field)
			continue
		}
		if got, want := err.Error(), "invalid profile schema own.json: "+strings.Join(tt.want, "\n"); got != want {
			t.Errorf("%s %s:\n got %s\nwant %s", tt.whole, tt.field, got, want)
		}
	}
	for name, tt := range map[string]struct{ fields, want string }{
		"two decimal signs":           {`{"name": "a", "type": "number", "decimalChar": ",", "x-level": "optional", "x-source": ["mail"]}, {"name": "b", "type": "number", "decimalChar": ".", "x-level": "optional", "x-source": ["mail"]}`, "line 1: column b: decimalChar: one file has one"},
		"two columns without a name":  {`{"x-level": "optional", "x-source": ["mail"]}, {"x-level": "optional", "x-source": ["mail"]}`, "line 1: name: missing\nline 1: name: missing"},
		"two columns of the one name": {`{"name": "a", "x-level": "optional", "x-source": ["mail"]}, {"name": "a", "x-level": "optional", "x-source": ["mail"]}`, "line 1: column a: name: is there twice"},
	} {
		_, err := profile.Parse([]byte(`{"name": "own", "schema": {"fields": [`+tt.fields+`]}}`), "own.json")
		if err == nil || err.Error() != "invalid profile schema own.json: "+tt.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, most := range []string{`{"optional": 0}`, `{"optional": -1}`, `{"some": 3}`} {
		_, err := profile.Parse([]byte(`{"name": "own", "schema": {"x-caps": `+most+`, "fields": [{"name": "a", "x-level": "optional", "x-source": ["mail"]}]}}`), "own.json")
		if err == nil || !strings.Contains(err.Error(), "want a level and how many columns of it are allowed, 1 or more") {
			t.Errorf("caps %s: %v", most, err)
		}
	}
}

// A level of a repeated column is named by its number, as people write it, and by no other.
func TestLevelsOfARepeatedColumn(t *testing.T) {
	t.Parallel()
	p := open(t, "place-de-la-formation")
	for key, want := range map[string]string{
		"cost_center_code_1": "Cost Center Code level 1", "cost_center_code_2": "Cost Center Code level 2", "cost_center_label_12": "Cost Center Label level 12",
		"cost_center_code_0": "", "cost_center_code_01": "", "cost_center_code_-1": "", "cost_center_code_N": "", "cost_center_code_": "", "cost_center_code_1x": "",
	} {
		have := everything()
		have.CostCenterAxes = make([]int, 12)
		b, faults := bind(t, p, profile.Selection{Columns: profile.Listed(key)}, have)
		got := b.Columns[len(b.Columns)-1].Header
		if (want != "") != (len(faults) == 0) || want != "" && got != want {
			t.Errorf("%s is %q, %q", key, got, faults)
		}
	}
}

// A fault is said with the line of the member that it is about, not with that of its column; all of
// them at once, in the order of their lines.
func TestFaultsStandWithTheLineOfTheirMember(t *testing.T) {
	t.Parallel()
	_, err := profile.Parse([]byte(`{"name": "own",
 "dialect": "csv",
 "schema": {"fields": [
  {"name": "id",
   "x-level": "optional",
   "x-source": ["mail",
     "mial"],
   "constraints": {"maxLength": "8",
     "enum": [1]}},
  "name",
  {"name": "site", "x-source": ["mail"],
   "x-source": ["login"], "x-level": true}],
 "x-caps": {"optional": "5"}}}`), "own.json")
	faulty, ok := errors.AsType[*profile.SchemaError](err)
	if !ok {
		t.Fatal(err)
	}
	want := []profile.SchemaFault{
		{Line: 2, Member: "dialect", Message: "want an object"},
		{Line: 7, Column: "id", Member: "x-source[1]", Message: `unknown source "mial" (did you mean mail?); a constant stands in quotes`},
		{Line: 8, Column: "id", Member: "constraints.maxLength", Message: "want a whole number, not a text"},
		{Line: 9, Column: "id", Member: "constraints.enum", Message: `want a list of texts, such as ["mail"]`},
		{Line: 10, Member: "schema.fields[1]", Message: "want an object"},
		{Line: 12, Column: "site", Member: "x-level", Message: "want a text, not true"},
		{Line: 12, Column: "site", Member: "x-source", Message: "the member is there twice"},
		{Line: 13, Member: "schema.x-caps", Message: "want an object of whole numbers"},
	}
	if diff := cmp.Diff(want, faulty.Faults); diff != "" {
		t.Error(diff)
	}
	for text, want := range map[string]string{
		"":                            "line 1: the file is empty; lucca-exchange profiles show skillup prints one to start from",
		"{\n\"name\": \"a\",\n}":      "line 3: not JSON: invalid character '}' looking for beginning of object key string; the comma before it is one too many",
		"{\"name\": \"a\",\n\"x\": [": "line 2: not JSON: the file ends too early: a } or ] is missing",
		"{}\n{}":                      "line 1: more than one JSON document",
		"[]":                          "line 1: want an object",
	} {
		if _, err := profile.Parse([]byte(text), "own.json"); err == nil || err.Error() != "invalid profile schema own.json: "+want {
			t.Errorf("%q: %v", text, err)
		}
	}
}
