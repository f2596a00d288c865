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
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
)

// Runs lists the newest runs, of one flow or of all, without their findings. It is never
// nil beside a nil error.
func (a *App) Runs(ctx context.Context, flow string, limit int) ([]state.Record, error) {
	runs := []state.Record{}
	if a.store != nil {
		found, err := a.store.Runs(ctx, state.Filter{Flow: flow, Limit: limit})
		if err != nil {
			return nil, err
		}
		runs = append(runs, found...)
	}
	if flow != "" && len(runs) == 0 {
		// A flow that was taken out of the configuration has its history still.
		if _, err := a.flow(flow); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// FindRun finds a run by its id, or a unique beginning or end of it.
func (a *App) FindRun(ctx context.Context, id string) (state.Record, error) {
	if a.store == nil {
		return state.Record{}, fmt.Errorf("%w: there is no run yet", ErrUsage)
	}
	record, err := a.store.FindRun(ctx, id)
	if errors.Is(err, state.ErrNotFound) || errors.Is(err, state.ErrAmbiguous) {
		return record, fmt.Errorf("%w: %w; lucca-exchange runs lists them", ErrUsage, err)
	}
	return record, err
}

// RowOutcome is what became of one row of a file that was applied.
type RowOutcome struct {
	Row        int    `json:"row,omitempty"`
	Action     string `json:"action"`
	EmployeeID int    `json:"employee_id,omitempty"`
	// Step is applied, refused or skipped; sending, partial and doubtful are not settled yet.
	Step    string    `json:"step"`
	Code    string    `json:"code,omitempty"`
	Message string    `json:"message,omitempty"`
	At      time.Time `json:"at"`
}

// RowOutcomes lists what a run did row by row, in the order of its plan.
func (a *App) RowOutcomes(ctx context.Context, run string) ([]RowOutcome, error) {
	rows, err := a.store.Rows(ctx, run)
	if err != nil {
		return nil, err
	}
	outcomes := make([]RowOutcome, len(rows))
	for i, r := range rows {
		outcomes[i] = RowOutcome{
			Row: r.Row, Action: string(r.Action), EmployeeID: r.EmployeeID, Step: string(r.Step), Code: r.Code, Message: r.Message, At: r.At,
		}
	}
	return outcomes, nil
}

// held finds a held run.
func (a *App) held(ctx context.Context, id string) (state.Record, error) {
	record, err := a.FindRun(ctx, id)
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
