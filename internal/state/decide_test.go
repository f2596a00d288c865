package state_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// heldPlan is a held run with a plan of a hash.
func heldPlan(t *testing.T, l *state.Store, hash string) string {
	t.Helper()
	r := begun(t, l, "payroll", at(1))
	check(t, l.Plans().SavePlan(t.Context(), state.PlanRecord{Run: r.ID, Flow: "payroll", Hash: hash}))
	check(t, l.Runs().Finish(t.Context(), ended(r, run.Held)))
	return r.ID
}

func approval(who, run, hash string) audit.Entry {
	return audit.Entry{At: at(5), Who: who, Act: audit.Approve, Flow: "payroll", Run: run, Hash: hash}
}

// TestTwoPeopleApprove, in whatever order and however much at once: one of them is the first,
// whose word is kept once, and one the second, who may go on.
func TestTwoPeopleApprove(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		one, other := open(t, dsn), open(t, dsn)
		id := heldPlan(t, one, "aa")
		want(t, one.Runs().Agree(t.Context(), 2, approval("claire", id, "bb")), state.ErrOtherPlan)
		want(t, one.Runs().Agree(t.Context(), 2, approval("claire", "none", "aa")), state.ErrNotFound)

		var all sync.WaitGroup
		var mu sync.Mutex
		first, again, second := 0, 0, 0
		for n := range 12 {
			l, who := []*state.Store{one, other}[n%2], []string{"claire", "os:Claire", "token:x (claire)", "paul"}[n%4]
			all.Go(func() {
				err := l.Runs().Agree(t.Context(), 2, approval(who, id, "aa"))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					second++
				case errors.Is(err, state.ErrAgain):
					again++
				case errors.Is(err, state.ErrSecond):
					first++
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		lines, err := one.Audit().Of(t.Context(), id)
		check(t, err)
		if first != 1 || len(lines) != 1 || first+again+second != 12 || second < 3 {
			t.Errorf("%d are the first, %d are so again, %d may go on, and %d lines are on record", first, again, second, len(lines))
		}
		if _, _, err := one.Runs().Claim(t.Context(), id, at(6), approval("paul", id, "bb")); !errors.Is(err, state.ErrOtherPlan) {
			t.Errorf("another plan is claimed: %v", err)
		}
		want(t, one.Runs().Reject(t.Context(), id, at(6), audit.Entry{Act: audit.Reject, Run: id, Hash: "bb"}), state.ErrOtherPlan)
		_, _, err = one.Runs().Claim(t.Context(), id, at(6), approval("paul", id, "aa"))
		check(t, err)
		want(t, other.Runs().Agree(t.Context(), 2, approval("anna", id, "aa")), state.ErrNotHeld)
	})
}

// TestARequestIsMadeOnce: with the same key it is the first one again, and one who asks without
// finds the run that waits. What was asked for is on record, with what it came to.
func TestARequestIsMadeOnce(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		q, err := state.NewQueue(l, state.QueueOptions{Flows: []state.Flow{{Name: "payroll", Kind: run.Import}}})
		check(t, err)
		by := audit.Entry{At: time.Now(), Who: "token:x (paul)", Act: audit.Run}
		upload := by
		upload.Act, upload.Hash = audit.Upload, "cc"
		id, err := q.Request(t.Context(), state.Request{Flow: "payroll", Act: by, Key: "k1"})
		check(t, err)
		for _, c := range []struct {
			r    state.Request
			id   string
			want error
		}{
			{state.Request{Flow: "payroll", Act: by, Key: "k1"}, id, state.ErrRepeated},
			{state.Request{Flow: "payroll", Act: by, Key: "k2"}, id, state.ErrAlreadyQueued},
			{state.Request{Flow: "payroll", Act: by}, id, state.ErrAlreadyQueued},
			{state.Request{Flow: "payroll", Act: upload, Key: "k1", ID: "20261129-000000-abcdef"}, "", state.ErrKeyUsed},
			{state.Request{Flow: "payroll", Act: upload, Key: "k3", ID: "20261129-000000-abcdef"}, "20261129-000000-abcdef", nil},
			{state.Request{Flow: "payroll", Act: upload, Key: "k3", ID: "20261129-000000-ffffff"}, "20261129-000000-abcdef", state.ErrRepeated},
			{state.Request{Flow: "other", Act: by}, "", state.ErrUnknownFlow},
		} {
			got, err := q.Request(t.Context(), c.r)
			if !errors.Is(err, c.want) || got != c.id {
				t.Errorf("%+v: %s, %v; want %s, %v", c.r, got, err, c.id, c.want)
			}
		}
		lines, err := l.Audit().Latest(t.Context(), 10)
		check(t, err)
		if len(lines) != 4 || lines[3].Run != id || lines[3].Note != "key k1" || lines[0].Hash != "cc" {
			t.Errorf("on record are %+v", lines)
		}
		check(t, l.Jobs().Cancel(t.Context(), id, audit.Entry{At: time.Now(), Who: "paul", Act: audit.Cancel, Run: id}))
		want(t, l.Jobs().Cancel(t.Context(), id, audit.Entry{At: time.Now(), Who: "paul", Act: audit.Cancel, Run: id}), state.ErrEnded)
		lines, err = l.Audit().Of(t.Context(), id)
		check(t, err)
		if n := len(lines); n != 4 || lines[3].Act != audit.Cancel {
			t.Errorf("of the canceled run are on record %+v", lines)
		}
	})
}

// TestAHireIsDecidedAsItWasSeen, once, and on record.
func TestAHireIsDecidedAsItWasSeen(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		h := addHire(t, l, hire("R-1", at(1)))
		dropped := h
		dropped.State, dropped.Updated, dropped.Data = state.HireDropped, at(2), nil
		by := audit.Entry{At: at(2), Who: "claire", Act: audit.DropHire}
		check(t, l.HireBook().DecideHire(t.Context(), h, dropped, by))
		want(t, l.HireBook().DecideHire(t.Context(), h, dropped, by), state.ErrChanged)
		missing := h
		missing.ID = strings.Repeat("0", 8)
		want(t, l.HireBook().DecideHire(t.Context(), missing, dropped, by), state.ErrNotFound)
		got, err := l.HireBook().Hire(t.Context(), h.ID)
		check(t, err)
		lines, err := l.Audit().Latest(t.Context(), 10)
		check(t, err)
		if got.State != state.HireDropped || len(got.Data) == 0 || len(lines) != 1 {
			t.Errorf("the hire is %s with %d bytes, and on record are %+v", got.State, len(got.Data), lines)
		}
	})
}
