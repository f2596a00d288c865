package console_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// TestRunsAreToldInPlainWords: one that somebody rejected is no canceled one, a size has a unit that people
// know, nothing that the numbers say is said again, and no sentence ends in a command of the terminal.
func TestRunsAreToldInPlainWords(t *testing.T) {
	t.Parallel()
	s := emptySite(t)
	at := time.Now().UTC().Truncate(time.Second)
	keep := func(flow string, kind run.Kind, r run.Result) string {
		at = at.Add(-time.Hour)
		record := state.Record{Run: run.Run{ID: run.NewID(at), Flow: flow, Kind: kind, StartedAt: at, FinishedAt: at.Add(time.Second), Result: r}}
		s.keep(t, record)
		return record.ID
	}
	rejected := keep("payroll", run.Import, run.Result{
		Outcome: run.Canceled, Reason: "rejected", File: &run.File{Name: "users.csv", Bytes: 25520, SHA256: strings.Repeat("beef", 16)},
		Changes: &run.Changes{End: 14, Unchanged: 26}, Rows: &run.Rows{Read: 40},
	})
	canceled := keep("payroll", run.Import, run.Result{Outcome: run.Canceled, Reason: "canceled on request"})
	counted := keep("skillup", run.Export, run.Result{Outcome: run.Rejections, Reason: "4 rows were rejected: see the findings", Rows: &run.Rows{Read: 120, Sent: 116, Rejected: 4}})
	waits := keep("ats", run.Hires, run.Result{Outcome: run.Rejections, Reason: "nobody is to be created; 1 hire waits for a person: see lucca-exchange hires", Rows: &run.Rows{Read: 1, Rejected: 1}})
	b := s.signedIn(t, "anna")
	b.post("/me", url.Values{"language": {"fr"}, "theme": {""}})
	for _, tt := range []struct {
		run       string
		says, not []string
	}{
		{rejected, []string{"○ rejetée", "25,5\u00a0ko", "40 lues · 0 appliquée", "fin de contrat <strong>14"}, []string{"annulée", "25 520", "envoyée", "création"}},
		{canceled, []string{"○ annulée"}, []string{"○ rejetée"}},
		{counted, []string{"116 envoyées · 4 rejetées"}, []string{"voir les constats"}},
		{waits, []string{`1 candidat attend une décision <a href="/hires">Candidats</a>`}, []string{"lucca-exchange hires"}},
	} {
		text := strings.ReplaceAll(b.get("/runs/"+tt.run).text, "\u202f", "\u00a0")
		for _, want := range tt.says {
			if !strings.Contains(text, want) {
				t.Errorf("the run does not say %q: %s", want, text)
			}
		}
		for _, not := range tt.not {
			if strings.Contains(text, not) {
				t.Errorf("the run says %q: %s", not, text)
			}
		}
	}
	for _, page := range []string{"/", "/runs"} {
		if text := b.get(page).text; strings.Contains(text, "voir les constats") || strings.Contains(text, "lucca-exchange hires") || page == "/runs" && !strings.Contains(text, "−14") || strings.Contains(text, "+0") {
			t.Errorf("%s: %s", page, text)
		}
	}
}
