package state

import (
	"context"
	"database/sql"
)

// LastPlan returns the newest plan of a flow, or ErrNotFound.
func (l Plans) LastPlan(ctx context.Context, flow string) (PlanRecord, error) {
	var run string
	err := l.read(ctx, "find last plan", func(ctx context.Context, tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `SELECT plans.run FROM plans JOIN runs ON runs.id = plans.run
			WHERE plans.flow = $1 ORDER BY runs.sequence DESC LIMIT 1`, flow).Scan(&run)
		return orNotFound(err, "plan of flow", flow)
	})
	if err != nil {
		return PlanRecord{}, err
	}
	return l.Plan(ctx, run)
}
