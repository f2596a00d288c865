package flatchr

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"

	"lucca-exchange/internal/hire/wire"
)

// Errors of Client that callers branch on. None holds anything of an answer.
var (
	// ErrUnauthorized: Flatchr does not take the key (401, 403). Never retried.
	ErrUnauthorized = errors.New("the API key is not accepted by Flatchr for this company: check api_key and company")
	// ErrUnavailable: the network or Flatchr failed, also when tried again.
	ErrUnavailable = errors.New("Flatchr cannot be reached") //nolint:staticcheck // a proper noun
	// ErrMalformed: the answer is not one of Flatchr's API, or it refuses the request.
	ErrMalformed = errors.New("unexpected answer of Flatchr")
	// ErrNoColumn: none of the configured columns exists.
	ErrNoColumn = errors.New("Flatchr has none of the columns in columns: check their titles") //nolint:staticcheck // a proper noun
)

// How often and how patiently a request is sent.
const (
	maxTries       = 5
	firstWait      = time.Second
	longestGap     = 30 * time.Second
	attemptTimeout = 30 * time.Second
	maxRetryAfter  = 2 * time.Minute
	// maxAnswer bounds an answer: some thousand vacancies with their texts.
	maxAnswer = 64 << 20
)

// call is one request.
type call struct {
	// what is done, for errors.
	what  string
	path  []string
	query url.Values
	// body is sent by POST; nil for GET.
	body []byte
}

func (c *Client) company(path ...string) []string {
	return append([]string{"company", c.config.Company}, path...)
}

// list sends a request whose answer is a list, bare or under items or data.
func (c *Client) list(ctx context.Context, r call) ([]wire.Value, error) {
	body, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	root, err := wire.Parse(body, maxAnswer)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", r.what, ErrMalformed, err)
	}
	for _, v := range []wire.Value{root, root.At("items"), root.At("data")} {
		if items, ok := v.List(); ok {
			return items, nil
		}
	}
	return nil, fmt.Errorf("%s: want a list: %w", r.what, ErrMalformed)
}

// send tries until there is an answer or it makes no sense to go on.
func (c *Client) send(ctx context.Context, r call) ([]byte, error) {
	u := c.base.JoinPath(r.path...)
	u.RawQuery = r.query.Encode()
	body, err := backoff.Retry(ctx, func() ([]byte, error) { return c.attempt(ctx, u, r.body) },
		backoff.WithBackOff(&backoff.ExponentialBackOff{
			InitialInterval: firstWait, RandomizationFactor: 0.2, Multiplier: 2, MaxInterval: longestGap,
		}),
		backoff.WithMaxTries(maxTries),
		backoff.WithMaxElapsedTime(0),
		backoff.WithNotify(func(err error, wait time.Duration) {
			c.log.WarnContext(ctx, "flatchr.request-retried", "request", r.what, "wait", wait, "err", err)
		}))
	switch {
	case err == nil:
		return body, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	default:
		return nil, fmt.Errorf("%s: %w", r.what, err)
	}
}

// attempt sends the request once, when the limit lets it through.
func (c *Client) attempt(ctx context.Context, u *url.URL, body []byte) ([]byte, error) {
	if c.limiter.Wait(ctx) != nil {
		return nil, backoff.Permanent(cmp.Or(context.Cause(ctx), context.DeadlineExceeded))
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, backoff.Permanent(fmt.Errorf("make request: %w", err))
	}
	req.Header.Set("Authorization", "Bearer "+c.key.Reveal())
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", c.agent)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, unreachable(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("%w: read answer: %w", ErrUnavailable, err)
	}
	return answer, classify(resp)
}

// unreachable drops the address from an error of the transport; a wrong certificate does
// not get better by trying again.
func unreachable(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err
	}
	wrapped := fmt.Errorf("%w: %w", ErrUnavailable, err)
	if _, bad := errors.AsType[*tls.CertificateVerificationError](err); bad {
		return backoff.Permanent(wrapped)
	}
	return wrapped
}

// classify turns the status of an answer into an error; the permanent ones are not tried
// again.
func classify(resp *http.Response) error {
	status := resp.StatusCode
	switch {
	case status == http.StatusOK || status == http.StatusCreated:
		return nil
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return backoff.Permanent(fmt.Errorf("status %d: %w", status, ErrUnauthorized))
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status >= http.StatusInternalServerError:
		if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
			wait := time.Duration(min(seconds, int(maxRetryAfter/time.Second))) * time.Second
			return fmt.Errorf("status %d: %w: %w", status, ErrUnavailable, &backoff.RetryAfterError{Duration: wait})
		}
		return fmt.Errorf("status %d: %w", status, ErrUnavailable)
	default:
		return backoff.Permanent(fmt.Errorf("status %d: %w", status, ErrMalformed))
	}
}
