package state

import (
	"context"
	"database/sql"
)

// Bring records whom a file of a source has brought, by their Lucca ids. Who was brought once
// stays so.
func (l Plans) Bring(ctx context.Context, source string, employees []int) error {
	return l.write(ctx, "record source", func(ctx context.Context, tx *sql.Tx) error {
		for _, id := range employees {
			if _, err := tx.ExecContext(ctx, `INSERT INTO brought (source, employee_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, source, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Brought returns whom the files of a source have ever brought; nobody of a source that is not
// known.
func (l Plans) Brought(ctx context.Context, source string) (employees map[int]bool, err error) {
	employees = make(map[int]bool)
	err = l.read(ctx, "list source", func(ctx context.Context, tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT employee_id FROM brought WHERE source = $1`, source)
		ids, err := scanAll(rows, err, scanID)
		for _, id := range ids {
			employees[id] = true
		}
		return err
	})
	return employees, err
}

func scanID(row scanner) (id int, err error) {
	err = row.Scan(&id)
	return id, err
}
