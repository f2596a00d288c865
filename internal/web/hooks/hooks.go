// Package hooks takes the hires that applicant tracking systems send while the daemon runs: it
// lets in whoever has the token of a flow, has the source of the flow read what was sent, and
// stores it before it answers. What becomes of the hires is a run of the flow, which it asks for.
package hooks

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web"
)

// Instance is what a receiver needs of the configuration as it is now.
type Instance struct {
	Store  *state.Store
	Logger *slog.Logger
	// Sources are where the hires of each hires flow come from, by flow.
	Sources map[string]hire.Source
	Tokens  Tokens
}

// Receiver receives the webhooks of hires flows: it is the web.Hooks of the daemon.
type Receiver struct {
	// instance changes with the configuration.
	instance func() Instance
	// queue asks for a run of a flow, which deals with what was stored.
	queue  func(flow string)
	intake intake
}

var _ web.Hooks = (*Receiver)(nil)

// New returns a receiver for the instance as it is when something comes. Queue asks for a run
// of a flow.
func New(instance func() Instance, queue func(flow string)) *Receiver {
	r := &Receiver{instance: instance, queue: queue}
	r.intake.add = r.store
	return r
}

// store writes hires and then asks for runs of their flows, also when nobody waits any more
// for it to be written.
func (r *Receiver) store(ctx context.Context, hires []state.Hire) ([]state.StoredHire, error) {
	stored, err := r.instance().Store.HireBook().AddHires(ctx, hires)
	if err != nil {
		return nil, err
	}
	for _, s := range stored {
		if s.Added {
			r.queue(s.Flow)
		}
	}
	return stored, nil
}

// Admits compares the token of a flow.
func (r *Receiver) Admits(flow, token string) bool { return r.instance().Tokens.admits(flow, token) }

// Receive stores the hires of one webhook before it returns nil. Errors are those of package
// web.
func (r *Receiver) Receive(ctx context.Context, name string, header http.Header, body []byte) error {
	i := r.instance()
	source := i.Sources[name]
	if source.Webhook == nil {
		return web.ErrNotFound // a reload took it away
	}
	events, err := source.Webhook.Webhook(ctx, hire.Webhook{Header: header, Body: body, At: time.Now()})
	switch {
	case errors.Is(err, hire.ErrIgnored):
		i.Logger.DebugContext(ctx, "hook.ignored", "flow", name)
		return nil
	case errors.Is(err, hire.ErrBody):
		return fault.Wrap(web.ErrInvalid, err)
	case errors.Is(err, hire.ErrSignature):
		return fault.Wrap(web.ErrSignature, err)
	case err != nil:
		return fault.Wrap(web.ErrUnavailable, err)
	}
	fresh, err := hires.Add(ctx, hires.StoreOf(i.Store), i.Logger, hires.Batch{Flow: name, Events: events, Add: r.intake.put})
	switch {
	case errors.Is(err, hire.ErrBody):
		return fault.Wrap(web.ErrInvalid, err)
	case err != nil:
		return fault.Wrap(web.ErrUnavailable, err)
	case fresh > 0:
		r.queue(name)
	}
	return nil
}

// Tokens are digests (SHA-256) of the tokens of the webhooks, by flow, so that a request costs
// the same whatever flow it names.
type Tokens map[string][sha256.Size]byte

// TokensOf returns the tokens of a configuration. That each can be read, the configuration has
// checked.
func TokensOf(c *config.Config) Tokens {
	tokens := make(Tokens)
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

// admits compares in constant time, whether there is such a flow or not.
func (t Tokens) admits(flow, token string) bool {
	want, known := t[flow]
	got := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1 && known
}
