package web

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

func TestHookIsReceived(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/hooks/flatchr/t0ken":            "flatchr",
		"/hooks/acme/flatchr-hires/t0ken": "acme/flatchr-hires",
		"/hooks/a%2Fb/t0ken?x=1":          "a/b",
	} {
		var flow, signature, body string
		r := start(t, Config{}, &daemon{receive: func(_ context.Context, f string, h http.Header, b []byte) error {
			flow, signature, body = f, h.Get("Webhook-Signature"), string(b)
			return nil
		}})
		resp, text := r.do(t, "POST", path, `{"a":1}`, header("Content-Type", "application/json; charset=UTF-8"), header("Webhook-Signature", "v1,x"))
		if resp.StatusCode != 200 || text != "ok\n" {
			t.Errorf("%s: got %d %q", path, resp.StatusCode, text)
		}
		if flow != want || signature != "v1,x" || body != `{"a":1}` {
			t.Errorf("%s: received %q %q %q", path, flow, signature, body)
		}
	}
}

func TestWhatTheReceiverSays(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err    error
		status int
		event  string
	}{
		{nil, 200, "hook.received"},
		{ErrNotFound, 404, "hook.refused"},
		{ErrInvalid, 400, "hook.refused"},
		{ErrTooLarge, 413, "hook.refused"},
		{ErrMediaType, 415, "hook.refused"},
		{ErrSignature, 401, "hook.refused"},
		{ErrUnavailable, 503, "hook.failed"},
		{context.DeadlineExceeded, 503, "hook.failed"},
		{errors.New("disk on fire"), 500, "hook.failed"},
	} {
		t.Run(fmt.Sprint(tt.err), func(t *testing.T) {
			t.Parallel()
			r := start(t, Config{}, &daemon{receive: func(context.Context, string, http.Header, []byte) error {
				if tt.err == nil {
					return nil
				}
				return fmt.Errorf("store event: %w", tt.err)
			}})
			resp, text := r.do(t, "POST", "/hooks/some-flow/t0ken", `{"name":"Curie"}`, header("Content-Type", "application/json"))
			if resp.StatusCode != tt.status {
				t.Errorf("got %d", resp.StatusCode)
			}
			if tt.err != nil && strings.Contains(text, tt.err.Error()) {
				t.Errorf("the answer tells too much: %q", text)
			}
			if (resp.Header.Get("Retry-After") != "") != (tt.status == 503) {
				t.Errorf("Retry-After %q", resp.Header.Get("Retry-After"))
			}
			r.stop()
			log := r.log.String()
			if !strings.Contains(log, tt.event) {
				t.Errorf("the log does not say %s: %s", tt.event, log)
			}
			if !strings.Contains(log, "some-flow") {
				t.Errorf("log: %s", log)
			}
			if strings.Contains(log, "t0ken") || strings.Contains(log, "Curie") {
				t.Errorf("the log holds what was sent: %s", log)
			}
		})
	}
}

func TestHostileHooks(t *testing.T) {
	t.Parallel()
	var received atomic.Int32
	r := start(t, Config{}, &daemon{receive: func(context.Context, string, http.Header, []byte) error {
		received.Add(1)
		return nil
	}})
	asJSON := header("Content-Type", "application/json")
	endless := func(req *http.Request) {
		req.Body, req.ContentLength = io.NopCloser(io.LimitReader(zeros{}, maxEvent+1)), -1
	}
	for _, tt := range []struct {
		name, method, path, body string
		change                   []func(*http.Request)
		want                     int
	}{
		{"no token", "POST", "/hooks/flow", "{}", nil, 404},
		{"empty token", "POST", "/hooks/flow/t0ken/", "{}", nil, 404},
		{"nothing", "POST", "/hooks/", "{}", nil, 404},
		{"empty flow", "POST", "/hooks//t0ken", "{}", nil, 404},
		{"double slash", "POST", "/hooks//flow/t0ken", "{}", nil, 404},
		{"dots", "POST", "/hooks/../hooks/flow/t0ken", "{}", nil, 404},
		{"escaped dots", "POST", "/hooks/%2e%2e/flow/t0ken", "{}", nil, 404},
		{"GET", "GET", "/hooks/flow/t0ken", "", nil, 405},
		{"PUT", "PUT", "/hooks/flow/t0ken", "{}", nil, 405},
		{"no type", "POST", "/hooks/flow/t0ken", "{}", nil, 415},
		{"form", "POST", "/hooks/flow/t0ken", "a=b", []func(*http.Request){header("Content-Type", "application/x-www-form-urlencoded")}, 415},
		{"broken type", "POST", "/hooks/flow/t0ken", "{}", []func(*http.Request){header("Content-Type", "application/json; x")}, 415},
		{"other charset", "POST", "/hooks/flow/t0ken", "{}", []func(*http.Request){header("Content-Type", "application/json; charset=utf-16")}, 415},
		{"compressed", "POST", "/hooks/flow/t0ken", "{}", []func(*http.Request){asJSON, header("Content-Encoding", "gzip")}, 415},
		{"declared too large", "POST", "/hooks/flow/t0ken", strings.Repeat(" ", maxEvent+1), []func(*http.Request){asJSON, header("Expect", "100-continue")}, 413},
		{"too large without saying so", "POST", "/hooks/flow/t0ken", "", []func(*http.Request){asJSON, endless}, 413},
	} {
		resp, text := r.do(t, tt.method, tt.path, tt.body, tt.change...)
		if resp.StatusCode != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, resp.StatusCode, tt.want)
		}
		if strings.Contains(text, "t0ken") || resp.Header.Get("Location") != "" {
			t.Errorf("%s: the answer repeats the path", tt.name)
		}
	}
	if n := received.Load(); n != 0 {
		t.Errorf("%d of them were received", n)
	}
	if resp, _ := r.do(t, "POST", "/hooks/flow/t0ken", strings.Repeat(" ", maxEvent), asJSON); resp.StatusCode != 200 {
		t.Errorf("the largest event: got %d", resp.StatusCode)
	}
	_, metrics := r.do(t, "GET", "/metrics", "")
	r.stop()
	if text := r.log.String() + metrics; strings.Contains(text, "t0ken") {
		t.Error("the log or a metric holds the token")
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// TestNoHTTP talks to the port as scanners do.
func TestNoHTTP(t *testing.T) {
	t.Parallel()
	r := start(t, Config{}, &daemon{receive: func(context.Context, string, http.Header, []byte) error { return nil }})
	for name, request := range map[string]string{
		"TLS":            "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
		"two lengths":    "POST /hooks/f/t0ken HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n{}",
		"two bodies":     "POST /hooks/f/t0ken HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: xchunked\r\n\r\n{}",
		"huge header":    "GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 64<<10) + "\r\n\r\n",
		"no host":        "GET /healthz HTTP/1.1\r\n\r\n",
		"broken escapes": "POST /hooks/f/t0ken%zz HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		// A server that has answered may close before all is sent.
		_, _ = io.WriteString(conn, request)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err == nil && resp.StatusCode < 400 {
			t.Errorf("%s: got %d", name, resp.StatusCode)
		}
		_ = conn.Close()
	}
	if resp, _ := r.do(t, "GET", "/healthz", ""); resp.StatusCode != 200 {
		t.Errorf("afterwards: got %d", resp.StatusCode)
	}
	r.stop()
	if strings.Contains(r.log.String(), "t0ken") {
		t.Error("the log holds the token")
	}
}
