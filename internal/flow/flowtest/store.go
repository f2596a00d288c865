package flowtest

import (
	"context"
	"iter"
	"time"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/state"
)

// State is what is kept, with faults: what it is told is lost, or its answer is. A flow's store is
// made of those of its owners that the flow needs; they stay the same when the world is restarted.
type State struct {
	// Whole is without faults.
	Whole      *state.Store
	Runs       Runs
	History    History
	Plans      Plans
	Deliveries Deliveries
	Pickups    Pickups
	Hires      Hires
	Upkeep     Upkeep
}

func newState(s *state.Store, f *Faults) State {
	return State{
		s, Runs{s.Runs(), f}, History{s.History(), f}, Plans{s.Plans(), f}, Deliveries{s.Deliveries(), f},
		Pickups{s.Pickups(), f}, Hires{s.HireBook(), f}, Upkeep{s.Upkeep(), f},
	}
}

// Inbox is what an inbox needs of it.
func (s *State) Inbox() inbox.Store {
	return struct {
		flow.History
		inbox.Plans
		inbox.Pickups
	}{&s.History, &s.Plans, &s.Pickups}
}

// ask is a question to the store, which fails like any other operation where those count too.
func ask[T any](f *Faults, what string, question func() (T, error)) (answer T, err error) {
	if !f.Reads {
		return question()
	}
	err = f.do(what, func() (err error) { answer, err = question(); return err })
	return answer, err
}

// note tells the store something of which the runs so far need not know; it fails like a question.
func note(f *Faults, what string, tell func() error) error {
	_, err := ask(f, what, func() (any, error) { return nil, tell() })
	return err
}

// Runs are begun and ended.
type Runs struct {
	state.Runs
	faults *Faults
}

// Finish ends a run.
func (r *Runs) Finish(ctx context.Context, record state.Record) error {
	return r.faults.do("finish run", func() error { return r.Runs.Finish(ctx, record) })
}

// History looks runs up.
type History struct {
	state.History
	faults *Faults
}

// Run is a run.
func (h *History) Run(ctx context.Context, id string) (state.Record, error) {
	return ask(h.faults, "look up run", func() (state.Record, error) { return h.History.Run(ctx, id) })
}

// Runs are runs.
func (h *History) Runs(ctx context.Context, f state.Filter) ([]state.Record, error) {
	return ask(h.faults, "look up runs", func() ([]state.Record, error) { return h.History.Runs(ctx, f) })
}

// Upkeep knows of the state itself.
type Upkeep struct {
	state.Upkeep
	faults *Faults
}

// Cautious is about the state.
func (u *Upkeep) Cautious(ctx context.Context, flow string) (bool, error) {
	return ask(u.faults, "look up restore", func() (bool, error) { return u.Upkeep.Cautious(ctx, flow) })
}

// BeforeRestore is about the state.
func (u *Upkeep) BeforeRestore(ctx context.Context, run string) (bool, error) {
	return ask(u.faults, "look up restore of run", func() (bool, error) { return u.Upkeep.BeforeRestore(ctx, run) })
}

// Deliveries keeps what was sent.
type Deliveries struct {
	state.Deliveries
	faults *Faults
}

// DeliveryJournal is the store's.
func (d *Deliveries) DeliveryJournal() delivery.Journal {
	return deliveries{d.Deliveries.DeliveryJournal(), d.faults}
}

type deliveries struct {
	delivery.Journal
	faults *Faults
}

func (d deliveries) Save(ctx context.Context, r delivery.Record) error {
	return d.faults.do("delivery is "+string(r.Step), func() error { return d.Journal.Save(ctx, r) })
}

// SaveSnapshot keeps what a file was made of.
func (d *Deliveries) SaveSnapshot(ctx context.Context, run string, data []byte, people iter.Seq[state.Known]) error {
	return d.faults.do("save snapshot", func() error { return d.Deliveries.SaveSnapshot(ctx, run, data, people) })
}

// UnfinishedDeliveries are deliveries.
func (d *Deliveries) UnfinishedDeliveries(ctx context.Context, flow string) ([]delivery.Record, error) {
	return ask(d.faults, "look up unfinished deliveries", func() ([]delivery.Record, error) { return d.Deliveries.UnfinishedDeliveries(ctx, flow) })
}

// LastDelivery is a delivery.
func (d *Deliveries) LastDelivery(ctx context.Context, flow string) (delivery.Record, error) {
	return ask(d.faults, "look up last delivery", func() (delivery.Record, error) { return d.Deliveries.LastDelivery(ctx, flow) })
}

// DeliveriesOf are deliveries.
func (d *Deliveries) DeliveriesOf(ctx context.Context, run string) ([]delivery.Record, error) {
	return ask(d.faults, "look up deliveries of run", func() ([]delivery.Record, error) { return d.Deliveries.DeliveriesOf(ctx, run) })
}

// DeliveredAs is a delivery.
func (d *Deliveries) DeliveredAs(ctx context.Context, flow, name string) (delivery.Record, error) {
	return ask(d.faults, "look up delivery by name", func() (delivery.Record, error) { return d.Deliveries.DeliveredAs(ctx, flow, name) })
}

// Snapshot is what a file was made of.
func (d *Deliveries) Snapshot(ctx context.Context, run string) ([]byte, error) {
	return ask(d.faults, "look up snapshot", func() ([]byte, error) { return d.Deliveries.Snapshot(ctx, run) })
}

// Cells are what a file had.
func (d *Deliveries) Cells(ctx context.Context, run string) ([]byte, error) {
	return ask(d.faults, "look up cells", func() ([]byte, error) { return d.Deliveries.Cells(ctx, run) })
}

// SaveCells keeps what a file had.
func (d *Deliveries) SaveCells(ctx context.Context, run string, data []byte) error {
	return note(d.faults, "save cells", func() error { return d.Deliveries.SaveCells(ctx, run, data) })
}

// Plans keeps plans and what became of their rows.
type Plans struct {
	state.Plans
	faults *Faults
}

// SavePlan keeps a plan.
func (p *Plans) SavePlan(ctx context.Context, r state.PlanRecord) error {
	return p.faults.do("save plan", func() error { return p.Plans.SavePlan(ctx, r) })
}

// SetPlanState says how far a plan has come.
func (p *Plans) SetPlanState(ctx context.Context, run string, to state.PlanState) error {
	return p.faults.do("plan is "+string(to), func() error { return p.Plans.SetPlanState(ctx, run, to) })
}

// Plan is a plan.
func (p *Plans) Plan(ctx context.Context, run string) (state.PlanRecord, error) {
	return ask(p.faults, "look up plan", func() (state.PlanRecord, error) { return p.Plans.Plan(ctx, run) })
}

// Interrupted are runs.
func (p *Plans) Interrupted(ctx context.Context, flow string) ([]state.Record, error) {
	return ask(p.faults, "look up interrupted runs", func() ([]state.Record, error) { return p.Plans.Interrupted(ctx, flow) })
}

// LastApplied is a run.
func (p *Plans) LastApplied(ctx context.Context, flow string) (state.Record, error) {
	return ask(p.faults, "look up last applied run", func() (state.Record, error) { return p.Plans.LastApplied(ctx, flow) })
}

// Rows are what became of rows.
func (p *Plans) Rows(ctx context.Context, run string) ([]apply.Outcome, error) {
	return ask(p.faults, "look up rows", func() ([]apply.Outcome, error) { return p.Plans.Rows(ctx, run) })
}

// Brought are employees of a source.
func (p *Plans) Brought(ctx context.Context, source string) (map[int]bool, error) {
	return ask(p.faults, "look up whom the source brought", func() (map[int]bool, error) { return p.Plans.Brought(ctx, source) })
}

// Bring keeps employees of a source.
func (p *Plans) Bring(ctx context.Context, source string, employees []int) error {
	return note(p.faults, "keep whom the source brought", func() error { return p.Plans.Bring(ctx, source, employees) })
}

// LastFile are the employees of a file.
func (p *Plans) LastFile(ctx context.Context, flow string) (map[int]bool, error) {
	return ask(p.faults, "look up last file", func() (map[int]bool, error) { return p.Plans.LastFile(ctx, flow) })
}

// KeepLastFile keeps the employees of a file.
func (p *Plans) KeepLastFile(ctx context.Context, flow string, employees []int) error {
	return note(p.faults, "keep last file", func() error { return p.Plans.KeepLastFile(ctx, flow, employees) })
}

// RowJournal is the store's.
func (p *Plans) RowJournal() apply.Journal { return rows{p.Plans.RowJournal(), p.faults} }

type rows struct {
	apply.Journal
	faults *Faults
}

func (j rows) Save(ctx context.Context, o apply.Outcome) error {
	return j.faults.do("row is "+string(o.Step), func() error { return j.Journal.Save(ctx, o) })
}

func (j rows) Outcomes(ctx context.Context, run string) ([]apply.Outcome, error) {
	return ask(j.faults, "look up outcomes", func() ([]apply.Outcome, error) { return j.Journal.Outcomes(ctx, run) })
}

// Pickups keeps the files that were taken.
type Pickups struct {
	state.Pickups
	faults *Faults
}

// PickupJournal is the store's.
func (p *Pickups) PickupJournal() pickup.Journal { return pickups{p.Pickups.PickupJournal(), p.faults} }

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

func (p pickups) Unfinished(ctx context.Context, flow string) ([]pickup.Record, error) {
	return ask(p.faults, "look up unfinished files", func() ([]pickup.Record, error) { return p.Journal.Unfinished(ctx, flow) })
}

func (p pickups) Settled(ctx context.Context, flow, from, name string, size int64, modTime time.Time) (sha256 string, yes bool, err error) {
	sha256, err = ask(p.faults, "look up whether it was settled", func() (sum string, err error) {
		sum, yes, err = p.Journal.Settled(ctx, flow, from, name, size, modTime)
		return sum, err
	})
	return sha256, yes, err
}

func (p pickups) Seen(ctx context.Context, flow, sha256 string) (run string, ok bool, err error) {
	run, err = ask(p.faults, "look up the content", func() (run string, err error) {
		run, ok, err = p.Journal.Seen(ctx, flow, sha256)
		return run, err
	})
	return run, ok, err
}

// PickupOf is the file of a run.
func (p *Pickups) PickupOf(ctx context.Context, run string) (pickup.Record, error) {
	return ask(p.faults, "look up file of run", func() (pickup.Record, error) { return p.Pickups.PickupOf(ctx, run) })
}

// LastPickup is a file.
func (p *Pickups) LastPickup(ctx context.Context, flow string, until time.Time) (pickup.Record, error) {
	return ask(p.faults, "look up last file taken", func() (pickup.Record, error) { return p.Pickups.LastPickup(ctx, flow, until) })
}

// Hires keeps hires until somebody is hired.
type Hires struct {
	state.HireBook
	faults *Faults
}

// AddHires keeps hires.
func (h *Hires) AddHires(ctx context.Context, hires []state.Hire) (stored []state.StoredHire, err error) {
	err = h.faults.do("add hires", func() (err error) { stored, err = h.HireBook.AddHires(ctx, hires); return err })
	return stored, err
}

// SaveHires says what became of hires.
func (h *Hires) SaveHires(ctx context.Context, hires ...state.Hire) error {
	return h.faults.do("save hires", func() error { return h.HireBook.SaveHires(ctx, hires...) })
}

// Hires are hires.
func (h *Hires) Hires(ctx context.Context, f state.HireFilter) ([]state.Hire, error) {
	return ask(h.faults, "look up hires", func() ([]state.Hire, error) { return h.HireBook.Hires(ctx, f) })
}

// HiresAfter are hires.
func (h *Hires) HiresAfter(ctx context.Context, flow string, after state.Hire, most int) ([]state.Hire, error) {
	return ask(h.faults, "look up hires that wait", func() ([]state.Hire, error) { return h.HireBook.HiresAfter(ctx, flow, after, most) })
}

// Hire is a hire.
func (h *Hires) Hire(ctx context.Context, part string) (state.Hire, error) {
	return ask(h.faults, "look up hire", func() (state.Hire, error) { return h.HireBook.Hire(ctx, part) })
}

// DecideHire keeps a decision.
func (h *Hires) DecideHire(ctx context.Context, seen, decided state.Hire, act audit.Entry) error {
	return note(h.faults, "decide on hire", func() error { return h.HireBook.DecideHire(ctx, seen, decided, act) })
}
