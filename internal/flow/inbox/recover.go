package inbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// errNotPutAway: the file of a run that is over could not be put away. The next run tries again.
var errNotPutAway = errors.New("the file of an earlier run is still to be put away")

// Recover gives back or puts away what earlier runs of the flow have left in in-progress/: the
// file of a held run stays. What no other run can mend either is a warning.
func (b Inbox) Recover(ctx context.Context) (warnings []finding.Finding, err error) {
	warn := func(err error) { warnings = append(warnings, flow.Warning("pickup", flow.Sentence(err))) }
	recovered, err := pickup.Recover(ctx, b.source(), b.Journal, b.Flow)
	for _, r := range recovered.Released {
		b.Logger.WarnContext(ctx, "file.released", "flow", b.Flow, "run", r.Run, "remote", r.Remote, "file", remote.Line(r.Name))
	}
	for _, w := range recovered.Warnings {
		warn(w)
	}
	if err != nil {
		return warnings, err
	}
	for _, r := range recovered.Fetched {
		old := flow.Now().Sub(r.At) >= remote.Patience
		switch err := b.recoverFetched(ctx, r); {
		case errors.Is(err, pickup.ErrStuck) || err != nil && (old || errors.Is(err, errNotPutAway)) && ctx.Err() == nil:
			warn(err)
		case err != nil:
			return warnings, err
		}
	}
	return warnings, nil
}

// recoverFetched deals with a file whose run is over, or is this one, which begins anew.
func (b Inbox) recoverFetched(ctx context.Context, r pickup.Record) error {
	record, err := b.Known.Run(ctx, r.Run)
	gone := strings.HasPrefix(record.Reason, flow.GivenUp)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return b.giveBackRecord(ctx, r)
	case err != nil:
		return err
	case b.Stores && gone:
		return b.putAway(ctx, r, pickup.Failed)
	case b.Stores:
		return b.giveBackRecord(ctx, r)
	case record.Outcome == run.Held:
		return nil
	case record.Outcome == run.Done || record.Outcome == run.Rejections:
		return b.putAway(ctx, r, pickup.Processed)
	}
	kept, err := b.Known.Plan(ctx, r.Run)
	switch {
	case gone && (errors.Is(err, state.ErrNotFound) || err == nil && kept.State == ""):
		return b.putAway(ctx, r, pickup.Failed) // the file takes down whoever reads it
	case errors.Is(err, state.ErrNotFound):
		return b.giveBackRecord(ctx, r) // whatever ended the run, nothing was made of the file
	case err != nil:
		return err
	case record.Outcome == run.Canceled:
		return b.putAway(ctx, r, pickup.Failed)
	case kept.State == state.PlanApplied:
		return b.putAway(ctx, r, pickup.Processed)
	default:
		return b.giveBackRecord(ctx, r)
	}
}

func (b Inbox) giveBackRecord(ctx context.Context, r pickup.Record) error {
	b.Logger.WarnContext(ctx, "file.released", "flow", r.Flow, "run", r.Run, "remote", r.Remote, "file", remote.Line(r.Name))
	err := pickup.Resume(b.source(), b.Journal, r).GiveBack(ctx)
	if errors.Is(err, pickup.ErrNewer) {
		return nil // it was put into failed/, and the newer one is taken next
	}
	return err
}

// putAway ends the pickup of a run that is over, with the reports that it wrote.
func (b Inbox) putAway(ctx context.Context, r pickup.Record, outcome pickup.Outcome) error {
	var reports []pickup.Attachment
	for suffix, name := range reportNames() {
		path := filepath.Join(b.Spool, r.Run, name)
		if _, err := os.Stat(path); err == nil {
			reports = append(reports, pickup.Attachment{Suffix: suffix, Path: path})
		}
	}
	settled, err := pickup.Resume(b.source(), b.Journal, r).Settle(ctx, outcome, reports)
	if err != nil {
		return fault.Wrap(errNotPutAway, err)
	}
	b.Logger.InfoContext(ctx, "file.archived", "flow", r.Flow, "run", r.Run, "remote", r.Remote, "place", remote.Line(settled.Place))
	return nil
}

// PutAway puts the file of a run that is over into failed/, if it has one that is not put away.
func (b Inbox) PutAway(ctx context.Context, id string) error {
	p, err := b.Known.PickupOf(ctx, id)
	if errors.Is(err, state.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find the file of run %s: %w", id, err)
	}
	if p.Step != pickup.StepFetched {
		return nil
	}
	return b.putAway(ctx, p, pickup.Failed)
}
