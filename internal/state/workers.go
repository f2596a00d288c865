package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// tendEvery is how often jobs of dead processes are looked for. With fetchPoll it bounds a
	// takeover: of a process that is killed, the server frees the lock at once, so that its run
	// begins elsewhere within some 2 seconds; of a machine that vanishes, after 11 more.
	tendEvery = time.Second
	// tendTimeout bounds one look, and the end of the part of this process.
	tendTimeout = 15 * time.Second
)

// Join takes this process's place among those at work, which Run would do, so that a
// program can be refused before it opens anything else: ErrRunning when another daemon has
// the SQLite state. Leave gives the place up.
func (q *Queue) Join(ctx context.Context) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.place != nil {
		return nil
	}
	place, err := q.store.store.join(ctx, q.node)
	if err != nil {
		return fmt.Errorf("start queue: %w", err)
	}
	q.place = place
	return nil
}

// Leave gives up the place of this process, unless Run has done so. Run must have returned.
func (q *Queue) Leave() error {
	q.mu.Lock()
	place := q.place
	q.place = nil
	q.mu.Unlock()
	if place == nil {
		return nil
	}
	return place.unlock()
}

// Run performs what is due until ctx ends. Then it begins nothing more, lets the runs at
// work go on for QueueOptions.Grace, cancels them with ErrStopping, and returns. The error is
// nil when every run was settled. ErrRunning: another daemon has the SQLite state.
func (q *Queue) Run(ctx context.Context) error {
	if err := q.Join(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // stopped before it began
		}
		return err
	}
	// The end of ctx begins the stop; it does not end what the stop has to write.
	lasting, finish := context.WithCancel(context.WithoutCancel(ctx))
	defer finish()
	if err := q.begin(lasting); err != nil {
		return errors.Join(fmt.Errorf("start queue: %w", err), q.Leave())
	}
	q.log.InfoContext(ctx, "queue.started", "node", q.node)
	if q.opts.Started != nil {
		q.opts.Started()
	}

	var tending sync.WaitGroup
	tending.Go(func() { q.keepPlace(lasting) })
	tending.Go(func() { q.keepTending(lasting) })
	q.times.keepSlots(ctx)

	err := q.stop(lasting)
	finish()
	tending.Wait()
	if err != nil {
		// To leave would let others take over what may still be at work here.
		return err
	}
	if err := q.Leave(); err != nil {
		return fmt.Errorf("stop queue: %w", err)
	}
	q.log.InfoContext(ctx, "queue.stopped", "node", q.node)
	return nil
}

func (q *Queue) begin(ctx context.Context) error {
	if err := q.times.load(ctx); err != nil {
		return err
	}
	// Whoever moves a state looks for daemons first: one that began meanwhile sees it here.
	if err := stayed(ctx, q.store.handle); err != nil {
		return err
	}
	if err := q.tend(ctx); err != nil {
		return err
	}
	return q.client.Start(ctx)
}

// stop ends the runs at work, within the grace period if they can.
func (q *Queue) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, q.opts.Grace+stopMargin)
	defer cancel()
	expired := time.AfterFunc(q.opts.Grace, func() {
		q.mu.Lock()
		q.over = true
		q.mu.Unlock()
		q.cancelAll(ErrStopping)
	})
	defer expired.Stop()
	// River stops fetching at once; what it has fetched and not begun goes back.
	q.mu.Lock()
	q.closed = ErrStopping
	q.mu.Unlock()
	if err := q.client.Stop(ctx); err != nil {
		return fmt.Errorf("stop queue: %d runs did not stop: %w", q.countActive(), err)
	}
	return nil
}

// cancelAll ends the runs at work with a cause, and lets none begin.
func (q *Queue) cancelAll(cause error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed == nil {
		q.closed = cause
	}
	for _, cancel := range q.active {
		cancel(cause)
	}
}

func (q *Queue) countActive() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.active)
}

// keepPlace ends the runs at work when the lock that says that this process lives is lost, since
// others may have them now, and takes it again.
func (q *Queue) keepPlace(ctx context.Context) {
	for ctx.Err() == nil {
		q.mu.Lock()
		place := q.place
		q.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-place.lost().Done():
		}
		//nolint:contextcheck // why it was lost is the place's to say
		q.log.ErrorContext(ctx, "contact.lost", "runs", q.countActive(), "err", context.Cause(place.lost()))
		q.cancelAll(fmt.Errorf("contact with the database was lost: %w", ErrLost))
		if err := q.Leave(); err != nil {
			q.log.WarnContext(ctx, "contact.lost", "err", err)
		}
		q.rejoin(ctx)
	}
}

func (q *Queue) rejoin(ctx context.Context) {
	for ctx.Err() == nil {
		err := q.Join(ctx)
		if err == nil {
			break
		}
		if ctx.Err() == nil {
			q.log.WarnContext(ctx, "contact.missed", "err", err)
		}
		_ = pause(ctx, tendEvery)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if errors.Is(q.closed, ErrLost) && q.place != nil {
		q.closed = nil
		q.log.InfoContext(ctx, "contact.restored")
	}
}

// keepTending takes over from the dead until ctx ends.
func (q *Queue) keepTending(ctx context.Context) {
	ticker := time.NewTicker(tendEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := q.tend(ctx); err != nil && ctx.Err() == nil {
			q.log.WarnContext(ctx, "queue.untended", "err", err)
		}
	}
}

// fetched is a job that a process of River's has, or had.
type fetched struct {
	id        int64
	run, node string
}

// tend returns the jobs that dead processes had in hand to the queue, and gives one to each
// run that has lost its own, as those have that an earlier version of the program queued.
func (q *Queue) tend(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, tendTimeout)
	defer cancel()
	var dead []fetched
	var lost []string
	err := q.store.read(ctx, "look for lost jobs", func(ctx context.Context, tx *sql.Tx) (err error) {
		if dead, err = deadJobs(ctx, q, tx); err != nil {
			return err
		}
		lost, err = lostRuns(ctx, tx)
		return err
	})
	if err != nil || len(dead)+len(lost) == 0 {
		return err
	}
	return q.store.write(ctx, "take over", func(ctx context.Context, tx *sql.Tx) error {
		for _, job := range dead {
			n, err := affected(tx.ExecContext(ctx, `UPDATE river_job SET state = 'available' WHERE id = $1 AND state = 'running' AND `+
				q.store.store.lastNode()+` = $2`, job.id, job.node))
			if err != nil {
				return err
			}
			if n > 0 {
				q.log.WarnContext(ctx, "run.taken-over", "run", job.run, "from", job.node)
			}
		}
		// Another process may have been quicker.
		if lost, err = lostRuns(ctx, tx); err != nil {
			return err
		}
		for _, id := range lost {
			if err := q.store.Jobs().insertJob(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// deadJobs first reads the jobs and then who lives: a process that is about to take a job has
// its lock.
func deadJobs(ctx context.Context, q *Queue, tx *sql.Tx) (dead []fetched, err error) {
	query := `SELECT j.id, coalesce(r.id, ''), coalesce(` + q.store.store.lastNode() + `, '') FROM river_job j
		LEFT JOIN runs r ON r.job = j.id WHERE j.kind = '` + jobKind + `' AND j.state = 'running'`
	jobs, err := selectAll(ctx, tx, func(row scanner) (f fetched, err error) {
		err = row.Scan(&f.id, &f.run, &f.node)
		return f, err
	}, query)
	if err != nil {
		return nil, err
	}
	var others []string
	for _, job := range jobs {
		if job.node != q.node {
			others = append(others, job.node)
		}
	}
	if len(others) == 0 {
		return nil, nil
	}
	alive, err := q.store.store.alive(ctx, tx, others)
	for _, job := range jobs {
		if job.node != q.node && !alive[job.node] {
			dead = append(dead, job)
		}
	}
	return dead, err
}

// lostRuns are those of the queue that no job stands for.
func lostRuns(ctx context.Context, tx *sql.Tx) ([]string, error) {
	return selectAll(ctx, tx, value[string], `SELECT id FROM runs
		WHERE state IN ('queued', 'running') AND resumable AND outcome = '' AND NOT EXISTS (
			SELECT 1 FROM river_job j WHERE j.id = runs.job AND j.state IN ('available', 'pending', 'retryable', 'running', 'scheduled'))
		ORDER BY queued_at, id`)
}
