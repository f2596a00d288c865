package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/flow"
	exports "lucca-exchange/internal/flow/export"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/flow/imports"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Approve releases a held run: it sends the file exactly as it was rendered, or applies the
// plan exactly as it was made, once. When nothing came of it the run stays held, and may be
// approved again. By is who does it; where the flow wants two people, the first one's word is
// kept, and the error is ErrSecond.
func (a *App) Approve(ctx context.Context, id string, by audit.Entry) (Result, error) {
	record, err := a.claim(ctx, id, by)
	if err != nil {
		return Result{Run: record}, err
	}
	return a.carryOut(ctx, record)
}

// claim takes a held run for its approval, which is then on record, or says why it cannot be
// approved. carryOut has to follow.
func (a *App) claim(ctx context.Context, id string, by audit.Entry) (record state.Record, err error) {
	defer func() { err = a.Acts().refused(ctx, by, record, err) }()
	record, err = a.held(ctx, id)
	if err != nil {
		return record, err
	}
	f, err := a.flow(record.Flow)
	if err != nil {
		return record, err
	}
	if by, err = a.Acts().about(ctx, by, record); err != nil {
		return record, err
	}
	if err := a.Acts().agree(ctx, f, by); err != nil {
		return record, err
	}
	claimed, interrupted, err := a.store.Claim(ctx, record.ID, now(), by)
	if err != nil {
		return record, decided(err)
	}
	a.warnInterrupted(ctx, interrupted)
	return claimed, nil
}

// carryOut does what was held back of a run that was claimed.
func (a *App) carryOut(ctx context.Context, record state.Record) (Result, error) {
	w := a.wire(record.Flow, a.config.Flows[record.Flow])
	r, err := w.life().Approve(ctx, &record, w.release(record))
	return shown(record, r), err
}

// release does what was held back of a run.
func (w wiring) release(record state.Record) flow.Work {
	return func(ctx context.Context) (flow.Result, error) {
		switch record.Kind {
		case run.Import:
			return imports.Approve(ctx, w.importDeps(), w.importInput(record))
		case run.Hires:
			return hires.Approve(ctx, w.hiresDeps(), w.hiresInput(record))
		default:
			return exports.Approve(ctx, w.exportDeps(), w.exportInput(record))
		}
	}
}

// decided is an error of a decision on a run: that it is not held is the person's fault.
func decided(err error) error {
	if errors.Is(err, state.ErrNotHeld) || errors.Is(err, state.ErrNotFound) || errors.Is(err, state.ErrOtherPlan) {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	return err
}

// Reject drops a held run: its file is never sent.
func (a *App) Reject(ctx context.Context, id string, by audit.Entry) (record state.Record, err error) {
	defer func() { err = a.Acts().refused(ctx, by, record, err) }()
	record, err = a.held(ctx, id)
	if err != nil {
		return record, err
	}
	if by, err = a.Acts().about(ctx, by, record); err != nil {
		return record, err
	}
	unfinished, err := a.store.UnfinishedDeliveries(ctx, record.Flow)
	if err != nil {
		return record, err
	}
	if slices.ContainsFunc(unfinished, func(d delivery.Record) bool { return d.Run == record.ID }) {
		return record, fmt.Errorf("%w: an earlier approval of run %s was cut off, and its file may be with the partner: approve it again, or run the flow, which settles it", ErrUsage, record.ID)
	}
	if err := a.store.Reject(ctx, record.ID, now(), by); err != nil {
		return record, decided(err)
	}
	a.logger.InfoContext(ctx, "run.rejected", "flow", record.Flow, "run", record.ID)
	if f := a.config.Flows[record.Flow]; f.From != "" && record.Kind != run.Hires {
		if err := a.wire(record.Flow, f).inbox().PutAway(ctx, record.ID); err != nil {
			return record, fmt.Errorf("the run is dropped, but its file could not be put away, which the next run does: %w", err)
		}
	}
	if record.Kind == run.Hires {
		if err := hires.Rejected(ctx, a.store, record); err != nil {
			return record, err
		}
	}
	return a.store.Run(ctx, record.ID)
}
