package state

import (
	"context"
	"time"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/pickup"
)

// DeliveryJournal is the store as the memory of deliveries.
func (l *Store) DeliveryJournal() delivery.Journal { return deliveries{l} }

type deliveries struct{ *Store }

// Save is SaveDelivery.
func (d deliveries) Save(ctx context.Context, r delivery.Record) error { return d.SaveDelivery(ctx, r) }

// PickupJournal is the store as the memory of pickups. That of a nil Store, before the first
// run, knows of none, and cannot be written.
func (l *Store) PickupJournal() pickup.Journal { return pickups{l} }

type pickups struct{ *Store }

// Claim is ClaimPickup.
func (p pickups) Claim(ctx context.Context, r pickup.Record) (bool, error) {
	return p.ClaimPickup(ctx, r)
}

// Save is SavePickup.
func (p pickups) Save(ctx context.Context, r pickup.Record) error { return p.SavePickup(ctx, r) }

// Unfinished is UnfinishedPickups.
func (p pickups) Unfinished(ctx context.Context, flow string) ([]pickup.Record, error) {
	if p.Store == nil {
		return nil, nil
	}
	return p.UnfinishedPickups(ctx, flow)
}

// Settled is PickupSettled.
func (p pickups) Settled(ctx context.Context, flow, remote, name string, size int64, modTime time.Time) (string, bool, error) {
	if p.Store == nil {
		return "", false, nil
	}
	return p.PickupSettled(ctx, flow, remote, name, size, modTime)
}

// Seen is PickupSeen.
func (p pickups) Seen(ctx context.Context, flow, sha256 string) (string, bool, error) {
	if p.Store == nil {
		return "", false, nil
	}
	return p.PickupSeen(ctx, flow, sha256)
}

// RowJournal is the store as the memory of what became of the rows of plans.
func (l *Store) RowJournal() apply.Journal { return rows{l} }

type rows struct{ *Store }

// Outcomes is Rows.
func (r rows) Outcomes(ctx context.Context, run string) ([]apply.Outcome, error) {
	return r.Rows(ctx, run)
}

// Save is SaveRow.
func (r rows) Save(ctx context.Context, o apply.Outcome) error { return r.SaveRow(ctx, o) }
