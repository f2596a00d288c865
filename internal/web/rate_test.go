package web

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimiter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(pace{perSecond: 10, burst: 5}, pace{perSecond: 1, burst: 2})
		steps := []struct {
			from string
			want time.Duration
		}{
			{"192.0.2.1:1", 0}, {"192.0.2.1:2", 0},
			{"192.0.2.1:3", time.Second},                   // its own limit, at whatever port
			{"[::ffff:192.0.2.1]:4", time.Second},          // the same address
			{"192.0.2.2:1", 0},                             // another one
			{"[2001:db8::1]:1", 0}, {"[2001:db8::2]:1", 0}, // one network,
			{"[2001:db8::3]:1", time.Second},                // one limit
			{"[2001:db8:0:1::1]:1", 100 * time.Millisecond}, // everybody's
			{"nonsense", 100 * time.Millisecond},
		}
		for _, s := range steps {
			if got := l.take(s.from); got != s.want {
				t.Errorf("%s: got %s, want %s", s.from, got, s.want)
			}
		}
		time.Sleep(time.Second)
		if got := l.take("192.0.2.1:5"); got != 0 {
			t.Errorf("a second later: got %s", got)
		}
	})
}

func TestLimiterForgets(t *testing.T) {
	t.Parallel()
	l := newLimiter(pace{perSecond: 1, burst: 1 << 20}, pace{perSecond: 0.001, burst: 1})
	for i := range 5 * maxAddresses {
		l.take(fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&0xff, i&0xff))
		if l.take("192.0.2.1:1") > 0 == (i == 0) {
			t.Fatalf("whoever keeps coming is forgotten after %d others", i)
		}
	}
	if n := len(l.recent) + len(l.older); n > 2*maxAddresses {
		t.Errorf("%d addresses are remembered", n)
	}
}
