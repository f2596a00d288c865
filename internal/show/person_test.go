package show_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/step"
)

// TestAPersonIsShownRunByRun with what was changed from what.
func TestAPersonIsShownRunByRun(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 6, 0, 0, 0, time.Local)
	var b bytes.Buffer
	show.Person(show.On(&b, nil), []inspect.Event{
		{At: at, Since: at, Runs: 1, Explanation: explain.Explanation{
			Flow: "payroll", Run: "r2", Employee: 7, Why: "on row 2", Set: map[string]plan.DocumentChange{"mail": {From: "a", To: "b"}},
			Notes: []finding.Finding{{Message: "look again"}},
		}},
		{At: at, Since: at.AddDate(0, 0, -3), Runs: 4, Explanation: explain.Explanation{Flow: "nightly", Run: "r1", Why: "in the file, on row 2"}},
	})
	for _, want := range []string{`on row 2; mail from "a" to "b"; look again`, "on row 2; in 4 runs since 2026-11-17"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, &b)
		}
	}
}

// TestAFrenchReaderSeesFrenchSigns before colons and semicolons, in lengths of time, and what became of a
// candidate in the words for candidates.
func TestAFrenchReaderSeesFrenchSigns(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
	value := ""
	explained := explain.Explanation{
		Flow: "payroll", Run: "r2", Employee: 7, Why: "in the file, on row 2", Decision: export.Sent, Set: map[string]plan.DocumentChange{"mail": {From: "a", To: "b"}},
		Columns: []explain.Column{{Key: "phone", Header: "Phone", Value: &value, WhyEmpty: "Lucca has no value for phone"}},
	}
	record := state.Record{Run: run.Run{ID: "r2", Flow: "payroll", StartedAt: at, Result: run.Result{Durations: []run.Step{{Name: string(step.Read), Seconds: 0.2}}}}}
	var b bytes.Buffer
	page := show.On(&b, time.UTC).In(message.French)
	show.Person(page, []inspect.Event{{At: at, Since: at, Runs: 1, Explanation: explained}})
	show.Explanations(page, []explain.Explanation{explained})
	show.Hires(page, []inspect.Hire{{ID: "6cf168eb", State: state.HireApplied, Received: at}, {ID: "31d5a8ac", State: state.HireDropped, Received: at}})
	show.OneRun(page, show.History{Record: record})
	var acts []audit.Line
	for _, e := range []audit.Entry{{Act: audit.Reveal, Note: "dry run"}, {Act: audit.SignIn, Note: "link"}, {Act: audit.Refused, Note: "audit: forbidden"}, {Act: audit.Pause}} {
		acts = append(acts, audit.Line{Entry: e})
	}
	show.Acts(page, acts)
	for _, want := range []string{
		"à la ligne 2\u00a0; E-mail (mail)\u00a0: a → b", "Phone\u00a0: Lucca n'a pas de valeur pour phone", "dans Lucca", "écarté", "0,2\u00a0s",
		"un essai à blanc", "par lien", "audit\u00a0: interdit", "a suspendu un flux",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, &b)
		}
	}
}

// TestADifferenceIsShown with why people left, and that values were not compared.
func TestADifferenceIsShown(t *testing.T) {
	t.Parallel()
	d := inspect.Difference{
		Flow: "nightly", Run: "r2", Previous: "r1", Joined: []export.Who{{ID: 5, Mail: "eve@acme.example"}},
		Changed: []export.Changed{{Who: export.Who{ID: 2, Login: "bea"}, Cells: []export.CellChange{{Column: "job", From: "Clerk", To: "Chief"}}}}, ChangedCount: 3, JoinedCount: 1, LeftCount: 7,
		ByColumn: []export.ColumnDifference{{Column: "job", Header: "Job", Changed: 3, Emptied: 2, Given: 1}},
	}
	for n, decision := range []export.Decision{export.Rejected, export.Upcoming, export.Left, export.Elsewhere, export.Gone} {
		d.Left = append(d.Left, export.Who{ID: 10 + n, Decision: decision})
	}
	var b bytes.Buffer
	show.Difference(show.On(&b, nil), d)
	for _, want := range []string{
		"+1 joined, -7 left, ~3 changed, 0 the same", "5 eve@acme.example", `job from "Clerk" to "Chief"`, "2 more changed and are not listed", "2 more left and are not listed", "Job changes for 3: for 2 to nothing, for 1 from nothing",
		"is missing or unusable", "starts later", "has ended", "another establishment", "does not list them",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, &b)
		}
	}
	for want, d := range map[string]inspect.Difference{
		"do not have the same columns": {Columns: true}, "one of the files is no longer kept": {Purged: true},
	} {
		b.Reset()
		if show.Difference(show.On(&b, nil), d); !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, &b)
		}
	}
}

// TestNoLineBeginsWithASign, which a no-break blank keeps with its word, and the lists of Lucca stand in
// one column in French too.
func TestNoLineBeginsWithASign(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	page := show.On(&b, time.UTC).In(message.French)
	page.Width = 80
	facts := lucca.Facts{Establishments: []lucca.Fact{{ID: 3, Label: "Acme Lyon"}}, CustomFields: []lucca.Fact{{Code: "e_hr_manager"}}}
	for n := range 40 { // wherever the line ends
		show.Check(page, show.Checked{Probes: []inspect.Probe{{Name: strings.Repeat("x", 10+n), OK: true, Message: "entries in the folder: 1; a file was written, renamed and removed", Facts: &facts}}})
	}
	columns := make(map[int]bool)
	for line := range strings.Lines(b.String()) {
		if trimmed := strings.TrimSpace(line); strings.HasPrefix(trimmed, ":") || strings.HasPrefix(trimmed, ";") {
			t.Errorf("a line begins with a sign: %q", line)
		}
		for _, fact := range []string{"3 Acme", "e_hr_manager"} {
			if before, _, found := strings.Cut(line, fact); found {
				columns[ansi.StringWidth(before)] = true
			}
		}
	}
	if len(columns) != 1 {
		t.Errorf("the lists begin in the columns %v", columns)
	}
}
