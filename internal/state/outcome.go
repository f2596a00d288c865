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
	ctx = context.WithoutCancel(ctx)
	return l.write(ctx, "save row outcome", func(ctx context.Context, tx *sql.Tx) error {
		if err := l.fence(ctx, tx, r.Run); err != nil {
			return err
		}
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
func (l Plans) Rows(ctx context.Context, run string) (outcomes []apply.Outcome, err error) {
	err = l.read(ctx, "list row outcomes", func(ctx context.Context, tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT `+rowColumns+` FROM row_outcomes WHERE run = $1 ORDER BY item`, run)
		outcomes, err = scanAll(rows, err, scanRow)
		return err
	})
	return outcomes, err
}

func scanRow(row scanner) (r apply.Outcome, err error) {
	var at int64
	err = row.Scan(&r.Run, &r.Item, &r.Row, &r.EmployeeID, &r.Action, &r.Step, &r.Code, &r.Message, &at)
	r.At = time.UnixMicro(at).UTC()
	return r, err
}

// RowOf returns the outcome of one item of a run's plan, or ErrNotFound.
func (l Plans) RowOf(ctx context.Context, run string, item int) (r apply.Outcome, err error) {
	err = l.read(ctx, "read row outcome", func(ctx context.Context, tx *sql.Tx) error {
		r, err = scanRow(tx.QueryRowContext(ctx, `SELECT `+rowColumns+` FROM row_outcomes WHERE run = $1 AND item = $2`, run, item))
		return orNotFound(err, "outcome in run", run)
	})
	return r, err
}
