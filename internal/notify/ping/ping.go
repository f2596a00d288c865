// Package ping tells a dead-man switch such as Healthchecks of every run: a GET of URL/start
// when a run starts, of URL/fail when it failed, its file is missing or it is held, since nothing
// reaches anybody until a person decides, and of URL when it ended in any other way. Rejections are
// another way: what could be done is done, and people are told by mail. A test is a GET of URL/log.
package ping

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"lucca-exchange/internal/notify"
)

// Config is the section ping of a target.
type Config struct {
	URL string `yaml:"url" json:"url" jsonschema:"required,description=address of the check; {flow} is replaced by the flow's name so that each flow has a check of its own,example=https://hc.example/key/{flow}"`
}

// Under returns the section as it is: it names no file.
func (c Config) Under(string) Config { return c }

// WithDefaults returns the section as it is.
func (c Config) WithDefaults() Config { return c }

// Validate reports every fault with the key that it is about.
func (c Config) Validate(report func(key, message string)) {
	if _, err := c.address("flow"); err != nil {
		report("url", err.Error())
	}
}

// address returns where to ping for a flow.
func (c Config) address(flow string) (*url.URL, error) {
	// The name of a tenant's flow holds a slash, which would be another path.
	text := strings.ReplaceAll(c.URL, "{flow}", url.PathEscape(strings.ReplaceAll(flow, "/", "-")))
	if strings.ContainsAny(text, "{}") {
		return nil, errors.New("unknown placeholder: there is {flow}")
	}
	return notify.ParseAddress(text)
}

// Ping is a dead-man switch.
type Ping struct {
	config Config
	web    notify.Poster
}

var _ notify.Channel = (*Ping)(nil)

// New returns the switch that c describes.
func New(c Config) (*Ping, error) { return open(c, nil), nil }

func open(c Config, client *http.Client) *Ping {
	return &Ping{config: c, web: notify.NewPoster(client)}
}

// Reach implements notify.Reacher.
func (p *Ping) Reach(ctx context.Context) error {
	u, err := p.config.address("flow")
	if err != nil {
		return err
	}
	return p.web.Reach(ctx, u.String())
}

// Send implements notify.Channel.
func (p *Ping) Send(ctx context.Context, m notify.Message) (told bool, err error) {
	u, err := p.config.address(m.Flow)
	if err != nil {
		return false, err
	}
	switch m.Kind {
	case notify.Started:
		u = u.JoinPath("start")
	case notify.Failed, notify.Missing, notify.Held:
		u = u.JoinPath("fail")
	case notify.Trial:
		u = u.JoinPath("log") // which changes nothing of the check
	}
	err = p.web.Do(ctx, http.MethodGet, u.String(), nil)
	return err == nil, err
}
