package daemon

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lucca-exchange/internal/state"
)

// TestFlowThatCouldNotBeQueuedIsQueuedWhenItCan: a run was once forgotten until the next slot when
// the queue could not be written for a moment.
func TestFlowThatCouldNotBeQueuedIsQueuedWhenItCan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		busy, asked, said := true, map[string]bool{}, 0
		q := NewRequests(func(_ context.Context, flow string) error {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case flow == "gone":
				return state.ErrUnknownFlow
			case busy && flow == "ats":
				return context.DeadlineExceeded
			}
			asked[flow] = true
			return nil
		}, func(context.Context, string, error) { mu.Lock(); said++; mu.Unlock() })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- q.Run(ctx) }()
		for range 3 {
			q.Add("ats")
			q.Add("other")
		}
		q.Add("gone")
		time.Sleep(time.Minute)
		mu.Lock()
		if _, ok := asked["ats"]; ok || !asked["other"] || said < 3 {
			t.Errorf("while the queue is busy: %v, said %d times", asked, said)
		}
		busy = false
		mu.Unlock()
		time.Sleep(2 * askEvery)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if !asked["ats"] || len(q.flows) != 0 {
			t.Errorf("once it is not: %v", asked)
		}
	})
}
