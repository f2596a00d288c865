package web

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzHook sends anything to the hooks: nothing panics, only whole JSON posts with a flow
// and a token are received, and no answer repeats a path.
func FuzzHook(f *testing.F) {
	for _, path := range []string{"/hooks/flow/t0ken", "/hooks/acme/flow/t0ken", "/hooks/", "/hooks//t0ken", "/hooks/a/../b", "/hooks/a%2fb/%00", "/hooks", "*"} {
		f.Add("POST", path, "application/json", []byte(`{"a":1}`))
	}
	f.Add("GET", "/metrics", "", []byte(nil))
	f.Add("POST", "/hooks/flow/t0ken", "application/json; charset=\"utf-8", []byte("x"))
	f.Fuzz(func(t *testing.T, method, path, kind string, body []byte) {
		at, err := url.ParseRequestURI(path)
		if err != nil {
			t.Skip()
		}
		var flow string
		d := &daemon{receive: func(_ context.Context, f string, _ http.Header, _ []byte) error {
			flow = f
			return nil
		}}
		s, err := New(Config{}, Options{Logger: newQuiet(), Metrics: NewMetrics(Build{}), State: d, Readiness: d, Hooks: d})
		if err != nil {
			t.Fatal(err)
		}
		r := (&http.Request{Method: method, URL: at, Host: "localhost", RemoteAddr: "192.0.2.1:1", Header: http.Header{"Content-Type": {kind}},
			Body: http.NoBody, ContentLength: -1}).WithContext(t.Context())
		r.Body = http.MaxBytesReader(nil, readCloser{bytes.NewReader(body)}, maxEvent)
		w := httptest.NewRecorder()
		s.handler().ServeHTTP(w, r)
		if w.Code == http.StatusInternalServerError {
			t.Error("a panic")
		}
		if flow != "" && (method != http.MethodPost || !strings.HasSuffix(at.Path, "/t0ken") || !strings.HasPrefix(strings.ToLower(strings.TrimSpace(kind)), "application/json")) {
			t.Errorf("received %q by %s with %q", flow, method, kind)
		}
		if to := w.Header().Get("Location"); to != "" && to != "/hooks/" {
			t.Errorf("the answer leads to %q", to)
		}
	})
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }
