package web

import (
	"context"
	"sync"
	"time"
)

// Bounds on the checks of readiness.
const (
	readyBudget = 5 * time.Second
	// readyFor is how long an answer is given again.
	readyFor = time.Second
)

// checkup asks whether the daemon is ready, once for all who want to know: anybody may ask
// as often as they like, and each check reads the state. Nobody is refused as one too many,
// since whoever restarts a daemon by its answer would take that for a fault.
type checkup struct {
	readiness Readiness

	// mu is held during a check, so that there is one at a time.
	mu    sync.Mutex
	fault error
	until time.Time
}

// ready returns what Ready said, at most a second ago.
func (c *checkup) ready(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Now().Before(c.until) {
		return c.fault
	}
	// Who asked first may hang up; the answer is for the others too.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyBudget)
	defer cancel()
	c.fault = c.readiness.Ready(ctx)
	c.until = time.Now().Add(readyFor)
	return c.fault
}
