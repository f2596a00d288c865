package web

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Fault is one reason for which the daemon is not ready.
type Fault struct {
	// What is for anybody who reaches the port, such as "the state cannot be written": it names
	// no machine, no path and no person.
	What string
	// Err says more, to users, on this machine and in the log.
	Err error
}

// Error says everything.
func (f *Fault) Error() string { return f.What + ": " + f.Err.Error() }

// Unwrap returns Err.
func (f *Fault) Unwrap() error { return f.Err }

// Bounds on the checks of readiness.
const (
	readyBudget = 5 * time.Second
	// readyFor is how long an answer is given again.
	readyFor = time.Second
)

// readyCheck asks whether the daemon is ready, once for all who want to know: anybody may ask
// as often as they like, and each check reads the state. Nobody is refused as one too many,
// since whoever restarts a daemon by its answer would take that for a fault.
type readyCheck struct {
	readiness Readiness
	logger    *slog.Logger

	// turn holds a value during a check, so that there is one at a time, and guards the rest.
	turn  chan struct{}
	fault error
	until time.Time
}

func newReadyCheck(r Readiness, l *slog.Logger) *readyCheck {
	return &readyCheck{readiness: r, logger: l, turn: make(chan struct{}, 1)}
}

// ready returns what Ready said, at most a second ago.
func (c *readyCheck) ready(ctx context.Context) error {
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
	before := c.fault
	c.fault = c.readiness.Ready(ctx)
	c.until = time.Now().Add(readyFor)
	c.log(ctx, before)
	return c.fault
}

// log tells of a change, and not of each look.
func (c *readyCheck) log(ctx context.Context, before error) {
	switch {
	case c.fault == nil && before != nil:
		c.logger.InfoContext(ctx, "daemon.ready")
	case c.fault != nil && (before == nil || before.Error() != c.fault.Error()):
		c.logger.ErrorContext(ctx, "daemon.unready", "err", c.fault)
	}
}

// said is what a stranger is told of a fault.
func said(err error) string {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.What
	}
	return "not ready"
}
