package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"lucca-exchange/internal/httpapi"
	"lucca-exchange/internal/secret"
)

// attemptLimit leaves time for another attempt when a server takes the connection and says
// nothing.
const attemptLimit = 5 * time.Second

// webhook writes to a channel that people read.
type webhook struct {
	address secret.Value
	host    string
	web     poster
}

// newWebhook reads the address. It is a secret, so no error holds it.
func newWebhook(c Webhook, host string, web poster) (*webhook, error) {
	address, err := c.URL.Resolve()
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	if _, err := checkURL(address.Reveal()); err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	return &webhook{address: address, host: host, web: web}, nil
}

// payload is what a webhook gets: the text for those that show it, and all of it in fields
// for those that read them.
type payload struct {
	Text      string    `json:"text"`
	Kind      string    `json:"kind"` // one of the four bad ends, or recovered
	Flow      string    `json:"flow"`
	Run       string    `json:"run,omitempty"`
	Outcome   string    `json:"outcome,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	Rows      Rows      `json:"rows,omitzero"`
	Findings  *Findings `json:"findings,omitempty"`
	Approve   string    `json:"approve,omitempty"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Machine   string    `json:"machine"`
}

func (w *webhook) tell(ctx context.Context, m message) (told bool, err error) {
	p := payload{
		Text: escape(m.headline() + "\n" + m.text(w.host)), Kind: string(m.Kind), Flow: m.Flow, Run: m.Run, Outcome: m.Outcome,
		Reason: m.Reason, Rows: m.Rows, Approve: m.Approve, ExpiresAt: m.Expires, Machine: w.host,
	}
	if m.earlier != "" {
		p.Kind = "recovered"
	}
	if m.findings() != "" {
		p.Findings = &m.Findings
	}
	body, err := json.Marshal(p)
	if err != nil {
		return false, fmt.Errorf("encode message: %w", err)
	}
	err = w.web.do(ctx, http.MethodPost, w.address.Reveal(), body)
	return err == nil, err
}

// escape keeps what is ours to say from being read as a mention or a link: the three
// characters that Slack's documentation names (Formatting text for app surfaces, Escaping
// text). Teams and Mattermost read the entities alike.
func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// pinger tells a dead-man switch of every run.
type pinger struct {
	place, address string
	web            poster
}

func (p pinger) ping(ctx context.Context, e Event) error {
	u, err := Ping{URL: p.address}.address(e.Flow)
	if err != nil {
		return fmt.Errorf("send %s: %w", p.place, err)
	}
	switch e.Kind {
	case Started:
		u = u.JoinPath("start")
	case Failed, Missing:
		u = u.JoinPath("fail")
	}
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	if err := p.web.do(ctx, http.MethodGet, u.String(), nil); err != nil {
		return fmt.Errorf("send %s: %w", p.place, err)
	}
	return nil
}

// poster makes requests whose address is a secret: it is in no error. What an answer says is
// nobody's business.
type poster struct{ client *httpapi.Client }

func newPoster(client *http.Client) poster {
	return poster{httpapi.New(httpapi.Options{
		HTTP: client, Agent: productName, MaxBody: 64 << 10, Discard: true, Setting: "the address",
		Patience: httpapi.Patience{
			Tries: maxAttempts, First: firstPause, Longest: timeLimit, Attempt: attemptLimit, Asked: timeLimit, Total: timeLimit,
		},
	})}
}

func (p poster) do(ctx context.Context, method, address string, body []byte) error {
	r := httpapi.Request{Method: method, URL: address, Body: body}
	if body != nil {
		r.Header = http.Header{"Content-Type": {"application/json"}}
	}
	_, err := p.client.Do(ctx, r)
	return err
}
