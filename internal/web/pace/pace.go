// Package pace bounds how often senders may come, so that nobody's requests count against
// another's.
package pace

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// MaxSenders bounds what a limiter remembers. Whoever keeps coming is not forgotten for the
// sake of those who come once.
const MaxSenders = 2048

// Pace is a number of requests a second, and how many may come at once.
type Pace struct {
	PerSecond float64
	Burst     int
}

func (p Pace) limiter() *rate.Limiter { return rate.NewLimiter(rate.Limit(p.PerSecond), p.Burst) }

// Limiter bounds the requests of each sender, whatever a sender is: none counts against
// another.
type Limiter[S comparable] struct {
	each Pace

	mu sync.Mutex
	// recent becomes older when it is full, and what was older is forgotten.
	recent, older map[S]*rate.Limiter
}

// New returns a limiter that has seen nobody.
func New[S comparable](each Pace) *Limiter[S] {
	return &Limiter[S]{each: each, recent: make(map[S]*rate.Limiter)}
}

// Take counts a request, and returns zero, or how long its sender is to wait: then it does
// not count.
func (l *Limiter[S]) Take(from S) time.Duration {
	r := l.of(from).Reserve()
	wait := r.Delay()
	if wait > 0 {
		r.Cancel()
	}
	return wait
}

// Spent returns how long a sender is to wait for the next request, without counting one.
func (l *Limiter[S]) Spent(from S) time.Duration {
	missing := 1 - l.of(from).Tokens()
	if missing <= 0 {
		return 0
	}
	return time.Duration(missing / l.each.PerSecond * float64(time.Second))
}

// Forgive forgets what a sender has used up.
func (l *Limiter[S]) Forgive(from S) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.recent, from)
	delete(l.older, from)
}

func (l *Limiter[S]) of(from S) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one, ok := l.recent[from]; ok {
		return one
	}
	one, ok := l.older[from]
	if !ok {
		one = l.each.limiter()
	}
	if len(l.recent) >= MaxSenders {
		l.older, l.recent = l.recent, make(map[S]*rate.Limiter)
	}
	l.recent[from] = one
	return one
}

// Network is the part of a RemoteAddr that counts as one sender: of IPv6 the /64, which is
// what one customer of a provider has. What is no address counts as one sender too.
func Network(remote string) netip.Prefix {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	return around(at.Addr())
}

func around(ip netip.Addr) netip.Prefix {
	ip = ip.Unmap().WithZone("")
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(ip, bits).Masked()
}

// Sender is the network that a request comes from. Behind a declared proxy that is the last
// address of X-Forwarded-For, which the proxy itself has added; what stands before it anybody
// can write. It tells senders apart for limits, and gives nobody a right.
func Sender(r *http.Request, proxied bool) netip.Prefix {
	if said := r.Header.Values("X-Forwarded-For"); proxied && len(said) > 0 {
		last := said[len(said)-1]
		last = last[strings.LastIndexByte(last, ',')+1:]
		if ip, err := netip.ParseAddr(strings.Trim(strings.TrimSpace(last), "[]")); err == nil {
			return around(ip)
		}
	}
	return Network(r.RemoteAddr)
}
