package app

import (
	"context"
	"errors"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	exports "lucca-exchange/internal/flow/export"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/flow/imports"
	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/secret"
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
	// By is who began it, for the audit; without an act nobody did, as in a test or the demo.
	By audit.Entry
	// Date is the day that an export is about, written 2026-11-22; empty for today.
	Date string
}

// Result is what a run came to.
type Result = flow.Report

// Run runs a flow now. The error is about the request or the state; what went wrong with
// the run itself is its outcome and reason.
func (a *App) Run(ctx context.Context, name string, o RunOptions) (Result, error) {
	f, err := a.config.Flow(name)
	if err != nil {
		return Result{}, err
	}
	started := now()
	if o.File != "" && f.Kind() == run.Export {
		return Result{}, fault.Of(ErrUsage, "--file is for flows that read a file: %s is an export", name)
	}
	slot, err := o.slot(f, started)
	if err != nil {
		return Result{}, err
	}
	record := state.Record{
		Run: run.Run{
			ID:        run.NewID(started),
			Flow:      name,
			Kind:      f.Kind(),
			Slot:      slot,
			StartedAt: started,
		},
	}
	if o.DryRun || o.Only != "" {
		return a.wire(name, f).rehearse(ctx, record, o)
	}
	interrupted, err := a.store.Begin(ctx, record, begunBy(o.By, record)...)
	if err != nil {
		return Result{}, err
	}
	flow.WarnInterrupted(ctx, a.logger, interrupted)
	w := a.wire(name, f)
	r, err := w.life().Perform(ctx, &record, false, nil, w.work(attempt{record: record, file: o.File}))
	return shown(record, r), err
}

// begunBy is the line of the audit about who began a run, if anybody did.
func begunBy(by audit.Entry, record state.Record) []audit.Entry {
	if by.Act == "" {
		return nil
	}
	by.Flow, by.Run = record.Flow, record.ID
	return []audit.Entry{by}
}

// slot is the instant that a run is for: now, or the same time of another day.
func (o RunOptions) slot(f config.Flow, started time.Time) (time.Time, error) {
	at := started.In(f.Zone).Truncate(time.Second)
	if o.Date == "" {
		return at, nil
	}
	day, err := time.Parse(time.DateOnly, o.Date)
	switch {
	case err != nil:
		return at, fault.Of(ErrUsage, "--date: want a day such as %s, not %q", at.Format(time.DateOnly), o.Date)
	case f.Kind() != run.Export:
		return at, fault.Of(ErrUsage, "--date is for exports, which are about a day: %s plans against Lucca as it is now", f.Name)
	}
	slot := time.Date(day.Year(), day.Month(), day.Day(), at.Hour(), at.Minute(), at.Second(), 0, f.Zone)
	if slot.After(at) && !o.DryRun && o.Only == "" {
		return at, fault.Of(ErrUsage, "--date %s is to come: add --dry-run to see what the file would be", o.Date)
	}
	return slot, nil
}

// attempt is one taking of a run by a process.
type attempt struct {
	record state.Record
	// file is a local one, in the place of one that is picked up.
	file string
	// queued says that a queue began the run, and can give it to another process; resumed
	// that a dead process had begun it.
	queued, resumed bool
}

// life is what the runs of a flow need beside their work.
func (w wiring) life() *flow.Life {
	a, f := w.app, w.flow
	return &flow.Life{
		Store: a.store, Logger: a.logger, Spool: a.config.Spool,
		Watch:  func(ctx context.Context, id string) (context.Context, func()) { return a.store.Watch(ctx, id) },
		Began:  func(ctx context.Context, r state.Record) { w.teller().Began(ctx, notify.Run(r)) },
		Ended:  func(ctx context.Context, r state.Record) { w.teller().Ended(ctx, notify.Run(r)) },
		Before: func(ctx context.Context) error { return errors.Join(a.keeper().NotePlace(ctx), expire(ctx, a)) },
		After: func(ctx context.Context, at time.Time) error {
			return errors.Join(a.keeper().NotePlace(ctx), a.keeper().Purge(ctx, at))
		},
		Secrets: func() secret.Scrubber { return secret.Known(a.config.Secrets()...) },
		Remarks: func() []finding.Finding { return flow.Endings(a.tenants[f.Tenant].memory) },
	}
}

// work is what the kind of flow does in a run.
func (w wiring) work(t attempt) flow.Work {
	switch t.record.Kind {
	case run.Import:
		in := w.importInput(t.record)
		in.Resumed, in.File = t.resumed, t.file
		return func(ctx context.Context) (flow.Result, error) { return imports.Run(ctx, w.importDeps(), in) }
	case run.Hires:
		in := w.hiresInput(t.record)
		in.Resumed, in.Queued, in.File = t.resumed, t.queued, t.file
		return func(ctx context.Context) (flow.Result, error) { return hires.Run(ctx, w.hiresDeps(), in) }
	default:
		in := w.exportInput(t.record)
		in.Resumed = t.resumed
		return func(ctx context.Context) (flow.Result, error) { return exports.Run(ctx, w.exportDeps(), in) }
	}
}

// shown is a run with what a command shows of it.
func shown(record state.Record, r flow.Result) Result {
	return Result{
		Run: record, Path: r.Path, Preview: r.Preview, Receipt: r.Receipt, Plan: r.Plan,
		Waiting: r.Waiting, Place: r.Place, Reports: r.Reports,
	}
}

// Plan shows what an import would do, with a local file or the one on its remote.
func (a *App) Plan(ctx context.Context, name, file string) (Result, error) {
	f, err := a.config.Flow(name)
	if err != nil {
		return Result{}, err
	}
	if f.Kind() == run.Export {
		return Result{}, fault.Of(ErrUsage, "%s is an export, which has no plan: run it with --dry-run", name)
	}
	return a.Run(ctx, name, RunOptions{DryRun: true, File: file})
}

// now is flow.Now.
func now() time.Time { return flow.Now() }

// rehearse does all of a run but to send, to change and to record it. Of one employee it says
// what would become of them.
func (w wiring) rehearse(ctx context.Context, record state.Record, o RunOptions) (Result, error) {
	var found []explain.Explanation
	r, err := w.life().Rehearse(ctx, &record, func(ctx context.Context, folder string) (r flow.Result, err error) {
		r, found, err = w.rehearsal(ctx, record, rehearsed{folder: folder, RunOptions: o})
		return r, err
	})
	result := shown(record, r)
	if result.Only = found; found != nil {
		result.Preview = nil
	}
	return result, err
}

// rehearsed is how a flow is rehearsed.
type rehearsed struct {
	RunOptions
	folder string
}

// rehearsal is what the kind of flow does in a dry run.
func (w wiring) rehearsal(ctx context.Context, record state.Record, o rehearsed) (flow.Result, []explain.Explanation, error) {
	switch record.Kind {
	case run.Import:
		in := w.importInput(record)
		in.Folder, in.File = o.folder, o.File
		m, err := imports.Rehearse(ctx, w.importDeps(), in)
		if err != nil || o.Only == "" || m.Plan == nil {
			return m.Result, nil, err
		}
		record.Result = m.Result.Result
		found, err := explain.Plan(record.Run, m.Log.Listed, m.Plan, m.People, o.Only)
		return m.Result, found, err
	case run.Hires:
		in := w.hiresInput(record)
		in.Folder, in.File = o.folder, o.File
		r, err := hires.Rehearse(ctx, w.hiresDeps(), in)
		return r, nil, err
	default:
		in := w.exportInput(record)
		in.Folder = o.folder
		m, err := exports.Rehearse(ctx, w.exportDeps(), in)
		if err != nil || o.Only == "" {
			return m.Result, nil, err
		}
		record.Result = m.Result.Result
		found, err := explain.Export(record.Run, m.Snapshot, exports.ReadBack(m.Path, m.Snapshot.Dialect), o.Only)
		if err != nil {
			return m.Result, nil, err
		}
		return exports.Narrow(m.Result, found), found, nil
	}
}
