package remote

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/cenkalti/backoff/v5"

	"lucca-exchange/internal/fault"
)

// busyPatience is how long a file that is in use on the server is tried again, however few the
// attempts: virus scanners and indexers let go of a new file within minutes.
const busyPatience = 3 * time.Minute

// Patience is how long what is left of one file may fail in a way that can pass before later files
// go on without it.
const Patience = 24 * time.Hour

// Attempts says how often an operation is tried when its failure may pass, and how soon.
type Attempts struct {
	Max int
	// Wait is the time before the second attempt. It is doubled before each further one.
	Wait time.Duration
}

// Retry runs op until it succeeds, or fails in a way that mayPass says no to, or has been tried
// as often as a says; what fails by ErrBusy is tried for some minutes in any case. When ctx ends
// between two attempts the error wraps its cause and the failure of the last attempt.
func (a Attempts) Retry(ctx context.Context, op func() error, mayPass func(error) bool) error {
	var last error
	tries, start := 0, time.Now()
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		tries++
		last = op()
		busy := errors.Is(last, ErrBusy) && time.Since(start) < busyPatience
		if last != nil && (!mayPass(last) || tries >= a.Max && !busy) {
			return struct{}{}, backoff.Permanent(last)
		}
		return struct{}{}, last
	}, backoff.WithBackOff(&backoff.ExponentialBackOff{
		InitialInterval: a.Wait, Multiplier: 2, MaxInterval: math.MaxInt64,
	}), backoff.WithMaxElapsedTime(0))
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, cause) && last != nil && !errors.Is(last, cause) {
		return fault.As(cause, "%v; the last attempt: %w", cause, last)
	}
	return err
}
