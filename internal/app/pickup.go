package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// recoverPickups gives back or puts away what earlier runs of a flow have left in
// in-progress/: the file of a held run stays.
//
// What no other run can mend either does not stop this one: it is a warning.
func (a *App) recoverPickups(ctx context.Context, f config.Flow, record state.Record) (warnings []error, err error) {
	recovered, err := pickup.Recover(ctx, a.source(f), a.store.PickupJournal(), record.Flow)
	for _, r := range recovered.Released {
		a.logger.WarnContext(ctx, "file.released", "flow", record.Flow, "run", r.Run, "remote", r.Remote, "file", remote.Line(r.Name))
	}
	warnings = recovered.Warnings
	if err != nil {
		return warnings, err
	}
	for _, r := range recovered.Fetched {
		switch err := a.recoverFetched(ctx, f, r); {
		case errors.Is(err, pickup.ErrStuck) || errors.Is(err, errNotPutAway) && ctx.Err() == nil:
			warnings = append(warnings, err)
		case err != nil:
			return warnings, err
		}
	}
	return warnings, nil
}

// errNotPutAway: the file of a run that is over could not be put away. The next run tries again.
var errNotPutAway = errors.New("the file of an earlier run is still to be put away")

// recoverFetched deals with a file whose run is over, or is this one, which begins anew.
func (a *App) recoverFetched(ctx context.Context, f config.Flow, r pickup.Record) error {
	record, err := a.store.Run(ctx, r.Run)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return a.giveBack(ctx, f, r)
	case err != nil:
		return err
	case record.Outcome == run.Held:
		return nil
	case record.Outcome == run.Done || record.Outcome == run.Rejections:
		return a.putAway(ctx, f, r, pickup.Processed)
	}
	kept, err := a.store.Plan(ctx, r.Run)
	gone := record.Outcome == run.Failed && strings.HasPrefix(record.Reason, givenUp)
	switch {
	case gone && (errors.Is(err, state.ErrNotFound) || err == nil && kept.State == ""):
		return a.putAway(ctx, f, r, pickup.Failed) // the file takes down whoever reads it
	case errors.Is(err, state.ErrNotFound):
		return a.giveBack(ctx, f, r) // whatever ended the run, nothing was made of the file
	case err != nil:
		return err
	case record.Outcome == run.Canceled && !record.FinishedAt.IsZero():
		return a.putAway(ctx, f, r, pickup.Failed)
	case kept.State == state.PlanApplied:
		return a.putAway(ctx, f, r, pickup.Processed)
	default:
		return a.giveBack(ctx, f, r)
	}
}

func (a *App) giveBack(ctx context.Context, f config.Flow, r pickup.Record) error {
	a.logger.WarnContext(ctx, "file.released", "flow", r.Flow, "run", r.Run, "remote", r.Remote, "file", remote.Line(r.Name))
	taken := pickup.Resume(a.source(f), a.store.PickupJournal(), r)
	taken.Path = filepath.Join(a.config.Spool, r.Run, incoming, r.Name)
	err := taken.Release(ctx)
	if errors.Is(err, pickup.ErrNewer) {
		return nil // it was put into failed/, and the newer one is taken next
	}
	return err
}

// putAway ends the pickup of a run that is over, with the reports that it wrote.
func (a *App) putAway(ctx context.Context, f config.Flow, r pickup.Record, outcome pickup.Outcome) error {
	var reports []pickup.Attachment
	for suffix, name := range reportNames() {
		path := filepath.Join(a.config.Spool, r.Run, name)
		if _, err := os.Stat(path); err == nil {
			reports = append(reports, pickup.Attachment{Suffix: suffix, Path: path})
		}
	}
	settled, err := pickup.Resume(a.source(f), a.store.PickupJournal(), r).Settle(ctx, outcome, reports)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotPutAway, err)
	}
	a.logger.InfoContext(ctx, "file.archived", "flow", r.Flow, "run", r.Run, "remote", r.Remote, "place", remote.Line(settled.Place))
	return nil
}

// takenBy returns the file that a run has and has not put away; nil when there is none.
func (a *App) takenBy(ctx context.Context, f config.Flow, run string) (*pickup.Taken, error) {
	p, err := a.store.PickupOf(ctx, run)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	if err != nil || p.Step != pickup.StepFetched {
		return nil, err
	}
	return pickup.Resume(a.source(f), a.store.PickupJournal(), p), nil
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
			if err := a.releaseHires(ctx, record); err != nil {
				return err
			}
		}
		f, ok := a.config.Flows[record.Flow]
		if !ok || f.From == "" {
			continue
		}
		if err := a.putAwayOf(ctx, f, record.ID, pickup.Failed); err != nil {
			// The next run of the flow puts it away.
			a.logger.WarnContext(ctx, "file.kept", "flow", record.Flow, "run", record.ID, "err", err)
		}
	}
	return nil
}

// putAwayOf ends the pickup of a run, if it has one.
func (a *App) putAwayOf(ctx context.Context, f config.Flow, run string, outcome pickup.Outcome) error {
	p, err := a.store.PickupOf(ctx, run)
	if errors.Is(err, state.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find the file of run %s: %w", run, err)
	}
	if p.Step != pickup.StepFetched {
		return nil
	}
	return a.putAway(ctx, f, p, outcome)
}
