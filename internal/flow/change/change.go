// Package change is what imports and hires share: rows become a plan against the people of
// Lucca, which is judged, kept, and then held or applied.
package change

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/step"
)

// Lucca is what a change asks and tells it.
type Lucca interface {
	apply.Writer
	Snapshot(ctx context.Context, q roster.Query) (roster.Snapshot, error)
	// Me is the id of the account of the API key.
	Me(ctx context.Context) (int, error)
	Requests() int
}

// Store is what is remembered of plans and of what became of them.
type Store interface {
	flow.Lookup
	flow.Restores
	Plans
}

// Plans keeps plans, and what became of their rows.
type Plans interface {
	Plan(ctx context.Context, run string) (state.PlanRecord, error)
	SavePlan(ctx context.Context, p state.PlanRecord) error
	SetPlanState(ctx context.Context, run string, to state.PlanState) error
	Interrupted(ctx context.Context, flow string) ([]state.Record, error)
	RowJournal() apply.Journal
}

// Deps is who does the world's work.
type Deps struct {
	Lucca Lucca
	// Store is nil in a dry run before the first run.
	Store  Store
	Logger *slog.Logger
	// Progress is told of how many items of how many are carried out.
	Progress func(done, total int)
}

// Settings are what a flow is configured to do to Lucca.
type Settings struct {
	Policy   plan.Policy
	Limits   plan.Limits
	Approval plan.Approval
	Roster   roster.Settings
	// Tenant is the address of Lucca, for which a plan is good.
	Tenant string
	// Approved are the settings that a held run is approved for.
	Approved flow.Settings
	Zone     *time.Location
}

// Planned is a plan, with what judges it and carries it out.
type Planned struct {
	Plan *plan.Plan
	// Table and People are what it was made of; a plan that is kept has neither.
	Table  plan.Table
	People *roster.Roster
	// Query is how the people were read: an approval reads them in the same way.
	Query roster.Query
	// Origin is the run that made it.
	Origin string
	// Partial: the rows are some of those of another file.
	Partial bool
	// Hires are the ids of the hires in the table, by row.
	Hires map[int]string
	// Relayed is the file that is handed on, of an import that relays.
	Relayed *Relayed
}

// Relayed is a file that is handed on to Lucca's own import, as it was made with its plan.
type Relayed struct {
	run.File
	Rows int `json:"rows"`
}

// Read reads the part of Lucca that a query names.
func Read(ctx context.Context, d Deps, s Settings, q roster.Query) (*roster.Roster, error) {
	ctx, end := step.Begin(ctx, step.Lucca)
	defer end()
	snapshot, err := d.Lucca.Snapshot(ctx, q)
	if err != nil {
		return nil, err
	}
	return roster.New(snapshot, s.Roster)
}

// errPlan: a finding is about the key's rights or the roster, and not about the file.
var errPlan = errors.New("plan the file")

// Plan makes the plan of a table for the people as they were read. The plan is returned beside
// an error that it explains, too.
func Plan(ctx context.Context, d Deps, s Settings, t plan.Table, people *roster.Roster) (Planned, error) {
	ctx, end := step.Begin(ctx, step.Plan)
	defer end()
	policy := s.Policy
	if mayEnd(t, policy) {
		var err error
		if policy.Account, err = account(ctx, d.Lucca); err != nil {
			return Planned{}, err
		}
	}
	p := Planned{Plan: plan.Make(t, people, policy), Table: t, People: people, Partial: t.Partial}
	for _, f := range p.Plan.Findings {
		if f.Severity == finding.Error && f.Row == 0 {
			return p, fault.Of(errPlan, "%s", f.Message)
		}
	}
	return p, nil
}

// mayEnd reports whether the plan can end anybody.
func mayEnd(t plan.Table, policy plan.Policy) bool {
	return policy.OnAbsent == plan.EndAbsent || slices.ContainsFunc(t.Columns, func(c plan.Column) bool {
		// A start in the future shuts somebody out too.
		return c.Code == plan.ContractEnd || c.Code == plan.ContractStart
	})
}

// account asks for the API key's own account, which is never ended. A key without one is
// no fault.
func account(ctx context.Context, client Lucca) (int, error) {
	id, err := client.Me(ctx)
	if errors.Is(err, lucca.ErrNotFound) || errors.Is(err, lucca.ErrForbidden) || errors.Is(err, lucca.ErrRejected) {
		err = nil
	}
	return id, err
}

// Describe notes what the plan is, for so many rows that were read.
func (p Planned) Describe(r *flow.Result, read int) {
	c := p.Plan.Changes()
	r.Plan, r.Changes, r.Rows = p.Plan, &c, &run.Rows{Read: read, Rejected: c.Reject}
	r.Log.Add(p.Plan.Findings...)
	r.Log.AddRest(p.Plan.Rest...)
}

// changes reports whether the plan changes anything.
func (p Planned) changes() bool {
	c := p.Plan.Changes()
	return c.Create+c.Update+c.End+c.Rehire > 0
}

// Previous is what a plan is measured against beside its people.
type Previous struct {
	// First: the flow has applied nothing yet.
	First bool
	// Rows is how many the last good file had, and People the Lucca ids of who were in it, as far
	// as its plan is kept.
	Rows   int
	People []int
	// Cautious: the state was put back, and the flow has changed nothing since.
	Cautious bool
}

// Caution reports whether the run is the first of its flow that changes Lucca after the state
// was put back: whom it would create may have been created already, and have another name by
// now.
func Caution(ctx context.Context, d Deps, name string, p Planned) (bool, error) {
	if d.Store == nil || !p.changes() {
		return false, nil
	}
	return d.Store.Cautious(ctx, name)
}

// Verdict is what is said of a plan before it is applied. A reason holds the run.
type Verdict struct {
	Limits []run.Limit
	Reason string
}

// Judge measures a plan against the limits, and against what a person wants to see.
func Judge(p Planned, s Settings, before Previous) Verdict {
	limits := s.Limits.Judge(p.Plan, plan.Against{Table: p.Table, People: p.People, Mode: s.Policy.Mode, Last: before.Rows, LastPeople: before.People})
	if reason := s.Approval.Hold(before.First); reason != "" {
		limits = append(limits, run.Limit{Name: "approval", Value: "none", Bound: string(cmp.Or(s.Approval, plan.ApproveFirst)), Held: true, Reason: reason})
	}
	v := Verdict{Limits: limit.Stated(limits), Reason: limit.Held(limits)}
	if before.Cautious {
		v = v.Hold(run.Limit{Name: "restored", Value: "first run", Bound: "approval"},
			"the state was put back from an older copy: compare with Lucca who may be there already, and approve")
	}
	return v
}

// Hold adds a limit by which the run is held.
func (v Verdict) Hold(l run.Limit, reason string) Verdict {
	l.Held = true
	return Verdict{Limits: append(slices.Clip(v.Limits), l), Reason: flow.JoinReasons(v.Reason, reason)}
}

// Note gives a run that is held its outcome.
func (v Verdict) Note(r *flow.Result) {
	r.Limits = append(r.Limits, v.Limits...)
	if v.Reason != "" {
		r.Outcome, r.Reason = run.Held, v.Reason
	}
}

// Interrupted returns the run whose plan was being applied when it stopped: this one, which
// another process had begun, or an earlier one of the flow. It is empty when there is none. A file
// that somebody gave by hand would be left without a word: it is refused until that plan is applied.
func Interrupted(ctx context.Context, s Store, r state.Record, given string) (string, error) {
	own, err := s.Plan(ctx, r.ID)
	switch {
	case err != nil && !errors.Is(err, state.ErrNotFound):
		return "", err
	case own.State != "" && own.State != state.PlanDropped:
		return r.ID, nil
	}
	runs, err := s.Interrupted(ctx, r.Flow)
	if err != nil || len(runs) == 0 {
		return "", err
	}
	if given != "" {
		return "", fmt.Errorf("run %s was interrupted and comes first: run the flow once without --file, which finishes it", runs[0].ID)
	}
	return runs[0].ID, nil
}

// Unexpired checks that the plan of a held run may still be approved.
func Unexpired(ctx context.Context, s Store, r state.Record, zone *time.Location) error {
	if err := flow.NotFromBefore(ctx, s, r.ID); err != nil {
		return err
	}
	record, err := s.Plan(ctx, r.ID)
	if err != nil {
		return err
	}
	if !record.Expires.IsZero() && record.Expires.Before(flow.Now()) {
		return fault.Of(run.ErrUsage, "run %s was held until %s: run the flow again: %w", r.ID,
			record.Expires.In(zone).Format("2006-01-02 15:04"), flow.ErrExpired)
	}
	return nil
}

// Applied is what was done of a plan.
type Applied struct {
	Result apply.Result
	// Begun: something may have reached Lucca.
	Begun bool
}

// Apply carries a plan out, or the rest of it. Current are the people as they are now, for a
// plan that was not made just now. The next run goes on where an error stops it.
func Apply(ctx context.Context, d Deps, p Planned, current *roster.Roster, r state.Record) (Applied, error) {
	ctx, end := step.Begin(ctx, step.Apply)
	defer end()
	if err := d.Store.SetPlanState(ctx, p.Origin, state.PlanApplying); err != nil {
		return Applied{}, err
	}
	d.Logger.InfoContext(ctx, "plan.applying", "flow", r.Flow, "run", r.ID, "plan", p.Plan.Hash())
	result, err := apply.Apply(ctx, apply.Request{
		Run: p.Origin, Plan: p.Plan, Lucca: d.Lucca, Journal: d.Store.RowJournal(), Current: current,
		Hires: len(p.Hires) > 0, Logger: d.Logger, Progress: d.Progress,
	})
	if err != nil {
		err = fault.Hint(fmt.Errorf("apply the plan: %w", err), "the next run of the flow goes on where this one stopped")
	}
	return Applied{Result: result, Begun: true}, err
}

// Note counts what was done of a plan that was described.
func (a Applied) Note(r *flow.Result) {
	if !a.Begun {
		return
	}
	c := a.Result.Applied
	r.Sent, r.Changes = true, &c
	r.Rows = &run.Rows{Read: r.Rows.Read, Sent: c.Create + c.Update + c.End + c.Rehire, Rejected: c.Reject}
	r.Log.Add(a.Result.Findings...)
}

// Open are the items of which it is not known what became of them.
func (a Applied) Open() []apply.Outcome {
	var open []apply.Outcome
	for _, o := range a.Result.Outcomes {
		switch o.Step {
		case apply.Applied, apply.Refused, apply.Skipped:
		default:
			open = append(open, o)
		}
	}
	return open
}

// Close sees to the items without a clear answer from Lucca. A first attempt leaves them to the
// next run; a later one leaves them to a person: they must not keep every later file waiting.
// Their findings say so already.
func Close(ctx context.Context, s Store, a Applied, first bool) error {
	open := a.Open()
	if len(open) > 0 && first {
		return fmt.Errorf("apply the plan: %d rows without a clear answer from Lucca; the next run of the flow asks again", len(open))
	}
	for _, o := range open {
		if o.Step = apply.Refused; o.EmployeeID != 0 && o.Action == plan.Create {
			o.Step = apply.Applied
		}
		o.Code, o.At = apply.CodeUnconfirmed, flow.Now()
		if err := s.RowJournal().Save(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// Done records that nothing of the plan is left to do, once its reports are written.
func Done(ctx context.Context, s Store, p Planned) error {
	return s.SetPlanState(ctx, p.Origin, state.PlanApplied)
}

// Take notes in a run that it goes on with the plan of another, or of its own held one: what
// it has found comes from the plan. A run that was killed has not told how many rows it read.
func (p Planned) Take(r *flow.Result, before state.Record) {
	read := 0
	for i := range p.Plan.Items {
		if p.Plan.Items[i].Row > 0 {
			read++
		}
	}
	if before.Rows != nil {
		read = before.Rows.Read
	}
	r.Log, r.Omitted = finding.Log{}, nil
	p.Describe(r, read)
}
