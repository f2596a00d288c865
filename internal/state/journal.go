package state

import (
	"context"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/pickup"
)

// DeliveryJournal is the memory of deliveries.
func (l Deliveries) DeliveryJournal() delivery.Journal { return l }

// PickupJournal is the memory of pickups. That of a nil Store, before the first run, knows of none,
// and cannot be written.
func (l Pickups) PickupJournal() pickup.Journal { return l }

// RowJournal is the memory of what became of the rows of plans.
func (l Plans) RowJournal() apply.Journal { return rows{l} }

type rows struct{ of Plans }

// Outcomes is Rows.
func (r rows) Outcomes(ctx context.Context, run string) ([]apply.Outcome, error) {
	return r.of.Rows(ctx, run)
}

// Save is SaveRow.
func (r rows) Save(ctx context.Context, o apply.Outcome) error { return r.of.SaveRow(ctx, o) }
