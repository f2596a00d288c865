package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
		Decide:    d.decide,
		Start: func(ctx context.Context, flow string, by audit.Entry) error {
			_, err := d.runner.Queue().Request(ctx, state.Request{Flow: flow, Act: by})
			if errors.Is(err, state.ErrAlreadyQueued) {
				return nil
			}
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	if d.opts.Guest != nil {
		d.opts.Invite("/signin/link/" + accounts.NewLink(*d.opts.Guest))
	}
	return pages.Handler(), nil
}

// decide records what somebody decided about a held run, and carries it out: an approved run
// goes on while the page is answered. An act that is refused is on record too.
func (d *Daemon) decide(ctx context.Context, what console.Decision) error {
	a := d.app.Load()
	what.By.Hash = what.Hash
	err := d.decideOn(ctx, a, what)
	switch {
	case errors.Is(err, state.ErrSecond):
		return fmt.Errorf("%w: %w", console.ErrSecond, err)
	case errors.Is(err, state.ErrOtherPlan):
		return fmt.Errorf("%w: %w", console.ErrOtherPlan, err)
	case errors.Is(err, state.ErrNotHeld) || errors.Is(err, state.ErrBusy):
		return fmt.Errorf("%w: %w", console.ErrDecided, err)
	}
	return err
}

func (d *Daemon) decideOn(ctx context.Context, a *App, what console.Decision) error {
	if what.Hash == "" {
		return a.Acts().Refused(ctx, what.By, state.Record{Run: run.Run{ID: what.Run}}, state.ErrOtherPlan)
	}
	if !what.Approve {
		_, err := a.Acts().Reject(ctx, what.Run, what.By)
		return err
	}
	record, err := a.Acts().Claim(ctx, what.Run, what.By)
	if err != nil {
		return err
	}
	d.release(ctx, a, record)
	return nil
}

// release carries out what was approved, while the answer is given.
func (d *Daemon) release(ctx context.Context, a *App, record state.Record) {
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
		if _, err := a.Acts().Runs.Release(ctx, record); err != nil {
			d.logger.ErrorContext(ctx, "approval.failed", "flow", record.Flow, "run", record.ID, "err", err)
		}
	})
}
