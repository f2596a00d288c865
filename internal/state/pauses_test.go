package state

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/state/statetest"
)

// onEach runs a test on both databases.
func onEach(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, "sqlite:"+filepath.Join(t.TempDir(), "exchange.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, statetest.PostgreSQL(t))
	})
}

// TestAPausedFlowHasNoSlots: neither run nor missed, whether the pause ends by itself or a
// person resumes it, and whether a daemon was up or not.
func TestAPausedFlowHasNoSlots(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		l := newLived(t, dsn)
		start := time.Now().UTC().Truncate(24 * time.Hour) // today, since resuming goes by the clock
		l.knownSince(t, start)
		act := audit.Entry{At: start, Who: "os:me", From: "cli", Act: audit.Pause, Flow: "users"}
		pause := Pause{Flow: "users", Since: start.Add(time.Hour), Until: start.Add(30 * time.Hour), Who: "os:me", Reason: "holidays"}
		if err := l.store.Pauses().Begin(t.Context(), pause, act); err != nil {
			t.Fatal(err)
		}
		l.at(t, start.Add(6*time.Hour))
		l.at(t, start.Add(32*time.Hour)) // the slot at 30 h is the first after the pause
		l.at(t, start.Add(54*time.Hour))
		pause.Since, pause.Until = start.Add(70*time.Hour), time.Time{}
		if err := l.store.Pauses().Begin(t.Context(), pause, act); err != nil {
			t.Fatal(err)
		}
		l.at(t, start.Add(200*time.Hour))
		slots, err := l.store.Jobs().Slots(t.Context(), "users", 10)
		if err != nil || len(slots) != 2 || slots[0].State == Missed || slots[1].State == Missed || len(l.missed) > 0 {
			t.Errorf("slots %+v, missed %v, %v", slots, l.missed, err)
		}
		lines, err := l.store.Audit().Latest(t.Context(), 5)
		if err != nil || len(lines) != 2 || lines[0].Act != audit.Pause {
			t.Errorf("audit %+v, %v", lines, err)
		}
	})
}

// TestAPauseIsSeenAndEnds: who, why and until when are known, the next slot is the first after
// it, and what is not paused cannot be resumed.
func TestAPauseIsSeenAndEnds(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		l := newLived(t, dsn)
		now := time.Now().UTC().Truncate(time.Microsecond)
		act := audit.Entry{At: now, Who: "os:me", From: "cli", Act: audit.Resume, Flow: "users"}
		if err := l.store.Pauses().End(t.Context(), "users", act); !errors.Is(err, ErrNotFound) {
			t.Errorf("not paused: %v", err)
		}
		want := Pause{Flow: "users", Since: now, Until: now.Add(72 * time.Hour), Who: "os:me", Reason: "holidays"}
		if err := l.store.Pauses().Begin(t.Context(), want, act); err != nil {
			t.Fatal(err)
		}
		states, err := l.store.Jobs().FlowStates(t.Context(), []Flow{l.flow})
		if got := states["users"]; err != nil || got.Pause != want || got.Next.Before(want.Until) || !got.Overdue.IsZero() {
			t.Errorf("%+v, %v", got, err)
		}
		if err := l.store.Pauses().End(t.Context(), "users", act); err != nil {
			t.Fatal(err)
		}
		if paused, err := l.store.Pauses().Now(t.Context()); err != nil || len(paused) > 0 {
			t.Errorf("still paused: %v, %v", paused, err)
		}
	})
}

// TestARunWaitsUntilItsFlowIsResumed: what is asked for during a pause is not lost.
func TestARunWaitsUntilItsFlowIsResumed(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, dsn string) {
		s := newLived(t, dsn).store
		act := audit.Entry{At: time.Now(), Who: "os:me", From: "cli", Act: audit.Pause, Flow: "users"}
		if err := s.Pauses().Begin(t.Context(), Pause{Flow: "users", Since: time.Now()}, act); err != nil {
			t.Fatal(err)
		}
		q, err := NewQueue(s, QueueOptions{Flows: []Flow{{Name: "users"}}, Work: func(context.Context, Job) error { return nil }})
		if err != nil {
			t.Fatal(err)
		}
		id, err := q.Enqueue(t.Context(), "users")
		if err != nil {
			t.Fatal(err)
		}
		if row, err := q.readQueued(t.Context(), id); err != nil || row == nil || !row.paused {
			t.Errorf("during the pause: %+v, %v", row, err)
		}
		if err := s.Pauses().End(t.Context(), "users", act); err != nil {
			t.Fatal(err)
		}
		if row, err := q.readQueued(t.Context(), id); err != nil || row == nil || row.paused {
			t.Errorf("afterwards: %+v, %v", row, err)
		}
	})
}
