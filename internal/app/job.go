package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/cenkalti/backoff/v5"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/engine"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// runJob performs a run of the queue, or goes on with one whose process died. A run that
// has its outcome already is not repeated. The error says that the run is to be tried
// again.
func (a *App) runJob(ctx context.Context, job engine.Job) (Result, error) {
	f, err := a.flow(job.Flow)
	if err != nil {
		// The queue and this instance take up a new configuration one after the other.
		return Result{}, fmt.Errorf("%w: %w", engine.ErrRetry, err)
	}
	t := attempt{queued: true, record: state.Record{
		Run: run.Run{
			ID:        job.ID,
			Flow:      job.Flow,
			Kind:      kind(f),
			Slot:      job.Slot,
			StartedAt: now(),
			Scheduled: !job.Slot.IsZero(),
			Resumable: true,
		},
	}}
	if job.Slot.IsZero() {
		t.record.Slot = t.record.StartedAt.Truncate(time.Second)
	}
	t.record.Slot = t.record.Slot.In(f.Zone)
	before, err := a.store.Resume(ctx, job.ID, now())
	switch {
	case err == nil:
		a.logger.WarnContext(ctx, "run.resumed", "flow", job.Flow, "run", job.ID, "attempt", before.Attempt)
		before.Slot, before.Findings, before.Omitted = t.record.Slot, nil, nil
		t.record, t.resumed = before, true
	case errors.Is(err, state.ErrNotFound):
		interrupted, err := a.store.Begin(ctx, t.record)
		a.warnInterrupted(ctx, interrupted)
		if errors.Is(err, state.ErrSlotTaken) {
			return Result{}, err
		}
		if err != nil {
			return Result{}, later(err)
		}
	case errors.Is(err, state.ErrEnded):
		return Result{}, nil
	default:
		return Result{}, later(err)
	}
	r, err := a.life(f).Perform(ctx, &t.record, t.resumed, queue{a}, a.work(f, t))
	if err != nil && r.Outcome == "" {
		return Result{}, err
	}
	return shown(t.record, r), err
}

// queue is what began a run.
type queue struct{ app *App }

// Release gives a run back when the process stops, or for a reason that passes.
func (q queue) Release(ctx context.Context, record state.Record, err error) (bool, error) {
	if !given(ctx) && !passing(err) {
		return false, nil
	}
	return true, q.app.letGo(ctx, record, err)
}

// Insist records an outcome as soon as it can be.
func (q queue) Insist(ctx context.Context, record state.Record, err error) error {
	return q.app.insist(ctx, record, err)
}

// later has the queue wait for a flow that is at work elsewhere, or for a state that cannot
// be used. Nothing was done yet, and nothing is given up: a slot must not be lost to a full
// disk, however long it lasts.
func later(err error) error { return fmt.Errorf("%w: %w", engine.ErrBusy, err) }

// giveUp ends a run of the queue that will not be continued.
func (a *App) giveUp(ctx context.Context, job engine.Job) (state.Record, error) {
	record, err := a.store.Resume(ctx, job.ID, now())
	if err != nil {
		return record, err
	}
	record.Outcome, record.Reason = run.Failed, fmt.Sprintf("%s the process ended in each of %d attempts", flow.GivenUp, job.Attempt)
	f := a.config.Flows[record.Flow]
	if f.From != "" {
		record.Findings = append(record.Findings, finding.Finding{
			Severity: finding.Error, Code: "given_up",
			Message: "whatever was read ended the process each time: its file is not taken again by itself, and lies in failed/; drop it again once the cause is mended",
		})
	}
	if f.From != "" {
		a.setAside(ctx, f, record) // while the flow is this process's
	}
	if err := a.life(f).Finish(ctx, &record); err != nil {
		return record, a.insist(ctx, record, err)
	}
	return record, nil
}

// setAside puts the file of a run that was given up into failed/: it would take down the next
// one too. Where that does not succeed, the next run of the flow does it.
func (a *App) setAside(ctx context.Context, f config.Flow, record state.Record) {
	err := func() error {
		kept, err := a.store.Plan(ctx, record.ID)
		switch {
		case err != nil && !errors.Is(err, state.ErrNotFound):
			return err
		case err == nil && kept.State != "":
			return nil // some of it may be in Lucca: the next run goes on with it
		}
		if err := flow.WriteReport(a.room, inbox.Report(filepath.Join(a.config.Spool, record.ID), pickup.ReportSuffix), &finding.Log{Listed: record.Findings}); err != nil {
			return err
		}
		return a.inbox(record.Flow, f).PutAway(ctx, record.ID)
	}()
	if err != nil {
		a.logger.WarnContext(ctx, "file.kept", "flow", record.Flow, "run", record.ID, "err", err)
	}
}

// finishEvery bounds the pause between two attempts to record an outcome.
const finishEvery = 5 * time.Second

// insist records the outcome of a run of the queue that could not be recorded for a reason,
// such as a full disk, that may pass: until it does, the flow is busy. When the process has
// to stop before, the run is left to the next, which finds in the journal how far it came.
func (a *App) insist(ctx context.Context, record state.Record, err error) error {
	pauses := &backoff.ExponentialBackOff{InitialInterval: 100 * time.Millisecond, Multiplier: 2, RandomizationFactor: 0.5, MaxInterval: finishEvery}
	pauses.Reset()
	for err != nil && !errors.Is(err, state.ErrEnded) && !errors.Is(err, state.ErrLost) {
		a.logger.ErrorContext(ctx, "run.unrecorded", "flow", record.Flow, "run", record.ID, "outcome", string(record.Outcome), "err", err)
		if given(ctx) {
			return a.letGo(ctx, record, err)
		}
		rest(ctx, pauses.NextBackOff())
		err = a.store.Finish(ctx, record)
	}
	return err
}

// rest waits, unless the run is to be given back.
func rest(ctx context.Context, pause time.Duration) {
	ended := ctx.Done()
	if ctx.Err() != nil {
		// It was canceled, or took too long, and its outcome says so.
		ended = nil
	}
	select {
	case <-ended:
	case <-time.After(pause):
	}
}

// given reports whether a run is to be given back to the queue: the process stops, or lost
// its contact with the others.
func given(ctx context.Context) bool {
	cause := context.Cause(ctx)
	return errors.Is(cause, engine.ErrStopping) || errors.Is(cause, engine.ErrLost) || errors.Is(cause, state.ErrLost)
}

// passing reports whether the state could not be used for a reason that passes. A run can
// be continued from wherever its journal ends, so that it need not fail for that.
func passing(err error) bool {
	return errors.Is(err, state.ErrFull) || errors.Is(err, state.ErrLocked) || errors.Is(err, state.ErrUnreachable)
}

// letGo gives a run back to the queue, which continues it here or elsewhere.
func (a *App) letGo(ctx context.Context, record state.Record, err error) error {
	switch cause := context.Cause(ctx); {
	case !given(ctx):
		err = later(err)
	case errors.Is(cause, state.ErrLost):
		err = fmt.Errorf("%w: %w", engine.ErrLost, cause)
	default:
		err = cause
	}
	a.logger.WarnContext(ctx, "run.released", "flow", record.Flow, "run", record.ID, "cause", err)
	return errors.Join(err, a.store.Abandon(record.ID))
}

// cancelPoll is how often a run looks whether somebody asked to end it.
const cancelPoll = 2 * time.Second

// heed ends the context of a run when somebody asks for it, or when the run is no longer
// this process's.
func (a *App) heed(ctx context.Context, run string) (context.Context, func()) {
	ctx, unwatch := a.store.Watch(ctx, run)
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for tick := time.Tick(cancelPoll); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick:
			}
			if asked, err := a.store.CancelRequested(ctx, run); err == nil && asked {
				cancel(flow.ErrCanceled)
				return
			}
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-done
		unwatch()
	}
}

// Cancel ends a run that is at work or waits in the queue, in whatever process.
func (a *App) Cancel(ctx context.Context, id string) error {
	record, err := a.Inspect().Run(ctx, id)
	switch {
	case err == nil && record.Outcome == run.Held:
		return fmt.Errorf("%w: run %s is held: reject it", ErrUsage, record.ID)
	case err == nil && record.Outcome != "":
		return fmt.Errorf("%w: run %s has ended: its outcome is %q", ErrUsage, record.ID, record.Outcome)
	case err == nil:
		return a.store.RequestCancel(ctx, record.ID)
	}
	e, opened := engine.Open(ctx, engine.Options{State: a.config.State, Flows: engineFlows(a.config), Logger: a.logger})
	if opened != nil {
		return opened
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if canceled := e.Cancel(ctx, id); !errors.Is(canceled, engine.ErrNotFound) {
		return canceled
	}
	return err
}
