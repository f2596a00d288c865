package state

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// busyStore is a state whose lock others hold, one after the other, for a while.
type busyStore struct {
	store
	until time.Time
	tries int
}

type freeLock struct{}

func (freeLock) unlock() error         { return nil }
func (freeLock) lost() context.Context { return context.Background() }

func (s *busyStore) tryLock(context.Context, string) (lock, error) {
	s.tries++
	if time.Now().Before(s.until) {
		return nil, errLockHeld
	}
	return freeLock{}, nil
}

// TestLockThatMovesIsWaitedFor: many that opened a state at once on a machine at a load of 20 were
// told after 6 s that another program had locked it, which was one of ours that got on.
func TestLockThatMovesIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &busyStore{until: time.Now().Add(50 * time.Second)}
		if _, err := waitLock(t.Context(), s, "schema"); err != nil {
			t.Errorf("after 50 s: %v", err)
		}
		if s.tries > 300 {
			t.Errorf("the lock was tried %d times", s.tries)
		}
		s.until = time.Now().Add(time.Hour)
		began := time.Now()
		if _, err := waitLock(t.Context(), s, "schema"); !errors.Is(err, ErrLocked) || time.Since(began) != lockPatience {
			t.Errorf("of one that hangs: %v after %s", err, time.Since(began))
		}
	})
}
