package web

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/auth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// daemon is what the server shows in tests.
type daemon struct {
	ready    error
	snapshot Snapshot
	state    error
	receive  func(ctx context.Context, flow string, header http.Header, body []byte) error
}

func (d *daemon) Ready(context.Context) error { return d.ready }

func (d *daemon) Snapshot(context.Context) (Snapshot, error) { return d.snapshot, d.state }

// Admits takes any flow with the token of these tests.
func (d *daemon) Admits(_, token string) bool { return token == "t0ken" }

func (d *daemon) Receive(ctx context.Context, flow string, header http.Header, body []byte) error {
	return d.receive(ctx, flow, header, body)
}

// running is a server on loopback, and what it logged.
type running struct {
	url    string
	client *http.Client
	log    *lines
	stop   func() error
}

// lines is a log that several goroutines write.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// accounts keeps sessions and tokens of a test.
func accounts(t *testing.T) auth.Store {
	t.Helper()
	s, err := state.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "exchange.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s.Accounts()
}

// start serves d until the test ends.
func start(t *testing.T, c Config, d *daemon) *running {
	t.Helper()
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	log := &lines{}
	o := Options{
		Logger:  slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Metrics: NewMetrics(Build{Version: "v1.2.3", Commit: "abc"}), State: d, Readiness: d, Accounts: accounts(t),
	}
	if d.receive != nil {
		o.Hooks = d
	}
	s, err := New(c, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := s.Listen(ctx); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	scheme := "http://"
	if c.TLS != nil {
		scheme = "https://"
	}
	// With Expect: 100-continue a body is not sent before the server wants it.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ExpectContinueTimeout: time.Minute}}
	stop := sync.OnceValue(func() error { cancel(); client.CloseIdleConnections(); return <-ended })
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	return &running{url: scheme + s.Addr(), client: client, log: log, stop: stop}
}

// do sends a request, and returns the answer with its body.
func (r *running) do(t *testing.T, method, path, body string, change ...func(*http.Request)) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(req)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

func header(key, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(key, value) }
}

// hashes are of passwords that tests sign in with, at the least cost.
var hashes = map[string]string{
	"right":  "$2a$10$Fbs7gPQEfkMK5J1mIJknQu1Vve45cMXLX56Aslye4jXnjqoq4BQpe",
	"scrape": "$2a$10$nbma7nbZEIp28rO2v63Wi.BWVaDRsX0jviYG13fl4OfSYMlKtU1QO",
}

func user(password string, role auth.Role) auth.User {
	return auth.User{PasswordHash: hashes[password], Role: role}
}

func TestHealthAndReadiness(t *testing.T) {
	t.Parallel()
	well := Probe{URL: start(t, Config{}, &daemon{}).url}
	if remarks, err := well.Check(t.Context()); err != nil || len(remarks) > 0 {
		t.Errorf("a ready daemon: %q, %v", remarks, err)
	}
	r := start(t, Config{}, &daemon{ready: errors.Join(errors.New("the state cannot be\nwritten"), errors.Join(errors.New("no heartbeat for 30s")))})
	probe := Probe{URL: r.url}
	if resp, text := r.do(t, "GET", "/readyz", ""); resp.StatusCode != 503 || text != "the state cannot be written\nno heartbeat for 30s\n" {
		t.Errorf("got %d %q", resp.StatusCode, text)
	}
	if resp, text := r.do(t, "GET", "/healthz", ""); resp.StatusCode != 200 || text != "ok\n" {
		t.Errorf("a daemon that lives but is not ready: got %d %q", resp.StatusCode, text)
	}
	_, err := probe.Check(t.Context())
	if want := "the daemon is not ready: /readyz answers 503: the state cannot be written; no heartbeat for 30s"; !errors.Is(err, ErrUnhealthy) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := probe.Check(t.Context()); err == nil || errors.Is(err, ErrUnhealthy) {
		t.Errorf("a daemon that is down: got %v", err)
	}
}

func TestEveryAnswerHasSecurityHeaders(t *testing.T) {
	t.Parallel()
	r := start(t, Config{}, &daemon{})
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/nosuch", "/hooks/a/b", "//"} {
		resp, _ := r.do(t, "GET", path, "")
		for _, key := range []string{"Cache-Control", "Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options"} {
			if resp.Header.Get(key) == "" {
				t.Errorf("%s: no %s", path, key)
			}
		}
	}
	if resp, _ := r.do(t, "POST", "/readyz", "", header("Sec-Fetch-Site", "cross-site")); resp.StatusCode != 403 {
		t.Errorf("another site's POST: got %d", resp.StatusCode)
	}
	if resp, _ := r.do(t, "POST", "/readyz", ""); resp.StatusCode != 405 {
		t.Errorf("POST: got %d", resp.StatusCode)
	}
}

func TestPanicIsAnswered(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fault func()
		want  string
	}{
		"of ours":         {func() { panic("Marie Curie") }, "panic with a string"},
		"of the language": {func() { _ = make([]int, 0)[len(os.Args)] }, "index out of range"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, Config{}, &daemon{receive: func(context.Context, string, http.Header, []byte) error {
				tt.fault()
				return nil
			}})
			resp, _ := r.do(t, "POST", "/hooks/flow/t0ken", `{"name":"Marie Curie"}`, header("Content-Type", "application/json"))
			if resp.StatusCode != 500 {
				t.Errorf("got %d", resp.StatusCode)
			}
			if resp, _ := r.do(t, "GET", "/healthz", ""); resp.StatusCode != 200 {
				t.Errorf("afterwards: got %d", resp.StatusCode)
			}
			log := r.log.String()
			if !strings.Contains(log, "request.panicked") || !strings.Contains(log, tt.want) {
				t.Errorf("the log says nothing of it: %s", log)
			}
			if strings.Contains(log, "Curie") || strings.Contains(log, "t0ken") {
				t.Error("the log holds what was sent")
			}
		})
	}
}

func TestRequestsInProgressAreFinished(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	r := start(t, Config{}, &daemon{receive: func(ctx context.Context, _ string, _ http.Header, _ []byte) error {
		close(entered)
		<-release
		return ctx.Err()
	}})
	status := make(chan int, 1)
	go func() {
		req, _ := http.NewRequest("POST", r.url+"/hooks/flow/t0ken", strings.NewReader("{}"))
		req.Header.Set("Content-Type", "application/json")
		resp, err := r.client.Do(req)
		if err != nil {
			status <- 0
			return
		}
		resp.Body.Close()
		status <- resp.StatusCode
	}()
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- r.stop() }()
	// The port is closed first: from then on the request is what is waited for.
	for {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	close(release)
	if got := <-status; got != 200 {
		t.Errorf("the request in progress: got %d", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	s, err := New(Config{Listen: l.Addr().String()}, Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(t.Context()); err == nil || !strings.Contains(err.Error(), "open web.listen: listen tcp 127.0.0.1:") {
		t.Errorf("got %v", err)
	}
}

// writeCertificate writes a certificate for name and its key, and returns the section of
// the configuration.
func writeCertificate(t *testing.T, dir, name string) *TLS {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c := &TLS{Certificate: filepath.Join(dir, "cert.pem"), Key: secret.Ref{File: filepath.Join(dir, "key.pem")}}
	for path, block := range map[string]*pem.Block{c.Certificate: {Type: "CERTIFICATE", Bytes: cert}, c.Key.File: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestTLS(t *testing.T) {
	t.Parallel()
	c := Config{Listen: "127.0.0.1:0", TLS: writeCertificate(t, t.TempDir(), "exchange.example")}
	r := start(t, c, &daemon{})
	resp, _ := r.do(t, "GET", "/healthz", "")
	if resp.StatusCode != 200 || resp.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("got %d, HSTS %q", resp.StatusCode, resp.Header.Get("Strict-Transport-Security"))
	}
	if _, err := (Probe{URL: r.url, Unverified: true}).Check(t.Context()); err != nil {
		t.Errorf("the machine's own probe: %v", err)
	}
	if _, err := (Probe{URL: r.url}).Check(t.Context()); err == nil {
		t.Error("a probe of elsewhere takes a certificate that nobody signed")
	}
	old := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}}}
	if _, err := old.Get(r.url + "/healthz"); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
}
