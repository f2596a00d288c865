package notify_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/secret"
)

// hook is a web server that notes what it is asked, and answers with statuses one after the
// other, the last of them for good.
type hook struct {
	*httptest.Server
	mu       sync.Mutex
	statuses []int
	later    string   // Retry-After of every answer
	asked    []string // METHOD path
	bodies   []string
}

func startHook(t *testing.T, statuses ...int) *hook {
	t.Helper()
	h := &hook{statuses: statuses}
	h.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.asked = append(h.asked, r.Method+" "+r.URL.RequestURI())
		h.bodies = append(h.bodies, string(body))
		status := h.statuses[0]
		h.statuses = h.statuses[min(1, len(h.statuses)-1):]
		if status == http.StatusFound {
			w.Header().Set("Location", "/elsewhere/T0KEN")
		}
		if h.later != "" {
			w.Header().Set("Retry-After", h.later)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(h.Close)
	return h
}

// config is that of a webhook whose address ends in a token.
func (h *hook) config(t *testing.T) notify.Config {
	t.Helper()
	return notify.Config{{Webhook: &notify.Webhook{URL: keep(t, h.URL+"/services/T0KEN")}, On: []notify.Kind{notify.Failed, notify.Held}}}
}

func keep(t *testing.T, value string) secret.Ref {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(value), 0o600); err != nil {
		t.Fatal(err)
	}
	return secret.Ref{File: file}
}

func TestWebhookGetsTextAndFields(t *testing.T) {
	t.Parallel()
	h := startHook(t, http.StatusOK)
	n, _ := newNotifier(t, h.config(t), notify.Options{HTTP: h.Client()})
	e := notify.Event{
		Kind: notify.Held, Flow: "payroll-users", Run: "r7", Outcome: "held", Reason: "ends: 12 > 5% & <more>",
		Rows: notify.Rows{Read: 120, Rejected: 2}, Findings: notify.Findings{Errors: 2, First: []string{"error D6 x: y"}},
		Approve: "lucca-exchange approve r7", Expires: time.Date(2026, 11, 29, 6, 0, 0, 0, time.UTC),
	}
	if err := n.Send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(h.bodies[0]), &got); err != nil {
		t.Fatal(err)
	}
	text := got["text"].(string)
	for _, want := range []string{"[lucca-exchange] payroll-users: held", "12 &gt; 5% &amp; &lt;more&gt;", "lucca-exchange approve r7", "error D6 x: y"} {
		if !strings.Contains(text, want) {
			t.Errorf("text lacks %q:\n%s", want, text)
		}
	}
	for key, want := range map[string]any{
		"kind": "held", "flow": "payroll-users", "run": "r7", "outcome": "held", "reason": e.Reason,
		"approve": e.Approve, "expires_at": "2026-11-29T06:00:00Z", "machine": "exchange-1",
	} {
		if got[key] != want {
			t.Errorf("%s: got %v, want %v", key, got[key], want)
		}
	}
	if h.asked[0] != "POST /services/T0KEN" {
		t.Errorf("asked %v", h.asked)
	}
}

func TestWebhookIsToldOnceAndOfTheEnd(t *testing.T) {
	t.Parallel()
	h := startHook(t, http.StatusOK)
	m := new(memory)
	o := notify.Options{HTTP: h.Client(), Memory: m}
	c := h.config(t)
	n, _ := newNotifier(t, c, o)
	send := func(e notify.Event, wantMessages int) {
		t.Helper()
		if err := n.Send(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if len(h.bodies) != wantMessages {
			t.Fatalf("after %s: got %d messages, want %d", e.Kind, len(h.bodies), wantMessages)
		}
	}
	done := notify.Event{Kind: notify.Done, Flow: "skillup-nightly", Run: "r2"}
	send(failure(), 1)
	send(failure(), 1)
	n, _ = newNotifier(t, c, o)
	send(failure(), 1)
	n, _ = newNotifier(t, h.config(t), o) // its secret is in another file: another target
	send(failure(), 2)
	send(failure(), 2)
	other := failure()
	other.Flow = "another"
	send(other, 3)
	m.age(25 * time.Hour)
	send(failure(), 4)
	send(notify.Event{Kind: notify.Started, Flow: "skillup-nightly"}, 4)
	send(notify.Event{Kind: notify.Rejections, Flow: "another"}, 5)
	send(done, 6)
	if !strings.Contains(h.bodies[5], `"kind":"recovered"`) || !strings.Contains(h.bodies[5], "skillup-nightly: recovered") {
		t.Errorf("got %s", h.bodies[5])
	}
	send(done, 6)
	send(failure(), 7)
}

func TestWebhookThatIsNotReachedIsToldNextTime(t *testing.T) {
	t.Parallel()
	h := startHook(t, http.StatusNotFound, http.StatusOK)
	n, _ := newNotifier(t, h.config(t), notify.Options{HTTP: h.Client()})
	if err := n.Send(t.Context(), failure()); err == nil {
		t.Error("want an error")
	}
	if err := n.Send(t.Context(), failure()); err != nil {
		t.Error(err)
	}
	if len(h.asked) != 2 {
		t.Errorf("asked %v", h.asked)
	}
}

func TestMemoryThatFailsSilencesNobody(t *testing.T) {
	t.Parallel()
	h := startHook(t, http.StatusOK)
	n, _ := newNotifier(t, h.config(t), notify.Options{HTTP: h.Client(), Memory: &memory{fault: errMemory}})
	if err := n.Send(t.Context(), failure()); err == nil || !strings.Contains(err.Error(), errMemory.Error()) {
		t.Errorf("got %v", err)
	}
	if len(h.asked) != 1 {
		t.Errorf("asked %v", h.asked)
	}
}

func TestAddressOfAWebhookIsInNoError(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		statuses []int
		attempts int
		want     string
	}{
		"gone":               {[]int{http.StatusNotFound}, 1, "status 404"},
		"redirect":           {[]int{http.StatusFound}, 1, "status 302"},
		"broken for good":    {[]int{http.StatusBadGateway}, 3, "status 502"},
		"broken for a while": {[]int{http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusOK}, 3, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startHook(t, tt.statuses...)
			n, log := newNotifier(t, h.config(t), notify.Options{HTTP: h.Client()})
			checkSilent(t, n.Send(t.Context(), failure()), tt.want, log.String())
			if len(h.asked) != tt.attempts {
				t.Errorf("asked %v, want %d attempts", h.asked, tt.attempts)
			}
		})
	}
	t.Run("busy for an hour", func(t *testing.T) {
		t.Parallel()
		h := startHook(t, http.StatusTooManyRequests)
		h.later = "3600"
		n, log := newNotifier(t, h.config(t), notify.Options{HTTP: h.Client()})
		checkSilent(t, n.Send(t.Context(), failure()), "status 429: retry after 1h", log.String())
		if len(h.asked) != 1 {
			t.Errorf("asked %v, want one attempt: an hour is too long to wait", h.asked)
		}
	})
	t.Run("down", func(t *testing.T) {
		t.Parallel()
		h := startHook(t, http.StatusOK)
		h.Close()
		n, log := newNotifier(t, h.config(t), notify.Options{HTTP: h.Client()})
		checkSilent(t, n.Send(t.Context(), failure()), "connection refused", log.String())
	})
	t.Run("certificate unknown", func(t *testing.T) {
		t.Parallel()
		h := startHook(t, http.StatusOK)
		n, log := newNotifier(t, h.config(t), notify.Options{})
		checkSilent(t, n.Send(t.Context(), failure()), "certificate", log.String())
	})
	t.Run("no address", func(t *testing.T) {
		t.Parallel()
		for _, address := range []string{"http://chat.example/T0KEN", "https://chat.example/T0KEN%zz", "T0KEN", "https://u:T0KEN@chat.example/"} {
			c := notify.Config{{Webhook: &notify.Webhook{URL: keep(t, address)}}}
			_, err := notify.New(c, notify.Options{Memory: new(memory)})
			checkSilent(t, err, "notify[0].webhook.url: want", "")
		}
	})
}

func checkSilent(t *testing.T, err error, want, log string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("got %v, want %q", err, want)
	}
	if err != nil && strings.Contains(err.Error(), "T0KEN") || strings.Contains(log, "T0KEN") {
		t.Errorf("the secret is in the error or the log: %v %s", err, log)
	}
}

// TestSilentServerIsLeftInTime talks to a server that takes connections and never answers.
func TestSilentServerIsLeftInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, theirs) }()
			return ours, nil
		}}
		defer transport.CloseIdleConnections()
		c := notify.Config{{Ping: &notify.Ping{URL: "http://127.0.0.1/T0KEN"}}}
		n, log := newNotifier(t, c, notify.Options{HTTP: &http.Client{Transport: transport}})
		begun := time.Now()
		checkSilent(t, n.Send(t.Context(), failure()), "send notify[0].ping: ", log.String())
		if took := time.Since(begun); took > 15*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestPingFollowsEveryRun(t *testing.T) {
	t.Parallel()
	for kind, want := range map[notify.Kind]string{
		notify.Started: "GET /key/acme-users/start?a=1", notify.Done: "GET /key/acme-users?a=1", notify.Nothing: "GET /key/acme-users?a=1",
		notify.Held: "GET /key/acme-users?a=1", notify.Rejections: "GET /key/acme-users?a=1", notify.Canceled: "GET /key/acme-users?a=1",
		notify.Failed: "GET /key/acme-users/fail?a=1", notify.Missing: "GET /key/acme-users/fail?a=1",
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			h := startHook(t, http.StatusOK)
			c := notify.Config{{Ping: &notify.Ping{URL: h.URL + "/key/{flow}?a=1"}}}
			n, err := notify.New(c, notify.Options{HTTP: h.Client()})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // not once per cause
				if err := n.Send(t.Context(), notify.Event{Kind: kind, Flow: "acme/users"}); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(h.asked, []string{want, want}) {
				t.Errorf("asked %v, want %q twice", h.asked, want)
			}
		})
	}
}

func TestOneTargetThatFailsKeepsNoneFromTheOthers(t *testing.T) {
	t.Parallel()
	bad, good := startHook(t, http.StatusForbidden), startHook(t, http.StatusOK)
	n, _ := newNotifier(t, slices.Concat(bad.config(t), good.config(t)), notify.Options{HTTP: good.Client()})
	err := n.Send(t.Context(), failure())
	if err == nil || !strings.Contains(err.Error(), "send notify[0].webhook") || strings.Contains(err.Error(), "notify[1]") {
		t.Errorf("got %v", err)
	}
	if len(good.asked) != 1 {
		t.Errorf("asked %v", good.asked)
	}
}
