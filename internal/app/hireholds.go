package app

import (
	"context"
	"errors"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// holds looks up the runs with which hires are held, each once: a held run has one plan for
// thousands of hires.
type holds struct {
	store *state.Store
	runs  map[string]heldPlan
}

// heldPlan is a run, and which hires its plan is about.
type heldPlan struct {
	run   state.Record
	hires map[string]bool
}

func (a *App) holds() *holds { return &holds{store: a.store, runs: make(map[string]heldPlan)} }

// with returns the run that last dealt with a held hire, and whether the hire is part of its
// plan, and so held with it and not by itself.
func (s *holds) with(ctx context.Context, h state.Hire) (with bool, record state.Record, err error) {
	known, ok := s.runs[h.Run]
	if !ok {
		if known, err = s.load(ctx, h.Run); err != nil {
			return false, state.Record{}, err
		}
		s.runs[h.Run] = known
	}
	return known.hires[h.ID], known.run, nil
}

// load is empty for a run that is gone, and without hires for one that has no plan.
func (s *holds) load(ctx context.Context, id string) (p heldPlan, err error) {
	p.run, err = s.store.Run(ctx, id)
	if errors.Is(err, state.ErrNotFound) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	record, err := s.store.Plan(ctx, id)
	if errors.Is(err, state.ErrNotFound) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	stored, _, err := readHead(record)
	if err != nil {
		return p, err
	}
	p.hires = make(map[string]bool, len(stored.Hires))
	for _, hire := range stored.Hires {
		p.hires[hire] = true
	}
	return p, nil
}

// open reports whether a hire came to no end, and is not part of a held run.
func (s *holds) open(ctx context.Context, h state.Hire) (bool, error) {
	if h.State != state.HireHeld {
		return h.State == state.HireRefused, nil
	}
	with, record, err := s.with(ctx, h)
	return !with || record.Outcome != run.Held, err
}
