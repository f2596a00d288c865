package webhook

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lucca-exchange/internal/notify"
	"lucca-exchange/internal/notify/notifytest"
	"lucca-exchange/internal/run"
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

// target is a webhook whose address ends in a token, that is told of failures and holds.
func (h *hook) target(t *testing.T) notify.Target {
	t.Helper()
	return targetOf(t, Config{URL: keep(t, h.URL+"/services/T0KEN")}, h.Client())
}

func targetOf(t *testing.T, c Config, client *http.Client) notify.Target {
	t.Helper()
	w, err := open(c, client)
	if err != nil {
		t.Fatal(err)
	}
	return notify.Target{Place: "notify[0].webhook", ID: c.URL.File, On: []notify.Kind{notify.Failed, notify.Held}, Channel: w}
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
	n, _ := notifytest.New(t, nil, h.target(t))
	e := notify.Event{
		Kind: notify.Held, Flow: "payroll-users", Run: "r7", Outcome: "held", Reason: "ends: 12 > 5% & <more>",
		Rows: run.Rows{Read: 120, Rejected: 2}, Findings: notify.Findings{Errors: 2, First: []string{"error D6 x: y"}},
		Approve: "lucca-exchange approve r7", Expires: time.Date(2026, 11, 29, 6, 0, 0, 0, time.UTC),
		Page: "https://exchange.acme.example/runs/r7/plan",
	}
	if err := n.Send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(h.bodies[0]), &got); err != nil {
		t.Fatal(err)
	}
	text := got["text"].(string)
	for _, want := range []string{"[lucca-exchange] payroll-users: held", "12 &gt; 5% &amp; &lt;more&gt;", "lucca-exchange approve r7", "error D6 x: y", "In a browser: " + e.Page} {
		if !strings.Contains(text, want) {
			t.Errorf("text lacks %q:\n%s", want, text)
		}
	}
	for key, want := range map[string]any{
		"kind": "held", "flow": "payroll-users", "run": "r7", "outcome": "held", "reason": e.Reason,
		"approve": e.Approve, "expires_at": "2026-11-29T06:00:00Z", "machine": "exchange-1", "page": e.Page,
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
	m := new(notifytest.Memory)
	target := h.target(t)
	n, _ := notifytest.New(t, m, target)
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
	send(notifytest.Failure(), 1)
	send(notifytest.Failure(), 1)
	n, _ = notifytest.New(t, m, target)
	send(notifytest.Failure(), 1)
	n, _ = notifytest.New(t, m, h.target(t)) // its secret is in another file: another target
	send(notifytest.Failure(), 2)
	send(notifytest.Failure(), 2)
	other := notifytest.Failure()
	other.Flow = "another"
	send(other, 3)
	m.Age(25 * time.Hour)
	send(notifytest.Failure(), 4)
	send(notify.Event{Kind: notify.Started, Flow: "skillup-nightly"}, 4)
	send(notify.Event{Kind: notify.Rejections, Flow: "another"}, 5)
	send(done, 6)
	if !strings.Contains(h.bodies[5], `"kind":"recovered"`) || !strings.Contains(h.bodies[5], "skillup-nightly: recovered") {
		t.Errorf("got %s", h.bodies[5])
	}
	send(done, 6)
	send(notifytest.Failure(), 7)
}

func TestWebhookThatIsNotReachedIsToldNextTime(t *testing.T) {
	t.Parallel()
	h := startHook(t, http.StatusNotFound, http.StatusOK)
	n, _ := notifytest.New(t, nil, h.target(t))
	if err := n.Send(t.Context(), notifytest.Failure()); err == nil {
		t.Error("want an error")
	}
	if err := n.Send(t.Context(), notifytest.Failure()); err != nil {
		t.Error(err)
	}
	if len(h.asked) != 2 {
		t.Errorf("asked %v", h.asked)
	}
}

func TestMemoryThatFailsSilencesNobody(t *testing.T) {
	t.Parallel()
	h := startHook(t, http.StatusOK)
	n, _ := notifytest.New(t, &notifytest.Memory{Fault: notifytest.ErrMemory}, h.target(t))
	if err := n.Send(t.Context(), notifytest.Failure()); err == nil || !strings.Contains(err.Error(), notifytest.ErrMemory.Error()) {
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
			n, log := notifytest.New(t, nil, h.target(t))
			checkSilent(t, n.Send(t.Context(), notifytest.Failure()), tt.want, log.String())
			if len(h.asked) != tt.attempts {
				t.Errorf("asked %v, want %d attempts", h.asked, tt.attempts)
			}
		})
	}
	t.Run("busy for an hour", func(t *testing.T) {
		t.Parallel()
		h := startHook(t, http.StatusTooManyRequests)
		h.later = "3600"
		n, log := notifytest.New(t, nil, h.target(t))
		checkSilent(t, n.Send(t.Context(), notifytest.Failure()), "status 429: retry after 1h", log.String())
		if len(h.asked) != 1 {
			t.Errorf("asked %v, want one attempt: an hour is too long to wait", h.asked)
		}
	})
	t.Run("down", func(t *testing.T) {
		t.Parallel()
		h := startHook(t, http.StatusOK)
		h.Close()
		n, log := notifytest.New(t, nil, h.target(t))
		checkSilent(t, n.Send(t.Context(), notifytest.Failure()), "connection refused", log.String())
	})
	t.Run("certificate unknown", func(t *testing.T) {
		t.Parallel()
		h := startHook(t, http.StatusOK)
		n, log := notifytest.New(t, nil, targetOf(t, Config{URL: keep(t, h.URL+"/services/T0KEN")}, nil))
		checkSilent(t, n.Send(t.Context(), notifytest.Failure()), "certificate", log.String())
	})
	t.Run("no address", func(t *testing.T) {
		t.Parallel()
		for _, address := range []string{"http://chat.example/T0KEN", "https://chat.example/T0KEN%zz", "T0KEN", "https://u:T0KEN@chat.example/"} {
			_, err := New(Config{URL: keep(t, address)})
			checkSilent(t, err, "url: want", "")
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

func TestOneTargetThatFailsKeepsNoneFromTheOthers(t *testing.T) {
	t.Parallel()
	bad, good := startHook(t, http.StatusForbidden), startHook(t, http.StatusOK)
	second := good.target(t)
	second.Place = "notify[1].webhook"
	n, _ := notifytest.New(t, nil, bad.target(t), second)
	err := n.Send(t.Context(), notifytest.Failure())
	if err == nil || !strings.Contains(err.Error(), "send notify[0].webhook") || strings.Contains(err.Error(), "notify[1]") {
		t.Errorf("got %v", err)
	}
	if len(good.asked) != 1 {
		t.Errorf("asked %v", good.asked)
	}
}
