package app

import (
	"context"
	"maps"
	"slices"
	"time"

	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/notify"
)

// teller tells of the flow's runs whoever is to know of them.
func (w wiring) teller() notify.Teller {
	a := w.app
	return notify.Teller{
		Targets: a.config.Targets(),
		Options: notify.Options{Logger: a.logger, Memory: a.store.Notifications(), Page: a.config.Page},
		Expires: func(ctx context.Context, run string) time.Time {
			p, err := a.store.Plans().Plan(ctx, run)
			if err != nil {
				return time.Time{} // an export has none
			}
			return p.Expires.In(w.flow.Zone)
		},
	}
}

// digests sends what the runs of a time came to.
func (w wiring) digests() notify.Digests {
	a := w.app
	return notify.Digests{
		Teller: w.teller(), When: a.config.Digests(), Claim: a.store.Upkeep().Take,
		Sum: func(ctx context.Context, since, until time.Time) (notify.Digest, error) {
			d, err := inspect.Digest(ctx, a.Inspect(), since, until)
			if err != nil {
				return d, err
			}
			last, err := a.store.Audit().Latest(ctx, 1)
			if len(last) > 0 {
				d.Anchor = last[0].Anchor().String()
			}
			return d, err
		},
	}
}

// TestNotifications sends a message to everybody whom the configuration tells of runs. It needs
// no state.
func TestNotifications(ctx context.Context, o Options) ([]notify.Tried, error) {
	flow := slices.Sorted(maps.Keys(o.Config.Flows))[0] // there is one, which the configuration has checked
	return notify.Test(ctx, o.Config.Targets(), flow, notify.Options{Logger: o.Logger, Page: o.Config.Page})
}
