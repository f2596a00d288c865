// Package app is the table of who is who, and wires everything together: it is the one place that
// imports every other package. What a command does is theirs.
//
// A run is the same whether a command, the demo or a schedule starts it: Lucca is read,
// the roster rendered into a spool file, the file judged, and then delivered or held.
// Each run ends in exactly one outcome, which the store keeps.
package app

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"log/slog"
	"sync"
	"time"

	"lucca-exchange/internal/config"
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
	"lucca-exchange/internal/step"
	"lucca-exchange/internal/upkeep"
)

// Options says what an App needs beside its configuration.
type Options struct {
	Config  *config.Config
	Logger  *slog.Logger
	Version string
	// Progress is told of long reads and uploads; may be nil.
	Progress func(Progress)
	// Tracer is told of each run and its steps.
	Tracer step.Tracer
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
	tracer   step.Tracer
	// tenants are what all runs of the process share of a tenant, by its name.
	tenants map[string]lucca.Shared
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
	l, interrupted, err := state.OpenHistory(ctx, o.Config.State, flow.Now())
	flow.WarnInterrupted(ctx, secret.Logger(o.Logger, o.Config.Secrets), interrupted)
	if err != nil {
		return nil, err
	}
	return newApp(o, l).looked(ctx) //nolint:contextcheck // the spool has no context to ask with
}

// OpenToLook opens an instance without creating or changing anything; before the first
// run there is nothing to look at and the history is empty.
func OpenToLook(ctx context.Context, o Options) (*App, error) {
	l, err := state.OpenToLook(ctx, o.Config.State)
	if err != nil {
		return nil, err
	}
	return newApp(o, l).looked(ctx) //nolint:contextcheck // the spool has no context to ask with
}

// looked is an instance that is only looked at, after it was said what its state lacks.
func (a *App) looked(ctx context.Context) (*App, error) {
	if err := a.keeper().Look(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func newApp(o Options, l *state.Store) *App {
	a := &App{
		config: o.Config, store: l, logger: secret.Logger(o.Logger, o.Config.Secrets), version: o.Version, progress: o.Progress, tracer: o.Tracer,
		tenants: make(map[string]lucca.Shared), steady: new(sync.Map),
	}
	for name, tenant := range o.Config.Tenants {
		a.tenants[name] = tenant.Share()
	}
	var spare func(context.Context) ([]string, error)
	if l != nil {
		spare = l.Upkeep().SpareSpools
	}
	a.room = upkeep.Room(o.Config.Spool, int64(o.Config.Retention.Spool), spare, a.logger)
	a.sources = o.Config.HireSources(a.version, a.logger)
	if a.progress == nil {
		a.progress = func(Progress) {}
	}
	return a
}

// follow goes on with what an earlier configuration shared.
func (a *App) follow(old *App) {
	for name := range a.tenants {
		if s, ok := old.tenants[name]; ok && a.config.Tenants[name].Shares(old.config.Tenants[name]) {
			a.tenants[name] = s
		}
	}
	for name, r := range a.config.Remotes {
		before, ok := old.config.Remotes[name]
		if !ok || r.Ends == nil || before.Ends == nil || before.Address != r.Address || before.Jump != r.Jump || before.Proxy != r.Proxy {
			continue
		}
		seen, since := before.Ends(), r.Ends
		r.Ends = func() time.Time { return cmp.Or(since(), seen) }
		a.config.Remotes[name] = r
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
		Config: a.config.Tenants[tenant], Version: a.version, Logger: a.logger, Shared: a.tenants[tenant], Tries: a.tries,
		Progress: func(p lucca.Progress) {
			a.progress(Progress{Step: p.List, Done: int64(p.Read), Total: int64(p.Total)})
		},
	}.WithSecrets()
	if err != nil {
		return nil, err
	}
	return lucca.New(o)
}

// People reads the employees of a tenant, with what the columns of a file can be compared with.
func (a *App) People(ctx context.Context, tenant string) (*roster.Roster, error) {
	client, err := a.client(tenant)
	if err != nil {
		return nil, err
	}
	day := change.Settings{Roster: a.config.Tenants[tenant].Settings(roster.DateOf(flow.Now()))}
	return change.Read(ctx, change.Deps{Lucca: client}, day, plan.Query(learn.Compared(), plan.Policy{NewOnly: true}))
}
