package finding_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/finding"
)

func TestOfManyFindingsTheFirstAreListedAndTheRestCounted(t *testing.T) {
	t.Parallel()
	var log finding.Log
	for row := 2; row < 200_002; row++ {
		log.Add(finding.Finding{Severity: finding.Error, Code: "bad_date", Row: row, Column: "birthDate", Message: "birthDate is no date"})
		log.Add(finding.Finding{Severity: finding.Warning, Code: "same_name", Row: row, Column: "lastName", Message: fmt.Sprint("like row ", row-1)})
	}
	log.Add(finding.Finding{Severity: finding.Error, Code: "bad_mail", Row: 300_000, Column: "mail", Message: "mail is no address"})
	if got, want := len(log.Listed), 2*finding.MostListed+1; got != want {
		t.Errorf("%d findings are listed, want %d", got, want)
	}
	want := []finding.Rest{
		{Severity: "error", Code: "bad_date", Column: "birthDate", Count: 199_000, Message: "birthDate is no date", Rows: finding.Rows{{1002, 200_001}}},
		{Severity: "warning", Code: "same_name", Column: "lastName", Count: 199_000, Rows: finding.Rows{{1002, 200_001}}},
	}
	if diff := cmp.Diff(want, log.Rest()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(finding.Rows{{2, 200_001}, {300_000, 300_000}}, log.Rejected); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]finding.Omitted{{"error", "bad_date", 199_000}, {"warning", "same_name", 199_000}}, finding.Tally(log.Rest())); diff != "" {
		t.Error(diff)
	}
}

func TestALogIsBoundedWhateverItIsTold(t *testing.T) {
	t.Parallel()
	var log finding.Log
	for column := range 2000 {
		for row := 0; row < 2000; row += 2 { // no two in a row
			log.Add(finding.Finding{Severity: finding.Error, Code: "bad", Row: row + 1, Column: fmt.Sprint("e_", column), Message: fmt.Sprint(row)})
		}
	}
	spans, count := 0, len(log.Listed)
	for _, r := range log.Rest() {
		spans, count = spans+len(r.Rows), count+r.Count
	}
	if count != 2_000_000 || len(log.Listed) != finding.MostListed || len(log.Rest()) > 1001 || spans > 500_000 {
		t.Errorf("%d in all, %d listed, %d kinds, %d stretches", count, len(log.Listed), len(log.Rest()), spans)
	}
}

func TestRowsAreFoundAmongStretchesInAnyOrder(t *testing.T) {
	t.Parallel()
	var rows finding.Rows
	for _, row := range []int{7, 8, 2, 3, 9, 8, 20} {
		rows.Add(row)
	}
	rows = rows.Sorted()
	if diff := cmp.Diff(finding.Rows{{2, 3}, {7, 9}, {20, 20}}, rows); diff != "" {
		t.Error(diff)
	}
	for row, want := range map[int]bool{1: false, 2: true, 3: true, 4: false, 7: true, 9: true, 10: false, 20: true, 21: false} {
		if rows.Has(row) != want {
			t.Errorf("row %d: %v", row, !want)
		}
	}
}
