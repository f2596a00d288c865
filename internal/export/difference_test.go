package export_test

import (
	"bytes"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
)

// kept is a file of a roster as it is kept.
func kept(t *testing.T, r *roster.Roster, last *export.Cells, values bool) export.Kept {
	t.Helper()
	b := mustBind(t, "skillup", profile.Selection{Columns: profile.Listed("job_title", "phone")})
	cells := export.NewCells(b, last)
	var out bytes.Buffer
	f, err := export.Source{Roster: r, Binding: b, Cells: cells}.Render(&out)
	if err != nil {
		t.Fatal(err)
	}
	k := export.Kept{Snapshot: f.Snapshot(b, r.Day()), Cells: cells}
	if values {
		k.Rows = rowsIn(out.String())
	}
	return k
}

// rowsIn are the cells of a file that has no quotes.
func rowsIn(text string) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for line := range bytes.Lines([]byte(text)) {
			var row []string
			for cell := range bytes.SplitSeq(bytes.TrimRight(line, "\r\n"), []byte(";")) {
				row = append(row, string(cell))
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// TestADifferenceCountsByColumn: all people, also those who are not listed; with values where both
// files are there, and else which columns are others, from the hashes.
func TestADifferenceCountsByColumn(t *testing.T) {
	t.Parallel()
	person := func(id int, job, phone string) roster.Employee {
		return roster.Employee{
			ID: id, Mail: string(rune('a'+id)) + "@acme.example", EmployeeNumber: string(rune('0' + id)), LastName: "L", FirstName: "F",
			JobTitle: job, ProfessionalMobile: phone, ManagerID: 1,
		}
	}
	then := mustRoster(t, day(11, 22), person(1, "Chief", "1"), person(2, "Clerk", "2"), person(3, "Clerk", ""), person(4, "Clerk", "4"))
	now := mustRoster(t, day(11, 22), person(1, "Chief", "1"), person(2, "Cook", ""), person(3, "Clerk", "3"), person(5, "New", "5"))
	columns := []export.ColumnDifference{
		{Column: "phone", Header: "Phone", Changed: 2, Emptied: 1, Given: 1}, {Column: "job_title", Header: "Job title", Changed: 1},
	}
	old := kept(t, then, nil, true)
	d, err := export.Diff(old, kept(t, now, old.Cells, true))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(columns, d.ByColumn); diff != "" || d.JoinedCount != 1 || d.LeftCount != 1 || d.Same != 1 || d.Purged {
		t.Errorf("%s %+v", diff, d)
	}
	if want := []export.CellChange{{Column: "job_title", From: "Clerk", To: "Cook"}, {Column: "phone", From: "2"}}; !cmp.Equal(d.Changed[0].Cells, want) {
		t.Errorf("changed %+v", d.Changed)
	}
	d, err = export.Diff(old, kept(t, now, old.Cells, false))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(columns, d.ByColumn); diff != "" || !d.Purged || d.ChangedCount != 2 || d.Same != 1 {
		t.Errorf("by hashes: %s %+v", diff, d)
	}
	if want := []export.CellChange{{Column: "job_title"}, {Column: "phone"}}; !cmp.Equal(d.Changed[0].Cells, want) {
		t.Errorf("by hashes: changed %+v", d.Changed)
	}
	// Hashes of another key say nothing.
	if d, err = export.Diff(old, kept(t, now, nil, false)); err != nil || d.ChangedCount != 0 || d.ByColumn != nil {
		t.Errorf("with another key: %+v %v", d, err)
	}
	if short := d.Short(0); len(short.Joined) != 0 || short.JoinedCount != 1 || short.LeftCount != 1 {
		t.Errorf("in short: %+v", short)
	}
}
