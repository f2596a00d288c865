package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"lucca-exchange/internal/ledger"
)

// ErrSuperseded: a newer file of the flow was delivered since the run was held.
var ErrSuperseded = errors.New("a newer file was delivered since")

// Approve delivers the file of a held run exactly as it was rendered, once. When the
// delivery fails the run stays held, and may be approved again.
func (a *App) Approve(ctx context.Context, id string) (Result, error) {
	run, f, err := a.held(ctx, id)
	if err != nil {
		return Result{}, err
	}
	run, interrupted, err := a.ledger.Claim(ctx, run.ID, time.Now())
	if err != nil {
		return Result{}, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	for _, i := range interrupted {
		a.logger.WarnContext(ctx, "run.interrupted", "flow", i.Flow, "run", i.ID)
	}
	spool := filepath.Join(a.config.Spool, run.ID)
	x := &exportRun{app: a, flow: f, run: run, spool: spool, path: plainFile(spool, run.File)}
	a.logger.InfoContext(ctx, "run.approved", "flow", run.Flow, "run", run.ID)
	failure := a.release(ctx, x)
	if failure != nil && x.receipt == nil {
		// The reason for which it was held still stands: it is what a person decides on.
		x.run.Outcome, x.run.Reason = ledger.Held, run.Reason
	}
	if err := a.finish(ctx, &x.run); err != nil {
		failure = errors.Join(failure, err)
	}
	return x.result(), failure
}

// release settles an earlier attempt first: it may have got through.
func (a *App) release(ctx context.Context, x *exportRun) error {
	if err := a.recover(ctx, x.run.Flow); err != nil {
		return err
	}
	last, err := a.ledger.LastDelivery(ctx, x.run.Flow)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
	case err != nil:
		return err
	case last.Run == x.run.ID:
		x.conclude()
		return nil
	case last.At.After(x.run.StartedAt):
		return fmt.Errorf("%w: reject run %s, so that the partner keeps the newer one: %w", ErrUsage, x.run.ID, ErrSuperseded)
	}
	return x.deliver(ctx)
}

// Reject drops a held run: its file is never sent.
func (a *App) Reject(ctx context.Context, id string) (ledger.Run, error) {
	run, _, err := a.held(ctx, id)
	if err != nil {
		return run, err
	}
	if err := a.ledger.Reject(ctx, run.ID, time.Now()); err != nil {
		return run, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	a.logger.InfoContext(ctx, "run.rejected", "flow", run.Flow, "run", run.ID)
	return a.ledger.Run(ctx, run.ID)
}
