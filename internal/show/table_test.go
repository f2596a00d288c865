package show_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/show"
	"lucca-exchange/internal/state"
)

func history() []state.Record {
	at := time.Date(2026, 11, 29, 2, 56, 53, 0, time.UTC)
	return []state.Record{
		{Run: run.Run{ID: "20261129-025653-edb465", Flow: "skillup-every-night-of-the-holding", StartedAt: at, Result: run.Result{
			Outcome: run.Held, Reason: "the employees of one establishment are gone, which is more than a tenth of those in the last file",
		}}},
		{Run: run.Run{ID: "20261128-025653-0b5f90", Flow: "payroll", StartedAt: at.AddDate(0, 0, -1), Result: run.Result{
			Outcome: run.Done, Rows: &run.Rows{Read: 120, Sent: 118},
		}}},
	}
}

// TestTablesFitTheTerminal at 80 columns and at 60, and name the zone of their times.
func TestTablesFitTheTerminal(t *testing.T) {
	t.Parallel()
	for _, width := range []int{60, 80, 200} {
		var b bytes.Buffer
		page := show.Page{Writer: &b, Width: width, Zone: time.FixedZone("Europe/Paris", 3600)}
		show.Runs(page, history())
		show.Flows(page, show.Overview{Flows: []inspect.FlowState{{Name: "place-de-la-formation-every-night", Kind: run.Export, Outcome: run.Rejections, LastRun: history()[0].StartedAt, Next: history()[0].StartedAt, Note: strings.Repeat("see to it, ", 12)}}})
		show.Hires(page, []inspect.Hire{{ID: "6cf168eb", Flow: "flatchr-hires", Name: strings.Repeat("Maëlle ", 20), State: "waiting", Received: history()[0].StartedAt, Reason: strings.Repeat("the first day is missing ", 8)}})
		show.Person(page, []inspect.Event{{At: history()[0].StartedAt, Runs: 1}})
		for line := range strings.Lines(ansi.Strip(b.String())) {
			if n := ansi.StringWidth(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("%d columns of %d: %s", n, width, line)
			}
		}
		for _, want := range []string{"more than a tenth", "times in Europe/Paris", "2026-11-29 03:56"} {
			if !strings.Contains(strings.Join(strings.Fields(ansi.Strip(b.String())), " "), want) {
				t.Errorf("at %d columns there is no %q in\n%s", width, want, ansi.Strip(b.String()))
			}
		}
	}
}

// TestNamesBreakBetweenTheirWords at 80 columns, and what stands beside them does first.
func TestNamesBreakBetweenTheirWords(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 2, 56, 53, 0, time.UTC)
	var b bytes.Buffer
	show.Runs(show.Page{Writer: &b, Width: 80, Zone: time.UTC, Words: message.In(message.French, time.UTC)}, []state.Record{
		{Run: run.Run{ID: "20261129-025653-edb465", Flow: "360learning-nightly", StartedAt: at, Result: run.Result{
			Outcome: run.Rejections, Rows: &run.Rows{Read: 120, Sent: 111},
		}}},
	})
	want := `exécution               flux          début             résultat     lignes
20261129-025653-edb465  360learning-  29/11/2026 02:56  lignes       111 sur 120
                        nightly                         rejetées
heures en UTC
`
	if diff := cmp.Diff(want, ansi.Strip(b.String())); diff != "" {
		t.Error(diff)
	}
}

// TestAProgramGetsOneLineARow in a pipe, with the offset of each time and without colours.
func TestAProgramGetsOneLineARow(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	show.Runs(show.On(&b, time.FixedZone("CET", 3600)), history())
	want := `run                     flow                                started                    outcome  rows        because
20261129-025653-edb465  skillup-every-night-of-the-holding  2026-11-29T03:56:53+01:00  held                 the employees of one establishment are gone, which is more than a tenth of those in the last file
20261128-025653-0b5f90  payroll                             2026-11-28T03:56:53+01:00  done     118 of 120
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

// TestALongWordStaysWhole outside tables, so that a path can be copied.
func TestALongWordStaysWhole(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	path := "/var/lib/lucca-exchange/" + strings.Repeat("folder/", 12)
	show.Fault(show.Page{Writer: &b, Width: 80, Zone: time.UTC}, "open "+path+": it belongs to root\n  chown lucca-exchange it")
	if !strings.Contains(b.String(), "\n"+path) || !strings.HasSuffix(b.String(), "\n  chown lucca-exchange it\n") {
		t.Error(b.String())
	}
}

// TestFindingsNamePeopleWhereAPersonLooks and give ids elsewhere.
func TestFindingsNamePeopleWhereAPersonLooks(t *testing.T) {
	t.Parallel()
	record := history()[0]
	record.Findings = []finding.Finding{
		{Severity: finding.Error, Code: "missing_value", Column: "login", Message: "Lucca id 108: the value is missing, as that of Lucca id 1080"},
		{Severity: finding.Error, Code: "unreadable_date", Row: 5, Cell: "C5", Message: "want a date"},
	}
	var b bytes.Buffer
	page := show.Page{Writer: &b, Width: 80, Zone: time.UTC, Names: inspect.Named{Employees: map[int]string{108: "hal"}, Rows: map[int]string{5: "ivy"}}}
	show.OneRun(page, show.History{Record: record})
	for _, want := range []string{"login Lucca id 108 (hal): the value is missing, as that of Lucca id 1080", "C5 (ivy) want a date"} {
		if !strings.Contains(strings.Join(strings.Fields(b.String()), " "), want) {
			t.Errorf("%q is not in\n%s", want, &b)
		}
	}
	b.Reset()
	show.OneRun(show.On(&b, time.UTC), show.History{Record: record})
	if strings.Contains(b.String(), "hal") || strings.Contains(b.String(), "ivy") {
		t.Errorf("a pipe has names:\n%s", &b)
	}
}

func TestTheSameSentenceIsSaidOnce(t *testing.T) {
	t.Parallel()
	left := "the person referred to has left: set another in Lucca"
	var findings []finding.Finding
	for _, f := range []finding.Finding{
		{Column: "manager_number", Message: "Lucca id 142: " + left},
		{Column: "manager_email", Message: "Lucca id 142: " + left},
		{Cell: "R8", Message: "Lucca id 118: the person referred to has no number"},
		{Cell: "E8", Row: 8, Message: "Lucca id 118: " + left},
	} {
		f.Code, f.Severity = "manager_left", finding.Warning
		findings = append(findings, f)
	}
	tests := map[string]struct {
		width int
		want  string
	}{
		"for a reader": {80, `    warning manager_left ×4
      the person referred to has left: set another in Lucca
        Lucca id 142 (ivy): manager_number manager_email; (hal) Lucca id 118: E8
      R8 Lucca id 118: the person referred to has no number
`},
		"for a program": {0, `    warning manager_left ×4
      manager_number Lucca id 142 (ivy): the person referred to has left: set another in Lucca
      manager_email Lucca id 142 (ivy): the person referred to has left: set another in Lucca
      R8 Lucca id 118: the person referred to has no number
      E8 (hal) Lucca id 118: the person referred to has left: set another in Lucca
`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			page := show.Page{Writer: &b, Width: tt.width, Zone: time.UTC, Names: inspect.Named{Employees: map[int]string{142: "ivy"}, Rows: map[int]string{8: "hal"}}}
			record := history()[0]
			record.Findings = findings
			show.OneRun(page, show.History{Record: record})
			_, got, _ := strings.Cut(b.String(), "0 errors, 4 warnings\n")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
