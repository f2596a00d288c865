package engine

import (
	"context"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
)

// tokenKind is the kind of our jobs. It is stored, and queries name it: never change it.
const tokenKind = "exchange_run"

const (
	// fetchPoll is how often tokens are looked for where nobody tells of new ones.
	fetchPoll = time.Second
	// rescueMargin is added to the longest timeout: River's rescuer knows age only, and
	// would hand out the tokens of runs at work.
	rescueMargin = time.Hour
	// stopMargin is what settling takes after runs were told to stop.
	stopMargin = 10 * time.Second
	// finalRetention is how long River keeps a used token, for whoever looks for a fault.
	finalRetention = 24 * time.Hour
	// tokenAttempts is River's count, which we do not go by: see Engine.claim.
	tokenAttempts = 3
)

// token is the whole content of a job.
type token struct {
	Run string `json:"run"`
}

// Kind implements river.JobArgs.
func (token) Kind() string { return tokenKind }

// worker hands tokens to the engine.
type worker struct {
	river.WorkerDefaults[token]
	engine *Engine
}

// Work implements river.Worker. An error but a snooze is never returned: retries are the
// engine's decision.
func (w *worker) Work(ctx context.Context, job *river.Job[token]) error {
	if wait, again := w.engine.work(ctx, job.Args.Run); again {
		return river.JobSnooze(wait)
	}
	return nil
}

// Timeout implements river.Worker. The engine's own comes first, and says why; this one is
// for a run that does not listen to it.
func (w *worker) Timeout(*river.Job[token]) time.Duration {
	return w.engine.longestTimeout() + rescueMargin/2
}

// newClient sets all that River would otherwise decide for us: a timeout of a minute, 25
// attempts, an endless wait at the stop.
func newClient[T any](e *Engine, driver riverdriver.Driver[T], pollOnly bool) (*river.Client[T], error) {
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &worker{engine: e}); err != nil {
		return nil, err
	}
	return river.NewClient(driver, &river.Config{
		ID:                          e.node,
		Logger:                      slog.New(riverLog{e.log.Handler()}),
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: e.opts.Workers}},
		Workers:                     workers,
		MaxAttempts:                 tokenAttempts,
		JobTimeout:                  e.longestTimeout(),
		RescueStuckJobsAfter:        e.longestTimeout() + rescueMargin,
		CompletedJobRetentionPeriod: finalRetention,
		CancelledJobRetentionPeriod: finalRetention,
		DiscardedJobRetentionPeriod: finalRetention,
		FetchPollInterval:           fetchPoll,
		SoftStopTimeout:             e.opts.Grace + stopMargin,
		PollOnly:                    pollOnly,
	})
}

// riverLog passes on River's warnings and errors, as events of ours.
type riverLog struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h riverLog) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h riverLog) Handle(ctx context.Context, r slog.Record) error {
	event := slog.NewRecord(r.Time, r.Level, "queue.warned", r.PC)
	event.AddAttrs(slog.String("said", r.Message))
	r.Attrs(func(a slog.Attr) bool {
		event.AddAttrs(a)
		return true
	})
	return h.Handler.Handle(ctx, event)
}

// WithAttrs implements slog.Handler.
func (h riverLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return riverLog{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h riverLog) WithGroup(name string) slog.Handler { return riverLog{h.Handler.WithGroup(name)} }
