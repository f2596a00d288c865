package daemon

import (
	"context"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/state"
)

// Standing is how the queue stands, by flow.
func Standing(ctx context.Context, store *state.Store, c *config.Config) (stand map[string]inspect.Queue, err error) {
	states, err := store.FlowStates(ctx, FlowsOf(c))
	if err != nil {
		return nil, err
	}
	stand = make(map[string]inspect.Queue, len(states))
	for name, s := range states {
		missed, err := store.Missed(ctx, name, flow.Now().Add(-inspect.MissedFor))
		if err != nil {
			return nil, err
		}
		q := inspect.Queue{Overdue: s.Overdue, Missed: len(missed), Running: s.Running, Waiting: s.Waiting}
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
