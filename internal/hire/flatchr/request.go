package flatchr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/hire/wire"
	"lucca-exchange/internal/httpapi"
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

// patience is how often and how patiently a request is sent.
func patience() httpapi.Patience {
	return httpapi.Patience{
		Tries: 5, First: time.Second, Longest: 30 * time.Second, Attempt: 30 * time.Second, Asked: 2 * time.Minute,
	}
}

// maxAnswer bounds an answer: some thousand vacancies with their texts.
const maxAnswer = 64 << 20

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
		return nil, fmt.Errorf("%s: %w", r.what, fault.Wrap(ErrMalformed, err))
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
	q := httpapi.Request{
		What: r.what, Method: http.MethodGet, URL: u.String(), Body: r.body,
		Header: http.Header{"Accept": {"application/json"}, "Authorization": {"Bearer " + c.key.Reveal()}},
		Judge:  refusal,
	}
	if r.body != nil {
		q.Method = http.MethodPost
		q.Header.Set("Content-Type", "application/json")
	}
	a, err := c.http.Do(ctx, q)
	switch {
	case err == nil:
		return a.Body, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	default:
		return nil, fmt.Errorf("%s: %w", r.what, err)
	}
}

// refusal turns the status of an answer into an error.
func refusal(a httpapi.Answer) error {
	switch {
	case a.Status == http.StatusOK || a.Status == http.StatusCreated:
		return nil
	case a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden:
		return fmt.Errorf("status %d: %w", a.Status, ErrUnauthorized)
	case httpapi.MayPass(a.Status):
		return httpapi.Later(a, ErrUnavailable)
	default:
		return fmt.Errorf("status %d: %w", a.Status, ErrMalformed)
	}
}
