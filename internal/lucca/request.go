package lucca

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"lucca-exchange/internal/httpapi"
)

// patience is how often and how patiently a request is sent. The waits of 2, 4, 8, 16 and 32
// seconds outlast the minute of Lucca's rate limit. Lucca gives an attempt up after 5 seconds
// by itself; the rest is for slow networks. More than some minutes of Retry-After is a mistake
// or another party's answer.
func patience(tries uint) httpapi.Patience {
	return httpapi.Patience{Tries: cmp.Or(tries, 6), First: 2 * time.Second, Longest: time.Minute, Attempt: time.Minute, Asked: 5 * time.Minute}
}

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

// v5Root is where the routes of the Lucca API (v5) are.
const v5Root = "/lucca-api/"

// scopeOf returns the scope that a route of the Lucca API (v5) needs of an access token; no
// API key goes there. It is empty for all other routes.
func scopeOf(path string) string {
	resource, isV5 := strings.CutPrefix(path, v5Root)
	if !isV5 {
		return ""
	}
	return resource + ".readonly"
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
	switch {
	case errors.Is(err, ErrRateLimited):
		return true
	case q.method == http.MethodPost:
		return httpapi.Temporary(err) && httpapi.NeverSent(err)
	case (q.method == http.MethodPut || q.method == http.MethodPatch) && errors.Is(err, ErrMalformed):
		return true
	default:
		return httpapi.Temporary(err)
	}
}

// refusal says what is wrong with an answer.
func (q request) refusal(a httpapi.Answer) error {
	err := classify(a, q.clean)
	switch scope := scopeOf(q.path); {
	case scope == "":
	case errors.Is(err, ErrUnauthorized):
		return fmt.Errorf("status %d: %w", a.Status, errToken)
	case errors.Is(err, ErrForbidden):
		return fmt.Errorf("status %d: give %s to the client: %w", a.Status, scope, ErrScope)
	}
	if err == nil && q.check != nil {
		err = q.check(a.Body)
	}
	return err
}

// send sends a request until it is answered, as often as again allows. When ctx ends it
// returns context.Cause(ctx), at a deadline with what went wrong until then.
func (c *Client) send(ctx context.Context, q request) ([]byte, error) {
	clean := q.clean
	if clean == nil {
		clean = cleanRead
	}
	q.clean = func(text string) string { return clean(c.said.Redact(text)) }
	u := c.base.JoinPath(q.path)
	u.RawQuery = q.query.Encode()
	header := http.Header{"Accept": {"application/json"}}
	if q.body != nil {
		header.Set("Content-Type", "application/json")
	}
	r := httpapi.Request{
		What: q.path, Method: q.method, URL: u.String(), Header: header, Body: q.body, Judge: q.refusal, Again: q.again,
	}
	if scope := scopeOf(q.path); scope != "" {
		return c.sendBearer(ctx, r, scope)
	}
	if c.key.IsZero() {
		return nil, ErrNoKey
	}
	r.Sign = func(_ context.Context, h http.Header) error {
		h.Set("Authorization", "lucca application="+c.key.Reveal())
		return nil
	}
	a, err := c.http.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	return a.Body, nil
}

// apiVersion is the version of the Lucca API (v5) that is asked for. Lucca keeps one for
// twelve months at least (developers.lucca.fr, documentation/using-api/versioning).
const apiVersion = "2024-11-01"

// sendBearer sends a request with an access token, and once more with another one when the
// first is not accepted: it may have been taken back.
func (c *Client) sendBearer(ctx context.Context, r httpapi.Request, scope string) ([]byte, error) {
	var token string
	r.Header.Set("Api-Version", apiVersion)
	r.Sign = func(ctx context.Context, h http.Header) (err error) {
		token, err = c.tokens.get(ctx, []string{scope})
		h.Set("Authorization", "Bearer "+token)
		return err
	}
	a, err := c.http.Do(ctx, r)
	if errors.Is(err, errToken) {
		c.tokens.drop(token)
		if a, err = c.http.Do(ctx, r); errors.Is(err, errToken) {
			err = fmt.Errorf("a new access token too: check that the client was made at %s: %w", c.tokens.page, ErrClient)
		}
	}
	if err != nil {
		return nil, err
	}
	return a.Body, nil
}
