package acts

import (
	"context"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Cancel ends a run that is at work or waits in the queue, in whatever process, and puts on
// record who did it.
func (a Acts) Cancel(ctx context.Context, id string, by audit.Entry) (record state.Record, err error) {
	defer func() { err = a.Refused(ctx, by, record, err) }()
	record, err = a.Inspector.Run(ctx, id)
	switch {
	case err != nil:
		return record, err
	case record.Outcome == run.Held:
		return record, fault.Of(run.ErrUsage, "run %s is held: reject it", record.ID)
	case record.Outcome != "":
		return record, fault.Wrap(run.ErrUsage, fault.As(state.ErrEnded, "run %s has ended: its outcome is %q", record.ID, record.Outcome))
	}
	by.Flow, by.Run = record.Flow, record.ID
	return record, a.Store.Jobs().Cancel(ctx, record.ID, by)
}
