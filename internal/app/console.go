package app

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/auth"
	"lucca-exchange/internal/web/console"
)

// console makes the pages of the daemon.
func (d *Daemon) console(accounts *auth.Authenticator) (http.Handler, error) {
	texts, err := message.Load()
	if err != nil {
		return nil, err
	}
	c := d.app.Load().config
	pages, err := console.New(console.Options{
		Accounts: accounts, Texts: texts, Language: cmp.Or(c.Language, message.English), Zone: c.Zone(), Logger: d.logger,
		Inspector: func() inspect.Inspector { return d.app.Load().Inspect() },
		Audit:     func() state.Audit { return d.app.Load().store.Audit() },
		Acts:      pageActs{apiActs{d}},
	})
	if err != nil {
		return nil, err
	}
	if d.opts.Guest != nil {
		d.opts.Invite("/signin/link/" + accounts.NewLink(*d.opts.Guest))
	}
	return pages.Handler(), nil
}

// pageActs are the acts of the instance of now, as pages ask for them.
type pageActs struct{ apiActs }

var _ console.Acts = pageActs{}

// Decide approves or rejects a held run. One that was seen without a plan or file is not the one
// that is held.
func (s pageActs) Decide(ctx context.Context, what console.Decision) error {
	what.By.Hash = what.Hash
	switch {
	case what.Hash == "":
		acts := s.daemon.app.Load().Acts()
		return acts.Refused(ctx, what.By, state.Record{Run: run.Run{ID: what.Run}}, state.ErrOtherPlan)
	case what.Approve:
		return s.Approve(ctx, what.Run, what.By)
	}
	return s.Reject(ctx, what.Run, what.By)
}

// Start is Queue.Request. A run that waits already is the one that was asked for.
func (s pageActs) Start(ctx context.Context, flow string, by audit.Entry) error {
	_, err := s.apiActs.Start(ctx, state.Request{Flow: flow, Act: by})
	if errors.Is(err, state.ErrAlreadyQueued) {
		return nil
	}
	return err
}

// Resend begins the run that sends the file of a run again, which goes on while the page is answered.
func (s pageActs) Resend(ctx context.Context, id string, by audit.Entry) (string, error) {
	acts := s.daemon.app.Load().Acts()
	record, of, err := acts.BeginResend(ctx, id, by)
	if err != nil {
		return "", err
	}
	s.daemon.carryOn(ctx, func(ctx context.Context) {
		if _, err := acts.Runs.Resend(ctx, record, of); err != nil {
			s.daemon.logger.ErrorContext(ctx, "resend.failed", "flow", record.Flow, "run", record.ID, "err", err)
		}
	})
	return record.ID, nil
}

// Download is Acts.Download.
func (s pageActs) Download(ctx context.Context, id string, kind inspect.KeptKind, by audit.Entry) (inspect.KeptFile, error) {
	return s.daemon.app.Load().Acts().Download(ctx, id, kind, by)
}

// release carries out what was approved, while the answer is given.
func (d *Daemon) release(ctx context.Context, a *App, record state.Record) {
	d.carryOn(ctx, func(ctx context.Context) {
		if _, err := a.Acts().Runs.Release(ctx, record); err != nil {
			d.logger.ErrorContext(ctx, "approval.failed", "flow", record.Flow, "run", record.ID, "err", err)
		}
	})
}

// carryOn does work while an answer is given, until the daemon stops.
func (d *Daemon) carryOn(ctx context.Context, work func(ctx context.Context)) {
	d.decisions.Go(func() {
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		defer cancel()
		go func() {
			select {
			case <-d.stopped:
				cancel()
			case <-ctx.Done():
			}
		}()
		work(ctx)
	})
}
