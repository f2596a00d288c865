package state

import "context"

// turn lets those of one process write one after the other, in the order in which they came.
// SQLite has one writer: those that meet there wait in its own loop, in which who comes again and
// again may pass by who waits for long.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// acquire waits for the turn, and returns how to end it.
func (t turn) acquire(ctx context.Context) (done func(), err error) {
	select {
	case t <- struct{}{}:
		return func() { <-t }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// takeTurn waits until no other of this process writes to the state.
func (l *handle) takeTurn(ctx context.Context) (done func(), err error) {
	if !l.store.oneWriter() {
		return func() {}, nil
	}
	return l.turn.acquire(ctx)
}
