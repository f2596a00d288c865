package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lucca-exchange/internal/schedule"
)

// Errors that callers and Work branch on.
var (
	// ErrRunning: another daemon uses this SQLite state. The message names its process.
	ErrRunning = errors.New("another lucca-exchange serve uses this state: stop it first, or keep the state in PostgreSQL to run several")
	// ErrAlreadyQueued: a run of the flow waits already, and will do for this one too.
	ErrAlreadyQueued = errors.New("a run of the flow is queued already")
	// ErrUnknownFlow: the configuration of this process has no such flow.
	ErrUnknownFlow = errors.New("no such flow")
	// ErrNotFound: the queue never had such a run.
	ErrNotFound = errors.New("not found")
	// ErrEnded: the run has ended already.
	ErrEnded = errors.New("the run has ended already")
)

// Errors that Work returns, wrapped, to have its run again.
var (
	// ErrRetry: nothing was done that must not be done twice. The run is tried again, three
	// times in all.
	ErrRetry = errors.New("safe to try again")
	// ErrBusy: the flow is at work outside of the queue, such as by `run FLOW`. The run is
	// tried again until it is not, and no attempt is counted.
	ErrBusy = errors.New("the flow is busy elsewhere")
)

// Causes with which the context of a run ends, see context.Cause.
var (
	// ErrStopping: the process stops and the grace period is over. The run goes back to the
	// queue, and no attempt is counted.
	ErrStopping = errors.New("the program is stopping")
	// ErrLost: this process could not tell the others that it lives, and they may have
	// taken the run over.
	ErrLost = errors.New("contact with the database was lost")
	// ErrCanceled: somebody canceled the run.
	ErrCanceled = errors.New("the run was canceled")
	// ErrTimeout: the run took longer than its flow allows.
	ErrTimeout = errors.New("the run took too long")
)

// Reason is why a run was queued.
type Reason string

// Reasons. Schedule and CatchUp are the engine's own: a slot at its time, and one that was
// missed while no process was up.
const (
	Schedule Reason = "schedule"
	CatchUp  Reason = "catch_up"
	Manual   Reason = "manual"
	Webhook  Reason = "webhook"
)

// Flow is what the engine has to know of a flow.
type Flow struct {
	// Name may have a slash, as those of tenants have.
	Name string
	// Schedule is nil when the flow has none, and runs when it is enqueued.
	Schedule *schedule.Schedule
	// CatchUp is how old a missed slot may be to be run on return; zero: 12 hours.
	CatchUp time.Duration
	// Timeout bounds one attempt; zero: 6 hours.
	Timeout time.Duration
}

// Job is one run to perform.
type Job struct {
	// ID is the run's, fixed when it was queued: a run that is tried again, or taken over
	// from a dead process, keeps it.
	ID   string
	Flow string
	// Slot is zero for a run that no schedule asked for.
	Slot   time.Time
	Reason Reason
	// Attempt is 1 unless an earlier one failed with ErrRetry or died with its process:
	// then there may be traces of it to continue from.
	Attempt int
}

// Options say what to run and where the queue is.
type Options struct {
	// State is the store's: sqlite:PATH, which the store must have made, or a
	// postgres:// URL.
	State string
	Flows []Flow
	// Work performs one run. When it returns, the run is over, whatever the error, unless
	// that wraps ErrRetry or ErrBusy, or the context ended with ErrStopping or ErrLost and
	// the error says so (wraps the cause, or context.Canceled). It may be called again for
	// a run that it completed, when the process died before the queue knew: it must find
	// that out from the store.
	Work func(context.Context, Job) error
	// Started, unless nil, hears that Run works: it has taken over from the dead and hands
	// out runs.
	Started func()
	// Missed, unless nil, hears of slots that will not be run, once, in the process that
	// recorded them. It must not call Reload.
	Missed func(ctx context.Context, flow string, slots []time.Time)
	// Abandoned, unless nil, hears of a run that is given up since it was begun too often,
	// or since no process knows its flow any more, in the process that recorded it.
	Abandoned func(context.Context, Job)
	// Turn, unless nil, is waited for before each write, and ended after it.
	Turn   func(context.Context) (done func(), err error)
	Logger *slog.Logger
	// Workers is how many runs this process performs at a time; zero: 16.
	Workers int
	// Grace is how long runs have to end by themselves when Run stops; zero: 30 seconds.
	Grace time.Duration
}

const (
	defaultCatchUp = 12 * time.Hour
	defaultTimeout = 6 * time.Hour
	defaultGrace   = 30 * time.Second
	defaultWorkers = 16
)

// Engine is one process's part of the queue. It is safe for concurrent use.
type Engine struct {
	opts Options
	log  *slog.Logger
	node string // this process, until it ends
	db   database
	gone atomic.Bool   // closed
	wake chan struct{} // has an element when slots are to be looked at now

	loading   sync.Mutex           // held while flows are loaded, and while slots are settled by them
	last      map[string]knownFlow // what the last look at the slots left, by flow
	differing map[string]string    // the schedules that were reported to differ, by flow

	mu     sync.Mutex
	flows  map[string]Flow
	active map[string]context.CancelCauseFunc // runs at work in this process, by id
	closed error                              // why no run may be begun now, or nil
}

// Open opens the queue in the state and brings its tables up to date. Nothing runs before
// Run; a command uses an engine without it to look and to ask.
func Open(ctx context.Context, opts Options) (*Engine, error) {
	if opts.Grace == 0 {
		opts.Grace = defaultGrace
	}
	if opts.Workers == 0 {
		opts.Workers = defaultWorkers
	}
	if opts.Turn == nil {
		opts.Turn = func(context.Context) (func(), error) { return func() {}, nil }
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	e := &Engine{
		opts:   opts,
		log:    opts.Logger,
		node:   rand.Text(),
		wake:   make(chan struct{}, 1),
		active: map[string]context.CancelCauseFunc{},

		differing: map[string]string{},
	}
	e.setFlows(opts.Flows)
	var err error
	if strings.HasPrefix(opts.State, "sqlite:") {
		e.db, err = openSQLite(ctx, e)
	} else {
		e.db, err = openPostgres(ctx, e)
	}
	if err != nil {
		return nil, fmt.Errorf("open queue: %w", err)
	}
	return e, nil
}

// Close closes the connections. Run must have returned.
func (e *Engine) Close() error {
	e.gone.Store(true)
	return e.db.close()
}

func (e *Engine) setFlows(flows []Flow) {
	known := make(map[string]Flow, len(flows))
	for _, f := range flows {
		if f.CatchUp == 0 {
			f.CatchUp = defaultCatchUp
		}
		if f.Timeout == 0 {
			f.Timeout = defaultTimeout
		}
		known[f.Name] = f
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.flows = known
}

func (e *Engine) flow(name string) (Flow, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f, ok := e.flows[name]
	return f, ok
}

// longestTimeout is that of all flows, and no less than the default.
func (e *Engine) longestTimeout() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	longest := defaultTimeout
	for _, f := range e.flows {
		longest = max(longest, f.Timeout)
	}
	return longest
}
