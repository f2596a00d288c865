package engine

import (
	"context"
	"testing"
	"time"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/state/statetest"
)

// ahead is a database whose clock is not that of this machine.
type ahead struct {
	database
	by time.Duration
}

func (d ahead) now(ctx context.Context) (time.Time, error) {
	now, err := d.database.now(ctx)
	return now.Add(d.by), err
}

// endedAs returns the state of the token of a run that went back to the queue, and the
// instant from which it is handed out.
func (l *lived) endedAs(t *testing.T, how ending) (token string, from time.Time) {
	t.Helper()
	job := begun{Job: Job{ID: run.NewID(time.Now()), Flow: l.flow.Name, Reason: Manual, Attempt: 2}}
	var tokens []string
	err := l.db.write(t.Context(), func(tx tx) error {
		if _, err := tx.exec(t.Context(), `DELETE FROM river_job`); err != nil {
			return err
		}
		if _, err := tx.exec(t.Context(), `DELETE FROM engine_runs`); err != nil {
			return err
		}
		_, err := tx.exec(t.Context(), `INSERT INTO engine_runs (id, flow, reason, state, attempts, node, queued_at, not_before, token_at)
			VALUES ($1, $2, 'manual', 'running', 2, $3, 0, 0, 0)`, job.ID, job.Flow, l.node)
		return err
	})
	if err == nil {
		err = l.endOnce(t.Context(), job, how)
	}
	if err == nil {
		tokens, err = collect(t.Context(), l.db, func(r rows) (string, error) {
			err := r.Scan(&token, &from)
			return token, err
		}, `SELECT state::text, scheduled_at FROM river_job`)
	}
	if err != nil || len(tokens) != 1 {
		t.Fatalf("%d tokens, %v, want one", len(tokens), err)
	}
	return token, from
}

// TestTokenComesByTheClockOfTheDatabase: which is not this machine's.
func TestTokenComesByTheClockOfTheDatabase(t *testing.T) {
	t.Parallel()
	l := newLived(t, postgresState(t))
	l.db = ahead{l.db, 24 * time.Hour}
	before, err := l.db.now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if state, from := l.endedAs(t, ending{state: "queued", back: true, after: time.Minute}); state != "scheduled" || from.Before(before.Add(time.Minute)) {
		t.Errorf("the token is %s from %v, want it a minute after %v", state, from, before)
	}
}

// TestTokenOfARetakenRunNeedsNoLeader: that may be the process that died.
func TestTokenOfARetakenRunNeedsNoLeader(t *testing.T) {
	t.Parallel()
	l := newLived(t, postgresState(t))
	if state, _ := l.endedAs(t, decide(2, ErrBusy)); state != "available" {
		t.Errorf("the token is %s, want it available", state)
	}
}

func postgresState(t *testing.T) string {
	t.Helper()
	dsn := statetest.PostgreSQL(t)
	kept, err := state.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	if err := kept.Close(); err != nil {
		t.Fatal(err)
	}
	return dsn
}
