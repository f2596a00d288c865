package profile_test

import (
	"fmt"
	"strings"
	"testing"

	"lucca-exchange/internal/profile"
)

// TestEachFaultOfASchemaIsSaidOnce: with the line, the column and the member, whatever else is right.
func TestEachFaultOfASchemaIsSaidOnce(t *testing.T) {
	t.Parallel()
	const (
		head  = "{\"name\": \"own\",\n \"schema\": {\"fields\": [\n  {\"name\": \"key\", \"constraints\": {\"required\": true}, \"x-level\": \"required\", \"x-source\": [\"mail\"]},\n"
		field = `  {"name": "pay", "type": "number", "x-level": "optional", "x-source": ["annualSalary"]%s}`
		tail  = "\n ]%s}%s}"
	)
	for name, tt := range map[string]struct{ field, schema, resource, want string }{
		"level unknown":           {field: `{"name": "pay", "x-level": "needed", "x-source": ["mail"]}`, want: `line 4: column pay: x-level: want required, recommended or optional, not "needed"`},
		"level missing":           {field: `{"name": "pay", "x-source": ["mail"]}`, want: `line 4: column pay: x-level: missing: want required`},
		"source missing":          {field: `{"name": "pay", "x-level": "optional"}`, want: `line 4: column pay: x-source: missing`},
		"source unknown":          {field: `{"name": "pay", "x-level": "optional", "x-source": ["mail", "jobTitel"]}`, want: `line 4: column pay: x-source[1]: unknown source "jobTitel" (did you mean jobTitle?)`},
		"source not a list":       {field: `{"name": "pay", "x-level": "optional", "x-source": "mail"}`, want: `line 4: column pay: x-source: want`},
		"template in a function":  {field: `{"name": "pay", "x-level": "optional", "x-source": ["first(mail, {login}@acme)"]}`, want: `line 4: column pay: x-source[0]: a source is missing`},
		"function unknown":        {field: `{"name": "pay", "x-level": "optional", "x-source": ["uper(mail)"]}`, want: `line 4: column pay: x-source[0]: `},
		"type unknown":            {field: `{"name": "pay", "type": "money", "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: type: want string, date or number, not "money"`},
		"pattern of days":         {field: `{"name": "pay", "type": "date", "format": "JJ/MM", "x-level": "optional", "x-source": ["birthDate"]}`, want: `line 4: column pay: format: `},
		"required and not":        {field: `{"name": "pay", "constraints": {"required": true}, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: constraints.required: is only for columns whose x-level is required, and this one's is optional`},
		"not required":            {field: `{"name": "pay", "constraints": {"required": false}, "x-level": "required", "x-source": ["mail"]}`, want: `line 4: column pay: constraints.required: want true, since x-level is required`},
		"no level, not required":  {field: `{"name": "pay", "constraints": {"required": false}, "x-source": ["mail"]}`, want: `line 4: column pay: x-level: missing: want required`},
		"length below nothing":    {field: `{"name": "pay", "constraints": {"maxLength": -1}, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: constraints: minLength and maxLength cannot both hold`},
		"pattern in small":        {field: `{"name": "pay", "type": "date", "format": "dd/mm/yyyy", "x-level": "optional", "x-source": ["birthDate"]}`, want: `line 4: column pay: format: "d" in a pattern of days`},
		"title as an object":      {field: `{"name": "pay", "title": {"fr": "Paie"}, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: title: want a text, not an object`},
		"title as a number":       {field: `{"name": "pay", "title": -1, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: title: want a text, not the number -1`},
		"member without a name":   {field: `{"name": "pay", "": 1, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: unknown member ""`},
		"required is no truth":    {field: `{"name": "pay", "constraints": {"required": "yes"}, "x-level": "required", "x-source": ["mail"]}`, want: `line 4: column pay: constraints.required: want true or false, not a text`},
		"pattern":                 {field: `{"name": "pay", "constraints": {"pattern": "[a-"}, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: constraints.pattern: `},
		"lengths":                 {field: `{"name": "pay", "constraints": {"minLength": 9, "maxLength": 3}, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: constraints: minLength and maxLength cannot both hold`},
		"enum not a list":         {field: `{"name": "pay", "constraints": {"enum": "F"}, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: constraints.enum: want`},
		"enum of nothing":         {field: `{"name": "pay", "constraints": {"enum": []}, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: constraints.enum: want at least one value`},
		"constraint unknown":      {field: `{"name": "pay", "constraints": {"maxLenght": 3}, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: unknown member "constraints.maxLenght" (did you mean maxLength?)`},
		"unique is no truth":      {field: `{"name": "pay", "constraints": {"unique": "yes"}, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: constraints.unique: want true or false, not a text`},
		"member unknown":          {field: `{"name": "pay", "x-levl": "optional", "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: unknown member "x-levl" (did you mean x-level?)`},
		"values of a day":         {field: `{"name": "pay", "type": "date", "x-values": {"map": {"a": "b"}}, "x-level": "optional", "x-source": ["birthDate"]}`, want: `line 4: column pay: x-values.map: a date cannot be translated`},
		"values unmatched":        {field: `{"name": "pay", "x-values": {"on_unmatched": "drop"}, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: x-values.on_unmatched: want pass, block or default, not "drop"`},
		"values default":          {field: `{"name": "pay", "x-values": {"default": "x"}, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: x-values.default: is only used with on_unmatched: default`},
		"values twice":            {field: `{"name": "pay", "x-values": {"map": {"a": "b"}, "sources": {"a": "login"}}, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: x-values.sources.a: has an entry in map, too`},
		"values from nowhere":     {field: `{"name": "pay", "x-values": {"sources": {"a": "loginn"}}, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: x-values.sources.a: unknown source "loginn" (did you mean login?)`},
		"default from nowhere":    {field: `{"name": "pay", "x-values": {"on_unmatched": "default", "default_source": "loginn"}, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: x-values.default_source: unknown source "loginn" (did you mean login?)`},
		"default from no mode":    {field: `{"name": "pay", "x-values": {"default_source": "login"}, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: x-values.default_source: is only used with on_unmatched: default`},
		"two defaults":            {field: `{"name": "pay", "x-values": {"on_unmatched": "default", "default": "a", "default_source": "login"}, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: x-values.default_source: takes the place of default: leave one out`},
		"a day that passes":       {field: `{"name": "pay", "type": "date", "x-values": {"sources": {"a": "birthDate"}}, "x-level": "optional", "x-source": ["gender"]}`, want: `line 4: column pay: x-values.on_unmatched: want block or default, since sources chosen for a date leave no value to pass`},
		"repeat not in the name":  {field: `{"name": "pay", "x-repeat": "N", "x-level": "optional", "x-source": ["costCenter.N.code"]}`, want: `line 4: column pay: x-repeat: "N" does not occur in the name`},
		"repeat not in source":    {field: `{"name": "pay_N", "x-repeat": "N", "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay_N: x-repeat: "N" is not the level in x-source`},
		"width":                   {field: `{"name": "pay", "x-width": -1, "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: x-width: want how many characters it has, 1 or more`},
		"width as a word":         {field: `{"name": "pay", "x-width": "ten", "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column pay: x-width: want a whole number, not a text`},
		"name missing":            {field: `{"x-level": "optional", "x-source": ["mail"]}`, want: `line 4: name: missing`},
		"name twice":              {field: `{"name": "key", "x-level": "optional", "x-source": ["mail"]}`, want: `line 4: column key: name: is there twice`},
		"title twice":             {field: `{"name": "pay", "title": "Key", "x-level": "required", "x-source": ["mail"]}, {"name": "net", "title": "Key", "x-level": "required", "x-source": ["login"]}`, want: `line 4: column net: title: the column pay has this title, too`},
		"level of departments":    {field: `{"name": "pay", "x-level": "optional", "x-source": ["department.level.12"]}`, want: `line 4: column pay: x-source[0]: unknown source "department.level.12"`},
		"primary key":             {schema: `, "primaryKey": ["kex"]`, want: `line 5: schema.primaryKey: no field "kex" (did you mean key?)`},
		"primary key of two":      {schema: `, "primaryKey": ["key", "pay"]`, want: `line 5: schema.primaryKey: want the name of one field`},
		"keys":                    {schema: `, "x-keys": ["kez"]`, want: `line 5: schema.x-keys: no field "kez" (did you mean key?)`},
		"caps":                    {schema: `, "x-caps": {"optinal": 3}`, want: `line 5: schema.x-caps.optinal: want a level`},
		"schema member":           {schema: `, "primarykey": ["key"]`, want: `line 5: unknown member "schema.primarykey"`},
		"leavers":                 {resource: `, "x-leavers": -3`, want: `line 5: x-leavers: want 0 or more days`},
		"managers outside":        {resource: `, "x-manager-outside": "drop"`, want: `line 5: x-manager-outside: want keep, empty or reject, not "drop"`},
		"encoding":                {resource: `, "encoding": "utf-16"`, want: `line 5: encoding: want`},
		"line end":                {resource: `, "dialect": {"lineTerminator": "\r"}`, want: `line 5: dialect.lineTerminator: want \r\n or \n`},
		"separator":               {resource: `, "dialect": {"delimiter": ";;"}`, want: `line 5: dialect.delimiter: want exactly one character`},
		"format":                  {resource: `, "dialect": {"x-format": "ods"}`, want: `line 5: dialect.x-format: want csv, xlsx, json, fixed, not "ods"`},
		"no table":                {resource: `, "type": "tabel"`, want: `line 5: type: want table, not "tabel"`},
		"dialect member":          {resource: `, "dialect": {"delimeter": ";"}`, want: `line 5: unknown member "dialect.delimeter" (did you mean delimiter?)`},
		"resource member":         {resource: `, "x-leaver": 30`, want: `line 5: unknown member "x-leaver" (did you mean x-leavers?)`},
		"two decimal characters":  {field: `{"name": "pay", "type": "number", "decimalChar": ",", "x-level": "optional", "x-source": ["annualSalary"]}, {"name": "rate", "type": "number", "decimalChar": ".", "x-level": "optional", "x-source": ["annualSalary"]}`, want: `line 4: column rate: decimalChar: one file has one`},
		"number with a long mark": {field: `{"name": "pay", "type": "number", "decimalChar": "comma", "x-level": "optional", "x-source": ["annualSalary"]}`, want: `line 4: column pay: decimalChar: want a comma or a dot`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.field == "" {
				tt.field = fmt.Sprintf(field, "")
			}
			for _, mark := range []string{"", "\uFEFF"} {
				_, err := profile.Parse([]byte(mark+head+tt.field+fmt.Sprintf(tail, tt.schema, tt.resource)), "own.json")
				if err == nil {
					t.Fatal("no fault")
				}
				said, ok := strings.CutPrefix(err.Error(), "invalid profile schema own.json: ")
				if !ok || !strings.Contains(said, tt.want) || strings.Count(said, "\n") != 0 {
					t.Errorf("said\n%s\nwant one line with\n%s", err, tt.want)
				}
			}
		})
	}
}
