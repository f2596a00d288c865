package change_test

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/step"
)

// desk plans changes of one tenant.
type desk struct {
	*flowtest.World
	Store change.Store
	t     testing.TB
	set   change.Settings
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	w := flowtest.New(t, sandbox.NewCompany(40, 1, time.Now()))
	store := struct {
		flow.Lookup
		flow.Restores
		change.Plans
	}{&w.State.History, &w.State.Upkeep, &w.State.Plans}
	return &desk{w, store, t, change.Settings{
		Tenant: "https://acme", Zone: time.UTC, Approval: plan.ApproveLimits, Approved: flow.Settings{"import.mode": "1"},
		Roster: roster.Settings{Day: roster.DateOf(time.Now())},
	}}
}

func (d *desk) deps() change.Deps {
	return change.Deps{Lucca: d.Lucca(), Store: d.Store, Logger: slog.New(slog.DiscardHandler), Progress: func(int, int) {}}
}

// staff are n people who are there and can be changed.
func (d *desk) staff(n int) []sandbox.User {
	d.t.Helper()
	var staff []sandbox.User
	today := sandbox.DayOf(time.Now())
	for _, p := range d.Tenant.Users() {
		if last := p.Contracts[len(p.Contracts)-1]; p.Mail != "" && last.Start <= today && last.End == 0 {
			staff = append(staff, p)
		}
	}
	return staff[:n]
}

// titles are rows that give people a title.
func titles(people []sandbox.User, title string) plan.Table {
	t := plan.Table{Columns: []plan.Column{{Code: plan.Login, Header: "login"}, {Code: "jobTitle", Index: 1, Header: "jobTitle"}}}
	for i, p := range people {
		t.Rows = append(t.Rows, plan.Row{Number: i + 2, Cells: []string{p.Login, title}})
	}
	return t
}

// planned is a plan of rows.
func (d *desk) planned(t plan.Table) change.Planned {
	d.t.Helper()
	q := plan.Query(t.Columns, d.set.Policy)
	people, err := change.Read(d.t.Context(), d.deps(), d.set, q)
	if err != nil {
		d.t.Fatal(err)
	}
	p, err := change.Plan(d.t.Context(), d.deps(), d.set, t, people)
	if err != nil {
		d.t.Fatal(err)
	}
	p.Query = q
	return p
}

// kept is a plan that is kept as that of a run which has begun.
func (d *desk) kept(t plan.Table) (change.Planned, state.Record) {
	d.t.Helper()
	p, record := d.planned(t), d.Begin("users", run.Import)
	p.Origin = record.ID
	if err := change.Keep(d.t.Context(), d.Store, d.set, &p, record); err != nil {
		d.t.Fatal(err)
	}
	return p, record
}

// title is that of somebody in Lucca.
func (d *desk) title(id int) string {
	d.t.Helper()
	for _, u := range d.Tenant.Users() {
		if u.ID == id {
			return u.JobTitle
		}
	}
	return ""
}

// TestPlanIsKeptAndCarriedOut as it was made, once, and counted.
func TestPlanIsKeptAndCarriedOut(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	people := d.staff(3)
	p, record := d.kept(titles(people, "Chef"))
	var r flow.Result
	p.Describe(&r, 3)
	if r.Plan != p.Plan || r.Changes.Update != 3 || r.Rows.Read != 3 {
		t.Errorf("described as %+v %+v", r.Changes, r.Rows)
	}
	got, err := change.Recall(t.Context(), d.Store, d.set, record.ID, true)
	if err != nil || got.Plan.Hash() != p.Plan.Hash() || got.Origin != record.ID || got.People != nil || !reflect.DeepEqual(got.Query, p.Query) {
		t.Fatalf("recalled %+v, %v", got, err)
	}
	applied, err := change.Apply(t.Context(), d.deps(), got, nil, record)
	if err != nil {
		t.Fatal(err)
	}
	applied.Note(&r)
	if !r.Sent || r.Changes.Update != 3 || r.Rows.Sent != 3 || r.Rows.Read != 3 || len(applied.Open()) != 0 {
		t.Errorf("noted %+v %+v, open %v", r.Changes, r.Rows, applied.Open())
	}
	if err := change.Close(t.Context(), d.Store, applied, true); err != nil {
		t.Errorf("nothing is open: %v", err)
	}
	for _, u := range people {
		if d.title(u.ID) != "Chef" {
			t.Errorf("%s is %q", u.Login, d.title(u.ID))
		}
	}
	if ids, err := change.PeopleOf(t.Context(), d.Store, record.ID); err != nil || len(ids) != 3 || !slices.Contains(ids, people[0].ID) {
		t.Errorf("people of the file: %v %v", ids, err)
	}
	// What nothing was done of is not counted.
	var untouched flow.Result
	if (change.Applied{}).Note(&untouched); untouched.Sent || untouched.Changes != nil {
		t.Errorf("%+v", untouched)
	}
}

// TestPlanOfAnEarlierVersion, which had all in one object, can still be approved and explained.
func TestPlanOfAnEarlierVersion(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p, record := d.planned(titles(d.staff(2), "Chef")), d.Begin("users", run.Import)
	var encoded bytes.Buffer
	if err := p.Plan.Encode(&encoded); err != nil {
		t.Fatal(err)
	}
	err := d.State.Plans.SavePlan(t.Context(), state.PlanRecord{Run: record.ID, Flow: record.Flow, Hash: p.Plan.Hash(), Write: func(w io.Writer) error {
		_, err := fmt.Fprintf(w, `{"query":{},"tenant":"https://acme","configured":{"import.mode":"1"},"plan":%s,"people":[{},{}]}`, &encoded)
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := change.Recall(t.Context(), d.Store, d.set, record.ID, true); err != nil || got.Plan.Hash() != p.Plan.Hash() {
		t.Errorf("recalled %+v, %v", got, err)
	}
	kept, err := d.State.Plans.Plan(t.Context(), record.ID)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := change.ReadPlan(kept, true); err != nil || len(s.People) != 2 || len(s.Plan.Items) != len(p.Plan.Items) {
		t.Errorf("read %+v, %v", s, err)
	}
}

// TestPeopleOfAPlanThatIsNotKept are none.
func TestPeopleOfAPlanThatIsNotKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if ids, err := change.PeopleOf(t.Context(), d.Store, "none"); err != nil || ids != nil {
		t.Errorf("%v %v", ids, err)
	}
}

// TestPlanIsForTheFlowAsItWas: one that is approved for all of its settings, one that goes on for
// the same Lucca.
func TestPlanIsForTheFlowAsItWas(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, record := d.kept(titles(d.staff(1), "Chef"))
	other, changed := d.set, d.set
	other.Tenant = "https://other"
	changed.Approved = flow.Settings{"import.mode": "2"}
	for _, approved := range []bool{true, false} {
		if _, err := change.Recall(t.Context(), d.Store, other, record.ID, approved); !errors.Is(err, flow.ErrChanged) || !errors.Is(err, run.ErrUsage) {
			t.Errorf("another Lucca, approved %v: %v", approved, err)
		}
	}
	if _, err := change.Recall(t.Context(), d.Store, changed, record.ID, true); !errors.Is(err, flow.ErrChanged) {
		t.Errorf("approved: %v", err)
	}
	if _, err := change.Recall(t.Context(), d.Store, changed, record.ID, false); err != nil {
		t.Errorf("going on: %v", err)
	}
	if _, err := change.Recall(t.Context(), d.Store, d.set, "none", true); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("no plan: %v", err)
	}
}

// TestInterruptedPlanComesFirst: this run's own, or that of an earlier one.
func TestInterruptedPlanComesFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, first := d.kept(titles(d.staff(1), "Chef"))
	interrupted := func(r state.Record, want string) {
		t.Helper()
		if got, err := change.Interrupted(t.Context(), d.Store, r, ""); err != nil || got != want {
			t.Errorf("interrupted is %q (%v), want %q", got, err, want)
		}
	}
	interrupted(first, "") // nothing was begun of it
	for _, s := range []state.PlanState{state.PlanApplying, state.PlanApplied} {
		if err := d.State.Plans.SetPlanState(t.Context(), first.ID, s); err != nil {
			t.Fatal(err)
		}
		interrupted(first, first.ID)
	}
	if err := d.State.Plans.SetPlanState(t.Context(), first.ID, state.PlanApplying); err != nil {
		t.Fatal(err)
	}
	first.Outcome, first.FinishedAt = run.Failed, flow.Now()
	if err := d.State.Runs.Finish(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	_, next := d.kept(titles(d.staff(1), "Chef")) // of which nothing was begun
	interrupted(next, first.ID)
	if err := d.State.Plans.SetPlanState(t.Context(), next.ID, state.PlanDropped); err != nil {
		t.Fatal(err)
	}
	interrupted(next, first.ID)
	interrupted(d.Begin("others", run.Import), "")
}

// TestPlanExpires: nobody approves what was planned too long ago.
func TestPlanExpires(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p, record := d.kept(titles(d.staff(1), "Chef"))
	if err := change.Unexpired(t.Context(), d.Store, record, time.UTC); err != nil {
		t.Errorf("a new one: %v", err)
	}
	kept, err := d.State.Plans.Plan(t.Context(), record.ID)
	if days := time.Until(kept.Expires).Hours() / 24; err != nil || days < 6.9 || days > 7 {
		t.Errorf("it is good for %.1f days, %v", days, err)
	}
	old := d.Begin("others", run.Import)
	stored := change.Stored{Plan: p.Plan}
	if err := d.State.Plans.SavePlan(t.Context(), state.PlanRecord{Run: old.ID, Flow: "others", Hash: p.Plan.Hash(), Write: stored.Write, Expires: flow.Now().Add(-time.Minute)}); err != nil {
		t.Fatal(err)
	}
	if err := change.Unexpired(t.Context(), d.Store, old, time.UTC); !errors.Is(err, flow.ErrExpired) || !errors.Is(err, run.ErrUsage) {
		t.Errorf("an old one: %v", err)
	}
	lasting := d.Begin("more", run.Import)
	if err := change.Unexpired(t.Context(), d.Store, lasting, time.UTC); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("none: %v", err)
	}
	err = d.State.Plans.SavePlan(t.Context(), state.PlanRecord{Run: lasting.ID, Flow: "more", Hash: p.Plan.Hash(), Write: stored.Write})
	if err = errors.Join(err, change.Unexpired(t.Context(), d.Store, lasting, time.UTC)); err != nil {
		t.Errorf("one that never expires: %v", err)
	}
}

// TestVerdict: each reason holds a run, and each limit is stated.
func TestVerdict(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.planned(titles(d.staff(2), "Chef"))
	held := func(set change.Settings, before change.Previous) (r flow.Result, names []string) {
		change.Judge(p, set, before).Note(&r)
		for _, l := range r.Limits {
			if l.Held {
				names = append(names, l.Name)
			}
			if l.Reason != "" {
				t.Errorf("the reason of limit %s is kept twice", l.Name)
			}
		}
		return r, names
	}
	if r, names := held(d.set, change.Previous{Rows: 2}); r.Outcome != "" || len(names) != 0 || len(r.Limits) == 0 {
		t.Errorf("within the limits: %s %q", r.Outcome, names)
	}
	always, first, full := d.set, d.set, d.set
	full.Policy.Mode = plan.Full
	always.Approval, first.Approval = plan.ApproveAlways, plan.ApproveFirst
	for name, tt := range map[string]struct {
		set    change.Settings
		before change.Previous
		want   []string
	}{
		"approval always":       {always, change.Previous{Rows: 2}, []string{"approval"}},
		"the first one":         {first, change.Previous{First: true}, []string{"approval"}},
		"the second one":        {first, change.Previous{Rows: 2}, nil},
		"after a restore":       {d.set, change.Previous{Rows: 2, Cautious: true}, []string{"restored"}},
		"both":                  {always, change.Previous{Rows: 2, Cautious: true}, []string{"approval", "restored"}},
		"half of the file gone": {full, change.Previous{Rows: 40}, []string{"shrink"}},
	} {
		r, names := held(tt.set, tt.before)
		if !slices.Equal(names, tt.want) || (r.Outcome == run.Held) != (len(tt.want) > 0) || (r.Reason != "") != (len(tt.want) > 0) {
			t.Errorf("%s: held by %q: %s, want %q", name, names, r.Reason, tt.want)
		}
	}
	v := change.Verdict{}.Hold(run.Limit{Name: "a"}, "one").Hold(run.Limit{Name: "b"}, "two")
	if v.Reason != "one; two" || len(v.Limits) != 2 || !v.Limits[0].Held || !v.Limits[1].Held {
		t.Errorf("%+v", v)
	}
}

// TestCaution: the first run that changes Lucca after an older state was put back is for a person.
func TestCaution(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for name, tt := range map[string]struct {
		cautious bool
		title    string
		want     bool
	}{"after a restore": {true, "Chef", true}, "else": {false, "Chef", false}} {
		deps := d.deps()
		deps.Store = cautious{d.Store, tt.cautious}
		if got, err := change.Caution(t.Context(), deps, "users", d.planned(titles(d.staff(1), tt.title))); err != nil || got != tt.want {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
	deps := d.deps()
	deps.Store = cautious{d.Store, true}
	if got, err := change.Caution(t.Context(), deps, "users", d.planned(titles(nil, ""))); err != nil || got {
		t.Errorf("a plan that changes nothing: %v %v", got, err)
	}
	deps.Store = nil
	if got, err := change.Caution(t.Context(), deps, "users", d.planned(titles(d.staff(1), "Chef"))); err != nil || got {
		t.Errorf("before the first run: %v %v", got, err)
	}
}

// TestWhoComesBackIsAChange: a plan that only rehires waits for a person after a restore too.
func TestWhoComesBackIsAChange(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	c := sandbox.NewCompany(40, 1, time.Now())
	left := &c.Users[slices.IndexFunc(c.Users, func(u sandbox.User) bool { return u.ID == d.staff(1)[0].ID })]
	left.Contracts[len(left.Contracts)-1].End = sandbox.DayOf(time.Now().AddDate(0, -2, 0))
	d.SetCompany(c)
	back := plan.Table{
		Columns: []plan.Column{{Code: plan.Login, Header: "login"}, {Code: plan.ContractStart, Index: 1, Header: "start"}},
		Rows:    []plan.Row{{Number: 2, Cells: []string{left.Login, time.Now().AddDate(0, 0, 7).Format("02/01/2006")}}},
	}
	p := d.planned(back)
	if got := p.Plan.Changes(); got != (plan.Changes{Rehire: 1}) {
		t.Fatalf("the plan has %+v", got)
	}
	deps := d.deps()
	deps.Store = cautious{d.Store, true}
	if got, err := change.Caution(t.Context(), deps, "users", p); err != nil || !got {
		t.Errorf("%v %v", got, err)
	}
}

// TestFaultOfAKeyOrAFileAsAWhole stops the run with its sentence, and one of a row does not.
func TestFaultOfAKeyOrAFileAsAWhole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	whole := titles(d.staff(2), "Chef")
	whole.Columns = whole.Columns[1:]
	of := func(table plan.Table) (change.Planned, error) {
		people, err := change.Read(t.Context(), d.deps(), d.set, plan.Query(table.Columns, d.set.Policy))
		if err != nil {
			t.Fatal(err)
		}
		return change.Plan(t.Context(), d.deps(), d.set, table, people)
	}
	if p, err := of(whole); err == nil || !strings.Contains(err.Error(), "identifies the employees, and the file has no such column") || p.Plan == nil {
		t.Errorf("without a column: %v", err)
	}
	row := titles(d.staff(2), "Chef")
	row.Rows[0].Number, row.Rows[0].Cells[1] = 1, "#REF!"
	if p, err := of(row); err != nil || p.Plan.Changes().Reject != 1 || p.Plan.Changes().Update != 1 {
		t.Errorf("one bad row: %v", err)
	}
}

// cautious is a store that was put back, or not.
type cautious struct {
	change.Store
	put bool
}

func (c cautious) Cautious(context.Context, string) (bool, error) { return c.put, nil }

// TestOwnAccountIsAskedFor where a plan may end somebody, and only there; a key without one is no
// fault, and one that cannot be asked is.
func TestOwnAccountIsAskedFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	with := func(code string) plan.Table {
		t := titles(d.staff(1), "Chef")
		t.Columns = append(t.Columns, plan.Column{Code: code, Index: 2, Header: "day"})
		t.Rows[0].Cells = append(t.Rows[0].Cells, "")
		return t
	}
	ends := with(plan.ContractEnd)
	for name, tt := range map[string]struct {
		table  plan.Table
		policy plan.Policy
		answer error
		asked  int
		fails  bool
	}{
		"titles":         {table: titles(d.staff(1), "Chef")},
		"ends":           {table: ends, asked: 1},
		"starts to come": {table: with(plan.ContractStart), asked: 1},
		"the absent end": {table: titles(d.staff(1), "Chef"), policy: plan.Policy{OnAbsent: plan.EndAbsent}, asked: 1},
		"no account":     {table: ends, asked: 1, answer: lucca.ErrNotFound},
		"no right":       {table: ends, asked: 1, answer: lucca.ErrForbidden},
		"no such route":  {table: ends, asked: 1, answer: lucca.ErrRejected},
		"Lucca is away":  {table: ends, asked: 1, answer: lucca.ErrUnavailable, fails: true},
	} {
		client := &known{Lucca: d.Lucca(), answer: tt.answer}
		deps, set := d.deps(), d.set
		deps.Lucca, set.Policy = client, tt.policy
		people, err := change.Read(t.Context(), deps, set, plan.Query(tt.table.Columns, tt.policy))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := change.Plan(t.Context(), deps, set, tt.table, people); (err != nil) != tt.fails || client.asked != tt.asked {
			t.Errorf("%s: asked %d times, %v", name, client.asked, err)
		}
	}
}

// known is a Lucca that is asked whose key it is.
type known struct {
	*flowtest.Lucca
	answer error
	asked  int
}

func (k *known) Me(ctx context.Context) (int, error) {
	k.asked++
	if k.answer != nil {
		return 0, k.answer
	}
	return k.Lucca.Me(ctx)
}

// TestItemWithoutAnAnswer is left to the next run once, and then to a person: it keeps no later
// file waiting.
func TestItemWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p, record := d.kept(titles(d.staff(2), "Chef"))
	d.Faults.Reset(0, false, false)
	d.Faults.Always = "update"
	applied, err := change.Apply(t.Context(), d.deps(), p, nil, record)
	if err != nil || !applied.Begun || len(applied.Open()) == 0 {
		t.Fatalf("open are %v, %v", applied.Open(), err)
	}
	if kept, err := d.State.Plans.Plan(t.Context(), record.ID); err != nil || kept.State != state.PlanApplying {
		t.Errorf("the plan is %q, %v", kept.State, err)
	}
	if got, err := change.Interrupted(t.Context(), d.Store, record, ""); err != nil || got != record.ID {
		t.Errorf("it goes on with %q, %v", got, err)
	}
	if err := change.Close(t.Context(), d.Store, applied, true); err == nil {
		t.Error("a first attempt closes an item without an answer")
	}
	if err := change.Close(t.Context(), d.Store, applied, false); err != nil {
		t.Errorf("a later one: %v", err)
	}
	outcomes, err := d.State.Plans.RowJournal().Outcomes(t.Context(), record.ID)
	if err != nil || len(outcomes) == 0 || slices.ContainsFunc(outcomes, func(o apply.Outcome) bool { return o.Step != apply.Refused || o.Code != apply.CodeUnconfirmed }) {
		t.Errorf("kept as %+v, %v", outcomes, err)
	}
}

// TestItemThatAPersonIsToLookAt: who has an id by now was created, whatever else is in doubt of them, and
// nothing is closed that could not be recorded.
func TestItemThatAPersonIsToLookAt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, record := d.kept(titles(d.staff(1), "Chef"))
	var open change.Applied
	want := []apply.Step{apply.Applied, apply.Refused, apply.Refused}
	for i, o := range []apply.Outcome{{Action: plan.Create, EmployeeID: 7, Step: apply.Partial}, {Action: plan.Create, Step: apply.Sending}, {Action: plan.Update, EmployeeID: 8, Step: apply.Doubtful}} {
		o.Run, o.Item = record.ID, i
		open.Result.Outcomes = append(open.Result.Outcomes, o)
	}
	d.Faults.Always = "row is refused"
	if err := change.Close(t.Context(), d.Store, open, false); !errors.Is(err, flowtest.ErrFault) {
		t.Errorf("what is not recorded is closed: %v", err)
	}
	d.Faults.Always = ""
	if err := change.Close(t.Context(), d.Store, open, false); err != nil {
		t.Fatal(err)
	}
	outcomes, err := d.State.Plans.RowJournal().Outcomes(t.Context(), record.ID)
	if err != nil || len(outcomes) != len(want) {
		t.Fatalf("kept are %+v, %v", outcomes, err)
	}
	for i, o := range outcomes {
		if o.Step != want[i] || o.Code != apply.CodeUnconfirmed || o.At.IsZero() {
			t.Errorf("kept is %+v, want %s", o, want[i])
		}
	}
}

// TestWhoeverChangedSincePlansAnew in the way of what the rows are: files are dropped again, hires are
// retried.
func TestWhoeverChangedSincePlansAnew(t *testing.T) {
	t.Parallel()
	for says, hires := range map[string]map[int]string{"drop that file": nil, "retry the hire": {2: "h"}} {
		d := newDesk(t)
		staff := d.staff(1)
		p, record := d.kept(titles(staff, "Chef"))
		p.Hires = hires
		if err := d.Lucca().Update(t.Context(), staff[0].ID, lucca.Properties{"jobTitle": "Cuisinier"}); err != nil {
			t.Fatal(err)
		}
		now, err := change.Read(t.Context(), d.deps(), d.set, p.Query)
		if err != nil {
			t.Fatal(err)
		}
		applied, err := change.Apply(t.Context(), d.deps(), p, now, record)
		if err != nil || len(applied.Result.Outcomes) != 1 || !strings.Contains(applied.Result.Outcomes[0].Message, says) || d.title(staff[0].ID) != "Cuisinier" {
			t.Errorf("want %q: %+v, %v", says, applied.Result.Outcomes, err)
		}
	}
}

// TestWhatAChangeDoesIsMeasuredAndLogged, and where it stops it is said who goes on.
func TestWhatAChangeDoesIsMeasuredAndLogged(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var log bytes.Buffer
	deps, table := d.deps(), titles(d.staff(1), "Chef")
	deps.Logger = slog.New(slog.NewTextHandler(&log, nil))
	ctx, clock, _ := step.Start(t.Context(), step.Tracer{}, run.Run{})
	people, err := change.Read(ctx, deps, d.set, plan.Query(table.Columns, d.set.Policy))
	if err != nil {
		t.Fatal(err)
	}
	p, err := change.Plan(ctx, deps, d.set, table, people)
	record := d.Begin("users", run.Import)
	p.Origin = record.ID
	if err = errors.Join(err, change.Keep(ctx, d.Store, d.set, &p, record)); err != nil || p.People != nil || p.Table.Rows != nil {
		t.Fatalf("what the plan was made of is held as long as it: %v", err)
	}
	d.Faults.Always = "row is sending"
	if _, err := change.Apply(ctx, deps, p, nil, record); !errors.Is(err, flowtest.ErrFault) || !strings.Contains(err.Error(), "the next run of the flow goes on where this one stopped") {
		t.Errorf("stopped by %v", err)
	}
	var steps []string
	for _, s := range clock.Steps() {
		steps = append(steps, s.Name)
	}
	if want := []string{string(step.Lucca), string(step.Plan), string(step.Apply)}; !slices.Equal(steps, want) {
		t.Errorf("measured are %q, want %q", steps, want)
	}
	if !strings.Contains(log.String(), "plan.applying") || !strings.Contains(log.String(), p.Plan.Hash()) {
		t.Errorf("logged is\n%s", &log)
	}
}

// TestRowsThatAreTakenUpAgain are those that the run had read, or those of its plan where it was killed
// before it told: whoever is absent has none. What the run had found before comes from the plan.
func TestRowsThatAreTakenUpAgain(t *testing.T) {
	t.Parallel()
	p := change.Planned{Plan: &plan.Plan{Items: []plan.Item{{Row: 1}, {Row: 2}, {Action: plan.End, EmployeeID: 7}}}}
	for want, before := range map[int]*run.Rows{2: nil, 9: {Read: 9}} {
		var r flow.Result
		r.Warn("before", "found before")
		r.Omitted = []finding.Omitted{{Code: "before", Count: 1}}
		p.Take(&r, state.Record{Run: run.Run{Result: run.Result{Rows: before}}})
		if r.Rows.Read != want || len(r.Log.Listed) != 0 || len(r.Omitted) != 0 {
			t.Errorf("%d rows are read, want %d; found are %+v %+v", r.Rows.Read, want, r.Log.Listed, r.Omitted)
		}
	}
}

// TestAPlanThatIsNotAsItWasKept is neither approved nor gone on with, and nobody is said to be in its
// file.
func TestAPlanThatIsNotAsItWasKept(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		// change is what becomes of the lines of a plan that is kept.
		change func(lines []string) []string
		hash   string
		says   string
	}{
		"as it was":                          {func(l []string) []string { return l }, "", ""},
		"another hash":                       {func(l []string) []string { return l }, "another", "is not the one that was kept: its hash differs"},
		"its head is damaged":                {func(l []string) []string { return append([]string{"{"}, l[1:]...) }, "", "decode plan of run"},
		"its items are gone":                 {func(l []string) []string { return l[:1] }, "", ""},
		"nothing is left":                    {func([]string) []string { return nil }, "", "decode plan of run"},
		"its people are wrong":               {func(l []string) []string { return append(l, "[]") }, "", ""},
		"its people are cut":                 {func(l []string) []string { return append(l[:len(l)-1], l[len(l)-1][:1]) }, "", ""},
		"of an earlier version, and damaged": {func([]string) []string { return []string{`{"tenant":"https://acme","plan":[]}`} }, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			p, first := d.kept(titles(d.staff(2), "Chef"))
			kept, err := d.State.Plans.Plan(t.Context(), first.ID)
			if err != nil {
				t.Fatal(err)
			}
			r, err := kept.Open()
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			lines := tt.change(strings.Split(strings.TrimSuffix(string(content), "\n"), "\n"))
			record := d.Begin("others", run.Import)
			if err := d.State.Plans.SavePlan(t.Context(), state.PlanRecord{Run: record.ID, Flow: record.Flow, Hash: cmp.Or(tt.hash, p.Plan.Hash()), Write: func(w io.Writer) error {
				_, err := io.WriteString(w, strings.Join(lines, "\n"))
				return err
			}}); err != nil {
				t.Fatal(err)
			}
			whole := name == "as it was" || strings.HasPrefix(name, "its people")
			for _, approved := range []bool{true, false} {
				if got, err := change.Recall(t.Context(), d.Store, d.set, record.ID, approved); (err == nil) != whole || err != nil && !strings.Contains(err.Error(), tt.says) {
					t.Errorf("approved %v: %d items, %v", approved, len(got.Hires), err)
				}
			}
			ids, err := change.PeopleOf(t.Context(), d.Store, record.ID)
			if whole && (err != nil || len(ids) != 2) || !whole && name != "another hash" && len(ids) > 0 || (err != nil) != strings.HasPrefix(tt.says, "decode") {
				t.Errorf("in its file are %v, %v", ids, err)
			}
			again, err := d.State.Plans.Plan(t.Context(), record.ID)
			if err != nil {
				t.Fatal(err)
			}
			if s, err := change.ReadPlan(again, true); (err == nil) != (name == "as it was" || name == "another hash") || err == nil && len(s.People) != 2 {
				t.Errorf("read are %d people, %v", len(s.People), err)
			}
		})
	}
}

// TestWhomARunKnows: those of its file, or those of its plan, as long as either is kept.
func TestWhomARunKnows(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	known := func(id string) (n int, err error) {
		people, err := change.KnownTo(t.Context(), d.State.Whole, id)
		if err != nil {
			return 0, err
		}
		for range people {
			n++
		}
		return n, nil
	}
	_, planned := d.kept(titles(d.staff(3), "Chef"))
	exported, file := d.Begin("out", run.Export), export.Snapshot{People: []export.Person{{ID: 7, Decision: export.Sent}, {ID: 8, Decision: export.Rejected}}}
	b, err := file.Encode()
	if err == nil {
		err = d.State.Deliveries.SaveSnapshot(t.Context(), exported.ID, b, func(func(state.Known) bool) {})
	}
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]int{planned.ID: 3, exported.ID: 2} {
		if n, err := known(id); err != nil || n != want {
			t.Errorf("%s knows %d people, want %d: %v", id, n, want, err)
		}
	}
	if _, err := known("none"); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("a run of which nothing is kept: %v", err)
	}
	damaged := d.Begin("damaged", run.Export)
	if err := d.State.Deliveries.SaveSnapshot(t.Context(), damaged.ID, []byte("{"), func(func(state.Known) bool) {}); err != nil {
		t.Fatal(err)
	}
	if _, err := known(damaged.ID); err == nil || errors.Is(err, state.ErrNotFound) {
		t.Errorf("a file that cannot be read is taken for none: %v", err)
	}
	// What the disk has damaged is not taken for what is kept no more.
	d.damage(`UPDATE plans SET data = x'00'; UPDATE snapshots SET data = x'00'`)
	for _, id := range []string{planned.ID, exported.ID} {
		if _, err := known(id); !errors.Is(err, state.ErrDamaged) {
			t.Errorf("damaged: %v", err)
		}
	}
	if ids, err := change.PeopleOf(t.Context(), d.Store, planned.ID); !errors.Is(err, state.ErrDamaged) {
		t.Errorf("people of a damaged plan: %v, %v", ids, err)
	}
	d.damage(`DROP TABLE plans`)
	if _, err := known(planned.ID); err == nil || !strings.Contains(err.Error(), "no such table") {
		t.Errorf("no table: %v", err)
	}
}

// damage does to the file of the state what only a disk would do.
func (d *desk) damage(statements string) {
	d.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(d.Dir, "state.db"))
	if err == nil {
		_, err = db.ExecContext(d.t.Context(), statements)
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// TestAPlanThatIsCutWhileItIsWritten is an error, wherever it is cut.
func TestAPlanThatIsCutWhileItIsWritten(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	p := d.planned(titles(d.staff(3), "Chef"))
	for _, people := range [][]explain.Person{explain.People(p.Table, p.Plan, p.People), nil} {
		stored := change.Stored{Plan: p.Plan, People: people}
		var whole bytes.Buffer
		if err := stored.Write(&whole); err != nil {
			t.Fatal(err)
		}
		for room := range whole.Len() {
			if err := stored.Write(&disk{room}); !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("with room for %d of %d bytes: %v", room, whole.Len(), err)
			}
		}
	}
}

// disk is full after so many bytes, until somebody has made room.
type disk struct{ room int }

func (d *disk) Write(p []byte) (int, error) {
	if d.room -= len(p); d.room < 0 {
		d.room = 1 << 30
		return 0, syscall.ENOSPC
	}
	return len(p), nil
}

// TestNoFaultOfAChangeIsSwallowed: what cannot be looked up, recorded or asked of Lucca is said.
func TestNoFaultOfAChangeIsSwallowed(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(d *desk) func(ctx context.Context) error{
		"a plan is made": func(d *desk) func(ctx context.Context) error {
			table, record := titles(d.staff(1), "Chef"), d.Begin("users", run.Import)
			return func(ctx context.Context) error {
				people, err := change.Read(ctx, d.deps(), d.set, plan.Query(table.Columns, d.set.Policy))
				if err != nil {
					return err
				}
				p, err := change.Plan(ctx, d.deps(), d.set, table, people)
				if err != nil {
					return err
				}
				_, err = change.Caution(ctx, d.deps(), "users", p)
				return errors.Join(err, change.Keep(ctx, d.Store, d.set, &p, record))
			}
		},
		"one is gone on with": func(d *desk) func(ctx context.Context) error {
			_, record := d.kept(titles(d.staff(1), "Chef"))
			return func(ctx context.Context) error {
				if _, err := change.Interrupted(ctx, d.Store, record, ""); err != nil {
					return err
				}
				p, err := change.Recall(ctx, d.Store, d.set, record.ID, false)
				if err != nil {
					return err
				}
				a, err := change.Apply(ctx, d.deps(), p, nil, record)
				if err != nil {
					return err
				}
				if err := change.Close(ctx, d.Store, a, true); err != nil {
					return errors.Join(flowtest.ErrFault, err) // which Lucca's answer was
				}
				return change.Done(ctx, d.Store, p)
			}
		},
		"one is to be approved": func(d *desk) func(ctx context.Context) error {
			_, record := d.kept(titles(d.staff(1), "Chef"))
			return func(ctx context.Context) error { return change.Unexpired(ctx, d.Store, record, time.UTC) }
		},
		"one is measured against": func(d *desk) func(ctx context.Context) error {
			_, record := d.kept(titles(d.staff(1), "Chef"))
			return func(ctx context.Context) error { _, err := change.PeopleOf(ctx, d.Store, record.ID); return err }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flowtest.Heard(t, func(t *testing.T) (*flowtest.World, func() (state.Record, flow.Result, error)) {
				d := newDesk(t)
				act := start(d)
				return d.World, func() (state.Record, flow.Result, error) { return state.Record{}, flow.Result{}, act(t.Context()) }
			})
		})
	}
}
