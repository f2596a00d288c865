package state_test

import (
	"errors"
	"testing"
	"time"

	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/state"
)

// TestWhoCouldNotBeToldIsOnRecordUntilSomebodyWas.
func TestWhoCouldNotBeToldIsOnRecordUntilSomebodyWas(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		n := open(t, stateDSN(t)).Notifications()
		a := notify.Attempt{Target: "email:1", Place: "notify[0].email", Flow: "users", At: at(0)}
		check(t, n.Attempted(t.Context(), a))
		for i := range 3 {
			failed := a
			failed.At, failed.Fault = at(i), errors.New("send notify[0].email: refused")
			check(t, n.Attempted(t.Context(), failed))
		}
		other := a
		other.Flow = "hires"
		check(t, n.Attempted(t.Context(), other)) // says nothing of users
		list, err := n.Failing(t.Context())
		if err != nil || len(list) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		if f := list[0]; f.Flow != "users" || f.Place != a.Place || f.Failures != 3 || !f.Since.Equal(at(0)) || !f.At.Equal(at(2)) || f.Reason != "send notify[0].email: refused" {
			t.Errorf("%+v", f)
		}
		check(t, n.Attempted(t.Context(), a))
		if list, err := n.Failing(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// TestOneOfManyTakesWhatIsDoneOnceInAWhile, also once the clock was set back.
func TestOneOfManyTakesWhatIsDoneOnceInAWhile(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		one, other := open(t, dsn), open(t, dsn)
		for _, tt := range []struct {
			by     *state.Store
			minute int
			want   bool
		}{{one, 10, true}, {other, 10, false}, {other, 24, false}, {other, 25, true}, {one, 26, false}, {one, 5, true}} {
			if got, err := tt.by.Upkeep().Take(t.Context(), "reminders", at(tt.minute), 15*time.Minute); err != nil || got != tt.want {
				t.Errorf("at %d: %v, %v", tt.minute, got, err)
			}
		}
	})
}
