package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// beatEvery, deadAfter and fenceAfter bound a takeover: a process that dies right
	// after a beat is noticed deadAfter+beatEvery later, and its runs begin elsewhere
	// within another fetchPoll: 11 seconds, of 15 that we promise.
	beatEvery  = 2 * time.Second
	deadAfter  = 8 * time.Second
	fenceAfter = 6 * time.Second
	// beatTimeout bounds one beat, so that several are tried before the fence.
	beatTimeout = 2 * time.Second
	// tokenLost is after how long a run that waits gets another token, in case.
	tokenLost = 10 * time.Minute
)

// Join takes this process's place among those at work, which Run would do, so that a
// program can be refused before it opens anything else: ErrRunning when another daemon has
// the SQLite state. Close gives the place up.
func (e *Engine) Join(ctx context.Context) error {
	if err := e.db.join(ctx); err != nil {
		return fmt.Errorf("start queue: %w", err)
	}
	return nil
}

// Run performs what is due until ctx ends. Then it begins nothing more, lets the runs at
// work go on for Options.Grace, cancels them with ErrStopping, and returns. The error is
// nil when every run was settled. ErrRunning: another daemon has the SQLite state.
func (e *Engine) Run(ctx context.Context) error {
	if err := e.Join(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // stopped before it began
		}
		return err
	}
	// The end of ctx begins the stop; it does not end what the stop has to write.
	lasting, finish := context.WithCancel(context.WithoutCancel(ctx))
	defer finish()
	if err := e.begin(lasting); err != nil {
		return errors.Join(fmt.Errorf("start queue: %w", err), e.db.leave(lasting))
	}
	e.log.InfoContext(ctx, "queue.started", "node", e.node)
	if e.opts.Started != nil {
		e.opts.Started()
	}

	var beating sync.WaitGroup
	if shared, ok := e.db.(sharedDatabase); ok {
		beating.Go(func() { e.keepAlive(lasting, shared) })
	}
	beating.Go(func() { e.keepTending(lasting) })
	e.keepSlots(ctx)

	err := e.stop(lasting)
	finish()
	beating.Wait()
	if err != nil {
		// To leave would let others take over what may still be at work here.
		return err
	}
	leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), beatTimeout)
	defer cancel()
	if err := e.db.leave(leaving); err != nil {
		return fmt.Errorf("stop queue: %w", err)
	}
	e.log.InfoContext(ctx, "queue.stopped", "node", e.node)
	return nil
}

func (e *Engine) begin(ctx context.Context) error {
	e.mu.Lock()
	e.closed = nil
	e.mu.Unlock()
	if err := e.load(ctx); err != nil {
		return err
	}
	if err := e.takeOver(ctx); err != nil {
		return err
	}
	return e.db.start(ctx)
}

// load makes the flows that the engine was opened with known.
func (e *Engine) load(ctx context.Context) error {
	e.loading.Lock()
	defer e.loading.Unlock()
	e.mu.Lock()
	flows := slices.Collect(maps.Values(e.flows))
	e.mu.Unlock()
	return e.register(ctx, flows)
}

// Reload takes over a new set of flows. Runs at work go on, also those of flows that are
// no longer there. A schedule that is new, changed or back has no slot in the past, and counts
// for all processes of the state from now on, until one loads another: those that still
// have a different one leave its slots alone.
func (e *Engine) Reload(ctx context.Context, flows []Flow) error {
	e.loading.Lock()
	defer e.loading.Unlock()
	if err := e.register(ctx, flows); err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	e.setFlows(flows)
	select {
	case e.wake <- struct{}{}:
	default:
	}
	return nil
}

// stop ends the runs at work, within the grace period if they can.
func (e *Engine) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, e.opts.Grace+stopMargin)
	defer cancel()
	over := time.AfterFunc(e.opts.Grace, func() { e.cancelAll(ErrStopping) })
	defer over.Stop()
	// River stops fetching at once; what it has fetched and not begun goes back.
	e.mu.Lock()
	e.closed = ErrStopping
	e.mu.Unlock()
	if err := e.db.stop(ctx); err != nil {
		return fmt.Errorf("stop queue: %d runs did not stop: %w", e.countActive(), err)
	}
	return nil
}

// cancelAll ends the runs at work with a cause, and lets none begin.
func (e *Engine) cancelAll(cause error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed == nil {
		e.closed = cause
	}
	for _, cancel := range e.active {
		cancel(cause)
	}
}

func (e *Engine) countActive() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.active)
}

// keepAlive beats until ctx ends. The fence does not wait for a beat that hangs.
func (e *Engine) keepAlive(ctx context.Context, db sharedDatabase) {
	fence := time.AfterFunc(fenceAfter, func() { e.fence(ctx) })
	defer fence.Stop()
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		sent := time.Now()
		if err := e.beatOnce(ctx, db); err != nil {
			if ctx.Err() == nil {
				e.log.WarnContext(ctx, "heartbeat.missed", "err", err)
			}
			continue
		}
		fence.Reset(fenceAfter - time.Since(sent))
		e.unfence(ctx)
	}
}

// keepTending passes on cancellations and takes over from the dead, until ctx ends. It is
// apart from the beat, which must not wait for it.
func (e *Engine) keepTending(ctx context.Context) {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := e.tend(ctx); err != nil && ctx.Err() == nil {
			e.log.WarnContext(ctx, "queue.untended", "err", err)
		}
	}
}

func (e *Engine) beatOnce(ctx context.Context, db sharedDatabase) error {
	ctx, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	alive, err := db.beat(ctx)
	if err != nil || alive {
		return err
	}
	e.fence(ctx)
	return db.join(ctx)
}

// fence ends all runs at work: others may have them now.
func (e *Engine) fence(ctx context.Context) {
	if e.countActive() > 0 {
		e.log.ErrorContext(ctx, "heartbeat.lost", "runs", e.countActive())
	}
	e.cancelAll(ErrLost)
}

func (e *Engine) unfence(ctx context.Context) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if errors.Is(e.closed, ErrLost) {
		e.closed = nil
		e.log.InfoContext(ctx, "heartbeat.restored")
	}
}

// tend does what is due between beats.
func (e *Engine) tend(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, fenceAfter)
	defer cancel()
	if err := e.passOnCancels(ctx); err != nil {
		return err
	}
	return e.takeOver(ctx)
}

// passOnCancels ends the runs of this process that somebody canceled.
func (e *Engine) passOnCancels(ctx context.Context) error {
	if e.countActive() == 0 {
		return nil
	}
	canceled, err := collect(ctx, e.db, one[string], `SELECT id FROM engine_runs
		WHERE state = 'running' AND node = $1 AND cancel_at IS NOT NULL`, e.node)
	if err != nil {
		return fmt.Errorf("read cancellations: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, id := range canceled {
		if cancel, ok := e.active[id]; ok {
			cancel(ErrCanceled)
		}
	}
	return nil
}
