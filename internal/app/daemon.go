package app

import (
	"context"
	"errors"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/daemon"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/web/hooks"
)

// Process is the program around a daemon.
type Process = daemon.Process

// Serve runs the daemon until ctx ends; see daemon.Serve.
func Serve(ctx context.Context, o Options, p Process) (err error) {
	o.Logger = secret.Logger(o.Logger, o.Config.Secrets)
	a, err := Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	last := a
	return daemon.Serve(ctx, daemon.ServeOptions{
		First: a.serving(), Logger: o.Logger, Process: p, //nolint:contextcheck // what an instance asks later has a context of its own
		Next: func(c *config.Config) daemon.Instance { //nolint:contextcheck // likewise
			o.Config = c
			next := newApp(o, a.store)
			next.follow(last)
			last = next
			return next.serving()
		},
	})
}

// serving is the instance as the daemon runs it.
func (a *App) serving() daemon.Instance {
	return daemon.Instance{
		Config: a.config, Store: a.store, Acts: a.Acts(), Run: a.Run, Probe: Prober(a.config, a.logger, a.version).Connect, Perform: a.runJob, GiveUp: a.giveUp,
		Hooks:   hooks.Instance{Store: a.store, Logger: a.logger, Sources: a.sources, Tokens: hooks.TokensOf(a.config)},
		Teller:  func(name string) notify.Teller { return a.wire(name, a.config.Flows[name]).teller() },
		Digests: wiring{app: a}.digests().Send,
		Traffic: func() map[string]lucca.Traffic {
			by := make(map[string]lucca.Traffic, len(a.tenants))
			for name, t := range a.tenants {
				by[name] = t.Memory.Traffic()
			}
			return by
		},
		Overdue: func(ctx context.Context, name string) (bool, error) {
			return a.wire(name, a.config.Flows[name]).inbox().Overdue(ctx, flow.Now())
		},
		Upkeep: a.keeper().Tidy, TryWrites: a.keeper().TryWrites,
	}
}
