package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/ledger"
)

// RunOptions says how a flow is run.
type RunOptions struct {
	// DryRun sends nothing and records nothing.
	DryRun bool
	// Only restricts what is shown to one employee, by login, e-mail or number. An
	// export then sends nothing: a file with one person in it would make the partner
	// deactivate everybody else.
	Only string
}

// Result is a run and what a command shows of it.
type Result struct {
	Run ledger.Run
	// Path is the local file; it is gone after a dry run.
	Path string
	// Preview is the header and the first rows.
	Preview [][]string
	// Receipt is set when the file was delivered.
	Receipt *delivery.Receipt
	// Only is set when one employee was asked for.
	Only []Explanation
}

// previewRows is how many rows a person is shown.
const previewRows = 3

// Run runs a flow now. The error is about the request or the state; what went wrong with
// the run itself is its outcome and reason.
func (a *App) Run(ctx context.Context, name string, o RunOptions) (Result, error) {
	f, err := a.flow(name)
	if err != nil {
		return Result{}, err
	}
	started := now()
	x := &exportRun{
		app: a, flow: f, only: o.Only,
		run: ledger.Run{
			ID: ledger.NewRunID(started), Flow: name, Kind: ledger.Export,
			Slot: started.In(f.Zone).Truncate(time.Second), StartedAt: started,
		},
	}
	if o.DryRun || o.Only != "" {
		return a.rehearse(ctx, x)
	}
	interrupted, err := a.ledger.Begin(ctx, x.run)
	if err != nil {
		return Result{}, err
	}
	a.warnInterrupted(ctx, interrupted)
	return a.execute(ctx, x)
}

// now is the time as the ledger keeps it, so that a run is shown the same right away and
// later.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

func (a *App) warnInterrupted(ctx context.Context, runs []ledger.Run) {
	for _, r := range runs {
		a.logger.WarnContext(ctx, "run.interrupted", "flow", r.Flow, "run", r.ID)
	}
}

// execute runs an export that has begun, and ends it whatever happens.
func (a *App) execute(ctx context.Context, x *exportRun) (Result, error) {
	a.logger.InfoContext(ctx, "run.started", "flow", x.run.Flow, "run", x.run.ID)
	if err := a.guard(ctx, func() error { return x.perform(ctx) }); err != nil {
		x.fail(ctx, err)
	}
	err := a.finish(ctx, &x.run)
	return x.result(), err
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
func (a *App) finish(ctx context.Context, run *ledger.Run) error {
	run.FinishedAt = now()
	if run.Rows != nil && run.Outcome != ledger.Done && run.Outcome != ledger.Rejections {
		run.Rows.Sent = 0
	}
	a.logger.InfoContext(ctx, "run.finished", "flow", run.Flow, "run", run.ID, "outcome", string(run.Outcome),
		"reason", run.Reason, "took", run.FinishedAt.Sub(run.StartedAt).Round(time.Millisecond).String())
	err := a.ledger.Finish(ctx, *run)
	if purged := a.purge(context.WithoutCancel(ctx), run.FinishedAt); purged != nil {
		a.logger.WarnContext(ctx, "purge.failed", "err", purged)
	}
	return err
}

// rehearse does all of an export but to send and to record it.
func (a *App) rehearse(ctx context.Context, x *exportRun) (result Result, err error) {
	if x.spool, err = a.rehearsalFolder(x.run.ID); err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(x.spool)) }()
	if err := a.guard(ctx, func() error { return x.prepare(ctx) }); err != nil {
		x.fail(ctx, err)
	}
	if x.run.Outcome == "" {
		x.conclude()
	}
	x.run.FinishedAt = now()
	if x.only == "" || x.path == "" || x.run.Outcome == ledger.Failed || x.run.Outcome == ledger.Canceled {
		return x.result(), nil
	}
	found, err := explain(x.run, x.snapshot, x.path, x.only)
	if err != nil {
		return Result{}, err
	}
	x.narrow(found)
	result = x.result()
	result.Only, result.Preview = found, nil
	return result, nil
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

// narrow makes the run one of the employees who were asked for.
func (x *exportRun) narrow(found []Explanation) {
	x.run.File, x.run.Limits, x.run.Findings = nil, nil, nil
	x.run.Rows = &ledger.Rows{Read: len(found)}
	for _, e := range found {
		switch e.Decision {
		case export.Sent:
			x.run.Rows.Sent++
		case export.Rejected:
			x.run.Rows.Rejected++
		}
		x.run.Findings = append(x.run.Findings, e.Notes...)
	}
	x.conclude()
	for i := range found {
		found[i].Outcome = x.run.Outcome
	}
}
