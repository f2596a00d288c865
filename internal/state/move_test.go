package state_test

import (
	"errors"
	"strings"
	"testing"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/state/statetest"
	"lucca-exchange/internal/web/auth"
)

// TestStateIsMovedToEitherDatabaseAndBack takes a state in which everything is, runs at work and in
// the queue among it, there and back again: nothing of it is lost, its tokens open and its audit
// verifies.
func TestStateIsMovedToEitherDatabaseAndBack(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run("from "+kind, func(t *testing.T) {
			t.Parallel()
			first, second, third := earlier(t, kind, "5acd198"), statetest.PostgreSQL(t), stateDSN(t)
			if kind == "postgres" {
				second, third = stateDSN(t), statetest.PostgreSQL(t)
			}
			l, err := state.Open(t.Context(), first)
			check(t, err)
			token := auth.Token{ID: "0123abcd", Name: "nagios", Expires: at(0).AddDate(1, 0, 0)}
			check(t, l.Accounts().CreateToken(t.Context(), token, act("ada", audit.CreateToken, at(0))))
			check(t, l.Audit().Append(t.Context(), act("ada", audit.Approve, at(1))))
			anchor, err := l.Audit().Verify(t.Context())
			check(t, err)
			place, _, err := l.Upkeep().Place(t.Context())
			check(t, err)
			check(t, l.Close())

			moving := act("ada", audit.Move, at(2))
			m, err := state.Move(t.Context(), first, second, moving)
			if err != nil || m.Runs == 0 || m.Rows <= m.Runs || m.Tables < 15 {
				t.Fatalf("%+v, %v", m, err)
			}
			_, err = state.Open(t.Context(), first)
			want(t, err, state.ErrMoved)
			_, err = state.OpenReadOnly(t.Context(), first)
			want(t, err, state.ErrMoved)
			again, err := state.Move(t.Context(), second, third, moving)
			if err != nil || again.Runs != m.Runs || again.Rows != m.Rows+1 { // the act of the first move
				t.Fatalf("%+v after %+v, %v", again, m, err)
			}

			back := open(t, third)
			keptHistory(t, back)
			keptQueue(t, third, back)
			keptDecisions(t, back)
			if got, err := back.Accounts().Token(t.Context(), token.ID); err != nil || got.Name != token.Name {
				t.Errorf("the token: %+v, %v", got, err)
			}
			if _, err := back.Audit().Verify(t.Context(), anchor); err != nil {
				t.Errorf("the audit does not verify: %v", err)
			}
			if got, fresh, err := back.Upkeep().Place(t.Context()); err != nil || fresh || got.Identity != place.Identity || got.Sequence < place.Sequence {
				t.Errorf("it is another state: %+v, %v, %v", got, fresh, err)
			}
		})
	}
}

// TestNoStateIsMovedThatIsInUse, nor over another one; what was refused is as it was.
func TestNoStateIsMovedThatIsInUse(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		from, to := stateDSN(t), stateDSN(t)
		l := open(t, from)
		kept := finished(t, l, "users", at(0), run.Done)
		moving := act("ada", audit.Move, at(2))

		started := make(chan struct{})
		stop := serveQueue(t, openQueue(t, from, state.QueueOptions{Flows: []state.Flow{{Name: "users"}}, Started: func() { close(started) }}))
		<-started
		_, err := state.Move(t.Context(), from, to, moving)
		want(t, err, state.ErrInUse)
		stop()

		working := begun(t, l, "users", at(3))
		// A server learns a little later than we that the session of a daemon has ended.
		eventually(t, "the run at work is what is in the way", func() bool {
			_, err := state.Move(t.Context(), from, to, moving)
			want(t, err, state.ErrInUse)
			return strings.Contains(err.Error(), "run "+working.ID+" is at work")
		})
		check(t, l.Runs().Finish(t.Context(), ended(working, run.Done)))

		taken := open(t, to)
		other := finished(t, taken, "users", at(0), run.Done)
		_, err = state.Move(t.Context(), from, to, moving)
		want(t, err, state.ErrNotEmpty)
		_, err = state.Move(t.Context(), from, from, moving)
		if err == nil {
			t.Error("a state was moved to itself")
		}
		for l, id := range map[*state.Store]string{l: kept.ID, taken: other.ID} {
			if _, err := l.History().Run(t.Context(), id); err != nil {
				t.Error(err)
			}
		}
		if runs, err := taken.History().Runs(t.Context(), state.Filter{}); err != nil || len(runs) != 1 {
			t.Errorf("%d runs, %v", len(runs), err)
		}
	})
}

// TestMoveThatIsCutOffIsBegunAgain: all is there or nothing.
func TestMoveThatIsCutOffIsBegunAgain(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, other newState) {
		from, to := stateDSN(t), other(t)
		l, err := state.Open(t.Context(), from)
		check(t, err)
		kept := finished(t, l, "users", at(0), run.Done)
		check(t, l.Close())
		moving := act("ada", audit.Move, at(2))
		cut := errors.New("cut off")
		_, err = state.MoveCut(t.Context(), from, to, moving, cut)
		want(t, err, cut)
		back := open(t, from)
		if _, err := back.History().Run(t.Context(), kept.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := state.Move(t.Context(), from, to, moving); err != nil {
			t.Fatal(err)
		}
		moved := open(t, to)
		if r, err := moved.History().Run(t.Context(), kept.ID); err != nil || r.Outcome != run.Done {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestMoveThatWasKilledAtItsEndIsEnded: all was in the target, and the source did not know. It is ended
// by being asked for again, and by nobody who went on with either of them meanwhile.
func TestMoveThatWasKilledAtItsEndIsEnded(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, other newState) {
		for name, tt := range map[string]struct {
			meanwhile func(from, to *state.Store)
			refused   error
		}{
			"nothing happened":   {meanwhile: func(_, _ *state.Store) {}},
			"the source went on": {meanwhile: func(from, _ *state.Store) { finished(t, from, "users", at(9), run.Done) }, refused: state.ErrNotEmpty},
			"the target went on": {meanwhile: func(_, to *state.Store) { finished(t, to, "users", at(9), run.Done) }, refused: state.ErrNotEmpty},
		} {
			from, to := stateDSN(t), other(t)
			l := open(t, from)
			kept := finished(t, l, "users", at(0), run.Done)
			_, _, err := l.Upkeep().Place(t.Context())
			check(t, err)
			check(t, l.Close())
			moving, killed := act("ada", audit.Move, at(2)), errors.New("killed")
			want(t, state.MoveKilled(t.Context(), from, to, moving, killed), killed)

			source, target := open(t, from), open(t, to)
			tt.meanwhile(source, target)
			check(t, errors.Join(source.Close(), target.Close()))
			m, err := state.Move(t.Context(), from, to, moving)
			if !errors.Is(err, tt.refused) {
				t.Errorf("%s: %+v, %v", name, m, err)
			}
			if tt.refused != nil {
				continue
			}
			if m.Runs != 1 {
				t.Errorf("%s: %+v", name, m)
			}
			_, err = state.Open(t.Context(), from)
			want(t, err, state.ErrMoved)
			moved := open(t, to)
			if r, err := moved.History().Run(t.Context(), kept.ID); err != nil || r.Outcome != run.Done {
				t.Errorf("%+v, %v", r, err)
			}
		}
	})
}

// TestNothingIsMovedOverAStateThatWasMovedAway: back to the very file is a mistake, and says so.
func TestNothingIsMovedOverAStateThatWasMovedAway(t *testing.T) {
	t.Parallel()
	first, second := stateDSN(t), stateDSN(t)
	l := open(t, first)
	finished(t, l, "users", at(0), run.Done)
	check(t, l.Close())
	_, err := state.Move(t.Context(), first, second, act("ada", audit.Move, at(2)))
	check(t, err)
	_, err = state.Move(t.Context(), second, first, act("ada", audit.Move, at(3)))
	want(t, err, state.ErrNotEmpty)
	if !strings.Contains(err.Error(), "move its file aside") {
		t.Errorf("got %v", err)
	}
}
