package export

import (
	"context"
	"path/filepath"

	"lucca-exchange/internal/export"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
)

// difference says what the file of a dry run has otherwise than the one that the partner was sent
// last. The error wraps run.ErrUsage where there is none.
func difference(ctx context.Context, d Deps, in Input, m rendered) (*export.Difference, error) {
	then := m.last
	if then.snapshot == nil {
		return nil, fault.Of(run.ErrUsage, "no file of %s was sent yet: there is nothing to compare with", in.Run.Flow)
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
