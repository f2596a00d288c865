package state

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestWriterThatComesAgainAndAgainPassesNobodyBy: webhooks, stored one after the other on a slow disk,
// once kept the queue from being written until it gave up.
func TestWriterThatComesAgainAndAgainPassesNobodyBy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turn, stop := newTurn(), make(chan struct{})
		const write = 2 * time.Second
		for range 4 {
			go func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					done, err := turn.acquire(t.Context())
					if err != nil {
						return
					}
					time.Sleep(write)
					done()
				}
			}()
		}
		synctest.Wait()
		for range 10 {
			began := time.Now()
			done, err := turn.acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > 4*write {
				t.Errorf("waited for %s, want no more than the four that were first", took)
			}
			done()
		}
		close(stop)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := turn.acquire(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		time.Sleep(10 * write)
	})
}
