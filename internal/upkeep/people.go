package upkeep

import (
	"context"
	"errors"
	"fmt"

	"lucca-exchange/internal/state"
)

// mostIndexed bounds what one pass does: a run of 100,000 people takes about a second.
const mostIndexed = 50

// Index keeps whom the runs know that an earlier version of the program made, some at a time, the
// newest first: until then a time line reads the whole of each. One that cannot be read is logged
// and has nobody.
func (k Keeper) Index(ctx context.Context) error {
	runs, err := k.Store.Unindexed(ctx)
	if err != nil {
		return fmt.Errorf("index people: %w", err)
	}
	for _, id := range runs[:min(len(runs), mostIndexed)] {
		people, err := k.People(ctx, id)
		switch {
		case errors.Is(err, state.ErrNotFound):
			continue // purged meanwhile
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			k.Logger.WarnContext(ctx, "people.unread", "run", id, "err", err)
			people = nobody
		}
		if err := k.Store.IndexPeople(ctx, id, people); err != nil && !errors.Is(err, state.ErrNotFound) {
			return fmt.Errorf("index people: %w", err)
		}
	}
	return nil
}

func nobody(func(state.Known) bool) {}
