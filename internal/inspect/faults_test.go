package inspect_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"testing"
	"time"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/tabular"
)

var errBroken = errors.New("the state is broken")

// broken is a store of which one method fails.
type broken struct {
	inspect.Store
	method string
}

func fail[T any](b broken, method string, v T, err error) (T, error) {
	if b.method == method {
		var none T
		return none, errBroken
	}
	return v, err
}

func (b broken) Run(ctx context.Context, id string) (state.Record, error) {
	v, err := b.Store.Run(ctx, id)
	return fail(b, "Run", v, err)
}

func (b broken) FindRun(ctx context.Context, part string) (state.Record, error) {
	v, err := b.Store.FindRun(ctx, part)
	return fail(b, "FindRun", v, err)
}

func (b broken) Runs(ctx context.Context, f state.Filter) ([]state.Record, error) {
	v, err := b.Store.Runs(ctx, f)
	return fail(b, "Runs", v, err)
}

func (b broken) Ends(ctx context.Context) (map[string]map[run.Outcome]state.End, error) {
	v, err := b.Store.Ends(ctx)
	return fail(b, "Ends", v, err)
}

func (b broken) Rows(ctx context.Context, id string) ([]apply.Outcome, error) {
	v, err := b.Store.Rows(ctx, id)
	return fail(b, "Rows", v, err)
}

func (b broken) Hires(ctx context.Context, f state.HireFilter) ([]state.Hire, error) {
	v, err := b.Store.Hires(ctx, f)
	return fail(b, "Hires", v, err)
}

func (b broken) Snapshot(ctx context.Context, id string) ([]byte, error) {
	v, err := b.Store.Snapshot(ctx, id)
	return fail(b, "Snapshot", v, err)
}

func (b broken) LastSnapshotRun(ctx context.Context, flow string) (string, error) {
	v, err := b.Store.LastSnapshotRun(ctx, flow)
	return fail(b, "LastSnapshotRun", v, err)
}

func (b broken) Plan(ctx context.Context, id string) (state.PlanRecord, error) {
	v, err := b.Store.Plan(ctx, id)
	return fail(b, "Plan", v, err)
}

func (b broken) LastPlan(ctx context.Context, flow string) (state.PlanRecord, error) {
	v, err := b.Store.LastPlan(ctx, flow)
	return fail(b, "LastPlan", v, err)
}

func (b broken) LastApplied(ctx context.Context, flow string) (state.Record, error) {
	v, err := b.Store.LastApplied(ctx, flow)
	return fail(b, "LastApplied", v, err)
}

func (b broken) LastDelivery(ctx context.Context, flow string) (delivery.Record, error) {
	v, err := b.Store.LastDelivery(ctx, flow)
	return fail(b, "LastDelivery", v, err)
}

func (b broken) DeliveriesOf(ctx context.Context, id string) ([]delivery.Record, error) {
	v, err := b.Store.DeliveriesOf(ctx, id)
	return fail(b, "DeliveriesOf", v, err)
}

func (b broken) Unfinished(ctx context.Context, flow string) ([]pickup.Record, error) {
	v, err := b.Store.Unfinished(ctx, flow)
	return fail(b, "Unfinished", v, err)
}

func (b broken) PickupOf(ctx context.Context, id string) (pickup.Record, error) {
	v, err := b.Store.PickupOf(ctx, id)
	return fail(b, "PickupOf", v, err)
}

func (b broken) FindPeople(ctx context.Context, q state.PersonQuery) ([]state.Somebody, error) {
	v, err := b.Store.FindPeople(ctx, q)
	return fail(b, "FindPeople", v, err)
}

func (b broken) SaidOf(ctx context.Context, flow string, person int64) ([]state.Said, error) {
	v, err := b.Store.SaidOf(ctx, flow, person)
	return fail(b, "SaidOf", v, err)
}

func (b broken) Unindexed(ctx context.Context) ([]string, error) {
	v, err := b.Store.Unindexed(ctx)
	return fail(b, "Unindexed", v, err)
}

func (b broken) FindingsOfRow(ctx context.Context, id string, row int) ([]finding.Finding, error) {
	v, err := b.Store.FindingsOfRow(ctx, id, row)
	return fail(b, "FindingsOfRow", v, err)
}

func (b broken) RowOf(ctx context.Context, id string, item int) (apply.Outcome, error) {
	v, err := b.Store.RowOf(ctx, id, item)
	return fail(b, "RowOf", v, err)
}

// past is a world in which each kind of thing is kept: an export and an import that wait for a
// person, and a hire that waits with its run.
type past struct {
	*world
	export, payroll, hires state.Record
}

func newPast(t *testing.T) past {
	t.Helper()
	w := newWorld(t, "http://127.0.0.1:1")
	p := past{world: w}
	people := []export.Person{{ID: 7, Login: "jdoe", Decision: export.Sent, Row: 2}}
	rows := [][]string{{"jdoe@acme.example"}}
	w.sent(t, run.Done, []string{"mail"}, people, rows)
	p.export = w.sent(t, run.Held, []string{"mail"}, people, rows)

	p.payroll = w.begin(t, "payroll")
	w.keepPlan(t, p.payroll, inspect.Plan{
		Plan:   &plan.Plan{Items: []plan.Item{{Row: 2, Action: plan.Update, EmployeeID: 7}}},
		People: []explain.Person{{Login: "jdoe"}},
	})
	taken := pickup.Record{Flow: "payroll", Remote: "in", Name: "users.csv", ModTime: w.clock, Run: p.payroll.ID, Step: pickup.StepFetched, At: w.clock}
	if ok, err := w.store.Pickups().Claim(t.Context(), taken); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if err := w.store.Plans().SaveRow(t.Context(), apply.Outcome{Run: p.payroll.ID, Row: 2, Action: plan.Update, Step: apply.Sending, At: w.clock}); err != nil {
		t.Fatal(err)
	}
	p.payroll = w.end(t, withFile(p.payroll, "users.csv", 1), run.Held)

	p.hires = w.begin(t, "hires")
	event, err := json.Marshal(hire.Event{FirstName: "Maëlle", LastName: "Kerjean"})
	if err != nil {
		t.Fatal(err)
	}
	stored, err := w.store.HireBook().AddHires(t.Context(), []state.Hire{{Flow: "hires", EventID: "1", State: state.HireHeld, Run: p.hires.ID, Received: w.clock, Updated: w.clock, Data: event}})
	if err != nil {
		t.Fatal(err)
	}
	w.keepPlan(t, p.hires, inspect.Plan{Plan: &plan.Plan{}, Hires: map[int]string{2: stored[0].ID}})
	p.hires = w.end(t, p.hires, run.Held)
	return p
}

// TestAStateThatCannotBeReadIsSaid whatever is asked, and wherever it breaks: what cannot be read
// is not shown as what is not there.
func TestAStateThatCannotBeReadIsSaid(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	for _, ask := range []struct {
		name    string
		of      func(ctx context.Context, i inspect.Inspector) error
		methods []string
	}{
		{"flows", func(ctx context.Context, i inspect.Inspector) error {
			_, err := i.Flows(ctx, p.clock)
			return err
		}, []string{"Ends", "Runs", "Run", "LastApplied", "LastDelivery", "Unfinished"}},
		{"runs", func(ctx context.Context, i inspect.Inspector) error {
			_, err := i.Runs(ctx, state.Filter{})
			return err
		}, []string{"Runs"}},
		{"detail of an import", func(ctx context.Context, i inspect.Inspector) error {
			_, err := i.Detail(ctx, p.payroll.ID)
			return err
		}, []string{"FindRun", "Plan", "Rows", "LastApplied", "Runs", "DeliveriesOf", "PickupOf"}},
		{"plan", func(ctx context.Context, i inspect.Inspector) error {
			_, err := i.PlanOf(ctx, p.payroll.ID)
			return err
		}, []string{"FindRun", "Plan", "LastApplied", "Runs", "Rows"}},
		{"hires", func(ctx context.Context, i inspect.Inspector) error {
			_, err := i.Hires(ctx, state.HireFilter{})
			return err
		}, []string{"Hires"}},
		{"inbox", func(ctx context.Context, i inspect.Inspector) error {
			_, err := i.Inbox(ctx)
			return err
		}, []string{"Hires", "Run", "Plan"}},
		{"explain an export", func(ctx context.Context, i inspect.Inspector) error {
			_, err := i.Explain(ctx, "nightly", "jdoe")
			return err
		}, []string{"LastSnapshotRun", "Run", "Snapshot"}},
		{"explain an import", func(ctx context.Context, i inspect.Inspector) error {
			_, err := i.Explain(ctx, "payroll", "jdoe")
			return err
		}, []string{"LastPlan", "Run", "Rows"}},
		{"person", func(ctx context.Context, i inspect.Inspector) error {
			_, err := i.Person(ctx, "jdoe", 0)
			return err
		}, []string{"Runs", "Snapshot", "Plan", "Rows", "Run", "FindPeople", "Unindexed"}},
		{"diff", func(ctx context.Context, i inspect.Inspector) error {
			_, err := i.Diff(ctx, inspect.Files{Flow: "nightly"})
			return err
		}, []string{"LastSnapshotRun", "FindRun", "Snapshot", "Runs"}},
	} {
		if err := ask.of(t.Context(), p.Inspector); err != nil {
			t.Errorf("%s, of a state that is whole: %v", ask.name, err)
		}
		for _, method := range ask.methods {
			i := p.Inspector
			i.Store = broken{inspect.StoreOf(p.store), method}
			if err := ask.of(t.Context(), i); !errors.Is(err, errBroken) || errors.Is(err, run.ErrUsage) {
				t.Errorf("%s, where %s fails: %v", ask.name, method, err)
			}
		}
	}
}

// TestWhatCannotBeDecodedIsSaid: a plan, a file, the queue and the acts are read by others.
func TestWhatCannotBeDecodedIsSaid(t *testing.T) {
	t.Parallel()
	p := newPast(t)
	noPlan, noQueue, noActs, noRows := p.Inspector, p.Inspector, p.Inspector, p.Inspector
	noPlan.Plan = func(state.PlanRecord, bool) (inspect.Plan, error) { return inspect.Plan{}, errBroken }
	noQueue.Queue = func(context.Context) (map[string]inspect.Queue, error) { return nil, errBroken }
	noActs.Acts = func(context.Context, string) ([]audit.Line, error) { return nil, errBroken }
	noRows.Rows = func(state.Record, tabular.Dialect) iter.Seq2[[]string, error] {
		return func(yield func([]string, error) bool) { yield(nil, errBroken) }
	}
	for name, err := range map[string]error{
		"flows":   second(noQueue.Flows(t.Context(), time.Now())),
		"detail":  second(noActs.Detail(t.Context(), p.payroll.ID)),
		"rows":    second(noPlan.RowOutcomes(t.Context(), p.payroll.ID)),
		"plan":    second(noPlan.PlanOf(t.Context(), p.payroll.ID)),
		"inbox":   second(noPlan.Inbox(t.Context())),
		"explain": second(noPlan.Explain(t.Context(), "payroll", "jdoe")),
		"person":  second(noPlan.Person(t.Context(), "jdoe", 0)),
		"diff":    second(noRows.Diff(t.Context(), inspect.Files{Flow: "nightly"})),
	} {
		if !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
