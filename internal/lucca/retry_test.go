package lucca_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/secret"
)

// wire is a transport without sockets, so that synctest can tell when time may pass.
type wire struct {
	answers []answer // in turn; the last repeats
	times   []time.Time
}

// answer is one answer, or the error of the transport.
type answer struct {
	status     int
	body       string
	retryAfter string
	err        error
	// cut ends the body with the error of a connection that broke.
	cut bool
	// endless sends zeros for ever.
	endless bool
	// hang waits for the context instead of answering.
	hang bool
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.times = append(w.times, time.Now())
	a := w.answers[0]
	if len(w.answers) > 1 {
		w.answers = w.answers[1:]
	}
	if a.hang {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	if a.err != nil {
		return nil, a.err
	}
	var body io.Reader = strings.NewReader(a.body)
	if a.cut {
		body = io.MultiReader(body, cutOff{})
	}
	if a.endless {
		body = zeros{}
	}
	h := http.Header{}
	if a.retryAfter != "" {
		h.Set("Retry-After", a.retryAfter)
	}
	return &http.Response{StatusCode: a.status, Header: h, Body: io.NopCloser(body), Request: r, ContentLength: -1}, nil
}

type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

func dial(t *testing.T, w *wire, change ...func(*lucca.Config)) *lucca.Client {
	t.Helper()
	config := lucca.Config{URL: "https://acme.ilucca.net"}
	for _, f := range change {
		f(&config)
	}
	c, err := lucca.New(lucca.Options{Config: config, Key: secret.NewValue("key-" + canary), HTTP: &http.Client{Transport: w}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhatMayPassIsTriedAgain(t *testing.T) {
	t.Parallel()
	good := answer{status: 200, body: usersPage(1, 1)}
	for _, tt := range []struct {
		name     string
		bad      answer
		want     error
		min, max time.Duration // until the second attempt
	}{
		{"500", answer{status: 500, body: canary}, lucca.ErrUnavailable, time.Second, 3 * time.Second},
		{"502 with a web page", answer{status: 502, body: "<html>" + canary}, lucca.ErrUnavailable, time.Second, 3 * time.Second},
		{"503 with a date", answer{status: 503, retryAfter: "Sat, 01 Jan 2000 00:00:20 GMT"}, lucca.ErrUnavailable, 20 * time.Second, 20 * time.Second},
		{"408", answer{status: 408}, lucca.ErrUnavailable, time.Second, 3 * time.Second},
		{"429", answer{status: 429}, lucca.ErrRateLimited, time.Second, 3 * time.Second},
		{"429 with seconds", answer{status: 429, retryAfter: "37"}, lucca.ErrRateLimited, 37 * time.Second, 37 * time.Second},
		{"429 with a day", answer{status: 429, retryAfter: "86400"}, lucca.ErrRateLimited, 5 * time.Minute, 5 * time.Minute},
		{"429 with a day ahead", answer{status: 429, retryAfter: "Sun, 02 Jan 2000 00:00:00 GMT"}, lucca.ErrRateLimited, 5 * time.Minute, 5 * time.Minute},
		{"429 with nonsense", answer{status: 429, retryAfter: "soon"}, lucca.ErrRateLimited, time.Second, 3 * time.Second},
		{"429 with the past", answer{status: 429, retryAfter: "-5"}, lucca.ErrRateLimited, time.Second, 3 * time.Second},
		{"no connection", answer{err: errors.New("connection refused")}, lucca.ErrUnavailable, time.Second, 3 * time.Second},
		{"a body cut short", answer{status: 200, body: usersPage(2, 1, 2)[:40], cut: true}, lucca.ErrUnavailable, time.Second, 3 * time.Second},
		{"a whole body and then a broken connection", answer{status: 200, body: usersPage(1, 1), cut: true}, lucca.ErrUnavailable, time.Second, 3 * time.Second},
		{"no answer", answer{hang: true}, lucca.ErrUnavailable, 61 * time.Second, 63 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &wire{answers: []answer{tt.bad, good}}
				c := dial(t, w)
				s, err := c.Snapshot(t.Context(), loginsQuery())
				if err != nil || len(s.Employees) != 1 || c.Requests() != 2 {
					t.Fatalf("%d employees, %v in %d requests", len(s.Employees), err, c.Requests())
				}
				if gap := w.times[1].Sub(w.times[0]); gap < tt.min || gap > tt.max {
					t.Errorf("tried again after %s, want %s to %s", gap, tt.min, tt.max)
				}
			})
			synctest.Test(t, func(t *testing.T) {
				w := &wire{answers: []answer{tt.bad}}
				c := dial(t, w)
				_, err := c.Snapshot(t.Context(), loginsQuery())
				if !errors.Is(err, tt.want) || c.Requests() != 6 {
					t.Errorf("when it persists: %v after %d requests, want %v after 6", err, c.Requests(), tt.want)
				}
				requireNoCanary(t, err)
			})
		})
	}
}

func TestWhatCannotPassIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		err  error
	}{
		{"an unknown host", &net.DNSError{Err: "no such host", Name: "acme.ilucca.net", IsNotFound: true}},
		{"a wrong certificate", &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &wire{answers: []answer{{err: tt.err}}}
				c := dial(t, w)
				_, err := c.Snapshot(t.Context(), loginsQuery())
				if !errors.Is(err, lucca.ErrUnavailable) || !strings.Contains(err.Error(), "check lucca.url") || c.Requests() != 1 {
					t.Errorf("%v after %d requests", err, c.Requests())
				}
			})
		})
	}
}

func TestCancelingEndsTheWaitWithItsCause(t *testing.T) {
	t.Parallel()
	cause := errors.New("shutting down")
	for _, tt := range []struct {
		name string
		bad  answer
	}{
		{"between attempts", answer{status: 503, retryAfter: "200"}},
		{"during an attempt", answer{hang: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(10*time.Second, func() { cancel(cause) })
				start := time.Now()
				_, err := dial(t, &wire{answers: []answer{tt.bad}}).Snapshot(ctx, loginsQuery())
				if !errors.Is(err, cause) || time.Since(start) != 10*time.Second {
					t.Errorf("error = %v after %s", err, time.Since(start))
				}
			})
		})
	}
}

func TestADeadlineTellsWhatWentWrongUntilThen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Second, errors.New("given up"))
		defer cancel()
		_, err := dial(t, &wire{answers: []answer{{status: 503}}}).Snapshot(ctx, loginsQuery())
		if !errors.Is(err, lucca.ErrUnavailable) || !errors.Is(err, context.Cause(ctx)) {
			t.Errorf("got %v", err)
		}
	})
}

func TestADeadlineNearerThanTheRateLimitEndsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := dial(t, &wire{answers: []answer{{status: 200, body: usersPage(0)}}}, func(c *lucca.Config) { c.RequestsPerMinute = 1 })
		if _, err := c.Snapshot(t.Context(), loginsQuery()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := c.Snapshot(ctx, loginsQuery()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v, want the deadline", err)
		}
	})
}

func TestNoMinuteHoldsMoreRequestsThanAllowed(t *testing.T) {
	t.Parallel()
	for _, perMinute := range []int{0, 1, 2, 3, 10, 45, 50} {
		synctest.Test(t, func(t *testing.T) {
			bound := perMinute
			if bound == 0 {
				bound = 45
			}
			w := &wire{answers: []answer{{status: 200, body: usersPage(0)}}}
			c := dial(t, w, func(c *lucca.Config) { c.RequestsPerMinute = perMinute })
			for range 3 {
				for range 2 * bound {
					if _, err := c.Snapshot(t.Context(), loginsQuery()); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(90 * time.Second) // the bucket fills up again
			}
			most := 0
			for i, first := range w.times {
				n := 0
				for _, at := range w.times[i:] {
					if at.Sub(first) < time.Minute {
						n++
					}
				}
				most = max(most, n)
			}
			if most > bound {
				t.Errorf("%d requests in a minute, want at most %d", most, bound)
			}
			if most < bound-1 {
				t.Errorf("only %d requests in any minute: %d may be used", most, bound)
			}
		})
	}
}

func TestAttemptsCountAgainstTheRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{answers: []answer{{status: 503, retryAfter: "1"}}}
		c := dial(t, w, func(c *lucca.Config) { c.RequestsPerMinute = 3 })
		if _, err := c.Snapshot(t.Context(), loginsQuery()); err == nil {
			t.Fatal("no error")
		}
		if took := w.times[len(w.times)-1].Sub(w.times[0]); took < 2*time.Minute {
			t.Errorf("6 attempts within %s under 3 requests a minute", took)
		}
	})
}

func TestAnAnswerWithoutEndIsRefused(t *testing.T) {
	t.Parallel()
	c := dial(t, &wire{answers: []answer{{status: 200, endless: true}}})
	_, err := c.Snapshot(t.Context(), loginsQuery())
	if !errors.Is(err, lucca.ErrMalformed) || c.Requests() != 1 {
		t.Errorf("error = %v after %d requests", err, c.Requests())
	}
}

func TestTheLogTellsOfRetriesAndRestartsWithoutData(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		w := &wire{answers: []answer{
			{status: 502, body: "<html>" + canary},
			{status: 200, body: usersPage(5, 1)},
			{status: 200, body: usersPage(1, 1)},
		}}
		c, err := lucca.New(lucca.Options{
			Config: lucca.Config{URL: "https://acme.ilucca.net"}, Key: secret.NewValue("key-" + canary),
			HTTP: &http.Client{Transport: w}, Logger: slog.New(slog.NewJSONHandler(&log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Snapshot(t.Context(), loginsQuery()); err != nil {
			t.Fatal(err)
		}
		for _, event := range []string{`"msg":"lucca.request-retried"`, `"msg":"lucca.list-restarted"`} {
			if strings.Count(log.String(), event) != 1 {
				t.Errorf("want %s once in:\n%s", event, log.String())
			}
		}
		if strings.Contains(log.String(), "canary") {
			t.Errorf("the log repeats what was answered:\n%s", log.String())
		}
	})
}
