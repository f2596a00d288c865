package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lucca-exchange/internal/acts"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/api"
	"lucca-exchange/internal/web/auth"
)

// actor is a token of a person, in one flow or in all.
type actor struct {
	text, human string
	role        auth.Role
	flow        string
	// over: the token has ended, or was revoked.
	over bool
}

func (a actor) sees(flow string) bool { return a.flow == "" || a.flow == flow }

func (a actor) decides(flow string) bool {
	return (a.role == auth.Approver || a.role == auth.Admin) && a.sees(flow)
}

func (a actor) operates(flow string) bool {
	return a.role == auth.Operator && a.sees(flow) || a.decides(flow)
}

// heldRun is what the test knows of a run that it held.
type heldRun struct {
	flow, hash string
	// may are the people who rightly approved what was shown; over: it was rejected by one.
	may  []string
	over bool
}

// broughtFile is what the test knows of a file that somebody brought.
type broughtFile struct {
	owner actor
	flow  string
	// hash is of the file as it was shown last; runs is how often it was run.
	hash string
	runs int
}

// machine sends requests, and knows who may.
type machine struct {
	*site
	actors []actor
	runs   map[string]*heldRun
	ids    []string
	files  map[string]*broughtFile
	sent   string
	hires  []string
	acts   int
	// succeeded counts what was done, by what it is called.
	succeeded map[string]int
}

// TestNoRequestsFindAWayRound: whatever roles, tokens of other flows and tokens that are over ask,
// one after the other or at once, and while somebody rejects on the command line, nothing is
// released without the right, twice, alone where two are needed, or that is another plan than the
// one shown; no file runs that was not seen, or twice; no hire is decided twice, or as it was not
// seen. Each act is on record, and so is each that was refused.
func TestNoRequestsFindAWayRound(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	m := &machine{site: s, runs: make(map[string]*heldRun), files: make(map[string]*broughtFile), sent: s.sent(t), succeeded: make(map[string]int)}
	for _, a := range []struct {
		name, human, flow string
		role              auth.Role
	}{
		{"v", "vera", "", auth.Viewer}, {"o", "otto", "", auth.Operator}, {"a1", "anna", "", auth.Approver}, {"a2", "anna", "pair", auth.Approver},
		{"b", "ben", "pair", auth.Approver}, {"c", "cleo", "payroll", auth.Approver}, {"d", "adam", "", auth.Admin}, {"e", "otto", "skillup", auth.Admin},
		{"h", "hugo", "ats", auth.Approver}, {"over", "olga", "", auth.Admin},
	} {
		flows := []string{a.flow}
		if a.flow == "" {
			flows = nil
		}
		m.actors = append(m.actors, actor{s.token(t, a.name, "os:"+a.human, a.role, flows...), a.human, a.role, a.flow, false})
	}
	m.end(t, "over")
	rapid.Check(t, func(t *rapid.T) {
		m.add(t, rapid.SampledFrom([]string{"pair", "payroll"}).Draw(t, "flow"))
		m.apply(t)
		for range rapid.IntRange(1, 10).Draw(t, "steps") {
			m.step(t)
		}
		m.settle(t)
	})
	if anchor, err := s.store.Audit().Verify(t.Context()); err != nil || anchor.Sequence < int64(m.acts) {
		t.Errorf("the audit ends with %v after %d acts: %v", anchor, m.acts, err)
	}
	t.Log("done were", m.succeeded)
}

// end has a token end: its day has come.
func (m *machine) end(t *testing.T, name string) {
	t.Helper()
	at := slices.IndexFunc(m.actors, func(a actor) bool { return a.human == "olga" })
	check(t, m.store.Accounts().RevokeToken(t.Context(), name, audit.Entry{At: time.Now(), Who: "os:root", Act: audit.RevokeToken}))
	token, text := auth.NewToken(name, auth.Grant{Role: auth.Admin}, time.Now().Add(-time.Hour))
	token.Maker = "os:olga"
	check(t, m.store.Accounts().CreateToken(t.Context(), token, audit.Entry{At: time.Now(), Who: "os:root", Act: audit.CreateToken}))
	m.actors[at].text, m.actors[at].over = text, true
}

func (m *machine) add(t *rapid.T, flow string) {
	hash := rapid.SampledFrom([]string{held, other}).Draw(t, "hash")
	id := m.hold(t, flow, hash)
	m.runs[id] = &heldRun{flow: flow, hash: hash}
	m.ids = append(m.ids, id)
}

// apply has a candidate come who waits for a person.
func (m *machine) apply(t *rapid.T) {
	id := "R-" + time.Now().Format("150405.000000000")
	data, err := json.Marshal(map[string]any{"event": hire.Event{Source: "generic", ExternalID: id, FirstName: "Zoé", LastName: "Nguyen"}})
	check(t, err)
	at := time.Now().Truncate(time.Microsecond)
	stored, err := m.store.HireBook().AddHires(context.Background(), []state.Hire{{Flow: "ats", Source: "generic", EventID: id, State: state.HireRefused, Received: at, Updated: at, Data: data}})
	check(t, err)
	m.hires = append(m.hires, stored[0].ID)
}

// request is one act that somebody asks for.
type request struct {
	actor
	// what it is called, and about: a run, a draft or a hire.
	what, about string
	path        string
	in          any
	// may is the right to it; mine is false where the thing is somebody else's, and not found.
	may, mine bool
	// stale: it is about something else than there is.
	stale bool
	// updated is the version of a hire that was seen.
	updated time.Time
}

// last chooses of the last few, which are the most likely to be of use.
func last(t *rapid.T, ids []string) string {
	return ids[max(0, len(ids)-rapid.IntRange(1, 3).Draw(t, "which"))]
}

func (m *machine) draw(t *rapid.T) request {
	kinds := []string{"run", "run", "run", "flow", "flow", "bring", "hire", "hire"}
	if len(m.files) > 0 {
		kinds = append(kinds, "file", "file", "file")
	}
	r := request{actor: rapid.SampledFrom(m.actors).Draw(t, "who"), mine: true}
	switch rapid.SampledFrom(kinds).Draw(t, "kind") {
	case "run":
		m.aboutRun(t, &r)
	case "flow":
		m.aboutFlow(t, &r)
	case "bring":
		flow := rapid.SampledFrom([]string{"pair", "payroll"}).Draw(t, "flow")
		r.what, r.path, r.in, r.may = "bring", "/flows/"+flow+"/files?name=users.csv", []byte(wrongFile), r.decides(flow)
		r.about = flow
	case "file":
		m.aboutFile(t, &r)
	case "hire":
		m.aboutHire(t, &r)
	}
	return r
}

func (m *machine) aboutRun(t *rapid.T, r *request) {
	r.about = last(t, m.ids)
	known := m.runs[r.about]
	r.what = rapid.SampledFrom([]string{"approve", "approve", "approve", "approve", "reject", "cancel"}).Draw(t, "what")
	r.path = "/runs/" + r.about + "/" + r.what
	if r.what == "cancel" {
		r.in, r.may = object{}, r.operates(known.flow)
		return
	}
	seen := known.hash
	if rapid.IntRange(0, 3).Draw(t, "seen") == 0 {
		seen = strings.Repeat("cc", 32)
	}
	r.in, r.may, r.stale = object{"hash": seen}, r.decides(known.flow), seen != known.hash
}

func (m *machine) aboutFlow(t *rapid.T, r *request) {
	r.what = rapid.SampledFrom([]string{"start", "pause", "resume", "resend", "dry run"}).Draw(t, "what")
	flow := rapid.SampledFrom([]string{"pair", "payroll", "skillup"}).Draw(t, "flow")
	r.in, r.path = object{}, "/flows/"+flow+"/"+r.what
	switch r.what {
	case "start":
		r.path = "/flows/" + flow + "/runs"
	case "dry run":
		r.path = "/flows/" + flow + "/dry-runs"
	case "resend":
		flow, r.path = "skillup", "/runs/"+m.sent+"/resend"
	}
	r.may = r.operates(flow)
}

func (m *machine) aboutFile(t *rapid.T, r *request) {
	ids := make([]string, 0, len(m.files))
	for id := range m.files {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	r.about = rapid.SampledFrom(ids).Draw(t, "file")
	known := m.files[r.about]
	if rapid.Bool().Draw(t, "as owner") {
		r.actor = known.owner
	}
	r.what = rapid.SampledFrom([]string{"mend", "run", "run", "drop"}).Draw(t, "what")
	r.mine, r.may = r.actor == known.owner, true
	seen := known.hash
	if rapid.IntRange(0, 3).Draw(t, "seen") == 0 {
		seen = strings.Repeat("cc", 32)
	}
	r.stale = seen != known.hash && r.what != "drop"
	r.path, r.in = "/drafts/"+r.about+"/"+r.what, object{"hash": seen}
	switch r.what {
	case "mend":
		cell := rapid.SampledFrom([]string{"bob@acme.example", "rob@acme.example"}).Draw(t, "cell")
		r.path, r.in = "/drafts/"+r.about+"/cells", object{"hash": seen, "cells": object{"B3": cell}}
	case "drop":
		r.in = object{}
	}
}

func (m *machine) aboutHire(t *rapid.T, r *request) {
	r.about = last(t, m.hires)
	h, err := m.store.HireBook().Hire(context.Background(), r.about)
	check(t, err)
	act := rapid.SampledFrom([]string{"retry", "drop", "link", "fill"}).Draw(t, "what")
	r.what, r.path, r.may, r.updated = act, "/hires/"+r.about+"/"+act, r.decides("ats"), h.Updated
	if rapid.IntRange(0, 3).Draw(t, "seen") == 0 {
		r.updated, r.stale = h.Updated.Add(-time.Second), true
	}
	in := object{"updated_at": r.updated}
	switch act {
	case "drop":
		r.what = "drop hire"
	case "link":
		in["employee_id"] = 107
	case "fill":
		in["fill"] = object{"job_title": "Cheffe"}
	}
	r.in = in
}

// step sends one to three requests at once, some of them twice, and now and then rejects on the command line meanwhile.
func (m *machine) step(t *rapid.T) {
	var requests []request
	for range rapid.IntRange(1, 3).Draw(t, "at once") {
		r := m.draw(t)
		if requests = append(requests, r); rapid.IntRange(0, 3).Draw(t, "twice") == 0 {
			requests = append(requests, r)
		}
	}
	before := m.lines(t)
	status, answers := make([]int, len(requests)), make([][]byte, len(requests))
	var all sync.WaitGroup
	for n, r := range requests {
		all.Go(func() {
			_, resp, got := m.ask(t, r.text, http.MethodPost, r.path, r.in)
			status[n], answers[n] = resp.StatusCode, got
		})
	}
	if rapid.IntRange(0, 7).Draw(t, "meanwhile") == 0 {
		id := last(t, m.ids)
		all.Go(func() {
			if _, err := m.site.acts().Reject(context.Background(), id, acts.By(audit.Reject)); err == nil {
				m.runs[id].over = true
			}
		})
		before++ // rejected, or refused
	}
	all.Wait()
	m.acts += len(requests)
	for n, r := range requests {
		switch {
		case status[n] == http.StatusTooManyRequests || status[n] == http.StatusServiceUnavailable:
			before-- // was not let in
		case r.over && status[n] != http.StatusUnauthorized:
			t.Fatalf("a token that is over may %s: %d", r.what, status[n])
		case r.over:
			before-- // of many not each has a line
		case !r.mine && status[n] != http.StatusNotFound:
			t.Fatalf("%s finds a file of somebody else to %s: %d", r.human, r.what, status[n])
		case !r.mine || r.what == "drop" || status[n] == http.StatusNotFound:
			before-- // nobody's act, and nobody's file any more
		case !r.may && status[n] != http.StatusForbidden:
			t.Fatalf("%s may not %s, and gets %d", r.human, r.what, status[n])
		case status[n] < 300 && r.stale:
			t.Fatalf("%s does %s what was not shown: %d", r.human, r.what, status[n])
		case status[n] >= 500 || status[n] == http.StatusUnprocessableEntity:
			t.Fatalf("%s of %s: %d %s", r.what, r.human, status[n], answers[n])
		}
	}
	m.note(t, requests, status, answers)
	if after := m.lines(t); after < before+int64(len(requests)) {
		t.Fatalf("%d requests are %d lines of the audit: %v %v", len(requests), after-before, requests, status)
	}
}

// note takes in what came of requests that were made at once.
func (m *machine) note(t *rapid.T, requests []request, status []int, answers [][]byte) {
	decided := make(map[string]int)
	for n, r := range requests {
		if status[n] >= 300 {
			continue
		}
		m.succeeded[r.what]++
		switch r.what {
		case "approve":
			if known := m.runs[r.about]; !slices.Contains(known.may, r.human) {
				known.may = append(known.may, r.human)
			}
		case "reject":
			m.runs[r.about].over = true
		case "cancel":
			t.Fatalf("%s cancels a run that is held", r.human)
		case "start":
			m.cancel(t, answers[n])
		case "bring":
			var begun api.Brought
			check(t, json.Unmarshal(answers[n], &begun))
			m.files[begun.ID] = &broughtFile{owner: r.actor, flow: r.about}
		case "run":
			m.files[r.about].runs++
		case "retry", "link", "fill", "drop hire":
			if key := r.about + r.updated.String(); decided[key] > 0 {
				t.Fatalf("a hire was decided twice as it was seen once")
			} else {
				decided[key]++
			}
		}
	}
	m.look(t)
}

// cancel ends a run that was asked for, and cannot do so twice.
func (m *machine) cancel(t *rapid.T, answer []byte) {
	var run api.Queued
	check(t, json.Unmarshal(answer, &run))
	got := make(map[int]int)
	for range 2 {
		_, resp, _ := m.ask(t, m.actors[6].text, http.MethodPost, "/runs/"+run.Run+"/cancel", object{})
		got[resp.StatusCode]++
	}
	if got[http.StatusNoContent] > 1 {
		t.Fatalf("a run was canceled twice")
	}
	m.succeeded["cancel"] += got[http.StatusNoContent]
}

// look asks for the files that were brought, as they are now. One that has run is a held run.
func (m *machine) look(t *rapid.T) {
	for id, known := range m.files {
		_, resp, got := m.ask(t, known.owner.text, http.MethodGet, "/drafts/"+id, nil)
		if resp.StatusCode == http.StatusTooManyRequests {
			continue
		}
		var d api.Draft
		check(t, json.Unmarshal(got, &d))
		if known.hash = d.SHA256; resp.StatusCode == http.StatusNotFound {
			if known.runs > 1 {
				t.Fatalf("a file has run %d times", known.runs)
			}
			delete(m.files, id)
			continue
		}
		if known.runs > 1 || (known.runs == 1) != (d.Report != nil && string(d.Stage) == "ran") {
			t.Fatalf("a file has run %d times, and is %s", known.runs, d.Stage)
		}
		if known.runs == 1 {
			run := d.Report.Run.ID
			m.runs[run] = &heldRun{flow: known.flow, hash: known.hash}
			m.ids = append(m.ids, run)
			m.ask(t, known.owner.text, http.MethodPost, "/drafts/"+id+"/drop", object{})
			delete(m.files, id)
		}
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

// settle holds what was released against who approved it, and forgets the files that were brought.
func (m *machine) settle(t *rapid.T) {
	for id, known := range m.files {
		m.ask(t, known.owner.text, http.MethodPost, "/drafts/"+id+"/drop", object{})
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	times := make(map[string]int)
	for _, id := range m.released {
		known, ours := m.runs[id]
		if !ours {
			continue // sent again, not approved
		}
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

// TestARefusedActIsOnRecord with who, what and why: of a role that may not, and of whoever is not
// let in any more.
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
	old, text := auth.NewToken("old", auth.Grant{Role: auth.Approver}, time.Now().Add(-time.Hour))
	old.Maker = "os:olga"
	check(t, s.store.Accounts().CreateToken(t.Context(), old, audit.Entry{At: time.Now(), Who: "os:root", Act: audit.CreateToken}))
	for _, q := range []struct{ token, method, who, note string }{
		{text, http.MethodPost, "token:old (os:olga)", "/api/v1/runs/" + id + "/approve: token is over"},
		{"lxt_guessed", http.MethodPost, "", "unknown token"},
	} {
		s.ask(t, q.token, q.method, "/runs/"+id+"/approve", map[string]any{"hash": held})
		if line := s.onRecord(t)[0]; line.Act != audit.Refused || line.Who != q.who || line.Note != q.note {
			t.Errorf("on record is %+v", line)
		}
	}
	before := s.onRecord(t)[0].Sequence
	s.ask(t, text, http.MethodGet, "/runs", nil)
	if s.onRecord(t)[0].Sequence != before {
		t.Error("reading is on record as an act")
	}
}
