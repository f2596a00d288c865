package state

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// jobKind is the kind of our jobs. It is stored, and queries name it: never change it.
const jobKind = "exchange_run"

const (
	// fetchPoll is how often jobs are looked for.
	fetchPoll = time.Second
	// rescueMargin is added to the longest timeout: River's rescuer knows age only, and
	// would hand out the jobs of runs at work. It is the net below our own takeover.
	rescueMargin = time.Hour
	// stopMargin is what settling takes after runs were told to stop.
	stopMargin = 10 * time.Second
	// finalRetention is how long River keeps a job that is over, for whoever looks for a fault.
	finalRetention = 24 * time.Hour
	// maxStarts is how often a run is begun at all: one that takes its process down each
	// time must not do so for ever. River counts the starts, a snooze is none.
	maxStarts = 5
	// jobAttempts is above, so that River does not discard a job that is to be given up.
	jobAttempts = 2 * maxStarts
	// retryAfter is the wait before a run is begun again whose process lost contact.
	retryAfter = time.Second
)

// jobArgs is the whole content of a job.
type jobArgs struct {
	Run string `json:"run"`
}

// Kind implements river.JobArgs.
func (jobArgs) Kind() string { return jobKind }

// worker hands jobs to the queue.
type worker struct {
	river.WorkerDefaults[jobArgs]
	queue *Queue
}

// Work implements river.Worker.
func (w *worker) Work(ctx context.Context, job *river.Job[jobArgs]) error {
	return w.queue.work(ctx, job)
}

// Timeout implements river.Worker. The queue's own comes first, and says why; this one is
// for a run that does not listen to it.
func (w *worker) Timeout(*river.Job[jobArgs]) time.Duration {
	return w.queue.times.longestTimeout() + rescueMargin/2
}

// NextRetry implements river.Worker.
func (w *worker) NextRetry(*river.Job[jobArgs]) time.Time { return time.Now().Add(retryAfter) }

// newClient sets all that River would otherwise decide for us: a timeout of a minute, 25
// attempts, an endless wait at the stop. It asks and does not listen: on PostgreSQL that would
// take one more connection, and on SQLite it would be a look at a table twenty times a second.
func (q *Queue) newClient() (*river.Client[*sql.Tx], error) {
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &worker{queue: q}); err != nil {
		return nil, err
	}
	return river.NewClient(q.store.store.jobs(q.store.db), &river.Config{
		ID:                          q.node,
		Logger:                      slog.New(riverLog{q.log.Handler()}),
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: q.opts.Workers}},
		Workers:                     workers,
		MaxAttempts:                 jobAttempts,
		JobTimeout:                  q.times.longestTimeout(),
		RescueStuckJobsAfter:        q.times.longestTimeout() + rescueMargin,
		CompletedJobRetentionPeriod: finalRetention,
		CancelledJobRetentionPeriod: finalRetention,
		DiscardedJobRetentionPeriod: finalRetention,
		FetchPollInterval:           fetchPoll,
		SoftStopTimeout:             q.opts.Grace + stopMargin,
		PollOnly:                    true,
	})
}

// newInserter is for those that queue runs and perform none.
func (l Jobs) newInserter() (*river.Client[*sql.Tx], error) {
	return river.NewClient(l.store.jobs(l.db), &river.Config{Logger: slog.New(slog.DiscardHandler), MaxAttempts: jobAttempts})
}

// insertJob has a run handed out. It is the run's job from now on, and any other is not.
func (l Jobs) insertJob(ctx context.Context, tx *sql.Tx, id string) error {
	inserted, err := l.inserter.InsertTx(ctx, tx, jobArgs{id}, nil)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE runs SET job = $2 WHERE id = $1`, id, inserted.Job.ID)
	return err
}

// removeJob takes the job of a run out of the queue.
func (l Jobs) removeJob(ctx context.Context, tx *sql.Tx, job sql.Null[int64]) error {
	if !job.Valid {
		return nil
	}
	_, err := l.inserter.JobCancelTx(ctx, tx, job.V)
	if errors.Is(err, rivertype.ErrNotFound) {
		return nil
	}
	return err
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
