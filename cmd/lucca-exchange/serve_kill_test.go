package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/remote/remotetest"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/sandbox/partner"
	"lucca-exchange/internal/state"
)

// killRounds is how often a test kills: KILL_ROUNDS, else usual.
func killRounds(t *testing.T, usual int) int {
	t.Helper()
	s := os.Getenv("KILL_ROUNDS")
	if s == "" {
		return usual
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestServeKilledWhileItSends kills a daemon while its file is on the way. The next one
// goes on with the same run, and the partner has the whole file, once.
func TestServeKilledWhileItSends(t *testing.T) {
	t.Parallel()
	_, lucca := serve(t, crowd(time.Now(), 2000))
	for _, quirks := range []partner.Quirks{{}, {NoPosixRename: true}} {
		whole := bytesToSend(t, quirks, lucca)
		for range killRounds(t, 3) {
			// Less than that is the greeting.
			held := remotetest.Fault{HoldUp: whole - rand.Int64N(whole-4000)}
			t.Run(fmt.Sprintf("NoPosixRename %v, held at %d", quirks.NoPosixRename, held.HoldUp), func(t *testing.T) {
				t.Parallel()
				in := embedded(t, quirks)
				proxy := remotetest.NewProxy(t, in.addr)
				s := newSite(t, in.head(t, lucca, proxy.Addr())+exports(map[string]string{"often": "@every 1s"}))
				struck := proxy.Break(held)
				d := s.start(t)
				select {
				case <-struck:
				case <-d.ended:
					t.Fatal("the daemon ended")
				case <-time.After(patience):
					t.Fatal("nothing is held")
				}
				d.kill()
				proxy.Break(remotetest.Fault{})
				proxy.CutAll()
				first := s.runs(t)[0]
				if first.Outcome != "" {
					t.Fatalf("the run has the outcome %q before it goes on", first.Outcome)
				}
				d = s.start(t)
				eventually(t, "the next slot has run", func() bool { return done(s.runs(t)) >= 2 })
				d.stop(t)
				runs := s.runs(t)
				if runs[0].ID != first.ID || runs[0].Outcome != run.Done {
					t.Errorf("the first run is %s, %q %q; want %s done", runs[0].ID, runs[0].Outcome, runs[0].Reason, first.ID)
				}
				sameFiles(t, in.root, done(runs))
			})
		}
	}
}

// bytesToSend is how much passes when a file is sent.
func bytesToSend(t *testing.T, quirks partner.Quirks, lucca string) int64 {
	t.Helper()
	in := embedded(t, quirks)
	proxy := remotetest.NewProxy(t, in.addr)
	s := newSite(t, in.head(t, lucca, proxy.Addr())+exports(map[string]string{"often": leapDay}))
	if _, complaints, code := s.do(t, "run", "often"); code != 0 {
		t.Fatalf("exit code %d: %s", code, complaints)
	}
	up, _ := proxy.Bytes()
	return up
}

// sameFiles checks that a folder has n files, all the same, and nothing else.
func sameFiles(t *testing.T, dir string, n int) {
	t.Helper()
	all := names(t, dir)
	if len(all) != n {
		t.Errorf("the partner has %v, want %d files", all, n)
	}
	var first []byte
	for i, name := range all {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = b
		}
		if !bytes.Equal(b, first) {
			t.Errorf("%s has %d bytes, and %s %d", name, len(b), all[0], len(first))
		}
	}
}

// TestServeKilledWhileItApplies kills a daemon while it creates people. The next one goes on
// with the same run, and nobody is there twice or missing.
func TestServeKilledWhileItApplies(t *testing.T) {
	t.Parallel()
	const people = 30
	for round := range killRounds(t, 4) {
		// After the last one the run would soon have ended.
		after := rand.IntN(people - 2)
		// Every other time Lucca has done it when the daemon dies, and its answer is lost.
		kind := []sandbox.Kind{sandbox.Delay, sandbox.LostAnswer}[round%2]
		t.Run(fmt.Sprintf("%s after %d", kind, after), func(t *testing.T) {
			t.Parallel()
			front, lucca := gated(t, crowd(time.Now(), 2*people))
			s := newSite(t, fmt.Sprintf(`
lucca: {url: %q, api_key: {env: LUCCA_API_KEY}, requests_per_minute: 60000}
remotes: {payroll: {type: dir, dir: drop}}
flows:
  users:
    import: {approval: limits, limits: {creates: 100%%}, defaults: {legalEntity: Acme Lyon, department: Conseil, rolePrincipal: Utilisateur, culture: fr-FR}}
    from: payroll
    pattern: "users*"
    pickup: {settle: 50ms}
    schedule: "@every 1s"
`, lucca))
			var rows strings.Builder
			rows.WriteString("login;firstName;lastName;mail;dtContractStart\n")
			for i := range people {
				fmt.Fprintf(&rows, "new%d;New;Comer%d;new%d@acme.example;%s\n", i, i, i, time.Now().AddDate(0, 0, 3).Format("02/01/2006"))
			}
			before := len(front.tenant.Users())
			// The second fault is the wall against which the daemon runs: the first has passed.
			for _, f := range []sandbox.Fault{
				{Kind: kind, Method: "POST", After: after, DelayMillis: 200},
				{Kind: sandbox.Delay, Times: -1, Method: "POST", After: after + 1, DelayMillis: 60_000},
			} {
				if err := front.tenant.Inject(f); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Mkdir(s.path("drop"), 0o700); err != nil {
				t.Fatal(err)
			}
			writeFile(t, s.path("drop/users.csv"), rows.String())
			d := s.start(t)
			eventually(t, "people are created", func() bool { return len(front.tenant.Users()) > before+after })
			d.kill()
			front.tenant.Heal()
			var first state.Record
			for _, r := range s.runs(t, "users") {
				if r.Outcome == "" {
					first = r
				}
			}
			if first.ID == "" {
				t.Fatal("no run is at work")
			}
			d = s.start(t)
			eventually(t, "the run has ended", func() bool {
				return slices.ContainsFunc(s.runs(t, "users"), func(r state.Record) bool { return r.ID == first.ID && r.Outcome != "" })
			})
			d.stop(t)
			for _, r := range s.runs(t, "users") {
				switch {
				case r.ID == first.ID && (r.Outcome != run.Done || r.Changes == nil || r.Changes.Create != people):
					t.Errorf("the run ended %q, %q, with %+v", r.Outcome, r.Reason, r.Changes)
				case r.ID != first.ID && r.Outcome != "" && r.Outcome != run.Nothing: // one that the stop has cut off is not over
					t.Errorf("another run ended %q, %q", r.Outcome, r.Reason)
				}
			}
			logins := map[string]int{}
			for _, u := range front.tenant.Users() {
				logins[u.Login]++
			}
			for i := range people {
				if login := fmt.Sprintf("new%d", i); logins[login] != 1 {
					t.Errorf("%s is there %d times", login, logins[login])
				}
			}
			if got := names(t, s.path("drop/processed")); len(got) == 0 || got[0] != "users.csv" {
				t.Errorf("processed/ has %v", got)
			}
		})
	}
}
