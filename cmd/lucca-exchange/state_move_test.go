package main

import (
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/state/statetest"
)

// TestStateIsMovedToPostgreSQLAndBack, by the command: a held run is approved where the state goes
// on, a daemon that lives is not moved away from under its feet, and the old one is refused.
func TestStateIsMovedToPostgreSQLAndBack(t *testing.T) {
	t.Parallel()
	_, lucca := serve(t, company(time.Now()))
	_, head := skillup(t, lucca)
	flows := exports(map[string]string{"nightly": leapDay, "held": leapDay})
	flows = strings.Replace(flows, "held: {export: {profile: skillup}", "held: {export: {profile: skillup, limits: {min_rows: 100000}}", 1)
	s := newSite(t, head+flows)
	at := func(state string) {
		s.state = state
		s.configure(t, "state: \""+state+"\"\n"+head+flows)
	}
	must := func(want int, args ...string) string {
		t.Helper()
		out, complaints, code := s.do(t, args...)
		if code != want {
			t.Fatalf("%v: exit code %d, want %d: %s%s", args, code, want, out, complaints)
		}
		return out + complaints
	}
	first, second, third := "sqlite:"+s.path("first/exchange.db"), statetest.PostgreSQL(t), "sqlite:"+s.path("third/exchange.db")
	at(first)
	must(2, "state", "move", second) // there is none
	must(0, "run", "nightly")
	must(4, "run", "held")
	held := s.runs(t, "held")[0].ID
	anchor := must(0, "audit", "verify", "--json")

	d := s.start(t)
	if said := must(2, "state", "move", second); !strings.Contains(said, "the state is in use: stop every daemon") {
		t.Errorf("beside a daemon: %s", said)
	}
	d.stop(t)
	must(2, "state", "move", "mysql://here")
	if said := must(0, "state", "move", second); !strings.Contains(said, "2 runs among them, each compared") || !strings.Contains(said, "Write that under state") {
		t.Errorf("move: %s", said)
	}
	if said := must(1, "runs"); !strings.Contains(said, "this state was moved to another database and goes on there") {
		t.Errorf("the old state: %s", said)
	}
	must(1, "serve")

	at(second)
	if said := must(2, "state", "move", "sqlite:"+s.path("first/exchange.db")); !strings.Contains(said, "move its file aside") {
		t.Errorf("over the old state: %s", said)
	}
	must(0, "run", "nightly")
	must(0, "state", "move", third, "--json")
	at(third)
	must(0, "approve", held, "--yes")
	if n := len(s.runs(t)); n != 3 {
		t.Errorf("%d runs, want 3", n)
	}
	verified := must(0, "audit", "verify")
	if !strings.Contains(verified, "the audit is whole") || anchor == "" {
		t.Errorf("%s after %s", verified, anchor)
	}
	if said := must(0, "audit"); strings.Count(said, "move") != 2 {
		t.Errorf("the moves are not on record:\n%s", said)
	}
	s.start(t).stop(t)
}
