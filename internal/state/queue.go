package state

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/schedule"
)

// Errors of the queue.
var (
	// ErrRunning: another daemon uses this SQLite state. The message names its process.
	ErrRunning = errors.New("another lucca-exchange serve uses this state: stop it first, or keep the state in PostgreSQL to run several")
	// ErrAlreadyQueued: a run of the flow waits already, and will do for this one too.
	ErrAlreadyQueued = errors.New("a run of the flow is queued already")
	// ErrUnknownFlow: the configuration of this process has no such flow.
	ErrUnknownFlow = errors.New("no such flow")
)

// Causes with which the context of a run ends, beside ErrLost; see context.Cause.
var (
	// ErrStopping: the process stops and the grace period is over. The run goes back to the
	// queue, and no attempt is counted.
	ErrStopping = errors.New("the program is stopping")
	// ErrCanceled: somebody asked to end the run.
	ErrCanceled = errors.New("canceled on request")
	// ErrTimeout: the run took longer than its flow allows.
	ErrTimeout = errors.New("the run took too long")
)

// Flow is what the queue has to know of a flow.
type Flow struct {
	// Name may have a slash, as those of tenants have.
	Name string
	Kind run.Kind
	// Zone is the flow's; nil: UTC.
	Zone *time.Location
	// Schedule is nil when the flow has none, and runs when it is enqueued.
	Schedule *schedule.Schedule
	// CatchUp is how old a missed slot may be to be run on return; zero: 12 hours.
	CatchUp time.Duration
	// Timeout bounds one attempt; zero: 6 hours.
	Timeout time.Duration
}

// Job is a run of the queue that this process has taken.
type Job struct {
	// Record is the run at work. Its id is fixed when it is queued: a run that is taken over
	// from a dead process keeps it.
	Record Record
	// Resumed: it was begun before, and there may be traces of it to continue from.
	Resumed bool
	// Starts counts how often it was begun, but for the attempts that a stop of the program
	// or a busy flow ended.
	Starts int
}

// QueueOptions say what a process performs.
type QueueOptions struct {
	Flows []Flow
	// Work performs a run and ends it, by Finish or Insist. An error is about a run that
	// could not be ended: it goes back to the queue when Passes says so, and fails otherwise.
	Work func(context.Context, Job) error
	// Abandoned is to end a run as failed that is given up: it was begun too often, or no
	// process has known its flow for an hour, which is then unknown here, too.
	Abandoned func(context.Context, Job) error
	// Unstarted, unless nil, hears of a run that failed before it began: the lock of its flow
	// belongs to another account.
	Unstarted func(context.Context, Record)
	// Interrupted, unless nil, hears of the runs that Begin of Store tells of.
	Interrupted func(context.Context, []Record)
	// Started, unless nil, hears that Run works.
	Started func()
	// Missed, unless nil, hears of slots that will not be run, once, in the process that
	// recorded them. It must not call Reload.
	Missed func(ctx context.Context, flow string, slots []time.Time)
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

// Queue is one process's part of the queue. A run in it is a job of River, in the same
// database, which hands it to one worker of one process, has it come again when it cannot go
// on yet, and keeps it until it is done. What River cannot do is ours.
//
//   - A slot is queued once without a leader: whichever process comes first inserts the slot,
//     its run and its job in one transaction.
//   - What a dead process had in hand is returned within seconds, where River goes by age: each
//     process holds a lock for as long as it lives (see Store), and a job whose process has
//     none is made available again. So there is no beat to miss on a machine that is slow. A
//     process that loses its lock ends its runs before another may have them.
//   - The run outlives its job: its row in runs says what became of it, and by its state and
//     its attempt a job too many, or one that comes twice, does nothing.
//
// Processes may differ in their flows, as while one after the other is reloaded. Of a flow,
// the schedule counts that was the last to be loaded, and only processes that have the same
// one settle its slots. A flow that no process has any more is forgotten.
//
// It is safe for concurrent use.
type Queue struct {
	times  *timetable
	store  *Store
	opts   QueueOptions
	log    *slog.Logger
	node   string // this process, until it ends
	client *river.Client[*sql.Tx]

	mu     sync.Mutex
	place  lock                               // of this process among those at work
	active map[string]context.CancelCauseFunc // runs at work in this process, by id
	closed error                              // why no run may be begun now, or nil
	over   bool                               // the grace period is
}

// timetable is what the process knows of flows and when they are due.
type timetable struct {
	store  *Store
	log    *slog.Logger
	missed func(ctx context.Context, flow string, slots []time.Time)
	wake   chan struct{} // has an element when slots are to be looked at now

	loading   sync.Mutex               // held while flows are loaded, and while slots are settled by them
	last      map[string]knownSchedule // what the last look at the slots left, by flow
	differing map[string]string        // the schedules that were reported to differ, by flow

	mu    sync.Mutex
	flows map[string]Flow
}

// NewQueue makes the part of this process. Nothing runs before Run.
func NewQueue(store *Store, opts QueueOptions) (*Queue, error) {
	if opts.Grace == 0 {
		opts.Grace = defaultGrace
	}
	if opts.Workers == 0 {
		opts.Workers = defaultWorkers
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	q := &Queue{
		times: &timetable{store: store, log: opts.Logger, missed: opts.Missed, wake: make(chan struct{}, 1), differing: map[string]string{}},
		store: store, opts: opts, log: opts.Logger, node: rand.Text(), active: map[string]context.CancelCauseFunc{},
	}
	q.times.setFlows(opts.Flows)
	var err error
	q.client, err = q.newClient()
	return q, err
}

func (q *timetable) setFlows(flows []Flow) {
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
	q.mu.Lock()
	defer q.mu.Unlock()
	q.flows = known
}

func (q *timetable) flow(name string) (Flow, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f, ok := q.flows[name]
	return f, ok
}

// longestTimeout is that of all flows, and no less than the default.
func (q *timetable) longestTimeout() time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	longest := defaultTimeout
	for _, f := range q.flows {
		longest = max(longest, f.Timeout)
	}
	return longest
}

// zone is the flow's.
func (f Flow) zone() *time.Location {
	switch {
	case f.Schedule != nil:
		return f.Schedule.Zone()
	case f.Zone != nil:
		return f.Zone
	}
	return time.UTC
}
