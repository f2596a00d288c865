package state_test

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/state"
	"lucca-exchange/internal/state/statetest"
)

// rounds is how often a test kills: KILL_ROUNDS, else usual.
func rounds(t *testing.T, usual int) int {
	t.Helper()
	s := os.Getenv("KILL_ROUNDS")
	if s == "" {
		return usual
	}
	n, err := strconv.Atoi(s)
	check(t, err)
	return n
}

// awaitLine waits until the log has more lines than before.
func awaitLine(t *testing.T, log string, before int) {
	t.Helper()
	eventually(t, "a daemon works", func() bool { return len(readLog(t, log)) > before })
}

// TestKilledDaemonOnSQLite kills the one daemon at arbitrary instants, again and again, and
// starts the next at once.
func TestKilledDaemonOnSQLite(t *testing.T) {
	t.Parallel()
	dsn, log := sqliteState(t), newLog(t)
	lines := 0
	for range rounds(t, 8) {
		c := startServer(t, dsn, log)
		awaitLine(t, log, lines)
		<-time.After(rand.N(1200 * time.Millisecond))
		c.kill()
		// What it wrote between the last look and its death is no sign of the next one.
		lines = len(readLog(t, log))
	}
	last := startServer(t, dsn, log)
	awaitLine(t, log, lines)
	checkSettled(t, last, dsn, log)

	u := url.URL{Scheme: "file", Path: strings.TrimPrefix(dsn, "sqlite:")}
	db, err := sql.Open("sqlite", u.String())
	check(t, err)
	defer func() { check(t, db.Close()) }()
	var integrity string
	check(t, db.QueryRowContext(t.Context(), `PRAGMA integrity_check`).Scan(&integrity))
	if integrity != "ok" {
		t.Errorf("integrity_check: %s", integrity)
	}
}

// TestKilledProcessesOnPostgreSQL has three daemons share the work, and kills one of them
// now and then.
func TestKilledProcessesOnPostgreSQL(t *testing.T) {
	t.Parallel()
	dsn, log := statetest.PostgreSQL(t), newLog(t)
	daemons := make([]*server, 3)
	for i := range daemons {
		daemons[i] = startServer(t, dsn, log)
	}
	lines := 0
	for range rounds(t, 4) {
		awaitLine(t, log, lines)
		<-time.After(rand.N(2 * time.Second))
		i := rand.IntN(len(daemons))
		daemons[i].kill()
		lines = len(readLog(t, log))
		daemons[i] = startServer(t, dsn, log)
	}
	awaitLine(t, log, lines)
	for _, c := range daemons[1:] {
		c.stop(t)
	}
	checkSettled(t, daemons[0], dsn, log)
}

// checkSettled lets the last daemon finish what the dead ones left, and then asks for the
// promise: every slot is in the table once, without a gap, and each run that stands for one
// was performed to its end, under one id, and not again once its end was recorded.
func checkSettled(t *testing.T, last *server, dsn, log string) {
	t.Helper()
	flows, err := childFlows()
	check(t, err)
	e := openQueue(t, dsn, state.QueueOptions{Flows: flows})
	died := time.Now()
	// The runs at work at the time of the last death are those that take longest.
	eventually(t, "nothing of before the last death is open", func() bool {
		var waiting int
		check(t, state.DB(e.store).QueryRowContext(t.Context(), `SELECT count(*) FROM runs WHERE state = 'queued' AND resumable AND outcome = '' AND queued_at <= $1`, died.UnixMicro()).Scan(&waiting))
		return waiting == 0
	})
	last.stop(t)
	begun, ended := map[string]int{}, map[string]int{}
	attempt := map[string]int{}
	of := map[string]logged{}
	for _, l := range readLog(t, log) {
		switch l.word {
		case "begin":
			begun[l.id]++
			if l.attempt < attempt[l.id] {
				t.Errorf("run %s: attempt %d after %d", l.id, l.attempt, attempt[l.id])
			}
			attempt[l.id] = l.attempt
		case "end":
			ended[l.id]++
		}
		if first, ok := of[l.id]; ok && (first.slot != l.slot || first.flow != l.flow) {
			t.Errorf("run %s is of slot %d, then of %d", l.id, first.slot, l.slot)
		}
		of[l.id] = l
	}
	states, err := e.store.Jobs().FlowStates(t.Context(), e.flows)
	check(t, err)
	for _, flow := range flows {
		open := map[string]bool{states[flow.Name].Running: true}
		for _, id := range states[flow.Name].Waiting {
			open[id] = true
		}
		checkFlow(t, e, flow, open, of, ended)
	}
	retaken := 0
	for id, n := range begun {
		if n > 1 {
			retaken++
		}
		if _, known := of[id]; !known {
			t.Errorf("run %s was begun %d times for no slot", id, n)
		}
	}
	t.Logf("%d runs, %d of them taken over", len(begun), retaken)
}

func checkFlow(t *testing.T, e *queueProcess, flow state.Flow, open map[string]bool, of map[string]logged, ended map[string]int) {
	t.Helper()
	slots, err := e.store.Jobs().Slots(t.Context(), flow.Name, 100_000)
	check(t, err)
	if len(slots) < 2 {
		t.Errorf("flow %s has %d slots only", flow.Name, len(slots))
	}
	runs := map[string]bool{}
	for i, slot := range slots {
		if i > 0 && !flow.Schedule.Next(slot.At).Equal(slots[i-1].At) {
			t.Errorf("flow %s has no slot between %v and %v", flow.Name, slot.At, slots[i-1].At)
		}
		if slot.State != state.Queued {
			continue
		}
		if runs[slot.Run] {
			t.Errorf("run %s stands for two slots", slot.Run)
		}
		runs[slot.Run] = true
		switch l, worked := of[slot.Run]; {
		case open[slot.Run]:
		// One that was killed at each of five starts is given up.
		case worked && ended[slot.Run] == 0 && l.attempt == 5:
		case !worked || ended[slot.Run] == 0:
			t.Errorf("flow %s: the run %s of slot %v was not performed", flow.Name, slot.Run, slot.At)
		case l.slot != slot.At.Unix():
			t.Errorf("run %s was performed for slot %d, want %v", slot.Run, l.slot, slot.At)
		// A daemon that dies between the end of the work and its record is the one case
		// in which work is repeated, and then the store knows.
		case ended[slot.Run] > 1 && l.attempt == 1:
			t.Errorf("run %s was performed %d times", slot.Run, ended[slot.Run])
		}
	}
	for id, l := range of {
		if l.flow == flow.Name && !runs[id] {
			t.Errorf("run %s of flow %s has no slot", id, flow.Name)
		}
	}
}

// lastOf returns the newest line of a flow, zero when there is none.
func lastOf(lines []logged, flow string) (last logged) {
	for _, l := range lines {
		if l.flow == flow {
			last = l
		}
	}
	return last
}

// TestRunsOfTheDeadAreContinued kills a daemon in the middle of a run, which the next one
// continues under its id, before any later run of the flow.
func TestRunsOfTheDeadAreContinued(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		log := newLog(t)
		var first logged
		// On a slow machine the run may have ended before the kill: then once more.
		for first.word != "begin" {
			c := startServer(t, dsn, log)
			before := len(readLog(t, log))
			eventually(t, "a slow run is at work", func() bool {
				return lastOf(readLog(t, log)[before:], "slow").word == "begin"
			})
			c.kill()
			first = lastOf(readLog(t, log), "slow")
		}
		flows, err := childFlows()
		check(t, err)
		continued := make(chan state.Job, 1000)
		serveQueue(t, openQueue(t, dsn, state.QueueOptions{
			Flows: flows,
			Work:  func(_ context.Context, job state.Job) error { continued <- job; return nil },
		}))
		for job := range continued {
			if job.Record.Flow != "slow" {
				continue
			}
			if job.Record.ID != first.id || job.Starts != first.attempt+1 || job.Record.Slot.Unix() != first.slot {
				t.Errorf("the first slow run is %+v, want %s continued", job, first.id)
			}
			return
		}
	})
}

// TestTakeoverOnPostgreSQL kills a process in the middle of a run while another lives, and
// reads from the run's row when the other began it again: within five seconds. A machine that
// is busy with other things may be slow to do anything, so that of several the quickest counts.
func TestTakeoverOnPostgreSQL(t *testing.T) {
	t.Parallel()
	dsn, log := statetest.PostgreSQL(t), newLog(t)
	store := open(t, dsn)
	var took []time.Duration
	startServer(t, dsn, log)
	for len(took) < rounds(t, 3) {
		victim := startServer(t, dsn, log)
		var id string
		var attempt int
		eventually(t, "the process has a run", func() bool {
			err := state.DB(store).QueryRowContext(t.Context(), `SELECT id, attempt FROM runs WHERE state = 'running' AND flow = 'slow' AND pid = $1`, victim.Process.Pid).
				Scan(&id, &attempt)
			return err == nil
		})
		killed := time.Now()
		victim.kill()
		var again int
		var since int64
		var stands string
		eventually(t, "the run is taken over, or was done already", func() bool {
			err := rowOf(t, store, id).Scan(&stands, &again, &since)
			check(t, err)
			return again > attempt || stands == "ended"
		})
		if again > attempt {
			took = append(took, time.UnixMicro(since).Sub(killed))
		}
	}
	t.Logf("taken over after %v", took)
	if quickest := slices.Min(took); quickest >= 5*time.Second {
		t.Errorf("a takeover takes %v at best", quickest)
	}
}

func rowOf(t *testing.T, store *state.Store, id string) *sql.Row {
	t.Helper()
	return state.DB(store).QueryRowContext(t.Context(), `SELECT state, attempt, active_since FROM runs WHERE id = $1`, id)
}
