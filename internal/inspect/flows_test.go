package inspect_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/run"
)

// flow is how a flow of the world stands now.
func (w *world) flow(t *testing.T, name string) inspect.FlowState {
	t.Helper()
	list, err := w.Flows(t.Context(), w.clock)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(s inspect.FlowState) bool { return s.Name == name })
	if i < 0 || len(list) != len(w.Config.Flows) {
		t.Fatalf("the flows are %+v", list)
	}
	return list[i]
}

// TestFlowsBeforeTheFirstRun are listed with their next slot, in the zone of the flow, and without
// asking a state that is not there.
func TestFlowsBeforeTheFirstRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	w.Store, w.Queue = nil, nil
	s := w.flow(t, "nightly")
	if s.Kind != run.Export || s.Outcome != "" || s.Note != "" || s.Next.Format(time.RFC3339) != "2026-11-20T22:59:00+01:00" {
		t.Errorf("nightly: %+v", s)
	}
	b, err := json.Marshal(s)
	if want := `{"flow":"nightly","kind":"export","next":"2026-11-20T22:59:00+01:00"}`; err != nil || string(b) != want {
		t.Errorf("the document is %s, %v; want %s", b, err, want)
	}
	if s := w.flow(t, "payroll"); s.Kind != run.Import || !s.Next.IsZero() {
		t.Errorf("payroll: %+v", s)
	}
}

// TestFlowsSayWhatIsToBeLookedAt of the queue, and of the last run that ended.
func TestFlowsSayWhatIsToBeLookedAt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	first := w.begin(t, "payroll")
	first.Findings = []finding.Finding{
		{Severity: finding.Warning, Code: "same_name"}, {Severity: finding.Warning, Code: "same_name"}, {Severity: finding.Warning, Code: "usual"},
	}
	first.Omitted = []finding.Omitted{{Severity: finding.Warning, Code: "manager_left", Count: 40}}
	first = w.end(t, withFile(first, "users.csv", 3), run.Done)
	second := w.begin(t, "payroll")
	w.queue = map[string]inspect.Queue{"payroll": {
		Overdue: w.clock.Add(-time.Hour), Missed: 2, Running: second.ID, Waiting: []string{"next", "after"},
	}}
	s := w.flow(t, "payroll")
	if s.Run != first.ID || s.Outcome != run.Done || s.Running != second.ID || !s.LastRun.Equal(first.FinishedAt) || s.LastRun.Location().String() != "Europe/Paris" {
		t.Errorf("%+v", s)
	}
	want := "overdue since " + w.clock.Add(-time.Hour).Format("2006-01-02 15:04") + ": is serve up?; slots missed in the last 7 days: 2; " +
		"warnings of run " + first.ID + " to look at: manager_left ×40, same_name ×2; run " + second.ID + " is at work; run next waits for its turn"
	if s.Note != want {
		t.Errorf("the note is\n%s\nwant\n%s", s.Note, want)
	}
}

// TestFlowsCountWhatWaitsForAPerson.
func TestFlowsCountWhatWaitsForAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	held := w.end(t, withFile(w.begin(t, "payroll"), "users_1.csv", 3), run.Held)
	if s := w.flow(t, "payroll"); s.Held != 1 || s.Note != "run "+held.ID+" waits for approval" {
		t.Errorf("%+v", s)
	}
	w.end(t, withFile(w.begin(t, "payroll"), "users_2.csv", 3), run.Held)
	if s := w.flow(t, "payroll"); s.Held != 2 || s.Note != "runs that wait for approval: 2" {
		t.Errorf("%+v", s)
	}
}

// TestFlowsNameRunsThatWereOvertaken: nobody can approve them any more, and the rows of a delta
// file are in no later one.
func TestFlowsNameRunsThatWereOvertaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	delta := w.end(t, withFile(w.begin(t, "payroll"), "users_1.csv", 3), run.Held)
	later := w.end(t, withFile(w.begin(t, "payroll"), "users_2.csv", 3), run.Done)
	s := w.flow(t, "payroll")
	want := inspect.Overtaken{
		Run: delta.ID, By: later.ID,
		ToDo: "reject run " + delta.ID + ` and drop "users_1.csv" again, which is in failed/ then: its rows are planned anew against Lucca as it is now`,
		Left: `drop "users_1.csv" again, which is in failed/ then: its rows are planned anew against Lucca as it is now`,
	}
	if s.Held != 1 || len(s.Overtaken) != 1 || s.Overtaken[0] != want {
		t.Errorf("overtaken: %+v", s)
	}
	if note := "run " + delta.ID + " is held, and run " + later.ID + " was done with a newer file: " + want.ToDo; s.Note != note {
		t.Errorf("the note is\n%s\nwant\n%s", s.Note, note)
	}
	if b, err := json.Marshal(s); err != nil || !strings.Contains(string(b), `"overtaken":[{"run":"`+delta.ID+`","by":"`+later.ID+`","to_do":"reject run`) {
		t.Errorf("the document is %s, %v", b, err)
	}
	newer := w.end(t, withFile(w.begin(t, "payroll"), "users_3.csv", 3), run.Held)
	if s := w.flow(t, "payroll"); s.Held != 2 || len(s.Overtaken) != 1 || !strings.HasPrefix(s.Note, "run "+newer.ID+" waits for approval; run "+delta.ID+" is held") {
		t.Errorf("a run that is held after that is not overtaken: %+v", s)
	}
}

// TestWhatToDoAboutAnOvertakenRun depends on what the newer file has.
func TestWhatToDoAboutAnOvertakenRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	full := w.end(t, withFile(w.begin(t, "full"), "full_1.xlsx", 3), run.Held)
	w.end(t, withFile(w.begin(t, "full"), "full_2.xlsx", 3), run.Done)
	if s := w.flow(t, "full"); len(s.Overtaken) != 1 || s.Overtaken[0].ToDo != "reject run "+full.ID+"; the newer file has everybody" {
		t.Errorf("full: %+v", s)
	}
	export := w.end(t, withFile(w.begin(t, "nightly"), "users_1.csv", 3), run.Held)
	if s := w.flow(t, "nightly"); len(s.Overtaken) != 0 {
		t.Errorf("nothing was delivered yet: %+v", s)
	}
	sent := w.begin(t, "nightly")
	if err := w.store.Deliveries().Save(t.Context(), delivery.Record{Run: sent.ID, Flow: "nightly", Remote: "out", Name: "users_2.csv", Step: delivery.StepDelivered, At: w.clock}); err != nil {
		t.Fatal(err)
	}
	w.end(t, withFile(sent, "users_2.csv", 3), run.Done)
	if s := w.flow(t, "nightly"); len(s.Overtaken) != 1 || s.Overtaken[0].ToDo != "reject run "+export.ID+", so that the partner keeps the newer file" {
		t.Errorf("nightly: %+v", s)
	}
}

// TestFlowsNameFilesThatAreStuck where a run took them to which is over; not those of a run that
// waits for a person, or is at work.
func TestFlowsNameFilesThatAreStuck(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	for _, tt := range []struct {
		outcome run.Outcome
		stuck   int
	}{{run.Held, 0}, {run.Failed, 1}, {"", 1}} {
		r := w.begin(t, "payroll")
		name := "users_" + r.ID + ".csv"
		taken := pickup.Record{Flow: "payroll", Remote: "in", Name: name, Size: 7, ModTime: w.clock, Run: r.ID, Step: pickup.StepMoved, Place: "in-progress/" + name, At: w.clock}
		if ok, err := w.store.Pickups().Claim(t.Context(), taken); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if tt.outcome != "" {
			w.end(t, withFile(r, name, 3), tt.outcome)
		}
		s := w.flow(t, "payroll")
		if len(s.Stuck) != tt.stuck {
			t.Errorf("%s: %+v", tt.outcome, s.Stuck)
		}
		if tt.outcome == run.Failed && (s.Stuck[0].Place != taken.Place || s.Stuck[0].Run != r.ID || !strings.Contains(s.Note, `"`+name+`" is still where run `+r.ID)) {
			t.Errorf("%+v", s)
		}
	}
}
