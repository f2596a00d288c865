package inspect_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// TestRunsAreListedAndFound also those of a flow that was taken out of the configuration.
func TestRunsAreListedAndFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	first := w.end(t, w.begin(t, "nightly"), run.Done)
	second := w.end(t, w.begin(t, "payroll"), run.Failed)
	if list, err := w.Runs(t.Context(), state.Filter{}); err != nil || len(list) != 2 || list[0].ID != second.ID {
		t.Errorf("all: %+v, %v", list, err)
	}
	if list, err := w.Runs(t.Context(), state.Filter{Flow: "nightly", Limit: 1}); err != nil || len(list) != 1 || list[0].ID != first.ID {
		t.Errorf("of a flow: %+v, %v", list, err)
	}
	if list, err := w.Runs(t.Context(), state.Filter{Flow: "hires", Limit: 1}); err != nil || list == nil || len(list) != 0 {
		t.Errorf("of one that never ran: %+v, %v", list, err)
	}
	if _, err := w.Runs(t.Context(), state.Filter{Flow: "none", Limit: 1}); !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), "there are full, hires, nightly, payroll") {
		t.Errorf("of none: %v", err)
	}
	delete(w.Config.Flows, "nightly")
	if list, err := w.Runs(t.Context(), state.Filter{Flow: "nightly", Limit: 0}); err != nil || len(list) != 1 {
		t.Errorf("of one that is not configured any more: %+v, %v", list, err)
	}
	if r, err := w.Run(t.Context(), first.ID[len(first.ID)-6:]); err != nil || r.ID != first.ID {
		t.Errorf("by its end: %+v, %v", r, err)
	}
	for _, id := range []string{"2026", "ffffff0000"} {
		if _, err := w.Run(t.Context(), id); !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), "lucca-exchange runs lists them") {
			t.Errorf("%s: %v", id, err)
		}
	}
	w.Store = nil
	if list, err := w.Runs(t.Context(), state.Filter{}); err != nil || list == nil {
		t.Errorf("without a state: %+v, %v", list, err)
	}
	if _, err := w.Run(t.Context(), first.ID); !errors.Is(err, run.ErrUsage) {
		t.Errorf("without a state: %v", err)
	}
}

// TestHiresAreListed the newest first, without a name once the event was purged.
func TestHiresAreListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	event, err := json.Marshal(hire.Event{FirstName: "Maëlle", LastName: "Kerjean"})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
	_, err = w.store.HireBook().AddHires(t.Context(), []state.Hire{
		{Flow: "hires", Source: "generic", EventID: "1", State: state.HireHeld, Reason: "namesake", Received: at, Updated: at, Data: event},
		{Flow: "hires", Source: "generic", EventID: "2", State: state.HireReceived, Received: at.Add(time.Hour), Updated: at.Add(time.Hour)},
	})
	if err != nil {
		t.Fatal(err)
	}
	list, err := w.Hires(t.Context(), state.HireFilter{Flow: "hires"})
	if err != nil || len(list) != 2 || list[0].Name != "" || list[1].Name != "Maëlle Kerjean" || list[1].Reason != "namesake" || list[1].ID == "" {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := w.Hires(t.Context(), state.HireFilter{Flow: "nightly"}); !errors.Is(err, run.ErrUsage) {
		t.Errorf("of an export: %v", err)
	}
	if _, err := w.Hires(t.Context(), state.HireFilter{Flow: "none"}); !errors.Is(err, run.ErrUsage) {
		t.Errorf("of none: %v", err)
	}
	w.Store = nil
	if list, err := w.Hires(t.Context(), state.HireFilter{}); err != nil || list == nil || len(list) != 0 {
		t.Errorf("without a state: %+v, %v", list, err)
	}
}

// TestExplainOfAnExport says the cells of the last file.
func TestExplainOfAnExport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	if _, err := w.Explain(t.Context(), "nightly", "jdoe"); !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), "no run of nightly to explain") {
		t.Errorf("before the first run: %v", err)
	}
	r := w.begin(t, "nightly")
	s := export.Snapshot{
		Columns: []export.SnapshotColumn{{Key: "email", Header: "E-mail"}},
		People:  []export.Person{{ID: 7, Login: "jdoe", Decision: export.Sent, Row: 2}},
	}
	data, err := s.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.Deliveries().SaveSnapshot(t.Context(), r.ID, data, nil); err != nil {
		t.Fatal(err)
	}
	w.cells[r.ID] = [][]string{{"E-mail"}, {"j@acme.example"}}
	w.end(t, withFile(r, "users.csv", 1), run.Done)
	got, err := w.Explain(t.Context(), "nightly", "jdoe")
	if err != nil || len(got) != 1 || got[0].File != "users.csv" || *got[0].Columns[0].Value != "j@acme.example" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := w.Explain(t.Context(), "none", "jdoe"); !errors.Is(err, run.ErrUsage) {
		t.Errorf("of none: %v", err)
	}
	w.Store = nil
	if _, err := w.Explain(t.Context(), "nightly", "jdoe"); !errors.Is(err, run.ErrUsage) {
		t.Errorf("without a state: %v", err)
	}
}

// users is a plan with an item of each fate.
func users() inspect.Plan {
	p := &plan.Plan{}
	var people []explain.Person
	for i, login := range []string{"done", "refused", "doubtful", "left", "same", "bad"} {
		item := plan.Item{Row: i + 2, Action: plan.Update, EmployeeID: i + 1, Login: login, Set: plan.SetOf(map[string]plan.Change{plan.Mail: {From: "a", To: "b"}})}
		switch login {
		case "same":
			item.Action, item.Set = plan.Unchanged, plan.Set{}
		case "bad":
			item.Action, item.Set = plan.Reject, plan.Set{}
		}
		p.Items = append(p.Items, item)
		people = append(people, explain.Person{Item: i, Login: login})
	}
	return inspect.Plan{Plan: p, People: people}
}

// TestExplainOfAnImport says of each person how far the plan has come.
func TestExplainOfAnImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	r := w.begin(t, "payroll")
	p := users()
	w.keepPlan(t, r, p)
	for item, step := range []apply.Step{apply.Applied, apply.Refused, apply.Doubtful} {
		o := apply.Outcome{Run: r.ID, Item: item, Row: item + 2, EmployeeID: item + 1, Action: plan.Update, Step: step, Message: "Lucca says no", At: w.clock}
		if err := w.store.Plans().SaveRow(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	r.Findings = []finding.Finding{{Severity: finding.Error, Code: "date", Row: 7, Message: "want a date"}}
	w.end(t, withFile(r, "users.csv", 6), run.Rejections)
	for who, says := range map[string]string{
		"done": "; applied at 2026-11-", "refused": "; not applied: Lucca says no", "doubtful": "; it is not known yet",
		"left": "is updated; not applied", "same": "so nothing is sent", "bad": "see the findings",
	} {
		got, err := w.Explain(t.Context(), "payroll", who)
		if err != nil || len(got) != 1 || !strings.Contains(got[0].Why, says) {
			t.Errorf("%s: %+v, %v; want %q", who, got, err, says)
		}
		if who == "bad" && (len(got[0].Notes) != 1 || got[0].Notes[0].Code != "date") {
			t.Errorf("%s: %+v", who, got[0].Notes)
		}
	}
	rows, err := w.RowOutcomes(t.Context(), r.ID)
	if err != nil || len(rows) != 3 || rows[1].Step != "refused" || rows[1].Message != "Lucca says no" || rows[1].Action != "update" {
		t.Errorf("row by row: %+v, %v", rows, err)
	}
	held := w.begin(t, "payroll")
	w.keepPlan(t, held, p)
	w.end(t, withFile(held, "users.csv", 6), run.Held)
	if got, err := w.Explain(t.Context(), "payroll", "done"); err != nil || !strings.HasSuffix(got[0].Why, "; but the run is held, and nothing was applied") {
		t.Errorf("held: %+v, %v", got, err)
	}
}

// TestProfilesNameTheirFlows, and what is no profile is refused.
func TestProfilesNameTheirFlows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	list, err := inspect.Profiles(w.Config)
	if err != nil {
		t.Fatal(err)
	}
	builtin, err := inspect.Profiles(nil)
	if err != nil || len(builtin) != len(list) {
		t.Errorf("%d built in, %d configured, %v", len(builtin), len(list), err)
	}
	for _, p := range list {
		if used := p.Name == "skillup"; used != (len(p.Flows) == 1) || len(p.Columns) == 0 || p.Columns[0].Header == "" {
			t.Errorf("%+v", p)
		}
	}
	if _, err := inspect.OneProfile("none-of-them"); !errors.Is(err, run.ErrUsage) {
		t.Errorf("%v", err)
	}
}
