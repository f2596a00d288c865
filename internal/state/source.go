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
	ids, err := list(ctx, l.handle, "list source", value[int], `SELECT employee_id FROM brought WHERE source = $1`, source)
	employees = make(map[int]bool, len(ids))
	for _, id := range ids {
		employees[id] = true
	}
	return employees, err
}

// lastFile is the source under which whoever was in the last full file of a flow is kept; a
// source of a configuration does not begin with a tab.
func lastFile(flow string) string { return "\tlast file of " + flow }

// KeepLastFile records who was in the last full file of a flow, by their Lucca ids, in the place of
// those of the file before. Unlike the plan it is kept without end: it names nobody.
func (l Plans) KeepLastFile(ctx context.Context, flow string, employees []int) error {
	return l.write(ctx, "record last file", func(ctx context.Context, tx *sql.Tx) error {
		before, err := selectAll(ctx, tx, value[int], `SELECT employee_id FROM brought WHERE source = $1`, lastFile(flow))
		if err != nil {
			return err
		}
		gone := make(map[int]bool, len(before))
		for _, id := range before {
			gone[id] = true
		}
		for _, id := range employees {
			if gone[id] {
				delete(gone, id)
				continue
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO brought (source, employee_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, lastFile(flow), id); err != nil {
				return err
			}
		}
		for id := range gone {
			if _, err := tx.ExecContext(ctx, `DELETE FROM brought WHERE source = $1 AND employee_id = $2`, lastFile(flow), id); err != nil {
				return err
			}
		}
		return nil
	})
}

// LastFile returns who was in the last full file of a flow; nobody where that is not known.
func (l Plans) LastFile(ctx context.Context, flow string) (map[int]bool, error) {
	return l.Brought(ctx, lastFile(flow))
}
