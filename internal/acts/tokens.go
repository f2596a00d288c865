package acts

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/auth"
)

// Tokens lists the tokens with which programs may ask the daemon.
func (a Acts) Tokens(ctx context.Context) ([]auth.Token, error) {
	if a.Store == nil {
		return nil, nil
	}
	return a.Store.Accounts().Tokens(ctx)
}

// tokenName is what a token may be called: its name is in the audit and in lists.
var tokenName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// CreateToken makes a token, and returns its text, which is not kept.
func (a Acts) CreateToken(ctx context.Context, name string, grant auth.Grant, until time.Time) (string, error) {
	if !tokenName.MatchString(name) {
		return "", fault.Of(run.ErrUsage, "want a name of letters, digits, dots and dashes for the token, such as payroll-2027")
	}
	for _, flow := range grant.Flows {
		if _, err := a.Config.Flow(flow); err != nil {
			return "", err
		}
	}
	entry := By(audit.CreateToken)
	t, text := auth.NewToken(name, grant, until)
	t.Maker = entry.Who
	entry.Note = fmt.Sprintf("%s, %s until %s", name, grant.Role, until.Format(time.DateOnly))
	err := a.Store.Accounts().CreateToken(ctx, t, entry)
	if errors.Is(err, state.ErrBusy) {
		return "", fault.Of(run.ErrUsage, "there is a token %q already: revoke it first, or choose another name", name)
	}
	return text, err
}

// RevokeToken takes a token away.
func (a Acts) RevokeToken(ctx context.Context, name string) error {
	entry := By(audit.RevokeToken)
	entry.Note = name
	err := a.Store.Accounts().RevokeToken(ctx, name, entry)
	if errors.Is(err, state.ErrNotFound) {
		return fault.Of(run.ErrUsage, "there is no token %q: lucca-exchange token list shows them", name)
	}
	return err
}
