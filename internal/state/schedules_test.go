package state

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/schedule"
	"lucca-exchange/internal/state/statetest"
)

// process is one of several on a state, whose clock a test sets.
type process struct {
	*Queue
	log      bytes.Buffer
	missed   int
	dsn      string
	flowList []Flow
}

// setClock has the clock of the database be ahead.
func (p *process) setClock(by time.Duration) {
	inner := p.store.store
	if a, ok := inner.(ahead); ok {
		inner = a.store
	}
	p.store.store = ahead{inner, by}
}

// states are those of the flows of the process.
func (p *process) states(t *testing.T) (map[string]FlowState, error) {
	t.Helper()
	return p.store.Jobs().FlowStates(t.Context(), p.flowList)
}

// ahead is a database whose clock is not that of this machine.
type ahead struct {
	store
	by time.Duration
}

func (d ahead) now(ctx context.Context, db *sql.DB) (time.Time, error) {
	now, err := d.store.now(ctx, db)
	return now.Add(d.by), err
}

// startProcess starts one as Run does, but for the slots, that a test has it look at.
func startProcess(t *testing.T, dsn string, clock time.Duration, flows ...Flow) *process {
	t.Helper()
	p := &process{}
	store, err := Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	p.dsn, p.flowList = dsn, flows
	p.Queue, err = NewQueue(store, QueueOptions{
		Flows: flows, Logger: slog.New(slog.NewTextHandler(&p.log, nil)),
		Missed: func(_ context.Context, _ string, slots []time.Time) { p.missed += len(slots) },
	})
	if err != nil {
		t.Fatal(err)
	}
	p.setClock(clock)
	if err := p.times.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

// look has the process look at the slots when so much time has passed, and returns the
// slots that were settled since the last look of any, by their minutes.
func (p *process) look(t *testing.T, clock time.Duration) string {
	t.Helper()
	p.setClock(clock)
	if _, err := p.times.tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	var text []string
	slots, err := p.store.Jobs().Slots(t.Context(), "users", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, slot := range slots {
		text = append(text, fmt.Sprint(slot.At.Minute(), " ", slot.State))
	}
	err = p.store.write(t.Context(), "test", func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM slots`); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM runs`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(text, ", ")
}

func hourly(t *testing.T, minute int) Flow {
	t.Helper()
	line, err := schedule.Parse(fmt.Sprintf("%d * * * *", minute), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return Flow{Name: "users", Schedule: &line, CatchUp: time.Hour}
}

// TestOfTwoSchedulesTheLastOneLoadedCounts: as when a configuration was reloaded on one
// machine only.
func TestOfTwoSchedulesTheLastOneLoadedCounts(t *testing.T) {
	t.Parallel()
	// At half past, neither schedule is about to be due.
	dsn, now := statetest.PostgreSQL(t), halfPast()
	old := startProcess(t, dsn, now, hourly(t, 10))
	updated := startProcess(t, dsn, now, hourly(t, 20))
	for range 2 {
		now += time.Hour
		if got := old.look(t, now); got != "" {
			t.Errorf("the old schedule is still followed: %s", got)
		}
		if got := updated.look(t, now); got != "20 queued" {
			t.Errorf("slots %q, want that of the schedule that was loaded last", got)
		}
	}
	if warned := strings.Count(old.log.String(), "flow.differs"); warned != 1 {
		t.Errorf("warned %d times of another schedule, want once:\n%s", warned, &old.log)
	}
	if states, err := updated.states(t); err != nil || !states["users"].Overdue.IsZero() {
		t.Errorf("overdue %v, %v", states["users"].Overdue, err)
	}
	now += 2 * time.Hour
	old.setClock(now)
	if states, err := old.states(t); err != nil || states["users"].Overdue.Minute() != 20 {
		t.Errorf("overdue %v, %v, want the slot that nobody takes up", states["users"].Overdue, err)
	}

	if err := old.Reload(t.Context(), []Flow{hourly(t, 10)}); err != nil {
		t.Fatal(err)
	}
	if old.missed != 2 {
		t.Errorf("missed %d slots, want the two that nobody took up", old.missed)
	}
	now += time.Hour
	if got := updated.look(t, now); strings.Contains(got, "20 queued") {
		t.Errorf("slots %q of the schedule that no longer counts", got)
	}
	if got := old.look(t, now); got != "10 queued" {
		t.Errorf("slots %q, want that of the schedule that was loaded last", got)
	}
	if !strings.Contains(updated.log.String(), "flow.differs") {
		t.Error("the change back was not told of")
	}
}

// halfPast is how far a clock is ahead that shows half past some hour.
func halfPast() time.Duration {
	return time.Until(time.Now().Truncate(time.Hour).Add(24*time.Hour + 30*time.Minute))
}

// TestFlowThatComesBackIsNew: nobody asked for its slots while it was away.
func TestFlowThatComesBackIsNew(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, p *process, now time.Duration, flows ...Flow) *process{
		"reload": func(t *testing.T, p *process, now time.Duration, flows ...Flow) *process {
			p.setClock(now)
			if err := p.Reload(t.Context(), flows); err != nil {
				t.Fatal(err)
			}
			return p
		},
		"restart": func(t *testing.T, p *process, now time.Duration, flows ...Flow) *process {
			return startProcess(t, p.dsn, now, flows...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := halfPast()
			p := startProcess(t, statetest.PostgreSQL(t), now, hourly(t, 10))
			p.look(t, now)
			p = change(t, p, now+time.Minute)
			p.look(t, now+time.Minute)
			now += 3 * time.Hour
			p = change(t, p, now, hourly(t, 10))
			if got := p.look(t, now); got != "" || p.missed > 0 {
				t.Errorf("slots %q of the time in which the flow was away, %d missed", got, p.missed)
			}
			if got := p.look(t, now+time.Hour); got != "10 queued" {
				t.Errorf("slots %q, want the first since the flow is back", got)
			}
		})
	}
}

// TestFlowThatOneProcessStillHasLosesNoSlot: another one's configuration is without it.
func TestFlowThatOneProcessStillHasLosesNoSlot(t *testing.T) {
	t.Parallel()
	dsn, now := statetest.PostgreSQL(t), halfPast()
	keeper := startProcess(t, dsn, now, hourly(t, 10))
	for _, want := range []string{"", "10 queued", "10 queued"} {
		if got := keeper.look(t, now); got != want || keeper.missed > 0 {
			t.Errorf("slots %q, want %q; %d missed", got, want, keeper.missed)
		}
		now += time.Hour
		startProcess(t, dsn, now)
	}
	if !strings.Contains(keeper.log.String(), "flow.differs") {
		t.Error("the other configuration was not told of")
	}
}
