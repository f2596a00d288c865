package acts

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Expire ends the held runs whose plans can no longer be approved, puts their files away,
// and has their hires planned again.
func (a Acts) Expire(ctx context.Context) error {
	runs, err := a.Store.Expire(ctx, flow.Now())
	if err != nil {
		return err
	}
	for _, record := range runs {
		a.Logger.WarnContext(ctx, "run.expired", "flow", record.Flow, "run", record.ID)
		if record.Kind == run.Hires {
			if err := hires.Expired(ctx, a.Store, record); err != nil {
				return err
			}
		}
		f, ok := a.Config.Flows[record.Flow]
		if !ok || f.From == "" || record.Kind == run.Hires {
			continue
		}
		a.Runs.Inbox(record.Flow).TryPutAway(ctx, record.ID)
	}
	return a.closeOvertaken(ctx)
}

// closeOvertaken ends the held runs that nobody can approve any more, since a newer file was
// done: a person would only be asked to reject them.
func (a Acts) closeOvertaken(ctx context.Context) error {
	held, err := a.Store.Runs(ctx, state.Filter{Outcome: run.Held})
	if err != nil {
		return err
	}
	flows := make(map[string]bool)
	for _, r := range held {
		flows[r.Flow] = true
	}
	for _, name := range slices.Sorted(maps.Keys(flows)) {
		overtaken, err := a.Inspector.Overtaken(ctx, name)
		if err != nil {
			return err
		}
		for _, o := range overtaken {
			if err := a.closeHeld(ctx, name, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// closeHeld ends one held run, and puts its file away.
func (a Acts) closeHeld(ctx context.Context, name string, o inspect.Overtaken) error {
	reason := "overtaken: run " + o.By + " was done with a newer file" + strings.TrimPrefix(o.ToDo, "reject run "+o.Run)
	at := flow.Now()
	err := a.Store.Drop(ctx, o.Run, reason, at, audit.Entry{At: at, Who: "lucca-exchange", From: "daemon", Act: audit.Reject, Flow: name, Run: o.Run, Note: reason})
	if errors.Is(err, state.ErrNotHeld) {
		return nil
	}
	if err != nil {
		return err
	}
	a.Logger.WarnContext(ctx, "run.overtaken", "flow", name, "run", o.Run, "by", o.By)
	if a.Config.Flows[name].From != "" {
		a.Runs.Inbox(name).TryPutAway(ctx, o.Run)
	}
	return nil
}
