package acts

import (
	"context"
	"errors"
	"maps"
	"slices"

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
	runs, err := a.Store.Plans().Expire(ctx, flow.Now())
	if err != nil {
		return err
	}
	for _, record := range runs {
		a.Logger.WarnContext(ctx, "run.expired", "flow", record.Flow, "run", record.ID)
		if record.Kind == run.Hires {
			if err := hires.Expired(ctx, hires.StoreOf(a.Store), record); err != nil {
				return err
			}
		}
		f, ok := a.Config.Flows[record.Flow]
		if !ok || f.From == "" || record.Kind == run.Hires {
			continue
		}
		a.Runs.Inbox(record.Flow).TryPutAway(ctx, record.ID)
	}
	return errors.Join(closeRestored(ctx, a), a.closeOvertaken(ctx))
}

// restoredReason is why a run ends that was held in an older copy of the state.
const restoredReason = "held before the state was put back from an older copy: what came after it is not known, so that nobody can approve it; the next run of the flow plans anew"

// closeRestored ends the runs that were held before an older copy of the state was put back: nobody
// can approve them, and their hires are planned again.
func closeRestored(ctx context.Context, a Acts) error {
	held, err := a.Store.History().Runs(ctx, state.Filter{Outcome: run.Held})
	if err != nil {
		return err
	}
	for _, r := range held {
		before, err := a.Store.Upkeep().BeforeRestore(ctx, r.ID)
		if err != nil {
			return err
		}
		if !before {
			continue
		}
		dropped, err := drop(ctx, a, r.Flow, r.ID, restoredReason)
		if err != nil {
			return err
		}
		if dropped && r.Kind == run.Hires {
			if err := hires.Expired(ctx, hires.StoreOf(a.Store), r); err != nil {
				return err
			}
		}
	}
	return nil
}

// closeOvertaken ends the held runs that nobody can approve any more, since a newer file was
// done: a person would only be asked to reject them.
func (a Acts) closeOvertaken(ctx context.Context) error {
	held, err := a.Store.History().Runs(ctx, state.Filter{Outcome: run.Held})
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
	reason := "overtaken: run " + o.By + " was done with a newer file"
	if o.Left != "" {
		reason += "; " + o.Left
	}
	_, err := drop(ctx, a, name, o.Run, reason)
	return err
}

// drop ends a held run for a reason, with a line of the audit, and puts its file away; false: it was
// decided on meanwhile.
func drop(ctx context.Context, a Acts, name, id, reason string) (dropped bool, err error) {
	at := flow.Now()
	err = a.Store.Plans().Drop(ctx, id, reason, at, audit.Entry{At: at, Who: "lucca-exchange", From: "daemon", Act: audit.Reject, Flow: name, Run: id, Note: reason})
	if errors.Is(err, state.ErrNotHeld) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	a.Logger.WarnContext(ctx, "run.dropped", "flow", name, "run", id, "reason", reason)
	if a.Config.Flows[name].From != "" {
		a.Runs.Inbox(name).TryPutAway(ctx, id)
	}
	return true, nil
}
