package flowtest

import (
	"context"
	"iter"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/state"
)

// Store is the store with faults: what it is told is lost, or its answer is. It stands for all
// owners of what is kept at once.
type Store struct {
	State  *state.Store
	faults *Faults
	runs
	history
	plans
	sent
	taken
	hired
	kept
}

// The owners by names that are none of their methods.
type (
	runs    = state.Runs
	history = state.History
	plans   = state.Plans
	sent    = state.Deliveries
	taken   = state.Pickups
	hired   = state.HireBook
	kept    = state.Upkeep
)

func newStore(s *state.Store, f *Faults) *Store {
	return &Store{s, f, s.Runs(), s.History(), s.Plans(), s.Deliveries(), s.Pickups(), s.HireBook(), s.Upkeep()}
}

// Finish ends a run.
func (s *Store) Finish(ctx context.Context, r state.Record) error {
	return s.faults.do("finish run", func() error { return s.runs.Finish(ctx, r) })
}

// SaveSnapshot keeps what a file was made of.
func (s *Store) SaveSnapshot(ctx context.Context, run string, data []byte, people iter.Seq[state.Known]) error {
	return s.faults.do("save snapshot", func() error { return s.sent.SaveSnapshot(ctx, run, data, people) })
}

// SavePlan keeps a plan.
func (s *Store) SavePlan(ctx context.Context, p state.PlanRecord) error {
	return s.faults.do("save plan", func() error { return s.plans.SavePlan(ctx, p) })
}

// SetPlanState says how far a plan has come.
func (s *Store) SetPlanState(ctx context.Context, run string, to state.PlanState) error {
	return s.faults.do("plan is "+string(to), func() error { return s.plans.SetPlanState(ctx, run, to) })
}

// AddHires keeps hires.
func (s *Store) AddHires(ctx context.Context, hires []state.Hire) (stored []state.StoredHire, err error) {
	err = s.faults.do("add hires", func() (err error) { stored, err = s.hired.AddHires(ctx, hires); return err })
	return stored, err
}

// SaveHires says what became of hires.
func (s *Store) SaveHires(ctx context.Context, hires ...state.Hire) error {
	return s.faults.do("save hires", func() error { return s.hired.SaveHires(ctx, hires...) })
}

// DeliveryJournal is the store's.
func (s *Store) DeliveryJournal() delivery.Journal {
	return deliveries{s.sent.DeliveryJournal(), s.faults}
}

type deliveries struct {
	delivery.Journal
	faults *Faults
}

func (d deliveries) Save(ctx context.Context, r delivery.Record) error {
	return d.faults.do("delivery is "+string(r.Step), func() error { return d.Journal.Save(ctx, r) })
}

// PickupJournal is the store's.
func (s *Store) PickupJournal() pickup.Journal { return pickups{s.taken.PickupJournal(), s.faults} }

type pickups struct {
	pickup.Journal
	faults *Faults
}

func (p pickups) Claim(ctx context.Context, r pickup.Record) (ok bool, err error) {
	err = p.faults.do("claim file", func() (err error) { ok, err = p.Journal.Claim(ctx, r); return err })
	return ok, err
}

func (p pickups) Save(ctx context.Context, r pickup.Record) error {
	return p.faults.do("pickup is "+string(r.Step), func() error { return p.Journal.Save(ctx, r) })
}

// RowJournal is the store's.
func (s *Store) RowJournal() apply.Journal { return rows{s.plans.RowJournal(), s.faults} }

type rows struct {
	apply.Journal
	faults *Faults
}

func (j rows) Save(ctx context.Context, o apply.Outcome) error {
	return j.faults.do("row is "+string(o.Step), func() error { return j.Journal.Save(ctx, o) })
}
