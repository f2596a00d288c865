package remote

import (
	"context"
	"time"
)

// seenWithin is how long a change that a server has answered for is waited for, at most.
const seenWithin = 10 * time.Second

// Seen asks look again and again, for some seconds, until it returns true: a server with several
// machines or an object store behind it shows a change some time after it has answered for it.
// What a waits between two attempts is the measure: five times as long, and not over 10 s.
func (a Attempts) Seen(ctx context.Context, look func() (bool, error)) (bool, error) {
	left := min(5*a.Wait, seenWithin)
	for wait := left / 40; ; wait *= 2 {
		if seen, err := look(); seen || err != nil || left <= 0 {
			return seen, err
		}
		wait = min(wait, left)
		left -= wait
		select {
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}
