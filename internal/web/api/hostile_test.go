package api_test

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/api"
	"lucca-exchange/internal/web/auth"
)

// hostile are words as a file, a partner or an ATS may send them.
var hostile = map[string]string{
	"markup": `<script>alert(1)</script>"onload=x`, "bidi": "users\u202ecsv.exe", "4 kB": strings.Repeat("Zoé ", 1024),
	"formula": `=HYPERLINK("https://evil.example";"x")`, "lines": "a\r\nSet-Cookie: x=1\x1b[2J\x00",
}

// TestWordsFromOutsideAreText: whatever a name, a header, a cell, a file's name or an ATS says, it
// comes as the same text in a document that no browser takes for a page: package web adds nosniff.
// A file is called so that no system and no reader is led astray.
func TestWordsFromOutsideAreText(t *testing.T) {
	t.Parallel()
	for name, words := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			c := newContract(t, s)
			token := s.token(t, "a", "os:anna", auth.Approver)
			s.plan.Items[0].Login, s.plan.Items[0].Set = words, plan.SetOf(map[string]plan.Change{"jobTitle": {From: words, To: words}})
			id := s.hold(t, "payroll", held)
			kept := s.keepFile(t, words)
			s.candidate(t, words)
			text := c.try(t, token, "POST", "/runs/"+id+"/plan/search", object{}, 200)
			var page api.PlanPage
			check(t, json.Unmarshal([]byte(text), &page))
			if item := page.Plan.Items[0]; item.Login != words || item.Set["jobTitle"].To != words {
				t.Errorf("a plan says %.200q", text)
			}
			for _, path := range []string{"/runs/" + kept, "/runs/" + kept + "/findings", "/runs/" + kept + "/files", "/hires", "/inbox", "/flows"} {
				text := c.try(t, token, "GET", path, nil, 200)
				if strings.ContainsAny(text, "\r\x00\x1b") {
					t.Errorf("%s has signs of a terminal: %.300q", path, text)
				}
				_, resp, _ := s.ask(t, token, "GET", path, nil)
				if kind := resp.Header.Get("Content-Type"); kind != "application/json" {
					t.Errorf("%s is %q", path, kind)
				}
			}
			s.checkDownload(t, token, kept, words)
		})
	}
}

// keepFile is a run that sent a file of such a name, with findings that say such words.
func (s *site) keepFile(t *testing.T, words string) string {
	t.Helper()
	ctx, at := context.Background(), time.Now()
	r := state.Record{Run: run.Run{ID: run.NewID(at), Flow: "skillup", Kind: run.Export, StartedAt: at}}
	_, err := s.store.Runs().Begin(ctx, r)
	check(t, err)
	called := strings.Map(func(c rune) rune {
		if c == '/' || c == 0 {
			return -1 // no system has it
		}
		return c
	}, words)
	called = called[:min(len(called), 200)] + ".csv"
	r.Outcome, r.Reason, r.FinishedAt, r.File = run.Done, words, at.Add(time.Second), &run.File{Name: called, Bytes: 7, SHA256: held}
	r.Findings = []finding.Finding{{Severity: finding.Warning, Code: "x", Row: 2, Column: words, Message: words}}
	check(t, s.store.Runs().Finish(ctx, r))
	check(t, os.MkdirAll(filepath.Join(s.config.Spool, r.ID), 0o700))
	check(t, os.WriteFile(filepath.Join(s.config.Spool, r.ID, called), []byte("a;b\n1;2"), 0o600))
	return r.ID
}

// candidate is one whom an ATS calls so.
func (s *site) candidate(t *testing.T, words string) {
	t.Helper()
	data, err := json.Marshal(map[string]any{"event": hire.Event{Source: "generic", ExternalID: "R-1", FirstName: words, LastName: words, JobTitle: words}})
	check(t, err)
	at := time.Now()
	_, err = s.store.HireBook().AddHires(t.Context(), []state.Hire{{Flow: "ats", Source: "generic", EventID: "R-1", State: state.HireRefused, Reason: words, Received: at, Updated: at, Data: data}})
	check(t, err)
}

// checkDownload looks at how a file comes, and what it wants to be called.
func (s *site) checkDownload(t *testing.T, token, id, words string) {
	t.Helper()
	_, resp, got := s.ask(t, token, http.MethodPost, "/runs/"+id+"/files/sent", object{})
	h := resp.Header
	way, values, err := mime.ParseMediaType(h.Get("Content-Disposition"))
	name := values["filename"]
	if resp.StatusCode != http.StatusOK || string(got) != "a;b\n1;2" || h.Get("Content-Type") != "application/octet-stream" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Set-Cookie") != "" {
		t.Errorf("%d %v %q", resp.StatusCode, h, got)
	}
	if err != nil || way != "attachment" || strings.ContainsAny(name, "<>\"/\\\r\n\x1b\u202e") || !strings.HasSuffix(name, ".csv") || len([]rune(name)) > 200 {
		t.Errorf("%.40q is called %q, %v", words, name, err)
	}
}
