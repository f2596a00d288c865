package upkeep_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"testing"

	"lucca-exchange/internal/state"
	"lucca-exchange/internal/upkeep"
)

// indexing is a store in which some runs do not know their people.
type indexing struct {
	upkeep.Store
	without []string
	indexed map[string]int
}

func (s *indexing) Unindexed(context.Context) ([]string, error) { return s.without, nil }

func (s *indexing) IndexPeople(_ context.Context, run string, people iter.Seq[state.Known]) error {
	if run == "gone" {
		return state.ErrNotFound
	}
	s.indexed[run] = len(slices.Collect(people))
	return nil
}

// TestEarlierRunsLearnTheirPeople: one that cannot be read keeps none of the others from it, and is
// not looked at again and again.
func TestEarlierRunsLearnTheirPeople(t *testing.T) {
	t.Parallel()
	s := &indexing{without: []string{"good", "damaged", "purged", "gone"}, indexed: make(map[string]int)}
	k := upkeep.Keeper{Store: s, Logger: slog.New(slog.DiscardHandler), People: func(_ context.Context, run string) (iter.Seq[state.Known], error) {
		switch run {
		case "damaged":
			return nil, errors.New("not what was kept")
		case "purged":
			return nil, state.ErrNotFound
		}
		return slices.Values([]state.Known{{Person: 7}}), nil
	}}
	if err := k.Index(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, there := s.indexed["damaged"]; len(s.indexed) != 2 || s.indexed["good"] != 1 || !there || n != 0 {
		t.Errorf("%v", s.indexed)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	k.People = func(ctx context.Context, _ string) (iter.Seq[state.Known], error) { return nil, ctx.Err() }
	if err := k.Index(canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}
