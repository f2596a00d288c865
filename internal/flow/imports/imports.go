// Package imports is the flow from a user file to Lucca: the file is taken from its remote,
// read and planned against the people of Lucca, and the plan is applied or held. An import that
// relays hands the rows that passed on to Lucca's own import.
package imports

import (
	"cmp"
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
	return change.Deps{Lucca: t.lucca, Store: t.Store, Logger: t.Logger, Progress: t.Progress}
}

// Run does the whole of an import. What earlier runs left half done comes first.
func Run(ctx context.Context, d Deps, in Input) (flow.Result, error) {
	return inLucca(d, in, func(t task, r *flow.Result) error {
		if err := settleSent(ctx, t, r); err != nil {
			return err
		}
		if err := flow.MakeFolder(t.Room, t.Folder); err != nil {
			return err
		}
		interrupted, err := change.Interrupted(ctx, t.Store, t.Run, t.File)
		if err != nil {
			return err
		}
		if interrupted != "" {
			return goOn(ctx, t, interrupted, r)
		}
		if err := settleTaken(ctx, t, r); err != nil {
			return err
		}
		file, err := take(ctx, t, r)
		if err != nil || file == nil {
			return err
		}
		return process(ctx, t, *file, r)
	})
}

// inLucca does the work of a run in the flow's tenant, and counts what it asked of it.
func inLucca(d Deps, in Input, work func(t task, r *flow.Result) error) (flow.Result, error) {
	r := flow.From(in.Run)
	lucca, err := d.Lucca()
	if err != nil {
		return r, err
	}
	err = work(task{Deps: d, Input: in, lucca: lucca}, &r)
	r.Requests = &run.Requests{Lucca: lucca.Requests()}
	return r, err
}

// settleSent settles what earlier runs of the flow were sending.
func settleSent(ctx context.Context, t task, r *flow.Result) (err error) {
	r.Earlier, err = t.Outbox.Settle(ctx, t.Run.Flow)
	return err
}

// settleTaken settles the files that earlier runs of the flow have taken.
func settleTaken(ctx context.Context, t task, r *flow.Result) error {
	warnings, err := t.Inbox.Recover(ctx)
	r.Log.Add(warnings...)
	return err
}

// take brings the file of the run into the spool. Without one the result has its outcome.
func take(ctx context.Context, t task, r *flow.Result) (*inbox.File, error) {
	return arrived(t, r, func() (inbox.Arrival, error) { return t.Inbox.Take(ctx, t.Run, t.Folder) })
}

// arrived is the file that a person gave, or else the one that a look for it found.
func arrived(t task, r *flow.Result, look func() (inbox.Arrival, error)) (*inbox.File, error) {
	var a inbox.Arrival
	var err error
	if t.File != "" {
		a.File, err = t.Inbox.Copy(t.File, t.Folder)
	} else {
		a, err = look()
	}
	r.Log.Add(a.Findings...)
	r.Outcome, r.Reason = a.Outcome, a.Reason
	if a.File != nil {
		r.File, r.Waiting = &a.File.File, a.File.Waiting
	}
	return a.File, err
}

// process deals with the file that was taken. It goes to failed/ when it is the file's fault,
// and back when it is not.
func process(ctx context.Context, t task, file inbox.File, r *flow.Result) error {
	if file.Duplicate != "" {
		return putAway(ctx, t, &file, pickup.Processed, r)
	}
	p, err := prepare(ctx, t, &file, r)
	if inbox.AtFault(err) {
		if err := fail(ctx, t, &file, err, r); err != nil {
			return err
		}
		// One after the other they would fill the disk.
		return t.Inbox.Drop(file)
	}
	if err == nil {
		err = keep(ctx, t, file, &p, r)
	}
	if err != nil {
		return errors.Join(err, t.Inbox.GiveBack(ctx, file))
	}
	if r.Outcome == run.Held {
		// The spool may be gone by the time of the approval.
		_, err := reports(t, file, r)
		return err
	}
	return carryOut(ctx, t, p, file, nil, r)
}

// prepare unwraps and reads the file, plans it and judges the plan.
func prepare(ctx context.Context, t task, file *inbox.File, r *flow.Result) (p change.Planned, err error) {
	*file, err = t.Inbox.Plain(ctx, *file)
	r.File = &file.File
	if err != nil {
		return p, err
	}
	table, err := readRows(ctx, t, file, r)
	if err != nil {
		return p, err
	}
	if p, err = planned(ctx, t, table, r); err != nil {
		return p, err
	}
	v, err := judge(ctx, t, p, *file)
	v.Note(r)
	return p, err
}

// keep keeps the plan, and the file to hand on that belongs to it.
func keep(ctx context.Context, t task, file inbox.File, p *change.Planned, r *flow.Result) (err error) {
	if t.Relay != nil {
		if p.Relayed, err = normalise(t, file, p, r); err != nil {
			return err
		}
	}
	p.Origin = t.Run.ID
	return change.Keep(ctx, t.Store, t.Change, p, t.Run)
}

// fail ends a run by the fault of its file, which goes to failed/.
func fail(ctx context.Context, t task, file *inbox.File, cause error, r *flow.Result) error {
	r.Outcome, r.Reason = run.Failed, flow.Sentence(cause)
	return putAway(ctx, t, file, pickup.Failed, r)
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
	r.Rows = &run.Rows{Read: info.Rows}
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
func carryOut(ctx context.Context, t task, p change.Planned, file inbox.File, current *roster.Roster, r *flow.Result) error {
	var err error
	if handsOn(t, p) {
		err = relay(ctx, t, p, file, r)
	} else {
		err = applyPlan(ctx, t, p, current, r)
	}
	if errors.Is(err, errRefused) {
		return setAside(ctx, t, p, file, err, r)
	}
	if err != nil {
		_, reporting := reports(t, file, r)
		return errors.Join(err, reporting)
	}
	if err := overtake(ctx, t, r); err != nil {
		return err
	}
	conclude(r)
	if err := bring(ctx, t, p); err != nil {
		return err
	}
	if err := putAway(ctx, t, &file, pickup.Processed, r); err != nil {
		return err
	}
	return change.Done(ctx, t.Store, p)
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

// broughtBy are those whom a file has brought. A row that failed may be about nobody or somebody else,
// and one that is not in the file ended somebody who was absent.
func broughtBy(ctx context.Context, t task, p change.Planned) ([]int, error) {
	outcomes, err := t.Store.Rows(ctx, p.Origin)
	if err != nil {
		return nil, err
	}
	created := make(map[int]int) // by item
	for _, o := range outcomes {
		created[o.Item] = o.EmployeeID
	}
	var ids []int
	for i := range p.Plan.Items {
		item := &p.Plan.Items[i]
		if id := cmp.Or(item.EmployeeID, created[i]); id != 0 && item.Row != 0 && item.Action != plan.Reject {
			ids = append(ids, id)
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
func Rehearse(ctx context.Context, d Deps, in Input) (flow.Result, error) {
	return inLucca(d, in, func(t task, r *flow.Result) error {
		file, err := peek(ctx, t, r)
		if err != nil || r.Outcome != "" {
			return err
		}
		p, err := prepare(ctx, t, file, r)
		if err != nil {
			return err
		}
		if r.Outcome == "" {
			conclude(r)
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
		return err
	})
}

// peek brings a copy of the file into the spool that the next run would take.
func peek(ctx context.Context, t task, r *flow.Result) (*inbox.File, error) {
	return arrived(t, r, func() (inbox.Arrival, error) { return t.Inbox.Peek(ctx, t.Folder) })
}
