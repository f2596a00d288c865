package web

import (
	"context"
	"sync"
	"time"
)

// Bounds on what is received at once, by senders who have shown a right token.
const (
	// maxReceiving times maxEvent is what hooks can take of memory.
	maxReceiving = 64
	// maxReceivingFlow keeps one flow, whose sender may be slow, from taking all places.
	maxReceivingFlow = 32
	// placeBudget is how long a sender waits for a place before it is told to come later.
	placeBudget = 5 * time.Second
)

// places are those at which events are received.
type places struct {
	all chan struct{}

	mu sync.Mutex
	// flows are those that are configured: nobody else gets this far.
	flows map[string]chan struct{}
}

func newPlaces() *places {
	return &places{all: make(chan struct{}, maxReceiving), flows: make(map[string]chan struct{})}
}

// enter waits for a place of the flow and then for one of all, and returns how to leave it;
// false: there was none in time.
func (p *places) enter(ctx context.Context, flow string) (leave func(), ok bool) {
	ctx, cancel := context.WithTimeout(ctx, placeBudget)
	defer cancel()
	own := p.of(flow)
	for i, queue := range []chan struct{}{own, p.all} {
		select {
		case queue <- struct{}{}:
		case <-ctx.Done():
			if i > 0 {
				<-own
			}
			return nil, false
		}
	}
	return func() { <-p.all; <-own }, true
}

func (p *places) of(flow string) chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	one, ok := p.flows[flow]
	if !ok {
		one = make(chan struct{}, maxReceivingFlow)
		p.flows[flow] = one
	}
	return one
}
