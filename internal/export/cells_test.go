package export_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"pgregory.net/rapid"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
)

// TestHashesOfTheFirstVersionAreStillCompared: the first file after an update is guarded like any other.
func TestHashesOfTheFirstVersionAreStillCompared(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/cells-of-version-1") // of a company of twelve
	if err != nil {
		t.Fatal(err)
	}
	cells, err := export.DecodeCells(b)
	if err != nil {
		t.Fatal(err)
	}
	c := founded(12)
	for i := range c.people {
		c.people[i].LastName, c.people[i].FirstName = "L", "F" // as they were then
	}
	same := c.export(t, day(11, 22), &night{cells: cells})
	changes := same.cells.ChangesFrom(cells)
	for _, column := range changes.Columns {
		if changes.People != 12 || len(column.Changed)+len(column.Emptied)+len(column.Given) != 0 {
			t.Errorf("the same file changes %+v", column)
		}
	}
	c.pay[3] *= 10
	c.people[4].Mail = "other@acme.example"
	other := c.export(t, day(11, 22), &same)
	for _, column := range other.cells.ChangesFrom(cells).Columns {
		want := map[string]int{"login": 1, "manager_email": 0, "annual_gross_salary": 1}[column.Key]
		if len(column.Changed) != want || column.Key == "annual_gross_salary" && len(column.Jumped) != 1 {
			t.Errorf("%+v, want %d changed", column, want)
		}
	}
}

// TestKeysAreToldApartInAnyOrder: whether the numbers come in the order of the file or not, the same
// people are in it.
func TestKeysAreToldApartInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := roster.Snapshot{}
		for id := range rapid.IntRange(1, 12).Draw(t, "people") {
			e := person(id + 1)
			e.EmployeeNumber = fmt.Sprint(rapid.IntRange(0, 8).Draw(t, "number"))
			e.ManagerID = rapid.IntRange(0, 13).Draw(t, "manager")
			if rapid.IntRange(0, 4).Draw(t, "without a name") == 0 {
				e.LastName = ""
			}
			s.Employees = append(s.Employees, e)
		}
		policy := rapid.SampledFrom([]profile.ManagerOutside{profile.KeepManager, profile.EmptyManager, profile.RejectManager}).Draw(t, "policy")
		file := func(number string) (content string, rejected []int) {
			p, err := profile.Open("skillup", ".")
			if err != nil {
				t.Fatal(err)
			}
			b := p.Bind(profile.Selection{ManagerOutside: policy, Sources: map[string]string{"employee_number": number}}, profile.Sources{}, func(profile.Fault) {})
			s := s
			s.Employees = append([]roster.Employee(nil), s.Employees...)
			r, err := roster.New(s, roster.Settings{Day: day(11, 22)})
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			f, err := renderTo(&out, r, b, export.Population{})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range f.People {
				if p.Decision == export.Rejected {
					rejected = append(rejected, p.ID)
				}
			}
			return out.String(), rejected
		}
		inOrder, rejected := file("employeeNumber")
		inAny, same := file("join('', employeeNumber)")
		if inOrder != inAny || fmt.Sprint(rejected) != fmt.Sprint(same) {
			t.Fatalf("in order\n%s%v\nin any\n%s%v", inOrder, rejected, inAny, same)
		}
	})
}
