package state

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// LastNotification returns what a target was last told about a flow, and when; empty when
// it never was, or when all is well again.
func (l upkeepTable) LastNotification(ctx context.Context, target, flow string) (cause string, at time.Time, err error) {
	err = l.read(ctx, "read last notification", func(ctx context.Context, tx *sql.Tx) error {
		var micros int64
		err := tx.QueryRowContext(ctx, `SELECT cause, at FROM notifications WHERE target = $1 AND flow = $2`, target, flow).Scan(&cause, &micros)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		at = time.UnixMicro(micros).UTC()
		return err
	})
	return cause, at, err
}

// SaveNotification records what a target was told about a flow.
func (l upkeepTable) SaveNotification(ctx context.Context, target, flow, cause string, at time.Time) error {
	return l.write(ctx, "save notification", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO notifications (target, flow, cause, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (target, flow) DO UPDATE SET cause = excluded.cause, at = excluded.at`,
			target, flow, cause, at.UnixMicro())
		return err
	})
}
