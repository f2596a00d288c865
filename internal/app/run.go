package app

import (
	"context"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/state"
)

// RunOptions says how a flow is run.
type RunOptions = flow.Request

// Run runs a flow now. The error is about the request or the state; what went wrong with
// the run itself is its outcome and reason.
func (a *App) Run(ctx context.Context, name string, o RunOptions) (flow.Report, error) {
	f, err := a.config.Flow(name)
	if err != nil {
		return flow.Report{}, err
	}
	record, err := o.Record(name, f.Kind(), f.Zone)
	if err != nil {
		return flow.Report{}, err
	}
	w := a.wire(name, f)
	return w.life().Start(ctx, o, record, w.kind(attempt{record: record, Request: o}))
}

// Plan shows what an import would do, with a local file or the one on its remote.
func (a *App) Plan(ctx context.Context, name, file string) (flow.Report, error) {
	f, err := a.config.Flow(name)
	if err != nil {
		return flow.Report{}, err
	}
	if f.Kind() == run.Export {
		return flow.Report{}, fault.Of(run.ErrUsage, "%s is an export, which has no plan: run it with --dry-run", name)
	}
	return a.Run(ctx, name, RunOptions{DryRun: true, File: file})
}

// runJob performs a run of the queue; see flow.Life.Continue.
func (a *App) runJob(ctx context.Context, q *state.Queue, job state.Job) (flow.Report, error) {
	f, err := a.config.FlowOf(job.Record.Flow, job.Record.Kind)
	if err != nil {
		// The queue and this instance take up a new configuration one after the other.
		return flow.Report{}, fault.Wrap(err, state.ErrUnknownFlow)
	}
	w := a.wire(job.Record.Flow, f)
	return w.life().Continue(ctx, q, job, func(r state.Record) flow.Kind {
		return w.kind(attempt{record: r, queued: true, resumed: job.Resumed})
	})
}

// giveUp ends a run of the queue that will not be continued.
func (a *App) giveUp(ctx context.Context, q *state.Queue, job state.Job) (state.Record, error) {
	_, err := a.config.FlowOf(job.Record.Flow, job.Record.Kind)
	f := a.config.Flows[job.Record.Flow]
	w := a.wire(job.Record.Flow, f)
	var back func(context.Context, *state.Record)
	if f.From != "" {
		back = func(ctx context.Context, r *state.Record) { r.Findings = append(r.Findings, w.inbox().GiveUp(ctx, *r)) }
	}
	return w.life().GiveUp(ctx, q, job, err == nil, back)
}

// life is what the runs of a flow need beside their work.
func (w wiring) life() *flow.Life {
	a, f := w.app, w.flow
	return &flow.Life{
		Store: a.store.Runs(), Logger: a.logger, Spool: a.config.Spool, Tracer: a.tracer,
		Watch:  func(ctx context.Context, id string) (context.Context, func()) { return a.store.Runs().Watch(ctx, id) },
		Began:  func(ctx context.Context, r state.Record) { w.teller().Began(ctx, notify.Run(r)) },
		Ended:  func(ctx context.Context, r state.Record) { w.teller().Ended(ctx, notify.Run(r)) },
		Before: a.keeper().Before, After: a.keeper().After,
		Secrets: func() secret.Scrubber { return secret.Ours(a.config.Secrets()...) },
		Remarks: func() []finding.Finding { return flow.Endings(a.tenants[f.Tenant].Memory) },
	}
}
