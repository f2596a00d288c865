package flow

import (
	"context"

	"lucca-exchange/internal/state"
)

// Lookup looks up a run.
type Lookup interface {
	Run(ctx context.Context, id string) (state.Record, error)
}

// History looks up runs.
type History interface {
	Lookup
	Runs(ctx context.Context, f state.Filter) ([]state.Record, error)
}

// Restores knows whether the state was put back from an older copy.
type Restores interface {
	Cautious(ctx context.Context, flow string) (bool, error)
	BeforeRestore(ctx context.Context, run string) (bool, error)
}
