package web

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// newTestDoor has three attempts for an address, and as many as given for all. Its hash is
// cheaper than Validate allows: what counts is how often it is compared with.
func newTestDoor(t *testing.T, c Config, forAll int) *door {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte("scrape"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	c.Users = map[string]User{"prometheus": {PasswordHash: string(hash), Role: Viewer}}
	d := newDoor(c)
	d.attempts = c.limiter(pace{perSecond: 1, burst: forAll}, pace{perSecond: 0.1, burst: 3})
	return d
}

// guess makes many attempts at once, and returns how many were compared with the password.
func guess(d *door, from func(i int) string) int64 {
	var compared atomic.Int64
	var all sync.WaitGroup
	for i := range 500 {
		all.Go(func() {
			if wait, _ := d.admit(from(i), "prometheus", fmt.Sprint("guess ", i)); wait == 0 {
				compared.Add(1)
			}
		})
	}
	all.Wait()
	return compared.Load()
}

func (d *door) admits(from string) bool {
	_, ok := d.admit(from, "prometheus", "scrape")
	return ok
}

// A password that was right is kept as a digest, which is quick to compare with: that must
// not make guesses quick, nor tell the right one among them.
func TestGuessingAPasswordThatWasRight(t *testing.T) {
	t.Parallel()
	const near, far, scraper = "192.0.2.1:1", "198.51.100.1:1", "203.0.113.1:1"
	here := func(int) string { return near }
	for name, tt := range map[string]struct {
		config  Config
		forAll  int
		guesses func(int) string
		// compared is how many of the guesses are, after two addresses have signed in.
		compared                int64
		near, scraper, newcomer bool
	}{
		"from an address that signed in": {Config{}, 20, here, 2, false, true, true},
		"from an address that never did": {Config{}, 20, func(int) string { return far }, 3, true, true, true},
		"from many addresses":            {Config{}, 6, func(i int) string { return fmt.Sprintf("10.0.%d.1:1", i%256) }, 4, true, true, false},
		"through a proxy":                {Config{Proxy: true}, 5, here, 3, false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newTestDoor(t, tt.config, tt.forAll)
				for range 200 {
					if !d.admits(near) || !d.admits(scraper) {
						t.Fatal("who scrapes with the right password is locked out")
					}
				}
				if got := guess(d, tt.guesses); got != tt.compared {
					t.Errorf("%d guesses were compared, want %d", got, tt.compared)
				}
				if got := d.admits(near); got != tt.near {
					t.Errorf("right password from an address that signed in: got %t", got)
				}
				if got := d.admits(scraper); got != tt.scraper {
					t.Errorf("right password from another one that did: got %t", got)
				}
				if got := d.admits("203.0.113.99:1"); got != tt.newcomer {
					t.Errorf("right password from a new address: got %t", got)
				}
				time.Sleep(10 * time.Second)
				if !d.admits(near) {
					t.Error("the lockout does not end")
				}
			})
		})
	}
}

func TestWaitOfALockout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const from = "192.0.2.1:1"
		d := newTestDoor(t, Config{}, 20)
		guess(d, func(int) string { return from })
		time.Sleep(4 * time.Second)
		if wait, ok := d.admit(from, "prometheus", "scrape"); ok || wait.Round(time.Millisecond) != 6*time.Second {
			t.Errorf("got %s %t, want 6s", wait, ok)
		}
		time.Sleep(6 * time.Second)
		if wait, ok := d.admit(from, "prometheus", "scrape"); !ok {
			t.Errorf("got %s, want to be let in", wait)
		}
	})
}
