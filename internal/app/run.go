package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/engine"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
)

// RunOptions says how a flow is run.
type RunOptions struct {
	// DryRun sends nothing and records nothing.
	DryRun bool
	// Only restricts what is shown to one employee, by login, e-mail or number. Nothing is
	// then sent or changed: a file with one person in it would make the partner deactivate
	// everybody else.
	Only string
	// File is a local file for an import or a hires flow, in the place of one that is
	// picked up.
	File string
}

// Result is a run and what a command shows of it.
type Result struct {
	Run state.Record
	// Path is the local file; it is gone after a dry run.
	Path string
	// Preview is the header and the first rows.
	Preview [][]string
	// Receipt is set when the file was delivered.
	Receipt *delivery.Receipt
	// Only is set when one employee was asked for.
	Only []explain.Explanation
	// Plan is what an import would do, or has done.
	Plan *plan.Plan
	// Waiting counts the files that wait for another run.
	Waiting int
	// Place is where the file was put on its remote, Reports what was put beside it.
	Place   string
	Reports []string
}

// previewRows is how many rows a person is shown.
const previewRows = 3

// execution is one run of a flow on its way: what all kinds of flows share.
type execution struct {
	app  *App
	flow config.Flow
	run  state.Record
	// spool is the run's folder of working files.
	spool string
	// rest is what there is no room for among the findings of the run; omitted counts those
	// of an earlier attempt, which a held run is taken up with.
	rest    []finding.Rest
	omitted []finding.Omitted
	// queued says that a queue began the run, and can give it to another process; resumed
	// that a dead process had begun it.
	queued, resumed bool
	// earlier is what a person should know of the deliveries of earlier runs.
	earlier []finding.Finding
}

// work is what a kind of flow does in a run.
type work interface {
	// state is the execution that the work is about.
	state() *execution
	// perform does the whole of it, and sets the outcome.
	perform(ctx context.Context) error
	// rehearse does all of it but to send, to change and to record.
	rehearse(ctx context.Context) error
	result() Result
}

func (x *execution) state() *execution { return x }

// Run runs a flow now. The error is about the request or the state; what went wrong with
// the run itself is its outcome and reason.
func (a *App) Run(ctx context.Context, name string, o RunOptions) (Result, error) {
	f, err := a.flow(name)
	if err != nil {
		return Result{}, err
	}
	started := now()
	x := execution{app: a, flow: f, run: state.Record{
		Run: run.Run{
			ID:        run.NewID(started),
			Flow:      name,
			Kind:      kind(f),
			Slot:      started.In(f.Zone).Truncate(time.Second),
			StartedAt: started,
		},
	}}
	w, err := newWork(x, o)
	if err != nil {
		return Result{}, err
	}
	if o.DryRun || o.Only != "" {
		return a.rehearse(ctx, w)
	}
	interrupted, err := a.store.Begin(ctx, x.run)
	if err != nil {
		return Result{}, err
	}
	a.warnInterrupted(ctx, interrupted)
	return a.execute(ctx, w)
}

// kind is what a flow does.
func kind(f config.Flow) run.Kind {
	switch {
	case f.Import != nil:
		return run.Import
	case f.Hires != nil:
		return run.Hires
	default:
		return run.Export
	}
}

// Plan shows what an import would do, with a local file or the one on its remote.
func (a *App) Plan(ctx context.Context, name, file string) (Result, error) {
	f, err := a.flow(name)
	if err != nil {
		return Result{}, err
	}
	if kind(f) == run.Export {
		return Result{}, fmt.Errorf("%w: %s is an export, which has no plan: run it with --dry-run", ErrUsage, name)
	}
	return a.Run(ctx, name, RunOptions{DryRun: true, File: file})
}

// WriteDocument writes the plan in its public form, with all that the run has to say, as one
// JSON document.
func (r Result) WriteDocument(w io.Writer) error {
	p := plan.Plan{Findings: r.Run.Findings}
	if r.Plan != nil {
		p.Items, p.Rest = r.Plan.Items, r.Plan.Rest
	}
	limits := make([]limit.Limit, len(r.Run.Limits))
	for i, l := range r.Run.Limits {
		limits[i] = limit.Limit{Name: l.Name, Value: l.Value, Bound: l.Bound, Held: l.Held}
	}
	file := ""
	if r.Run.File != nil {
		file = r.Run.File.Name
	}
	return p.WriteDocument(w, r.Run.Flow, file, limits)
}

// newWork makes what the flow does.
func newWork(x execution, o RunOptions) (work, error) {
	if o.File != "" && x.run.Kind == run.Export {
		return nil, fmt.Errorf("%w: --file is for flows that read a file: %s is an export", ErrUsage, x.run.Flow)
	}
	switch x.run.Kind {
	case run.Import:
		return newImport(x, o), nil
	case run.Hires:
		return newHires(x, o), nil
	}
	return &exportRun{execution: x, only: o.Only}, nil
}

// now is the time as the store keeps it, so that a run is shown the same right away and
// later.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

func (a *App) warnInterrupted(ctx context.Context, runs []state.Record) {
	for _, r := range runs {
		a.logger.WarnContext(ctx, "run.interrupted", "flow", r.Flow, "run", r.ID)
	}
}

// execute does work that has begun, and ends its run whatever happens: unless a queue began
// it and this process has to stop, which leaves the run to another. Then the error wraps
// the reason.
func (a *App) execute(ctx context.Context, w work) (Result, error) {
	x := w.state()
	ctx, done := a.heed(ctx, x.run.ID)
	defer done()
	a.logger.InfoContext(ctx, "run.started", "flow", x.run.Flow, "run", x.run.ID)
	var told sync.WaitGroup
	defer told.Wait()
	if !x.resumed {
		// A ping server that is down must not hold up the run.
		started := x.run
		told.Go(func() { a.tell(ctx, started, notify.Started) })
	}
	if err := errors.Join(a.notePlace(ctx), a.expire(ctx)); err != nil {
		a.logger.WarnContext(ctx, "upkeep.failed", "err", err) // no fault of this run
	}
	err := a.guard(ctx, func() error { return w.perform(ctx) })
	if err != nil && x.queued && (given(ctx) || passing(err)) {
		return Result{}, a.release(ctx, x.run, err)
	}
	if err != nil {
		x.fail(ctx, err)
	}
	x.run.Findings = append(x.run.Findings, x.earlier...)
	x.bound()
	told.Wait() // whoever is told of the end must not hear of the start after it
	err = a.finish(ctx, &x.run)
	if err != nil && x.queued {
		err = a.insist(ctx, x.run, err)
	}
	return w.result(), err
}

// guard turns a panic of do into an error. What it was may hold a value of a cell, so that
// only the stack is logged.
func (a *App) guard(ctx context.Context, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			a.logger.ErrorContext(ctx, "run.panicked", "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = errors.New("internal fault: the log has the place; please report it")
		}
	}()
	return do()
}

// finish records the outcome and tidies up. A purge that fails is no fault of the run.
func (a *App) finish(ctx context.Context, record *state.Record) error {
	record.FinishedAt = now()
	a.scrub(record)
	if record.Kind == run.Export && record.Rows != nil && record.Outcome != run.Done && record.Outcome != run.Rejections {
		record.Rows.Sent = 0
	}
	a.logger.InfoContext(ctx, "run.finished", "flow", record.Flow, "run", record.ID, "outcome", string(record.Outcome),
		"reason", record.Reason, "took", record.FinishedAt.Sub(record.StartedAt).Round(time.Millisecond).String())
	record.Findings = append(record.Findings, a.endings(a.config.Flows[record.Flow].Tenant)...)
	err := a.store.Finish(ctx, *record)
	a.tell(ctx, *record, ended(*record))
	lasting := context.WithoutCancel(ctx)
	if kept := errors.Join(a.notePlace(lasting), a.purge(lasting, record.FinishedAt)); kept != nil {
		a.logger.WarnContext(ctx, "upkeep.failed", "err", kept)
	}
	return err
}

// codeRouteEnds is that of the finding that Lucca announces the end of a route.
const codeRouteEnds = "lucca_route_ends"

// endings are the routes of Lucca that were read and are announced to end.
func (a *App) endings(tenant string) []finding.Finding {
	memory := a.tenants[tenant].memory
	if memory == nil {
		return nil
	}
	var list []finding.Finding
	for _, e := range memory.Endings() {
		list = append(list, finding.Finding{
			Severity: finding.Warning, Code: codeRouteEnds,
			Message: fmt.Sprintf("Lucca announces that %s: see that a newer version of lucca-exchange is there by then", e),
		})
	}
	return list
}

// rehearse does all of a run but to send, to change and to record it.
func (a *App) rehearse(ctx context.Context, w work) (result Result, err error) {
	x := w.state()
	if x.spool, err = a.rehearsalFolder(x.run.ID); err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(x.spool)) }()
	if err := a.guard(ctx, func() error { return w.rehearse(ctx) }); err != nil {
		if errors.Is(err, ErrUsage) {
			return Result{}, err
		}
		x.fail(ctx, err)
	}
	x.bound()
	a.scrub(&x.run)
	x.run.FinishedAt = now()
	x.run.Findings = append(x.run.Findings, a.endings(x.flow.Tenant)...)
	return w.result(), nil
}

// bound keeps of the findings of the run what a person can read, and counts the rest.
func (x *execution) bound() {
	var log finding.Log
	log.Add(x.run.Findings...)
	log.AddRest(x.rest...)
	x.run.Findings, x.rest = log.Listed, log.Rest()
	x.run.Omitted = append(slices.Clone(x.omitted), finding.Tally(x.rest)...)
}

// makeSpool makes the run's folder of working files.
func (x *execution) makeSpool() error {
	x.spool = filepath.Join(x.app.config.Spool, x.run.ID)
	x.app.room.Measure()
	return spool.MakeFolder(x.spool)
}

// fail ends the run on an error, or on an interruption.
func (x *execution) fail(ctx context.Context, err error) {
	x.run.Outcome, x.run.Reason = run.Failed, Sentence(err)
	if ctx.Err() == nil {
		return
	}
	x.run.Outcome, x.run.Reason = run.Canceled, "interrupted"
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, ErrCanceled) || errors.Is(cause, engine.ErrCanceled):
		x.run.Reason = ErrCanceled.Error()
		return
	case errors.Is(cause, engine.ErrTimeout):
		x.run.Outcome, x.run.Reason = run.Failed, engine.ErrTimeout.Error()
		return
	}
	if text := err.Error(); text != context.Cause(ctx).Error() {
		x.run.Reason += ": " + text
	}
}

// rehearsalFolder makes the folder of a dry run: in the spool where there is one, so that
// what a killed dry run leaves behind is purged with the rest.
func (a *App) rehearsalFolder(run string) (string, error) {
	if info, err := os.Stat(a.config.Spool); err != nil || !info.IsDir() {
		path, err := os.MkdirTemp("", "lucca-exchange-")
		if err != nil {
			return "", fmt.Errorf("make temporary folder: %w", err)
		}
		return path, nil
	}
	path := filepath.Join(a.config.Spool, rehearsalPrefix+run)
	if err := os.Mkdir(path, 0o700); err != nil {
		return "", fmt.Errorf("make folder of the dry run: %w", err)
	}
	return path, nil
}
