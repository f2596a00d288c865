package console_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/draft"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// background does work at once.
func (s *site) background(ctx context.Context, work func(ctx context.Context)) { work(ctx) }

// desk has drafts, in which only the mail "nowhere" is wrong, and whose runs are done at once.
func (s *site) desk() *draft.Desk {
	return draft.NewDesk(draft.Options{Background: s.background, Logger: slog.New(slog.DiscardHandler), Instance: func() draft.Instance {
		return draft.Instance{Config: s.config, Store: s.store.Drafts(), Record: s.store.Audit().Append, Run: s.bring}
	}})
}

// keepDraft has a file that waits for adam, whose cells and header are hostile.
func (s *site) keepDraft(t *testing.T) {
	t.Helper()
	text := "login;mail;\"" + strings.ReplaceAll(hostile, `"`, `""`) + "\"\r\nada;ada@acme.example;x\r\nbob;nowhere;\"" + strings.ReplaceAll(hostile, `"`, `""`) + "\"\r\n"
	id, err := s.drafts.Bring(t.Context(), "users.csv", strings.NewReader(text), audit.Entry{At: time.Now(), Who: "adam", Act: audit.Upload, Flow: "payroll"})
	if err != nil {
		t.Fatal(err)
	}
	s.draft = "/files/" + id
}

func (s *site) bring(ctx context.Context, name string, q flow.Request) (flow.Report, error) {
	content, err := os.ReadFile(q.File)
	if err != nil {
		return flow.Report{}, err
	}
	at := time.Now().UTC()
	r := state.Record{Run: run.Run{ID: run.NewID(at), Flow: name, Kind: run.Import, StartedAt: at, Result: run.Result{Outcome: run.Done, Rows: &run.Rows{Read: 2}, Changes: &run.Changes{Update: 2}}}}
	if bytes.Contains(content, []byte("busy")) {
		return flow.Report{}, state.ErrBusy
	}
	if bytes.Contains(content, []byte("nowhere")) {
		r.Outcome, r.Rows.Rejected = run.Rejections, 1
		r.Findings = []finding.Finding{{Severity: finding.Error, Code: "bad_mail", Row: 3, Column: "mail", Cell: "B3", Message: "is no e-mail address"}, {Severity: finding.Warning, Code: "manager_left", Row: 2, Message: "the manager has left"}}
	}
	p := &plan.Plan{Items: []plan.Item{{Row: 2, Action: plan.Update, EmployeeID: 7, Login: hostile, Set: plan.SetOf(map[string]plan.Change{"jobTitle": {From: "x", To: hostile}})}}}
	if q.DryRun {
		return flow.Report{Run: r, Plan: p}, nil
	}
	if s.brought = string(content); q.By.Act == "" {
		return flow.Report{}, errors.New("nobody brought it")
	}
	q.By.Run = r.ID
	if _, err := s.store.Runs().Begin(ctx, r, q.By); err != nil {
		return flow.Report{}, err
	}
	return flow.Report{Run: r}, s.store.Runs().Finish(ctx, r)
}

// probes are of one connection that works and one that does not.
func probes(context.Context) []inspect.Probe {
	return []inspect.Probe{
		{Name: "lucca", OK: true, Address: "https://acme.ilucca.net", Message: "reads 3 employees", Warnings: []string{hostile}, Facts: &lucca.Facts{Roles: []inspect.Fact{{ID: 1, Label: hostile}}}},
		{Name: "drop", Banner: hostile, Message: "the password was refused: it may be wrong, or have expired"},
	}
}

// upload sends a file of so many bytes as the form of the page does.
func (b *browser) upload(flow, name string, content io.Reader, size int) answer {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("flow", flow)
	if _, err := form.CreateFormFile("file", name); err != nil {
		b.t.Fatal(err)
	}
	end := "\r\n--" + form.Boundary() + "--\r\n"
	length := body.Len() + size + len(end)
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.site.URL+"/files", io.MultiReader(&body, content, strings.NewReader(end)))
	if err != nil {
		b.t.Fatal(err)
	}
	r.ContentLength = int64(length)
	r.Header.Set("Content-Type", form.FormDataContentType())
	resp, err := b.Do(r)
	return b.read(resp, err)
}

// bring uploads a text.
func (b *browser) bring(flow, name, content string) answer {
	b.t.Helper()
	return b.upload(flow, name, strings.NewReader(content), len(content))
}

const userFile = "login;mail;jobTitle\r\nada;ada@acme.example;x\r\nbob;nowhere;=1+1\r\n"

// TestAFileIsBroughtMendedAndRun by somebody who decides, on record at each step, and never by
// another, or otherwise than as it was shown.
func TestAFileIsBroughtMendedAndRun(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if p := s.signedIn(t, "otto").bring("payroll", "users.csv", userFile); p.status != http.StatusForbidden || s.lastAct(t).Note != "upload: forbidden" {
		t.Errorf("an operator: %d, %+v", p.status, s.lastAct(t))
	}
	b := s.signedIn(t, "anna")
	p := b.bring("payroll", `C:\Users\anna\users.csv`, userFile)
	first := s.lastAct(t)
	if p.status != http.StatusOK || !strings.HasPrefix(p.path, "/files/") || first.Act != audit.Upload || first.Hash == "" {
		t.Fatalf("brought: %d at %s, %+v\n%s", p.status, p.path, first, p.text)
	}
	if !strings.Contains(p.text, `name="cell_3_1" value="nowhere"`) || strings.Contains(p.text, `name="cell_2_1"`) || !strings.Contains(p.text, "users.csv") {
		t.Errorf("the faulty cell is not to be mended\n%s", p.text)
	}
	if row := b.get(p.path + "?row=2"); !strings.Contains(row.text, `name="cell_2_1" value="ada@acme.example"`) {
		t.Errorf("a row alone\n%s", row.text)
	}
	if o := s.signedIn(t, "adam").get(p.path); o.status != http.StatusNotFound || !strings.Contains(o.text, "no longer here") {
		t.Errorf("somebody else: %d", o.status)
	}
	hash := func(text string) string {
		return regexp.MustCompile(`name="hash" value="([0-9a-f]{64})"`).FindStringSubmatch(text)[1]
	}
	old := hash(p.text)
	unsaved := b.post(p.path+"/run", url.Values{"hash": {old}, "cell_3_1": {"elsewhere"}, "was_cell_3_1": {"nowhere"}})
	if unsaved.path != p.path || s.brought != "" || !strings.Contains(unsaved.text, "One cell was mended here") {
		t.Errorf("what was typed and not saved: at %s, ran %q\n%s", unsaved.path, s.brought, unsaved.text)
	}
	old = hash(unsaved.text)
	mended := b.post(p.path+"/cells", url.Values{"hash": {old}, "cell_3_1": {"bob@acme.example"}, "was_cell_3_1": {"elsewhere"}, "cell_3_0": {"bob"}, "was_cell_3_0": {"bob"}})
	if l := s.lastAct(t); mended.status != http.StatusOK || l.Note != "cells mended: 1" || l.Hash == old || strings.Contains(mended.text, `name="cell_3_1"`) {
		t.Errorf("mended: %d, %+v\n%s", mended.status, l, mended.text)
	}
	if stale := b.post(p.path+"/run", url.Values{"hash": {old}}); stale.status != http.StatusConflict || !strings.Contains(stale.text, "has changed since") {
		t.Errorf("as it was before: %d", stale.status)
	}
	ran := b.post(p.path+"/run", url.Values{"hash": {hash(mended.text)}, "note": {"for payroll"}})
	if l := s.lastAct(t); !strings.HasPrefix(ran.path, "/runs/") || l.Act != audit.Upload || l.Note != "for payroll" || !strings.Contains(ran.path, l.Run) || l.Run == "" {
		t.Errorf("run: %d at %s, %+v", ran.status, ran.path, l)
	}
	if !strings.Contains(s.brought, "bob;bob@acme.example;'=1+1") {
		t.Errorf("what ran is\n%s", s.brought)
	}
	left, err := os.ReadDir(s.config.Spool)
	if err != nil || len(left) != 0 { // they are in the state

		t.Errorf("left are %v, %v", left, err)
	}
}

// TestFilesThatCannotBeTaken are refused with a page that says why, also one of 200 MB, and none
// is kept.
func TestFilesThatCannotBeTaken(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, "anna")
	for what, c := range map[string]struct {
		answer func() answer
		status int
		says   string
	}{
		"no file":        {func() answer { return b.post("/files", url.Values{"flow": {"payroll"}}) }, http.StatusBadRequest, "No file came"},
		"an export":      {func() answer { return b.bring("skillup", "users.csv", userFile) }, http.StatusConflict, "is no import"},
		"no such flow":   {func() answer { return b.bring("nowhere", "users.csv", userFile) }, http.StatusConflict, "Nothing was done"},
		"no name":        {func() answer { return b.bring("payroll", "..", userFile) }, http.StatusConflict, "call it users.csv"},
		"a foreign id":   {func() answer { return b.get("/files/ABC") }, http.StatusNotFound, "no longer here"},
		"a flow at work": {func() answer { return b.bring("payroll", "users.csv", "busy") }, http.StatusOK, "Nothing of this file can be used"},
		"200 MB":         {func() answer { return b.upload("payroll", "users.csv", io.LimitReader(zeros{}, 200<<20), 200<<20) }, http.StatusRequestEntityTooLarge, "32 MB at most"},
	} {
		if p := c.answer(); p.status != c.status || !strings.Contains(p.text, c.says) {
			t.Errorf("%s: %d\n%s", what, p.status, p.text)
		}
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// TestConnectionsAreTried by those who operate; everybody sees the answers.
func TestConnectionsAreTried(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	viewer := s.signedIn(t, "vera")
	if p := viewer.post("/check", nil); p.status != http.StatusForbidden {
		t.Errorf("a viewer: %d", p.status)
	}
	if p := s.signedIn(t, "otto").post("/check", nil); p.status != http.StatusOK || !strings.Contains(p.text, "password was refused") {
		t.Errorf("an operator: %d\n%s", p.status, p.text)
	}
	if p := viewer.get("/check"); !strings.Contains(p.text, "reads 3 employees") {
		t.Errorf("the answers: %d", p.status)
	}
}
