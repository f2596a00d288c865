// Package hires is the flow from an ATS to Lucca: hires are stored as they come, by webhook, by
// polling or in dropped files, and a run makes employees of those that wait. The plan of their
// rows is applied or held like that of a file.
package hires

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
)

// Store is what is remembered of hires.
type Store interface {
	flow.History
	flow.Restores
	change.Plans
	Hires
}

// Hires keeps hires until somebody is hired.
type Hires interface {
	Hire(ctx context.Context, id string) (state.Hire, error)
	Hires(ctx context.Context, f state.HireFilter) ([]state.Hire, error)
	HiresAfter(ctx context.Context, flow string, after state.Hire, most int) ([]state.Hire, error)
	AddHires(ctx context.Context, hires []state.Hire) ([]state.StoredHire, error)
	SaveHires(ctx context.Context, hires ...state.Hire) error
	DecideHire(ctx context.Context, seen, decided state.Hire, act audit.Entry) error
}

// hireBook embeds Hires, which has a method of that name.
type hireBook = Hires

// StoreOf is the part of the state that hires flows need, which is a Book and a book to decide in;
// nil for none.
func StoreOf(s *state.Store) Store {
	if s == nil {
		return nil
	}
	return struct {
		flow.History
		flow.Restores
		change.Plans
		hireBook
	}{s.History(), s.Upkeep(), s.Plans(), s.HireBook()}
}

// Deps is who does the world's work.
type Deps struct {
	// Lucca opens a client of the flow's tenant.
	Lucca func() (change.Lucca, error)
	// Store is nil in a dry run before the first run.
	Store  Store
	Inbox  inbox.Inbox
	Source hire.Source
	Room   *spool.Room
	Logger *slog.Logger
	// Progress is told of how many items of how many are carried out.
	Progress func(done, total int)
}

// Input is one run of a flow, and what the flow is configured to do.
type Input struct {
	Run state.Record
	// Resumed: a process that died had begun the run; Queued: a queue began it.
	Resumed, Queued bool
	// Folder is the run's in the spool.
	Folder string
	// File is a local one, in the place of one that is picked up; Picks tells that the flow has
	// files picked up.
	File  string
	Picks bool

	Change change.Settings
	Hires  hire.Settings
	// FileSources are the sources that read files, for whoever has another.
	FileSources []string
}

// task is a run on its way: nothing of it changes.
type task struct {
	Deps
	Input
	lucca change.Lucca
	// dry: nothing is recorded.
	dry bool
}

func (t task) change() change.Deps {
	d := change.Deps{Lucca: t.lucca, Logger: t.Logger, Progress: t.Progress}
	if t.Store != nil {
		d.Store = t.Store
	}
	return d
}

// intake is what was taken in, before anything is made of it.
type intake struct {
	// events are those of a dry run, which stores none.
	events []hire.Event
	// log is what was found; its rows are not those of the plan.
	log finding.Log
	// faults are what went wrong with taking hires in, in sentences. Those that are stored do
	// not wait for it, and the run fails in the end.
	faults []string
	// unreadable counts the rows of a file that are no hires, undecided the hires that a
	// person must look at.
	unreadable, undecided int
	// polled tells that the ATS was asked, and answered.
	polled bool
}

// Run takes in what there is, and makes employees of what waits.
func Run(ctx context.Context, d Deps, in Input) (r flow.Result, err error) {
	r = flow.From(in.Run)
	t := task{Deps: d, Input: in}
	if t.lucca, err = d.Lucca(); err != nil {
		return r, err
	}
	var (
		came intake
		p    change.Planned
	)
	defer func() { r = told(t, came, p, r) }()
	if err := flow.MakeFolder(d.Room, in.Folder); err != nil {
		return r, err
	}
	interrupted, err := change.Interrupted(ctx, d.Store, in.Run)
	if err != nil {
		return r, err
	}
	if interrupted != "" {
		if p, err = load(ctx, t, interrupted, &r); err != nil {
			return r, err
		}
		if interrupted != in.Run.ID {
			r.Reason = fmt.Sprintf("finished what run %s began; hires that wait are for the next run", interrupted)
			r.Waiting = 1
		}
		return r, carryOut(ctx, t, p, came, &r)
	}
	if came, err = takeIn(ctx, t, &r); err != nil {
		return r, err
	}
	if p, err = prepare(ctx, t, &came, &r); err != nil || p.Plan == nil {
		return r, err
	}
	p.Origin = in.Run.ID
	if err := change.Keep(ctx, d.Store, in.Change, &p, in.Run); err != nil {
		return r, err
	}
	if r.Outcome == run.Held {
		return r, t.markAll(ctx, p, state.HireHeld, "the run is held: "+r.Reason)
	}
	return r, applyNow(ctx, t, p, came, &r)
}

// Rehearse plans what waits, and what would be taken in, without storing anything.
func Rehearse(ctx context.Context, d Deps, in Input) (r flow.Result, err error) {
	r = flow.From(in.Run)
	t := task{Deps: d, Input: in, dry: true}
	if t.lucca, err = d.Lucca(); err != nil {
		return r, err
	}
	var (
		came intake
		p    change.Planned
	)
	defer func() { r = told(t, came, p, r) }()
	if came, err = lookIn(ctx, t, &r); err != nil {
		return r, err
	}
	if p, err = prepare(ctx, t, &came, &r); err == nil && r.Outcome == "" {
		conclude(&r, came, run.Done)
	}
	return r, err
}

// Approve applies the plan of a held run. Plans of hires are about different people, so that a
// later one may have been applied before.
func Approve(ctx context.Context, d Deps, in Input) (r flow.Result, err error) {
	r = flow.From(in.Run)
	t := task{Deps: d, Input: in}
	if err := change.Unexpired(ctx, d.Store, in.Run, in.Change.Zone); err != nil {
		return r, err
	}
	if t.lucca, err = d.Lucca(); err != nil {
		return r, err
	}
	came := intake{log: r.Log, polled: r.Requests != nil && r.Requests.Polled}
	var p change.Planned
	defer func() { r = told(t, came, p, r) }()
	if p, err = load(ctx, t, in.Run.ID, &r); err != nil {
		return r, err
	}
	r.Outcome, r.Reason = "", ""
	return r, carryOut(ctx, t, p, came, &r)
}

// load takes up a run and its plan, to go on with it or because it was approved.
func load(ctx context.Context, t task, origin string, r *flow.Result) (change.Planned, error) {
	before, err := t.Store.Run(ctx, origin)
	if err != nil {
		return change.Planned{}, err
	}
	p, err := change.Recall(ctx, t.Store, t.Change, origin, t.Run.Outcome == run.Held)
	if err != nil {
		return change.Planned{}, err
	}
	r.File = before.File
	p.Take(r, before)
	return p, nil
}

// prepare judges what waits and plans who is new. With nobody to create there is no plan, and
// the run has its outcome.
func prepare(ctx context.Context, t task, came *intake, r *flow.Result) (p change.Planned, err error) {
	waiting, err := waitingHires(ctx, t, came.events, r)
	came.events = nil // they may be many
	if err != nil {
		return p, err
	}
	read := waiting.len() + came.unreadable
	r.Rows = &run.Rows{Read: read}
	if waiting.len() == 0 {
		nobody(r, *came, "no hire waits")
		return p, nil
	}
	query := plan.Query(t.Hires.Columns(), t.Change.Policy).Union(hire.Query())
	people, err := change.Read(ctx, t.change(), t.Change, query)
	if err != nil {
		return p, err
	}
	fresh, err := judgeHires(ctx, t, waiting, people, came, r)
	if err != nil {
		return p, err
	}
	if fresh.len() == 0 {
		nobody(r, *came, "nobody is to be created")
		return p, nil
	}
	ids := make(map[int]string, fresh.len())
	for i, id := range fresh.ids {
		ids[i+firstRow] = id
	}
	table := hire.Rows(fresh.events, t.Hires)
	if p, err = change.Plan(ctx, t.change(), t.Change, table, people); p.Plan == nil {
		return p, err
	}
	p.Query, p.Hires = query, ids
	p.Describe(r, read)
	if err != nil {
		return p, err
	}
	used := hire.DefaultsUsed(table, p.Plan)
	p.Plan.Findings = append(p.Plan.Findings, used.Listed...)
	p.Plan.Rest = append(p.Plan.Rest, used.Rest()...)
	r.Log.Add(used.Listed...)
	r.Log.AddRest(used.Rest()...)
	v, err := judge(ctx, t, p)
	if v.Note(r); v.Reason != "" {
		r.Reason = flow.JoinReasons(append([]string{r.Reason}, came.faults...)...)
	}
	return p, err
}

// firstRow is the number that hire.Rows gives to the row of the first event.
const firstRow = 2

// judge measures the plan. Hires come as they come, so that fewer than the last time are no
// sign of a fault; the first run of the flow is the first that creates somebody.
func judge(ctx context.Context, t task, p change.Planned) (v change.Verdict, err error) {
	all, before := limit.Percent(100), change.Previous{First: true}
	if t.Store != nil {
		applied, err := t.Store.Hires(ctx, state.HireFilter{Flow: t.Run.Flow, State: state.HireApplied})
		if err != nil {
			return v, err
		}
		before.First = len(applied) == 0
	}
	if before.Cautious, err = change.Caution(ctx, t.change(), t.Run.Flow, p); err != nil {
		return v, err
	}
	set := t.Change
	set.Limits.Shrink = &all
	p.Plan.Doubts.Doubles = 0 // each hire was judged by itself, or a person has looked at it
	return change.Judge(p, set, before), nil
}

// nobody concludes a run that has no plan.
func nobody(r *flow.Result, came intake, reason string) {
	r.Reason = reason
	conclude(r, came, run.Nothing)
}

// carryOut applies the plan of an earlier run. Whoever is in Lucca by now is not created.
func carryOut(ctx context.Context, t task, p change.Planned, came intake, r *flow.Result) error {
	current, err := change.Read(ctx, t.change(), t.Change, p.Query)
	if err != nil {
		return err
	}
	a, err := change.Apply(ctx, t.change(), p, current, t.Run)
	return finish(ctx, t, applied{p, a, err}, came, r)
}

// applyNow applies a plan that was made just now.
func applyNow(ctx context.Context, t task, p change.Planned, came intake, r *flow.Result) error {
	a, err := change.Apply(ctx, t.change(), p, nil, t.Run)
	return finish(ctx, t, applied{p, a, err}, came, r)
}

// applied is a plan with what came of it.
type applied struct {
	plan change.Planned
	done change.Applied
	err  error
}

// finish tells each hire what became of it, and concludes the run.
func finish(ctx context.Context, t task, a applied, came intake, r *flow.Result) error {
	a.done.Note(r)
	if err := errors.Join(a.err, t.record(ctx, a)); err != nil {
		return err
	}
	if err := change.Close(ctx, t.Store, a.done, a.plan.Origin == t.Run.ID && !t.Resumed); err != nil {
		return err
	}
	conclude(r, came, run.Done)
	return change.Done(ctx, t.Store, a.plan)
}

// conclude gives a run its outcome that could do what it was to do.
func conclude(r *flow.Result, came intake, outcome run.Outcome) {
	r.Outcome = outcome
	if r.Errors() || finding.Count(came.log.Listed, finding.Error) > 0 {
		r.Outcome = run.Rejections
	}
	rows := *r.Rows
	refused := rows.Rejected
	rows.Rejected += came.unreadable + came.undecided
	r.Rows = &rows
	for _, part := range []struct {
		count     int
		one, many string
	}{
		{refused, "1 hire was refused: see lucca-exchange hires", "%d hires were refused: see lucca-exchange hires"},
		{came.undecided, "1 hire waits for a person: see lucca-exchange hires", "%d hires wait for a person: see lucca-exchange hires"},
		{came.unreadable, "1 row of the file was rejected: see the findings", "%d rows of the file were rejected: see the findings"},
	} {
		switch {
		case part.count == 1:
			r.Reason = flow.JoinReasons(r.Reason, part.one)
		case part.count > 1:
			r.Reason = flow.JoinReasons(r.Reason, fmt.Sprintf(part.many, part.count))
		}
	}
	if len(came.faults) > 0 {
		r.Outcome, r.Reason = run.Failed, flow.JoinReasons(append(came.faults, r.Reason)...)
	}
}

// told notes what the run cost, and joins what there is to say: first what was taken in, then
// the findings about rows, which are of no file, as findings about hires.
func told(t task, came intake, p change.Planned, r flow.Result) flow.Result {
	r.Requests = &run.Requests{Lucca: t.lucca.Requests(), Polled: came.polled}
	said := make(map[finding.Finding]bool, len(r.Log.Listed))
	for i := range r.Log.Listed {
		f := &r.Log.Listed[i]
		if id, ok := p.Hires[f.Row]; ok {
			f.Message, f.Row, f.Cell = "hire "+id+": "+f.Message, 0, ""
		}
		said[*f] = true
	}
	var log finding.Log
	for _, f := range came.log.Listed {
		if !said[f] {
			log.Add(f)
		}
	}
	log.AddRest(came.log.Rest()...)
	log.Add(r.Log.Listed...)
	log.AddRest(r.Log.Rest()...)
	r.Log = log
	return r
}
