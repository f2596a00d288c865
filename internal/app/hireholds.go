package app

import (
	"context"
	"errors"

	"lucca-exchange/internal/ledger"
)

// holds looks up the runs with which hires are held, each once: a held run has one plan for
// thousands of hires.
type holds struct {
	ledger *ledger.Ledger
	runs   map[string]heldPlan
}

// heldPlan is a run, and which hires its plan is about.
type heldPlan struct {
	run   ledger.Run
	hires map[string]bool
}

func (a *App) holds() *holds { return &holds{ledger: a.ledger, runs: make(map[string]heldPlan)} }

// with returns the run that last dealt with a held hire, and whether the hire is part of its
// plan, and so held with it and not by itself.
func (s *holds) with(ctx context.Context, h ledger.Hire) (with bool, run ledger.Run, err error) {
	known, ok := s.runs[h.Run]
	if !ok {
		if known, err = s.load(ctx, h.Run); err != nil {
			return false, ledger.Run{}, err
		}
		s.runs[h.Run] = known
	}
	return known.hires[h.ID], known.run, nil
}

// load is empty for a run that is gone, and without hires for one that has no plan.
func (s *holds) load(ctx context.Context, id string) (p heldPlan, err error) {
	p.run, err = s.ledger.Run(ctx, id)
	if errors.Is(err, ledger.ErrNotFound) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	record, err := s.ledger.Plan(ctx, id)
	if errors.Is(err, ledger.ErrNotFound) {
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
func (s *holds) open(ctx context.Context, h ledger.Hire) (bool, error) {
	if h.State != ledger.HireHeld {
		return h.State == ledger.HireRefused, nil
	}
	with, run, err := s.with(ctx, h)
	return !with || run.Outcome != ledger.Held, err
}
