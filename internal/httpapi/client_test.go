package httpapi_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"lucca-exchange/internal/httpapi"
)

// address holds a secret that no error may repeat.
const address = "https://api.example/hook/T0KEN?k=T0KEN"

// errNoAnswer and errOdd stand for the sentinels of whoever uses the client.
var (
	errNoAnswer = errors.New("the API cannot be reached")
	errOdd      = errors.New("odd answer")
)

// wire is a transport without sockets, so that synctest can tell when time may pass.
type wire struct {
	answers []answer // in turn; the last repeats
	seen    []*http.Request
	bodies  []string
	times   []time.Time
}

type answer struct {
	status     int
	body       io.Reader
	retryAfter string
	err        error
	hang       bool
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	w.seen, w.bodies, w.times = append(w.seen, r), append(w.bodies, string(body)), append(w.times, time.Now())
	a := w.answers[0]
	w.answers = w.answers[min(1, len(w.answers)-1):]
	if a.hang {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if a.err != nil {
		return nil, a.err
	}
	h := http.Header{"Location": {"https://elsewhere.example/"}}
	if a.retryAfter != "" {
		h.Set("Retry-After", a.retryAfter)
	}
	if a.body == nil {
		a.body = strings.NewReader("body")
	}
	return &http.Response{StatusCode: a.status, Header: h, Body: io.NopCloser(a.body), Request: r, ContentLength: -1}, nil
}

func client(w *wire, change ...func(*httpapi.Options)) *httpapi.Client {
	o := httpapi.Options{
		HTTP: &http.Client{Transport: w}, Agent: "test/1", MaxBody: 1 << 10,
		Patience:    httpapi.Patience{Tries: 4, First: time.Second, Longest: 10 * time.Second, Attempt: 20 * time.Second, Asked: time.Minute},
		Unavailable: errNoAnswer, Malformed: errOdd, Setting: "api.url",
	}
	for _, f := range change {
		f(&o)
	}
	return httpapi.New(o)
}

func post() httpapi.Request {
	return httpapi.Request{
		What: "things", Method: http.MethodPost, URL: address, Body: []byte("sent"),
		Header: http.Header{"Content-Type": {"text/plain"}},
	}
}

func TestWhatMayPassIsTriedAgainAfterWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		bad      answer
		min, max time.Duration
	}{
		{"500", answer{status: 500}, 800 * time.Millisecond, 1200 * time.Millisecond},
		{"408", answer{status: 408}, 800 * time.Millisecond, 1200 * time.Millisecond},
		{"429 with seconds", answer{status: 429, retryAfter: "37"}, 37 * time.Second, 37 * time.Second},
		{"503 with a date", answer{status: 503, retryAfter: "Sat, 01 Jan 2000 00:00:20 GMT"}, 20 * time.Second, 20 * time.Second},
		{"429 with a day", answer{status: 429, retryAfter: "86400"}, time.Minute, time.Minute},
		{"429 with more seconds than time has", answer{status: 429, retryAfter: "9223372036854775807"}, time.Minute, time.Minute},
		{"429 with nonsense", answer{status: 429, retryAfter: "soon"}, 800 * time.Millisecond, 1200 * time.Millisecond},
		{"429 with the past", answer{status: 429, retryAfter: "-5"}, 800 * time.Millisecond, 1200 * time.Millisecond},
		{"no connection", answer{err: errors.New("refused")}, 800 * time.Millisecond, 1200 * time.Millisecond},
		{"a body cut short", answer{status: 200, body: io.MultiReader(strings.NewReader("bo"), cutOff{})}, 800 * time.Millisecond, 1200 * time.Millisecond},
		{"no answer in time", answer{hang: true}, 20*time.Second + 800*time.Millisecond, 20*time.Second + 1200*time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &wire{answers: []answer{tt.bad, {status: 200}}}
				waited := 0
				c := client(w, func(o *httpapi.Options) {
					o.Retried = func(_ context.Context, r httpapi.Request, _ time.Duration, err error) {
						waited++
						requireSecrecy(t, err)
						if r.What != "things" || !httpapi.Temporary(err) {
							t.Errorf("told of %q, %v", r.What, err)
						}
					}
				})
				a, err := c.Do(t.Context(), post())
				if err != nil || string(a.Body) != "body" || c.Sent() != 2 || waited != 1 {
					t.Fatalf("%q, %v after %d requests and %d waits", a.Body, err, c.Sent(), waited)
				}
				if gap := w.times[1].Sub(w.times[0]); gap < tt.min || gap > tt.max {
					t.Errorf("tried again after %s, want %s to %s", gap, tt.min, tt.max)
				}
				if w.bodies[1] != "sent" || w.seen[1].Header.Get("Content-Type") != "text/plain" || w.seen[1].Header.Get("User-Agent") != "test/1" {
					t.Errorf("the second attempt sent %q with %v", w.bodies[1], w.seen[1].Header)
				}
			})
			synctest.Test(t, func(t *testing.T) {
				c := client(&wire{answers: []answer{tt.bad}})
				_, err := c.Do(t.Context(), post())
				if !httpapi.Temporary(err) || c.Sent() != 4 {
					t.Errorf("when it persists: %v after %d requests", err, c.Sent())
				}
				requireSecrecy(t, err)
			})
		})
	}
}

type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func requireSecrecy(t *testing.T, err error) {
	t.Helper()
	if err == nil || strings.Contains(err.Error(), "T0KEN") || strings.Contains(err.Error(), "api.example") {
		t.Errorf("want an error without the address, got %v", err)
	}
}

func TestWhatCannotPassIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		bad   answer
		url   string
		want  string
		class error
	}{
		{"404", answer{status: 404}, address, "status 404", nil},
		{"a redirect", answer{status: 302}, address, "status 302", nil},
		{"an unknown host", answer{err: &net.DNSError{Err: "no such host", IsNotFound: true}}, address, "check api.url: the API cannot be reached: ", errNoAnswer},
		{"a wrong certificate", answer{err: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}}, address, "check api.url: the API cannot be reached: ", errNoAnswer},
		{"an answer without end", answer{status: 200, body: zeros{}}, address, "answer of more than 1024 bytes: odd answer", errOdd},
		{"a broken address", answer{}, "https://api.example/%zzT0KEN", "make request: the address is malformed", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := &wire{answers: []answer{tt.bad}}
			c := client(w)
			r := post()
			r.URL = tt.url
			_, err := c.Do(t.Context(), r)
			requireSecrecy(t, err)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) || tt.class != nil && !errors.Is(err, tt.class) || len(w.seen) > 1 {
				t.Errorf("got %v after %d requests, want %s", err, len(w.seen), tt.want)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

func TestAnAnswerThatNobodyReadsMayBeEndless(t *testing.T) {
	t.Parallel()
	c := client(&wire{answers: []answer{{status: 204, body: zeros{}}}}, func(o *httpapi.Options) { o.Discard = true })
	if a, err := c.Do(t.Context(), post()); err != nil || a.Body != nil {
		t.Errorf("%d bytes, %v", len(a.Body), err)
	}
}

func TestTheCallerJudgesAndSaysWhatMayBeSentTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answers: []answer{{status: 200, body: strings.NewReader("bad")}, {status: 200, body: strings.NewReader("good")}}}
		c := client(w)
		r := post()
		r.Judge = func(a httpapi.Answer) error {
			if bytes.Equal(a.Body, []byte("bad")) {
				return errOdd
			}
			return nil
		}
		r.Again = func(err error) bool { return errors.Is(err, errOdd) }
		if a, err := c.Do(t.Context(), r); err != nil || string(a.Body) != "good" {
			t.Errorf("got %q, %v", a.Body, err)
		}
		w.answers = []answer{{status: 503}}
		r.Judge = nil
		if _, err := c.Do(t.Context(), r); err == nil || c.Sent() != 3 {
			t.Errorf("got %v after %d requests, want one that is not repeated", err, c.Sent())
		}
	})
}

func TestEachAttemptIsSignedAndEachAnswerObserved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answers: []answer{{status: 503, body: nil}, {status: 200}}}
		signed, observed := 0, []int(nil)
		c := client(w, func(o *httpapi.Options) {
			o.Answered = func(_ context.Context, r httpapi.Request, a httpapi.Answer) {
				observed = append(observed, a.Status)
				if r.What != "things" || a.Header.Get("Location") == "" {
					t.Errorf("observed %q with %v", r.What, a.Header)
				}
			}
		})
		r := post()
		r.Sign = func(_ context.Context, h http.Header) error {
			signed++
			h.Set("Authorization", strings.Repeat("x", signed))
			return nil
		}
		if _, err := c.Do(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if got := w.seen[1].Header.Get("Authorization"); got != "xx" || len(observed) != 2 || observed[0] != 503 || r.Header.Get("Authorization") != "" {
			t.Errorf("signed %q, observed %v, kept %v", got, observed, r.Header)
		}
		// What signs has tried long enough by itself.
		signed = 0
		r.Sign = func(context.Context, http.Header) error {
			signed++
			return httpapi.Later(httpapi.Answer{Status: 503}, errOdd)
		}
		if _, err := c.Do(t.Context(), r); !errors.Is(err, errOdd) || c.Sent() != 2 || signed != 1 {
			t.Errorf("a signature that fails: %v after %d requests and %d signatures", err, c.Sent(), signed)
		}
	})
}

func TestTheEndOfTheContextEndsTheWaitWithItsCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("shutting down")
	for _, bad := range []answer{{status: 503, retryAfter: "30"}, {hang: true}} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(10*time.Second, func() { cancel(cause) })
			start := time.Now()
			_, err := client(&wire{answers: []answer{bad}}).Do(ctx, post())
			if !errors.Is(err, cause) || time.Since(start) != 10*time.Second {
				t.Errorf("got %v after %s", err, time.Since(start))
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Second, cause)
		defer cancel()
		_, err := client(&wire{answers: []answer{{status: 503, retryAfter: "30"}}}).Do(ctx, post())
		if !errors.Is(err, cause) || !strings.HasPrefix(err.Error(), "status 503") {
			t.Errorf("at a deadline: %v", err)
		}
	})
}

func TestTheLimiterHoldsAttemptsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answers: []answer{{status: 200}}}
		c := client(w, func(o *httpapi.Options) { o.Limiter = rate.NewLimiter(rate.Every(time.Minute), 1) })
		for range 3 {
			if _, err := c.Do(t.Context(), post()); err != nil {
				t.Fatal(err)
			}
		}
		if took := w.times[2].Sub(w.times[0]); took != 2*time.Minute {
			t.Errorf("three requests within %s", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Do(ctx, post()); !errors.Is(err, context.DeadlineExceeded) || c.Sent() != 3 {
			t.Errorf("a deadline before the next turn: %v after %d requests", err, c.Sent())
		}
	})
}

func TestTheTotalBoundsAllAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := client(&wire{answers: []answer{{status: 503, retryAfter: "40"}}}, func(o *httpapi.Options) { o.Patience.Total = 30 * time.Second })
		start := time.Now()
		if _, err := c.Do(t.Context(), post()); err == nil || c.Sent() != 1 || time.Since(start) > 30*time.Second {
			t.Errorf("%v after %d requests and %s", err, c.Sent(), time.Since(start))
		}
	})
}

func TestWhatWasNeverSent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, true},
		{&net.OpError{Op: "proxyconnect", Err: errors.New("refused")}, true},
		{&net.OpError{Op: "read", Err: errors.New("reset")}, false},
		{errors.New("other"), false},
	} {
		synctest.Test(t, func(t *testing.T) {
			_, err := client(&wire{answers: []answer{{err: tt.err}}}).Do(t.Context(), post())
			if httpapi.NeverSent(err) != tt.want || !errors.Is(err, errNoAnswer) {
				t.Errorf("%v: got %t", err, !tt.want)
			}
		})
	}
}
