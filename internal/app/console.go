package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

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
	zone, err := time.LoadLocation(cmp.Or(c.Timezone, "Europe/Paris"))
	if err != nil {
		return nil, fmt.Errorf("timezone: %w", err)
	}
	pages, err := console.New(console.Options{
		Accounts: accounts, Texts: texts, Language: cmp.Or(c.Language, message.English), Zone: zone, Logger: d.logger,
		Inspector: func() inspect.Inspector { return d.app.Load().Inspect() },
		Audit:     func() state.Audit { return d.app.Load().store.Audit() },
		Decide:    d.decide,
		Start: func(ctx context.Context, flow string, by audit.Entry) error {
			by.Flow = flow
			if err := d.app.Load().store.Audit().Append(ctx, by); err != nil {
				return err
			}
			d.requests.Add(flow)
			return nil
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
// goes on while the page is answered.
func (d *Daemon) decide(ctx context.Context, what console.Decision) error {
	a := d.app.Load()
	record, err := a.Inspect().Run(ctx, what.Run)
	switch {
	case err != nil:
		return err
	case record.Outcome != run.Held:
		return console.ErrDecided
	}
	held, err := a.Acts().about(ctx, what.By, record)
	switch {
	case err != nil:
		return err
	case held.Hash != what.Hash:
		return console.ErrOtherPlan
	}
	if !what.Approve {
		_, err := a.Reject(ctx, record.ID, what.By)
		return asDecided(err)
	}
	f, err := a.flow(record.Flow)
	if err != nil {
		return err
	}
	if err := a.Acts().agree(ctx, f, held); err != nil {
		if errors.Is(err, ErrSecond) {
			return fmt.Errorf("%w: %w", console.ErrSecond, err)
		}
		return err
	}
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
		if _, err := a.Approve(ctx, record.ID, held); err != nil {
			d.logger.ErrorContext(ctx, "approval.failed", "flow", record.Flow, "run", record.ID, "err", err)
		}
	})
	return nil
}

func asDecided(err error) error {
	if errors.Is(err, state.ErrNotHeld) || errors.Is(err, state.ErrBusy) {
		return console.ErrDecided
	}
	return err
}
