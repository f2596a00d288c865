package inspect

import (
	"context"
	"errors"
	"time"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// PlanView is the plan of a run as a person decides on it, or as it was applied.
type PlanView struct {
	Run     string      `json:"run"`
	Outcome run.Outcome `json:"outcome,omitempty"`
	// Plan is the document that `plan --json` prints. Its hash is what is approved.
	Plan plan.Document `json:"plan"`
	// People are whom the items are about.
	People []explain.Person `json:"people,omitempty"`
	// Expires is the instant from which nobody may approve it; zero for never.
	Expires time.Time `json:"expires_at,omitzero"`
	// State is how far it was applied; empty before.
	State state.PlanState `json:"state,omitempty"`
	// Overtaken is set when nobody can approve it any more.
	Overtaken *Overtaken `json:"overtaken,omitempty"`
	// Outcomes are what became of the rows of one that was applied.
	Outcomes []RowOutcome `json:"row_outcomes,omitempty"`
}

// PlanOf shows the plan of the run with this id, or a unique beginning or end of it. The error
// wraps run.ErrUsage where the run has none, or none any more.
func (i Inspector) PlanOf(ctx context.Context, id string) (PlanView, error) {
	r, err := i.Run(ctx, id)
	if err != nil {
		return PlanView{}, err
	}
	kept, err := i.Store.Plan(ctx, r.ID)
	if errors.Is(err, state.ErrNotFound) {
		return PlanView{}, noPlan(r)
	}
	if err != nil {
		return PlanView{}, err
	}
	p, err := i.Plan(kept, true)
	if err != nil {
		return PlanView{}, err
	}
	v := PlanView{
		Run: r.ID, Outcome: r.Outcome, Plan: document(r, p.Plan),
		People: p.People, Expires: kept.Expires, State: kept.State,
	}
	// What is approved is what was kept.
	v.Plan.Hash = kept.Hash
	if v.Overtaken, err = i.overtakenBy(ctx, r); err != nil {
		return PlanView{}, err
	}
	v.Outcomes, err = i.RowOutcomes(ctx, r.ID)
	return v, err
}

func noPlan(r state.Record) error {
	return fault.Of(run.ErrUsage, "run %s has no plan: an export has none, nor has a run that ended before it, and retention.files takes it in time", r.ID)
}

// document is a plan in its public form, with what its run has to say of it.
func document(r state.Record, p *plan.Plan) plan.Document {
	file := ""
	if r.File != nil {
		file = r.File.Name
	}
	d := p.Document(r.Flow, file, r.Limits)
	if len(r.Findings) > 0 {
		d.Findings, d.Omitted = r.Findings, r.Omitted
	}
	return d
}
