package app

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/auth"
)

// Act is the beginning of a line of the audit about what a command does: by the account of
// the operating system behind it.
func Act(what audit.Act) audit.Entry {
	who, from := audit.Account()
	return audit.Entry{At: now(), Who: "os:" + who, From: from, Act: what}
}

// Acts is what people did, and who may do what by token.
type Acts struct{ app *App }

// Acts returns the instance's.
func (a *App) Acts() Acts { return Acts{a} }

// Latest returns the last n lines of the audit, the newest first.
func (a Acts) Latest(ctx context.Context, n int) ([]audit.Line, error) {
	if a.app.store == nil {
		return nil, nil
	}
	return a.app.store.Audit().Latest(ctx, n)
}

// Verify goes through the audit: see audit.Verify.
func (a Acts) Verify(ctx context.Context, kept ...audit.Anchor) (audit.Anchor, error) {
	if a.app.store == nil {
		return audit.Anchor{}, nil
	}
	return a.app.store.Audit().Verify(ctx, kept...)
}

// Tokens lists the tokens with which programs may ask the daemon.
func (a Acts) Tokens(ctx context.Context) ([]auth.Token, error) {
	if a.app.store == nil {
		return nil, nil
	}
	return a.app.store.Accounts().Tokens(ctx)
}

// tokenName is what a token may be called: its name is in the audit and in lists.
var tokenName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// CreateToken makes a token, and returns its text, which is not kept.
func (a Acts) CreateToken(ctx context.Context, name string, grant auth.Grant, until time.Time) (string, error) {
	if !tokenName.MatchString(name) {
		return "", fmt.Errorf("%w: want a name of letters, digits, dots and dashes for the token, such as payroll-2027", ErrUsage)
	}
	for _, flow := range grant.Flows {
		if _, err := a.app.flow(flow); err != nil {
			return "", err
		}
	}
	entry := Act(audit.CreateToken)
	t, text := auth.NewToken(name, grant, until)
	t.Maker = entry.Who
	entry.Note = fmt.Sprintf("%s, %s until %s", name, grant.Role, until.Format(time.DateOnly))
	err := a.app.store.Accounts().CreateToken(ctx, t, entry)
	if errors.Is(err, state.ErrBusy) {
		return "", fmt.Errorf("%w: there is a token %q already: revoke it first, or choose another name", ErrUsage, name)
	}
	return text, err
}

// RevokeToken takes a token away.
func (a Acts) RevokeToken(ctx context.Context, name string) error {
	entry := Act(audit.RevokeToken)
	entry.Note = name
	err := a.app.store.Accounts().RevokeToken(ctx, name, entry)
	if errors.Is(err, state.ErrNotFound) {
		return fmt.Errorf("%w: there is no token %q: lucca-exchange token list shows them", ErrUsage, name)
	}
	return err
}
