package export_test

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/tabular"
)

// person is an employee with all that Skillup requires.
func person(id int) roster.Employee {
	return roster.Employee{ID: id, Mail: fmt.Sprintf("p%d@acme.example", id), EmployeeNumber: fmt.Sprintf("%05d", id), LastName: "L", FirstName: "F"}
}

func render(t testing.TB, on roster.Date, p export.Population, employees ...roster.Employee) *export.File {
	t.Helper()
	f, err := renderTo(io.Discard, mustRoster(t, on, employees...), mustBind(t, "skillup", profile.Selection{}), p)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestWhoIsLateIsNotNew: a run that was cut off before the first file of an establishment went out has
// kept nobody from its file; those of an establishment that is new are.
func TestWhoIsLateIsNotNew(t *testing.T) {
	t.Parallel()
	sent := func(id, place int) export.Person { return export.Person{ID: id, Decision: export.Sent, Place: place} }
	everybody := []export.Person{sent(1, 1), sent(2, 1), sent(3, 2), sent(4, 2)}
	cut := export.Snapshot{Parts: []export.Part{{Place: 1, Rows: 2}, {Place: 2, Rows: 2}}, People: everybody}
	now := export.Snapshot{
		Parts:  []export.Part{{Place: 1, Rows: 2}, {Place: 2, Rows: 2}, {Place: 3, Rows: 1}},
		People: append(slices.Clone(everybody), sent(5, 3)),
	}
	if c := export.Compare(cut.With(export.Snapshot{}, 2), now, nil); c.Joined != 1 || c.Previous != 2 {
		t.Errorf("%d joined the %d of the last files", c.Joined, c.Previous)
	}
	if c := export.Compare(cut.With(cut, 2), now, nil); c.Joined != 1 || c.Previous != 4 {
		t.Errorf("with an earlier file: %d joined the %d of the last files", c.Joined, c.Previous)
	}
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
	c := export.Compare(last, now.Snapshot(b, day(11, 22)), map[int]roster.Date{3: day(11, 22), 4: {}})
	var gone []string
	for _, p := range c.Gone {
		gone = append(gone, fmt.Sprint(p.ID, " ", p.Decision, " ", p.Since, " ", p.End))
	}
	c.Gone = nil
	if diff := cmp.Diff([]string{"2 gone 2026-11-22 2026-11-21", "3 gone 2026-11-22 2026-11-22", "4 gone 2026-11-22 "}, gone); diff != "" {
		t.Errorf("remembered (-want +got):\n%s", diff)
	}
	want := export.Comparison{Previous: 7, Left: 3, Joined: 1, Unexplained: []export.Drop{
		{ID: 4, Reason: "Lucca does not list this employee any more, and shows no end of contract"},
		{ID: 5, Reason: "the row was rejected"},
		{ID: 6, Reason: "the contract now starts later"},
	}}
	if diff := cmp.Diff(want, c, cmpopts.IgnoreUnexported(export.Comparison{})); diff != "" {
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
		{"a few leavers of a small company", none, 1, 0, &export.Comparison{Previous: 6, Left: 5}, ""},
		{"leavers at the limit", none, 80, 0, &export.Comparison{Previous: 100, Left: 20}, ""},
		{"a fifth of a company does not leave overnight", none, 79, 0, &export.Comparison{Previous: 100, Left: 21}, "21 of the 100 people of the last file have left since, more than 20%"},
		{"the format changed", none, 5, 0, &export.Comparison{Previous: 5, FormatChanged: true}, "the header row or the CSV dialect is not that of the last file: tell the partner first, then approve"},
		{"twice over", none, 0, 3, nil, "the file has 0 rows and at least 1 are expected; 3 of 3 rows are rejected, more than 5%"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			limits, _ := tt.limits.Judge(&export.File{Sent: tt.sent, Rejected: tt.rejected}, tt.last)
			got := limit.Held(limits)
			if got != tt.want {
				t.Errorf("held because %q, want %q", got, tt.want)
			}
		})
	}
}

// A partner that reads by position, or takes the first row for a header, would read
// another file than was meant.
func TestAChangedFormatIsSeen(t *testing.T) {
	t.Parallel()
	snapshot := func(sel profile.Selection) export.Snapshot {
		b := mustBind(t, "skillup", sel)
		f, err := renderTo(io.Discard, mustRoster(t, day(11, 21), person(1)), b, export.Population{})
		if err != nil {
			t.Fatal(err)
		}
		return f.Snapshot(b, day(11, 21))
	}
	no := false
	last := snapshot(profile.Selection{Columns: profile.Listed("phone", "gender")})
	for _, tt := range []struct {
		name    string
		sel     profile.Selection
		changed bool
	}{
		{"nothing", profile.Selection{Columns: profile.Listed("phone", "gender")}, false},
		{"a column more", profile.Selection{Columns: profile.Listed("phone", "gender", "company")}, true},
		{"another order", profile.Selection{Columns: profile.Listed("gender", "phone")}, true},
		{"another header text", profile.Selection{Columns: profile.Listed("phone", "gender"), Headers: map[string]string{"phone": "Tel"}}, true},
		{"two columns under each other's header", profile.Selection{Columns: profile.Listed("gender", "phone"), Headers: map[string]string{"phone": "Gender", "gender": "Phone"}}, true},
		{"no header row", profile.Selection{Columns: profile.Listed("phone", "gender"), Dialect: tabular.Overrides{Header: &no}}, true},
		{"another separator", profile.Selection{Columns: profile.Listed("phone", "gender"), Dialect: tabular.Overrides{Separator: ","}}, true},
	} {
		if c := export.Compare(last, snapshot(tt.sel), nil); c.FormatChanged != tt.changed || len(c.Unexplained) > 0 {
			t.Errorf("%s: changed %v, %d drops", tt.name, c.FormatChanged, len(c.Unexplained))
		}
	}
}

func TestSomebodyGoneIsRememberedForAWhile(t *testing.T) {
	t.Parallel()
	gone := export.Snapshot{People: []export.Person{{ID: 9, Decision: export.Gone, Since: day(8, 1)}}}
	for on, want := range map[roster.Date]int{day(10, 30): 1, day(10, 31): 0} {
		c := export.Compare(gone, export.Snapshot{Day: on}, nil)
		if len(c.Gone) != want || len(c.Unexplained) > 0 || c.Previous != 0 {
			t.Errorf("on %s: %+v", on, c)
		}
	}
	back := export.Snapshot{Day: day(8, 2), People: []export.Person{{ID: 9, Decision: export.Sent}}}
	if c := export.Compare(gone, back, nil); len(c.Gone) > 0 {
		t.Error("somebody who came back is still gone")
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
		if _, err := renderTo(&one, mustRoster(t, day(11, 22), employees...), b, export.Population{}); err != nil {
			rt.Fatal(err)
		}
		if _, err := renderTo(&two, mustRoster(t, day(11, 22), shuffled...), b, export.Population{}); err != nil {
			rt.Fatal(err)
		}
		if !bytes.Equal(one.Bytes(), two.Bytes()) {
			rt.Errorf("the bytes differ:\n%s\n%s", &one, &two)
		}
	})
}
