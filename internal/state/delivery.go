package state

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"lucca-exchange/internal/delivery"
)

// Save records a delivery's step, on disk before it returns, whatever becomes of
// ctx. Delivered is final: a later step of the same delivery is ErrDelivered, the same
// step changes what is recorded but not its time. When a run that a crash interrupted turns
// out to have delivered its file, its record is put right: held becomes done (to approve
// it again would send the file twice), and a failure says that the file is there.
// It returns ErrNotFound when there is no such run, ErrLost when the run is no longer
// this process's.
func (l Deliveries) Save(ctx context.Context, d delivery.Record) error {
	return saveOf(ctx, l.handle, d.Run, "save delivery", func(ctx context.Context, tx *sql.Tx) error {
		var place int64
		if d.Step == delivery.StepDelivered {
			var err error
			if place, err = next(ctx, tx); err != nil {
				return err
			}
		}
		n, err := affected(tx.ExecContext(ctx, `INSERT INTO deliveries (`+deliveryColumns+`, sequence)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
			ON CONFLICT (run, remote, name) DO UPDATE SET
				temp = excluded.temp, backup = excluded.backup, step = excluded.step,
				bytes = excluded.bytes, sha256 = excluded.sha256, peer_address = excluded.peer_address,
				peer_protocol = excluded.peer_protocol, peer_key = excluded.peer_key,
				at = CASE WHEN deliveries.step = 'delivered' THEN deliveries.at ELSE excluded.at END,
				sequence = CASE WHEN deliveries.step = 'delivered' THEN deliveries.sequence ELSE excluded.sequence END
			WHERE deliveries.step <> 'delivered' OR excluded.step = 'delivered'`,
			d.Run, d.Flow, d.Remote, d.Name, d.Temp, d.Backup, d.Step, d.Bytes, d.SHA256,
			d.Peer.Address, d.Peer.Protocol, d.Peer.Key, micros(d.At), place))
		switch {
		case err != nil:
			return err
		case n == 0:
			return fmt.Errorf("run %q, file %q: %w", d.Run, d.Name, ErrDelivered)
		case d.Step == delivery.StepDelivered:
			return arriveLate(ctx, tx, d.Run, d.At)
		}
		return nil
	})
}

const deliveryColumns = `run, flow, remote, name, temp, backup, step, bytes, sha256, peer_address, peer_protocol, peer_key, at`

// UnfinishedDeliveries returns the deliveries of a flow that were neither completed nor
// given up, the oldest first: what the remote holds of them is not known.
func (l Deliveries) UnfinishedDeliveries(ctx context.Context, flow string) ([]delivery.Record, error) {
	return list(ctx, l.handle, "list unfinished deliveries", scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries
		WHERE flow = $1 AND step NOT IN ('delivered', 'failed') ORDER BY at, run, remote, name`, flow)
}

// DeliveriesOf returns the deliveries of a run, the oldest first.
func (l Deliveries) DeliveriesOf(ctx context.Context, run string) ([]delivery.Record, error) {
	return list(ctx, l.handle, "list deliveries", scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries WHERE run = $1 ORDER BY at, remote, name`, run)
}

// maxFailed bounds what FailedDeliveries returns.
const maxFailed = 20

// FailedDeliveries returns the deliveries to a remote that were given up since an instant, the
// latest first, 20 at most.
func (l Deliveries) FailedDeliveries(ctx context.Context, remote string, since time.Time) ([]delivery.Record, error) {
	return list(ctx, l.handle, "list failed deliveries", scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries
		WHERE remote = $1 AND step = 'failed' AND at >= $2 ORDER BY at DESC, run, name LIMIT $3`, remote, micros(since), maxFailed)
}

// LastDelivery returns the delivery of a flow that was completed last: what the partner
// has, whatever became of its run afterwards. It returns ErrNotFound when there is none.
func (l Deliveries) LastDelivery(ctx context.Context, flow string) (delivery.Record, error) {
	return one(ctx, l.handle, "read last delivery", named{"flow", flow}, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries
		WHERE flow = $1 AND step = 'delivered' ORDER BY sequence DESC LIMIT 1`, flow)
}

// DeliveredAs returns the delivery of a flow that was completed last under a name, or ErrNotFound.
func (l Deliveries) DeliveredAs(ctx context.Context, flow, name string) (delivery.Record, error) {
	return one(ctx, l.handle, "read delivery", named{"delivery", name}, scanDelivery, `SELECT `+deliveryColumns+` FROM deliveries
		WHERE flow = $1 AND step = 'delivered' AND name = $2 ORDER BY sequence DESC LIMIT 1`, flow, name)
}

// delivered reports whether what the run sends has arrived on a remote: all of it, where that is
// several files.
func delivered(ctx context.Context, tx *sql.Tx, run string) (bool, error) {
	var n int
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM deliveries d WHERE d.run = $1 AND d.step = 'delivered' AND NOT EXISTS (
		SELECT 1 FROM deliveries o WHERE o.run = d.run AND o.remote = d.remote AND o.step <> 'delivered')`, run).Scan(&n)
	return n > 0, err
}

func scanDelivery(row scanner) (d delivery.Record, err error) {
	var at sql.Null[int64]
	err = row.Scan(&d.Run, &d.Flow, &d.Remote, &d.Name, &d.Temp, &d.Backup, &d.Step, &d.Bytes, &d.SHA256,
		&d.Peer.Address, &d.Peer.Protocol, &d.Peer.Key, &at)
	d.At = instant(at)
	return d, err
}
