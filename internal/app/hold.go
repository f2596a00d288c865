package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// ErrSuperseded: a newer file of the flow was delivered since the run was held.
var ErrSuperseded = errors.New("a newer file was delivered since")

// ErrFileGone: the file of a held run is not in the spool any more.
var ErrFileGone = errors.New("the held file is no longer in the spool")

// ErrExpired: a held plan can be approved for seven days.
var ErrExpired = errors.New("the approval came too late")

// held is the work of a run that waits for a person.
type held interface {
	work
	// release does what was held back.
	release(ctx context.Context) error
	// sent reports whether something has left, or its file was given back, so that the run
	// cannot wait any longer.
	sent() bool
}

// Approve releases a held run: it sends the file exactly as it was rendered, or applies the
// plan exactly as it was made, once. When nothing came of it the run stays held, and may be
// approved again.
func (a *App) Approve(ctx context.Context, id string) (Result, error) {
	record, err := a.held(ctx, id)
	if err != nil {
		return Result{}, err
	}
	f, err := a.flow(record.Flow)
	if err != nil {
		return Result{}, err
	}
	record, interrupted, err := a.store.Claim(ctx, record.ID, now())
	if err != nil {
		return Result{}, decided(err)
	}
	a.warnInterrupted(ctx, interrupted)
	w := newHeld(execution{app: a, flow: f, run: record, spool: filepath.Join(a.config.Spool, record.ID)})
	x := w.state()
	x.omitted = record.Omitted
	a.logger.InfoContext(ctx, "run.approved", "flow", record.Flow, "run", record.ID)
	ctx, done := a.heed(ctx, record.ID)
	defer done()
	failure := a.guard(ctx, func() error { return w.release(ctx) })
	switch {
	case failure == nil:
	case errors.Is(failure, delivery.ErrOther) || x.run.Kind != run.Export && w.sent():
		// Ours went out, and something else stands there, or part of a plan was applied, which
		// the next run finishes: there is nothing left to approve.
		x.fail(ctx, failure)
		x.run.Outcome = run.Failed
	case !w.sent():
		// The reason for which it was held still stands: it is what a person decides on.
		x.run, x.rest, x.omitted = record, nil, record.Omitted
	}
	x.run.Findings = append(x.run.Findings, x.earlier...)
	x.bound()
	if err := a.finish(ctx, &x.run); err != nil {
		failure = errors.Join(failure, err)
	}
	return w.result(), failure
}

func newHeld(x execution) held {
	switch x.run.Kind {
	case run.Import:
		return newImport(x, RunOptions{})
	case run.Hires:
		return newHires(x, RunOptions{})
	}
	return &exportRun{execution: x, path: plainFile(x.spool, x.run.File)}
}

func (x *exportRun) sent() bool { return x.receipt != nil }

// release settles an earlier attempt first: it may have got through.
func (x *exportRun) release(ctx context.Context) error {
	a := x.app
	if err := x.settleDeliveries(ctx); err != nil {
		return err
	}
	last, err := a.store.LastDelivery(ctx, x.run.Flow)
	switch {
	case errors.Is(err, state.ErrNotFound):
	case err != nil:
		return err
	case last.Run == x.run.ID:
		return x.released(ctx)
	default:
		newer, err := a.store.Run(ctx, last.Run)
		if err != nil {
			return err
		}
		if newer.Sequence > x.run.Sequence {
			return fmt.Errorf("%w: run %s was delivered after this one was made: reject run %s, so that the partner keeps the newer file: %w",
				ErrUsage, newer.ID, x.run.ID, ErrSuperseded)
		}
	}
	if err := x.overtaken(ctx); err != nil {
		return err
	}
	if _, err := os.Stat(sentFile(x.spool, x.run.File)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: reject run %s, and run the flow again: %w", ErrUsage, x.run.ID, ErrFileGone)
	}
	if err := x.unchanged(ctx); err != nil {
		return err
	}
	if err := x.deliver(ctx); err != nil {
		return err
	}
	return x.released(ctx)
}

// unchanged checks that the file goes where, and in the shape, that it was held for: a new
// partner's name behind to: must not get it, nor the old partner a plain one that is to be
// encrypted.
func (x *exportRun) unchanged(ctx context.Context) error {
	held, err := x.app.snapshot(ctx, x.run.ID)
	if err != nil {
		return err
	}
	return settings(held.Settings).differ(x.app.settings(x.flow), x.run.ID)
}

// released concludes a held run whose file is with the partner. How many people are in it
// was not said while it was held.
func (x *exportRun) released(ctx context.Context) error {
	s, err := x.app.snapshot(ctx, x.run.ID)
	if err != nil {
		return err
	}
	if x.run.Rows == nil { // the process that counted them died
		x.run.Rows = &run.Rows{Read: len(s.People), Rejected: s.Count(export.Rejected)}
	}
	x.run.Rows.Sent = s.Sent()
	x.conclude()
	return nil
}

// decided is an error of a decision on a run: that it is not held is the person's fault.
func decided(err error) error {
	if errors.Is(err, state.ErrNotHeld) || errors.Is(err, state.ErrNotFound) {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	return err
}

// Reject drops a held run: its file is never sent.
func (a *App) Reject(ctx context.Context, id string) (state.Record, error) {
	record, err := a.held(ctx, id)
	if err != nil {
		return record, err
	}
	unfinished, err := a.store.UnfinishedDeliveries(ctx, record.Flow)
	if err != nil {
		return record, err
	}
	if slices.ContainsFunc(unfinished, func(d delivery.Record) bool { return d.Run == record.ID }) {
		return record, fmt.Errorf("%w: an earlier approval of run %s was cut off, and its file may be with the partner: approve it again, or run the flow, which settles it", ErrUsage, record.ID)
	}
	if err := a.store.Reject(ctx, record.ID, now()); err != nil {
		return record, decided(err)
	}
	a.logger.InfoContext(ctx, "run.rejected", "flow", record.Flow, "run", record.ID)
	if f := a.config.Flows[record.Flow]; f.From != "" {
		if err := a.putAwayOf(ctx, f, record.ID, pickup.Failed); err != nil {
			return record, fmt.Errorf("the run is dropped, but its file could not be put away, which the next run does: %w", err)
		}
	}
	if record.Kind == run.Hires {
		if err := a.unholdHires(ctx, record); err != nil {
			return record, err
		}
	}
	return a.store.Run(ctx, record.ID)
}
