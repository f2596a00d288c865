package app

import (
	"context"
	"fmt"

	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// runJob performs a run of the queue, or goes on with one whose process died. An error with
// which the run has no outcome says that it did not end.
func (a *App) runJob(ctx context.Context, q *state.Queue, job state.Job) (Result, error) {
	record := job.Record
	f, err := a.config.Flow(record.Flow)
	if err != nil {
		// The queue and this instance take up a new configuration one after the other.
		return Result{}, fmt.Errorf("%w: %w", err, state.ErrUnknownFlow)
	}
	if job.Resumed {
		a.logger.WarnContext(ctx, "run.resumed", "flow", record.Flow, "run", record.ID, "attempt", record.Attempt)
		record.Findings, record.Omitted = nil, nil
	}
	w := a.wire(record.Flow, f)
	r, err := w.life().Perform(ctx, &record, job.Resumed, q, w.work(attempt{queued: true, resumed: job.Resumed, record: record}))
	if err != nil && r.Outcome == "" {
		return Result{}, err
	}
	return shown(record, r), err
}

// giveUp ends a run of the queue that will not be continued.
func (a *App) giveUp(ctx context.Context, q *state.Queue, job state.Job) (state.Record, error) {
	record := job.Record
	f, known := a.config.Flows[record.Flow]
	record.Outcome, record.Reason = run.Failed, fmt.Sprintf("%s the process ended in each of %d attempts", flow.GivenUp, job.Starts)
	if !known {
		record.Reason = flow.GivenUp + " no configuration has had the flow for an hour"
	}
	if f.From != "" {
		record.Findings = append(record.Findings, a.wire(record.Flow, f).inbox().GiveUp(ctx, record)) // while the flow is this process's
	}
	return record, q.Insist(ctx, record, a.wire(record.Flow, f).life().Finish(ctx, &record))
}
