package web

import (
	"errors"
	"flag"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/web/auth"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

var update = flag.Bool("update", false, "write the golden files")

func logTo(l *lines) *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func newQuiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// serveOnly serves the routes of a server that a test has changed.
func serveOnly(t *testing.T, s *Server) *running {
	t.Helper()
	h := httptest.NewServer(s.handler())
	t.Cleanup(h.Close)
	return &running{url: h.URL, client: h.Client()}
}

func sample() Snapshot {
	at := time.Date(2026, 11, 22, 21, 59, 0, 500e6, time.UTC)
	return Snapshot{
		Flows: []FlowState{
			{Name: "skillup-nightly", Last: map[string]time.Time{"done": at, "held": at.Add(-24 * time.Hour)}, Next: at.Add(24 * time.Hour), Held: 1, File: at},
			{Name: "acme/flatchr-hires"},
		},
		Jobs:    map[string]int{"available": 2, "running": 1},
		Untold:  map[string]map[string]int{"skillup-nightly": {"notify[0].email": 3}},
		Ends:    map[string]time.Time{"web.tls.certificate": at.AddDate(0, 1, 0)},
		Free:    map[string]uint64{"spool": 5e9, "state": 5e9},
		Tenants: map[string]Traffic{"acme": {Limited: 2, Waited: 90 * time.Second}},
	}
}

// TestMetrics pins names, labels and texts: alerts of others are written against them.
func TestMetrics(t *testing.T) {
	t.Parallel()
	s, err := New(Config{}, Options{Logger: newQuiet(), Metrics: NewMetrics(Build{Version: "v1.2.3", Commit: "abc"}), State: &daemon{snapshot: sample()}})
	if err != nil {
		t.Fatal(err)
	}
	s.metrics.Declare("skillup-nightly", "done", "failed")
	s.metrics.RunFinished(Run{
		Run: run.Run{Flow: "skillup-nightly", Result: run.Result{
			Outcome: run.Done, Rows: &run.Rows{Read: 120, Sent: 118, Rejected: 2}, File: &run.File{Bytes: 10240}, Requests: &run.Requests{Lucca: 3},
			Durations: []run.Step{{Name: "lucca", Seconds: 2.5}, {Name: "send", Seconds: 0.05}},
		}},
		Findings: []finding.Finding{{Severity: finding.Error, Code: "missing", Row: 6}},
		Omitted:  []finding.Omitted{{Severity: finding.Error, Code: "missing", Count: 1}},
		Took:     3 * time.Second,
	})
	s.metrics.SlotsMissed("acme/flatchr-hires", 2)
	s.metrics.hook(200)
	resp, text := serveOnly(t, s).do(t, "GET", "/metrics", "")
	if resp.StatusCode != 200 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Fatalf("got %d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	var ours strings.Builder
	for line := range strings.Lines(text) {
		if strings.Contains(line, namespace) {
			ours.WriteString(strings.ReplaceAll(line, runtime.Version(), "GOVERSION"))
		}
	}
	const golden = "testdata/metrics.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(ours.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), ours.String()); diff != "" {
		t.Error(diff)
	}
	// Prometheus asks for OpenMetrics first, and gets it: the same samples in that form.
	open, err := http.NewRequestWithContext(t.Context(), http.MethodGet, serveOnly(t, s).url+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	open.Header.Set("Accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5")
	answer, err := http.DefaultClient.Do(open)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || !strings.HasPrefix(answer.Header.Get("Content-Type"), "application/openmetrics-text; version=1.0.0") ||
		!strings.HasSuffix(string(body), "# EOF\n") || !strings.Contains(string(body), `lucca_exchange_rows_total{flow="skillup-nightly",state="rejected"} 2.0`) {
		t.Errorf("OpenMetrics: %v, %s, ends in %q", err, answer.Header.Get("Content-Type"), body[max(0, len(body)-200):])
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("Prometheus' own rules: %v %v", problems, err)
	}
	for _, name := range []string{"go_goroutines ", "process_resident_memory_bytes "} {
		if !strings.Contains(text, "\n"+name) {
			t.Errorf("no %s", name)
		}
	}
}

func TestMetricsWithoutState(t *testing.T) {
	t.Parallel()
	r := start(t, Config{}, &daemon{state: errors.New("database is locked")})
	resp, text := r.do(t, "GET", "/metrics", "")
	if resp.StatusCode != 200 || !strings.Contains(text, "lucca_exchange_state_up 0\n") || !strings.Contains(text, "go_goroutines ") {
		t.Errorf("got %d %s", resp.StatusCode, text)
	}
	if !strings.Contains(r.log.String(), "snapshot.failed") {
		t.Error("the log says nothing of it")
	}
}

func TestMetricsOfAnImpossibleFlow(t *testing.T) {
	t.Parallel()
	r := start(t, Config{}, &daemon{snapshot: Snapshot{Flows: []FlowState{{Name: "\xff"}, {Name: "twice"}, {Name: "twice"}}}})
	if resp, text := r.do(t, "GET", "/metrics", ""); resp.StatusCode != 200 || !strings.Contains(text, "lucca_exchange_state_up 1\n") {
		t.Errorf("got %d %s", resp.StatusCode, text)
	}
	if !strings.Contains(r.log.String(), "metrics.failed") {
		t.Error("the log says nothing of it")
	}
}

func TestWhoReadsMetrics(t *testing.T) {
	t.Parallel()
	users := map[string]auth.User{"hr": user("right", auth.Approver), "prometheus": user("scrape", auth.Viewer)}
	basic := func(name, password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(name, password) }
	}
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	for _, tt := range []struct {
		name   string
		users  map[string]auth.User
		change func(*http.Request)
		want   int
	}{
		{"open on loopback", nil, host("localhost:8484"), 200},
		{"open on loopback, IPv6", nil, host("[::1]:8484"), 200},
		{"page that resolves to loopback", nil, host("evil.example:8484"), 403},
		{"proxy that was not declared", nil, header("X-Forwarded-For", "203.0.113.9"), 403},
		{"nobody", users, host("exchange.example"), 401},
		{"viewer", users, basic("prometheus", "scrape"), 200},
		{"approver", users, basic("hr", "right"), 200},
		{"wrong password", users, basic("hr", "wrong"), 401},
		{"password of another", users, basic("hr", "scrape"), 401},
		{"unknown user", users, basic("eve", "right"), 401},
		{"no user", users, basic("", "right"), 401},
		{"no password", users, basic("hr", ""), 401},
		{"other scheme", users, header("Authorization", "Bearer x"), 401},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := start(t, Config{Users: tt.users}, &daemon{})
			resp, text := r.do(t, "GET", "/metrics", "", tt.change)
			if resp.StatusCode != tt.want {
				t.Errorf("got %d %s", resp.StatusCode, text)
			}
			if (resp.Header.Get("WWW-Authenticate") != "") != (tt.want == 401) {
				t.Errorf("WWW-Authenticate %q", resp.Header.Get("WWW-Authenticate"))
			}
			if resp, _ := r.do(t, "GET", "/healthz", "", tt.change); resp.StatusCode != 200 {
				t.Errorf("/healthz: got %d", resp.StatusCode)
			}
		})
	}
}

func TestGuessingPasswords(t *testing.T) {
	t.Parallel()
	users := map[string]auth.User{"hr": user("right", auth.Approver), "prometheus": user("scrape", auth.Viewer)}
	s, err := New(Config{Users: users}, Options{Logger: newQuiet(), Metrics: NewMetrics(Build{}), State: &daemon{}})
	if err != nil {
		t.Fatal(err)
	}
	r := serveOnly(t, s)
	scrape := func(name, password string) *http.Response {
		resp, _ := r.do(t, "GET", "/metrics", "", func(r *http.Request) { r.SetBasicAuth(name, password) })
		return resp
	}
	if resp := scrape("hr", "right"); resp.StatusCode != 200 {
		t.Errorf("right password: got %d", resp.StatusCode)
	}
	var locked *http.Response
	for range 100 {
		if locked = scrape("hr", "wrong"); locked.StatusCode != 401 {
			break
		}
	}
	if locked.StatusCode != 429 || locked.Header.Get("Retry-After") == "" {
		t.Errorf("after many guesses: got %d, Retry-After %q", locked.StatusCode, locked.Header.Get("Retry-After"))
	}
	if resp := scrape("prometheus", "scrape"); resp.StatusCode != 200 {
		t.Errorf("another name, for which nobody guessed: got %d", resp.StatusCode)
	}
}
