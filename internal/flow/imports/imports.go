// Package imports is the flow from a user file to Lucca: the file is taken from its remote,
// read and planned against the people of Lucca, and the plan is applied or held. An import that
// relays hands the rows that passed on to Lucca's own import.
package imports

import (
	"context"
	"errors"
	"log/slog"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/step"
	"lucca-exchange/internal/userfile"
)

// Store is what is remembered of imports.
type Store interface {
	flow.History
	flow.Restores
	Plans
	Deliveries
	Pickups
}

// Plans keeps plans, what became of their rows, and whom a source has brought.
type Plans interface {
	change.Plans
	LastApplied(ctx context.Context, flow string) (state.Record, error)
	Rows(ctx context.Context, run string) ([]apply.Outcome, error)
	Brought(ctx context.Context, source string) (map[int]bool, error)
	Bring(ctx context.Context, source string, employees []int) error
	LastFile(ctx context.Context, flow string) (map[int]bool, error)
	KeepLastFile(ctx context.Context, flow string, employees []int) error
}

// Deliveries keeps what was handed on.
type Deliveries interface {
	DeliveriesOf(ctx context.Context, run string) ([]delivery.Record, error)
}

// Pickups keeps the files that were taken.
type Pickups interface {
	PickupOf(ctx context.Context, run string) (pickup.Record, error)
}

// StoreOf is the part of the state that imports need; nil for none.
func StoreOf(s *state.Store) Store {
	if s == nil {
		return nil
	}
	return struct {
		flow.History
		flow.Restores
		Plans
		Deliveries
		Pickups
	}{s.History(), s.Upkeep(), s.Plans(), s.Deliveries(), s.Pickups()}
}

// Deps is who does the world's work.
type Deps struct {
	// Lucca opens a client of the flow's tenant.
	Lucca func() (change.Lucca, error)
	// Store is nil in a dry run before the first run.
	Store  Store
	Inbox  inbox.Inbox
	Outbox flow.Outbox
	Room   *spool.Room
	Logger *slog.Logger
	// Progress is told of how many items of how many are carried out.
	Progress func(done, total int)
}

// Input is one run of a flow, and what the flow is configured to do.
type Input struct {
	Run state.Record
	// Resumed: a process that died had begun the run.
	Resumed bool
	// Only is the one employee whom a dry run is about; empty for all.
	Only string
	// Folder is the run's in the spool.
	Folder string
	// File is a local one, in the place of one that is picked up.
	File string

	Change  change.Settings
	Options userfile.Options
	// Source is who writes the files, of one of several for the same tenant; empty for none.
	Source string
	// Relay is where the rows that passed are handed on to; nil where the flow applies them.
	Relay *Relay
}

// Relay is a remote that Lucca's own import reads.
type Relay struct {
	// To is the name of the remote, File that of the file there; empty for that of the file
	// that came.
	To, File string
}

// task is a run on its way: nothing of it changes.
type task struct {
	Deps
	Input
	lucca change.Lucca
}

func (t task) change() change.Deps {
	d := change.Deps{Lucca: t.lucca, Logger: t.Logger, Progress: t.Progress}
	if t.Store != nil {
		d.Store = t.Store
	}
	return d
}

// Run does the whole of an import. What an interrupted run began comes first.
func Run(ctx context.Context, d Deps, in Input) (r flow.Result, err error) {
	r = flow.From(in.Run)
	t := task{Deps: d, Input: in}
	if t.lucca, err = d.Lucca(); err != nil {
		return r, err
	}
	defer func() { r.Requests = &run.Requests{Lucca: t.lucca.Requests()} }()
	if r.Earlier, err = d.Outbox.Settle(ctx, in.Run.Flow); err != nil {
		return r, err
	}
	if err := flow.MakeFolder(d.Room, in.Folder); err != nil {
		return r, err
	}
	interrupted, err := change.Interrupted(ctx, d.Store, in.Run)
	if err != nil {
		return r, err
	}
	if interrupted != "" {
		return goOn(ctx, t, interrupted, r)
	}
	warnings, err := d.Inbox.Recover(ctx)
	r.Log.Add(warnings...)
	if err != nil {
		return r, err
	}
	file, err := take(ctx, t, &r)
	if err != nil || file == nil {
		return r, err
	}
	if r.Outcome != "" { // its content was dealt with
		return putAway(ctx, t, file, pickup.Processed, r)
	}
	return process(ctx, t, *file, r)
}

// take brings the file of the run into the spool. Without one the result has its outcome.
func take(ctx context.Context, t task, r *flow.Result) (*inbox.File, error) {
	if t.File != "" {
		file, err := t.Inbox.Copy(t.File, t.Folder)
		if err == nil {
			r.File = &file.File
		}
		return file, err
	}
	a, err := t.Inbox.Take(ctx, t.Run, t.Folder)
	note(r, a)
	return a.File, err
}

// note notes what a look for a file found.
func note(r *flow.Result, a inbox.Arrival) {
	r.Log.Add(a.Findings...)
	r.Outcome, r.Reason = a.Outcome, a.Reason
	if a.File != nil {
		r.File, r.Waiting = &a.File.File, a.File.Waiting
	}
}

// process deals with the file that was taken. It goes to failed/ when it is the file's fault,
// and back when it is not.
func process(ctx context.Context, t task, file inbox.File, r flow.Result) (flow.Result, error) {
	p, file, err := prepare(ctx, t, file, &r)
	if inbox.AtFault(err) {
		r.Outcome, r.Reason = run.Failed, flow.Sentence(err)
		if r, err = putAway(ctx, t, &file, pickup.Failed, r); err != nil {
			return r, err
		}
		// One after the other they would fill the disk.
		return r, t.Inbox.Drop(file)
	}
	if err == nil && t.Relay != nil {
		p.Relayed, err = normalise(t, file, &p, &r)
	}
	if err == nil {
		p.Origin = t.Run.ID
		err = change.Keep(ctx, t.Store, t.Change, &p, t.Run)
	}
	if err != nil {
		return r, errors.Join(err, t.Inbox.GiveBack(ctx, file))
	}
	if r.Outcome == run.Held {
		// The spool may be gone by the time of the approval.
		_, err := reports(t, file, &r)
		return r, err
	}
	return carryOut(ctx, t, p, file, r, nil)
}

// prepare unwraps and reads the file, plans it and judges the plan.
func prepare(ctx context.Context, t task, file inbox.File, r *flow.Result) (change.Planned, inbox.File, error) {
	file, err := t.Inbox.Plain(ctx, file)
	r.Path, r.File = file.Path, &file.File
	if err != nil {
		return change.Planned{}, file, err
	}
	table, err := readRows(ctx, t, &file, r)
	if err != nil {
		return change.Planned{}, file, err
	}
	p, err := planned(ctx, t, table, r)
	if err != nil {
		return p, file, err
	}
	v, err := judge(ctx, t, p, file)
	v.Note(r)
	return p, file, err
}

// readRows reads the rows of the plain file.
func readRows(ctx context.Context, t task, file *inbox.File, r *flow.Result) (plan.Table, error) {
	_, end := step.Begin(ctx, step.Read)
	defer end()
	f, err := spool.Open(file.Path)
	if err != nil {
		return plan.Table{}, err
	}
	defer f.Close()
	options := t.Options
	options.TempDir = file.Folder
	table, info, err := userfile.Read(f, options)
	file.Partial, file.Unclosed = table.Partial, info.Unclosed
	known := file.File
	r.File, r.Rows = &known, &run.Rows{Read: info.Rows}
	if err != nil {
		r.Log.Add(table.Findings...)
		r.Log.AddRest(table.Rest...)
	}
	return table, err
}

// planned reads Lucca and makes the plan of the table.
func planned(ctx context.Context, t task, table plan.Table, r *flow.Result) (p change.Planned, err error) {
	set := t.Change
	if t.Source != "" && t.Store != nil {
		// Nobody else can be absent than whom the source has ever brought.
		if set.Policy.Brought, err = t.Store.Brought(ctx, t.Source); err != nil {
			return p, err
		}
	}
	query := plan.Query(table.Columns, set.Policy)
	query.Fields |= roster.Mail | roster.EmployeeNumber // by which a person asks for somebody
	people, err := change.Read(ctx, t.change(), set, query)
	if err != nil {
		return p, err
	}
	p, err = change.Plan(ctx, t.change(), set, table, people)
	p.Query = query
	if p.Plan != nil {
		p.Describe(r, len(table.Rows))
	}
	return p, err
}

// carryOut applies the plan, or hands the file on, and settles the file. The plan counts as
// applied once the reports are written: until then the next run goes on with it. Current are
// the people as they are now, of a plan that was made before.
func carryOut(ctx context.Context, t task, p change.Planned, file inbox.File, r flow.Result, current *roster.Roster) (flow.Result, error) {
	var err error
	if handsOn(t, p) {
		err = relay(ctx, t, p, file, &r)
	} else {
		err = applyPlan(ctx, t, p, current, &r)
	}
	if errors.Is(err, errRefused) {
		return setAside(ctx, t, p, file, r, err)
	}
	if err != nil {
		_, reporting := reports(t, file, &r)
		return r, errors.Join(err, reporting)
	}
	overtaken, err := overtake(ctx, t)
	if err != nil {
		return r, err
	}
	for _, message := range overtaken {
		r.Warn("overtaken", message)
	}
	conclude(&r)
	if err := bring(ctx, t, p); err != nil {
		return r, err
	}
	if r, err = putAway(ctx, t, &file, pickup.Processed, r); err != nil {
		return r, err
	}
	return r, change.Done(ctx, t.Store, p)
}

func applyPlan(ctx context.Context, t task, p change.Planned, current *roster.Roster, r *flow.Result) error {
	a, err := change.Apply(ctx, t.change(), p, current, t.Run)
	a.Note(r)
	if err != nil {
		return err
	}
	return change.Close(ctx, t.Store, a, p.Origin == t.Run.ID && !t.Resumed)
}

// bring records whom this file has brought, and who was in the last full one.
func bring(ctx context.Context, t task, p change.Planned) error {
	full := t.Change.Policy.Mode == plan.Full && !p.Partial
	if t.Source == "" && !full {
		return nil
	}
	ids, err := broughtBy(ctx, t, p)
	if err != nil {
		return err
	}
	if t.Source != "" {
		err = t.Store.Bring(ctx, t.Source, ids)
	}
	if err == nil && full {
		err = t.Store.KeepLastFile(ctx, t.Run.Flow, ids)
	}
	return err
}

// broughtBy are those whom a file has brought. A row that failed may be about nobody, and one
// without a file ended somebody who was absent.
func broughtBy(ctx context.Context, t task, p change.Planned) ([]int, error) {
	outcomes, err := t.Store.Rows(ctx, p.Origin)
	if err != nil {
		return nil, err
	}
	var ids []int
	for _, o := range outcomes {
		if o.EmployeeID != 0 && o.Row != 0 {
			ids = append(ids, o.EmployeeID)
		}
	}
	for i := range p.Plan.Items {
		if item := &p.Plan.Items[i]; item.EmployeeID != 0 && item.Row != 0 && item.Action != plan.Reject {
			ids = append(ids, item.EmployeeID)
		}
	}
	return ids, nil
}

// conclude gives a run its outcome whose plan was applied.
func conclude(r *flow.Result) {
	r.Outcome = run.Done
	if n := r.Rows.Rejected; n > 0 {
		r.Outcome = run.Rejections
		r.Reason = flow.JoinReasons(r.Reason, flow.RejectedRows(n))
	} else if r.Errors() {
		r.Outcome = run.Rejections
		r.Reason = flow.JoinReasons(r.Reason, "Lucca did not keep all that the file says: see the findings")
	}
}

// Rehearse plans the file without taking it, and without recording or changing anything. Of one
// employee it says what would become of them. There is no plan where there was no file.
func Rehearse(ctx context.Context, d Deps, in Input) (r flow.Result, err error) {
	r = flow.From(in.Run)
	t := task{Deps: d, Input: in}
	if t.lucca, err = d.Lucca(); err != nil {
		return r, err
	}
	defer func() { r.Requests = &run.Requests{Lucca: t.lucca.Requests()} }()
	file, err := peek(ctx, t, &r)
	if err != nil || r.Outcome != "" {
		return r, err
	}
	p, _, err := prepare(ctx, t, *file, &r)
	if err != nil {
		return r, err
	}
	if r.Outcome == "" {
		conclude(&r)
	}
	if p.Plan == nil {
		return r, nil
	}
	people := explain.People(p.Table, p.Plan, p.People)
	for _, who := range people {
		r.Names = append(r.Names, who.Name)
	}
	if in.Only != "" {
		about := in.Run.Run
		about.Result = r.Result
		r.Only, err = explain.Plan(about, r.Log.Listed, p.Plan, people, in.Only)
	}
	return r, err
}

func peek(ctx context.Context, t task, r *flow.Result) (*inbox.File, error) {
	if t.File != "" {
		return take(ctx, t, r)
	}
	a, err := t.Inbox.Peek(ctx, t.Folder)
	note(r, a)
	return a.File, err
}
