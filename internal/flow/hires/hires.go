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
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
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

// result is what a run has come to so far. It is told of beside an error, too.
type result struct {
	flow.Result
	came    intake
	planned change.Planned
}

// intake is what was taken in, before anything is made of it.
type intake struct {
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

// Run finishes what an interrupted run began, or else takes in what there is, and makes
// employees of what waits.
func Run(ctx context.Context, d Deps, in Input) (flow.Result, error) {
	return perform(d, in, func(t task, r *result) error {
		if err := flow.MakeFolder(d.Room, in.Folder); err != nil {
			return err
		}
		interrupted, err := change.Interrupted(ctx, d.Store, in.Run, in.File)
		if err != nil {
			return err
		}
		if interrupted != "" {
			return goOn(ctx, t, interrupted, r)
		}
		if err := takeIn(ctx, t, r); err != nil {
			return err
		}
		return hireAll(ctx, t, r)
	})
}

// Rehearse plans what waits, and what would be taken in, without storing anything.
func Rehearse(ctx context.Context, d Deps, in Input) (flow.Result, error) {
	return perform(d, in, func(t task, r *result) error {
		t.dry = true
		events, err := lookIn(ctx, t, r)
		if err != nil {
			return err
		}
		if err := prepare(ctx, t, events, r); err != nil {
			return err
		}
		if r.Outcome == "" {
			conclude(r, run.Done)
		}
		return nil
	})
}

// Approve applies the plan of a held run. Plans of hires are about different people, so that a
// later one may have been applied before.
func Approve(ctx context.Context, d Deps, in Input) (flow.Result, error) {
	if err := change.Unexpired(ctx, d.Store, in.Run, in.Change.Zone); err != nil {
		return flow.From(in.Run), err
	}
	return perform(d, in, func(t task, r *result) error {
		r.came = intake{log: r.Log, polled: r.Requests != nil && r.Requests.Polled}
		if err := load(ctx, t, in.Run.ID, r); err != nil {
			return err
		}
		r.Outcome, r.Reason = "", ""
		return resume(ctx, t, r)
	})
}

// perform has a run do its work in its tenant, and tells what came of it.
func perform(d Deps, in Input, work func(t task, r *result) error) (flow.Result, error) {
	r := &result{Result: flow.From(in.Run)}
	client, err := d.Lucca()
	if err != nil {
		return r.Result, err
	}
	t := task{Deps: d, Input: in, lucca: client}
	err = work(t, r)
	return told(t, r), err
}

// goOn finishes what an interrupted run began, which may be this one.
func goOn(ctx context.Context, t task, origin string, r *result) error {
	if err := load(ctx, t, origin, r); err != nil {
		return err
	}
	if origin != t.Run.ID {
		r.Reason = fmt.Sprintf("finished what run %s began; hires that wait are for the next run", origin)
		r.Waiting = 1
	}
	return resume(ctx, t, r)
}

// load takes up a run and its plan, to go on with it or because it was approved.
func load(ctx context.Context, t task, origin string, r *result) error {
	before, err := t.Store.Run(ctx, origin)
	if err != nil {
		return err
	}
	if r.planned, err = change.Recall(ctx, t.Store, t.Change, origin, t.Run.Outcome == run.Held); err != nil {
		return err
	}
	r.File = before.File
	r.planned.Take(&r.Result, before)
	return nil
}

// resume carries out the plan of an earlier run. Whoever is in Lucca by now is not created.
func resume(ctx context.Context, t task, r *result) error {
	current, err := change.Read(ctx, t.change(), t.Change, r.planned.Query)
	if err != nil {
		return err
	}
	return carryOut(ctx, t, current, r)
}

// hireAll plans what waits, and carries that out unless a person is to see it first.
func hireAll(ctx context.Context, t task, r *result) error {
	if err := prepare(ctx, t, nil, r); err != nil || r.planned.Plan == nil {
		return err
	}
	r.planned.Origin = t.Run.ID
	if err := change.Keep(ctx, t.Store, t.Change, &r.planned, t.Run); err != nil {
		return err
	}
	if r.Outcome == run.Held {
		return t.hold(ctx, r)
	}
	return carryOut(ctx, t, nil, r)
}

// prepare judges what waits and plans who is new. With nobody to create there is no plan, and
// the run has its outcome. More are hires that are not stored.
func prepare(ctx context.Context, t task, more []hire.Event, r *result) error {
	waiting, err := waitingHires(ctx, t, more, r)
	if err != nil {
		return err
	}
	read := waiting.len() + r.came.unreadable
	r.Rows = &run.Rows{Read: read}
	if waiting.len() == 0 {
		r.Reason = "no hire waits"
		conclude(r, run.Nothing)
		return nil
	}
	query := plan.Query(t.Hires.Columns(), t.Change.Policy).Union(hire.Query())
	people, err := change.Read(ctx, t.change(), t.Change, query)
	if err != nil {
		return err
	}
	fresh, err := judgeHires(ctx, t, waiting, people, r)
	if err != nil {
		return err
	}
	if fresh.len() == 0 {
		r.Reason = "nobody is to be created"
		conclude(r, run.Nothing)
		return nil
	}
	r.planned, err = planned(ctx, t, fresh, people)
	if r.planned.Query = query; r.planned.Plan != nil { // it tells what is wrong with it, too
		r.planned.Describe(&r.Result, read)
	}
	if err != nil {
		return err
	}
	v, err := judge(ctx, t, r.planned)
	if v.Note(&r.Result); v.Reason != "" {
		r.Reason = flow.JoinReasons(append([]string{r.Reason}, r.came.faults...)...)
	}
	return err
}

// firstRow is the number that hire.Rows gives to the row of the first event.
const firstRow = 2

// planned is the plan of new hires, with what the defaults of the flow filled in.
func planned(ctx context.Context, t task, fresh queue, people *roster.Roster) (change.Planned, error) {
	table := hire.Rows(fresh.events, t.Hires)
	p, err := change.Plan(ctx, t.change(), t.Change, table, people)
	p.Hires = make(map[int]string, fresh.len())
	for i, id := range fresh.ids {
		p.Hires[i+firstRow] = id
	}
	if err != nil {
		return p, err
	}
	used := hire.DefaultsUsed(table, p.Plan)
	p.Plan.Findings = append(p.Plan.Findings, used.Listed...)
	p.Plan.Rest = append(p.Plan.Rest, used.Rest()...)
	return p, nil
}

// judge measures the plan. Hires come as they come; the first run of the flow is the first that
// creates somebody.
func judge(ctx context.Context, t task, p change.Planned) (v change.Verdict, err error) {
	before := change.Previous{First: true}
	if t.Store != nil {
		applied, err := t.Store.Hires(ctx, state.HireFilter{Flow: t.Run.Flow, State: state.HireApplied, Limit: 1})
		if err != nil {
			return v, err
		}
		before.First = len(applied) == 0
	}
	if before.Cautious, err = change.Caution(ctx, t.change(), t.Run.Flow, p); err != nil {
		return v, err
	}
	p.Plan.Doubts.Doubles = 0 // each hire was judged by itself, or a person has looked at it
	return change.Judge(p, t.Change, before), nil
}

// carryOut applies the plan, tells each hire what became of it, and concludes the run. Current
// are the people as they are now, of a plan that was made before.
func carryOut(ctx context.Context, t task, current *roster.Roster, r *result) error {
	a, err := change.Apply(ctx, t.change(), r.planned, current, t.Run)
	a.Note(&r.Result)
	if err := errors.Join(err, t.record(ctx, r.planned, a)); err != nil {
		return err
	}
	if err := change.Close(ctx, t.Store, a, r.planned.Origin == t.Run.ID && !t.Resumed); err != nil {
		return err
	}
	conclude(r, run.Done)
	return change.Done(ctx, t.Store, r.planned)
}

// conclude gives a run its outcome that could do what it was to do.
func conclude(r *result, outcome run.Outcome) {
	r.Outcome = outcome
	if r.Errors() || finding.Count(r.came.log.Listed, finding.Error) > 0 {
		r.Outcome = run.Rejections
	}
	r.Reason = flow.JoinReasons(r.Reason,
		counted(r.Rows.Rejected, "1 hire was refused: see lucca-exchange hires", "%d hires were refused: see lucca-exchange hires"),
		counted(r.came.undecided, "1 hire waits for a person: see lucca-exchange hires", "%d hires wait for a person: see lucca-exchange hires"),
		counted(r.came.unreadable, "1 row of the file was rejected: see the findings", "%d rows of the file were rejected: see the findings"),
	)
	r.Rows.Rejected += r.came.unreadable + r.came.undecided
	if len(r.came.faults) > 0 {
		r.Outcome, r.Reason = run.Failed, flow.JoinReasons(append(r.came.faults, r.Reason)...)
	}
}

// counted is what there is to say of so many; nothing of none.
func counted(n int, one, many string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return one
	default:
		return fmt.Sprintf(many, n)
	}
}

// told notes what the run cost, and joins what there is to say: first what was taken in, then
// the findings about rows, which are of no file, as findings about hires.
func told(t task, r *result) flow.Result {
	r.Requests = &run.Requests{Lucca: t.lucca.Requests(), Polled: r.came.polled}
	said := make(map[finding.Finding]bool, len(r.Log.Listed))
	for i := range r.Log.Listed {
		f := &r.Log.Listed[i]
		if id, ok := r.planned.Hires[f.Row]; ok {
			f.Message, f.Row, f.Cell = "hire "+id+": "+f.Message, 0, ""
		}
		said[*f] = true
	}
	var log finding.Log
	for _, f := range r.came.log.Listed {
		if !said[f] {
			log.Add(f)
		}
	}
	log.AddRest(r.came.log.Rest()...)
	log.Add(r.Log.Listed...)
	log.AddRest(r.Log.Rest()...)
	r.Log = log
	return r.Result
}
