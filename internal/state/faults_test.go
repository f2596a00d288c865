package state_test

import (
	"bufio"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// TestKilledWriterLosesNothing kills a process at arbitrary points of its writes, again
// and again on one state. The number of rounds is KILL_ROUNDS, else 50.
func TestKilledWriterLosesNothing(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		rounds := 50
		if s := os.Getenv("KILL_ROUNDS"); s != "" {
			n, err := strconv.Atoi(s)
			check(t, err)
			rounds = n
		}
		dsn := stateDSN(t)
		if !strings.HasPrefix(dsn, "sqlite:") {
			// The server, which keeps the facts, is not what is killed.
			rounds /= 4
		}
		var said []string
		for range rounds {
			p := start(t, "work", dsn)
			// Lines that were printed and not read when the kill comes count as well.
			for range 1 + rand.IntN(12) {
				said = append(said, p.line(t))
			}
			check(t, p.Process.Kill())
			rest := bufio.NewScanner(p.out)
			for rest.Scan() {
				// The last line may be cut.
				if len(strings.Fields(rest.Text())) == 2 {
					said = append(said, rest.Text())
				}
			}
			_ = p.Wait()
			buried(t, dsn)
		}

		l := open(t, dsn)
		_, err := l.Runs().Recover(t.Context(), at(0))
		check(t, err)
		checkIntegrity(t, dsn)
		for _, line := range said {
			checkSaid(t, l, line)
		}
		runs, err := l.History().Runs(t.Context(), state.Filter{})
		check(t, err)
		for _, record := range runs {
			if record.Outcome == "" {
				t.Errorf("run %s has no outcome", record.ID)
			}
		}
		begun(t, l, "nightly", at(1))
		t.Logf("%d kills, %d runs, %d facts kept", rounds, len(runs), len(said))
	})
}

// checkIntegrity asks SQLite; a database server was not killed.
func checkIntegrity(t *testing.T, dsn string) {
	t.Helper()
	if !strings.HasPrefix(dsn, "sqlite:") {
		return
	}
	var integrity string
	check(t, raw(t, dsn).QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&integrity))
	if integrity != "ok" {
		t.Errorf("integrity_check: %s", integrity)
	}
}

// checkSaid looks up one fact that a killed process had on disk.
func checkSaid(t *testing.T, l *state.Store, line string) {
	t.Helper()
	word, id, _ := strings.Cut(line, " ")
	record, err := l.History().Run(t.Context(), id)
	check(t, err)
	switch word {
	case "done":
		if record.Outcome != run.Done {
			t.Errorf("run %s is %q, its process had said done", id, record.Outcome)
		}
	case string(delivery.StepDelivered):
		if record.Outcome != run.Done && !strings.Contains(record.Reason, "delivered") {
			t.Errorf("run %s is %q (%s), its file had been delivered", id, record.Outcome, record.Reason)
		}
	}
}

func TestLockedState(t *testing.T) {
	t.Parallel()
	dsn := stateDSN(t)
	l := open(t, dsn)
	other := raw(t, dsn)
	execute(t, other, `BEGIN IMMEDIATE`)
	_, err := l.Runs().Begin(t.Context(), newRun("nightly", at(0)))
	want(t, err, state.ErrLocked)
	if !strings.Contains(err.Error(), "close what has it open") {
		t.Errorf("no remedy: %v", err)
	}
	// Reading goes on.
	_, err = l.History().Runs(t.Context(), state.Filter{})
	check(t, err)
	execute(t, other, `ROLLBACK`)
	begun(t, l, "nightly", at(0))
}

func TestCanceledWaitForALockedState(t *testing.T) {
	t.Parallel()
	dsn := stateDSN(t)
	l := open(t, dsn)
	other := raw(t, dsn)
	execute(t, other, `BEGIN IMMEDIATE`)
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	cancel(stopped)
	_, err := l.Runs().Begin(ctx, newRun("nightly", at(0)))
	if !errors.Is(err, context.Canceled) && !errors.Is(err, stopped) {
		t.Errorf("Begin: %v", err)
	}
	execute(t, other, `ROLLBACK`)
	begun(t, l, "nightly", at(0))
}

func TestDamagedState(t *testing.T) {
	t.Parallel()
	dsn := stateDSN(t)
	l, err := state.Open(t.Context(), dsn)
	check(t, err)
	record := finished(t, l, "nightly", at(0), run.Done)
	check(t, l.Close())
	path := strings.TrimPrefix(dsn, "sqlite:")
	content, err := os.ReadFile(path)
	check(t, err)
	// All pages after the first, which holds the schema.
	for i := 4096; i < len(content); i++ {
		content[i] = 0x5a
	}
	check(t, os.WriteFile(path, content, 0o600))
	l, err = state.Open(t.Context(), dsn)
	if err == nil {
		_, err = l.History().Run(t.Context(), record.ID)
		check(t, l.Close())
	}
	want(t, err, state.ErrDamaged)
}
