package app

import (
	"context"
	"maps"
	"slices"
	"time"

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

// TestNotifications sends a message to everybody whom the configuration tells of runs. It needs
// no state.
func TestNotifications(ctx context.Context, o Options) ([]notify.Tried, error) {
	flow := slices.Sorted(maps.Keys(o.Config.Flows))[0] // there is one, which the configuration has checked
	return notify.Test(ctx, o.Config.Targets(), flow, notify.Options{Logger: o.Logger, Page: o.Config.Page})
}
