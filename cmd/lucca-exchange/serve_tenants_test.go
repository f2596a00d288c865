package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lucca-exchange/internal/run"
)

// TestServeManyTenants has three tenants, of which one's Lucca answers nothing: the flows of
// the others run all the same.
func TestServeManyTenants(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &site{dir: dir, env: []string{"LUCCA_EXCHANGE_CONFIG=" + filepath.Join(dir, "conf")}}
	if err := os.Mkdir(s.path("conf"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, s.path("conf/common.yaml"), "state: sqlite:../state/exchange.db\nspool: ../spool\n")
	fronts := map[string]*front{}
	for _, name := range []string{"ada", "bob", "stuck"} {
		front, lucca := gated(t, company(time.Now()))
		fronts[name] = front
		_, head := skillup(t, lucca)
		writeFile(t, s.path("conf/"+name+".yaml"), head+exports(map[string]string{"one": "@every 1s", "two": "@every 1s"}))
	}
	fronts["stuck"].shut()
	d := s.start(t)
	fronts["stuck"].stands(t)
	eventually(t, "the others work", func() bool {
		return slices.Min([]int{done(s.runs(t, "ada/one")), done(s.runs(t, "ada/two")), done(s.runs(t, "bob/one")), done(s.runs(t, "bob/two"))}) >= 4
	})
	for _, r := range s.runs(t, "stuck/one") {
		if r.Outcome != "" {
			t.Errorf("a run of the stuck tenant ended %q, %q", r.Outcome, r.Reason)
		}
	}
	fronts["stuck"].open()
	eventually(t, "the stuck one goes on", func() bool { return done(s.runs(t, "stuck/one")) >= 2 && done(s.runs(t, "stuck/two")) >= 2 })
	d.stop(t)
}

// TestServeKeepsTheLimitOfEachTenant has two tenants, of which one allows hardly any
// requests: only that one waits.
func TestServeKeepsTheLimitOfEachTenant(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &site{dir: dir, env: []string{"LUCCA_EXCHANGE_CONFIG=" + filepath.Join(dir, "conf")}}
	if err := os.Mkdir(s.path("conf"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, s.path("conf/common.yaml"), "state: sqlite:../state/exchange.db\nspool: ../spool\n")
	requests := map[string]func() int{}
	for name, perMinute := range map[string]string{"fast": "60000", "slow": "6"} {
		tenant, lucca := serve(t, company(time.Now()))
		requests[name] = tenant.RequestTotal
		_, head := skillup(t, lucca)
		head = strings.Replace(head, "60000", perMinute, 1)
		writeFile(t, s.path("conf/"+name+".yaml"), head+exports(map[string]string{"one": "@every 1s", "two": "@every 1s"}))
	}
	began := time.Now()
	d := s.start(t)
	eventually(t, "the fast one works", func() bool { return done(s.runs(t, "fast/one")) >= 4 })
	// What a bucket holds at the start, and what comes in; both flows share it.
	if got, most := requests["slow"](), 6+int(time.Since(began)/(10*time.Second))+1; got > most {
		t.Errorf("the slow tenant had %d requests, want at most %d", got, most)
	}
	// Its runs wait for the limit: the end does not wait for them.
	d.signal(t, syscall.SIGTERM)
	d.await(t, `shutdown\.started`)
	d.kill()
}

// TestServeExpiresHeldPlans starts a daemon on a plan that was held for too long, and on
// what retention no longer keeps.
func TestServeExpiresHeldPlans(t *testing.T) {
	t.Parallel()
	_, lucca := serve(t, company(time.Now()))
	s := newSite(t, fmt.Sprintf(`
lucca: {url: %q, api_key: {env: LUCCA_API_KEY}, requests_per_minute: 60000}
remotes: {payroll: {type: dir, dir: drop}}
flows:
  users: {import: {approval: always}, from: payroll, pattern: "users*", pickup: {settle: 50ms}, schedule: %q}
`, lucca, leapDay))
	if err := os.Mkdir(s.path("drop"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, s.path("drop/users.csv"), "login;jobTitle\nbea;Cheffe\n")
	if out, complaints, code := s.do(t, "run", "users"); code != 4 {
		t.Fatalf("exit code %d: %s%s", code, out, complaints)
	}
	held := s.runs(t)[0]
	s.sql(t, `UPDATE plans SET expires_at = expires_at - $1`, (8 * 24 * time.Hour).Microseconds())
	d := s.start(t)
	eventually(t, "the plan expires", func() bool { return s.runs(t)[0].Outcome == run.Canceled })
	if _, complaints, code := s.do(t, "approve", held.ID); code != 2 {
		t.Errorf("approve: exit code %d: %s", code, complaints)
	}
	d.stop(t)

	// A month later the files go, a year later the run.
	s.sql(t, `UPDATE runs SET started_at = started_at - $1, finished_at = finished_at - $1, active_since = active_since - $1`, (31 * 24 * time.Hour).Microseconds())
	d = s.start(t)
	eventually(t, "the files are purged", func() bool { return !slices.Contains(names(t, s.path("state/spool")), held.ID) })
	d.stop(t)
	s.sql(t, `UPDATE runs SET started_at = started_at - $1, finished_at = finished_at - $1, active_since = active_since - $1`, (400 * 24 * time.Hour).Microseconds())
	d = s.start(t)
	eventually(t, "the run is purged", func() bool { return len(s.runs(t)) == 0 })
	d.stop(t)
}
