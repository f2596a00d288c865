package lucca

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"lucca-exchange/internal/httpapi"
	"lucca-exchange/internal/secret"
)

// Options are what New needs.
type Options struct {
	Config Config
	// Key is what Config.APIKey refers to, and OAuth what Config.OAuth does; one of them is
	// enough to read.
	Key   secret.Value
	OAuth OAuthClient
	// Version goes into the User-Agent.
	Version string
	// HTTP sends the requests; nil for a client of its own. Its redirect policy is not
	// used: a redirect could carry the key to another host.
	HTTP *http.Client
	// Logger receives lucca.request-retried, lucca.list-restarted and lucca.route-left; nil for none.
	Logger *slog.Logger
	// Progress is called after each page, from the goroutine that reads; nil for none.
	Progress func(Progress)
	// Shared is what the clients of the tenant have in common.
	Shared
	// Tries is how often a request is sent at most; 0 for as often as a run that can wait does.
	Tries uint
}

// Shared is what the clients of one tenant in a process have in common. What is nil is a client's
// own.
type Shared struct {
	// Memory is what they learn of its routes together.
	Memory *Memory
	// Limiter keeps to requests_per_minute, as Lucca counts the requests of a tenant together.
	Limiter *rate.Limiter
}

// Share makes what the clients of a tenant have in common.
func (c Config) Share() Shared {
	return Shared{Memory: new(Memory), Limiter: newLimiter(c.requestsPerMinute())}
}

// Shares reports whether what the clients of an earlier configuration have in common goes on, so
// that a reload does not allow more requests.
func (c Config) Shares(before Config) bool {
	return c.URL == before.URL && c.RequestsPerMinute == before.RequestsPerMinute
}

// WithSecrets returns the options with the secrets that the configuration refers to.
func (o Options) WithSecrets() (Options, error) {
	var err error
	if !o.Config.APIKey.IsZero() {
		o.Key, err = o.Config.APIKey.Resolve()
	}
	if err == nil && o.Config.OAuth != nil {
		o.OAuth, err = o.Config.OAuth.Resolve()
	}
	return o, err
}

// Progress says how far the reading of a list is.
type Progress struct {
	// List is for example "employees".
	List string
	// Read is the number of items so far, Total how many there are, or 0 when Lucca did
	// not say.
	Read, Total int
}

// Client reads one tenant. It may be used by several goroutines; they share its rate
// limit.
type Client struct {
	config Config
	base   *url.URL
	key    secret.Value
	// said cuts out of Lucca's words what it was shown.
	said secret.Scrubber
	// tokens are those of the OAuth client; nil without one.
	tokens   *tokens
	http     *httpapi.Client
	memory   *Memory
	log      *slog.Logger
	progress func(Progress)
	// old: this Lucca refuses roster.Newer.
	old atomic.Bool
	// fieldless: this Lucca does not define its custom fields.
	fieldless atomic.Bool
}

// New returns a client. It sends nothing yet.
func New(o Options) (*Client, error) {
	base, fault := parseURL(o.Config.URL)
	if fault != "" {
		return nil, fmt.Errorf("read lucca.url: %s", fault)
	}
	if key := o.Key.Reveal(); key == "" && o.Config.OAuth == nil || strings.ContainsFunc(key, unprintable) {
		return nil, errors.New("read lucca.api_key: want a key of visible characters without blanks")
	}
	c := &Client{
		config:   o.Config,
		base:     base,
		key:      o.Key,
		said:     secret.NewScrubber(o.Key, o.OAuth.Secret),
		log:      o.Logger,
		progress: o.Progress,
		memory:   o.Memory,
	}
	if c.memory == nil {
		c.memory = new(Memory)
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.progress == nil {
		c.progress = func(Progress) {}
	}
	if o.Limiter == nil {
		o.Limiter = newLimiter(o.Config.requestsPerMinute())
	}
	retried := func(ctx context.Context, r httpapi.Request, wait time.Duration, err error) {
		c.memory.delayed(wait, err)
		c.log.WarnContext(ctx, "lucca.request-retried", "route", r.What, "wait", wait, "err", err)
	}
	c.http = httpapi.New(httpapi.Options{
		HTTP: o.HTTP, Agent: agent(o.Version), Limiter: o.Limiter, Patience: patience(o.Tries), MaxBody: maxBody,
		Unavailable: ErrUnavailable, Malformed: ErrMalformed, Setting: "lucca.url", Retried: retried,
		Answered: func(ctx context.Context, r httpapi.Request, a httpapi.Answer) { c.heed(ctx, r.What, a.Header) },
	})
	if o.Config.OAuth != nil {
		var err error
		if c.tokens, err = newTokens(o, base, retried); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// agent is the User-Agent.
func agent(version string) string { return "lucca-exchange/" + version }

func unprintable(r rune) bool { return r <= ' ' || r > '~' }

// Requests returns how many HTTP requests were sent to the tenant so far, repeated ones
// included. Access tokens come from elsewhere and do not count.
func (c *Client) Requests() int { return c.http.Sent() }

// newLimiter returns a limiter under which any 60 seconds hold at most perMinute
// requests. A bucket lets through its burst at once and what is refilled meanwhile, so
// burst and refill together must be the bound. A third of it is burst: a small tenant is
// read at full speed, and a large one hardly notices the slower refill.
func newLimiter(perMinute int) *rate.Limiter {
	burst := max(1, perMinute/3)
	refill := max(1, perMinute-burst)
	return rate.NewLimiter(rate.Every(time.Minute/time.Duration(refill)), burst)
}
