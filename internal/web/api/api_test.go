package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/api"
	"lucca-exchange/internal/web/auth"
)

var (
	held  = strings.Repeat("aa", 32)
	other = strings.Repeat("bb", 32)
)

// TestTheDocumentIsOne of OpenAPI 3.1.
func TestTheDocumentIsOne(t *testing.T) {
	t.Parallel()
	c := newContract(t, newSite(t))
	if ok, faults := c.validator.ValidateDocument(); !ok {
		for _, f := range faults {
			t.Errorf("%s: %s %v", f.Message, f.Reason, f.SchemaValidationErrors)
		}
	}
}

// TestEveryOperationKeepsItsContract: what is sent and what is answered is as the document says,
// by every role, and each operation of the document was tried.
func TestEveryOperationKeepsItsContract(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := newContract(t, s)
	viewer, operator := s.token(t, "v", "os:vera", auth.Viewer), s.token(t, "o", "os:otto", auth.Operator)
	approver, admin := s.token(t, "a", "os:anna", auth.Approver), s.token(t, "adm", "os:adam", auth.Admin)
	narrow := s.token(t, "n", "os:nora", auth.Admin, "payroll")
	one, two, arrived := s.hold(t, "payroll", held), s.hold(t, "pair", held), s.sent(t)
	data, err := json.Marshal(map[string]any{"event": hire.Event{Source: "generic", ExternalID: "R-1", FirstName: "Zoé", LastName: "Nguyen"}})
	check(t, err)
	at := time.Now().Truncate(time.Microsecond)
	stored, err := s.store.HireBook().AddHires(t.Context(), []state.Hire{{Flow: "ats", Source: "generic", EventID: "R-1", State: state.HireRefused, Received: at, Updated: at, Data: data}})
	check(t, err)
	candidate := stored[0].ID
	unknownRun, noDraft := "20200101-000000-abcdef", strings.Repeat("A", 26)
	for _, q := range []struct {
		token, method, path string
		in                  any
		status              int
	}{
		{viewer, "GET", "/me", nil, 200},
		{viewer, "GET", "/flows", nil, 200},
		{viewer, "GET", "/flows/payroll", nil, 200},
		{viewer, "GET", "/flows/none", nil, 404},
		{narrow, "GET", "/flows/pair", nil, 403},
		{viewer, "GET", "/runs?limit=1", nil, 200},
		{viewer, "GET", "/runs?limit=1&after=" + two, nil, 200},
		{viewer, "GET", "/runs?outcome=held&flow=pair&since=2020-01-01T00:00:00Z", nil, 200},
		{viewer, "GET", "/runs?flow=none", nil, 404},
		{viewer, "GET", "/runs/" + one, nil, 200},
		{viewer, "GET", "/runs/" + unknownRun, nil, 404},
		{narrow, "GET", "/runs/" + two, nil, 403},
		{viewer, "GET", "/runs/" + one + "/findings?severity=error&code=unknown_manager&limit=1", nil, 200},
		{viewer, "GET", "/runs/" + one + "/findings?establishment=Lyon", nil, 200},
		{viewer, "GET", "/runs/" + arrived + "/findings?establishment=3", nil, 200},
		{viewer, "POST", "/runs/" + one + "/plan/search", object{"establishment": "Lyon"}, 200},
		{viewer, "GET", "/runs/" + one + "/diff", nil, 403},
		{approver, "GET", "/runs/" + one + "/diff", nil, 409},
		{viewer, "POST", "/runs/" + one + "/plan/search", object{}, 200},
		{viewer, "POST", "/runs/" + one + "/plan/search", object{"text": "claire"}, 403},
		{approver, "POST", "/runs/" + one + "/plan/search", object{"text": "claire", "action": "update", "limit": 1}, 200},
		{operator, "POST", "/runs/" + one + "/approve", object{"hash": held}, 403},
		{approver, "POST", "/runs/" + one + "/approve", object{"hash": other}, 409},
		{approver, "POST", "/runs/" + one + "/approve", object{"hash": held, "note": "seen"}, 202},
		{approver, "POST", "/runs/" + one + "/approve", object{"hash": held}, 409},
		{approver, "POST", "/runs/" + two + "/approve", object{"hash": held}, 202},
		{approver, "POST", "/runs/" + two + "/approve", object{"hash": held}, 409},
		{viewer, "POST", "/runs/" + two + "/reject", object{"hash": held}, 403},
		{admin, "POST", "/runs/" + two + "/reject", object{"hash": held}, 200},
		{viewer, "POST", "/flows/payroll/runs", object{}, 403},
		{operator, "POST", "/flows/payroll/runs", object{"note": "now"}, 202},
		{operator, "POST", "/flows/payroll/runs", object{}, 202},
		{operator, "POST", "/runs/" + one + "/cancel", object{}, 409},
		{viewer, "POST", "/runs/" + one + "/cancel", object{}, 403},
		{viewer, "POST", "/flows/payroll/pause", object{}, 403},
		{operator, "POST", "/flows/payroll/pause", object{"note": "holidays", "until": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}, 204},
		{operator, "POST", "/flows/payroll/resume", object{}, 204},
		{operator, "POST", "/flows/payroll/resume", object{}, 409},
		{viewer, "GET", "/hires?flow=ats&state=refused", nil, 200},
		{approver, "GET", "/hires", nil, 200},
		{viewer, "GET", "/inbox", nil, 200},
		{approver, "GET", "/inbox", nil, 200},
		{viewer, "POST", "/hires/" + candidate + "/drop", object{"updated_at": at.UTC()}, 403},
		{approver, "POST", "/hires/" + candidate + "/drop", object{"updated_at": at.Add(time.Second).UTC()}, 409},
		{approver, "POST", "/hires/" + candidate + "/retry", object{"updated_at": at.UTC(), "note": "mended"}, 200},
		{approver, "POST", "/hires/" + candidate + "/drop", object{"updated_at": at.UTC()}, 409},
		{approver, "POST", "/hires/00000000/drop", object{"updated_at": at.UTC()}, 404},
		{viewer, "POST", "/hires/" + candidate + "/link", object{"updated_at": at.UTC(), "employee_id": 107}, 403},
		{approver, "POST", "/hires/" + candidate + "/link", object{"updated_at": at.UTC(), "employee_id": 107}, 409},
		{approver, "POST", "/hires/" + candidate + "/link", object{"updated_at": at.UTC(), "employee_id": 7}, 409},
		{viewer, "POST", "/hires/" + candidate + "/fill", object{"updated_at": at.UTC(), "fill": object{"job_title": "Cheffe"}}, 403},
		{approver, "POST", "/hires/" + candidate + "/fill", object{"updated_at": at.UTC(), "fill": object{"shoe_size": "41"}}, 409},
		{viewer, "GET", "/runs/" + arrived + "/files", nil, 200},
		{narrow, "GET", "/runs/" + arrived + "/files", nil, 403},
		{operator, "POST", "/runs/" + arrived + "/files/sent", object{}, 403},
		{approver, "POST", "/runs/" + arrived + "/files/sent", object{"note": "for the auditor"}, 200},
		{approver, "POST", "/runs/" + arrived + "/files/rejected", object{}, 404},
		{approver, "POST", "/runs/" + unknownRun + "/files/sent", object{}, 404},
		{viewer, "POST", "/runs/" + arrived + "/resend", object{}, 403},
		{operator, "POST", "/runs/" + one + "/resend", object{}, 409},
		{operator, "POST", "/runs/" + arrived + "/resend", object{"note": "they lost it"}, 202},
		{viewer, "GET", "/profiles", nil, 200},
		{viewer, "GET", "/hires?limit=1&after=" + candidate, nil, 200},
		{viewer, "GET", "/hires?after=00000000", nil, 404},
		{operator, "POST", "/flows/payroll/files?name=users.csv", []byte(wrongFile), 403},
		{viewer, "GET", "/drafts/" + noDraft, nil, 404},
		{viewer, "GET", "/drafts/" + noDraft + "/rows?row=2", nil, 404},
		{operator, "POST", "/drafts/" + noDraft + "/cells", object{"hash": held, "cells": object{"A2": "x"}}, 404},
		{operator, "POST", "/drafts/" + noDraft + "/run", object{"hash": held}, 404},
		{operator, "POST", "/drafts/" + noDraft + "/drop", object{}, 404},
		{viewer, "POST", "/flows/payroll/dry-runs", object{}, 403},
		{operator, "POST", "/flows/payroll/dry-runs", object{"who": "claire.martin"}, 403},
		{operator, "POST", "/flows/payroll/dry-runs", object{"note": "let me see"}, 202},
		{viewer, "GET", "/dry-runs/" + noDraft, nil, 404},
		{operator, "POST", "/people/find", object{"who": "martin"}, 403},
		{approver, "POST", "/people/find", object{"who": "martin"}, 200},
		{operator, "POST", "/people/search", object{"who": "claire.martin"}, 403},
		{approver, "POST", "/people/search", object{"who": "claire.martin"}, 200},
		{operator, "GET", "/people/104", nil, 403},
		{approver, "GET", "/people/104?runs=10", nil, 200},
		{operator, "POST", "/flows/payroll/explain", object{"who": "claire.martin"}, 403},
		{narrow, "GET", "/audit", nil, 403},
		{admin, "GET", "/audit?limit=2", nil, 200},
		{admin, "POST", "/audit/verify", object{}, 200},
		{"wrong", "GET", "/me", nil, 401},
	} {
		text := c.try(t, q.token, q.method, q.path, q.in, q.status)
		if (q.token == viewer || q.token == operator) && (strings.Contains(text, secretValue) || strings.Contains(text, "claire") || strings.Contains(text, "Nguyen")) {
			t.Errorf("%s %s shows a viewer somebody: %s", q.method, q.path, text)
		}
	}
	var doc struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	check(t, json.Unmarshal(document(t), &doc))
	tried := strings.NewReplacer("/files/sent", "/files/{kind}", "/files/rejected", "/files/{kind}", one, "{run}", two, "{run}", arrived, "{run}", unknownRun, "{run}", "/dry-runs/"+noDraft, "/dry-runs/{dry_run}", noDraft, "{draft}", candidate, "{hire}", "/payroll", "/{flow}", "/people/104", "/people/{employee}")
	seen := make(map[string]bool)
	for operation := range c.seen {
		seen[tried.Replace(operation)] = true
	}
	for path, methods := range doc.Paths {
		for method := range methods {
			if !seen[strings.ToUpper(method)+" "+strings.TrimPrefix(path, api.Root)] {
				t.Errorf("%s %s was not tried", method, path)
			}
		}
	}
	if _, err := s.store.Audit().Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestARequestThatIsWrongIsSaid, without its values, and with a code.
func TestARequestThatIsWrongIsSaid(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.token(t, "a", "os:anna", auth.Approver)
	for _, q := range []struct {
		method, path string
		in           any
		status       int
		code         string
	}{
		{"GET", "/runs?limit=5000", nil, 422, "invalid"},
		{"GET", "/runs?flwo=payroll", nil, 422, "invalid"},
		{"GET", "/runs/nonsense", nil, 422, "invalid"},
		{"GET", "/people/0", nil, 422, "invalid"},
		{"POST", "/people/search", map[string]any{"who": secretValue, "runs": "many"}, 422, "invalid"},
		{"POST", "/people/search", map[string]any{"who": strings.Repeat(secretValue, 5000)}, 413, "too_large"},
		{"POST", "/runs/20200101-000000-abcdef/approve", map[string]any{"note": "without a hash"}, 422, "invalid"},
		{"GET", "/nothing", nil, 404, "no_operation"},
		{"DELETE", "/runs", nil, 404, "no_operation"},
	} {
		_, resp, got := s.ask(t, token, q.method, q.path, q.in)
		var p api.Problem
		if err := json.Unmarshal(got, &p); err != nil || resp.StatusCode != q.status || p.Code != q.code || p.Status != q.status || p.Title == "" ||
			resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s: %d %s %s, %v", q.method, q.path, resp.StatusCode, resp.Header.Get("Content-Type"), got, err)
		}
		if strings.Contains(string(got), secretValue) {
			t.Errorf("%s %s repeats a value: %s", q.method, q.path, got)
		}
	}
}

// TestARunIsAskedForOnce with a key, however often the request is sent.
func TestARunIsAskedForOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.token(t, "o", "os:otto", auth.Operator)
	send := func(flow string) (int, api.Queued) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+api.Root+"/flows/"+flow+"/runs", strings.NewReader("{}"))
		check(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", "night-1")
		resp, err := s.Client().Do(r)
		check(t, err)
		defer resp.Body.Close()
		var q api.Queued
		check(t, json.NewDecoder(resp.Body).Decode(&q))
		return resp.StatusCode, q
	}
	_, first := send("payroll")
	check(t, s.store.Jobs().Cancel(t.Context(), first.Run))
	if status, again := send("payroll"); status != http.StatusAccepted || again.Run != first.Run || !again.Before || first.Before {
		t.Errorf("first %+v, again %+v", first, again)
	}
	if status, _ := send("pair"); status != http.StatusUnprocessableEntity {
		t.Errorf("the key of another request: %d", status)
	}
}

// TestGuessersWait, and nobody else does.
func TestGuessersWait(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.token(t, "v", "os:vera", auth.Viewer)
	last := 0
	for range 40 {
		_, resp, _ := s.ask(t, "wrong", "GET", "/me", nil)
		if last = resp.StatusCode; last == http.StatusTooManyRequests && resp.Header.Get("Retry-After") == "" {
			t.Error("429 without Retry-After")
		}
	}
	_, resp, _ := s.ask(t, token, "GET", "/me", nil)
	if last != http.StatusTooManyRequests || resp.StatusCode != http.StatusOK {
		t.Errorf("a guesser ends with %d, and a right token gets %d", last, resp.StatusCode)
	}
}

// TestAFileComesWhole, as a file and nothing else, with a line in the audit.
func TestAFileComesWhole(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	id := s.sent(t)
	_, resp, got := s.ask(t, s.token(t, "a", "os:anna", auth.Approver), "POST", "/runs/"+id+"/files/sent", map[string]any{})
	h := resp.Header
	if string(got) != "a;b\n1;2" || h.Get("Content-Type") != "application/octet-stream" || h.Get("X-Content-Type-Options") != "nosniff" ||
		h.Get("Content-Disposition") != "attachment; filename=users.csv" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("%q %v", got, h)
	}
	acts, err := s.store.Audit().Of(t.Context(), id)
	check(t, err)
	if len(acts) != 1 || acts[0].Act != audit.Download || acts[0].Who != "os:anna" && !strings.Contains(acts[0].Who, "a") {
		t.Errorf("on record is %+v", acts)
	}
}

// TestWhatDidNotChangeIsNotSentAgain to whoever has its tag, and is when it changed.
func TestWhatDidNotChangeIsNotSentAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.token(t, "v", "os:vera", auth.Viewer)
	get := func(path, tag string) (int, string, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+api.Root+path, http.NoBody)
		check(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		if tag != "" {
			r.Header.Set("If-None-Match", tag)
		}
		resp, err := s.Client().Do(r)
		check(t, err)
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		check(t, err)
		return resp.StatusCode, resp.Header.Get("ETag"), string(got)
	}
	status, tag, first := get("/runs", "")
	if status != http.StatusOK || tag == "" || first == "" {
		t.Fatalf("%d %q %q", status, tag, first)
	}
	for _, known := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		if status, again, text := get("/runs", known); status != http.StatusNotModified || again != tag || text != "" {
			t.Errorf("with %s: %d %q %q", known, status, again, text)
		}
	}
	s.hold(t, "payroll", held)
	if status, changed, text := get("/runs", tag); status != http.StatusOK || changed == tag || text == first {
		t.Errorf("after a run: %d %q", status, changed)
	}
	if status, tag, _ := get("/runs/20200101-000000-abcdef", ""); status != http.StatusNotFound || tag != "" {
		t.Errorf("what is not there: %d with the tag %q", status, tag)
	}
}
