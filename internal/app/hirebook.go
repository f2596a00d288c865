package app

import (
	"context"

	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/inspect"
)

// RetryHire is hires.Retry.
func (a *App) RetryHire(ctx context.Context, id string) (inspect.Hire, error) {
	h, err := hires.Retry(ctx, a.store, id)
	return a.Inspect().Hire(h), err
}

// DropHire is hires.Drop.
func (a *App) DropHire(ctx context.Context, id string) (inspect.Hire, error) {
	h, err := hires.Drop(ctx, a.store, id)
	return a.Inspect().Hire(h), err
}
