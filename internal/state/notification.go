package state

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Notifications keeps what each target was told about each flow.
type Notifications struct{ *handle }

// Notifications returns what was told.
func (l *Store) Notifications() Notifications { return Notifications{l.handle} }

// Last returns what a target was last told about a flow, and when; empty when it never was, or
// when all is well again.
func (n Notifications) Last(ctx context.Context, target, flow string) (cause string, at time.Time, err error) {
	err = n.read(ctx, "read last notification", func(ctx context.Context, tx *sql.Tx) error {
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

// Save records what a target was told about a flow.
func (n Notifications) Save(ctx context.Context, target, flow, cause string, at time.Time) error {
	return n.write(ctx, "save notification", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO notifications (target, flow, cause, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (target, flow) DO UPDATE SET cause = excluded.cause, at = excluded.at`,
			target, flow, cause, at.UnixMicro())
		return err
	})
}
