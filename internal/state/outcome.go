package state

import (
	"context"
	"database/sql"
	"time"

	"lucca-exchange/internal/apply"
)

// SaveRow records a row's step, on disk before it returns, whatever becomes of ctx: a
// create whose intention a crash could forget must not be sent. That costs one
// synchronous write, well under the time of one request to Lucca. It returns ErrNotFound
// when there is no such run, ErrLost when the run is no longer this process's: then
// nothing may be sent.
func (l Plans) SaveRow(ctx context.Context, r apply.Outcome) error {
	return saveOf(ctx, l.handle, r.Run, "save row outcome", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO row_outcomes (`+rowColumns+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (run, item) DO UPDATE SET
				row_number = excluded.row_number, employee_id = excluded.employee_id, action = excluded.action,
				step = excluded.step, code = excluded.code, message = excluded.message, at = excluded.at`,
			r.Run, r.Item, r.Row, r.EmployeeID, r.Action, r.Step, r.Code, plain(r.Message), r.At.UnixMicro())
		return err
	})
}

const rowColumns = `run, item, row_number, employee_id, action, step, code, message, at`

// Rows returns the outcomes of a run's rows, in the order of its plan.
func (l Plans) Rows(ctx context.Context, run string) ([]apply.Outcome, error) {
	return list(ctx, l.handle, "list row outcomes", scanRow, `SELECT `+rowColumns+` FROM row_outcomes WHERE run = $1 ORDER BY item`, run)
}

func scanRow(row scanner) (r apply.Outcome, err error) {
	var at int64
	err = row.Scan(&r.Run, &r.Item, &r.Row, &r.EmployeeID, &r.Action, &r.Step, &r.Code, &r.Message, &at)
	r.At = time.UnixMicro(at).UTC()
	return r, err
}

// RowOf returns the outcome of one item of a run's plan, or ErrNotFound.
func (l Plans) RowOf(ctx context.Context, run string, item int) (r apply.Outcome, err error) {
	return one(ctx, l.handle, "read row outcome", named{"outcome in run", run}, scanRow, `SELECT `+rowColumns+` FROM row_outcomes WHERE run = $1 AND item = $2`, run, item)
}
