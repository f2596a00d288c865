package web

import (
	"context"
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

	// turn holds a value during a check, so that there is one at a time, and guards the rest.
	turn  chan struct{}
	fault error
	until time.Time
}

func newCheckup(r Readiness) *checkup {
	return &checkup{readiness: r, turn: make(chan struct{}, 1)}
}

// ready returns what Ready said, at most a second ago.
func (c *checkup) ready(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
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
