package flow

import (
	"context"
	"fmt"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Kind does the work of one run of a flow. Packages export, imports and hires have one each.
type Kind interface {
	// Run does the whole of it.
	Run(ctx context.Context) (Result, error)
	// Approve does what was held back.
	Approve(ctx context.Context) (Result, error)
	// Rehearse does all but to send, to change and to record anything, and works in a folder that
	// is gone afterwards.
	Rehearse(ctx context.Context, folder string) (Result, error)
}

// Start begins a run that somebody asked for, and does it.
func (l *Life) Start(ctx context.Context, q Request, record state.Record, k Kind) (Report, error) {
	if q.Rehearses() {
		r, err := l.Rehearse(ctx, &record, k.Rehearse)
		return r.Report(record), err
	}
	interrupted, err := l.Store.Begin(ctx, record, q.begunBy(record)...)
	if err != nil {
		return Report{}, err
	}
	WarnInterrupted(ctx, l.Logger, interrupted)
	r, err := l.Perform(ctx, &record, false, nil, k.Run)
	return r.Report(record), err
}

// Continue does a run of the queue, or goes on with one whose process died: what that had found is
// found again. An error with which the run has no outcome says that it did not end.
func (l *Life) Continue(ctx context.Context, q Queue, job state.Job, kind func(state.Record) Kind) (Report, error) {
	record := job.Record
	if job.Resumed {
		l.Logger.WarnContext(ctx, "run.resumed", "flow", record.Flow, "run", record.ID, "attempt", record.Attempt)
		record.Findings, record.Omitted = nil, nil
	}
	r, err := l.Perform(ctx, &record, job.Resumed, q, kind(record).Run)
	if r.Outcome == "" {
		return Report{}, err
	}
	return r.Report(record), err
}

// GivenUp begins the reason of a run that took its process down each time it was begun.
const GivenUp = "given up:"

// GiveUp ends a run of the queue that will not be continued. Known tells that the configuration has
// its flow; Back gives back the file that it had taken, while the flow is this process's, and is
// nil where there is none.
func (l *Life) GiveUp(ctx context.Context, q Queue, job state.Job, known bool, back func(context.Context, *state.Record)) (state.Record, error) {
	record := job.Record
	record.Outcome, record.Reason = run.Failed, fmt.Sprintf("%s the process ended in each of %d attempts", GivenUp, job.Starts)
	if !known {
		record.Reason = GivenUp + " no configuration has had the flow for an hour"
	}
	if back != nil {
		back(ctx, &record)
	}
	return record, q.Insist(ctx, record, l.Finish(ctx, &record))
}
