package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/ledger"
)

// Runs lists the newest runs, of one flow or of all, without their findings. It is never
// nil beside a nil error.
func (a *App) Runs(ctx context.Context, flow string, limit int) ([]ledger.Run, error) {
	if flow != "" {
		if _, err := a.flow(flow); err != nil {
			return nil, err
		}
	}
	if a.ledger == nil {
		return []ledger.Run{}, nil
	}
	runs, err := a.ledger.Runs(ctx, ledger.Filter{Flow: flow, Limit: limit})
	if err != nil {
		return nil, err
	}
	return append([]ledger.Run{}, runs...), nil
}

// FindRun finds a run by its id, or a unique beginning or end of it.
func (a *App) FindRun(ctx context.Context, id string) (ledger.Run, error) {
	if a.ledger == nil {
		return ledger.Run{}, fmt.Errorf("%w: there is no run yet", ErrUsage)
	}
	run, err := a.ledger.FindRun(ctx, id)
	if errors.Is(err, ledger.ErrNotFound) || errors.Is(err, ledger.ErrAmbiguous) {
		return run, fmt.Errorf("%w: %w; lucca-exchange runs lists them", ErrUsage, err)
	}
	return run, err
}

// held finds a held run and its flow.
func (a *App) held(ctx context.Context, id string) (ledger.Run, config.Flow, error) {
	run, err := a.FindRun(ctx, id)
	if err != nil {
		return run, config.Flow{}, err
	}
	if run.Outcome != ledger.Held {
		return run, config.Flow{}, fmt.Errorf("%w: run %s is not held: its outcome is %q", ErrUsage, run.ID, run.Outcome)
	}
	f, err := a.flow(run.Flow)
	return run, f, err
}

// purge removes what the retention says.
func (a *App) purge(ctx context.Context, now time.Time) error {
	kept := a.config.Retention
	spools, err := a.ledger.Purge(ctx, ledger.PurgeOptions{
		RunsBefore: now.Add(-time.Duration(kept.Runs)), FilesBefore: now.Add(-time.Duration(kept.Files)),
	})
	if err != nil {
		return fmt.Errorf("purge: %w", err)
	}
	for _, id := range spools {
		if err := os.RemoveAll(filepath.Join(a.config.Spool, id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("purge: %w", err)
		}
	}
	return nil
}
