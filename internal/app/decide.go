package app

import (
	"context"
	"errors"
	"fmt"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// ErrSecond is state.ErrSecond.
var ErrSecond = state.ErrSecond

// about completes an act about a held run: what is decided on is its plan, or its file. Who
// decides without having named it decides on what is held.
func (a Acts) about(ctx context.Context, by audit.Entry, record state.Record) (_ audit.Entry, err error) {
	by.Flow, by.Run = record.Flow, record.ID
	if by.Hash == "" {
		by.Hash, err = a.app.store.HeldHash(ctx, record.ID)
	}
	return by, err
}

// agree is state.Agree for as many people as the flow wants.
func (a Acts) agree(ctx context.Context, f config.Flow, by audit.Entry) error {
	err := a.app.store.Agree(ctx, f.Approvals, by)
	if errors.Is(err, state.ErrAgain) {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	return decided(err)
}

// refused records that an act was refused, and returns why with the fault of that, if any. What
// is on record is the kind of the reason: an error may hold what somebody sent. An approval that
// waits for another person is none.
func (a Acts) refused(ctx context.Context, act audit.Entry, about state.Record, why error) error {
	if why == nil || errors.Is(why, ErrSecond) && !errors.Is(why, state.ErrAgain) {
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
			act.Act, act.Note = audit.Refused, fmt.Sprintf("%s: %s", act.Act, known.code)
			return errors.Join(why, a.app.store.Audit().Append(ctx, act))
		}
	}
	return why
}
