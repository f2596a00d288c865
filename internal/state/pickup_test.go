package state_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

func taken(run, name string, step pickup.Step, when time.Time) pickup.Record {
	p := pickup.Record{
		Flow: "payroll", Remote: "files", Name: name, Size: 1234, ModTime: at(0).Add(-time.Hour),
		Run: run, Step: step, Place: "in-progress/" + name, At: when,
	}
	if step != pickup.StepClaimed {
		p.SHA256 = "sha of " + name
	}
	return p
}

func claim(t *testing.T, l *state.Store, p pickup.Record) bool {
	t.Helper()
	ok, err := l.Pickups().Claim(t.Context(), p)
	check(t, err)
	return ok
}

func TestPickupIsClaimedByOneRun(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		first := taken("run-1", "users.csv", pickup.StepClaimed, at(0))
		for _, file := range []string{"new", "its own, after a crash"} {
			if !claim(t, l, first) {
				t.Errorf("a run could not claim a file that is %s", file)
			}
		}
		second := first
		second.Run, second.At = "run-2", at(1)
		if claim(t, l, second) {
			t.Error("two runs claimed one file")
		}
		// Any change makes it another file.
		for _, change := range []func(*pickup.Record){
			func(p *pickup.Record) { p.Flow = "other" },
			func(p *pickup.Record) { p.Remote = "elsewhere" },
			func(p *pickup.Record) { p.Name = "users2.csv" },
			func(p *pickup.Record) { p.Size++ },
			func(p *pickup.Record) { p.ModTime = p.ModTime.Add(time.Microsecond) },
		} {
			other := second
			change(&other)
			if !claim(t, l, other) {
				t.Errorf("%+v is not claimed", other)
			}
		}
		// What is given back may be taken by another.
		first.Step = pickup.StepReleased
		check(t, l.Pickups().Save(t.Context(), first))
		if !claim(t, l, second) {
			t.Error("a released file cannot be claimed")
		}
		second.Step, second.Place = pickup.StepSettled, ""
		check(t, l.Pickups().Save(t.Context(), second))
		if claim(t, l, second) || claim(t, l, first) {
			t.Error("a settled file that still stands was claimed again")
		}
	})
}

// TestFileThatIsPutBack: who moves a file back wants it looked at again, and the content
// is recognised by then.
func TestFileThatIsPutBack(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		done := imported(t, l, "payroll", at(0), run.Done, state.PlanApplied)
		p := taken(done.ID, "users.csv", pickup.StepSettled, at(0))
		p.Place = "processed/users.csv"
		check(t, l.Pickups().Save(t.Context(), p))
		next := importRun("payroll", at(1))
		_, err := l.Runs().Begin(t.Context(), next)
		check(t, err)
		if !claim(t, l, taken(next.ID, "users.csv", pickup.StepClaimed, at(1))) {
			t.Fatal("the file that was put back is not taken")
		}
		check(t, l.Pickups().Save(t.Context(), taken(next.ID, "users.csv", pickup.StepFetched, at(1))))
		if by, ok, err := l.Pickups().Seen(t.Context(), "payroll", p.SHA256); !ok || by != done.ID || err != nil {
			t.Errorf("Seen: %q, %v, %v", by, ok, err)
		}
	})
}

func TestPickupIsClaimedByOneOfManyProcesses(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		var won atomic.Int32
		var wg sync.WaitGroup
		for i := range 8 {
			l := open(t, dsn)
			wg.Go(func() {
				ok, err := l.Pickups().Claim(t.Context(), taken("run-"+string(rune('a'+i)), "users.csv", pickup.StepClaimed, at(0)))
				if err != nil {
					t.Error(err)
				}
				if ok {
					won.Add(1)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 {
			t.Errorf("%d runs claimed the file", won.Load())
		}
	})
}

func TestPickupJournal(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		_, err := l.Pickups().PickupOf(t.Context(), "run-1")
		want(t, err, state.ErrNotFound)
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		for i, step := range []pickup.Step{pickup.StepClaimed, pickup.StepMoved, pickup.StepFetched} {
			p := taken("run-1", "users.csv", step, at(i))
			check(t, l.Pickups().Save(canceled, p))
			got, err := l.Pickups().PickupOf(t.Context(), "run-1")
			check(t, err)
			if diff := cmp.Diff(p, got); diff != "" {
				t.Error(diff)
			}
		}
		check(t, l.Pickups().Save(t.Context(), taken("run-2", "released.csv", pickup.StepReleased, at(9))))
		unfinished, err := l.Pickups().Unfinished(t.Context(), "payroll")
		check(t, err)
		if diff := cmp.Diff([]pickup.Record{taken("run-1", "users.csv", pickup.StepFetched, at(2))}, unfinished); diff != "" {
			t.Error(diff)
		}

		p := taken("run-1", "users.csv", pickup.StepSettled, at(3))
		p.Place = ""
		settled := func() bool {
			sum, ok, err := l.Pickups().Settled(t.Context(), p.Flow, p.Remote, p.Name, p.Size, p.ModTime)
			check(t, err)
			if want := map[bool]string{true: p.SHA256}[ok]; sum != want {
				t.Errorf("settled %v with the content %q", ok, sum)
			}
			return ok
		}
		before := settled()
		check(t, l.Pickups().Save(t.Context(), p))
		if before || !settled() {
			t.Errorf("settled: %v before, %v after", before, settled())
		}
		if unfinished, err := l.Pickups().Unfinished(t.Context(), "payroll"); err != nil || len(unfinished) > 0 {
			t.Errorf("unfinished: %v, %v", unfinished, err)
		}

		// What stands there and looks the same is taken only when its content is another.
		again := taken("run-3", "users.csv", pickup.StepClaimed, at(4))
		again.Place = ""
		for _, c := range []struct {
			sum  string
			want bool
		}{{"", false}, {p.SHA256, false}, {"of other content", true}} {
			again.SHA256 = c.sum
			if ok, err := l.Pickups().Claim(t.Context(), again); err != nil || ok != c.want {
				t.Errorf("claimed with the content %q: %v, %v", c.sum, ok, err)
			}
		}
		if got, err := l.Pickups().PickupOf(t.Context(), "run-3"); err != nil || got.SHA256 != "" || settled() {
			t.Errorf("claimed as %+v, %v", got, err)
		}
	})
}

// TestSameContent: what was dealt with is refused under any name; what came to nothing,
// or was stopped by a person, may be dropped again.
func TestSameContent(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		for _, tt := range []struct {
			name    string
			outcome run.Outcome
			plan    state.PlanState
			step    pickup.Step
			seen    bool
		}{
			{"done", run.Done, state.PlanApplied, pickup.StepSettled, true},
			// What was rejected may be mended in Lucca.
			{"rejections", run.Rejections, state.PlanApplied, pickup.StepSettled, false},
			// It was the content of another run, which may have come to nothing since.
			{"nothing", run.Nothing, "", pickup.StepSettled, false},
			{"held", run.Held, "", pickup.StepFetched, true},
			{"failed before anything was applied", run.Failed, "", pickup.StepSettled, false},
			{"failed in the middle", run.Failed, state.PlanApplying, pickup.StepSettled, true},
			{"given up in the middle", run.Failed, state.PlanDropped, pickup.StepSettled, false},
			{"interrupted in the middle", run.Canceled, state.PlanApplying, pickup.StepSettled, true},
			{"rejected", run.Canceled, "", pickup.StepSettled, false},
			{"released", run.Done, "", pickup.StepReleased, false},
		} {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				l := open(t, stateDSN(t))
				record := imported(t, l, "payroll", at(0), tt.outcome, tt.plan)
				check(t, l.Pickups().Save(t.Context(), taken(record.ID, "users.csv", tt.step, at(0))))
				by, ok, err := l.Pickups().Seen(t.Context(), "payroll", "sha of users.csv")
				check(t, err)
				if ok != tt.seen || ok && by != record.ID {
					t.Errorf("Seen: %q, %v", by, ok)
				}
				for _, other := range []string{"sha of another.csv", ""} {
					if _, ok, err := l.Pickups().Seen(t.Context(), "payroll", other); ok || err != nil {
						t.Errorf("Seen(%q): %v, %v", other, ok, err)
					}
				}
				// A run that is forgotten dealt with its file if it was done, and not otherwise.
				_, err = l.Upkeep().Purge(t.Context(), state.PurgeOptions{RunsBefore: at(1_000), FilesBefore: at(1_000)})
				check(t, err)
				_, ok, err = l.Pickups().Seen(t.Context(), "payroll", "sha of users.csv")
				check(t, err)
				if forgotten := tt.seen && (tt.outcome == run.Done || tt.outcome == run.Held); ok != forgotten {
					t.Errorf("after the purge: Seen: %v", ok)
				}
			})
		}
	})
}

// TestAnOlderContentAfterANewerOneIsNew: A, B, and A again.
func TestAnOlderContentAfterANewerOneIsNew(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		seen := func(name string, want bool) {
			t.Helper()
			if _, ok, err := l.Pickups().Seen(t.Context(), "payroll", "sha of "+name); ok != want || err != nil {
				t.Errorf("%s is seen: %v, %v", name, ok, err)
			}
		}
		first := imported(t, l, "payroll", at(0), run.Done, state.PlanApplied)
		check(t, l.Pickups().Save(t.Context(), taken(first.ID, "a.csv", pickup.StepSettled, at(0))))
		imported(t, l, "payroll", at(1), run.Nothing, "")
		imported(t, l, "payroll", at(2), run.Held, "")
		imported(t, l, "other", at(3), run.Done, state.PlanApplied)
		imported(t, l, "payroll", at(4), run.Failed, "")
		seen("a.csv", true)
		second := imported(t, l, "payroll", at(5), run.Done, state.PlanApplied)
		check(t, l.Pickups().Save(t.Context(), taken(second.ID, "b.csv", pickup.StepSettled, at(5))))
		seen("a.csv", false)
		seen("b.csv", true)
		imported(t, l, "payroll", at(6), run.Failed, state.PlanApplying)
		seen("b.csv", false)
	})
}

func TestContentOfTheRunAtWorkIsItsOwn(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		held := imported(t, l, "payroll", at(0), run.Held, "")
		check(t, l.Pickups().Save(t.Context(), taken(held.ID, "held.csv", pickup.StepFetched, at(0))))
		_, _, err := l.Runs().Claim(t.Context(), held.ID, at(1))
		check(t, err)
		record := importRun("other", at(1))
		_, err = l.Runs().Begin(t.Context(), record)
		check(t, err)
		own := taken(record.ID, "users.csv", pickup.StepFetched, at(1))
		own.Flow = "other"
		check(t, l.Pickups().Save(t.Context(), own))
		if by, ok, err := l.Pickups().Seen(t.Context(), "other", "sha of users.csv"); ok || err != nil {
			t.Errorf("the run finds itself: %q, %v", by, err)
		}
		// An approval at work is not a reason to take the file again.
		if by, ok, err := l.Pickups().Seen(t.Context(), "payroll", "sha of held.csv"); !ok || by != held.ID || err != nil {
			t.Errorf("during the approval: %q, %v, %v", by, ok, err)
		}
	})
}

func TestLastPickupIsSettledOrHeld(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		_, err := l.Pickups().LastPickup(t.Context(), "payroll", at(1_000_000))
		want(t, err, state.ErrNotFound)
		last := func() string {
			p, err := l.Pickups().LastPickup(t.Context(), "payroll", at(1_000_000))
			check(t, err)
			return p.Name
		}
		done := imported(t, l, "payroll", at(0), run.Done, state.PlanApplied)
		check(t, l.Pickups().Save(t.Context(), taken(done.ID, "monday.csv", pickup.StepSettled, at(0))))
		failed := imported(t, l, "payroll", at(1), run.Failed, "")
		check(t, l.Pickups().Save(t.Context(), taken(failed.ID, "claimed.csv", pickup.StepClaimed, at(1))))
		if got := last(); got != "monday.csv" {
			t.Errorf("last is %q", got)
		}
		held := imported(t, l, "payroll", at(2), run.Held, "")
		check(t, l.Pickups().Save(t.Context(), taken(held.ID, "tuesday.csv", pickup.StepFetched, at(2))))
		if got := last(); got != "tuesday.csv" {
			t.Errorf("last is %q", got)
		}
	})
}
