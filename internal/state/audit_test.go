package state_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/auth"
)

func act(who string, a audit.Act, when time.Time) audit.Entry {
	return audit.Entry{At: when, Who: who, Role: "admin", From: "cli", Act: a, Flow: "payroll", Note: "with\x00 a \xff byte"}
}

// TestAuditHoldsUnderManyHands: whoever writes at the same time, and from how many processes,
// the chain is one, and what was done to it behind the store's back is found.
func TestAuditHoldsUnderManyHands(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		dsn := stateDSN(t)
		one, other := open(t, dsn), open(t, dsn)
		var all sync.WaitGroup
		for i := range 20 {
			for _, l := range []*state.Store{one, other} {
				all.Go(func() { check(t, l.Audit().Append(t.Context(), act(fmt.Sprint("user ", i), audit.Approve, at(i)))) })
			}
		}
		all.Wait()
		anchor, err := one.Audit().Verify(t.Context())
		if err != nil || anchor.Sequence != 40 {
			t.Fatalf("verify: %v, %v", anchor, err)
		}
		latest, err := other.Audit().Latest(t.Context(), 3)
		check(t, err)
		if len(latest) != 3 || latest[0].Anchor() != anchor || latest[0].Note != "with a \ufffd byte" {
			t.Errorf("the latest are %+v", latest)
		}
		for _, tamper := range []string{
			`UPDATE audit SET who = 'nobody' WHERE sequence = 17`,
			`DELETE FROM audit WHERE sequence = 17`,
			`DELETE FROM audit WHERE sequence > 30`,
		} {
			if _, err := state.DB(one).ExecContext(t.Context(), tamper); err != nil {
				t.Fatal(err)
			}
			if _, err := other.Audit().Verify(t.Context(), anchor); !errors.Is(err, audit.ErrBroken) {
				t.Errorf("%s: %v", tamper, err)
			}
		}
	})
}

func TestPurgedAuditVerifies(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		ctx := t.Context()
		for i := range 6 {
			check(t, l.Audit().Append(ctx, act("claire", audit.Run, at(i))))
		}
		for range 2 {
			_, err := l.Upkeep().Purge(ctx, state.PurgeOptions{RunsBefore: at(4)})
			check(t, err)
		}
		var left []string
		for line, err := range l.Audit().Lines(ctx, 0) {
			check(t, err)
			left = append(left, fmt.Sprintf("%d %s %s", line.Sequence, line.Who, line.Act))
		}
		if got := fmt.Sprint(left); got != "[5 claire run 6 claire run 7 retention purge]" {
			t.Errorf("left is %s", got)
		}
		if _, err := l.Audit().Verify(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestSessionsAndTokensAreReadBack(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l, ctx := open(t, stateDSN(t)), t.Context()
		accounts := l.Accounts()
		claire := auth.Account{Name: "claire", Via: auth.OpenID, Grants: []auth.Grant{{Role: auth.Approver, Flows: []string{"payroll"}}, {Role: auth.Viewer}}}
		for _, id := range []string{"one", "two"} {
			s := auth.Session{ID: id, Account: claire, Basis: "rules", CreatedAt: at(0), SeenAt: at(0)}
			check(t, accounts.SignIn(ctx, s, act("claire", audit.SignIn, at(0))))
		}
		check(t, accounts.SeeSession(ctx, "one", at(3)))
		got, err := accounts.Session(ctx, "one")
		check(t, err)
		if got.Account.Who() != "oidc:claire" || !got.SeenAt.Equal(at(3)) || !got.CreatedAt.Equal(at(0)) || got.Basis != "rules" ||
			!got.Account.Decides("payroll") || got.Account.Decides("other") || !got.Account.Views() {
			t.Errorf("session: %+v", got)
		}
		check(t, accounts.SignOut(ctx, got, true, act("claire", audit.SignOut, at(4))))
		for _, id := range []string{"one", "two", "three"} {
			if _, err := accounts.Session(ctx, id); !errors.Is(err, auth.ErrNotFound) {
				t.Errorf("session %s after signing out everywhere: %v", id, err)
			}
		}

		token, text := auth.NewToken("reporting", auth.Grant{Role: auth.Viewer}, at(60))
		check(t, accounts.CreateToken(ctx, token, act("root", audit.CreateToken, at(5))))
		want(t, accounts.CreateToken(ctx, token, act("root", audit.CreateToken, at(5))), state.ErrBusy)
		if read, err := accounts.Token(ctx, token.ID); err != nil || read.Name != "reporting" || !read.Expires.Equal(at(60)) || read.Grant.Role != auth.Viewer {
			t.Errorf("token: %+v, %v", read, err)
		}
		if _, err := accounts.Token(ctx, text); !errors.Is(err, auth.ErrNotFound) {
			t.Errorf("the text of a token is kept: %v", err)
		}
		check(t, accounts.RevokeToken(ctx, "reporting", act("root", audit.RevokeToken, at(6))))
		want(t, accounts.RevokeToken(ctx, "reporting", act("root", audit.RevokeToken, at(6))), state.ErrNotFound)
		if anchor, err := l.Audit().Verify(ctx); err != nil || anchor.Sequence != 5 {
			t.Errorf("acts: %v, %v, want five: what was refused is none", anchor, err)
		}
	})
}
