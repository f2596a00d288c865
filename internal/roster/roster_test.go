package roster_test

import (
	"errors"
	"math/big"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/roster"
)

const today = "2026-11-22"

// join makes a roster of today.
func join(t *testing.T, s roster.Snapshot, change ...func(*roster.Settings)) *roster.Roster {
	t.Helper()
	settings := roster.Settings{Day: day(t, today)}
	for _, f := range change {
		f(&settings)
	}
	r, err := roster.New(s, settings)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// people makes employees out of pairs of an id and a manager's id.
func people(managers ...[2]int) []roster.Employee {
	var list []roster.Employee
	for _, m := range managers {
		list = append(list, roster.Employee{ID: m[0], ManagerID: m[1]})
	}
	return list
}

func TestManagers(t *testing.T) {
	t.Parallel()
	const none, left = 0, -1
	for _, tt := range []struct {
		name           string
		managers       [][2]int
		former         []int
		first, second  int // of employee 1; none, left or an id
		firstOfManager int
	}{
		{"nobody", [][2]int{{1, 0}}, nil, none, none, 0},
		{"oneself", [][2]int{{1, 1}}, nil, none, none, 0},
		{"a chain", [][2]int{{1, 2}, {2, 3}, {3, 4}, {4, 0}}, nil, 2, 3, 3},
		{"a manager without a manager", [][2]int{{1, 2}, {2, 0}}, nil, 2, none, none},
		{"a manager who manages themselves", [][2]int{{1, 2}, {2, 2}}, nil, 2, none, none},
		{"a manager whom Lucca does not list", [][2]int{{1, 99}}, nil, left, left, 0},
		{"a manager who left", [][2]int{{1, 2}, {2, 3}, {3, 0}}, []int{2}, left, left, 0},
		{"a manager's manager who left", [][2]int{{1, 2}, {2, 3}, {3, 0}}, []int{3}, 2, left, left},
		{"a manager's manager whom Lucca does not list", [][2]int{{1, 2}, {2, 99}}, nil, 2, left, left},
		{"two who manage each other", [][2]int{{1, 2}, {2, 1}}, nil, 2, none, 1},
		{"a cycle of three", [][2]int{{1, 2}, {2, 3}, {3, 1}}, nil, 2, 3, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			employees := people(tt.managers...)
			for i := range employees {
				if slices.Contains(tt.former, employees[i].ID) {
					employees[i].ContractEnd = day(t, "2026-11-21")
				}
			}
			r := join(t, roster.Snapshot{Employees: employees})
			e := r.ByID(1)
			check := func(what string, want int, got *roster.Employee, rel roster.Relation) {
				t.Helper()
				switch {
				case want == none && (got != nil || rel != roster.NoRelation),
					want == left && (got != nil || rel != roster.Left),
					want > 0 && (got == nil || got.ID != want || rel != roster.Found):
					t.Errorf("%s = %+v, relation %d; want %d", what, got, rel, want)
				}
			}
			m, rel := r.Manager(e)
			check("manager", tt.first, m, rel)
			m2, rel2 := r.SecondManager(e)
			check("manager's manager", tt.second, m2, rel2)
			if m != nil {
				mm, mrel := r.Manager(m)
				check("the manager's own", tt.firstOfManager, mm, mrel)
			}
		})
	}
}

func TestHRManagerIsNamedByACustomField(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, value string
		rel         roster.Relation
		id          int
	}{
		{"nobody", "", roster.NoRelation, 0},
		{"somebody", "2", roster.Found, 2},
		{"somebody, with blanks", " 2 ", roster.Found, 2},
		{"oneself", "1", roster.Found, 1},
		{"somebody who left", "3", roster.Left, 0},
		{"somebody whom Lucca does not list", "99", roster.Left, 0},
		{"a text that is no id", "see Paul", roster.Left, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			employees := people([2]int{1, 0}, [2]int{2, 0}, [2]int{3, 0})
			employees[0].Extensions = map[string]string{"e_hr": tt.value}
			employees[2].ContractEnd = day(t, "2020-01-01")
			r := join(t, roster.Snapshot{Employees: employees}, func(s *roster.Settings) {
				s.Extensions = map[string]string{"hr_manager": "e_hr"}
			})
			m, rel := r.HRManager(r.ByID(1))
			if rel != tt.rel || (m == nil) != (tt.id == 0) || m != nil && m.ID != tt.id {
				t.Errorf("HR manager = %+v, relation %d", m, rel)
			}
		})
	}
}

func TestStatusOnTheDaysAroundAContract(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, start, end string
		want             roster.Status
	}{
		{"no contract", "", "", roster.Active},
		{"starts tomorrow", "2026-11-23", "", roster.Upcoming},
		{"starts today", "2026-11-22", "", roster.Active},
		{"started yesterday", "2026-11-21", "", roster.Active},
		{"last day is tomorrow", "2020-01-01", "2026-11-23", roster.Active},
		{"last day is today", "2020-01-01", "2026-11-22", roster.Active},
		{"last day was yesterday", "2020-01-01", "2026-11-21", roster.Former},
		{"one day only, today", "2026-11-22", "2026-11-22", roster.Active},
		{"ended before it began", "2027-01-01", "2026-11-01", roster.Former},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := roster.Employee{ContractStart: day(t, tt.start), ContractEnd: day(t, tt.end)}
			if got := e.StatusOn(day(t, today)); got != tt.want {
				t.Errorf("status = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestDepartmentLevels(t *testing.T) {
	t.Parallel()
	tree := []roster.Department{
		{ID: 30, Name: "Service", Hierarchy: "/1.0/2.0/1.0/", Parent: "/1.0/2.0/"},
		{ID: 10, Name: "Direction", Hierarchy: "/1.0/", Parent: "/"},
		{ID: 20, Name: "Department", Hierarchy: "/1.0/2.0/", Parent: "/1.0/"},
		{ID: 40, Name: "Other", Hierarchy: "/2.0/", Parent: "/"},
		{ID: 50, Name: "Orphan", Hierarchy: "/7.0/1.0/", Parent: "/7.0/"},
		{ID: 60, Name: "Own parent", Hierarchy: "/8.0/", Parent: "/8.0/"},
		{ID: 70, Name: "Loop A", Hierarchy: "/9.1/", Parent: "/9.2/"},
		{ID: 71, Name: "Loop B", Hierarchy: "/9.2/", Parent: "/9.1/"},
	}
	for _, tt := range []struct {
		name       string
		department int
		want       []string // levels 1 to 4
	}{
		{"none", 0, []string{"", "", "", ""}},
		{"unknown", 999, []string{"", "", "", ""}},
		{"top", 10, []string{"Direction", "", "", ""}},
		{"second", 20, []string{"Direction", "Department", "", ""}},
		{"third", 30, []string{"Direction", "Department", "Service", ""}},
		{"another branch", 40, []string{"Other", "", "", ""}},
		{"a parent that is not listed keeps its level", 50, []string{"", "Orphan", "", ""}},
		{"its own parent", 60, []string{"Own parent", "", "", ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := join(t, roster.Snapshot{Departments: tree, Employees: []roster.Employee{{ID: 1, DepartmentID: tt.department}}})
			var got []string
			for level := 1; level <= 4; level++ {
				got = append(got, r.DepartmentLevel(r.ByID(1), level))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("levels (-want +got):\n%s", diff)
			}
			if r.DepartmentLevel(r.ByID(1), 0) != "" || r.DepartmentLevel(r.ByID(1), -1) != "" {
				t.Error("there is a level above the first")
			}
		})
	}
	t.Run("a loop ends", func(t *testing.T) {
		t.Parallel()
		r := join(t, roster.Snapshot{Departments: tree, Employees: []roster.Employee{{ID: 1, DepartmentID: 70}}})
		for level := 1; level < 100; level++ {
			switch got := r.DepartmentLevel(r.ByID(1), level); got {
			case "", "Loop A", "Loop B":
			default:
				t.Errorf("level %d is %q", level, got)
			}
		}
	})
}

func TestContractTypeAndCategory(t *testing.T) {
	t.Parallel()
	s := roster.Snapshot{
		Employees: people([2]int{1, 0}, [2]int{2, 0}, [2]int{3, 0}, [2]int{4, 0}),
		Contracts: []roster.Contract{
			{ID: 11, OwnerID: 1, TypeID: 1, CategoryID: 5},
			{ID: 12, OwnerID: 2, TypeID: 9, CategoryID: 99},
			{ID: 13, OwnerID: 3},
		},
		Categories: []roster.Category{{ID: 5, Name: "Cadre"}},
	}
	r := join(t, s, func(s *roster.Settings) { s.ContractTypes = map[int]string{1: "CDI"} })
	for _, tt := range []struct {
		name            string
		id              int
		label, category string
		known           bool
	}{
		{"labelled", 1, "CDI", "Cadre", true},
		{"a type without a label, a category that is not listed", 2, "", "", false},
		{"neither type nor category", 3, "", "", true},
		{"no contract", 4, "", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := r.ByID(tt.id)
			if label, known := r.ContractType(e); label != tt.label || known != tt.known {
				t.Errorf("contract type = %q, %t; want %q, %t", label, known, tt.label, tt.known)
			}
			if got := r.Category(e); got != tt.category {
				t.Errorf("category = %q, want %q", got, tt.category)
			}
		})
	}
}

func TestAnnualSalary(t *testing.T) {
	t.Parallel()
	item := func(amount, start, end string) roster.PayItem {
		a, ok := new(big.Rat).SetString(amount)
		if !ok {
			t.Fatalf("amount %q", amount)
		}
		return roster.PayItem{OwnerID: 1, Basic: true, Amount: a, StartsOn: day(t, start), EndsOn: day(t, end)}
	}
	bonus, others, unpaid := item("9999", "2020-01-01", ""), item("9999", "2020-01-01", ""), item("1", "2020-01-01", "")
	bonus.Basic, others.OwnerID, unpaid.Amount = false, 2, nil
	for _, tt := range []struct {
		name    string
		items   []roster.PayItem
		periods int
		want    string
	}{
		{"no pay", nil, 12, ""},
		{"twelve months", []roster.PayItem{item("3200.10", "2020-01-01", "")}, 12, "38401.20"},
		{"thirteen months", []roster.PayItem{item("3200.10", "2020-01-01", "")}, 13, "41601.30"},
		{"a third of a cent", []roster.PayItem{item("1/3", "2020-01-01", "")}, 1, "0.33"},
		{"starts today", []roster.PayItem{item("100", today, "")}, 1, "100.00"},
		{"starts tomorrow", []roster.PayItem{item("100", "2026-11-23", "")}, 1, ""},
		{"ends today", []roster.PayItem{item("100", "2020-01-01", today)}, 1, "100.00"},
		{"ended yesterday", []roster.PayItem{item("100", "2020-01-01", "2026-11-21")}, 1, ""},
		{"without a start", []roster.PayItem{item("100", "", "")}, 1, "100.00"},
		{"a raise", []roster.PayItem{item("100", "2020-01-01", "2026-10-31"), item("120", "2026-11-01", "")}, 1, "120.00"},
		{"two elements", []roster.PayItem{item("100", "2020-01-01", ""), item("0.05", "2020-01-01", "")}, 2, "200.10"},
		{"a bonus does not count", []roster.PayItem{bonus, item("100", "2020-01-01", "")}, 1, "100.00"},
		{"somebody else's does not count", []roster.PayItem{others}, 1, ""},
		{"an element without amount", []roster.PayItem{unpaid}, 1, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := join(t, roster.Snapshot{Employees: people([2]int{1, 0}, [2]int{2, 0}), Pay: tt.items},
				func(s *roster.Settings) { s.PayPeriods = tt.periods })
			if got := r.AnnualSalary(r.ByID(1)); got != tt.want {
				t.Errorf("annual salary = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAnnualSalaryFromACustomField(t *testing.T) {
	t.Parallel()
	employees := people([2]int{1, 0}, [2]int{2, 0})
	employees[0].Extensions = map[string]string{"e_salary": "42000.5"}
	pay := []roster.PayItem{{OwnerID: 2, Basic: true, Amount: big.NewRat(1, 1)}}
	r := join(t, roster.Snapshot{Employees: employees, Pay: pay}, func(s *roster.Settings) {
		s.SalaryExtension, s.PayPeriods = "e_salary", 12
	})
	if got := r.AnnualSalary(r.ByID(1)); got != "42000.5" {
		t.Errorf("annual salary = %q, want it as it is", got)
	}
	if got := r.AnnualSalary(r.ByID(2)); got != "" {
		t.Errorf("annual salary = %q from the pay items, want that of the custom field only", got)
	}
}

// A super-axis has no value of its own in an employee: its section is the parent of one that
// the employee has, over several levels too.
func TestCostCenterOfASuperAxis(t *testing.T) {
	t.Parallel()
	employees := people([2]int{1, 0})
	employees[0].Sections = map[int]int{3: 31}
	r := join(t, roster.Snapshot{Employees: employees, Sections: []roster.Section{
		{ID: 31, AxisID: 3, Code: "team", Parents: []int{99, 51}}, {ID: 51, AxisID: 5, Code: "region", Parents: []int{71, 31}}, {ID: 71, AxisID: 7, Code: "country"},
	}}, func(s *roster.Settings) { s.CostCenterAxes = []int{7, 5, 3, 9} })
	for level, want := range map[int]string{1: "country", 2: "region", 3: "team", 4: ""} {
		if got := r.CostCenter(r.ByID(1), level).Code; got != want {
			t.Errorf("level %d = %q, want %q", level, got, want)
		}
	}
}

func TestCostCentersByLevel(t *testing.T) {
	t.Parallel()
	employees := people([2]int{1, 0}, [2]int{2, 0})
	employees[0].Sections = map[int]int{3: 31, 5: 51}
	sales, nord := roster.Section{ID: 31, AxisID: 3, Name: "Sales", Code: "S"}, roster.Section{ID: 51, AxisID: 5, Name: "Nord", Code: "N"}
	r := join(t, roster.Snapshot{Employees: employees, Sections: []roster.Section{sales, nord}},
		func(s *roster.Settings) { s.CostCenterAxes = []int{5, 3, 7} })
	for level, want := range map[int]roster.Section{-1: {}, 0: {}, 1: nord, 2: sales, 3: {}, 4: {}} {
		if got := r.CostCenter(r.ByID(1), level); !reflect.DeepEqual(got, want) {
			t.Errorf("level %d = %+v, want %+v", level, got, want)
		}
		if got := r.CostCenter(r.ByID(2), level); got.ID != 0 {
			t.Errorf("level %d of somebody without = %+v", level, got)
		}
	}
}

func TestEstablishmentAndLegalUnit(t *testing.T) {
	t.Parallel()
	lyon, unit := roster.Establishment{ID: 3, Name: "Acme Lyon", LegalUnitID: 8}, roster.LegalUnit{ID: 8, Name: "Acme SAS"}
	far := roster.Establishment{ID: 4, Name: "Acme Far", LegalUnitID: 99}
	r := join(t, roster.Snapshot{
		Employees:      []roster.Employee{{ID: 1, EstablishmentID: 3}, {ID: 2, EstablishmentID: 4}, {ID: 3, EstablishmentID: 77}, {ID: 4}},
		Establishments: []roster.Establishment{lyon, far},
		LegalUnits:     []roster.LegalUnit{unit},
	})
	for id, want := range map[int]struct {
		e roster.Establishment
		u roster.LegalUnit
	}{1: {lyon, unit}, 2: {e: far}, 3: {}, 4: {}} {
		if got := r.Establishment(r.ByID(id)); got != want.e {
			t.Errorf("establishment of %d = %+v, want %+v", id, got, want.e)
		}
		if got := r.LegalUnit(r.ByID(id)); got != want.u {
			t.Errorf("legal unit of %d = %+v, want %+v", id, got, want.u)
		}
	}
}

func TestEmployeesAreOrderedByNumberThenID(t *testing.T) {
	t.Parallel()
	r := join(t, roster.Snapshot{Employees: []roster.Employee{
		{ID: 5, EmployeeNumber: "10"}, {ID: 4, EmployeeNumber: "2"}, {ID: 9}, {ID: 3}, {ID: 8, EmployeeNumber: "00219"}, {ID: 2, EmployeeNumber: "10"},
	}})
	var got []int
	for _, e := range r.Employees() {
		got = append(got, e.ID)
	}
	if diff := cmp.Diff([]int{3, 9, 8, 2, 5, 4}, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if r.ByID(8).EmployeeNumber != "00219" || r.ByID(77) != nil {
		t.Error("ByID does not follow the order of the snapshot")
	}
	if r.Day() != day(t, today) {
		t.Errorf("day = %v", r.Day())
	}
}

func TestASnapshotThatNoTenantHoldsIsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		employees []roster.Employee
	}{
		{"the same id twice", people([2]int{1, 0}, [2]int{2, 0}, [2]int{1, 0})},
		{"no id", people([2]int{0, 0})},
		{"a negative id", people([2]int{-1, 0})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if r, err := roster.New(roster.Snapshot{Employees: tt.employees}, roster.Settings{}); !errors.Is(err, roster.ErrInconsistent) || r != nil {
				t.Errorf("New = %v, %v, want ErrInconsistent", r, err)
			}
		})
	}
}

func TestUnionAsksForWhatEitherAsksFor(t *testing.T) {
	t.Parallel()
	a := roster.Query{Fields: roster.Login | roster.Mail, Former: true, Departments: true, Pay: true, Axes: []int{5, 3},
		Roles: true, Codes: []string{"e_b", "e_a"}}
	b := roster.Query{Fields: roster.Mail | roster.Manager, LegalUnits: true, Contracts: true, Categories: true, Axes: []int{3, 7},
		Establishments: true, Codes: []string{"e_b"}}
	want := roster.Query{Fields: roster.Login | roster.Mail | roster.Manager, Former: true, Departments: true, LegalUnits: true,
		Contracts: true, Categories: true, Pay: true, Axes: []int{3, 5, 7},
		Roles: true, Establishments: true, Codes: []string{"e_a", "e_b"}}
	if diff := cmp.Diff(want, a.Union(b)); diff != "" {
		t.Errorf("union (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, b.Union(a)); diff != "" {
		t.Errorf("the other way round (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{5, 3}, a.Axes); diff != "" {
		t.Errorf("an operand changed:\n%s", diff)
	}
}

func TestFieldsAreNamedAsInLucca(t *testing.T) {
	t.Parallel()
	f := roster.Axes | roster.Login | roster.ContractEnd
	if diff := cmp.Diff([]string{"login", "dtContractEnd", "userAxisValues"}, f.Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if got := len((roster.Axes<<1 - 1).Names()); got != 18 {
		t.Errorf("%d names for all fields", got)
	}
	if names := roster.Fields(0).Names(); names != nil {
		t.Errorf("names of nothing: %v", names)
	}
}

func TestDepartmentPathByID(t *testing.T) {
	t.Parallel()
	r := join(t, roster.Snapshot{Departments: []roster.Department{
		{ID: 1, Name: "Direction", Hierarchy: "/1.0/", Parent: "/"}, {ID: 2, Name: "Support", Hierarchy: "/1.0/2.0/", Parent: "/1.0/"},
	}})
	if diff := cmp.Diff([]string{"Direction", "Support"}, r.DepartmentPath(2)); diff != "" {
		t.Errorf("path (-want +got):\n%s", diff)
	}
	if path := r.DepartmentPath(3); path != nil {
		t.Errorf("path of an unknown department: %v", path)
	}
}
