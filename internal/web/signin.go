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

// door lets signed-in users in, and without users whoever is on this machine.
type door struct {
	users    map[string]User
	attempts *limiter
	// decoy is compared with when there is no such user, so that the time it takes does not
	// tell who is one.
	decoy []byte

	// comparing keeps bcrypt to one processor.
	comparing sync.Mutex
	// mu keeps a look at what is left of the attempts, the comparison with what is known and
	// the count of an attempt together: many guesses at once are no more than one by one.
	mu sync.Mutex
	// known are the passwords that were right, as keyed digests: a scrape every few seconds
	// is not to cost a comparison of bcrypt each.
	known map[caller][sha256.Size]byte
	key   [sha256.Size]byte
}

// caller is who signed in and from where. What is known of one network lets nobody guess
// from another, and whoever signed in from it is not locked out by guesses from elsewhere.
type caller struct {
	name string
	from netip.Prefix
}

func newDoor(c Config) *door {
	d := &door{users: c.Users, known: make(map[caller][sha256.Size]byte)}
	// Each attempt costs a comparison of bcrypt, so that the limit protects the processor as
	// much as the passwords.
	d.attempts = c.limiter(pace{perSecond: 2, burst: 20}, pace{perSecond: 0.2, burst: 5})
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
		name, password, _ := r.BasicAuth()
		wait, ok := d.admit(r.RemoteAddr, name, password)
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

// admit tells whether a name and a password belong together, or how long to wait before
// the next attempt: until then a right password is not told from a wrong one.
func (d *door) admit(remote, name, password string) (wait time.Duration, ok bool) {
	if name == "" && password == "" {
		return 0, false
	}
	who, digest := caller{name, network(remote)}, d.digest(password)
	if wait, ok := d.recall(remote, who, digest); wait > 0 || ok {
		return wait, ok
	}
	if !d.compare(name, password) {
		return 0, false
	}
	d.remember(who, digest)
	return 0, true
}

// recall tells whether this password of this caller was right before. If not, it counts as
// an attempt before bcrypt is asked.
func (d *door) recall(remote string, who caller, digest [sha256.Size]byte) (wait time.Duration, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if wait := d.attempts.spent(remote); wait > 0 {
		return wait, false
	}
	if known, seen := d.known[who]; seen && hmac.Equal(known[:], digest[:]) {
		return 0, true
	}
	return d.attempts.take(remote), false
}

func (d *door) remember(who caller, digest [sha256.Size]byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) >= maxAddresses {
		clear(d.known)
	}
	d.known[who] = digest
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
