package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// slowState is a state that takes its time to say whether it is ready.
type slowState struct {
	takes  time.Duration
	asked  atomic.Int32
	broken atomic.Bool
}

func (s *slowState) Ready(ctx context.Context) error {
	s.asked.Add(1)
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return ctx.Err()
	}
	if s.broken.Load() {
		return errors.New("the state cannot be written")
	}
	return nil
}

func TestManyWhoAskWhetherTheDaemonIsReady(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		state := &slowState{takes: 100 * time.Millisecond}
		s, err := New(Config{}, Options{Logger: newQuiet(), Readiness: state})
		if err != nil {
			t.Fatal(err)
		}
		h := s.handler()
		ask := func(ctx context.Context) int {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/readyz", http.NoBody))
			return w.Code
		}
		steps := []struct {
			name   string
			pause  time.Duration
			broken bool
			status int
			asked  int32
		}{
			{"at first", 0, false, 200, 1},
			{"just before the answer is old", readyFor - time.Nanosecond, true, 200, 1},
			{"when it is", time.Nanosecond, true, 503, 2},
			{"a fault is kept as long", readyFor - time.Nanosecond, false, 503, 2},
			{"and no longer", time.Nanosecond, false, 200, 3},
		}
		for _, step := range steps {
			time.Sleep(step.pause)
			state.broken.Store(step.broken)
			var all sync.WaitGroup
			for range 100 {
				all.Go(func() {
					if got := ask(t.Context()); got != step.status {
						t.Errorf("%s: got %d, want %d", step.name, got, step.status)
					}
				})
			}
			all.Wait()
			if got := state.asked.Load(); got != step.asked {
				t.Errorf("%s: the state was asked %d times, want %d", step.name, got, step.asked)
			}
		}
		time.Sleep(readyFor)
		gone, hangUp := context.WithCancel(t.Context())
		time.AfterFunc(state.takes/2, hangUp)
		ask(gone)
		if got := ask(t.Context()); got != 200 {
			t.Errorf("after somebody who hung up: got %d", got)
		}
	})
}

func TestStateThatSaysNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newReadyCheck(&slowState{takes: time.Hour}, newQuiet())
		began := time.Now()
		if err := c.ready(t.Context()); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != readyBudget {
			t.Errorf("got %v after %s", err, time.Since(began))
		}
	})
}
