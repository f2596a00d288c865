package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/web/api"
	"lucca-exchange/internal/web/auth"
)

// actor is a token of a person, in one flow or in all.
type actor struct {
	text, human string
	role        auth.Role
	flow        string
}

func (a actor) decides(flow string) bool {
	return (a.role == auth.Approver || a.role == auth.Admin) && (a.flow == "" || a.flow == flow)
}

// heldRun is what the test knows of a run that it held.
type heldRun struct {
	flow, hash string
	// may are the people who rightly approved what was shown; over: it was rejected by one.
	may  []string
	over bool
}

// machine sends requests, and knows who may.
type machine struct {
	*site
	actors []actor
	runs   map[string]*heldRun
	ids    []string
	acts   int
}

// TestNoRequestsFindAWayRound: whatever roles and tokens of other flows ask, one after the other
// or at once, nothing is released without the right, twice, alone where two are needed, or that
// is another plan than the one shown. Each act is on record, and so is each that was refused.
func TestNoRequestsFindAWayRound(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := &machine{site: s, runs: make(map[string]*heldRun)}
	for _, a := range []struct {
		name, human, flow string
		role              auth.Role
	}{
		{"v", "vera", "", auth.Viewer}, {"o", "otto", "", auth.Operator}, {"a1", "anna", "", auth.Approver}, {"a2", "anna", "pair", auth.Approver},
		{"b", "ben", "pair", auth.Approver}, {"c", "cleo", "payroll", auth.Approver}, {"d", "adam", "", auth.Admin}, {"e", "otto", "skillup", auth.Admin},
	} {
		flows := []string{a.flow}
		if a.flow == "" {
			flows = nil
		}
		m.actors = append(m.actors, actor{s.token(t, a.name, "os:"+a.human, a.role, flows...), a.human, a.role, a.flow})
	}
	rapid.Check(t, func(t *rapid.T) {
		flow := rapid.SampledFrom([]string{"pair", "payroll"}).Draw(t, "flow")
		m.add(t, flow)
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			m.step(t)
		}
		m.settle(t)
	})
	if anchor, err := s.store.Audit().Verify(t.Context()); err != nil || anchor.Sequence < int64(m.acts) {
		t.Errorf("the audit ends with %v after %d acts: %v", anchor, m.acts, err)
	}
}

func (m *machine) add(t *rapid.T, flow string) {
	hash := rapid.SampledFrom([]string{held, other}).Draw(t, "hash")
	id := m.hold(t, flow, hash)
	m.runs[id] = &heldRun{flow: flow, hash: hash}
	m.ids = append(m.ids, id)
}

// request is one decision of somebody.
type request struct {
	actor
	id, hash, what string
}

// step sends one to three requests at once.
func (m *machine) step(t *rapid.T) {
	var requests []request
	for range rapid.IntRange(1, 3).Draw(t, "at once") {
		requests = append(requests, request{
			actor: rapid.SampledFrom(m.actors).Draw(t, "who"),
			// The last ones are the most likely to be held.
			id:   m.ids[max(0, len(m.ids)-rapid.IntRange(1, 3).Draw(t, "run"))],
			hash: rapid.SampledFrom([]string{held, other}).Draw(t, "seen"),
			what: rapid.SampledFrom([]string{"approve", "approve", "approve", "approve", "reject"}).Draw(t, "what"),
		})
	}
	before := m.lines(t)
	status := make([]int, len(requests))
	var all sync.WaitGroup
	for n, r := range requests {
		all.Go(func() {
			_, resp, _ := m.ask(t, r.text, http.MethodPost, "/runs/"+r.id+"/"+r.what, map[string]any{"hash": r.hash})
			status[n] = resp.StatusCode
		})
	}
	all.Wait()
	m.acts += len(requests)
	for n, r := range requests {
		known := m.runs[r.id]
		right := r.decides(known.flow) && r.hash == known.hash
		switch {
		case status[n] == http.StatusTooManyRequests || status[n] == http.StatusServiceUnavailable:
			before-- // was not let in
		case !r.decides(known.flow) && status[n] != http.StatusForbidden:
			t.Fatalf("%s may not %s, and gets %d", r.human, r.what, status[n])
		case status[n] < 300 && !right:
			t.Fatalf("%s does %s what was not shown: %d", r.human, r.what, status[n])
		case status[n] < 300 && r.what == "reject":
			known.over = true
		case status[n] < 300 && !slices.Contains(known.may, r.human):
			known.may = append(known.may, r.human)
		case status[n] >= 500:
			t.Fatalf("%s of %s: %d", r.what, r.human, status[n])
		}
	}
	if after := m.lines(t); after != before+int64(len(requests)) {
		t.Fatalf("%d requests are %d lines of the audit: %v %v", len(requests), after-before, requests, status)
	}
}

func (m *machine) lines(t *rapid.T) int64 {
	lines, err := m.store.Audit().Latest(context.Background(), 1)
	check(t, err)
	if len(lines) == 0 {
		return 0
	}
	return lines[0].Sequence
}

// settle holds what was released against who approved it.
func (m *machine) settle(t *rapid.T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	times := make(map[string]int)
	for _, id := range m.released {
		known := m.runs[id]
		want := 1
		if known.flow == "pair" {
			want = 2
		}
		if times[id]++; times[id] > 1 || known.over || len(known.may) < want {
			t.Fatalf("a run of %s was released %d times, approved by %v, rejected: %t", known.flow, times[id], known.may, known.over)
		}
	}
	for id, known := range m.runs {
		if known.flow == "payroll" && len(known.may) > 0 && times[id] == 0 || known.flow == "pair" && len(known.may) > 1 && times[id] == 0 {
			t.Fatalf("a run of %s was approved by %v, and not released", known.flow, known.may)
		}
	}
}

// TestARefusedActIsOnRecord with who, what and why.
func TestARefusedActIsOnRecord(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.token(t, "o", "os:otto", auth.Operator)
	id := s.hold(t, "payroll", held)
	_, resp, got := s.ask(t, token, http.MethodPost, "/runs/"+id+"/approve", map[string]any{"hash": held, "note": "let me"})
	var p api.Problem
	if err := json.Unmarshal(got, &p); err != nil || resp.StatusCode != http.StatusForbidden || p.Hint == "" {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
	lines, err := s.store.Audit().Of(t.Context(), id)
	check(t, err)
	if len(lines) != 1 || lines[0].Act != audit.Refused || lines[0].Who != "token:o (os:otto)" || lines[0].Note != "approve: forbidden" || lines[0].Role != "operator" || lines[0].From != "127.0.0.1" {
		t.Errorf("on record are %+v", lines)
	}
}
