package plan

import (
	"fmt"
	"strings"
	"testing"
)

// movesOf reads moves of rows, as "2 A>B".
func movesOf(text string) (list []move) {
	for i, part := range strings.Split(text, ", ") {
		row, values, _ := strings.Cut(part, " ")
		from, to, _ := strings.Cut(values, ">")
		n := 0
		_, _ = fmt.Sscan(row, &n) // 0 is seen
		list = append(list, move{row: n, at: i, from: from, to: to})
	}
	return list
}

// rowsOf are the numbers of the rows of some moves.
func rowsOf(list []move) string {
	var rows []string
	for _, v := range list {
		rows = append(rows, fmt.Sprint(v.row))
	}
	return strings.Join(rows, " ")
}

// A spreadsheet fills one value down, or counts on; people who share a title or a place do not look like it.
func TestColumnsThatWereFilledDown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		what, code, moves, want string
	}{
		{"one phone in three rows", "personalMobile", "2 a>x, 3 b>x, 4 c>x", "2 3 4"},
		{"one phone in three rows, in no order", "personalMobile", "4 c>x, 2 a>x, 3 b>x", "2 3 4"},
		{"one phone in all of two rows", "personalMobile", "2 a>x, 3 b>x", "2 3"},
		{"one phone in two of three rows", "personalMobile", "2 a>x, 3 b>x, 4 c>y", ""},
		{"one phone in rows that are apart", "personalMobile", "2 a>x, 3 b>x, 5 c>x", ""},
		{"one phone after another one", "personalMobile", "2 a>z, 3 a>x, 4 b>x, 5 c>x", "3 4 5"},
		{"one title", "jobTitle", "2 a>x, 3 b>x, 4 c>x", ""},
		{"numbers one after the other", EmployeeNumber, "2 17>100, 3 4>101, 4 9>102", "2 3 4"},
		{"numbers two apart", EmployeeNumber, "2 17>100, 3 4>102, 4 9>104", ""},
		{"two numbers one after the other", EmployeeNumber, "2 17>100, 3 4>101", ""},
		{"numbers of people who had none", EmployeeNumber, "2 >100, 3 >101, 4 >102", ""},
		{"numbers, of which the second had none", EmployeeNumber, "2 17>100, 3 >101, 4 9>102", ""},
		{"numbers, of which the first had none", EmployeeNumber, "2 >100, 3 4>101, 4 9>102", ""},
		{"numbers of people who had one and the same", EmployeeNumber, "2 7>100, 3 7>101, 4 7>102", ""},
		{"teams one after the other", "jobTitle", "2 a>Team 1, 3 b>Team 2, 4 c>Team 3", ""},
	} {
		if got := rowsOf(filled(tt.code, movesOf(tt.moves))); got != tt.want {
			t.Errorf("%s: rows %q, want %q", tt.what, got, tt.want)
		}
	}
}

// One text follows another when the number at its end is one more.
func TestTextsThatFollowEachOther(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"7", "8", true}, {"A9", "A10", true}, {"x09", "x10", true}, {"+33611223344", "+33611223345", true}, {"999999998", "999999999", true}, {"A0", "A1", true}, {"a8", "a9", true}, {"A-1", "A-2", true}, {"A/9", "A/10", true},
		{"7", "7", false}, {"7", "9", false}, {"8", "7", false}, {"A7", "B8", false}, {"A", "B", false}, {"", "1", false}, {"A", "A0", false}, {"7A", "8A", false},
	} {
		if got := follows(tt.a, tt.b); got != tt.want {
			t.Errorf("%q after %q: %v", tt.b, tt.a, got)
		}
	}
}

// Texts are cut when they end inside a word, all at one width; a last name alone is enough.
func TestTextsThatAProgramCut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		what, code, moves, want string
	}{
		{"a last name", LastName, "2 Lefèvre>Lefè", "2"},
		{"a last name less one letter", LastName, "2 Lefèvre>Lefèvr", ""},
		{"a last name less its second part", LastName, "2 Martin Roy>Martin", ""},
		{"another last name", LastName, "2 Martin>Marchand", ""},
		{"no last name", LastName, "2 Martin>", ""},
		{"first names at one width", FirstName, "2 Éloïse>Éloï, 3 Chloée>Chlo", "2 3"},
		{"one first name", FirstName, "2 Éloïse>Éloï", ""},
		{"first names at two widths", FirstName, "2 Éloïse>Éloï, 3 Chloée>Chl", ""},
		{"titles at one width", "jobTitle", "2 Développeuse>Développ, 3 Directrice>Directri, 4 Chef>Cheffe", "2 3"},
		{"numbers", EmployeeNumber, "2 12345>123, 3 67890>678", ""},
	} {
		if got := rowsOf(cutTexts(tt.code, movesOf(tt.moves))); got != tt.want {
			t.Errorf("%s: rows %q, want %q", tt.what, got, tt.want)
		}
	}
}

// Rows that a column was filled down or cut in are told so and counted, unless they are rejected.
func TestFilledAndCutRowsAreCounted(t *testing.T) {
	t.Parallel()
	judged := func(in *input) (*report, []change) {
		r, changes, moved := merged(in)
		moved.mark(in, r, changes)
		return r, changes
	}
	r, changes := judged(officeInput(t, Policy{}, "login;personalEmail;lastName", "ada;x@acme.example;Love", "ben;x@acme.example;", "cleo;x@acme.example;"))
	if got := codesOfReport(r); !strings.Contains(got, "2 ~filled_down") || !strings.Contains(got, "4 ~filled_down") || !strings.Contains(got, "2 ~text_cut") {
		t.Errorf("says %s", got)
	}
	if !changes[0].doubts[filledValue] || !changes[2].doubts[filledValue] || !changes[0].doubts[cutText] || changes[1].doubts[cutText] {
		t.Errorf("marks %+v", changes)
	}
	r, changes = judged(officeInput(t, Policy{}, "login;personalEmail;lastName;manager", "ada;x@acme.example;Love;nobody", "ben;x@acme.example;;nobody", "cleo;x@acme.example;;nobody"))
	if got := codesOfReport(r); strings.Contains(got, "filled_down") || strings.Contains(got, "text_cut") || changes[0].doubts != [doubtKinds]bool{} {
		t.Errorf("rejected rows: says %s", got)
	}
}
