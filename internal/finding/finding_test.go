package finding_test

import (
	"maps"
	"testing"

	"lucca-exchange/internal/finding"
)

func TestCellIsASpreadsheetReference(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		row, column int
		want        string
	}{
		{1, 0, "A1"}, {6, 3, "D6"}, {2, 25, "Z2"}, {2, 26, "AA2"}, {9, 51, "AZ9"}, {9, 52, "BA9"}, {1, 701, "ZZ1"}, {1, 702, "AAA1"},
	} {
		if got := finding.Cell(tt.row, tt.column); got != tt.want {
			t.Errorf("Cell(%d, %d) = %q, want %q", tt.row, tt.column, got, tt.want)
		}
	}
}

func TestStringSaysWhereAndWhat(t *testing.T) {
	t.Parallel()
	f := finding.Finding{Severity: finding.Warning, Code: "manager_left", Column: "manager_number", Message: "the manager has left"}
	for _, tt := range []struct {
		f    finding.Finding
		want string
	}{
		{f, "warning manager_number manager_left: the manager has left"},
		{f.At(6, 3), "warning D6 manager_left: the manager has left"},
		{finding.Finding{Severity: finding.Error, Code: "x", Row: 3, Message: "m"}, "error row 3 x: m"},
		{finding.Finding{Severity: finding.Error, Code: "x", Message: "m"}, "error - x: m"},
	} {
		if got := tt.f.String(); got != tt.want {
			t.Errorf("String() = %q, want %q", got, tt.want)
		}
	}
}

// TestWarningsThatSomebodyHasToSee: those about the whole file and about people are told, once
// for each cause, with those that are only counted; what a file has every day is not.
func TestWarningsThatSomebodyHasToSee(t *testing.T) {
	t.Parallel()
	warn := func(code string) finding.Finding {
		return finding.Finding{Severity: finding.Warning, Code: code}
	}
	got := finding.ToLookAt([]finding.Finding{
		warn("hidden_rows"), warn("values_exchanged"), warn("values_exchanged"), warn("date_turned"), warn("encoding_guessed"), warn("blank_rows"), {Severity: finding.Error, Code: "date_turned"},
	}, []finding.Omitted{{Severity: finding.Warning, Code: "values_exchanged", Count: 40}})
	if want := (map[string]int{"hidden_rows": 1, "values_exchanged": 42, "date_turned": 1}); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
