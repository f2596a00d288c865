package notify

import (
	"context"
	"errors"
	"fmt"
	"net"
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

// Reach opens a connection to where requests to an address go, which may be a proxy, and sends
// nothing.
func (p Poster) Reach(ctx context.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("want an address such as https://hc.example/uuid")
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u})
	if err != nil {
		return errors.New("the proxy that the environment names has no address that can be used")
	}
	if proxy != nil {
		u = proxy
	}
	port := u.Port()
	if port == "" {
		port = u.Scheme // the resolver knows the ports of http and https
	}
	ctx, cancel := context.WithTimeout(ctx, attemptLimit)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	return conn.Close()
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
