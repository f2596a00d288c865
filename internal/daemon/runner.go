package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"lucca-exchange/internal/acts"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/upkeep"
	"lucca-exchange/internal/web"
	"lucca-exchange/internal/web/hooks"
)

// Instance is what runs the flows as they are configured now.
type Instance struct {
	Config *config.Config
	Store  *state.Store
	// Acts are what people do to it, Hooks what webhooks are received with.
	Acts  acts.Acts
	Hooks hooks.Instance
	// Run does a run that a person asks for, or rehearses it.
	Run func(ctx context.Context, flow string, q flow.Request) (flow.Report, error)
	// Probe tries all connections.
	Probe func(ctx context.Context) []inspect.Probe
	// Perform does a run of the queue. An error with which the run has no outcome says that it did
	// not end.
	Perform func(ctx context.Context, q *state.Queue, job state.Job) (flow.Report, error)
	// GiveUp ends a run of the queue that will not be continued.
	GiveUp func(ctx context.Context, q *state.Queue, job state.Job) (state.Record, error)
	// Teller tells whoever is to know of the runs of a flow.
	Teller func(flow string) notify.Teller
	// Digests sends the digests that are due.
	Digests func(ctx context.Context, now time.Time) error
	// Traffic is what Lucca had each tenant wait.
	Traffic func() map[string]lucca.Traffic
	// Overdue reports whether a flow misses its file and no run has said so yet.
	Overdue func(ctx context.Context, flow string) (bool, error)
	// Upkeep ends what expired and purges what is old.
	Upkeep func(ctx context.Context) error
	// TryWrites tries whether the state and the spool can be written.
	TryWrites func(ctx context.Context) []upkeep.Fault
}

// RunnerOptions say what a Runner is made of.
type RunnerOptions struct {
	// Instance changes with the configuration. Its Store does not.
	Instance func() Instance
	Metrics  *web.Metrics
	Logger   *slog.Logger
}

// Runner runs every flow when it is due, and keeps count of it. It is what the web server shows
// of the daemon.
type Runner struct {
	instance func() Instance
	logger   *slog.Logger
	metrics  *web.Metrics
	queue    *state.Queue
	// requests are the runs that are still to be asked for.
	requests *Requests
	trial    *upkeep.Trial
	// started is closed once the queue works.
	started chan struct{}
}

// NewRunner returns a Runner whose queue has yet to be joined.
func NewRunner(o RunnerOptions) (*Runner, error) {
	r := &Runner{instance: o.Instance, logger: o.Logger, metrics: o.Metrics, started: make(chan struct{})}
	r.requests = NewRequests(r.enqueue, func(ctx context.Context, flow string, err error) {
		r.logger.WarnContext(ctx, "run.unqueued", "flow", flow, "err", err)
	})
	r.trial = upkeep.NewTrial(func(ctx context.Context) []upkeep.Fault { return r.instance().TryWrites(ctx) })
	i := r.instance()
	var err error
	r.queue, err = state.NewQueue(i.Store, state.QueueOptions{
		Flows: FlowsOf(i.Config), Work: r.work, Missed: r.missed, Abandoned: r.abandoned,
		Unstarted:   r.unstarted,
		Interrupted: func(ctx context.Context, runs []state.Record) { flow.WarnInterrupted(ctx, r.logger, runs) },
		Started:     func() { close(r.started) }, Logger: r.logger,
		Workers: min(max(fewestWorkers, len(i.Config.Flows)), mostWorkers),
	})
	return r, err
}

// Queue has the runs of the flows.
func (r *Runner) Queue() *state.Queue { return r.queue }

// Ask asks for a run of a flow, again and again until it is in the queue.
func (r *Runner) Ask(flow string) { r.requests.Add(flow) }

// Started is closed once the queue works.
func (r *Runner) Started() <-chan struct{} { return r.started }

// Parts go on while the daemon serves. Those of others come between: the queue ends last, since
// whatever asks it for runs has to stop before.
func (r *Runner) Parts(others ...Part) []Part {
	parts := append([]Part{{Name: "queue", Run: r.queue.Run}, {Name: "requests", Run: r.requests.Run}}, others...)
	return append(parts, Every("upkeep", upkeepEvery, r.upkeep), Every("expectations", expectEvery, r.expectations),
		Every("reminders", remindEvery, func(ctx context.Context) { remind(ctx, r.instance(), r.logger) }),
		Every("digests", digestEvery, func(ctx context.Context) { digests(ctx, r.instance(), r.logger) }))
}

// upkeepEvery is how often plans expire and what is old is purged, beside after each run.
const upkeepEvery = time.Hour

// A flow that waits for a slow server must not keep another from running, so that there is a
// worker for each, within reason: a run at work holds a connection to PostgreSQL.
const (
	fewestWorkers = 16
	mostWorkers   = 64
)

// upkeep ends what expired, purges what is old, and wakes hires that wait, also when no flow
// runs.
func (r *Runner) upkeep(ctx context.Context) {
	a := r.instance()
	err := errors.Join(a.Upkeep(ctx), r.wake(ctx))
	if err != nil && ctx.Err() == nil {
		r.logger.WarnContext(ctx, "purge.failed", "err", err)
	}
}

// expectEvery is how often it is looked whether an expected file is overdue.
const expectEvery = 30 * time.Second

// expectations runs the flows whose file did not come by their expect_by: the run finds it
// after all, or fails as missing. A schedule may have no slot after that time.
func (r *Runner) expectations(ctx context.Context) {
	a := r.instance()
	paused, err := a.Store.Pauses().Now(ctx)
	if err != nil {
		if ctx.Err() == nil {
			r.logger.WarnContext(ctx, "expectation.unchecked", "err", err)
		}
		return
	}
	for name := range a.Config.Flows {
		if _, ok := paused[name]; ok {
			continue
		}
		overdue, err := a.Overdue(ctx, name)
		if err == nil && overdue {
			err = r.enqueue(ctx, name)
		}
		if err != nil && ctx.Err() == nil {
			r.logger.WarnContext(ctx, "expectation.unchecked", "flow", name, "err", err)
		}
	}
}

// Declare has the counters of every flow begin at zero.
func (r *Runner) Declare(c *config.Config) {
	for name := range c.Flows {
		for _, o := range []run.Outcome{run.Done, run.Nothing, run.Rejections, run.Held, run.Failed, run.Canceled} {
			r.metrics.Declare(name, string(o))
		}
	}
}

// FlowsOf is what the queue needs of the flows.
func FlowsOf(c *config.Config) []state.Flow {
	var flows []state.Flow
	for name, f := range c.Flows {
		flows = append(flows, state.Flow{Name: name, Kind: f.Kind(), Zone: f.Zone, Schedule: f.Slots, CatchUp: time.Duration(*f.CatchUp)})
	}
	return flows
}

// work performs one run of the queue.
func (r *Runner) work(ctx context.Context, job state.Job) error {
	a := r.instance()
	started := time.Now()
	result, err := a.Perform(ctx, r.queue, job)
	if err != nil {
		return err
	}
	if result.Run.Outcome == "" {
		return nil
	}
	r.metrics.RunFinished(measured(result.Run, time.Since(started)))
	if result.Waiting == 0 || result.Run.Outcome == run.Failed {
		return nil
	}
	if err := r.enqueue(ctx, job.Record.Flow); err != nil {
		r.logger.WarnContext(ctx, "run.unqueued", "flow", job.Record.Flow, "err", err)
		r.requests.Add(job.Record.Flow)
	}
	return nil
}

// enqueue asks for a run of a flow. One that waits already will do.
func (r *Runner) enqueue(ctx context.Context, flow string) error {
	_, err := r.queue.Enqueue(ctx, flow)
	if errors.Is(err, state.ErrAlreadyQueued) {
		return nil
	}
	return err
}

// missed counts slots that will have no run, and tells of them: nobody else would.
func (r *Runner) missed(ctx context.Context, flow string, slots []time.Time) {
	r.metrics.SlotsMissed(flow, len(slots))
	if a := r.instance(); len(slots) > 0 {
		last := slices.MaxFunc(slots, time.Time.Compare)
		// Whoever is told may be slow, and the queue waits for nobody.
		go a.Teller(flow).Missed(context.WithoutCancel(ctx), flow, len(slots), inZone(last, a.Config.Flows[flow].Zone))
	}
}

// abandoned ends a run that took its process down each time it was begun.
func (r *Runner) abandoned(ctx context.Context, job state.Job) error {
	record, err := r.instance().GiveUp(ctx, r.queue, job)
	if err == nil {
		r.metrics.RunFinished(measured(record, record.FinishedAt.Sub(record.StartedAt)))
	}
	return err
}

// unstarted tells of a run that failed before it began.
func (r *Runner) unstarted(ctx context.Context, record state.Record) {
	r.metrics.RunFinished(measured(record, 0))
	r.instance().Teller(record.Flow).Ended(ctx, notify.Run(record))
}

// Ready reports whether the state can be read, and what runs need be written.
func (r *Runner) Ready(ctx context.Context) error {
	var faults []error
	if _, err := r.instance().Store.History().Runs(ctx, state.Filter{Limit: 1}); err != nil {
		faults = append(faults, &web.Fault{What: "the state cannot be read", Err: err})
	}
	if _, err := r.instance().Store.Jobs().Depth(ctx); err != nil {
		faults = append(faults, &web.Fault{What: "the queue cannot be read", Err: err})
	}
	unstarted, err := r.instance().Store.History().Unstarted(ctx, slices.Sorted(maps.Keys(r.instance().Config.Flows)))
	if err == nil { // else the state cannot be read
		for _, name := range slices.Sorted(maps.Keys(unstarted)) {
			faults = append(faults, &web.Fault{What: "a flow cannot start", Err: fmt.Errorf("flow %s: %s", name, unstarted[name])})
		}
	}
	for _, f := range r.trial.Check(ctx) {
		faults = append(faults, &web.Fault{What: f.What, Err: f.Err})
	}
	return errors.Join(faults...)
}

// Remarks say which flows are paused, and who could not be told of one.
func (r *Runner) Remarks(ctx context.Context) []string {
	a := r.instance()
	stand, err := Standing(ctx, a.Store, a.Config)
	if err != nil {
		return nil // Ready says that the state cannot be read
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(stand)) {
		if p := stand[name].Paused; p != nil {
			lines = append(lines, fmt.Sprintf("flow %s is %s", name, p))
		}
		for _, u := range stand[name].Untold {
			lines = append(lines, fmt.Sprintf("flow %s: %s", name, u))
		}
	}
	return lines
}

// Snapshot is what the metrics show of the flows.
func (r *Runner) Snapshot(ctx context.Context) (web.Snapshot, error) {
	states, err := r.instance().Store.Jobs().FlowStates(ctx, FlowsOf(r.instance().Config))
	if err != nil {
		return web.Snapshot{}, err
	}
	depth, err := r.instance().Store.Jobs().Depth(ctx)
	if err != nil {
		return web.Snapshot{}, err
	}
	ends, err := r.instance().Store.History().Ends(ctx)
	if err != nil {
		return web.Snapshot{}, err
	}
	untold, err := failing(ctx, r.instance().Store, r.instance().Config)
	if err != nil {
		return web.Snapshot{}, err
	}
	s := web.Snapshot{
		Jobs: map[string]int{"queued": depth.Queued, "running": depth.Running}, Untold: make(map[string]map[string]int),
		Ends: endsOf(r.instance().Config), Free: freeSpace(r.instance()), Tenants: make(map[string]web.Traffic),
	}
	for name, list := range untold {
		s.Untold[name] = make(map[string]int, len(list))
		for _, u := range list {
			s.Untold[name][u.Target] = u.Failures
		}
	}
	for tenant, t := range r.instance().Traffic() {
		s.Tenants[tenant] = web.Traffic(t)
	}
	for name, queued := range states {
		flow := web.FlowState{Name: name, Next: queued.Next, Last: make(map[string]time.Time), Paused: !queued.Pause.Since.IsZero()}
		for outcome, end := range ends[name] {
			flow.Last[string(outcome)] = end.Last
		}
		flow.Held = ends[name][run.Held].Count
		if flow.File, err = lastFile(ctx, r.instance().Store, name); err != nil {
			return web.Snapshot{}, err
		}
		s.Flows = append(s.Flows, flow)
	}
	return s, nil
}

// wake asks for runs of the flows with hires that wait: of those that were stored when the
// process died before it could ask, or that Lucca could not take.
func (r *Runner) wake(ctx context.Context) error {
	a := r.instance()
	var faults []error
	for name, f := range a.Config.Flows {
		if f.Hires == nil {
			continue
		}
		waiting, err := a.Store.HireBook().PendingHires(ctx, name)
		if err == nil && len(waiting) > 0 {
			r.requests.Add(name)
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}
