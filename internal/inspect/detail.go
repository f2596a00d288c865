package inspect

import (
	"context"
	"errors"
	"slices"
	"time"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Detail is one run with all that is kept of it.
type Detail struct {
	state.Record
	Outcomes []RowOutcome `json:"row_outcomes,omitempty"`
	// Steps are what happened in the order of time.
	Steps []Step `json:"steps"`
	// Causes are the findings, those that are only counted included, those of one cause
	// together.
	Causes []Cause `json:"causes,omitempty"`
	// Receipts are the files that arrived somewhere.
	Receipts []Receipt `json:"receipts,omitempty"`
	// Plan is set where one is kept: see Inspector.PlanOf for what is in it.
	Plan *KeptPlan `json:"plan,omitempty"`
	// Overtaken is set for a held run that can no longer be approved.
	Overtaken *Overtaken `json:"overtaken,omitempty"`
	// Acts are what people did with the run.
	Acts []audit.Line `json:"acts,omitempty"`
	// Page is the address of the console's page about it; empty where there is none.
	Page string `json:"page,omitempty"`
}

// Step is one thing that happened in a run.
type Step struct {
	Code StepCode  `json:"code"`
	At   time.Time `json:"at"`
	// Name is the file that it happened to, or the account of who did it; empty for neither.
	Name string `json:"name,omitempty"`
	// Count is how many rows it was about, if any.
	Count int `json:"count,omitempty"`
}

// StepCode names a step.
type StepCode string

// The steps. An act of a person has the name that the audit has for it.
const (
	StepStarted   StepCode = "started"
	StepTaken     StepCode = "taken"
	StepPutAway   StepCode = "put_away"
	StepApplying  StepCode = "applying"
	StepApplied   StepCode = "applied"
	StepDelivered StepCode = "delivered"
	StepEnded     StepCode = "ended"
)

// Receipt is what is known of a file that arrived.
type Receipt struct {
	Remote string `json:"remote"`
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	// Address, Protocol and Key say whom it went to.
	Address  string    `json:"address,omitempty"`
	Protocol string    `json:"protocol,omitempty"`
	Key      string    `json:"key,omitempty"`
	At       time.Time `json:"at"`
}

// KeptPlan says of a plan that is kept what a decision needs.
type KeptPlan struct {
	Hash string `json:"hash"`
	// Expires is the instant from which nobody may approve it; zero for never.
	Expires time.Time `json:"expires_at,omitzero"`
	// State is how far it was applied; empty before.
	State state.PlanState `json:"state,omitempty"`
}

// Detail shows the run with this id, or a unique beginning or end of it.
func (i Inspector) Detail(ctx context.Context, id string) (Detail, error) {
	r, err := i.Run(ctx, id)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Record: r, Page: i.Page(r.Run), Causes: Causes(r.Findings, r.Omitted)}
	kept, err := i.Store.PlanHead(ctx, r.ID)
	switch {
	case err == nil:
		d.Plan = &KeptPlan{Hash: kept.Hash, Expires: kept.Expires, State: kept.State}
	case !errors.Is(err, state.ErrNotFound):
		return Detail{}, err
	}
	if d.Outcomes, err = i.RowOutcomes(ctx, r.ID); err != nil {
		return Detail{}, err
	}
	if d.Overtaken, err = i.overtakenBy(ctx, r); err != nil {
		return Detail{}, err
	}
	if d.Acts, err = i.Acts(ctx, r.ID); err != nil {
		return Detail{}, err
	}
	deliveries, err := i.Store.DeliveriesOf(ctx, r.ID)
	if err != nil {
		return Detail{}, err
	}
	for _, f := range deliveries {
		if f.Step == delivery.StepDelivered {
			d.Receipts = append(d.Receipts, receipt(f))
		}
	}
	taken, err := i.Store.PickupOf(ctx, r.ID)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return Detail{}, err
	}
	d.Steps = d.steps(taken)
	return d, nil
}

func receipt(f delivery.Record) Receipt {
	return Receipt{
		Remote: f.Remote, Name: f.Name, Bytes: f.Bytes, SHA256: f.SHA256,
		Address: f.Peer.Address, Protocol: f.Peer.Protocol, Key: f.Peer.Key, At: f.At,
	}
}

// steps puts what is known of the run in the order of time. taken is its file, if it took one.
func (d *Detail) steps(taken pickup.Record) []Step {
	steps := []Step{{Code: StepStarted, At: d.StartedAt}}
	if taken.Name != "" {
		code := StepTaken
		if taken.Step == pickup.StepSettled {
			code = StepPutAway // only the last that was done with it is known
		}
		steps = append(steps, Step{Code: code, At: taken.At, Name: taken.Name})
	}
	if n := len(d.Outcomes); n > 0 {
		earlier := func(a, b RowOutcome) int { return a.At.Compare(b.At) }
		first, last := slices.MinFunc(d.Outcomes, earlier), slices.MaxFunc(d.Outcomes, earlier)
		steps = append(steps, Step{Code: StepApplying, At: first.At}, Step{Code: StepApplied, At: last.At, Count: n})
	}
	for _, r := range d.Receipts {
		steps = append(steps, Step{Code: StepDelivered, At: r.At, Name: r.Name})
	}
	for _, a := range d.Acts {
		steps = append(steps, Step{Code: StepCode(a.Act), At: a.At, Name: a.Who})
	}
	if !d.FinishedAt.IsZero() {
		steps = append(steps, Step{Code: StepEnded, At: d.FinishedAt})
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return a.At.Compare(b.At) })
	return steps
}

// overtakenBy is set for a held run that can no longer be approved.
func (i Inspector) overtakenBy(ctx context.Context, r state.Record) (*Overtaken, error) {
	f, ok := i.Config.Flows[r.Flow]
	if r.Outcome != run.Held || !ok {
		return nil, nil
	}
	_, list, err := i.held(ctx, r.Flow, f)
	if err != nil {
		return nil, err
	}
	if n := slices.IndexFunc(list, func(o Overtaken) bool { return o.Run == r.ID }); n >= 0 {
		return &list[n], nil
	}
	return nil, nil
}

// RowOutcome is what became of one row of a file that was applied.
type RowOutcome struct {
	Row        int    `json:"row,omitempty"`
	Action     string `json:"action"`
	EmployeeID int    `json:"employee_id,omitempty"`
	// Set is what the row sets from what to what, by code, as long as the plan is kept.
	Set map[string]plan.DocumentChange `json:"set,omitempty"`
	// Step is applied, refused or skipped; sending, partial and doubtful are not settled yet.
	Step    string    `json:"step"`
	Code    string    `json:"code,omitempty"`
	Message string    `json:"message,omitempty"`
	At      time.Time `json:"at"`
}

// RowOutcomes lists what a run did row by row, in the order of its plan.
func (i Inspector) RowOutcomes(ctx context.Context, run string) ([]RowOutcome, error) {
	rows, err := i.Store.Rows(ctx, run)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	sets, err := i.sets(ctx, run)
	if err != nil {
		return nil, err
	}
	outcomes := make([]RowOutcome, len(rows))
	for n, r := range rows {
		outcomes[n] = outcome(r)
		outcomes[n].Set = sets(r.Item)
	}
	return outcomes, nil
}

func outcome(r apply.Outcome) RowOutcome {
	return RowOutcome{
		Row: r.Row, Action: string(r.Action), EmployeeID: r.EmployeeID, Step: string(r.Step), Code: r.Code, Message: r.Message, At: r.At,
	}
}

// planOf opens the plan of a run, if it is kept, as the state has it.
func planOf(ctx context.Context, i Inspector, run string, withPeople bool) (p Plan, kept bool, err error) {
	record, err := i.Store.Plan(ctx, run)
	if errors.Is(err, state.ErrNotFound) {
		return Plan{}, false, nil
	}
	if err == nil {
		p, err = i.Plan(record, withPeople)
	}
	return p, err == nil, err
}

// sets returns what each item of the plan of a run sets; nothing where the plan was purged.
func (i Inspector) sets(ctx context.Context, run string) (func(item int) map[string]plan.DocumentChange, error) {
	p, kept, err := planOf(ctx, i, run, false)
	if err != nil {
		return nil, err
	}
	return func(item int) map[string]plan.DocumentChange {
		if !kept || item >= len(p.Items) || p.Items[item].Set.IsZero() {
			return nil
		}
		set := make(map[string]plan.DocumentChange, p.Items[item].Set.Len())
		for code, c := range p.Items[item].Set.All() {
			set[code] = plan.DocumentChange{From: c.From, To: c.To}
		}
		return set
	}, nil
}
