package app

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"sync"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/hire/flatchr"
	"lucca-exchange/internal/hire/generic"
	"lucca-exchange/internal/ledger"
	"lucca-exchange/internal/web"
)

// hooks receives the webhooks of hires flows.
type hooks struct {
	// app changes with the configuration.
	app func() *App
	// queue asks for a run of a flow, which deals with what was stored.
	queue  func(flow string)
	intake intake

	mu sync.Mutex
	// boards are what Flatchr says of itself, by flow.
	boards map[string]*board
}

func newHooks(app func() *App, queue func(flow string)) *hooks {
	h := &hooks{app: app, queue: queue, boards: make(map[string]*board)}
	h.intake.add = h.store
	return h
}

// store writes hires and then asks for runs of their flows, also when nobody waits any more
// for it to be written.
func (h *hooks) store(ctx context.Context, hires []ledger.Hire) ([]ledger.StoredHire, error) {
	stored, err := h.app().ledger.AddHires(ctx, hires)
	if err != nil {
		return nil, err
	}
	for _, s := range stored {
		if s.Added {
			h.queue(s.Flow)
		}
	}
	return stored, nil
}

// board is the columns and contract types of a company in Flatchr.
type board struct {
	// asking holds a token while Flatchr is asked; the rest belongs to whoever put it there.
	asking  chan struct{}
	config  config.FlatchrConfig
	columns []flatchr.Column
	types   map[string]string
	at      time.Time
	err     error
}

// boardKept is how long Flatchr is not asked again: columns hardly ever change. One that did
// not answer is asked sooner, but not by each webhook.
const (
	boardKept   = 10 * time.Minute
	boardFailed = 30 * time.Second
)

// fresh reports whether there is no need to ask again.
func (b *board) fresh(c config.FlatchrConfig) bool {
	kept := boardKept
	if b.err != nil {
		kept = boardFailed
	}
	return !b.at.IsZero() && time.Since(b.at) < kept && reflect.DeepEqual(b.config, c)
}

// Admits compares the token of a flow.
func (h *hooks) Admits(flow, token string) bool { return h.app().authorized(flow, token) }

// Receive stores the hires of one webhook before it returns nil. Errors are those of package
// web.
func (h *hooks) Receive(ctx context.Context, name string, header http.Header, body []byte) error {
	a := h.app()
	f, ok := a.config.Flows[name]
	if !ok || f.Hires == nil {
		return web.ErrNotFound // a reload took it away
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
	fresh, err := a.addHires(ctx, name, events, h.intake.put)
	switch {
	case errors.Is(err, hire.ErrBody):
		return fmt.Errorf("%w: %w", web.ErrInvalid, err)
	case err != nil:
		return fmt.Errorf("%w: %w", web.ErrUnavailable, err)
	case fresh > 0:
		h.queue(name)
	}
	return nil
}

// authorized compares the token in constant time, whether there is such a flow or not.
func (a *App) authorized(flow, token string) bool {
	want, known := a.tokens[flow]
	got := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1 && known
}

// hookTokens are digests of the tokens of the webhooks, by flow, so that a request costs the
// same whatever flow it names. That each can be read, the configuration has checked.
func hookTokens(c *config.Config) map[string][sha256.Size]byte {
	tokens := make(map[string][sha256.Size]byte)
	for name, f := range c.Flows {
		if f.Hires == nil || f.Hires.WebhookToken.IsZero() {
			continue
		}
		if v, err := f.Hires.WebhookToken.Resolve(); err == nil {
			tokens[name] = sha256.Sum256([]byte(v.Reveal()))
		}
	}
	return tokens
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

// board asks Flatchr what it says of itself, one request of a flow at a time: one that is
// down keeps nobody else's webhooks waiting.
func (h *hooks) board(ctx context.Context, a *App, name string, f config.Flow) (*board, error) {
	ctx, cancel := context.WithTimeout(ctx, boardWait)
	defer cancel()
	h.mu.Lock()
	b, ok := h.boards[name]
	if !ok {
		b = &board{asking: make(chan struct{}, 1)}
		h.boards[name] = b
	}
	h.mu.Unlock()
	select {
	case b.asking <- struct{}{}:
		defer func() { <-b.asking }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if !b.fresh(f.Hires.FlatchrConfig) {
		b.config, b.err = f.Hires.FlatchrConfig, b.ask(ctx, a, f)
		b.at = time.Now()
	}
	if b.err != nil {
		return nil, b.err
	}
	return &board{columns: b.columns, types: b.types}, nil
}

// ask fills the board in.
func (b *board) ask(ctx context.Context, a *App, f config.Flow) error {
	client, err := a.flatchr(f)
	if err != nil {
		return err
	}
	if b.columns, err = client.Columns(ctx); err != nil {
		return err
	}
	b.types, err = client.ContractTypes(ctx)
	return err
}
