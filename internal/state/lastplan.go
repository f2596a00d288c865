package state

import "context"

// LastPlan returns the newest plan of a flow, or ErrNotFound.
func (l Plans) LastPlan(ctx context.Context, flow string) (PlanRecord, error) {
	run, err := one(ctx, l.handle, "find last plan", named{"plan of flow", flow}, value[string], `SELECT plans.run FROM plans JOIN runs ON runs.id = plans.run
		WHERE plans.flow = $1 ORDER BY runs.sequence DESC LIMIT 1`, flow)
	if err != nil {
		return PlanRecord{}, err
	}
	return l.Plan(ctx, run)
}
