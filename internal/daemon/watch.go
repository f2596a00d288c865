package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web"
)

const (
	// remindEvery is how often it is looked whether somebody is to be told again, or could not be.
	remindEvery = 15 * time.Minute
	// settled is how long ago a run ended of which somebody is told again: until then it is told of
	// for the first time.
	settled = 5 * time.Minute
)

// digestEvery is how often it is looked whether a digest is due.
const digestEvery = time.Minute

// digests sends those that are due.
func digests(ctx context.Context, a Instance, logger *slog.Logger) {
	if err := a.Digests(ctx, flow.Now()); err != nil && ctx.Err() == nil {
		logger.WarnContext(ctx, "digest.failed", "err", err)
	}
}

// remind tells again of what is still wrong, which whoever is told hears once a day at most, and of
// what will end. Of several daemons one does so.
func remind(ctx context.Context, a Instance, logger *slog.Logger) {
	mine, err := a.Store.Upkeep().Take(ctx, "reminders", flow.Now(), remindEvery-time.Minute)
	if err == nil && mine {
		err = errors.Join(remindRuns(ctx, a), remindEnds(ctx, a))
	}
	if err != nil && ctx.Err() == nil {
		logger.WarnContext(ctx, "reminder.failed", "err", err)
	}
}

// remindRuns tells of the flows whose last run failed, or of which one is held. Who paused a flow
// knows of it.
func remindRuns(ctx context.Context, a Instance) error {
	paused, err := a.Store.Pauses().Now(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(a.Config.Flows)) {
		if _, ok := paused[name]; ok {
			continue
		}
		record, wrong, err := wrongRun(ctx, a.Store, name)
		if err != nil {
			return err
		}
		// A run of a clock that was ahead is no reason for silence.
		if wrong && flow.Now().Sub(record.FinishedAt).Abs() >= settled {
			a.Teller(name).Again(ctx, notify.Run(record))
		}
	}
	return nil
}

// wrongRun is the last run of a flow, where it failed, or else the newest that is held.
func wrongRun(ctx context.Context, store *state.Store, name string) (state.Record, bool, error) {
	last, err := store.History().Runs(ctx, state.Filter{Flow: name, Limit: 2})
	if err != nil {
		return state.Record{}, false, err
	}
	for _, r := range last {
		if r.Outcome == "" {
			continue // it is at work
		}
		if r.Outcome != run.Failed {
			break
		}
		whole, err := store.History().Run(ctx, r.ID)
		return whole, true, err
	}
	held, err := store.History().Runs(ctx, state.Filter{Flow: name, Outcome: run.Held, Limit: 1})
	if err != nil || len(held) == 0 {
		return state.Record{}, false, err
	}
	whole, err := store.History().Run(ctx, held[0].ID)
	return whole, true, err
}

// remindEnds tells of what ends soon and no run would notice.
func remindEnds(ctx context.Context, a Instance) error {
	now := flow.Now()
	soon := func(at time.Time) bool { return at.Before(now.Add(config.EndsSoon)) }
	tell := a.Teller("") // what ends is of no flow
	for _, e := range a.Config.Ends(now) {
		// Of a server's certificate the runs warn that meet it.
		if renew, ours := renewal[e.Kind]; ours && soon(e.At) {
			tell.Ends(ctx, e.Path, e.At, renew)
		}
	}
	tokens, err := a.Store.Accounts().Tokens(ctx)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if soon(t.Expires) && t.Expires.After(now) {
			tell.Ends(ctx, "API token "+t.Name, t.Expires, fmt.Sprintf("make another one (lucca-exchange token create), and revoke %s", t.Name))
		}
	}
	return nil
}

// renewal is what to do about what ends, in words.
var renewal = map[config.EndKind]string{
	config.EndCertificate: "put a new one in its place, and restart the daemon",
	config.EndPartnerKey:  "ask the partner for the renewed key",
	config.EndOwnKey:      "renew your own key, and send the partner its public part",
}

// endsOf is when certificates of the daemon and of servers, and keys of ours and of partners, end, by
// their place in the configuration.
func endsOf(c *config.Config) map[string]time.Time {
	ends := make(map[string]time.Time)
	for _, e := range c.Ends(flow.Now()) {
		ends[e.Path] = e.At
	}
	return ends
}

// freeSpace is how many bytes this process may still write where state and spool are; a state on a
// server has none.
func freeSpace(a Instance) map[string]uint64 {
	free := make(map[string]uint64)
	for what, folder := range map[string]string{"state": a.Store.Upkeep().Folder(), "spool": a.Config.Spool} {
		var fs unix.Statfs_t
		if folder != "" && unix.Statfs(folder, &fs) == nil { // the spool is made by the first run
			free[what] = fs.Bavail * uint64(fs.Bsize)
		}
	}
	return free
}

// lastFile is when the partner of an export last got a file; zero: never, or it is none.
func lastFile(ctx context.Context, store *state.Store, name string) (time.Time, error) {
	d, err := store.Deliveries().LastDelivery(ctx, name)
	if errors.Is(err, state.ErrNotFound) {
		return time.Time{}, nil
	}
	return d.At, err
}

// measured is a run that ended as the metrics count it.
func measured(r state.Record, took time.Duration) web.Run {
	return web.Run{Run: r.Run, Findings: r.Findings, Omitted: r.Omitted, Took: took}
}
