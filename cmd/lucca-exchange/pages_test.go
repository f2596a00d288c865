package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"lucca-exchange/internal/inspect/inspecttest"
	"lucca-exchange/internal/state"
)

// BenchmarkPages bounds what somebody waits for: the first byte of each page of a daemon that has
// 400 nights of 10,000 people in its state, the size of a page, and what the idle daemon takes of
// memory. Half of the times count: the slowest of a loaded machine say nothing of the program. The
// bounds are 50 ms, and for what looks at all nights of one person 100; 60 kB; 60 MB. With -short
// the state is small.
func BenchmarkPages(b *testing.B) {
	hash, err := bcrypt.GenerateFromPassword([]byte("anna"), 10)
	if err != nil {
		b.Fatal(err)
	}
	s := newSite(b, fmt.Sprintf(`
lucca: {url: "http://127.0.0.1:1", api_key: {env: LUCCA_API_KEY}}
remotes: {drop: {type: dir, dir: ./drop}}
flows:
  nightly: {export: {profile: skillup}, to: drop, file: "n.csv", schedule: "59 22 1 1 *"}
  payroll: {from: drop, pattern: "p_*.csv", import: {}}
web: {listen: "127.0.0.1:0", users: {anna: {password_hash: %q, role: admin}}}
`, hash))
	s.program = shipped(b)
	held := longHistory(b, s)
	d := s.start(b)
	atStart := resident(b, d.cmd.Process.Pid)
	client := signedIn(b, "http://"+d.address, "anna")
	for _, page := range []struct {
		path  string
		bound time.Duration
	}{
		{"/", 50 * time.Millisecond}, {"/runs", 50 * time.Millisecond}, {"/runs/" + held, 50 * time.Millisecond},
		{"/runs/" + held + "/plan", 50 * time.Millisecond}, {"/flows/nightly", 50 * time.Millisecond}, {"/flows/payroll", 50 * time.Millisecond},
		{"/people", 50 * time.Millisecond}, {"/people/102", 100 * time.Millisecond}, {"/files/new", 50 * time.Millisecond},
		{"/hires", 50 * time.Millisecond}, {"/audit", 50 * time.Millisecond}, {"/me", 50 * time.Millisecond},
	} {
		b.Run(strings.NewReplacer("/", "-", held, "ID").Replace(page.path), func(b *testing.B) {
			var took []time.Duration
			size := 0
			for b.Loop() {
				wait, bytes := firstByte(b, client, "http://"+d.address+page.path)
				took, size = append(took, wait), bytes
			}
			slices.Sort(took)
			median := took[len(took)/2]
			b.ReportMetric(float64(median.Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64(size), "bytes")
			if median > page.bound || size > 60<<10 {
				b.Errorf("takes %s and %d bytes, want at most %s and 60 kB", median, size, page.bound)
			}
		})
	}
	b.ReportMetric(atStart, "idle-MB")
	b.ReportMetric(resident(b, d.cmd.Process.Pid), "after-MB")
	if atStart > 60 {
		b.Errorf("idle, it takes %.1f MB, want at most 60", atStart)
	}
}

// longHistory fills the state of a site, and returns the id of its held import.
func longHistory(b *testing.B, s *site) (held string) {
	b.Helper()
	if out, complaints, code := s.do(b, "flows"); code != 0 {
		b.Fatal(out, complaints)
	}
	if err := errors.Join(os.MkdirAll(s.path("state"), 0o700), os.MkdirAll(s.path("drop"), 0o700)); err != nil {
		b.Fatal(err)
	}
	store, err := state.Open(b.Context(), "sqlite:"+s.path("state/exchange.db"))
	if err != nil {
		b.Fatal(err)
	}
	nights, people := 400, 10_000
	if testing.Short() {
		nights, people = 20, 1000
	}
	held = inspecttest.Company{Export: "nightly", Import: "payroll", Nights: nights, People: people}.Fill(b, store)
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
	return held
}

// signedIn is a browser of somebody whose password is their name.
func signedIn(b *testing.B, base, name string) *http.Client {
	b.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	resp, err := client.PostForm(base+"/signin", url.Values{"name": {name}, "password": {name}})
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Request.URL.Path != "/" {
		b.Fatalf("signed in, %s is shown: %s", resp.Request.URL.Path, resp.Status)
	}
	return client
}

// firstByte asks for a page, and returns how long its first byte took, and how many came.
func firstByte(b *testing.B, client *http.Client, address string) (wait time.Duration, sent int) {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip") // what is asked for is not unpacked
	began := time.Now()
	resp, err := client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	wait = time.Since(began)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.Fatalf("%s: %s %v", address, resp.Status, err)
	}
	return wait, len(text)
}

var residentLine = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// resident is what a process has of memory now, in MB, with what it has mapped of its own file.
func resident(b *testing.B, pid int) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	found := residentLine.FindSubmatch(text)
	if found == nil {
		b.Fatal("the system does not say what a process has of memory")
	}
	kB, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%s", regexp.MustCompile(`Rss\w+:.*`).FindAll(text, -1))
	return kB / 1000
}
