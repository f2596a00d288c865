package lucca

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// How often and how patiently a request is sent. The waits of 2, 4, 8, 16 and 32 seconds
// outlast the minute of Lucca's rate limit.
const (
	maxTries   = 6
	firstWait  = 2 * time.Second
	longestGap = time.Minute
)

// attemptTimeout bounds one attempt, its body included. Lucca gives up after 5 seconds by
// itself; the rest is for slow networks.
const attemptTimeout = time.Minute

// maxBody bounds an answer: a page of 1000 employees with all their custom fields is a
// few MiB.
const maxBody = 32 << 20

// route is one path of the API, with the words for it in errors.
type route struct {
	path string
	// what is listed there, in the plural.
	what string
	// right is what to grant to the role of the API key when Lucca answers 403.
	right string
}

// get reads one route. It tries again where that can help, and returns an error that
// names what was read; when ctx ends, context.Cause(ctx), at a deadline with what went wrong
// until then.
func (c *Client) get(ctx context.Context, r route, query url.Values) ([]byte, error) {
	u := c.base.JoinPath(r.path)
	u.RawQuery = query.Encode()
	var last error
	attempt := func() (body []byte, err error) {
		body, err = c.attempt(ctx, u)
		if ctx.Err() == nil {
			last = err
		}
		return body, err
	}
	body, err := backoff.Retry(ctx, attempt,
		backoff.WithBackOff(&backoff.ExponentialBackOff{
			InitialInterval:     firstWait,
			RandomizationFactor: 0.2,
			Multiplier:          2,
			MaxInterval:         longestGap,
		}),
		backoff.WithMaxTries(maxTries),
		backoff.WithMaxElapsedTime(0),
		backoff.WithNotify(func(err error, wait time.Duration) {
			c.log.WarnContext(ctx, "lucca.request-retried", "route", r.path, "wait", wait, "err", err)
		}))
	switch {
	case err == nil:
		return body, nil
	case last != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("list %s at %s: %w: %w", r.what, r.path, last, context.Cause(ctx))
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, ErrForbidden):
		return nil, fmt.Errorf("list %s at %s: grant %s to the role of the API key: %w", r.what, r.path, r.right, err)
	default:
		return nil, fmt.Errorf("list %s at %s: %w", r.what, r.path, err)
	}
}

// attempt sends one request, once the rate limit lets it through.
func (c *Client) attempt(ctx context.Context, u *url.URL) ([]byte, error) {
	if c.limiter.Wait(ctx) != nil {
		// Without a cause the deadline is so near that the wait would outlast it.
		return nil, backoff.Permanent(cmp.Or(context.Cause(ctx), context.DeadlineExceeded))
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, backoff.Permanent(fmt.Errorf("make request: %w", err))
	}
	req.Header.Set("Authorization", "lucca application="+c.key.Reveal())
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.agent)
	c.requests.Add(1)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, unreachable(err)
	}
	defer resp.Body.Close()
	body, err := readBody(resp)
	if err != nil {
		return nil, err
	}
	err = classify(resp.StatusCode, resp.Header, body)
	if err != nil && !errors.Is(err, ErrUnavailable) && !errors.Is(err, ErrRateLimited) {
		return nil, backoff.Permanent(err)
	}
	return body, err
}

// readBody reads an answer whole. net/http reports a body that was cut short.
func readBody(resp *http.Response) ([]byte, error) {
	var body bytes.Buffer
	if n := resp.ContentLength; n > 0 && n < maxBody {
		body.Grow(int(n) + bytes.MinRead)
	}
	n, err := body.ReadFrom(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("%w: read answer: %w", ErrUnavailable, err)
	}
	if n > maxBody {
		return nil, backoff.Permanent(fmt.Errorf("answer of more than %d bytes: %w", maxBody, ErrMalformed))
	}
	return body.Bytes(), nil
}

// unreachable wraps an error of the transport without the address, which is long. A
// wrong certificate and an unknown host do not get better by trying again.
func unreachable(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err
	}
	wrapped := fmt.Errorf("%w: %w", ErrUnavailable, err)
	_, badCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	dns, isDNS := errors.AsType[*net.DNSError](err)
	if badCertificate || isDNS && dns.IsNotFound {
		return backoff.Permanent(fmt.Errorf("check lucca.url: %w", wrapped))
	}
	return wrapped
}
