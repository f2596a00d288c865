package flow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"lucca-exchange/internal/account"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/step"
)

// Life is what runs need from their beginning to their end beside their work. All of its
// functions are set.
type Life struct {
	Store interface {
		Begin(ctx context.Context, record state.Record, acts ...audit.Entry) (interrupted []state.Record, err error)
		Finish(ctx context.Context, record state.Record) error
	}
	Logger *slog.Logger
	// Watch ends the context of a run when a person asks for it, or when the run is no longer
	// this process's. The function that it returns ends the watch.
	Watch func(ctx context.Context, run string) (context.Context, func())
	// Began and Ended tell whoever wants to know. Neither can fail a run.
	Began, Ended func(ctx context.Context, record state.Record)
	// Before and After look after the state and the spool. Their faults are not the run's.
	Before func(ctx context.Context) error
	After  func(ctx context.Context, at time.Time) error
	// Remarks are what else is to be said in the end.
	Remarks func() []finding.Finding
	// Secrets are those of the configuration, as they are now.
	Secrets func() secret.Scrubber
	// Spool is the folder of all runs.
	Spool string
	// Tracer is told of each run and its steps; the zero one does nothing.
	Tracer step.Tracer
}

// Queue is what began a run, and has it go on later where it cannot now; see state.Passes. A
// nil Queue is a person.
type Queue interface {
	// Insist records an outcome that could not be recorded.
	Insist(ctx context.Context, record state.Record, err error) error
}

// Perform does the work of a run that has begun, and ends the run whatever happens: unless a
// queue takes it back, and the error says why. Resumed tells that a dead process had begun it.
func (l *Life) Perform(ctx context.Context, record *state.Record, resumed bool, q Queue, work Work) (Result, error) {
	ctx, done := l.Watch(ctx, record.ID)
	defer done()
	l.Logger.InfoContext(ctx, "run.started", "flow", record.Flow, "run", record.ID)
	var told sync.WaitGroup
	if !resumed {
		// A ping server that is down must not hold up the run.
		started := *record
		told.Go(func() { l.Began(ctx, started) })
	}
	if err := l.Before(ctx); err != nil {
		l.Logger.WarnContext(ctx, "upkeep.failed", "err", err)
	}
	r, err := l.guard(ctx, record.Run, work)
	told.Wait() // whoever is told of the end must not hear of the start after it
	if err != nil && q != nil && state.Passes(ctx, err) {
		return Result{}, err
	}
	if err != nil {
		r.fail(ctx, err)
	}
	r.Log.Add(r.Earlier...)
	r.record(record)
	if err = l.Finish(ctx, record); err != nil && q != nil {
		err = q.Insist(ctx, *record, err)
	}
	return r, err
}

// Approve does what was held back of a run that a person approved and this process has
// claimed. When nothing came of it the run stays held as it was; the error says why.
func (l *Life) Approve(ctx context.Context, record *state.Record, work Work) (Result, error) {
	ctx, done := l.Watch(ctx, record.ID)
	defer done()
	l.Logger.InfoContext(ctx, "run.approved", "flow", record.Flow, "run", record.ID)
	r, failure := l.guard(ctx, record.Run, work)
	switch {
	case failure == nil:
	case errors.Is(failure, delivery.ErrOther) || record.Kind != run.Export && r.Sent:
		// Ours went out, and something else stands there, or part of a plan was applied, which
		// the next run finishes: there is nothing left to approve.
		r.fail(ctx, failure)
		r.Outcome = run.Failed
	case !r.Sent:
		// The reason for which it was held still stands: it is what a person decides on.
		earlier := r.Earlier
		r = From(*record)
		r.Earlier = earlier
	}
	r.Log.Add(r.Earlier...)
	r.record(record)
	return r, errors.Join(failure, l.Finish(ctx, record))
}

// Rehearse does all of a run but to send, to change and to record it, in a folder that is gone
// afterwards. The error is about the request; any other fault is the outcome.
func (l *Life) Rehearse(ctx context.Context, record *state.Record, work func(ctx context.Context, folder string) (Result, error)) (r Result, err error) {
	folder, err := l.rehearsalFolder(record.ID)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	r, fault := l.guard(ctx, record.Run, func(ctx context.Context) (Result, error) { return work(ctx, folder) })
	if errors.Is(fault, run.ErrUsage) {
		return Result{}, fault
	}
	if fault != nil {
		r.fail(ctx, fault)
	}
	r.record(record)
	l.clean(record)
	record.FinishedAt = Now()
	record.Findings = append(record.Findings, l.Remarks()...)
	return r, nil
}

// guard measures the work, and turns a panic of it into an error. What it was may hold a value of
// a cell, so that only the stack is logged.
func (l *Life) guard(ctx context.Context, of run.Run, work Work) (r Result, err error) {
	ctx, clock, end := step.Start(ctx, l.Tracer, of)
	defer func() {
		r.Durations = run.Sum(of.Durations, clock.Steps()...)
		outcome := r.Outcome
		if err != nil {
			outcome = run.Failed
		}
		end(outcome)
	}()
	defer func() {
		if p := recover(); p != nil {
			l.Logger.ErrorContext(ctx, "run.panicked", "type", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = errors.New("internal fault: the log has the place; please report it")
		}
	}()
	return work(ctx)
}

// fail ends the run on an error, or on an interruption.
func (r *Result) fail(ctx context.Context, err error) {
	r.Outcome, r.Reason = run.Failed, Sentence(err)
	if ctx.Err() == nil {
		if errors.Is(err, account.ErrForeign) || errors.Is(err, secret.ErrUnreadable) {
			r.Reason = run.Unstarted + r.Reason
		}
		return
	}
	r.Outcome, r.Reason = run.Canceled, "interrupted"
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, state.ErrCanceled):
		r.Reason = state.ErrCanceled.Error()
		return
	case errors.Is(cause, state.ErrTimeout):
		r.Outcome, r.Reason = run.Failed, state.ErrTimeout.Error()
		return
	}
	if text := err.Error(); text != context.Cause(ctx).Error() {
		r.Reason += ": " + text
	}
}

// Finish records the outcome of a run that has its result, and tidies up.
func (l *Life) Finish(ctx context.Context, record *state.Record) error {
	record.FinishedAt = Now()
	l.clean(record)
	if record.Kind == run.Export && record.Rows != nil && record.Outcome != run.Done && record.Outcome != run.Rejections {
		record.Rows.Sent = 0
	}
	l.Logger.InfoContext(ctx, "run.finished", "flow", record.Flow, "run", record.ID, "outcome", string(record.Outcome),
		"reason", record.Reason, "took", record.FinishedAt.Sub(record.StartedAt).Round(time.Millisecond).String())
	record.Findings = append(record.Findings, l.Remarks()...)
	err := l.Store.Finish(ctx, *record)
	l.Ended(ctx, *record)
	if kept := l.After(context.WithoutCancel(ctx), record.FinishedAt); kept != nil {
		l.Logger.WarnContext(ctx, "upkeep.failed", "err", kept) // no fault of the run
	}
	return err
}

// clean takes the secrets of the configuration out of what is said of a run, since whoever was
// shown one may have said it back: what is recorded, logged and told comes after this.
func (l *Life) clean(record *state.Record) {
	scrubber := l.Secrets()
	record.Reason = scrubber.Text(record.Reason)
	for i := range record.Findings {
		record.Findings[i].Message = scrubber.Text(record.Findings[i].Message)
	}
}

// RehearsalPrefix begins the names of the folders of dry runs, which are removed at the end
// of the dry run unless it is killed.
const RehearsalPrefix = "dry-"

// rehearsalFolder makes the folder of a dry run: in the spool where there is one, so that
// what a killed dry run leaves behind is purged with the rest.
func (l *Life) rehearsalFolder(run string) (string, error) {
	if info, err := os.Stat(l.Spool); err == nil && info.IsDir() {
		path := filepath.Join(l.Spool, RehearsalPrefix+run)
		return path, spool.MakeFolder(path)
	}
	path, err := os.MkdirTemp("", "lucca-exchange-")
	if err != nil {
		return "", fmt.Errorf("make temporary folder: %w", err)
	}
	return path, nil
}

// WarnInterrupted logs the runs whose process was found to be gone.
func WarnInterrupted(ctx context.Context, logger *slog.Logger, runs []state.Record) {
	for _, r := range runs {
		logger.WarnContext(ctx, "run.interrupted", "flow", r.Flow, "run", r.ID)
	}
}
