package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
)

// held finds a held run.
func (a *App) held(ctx context.Context, id string) (state.Record, error) {
	record, err := a.Inspect().Run(ctx, id)
	if err != nil {
		return record, err
	}
	if record.Outcome != run.Held {
		return record, fmt.Errorf("%w: run %s is not held: its outcome is %q", ErrUsage, record.ID, record.Outcome)
	}
	return record, nil
}

// rehearsalKept is for how long a dry run that was killed leaves its folder.
const rehearsalKept = 24 * time.Hour

// purge removes what the retention says, and what killed dry runs left.
func (a *App) purge(ctx context.Context, now time.Time) error {
	if jumped, err := a.clockJumped(ctx); err != nil || jumped {
		return err
	}
	kept := a.config.Retention
	spools, err := a.store.Purge(ctx, state.PurgeOptions{
		RunsBefore: now.Add(-time.Duration(*kept.Runs)), FilesBefore: now.Add(-time.Duration(*kept.Files)),
	})
	if err != nil {
		return fmt.Errorf("purge: %w", err)
	}
	there, err := os.ReadDir(a.config.Spool)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("purge: %w", err)
	}
	old := make(map[string]bool, len(spools))
	for _, id := range spools {
		old[id] = true
	}
	for _, entry := range there {
		name := entry.Name()
		if strings.HasPrefix(name, flow.RehearsalPrefix) {
			info, err := entry.Info()
			old[name] = err == nil && info.ModTime().Before(now.Add(-rehearsalKept))
		}
		if !old[name] {
			continue
		}
		if err := spool.Remove(filepath.Join(a.config.Spool, name)); err != nil {
			return fmt.Errorf("purge: %w", err)
		}
	}
	return nil
}

// spare lists the runs whose files go where the spool has no room for those of another.
func (a *App) spare() ([]string, error) {
	if a.store == nil {
		return nil, nil
	}
	return a.store.SpareSpools(context.Background())
}

// went says whose files went before their time.
func (a *App) went(runs []string, bytes int64) {
	a.logger.Warn("spool.full", "so", "the files of the oldest runs that are over were removed before retention.files",
		"runs", len(runs), "first", runs[0], "last", runs[len(runs)-1], "bytes", bytes)
}

// clockJumped reports whether nothing may be removed for its age: see state.ClockJumped.
func (a *App) clockJumped(ctx context.Context) (bool, error) {
	jumped, err := a.store.ClockJumped(ctx, now())
	if jumped && err == nil {
		a.logger.WarnContext(ctx, "clock.doubted", "so", "nothing expires and nothing is purged until the clock has been steady for a day")
	}
	return jumped, err
}

// expire ends the held runs whose plans can no longer be approved, puts their files away,
// and has their hires planned again.
func (a *App) expire(ctx context.Context) error {
	if jumped, err := a.clockJumped(ctx); err != nil || jumped {
		return err
	}
	runs, err := a.store.Expire(ctx, now())
	if err != nil {
		return err
	}
	for _, record := range runs {
		a.logger.WarnContext(ctx, "run.expired", "flow", record.Flow, "run", record.ID)
		if record.Kind == run.Hires {
			if err := hires.Expired(ctx, a.store, record); err != nil {
				return err
			}
		}
		f, ok := a.config.Flows[record.Flow]
		if !ok || f.From == "" || record.Kind == run.Hires {
			continue
		}
		if err := a.inbox(record.Flow, f).PutAway(ctx, record.ID); err != nil {
			// The next run of the flow puts it away.
			a.logger.WarnContext(ctx, "file.kept", "flow", record.Flow, "run", record.ID, "err", err)
		}
	}
	return nil
}
