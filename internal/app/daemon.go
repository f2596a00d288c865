package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/daemon"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/upkeep"
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
	queue   *state.Queue
	metrics *web.Metrics
	server  *web.Server
	// decisions are the approvals of pages that are being carried out; stopped ends them.
	decisions sync.WaitGroup
	stopped   chan struct{}
	// requests are the runs that are still to be asked for.
	requests *daemon.Requests
	trial    *upkeep.Trial
	// started is closed once the queue works.
	started chan struct{}
}

// upkeepEvery is how often plans expire and what is old is purged, beside after each run.
const upkeepEvery = time.Hour

// A flow that waits for a slow server must not keep another from running, so that there is a
// worker for each, within reason: a run at work holds a connection to PostgreSQL.
const (
	fewestWorkers = 16
	mostWorkers   = 64
)

// Serve runs the daemon until ctx ends, and then stops it in order: runs at work have the
// grace period of the engine to end.
func Serve(ctx context.Context, o ServeOptions) (err error) {
	o.Logger = secret.Logger(o.Logger, o.Config.Secrets)
	a, err := Open(ctx, o.Options)
	if err != nil {
		return err
	}
	d := &Daemon{opts: o, logger: o.Logger, metrics: web.NewMetrics(web.Build{Version: o.Version, Commit: o.Commit}), started: make(chan struct{}), stopped: make(chan struct{})}
	d.requests = daemon.NewRequests(d.enqueue, func(ctx context.Context, flow string, err error) {
		d.logger.WarnContext(ctx, "run.unqueued", "flow", flow, "err", err)
	})
	d.trial = upkeep.NewTrial(func(ctx context.Context) []upkeep.Fault { return d.app.Load().keeper().TryWrites(ctx) })
	d.app.Store(a)
	defer func() { err = errors.Join(err, a.Close()) }()
	// The queue has had its grace period by then: an approval that is still at work is
	// interrupted like one of the command line.
	defer func() { close(d.stopped); d.decisions.Wait() }()
	interrupted, err := a.store.Recover(ctx, now())
	flow.WarnInterrupted(ctx, a.logger, interrupted)
	if err != nil {
		return err
	}
	d.queue, err = state.NewQueue(a.store, state.QueueOptions{
		Flows: queueFlows(o.Config), Work: d.work, Missed: d.missed, Abandoned: d.abandoned, Interrupted: func(ctx context.Context, runs []state.Record) { flow.WarnInterrupted(ctx, a.logger, runs) },
		Started: func() { close(d.started) }, Logger: o.Logger,
		Workers: min(max(fewestWorkers, len(o.Config.Flows)), mostWorkers),
	})
	if err != nil {
		return err
	}
	if err := d.queue.Join(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // stopped before it began
		}
		return err
	}
	defer func() { err = errors.Join(err, d.queue.Leave()) }()
	d.declare(o.Config)
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
		Logger: d.logger, Metrics: d.metrics, State: d, Readiness: d, Remarks: d.remarks, Accounts: d.app.Load().store.Accounts(), Console: d.console,
		Hooks: hooks.New(func() hooks.Instance { return d.app.Load().hooks() }, d.requests.Add),
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
	// The queue ends last: whatever asks it for runs has stopped before.
	parts := []daemon.Part{{Name: "queue", Run: d.queue.Run}, {Name: "requests", Run: d.requests.Run}}
	if d.server != nil {
		parts = append(parts, daemon.Part{Name: "web", Run: d.server.Serve})
	}
	parts = append(parts, daemon.Every("upkeep", upkeepEvery, d.upkeep), daemon.Every("expectations", expectEvery, d.expectations))
	return daemon.Run(ctx, daemon.Options{
		Parts: parts, Up: d.started, Reload: d.opts.Reload, Load: d.reload, Logger: d.logger,
		Ready: func(ctx context.Context) {
			d.logger.InfoContext(ctx, "daemon.started", "flows", len(d.app.Load().config.Flows), "address", address)
			if d.opts.Ready != nil {
				d.opts.Ready(address)
			}
		},
	})
}

// upkeep ends what expired, purges what is old, and wakes hires that wait, also when no flow
// runs.
func (d *Daemon) upkeep(ctx context.Context) {
	a := d.app.Load()
	err := errors.Join(expire(ctx, a), a.keeper().Purge(ctx, now()), d.wake(ctx))
	if err != nil && ctx.Err() == nil {
		d.logger.WarnContext(ctx, "purge.failed", "err", err)
	}
}

// expectEvery is how often it is looked whether an expected file is overdue.
const expectEvery = 30 * time.Second

// expectations runs the flows whose file did not come by their expect_by: the run finds it
// after all, or fails as missing. A schedule may have no slot after that time.
func (d *Daemon) expectations(ctx context.Context) {
	a := d.app.Load()
	paused, err := a.store.Pauses().Now(ctx)
	if err != nil {
		if ctx.Err() == nil {
			d.logger.WarnContext(ctx, "expectation.unchecked", "err", err)
		}
		return
	}
	for name, f := range a.config.Flows {
		if _, ok := paused[name]; ok {
			continue
		}
		overdue, err := a.wire(name, f).inbox().Overdue(ctx, now())
		if err == nil && overdue {
			err = d.enqueue(ctx, name)
		}
		if err != nil && ctx.Err() == nil {
			d.logger.WarnContext(ctx, "expectation.unchecked", "flow", name, "err", err)
		}
	}
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
	if err := d.queue.Reload(ctx, queueFlows(c)); err != nil {
		return err
	}
	next := newApp(o, old.store) //nolint:contextcheck // the spool has no context to ask with
	keepTenants(next, old)
	d.app.Store(next)
	d.declare(c)
	d.logger.InfoContext(ctx, "config.loaded", "flows", len(c.Flows))
	if !reflect.DeepEqual(c.Web, d.opts.Config.Web) {
		d.logger.WarnContext(ctx, "web.unchanged", "want", "a restart: listen, tls and users stay as they were at the start")
	}
	return nil
}

// declare has the counters of every flow begin at zero.
func (d *Daemon) declare(c *config.Config) {
	for name := range c.Flows {
		for _, o := range []run.Outcome{run.Done, run.Nothing, run.Rejections, run.Held, run.Failed, run.Canceled} {
			d.metrics.Declare(name, string(o))
		}
	}
}

// queueFlows is what the queue needs of the flows.
func queueFlows(c *config.Config) []state.Flow {
	var flows []state.Flow
	for name, f := range c.Flows {
		flows = append(flows, state.Flow{Name: name, Kind: f.Kind(), Zone: f.Zone, Schedule: f.Slots, CatchUp: time.Duration(*f.CatchUp)})
	}
	return flows
}

// work performs one run of the queue.
func (d *Daemon) work(ctx context.Context, job state.Job) error {
	a := d.app.Load()
	started := time.Now()
	result, err := a.runJob(ctx, d.queue, job)
	if err != nil {
		return err
	}
	if result.Run.Outcome == "" {
		return nil
	}
	d.metrics.RunFinished(job.Record.Flow, string(result.Run.Outcome), time.Since(started))
	if result.Waiting == 0 || result.Run.Outcome == run.Failed {
		return nil
	}
	if err := d.enqueue(ctx, job.Record.Flow); err != nil {
		d.logger.WarnContext(ctx, "run.unqueued", "flow", job.Record.Flow, "err", err)
		d.requests.Add(job.Record.Flow)
	}
	return nil
}

// enqueue asks for a run of a flow. One that waits already will do.
func (d *Daemon) enqueue(ctx context.Context, flow string) error {
	_, err := d.queue.Enqueue(ctx, flow)
	if errors.Is(err, state.ErrAlreadyQueued) {
		return nil
	}
	return err
}

func (d *Daemon) missed(_ context.Context, flow string, slots []time.Time) {
	d.metrics.SlotsMissed(flow, len(slots))
}

// abandoned ends a run that took its process down each time it was begun.
func (d *Daemon) abandoned(ctx context.Context, job state.Job) error {
	record, err := d.app.Load().giveUp(ctx, d.queue, job)
	if err == nil {
		d.metrics.RunFinished(record.Flow, string(record.Outcome), record.FinishedAt.Sub(record.StartedAt))
	}
	return err
}

// Ready reports whether the state can be read, and what runs need be written.
func (d *Daemon) Ready(ctx context.Context) error {
	var faults []error
	if _, err := d.app.Load().store.Runs(ctx, state.Filter{Limit: 1}); err != nil {
		faults = append(faults, &web.Fault{What: "the state cannot be read", Err: err})
	}
	if _, err := d.app.Load().store.Depth(ctx); err != nil {
		faults = append(faults, &web.Fault{What: "the queue cannot be read", Err: err})
	}
	for _, f := range d.trial.Check(ctx) {
		faults = append(faults, &web.Fault{What: f.What, Err: f.Err})
	}
	return errors.Join(faults...)
}

// remarks say which flows are paused.
func (d *Daemon) remarks(ctx context.Context) []string {
	a := d.app.Load()
	stand, err := a.queue(ctx)
	if err != nil {
		return nil // Ready says that the state cannot be read
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(stand)) {
		if p := stand[name].Paused; p != nil {
			lines = append(lines, fmt.Sprintf("flow %s is %s", name, p))
		}
	}
	return lines
}

// Snapshot is what the metrics show of the flows.
func (d *Daemon) Snapshot(ctx context.Context) (web.Snapshot, error) {
	states, err := d.app.Load().store.FlowStates(ctx, queueFlows(d.app.Load().config))
	if err != nil {
		return web.Snapshot{}, err
	}
	depth, err := d.app.Load().store.Depth(ctx)
	if err != nil {
		return web.Snapshot{}, err
	}
	ends, err := d.app.Load().store.Ends(ctx)
	if err != nil {
		return web.Snapshot{}, err
	}
	s := web.Snapshot{Jobs: map[string]int{"queued": depth.Queued, "running": depth.Running}}
	for name, queued := range states {
		flow := web.FlowState{Name: name, Next: queued.Next, Last: make(map[string]time.Time), Paused: !queued.Pause.Since.IsZero()}
		for outcome, end := range ends[name] {
			flow.Last[string(outcome)] = end.Last
		}
		flow.Held = ends[name][run.Held].Count
		s.Flows = append(s.Flows, flow)
	}
	return s, nil
}

// wake asks for runs of the flows with hires that wait: of those that were stored when the
// process died before it could ask, or that Lucca could not take.
func (d *Daemon) wake(ctx context.Context) error {
	a := d.app.Load()
	var faults []error
	for name, f := range a.config.Flows {
		if f.Hires == nil {
			continue
		}
		waiting, err := a.store.PendingHires(ctx, name)
		if err == nil && len(waiting) > 0 {
			d.requests.Add(name)
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}
