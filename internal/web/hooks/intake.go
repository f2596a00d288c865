package hooks

import (
	"context"
	"sync"
	"time"

	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/state"
)

// hookStoreTimeout bounds one write of hires that webhooks brought, whoever still waits for it.
const hookStoreTimeout = time.Minute

// intake stores what webhooks bring that come at once in one write, so that they wait for the
// disk once and not each in turn: while one write is under way the next gathers.
type intake struct {
	add func(ctx context.Context, hires []state.Hire) ([]state.StoredHire, error)

	mu      sync.Mutex
	waiting []*brought
	writing bool
}

// brought are the hires of one webhook, and once done is closed, what became of them.
type brought struct {
	hires  []state.Hire
	done   chan struct{}
	stored []state.StoredHire
	err    error
}

// put stores hires. When ctx ends before, they may still be stored: a sender that tries again
// finds them known.
func (q *intake) put(ctx context.Context, hires []state.Hire) ([]state.StoredHire, error) {
	b := &brought{hires: hires, done: make(chan struct{})}
	q.mu.Lock()
	q.waiting = append(q.waiting, b)
	lead := !q.writing
	q.writing = true
	q.mu.Unlock()
	if lead {
		go q.drain(context.WithoutCancel(ctx))
	}
	select {
	case <-b.done:
		return b.stored, b.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// drain writes until nobody waits.
func (q *intake) drain(ctx context.Context) {
	for {
		q.mu.Lock()
		var batch []*brought
		for n := 0; len(q.waiting) > 0 && (n == 0 || n+len(q.waiting[0].hires) <= hires.PerWrite); q.waiting = q.waiting[1:] {
			n += len(q.waiting[0].hires)
			batch = append(batch, q.waiting[0])
		}
		q.writing = len(batch) > 0
		q.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		q.write(ctx, batch)
	}
}

// write stores one batch. What the state refuses of one of them must not fail the others, so
// that after a fault each is tried by itself.
func (q *intake) write(ctx context.Context, batch []*brought) {
	ctx, cancel := context.WithTimeout(ctx, hookStoreTimeout)
	defer cancel()
	var all []state.Hire
	for _, b := range batch {
		all = append(all, b.hires...)
	}
	stored, err := q.add(ctx, all)
	for _, b := range batch {
		switch {
		case err == nil:
			b.stored, stored = stored[:len(b.hires)], stored[len(b.hires):]
		case len(batch) > 1 && !state.Unusable(err) && ctx.Err() == nil:
			b.stored, b.err = q.add(ctx, b.hires)
		default:
			b.err = err
		}
		close(b.done)
	}
}
