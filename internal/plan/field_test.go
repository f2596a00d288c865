package plan_test

import (
	"strings"
	"testing"

	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
)

// What a cell of a custom field means goes by what Lucca says of the field, never by how it
// looks.
func TestACustomFieldIsWhatLuccaSaysItIs(t *testing.T) {
	t.Parallel()
	entries := map[int]string{7: "Lyon", 8: "Nantes, Sud", 9: "Paris"}
	parts := []roster.FieldPart{{ID: 70, Value: "7"}, {ID: 90, Value: "9"}}
	for _, tt := range []struct {
		name    string
		field   roster.Field
		current string
		cell    string
		want    string // the JSON that is sent, or the codes of findings
	}{
		{"digits in a text", roster.Field{Kind: roster.TextField}, "", "69001", `"69001"`},
		{"an accent in two signs", roster.Field{Kind: roster.TextField}, "", "Ope\u0301ra", `"Opéra"`},
		{"thousands in a text", roster.Field{Kind: roster.TextField}, "", "1.234", `"1.234"`},
		{"a decimal in a text", roster.Field{Kind: roster.TextField}, "", "15,25", `"15,25"`},
		{"a date in a text", roster.Field{Kind: roster.TextField}, "2026-01-31", "31/01/2026", `"31/01/2026"`},
		{"true in a text", roster.Field{Kind: roster.TextField}, "", "true", `"true"`},
		{"the same text", roster.Field{Kind: roster.TextField}, "69001", "69001", ""},
		{"a date", roster.Field{Kind: roster.DateField}, "2025-01-31", "31/01/2026", `"2026-01-31T00:00:00"`},
		{"the same date", roster.Field{Kind: roster.DateField}, "2026-01-31", "31/01/2026", ""},
		{"no date", roster.Field{Kind: roster.DateField}, "", "2026", "bad_date"},
		{"a number with a comma", roster.Field{Kind: roster.NumberField}, "", "15,25", "15.25"},
		{"the same number", roster.Field{Kind: roster.NumberField}, "15.25", "15,250", ""},
		{"groups of thousands", roster.Field{Kind: roster.NumberField}, "", "1 500", "bad_number"},
		{"a whole number", roster.Field{Kind: roster.IntegerField}, "3", "4", "4"},
		{"a whole number with decimals", roster.Field{Kind: roster.IntegerField}, "3", "4,0", "bad_number"},
		{"oui", roster.Field{Kind: roster.BooleanField}, "", "Oui", "true"},
		{"nein", roster.Field{Kind: roster.BooleanField}, "true", "nein", "false"},
		{"yes already", roster.Field{Kind: roster.BooleanField}, "true", "yes", ""},
		{"perhaps", roster.Field{Kind: roster.BooleanField}, "", "peut-être", "bad_boolean"},
		{"an entry", roster.Field{Kind: roster.ListField, Entries: entries}, "Paris", "lyon", "7"},
		{"the same entry", roster.Field{Kind: roster.ListField, Entries: entries}, "Lyon", "LYON", ""},
		{"no entry", roster.Field{Kind: roster.ListField, Entries: entries}, "Lyon", "Lille", "unknown_entry"},
		{"an entry by its id", roster.Field{Kind: roster.ListField, Entries: entries}, "Lyon", "9", "unknown_entry"},
		{"several entries", roster.Field{Kind: roster.ListField, Entries: entries, Multiple: true}, "Lyon, Paris", "Paris | Nantes, Sud", `[{"id":70,"value":null},{"value":8}]`},
		{"one of several goes", roster.Field{Kind: roster.ListField, Entries: entries, Multiple: true}, "Lyon, Paris", "Paris", `[{"id":70,"value":null}]`},
		{"one of several comes", roster.Field{Kind: roster.ListField, Entries: entries, Multiple: true}, "Lyon, Paris", "Nantes, Sud", `[{"id":70,"value":null},{"id":90,"value":null},{"value":8}]`},
		{"one of several twice", roster.Field{Kind: roster.ListField, Entries: entries, Multiple: true}, "Lyon, Paris", "Paris, Paris, Lyon", ""},
		{"several texts", roster.Field{Kind: roster.TextField, Multiple: true}, "", "a|b", `[{"id":70,"value":null},{"id":90,"value":null},{"value":"a"},{"value":"b"}]`},
		{"the same in another order", roster.Field{Kind: roster.ListField, Entries: entries, Multiple: true}, "Lyon, Paris", "Paris, Lyon", ""},
		{"a group of values", roster.Field{Kind: roster.ObjectField}, "", "x", "composite_field"},
		{"a field that is read only", roster.Field{Kind: roster.TextField, ReadOnly: true}, "", "x", "read_only_field"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.field.Code = "e_x"
			e := roster.Employee{ID: 7, Login: "ada", Extensions: map[string]string{}}
			if tt.current != "" {
				e.Extensions["e_x"] = tt.current
			}
			if tt.field.Multiple {
				e.ExtensionParts = map[string][]roster.FieldPart{"e_x": parts}
			}
			r, err := roster.New(roster.Snapshot{Employees: []roster.Employee{e}, Fields: []roster.Field{tt.field}}, roster.Settings{Day: today})
			if err != nil {
				t.Fatal(err)
			}
			p := plan.Make(plan.Table{
				Columns: []plan.Column{{Code: "login"}, {Code: "e_x", Index: 1}},
				Rows:    []plan.Row{{Number: 2, Cells: []string{"ada", tt.cell}}},
			}, r, plan.Policy{})
			got := p.Items[0].Set.Get("e_x").Wire
			var codes []string
			for _, f := range p.Findings {
				codes = append(codes, f.Code)
				if f.Cell != "B2" && (f.Cell != "B1" || f.Row != 0) {
					t.Errorf("%s is at %q", f.Code, f.Cell)
				}
			}
			if got += strings.Join(codes, " "); got != tt.want {
				t.Errorf("got %s, want %s: %v", got, tt.want, p.Findings)
			}
		})
	}
}
