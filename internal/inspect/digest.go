package inspect

import (
	"context"
	"maps"
	"slices"
	"time"

	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// longestRun is how long before its end a run may have begun, held ones among them.
const longestRun = 90 * 24 * time.Hour

// Digest is what the runs of all flows came to that ended between two instants, and what waits now.
func Digest(ctx context.Context, i Inspector, since, until time.Time) (d notify.Digest, err error) {
	d = notify.Digest{Since: since, Until: until}
	queue, err := i.Queue(ctx)
	if err != nil {
		return d, err
	}
	ends, err := i.Store.Ends(ctx)
	if err != nil {
		return d, err
	}
	for _, name := range slices.Sorted(maps.Keys(i.Config.Flows)) {
		f := notify.FlowDigest{Flow: name, Held: ends[name][run.Held].Count, Paused: queue[name].Paused != nil}
		runs, err := i.Store.Runs(ctx, state.Filter{Flow: name, Since: since.Add(-longestRun)})
		if err != nil {
			return d, err
		}
		for _, r := range runs {
			if r.FinishedAt.After(since) && !r.FinishedAt.After(until) {
				f.Add(r.Run)
			}
		}
		d.Flows = append(d.Flows, f)
	}
	return d, nil
}
