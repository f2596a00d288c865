package flowtest

import (
	"context"
	"time"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/state"
)

// ask is a question to the store, which fails like any other operation where those count too.
func ask[T any](f *Faults, what string, question func() (T, error)) (answer T, err error) {
	if !f.Reads {
		return question()
	}
	err = f.do(what, func() (err error) { answer, err = question(); return err })
	return answer, err
}

// OpenLucca is Lucca for a run that opens it by itself.
func (w *World) OpenLucca() (*Lucca, error) {
	return ask(w.Faults, "open Lucca", func() (*Lucca, error) { return w.Lucca(), nil })
}

// Run is a run.
func (s *Store) Run(ctx context.Context, id string) (state.Record, error) {
	return ask(s.faults, "look up run", func() (state.Record, error) { return s.history.Run(ctx, id) })
}

// Runs are runs.
func (s *Store) Runs(ctx context.Context, f state.Filter) ([]state.Record, error) {
	return ask(s.faults, "look up runs", func() ([]state.Record, error) { return s.history.Runs(ctx, f) })
}

// Cautious is about the state.
func (s *Store) Cautious(ctx context.Context, flow string) (bool, error) {
	return ask(s.faults, "look up restore", func() (bool, error) { return s.kept.Cautious(ctx, flow) })
}

// BeforeRestore is about the state.
func (s *Store) BeforeRestore(ctx context.Context, run string) (bool, error) {
	return ask(s.faults, "look up restore of run", func() (bool, error) { return s.kept.BeforeRestore(ctx, run) })
}

// UnfinishedDeliveries are deliveries.
func (s *Store) UnfinishedDeliveries(ctx context.Context, flow string) ([]delivery.Record, error) {
	return ask(s.faults, "look up unfinished deliveries", func() ([]delivery.Record, error) { return s.sent.UnfinishedDeliveries(ctx, flow) })
}

// LastDelivery is a delivery.
func (s *Store) LastDelivery(ctx context.Context, flow string) (delivery.Record, error) {
	return ask(s.faults, "look up last delivery", func() (delivery.Record, error) { return s.sent.LastDelivery(ctx, flow) })
}

// DeliveriesOf are deliveries.
func (s *Store) DeliveriesOf(ctx context.Context, run string) ([]delivery.Record, error) {
	return ask(s.faults, "look up deliveries of run", func() ([]delivery.Record, error) { return s.sent.DeliveriesOf(ctx, run) })
}

// DeliveredAs is a delivery.
func (s *Store) DeliveredAs(ctx context.Context, flow, name string) (delivery.Record, error) {
	return ask(s.faults, "look up delivery by name", func() (delivery.Record, error) { return s.sent.DeliveredAs(ctx, flow, name) })
}

// Snapshot is what a file was made of.
func (s *Store) Snapshot(ctx context.Context, run string) ([]byte, error) {
	return ask(s.faults, "look up snapshot", func() ([]byte, error) { return s.sent.Snapshot(ctx, run) })
}

// Cells are what a file had.
func (s *Store) Cells(ctx context.Context, run string) ([]byte, error) {
	return ask(s.faults, "look up cells", func() ([]byte, error) { return s.sent.Cells(ctx, run) })
}

// SaveCells keeps what a file had.
func (s *Store) SaveCells(ctx context.Context, run string, data []byte) error {
	_, err := ask(s.faults, "save cells", func() (any, error) { return nil, s.sent.SaveCells(ctx, run, data) })
	return err
}

// Plan is a plan.
func (s *Store) Plan(ctx context.Context, run string) (state.PlanRecord, error) {
	return ask(s.faults, "look up plan", func() (state.PlanRecord, error) { return s.plans.Plan(ctx, run) })
}

// Interrupted are runs.
func (s *Store) Interrupted(ctx context.Context, flow string) ([]state.Record, error) {
	return ask(s.faults, "look up interrupted runs", func() ([]state.Record, error) { return s.plans.Interrupted(ctx, flow) })
}

// LastApplied is a run.
func (s *Store) LastApplied(ctx context.Context, flow string) (state.Record, error) {
	return ask(s.faults, "look up last applied run", func() (state.Record, error) { return s.plans.LastApplied(ctx, flow) })
}

// Rows are what became of rows.
func (s *Store) Rows(ctx context.Context, run string) ([]apply.Outcome, error) {
	return ask(s.faults, "look up rows", func() ([]apply.Outcome, error) { return s.plans.Rows(ctx, run) })
}

// Brought are employees of a source.
func (s *Store) Brought(ctx context.Context, source string) (map[int]bool, error) {
	return ask(s.faults, "look up whom the source brought", func() (map[int]bool, error) { return s.plans.Brought(ctx, source) })
}

// Bring keeps employees of a source.
func (s *Store) Bring(ctx context.Context, source string, employees []int) error {
	_, err := ask(s.faults, "keep whom the source brought", func() (any, error) { return nil, s.plans.Bring(ctx, source, employees) })
	return err
}

// LastFile are the employees of a file.
func (s *Store) LastFile(ctx context.Context, flow string) (map[int]bool, error) {
	return ask(s.faults, "look up last file", func() (map[int]bool, error) { return s.plans.LastFile(ctx, flow) })
}

// KeepLastFile keeps the employees of a file.
func (s *Store) KeepLastFile(ctx context.Context, flow string, employees []int) error {
	_, err := ask(s.faults, "keep last file", func() (any, error) { return nil, s.plans.KeepLastFile(ctx, flow, employees) })
	return err
}

// PickupOf is the file of a run.
func (s *Store) PickupOf(ctx context.Context, run string) (pickup.Record, error) {
	return ask(s.faults, "look up file of run", func() (pickup.Record, error) { return s.taken.PickupOf(ctx, run) })
}

// LastPickup is a file.
func (s *Store) LastPickup(ctx context.Context, flow string, until time.Time) (pickup.Record, error) {
	return ask(s.faults, "look up last file taken", func() (pickup.Record, error) { return s.taken.LastPickup(ctx, flow, until) })
}

// Unfinished are files.
func (p pickups) Unfinished(ctx context.Context, flow string) ([]pickup.Record, error) {
	return ask(p.faults, "look up unfinished files", func() ([]pickup.Record, error) { return p.Journal.Unfinished(ctx, flow) })
}

// Hires are hires.
func (s *Store) Hires(ctx context.Context, f state.HireFilter) ([]state.Hire, error) {
	return ask(s.faults, "look up hires", func() ([]state.Hire, error) { return s.hired.Hires(ctx, f) })
}

// HiresAfter are hires.
func (s *Store) HiresAfter(ctx context.Context, flow string, after state.Hire, most int) ([]state.Hire, error) {
	return ask(s.faults, "look up hires that wait", func() ([]state.Hire, error) { return s.hired.HiresAfter(ctx, flow, after, most) })
}

// Hire is a hire.
func (s *Store) Hire(ctx context.Context, part string) (state.Hire, error) {
	return ask(s.faults, "look up hire", func() (state.Hire, error) { return s.hired.Hire(ctx, part) })
}

// DecideHire keeps a decision.
func (s *Store) DecideHire(ctx context.Context, seen, decided state.Hire, act audit.Entry) error {
	_, err := ask(s.faults, "decide on hire", func() (any, error) { return nil, s.hired.DecideHire(ctx, seen, decided, act) })
	return err
}

// Outcomes are what became of rows.
func (j rows) Outcomes(ctx context.Context, run string) ([]apply.Outcome, error) {
	return ask(j.faults, "look up outcomes", func() ([]apply.Outcome, error) { return j.Journal.Outcomes(ctx, run) })
}
