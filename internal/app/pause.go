package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/flow"
	exports "lucca-exchange/internal/flow/export"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Pause keeps a flow from running by itself, until an instant or, where that is zero, until
// somebody resumes it. What is at work ends as ever; a person may still run it. By is who does
// it, its note the reason.
func (a Acts) Pause(ctx context.Context, name string, until time.Time, by audit.Entry) error {
	if _, err := a.app.flow(name); err != nil {
		return err
	}
	if !until.IsZero() && !until.After(by.At) {
		return fmt.Errorf("%w: a pause until %s is over already", ErrUsage, until.Format(time.DateTime))
	}
	p := state.Pause{Flow: name, Since: by.At, Until: until, Who: by.Who, Reason: by.Note}
	if by.Flow = name; !until.IsZero() {
		by.Note = "until " + until.Format(time.RFC3339)
		if p.Reason != "" {
			by.Note += ": " + p.Reason
		}
	}
	return a.app.store.Pauses().Begin(ctx, p, by)
}

// Resume ends the pause of a flow.
func (a Acts) Resume(ctx context.Context, name string, by audit.Entry) error {
	by.Flow = name
	err := a.app.store.Pauses().End(ctx, name, by)
	if errors.Is(err, state.ErrNotFound) {
		if _, err := a.app.flow(name); err != nil {
			return err
		}
		return fmt.Errorf("%w: flow %s is not paused", ErrUsage, name)
	}
	return err
}

// Resend sends the file of a run to the partner once more, in a run of its own: only the last
// file that a flow has sent can be. By is who does it.
func (a Acts) Resend(ctx context.Context, id string, by audit.Entry) (Result, error) {
	of, err := a.app.Inspect().Run(ctx, id)
	if err != nil {
		return Result{}, err
	}
	if of.Kind != run.Export || of.File == nil {
		return Result{}, fmt.Errorf("%w: run %s has no file that was sent to a partner: only exports are sent again", ErrUsage, of.ID)
	}
	f, err := a.app.flow(of.Flow)
	if err != nil {
		return Result{}, err
	}
	if f.Kind() != run.Export {
		return Result{}, fmt.Errorf("%w: flow %s is no export any more", ErrUsage, of.Flow)
	}
	w := a.app.wire(of.Flow, f)
	source := w.exportInput(of)
	if err := exports.Resendable(ctx, w.exportDeps(), source); err != nil {
		return Result{}, err
	}
	started := now()
	record := state.Record{Run: run.Run{ID: run.NewID(started), Flow: of.Flow, Kind: run.Export, Slot: of.Slot.In(f.Zone), StartedAt: started}}
	by.Flow, by.Run, by.Hash, by.Note = of.Flow, of.ID, of.File.SHA256, flow.JoinReasons("in run "+record.ID, by.Note)
	interrupted, err := a.app.store.Begin(ctx, record, by)
	if err != nil {
		return Result{}, err
	}
	a.app.warnInterrupted(ctx, interrupted)
	r, err := w.life().Perform(ctx, &record, false, nil, w.resending(record, source))
	return shown(record, r), err
}

// Download finds a file of a run that is kept, of the first kind that there is where kind is
// empty, and puts on record that somebody takes it out.
func (a Acts) Download(ctx context.Context, id string, kind inspect.KeptKind, by audit.Entry) (inspect.KeptFile, error) {
	r, kept, err := a.app.Inspect().KeptOf(ctx, id, kind)
	if err != nil {
		return kept, err
	}
	by.Flow, by.Run, by.Note = r.Flow, r.ID, flow.JoinReasons(string(kept.Kind), by.Note)
	return kept, a.app.store.Audit().Append(ctx, by)
}
