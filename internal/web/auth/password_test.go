package auth

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lucca-exchange/internal/web/pace"

	"golang.org/x/crypto/bcrypt"
)

// newTestPasswords gives three attempts for a caller. Its hash is cheaper than Validate allows: what
// counts is how often it is compared with.
func newTestPasswords(t *testing.T) *passwords {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte("scrape"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	u := User{PasswordHash: string(hash), Role: Viewer}
	d := newPasswords(map[string]User{"prometheus": u, "hr": u})
	d.attempts = pace.New[caller](pace.Pace{PerSecond: 0.1, Burst: 3})
	// Nobody is to wait for want of a processor here.
	d.waiting = make(chan struct{}, 1000)
	return d
}

// guess makes many attempts at once, and returns how many were compared with the password.
func guess(d *passwords, name func(i int) string, from func(i int) string) int64 {
	var compared atomic.Int64
	var all sync.WaitGroup
	for i := range 500 {
		all.Go(func() {
			if wait, _ := d.admit(pace.Network(from(i)), "", name(i), fmt.Sprint("guess ", i)); wait == 0 {
				compared.Add(1)
			}
		})
	}
	all.Wait()
	return compared.Load()
}

func (d *passwords) admits(from, name string) bool {
	_, ok := d.admit(pace.Network(from), "", name, "scrape")
	return ok
}

func always(s string) func(int) string { return func(int) string { return s } }

// TestRightPasswordIsNotLockedOutByOthers: wrong passwords count against whoever sends them, from
// where and under which name, and against nobody else. A password that was right is kept as a
// digest, which is quick to compare with: that must not make guesses quick, nor tell the right
// one among them.
func TestRightPasswordIsNotLockedOutByOthers(t *testing.T) {
	t.Parallel()
	const near, far, scraper = "192.0.2.1:1", "198.51.100.1:1", "203.0.113.1:1"
	for name, tt := range map[string]struct {
		names, from func(int) string
		// compared is how many of the guesses are, after two addresses have signed in.
		compared int64
		// near is whether the name that is guessed for still gets in from there.
		near bool
	}{
		"from an address that signed in":            {always("prometheus"), always(near), 3, false},
		"from an address that never did":            {always("prometheus"), always(far), 3, true},
		"from many addresses":                       {always("prometheus"), func(i int) string { return fmt.Sprintf("10.0.%d.1:1", i%20) }, 60, true},
		"under another name, from the same address": {always("hr"), always(near), 3, true},
		"under names that there are not":            {func(i int) string { return fmt.Sprint("user", i) }, always(near), 3, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newTestPasswords(t)
				for range 200 {
					if !d.admits(near, "prometheus") || !d.admits(scraper, "prometheus") {
						t.Fatal("who scrapes with the right password is locked out")
					}
				}
				if got := guess(d, tt.names, tt.from); got != tt.compared {
					t.Errorf("%d guesses were compared, want %d", got, tt.compared)
				}
				if got := d.admits(near, "prometheus"); got != tt.near {
					t.Errorf("right password from where it was guessed or near: got %t", got)
				}
				for _, from := range []string{scraper, "203.0.113.99:1"} {
					if !d.admits(from, "prometheus") {
						t.Errorf("right password from %s is locked out", from)
					}
				}
				time.Sleep(10 * time.Second)
				if !d.admits(near, "prometheus") {
					t.Error("the lockout does not end")
				}
			})
		})
	}
}

func TestWaitOfALockout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		from := pace.Network("192.0.2.1:1")
		d := newTestPasswords(t)
		guess(d, always("prometheus"), always("192.0.2.1:1"))
		time.Sleep(4 * time.Second)
		if wait, ok := d.admit(from, "", "prometheus", "scrape"); ok || wait.Round(time.Millisecond) != 6*time.Second {
			t.Errorf("got %s %t, want 6s", wait, ok)
		}
		time.Sleep(6 * time.Second)
		if wait, ok := d.admit(from, "", "prometheus", "scrape"); !ok {
			t.Errorf("got %s, want to be let in", wait)
		}
	})
}
