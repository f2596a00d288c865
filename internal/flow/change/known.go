package change

import (
	"context"
	"errors"
	"iter"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/state"
)

// KnownTo are the people whom the kept file or plan of a run knows, of whatever kind it is:
// state.ErrNotFound where neither is kept any more.
func KnownTo(ctx context.Context, s *state.Store, id string) (iter.Seq[state.Known], error) {
	kept, err := s.Deliveries().Snapshot(ctx, id)
	if err == nil {
		file, err := export.DecodeSnapshot(kept)
		return flow.Known(explain.InFile(file)), err
	}
	if !errors.Is(err, state.ErrNotFound) {
		return nil, err
	}
	record, err := s.Plans().Plan(ctx, id)
	if err != nil {
		return nil, err
	}
	p, err := ReadPlan(record, true)
	if err != nil {
		return nil, err
	}
	return flow.Known(explain.InPlan(p.Plan, p.People)), nil
}
