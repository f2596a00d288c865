package inspect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Runs lists the newest runs, of one flow or of all, without their findings; a limit of 0 is
// none. It is never nil beside a nil error.
func (i Inspector) Runs(ctx context.Context, flow string, limit int) ([]state.Record, error) {
	runs := []state.Record{}
	if i.Store != nil {
		found, err := i.Store.Runs(ctx, state.Filter{Flow: flow, Limit: limit})
		if err != nil {
			return nil, err
		}
		runs = append(runs, found...)
	}
	if flow != "" && len(runs) == 0 {
		// A flow that was taken out of the configuration has its history still.
		if _, err := i.flow(flow); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// Run finds a run by its id, or a unique beginning or end of it.
func (i Inspector) Run(ctx context.Context, id string) (state.Record, error) {
	if i.Store == nil {
		return state.Record{}, fmt.Errorf("%w: there is no run yet", run.ErrUsage)
	}
	record, err := i.Store.FindRun(ctx, id)
	if errors.Is(err, state.ErrNotFound) || errors.Is(err, state.ErrAmbiguous) {
		return record, fmt.Errorf("%w: %w; lucca-exchange runs lists them", run.ErrUsage, err)
	}
	return record, err
}

// RowOutcome is what became of one row of a file that was applied.
type RowOutcome struct {
	Row        int    `json:"row,omitempty"`
	Action     string `json:"action"`
	EmployeeID int    `json:"employee_id,omitempty"`
	// Step is applied, refused or skipped; sending, partial and doubtful are not settled yet.
	Step    string    `json:"step"`
	Code    string    `json:"code,omitempty"`
	Message string    `json:"message,omitempty"`
	At      time.Time `json:"at"`
}

// RowOutcomes lists what a run did row by row, in the order of its plan.
func (i Inspector) RowOutcomes(ctx context.Context, run string) ([]RowOutcome, error) {
	rows, err := i.Store.Rows(ctx, run)
	if err != nil {
		return nil, err
	}
	outcomes := make([]RowOutcome, len(rows))
	for n, r := range rows {
		outcomes[n] = RowOutcome{
			Row: r.Row, Action: string(r.Action), EmployeeID: r.EmployeeID, Step: string(r.Step), Code: r.Code, Message: r.Message, At: r.At,
		}
	}
	return outcomes, nil
}
