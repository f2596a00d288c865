// Package webhook writes to an incoming webhook that takes JSON with a key text, as those of
// Slack, Teams and Mattermost do.
package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/secret"
)

// Config is the section webhook of a target. Whoever knows the address can write to the
// channel.
type Config struct {
	URL secret.Ref `yaml:"url" json:"url" jsonschema:"required,description=address of the webhook; it is a secret"`
}

// Under returns the section with a relative file resolved against dir.
func (c Config) Under(dir string) Config { return Config{URL: c.URL.Under(dir)} }

// WithDefaults returns the section as it is.
func (c Config) WithDefaults() Config { return c }

// Validate reports every fault with the key that it is about.
func (c Config) Validate(report func(key, message string)) {
	if err := c.URL.Validate(); err != nil {
		report("url", err.Error())
	}
}

// Webhook is a channel that people read.
type Webhook struct {
	address secret.Value
	web     notify.Poster
}

var _ notify.Channel = (*Webhook)(nil)

// New reads the address. It is a secret, so no error holds it.
func New(c Config) (*Webhook, error) { return open(c, nil) }

func open(c Config, client *http.Client) (*Webhook, error) {
	address, err := c.URL.Resolve()
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	if _, err := notify.ParseAddress(address.Reveal()); err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	return &Webhook{address: address, web: notify.NewPoster(client)}, nil
}

// payload is what a webhook gets: the text for those that show it, and all of it in fields
// for those that read them.
type payload struct {
	Text      string           `json:"text"`
	Kind      string           `json:"kind"` // one of the bad ends, recovered, digest or test
	Flow      string           `json:"flow"`
	Run       string           `json:"run,omitempty"`
	Outcome   string           `json:"outcome,omitempty"`
	Reason    string           `json:"reason,omitempty"`
	Rows      run.Rows         `json:"rows,omitzero"`
	Findings  *notify.Findings `json:"findings,omitempty"`
	Approve   string           `json:"approve,omitempty"`
	ExpiresAt time.Time        `json:"expires_at,omitzero"`
	Page      string           `json:"page,omitempty"`
	Digest    *notify.Digest   `json:"digest,omitempty"`
	Machine   string           `json:"machine"`
}

// Reach implements notify.Reacher.
func (w *Webhook) Reach(ctx context.Context) error { return w.web.Reach(ctx, w.address.Reveal()) }

// Send implements notify.Channel.
func (w *Webhook) Send(ctx context.Context, m notify.Message) (told bool, err error) {
	p := payload{
		Text: escape(m.Headline() + "\n" + m.Text()), Kind: m.Word(), Flow: m.Flow, Run: m.Run, Outcome: m.Outcome,
		Reason: m.Reason, Rows: m.Rows, Approve: m.Approve, ExpiresAt: m.Expires, Page: m.Page, Digest: m.Digest, Machine: m.Machine,
	}
	if m.Findings.Errors+m.Findings.Warnings > 0 {
		p.Findings = &m.Findings
	}
	body, err := json.Marshal(p)
	if err != nil {
		return false, fmt.Errorf("encode message: %w", err)
	}
	err = w.web.Do(ctx, http.MethodPost, w.address.Reveal(), body)
	return err == nil, err
}

// escape keeps what is ours to say from being read as a mention or a link: the three
// characters that Slack's documentation names (Formatting text for app surfaces, Escaping
// text). Teams and Mattermost read the entities alike.
func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}
