package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"

	"lucca-exchange/internal/loopback"
)

// maxComparing is how many wait for bcrypt, which takes a good tenth of a second each.
const maxComparing = 64

// attemptPace, of one name from one network, is what guessing a password is left with.
func attemptPace() pace { return pace{perSecond: 0.2, burst: 5} }

// door lets signed-in users in, and without users whoever is on this machine.
type door struct {
	config Config
	users  map[string]User
	// attempts are those of each caller, so that nobody's wrong passwords lock out another.
	attempts *limiter[caller]
	// decoy is compared with when there is no such user, so that the time it takes does not
	// tell who is one.
	decoy []byte

	// comparing keeps bcrypt to one processor, waiting bounds those who wait for it.
	comparing sync.Mutex
	waiting   chan struct{}
	// mu keeps a look at what is left of the attempts, the comparison with what is known and
	// the count of an attempt together: many guesses at once are no more than one by one.
	mu sync.Mutex
	// known are the passwords that were right, as keyed digests: a scrape every few seconds
	// is not to cost a comparison of bcrypt each.
	known map[caller][sha256.Size]byte
	key   [sha256.Size]byte
}

// caller is who signs in and from where: the name is empty for all that are no user's. What
// is known of one network lets nobody guess from another.
type caller struct {
	name string
	from netip.Prefix
}

func newDoor(c Config) *door {
	d := &door{
		config: c, users: c.Users, attempts: newLimiter[caller](attemptPace()),
		waiting: make(chan struct{}, maxComparing), known: make(map[caller][sha256.Size]byte),
	}
	for _, u := range c.Users {
		d.decoy = []byte(u.PasswordHash)
	}
	rand.Read(d.key[:])
	return d
}

// guard lets only those through who may read.
func (d *door) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(d.users) == 0 {
			if isForeign(r) {
				answer(w, http.StatusForbidden, "this is open to requests from this machine only: configure web.users, and web.proxy behind a proxy")
				return
			}
			next.ServeHTTP(w, r)
			return
		}
		wait, ok := d.signIn(r)
		switch {
		case wait > 0:
			answerLater(w, http.StatusTooManyRequests, wait, "too many wrong passwords")
		case !ok:
			w.Header().Set("WWW-Authenticate", `Basic realm="lucca-exchange", charset="UTF-8"`)
			answer(w, http.StatusUnauthorized, "sign in")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// insider tells whether a request may hear why the daemon is not well: from a user, or from this
// machine. Behind a proxy, which may stand on it, only from a user.
func (d *door) insider(r *http.Request) bool {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err == nil && loopback.Is(at.Addr().String()) && !d.config.Proxy && !isForeign(r) {
		return true
	}
	_, ok := d.signIn(r)
	return ok
}

// signIn tells whether a request comes from a user.
func (d *door) signIn(r *http.Request) (wait time.Duration, ok bool) {
	name, password, _ := r.BasicAuth()
	if len(d.users) == 0 || name == "" && password == "" {
		return 0, false
	}
	return d.admit(d.config.sender(r), name, password)
}

// admit tells whether a name and a password belong together, or how long to wait before
// the next attempt: until then a right password is not told from a wrong one.
func (d *door) admit(from netip.Prefix, name, password string) (wait time.Duration, ok bool) {
	who, digest := caller{from: from}, d.digest(password)
	if _, there := d.users[name]; there {
		who.name = name
	}
	if wait, ok := d.recall(who, digest); wait > 0 || ok {
		return wait, ok
	}
	select {
	case d.waiting <- struct{}{}:
		defer func() { <-d.waiting }()
	default:
		d.attempts.forgive(who)
		return time.Second, false
	}
	if !d.compare(name, password) {
		return 0, false
	}
	d.remember(who, digest)
	return 0, true
}

// recall tells whether this password of this caller was right before. If not, it counts as
// an attempt before bcrypt is asked.
func (d *door) recall(who caller, digest [sha256.Size]byte) (wait time.Duration, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if wait := d.attempts.spent(who); wait > 0 {
		return wait, false
	}
	if known, seen := d.known[who]; seen && hmac.Equal(known[:], digest[:]) {
		return 0, true
	}
	return d.attempts.take(who), false
}

// remember keeps a password that was right: the attempts of who has it are no guesses.
func (d *door) remember(who caller, digest [sha256.Size]byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) >= maxSenders {
		clear(d.known)
	}
	d.known[who] = digest
	d.attempts.forgive(who)
}

func (d *door) compare(name, password string) bool {
	user, there := d.users[name]
	hash := []byte(user.PasswordHash)
	if !there {
		hash = d.decoy
	}
	d.comparing.Lock()
	defer d.comparing.Unlock()
	return bcrypt.CompareHashAndPassword(hash, []byte(password)) == nil && there
}

func (d *door) digest(password string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, d.key[:])
	mac.Write([]byte(password))
	mac.Sum(sum[:0])
	return sum
}

// isForeign tells whether a request on loopback comes from elsewhere: through a proxy that
// nobody declared, or from a web page whose name was made to resolve to this machine.
func isForeign(r *http.Request) bool {
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"} {
		if r.Header.Get(header) != "" {
			return true
		}
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return !loopback.Is(host)
}
