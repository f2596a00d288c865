package state_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// unordered leaves out of a comparison what the store itself sets.
var unordered = cmpopts.IgnoreFields(state.Record{}, "Sequence")

// TestRunsKeepTheirOrderWhateverTheClockSays: one run an hour ahead once made all that came after
// it the older ones.
func TestRunsKeepTheirOrderWhateverTheClockSays(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l, ctx := open(t, stateDSN(t)), t.Context()
		export := func(minute int) state.Record {
			r := begun(t, l, "nightly", at(minute))
			check(t, l.Deliveries().SaveSnapshot(ctx, r.ID, []byte("s"), nil))
			check(t, l.Plans().SavePlan(ctx, state.PlanRecord{Run: r.ID, Flow: "nightly", Write: text("{}")}))
			check(t, l.Deliveries().Save(ctx, sent(r.ID, "nightly", delivery.StepDelivered, at(minute))))
			r.Outcome, r.FinishedAt = run.Done, at(minute)
			check(t, l.Runs().Finish(ctx, r))
			return r
		}
		want := []string{export(10).ID, export(70).ID, export(11).ID, export(5).ID}
		runs, err := l.History().Runs(ctx, state.Filter{Flow: "nightly"})
		check(t, err)
		var got []string
		for i := len(runs) - 1; i >= 0; i-- {
			got = append(got, runs[i].ID)
			if i > 0 && runs[i].Sequence >= runs[i-1].Sequence {
				t.Errorf("sequences %d, %d", runs[i].Sequence, runs[i-1].Sequence)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("runs: %s", diff)
		}
		last, err := l.Deliveries().LastDelivery(ctx, "nightly")
		check(t, err)
		snapshot, err := l.Deliveries().LastSnapshotRun(ctx, "nightly")
		check(t, err)
		plan, err := l.Plans().LastPlan(ctx, "nightly")
		check(t, err)
		for what, id := range map[string]string{"delivery": last.Run, "snapshot": snapshot, "plan": plan.Run} {
			if id != want[3] {
				t.Errorf("the last %s is that of run %s, want the newest run", what, id)
			}
		}
		// What the next export is compared with stays.
		_, err = l.Upkeep().Purge(ctx, state.PurgeOptions{RunsBefore: at(1000)})
		check(t, err)
		kept, err := l.History().Runs(ctx, state.Filter{})
		check(t, err)
		if len(kept) != 1 || kept[0].ID != want[3] {
			t.Errorf("kept %v", kept)
		}
	})
}

// TestClockThatJumps: one that shows 500 days ahead once purged the history and ended the held
// runs.
func TestClockThatJumps(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, looks := range map[string][]struct {
		at     time.Duration
		jumped bool
	}{
		"steady":                 {{0, false}, {time.Hour, false}, {day, false}, {2 * day, false}},
		"ahead for a moment":     {{0, false}, {500 * day, true}, {500*day + time.Hour, true}, {2 * time.Hour, false}, {3 * time.Hour, false}},
		"ahead again and again":  {{0, false}, {500 * day, true}, {time.Hour, false}, {500 * day, true}, {2 * time.Hour, false}},
		"nobody looked for long": {{0, false}, {10 * day, true}, {10*day + 23*time.Hour, true}, {11 * day, false}, {12 * day, false}},
		"once a week":            {{0, false}, {7 * day, true}, {14 * day, false}, {21 * day, true}, {28 * day, false}},
		"put back":               {{0, false}, {-day, false}, {-day + time.Hour, false}, {0, false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachState(t, func(t *testing.T, stateDSN newState) {
				l := open(t, stateDSN(t))
				for i, look := range looks {
					got, err := l.Upkeep().ClockJumped(t.Context(), at(0).Add(look.at))
					check(t, err)
					if got != look.jumped {
						t.Errorf("look %d after %s: got %t, want %t", i, look.at, got, look.jumped)
					}
				}
			})
		})
	}
}
