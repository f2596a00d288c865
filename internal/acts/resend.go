package acts

import (
	"context"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Resend sends the file of a run to the partner once more, in a run of its own: only the last
// file that a flow has sent can be. By is who does it.
func (a Acts) Resend(ctx context.Context, id string, by audit.Entry) (flow.Report, error) {
	of, err := a.Inspector.Run(ctx, id)
	if err != nil {
		return flow.Report{}, err
	}
	if of.Kind != run.Export || of.File == nil {
		return flow.Report{}, fault.Of(run.ErrUsage, "run %s has no file that was sent to a partner: only exports are sent again", of.ID)
	}
	f, err := a.Config.Flow(of.Flow)
	if err != nil {
		return flow.Report{}, err
	}
	if f.Kind() != run.Export {
		return flow.Report{}, fault.Of(run.ErrUsage, "flow %s is no export any more", of.Flow)
	}
	if err := a.Runs.Resendable(ctx, of); err != nil {
		return flow.Report{}, err
	}
	started := flow.Now()
	record := state.Record{Run: run.Run{ID: run.NewID(started), Flow: of.Flow, Kind: run.Export, Slot: of.Slot.In(f.Zone), StartedAt: started}}
	by.Flow, by.Run, by.Hash, by.Note = of.Flow, of.ID, of.File.SHA256, flow.JoinReasons("in run "+record.ID, by.Note)
	interrupted, err := a.Store.Begin(ctx, record, by)
	if err != nil {
		return flow.Report{}, err
	}
	flow.WarnInterrupted(ctx, a.Logger, interrupted)
	return a.Runs.Resend(ctx, record, of)
}

// Download finds a file of a run that is kept, of the first kind that there is where kind is
// empty, and puts on record that somebody takes it out.
func (a Acts) Download(ctx context.Context, id string, kind inspect.KeptKind, by audit.Entry) (inspect.KeptFile, error) {
	r, kept, err := a.Inspector.KeptOf(ctx, id, kind)
	if err != nil {
		return kept, err
	}
	by.Flow, by.Run, by.Note = r.Flow, r.ID, flow.JoinReasons(string(kept.Kind), by.Note)
	return kept, a.Store.Audit().Append(ctx, by)
}
