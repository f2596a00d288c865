package web

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lucca-exchange/internal/web/auth"
	"lucca-exchange/internal/web/pace"
)

func takesAll(context.Context, string, http.Header, []byte) error { return nil }

// slow opens a request whose body does not come, and returns its connection.
func (r *running) slow(t *testing.T, path string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", path)
	return conn
}

// TestSlowStrangersTakeNoPlace: 70 slow senders with wrong tokens once made 30 of 30 true webhooks
// get 503. They are answered before their body came.
func TestSlowStrangersTakeNoPlace(t *testing.T) {
	t.Parallel()
	r := start(t, Config{}, &daemon{receive: takesAll})
	strangers := make([]net.Conn, 70)
	for i := range strangers {
		strangers[i] = r.slow(t, fmt.Sprint("/hooks/flow/wrong", i))
	}
	for range 30 {
		if resp, _ := r.do(t, "POST", "/hooks/flow/t0ken", "{}", header("Content-Type", "application/json")); resp.StatusCode != 200 {
			t.Errorf("a true webhook: got %d", resp.StatusCode)
		}
	}
	for _, conn := range strangers {
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != 404 || !resp.Close {
			t.Fatalf("a stranger is not told to go: %v %v", resp, err)
		}
		// Until the server hangs up: it does not wait for the body.
		_, _ = io.Copy(io.Discard, conn)
	}
}

// TestWrongTokensDoNotCountAgainstRightOnes: 548 wrong ones a second once took the limit of the
// right ones, and wrote 7 MB of log in 28 s.
func TestWrongTokensDoNotCountAgainstRightOnes(t *testing.T) {
	t.Parallel()
	log := &lines{}
	s, h := quietServer(t, log)
	send := func(path string) int {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/json")
		h.ServeHTTP(w, r)
		return w.Code
	}
	for i := range 15_000 {
		if got := send(fmt.Sprint("/hooks/flow/wrong", i)); got != 404 && got != 429 {
			t.Fatalf("a wrong token: got %d", got)
		}
		if i%100 == 0 && send("/hooks/flow/t0ken") != 200 {
			t.Fatalf("a right token after %d wrong ones is refused", i)
		}
	}
	s.tally.end(t.Context())
	if got := strings.Count(log.String(), hookRefused); got > 4 {
		t.Errorf("%d lines are logged about what was refused, want the first of each kind and their sum:\n%s", got, log)
	}
	var sum float64
	all, err := s.metrics.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range all {
		if family.GetName() != "lucca_exchange_hook_requests_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			if m.GetLabel()[0].GetValue() != "200" {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	if sum != 15_000 {
		t.Errorf("%v refused requests are counted, want all 15000", sum)
	}
}

// quietServer is a server without a port.
func quietServer(t *testing.T, log *lines) (*Server, http.Handler) {
	t.Helper()
	d := &daemon{receive: takesAll}
	s, err := New(Config{}, Options{Metrics: NewMetrics(Build{}), Logger: logTo(log), Hooks: d, Readiness: d, State: d})
	if err != nil {
		t.Fatal(err)
	}
	return s, s.handler()
}

// TestOneFlowLeavesPlacesForOthers: a flow whose sender is slow takes half of the places, and who
// finds none waits for a while.
func TestOneFlowLeavesPlacesForOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlaces()
		var leave []func()
		for range maxReceivingFlow {
			done, ok := p.enter(t.Context(), "slow")
			if !ok {
				t.Fatal("there are places")
			}
			leave = append(leave, done)
		}
		began := time.Now()
		if _, ok := p.enter(t.Context(), "slow"); ok || time.Since(began) != placeBudget {
			t.Errorf("one more of the flow: got %t after %s", ok, time.Since(began))
		}
		began = time.Now()
		if _, ok := p.enter(t.Context(), "other"); !ok || time.Since(began) != 0 {
			t.Error("another flow waits")
		}
		time.AfterFunc(time.Second, leave[0])
		if _, ok := p.enter(t.Context(), "slow"); !ok || time.Since(began) != time.Second {
			t.Errorf("who waits does not get the place that comes free: %s", time.Since(began))
		}
	})
}

// TestHookRate: each sender of a flow has its limit, and waits when it is used up.
func TestHookRate(t *testing.T) {
	t.Parallel()
	s, h := quietServer(t, &lines{})
	s.hookRate = pace.New[hookSender](pace.Pace{PerSecond: 0.001, Burst: 2})
	for i, want := range []int{200, 200, 429} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/hooks/flow/t0ken", strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/json")
		h.ServeHTTP(w, r)
		if w.Code != want || (w.Header().Get("Retry-After") != "") != (want == 429) {
			t.Errorf("request %d: got %d, Retry-After %q", i, w.Code, w.Header().Get("Retry-After"))
		}
	}
}

// TestTallySaysHowManyMore: the first at once, the rest once a minute, and nothing when there was
// nothing.
func TestTallySaysHowManyMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &lines{}
		tally := newTally(logTo(log))
		refuse := func(n int) {
			for range n {
				tally.log(t.Context(), 0, kind{false, "", 404}, "remote", "192.0.2.1:1")
			}
		}
		count := func() int { synctest.Wait(); return strings.Count(log.String(), hookRefused) }
		refuse(1000)
		if got := count(); got != 1 {
			t.Errorf("%d lines at once", got)
		}
		time.Sleep(tallyEvery)
		if got := count(); got != 2 || !strings.Contains(log.String(), "more=999") {
			t.Errorf("%d lines after a minute: %s", got, log)
		}
		time.Sleep(3 * tallyEvery)
		if got := count(); got != 2 {
			t.Errorf("%d lines after minutes without any", got)
		}
		refuse(5)
		tally.end(t.Context())
		if got := count(); got != 4 || !strings.Contains(log.String(), "more=4") {
			t.Errorf("%d lines at the end: %s", got, log)
		}
	})
}

// TestOneNetworkLeavesConnectionsForOthers: this machine, where a proxy may stand, is not bounded.
func TestOneNetworkLeavesConnectionsForOthers(t *testing.T) {
	t.Parallel()
	g := newGate(nil, 2)
	near, far := netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("198.51.100.1/32")
	for i, step := range []struct {
		from netip.Prefix
		want bool
	}{{near, true}, {near, true}, {near, false}, {far, true}} {
		if got := g.enter(step.from); got != step.want {
			t.Errorf("step %d: got %t", i, got)
		}
	}
	g.leave(near)
	if !g.enter(near) || len(g.open) != 2 || g.all != 3 {
		t.Errorf("after one has gone: %v, %d", g.open, g.all)
	}
	for range 10 {
		if !g.enter(netip.MustParsePrefix("127.0.0.1/32")) {
			t.Error("this machine is refused")
		}
	}
}

// TestReadinessTellsStrangersOnlyThat: the host of the database is for users and this machine.
func TestReadinessTellsStrangersOnlyThat(t *testing.T) {
	t.Parallel()
	down := errors.Join(&Fault{What: "the state cannot be read", Err: errors.New(`"db.acme.internal:5432/exchange" does not answer`)}, errors.New("other"))
	for _, tt := range []struct {
		name, remote, host, password string
		proxy                        bool
		forwarded                    string
		insider                      bool
	}{
		{name: "stranger", remote: "192.0.2.1:1", host: "exchange.acme"},
		{name: "this machine", remote: "127.0.0.1:1", host: "127.0.0.1:8484", insider: true},
		{name: "through a proxy that nobody declared", remote: "127.0.0.1:1", host: "127.0.0.1:8484", forwarded: "192.0.2.1"},
		{name: "a name made to resolve to this machine", remote: "127.0.0.1:1", host: "evil.example"},
		{name: "through a declared proxy that says nothing", remote: "127.0.0.1:1", host: "127.0.0.1:8484", proxy: true},
		{name: "a user", remote: "192.0.2.1:1", host: "exchange.acme", password: "right", insider: true},
		{name: "a user through a proxy", remote: "127.0.0.1:1", host: "exchange.acme", proxy: true, forwarded: "192.0.2.1", password: "right", insider: true},
		{name: "a wrong password", remote: "192.0.2.1:1", host: "exchange.acme", password: "wrong"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := New(Config{Proxy: tt.proxy, Users: map[string]auth.User{"hr": user("right", auth.Viewer)}}, Options{Logger: newQuiet(), Readiness: &daemon{ready: down}})
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodGet, "/readyz", http.NoBody)
			r.RemoteAddr, r.Host = tt.remote, tt.host
			if tt.password != "" {
				r.SetBasicAuth("hr", tt.password)
			}
			if tt.forwarded != "" {
				r.Header.Set("X-Forwarded-For", tt.forwarded)
			}
			s.handler().ServeHTTP(w, r)
			want := "the state cannot be read\nnot ready\n"
			if tt.insider {
				want = "the state cannot be read: \"db.acme.internal:5432/exchange\" does not answer\nother\n"
			}
			if w.Code != 503 || w.Body.String() != want {
				t.Errorf("got %d %q, want %q", w.Code, w.Body.String(), want)
			}
		})
	}
}

// BenchmarkStranger is what a request without a right token costs.
func BenchmarkStranger(b *testing.B) {
	d := &daemon{receive: takesAll}
	s, err := New(Config{}, Options{Metrics: NewMetrics(Build{}), Logger: newQuiet(), Hooks: d, Readiness: d, State: d})
	if err != nil {
		b.Fatal(err)
	}
	h := s.handler()
	var once sync.Once
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/hooks/flow/wrong", http.NoBody))
		once.Do(func() {
			if w.Code != 404 {
				b.Fatal(w.Code)
			}
		})
	}
}
