package inspect_test

import (
	"testing"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// TestFindingsAreThoseOfAnEstablishment: of people of an import by the name of where they belong, of
// those of an export by Lucca's id, and of none where that is not kept.
func TestFindingsAreThoseOfAnEstablishment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1").asKept()
	in := func(id, establishment string) []finding.Finding {
		t.Helper()
		r, err := w.Run(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		found, err := w.FindingsIn(t.Context(), r, establishment)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	id := kept(t, w, 450, true)
	all := 0
	for _, place := range []string{"Lyon", "Nantes", "Paris"} {
		found := in(id, place)
		for _, f := range found {
			if [...]string{"Lyon", "Nantes", "Paris"}[(f.Row-2)%3] != place {
				t.Errorf("row %d is not of %s", f.Row, place)
			}
		}
		all += len(found)
	}
	if all != 10 || len(in(id, "Lille")) != 0 {
		t.Errorf("%d of 10 belong somewhere, and %d nowhere", all, len(in(id, "Lille")))
	}
	note := finding.Finding{Severity: finding.Warning, Code: "too_long", Row: 2, Column: "email", Message: "is longer than 40 characters"}
	other := finding.Finding{Severity: finding.Error, Code: "missing", Column: "email", Message: "employee 8: there is none"}
	r := w.begin(t, "nightly")
	r.Kind = run.Export
	data, err := export.Snapshot{People: []export.Person{{ID: 7, Place: 3, Notes: []finding.Finding{note}}, {ID: 8, Place: 4, Notes: []finding.Finding{other}}}}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.Deliveries().SaveSnapshot(t.Context(), r.ID, data, nil); err != nil {
		t.Fatal(err)
	}
	r.Findings = []finding.Finding{note, other}
	w.end(t, r, run.Done)
	if found := in(r.ID, "4"); len(found) != 1 || found[0] != other {
		t.Errorf("of establishment 4 are %v", found)
	}
	bare := w.begin(t, "nightly")
	bare.Findings = []finding.Finding{note}
	w.end(t, bare, run.Done)
	if found, err := w.FindingsIn(t.Context(), state.Record{Run: bare.Run, Findings: bare.Findings}, "3"); err != nil || found != nil {
		t.Errorf("nobody knows: %v %v", found, err)
	}
}
