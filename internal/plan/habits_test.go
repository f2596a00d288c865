package plan

import (
	"fmt"
	"testing"

	"lucca-exchange/internal/roster"
)

// A phone is the one that Lucca has, less what a spreadsheet takes away; another number is a change.
func TestNumberThatLostItsPrefix(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		number, text string
		want         bool
	}{
		{"+33478011122", "33478011122", true}, {"+33 4 78 01 11 22", "33478011122", true}, {"0033478011122", "33478011122", true},
		{"+33478011122", "478011122", true}, {"0033478011122", "478011122", true}, // nor the code of the country
		{"+35314960000", "14960000", true}, {"+33478011122", "78011122", true}, {"+33478011122", "8011122", false}, // of three digits at most
		{"+33478011122", "678011122", false}, {"+33478011122", "33478011123", false}, {"+33478011122", "4780111", false}, {"+1234567", "234567", false},
		{"0478011122", "478011122", true}, {"04.78.01.11.22", "478011122", true}, {"0478011122", "33478011122", true}, {"0478011122", "353478011122", true},
		{"0478011122", "1234478011122", false}, {"0478011122", "678011122", false}, {"0478011122", "33678011122", false}, {"0478011122", "78011122", false},
		{"+331234567", "1234567", true}, {"01234567", "331234567", true}, {"04711", "4711", true}, {"0412345", "33412345", false}, // an extension ends like many numbers
		{"478011122", "478011122", false}, {"33478011122", "33478011122", false}, {"", "478011122", false}, {"ask Ada", "478011122", false},
	} {
		if got := lostPrefix(tt.number, tt.text); got != tt.want {
			t.Errorf("%q where Lucca has %q: %v", tt.text, tt.number, got)
		}
	}
}

// numbered is a company of people with these employee numbers, which are their phones too.
func numbered(t *testing.T, numbers ...string) *roster.Roster {
	t.Helper()
	var s roster.Snapshot
	for i, n := range numbers {
		s.Employees = append(s.Employees, roster.Employee{ID: i + 1, Login: fmt.Sprint("u", i), EmployeeNumber: n, ProfessionalMobile: n, Extensions: map[string]string{"e_badge": n}})
	}
	people, err := roster.New(s, roster.Settings{Day: roster.Date{Year: 2026, Month: 11, Day: 22}})
	if err != nil {
		t.Fatal(err)
	}
	return people
}

// A habit is of five values at least, and of nine in ten; nobody's number is judged by that of one colleague.
func TestHabitsNeedManyNumbers(t *testing.T) {
	t.Parallel()
	columns := []column{{name: "employeenumber"}, {name: "professionalMobile"}, {name: "e_badge"}}
	for i := range columns {
		p, ok := roster.PropertyOf(columns[i].name)
		if !ok {
			t.Fatal(columns[i].name)
		}
		columns[i].property = property{p}
	}
	ten := []string{"01", "02", "03", "04", "05", "06", "07", "08", "09"}
	for _, tt := range []struct {
		what                      string
		numbers                   []string
		culture                   string
		digits, prefixed, untyped bool
		width                     int
	}{
		{what: "none"},
		{what: "four", numbers: []string{"001", "002", "003", "004"}},
		{what: "four in France", numbers: []string{"001", "002", "003", "004"}, culture: "fr-FR", prefixed: true},
		{what: "four in Spain", numbers: []string{"001", "002", "003", "004"}, culture: "es-ES"},
		{what: "five", numbers: []string{"001", "002", "003", "004", "005"}, digits: true, prefixed: true, untyped: true, width: 3},
		{what: "five without a zero", numbers: []string{"101", "102", "103", "104", "105"}, digits: true, untyped: true},
		{what: "five of which one is a word", numbers: []string{"001", "002", "003", "004", "A"}, untyped: true},
		{what: "ten of which one is a word", numbers: append(ten[:9:9], "A"), digits: true, prefixed: true, untyped: true, width: 2},
		{what: "nine of which one is a word", numbers: append(ten[:8:8], "A"), untyped: true, width: 2},
		{what: "ten of which two are words", numbers: append(ten[:8:8], "A", "B"), untyped: true, width: 2},
		{what: "ten of which one is longer", numbers: append(ten[:9:9], "010"), digits: true, prefixed: true, untyped: true, width: 2},
		{what: "ten of which two are longer", numbers: append(ten[:8:8], "009", "010"), digits: true, prefixed: true, untyped: true},
		{what: "blanks are none", numbers: []string{"", "", "", "001", "002"}},
		{what: "dates", numbers: []string{"2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04", "2026-01-05"}},
	} {
		of := habitsOf(numbered(t, tt.numbers...), columns, tt.culture).of
		if got := of["professionalMobile"].prefixed; got != tt.prefixed {
			t.Errorf("%s: phones begin with + or 0: %v", tt.what, got)
		}
		for _, code := range []string{"employeenumber", "e_badge"} {
			if h := of[code]; h.whole != tt.digits || h.width != tt.width {
				t.Errorf("%s, %s: whole %v, of width %d", tt.what, code, h.whole, h.width)
			}
		}
		if got := of["e_badge"].untyped; got != tt.untyped {
			t.Errorf("%s: badges are untyped %v", tt.what, got)
		}
	}
}

// What Lucca names without an id, and a work cycle that nobody has, are nothing that a cell can mean.
func TestReferenceWithoutAnIDIsNone(t *testing.T) {
	t.Parallel()
	named, _ := roster.PropertyOf("calendar")
	var people []*roster.Employee
	for _, d := range []roster.Datum{{Text: "France"}, {ID: 4, Text: "Suisse"}, {ID: 4, Text: "Suisse"}, {ID: 5}} {
		e := new(roster.Employee)
		named.Set(e, d)
		people = append(people, e)
	}
	c := namesOf(people, named)
	for text, want := range map[string]string{"France": "unknown", "suisse": "4 Suisse", "": "unknown"} {
		if got := shown(c.find(text)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	cycle, _ := roster.PropertyOf("workCycle")
	var all catalogs
	for id, want := range map[int]string{0: "", 7: "7"} {
		e := new(roster.Employee)
		cycle.Set(e, roster.Datum{ID: id})
		text, ok := all.written(&property{cycle}, e)
		if got := all.label(&property{cycle}, e); got != want || text != want || !ok {
			t.Errorf("work cycle %d is read %q, written %q, %v", id, got, text, ok)
		}
	}
}

// Numbers that lack what those in Lucca have are those that a spreadsheet spoiled; others pass.
func TestWhatHabitsRefuse(t *testing.T) {
	t.Parallel()
	whole := numbered(t, "10001", "10002", "10003", "10004", "10005")
	zeros := numbered(t, "00001", "00002", "00003", "00004", "00005")
	phones := numbered(t, "+33478011121", "0478011122", "(0)478011123", "+33478011124", "0478011125")
	for _, tt := range []struct {
		what, code string
		people     *roster.Roster
		known      bool // whom the row is about is the first of them
		text, want string
	}{
		{"a badge with decimals", "e_badge", whole, false, "10006.0", "spreadsheet_damage"},
		{"a badge with thousands", "e_badge", whole, false, "10 006", "spreadsheet_damage"},
		{"a whole badge", "e_badge", whole, false, "10006", ""},
		{"a badge that is a date", "e_badge", whole, false, "2026-01-01", "spreadsheet_damage"},
		{"a badge that is a word", "e_badge", whole, false, "A7", ""},
		{"a badge without zeros", "e_badge", zeros, false, "6", "leading_zeros"},
		{"the badge that Lucca has, without zeros", "e_badge", zeros, true, "1", "leading_zeros"},
		{"a badge of full length", "e_badge", zeros, false, "00006", ""},
		{"a number with an O for 0", EmployeeNumber, whole, false, "1OOO6", "look_alike"},
		{"a number with letters", EmployeeNumber, whole, false, "A1006", ""},
		{"a phone with an O for 0", "professionalMobile", whole, false, "O478O11122", "look_alike"},
		{"a phone without its +", "professionalMobile", phones, true, "33478011121", "leading_zeros"},
		{"a phone without its + and blanks in it", "professionalMobile", phones, true, "33 478 01 11 21", "leading_zeros"},
		{"another phone without its zero", "professionalMobile", phones, false, "478011129", "leading_zeros"},
		{"another phone", "professionalMobile", phones, false, "0478011129", ""},
		{"an extension", "professionalMobile", phones, false, "4780111", ""},
	} {
		prop, ok := propertyOf(tt.code)
		if !ok {
			t.Fatal(tt.code)
		}
		c := column{property: prop, name: tt.code}
		var e *roster.Employee
		if tt.known {
			e = tt.people.ByID(1)
		}
		h := habitsOf(tt.people, []column{c}, "").of[tt.code]
		got := ""
		if bad := h.lost(e, &c, tt.text); bad != nil {
			got = bad.code
		}
		if got != tt.want {
			t.Errorf("%s, %q: %q, want %q", tt.what, tt.text, got, tt.want)
		}
	}
}

// Where nearly all phones in Lucca are those of France, one without two of its digits is cut, whatever
// the language of new employees.
func TestPhonesAreCountedAsThoseInLucca(t *testing.T) {
	t.Parallel()
	prop, _ := propertyOf("professionalMobile")
	c := column{property: prop, name: "professionalMobile"}
	for text, want := range map[string]bool{"06 39 98 00": true, "0639980011": false, "06 39 98 00 11 2": true} {
		french := habitsOf(numbered(t, "0639980001", "+33639980002", "06 39 98 00 03", "0639980004", "0639980005"), []column{c}, "")
		foreign := habitsOf(numbered(t, "030 1234567", "+49301234568", "0301234569", "030123456", "0301234561"), []column{c}, "")
		if got := french.of[c.name].miscounted(nil, &c, text) != nil; got != want {
			t.Errorf("%q beside phones of France is miscounted: %v", text, got)
		}
		american := habitsOf(numbered(t, "2125550187", "2125550188", "2125550189", "2125550190", "2125550191"), []column{c}, "")
		if foreign.of[c.name].miscounted(nil, &c, text) != nil || american.of[c.name].miscounted(nil, &c, text) != nil {
			t.Errorf("%q beside phones of elsewhere is miscounted", text)
		}
	}
}
