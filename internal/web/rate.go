package web

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxAddresses bounds what the limiter remembers: whoever has more addresses than that
// meets the limit for all.
const maxAddresses = 2048

// pace is a number of requests a second, and how many may come at once.
type pace struct {
	perSecond rate.Limit
	burst     int
}

func (p pace) limiter() *rate.Limiter { return rate.NewLimiter(p.perSecond, p.burst) }

// limiter bounds the requests from one address and from all. Addresses of IPv6 count by
// their /64, which is what one customer of a provider has.
type limiter struct {
	all  *rate.Limiter
	each pace

	mu sync.Mutex
	// recent becomes older when it is full, and what was older is forgotten.
	recent, older map[netip.Prefix]*rate.Limiter
}

// newLimiter makes a limiter; the zero pace for each tells no addresses apart.
func newLimiter(all, each pace) *limiter {
	return &limiter{all: all.limiter(), each: each, recent: make(map[netip.Prefix]*rate.Limiter)}
}

// limiter bounds requests; behind a proxy all come from one address.
func (c Config) limiter(all, each pace) *limiter {
	if c.Proxy {
		each = pace{}
	}
	return newLimiter(all, each)
}

// take counts a request, and returns zero, or how long its sender is to wait. A request
// over the limit of its address does not count against the others.
func (l *limiter) take(remote string) time.Duration {
	if l.each != (pace{}) {
		if wait := take(l.of(network(remote))); wait > 0 {
			return wait
		}
	}
	return take(l.all)
}

// spent returns how long the sender of a request is to wait for its own next one, without
// counting it. Where no addresses are told apart, everybody is one sender.
func (l *limiter) spent(remote string) time.Duration {
	own := l.all
	if l.each != (pace{}) {
		own = l.of(network(remote))
	}
	missing := 1 - own.Tokens()
	if missing <= 0 {
		return 0
	}
	return time.Duration(missing / float64(own.Limit()) * float64(time.Second))
}

func take(l *rate.Limiter) time.Duration {
	r := l.Reserve()
	wait := r.Delay()
	if wait > 0 {
		r.Cancel()
	}
	return wait
}

func (l *limiter) of(from netip.Prefix) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one, ok := l.recent[from]; ok {
		return one
	}
	one, ok := l.older[from]
	if !ok {
		one = l.each.limiter()
	}
	if len(l.recent) >= maxAddresses {
		l.older, l.recent = l.recent, make(map[netip.Prefix]*rate.Limiter)
	}
	l.recent[from] = one
	return one
}

// network is the part of a RemoteAddr that counts as one sender; what is no IP address
// counts as one sender too.
func network(remote string) netip.Prefix {
	at, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Prefix{}
	}
	ip := at.Addr().Unmap().WithZone("")
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(ip, bits).Masked()
}
