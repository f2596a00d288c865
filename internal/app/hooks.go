package app

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/hire/flatchr"
	"lucca-exchange/internal/hire/generic"
	"lucca-exchange/internal/web"
)

// hooks receives the webhooks of hires flows.
type hooks struct {
	// app and queued change with the configuration.
	app func() *App
	// queued asks for a run of a flow, which deals with what was stored.
	queued func(ctx context.Context, flow string) error

	// asking holds a token while Flatchr is asked; boards, what it said of itself by flow,
	// belong to whoever put it there.
	asking chan struct{}
	boards map[string]board
}

func newHooks(app func() *App, queued func(ctx context.Context, flow string) error) *hooks {
	return &hooks{app: app, queued: queued, asking: make(chan struct{}, 1), boards: make(map[string]board)}
}

// board is the columns and contract types of a company in Flatchr.
type board struct {
	columns []flatchr.Column
	types   map[string]string
	at      time.Time
}

// boardKept is how long they are not asked for again: they hardly ever change.
const boardKept = 10 * time.Minute

// Receive stores the hires of one webhook before it returns nil. Errors are those of package
// web; an unknown flow and a wrong token are the same one, found in the same time.
func (h *hooks) Receive(ctx context.Context, name, token string, header http.Header, body []byte) error {
	a := h.app()
	f, known := a.config.Flows[name]
	if !a.authorized(f, known, token) {
		return web.ErrNotFound
	}
	events, err := h.decode(ctx, a, name, f, header, body)
	switch {
	case errors.Is(err, flatchr.ErrIgnored):
		a.logger.DebugContext(ctx, "hook.ignored", "flow", name)
		return nil
	case errors.Is(err, hire.ErrBody):
		return fmt.Errorf("%w: %w", web.ErrInvalid, err)
	case errors.Is(err, generic.ErrSignature):
		return fmt.Errorf("%w: %w", web.ErrSignature, err)
	case err != nil:
		return fmt.Errorf("%w: %w", web.ErrUnavailable, err)
	}
	fresh := false
	for _, e := range events {
		added, err := a.addHire(ctx, name, e)
		if errors.Is(err, hire.ErrBody) {
			return fmt.Errorf("%w: %w", web.ErrInvalid, err)
		}
		if err != nil {
			return fmt.Errorf("%w: %w", web.ErrUnavailable, err)
		}
		fresh = fresh || added
	}
	if !fresh {
		return nil
	}
	if err := h.queued(ctx, name); err != nil {
		// The hire is stored: the next run of the flow finds it.
		a.logger.WarnContext(ctx, "hook.unqueued", "flow", name, "err", err)
	}
	return nil
}

// authorized compares the token in constant time, whether there is such a flow or not.
func (a *App) authorized(f config.Flow, known bool, token string) bool {
	want, right := "", false
	if known && f.Hires != nil && !f.Hires.WebhookToken.IsZero() {
		if v, err := f.Hires.WebhookToken.Resolve(); err == nil && v.Reveal() != "" {
			want, right = v.Reveal(), true
		}
	}
	x, y := sha256.Sum256([]byte(want)), sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1 && right
}

func (h *hooks) decode(ctx context.Context, a *App, name string, f config.Flow, header http.Header, body []byte) ([]hire.Event, error) {
	at := time.Now()
	if f.Hires.Source == hire.Flatchr {
		e, err := h.flatchr(ctx, a, name, f, body)
		return []hire.Event{e}, err
	}
	if !f.Hires.Secret.IsZero() {
		secret, err := f.Hires.Secret.Resolve()
		if err != nil {
			return nil, err
		}
		v, err := generic.NewVerifier(secret)
		if err != nil {
			return nil, err
		}
		if err := v.Verify(header, body, at); err != nil {
			return nil, err
		}
	}
	return generic.Reader{Source: f.Hires.Source, Zone: f.Zone}.Webhook(body, at)
}

// flatchr decodes a webhook of Flatchr, which is asked for its columns when the webhook
// does not say what the column means, and for its contract types when they are taken over.
func (h *hooks) flatchr(ctx context.Context, a *App, name string, f config.Flow, body []byte) (hire.Event, error) {
	r := flatchr.Reader{Targets: flatchr.Targets{Configured: f.Hires.Columns}, Zone: f.Zone}
	at := time.Now()
	e, err := r.Webhook(body, at)
	unknown := errors.Is(err, flatchr.ErrColumnUnknown)
	switch {
	case unknown && !f.Hires.Polls():
		return e, fmt.Errorf("%w: set columns, or company with api_key", err)
	case !unknown && (err != nil || f.Hires.ContractType == "" || !f.Hires.Polls()):
		return e, err
	}
	b, err := h.board(ctx, a, name, f)
	if err != nil && !unknown {
		// The hire is more than its contract type, of which a note tells.
		a.logger.WarnContext(ctx, "hook.unlabelled", "flow", name, "err", err)
		return e, nil
	}
	if err != nil {
		return e, err
	}
	r.Targets.Known, r.ContractTypes = b.columns, b.types
	return r.Webhook(body, at)
}

// boardWait bounds how long a webhook waits for what Flatchr says of itself.
const boardWait = 5 * time.Second

// board asks Flatchr what it says of itself, one request at a time.
func (h *hooks) board(ctx context.Context, a *App, name string, f config.Flow) (board, error) {
	ctx, cancel := context.WithTimeout(ctx, boardWait)
	defer cancel()
	select {
	case h.asking <- struct{}{}:
		defer func() { <-h.asking }()
	case <-ctx.Done():
		return board{}, context.Cause(ctx)
	}
	if b, ok := h.boards[name]; ok && time.Since(b.at) < boardKept {
		return b, nil
	}
	client, err := a.flatchr(f)
	if err != nil {
		return board{}, err
	}
	columns, err := client.Columns(ctx)
	if err != nil {
		return board{}, err
	}
	types, err := client.ContractTypes(ctx)
	if err != nil {
		return board{}, err
	}
	b := board{columns: columns, types: types, at: time.Now()}
	h.boards[name] = b
	return b, nil
}

// wake asks for runs of the flows with hires that wait: of those that were stored when the
// process died before it could ask, or that Lucca could not take.
func (d *Daemon) wake(ctx context.Context) error {
	a := d.app.Load()
	var faults []error
	for name, f := range a.config.Flows {
		if f.Hires == nil {
			continue
		}
		waiting, err := a.ledger.PendingHires(ctx, name)
		if err == nil && len(waiting) > 0 {
			err = d.queued(ctx, name)
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}
