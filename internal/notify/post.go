package notify

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"lucca-exchange/internal/httpapi"
)

// attemptLimit leaves time for another attempt when a server takes the connection and says
// nothing.
const attemptLimit = 5 * time.Second

// Poster makes requests whose address is a secret: it is in no error, and redirects are not
// followed. What an answer says is nobody's business.
type Poster struct{ client *httpapi.Client }

// NewPoster returns one that sends by a client; nil for one of its own.
func NewPoster(client *http.Client) Poster {
	return Poster{httpapi.New(httpapi.Options{
		HTTP: client, Agent: Product, MaxBody: 64 << 10, Discard: true, Setting: "the address",
		Patience: httpapi.Patience{
			Tries: maxAttempts, First: firstPause, Longest: TimeLimit, Attempt: attemptLimit, Asked: TimeLimit, Total: TimeLimit,
		},
	})}
}

// Do sends one request; a body is JSON.
func (p Poster) Do(ctx context.Context, method, address string, body []byte) error {
	r := httpapi.Request{Method: method, URL: address, Body: body}
	if body != nil {
		r.Header = http.Header{"Content-Type": {"application/json"}}
	}
	_, err := p.client.Do(ctx, r)
	return err
}

// ParseAddress parses the address of a channel, which may be a secret: no error repeats it.
func ParseAddress(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, errors.New("want an address such as https://hc.example/uuid")
	case !httpapi.Private(u):
		return nil, errors.New("want https://")
	case u.User != nil:
		return nil, errors.New("want an address without user and password")
	case u.Fragment != "":
		return nil, errors.New("want an address without #")
	}
	return u, nil
}
