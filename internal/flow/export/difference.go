package export

import (
	"context"
	"errors"
	"path/filepath"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// difference says what the file of a dry run has otherwise than the one that the partner was sent
// last. The error wraps run.ErrUsage where there is none.
func difference(ctx context.Context, d Deps, in Input, m rendered) (*export.Difference, error) {
	none := fault.Of(run.ErrUsage, "no file of %s was sent yet: there is nothing to compare with", in.Run.Flow)
	if d.Store == nil {
		return nil, none
	}
	last, err := d.Store.LastDelivery(ctx, in.Run.Flow)
	if errors.Is(err, state.ErrNotFound) {
		return nil, none
	}
	if err != nil {
		return nil, err
	}
	then, err := atPartner(ctx, d, last.Run)
	if err != nil {
		return nil, err
	}
	if then.snapshot == nil {
		return nil, none
	}
	before, err := d.Store.Run(ctx, then.run)
	if err != nil {
		return nil, err
	}
	was := export.Kept{Snapshot: *then.snapshot, Cells: then.cells}
	if before.File != nil {
		was.Rows = ReadRows(PlainFile(filepath.Join(in.Spool, then.run), before.File), then.snapshot.Dialect)
	}
	diff, err := export.Diff(was, export.Kept{Snapshot: m.snapshot, Rows: ReadRows(m.Path, m.snapshot.Dialect), Cells: m.cells})
	diff.Flow, diff.Previous = in.Run.Flow, then.run
	return &diff, err
}
