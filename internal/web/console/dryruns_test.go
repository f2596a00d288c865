package console_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/draft"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/console"
)

var _ console.DryRuns = (*draft.DryRuns)(nil)

func (s *site) dryRunner() *draft.DryRuns {
	return draft.NewDryRuns(draft.Options{Background: s.background, Logger: slog.New(slog.DiscardHandler), Instance: func() draft.Instance {
		return draft.Instance{Config: s.config, Store: s.store.Drafts(), Record: s.store.Audit().Append, Run: func(_ context.Context, name string, q flow.Request) (flow.Report, error) {
			return s.rehearsal(name, q)
		}}
	}})
}

// rehearsed is a dry run of an export or an import, of whose people one is called like markup.
func rehearsed(name string, q flow.Request) (flow.Report, error) {
	at := time.Now().UTC()
	r := state.Record{Run: run.Run{ID: run.NewID(at), Flow: name, Kind: run.Export, StartedAt: at, Result: run.Result{
		Outcome: run.Held, Reason: "the contracts of 3 of 40 present employees would end, more than 1 (5%)", Rows: &run.Rows{Read: 3, Rejected: 1}, File: &run.File{Name: "out.csv", Bytes: 120}, Limits: []run.Limit{{Name: "min_rows", Value: "3", Bound: "5", Held: true}},
	}}, Findings: []finding.Finding{{Severity: finding.Error, Code: "bad_mail", Row: 3, Column: "mail", Cell: "B3", Message: "is no e-mail address"}}}
	report := flow.Report{Run: r}
	value := hostile
	switch {
	case q.Only != "":
		report.Only = []explain.Explanation{{Flow: name, Employee: 104, Why: "in the file, on row 2", Row: 2, Columns: []explain.Column{{Key: "lastName", Header: hostile, Value: &value}}}}
	case name == "skillup":
		report.Preview = [][]string{{"login", hostile}, {"claire.martin", hostile}}
		report.Difference = &export.Difference{Flow: name, Previous: r.ID, Joined: []export.Who{{ID: 104, Login: "claire.martin"}}, JoinedCount: 1, Same: 2}
	default:
		report.Run.Changes = &run.Changes{Update: 200}
		report.Plan = &plan.Plan{}
		for n := range 200 {
			report.Plan.Items = append(report.Plan.Items, plan.Item{Row: n + 2, Action: plan.Update, EmployeeID: 104, Login: "claire.martin", Set: plan.SetOf(map[string]plan.Change{"jobTitle": {From: "x", To: hostile}})})
		}
	}
	return report, nil
}

// TestAFlowIsTriedWithoutEffect by those who operate it, whole or for one person: what would be done
// is shown, values to those who see them, and nothing is on record but that it was tried.
func TestAFlowIsTriedWithoutEffect(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, sees := range map[string]bool{"otto": false, "anna": true} {
		b := s.signedIn(t, name)
		if offers := strings.Contains(b.get("/flows/skillup").text, `name="who"`); offers != sees {
			t.Errorf("%s: to try one person is offered: %t", name, offers)
		}
		for flow, shows := range map[string]string{"skillup": "claire.martin", "payroll": "claire.martin"} {
			p := b.post("/dry-run/"+flow, nil)
			if p.status != http.StatusOK || !strings.HasPrefix(p.path, "/dry-runs/") || !strings.Contains(p.text, "Nothing was sent or changed") || !strings.Contains(p.text, "would now be held") || !strings.Contains(p.text, "bad_mail") {
				t.Errorf("%s of %s: %d at %s\n%s", flow, name, p.status, p.path, p.text)
			}
			if strings.Contains(p.text, shows) != sees || strings.Contains(p.text, "alert(1)") != sees {
				t.Errorf("%s of %s: values are shown: %t\n%s", flow, name, !sees, p.text)
			}
			if flow == "payroll" && !strings.Contains(p.text, "100 more") {
				t.Errorf("what is left out is not counted: %s", p.text)
			}
			if l := s.lastAct(t); l.Act != audit.DryRun || l.Who != name || l.Flow != flow {
				t.Errorf("on record is %+v", l)
			}
		}
		p := b.post("/dry-run/skillup", url.Values{"who": {" claire.martin "}})
		if sees && (!strings.Contains(p.text, "in the file, on row 2") || strings.Count(p.text, "&lt;script&gt;alert(1)") != 2 || strings.Contains(p.path, "claire") || s.lastAct(t).Note != "one person") {
			t.Errorf("one person: %d at %s, %+v\n%s", p.status, p.path, s.lastAct(t), p.text)
		}
		if !sees && (p.status != http.StatusForbidden || s.lastAct(t).Note != "dry_run: forbidden") {
			t.Errorf("one person, of an operator: %d %+v", p.status, s.lastAct(t))
		}
		if runs, err := s.inspector().Runs(t.Context(), state.Filter{Limit: 1}); err != nil || runs[0].ID != s.held {
			t.Errorf("a run is on record: %v %v", runs, err)
		}
	}
	b := s.signedIn(t, "anna")
	if p := b.post("/dry-run/skillup", url.Values{"who": {"  "}}); p.path != "/flows/skillup" {
		t.Errorf("nobody's name leads to %s", p.path)
	}
	mine := b.post("/dry-run/skillup", nil).path
	if p := s.signedIn(t, "adam").get(mine); p.status != http.StatusNotFound || !strings.Contains(p.text, "until that restarts") {
		t.Errorf("somebody else's: %d\n%s", p.status, p.text)
	}
	if p := s.signedIn(t, "vera").post("/dry-run/skillup", nil); p.status != http.StatusForbidden || s.lastAct(t).Note != "dry_run: forbidden" {
		t.Errorf("a viewer: %d %+v", p.status, s.lastAct(t))
	}
	s.rehearsal = func(string, flow.Request) (flow.Report, error) {
		return flow.Report{}, errors.New("Lucca does not answer")
	}
	if p := b.post("/dry-run/skillup", nil); !strings.Contains(p.text, "could not be done") || !strings.Contains(p.text, "Lucca does not answer") {
		t.Errorf("where it cannot be done: %d\n%s", p.status, p.text)
	}
}

// TestTryingConnectionsIsOnRecord, and so is who may not.
func TestTryingConnectionsIsOnRecord(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if p := s.signedIn(t, "vera").post("/check", nil); p.status != http.StatusForbidden || s.lastAct(t).Act != audit.Refused || s.lastAct(t).Note != "check: forbidden" {
		t.Errorf("a viewer: %d %+v", p.status, s.lastAct(t))
	}
	if p := s.signedIn(t, "otto").post("/check", nil); p.status != http.StatusOK || s.lastAct(t).Act != audit.Check || s.lastAct(t).Who != "otto" {
		t.Errorf("an operator: %d %+v", p.status, s.lastAct(t))
	}
}

// TestPagesAreSmall: none has more than 60 kB on its way, with all that it refers to.
func TestPagesAreSmall(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, "adam")
	for _, path := range s.pages() {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", "gzip") // what is asked for is not unpacked
		resp, err := b.Do(r)
		p := b.read(resp, err)
		sent := len(p.text)
		for _, of := range assetIn.FindAllStringSubmatch(b.get(path).text, -1) {
			r.URL.Path, r.URL.RawQuery = of[1], ""
			resp, err := b.Do(r)
			sent += len(b.read(resp, err).text)
		}
		if p.header.Get("Content-Encoding") != "gzip" || sent > 60<<10 {
			t.Errorf("%s is %d bytes, %s", path, sent, p.header.Get("Content-Encoding"))
		}
	}
}
