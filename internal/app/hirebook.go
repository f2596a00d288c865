package app

import (
	"context"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// HireDecision is what somebody decides about one hire.
type HireDecision = hires.Decision

// RetryHire is hires.Retry.
func (a *App) RetryHire(ctx context.Context, d HireDecision) (inspect.Hire, error) {
	d.By.Act = audit.RetryHire
	return a.decideHire(ctx, d, hires.Retry)
}

// DropHire is hires.Drop.
func (a *App) DropHire(ctx context.Context, d HireDecision) (inspect.Hire, error) {
	d.By.Act = audit.DropHire
	return a.decideHire(ctx, d, hires.Drop)
}

func (a *App) decideHire(ctx context.Context, d HireDecision, decide func(context.Context, hires.Decisions, HireDecision) (state.Hire, error)) (inspect.Hire, error) {
	h, err := decide(ctx, a.store, d)
	about := state.Record{Run: run.Run{ID: h.Run, Flow: h.Flow}}
	return a.Inspect().Hire(h), a.Acts().refused(ctx, d.By, about, err)
}
