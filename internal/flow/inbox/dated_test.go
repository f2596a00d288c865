package inbox_test

import (
	"context"
	"time"

	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// dated is a store that knows when the last file came and when the last run began.
type dated struct {
	inbox.Store
	came, told time.Time
}

func (d dated) LastPickup(_ context.Context, _ string, until time.Time) (pickup.Record, error) {
	if d.came.IsZero() || d.came.After(until) {
		return pickup.Record{}, state.ErrNotFound
	}
	return pickup.Record{At: d.came}, nil
}

func (d dated) Runs(context.Context, state.Filter) ([]state.Record, error) {
	if d.told.IsZero() {
		return nil, nil
	}
	return []state.Record{{Run: run.Run{StartedAt: d.told}}}, nil
}
