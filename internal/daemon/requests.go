package daemon

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"lucca-exchange/internal/state"
)

// askEvery bounds the pause between two attempts to ask for a run.
const askEvery = 5 * time.Second

// Requests asks for runs of flows, and goes on to ask while the queue cannot be written.
type Requests struct {
	ask  func(ctx context.Context, flow string) error
	told func(ctx context.Context, flow string, err error)

	mu    sync.Mutex
	flows map[string]bool
	wake  chan struct{}
}

// NewRequests makes a part that asks by ask. Told hears of each time that it could not.
func NewRequests(ask func(ctx context.Context, flow string) error, told func(ctx context.Context, flow string, err error)) *Requests {
	return &Requests{ask: ask, told: told, flows: make(map[string]bool), wake: make(chan struct{}, 1)}
}

// Add asks for a run of a flow soon. What for must be in the state already: after a crash only
// that tells of it.
func (q *Requests) Add(flow string) {
	q.mu.Lock()
	q.flows[flow] = true
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Run asks until ctx ends.
func (q *Requests) Run(ctx context.Context) error {
	pauses := &backoff.ExponentialBackOff{InitialInterval: 100 * time.Millisecond, Multiplier: 2, RandomizationFactor: 0.5, MaxInterval: askEvery}
	pauses.Reset()
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-q.wake:
		case <-again:
		}
		again = nil
		if q.askAll(ctx) {
			pauses.Reset()
			continue
		}
		again = time.After(pauses.NextBackOff())
	}
}

// askAll reports whether no flow is left to be asked for.
func (q *Requests) askAll(ctx context.Context) bool {
	q.mu.Lock()
	flows := q.flows
	q.flows = make(map[string]bool)
	q.mu.Unlock()
	done := true
	for _, flow := range slices.Sorted(maps.Keys(flows)) {
		err := q.ask(ctx, flow)
		if err == nil {
			continue
		}
		if ctx.Err() == nil {
			q.told(ctx, flow, err)
		}
		if errors.Is(err, state.ErrUnknownFlow) {
			continue // a reload took it away
		}
		done = false
		q.mu.Lock()
		q.flows[flow] = true
		q.mu.Unlock()
	}
	return done
}
