package engine

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/schedule"
)

// process is one of several on a state, whose clock a test sets.
type process struct {
	*Engine
	log    bytes.Buffer
	missed int
}

// startProcess starts one as Run does, but for the slots, that a test has it look at.
func startProcess(t *testing.T, state string, clock time.Duration, flows ...Flow) *process {
	t.Helper()
	p := &process{}
	var err error
	p.Engine, err = Open(t.Context(), Options{
		State: state, Flows: flows, Logger: slog.New(slog.NewTextHandler(&p.log, nil)),
		Missed: func(_ context.Context, _ string, slots []time.Time) { p.missed += len(slots) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	p.db = ahead{p.db, clock}
	if err := p.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

// look has the process look at the slots when so much time has passed, and returns the
// slots that were settled since the last look of any, by their minutes.
func (p *process) look(t *testing.T, clock time.Duration) string {
	t.Helper()
	p.db = ahead{p.db.(ahead).database, clock}
	if _, err := p.tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	var text []string
	slots, err := p.Slots(t.Context(), "users", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, slot := range slots {
		text = append(text, fmt.Sprint(slot.At.Minute(), " ", slot.State))
	}
	err = p.db.write(t.Context(), func(tx tx) error {
		if _, err := tx.exec(t.Context(), `DELETE FROM engine_slots`); err != nil {
			return err
		}
		_, err := tx.exec(t.Context(), `DELETE FROM engine_runs`)
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
	state, now := postgresState(t), halfPast()
	old := startProcess(t, state, now, hourly(t, 10))
	updated := startProcess(t, state, now, hourly(t, 20))
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
	if states, err := updated.State(t.Context()); err != nil || !states["users"].Overdue.IsZero() {
		t.Errorf("overdue %v, %v", states["users"].Overdue, err)
	}
	now += 2 * time.Hour
	old.db = ahead{old.db.(ahead).database, now}
	if states, err := old.State(t.Context()); err != nil || states["users"].Overdue.Minute() != 20 {
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
			p.db = ahead{p.db.(ahead).database, now}
			if err := p.Reload(t.Context(), flows); err != nil {
				t.Fatal(err)
			}
			return p
		},
		"restart": func(t *testing.T, p *process, now time.Duration, flows ...Flow) *process {
			return startProcess(t, p.opts.State, now, flows...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := halfPast()
			p := startProcess(t, postgresState(t), now, hourly(t, 10))
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
	state, now := postgresState(t), halfPast()
	keeper := startProcess(t, state, now, hourly(t, 10))
	for _, want := range []string{"", "10 queued", "10 queued"} {
		if got := keeper.look(t, now); got != want || keeper.missed > 0 {
			t.Errorf("slots %q, want %q; %d missed", got, want, keeper.missed)
		}
		now += time.Hour
		startProcess(t, state, now)
	}
	if !strings.Contains(keeper.log.String(), "flow.differs") {
		t.Error("the other configuration was not told of")
	}
}
