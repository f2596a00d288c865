package hire

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/roster"
)

// TestFillCompletesAnEvent field by field, and takes back what was said of it.
func TestFillCompletesAnEvent(t *testing.T) {
	t.Parallel()
	e := Event{LastName: "Neuf", Department: "Lyom", Notes: []Note{{Code: "a", Column: "department"}, {Code: "b", Column: "manager"}}}
	for _, field := range Fields() {
		value := "x"
		if field == fieldStart {
			value = "2026-12-15"
		}
		if got := e.With(Fill{field: value}).Value(field); got != value {
			t.Errorf("%s is %q", field, got)
		}
	}
	got := e.With(Fill{"department": "Lyon", fieldStart: ""})
	if got.Department != "Lyon" || e.Department != "Lyom" || !got.ContractStart.IsZero() || len(e.Notes) != 2 {
		t.Errorf("%+v of %+v", got, e)
	}
	if diff := cmp.Diff([]Note{{Code: "b", Column: "manager"}}, got.Notes); diff != "" {
		t.Error(diff)
	}
}

// TestFillGivesWayToTheATS where that says something new.
func TestFillGivesWayToTheATS(t *testing.T) {
	t.Parallel()
	day, err := roster.ParseDate("2026-12-15")
	if err != nil {
		t.Fatal(err)
	}
	filled := Fill{"department": "Lyon", "mail": "n@acme.example", fieldStart: "2026-12-01"}
	got := filled.Kept(Event{Department: "Lyom"}, Event{Department: "Lyom", Mail: "nina@acme.example", ContractStart: day})
	if diff := cmp.Diff(Fill{"department": "Lyon"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestFillIsRefused with the field's name and without its value.
func TestFillIsRefused(t *testing.T) {
	t.Parallel()
	for what, f := range map[string]Fill{
		"no such field": {"salary": "secret"}, "a day": {fieldStart: "secret"}, "too long": {"mail": strings.Repeat("secret", maxText)},
	} {
		if err := f.Check(); !errors.Is(err, ErrFill) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := (Fill{"mail": "", fieldStart: "2026-12-15"}).Check(); err != nil {
		t.Error(err)
	}
}
