package acts

import (
	"context"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// RetryHire is hires.Retry.
func (a Acts) RetryHire(ctx context.Context, d hires.Decision) (inspect.Hire, error) {
	d.By.Act = audit.RetryHire
	return a.decideHire(ctx, d, hires.Retry)
}

// DropHire is hires.Drop.
func (a Acts) DropHire(ctx context.Context, d hires.Decision) (inspect.Hire, error) {
	d.By.Act = audit.DropHire
	return a.decideHire(ctx, d, hires.Drop)
}

func (a Acts) decideHire(ctx context.Context, d hires.Decision, decide func(context.Context, hires.Decisions, hires.Decision) (state.Hire, error)) (inspect.Hire, error) {
	h, err := decide(ctx, a.Store, d)
	about := state.Record{Run: run.Run{ID: h.Run, Flow: h.Flow}}
	return a.Inspector.Hire(h), a.Refused(ctx, d.By, about, err)
}
