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
	record, of, err := a.BeginResend(ctx, id, by)
	if err != nil {
		return flow.Report{}, err
	}
	return a.Runs.Resend(ctx, record, of)
}

// BeginResend begins the run that sends the file of the run of once more, which is then on record,
// or says why it cannot be sent. Runs.Resend has to follow.
func (a Acts) BeginResend(ctx context.Context, id string, by audit.Entry) (record, of state.Record, err error) {
	defer func() { err = a.Refused(ctx, by, of, err) }()
	of, err = a.Inspector.Run(ctx, id)
	if err != nil {
		return record, of, err
	}
	if of.Kind != run.Export || of.File == nil {
		return record, of, fault.Of(run.ErrUsage, "run %s has no file that was sent to a partner: only exports are sent again", of.ID)
	}
	f, err := a.Config.Flow(of.Flow)
	if err != nil {
		return record, of, err
	}
	if f.Kind() != run.Export {
		return record, of, fault.Of(run.ErrUsage, "flow %s is no export any more", of.Flow)
	}
	if err := a.Runs.Resendable(ctx, of); err != nil {
		return record, of, err
	}
	started := flow.Now()
	record = state.Record{Run: run.Run{ID: run.NewID(started), Flow: of.Flow, Kind: run.Export, Slot: of.Slot.In(f.Zone), StartedAt: started}}
	act := by
	act.Flow, act.Run, act.Hash, act.Note = of.Flow, of.ID, of.File.SHA256, flow.JoinReasons("in run "+record.ID, by.Note)
	interrupted, err := a.Store.Runs().Begin(ctx, record, act)
	if err != nil {
		return record, of, err
	}
	flow.WarnInterrupted(ctx, a.Logger, interrupted)
	return record, of, nil
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
