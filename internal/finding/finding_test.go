package finding_test

import (
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
