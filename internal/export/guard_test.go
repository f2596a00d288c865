package export_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
)

// company is a generated one, which ordinary life goes on in.
type company struct {
	people []roster.Employee
	pay    map[int]int64
	next   int
	random *rand.Rand
}

func founded(size int) *company {
	c := &company{pay: make(map[int]int64), random: rand.New(rand.NewPCG(7, 7))}
	for range size {
		c.hire(roster.Date{Year: 2015, Month: 1, Day: 1})
	}
	return c
}

func (c *company) hire(on roster.Date) {
	c.next++
	e := person(c.next)
	e.ContractStart, e.JobTitle = on, fmt.Sprintf("Job %d", c.next%40)
	e.BirthDate = roster.Date{Year: int16(1960 + c.next%40), Month: 5, Day: 17}
	e.EstablishmentID, e.DepartmentID = 1+c.next%15, 1+c.next%60
	e.LastName, e.FirstName = []string{"Lefèvre", "Müller", "Martin", "Durand", "Noël"}[c.next%5], []string{"Zoë", "Ada", "Rémi"}[c.next%3]
	e.Gender, e.ProfessionalMobile = []string{"Female", "Male"}[c.next%2], fmt.Sprintf("+3361%07d", c.next)
	e.Extensions = map[string]string{"e_badge": fmt.Sprintf("B%d", c.next)}
	if c.next > 1 {
		e.ManagerID = 1 + (c.next-1)/10
	}
	c.people, c.pay[c.next] = append(c.people, e), int64(180_000+c.random.IntN(500_000))
}

// clone is the company as it is, for something bad to happen to it.
func (c *company) clone() *company {
	d := *c
	d.people, d.pay = slices.Clone(c.people), make(map[int]int64, len(c.pay))
	for id, cents := range c.pay {
		d.pay[id] = cents
	}
	return &d
}

// live lets a day go by: hires, leavers, moves, marriages, and raises in January.
func (c *company) live(on roster.Date) {
	for range c.random.IntN(8) {
		c.hire(on)
	}
	for range 4 + c.random.IntN(6) {
		e := &c.people[c.random.IntN(len(c.people))]
		switch c.random.IntN(5) {
		case 0:
			e.DepartmentID = 1 + c.random.IntN(60)
		case 1:
			e.JobTitle = fmt.Sprintf("Job %d", c.random.IntN(40))
		case 2:
			e.Mail, e.LastName = fmt.Sprintf("new%d.%d@acme.example", on.Day, e.ID), "Married"
		case 3:
			if e.ID > 600 && e.ContractEnd.IsZero() {
				e.ContractEnd = on
			}
		default:
			c.pay[e.ID] += c.pay[e.ID] / 10
		}
	}
	if on.Month == 1 && on.Day == 15 {
		for id := range c.pay {
			c.pay[id] += c.pay[id] / 50
		}
	}
}

// night is a file and what is kept of it.
type night struct {
	file     *export.File
	snapshot export.Snapshot
	cells    *export.Cells
}

func (c *company) export(t testing.TB, on roster.Date, last *night) night {
	t.Helper()
	b := mustBind(t, "skillup", profile.Selection{Columns: append(
		profile.Listed("job_title", "birth_date", "start_date", "end_date", "company", "department", "manager_email", "annual_gross_salary", "gender", "phone"),
		profile.Choice{Header: "Badge", Source: "e_badge"})})
	s := roster.Snapshot{Employees: slices.Clone(c.people)}
	for id := 1; id <= 60; id++ {
		s.Establishments = append(s.Establishments, roster.Establishment{ID: id, Name: fmt.Sprintf("Site %d", id)})
	}
	s.Departments = append(s.Departments, roster.Department{ID: 100, Name: "All", Hierarchy: "/1/", Parent: "/"})
	for id := 1; id <= 60; id++ {
		s.Departments = append(s.Departments, roster.Department{ID: id, Name: fmt.Sprintf("Team %d", id), Hierarchy: fmt.Sprintf("/1/%d/", id), Parent: "/1/"})
	}
	for id, cents := range c.pay {
		s.Pay = append(s.Pay, roster.PayItem{OwnerID: id, Basic: true, Amount: big.NewRat(cents, 100)})
	}
	r, err := roster.New(s, roster.Settings{Day: on, PayPeriods: 12})
	if err != nil {
		t.Fatal(err)
	}
	var before *export.Cells
	if last != nil {
		before = last.cells
	}
	n := night{cells: export.NewCells(b, before)}
	if n.file, err = (export.Source{Roster: r, Binding: b, Cells: n.cells}).Render(io.Discard); err != nil {
		t.Fatal(err)
	}
	n.snapshot = n.file.Snapshot(b, on)
	return n
}

// held is why a night's file is not sent after the last one, as it was kept.
func (n night) held(t testing.TB, last night) (reason string, limits []run.Limit, codes []string) {
	t.Helper()
	stored, err := last.cells.Encode()
	if err != nil {
		t.Fatal(err)
	}
	cells, err := export.DecodeCells(stored)
	if err != nil {
		t.Fatal(err)
	}
	c := export.Compare(last.snapshot, n.snapshot, nil)
	changes := n.cells.ChangesFrom(cells)
	c.Values = &changes
	limits, found := export.Limits{}.Judge(n.file, &c)
	for _, f := range found {
		if !slices.Contains(codes, f.Code) {
			codes = append(codes, f.Code)
		}
	}
	return limit.Held(limits), limits, codes
}

func TestABadNightIsHeldWithItsCause(t *testing.T) {
	t.Parallel()
	yesterday, today := day(11, 21), day(11, 22)
	healthy := founded(2000)
	last := healthy.export(t, yesterday, nil)
	for _, tt := range []struct {
		name   string
		happen func(*company)
		want   string
		code   string
	}{
		{"the managers are gone", func(c *company) {
			for i := range c.people {
				c.people[i].ManagerID = 0
			}
		}, `"Manager Number" loses its value for 1999 of the 1999 people who have it in the last file, more than 5%`, "value_emptied"},
		{"one department for nearly everybody", func(c *company) {
			for i := range c.people {
				if i%10 != 0 {
					c.people[i].DepartmentID = 7
				}
			}
		}, `"Department" changes for 17`, "value_changed"},
		{"numbers shifted by a row", func(c *company) {
			first := c.people[0].EmployeeNumber
			for i := range c.people[1:] {
				c.people[i].EmployeeNumber = c.people[i+1].EmployeeNumber
			}
			c.people[len(c.people)-1].EmployeeNumber = first
		}, `"Employee Number" changes, by which the partner knows people, for 2000 of the 2000`, "changed_key"},
		{"pay ten times as high", func(c *company) {
			for id := range c.pay {
				c.pay[id] *= 10
			}
		}, `"Annual gross salary" jumps for 2000 of the 2000`, "value_jumped"},
		{"pay ten times as high of one in ten", func(c *company) {
			for id := range c.pay {
				if id%10 == 0 {
					c.pay[id] *= 10
				}
			}
		}, `"Annual gross salary" jumps for 200 of the 2000`, "value_jumped"},
		{"day and month of births swapped with a year", func(c *company) {
			for i := range c.people {
				c.people[i].BirthDate.Year += 10
			}
		}, `"Date of birth" jumps for 2000`, "value_jumped"},
		{"one mail in twenty changed", func(c *company) {
			for i := 0; i < len(c.people); i += 20 {
				c.people[i].Mail = "x" + c.people[i].Mail
			}
		}, `"Login (email)" changes, by which the partner knows people, for 100 of the 2000 people who have it in the last file, more than 2%`, "changed_key"},
		{"one establishment gone", func(c *company) {
			c.people = slices.DeleteFunc(c.people, func(e roster.Employee) bool { return e.EstablishmentID == 4 && e.ID > 200 })
		}, "of the 134 people of one establishment (Lucca id 4) are in the last file and not in this one, more than 50%", ""},
		{"managers without a number", func(c *company) {
			for i := range 200 {
				c.people[i].EmployeeNumber = ""
			}
		}, "rows are rejected", "value_emptied"},
		{"nothing", func(*company) {}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := healthy.clone()
			tt.happen(c)
			reason, limits, codes := c.export(t, today, &last).held(t, last)
			if !strings.Contains(reason, tt.want) || tt.want == "" && reason != "" {
				t.Errorf("held because %q, want %q", reason, tt.want)
			}
			if strings.Count(reason, "more than") > 1 && tt.name != "managers without a number" {
				t.Errorf("one cause takes several sentences: %q", reason)
			}
			if tt.code != "" && !slices.Contains(codes, tt.code) {
				t.Errorf("the people are not shown: %v", codes)
			}
			for _, l := range limits {
				if l.Bound == "" || l.Value == "" || l.Held && reason == "" {
					t.Errorf("a limit without its words: %+v", l)
				}
			}
		})
	}
}

// companySize is small in every day's tests: 5000 is what the bounds were chosen with.
var companySize = flag.Int("company", 800, "people of the company whose ordinary life is exported for 400 nights")

func TestOrdinaryLifeIsSeldomHeld(t *testing.T) {
	t.Parallel()
	const nights = 400
	c := founded(*companySize)
	on := roster.Date{Year: 2026, Month: 1, Day: 2}
	last := c.export(t, on, nil)
	held := 0
	for range nights {
		on = on.AddDays(1)
		c.live(on)
		tonight := c.export(t, on, &last)
		if reason, _, _ := tonight.held(t, last); reason != "" {
			held++
			t.Logf("%s: %s", on, reason)
		}
		last = tonight // a person approves it
	}
	if held > 4 {
		t.Errorf("held %d times in %d nights", held, nights)
	}
}

func TestBoundsOfOneColumnAreItsOwn(t *testing.T) {
	t.Parallel()
	all := limit.Percent(100)
	changes := export.Changes{People: 100, Columns: []export.ColumnChanges{
		{Key: "pay", Header: "Pay", Filled: 100, Changed: slices.Repeat([]int{1}, 90)},
		{Key: "job", Header: "Job", Filled: 100, Changed: slices.Repeat([]int{1}, 21)},
		{Key: "few", Header: "Few", Filled: 6, Changed: []int{1, 2, 3, 4, 5}},
	}}
	limits, _ := export.Limits{Columns: map[string]export.ColumnLimits{"pay": {Changes: &all}}}.Judge(&export.File{Sent: 100}, &export.Comparison{Previous: 100, Values: &changes})
	if got := limit.Held(limits); got != `"Job" changes for 21 of the 100 people who have it in the last file, more than 20%` {
		t.Error(got)
	}
}

func TestCellsKeepNoValue(t *testing.T) {
	t.Parallel()
	c := founded(50)
	n := c.export(t, day(11, 21), nil)
	stored, err := n.cells.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{"p7@acme", "00007", "Team", "Site"} {
		if bytes.Contains(stored, []byte(value)) {
			t.Errorf("%q is kept", value)
		}
	}
	again := c.export(t, day(11, 22), nil)
	if changes := again.cells.ChangesFrom(n.cells); len(changes.Columns[0].Changed) != 50 {
		t.Error("another key makes the same hashes")
	}
	for cut := range stored {
		if _, err := export.DecodeCells(stored[:cut]); err == nil {
			t.Fatalf("%d of %d bytes are taken for whole", cut, len(stored))
		}
	}
}

func TestManagersOutsideHoldOnlyWhenTheyGrow(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		dangling int
		last     *export.Comparison
		held     bool
	}{
		{"first file", 21, nil, true},
		{"first file at the bound", 20, nil, false},
		{"as in the last file", 30, &export.Comparison{Previous: 100, Dangling: 30}, false},
		{"more than in the last file", 51, &export.Comparison{Previous: 100, Dangling: 30}, true},
	} {
		limits, _ := export.Limits{}.Judge(&export.File{Sent: 100, Dangling: tt.dangling}, tt.last)
		if got := limit.Held(limits) != ""; got != tt.held {
			t.Errorf("%s: held %v", tt.name, got)
		}
	}
}

func FuzzDecodeCells(f *testing.F) {
	b, err := founded(3).export(f, day(11, 21), nil).cells.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := export.DecodeCells(b); err == nil {
			c.ChangesFrom(c)
		}
	})
}
