package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// planKept is how long a held plan can be approved.
const planKept = 7 * 24 * time.Hour

// changeRun is what imports and hires share: rows become a plan, which is judged, kept,
// and then held or applied.
type changeRun struct {
	execution
	policy   plan.Policy
	limits   plan.Limits
	approval plan.Approval

	client *lucca.Client
	table  plan.Table
	people *roster.Roster
	// query is how the people were read: an approval reads them in the same way.
	query roster.Query
	plan  *plan.Plan
	// partial tells that the plan is that of a partial file.
	partial bool
	// origin is the run that made the plan: this one, or the interrupted one that it
	// continues.
	origin string
	// applied is set once something may have been sent to Lucca.
	applied *apply.Result
	// dry is set when nothing is to be recorded.
	dry bool
	// hires are the ids of the hires in the table, by row.
	hires map[int]string
	// relayed is the file that is handed on, of an import that relays.
	relayed *relayed
}

// relayed is a file that is handed on to Lucca's own import, as it was made with its plan.
type relayed struct {
	run.File
	Rows int `json:"rows"`
}

// connect makes the client of the flow's tenant. Its requests are the run's.
func (x *changeRun) connect() error {
	client, err := x.app.client(x.flow.Tenant)
	x.client = client
	return err
}

// count notes the requests that were made.
func (x *changeRun) count() {
	if x.client != nil {
		x.run.Requests = &run.Requests{Lucca: x.client.Requests()}
	}
}

// make reads Lucca and makes the plan of the table.
func (x *changeRun) make(ctx context.Context) error {
	x.query = plan.Query(x.table.Columns, x.policy)
	x.query.Fields |= roster.Mail | roster.EmployeeNumber // by which a person asks for somebody
	people, err := x.readPeople(ctx)
	if err != nil {
		return err
	}
	x.people = people
	return x.planTable(ctx)
}

// planTable makes the plan of the table for the people as they were read.
func (x *changeRun) planTable(ctx context.Context) (err error) {
	x.run.Rows = &run.Rows{Read: len(x.table.Rows)}
	if x.mayEnd() {
		if x.policy.Account, err = x.account(ctx); err != nil {
			return err
		}
	}
	x.plan = plan.Make(x.table, x.people, x.policy)
	x.describe()
	// Such a finding is about the key's rights or the roster, not about the file.
	for _, f := range x.plan.Findings {
		if f.Severity == finding.Error && f.Row == 0 {
			return fmt.Errorf("plan the file: %s", f.Message)
		}
	}
	return nil
}

// readPeople reads the part of Lucca that the plan needs.
func (x *changeRun) readPeople(ctx context.Context) (*roster.Roster, error) {
	s, err := x.client.Snapshot(ctx, x.query)
	if err != nil {
		return nil, err
	}
	return roster.New(s, x.app.config.Tenants[x.flow.Tenant].Settings(roster.DateOf(x.run.Slot)))
}

// mayEnd reports whether the plan can end anybody.
func (x *changeRun) mayEnd() bool {
	return x.policy.OnAbsent == plan.EndAbsent || slices.ContainsFunc(x.table.Columns, func(c plan.Column) bool {
		// A start in the future shuts somebody out too.
		return c.Code == plan.ContractEnd || c.Code == plan.ContractStart
	})
}

// account asks for the API key's own account, which is never ended. A key without one is
// no fault.
func (x *changeRun) account(ctx context.Context) (int, error) {
	id, err := x.client.Me(ctx)
	if errors.Is(err, lucca.ErrNotFound) || errors.Is(err, lucca.ErrForbidden) || errors.Is(err, lucca.ErrRejected) {
		return 0, nil
	}
	return id, err
}

// describe notes what the plan is.
func (x *changeRun) describe() {
	c := run.Changes(x.plan.Changes())
	x.run.Changes = &c
	x.run.Rows.Rejected = c.Reject
	x.run.Findings = append(x.run.Findings, x.plan.Findings...)
	x.rest = append(x.rest, x.plan.Rest...)
}

// judge measures the plan against the limits, and against what a person wants to see.
func (x *changeRun) judge(ctx context.Context) error {
	last, err := x.lastApplied(ctx)
	if err != nil {
		return err
	}
	rows := 0
	if last != nil && last.Rows != nil {
		rows = last.Rows.Read
	}
	x.measure(last == nil, rows)
	return x.heedRestore(ctx)
}

// measure holds the run when its plan is over a limit, or one that a person wants to see. Rows
// is how many the last good file had.
func (x *changeRun) measure(first bool, rows int) {
	limits := x.limits.Judge(x.plan, plan.Against{Table: x.table, People: x.people, Mode: x.policy.Mode, Last: rows})
	if reason := x.approval.Hold(first); reason != "" {
		limits = append(limits, limit.Limit{Name: "approval", Value: "none", Bound: string(cmp.Or(x.approval, plan.ApproveFirst)), Held: true, Reason: reason})
	}
	for _, l := range limits {
		x.run.Limits = append(x.run.Limits, run.Limit{Name: l.Name, Value: l.Value, Bound: l.Bound, Held: l.Held})
	}
	if reason := limit.Held(limits); reason != "" {
		x.run.Outcome, x.run.Reason = run.Held, reason
	}
}

// lastApplied returns the run that last applied a file of the flow; nil before the first.
func (x *changeRun) lastApplied(ctx context.Context) (*state.Record, error) {
	if x.app.store == nil {
		return nil, nil
	}
	last, err := x.app.store.LastApplied(ctx, x.run.Flow)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	return &last, err
}

// remember keeps the plan before anything is sent.
func (x *changeRun) remember(ctx context.Context) error {
	stored := storedPlan{
		Query: x.query, Partial: x.table.Partial, Hires: x.hires,
		Tenant: x.app.config.Tenants[x.flow.Tenant].URL, Settings: x.app.settings(x.flow), Relayed: x.relayed,
		plan: x.plan, people: explain.People(x.table, x.plan, x.people),
	}
	x.origin = x.run.ID
	return x.app.store.SavePlan(ctx, state.PlanRecord{
		Run: x.run.ID, Flow: x.run.Flow, Hash: x.plan.Hash(), Write: stored.write, Expires: now().Add(planKept),
	})
}

// recall loads the plan of a run. One that is approved must be for the flow as it is
// configured now; one that was interrupted must at least be for the same Lucca.
func (x *changeRun) recall(ctx context.Context, origin string) error {
	record, err := x.app.store.Plan(ctx, origin)
	if err != nil {
		return err
	}
	stored, err := readPlan(record, false)
	if err != nil {
		return err
	}
	x.plan = stored.plan
	if hash := x.plan.Hash(); hash != record.Hash {
		return fmt.Errorf("plan of run %s is not the one that was kept: its hash differs", origin)
	}
	switch {
	case stored.Tenant != x.app.config.Tenants[x.flow.Tenant].URL:
		return fmt.Errorf("%w: the plan of run %s is for %s: %w", ErrUsage, origin, stored.Tenant, flow.ErrChanged)
	case x.run.Outcome == run.Held:
		if err := stored.Settings.Differ(x.app.settings(x.flow), origin); err != nil {
			return err
		}
	}
	x.partial, x.relayed = stored.Partial, stored.Relayed
	x.query, x.origin, x.hires = stored.Query, origin, stored.Hires
	return nil
}

// apply carries the plan out. Current is nil for a plan that was made in this run.
func (x *changeRun) apply(ctx context.Context, current *roster.Roster) error {
	if err := x.app.store.SetPlanState(ctx, x.origin, state.PlanApplying); err != nil {
		return err
	}
	x.app.logger.InfoContext(ctx, "plan.applying", "flow", x.run.Flow, "run", x.run.ID, "plan", x.plan.Hash())
	result, err := apply.Apply(ctx, apply.Request{
		Run: x.origin, Plan: x.plan, Lucca: x.client, Journal: x.app.store.RowJournal(), Current: current,
		Logger:   x.app.logger,
		Progress: func(done, total int) { x.app.progress(Progress{Step: "apply", Done: int64(done), Total: int64(total)}) },
	})
	x.applied = &result
	x.run.Findings = append(x.run.Findings, result.Findings...)
	c := run.Changes(result.Applied)
	x.run.Changes = &c
	x.run.Rows.Sent, x.run.Rows.Rejected = c.Create+c.Update+c.End+c.Rehire, c.Reject
	if err != nil {
		return errors.Join(fmt.Errorf("apply the plan: %w; the next run of the flow goes on where this one stopped", err), x.recordHires(ctx))
	}
	if err := x.recordHires(ctx); err != nil {
		return err
	}
	open := unsettled(result)
	if len(open) > 0 && x.origin == x.run.ID && !x.resumed {
		return fmt.Errorf("apply the plan: %d rows without a clear answer from Lucca; the next run of the flow asks again", len(open))
	}
	return x.giveUp(ctx, open)
}

// unsettled lists the items of which it is not known what became of them.
func unsettled(r apply.Result) []apply.Outcome {
	var open []apply.Outcome
	for _, o := range r.Outcomes {
		switch o.Step {
		case apply.Applied, apply.Refused, apply.Skipped:
		default:
			open = append(open, o)
		}
	}
	return open
}

// giveUp leaves the rows to a person on which Lucca gave no clear answer in a second run
// either: they must not keep every later file waiting. Their findings say so already.
func (x *changeRun) giveUp(ctx context.Context, open []apply.Outcome) error {
	for _, o := range open {
		if o.Step = apply.Refused; o.EmployeeID != 0 && o.Action == plan.Create {
			o.Step = apply.Applied
		}
		o.Code, o.At = apply.CodeUnconfirmed, now()
		if err := x.app.store.RowJournal().Save(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// planDone records that nothing of the plan is left to do, once its reports are written.
func (x *changeRun) planDone(ctx context.Context) error {
	return x.app.store.SetPlanState(ctx, x.origin, state.PlanApplied)
}

// conclude sets the outcome of a run whose plan was applied.
func (x *changeRun) conclude() {
	x.run.Outcome = run.Done
	if n := x.run.Rows.Rejected; n > 0 {
		x.run.Outcome = run.Rejections
		x.run.Reason = flow.JoinReasons(x.run.Reason, flow.RejectedRows(n))
	} else if finding.Count(x.run.Findings, finding.Error) > 0 {
		x.run.Outcome = run.Rejections
		x.run.Reason = flow.JoinReasons(x.run.Reason, "Lucca did not keep all that the file says: see the findings")
	}
}
