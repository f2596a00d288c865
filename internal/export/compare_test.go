package export_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
)

// person is an employee with all that Skillup requires.
func person(id int) roster.Employee {
	return roster.Employee{ID: id, Mail: fmt.Sprintf("p%d@acme.example", id), EmployeeNumber: fmt.Sprintf("%05d", id), LastName: "L", FirstName: "F"}
}

func render(t testing.TB, on roster.Date, p export.Population, employees ...roster.Employee) *export.File {
	t.Helper()
	f, err := export.Render(io.Discard, mustRoster(t, on, employees...), mustBind(t, "skillup", profile.Selection{}), p)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestOnlyWhoVanishedWithoutHavingLeftIsADrop(t *testing.T) {
	t.Parallel()
	b := mustBind(t, "skillup", profile.Selection{})
	ends := person(2)
	ends.ContractEnd = day(11, 21)
	before := render(t, day(11, 21), export.Population{}, person(1), ends, person(3), person(4), person(5), person(6), person(7))
	stored, err := before.Snapshot(b, day(11, 21)).Encode()
	if err != nil {
		t.Fatal(err)
	}
	last, err := export.DecodeSnapshot(stored)
	if err != nil {
		t.Fatal(err)
	}

	rejected, later, left := person(5), person(6), person(7)
	rejected.EmployeeNumber = ""
	later.ContractStart = day(12, 1)
	left.ContractEnd = day(11, 20)
	now := render(t, day(11, 22), export.Population{}, person(1), rejected, later, left, person(8))
	vanished := export.Vanished(last, now, day(11, 22))
	if diff := cmp.Diff([]int{3, 4}, vanished); diff != "" {
		t.Errorf("to be asked about, besides 2 whose end was known (-want +got):\n%s", diff)
	}
	c := export.Compare(last, now, day(11, 22), map[int]roster.Date{3: day(11, 21), 4: {}})
	want := export.Comparison{Previous: 7, Unexplained: []export.Drop{
		{ID: 4, Reason: "Lucca does not list this employee any more, and shows no end of contract"},
		{ID: 5, Reason: "the row was rejected"},
		{ID: 6, Reason: "the contract now starts later"},
	}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(c.Findings()); n != 3 {
		t.Errorf("%d findings", n)
	}
}

func TestLimitsHoldTheRun(t *testing.T) {
	t.Parallel()
	var none, zero export.Limits
	if err := yaml.Unmarshal([]byte("{min_rows: 0, max_shrink: 0%, max_rejected: 0%}"), &zero); err != nil {
		t.Fatal(err)
	}
	drops := func(n, of int) *export.Comparison {
		return &export.Comparison{Previous: of, Unexplained: make([]export.Drop, n)}
	}
	for _, tt := range []struct {
		name           string
		limits         export.Limits
		sent, rejected int
		last           *export.Comparison
		want           string
	}{
		{"first file", none, 1, 0, nil, ""},
		{"an empty file never passes by itself", none, 0, 0, nil, "the file has 0 rows and at least 1 are expected"},
		{"an empty file that is expected", zero, 0, 0, nil, ""},
		{"rejections at the limit", none, 95, 5, nil, ""},
		{"rejections over it", none, 94, 6, nil, "6 of 100 rows are rejected, more than 5%"},
		{"shrink at the limit", none, 90, 0, drops(10, 100), ""},
		{"shrink over it", none, 89, 0, drops(11, 100), "11 of the 100 people of the last file are missing without having left, more than 10%"},
		{"none may be missing", zero, 99, 0, drops(1, 100), "1 of the 100 people of the last file are missing without having left, more than 0%"},
		{"the header changed", none, 5, 0, &export.Comparison{Previous: 5, HeaderChanged: true}, "the header row is not that of the last file: tell the partner first, then approve"},
		{"twice over", none, 0, 3, nil, "the file has 0 rows and at least 1 are expected; 3 of 3 rows are rejected, more than 5%"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := export.Held(tt.limits.Judge(&export.File{Sent: tt.sent, Rejected: tt.rejected}, tt.last))
			if got != tt.want {
				t.Errorf("held because %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAChangedHeaderIsSeen(t *testing.T) {
	t.Parallel()
	b := mustBind(t, "skillup", profile.Selection{})
	last := render(t, day(11, 21), export.Population{}, person(1)).Snapshot(b, day(11, 21))
	other, err := export.Render(io.Discard, mustRoster(t, day(11, 22), person(1)), mustBind(t, "skillup", profile.Selection{Columns: []string{"phone"}}), export.Population{})
	if err != nil {
		t.Fatal(err)
	}
	if c := export.Compare(last, other, day(11, 22), nil); !c.HeaderChanged {
		t.Error("an added column was not noticed")
	}
	if c := export.Compare(last, render(t, day(11, 22), export.Population{}, person(1)), day(11, 22), nil); c.HeaderChanged || len(c.Unexplained) > 0 {
		t.Errorf("nothing changed, and yet %+v", c)
	}
}

func TestPercentIsWrittenWithItsSign(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"10%": "10%", "2.5 %": "2.5%", "0%": "0%", "100%": "100%", "10": "!", "101%": "!", "-1%": "!", "x%": "!", "": "!", "NaN%": "!"} {
		var p export.Percent
		got := "!"
		if err := p.UnmarshalText([]byte(in)); err == nil {
			got = p.String()
		}
		if got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestFindByAnyIdentifier(t *testing.T) {
	t.Parallel()
	s := export.Snapshot{People: []export.Person{
		{ID: 12, Login: "imorvan", Mail: "Ines.Morvan@acme.example", Number: "00219"},
		{ID: 13, Login: "pkern", Number: "12"},
		{ID: 14, Login: "other", Number: "00219"},
	}}
	for who, want := range map[string]string{"IMorvan": "12", "ines.morvan@acme.example": "12", "00219": "12 14", "12": "13", "14": "14", "219": "", "": ""} {
		var ids string
		for i, p := range s.Find(who) {
			if i > 0 {
				ids += " "
			}
			ids += fmt.Sprint(p.ID)
		}
		if ids != want {
			t.Errorf("Find(%q) = %q, want %q", who, ids, want)
		}
	}
}

// The order in which Lucca lists people must not show in the file.
func TestTheFileDoesNotDependOnTheOrderOfTheRoster(t *testing.T) {
	t.Parallel()
	b := mustBind(t, "skillup", profile.Selection{})
	rapid.Check(t, func(rt *rapid.T) {
		var employees []roster.Employee
		for i := range rapid.IntRange(0, 30).Draw(rt, "people") {
			e := person(i + 1)
			e.EmployeeNumber = rapid.SampledFrom([]string{"", "1", "01", "2", "10"}).Draw(rt, "number")
			e.ManagerID = rapid.IntRange(0, 31).Draw(rt, "manager")
			employees = append(employees, e)
		}
		shuffled := rapid.Permutation(employees).Draw(rt, "order")
		var one, two bytes.Buffer
		if _, err := export.Render(&one, mustRoster(t, day(11, 22), employees...), b, export.Population{}); err != nil {
			rt.Fatal(err)
		}
		if _, err := export.Render(&two, mustRoster(t, day(11, 22), shuffled...), b, export.Population{}); err != nil {
			rt.Fatal(err)
		}
		if !bytes.Equal(one.Bytes(), two.Bytes()) {
			rt.Errorf("the bytes differ:\n%s\n%s", &one, &two)
		}
	})
}
