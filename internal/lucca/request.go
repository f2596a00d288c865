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
	body, err := c.send(ctx, request{method: http.MethodGet, path: r.path, query: query})
	switch {
	case err == nil:
		return body, nil
	case ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, err
	case errors.Is(err, ErrForbidden):
		return nil, fmt.Errorf("list %s at %s: grant %s to the role of the API key: %w", r.what, r.path, r.right, err)
	default:
		return nil, fmt.Errorf("list %s at %s: %w", r.what, r.path, err)
	}
}

// request is what is sent, once or several times.
type request struct {
	method, path string
	query        url.Values
	// body is JSON; nil for none.
	body []byte
	// check reads an answer with status 200 and says what is wrong with it; nil accepts all.
	check func(body []byte) error
	// clean takes out of a text of Lucca what must not be repeated; nil keeps it.
	clean func(text string) string
}

// again reports whether to send the request once more after an error: where that can help,
// and where the change that it asks for is not made twice.
func (q request) again(err error) bool {
	_, hopeless := errors.AsType[*backoff.PermanentError](err)
	switch {
	case hopeless:
		return false
	case errors.Is(err, ErrRateLimited):
		return true
	case q.method == http.MethodPost:
		return neverSent(err)
	case q.method == http.MethodPut && errors.Is(err, ErrMalformed):
		return true
	default:
		return errors.Is(err, ErrUnavailable)
	}
}

// send sends a request until it is answered, as often as again allows. When ctx ends it
// returns context.Cause(ctx), at a deadline with what went wrong until then.
func (c *Client) send(ctx context.Context, q request) ([]byte, error) {
	var last error
	attempt := func() (body []byte, err error) {
		body, err = c.attempt(ctx, q)
		if ctx.Err() == nil {
			last = err
		}
		if err != nil && !q.again(err) {
			err = backoff.Permanent(err)
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
			c.log.WarnContext(ctx, "lucca.request-retried", "route", q.path, "wait", wait, "err", err)
		}))
	switch {
	case err == nil:
		return body, nil
	case last != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("%w: %w", last, context.Cause(ctx))
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	default:
		return nil, err
	}
}

// attempt sends a request, once the rate limit lets it through.
func (c *Client) attempt(ctx context.Context, q request) ([]byte, error) {
	if c.limiter.Wait(ctx) != nil {
		// Without a cause the deadline is so near that the wait would outlast it.
		return nil, backoff.Permanent(cmp.Or(context.Cause(ctx), context.DeadlineExceeded))
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	req, err := c.newRequest(ctx, q)
	if err != nil {
		return nil, backoff.Permanent(fmt.Errorf("make request: %w", err))
	}
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
	err = classify(resp.StatusCode, resp.Header, body, q.clean)
	if err == nil && q.check != nil {
		err = q.check(body)
	}
	return body, err
}

func (c *Client) newRequest(ctx context.Context, q request) (*http.Request, error) {
	u := c.base.JoinPath(q.path)
	u.RawQuery = q.query.Encode()
	var body io.Reader
	if q.body != nil {
		body = bytes.NewReader(q.body)
	}
	req, err := http.NewRequestWithContext(ctx, q.method, u.String(), body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "lucca application="+c.key.Reveal())
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.agent)
	if q.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
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
		return nil, fmt.Errorf("answer of more than %d bytes: %w", maxBody, ErrMalformed)
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

// neverSent reports whether an error of the transport came before anything was sent.
func neverSent(err error) bool {
	op, isOp := errors.AsType[*net.OpError](err)
	return isOp && (op.Op == "dial" || op.Op == "proxyconnect")
}
