package dir

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"lucca-exchange/internal/remote"
)

const (
	// patience is how long one system call may take: the disk of a share may be slow to take
	// what was written.
	patience = 5 * time.Minute
	// grace is how long one is waited for after the context has ended. Most are about to return,
	// and it is better to know what they did.
	grace = 2 * time.Second
)

// calls makes the system calls of one session, one after the other. One that does not return, as
// on a hard mount whose server is gone, cannot be interrupted: it is left behind, and nothing
// that it was given is used again.
type calls struct {
	dir string
	// lost counts those that were left behind, for all sessions of the remote.
	lost *atomic.Int64
}

// do makes a call, which errors name.
func (c *calls) do(ctx context.Context, what string, op func() error) error {
	_, err := call(ctx, c, what, func() (struct{}, error) { return struct{}{}, op() })
	return err
}

// call makes a call that has a result. While there is one that was left behind there is no other:
// each would keep a thread.
func call[T any](ctx context.Context, c *calls, what string, op func() (T, error)) (T, error) {
	var none T
	switch {
	case ctx.Err() != nil:
		return none, context.Cause(ctx)
	case c.lost.Load() > 0:
		return none, c.silent(what, remote.ErrTemporary)
	}
	done := make(chan outcome[T], 1)
	go func() {
		result, err := op()
		done <- outcome[T]{result, err}
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	why := remote.ErrTemporary
	select {
	case o := <-done:
		return o.result, o.err
	case <-timer.C:
	case <-ctx.Done():
		why = context.Cause(ctx)
		timer.Reset(grace)
		select {
		case o := <-done:
			return o.result, o.err
		case <-timer.C:
		}
	}
	c.lost.Add(1)
	go func() {
		<-done
		c.lost.Add(-1)
	}()
	return none, c.silent(what, why)
}

type outcome[T any] struct {
	result T
	err    error
}

func (c *calls) silent(what string, cause error) error {
	return fmt.Errorf("the folder %q does not answer (%s): it may be a share whose server is gone: %w", c.dir, what, cause)
}
