package export

import (
	"context"

	"lucca-exchange/internal/flow"
)

// Kind is one run of an export.
type Kind struct {
	Deps  Deps
	Input Input
}

var _ flow.Kind = Kind{}

// Run is Run of this package.
func (k Kind) Run(ctx context.Context) (flow.Result, error) { return Run(ctx, k.Deps, k.Input) }

// Approve is Approve of this package.
func (k Kind) Approve(ctx context.Context) (flow.Result, error) {
	return Approve(ctx, k.Deps, k.Input)
}

// Rehearse is Rehearse of this package, in a folder of its own.
func (k Kind) Rehearse(ctx context.Context, folder string) (flow.Result, error) {
	k.Input.Folder = folder
	return Rehearse(ctx, k.Deps, k.Input)
}
