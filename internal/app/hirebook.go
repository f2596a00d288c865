package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// RetryHire has the next run of its flow deal with a hire again. One that was held because
// of who is in Lucca is then created all the same: a person has looked.
func (a *App) RetryHire(ctx context.Context, id string) (inspect.Hire, error) {
	h, err := a.openHire(ctx, id)
	if err != nil {
		return inspect.Hire{}, err
	}
	s, err := decodeHire(h)
	if err != nil {
		return inspect.Hire{}, err
	}
	s.Forced = s.Forced || h.State == state.HireHeld
	if h.Data, err = json.Marshal(s); err != nil {
		return inspect.Hire{}, fmt.Errorf("encode hire: %w", err)
	}
	h.State, h.Reason, h.Updated = state.HireReceived, "", now()
	return a.Inspect().Hire(h), a.store.SaveHires(ctx, h)
}

// DropHire forgets a hire: nobody is created for it, also when the ATS tells of it again.
func (a *App) DropHire(ctx context.Context, id string) (inspect.Hire, error) {
	h, err := a.openHire(ctx, id)
	if err != nil {
		return inspect.Hire{}, err
	}
	h.State, h.Reason, h.Updated = state.HireDropped, "", now()
	return a.Inspect().Hire(h), a.store.SaveHires(ctx, h)
}

// openHire finds a hire that a person can still decide on.
func (a *App) openHire(ctx context.Context, id string) (state.Hire, error) {
	h, err := a.store.Hire(ctx, id)
	if errors.Is(err, state.ErrNotFound) || errors.Is(err, state.ErrAmbiguous) {
		return h, fmt.Errorf("%w: %w; lucca-exchange hires lists them", ErrUsage, err)
	}
	if err != nil {
		return h, err
	}
	switch h.State {
	case state.HireApplied, state.HireLinked, state.HireDropped:
		return h, fmt.Errorf("%w: hire %s is %s: there is nothing left to decide", ErrUsage, h.ID, h.State)
	}
	if h.State != state.HireHeld {
		return h, a.atWork(ctx, h.Flow)
	}
	with, record, err := a.holds().with(ctx, h)
	switch {
	case err != nil || !with:
	case record.Outcome == run.Held:
		err = fmt.Errorf("%w: hire %s is part of the held run %s: approve or reject that", ErrUsage, h.ID, record.ID)
	case record.Outcome == "" || record.Outcome == run.Failed:
		err = fmt.Errorf("%w: hire %s is part of run %s, which was approved and may have reached Lucca: run %s, which goes on with it", ErrUsage, h.ID, record.ID, h.Flow)
	}
	return h, err
}

// rejectedRun is the reason of a run that a person rejected.
const rejectedRun = "rejected"

// unholdHires leaves the hires of a rejected run to a person.
func (a *App) unholdHires(ctx context.Context, record state.Record) error {
	return a.changeHeld(ctx, record, func(h *state.Hire) { h.Reason = "its run was rejected: retry or drop it" })
}

// releaseHires has the hires of an expired run wait for the next one.
func (a *App) releaseHires(ctx context.Context, record state.Record) error {
	return a.changeHeld(ctx, record, func(h *state.Hire) { h.State, h.Reason = state.HireReceived, "" })
}

// changeHeld changes the hires that are held with a run.
func (a *App) changeHeld(ctx context.Context, record state.Record, change func(*state.Hire)) error {
	held, err := a.store.Hires(ctx, state.HireFilter{Flow: record.Flow, State: state.HireHeld})
	if err != nil {
		return err
	}
	at, holds := now(), a.holds()
	var changed []state.Hire
	for _, h := range held {
		with, of, err := holds.with(ctx, h)
		if err != nil {
			return err
		}
		if !with || of.ID != record.ID {
			continue
		}
		h.Updated, h.Data = at, nil
		change(&h)
		changed = append(changed, h)
	}
	return a.store.SaveHires(ctx, changed...)
}

// atWork refuses a decision on hires while a run of their flow deals with them.
func (a *App) atWork(ctx context.Context, flow string) error {
	runs, err := a.store.Runs(ctx, state.Filter{Flow: flow, Limit: 1})
	if err != nil {
		return err
	}
	if len(runs) > 0 && runs[0].Outcome == "" {
		return fmt.Errorf("%w: run %s deals with the hires of %s just now: try again when it has ended", ErrUsage, runs[0].ID, flow)
	}
	return nil
}
