package state

import (
	"context"
	"database/sql"
	"errors"

	"lucca-exchange/internal/audit"
)

// already is what was moved before, where the process was killed after all of it was in the target
// and before the source knew: the target is this very state with the act of moving it, and nothing
// has happened in either since. It is zero where it is not so.
func (l moving) already(ctx context.Context, from, to *sql.Tx) (m Moved, err error) {
	mine, err := mark(ctx, from, markIdentity)
	if err != nil || mine == 0 {
		return m, err
	}
	theirs, err := mark(ctx, to, markIdentity)
	if err != nil || theirs != mine {
		return m, err
	}
	tables, err := l.tables(ctx, from)
	if err != nil {
		return m, err
	}
	for _, table := range tables {
		if table == "marks" {
			continue // opening a state writes some
		}
		same, rows, err := sameTable(ctx, from, to, table)
		if err != nil || !same {
			return Moved{}, err
		}
		m.Tables, m.Rows = m.Tables+1, m.Rows+rows
		if table == "runs" {
			m.Runs = rows
		}
	}
	return m, nil
}

// sameTable compares a table of a state with what was moved of it: to the audit there came the act
// of moving.
func sameTable(ctx context.Context, from, to *sql.Tx, table string) (same bool, rows int, err error) {
	columns, _, err := columnsOf(ctx, to, table)
	if err != nil {
		return false, 0, err
	}
	here, err := sumOf(ctx, from, table, columns, nil)
	if err != nil {
		return false, 0, err
	}
	there, err := sumOf(ctx, to, table, columns, nil)
	if err != nil || table != "audit" {
		return here == there, here.rows, err
	}
	var act string
	err = to.QueryRowContext(ctx, `SELECT act FROM audit ORDER BY sequence DESC LIMIT 1`).Scan(&act)
	if errors.Is(err, sql.ErrNoRows) {
		return false, 0, nil
	}
	if err != nil {
		return false, 0, err
	}
	return act == string(audit.Move) && there.rows == here.rows+1, here.rows, nil
}
