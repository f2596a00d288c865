package explain_test

import (
	"bytes"
	"encoding/csv"
	"testing"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
)

// staff is rendered as a flow would: 1 has nobody above, 2 has a manager who is not in the file,
// 3 lacks a required value, 4 is left out.
func staff(t *testing.T) (export.Snapshot, []byte) {
	t.Helper()
	p, err := profile.Open("skillup", ".")
	if err != nil {
		t.Fatal(err)
	}
	own := func(key, source string) profile.Choice { return profile.Choice{Key: key, Header: key, Source: source} }
	b := p.Bind(profile.Selection{
		Columns: profile.Columns{
			own("digits", "digits(lastName)"), own("table", "jobTitle"), own("default", "gender"), own("template", "{employeeNumber}-{address}"),
			own("boss", "manager.lastName"), own("hidden", "directLine"), own("address", "login if email"), own("chosen", "choose(lastName, 'X', id)"),
		},
		Values: map[string]profile.ValueTable{
			"table":   {Map: map[string]string{"Chef": ""}},
			"default": {Map: map[string]string{"A": "B"}, OnUnmatched: profile.UseDefault},
		},
		ManagerOutside: profile.EmptyManager,
	}, profile.Sources{ContractTypes: true}, func(f profile.Fault) {
		if !f.Warning {
			t.Fatalf("%s: %s", f.Path, f.Message)
		}
	})
	someone := func(id int, number string) roster.Employee {
		return roster.Employee{
			ID: id, Login: "l" + number, Mail: number + "@acme.example", EmployeeNumber: number, LastName: "Noël", FirstName: "Zoë",
			JobTitle: "Chef", Gender: "Male", Hidden: roster.DirectLine,
		}
	}
	people := []roster.Employee{someone(1, "01"), someone(2, "02"), someone(3, "03"), someone(4, "04"), someone(5, "05")}
	people[1].ManagerID, people[2].LastName = 4, ""
	people[4].Hidden = 0
	r, err := roster.New(roster.Snapshot{Employees: people}, roster.Settings{Day: roster.Date{Year: 2026, Month: 11, Day: 29}})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	f, err := export.Source{Roster: r, Binding: b, Population: export.Population{Exclude: []string{"04"}}}.Render(&out)
	if err != nil {
		t.Fatal(err)
	}
	return f.Snapshot(b, r.Day()), out.Bytes()
}

// TestAnEmptyCellIsExplained for each way in which a cell can be empty, and no other cell is.
func TestAnEmptyCellIsExplained(t *testing.T) {
	t.Parallel()
	s, rendered := staff(t)
	reader := csv.NewReader(bytes.NewReader(rendered))
	reader.Comma = []rune(s.Dialect.Separator)[0]
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	kept := explain.File{Name: "users.csv", Row: func(n int) ([]string, error) { return rows[n-1], nil }}
	purged := explain.File{Name: "users.csv", Row: func(int) ([]string, error) { return nil, nil }}
	for _, tt := range []struct {
		who, column string
		file        explain.File
		says        string
	}{
		{"01", "last_name", kept, ""},
		{"01", "digits", kept, "Lucca has a value, of which digits(lastName) leaves nothing: correct one of the two"},
		{"01", "address", kept, "Lucca has a value, of which login if email leaves nothing: correct one of the two"},
		{"01", "chosen", kept, "Lucca has a value, of which choose(lastName, 'X', id) leaves nothing: correct one of the two"},
		{"01", "table", kept, "values.table makes nothing of the value that Lucca has"},
		{"01", "default", kept, "values.default has no entry for the value that Lucca has, and an empty default"},
		{"01", "template", kept, "Lucca has no value for a part of {employeeNumber}-{address}"},
		{"01", "boss", kept, "Lucca names nobody for manager.lastName: right for whoever has no manager, else set one there"},
		{"01", "hidden", kept, "the API key may not see directLine of this employee: check the rights of its role in Lucca"},
		{"05", "hidden", kept, "Lucca has no value for directLine"},
		{"02", "boss", kept, "the person referred to (Lucca id 4) is outside the population of this flow: the cell is left empty"},
		{"03", "last_name", kept, `"Last name" is required and empty (lastName): the row is not sent; fill it in in Lucca`},
		{"03", "digits", kept, "the employee is not in the file"},
		{"04", "last_name", kept, "the employee is not in the file"},
		{"01", "last_name", purged, "the file is no longer kept, so its value is not known"},
	} {
		found, err := explain.Export(run.Run{}, s, tt.file, tt.who)
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: %+v, %v", tt.who, found, err)
		}
		for _, c := range found[0].Columns {
			if c.Key == tt.column && c.WhyEmpty != tt.says {
				t.Errorf("%s of %s: %q, want %q", tt.column, tt.who, c.WhyEmpty, tt.says)
			}
			if empty := c.Value == nil || *c.Value == ""; empty != (c.WhyEmpty != "") {
				t.Errorf("%s of %s: empty is %t, and why is %q", c.Key, tt.who, empty, c.WhyEmpty)
			}
		}
	}
	if found, err := explain.Export(run.Run{}, s, kept, "04"); err != nil || found[0].Why != "not in the file: population.exclude leaves this employee out" {
		t.Errorf("%+v, %v", found, err)
	}
}
