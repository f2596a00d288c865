package apply

import (
	"slices"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
)

// result sums up.
func (a *applier) result() Result {
	planned := a.Plan.Changes()
	r := Result{Applied: plan.Changes{Unchanged: planned.Unchanged, Reject: planned.Reject}}
	for _, j := range a.jobs {
		if j.Step == "" {
			continue
		}
		r.Outcomes = append(r.Outcomes, j.Outcome)
		switch j.Step {
		case Applied:
			r.count(j.Action)
		case Partial:
			r.count(j.Action)
			j.Code, j.Message = CodeUnconfirmed, unconfirmed
		default:
			r.Applied.Reject++
		}
		if j.Step == Sending {
			j.Code, j.Message = CodeUnconfirmed, unconfirmed
		}
		if j.Code != "" {
			r.Findings = append(r.Findings, a.Plan.Locate(j.finding()))
		}
	}
	slices.SortFunc(r.Outcomes, func(x, y Outcome) int { return x.Item - y.Item })
	slices.SortStableFunc(r.Findings, func(x, y finding.Finding) int { return x.Row - y.Row })
	return r
}

// count adds one change that was made.
func (r *Result) count(action plan.Action) {
	switch action {
	case plan.Create:
		r.Applied.Create++
	case plan.Update:
		r.Applied.Update++
	case plan.End:
		r.Applied.End++
	case plan.Rehire:
		r.Applied.Rehire++
	case plan.Unchanged, plan.Reject:
	}
}
