package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/bcrypt"

	"lucca-exchange/internal/web/pace"
)

// maxComparing is how many wait for a hash, which takes a good tenth of a second each.
const maxComparing = 64

// attemptPace, of one name from one network, is what guessing a password is left with.
func attemptPace() pace.Pace { return pace.Pace{PerSecond: 0.2, Burst: 5} }

// passwords are those of the configuration's users.
type passwords struct {
	users map[string]User
	// attempts are those of each caller, so that nobody's wrong passwords lock out another.
	attempts *pace.Limiter[caller]
	// decoy is compared with when there is no such user, so that the time it takes does not
	// tell who is one.
	decoy string

	// comparing keeps hashing to one processor, waiting bounds those who wait for it.
	comparing sync.Mutex
	waiting   chan struct{}
	// mu keeps a look at what is left of the attempts, the comparison with what is known and
	// the count of an attempt together: many guesses at once are no more than one by one.
	mu sync.Mutex
	// known are the passwords that were right, as keyed digests: a scrape every few seconds
	// is not to cost a hash each.
	known map[caller][sha256.Size]byte
	key   [sha256.Size]byte
}

// caller is who signs in and from where: the name is empty for all that are no user's. What
// is known of one network lets nobody guess from another. A browser in which the user has signed in
// before is a caller of its own, wherever it is.
type caller struct {
	name, device string
	from         netip.Prefix
}

func newPasswords(users map[string]User) *passwords {
	d := &passwords{
		users: users, attempts: pace.New[caller](attemptPace()),
		waiting: make(chan struct{}, maxComparing), known: make(map[caller][sha256.Size]byte),
	}
	for _, u := range users {
		d.decoy = u.PasswordHash
	}
	rand.Read(d.key[:])
	return d
}

// admit tells whether a name and a password belong together, or how long to wait before
// the next attempt: until then a right password is not told from a wrong one.
func (d *passwords) admit(from netip.Prefix, device, name, password string) (wait time.Duration, ok bool) {
	who, digest := caller{from: from}, d.digest(password)
	if _, there := d.users[name]; there {
		who.name = name
	}
	if device != "" {
		who = caller{name: name, device: device}
	}
	if wait, ok := d.recall(who, digest); wait > 0 || ok {
		return wait, ok
	}
	select {
	case d.waiting <- struct{}{}:
		defer func() { <-d.waiting }()
	default:
		d.attempts.Forgive(who)
		return time.Second, false
	}
	if !d.compare(name, password) {
		return 0, false
	}
	d.remember(who, digest)
	return 0, true
}

// recall tells whether this password of this caller was right before. If not, it counts as
// an attempt before anything is hashed.
func (d *passwords) recall(who caller, digest [sha256.Size]byte) (wait time.Duration, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if wait := d.attempts.Spent(who); wait > 0 {
		return wait, false
	}
	if known, seen := d.known[who]; seen && hmac.Equal(known[:], digest[:]) {
		return 0, true
	}
	return d.attempts.Take(who), false
}

// remember keeps a password that was right: the attempts of who has it are no guesses.
func (d *passwords) remember(who caller, digest [sha256.Size]byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) >= pace.MaxSenders {
		clear(d.known)
	}
	d.known[who] = digest
	d.attempts.Forgive(who)
}

func (d *passwords) compare(name, password string) bool {
	user, there := d.users[name]
	hash := user.PasswordHash
	if !there {
		hash = d.decoy
	}
	d.comparing.Lock()
	defer d.comparing.Unlock()
	return matches(hash, password) && there
}

func matches(hash, password string) bool {
	if strings.HasPrefix(hash, "$argon2id$") {
		ok, err := argon2id.ComparePasswordAndHash(password, hash)
		return ok && err == nil
	}
	return bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil
}

func (d *passwords) digest(password string) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, d.key[:])
	mac.Write([]byte(password))
	mac.Sum(sum[:0])
	return sum
}
