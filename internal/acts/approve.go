package acts

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// held finds a held run.
func (a Acts) held(ctx context.Context, id string) (state.Record, error) {
	record, err := a.Inspector.Run(ctx, id)
	if err != nil {
		return record, err
	}
	if record.Outcome != run.Held {
		return record, fault.Wrap(run.ErrUsage, fault.As(state.ErrNotHeld, "run %s is not held: its outcome is %q", record.ID, record.Outcome))
	}
	return record, nil
}

// Approve releases a held run: it sends the file exactly as it was rendered, or applies the
// plan exactly as it was made, once. When nothing came of it the run stays held, and may be
// approved again. By is who does it; where the flow wants two people, the first one's word is
// kept, and the error is state.ErrSecond.
func (a Acts) Approve(ctx context.Context, id string, by audit.Entry) (flow.Report, error) {
	record, err := a.Claim(ctx, id, by)
	if err != nil {
		return flow.Report{Run: record}, err
	}
	return a.Runs.CarryOut(ctx, record)
}

// Claim takes a held run for its approval, which is then on record, or says why it cannot be
// approved. Runs.CarryOut has to follow.
func (a Acts) Claim(ctx context.Context, id string, by audit.Entry) (record state.Record, err error) {
	defer func() { err = a.Refused(ctx, by, record, err) }()
	record, err = a.held(ctx, id)
	if err != nil {
		return record, err
	}
	f, err := a.Config.Flow(record.Flow)
	if err != nil {
		return record, err
	}
	if f.Kind() != record.Kind {
		return record, fault.Of(run.ErrUsage, "flow %s is no %s any more: reject run %s: %w", record.Flow, record.Kind, record.ID, flow.ErrChanged)
	}
	if by, err = a.about(ctx, by, record); err != nil {
		return record, err
	}
	if err := a.agree(ctx, f, by); err != nil {
		return record, err
	}
	claimed, interrupted, err := a.Store.Runs().Claim(ctx, record.ID, flow.Now(), by)
	if err != nil {
		return record, decided(err)
	}
	flow.WarnInterrupted(ctx, a.Logger, interrupted)
	return claimed, nil
}

// decided is an error of a decision on a run: that it is not held is the person's fault.
func decided(err error) error {
	if errors.Is(err, state.ErrNotHeld) || errors.Is(err, state.ErrNotFound) || errors.Is(err, state.ErrOtherPlan) {
		return fault.Wrap(run.ErrUsage, err)
	}
	return err
}

// Reject drops a held run: its file is never sent.
func (a Acts) Reject(ctx context.Context, id string, by audit.Entry) (record state.Record, err error) {
	defer func() { err = a.Refused(ctx, by, record, err) }()
	record, err = a.held(ctx, id)
	if err != nil {
		return record, err
	}
	if by, err = a.about(ctx, by, record); err != nil {
		return record, err
	}
	unfinished, err := a.Store.Deliveries().UnfinishedDeliveries(ctx, record.Flow)
	if err != nil {
		return record, err
	}
	if slices.ContainsFunc(unfinished, func(d delivery.Record) bool { return d.Run == record.ID }) {
		return record, fault.Of(run.ErrUsage, "an earlier approval of run %s was cut off, and its file may be with the partner: approve it again, or run the flow, which settles it", record.ID)
	}
	if err := a.Store.Runs().Reject(ctx, record.ID, flow.Now(), by); err != nil {
		return record, decided(err)
	}
	a.Logger.InfoContext(ctx, "run.rejected", "flow", record.Flow, "run", record.ID)
	if f := a.Config.Flows[record.Flow]; f.From != "" && record.Kind != run.Hires {
		if err := a.Runs.Inbox(record.Flow).PutAway(ctx, record.ID); err != nil {
			return record, fmt.Errorf("the run is dropped, but its file could not be put away, which the next run does: %w", err)
		}
	}
	if record.Kind == run.Hires {
		if err := hires.Rejected(ctx, hires.StoreOf(a.Store), record); err != nil {
			return record, err
		}
	}
	return a.Store.History().Run(ctx, record.ID)
}

// about completes an act about a held run: what is decided on is its plan, or its file. Who
// decides without having named it decides on what is held.
func (a Acts) about(ctx context.Context, by audit.Entry, record state.Record) (_ audit.Entry, err error) {
	by.Flow, by.Run = record.Flow, record.ID
	if by.Hash == "" {
		by.Hash, err = a.Store.Runs().HeldHash(ctx, record.ID)
	}
	return by, err
}

// agree is state.Agree for as many people as the flow wants.
func (a Acts) agree(ctx context.Context, f config.Flow, by audit.Entry) error {
	err := a.Store.Runs().Agree(ctx, f.Approvals, by)
	if errors.Is(err, state.ErrAgain) {
		return fault.Wrap(run.ErrUsage, err)
	}
	return decided(err)
}

// Refused records that an act was refused, and returns why with the fault of that, if any. What
// is on record is the kind of the reason: an error may hold what somebody sent. An approval that
// waits for another person is none.
func (a Acts) Refused(ctx context.Context, act audit.Entry, about state.Record, why error) error {
	if why == nil || errors.Is(why, state.ErrSecond) && !errors.Is(why, state.ErrAgain) {
		return why
	}
	for _, known := range []struct {
		err  error
		code string
	}{
		{state.ErrOtherPlan, "another plan or file"}, {state.ErrAgain, "approved it before"}, {state.ErrNotHeld, "not held"},
		{state.ErrChanged, "changed since"}, {state.ErrBusy, "busy"}, {state.ErrEnded, "ended"}, {run.ErrUsage, "not possible"},
	} {
		if errors.Is(why, known.err) {
			act.Flow, act.Run = about.Flow, about.ID
			return errors.Join(why, a.Store.Audit().Append(ctx, act.Refused(known.code)))
		}
	}
	return why
}
