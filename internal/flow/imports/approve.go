package imports

import (
	"context"
	"fmt"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/run"
)

// goOn finishes what an interrupted run began. Whoever changed in Lucca meanwhile is left
// alone, as after an approval.
func goOn(ctx context.Context, t task, origin string, r *flow.Result) error {
	p, file, err := load(ctx, t, origin, r)
	if err != nil {
		return err
	}
	if origin != t.Run.ID {
		r.Reason = fmt.Sprintf("finished what run %s began; a file that waits is for the next run", origin)
		r.Waiting = 1
	}
	return carryOutNow(ctx, t, p, file, r)
}

// load takes up a run and its plan, to go on with it or because it was approved.
func load(ctx context.Context, t task, origin string, r *flow.Result) (p change.Planned, file inbox.File, err error) {
	before, err := t.Store.Run(ctx, origin)
	if err != nil {
		return p, file, err
	}
	if p, err = change.Recall(ctx, t.Store, t.Change, origin, t.Run.Outcome == run.Held); err != nil {
		return p, file, err
	}
	if file, err = t.Inbox.Again(ctx, before); err != nil {
		return p, file, err
	}
	file.Partial = p.Partial // which a run that was killed has not told
	if r.File = nil; file.Name != "" {
		r.File = &file.File
	}
	p.Take(r, before)
	return p, file, nil
}

// carryOutNow carries out a plan that was made before, for the people as they are now. A file
// that is handed on needs none of them.
func carryOutNow(ctx context.Context, t task, p change.Planned, file inbox.File, r *flow.Result) error {
	if handsOn(t, p) {
		return carryOut(ctx, t, p, file, nil, r)
	}
	current, err := change.Read(ctx, t.change(), t.Change, p.Query)
	if err != nil {
		return err
	}
	return carryOut(ctx, t, p, file, current, r)
}

// Approve applies the plan of a held run exactly as it was made.
func Approve(ctx context.Context, d Deps, in Input) (flow.Result, error) {
	return inLucca(d, in, func(t task, r *flow.Result) error {
		if err := approvable(ctx, t); err != nil {
			return err
		}
		if err := settleSent(ctx, t, r); err != nil {
			return err
		}
		p, file, err := load(ctx, t, t.Run.ID, r)
		if err != nil {
			return err
		}
		r.Outcome, r.Reason = "", ""
		return carryOutNow(ctx, t, p, file, r)
	})
}

// approvable checks that the plan is still the one to apply.
func approvable(ctx context.Context, t task) error {
	if err := change.Unexpired(ctx, t.Store, t.Run, t.Change.Zone); err != nil {
		return err
	}
	last, err := lastApplied(ctx, t)
	if err != nil {
		return err
	}
	if last != nil && last.Sequence > t.Run.Sequence {
		return fault.Of(run.ErrUsage, "run %s applied a newer file since this one was held: %s: %w", last.ID, t.overtaken(t.Run), flow.ErrSuperseded)
	}
	return nil
}
