package state_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// known is somebody whom a run knows.
func known(id int64, login, name, said string) state.Known {
	return state.Known{Person: id, Who: login, Keys: []string{"l:" + login, "f:" + name}, Entry: []byte(said)}
}

// knowing is a run of a flow that ended, with a snapshot and whom it knows.
func knowing(t *testing.T, l *state.Store, flow string, n int, people ...state.Known) string {
	t.Helper()
	r := state.Record{Run: run.Run{ID: run.NewID(at(n)), Flow: flow, Kind: run.Export, StartedAt: at(n)}}
	_, err := l.Runs().Begin(t.Context(), r)
	check(t, err)
	check(t, l.Deliveries().SaveSnapshot(t.Context(), r.ID, []byte("s"), slices.Values(people)))
	r.Outcome, r.FinishedAt = run.Done, at(n)
	check(t, l.Runs().Finish(t.Context(), r))
	return r.ID
}

func found(t *testing.T, l *state.Store, q state.PersonQuery) string {
	t.Helper()
	list, err := l.People().FindPeople(t.Context(), q)
	check(t, err)
	var out []string
	for _, p := range list {
		out = append(out, fmt.Sprintf("%s %d %s", p.Flow, p.Person, p.Who))
	}
	return strings.Join(out, ", ")
}

func saidOf(t *testing.T, l *state.Store, flow string, person int64) string {
	t.Helper()
	list, err := l.People().SaidOf(t.Context(), flow, person)
	check(t, err)
	var out []string
	for _, s := range list {
		out = append(out, string(s.Entry))
	}
	return strings.Join(out, ", ")
}

// TestRunsKnowTheirPeople until the last run goes that knew them, and under a name until the last
// run goes that called them so.
func TestRunsKnowTheirPeople(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		// 7 and 263 share a bucket; somebody can be on two rows.
		knowing(t, l, "a", 1, known(7, "old", "ann 50%_x", "a1"), known(263, "bob", "bob", "b1"), known(-4, "new", "new", "n1"))
		second := knowing(t, l, "a", 2, known(7, "ann", "ann 50%_x", "a2"), known(7, "ann", "ann 50%_x", "a2 again"))
		knowing(t, l, "b", 3, known(7, "ann", "ann", "other"))
		for _, tt := range []struct {
			q    state.PersonQuery
			want string
		}{
			{state.PersonQuery{Keys: []string{"l:old"}}, "a 7 old"},
			{state.PersonQuery{Keys: []string{"l:ann", "m:ann"}}, "b 7 ann, a 7 ann"},
			{state.PersonQuery{Keys: []string{"l:an"}}, ""},
			{state.PersonQuery{Person: 7}, "b 7 ann, a 7 ann, a 7 old"},
			{state.PersonQuery{Person: 7, Limit: 1}, "b 7 ann"},
			{state.PersonQuery{Parts: []string{"50%_", "ann"}}, "a 7 ann, a 7 old"},
			{state.PersonQuery{Parts: []string{"5%x"}}, ""},
			{state.PersonQuery{Parts: []string{`\`}}, ""},
			{state.PersonQuery{Parts: []string{"n"}, WithoutID: true}, "a -4 new"},
			{state.PersonQuery{}, ""},
		} {
			if got := found(t, l, tt.q); got != tt.want {
				t.Errorf("%+v finds %q, want %q", tt.q, got, tt.want)
			}
		}
		if got := saidOf(t, l, "a", 7); got != "a2, a2 again, a1" {
			t.Errorf("said %q", got)
		}
		if got := saidOf(t, l, "a", 263) + saidOf(t, l, "b", 263); got != "b1" {
			t.Errorf("said of another in the bucket %q", got)
		}

		// A run that keeps its file again keeps its people again.
		check(t, l.People().IndexPeople(t.Context(), second, slices.Values([]state.Known{known(7, "ann", "ann", "a3")})))
		if got := saidOf(t, l, "a", 7); got != "a3, a1" {
			t.Errorf("said %q", got)
		}
		_, err := l.Upkeep().Purge(t.Context(), state.PurgeOptions{FilesBefore: at(1).Add(time.Minute)})
		check(t, err)
		if got := found(t, l, state.PersonQuery{Parts: []string{""}}); got != "b 7 ann, a 7 ann" {
			t.Errorf("after a purge there are %q", got)
		}
		if got := saidOf(t, l, "a", 7) + saidOf(t, l, "a", 263); got != "a3" {
			t.Errorf("after a purge it is said %q", got)
		}
	})
}

// TestRunsOfEarlierVersionsAreIndexed once.
func TestRunsOfEarlierVersionsAreIndexed(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		var runs []string
		for n := range 3 {
			r := state.Record{Run: run.Run{ID: run.NewID(at(n)), Flow: "a", Kind: run.Export, StartedAt: at(n)}}
			_, err := l.Runs().Begin(t.Context(), r)
			check(t, err)
			switch n {
			case 0:
				check(t, l.Deliveries().SaveSnapshot(t.Context(), r.ID, []byte("s"), nil))
			case 1:
				check(t, l.Plans().SavePlan(t.Context(), state.PlanRecord{Run: r.ID, Flow: "a"}))
			}
			r.Outcome, r.FinishedAt = run.Done, at(n)
			check(t, l.Runs().Finish(t.Context(), r))
			runs = append(runs, r.ID)
		}
		list, err := l.People().Unindexed(t.Context())
		check(t, err)
		if !slices.Equal(list, []string{runs[1], runs[0]}) {
			t.Errorf("without their people are %v, want %v and %v", list, runs[1], runs[0])
		}
		for _, id := range list {
			check(t, l.People().IndexPeople(t.Context(), id, slices.Values([]state.Known(nil))))
		}
		list, err = l.People().Unindexed(t.Context())
		check(t, err)
		if list != nil {
			t.Errorf("without their people are still %v", list)
		}
		want(t, l.People().IndexPeople(t.Context(), "20261122-000000-ffffff", slices.Values([]state.Known(nil))), state.ErrNotFound)
	})
}
