package state

import (
	"context"
	"database/sql"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/schedule"
	"lucca-exchange/internal/state/statetest"
)

// lived is a queue whose clock a test tells.
type lived struct {
	*Queue
	flow   Flow
	missed []time.Time
	log    *strings.Builder
}

func newLived(t *testing.T, dsn string) *lived {
	t.Helper()
	line, err := schedule.Parse("0 6 * * *", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	l := &lived{flow: Flow{Name: "users", Schedule: &line, CatchUp: 12 * time.Hour}, log: &strings.Builder{}}
	store, err := Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	l.Queue, err = NewQueue(store, QueueOptions{
		Flows: []Flow{l.flow}, Logger: slog.New(slog.NewTextHandler(l.log, nil)),
		Missed: func(_ context.Context, _ string, slots []time.Time) { l.missed = append(l.missed, slots...) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// at looks at the slots as a daemon does whose clock says now.
func (l *lived) at(t *testing.T, now time.Time) {
	t.Helper()
	known, err := l.store.Jobs().schedules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if w, ok := workOf(l.flow, known["users"].horizon, now); ok {
		if err := l.times.settleSlots(t.Context(), []slotWork{w}, now); err != nil {
			t.Fatal(err)
		}
	}
}

// knownSince sets the horizon, as a first start does.
func (l *lived) knownSince(t *testing.T, now time.Time) {
	t.Helper()
	err := l.store.write(t.Context(), "test", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO schedules (flow, line, zone, since, horizon) VALUES ('users', '0 6 * * *', 'UTC', $1, $1)`, micros(now))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// perform takes the waiting run away, as if it had been performed.
func (l *lived) perform(t *testing.T) {
	t.Helper()
	err := l.store.write(t.Context(), "test", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE runs SET state = 'ended', outcome = 'done', finished_at = 1 WHERE state = 'queued'`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (l *lived) history(t *testing.T) string {
	t.Helper()
	slots, err := l.store.Jobs().Slots(t.Context(), "users", 100)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for i := len(slots) - 1; i >= 0; i-- {
		text += slots[i].At.Format("02") + " " + string(slots[i].State) + " "
	}
	return text
}

func TestSlotsThroughClocksAndOutages(t *testing.T) {
	t.Parallel()
	day := func(d, hour int) time.Time { return time.Date(2026, 11, d, hour, 0, 0, 0, time.UTC) }
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			dsn := "sqlite:" + filepath.Join(t.TempDir(), "exchange.db")
			if kind == "postgres" {
				dsn = statetest.PostgreSQL(t)
			}
			l := newLived(t, dsn)
			l.knownSince(t, day(1, 7))
			for _, step := range []struct {
				what    string
				now     time.Time
				perform bool
				want    string
			}{
				{"nothing of before the first start", day(1, 8), true, ""},
				{"due", day(2, 6), true, "02 queued "},
				{"settled", day(2, 7), true, "02 queued "},
				{"down for three days", day(5, 7), false, "02 queued 03 missed 04 missed 05 queued "},
				{"the run still waits", day(6, 6), true, "02 queued 03 missed 04 missed 05 queued 06 merged "},
				{"clock three days ahead", day(9, 6), true, "02 queued 03 missed 04 missed 05 queued 06 merged 07 missed 08 missed 09 queued "},
				{"clock put right", day(6, 7), true, "02 queued 03 missed 04 missed 05 queued 06 merged 07 missed 08 missed 09 queued "},
				{"what was called missed is due now", day(7, 6), true, "02 queued 03 missed 04 missed 05 queued 06 merged 07 queued 08 missed 09 queued "},
				{"also the next", day(8, 6), true, "02 queued 03 missed 04 missed 05 queued 06 merged 07 queued 08 queued 09 queued "},
				{"what ran ahead of time does not run again", day(9, 7), true, "02 queued 03 missed 04 missed 05 queued 06 merged 07 queued 08 queued 09 queued "},
				{"too old to catch up", day(10, 23), true, "02 queued 03 missed 04 missed 05 queued 06 merged 07 queued 08 queued 09 queued 10 missed "},
				{"clock two days ahead before a slot", day(13, 7), true, "02 queued 03 missed 04 missed 05 queued 06 merged 07 queued 08 queued 09 queued 10 missed 11 missed 12 missed 13 queued "},
				{"clock put right after the slot", day(11, 7), true, "02 queued 03 missed 04 missed 05 queued 06 merged 07 queued 08 queued 09 queued 10 missed 11 missed 12 missed 13 queued "},
				{"which is not swallowed", day(11, 7), true, "02 queued 03 missed 04 missed 05 queued 06 merged 07 queued 08 queued 09 queued 10 missed 11 queued 12 missed 13 queued "},
				{"nor run twice", day(11, 8), true, "02 queued 03 missed 04 missed 05 queued 06 merged 07 queued 08 queued 09 queued 10 missed 11 queued 12 missed 13 queued "},
			} {
				l.at(t, step.now)
				if got := l.history(t); got != step.want {
					t.Errorf("%s: %s, want %s", step.what, got, step.want)
				}
				if step.perform {
					l.perform(t)
				}
			}
			missed, err := l.store.Jobs().Missed(t.Context(), "users", day(1, 0))
			if err != nil || len(missed) != 4 {
				t.Errorf("missed %v, %v, want 4", missed, err)
			}
			if got := strings.Count(l.log.String(), "slot.taken"); got != 1 {
				t.Errorf("said %d times that a slot was run before its time, want once: %s", got, l.log)
			}
			if len(l.missed) != 7 {
				t.Errorf("told of %d missed slots, want 7: two of an outage, four of a wrong clock, one too old", len(l.missed))
			}
			depth, err := l.store.Jobs().Depth(t.Context())
			if err != nil || depth.Queued != 0 {
				t.Errorf("depth %+v, %v", depth, err)
			}
		})
	}
}

// TestChangedLineKeepsNoSlotInSilence: what the former line still had open is missed.
func TestChangedLineKeepsNoSlotInSilence(t *testing.T) {
	t.Parallel()
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "exchange.db")
	l := newLived(t, dsn)
	l.knownSince(t, time.Now().Add(-48*time.Hour))
	other, err := schedule.Parse("0 7 * * *", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Reload(t.Context(), []Flow{{Name: "users", Schedule: &other}}); err != nil {
		t.Fatal(err)
	}
	if len(l.missed) != 2 {
		t.Errorf("missed %v, want the two of the former line", l.missed)
	}
	slots, err := l.store.Jobs().Slots(t.Context(), "users", 10)
	if err != nil || len(slots) != 2 {
		t.Errorf("slots %v, %v", slots, err)
	}
}

// TestClockSetBack: slots that a clock ahead of its time has settled are met again.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	w, ok := workOf(Flow{Name: "users"}, now.Add(72*time.Hour), now)
	if !ok || !w.horizon.Equal(now) || !w.due.IsZero() || len(w.missed) > 0 {
		t.Errorf("three days ahead: %+v, want the horizon set back and nothing due", w)
	}
}
