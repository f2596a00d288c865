package inspect_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// TestDetailOfAnImport has its steps in the order of time, what each row set from what to what,
// and who decided.
func TestDetailOfAnImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	r := w.begin(t, "payroll")
	w.keepPlan(t, r, users())
	taken := pickup.Record{Flow: "payroll", Remote: "in", Name: "users.csv", Size: 7, ModTime: w.clock, Run: r.ID, Step: pickup.StepFetched, At: w.clock.Add(time.Minute)}
	if ok, err := w.store.Pickups().Claim(t.Context(), taken); !ok || err != nil {
		t.Fatal(ok, err)
	}
	for item, minute := range []int{4, 3, 5} { // in any order
		o := apply.Outcome{Run: r.ID, Item: item, Row: item + 2, EmployeeID: item + 1, Action: plan.Update, Step: apply.Applied, At: w.clock.Add(time.Duration(minute) * time.Minute)}
		if err := w.store.Plans().SaveRow(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.store.Audit().Append(t.Context(), audit.Entry{At: w.clock.Add(2 * time.Minute), Who: "ana", From: "cli", Act: audit.Approve, Run: r.ID, Flow: r.Flow}); err != nil {
		t.Fatal(err)
	}
	r.Findings = []finding.Finding{{Severity: finding.Error, Code: "date", Row: 7, Message: "want a date"}}
	r = w.end(t, withFile(r, "users.csv", 6), run.Rejections)

	d, err := w.Detail(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, s := range d.Steps {
		steps = append(steps, strings.TrimSpace(string(s.Code)+" "+s.Name))
	}
	if want := []string{"started", "taken users.csv", "approve ana", "applying", "applied", "ended"}; !slices.Equal(steps, want) {
		t.Errorf("steps %q, want %q", steps, want)
	}
	if len(d.Outcomes) != 3 || d.Outcomes[0].Set[plan.Mail] != (plan.DocumentChange{From: "a", To: "b"}) {
		t.Errorf("outcomes %+v", d.Outcomes)
	}
	if d.Plan == nil || d.Plan.Hash == "" || d.Overtaken != nil || len(d.Acts) != 1 || len(d.Causes) != 1 {
		t.Errorf("%+v", d)
	}
	if _, err := w.Detail(t.Context(), "ffff0000"); !errors.Is(err, run.ErrUsage) {
		t.Errorf("none: %v", err)
	}
}

// TestDetailOfAnExport has the receipts of what arrived, and no plan.
func TestDetailOfAnExport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	r := w.begin(t, "nightly")
	for name, step := range map[string]delivery.Step{"users.csv": delivery.StepDelivered, "users.csv.done": delivery.StepFailed} {
		err := w.store.Deliveries().Save(t.Context(), delivery.Record{
			Run: r.ID, Flow: "nightly", Remote: "out", Name: name, Step: step, Bytes: 7, SHA256: "c0ffee",
			Peer: remote.Peer{Address: "partner:22", Protocol: "sftp", Key: "SHA256:x"}, At: w.clock.Add(time.Minute),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	r = w.end(t, withFile(r, "users.csv", 3), run.Done)
	d, err := w.Detail(t.Context(), r.ID)
	want := inspect.Receipt{Remote: "out", Name: "users.csv", Bytes: 7, SHA256: "c0ffee", Address: "partner:22", Protocol: "sftp", Key: "SHA256:x", At: w.clock.Add(time.Minute)}
	if err != nil || len(d.Receipts) != 1 || d.Receipts[0] != want || d.Plan != nil || d.Steps[1].Code != inspect.StepDelivered {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := w.PlanOf(t.Context(), r.ID); !errors.Is(err, run.ErrUsage) {
		t.Errorf("its plan: %v", err)
	}
}

// TestFindingsOfOneCauseStandTogether: what many people under one manager have is said once.
func TestFindingsOfOneCauseStandTogether(t *testing.T) {
	t.Parallel()
	left := finding.Finding{Severity: finding.Warning, Code: "manager_left", Column: "manager", Message: "employee 7 has left"}
	var listed []finding.Finding
	for row := range 3 {
		f := left.At(row+2, 3)
		listed = append(listed, f)
	}
	listed = append(listed, finding.Finding{Severity: finding.Error, Code: "date", Row: 9, Message: "want a date"}, finding.Finding{Severity: finding.Warning, Code: "file", Message: "of the whole"})
	got := inspect.Causes(listed, []finding.Omitted{{Severity: finding.Warning, Code: "manager_left", Count: 40}})
	want := []inspect.Cause{
		{Severity: finding.Error, Code: "date", Message: "want a date", Count: 1, Rows: []int{9}},
		{Severity: finding.Warning, Code: "manager_left", Count: 40},
		{Severity: finding.Warning, Code: "manager_left", Column: "manager", Message: "employee 7 has left", Count: 3, Rows: []int{2, 3, 4}},
		{Severity: finding.Warning, Code: "file", Message: "of the whole", Count: 1},
	}
	same := func(a, b inspect.Cause) bool {
		return slices.Equal(a.Rows, b.Rows) && a.Severity == b.Severity && a.Code == b.Code && a.Column == b.Column && a.Message == b.Message && a.Count == b.Count
	}
	if !slices.EqualFunc(got, want, same) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestAManagerWhoLeftIsOneCause of a partner's file, with those who are under them, whatever cells it
// leaves empty.
func TestAManagerWhoLeftIsOneCause(t *testing.T) {
	t.Parallel()
	var listed []finding.Finding
	for row, id := range []int{114, 115, 135} {
		for column, key := range []string{"manager_number", "manager_email"} {
			f := finding.Finding{Severity: finding.Warning, Code: "manager_left", Column: key, Message: fmt.Sprintf("Lucca id %d: the person referred to (Lucca id 7) has left", id)}
			listed = append(listed, f.At(row+2, column))
		}
	}
	listed = append(listed, finding.Finding{Severity: finding.Warning, Code: "unexplained_drop", Message: "Lucca id 9 was in the last file"})
	got := inspect.Causes(listed, nil)
	want := []inspect.Cause{
		{Severity: finding.Warning, Code: "manager_left", Column: "manager_number", Columns: []string{"manager_number", "manager_email"}, Message: "the person referred to (Lucca id 7) has left", Count: 6, Rows: []int{2, 3, 4}, Employees: []int{114, 115, 135}},
		{Severity: finding.Warning, Code: "unexplained_drop", Message: "was in the last file", Count: 1, Employees: []int{9}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestAHeldPlanIsShown as it was kept, with its hash, until when it can be approved, and that a
// newer file overtook it.
func TestAHeldPlanIsShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	r := w.begin(t, "payroll")
	p := users()
	w.keepPlan(t, r, p)
	r.Limits = []run.Limit{{Name: "max_ends", Value: "2", Bound: "1", Held: true}}
	r.Findings = []finding.Finding{{Severity: finding.Error, Code: "date", Row: 7, Message: "want a date"}}
	r = w.end(t, withFile(r, "users.csv", 6), run.Held)
	v, err := w.PlanOf(t.Context(), r.ID[:len(r.ID)-1])
	if err != nil {
		t.Fatal(err)
	}
	if v.Run != r.ID || v.Outcome != run.Held || v.Plan.Hash != p.Hash() || v.Plan.File != "users.csv" || v.Plan.Flow != "payroll" || v.Expires.IsZero() || v.Overtaken != nil {
		t.Errorf("%+v", v)
	}
	if len(v.Plan.Items) != 6 || len(v.People) != 6 || len(v.Plan.Limits) != 1 || !v.Plan.Limits[0].Held || len(v.Plan.Findings) != 1 || v.Plan.Changes.Update != 4 {
		t.Errorf("%+v", v.Plan)
	}
	later := w.end(t, withFile(w.begin(t, "payroll"), "users_2.csv", 3), run.Done)
	if v, err = w.PlanOf(t.Context(), r.ID); err != nil || v.Overtaken == nil || v.Overtaken.By != later.ID {
		t.Errorf("overtaken: %+v, %v", v.Overtaken, err)
	}
}

// TestAPageOfAHeldRunLooksAgain where the run has ended since it was read: else who approved it would
// see it held for ever.
func TestAPageOfAHeldRunLooksAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	read := w.end(t, withFile(w.begin(t, "payroll"), "users.csv", 6), run.Held)
	works := func(r state.Record) bool {
		t.Helper()
		works, err := inspect.Works(t.Context(), w.Inspector, r)
		if err != nil {
			t.Fatal(err)
		}
		return works
	}
	if works(read) {
		t.Error("a held run is at work")
	}
	if err := w.store.Runs().Reject(t.Context(), read.ID, w.clock); err != nil {
		t.Fatal(err)
	}
	if !works(read) {
		t.Error("the page stays as it was")
	}
	now, err := w.Run(t.Context(), read.ID)
	if err != nil || works(now) {
		t.Errorf("a run that has ended is at work, %v", err)
	}
}

// TestTheInboxHasWhomAPersonDecidesOn: held and refused hires, not those that wait for the next
// run; with the run that those are part of which are decided on together.
func TestTheInboxHasWhomAPersonDecidesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	start := roster.DateOf(w.clock)
	event, err := json.Marshal(hire.Event{FirstName: "Maëlle", LastName: "Kerjean", JobTitle: "Vendeuse", Department: "Support", ContractStart: start})
	if err != nil {
		t.Fatal(err)
	}
	r := w.begin(t, "hires")
	at := w.clock
	stored, err := w.store.HireBook().AddHires(t.Context(), []state.Hire{
		{Flow: "hires", EventID: "1", State: state.HireHeld, Received: at, Updated: at, Data: event},
		{Flow: "hires", EventID: "2", State: state.HireHeld, Reason: "namesake", Received: at.Add(-time.Hour), Updated: at, Data: event},
		{Flow: "hires", EventID: "3", State: state.HireRefused, Reason: "no department", Received: at.Add(-2 * time.Hour), Updated: at},
		{Flow: "hires", EventID: "4", State: state.HireReceived, Received: at, Updated: at, Data: event},
		{Flow: "hires", EventID: "5", State: state.HireApplied, Received: at, Updated: at, Data: event},
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		h := stored[n].Hire
		h.Run = r.ID
		if err := w.store.HireBook().SaveHires(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	p := inspect.Plan{Plan: &plan.Plan{Items: []plan.Item{{Row: 2, Action: plan.Create}}}, Hires: map[int]string{2: stored[0].ID}}
	w.keepPlan(t, r, p)
	w.end(t, r, run.Held)
	list, err := w.Inbox(t.Context())
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	if c := list[0]; c.ID != stored[0].ID || c.With != r.ID || c.Name != "Maëlle Kerjean" || c.JobTitle != "Vendeuse" || c.ContractStart != start {
		t.Errorf("with its run: %+v", c)
	}
	if c := list[1]; c.With != "" || c.Reason != "namesake" {
		t.Errorf("by itself: %+v", c)
	}
	if c := list[2]; c.With != "" || c.Name != "" || c.State != state.HireRefused {
		t.Errorf("refused, and purged: %+v", c)
	}
	flows, err := w.Flows(t.Context(), w.clock)
	if err != nil {
		t.Fatal(err)
	}
	var codes []inspect.NeedCode
	for _, n := range inspect.Needs(flows, list, nil) {
		codes = append(codes, n.Code)
	}
	if want := []inspect.NeedCode{inspect.NeedApproval, inspect.NeedHire, inspect.NeedHire}; !slices.Equal(codes, want) {
		t.Errorf("needs %q, want %q", codes, want)
	}
	w.Store = nil
	if list, err := w.Inbox(t.Context()); err != nil || list == nil {
		t.Errorf("without a state: %+v, %v", list, err)
	}
}

// TestWhatNeedsAPersonIsSortedByHowPressingItIs.
func TestWhatNeedsAPersonIsSortedByHowPressingItIs(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)
	got := inspect.Needs([]inspect.FlowState{
		{Name: "a", Run: "r1", Outcome: run.Rejections, Rows: run.Rows{Rejected: 4}, LastRun: at, Warnings: map[string]int{"same_name": 2, "has_left": 1}},
		{Name: "b", Run: "r2", Outcome: run.Failed, Reason: "no file", LastRun: at, Overdue: at, Stuck: []inspect.StuckFile{{Name: "f", Run: "r2"}}},
		{Name: "c", ToApprove: []inspect.HeldRun{{Run: "r3", Reason: "max_ends"}}, Overtaken: []inspect.Overtaken{{Run: "r4", ToDo: "reject it"}}},
		{Name: "d", Outcome: run.Done},
		{Name: "e", Run: "r5", Outcome: run.Done, LastRun: at, Warnings: map[string]int{"has_left": 2}},
		{Name: "f", Kind: run.Hires, Run: "r6", Outcome: run.Rejections, Rows: run.Rows{Rejected: 1}}, // is the candidate below
	}, []inspect.Candidate{{Hire: inspect.Hire{Flow: "f", ID: "h1", Reason: "same name"}}}, []config.End{{Kind: config.EndOwnKey, Flow: "a", At: at}, {Kind: config.EndServer, Remote: "pdlf", At: at}})
	want := []inspect.Need{
		{Code: inspect.NeedApproval, Flow: "c", Run: "r3", Because: "max_ends"},
		{Code: inspect.NeedRejection, Flow: "c", Run: "r4", Because: "reject it"},
		{Code: inspect.NeedHire, Flow: "f", Hire: "h1", Because: "same name"},
		{Code: inspect.NeedDaemon, Flow: "b", Since: at},
		{Code: inspect.NeedRepair, Flow: "b", Run: "r2", Since: at, Because: "no file"},
		{Code: inspect.NeedFile, Flow: "b", Run: "r2", File: "f"},
		{Code: inspect.NeedServer, Remote: "pdlf", EndsAt: at},
		{Code: inspect.NeedOwnKey, Flow: "a", EndsAt: at},
		{Code: inspect.NeedMending, Flow: "a", Run: "r1", Count: 4, Warnings: 3, Since: at},
		{Code: inspect.NeedLook, Flow: "e", Run: "r5", Count: 2, Since: at},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestThePersonTimeLine goes over all flows and runs, by what a person is called now and then by
// their id; runs that say the same stand together.
func TestThePersonTimeLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "http://127.0.0.1:1")
	file := func(outcome run.Outcome, people ...export.Person) state.Record {
		r := w.begin(t, "nightly")
		data, err := (export.Snapshot{People: people}).Encode()
		if err != nil {
			t.Fatal(err)
		}
		if err := w.store.Deliveries().SaveSnapshot(t.Context(), r.ID, data, nil); err != nil {
			t.Fatal(err)
		}
		return w.end(t, withFile(r, "users.csv", 1), outcome)
	}
	first := file(run.Done, export.Person{ID: 7, Login: "maiden", Decision: export.Upcoming})
	file(run.Done, export.Person{ID: 7, Login: "maiden", Decision: export.Sent, Row: 2})
	last := file(run.Done, export.Person{ID: 7, Login: "maiden", Decision: export.Sent, Row: 3}, export.Person{ID: 8, Login: "other"})
	change := w.begin(t, "payroll")
	w.keepPlan(t, change, inspect.Plan{
		Plan: &plan.Plan{Items: []plan.Item{{
			Row: 2, Action: plan.Update, EmployeeID: 7, Set: plan.SetOf(map[string]plan.Change{plan.Login: {From: "maiden", To: "married"}}),
		}}},
		People: []explain.Person{{Login: "married"}},
	})
	if err := w.store.Plans().SaveRow(t.Context(), apply.Outcome{Run: change.ID, Row: 2, EmployeeID: 7, Action: plan.Update, Step: apply.Applied, At: w.clock}); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Audit().Append(t.Context(), audit.Entry{At: w.clock, Who: "ana", From: "cli", Act: audit.Approve, Run: change.ID, Flow: "payroll"}); err != nil {
		t.Fatal(err)
	}
	w.end(t, withFile(change, "users.csv", 1), run.Done)
	w.end(t, w.begin(t, "nightly"), run.Failed) // nothing is kept of it

	line, err := w.Person(t.Context(), "married", 0)
	if err != nil || len(line) != 3 {
		t.Fatalf("%+v, %v", line, err)
	}
	if e := line[0]; e.Kind != run.Import || e.Set[plan.Login].From != "maiden" || !strings.Contains(e.Why, "; applied at ") || !slices.Equal(e.ApprovedBy, []string{"ana"}) {
		t.Errorf("the change: %+v", e)
	}
	if e := line[1]; e.Decision != export.Sent || e.Runs != 2 || e.Run != last.ID || !e.At.Equal(last.StartedAt) || !e.Since.Equal(last.StartedAt.Add(-24*time.Hour)) {
		t.Errorf("the files: %+v", e)
	}
	if e := line[2]; e.Decision != export.Upcoming || e.Run != first.ID || e.Runs != 1 {
		t.Errorf("before: %+v", e)
	}
	if line, err := w.Person(t.Context(), "nobody", 0); err != nil || len(line) != 0 {
		t.Errorf("nobody: %+v, %v", line, err)
	}
	if line, err := w.Person(t.Context(), "7", 3); err != nil || len(line) != 2 {
		t.Errorf("in the newest runs: %+v, %v", line, err)
	}
	w.Store = nil
	if line, err := w.Person(t.Context(), "7", 0); err != nil || len(line) != 0 {
		t.Errorf("without a state: %+v, %v", line, err)
	}
}
