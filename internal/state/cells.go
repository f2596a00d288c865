package state

import (
	"context"
	"database/sql"
)

// SaveCells keeps what tells which cells of a run's file the next one changes, in whatever form
// the caller chose: hashes do not compress. Those of earlier runs of the flow go, but of the
// one that was delivered last and of runs that wait for a person.
func (l Deliveries) SaveCells(ctx context.Context, run string, data []byte) error {
	return l.write(ctx, "save cells", func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO cells (run, data) VALUES ($1, $2)
			ON CONFLICT (run) DO UPDATE SET data = excluded.data`, run, data); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM cells WHERE run <> $1 AND run NOT IN (`+keptRuns+`)
			AND run IN (SELECT id FROM runs WHERE flow = (SELECT flow FROM runs WHERE id = $1))`, run)
		return err
	})
}

// Cells returns what SaveCells kept for the run, or ErrNotFound.
func (l Deliveries) Cells(ctx context.Context, run string) ([]byte, error) {
	return one(ctx, l.handle, "read cells", named{"run", run}, value[[]byte], `SELECT data FROM cells WHERE run = $1`, run)
}
