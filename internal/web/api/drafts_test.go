package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/draft"
	"lucca-exchange/internal/web/api"
	"lucca-exchange/internal/web/auth"
)

type object = map[string]any

const wrongFile = "login;mail\nada;ada@acme.example\nbob;?\n"

// TestAFileIsBroughtMendedAndRun by a program, by what it was told about the cell, and what is then
// held is the file that was shown. Each step keeps the contract; what was seen is on record.
func TestAFileIsBroughtMendedAndRun(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := newContract(t, s)
	token, other := s.token(t, "a", "os:anna", auth.Approver), s.token(t, "b", "os:ben", auth.Approver)
	var begun api.Brought
	check(t, json.Unmarshal([]byte(c.try(t, token, "POST", "/flows/payroll/files?name=users.csv", []byte(wrongFile), 202)), &begun))
	one := "/drafts/" + begun.ID
	shown := draftOf(t, c, token, one)
	if shown.Stage != draft.Checked || len(shown.Report.Run.Findings) != 1 || shown.Report.Changes[0].Login != "claire.martin" || shown.Report.More != 0 {
		t.Fatalf("shown is %+v", shown)
	}
	var rows api.DraftRows
	check(t, json.Unmarshal([]byte(c.try(t, token, "GET", one+"/rows", nil, 200)), &rows))
	if rows.Found != 1 || len(rows.Rows) != 1 || rows.Rows[0].Cells[1].Cell != "B3" || rows.Rows[0].Cells[1].Value != "?" || len(rows.Rows[0].Cells[1].Findings) != 1 {
		t.Fatalf("to mend is %+v", rows)
	}
	c.try(t, other, "GET", one, nil, 404)
	c.try(t, token, "POST", one+"/cells", object{"hash": held, "cells": object{"B3": "bob@acme.example"}}, 409)
	c.try(t, token, "POST", one+"/cells", object{"hash": shown.SHA256, "cells": object{"3B": "bob@acme.example"}}, 422)
	c.try(t, token, "POST", one+"/cells", object{"hash": shown.SHA256, "cells": object{"B3": "x", "B9": "nowhere"}}, 409)
	c.try(t, token, "POST", one+"/cells", object{"hash": shown.SHA256, "cells": object{"B3": "bob@acme.example"}}, 202)
	c.try(t, token, "POST", one+"/run", object{"hash": shown.SHA256}, 409)
	mended := draftOf(t, c, token, one)
	if mended.Mended != 1 || mended.SHA256 == shown.SHA256 || len(mended.Report.Run.Findings) != 0 {
		t.Fatalf("mended is %+v", mended)
	}
	c.try(t, token, "POST", one+"/run", object{"hash": mended.SHA256, "note": "of today"}, 202)
	ran := draftOf(t, c, token, one)
	r := ran.Report.Run
	if ran.Stage != draft.Ran || r.Flow != "payroll" {
		t.Errorf("ran is %+v", ran)
	}
	c.try(t, token, "POST", "/runs/"+r.ID+"/approve", object{"hash": shown.SHA256}, 409)
	c.try(t, token, "POST", "/runs/"+r.ID+"/approve", object{"hash": mended.SHA256}, 202)
	c.try(t, token, "POST", one+"/drop", object{}, 204)
	c.try(t, token, "GET", one, nil, 404)
	acts := make(map[audit.Act]int)
	for _, line := range s.onRecord(t) {
		acts[line.Act]++
	}
	if acts[audit.Upload] != 3 || acts[audit.Reveal] < 4 || acts[audit.Approve] != 1 {
		t.Errorf("on record are %v", acts)
	}
}

func draftOf(t *testing.T, c *contract, token, path string) (d api.Draft) {
	t.Helper()
	check(t, json.Unmarshal([]byte(c.try(t, token, "GET", path, nil, 200)), &d))
	if d.Report == nil {
		t.Fatalf("nothing is known of %+v", d)
	}
	return d
}

// onRecord are the last lines of the audit, the last first.
func (s *site) onRecord(t tb) []audit.Line {
	t.Helper()
	lines, err := s.store.Audit().Latest(context.Background(), 100)
	check(t, err)
	return lines
}

// TestAFileThatIsTooLargeIsNotKept: 200 MB are read to their end, so that the sender hears why, and
// are on record as refused.
func TestAFileThatIsTooLargeIsNotKept(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.token(t, "a", "os:anna", auth.Approver)
	for name, size := range map[string]int64{"announced": 200 << 20, "not announced": -1} {
		body := io.LimitReader(zeros{}, 200<<20)
		if size < 0 {
			body = io.LimitReader(zeros{}, draft.MaxBytes+1)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+api.Root+"/flows/payroll/files?name=users.csv", body)
		check(t, err)
		r.ContentLength = size
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/octet-stream")
		resp, err := s.Client().Do(r)
		check(t, err)
		got, err := io.ReadAll(resp.Body)
		check(t, err)
		resp.Body.Close()
		var p api.Problem
		if err := json.Unmarshal(got, &p); err != nil || resp.StatusCode != http.StatusRequestEntityTooLarge || p.Code != "too_large" || p.Hint == "" {
			t.Errorf("%s: %d %s %v", name, resp.StatusCode, got, err)
		}
		if line := s.onRecord(t)[0]; line.Act != audit.Refused || line.Flow != "payroll" || line.Note != "upload: too large" {
			t.Errorf("%s: on record is %+v", name, line)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// TestAPageNamesTheNext in a header too, which leads through all of a list and ends.
func TestAPageNamesTheNext(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	token := s.token(t, "v", "os:vera", auth.Viewer)
	want := make(map[string]bool)
	for range 5 {
		want[s.hold(t, "payroll", held)] = true
	}
	want[s.hold(t, "pair", held)] = false
	path := "/runs?flow=payroll&limit=2"
	pages := 0
	for ; path != ""; pages++ {
		_, resp, got := s.ask(t, token, "GET", path, nil)
		var list api.RunList
		check(t, json.Unmarshal(got, &list))
		for _, r := range list.Runs {
			if !want[r.ID] {
				t.Errorf("%s came again, or is none", r.ID)
			}
			want[r.ID] = false
		}
		link := resp.Header.Get("Link")
		if link == "" {
			break
		}
		next, ok := strings.CutPrefix(link, "<"+api.Root)
		if path, _, _ = strings.Cut(next, `>; rel="next"`); !ok || pages > 5 {
			t.Fatalf("the next page is %s", link)
		}
	}
	for id, left := range want {
		if left {
			t.Errorf("%s did not come", id)
		}
	}
}

// TestWhatIsBroughtIsNotReadTwice: a name that is no name, a flow that is none, a role that may not.
func TestWhatIsBroughtIsNotReadTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	approver, operator := s.token(t, "a", "os:anna", auth.Approver), s.token(t, "o", "os:otto", auth.Operator)
	for _, q := range []struct {
		token, path string
		status      int
	}{
		{approver, "/flows/payroll/files?name=..%2Fusers.csv", 409},
		{approver, "/flows/payroll/files", 422},
		{approver, "/flows/skillup/files?name=users.csv", 409},
		{approver, "/flows/none/files?name=users.csv", 404},
		{operator, "/flows/payroll/files?name=users.csv", 403},
	} {
		if _, resp, got := s.ask(t, q.token, "POST", q.path, bytes.Repeat([]byte("x"), 10)); resp.StatusCode != q.status {
			t.Errorf("%s: %d %s", q.path, resp.StatusCode, got)
		}
	}
}

// TestADryRunShowsWhatWouldBeDone, to whoever asked for it, and names only to whoever may see them.
func TestADryRunShowsWhatWouldBeDone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := newContract(t, s)
	operator, approver := s.token(t, "o", "os:otto", auth.Operator), s.token(t, "a", "os:anna", auth.Approver)
	ask := func(token string, in object) (d api.DryRun, text string) {
		var begun api.Brought
		check(t, json.Unmarshal([]byte(c.try(t, token, "POST", "/flows/payroll/dry-runs", in, 202)), &begun))
		text = c.try(t, token, "GET", "/dry-runs/"+begun.ID, nil, 200)
		check(t, json.Unmarshal([]byte(text), &d))
		return d, text
	}
	masked, text := ask(operator, object{})
	if !masked.Ended || masked.Report.Changes[0].Login != "c.m." || strings.Contains(text, secretValue) || strings.Contains(text, "claire") {
		t.Errorf("an operator sees %s", text)
	}
	shown, text := ask(approver, object{"who": "claire.martin"})
	if len(shown.Employees) != 1 || !strings.Contains(text, secretValue) {
		t.Errorf("an approver sees %s", text)
	}
	c.try(t, operator, "GET", "/dry-runs/"+shown.ID, nil, 404)
	lines := s.onRecord(t)
	if lines[0].Act != audit.Reveal || lines[1].Act != audit.DryRun || strings.Contains(lines[1].Note, "claire") {
		t.Errorf("on record are %+v", lines[:2])
	}
}
