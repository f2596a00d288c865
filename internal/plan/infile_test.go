package plan

import (
	"slices"
	"strings"
	"testing"

	"lucca-exchange/internal/roster"
)

// TestInFileAreThoseWhoAreThere: neither who is created nor who is absent was in the file of an
// employee of Lucca.
func TestInFileAreThoseWhoAreThere(t *testing.T) {
	t.Parallel()
	p := Plan{Items: []Item{{Row: 2, EmployeeID: 7}, {Row: 3}, {EmployeeID: 9}, {Row: 4, EmployeeID: 8, Action: Reject}}}
	if got := p.InFile(); !slices.Equal(got, []int{7, 8}) {
		t.Errorf("in the file are %v", got)
	}
}

// TestClearedFieldOfSeveralValues: each of them is deleted by its id; a plain text needs none.
func TestClearedFieldOfSeveralValues(t *testing.T) {
	t.Parallel()
	s := roster.Snapshot{
		Employees: slices.Clone(office),
		Fields:    []roster.Field{{Code: "e_tools", Multiple: true}, {Code: "e_badge"}},
	}
	ada := &s.Employees[0]
	ada.Extensions = map[string]string{"e_tools": "saw, axe", "e_badge": "12"}
	ada.ExtensionIDs = map[string]int{"e_tools": 5, "e_badge": 6}
	ada.ExtensionParts = map[string][]roster.FieldPart{"e_tools": {{ID: 51, Value: `"saw"`}, {ID: 52, Value: `"axe"`}}}
	people, err := roster.New(s, roster.Settings{Day: roster.Date{Year: 2026, Month: 11, Day: 22}})
	if err != nil {
		t.Fatal(err)
	}
	p := Make(*sheetOf("login;e_tools;e_badge", "ada;;"), people, Policy{Blank: ClearBlank})
	if len(p.Items) != 1 {
		t.Fatalf("%+v", p.Items)
	}
	set := p.Items[0].Set.Map()
	if got := set["e_tools"]; got.To != "" || got.Wire != `[{"id":51,"value":null},{"id":52,"value":null}]` {
		t.Errorf("tools %+v of %v", got, p.Findings)
	}
	if got, there := set["e_badge"]; !there || got.To != "" || got.Wire != "" || got.ExtensionID != 6 {
		t.Errorf("badge %+v", got)
	}
}

// TestOrderOfAFile: up, down or in none, by the keys of its rows.
func TestOrderOfAFile(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a b c": "a c true", "c b a": "c a true", "a a b": "a b true", "b a a": "b a true", "a a a": "false",
		"a c b": "false", "c a b": "false", "a": "false", "b c a": "false",
	} {
		var rows []*roster.Employee
		for key := range strings.FieldsSeq(text) {
			rows = append(rows, &roster.Employee{Login: key})
		}
		first, last, ok := ordered(rows, func(e *roster.Employee) string { return e.Login })
		got := "false"
		if ok {
			got = first + " " + last + " true"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// TestNamesAreIndexedForAnyNameInTheFile: a file whose only name is the last one compares whom
// it is about with all names of Lucca.
func TestNamesAreIndexedForAnyNameInTheFile(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"login;firstName", "login;lastName", "login;manager"} {
		if in := officeInput(t, Policy{}, header, "ada;x"); in.directory.byName == nil {
			t.Errorf("%s: nobody is found by a name", header)
		}
	}
	if in := officeInput(t, Policy{}, "login;jobTitle", "ada;x"); in.directory.byName != nil {
		t.Error("names that nobody asks for are indexed")
	}
}
