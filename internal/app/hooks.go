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
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web"
)

// hooks receives the webhooks of hires flows.
type hooks struct {
	// app changes with the configuration.
	app func() *App
	// queue asks for a run of a flow, which deals with what was stored.
	queue  func(flow string)
	intake intake
}

func newHooks(app func() *App, queue func(flow string)) *hooks {
	h := &hooks{app: app, queue: queue}
	h.intake.add = h.store
	return h
}

// store writes hires and then asks for runs of their flows, also when nobody waits any more
// for it to be written.
func (h *hooks) store(ctx context.Context, hires []state.Hire) ([]state.StoredHire, error) {
	stored, err := h.app().store.AddHires(ctx, hires)
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

// Admits compares the token of a flow.
func (h *hooks) Admits(flow, token string) bool { return h.app().authorized(flow, token) }

// Receive stores the hires of one webhook before it returns nil. Errors are those of package
// web.
func (h *hooks) Receive(ctx context.Context, name string, header http.Header, body []byte) error {
	a := h.app()
	source := a.sources[name]
	if source.Webhook == nil {
		return web.ErrNotFound // a reload took it away
	}
	events, err := source.Webhook.Webhook(ctx, hire.Webhook{Header: header, Body: body, At: time.Now()})
	switch {
	case errors.Is(err, hire.ErrIgnored):
		a.logger.DebugContext(ctx, "hook.ignored", "flow", name)
		return nil
	case errors.Is(err, hire.ErrBody):
		return fmt.Errorf("%w: %w", web.ErrInvalid, err)
	case errors.Is(err, hire.ErrSignature):
		return fmt.Errorf("%w: %w", web.ErrSignature, err)
	case err != nil:
		return fmt.Errorf("%w: %w", web.ErrUnavailable, err)
	}
	fresh, err := hires.Add(ctx, a.store, a.logger, hires.Batch{Flow: name, Events: events, Add: h.intake.put})
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
