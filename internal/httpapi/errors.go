package httpapi

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/loopback"
)

// Errors that answers and the lack of them wrap where Options has none of its own.
var (
	// ErrUnavailable: no whole answer came.
	ErrUnavailable = errors.New("no answer")
	// ErrProxy: the proxy that the environment names does not let a request through.
	ErrProxy = errors.New("fault of the proxy")
	// ErrMalformed: an answer longer than it may be.
	ErrMalformed = errors.New("unexpected answer")
)

// temporary is an error that may pass, after wait if the server says when.
type temporary struct {
	text   string
	causes []error
	wait   time.Duration
}

func (t *temporary) Error() string   { return t.text }
func (t *temporary) Unwrap() []error { return t.causes }

// Temporary reports whether the network or the server failed in a way that may pass.
func Temporary(err error) bool {
	_, ok := errors.AsType[*temporary](err)
	return ok
}

// MayPass reports whether a status is one of a server that may answer otherwise later: 408,
// 429 and 5xx.
func MayPass(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status >= http.StatusInternalServerError
}

// Later returns a Temporary error about an answer that MayPass, to be tried again when the
// answer's Retry-After says so. It wraps class, which may be nil.
func Later(a Answer, class error) error {
	t := &temporary{text: fmt.Sprintf("status %d", a.Status), wait: retryAfter(a.Header.Get("Retry-After"), time.Now())}
	if class != nil {
		t.text, t.causes = fmt.Sprintf("status %d: %v", a.Status, class), []error{class}
	}
	if t.wait > 0 {
		t.text += ": retry after " + t.wait.Round(time.Second).String()
	}
	return t
}

// refusal takes what is of status 200 to 299.
func refusal(a Answer) error {
	switch {
	case a.Status >= 200 && a.Status < 300:
		return nil
	case MayPass(a.Status):
		return Later(a, nil)
	default:
		return fmt.Errorf("status %d", a.Status)
	}
}

// longestWait bounds what is read from a Retry-After, far above any Patience.Asked.
const longestWait = 24 * time.Hour

// retryAfter reads both forms of the header, whole seconds and an HTTP date; 0 when it is
// absent, past or neither.
func retryAfter(s string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(s); err == nil {
		return time.Duration(max(0, min(seconds, int(longestWait/time.Second)))) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return max(0, min(t.Sub(now), longestWait))
	}
	return 0
}

// unreachable describes an error of the transport without the address, which may be a secret.
// A wrong certificate and an unknown host do not get better by trying again.
func (c *Client) unreachable(req *http.Request, err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err
	}
	if fault := proxyFault(req, err); fault != nil {
		return &temporary{text: fmt.Sprintf("%v: %v", c.options.Unavailable, fault), causes: []error{c.options.Unavailable, ErrProxy, err}}
	}
	_, badCertificate := errors.AsType[*tls.CertificateVerificationError](err)
	dns, isDNS := errors.AsType[*net.DNSError](err)
	switch {
	case !badCertificate && (!isDNS || !dns.IsNotFound):
		return &temporary{text: fmt.Sprintf("%v: %v", c.options.Unavailable, err), causes: []error{c.options.Unavailable, err}}
	case c.options.Setting != "":
		return fmt.Errorf("check %s: %w", c.options.Setting, fault.Wrap(c.options.Unavailable, err))
	default:
		return fault.Wrap(c.options.Unavailable, err)
	}
}

// proxyFault says what a proxy of the environment did not do; nil: it is no fault of such a one. Its
// password, which may stand in its address, is not said.
func proxyFault(req *http.Request, err error) error {
	proxy, _ := http.ProxyFromEnvironment(req) // one that cannot be used is none
	if proxy == nil {
		return nil
	}
	if op, is := errors.AsType[*net.OpError](err); is && op.Op == "proxyconnect" {
		return fmt.Errorf("connect through proxy %s: %w", proxy.Host, op.Err)
	}
	for status := http.StatusMultipleChoices; status < 600; status++ {
		if text := http.StatusText(status); text != "" && err.Error() == text { // all that net/http says of its answer
			return fmt.Errorf("connect through proxy %s: the proxy answers %s", proxy.Host, strconv.Itoa(status)+" "+text)
		}
	}
	return nil
}

// NeverSent reports whether an error of the transport came before anything was sent.
func NeverSent(err error) bool {
	op, isOp := errors.AsType[*net.OpError](err)
	return isOp && (op.Op == "dial" || op.Op == "proxyconnect")
}

// Private reports whether what is sent to an address stays between the two ends: https, or
// http to this machine.
func Private(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && loopback.Is(u.Hostname())
}
