package pace

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimiter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New[netip.Prefix](Pace{PerSecond: 1, Burst: 2})
		steps := []struct {
			from string
			want time.Duration
		}{
			{"192.0.2.1:1", 0}, {"192.0.2.1:2", 0},
			{"192.0.2.1:3", time.Second},                   // its own limit, at whatever port
			{"[::ffff:192.0.2.1]:4", time.Second},          // the same address
			{"192.0.2.2:1", 0},                             // another one
			{"[2001:db8::1]:1", 0}, {"[2001:db8::2]:1", 0}, // one network,
			{"[2001:db8::3]:1", time.Second}, // one limit
			{"[2001:db8:0:1::1]:1", 0},       // another one
			{"nonsense", 0}, {"rubbish", 0}, {"nothing", time.Second},
		}
		for _, s := range steps {
			if got := l.Take(Network(s.from)); got != s.want {
				t.Errorf("%s: got %s, want %s", s.from, got, s.want)
			}
		}
		time.Sleep(time.Second)
		if got := l.Take(Network("192.0.2.1:5")); got != 0 {
			t.Errorf("a second later: got %s", got)
		}
	})
}

// TestSenderBehindAProxy: the proxy's own word is the last; what stands before it anybody writes.
func TestSenderBehindAProxy(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		proxy     bool
		forwarded []string
		want      string
	}{
		{false, []string{"198.51.100.7"}, "192.0.2.1/32"},
		{true, nil, "192.0.2.1/32"},
		{true, []string{"198.51.100.7"}, "198.51.100.7/32"},
		{true, []string{"203.0.113.9, 198.51.100.7"}, "198.51.100.7/32"},
		{true, []string{"203.0.113.9", "10.0.0.1, [2001:db8::5]"}, "2001:db8::/64"},
		{true, []string{"203.0.113.9, rubbish"}, "192.0.2.1/32"},
		{true, []string{""}, "192.0.2.1/32"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.RemoteAddr = "192.0.2.1:1234"
		for _, f := range tt.forwarded {
			r.Header.Add("X-Forwarded-For", f)
		}
		if got := Sender(r, tt.proxy).String(); got != tt.want {
			t.Errorf("%t %q: got %s, want %s", tt.proxy, tt.forwarded, got, tt.want)
		}
	}
}

func TestLimiterForgets(t *testing.T) {
	t.Parallel()
	l := New[netip.Prefix](Pace{PerSecond: 0.001, Burst: 1})
	for i := range 5 * MaxSenders {
		l.Take(Network(fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&0xff, i&0xff)))
		if l.Take(Network("192.0.2.1:1")) > 0 == (i == 0) {
			t.Fatalf("whoever keeps coming is forgotten after %d others", i)
		}
	}
	if n := len(l.recent) + len(l.older); n > 2*MaxSenders {
		t.Errorf("%d addresses are remembered", n)
	}
}
