// Package acts is what people do to an instance beside running its flows: they approve and reject
// held runs, cancel runs, send files again, pause and resume flows, decide on hires, and make
// tokens. Each act is on record in the transaction that does it, or on record as refused. What
// time does in their stead, such as to end a run whose plan expired, is here too.
package acts

import (
	"context"
	"log/slog"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/state"
)

// Acts does what people ask of one instance.
type Acts struct {
	Config *config.Config
	// Store is nil where there is no state yet, and nothing can be done but to look.
	Store     *state.Store
	Logger    *slog.Logger
	Inspector inspect.Inspector
	Runs      Runs
}

// Runs does the work of runs.
type Runs interface {
	// CarryOut does what was held back of a run that was claimed, and ends it.
	CarryOut(ctx context.Context, record state.Record) (flow.Report, error)
	// Resendable says why the file of a run cannot be sent once more, if it cannot.
	Resendable(ctx context.Context, of state.Record) error
	// Resend sends it in a run that has begun, and ends that.
	Resend(ctx context.Context, record, of state.Record) (flow.Report, error)
	// Employs reports whether the tenant of a flow knows an employee, who may have left.
	Employs(ctx context.Context, flow string, employee int) (bool, error)
	// Inbox has the files of a flow.
	Inbox(flow string) inbox.Inbox
}

// By is the beginning of a line of the audit about what a command does: by the account of
// the operating system behind it.
func By(what audit.Act) audit.Entry {
	who, from := audit.Account()
	return audit.Entry{At: flow.Now(), Who: "os:" + who, From: from, Act: what}
}

// Latest returns the last n lines of the audit, the newest first.
func (a Acts) Latest(ctx context.Context, n int) ([]audit.Line, error) {
	if a.Store == nil {
		return nil, nil
	}
	return a.Store.Audit().Latest(ctx, n)
}

// Verify goes through the audit: see audit.Verify.
func (a Acts) Verify(ctx context.Context, kept ...audit.Anchor) (audit.Anchor, error) {
	if a.Store == nil {
		return audit.Anchor{}, nil
	}
	return a.Store.Audit().Verify(ctx, kept...)
}
