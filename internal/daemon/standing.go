package daemon

import (
	"context"
	"slices"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/state"
)

// Standing is how the queue stands, by flow.
func Standing(ctx context.Context, store *state.Store, c *config.Config) (stand map[string]inspect.Queue, err error) {
	states, err := store.Jobs().FlowStates(ctx, FlowsOf(c))
	if err != nil {
		return nil, err
	}
	untold, err := failing(ctx, store, c)
	if err != nil {
		return nil, err
	}
	stand = make(map[string]inspect.Queue, len(states))
	for name, s := range states {
		missed, err := store.Jobs().Missed(ctx, name, flow.Now().Add(-inspect.MissedFor))
		if err != nil {
			return nil, err
		}
		q := inspect.Queue{Overdue: s.Overdue, Missed: len(missed), Running: s.Running, Waiting: s.Waiting, Untold: untold[name]}
		if p := s.Pause; !p.Since.IsZero() {
			q.Paused = &inspect.Paused{Since: p.Since, Until: inZone(p.Until, c.Flows[name].Zone), By: p.Who, Reason: p.Reason}
		}
		stand[name] = q
	}
	return stand, nil
}

// inZone leaves the zero time zero.
func inZone(t time.Time, zone *time.Location) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(zone)
}

// untoldFor is how long a failure to tell somebody is shown that was not tried again since: what was
// wrong is over then, or it would have been.
const untoldFor = 24 * time.Hour

// failing are those under notify who could not be told, by flow. Who is no longer there does not
// count.
func failing(ctx context.Context, store *state.Store, c *config.Config) (map[string][]inspect.Untold, error) {
	faults, err := store.Notifications().Failing(ctx)
	if err != nil {
		return nil, err
	}
	by := make(map[string][]inspect.Untold)
	for _, f := range faults {
		if flow.Now().Sub(f.At) < untoldFor && slices.ContainsFunc(c.Notify, func(n config.Notification) bool { return n.ID == f.Target }) {
			since := inZone(f.Since, c.Zone())
			by[f.Flow] = append(by[f.Flow], inspect.Untold{Target: f.Place, Since: since, Failures: f.Failures, Reason: f.Reason})
		}
	}
	return by, nil
}
