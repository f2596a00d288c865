// Package app is the table of who is who, and wires everything together: it is the one place that
// imports every other package. What a command does is theirs.
//
// A run is the same whether a command, the demo or a schedule starts it: Lucca is read,
// the roster rendered into a spool file, the file judged, and then delivered or held.
// Each run ends in exactly one outcome, which the store keeps.
package app

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/learn"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/upkeep"
)

// ErrUsage is that of package run.
var ErrUsage = run.ErrUsage

// Sentence is flow.Sentence.
func Sentence(err error) string { return flow.Sentence(err) }

// Options says what an App needs beside its configuration.
type Options struct {
	Config  *config.Config
	Logger  *slog.Logger
	Version string
	// Progress is told of long reads and uploads; may be nil.
	Progress func(Progress)
}

// Progress is how far a long step has come.
type Progress = run.Progress

// App is one configured instance.
type App struct {
	config   *config.Config
	store    *state.Store
	logger   *slog.Logger
	version  string
	progress func(Progress)
	// tenants are what all runs of the process share of a tenant, by its name.
	tenants map[string]shared
	// steady is what the last look at the folder of a flow found, by flow; pickup.Steady.
	steady *sync.Map
	// room is what the spool may take.
	room *spool.Room
	// sources are where the hires of each hires flow come from, by flow.
	sources map[string]hire.Source
	// tries is how often Lucca is asked at most; 0 for as often as a run does.
	tries uint
}

// probeTries is how often a check asks Lucca: some seconds are enough where a run takes a minute.
const probeTries = 3

// Open opens the state of an instance, creating it where there is none yet. The caller
// closes the App.
func Open(ctx context.Context, o Options) (*App, error) {
	l, err := state.Open(ctx, o.Config.State)
	if err != nil {
		return nil, err
	}
	a := newApp(o, l) //nolint:contextcheck // the spool has no context to ask with
	if err := a.keeper().Enter(ctx); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return a, nil
}

// OpenHistory opens an instance to look at its runs, having ended those whose process was
// killed. Where there is no state yet, or where it cannot be written, it is OpenToLook.
func OpenHistory(ctx context.Context, o Options) (*App, error) {
	a, err := OpenToLook(ctx, o)
	if err != nil || a.store == nil {
		return a, err
	}
	l, err := state.Open(ctx, o.Config.State)
	if errors.Is(err, state.ErrReadOnly) {
		return a, nil
	}
	if err := errors.Join(err, a.Close()); err != nil {
		return nil, err
	}
	interrupted, err := l.Runs().Recover(ctx, flow.Now())
	flow.WarnInterrupted(ctx, a.logger, interrupted)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	a.store = l
	return a, nil
}

// OpenToLook opens an instance without creating or changing anything; before the first
// run there is nothing to look at and the history is empty.
func OpenToLook(ctx context.Context, o Options) (*App, error) {
	l, err := state.OpenReadOnly(ctx, o.Config.State)
	if errors.Is(err, fs.ErrNotExist) {
		l, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	return newApp(o, l), nil //nolint:contextcheck // the spool has no context to ask with
}

func newApp(o Options, l *state.Store) *App {
	a := &App{
		config: o.Config, store: l, logger: secret.Logger(o.Logger, o.Config.Secrets), version: o.Version, progress: o.Progress,
		tenants: make(map[string]shared), steady: new(sync.Map),
		sources: make(map[string]hire.Source),
	}
	for name, tenant := range o.Config.Tenants {
		a.tenants[name] = shared{limiter: tenant.Limiter(), memory: new(lucca.Memory)}
	}
	var spare func(context.Context) ([]string, error)
	if l != nil {
		spare = l.Upkeep().SpareSpools
	}
	a.room = upkeep.Room(o.Config.Spool, int64(o.Config.Retention.Spool), spare, a.logger)
	for name, f := range o.Config.Flows {
		if f.Hires != nil {
			a.sources[name] = f.Hires.Open(hire.Flow{Config: f.Hires.HireConfig, Zone: f.Zone, Version: a.version, Logger: a.logger.With("flow", name)})
		}
	}
	if a.progress == nil {
		a.progress = func(Progress) {}
	}
	return a
}

// shared is what the clients of one tenant have in common.
type shared struct {
	// limiter keeps to the limit that Lucca has for the tenant as a whole.
	limiter *rate.Limiter
	// memory is what was learnt of the tenant's routes.
	memory *lucca.Memory
}

// keepTenants goes on with what an earlier configuration shared, so that a reload does not
// allow more requests.
func keepTenants(a, old *App) {
	for name := range a.tenants {
		c, before := a.config.Tenants[name], old.config.Tenants[name]
		if s, ok := old.tenants[name]; ok && c.URL == before.URL && c.RequestsPerMinute == before.RequestsPerMinute {
			a.tenants[name] = s
		}
	}
}

// keeper looks after the state and the spool.
func (a *App) keeper() upkeep.Keeper {
	kept := a.config.Retention
	return upkeep.Keeper{
		Store: upkeep.StoreOf(a.store), Spool: a.config.Spool, Logger: a.logger, Expire: a.Acts().Expire,
		Runs: time.Duration(*kept.Runs), Files: time.Duration(*kept.Files),
		People: func(ctx context.Context, run string) (iter.Seq[state.Known], error) {
			return change.KnownTo(ctx, a.store, run)
		},
	}
}

// Close lets go of the state.
func (a *App) Close() error {
	if a.store == nil {
		return nil
	}
	return a.store.Close()
}

// client makes a client of a tenant.
func (a *App) client(tenant string) (*lucca.Client, error) {
	o, err := lucca.Options{
		Config: a.config.Tenants[tenant], Version: a.version, Logger: a.logger, Limiter: a.tenants[tenant].limiter, Memory: a.tenants[tenant].memory, Tries: a.tries,
		Progress: func(p lucca.Progress) {
			a.progress(Progress{Step: p.List, Done: int64(p.Read), Total: int64(p.Total)})
		},
	}.WithSecrets()
	if err != nil {
		return nil, err
	}
	return lucca.New(o)
}

// target makes the remote that a flow writes to.
func (a *App) target(name string) delivery.Target {
	c := a.config.Remotes[name]
	return delivery.Target{Name: name, Remote: c.Connect(), WriteOnly: c.WriteOnly, Options: c.Delivery}
}

// People reads the employees of a tenant, with what the columns of a file can be compared with.
func (a *App) People(ctx context.Context, tenant string) (*roster.Roster, error) {
	client, err := a.client(tenant)
	if err != nil {
		return nil, err
	}
	s, err := client.Snapshot(ctx, plan.Query(learn.Compared(), plan.Policy{NewOnly: true}))
	if err != nil {
		return nil, err
	}
	return roster.New(s, a.config.Tenants[tenant].Settings(roster.DateOf(flow.Now())))
}
