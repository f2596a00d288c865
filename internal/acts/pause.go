package acts

import (
	"context"
	"errors"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Pause keeps a flow from running by itself, until an instant or, where that is zero, until
// somebody resumes it. What is at work ends as ever; a person may still run it. By is who does
// it, its note the reason.
func (a Acts) Pause(ctx context.Context, name string, until time.Time, by audit.Entry) (err error) {
	act := by
	defer func() { err = a.Refused(ctx, act, ofFlow(name), err) }()
	if _, err := a.Config.Flow(name); err != nil {
		return err
	}
	if !until.IsZero() && !until.After(by.At) {
		return fault.Of(run.ErrUsage, "a pause until %s is over already", until.Format(time.DateTime))
	}
	p := state.Pause{Flow: name, Since: by.At, Until: until, Who: by.Who, Reason: by.Note}
	if by.Flow = name; !until.IsZero() {
		by.Note = "until " + until.Format(time.RFC3339)
		if p.Reason != "" {
			by.Note += ": " + p.Reason
		}
	}
	return a.Store.Pauses().Begin(ctx, p, by)
}

// ofFlow is what an act on a flow is about.
func ofFlow(name string) state.Record { return state.Record{Run: run.Run{Flow: name}} }

// Resume ends the pause of a flow.
func (a Acts) Resume(ctx context.Context, name string, by audit.Entry) (err error) {
	defer func() { err = a.Refused(ctx, by, ofFlow(name), err) }()
	by.Flow = name
	err = a.Store.Pauses().End(ctx, name, by)
	if errors.Is(err, state.ErrNotFound) {
		if _, err := a.Config.Flow(name); err != nil {
			return err
		}
		return fault.Of(run.ErrUsage, "flow %s is not paused", name)
	}
	return err
}
