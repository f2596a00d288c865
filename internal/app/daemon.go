package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"sync"
	"sync/atomic"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/daemon"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/web"
	"lucca-exchange/internal/web/auth"
	"lucca-exchange/internal/web/hooks"
)

// ServeOptions says how the daemon runs.
type ServeOptions struct {
	Options
	// Commit is that of the build, for the metrics.
	Commit string
	// Load reads the configuration again.
	Load func() (*config.Config, error)
	// Reload asks for that.
	Reload <-chan os.Signal
	// Ready is told once everything is up, with the address of the web server, which is
	// empty where there is none.
	Ready func(address string)
	// Guest is let in by a link, of whose path Invite is told: for the demo, whose people are
	// invented.
	Guest  *auth.Account
	Invite func(path string)
}

// Daemon runs every flow when it is due.
type Daemon struct {
	opts    ServeOptions
	logger  *slog.Logger
	app     atomic.Pointer[App]
	metrics *web.Metrics
	server  *web.Server
	// decisions are the approvals of pages that are being carried out; stopped ends them.
	decisions sync.WaitGroup
	stopped   chan struct{}
	runner    *daemon.Runner
}

// Serve runs the daemon until ctx ends, and then stops it in order: runs at work have the
// grace period of the engine to end.
func Serve(ctx context.Context, o ServeOptions) (err error) {
	o.Logger = secret.Logger(o.Logger, o.Config.Secrets)
	a, err := Open(ctx, o.Options)
	if err != nil {
		return err
	}
	d := &Daemon{opts: o, logger: o.Logger, metrics: web.NewMetrics(web.Build{Version: o.Version, Commit: o.Commit}), stopped: make(chan struct{})}
	d.app.Store(a)
	defer func() { err = errors.Join(err, a.Close()) }()
	// The queue has had its grace period by then: an approval that is still at work is
	// interrupted like one of the command line.
	defer func() { close(d.stopped); d.decisions.Wait() }()
	interrupted, err := a.store.Recover(ctx, flow.Now())
	flow.WarnInterrupted(ctx, a.logger, interrupted)
	if err != nil {
		return err
	}
	d.runner, err = daemon.NewRunner(daemon.RunnerOptions{
		Instance: func() daemon.Instance { return d.app.Load().serving() }, Metrics: d.metrics, Logger: o.Logger,
	})
	if err != nil {
		return err
	}
	if err := d.runner.Queue().Join(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // stopped before it began
		}
		return err
	}
	defer func() { err = errors.Join(err, d.runner.Queue().Leave()) }()
	d.runner.Declare(o.Config)
	address, err := d.listen(ctx)
	if err != nil {
		return err
	}
	return d.run(ctx, address)
}

// listen makes the web server, where one is configured.
func (d *Daemon) listen(ctx context.Context) (address string, err error) {
	c := d.opts.Config.Web
	if c == nil {
		return "", nil
	}
	d.server, err = web.New(*c, web.Options{
		Logger: d.logger, Metrics: d.metrics, State: d.runner, Readiness: d.runner, Remarks: d.runner.Remarks, Accounts: d.app.Load().store.Accounts(), Console: d.console, API: d.api,
		Hooks: hooks.New(func() hooks.Instance { return d.app.Load().hooks() }, d.runner.Ask),
	})
	if err != nil {
		return "", err
	}
	if err := d.server.Listen(ctx); err != nil {
		return "", err
	}
	return d.server.Addr(), nil
}

// run keeps everything going until ctx ends, or one part fails.
func (d *Daemon) run(ctx context.Context, address string) error {
	var server []daemon.Part
	if d.server != nil {
		server = append(server, daemon.Part{Name: "web", Run: d.server.Serve})
	}
	return daemon.Run(ctx, daemon.Options{
		Parts: d.runner.Parts(server...), Up: d.runner.Started(), Reload: d.opts.Reload, Load: d.reload, Logger: d.logger,
		Ready: func(ctx context.Context) {
			d.logger.InfoContext(ctx, "daemon.started", "flows", len(d.app.Load().config.Flows), "address", address)
			if d.opts.Ready != nil {
				d.opts.Ready(address)
			}
		},
	})
}

// reload takes up a changed configuration. One with a fault changes nothing.
func (d *Daemon) reload(ctx context.Context) error {
	c, err := d.opts.Load()
	if err != nil {
		return fmt.Errorf("the old configuration stays in use: %w", err)
	}
	old := d.app.Load()
	if c.State != old.config.State || c.Spool != old.config.Spool {
		return errors.New("the old configuration stays in use: state and spool cannot change while the daemon runs: restart it")
	}
	o := d.opts.Options
	o.Config = c
	if err := d.runner.Queue().Reload(ctx, daemon.FlowsOf(c)); err != nil {
		return err
	}
	next := newApp(o, old.store) //nolint:contextcheck // the spool has no context to ask with
	keepTenants(next, old)
	d.app.Store(next)
	d.runner.Declare(c)
	d.logger.InfoContext(ctx, "config.loaded", "flows", len(c.Flows))
	if !reflect.DeepEqual(c.Web, d.opts.Config.Web) {
		d.logger.WarnContext(ctx, "web.unchanged", "want", "a restart: listen, tls and users stay as they were at the start")
	}
	return nil
}

// serving is the instance as the daemon runs it.
func (a *App) serving() daemon.Instance {
	return daemon.Instance{
		Config: a.config, Store: a.store, Perform: a.runJob, GiveUp: a.giveUp, Standing: a.queue, TryWrites: a.keeper().TryWrites,
		Overdue: func(ctx context.Context, name string) (bool, error) {
			return a.wire(name, a.config.Flows[name]).inbox().Overdue(ctx, flow.Now())
		},
		Upkeep: a.keeper().Tidy,
	}
}
