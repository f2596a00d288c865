package state

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"lucca-exchange/internal/notify"
)

// Notifications keeps what each target was told about each flow.
type Notifications struct{ *handle }

// Notifications returns what was told.
func (l *Store) Notifications() Notifications { return Notifications{shared(l)} }

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

// Attempted records whether a target could be told about a flow: a fault stays on record until an
// attempt has none.
func (n Notifications) Attempted(ctx context.Context, a notify.Attempt) error {
	if a.Fault == nil {
		return n.attained(ctx, a)
	}
	return exec(ctx, n.handle, "save notification fault", `INSERT INTO notification_faults (target, flow, place, since, at, failures, reason) VALUES ($1, $2, $3, $4, $4, 1, $5)
		ON CONFLICT (target, flow) DO UPDATE SET place = excluded.place, at = excluded.at, failures = notification_faults.failures + 1, reason = excluded.reason`,
		a.Target, a.Flow, a.Place, a.At.UnixMicro(), plain(a.Fault.Error()))
}

// attained ends a fault. There rarely is one, and whoever is told of each run must not write for it.
func (n Notifications) attained(ctx context.Context, a notify.Attempt) error {
	var there bool
	err := n.read(ctx, "read notification fault", func(ctx context.Context, tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT COUNT(*) > 0 FROM notification_faults WHERE target = $1 AND flow = $2`, a.Target, a.Flow).Scan(&there)
	})
	if err != nil || !there {
		return err
	}
	return exec(ctx, n.handle, "end notification fault", `DELETE FROM notification_faults WHERE target = $1 AND flow = $2`, a.Target, a.Flow)
}

// NotificationFault is a target that could not be told about a flow since an instant.
type NotificationFault struct {
	Target, Flow string
	// Place is where the target stands in the configuration.
	Place    string
	Since    time.Time
	At       time.Time
	Failures int
	Reason   string
}

// Failing lists who cannot be told of what.
func (n Notifications) Failing(ctx context.Context) ([]NotificationFault, error) {
	return list(ctx, n.handle, "read notification faults", func(row scanner) (f NotificationFault, err error) {
		var since, at sql.Null[int64]
		err = row.Scan(&f.Target, &f.Flow, &f.Place, &since, &at, &f.Failures, &f.Reason)
		f.Since, f.At = instant(since), instant(at)
		return f, err
	}, `SELECT target, flow, place, since, at, failures, reason FROM notification_faults ORDER BY flow, place`)
}

// Save records what a target was told about a flow.
func (n Notifications) Save(ctx context.Context, target, flow, cause string, at time.Time) error {
	return exec(ctx, n.handle, "save notification", `INSERT INTO notifications (target, flow, cause, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (target, flow) DO UPDATE SET cause = excluded.cause, at = excluded.at`, target, flow, cause, at.UnixMicro())
}
