package httpapi

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/time/rate"

	"lucca-exchange/internal/fault"
)

// Patience bounds how often and how long a request is tried.
type Patience struct {
	// Tries is how often a request is sent at most.
	Tries uint
	// First is the wait after the first attempt; it doubles up to Longest. Each is a fifth
	// longer or shorter, by chance.
	First, Longest time.Duration
	// Attempt bounds one attempt, its answer included.
	Attempt time.Duration
	// Asked is the longest wait that a server may ask for.
	Asked time.Duration
	// Total bounds all attempts and waits; 0 for no bound but that of the context.
	Total time.Duration
}

// Options are what New needs.
type Options struct {
	// HTTP sends the requests; nil for a client of its own. Its redirect policy is not used.
	HTTP *http.Client
	// Agent is the User-Agent.
	Agent string
	// Limiter holds the requests back; nil for none.
	Limiter  *rate.Limiter
	Patience Patience
	// MaxBody bounds an answer, in bytes.
	MaxBody int64
	// Discard: answers are of no interest. Up to MaxBody is read of one, for the connection's
	// sake, and none is too long.
	Discard bool
	// Unavailable and Malformed are wrapped by errors of the network and of answers over
	// MaxBody; nil for those of this package.
	Unavailable, Malformed error
	// Setting is the key of the configuration that holds the address, for errors that
	// another address would mend.
	Setting string
	// Retried is told of every wait before another attempt; nil for nobody.
	Retried func(ctx context.Context, r Request, wait time.Duration, err error)
	// Answered is told of every whole answer, before it is judged; nil for nobody.
	Answered func(ctx context.Context, r Request, a Answer)
}

// Client sends requests. It may be used by several goroutines; they share its limiter.
type Client struct {
	options Options
	http    http.Client
	sent    atomic.Int64
}

// New returns a client. It sends nothing yet.
func New(o Options) *Client {
	c := &Client{options: o}
	if o.HTTP != nil {
		c.http = *o.HTTP
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.options.Unavailable = cmp.Or(o.Unavailable, ErrUnavailable)
	c.options.Malformed = cmp.Or(o.Malformed, ErrMalformed)
	return c
}

// Sent returns how many requests were sent so far, repeated ones included.
func (c *Client) Sent() int { return int(c.sent.Load()) }

// Request is what is sent, once or several times.
type Request struct {
	// What is done or the route that is asked, for those that are told of retries.
	What   string
	Method string
	// URL may be a secret.
	URL string
	// Header is sent with every attempt, beside User-Agent; nil for none.
	Header http.Header
	// Body is nil for none.
	Body []byte
	// Sign adds to a copy of Header, right before each attempt, what must be fresh; its
	// errors are returned as they are. Nil for nothing.
	Sign func(ctx context.Context, h http.Header) error
	// Judge says what is wrong with an answer; nil takes those of status 200 to 299.
	Judge func(Answer) error
	// Again reports whether to send the request once more after an error; nil for Temporary.
	Again func(error) bool
}

// Answer is an answer, read whole.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a request until an answer is taken, as often as Request.Again and the patience
// allow. When ctx ends it returns context.Cause(ctx), at a deadline with what went wrong until
// then. An answer that was not taken may come beside the error.
func (c *Client) Do(ctx context.Context, r Request) (Answer, error) {
	var last error
	attempt := func() (Answer, error) {
		a, final, err := c.attempt(ctx, r)
		if ctx.Err() == nil {
			last = err
		}
		if final {
			return a, backoff.Permanent(err)
		}
		return a, c.verdict(r, err)
	}
	p := c.options.Patience
	a, err := backoff.Retry(ctx, attempt,
		backoff.WithBackOff(&backoff.ExponentialBackOff{
			InitialInterval: p.First, RandomizationFactor: 0.2, Multiplier: 2, MaxInterval: p.Longest,
		}),
		backoff.WithMaxTries(p.Tries),
		backoff.WithMaxElapsedTime(p.Total),
		backoff.WithNotify(func(_ error, wait time.Duration) {
			if c.options.Retried != nil {
				c.options.Retried(ctx, r, wait, last)
			}
		}))
	switch {
	case err == nil:
		return a, nil
	case last != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return a, fault.Wrap(last, context.Cause(ctx))
	case ctx.Err() != nil:
		return a, context.Cause(ctx)
	default:
		return a, cmp.Or(last, err)
	}
}

// verdict puts an error into the words of package backoff.
func (c *Client) verdict(r Request, err error) error {
	again := r.Again
	if again == nil {
		again = Temporary
	}
	switch {
	case err == nil:
		return nil
	case !again(err):
		return backoff.Permanent(err)
	}
	if t, ok := errors.AsType[*temporary](err); ok && t.wait > 0 {
		return &backoff.RetryAfterError{Duration: min(t.wait, c.options.Patience.Asked)}
	}
	return err
}

// attempt sends a request, once the rate limit lets it through. A final error came before it
// was sent, and is not for Request.Again to judge.
func (c *Client) attempt(ctx context.Context, r Request) (a Answer, final bool, err error) {
	if c.options.Limiter != nil && c.options.Limiter.Wait(ctx) != nil {
		// Without a cause the deadline is so near that the wait would outlast it.
		return a, true, cmp.Or(context.Cause(ctx), context.DeadlineExceeded)
	}
	header := r.Header.Clone()
	if header == nil {
		header = make(http.Header)
	}
	if r.Sign != nil {
		if err = r.Sign(ctx, header); err != nil {
			return a, true, err
		}
	}
	header.Set("User-Agent", c.options.Agent)
	if a, err = c.exchange(ctx, r, header); err != nil {
		return a, false, err
	}
	if c.options.Answered != nil {
		c.options.Answered(ctx, r, a)
	}
	if r.Judge == nil {
		return a, false, refusal(a)
	}
	return a, false, r.Judge(a)
}

// exchange sends a request and reads the answer.
func (c *Client) exchange(ctx context.Context, r Request, header http.Header) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Patience.Attempt)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return Answer{}, errors.New("make request: the address is malformed") // it may be a secret
	}
	req.Header = header
	c.sent.Add(1)
	resp, err := c.http.Do(req)
	if err != nil {
		return Answer{}, c.unreachable(req, err)
	}
	defer resp.Body.Close()
	body, err := c.read(resp)
	return Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}, err
}

// read reads an answer whole. net/http reports a body that was cut short.
func (c *Client) read(resp *http.Response) ([]byte, error) {
	limit := c.options.MaxBody
	if c.options.Discard {
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, limit)) // the status is all that counts
		return nil, nil
	}
	var body bytes.Buffer
	if n := resp.ContentLength; n > 0 && n < limit {
		body.Grow(int(n) + bytes.MinRead)
	}
	n, err := body.ReadFrom(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, &temporary{text: fmt.Sprintf("%v: read answer: %v", c.options.Unavailable, err), causes: []error{c.options.Unavailable, err}}
	}
	if n > limit {
		return nil, fmt.Errorf("answer of more than %d bytes: %w", limit, c.options.Malformed)
	}
	return body.Bytes(), nil
}
