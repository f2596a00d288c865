package state_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/state"
)

func hire(event string, when time.Time) state.Hire {
	return state.Hire{
		Flow: "flatchr-hires", Source: "flatchr", EventID: event, State: state.HireReceived,
		Received: when, Updated: when, Data: []byte(`{"lastName":"Martin"}`),
	}
}

func addHire(t *testing.T, l *state.Store, h state.Hire) state.Hire {
	t.Helper()
	stored, err := l.HireBook().AddHires(t.Context(), []state.Hire{h})
	check(t, err)
	if !stored[0].Added {
		t.Fatalf("event %s was known", h.EventID)
	}
	return stored[0].Hire
}

func TestEventIsAddedOnce(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		var added atomic.Int32
		var wg sync.WaitGroup
		ids := make([]string, 8)
		for i := range ids {
			l := open(t, dsn)
			wg.Go(func() {
				h := hire("4711", at(i))
				h.Data = fmt.Append(nil, "delivery ", i)
				stored, err := l.HireBook().AddHires(t.Context(), []state.Hire{h})
				if err != nil {
					t.Error(err)
					return
				}
				if stored[0].Added {
					added.Add(1)
				}
				ids[i] = stored[0].ID + string(stored[0].Data)
			})
		}
		wg.Wait()
		if added.Load() != 1 {
			t.Errorf("added %d times", added.Load())
		}
		for _, id := range ids {
			if id == "" || id != ids[0] {
				t.Fatalf("the stored hires differ: %q", ids)
			}
		}
		other := hire("4711", at(9))
		other.Flow = "arca24-hires"
		addHire(t, open(t, dsn), other)
	})
}

func TestHireIsReadBackAsItWasSaved(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		stored := addHire(t, l, hire("4711", at(0)))
		wanted := hire("4711", at(0))
		wanted.ID = stored.ID
		if diff := cmp.Diff(wanted, stored); diff != "" {
			t.Error(diff)
		}

		wanted.State, wanted.Reason, wanted.Run, wanted.Updated, wanted.EmployeeID = state.HireRefused, "the login exists", "run-1", at(1), 42
		change := wanted
		change.Data = nil
		check(t, l.HireBook().SaveHires(t.Context(), change))
		got, err := l.HireBook().Hire(t.Context(), stored.ID[:6])
		check(t, err)
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Error(diff)
		}
		wanted.Data = []byte(`{"lastName":"Martin","mail":"m@acme.example"}`)
		check(t, l.HireBook().SaveHires(t.Context(), wanted))
		got, err = l.HireBook().Hire(t.Context(), stored.ID)
		check(t, err)
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Error(diff)
		}
		want(t, l.HireBook().SaveHires(t.Context(), state.Hire{ID: "00000000"}), state.ErrNotFound)
	})
}

func TestFindHire(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		for i, id := range []string{"ab12", "ab34", "ab3456"} {
			h := hire(fmt.Sprint(i), at(i))
			h.ID = id
			addHire(t, l, h)
		}
		for part, id := range map[string]string{"ab1": "ab12", "AB12 ": "ab12", "ab34": "ab34", "ab345": "ab3456"} {
			h, err := l.HireBook().Hire(t.Context(), part)
			check(t, err)
			if h.ID != id {
				t.Errorf("Hire(%q) = %s", part, h.ID)
			}
		}
		for part, target := range map[string]error{"ab": state.ErrAmbiguous, "": state.ErrNotFound, "%": state.ErrNotFound, "ab_2": state.ErrNotFound, "12": state.ErrNotFound} {
			_, err := l.HireBook().Hire(t.Context(), part)
			want(t, err, target)
		}
	})
}

func TestHiresByFlowAndState(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		for i, state := range []string{state.HireReceived, state.HireHeld, state.HireReceived, state.HireApplied} {
			h := hire(fmt.Sprint(i), at(i))
			h.State = state
			addHire(t, l, h)
		}
		other := hire("other", at(9))
		other.Flow = "arca24-hires"
		addHire(t, l, other)
		events := func(hires []state.Hire, err error) (events []string) {
			check(t, err)
			for _, h := range hires {
				events = append(events, h.EventID)
			}
			return events
		}
		for _, tt := range []struct {
			filter state.HireFilter
			want   []string
		}{
			{state.HireFilter{}, []string{"other", "3", "2", "1", "0"}},
			{state.HireFilter{Flow: "flatchr-hires"}, []string{"3", "2", "1", "0"}},
			{state.HireFilter{State: state.HireReceived}, []string{"other", "2", "0"}},
			{state.HireFilter{Flow: "flatchr-hires", State: state.HireHeld}, []string{"1"}},
		} {
			if diff := cmp.Diff(tt.want, events(l.HireBook().Hires(t.Context(), tt.filter))); diff != "" {
				t.Errorf("Hires(%+v): %s", tt.filter, diff)
			}
		}
		if diff := cmp.Diff([]string{"0", "2"}, events(l.HireBook().PendingHires(t.Context(), "flatchr-hires"))); diff != "" {
			t.Errorf("PendingHires: %s", diff)
		}
	})
}

// TestHiresArePaged from either end: each once, also those that came at the same instant.
func TestHiresArePaged(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		var hires []state.Hire
		for i := range 7 {
			hires = append(hires, state.Hire{Flow: "ats", Source: "generic", EventID: string(rune('a' + i)), State: state.HireReceived, Received: at(i / 3), Updated: at(0)})
		}
		hires = append(hires, state.Hire{Flow: "other", Source: "generic", EventID: "x", State: state.HireReceived, Received: at(0), Updated: at(0)})
		_, err := l.HireBook().AddHires(t.Context(), hires)
		check(t, err)
		seen := make(map[string]bool)
		for last := (state.Hire{}); ; {
			page, err := l.HireBook().HiresAfter(t.Context(), "ats", last, 2)
			check(t, err)
			if len(page) == 0 {
				break
			}
			for _, h := range page {
				if seen[h.EventID] || h.Received.Before(last.Received) {
					t.Errorf("%s came again, or too late", h.EventID)
				}
				seen[h.EventID], last = true, h
			}
		}
		if len(seen) != 7 {
			t.Errorf("%d of 7 hires", len(seen))
		}
		all, err := l.HireBook().Hires(t.Context(), state.HireFilter{})
		check(t, err)
		which := state.HireFilter{Limit: 3}
		for at := 0; at < len(all); {
			page, err := l.HireBook().Hires(t.Context(), which)
			check(t, err)
			for _, h := range page {
				if h.ID != all[at].ID {
					t.Errorf("the newest first, %s comes in the place of %s", h.EventID, all[at].EventID)
				}
				at++
			}
			which.After = all[at-1].ID
		}
		if _, err := l.HireBook().Hires(t.Context(), state.HireFilter{After: "00000000"}); !errors.Is(err, state.ErrNotFound) {
			t.Errorf("after one that is gone: %v", err)
		}
	})
}

// TestHiresAreReadInOrderByAnIndex: without it each part of 200,000 looks at all of them.
func TestHiresAreReadInOrderByAnIndex(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "exchange.db")
	open(t, "sqlite:"+path)
	db, err := sql.Open("sqlite", "file:"+path)
	check(t, err)
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	var id, parent, unused int
	var detail string
	check(t, db.QueryRowContext(t.Context(), `EXPLAIN QUERY PLAN SELECT * FROM hires
		WHERE flow = 'ats' AND (received_at, id) > (1, 'a') ORDER BY received_at, id LIMIT 5`).Scan(&id, &parent, &unused, &detail))
	if !strings.Contains(detail, "hires_order (flow=? AND (received_at,id)>(?,?))") {
		t.Errorf("read by %s", detail)
	}
}
