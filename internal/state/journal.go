package state

import (
	"context"
	"time"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/pickup"
)

// DeliveryJournal is the memory of deliveries.
func (l Deliveries) DeliveryJournal() delivery.Journal { return deliveries{l} }

type deliveries struct{ of Deliveries }

// Save is SaveDelivery.
func (d deliveries) Save(ctx context.Context, r delivery.Record) error {
	return d.of.SaveDelivery(ctx, r)
}

// PickupJournal is the memory of pickups. That of a nil Store, before the first run, knows of none,
// and cannot be written.
func (l Pickups) PickupJournal() pickup.Journal { return pickups{l} }

type pickups struct{ of Pickups }

// Claim is ClaimPickup.
func (p pickups) Claim(ctx context.Context, r pickup.Record) (bool, error) {
	return p.of.ClaimPickup(ctx, r)
}

// Save is SavePickup.
func (p pickups) Save(ctx context.Context, r pickup.Record) error { return p.of.SavePickup(ctx, r) }

// Unfinished is UnfinishedPickups.
func (p pickups) Unfinished(ctx context.Context, flow string) ([]pickup.Record, error) {
	if p.of.handle == nil {
		return nil, nil
	}
	return p.of.UnfinishedPickups(ctx, flow)
}

// Settled is PickupSettled.
func (p pickups) Settled(ctx context.Context, flow, remote, name string, size int64, modTime time.Time) (string, bool, error) {
	if p.of.handle == nil {
		return "", false, nil
	}
	return p.of.PickupSettled(ctx, flow, remote, name, size, modTime)
}

// Seen is PickupSeen.
func (p pickups) Seen(ctx context.Context, flow, sha256 string) (string, bool, error) {
	if p.of.handle == nil {
		return "", false, nil
	}
	return p.of.PickupSeen(ctx, flow, sha256)
}

// RowJournal is the memory of what became of the rows of plans.
func (l Plans) RowJournal() apply.Journal { return rows{l} }

type rows struct{ of Plans }

// Outcomes is Rows.
func (r rows) Outcomes(ctx context.Context, run string) ([]apply.Outcome, error) {
	return r.of.Rows(ctx, run)
}

// Save is SaveRow.
func (r rows) Save(ctx context.Context, o apply.Outcome) error { return r.of.SaveRow(ctx, o) }
