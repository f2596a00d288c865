// Package inspect answers what people ask of an instance: whether it ran, who changed, and
// what there is to do. Commands, pages and the API show the same answers, which are plain
// values; those with JSON tags are public documents.
//
// It prints nothing and opens nothing: what it needs to read is handed in.
package inspect

import (
	"context"
	"iter"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/tabular"
)

// Store is what is read of the state. Its errors are those of package state.
type Store interface {
	History
	Plans
	Deliveries
	Pickups
	HireBook
	People
	Daemons(ctx context.Context) (int, error)
}

// History has the runs.
type History interface {
	Run(ctx context.Context, id string) (state.Record, error)
	Approving(ctx context.Context, id string) (bool, error)
	FindRun(ctx context.Context, part string) (state.Record, error)
	Runs(ctx context.Context, f state.Filter) ([]state.Record, error)
	Ends(ctx context.Context) (map[string]map[run.Outcome]state.End, error)
}

// Plans has the plans, and what became of their rows.
type Plans interface {
	Plan(ctx context.Context, run string) (state.PlanRecord, error)
	PlanHead(ctx context.Context, run string) (state.PlanRecord, error)
	LastPlan(ctx context.Context, flow string) (state.PlanRecord, error)
	LastApplied(ctx context.Context, flow string) (state.Record, error)
	RowOf(ctx context.Context, run string, item int) (apply.Outcome, error)
	Rows(ctx context.Context, run string) ([]apply.Outcome, error)
}

// Deliveries has what was sent, and what was in it.
type Deliveries interface {
	Snapshot(ctx context.Context, run string) ([]byte, error)
	Cells(ctx context.Context, run string) ([]byte, error)
	LastSnapshotRun(ctx context.Context, flow string) (string, error)
	LastDelivery(ctx context.Context, flow string) (delivery.Record, error)
	DeliveriesOf(ctx context.Context, run string) ([]delivery.Record, error)
}

// Pickups has the files that were taken.
type Pickups interface {
	Unfinished(ctx context.Context, flow string) ([]pickup.Record, error)
	PickupOf(ctx context.Context, run string) (pickup.Record, error)
}

// HireBook has the hires.
type HireBook interface {
	Hires(ctx context.Context, f state.HireFilter) ([]state.Hire, error)
	Hire(ctx context.Context, part string) (state.Hire, error)
}

// queue counts the daemons.
type queue interface {
	Daemons(ctx context.Context) (int, error)
}

// StoreOf is the part of the state that is looked at; nil for none.
func StoreOf(s *state.Store) Store {
	if s == nil {
		return nil
	}
	return struct {
		History
		Plans
		Deliveries
		Pickups
		HireBook
		People
		queue
	}{s.History(), s.Plans(), s.Deliveries(), s.Pickups(), s.HireBook(), s.People(), s.Jobs()}
}

// Plan is what was kept of a plan: whom each item is about stands beside it, and for which hire
// it is, by the row.
type Plan struct {
	*plan.Plan
	People []explain.Person
	Hires  map[int]string
}

// Inspector shows one instance. All of its fields are set; without Store only Config is used.
type Inspector struct {
	Config *config.Config
	// Store is nil where there is no state yet: before the first run.
	Store Store
	// Queue is how the queue stands, by flow. It is not asked where there is no state.
	Queue func(ctx context.Context) (map[string]Queue, error)
	// Plan decodes a plan that was kept, with the people if they are asked for.
	Plan func(r state.PlanRecord, withPeople bool) (Plan, error)
	// Acts are what people did with a run, in their order.
	Acts func(ctx context.Context, run string) ([]audit.Line, error)
	// File is the plain file of an export, as far as it is there to be read back.
	File func(r state.Record, d tabular.Dialect) explain.File
	// Rows reads the plain file of an export from its header on; nil where it is not there.
	Rows func(r state.Record, d tabular.Dialect) iter.Seq2[[]string, error]
	// Event decodes what was kept of a hire. It is an error once it was purged.
	Event func(h state.Hire) (hire.Event, error)
}
