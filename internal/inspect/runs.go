package inspect

import (
	"context"
	"errors"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Runs lists the newest runs that a filter chooses, without their findings. It is never nil
// beside a nil error.
func (i Inspector) Runs(ctx context.Context, which state.Filter) ([]state.Record, error) {
	runs := []state.Record{}
	if i.Store != nil {
		found, err := i.Store.Runs(ctx, which)
		if err != nil {
			return nil, err
		}
		runs = append(runs, found...)
	}
	if which.Flow != "" && len(runs) == 0 {
		// A flow that was taken out of the configuration has its history still.
		if _, err := i.Config.Flow(which.Flow); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// Page is the address of the console's page about a run, for those who are told of it elsewhere;
// empty without web.public_url.
func (i Inspector) Page(r run.Run) string { return i.Config.Page(r) }

// Run finds a run by its id, or a unique beginning or end of it.
func (i Inspector) Run(ctx context.Context, id string) (state.Record, error) {
	if i.Store == nil {
		return state.Record{}, fault.Of(run.ErrUsage, "there is no run yet")
	}
	record, err := i.Store.FindRun(ctx, id)
	if errors.Is(err, state.ErrNotFound) || errors.Is(err, state.ErrAmbiguous) {
		return record, fault.Hint(fault.Wrap(run.ErrUsage, err), "lucca-exchange runs lists them")
	}
	return record, err
}

// Works reports whether a run is at work or waits to be, also a held one that was approved, or that
// has ended since it was read: who shows it then shows how it stood, and has to look again.
func Works(ctx context.Context, i Inspector, r state.Record) (bool, error) {
	if r.Outcome != run.Held {
		return r.Outcome == "", nil
	}
	approving, err := i.Store.Approving(ctx, r.ID)
	if approving || err != nil {
		return approving, err
	}
	now, err := i.Run(ctx, r.ID)
	return now.Outcome != run.Held, err
}
