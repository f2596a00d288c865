package profile_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
)

// offices is a company with cost centres, a contract after another, and managers.
func offices(t *testing.T) *roster.Roster {
	t.Helper()
	day := func(year int16, month, d uint8) roster.Date { return roster.Date{Year: year, Month: month, Day: d} }
	r, err := roster.New(roster.Snapshot{
		Employees: []roster.Employee{
			{ID: 1, Mail: "ada@acme.example", ManagerID: 2, ContractStart: day(2024, 1, 1), Sections: map[int]int{3: 30, 5: 50}},
			{ID: 2, Mail: "boss@acme.example", EstablishmentID: 7, Sections: map[int]int{3: 31}},
			{ID: 3, ManagerID: 2, Hidden: roster.Manager, ContractStart: day(2025, 1, 1), ContractEnd: day(2026, 12, 31)},
			{ID: 4, ManagerID: 9, Hidden: roster.Axes, Sections: map[int]int{3: 30}},
		},
		Establishments: []roster.Establishment{{ID: 7, Name: "Acme Lyon"}},
		Sections:       []roster.Section{{ID: 30, AxisID: 3, Name: "Research", Code: "R"}, {ID: 31, AxisID: 3, Name: "Sales"}, {ID: 50, AxisID: 5, Name: "North", Code: "N"}},
		Contracts: []roster.Contract{
			{ID: 1, OwnerID: 1, StartsOn: day(2020, 3, 1), EndsOn: day(2023, 12, 31)}, {ID: 2, OwnerID: 1, StartsOn: day(2024, 1, 1)},
			{ID: 3, OwnerID: 3, StartsOn: day(2025, 1, 1), EndsOn: day(2026, 12, 31)},
		},
	}, roster.Settings{Day: day(2026, 11, 28), CostCenterAxes: []int{3, 5}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// own is a binding of skillup with one column of one source, which is the last.
func own(t *testing.T, source string) profile.BoundColumn {
	t.Helper()
	b, faults := bind(t, open(t, "skillup"), profile.Selection{Columns: profile.Columns{{Header: "X", Source: source}}}, profile.Sources{CostCenterAxes: []int{3, 5}, Labels: true})
	if len(faults) > 0 {
		t.Fatal(source, faults)
	}
	return b.Columns[len(b.Columns)-1]
}

// Of cost centres, employments and managers each source says what Lucca says, or why it says nothing.
func TestSourcesOfRelations(t *testing.T) {
	t.Parallel()
	r := offices(t)
	for _, tt := range []struct {
		source string
		id     int
		want   string
		note   profile.Note
	}{
		{"costCenter.1.code", 1, "R", 0}, {"costCenter.1.label", 1, "Research", 0}, {"costCenter.2.code", 1, "N", 0},
		{"costCenter.1.code", 2, "", profile.CodeMissing}, {"costCenter.1.label", 2, "Sales", 0}, {"costCenter.2.code", 2, "", 0}, {"costCenter.2.label", 2, "", 0},
		{"costCenter.1.code", 4, "", profile.NotVisible}, {"first(costCenter.1.code, 'none')", 4, "none", 0},
		{"dtContractStart", 1, "2024-01-01", 0}, {"employment.start", 1, "2020-03-01", 0}, {"employment.end", 1, "", 0},
		{"employment.start", 3, "2025-01-01", 0}, {"employment.end", 3, "2026-12-31", 0},
		{"manager.mail", 1, "boss@acme.example", 0}, {"manager.mail", 2, "", 0}, {"manager.mail", 3, "", profile.NotVisible}, {"manager.mail", 4, "", profile.ManagerLeft},
		{"manager.establishment.name", 1, "Acme Lyon", 0}, {"manager.jobTitle", 1, "", profile.ManagerLacks}, {"upper(manager.jobTitle)", 1, "", profile.ManagerLacks},
	} {
		c := own(t, tt.source)
		if v := c.Read(r, r.ByID(tt.id)); v.String() != tt.want || v.Note != tt.note {
			t.Errorf("%s of %d is %q (note %d), want %q (note %d)", tt.source, tt.id, v, v.Note, tt.want, tt.note)
		}
	}
}

// A column about somebody else says of whom and of what, through functions too: they decide what
// becomes of a manager who is not in the file.
func TestColumnsAboutManagers(t *testing.T) {
	t.Parallel()
	r := offices(t)
	for _, tt := range []struct {
		source, property string
		of               map[int]int
	}{
		{"mail", "", nil}, {"'FR'", "", nil},
		{"manager.mail", "mail", map[int]int{1: 2}},
		{"manager.employeeNumber", "number", map[int]int{1: 2}},
		{"manager.establishment.name", "name", map[int]int{1: 2}},
		{"manager.manager.mail", "mail", nil},
		{"lower(manager.mail)", "mail", map[int]int{1: 2}},
		{"first(manager.mail, 'none')", "mail", map[int]int{1: 2}},
		{"first('none', manager.mail)", "mail", map[int]int{1: 2}},
	} {
		c := own(t, tt.source)
		property, about := c.AboutManager()
		if property != tt.property || about != (tt.property != "") {
			t.Errorf("%s is about %q, %v", tt.source, property, about)
		}
		for id := 1; id <= 4; id++ {
			got := 0
			if m := c.Refers(r, r.ByID(id)); m != nil {
				got = m.ID
			}
			// Who may not be seen is looked up by the column alone, and a function sees nothing of it.
			if want := tt.of[id]; got != want && id != 3 {
				t.Errorf("%s of %d refers to %d, want %d", tt.source, id, got, want)
			}
		}
	}
	var none profile.BoundColumn
	if property, about := none.AboutManager(); about || property != "" || none.Refers(r, r.ByID(1)) != nil {
		t.Error("a column without a source is about somebody")
	}
	direct := own(t, "manager.mail")
	if m := direct.Refers(r, r.ByID(3)); m != nil {
		t.Errorf("a manager who may not be seen is %d", m.ID)
	}
}

// What Lucca labels itself is asked of it, and what the settings label is not.
func TestLabelsOfContractTypes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		have profile.Sources
		want roster.Query
		says []string
	}{
		"neither":     {profile.Sources{}, roster.Query{}, []string{"error columns[0]: x has no source: set lucca.contract_types, since Lucca's API has no labels of contract types; or lucca.oauth, whose API has them"}},
		"by settings": {profile.Sources{ContractTypes: true}, roster.Query{Contracts: true}, nil},
		"by Lucca":    {profile.Sources{Labels: true}, roster.Query{Contracts: true, ContractTypes: true}, nil},
		"by both":     {profile.Sources{ContractTypes: true, Labels: true}, roster.Query{Contracts: true}, nil},
	} {
		b, faults := bind(t, open(t, "skillup"), profile.Selection{Columns: profile.Columns{{Header: "X", Source: "contract.type"}}}, tt.have)
		q := b.Query()
		if diff := cmp.Diff(tt.says, faults); diff != "" || q.Contracts != tt.want.Contracts || q.ContractTypes != tt.want.ContractTypes {
			t.Errorf("%s: asked for contracts %v, types %v\n%s", name, q.Contracts, q.ContractTypes, diff)
		}
	}
}
