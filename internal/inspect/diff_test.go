package inspect_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// sent is a run of an export whose file has these people and rows; nil rows are those of a file
// that was purged.
func (w *world) sent(t *testing.T, outcome run.Outcome, columns []string, people []export.Person, rows [][]string) state.Record {
	t.Helper()
	r := w.begin(t, "nightly")
	s := export.Snapshot{People: people}
	for _, c := range columns {
		s.Columns = append(s.Columns, export.SnapshotColumn{Key: c, Header: c})
	}
	data, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.Deliveries().SaveSnapshot(t.Context(), r.ID, data, nil); err != nil {
		t.Fatal(err)
	}
	if rows != nil {
		w.cells[r.ID] = append([][]string{columns}, rows...)
	}
	return w.end(t, withFile(r, "users.csv", len(rows)), outcome)
}

// TestTheDifferenceOfTwoFiles says who joined, who left and why, and which values are others; the
// order of the rows is none.
func TestTheDifferenceOfTwoFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	columns := []string{"mail", "job"}
	old := w.sent(t, run.Done, columns, []export.Person{
		{ID: 1, Login: "ana", Decision: export.Sent, Row: 2}, {ID: 2, Login: "bea", Decision: export.Sent, Row: 3},
		{ID: 3, Login: "cyd", Decision: export.Sent, Row: 4}, {ID: 4, Login: "dan", Decision: export.Sent, Row: 5},
	}, [][]string{{"ana@acme.example", "Clerk"}, {"bea@acme.example", "Clerk"}, {"cyd@acme.example", "Clerk"}, {"dan@acme.example", "Clerk"}})
	held := w.sent(t, run.Held, columns, nil, nil) // was not sent: no measure for the next
	now := w.sent(t, run.Rejections, columns, []export.Person{
		{ID: 2, Login: "bea", Decision: export.Sent, Row: 2}, {ID: 1, Login: "ana", Decision: export.Sent, Row: 3},
		{ID: 5, Login: "eve", Decision: export.Sent, Row: 4}, {ID: 3, Login: "cyd", Decision: export.Left},
	}, [][]string{{"bea@acme.example", "Chief"}, {"ana@acme.example", "Clerk"}, {"eve@acme.example", "Clerk"}})

	d, err := w.Diff(t.Context(), inspect.Files{Flow: "nightly", Run: now.ID})
	if err != nil {
		t.Fatal(err)
	}
	if d.Previous != old.ID || d.Flow != "nightly" || d.Same != 1 || d.ChangedCount != 1 || d.Purged || d.Columns {
		t.Errorf("%+v", d)
	}
	if want := []export.Who{{ID: 5, Login: "eve"}}; !slices.Equal(d.Joined, want) {
		t.Errorf("joined %+v", d.Joined)
	}
	if want := []export.Who{{ID: 3, Login: "cyd", Decision: export.Left}, {ID: 4, Login: "dan"}}; !slices.Equal(d.Left, want) {
		t.Errorf("left %+v", d.Left)
	}
	if c := d.Changed[0]; c.Login != "bea" || c.Row != 2 || !slices.Equal(c.Cells, []export.CellChange{{Column: "job", From: "Clerk", To: "Chief"}}) {
		t.Errorf("changed %+v", d.Changed)
	}
	if d, err = w.Diff(t.Context(), inspect.Files{Flow: "nightly", Run: now.ID, Previous: held.ID}); err != nil || len(d.Joined) != 3 || !d.Purged {
		t.Errorf("with the one that was held, and purged: %+v, %v", d, err)
	}
	w.sent(t, run.Done, []string{"mail", "job", "start"}, nil, [][]string{})
	if d, err = w.Diff(t.Context(), inspect.Files{Flow: "nightly"}); err != nil || !d.Columns || d.Previous != now.ID || len(d.Left) != 3 {
		t.Errorf("with other columns: %+v, %v", d, err)
	}
}

// TestNothingToCompareIsSaid.
func TestNothingToCompareIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	first := w.sent(t, run.Done, nil, nil, nil)
	other := w.end(t, withFile(w.begin(t, "payroll"), "users.csv", 1), run.Done)
	failed := w.end(t, w.begin(t, "nightly"), run.Failed)
	for _, files := range []inspect.Files{
		{Flow: "nightly", Run: first.ID}, {Flow: "nightly", Run: first.ID, Previous: other.ID}, {Flow: "nightly", Run: failed.ID, Previous: first.ID},
		{Flow: "payroll", Run: first.ID}, {Flow: "nightly", Run: "ffff0000"}, {Flow: "payroll"}, {Flow: "none"}, {Flow: "nightly"},
	} {
		if _, err := w.Diff(t.Context(), files); !errors.Is(err, run.ErrUsage) {
			t.Errorf("%+v: %v", files, err)
		}
	}
	w.Store = nil
	if _, err := w.Diff(t.Context(), inspect.Files{Flow: "nightly"}); !errors.Is(err, run.ErrUsage) {
		t.Errorf("without a state: %v", err)
	}
}

// TestNamesAreThoseOfTheFile of the run, and none where it was purged.
func TestNamesAreThoseOfTheFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	r := w.sent(t, run.Done, []string{"mail"}, []export.Person{{ID: 1, Login: "ana"}, {ID: 2, Mail: "bea@acme.example"}, {ID: 3}}, nil)
	names, err := inspect.Names(t.Context(), w.Inspector, r.Run)
	if err != nil || !maps.Equal(names.Employees, map[int]string{1: "ana", 2: "bea@acme.example"}) || names.Rows != nil {
		t.Errorf("%+v, %v", names, err)
	}
	kept := w.end(t, w.begin(t, "nightly"), run.Done)
	if names, err := inspect.Names(t.Context(), w.Inspector, kept.Run); err != nil || names.Employees != nil {
		t.Errorf("%+v, %v", names, err)
	}
}
