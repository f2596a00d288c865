package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/web/auth"
)

// caller is who asks, and from where.
type caller struct {
	auth.Account
	from string
}

type callerKey struct{}

// who is the caller of a request that was admitted.
func who(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c // the zero value is nobody, who may do nothing
}

// admitted lets only those through who may look, at their pace. The document is for everybody.
func (a *API) admitted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == Root+"/openapi.json" {
			next.ServeHTTP(w, r)
			return
		}
		c, err := a.caller(r)
		if err != nil {
			p := a.problem(r.Context(), err)
			if p.Status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer realm="lucca-exchange"`)
			}
			writeProblem(w, p)
			return
		}
		select {
		case a.places <- struct{}{}:
			defer func() { <-a.places }()
		default:
			writeProblem(w, &Problem{Status: http.StatusServiceUnavailable, Code: "busy", Detail: "too many requests are being answered", Hint: "try again in a second", wait: time.Second})
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	})
}

func (a *API) caller(r *http.Request) (caller, error) {
	from := a.options.Accounts.From(r)
	account, err := a.options.Accounts.Account(r)
	var wait *auth.WaitError
	switch {
	case errors.As(err, &wait):
		return caller{}, cmp.Or(a.options.Accounts.NotLetIn(r), error(tooMany(wait.Wait)))
	case errors.Is(err, auth.ErrStranger):
		if err := a.options.Accounts.NotLetIn(r); err != nil {
			return caller{}, err
		}
		if wait := a.strangers.Take(from); wait > 0 {
			return caller{}, tooMany(wait)
		}
		return caller{}, &Problem{
			Status: http.StatusUnauthorized, Code: "unauthorized", Detail: "there is no token, or it is unknown, revoked or over",
			Hint: "send Authorization: Bearer TOKEN; lucca-exchange token create makes one",
		}
	case err != nil:
		return caller{}, err
	case !account.Views():
		return caller{}, forbidden("the account has no role")
	}
	if wait := a.known.Take(account.Who()); wait > 0 {
		return caller{}, tooMany(wait)
	}
	return caller{account, from}, nil
}

func tooMany(wait time.Duration) *Problem {
	return &Problem{Status: http.StatusTooManyRequests, Code: "too_many_requests", Detail: "too many requests", Hint: "wait for as many seconds as Retry-After says", wait: wait}
}

// entry is the beginning of a line of the audit about what the caller does.
func (c caller) entry(act audit.Act, note string) audit.Entry {
	return audit.Entry{At: time.Now(), Who: c.Who(), Role: string(c.Role()), From: c.from, Act: act, Note: strings.TrimSpace(note)}
}

// sees refuses a flow that a token is not for.
func (c caller) sees(flow string) error {
	if !c.Sees(flow) {
		return forbidden("the token is not for this flow")
	}
	return nil
}

// refuse puts on record that the caller may not do something, and says so.
func (a *API) refuse(ctx context.Context, by audit.Entry, detail string) error {
	return cmp.Or(a.options.Audit().Append(ctx, by.Refused("forbidden")), error(forbidden(detail)))
}

// reveal puts on record that the caller is shown people's names or values.
func (a *API) reveal(ctx context.Context, flow, run, what string) error {
	by := who(ctx).entry(audit.Reveal, what)
	by.Flow, by.Run = flow, run
	return a.options.Audit().Append(ctx, by)
}
