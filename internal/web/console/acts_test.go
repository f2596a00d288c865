package console_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/acts"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/console"
)

// siteActs are the acts of a site: those of the daemon, but that decisions and starts are only noted.
type siteActs struct{ *site }

var _ console.Acts = siteActs{}

func (s siteActs) acts() acts.Acts {
	return acts.Acts{Config: s.config, Store: s.store, Logger: slog.New(slog.DiscardHandler), Inspector: s.inspector(), Runs: runsOfNothing{s.store}}
}

func (s siteActs) Decide(ctx context.Context, d console.Decision) error {
	s.decisions = append(s.decisions, d)
	return s.store.Audit().Append(ctx, d.By)
}

func (s siteActs) Start(ctx context.Context, flow string, by audit.Entry) error {
	s.started = append(s.started, flow)
	return s.store.Audit().Append(ctx, by)
}

func (s siteActs) Pause(ctx context.Context, flow string, until time.Time, by audit.Entry) error {
	return s.acts().Pause(ctx, flow, until, by)
}

func (s siteActs) Resume(ctx context.Context, flow string, by audit.Entry) error {
	return s.acts().Resume(ctx, flow, by)
}

func (s siteActs) Cancel(ctx context.Context, run string, by audit.Entry) error {
	_, err := s.acts().Cancel(ctx, run, by)
	return err
}

func (s siteActs) Resend(ctx context.Context, run string, by audit.Entry) (string, error) {
	r, err := s.acts().Resend(ctx, run, by)
	return r.Run.ID, err
}

func (s siteActs) Download(ctx context.Context, run string, kind inspect.KeptKind, by audit.Entry) (inspect.KeptFile, error) {
	return s.acts().Download(ctx, run, kind, by)
}

// runsOfNothing come to an end at once.
type runsOfNothing struct{ store *state.Store }

func (r runsOfNothing) CarryOut(ctx context.Context, record state.Record) (flow.Report, error) {
	record.Outcome, record.FinishedAt = run.Done, time.Now()
	return flow.Report{Run: record}, r.store.Runs().Finish(ctx, record)
}

func (r runsOfNothing) Resendable(context.Context, state.Record) error { return nil }

func (r runsOfNothing) Resend(ctx context.Context, record, _ state.Record) (flow.Report, error) {
	return r.CarryOut(ctx, record)
}

// Employs knows those with an id of three digits.
func (r runsOfNothing) Employs(_ context.Context, _ string, employee int) (bool, error) {
	return employee > 99 && employee < 1000, nil
}

func (r runsOfNothing) Inbox(string) inbox.Inbox { return inbox.Inbox{} }

// lastAct is the newest line of the audit, but for what somebody only looked at.
func (s *site) lastAct(t *testing.T) audit.Line {
	t.Helper()
	lines, err := s.store.Audit().Latest(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(lines, func(l audit.Line) bool { return l.Act != audit.Reveal })
	if at < 0 {
		t.Fatalf("on record are %+v", lines)
	}
	return lines[at]
}

// TestFlowsArePausedAndResumed by those who operate, with their reason; who may not is told so, on
// record.
func TestFlowsArePausedAndResumed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	form := url.Values{"note": {"the partner moves"}, "until": {time.Now().Add(48 * time.Hour).Format("2006-01-02T15:04")}}
	if p := s.signedIn(t, "vera").post("/pause/skillup", form); p.status != http.StatusForbidden || !strings.Contains(p.text, "Your role does not allow that") {
		t.Errorf("a viewer: %d", p.status)
	}
	if l := s.lastAct(t); l.Act != audit.Refused || l.Note != "pause: forbidden" || l.Who != "vera" || l.Flow != "skillup" {
		t.Errorf("on record is %+v", l)
	}
	b := s.signedIn(t, "otto")
	if p := b.post("/pause/skillup", url.Values{"until": {"tomorrow"}}); p.status != http.StatusBadRequest || !strings.Contains(p.text, "no day and time") {
		t.Errorf("until tomorrow: %d", p.status)
	}
	if p := b.post("/pause/skillup", url.Values{"until": {"2020-01-01T00:00"}}); p.status != http.StatusConflict || !strings.Contains(p.text, "is over already") {
		t.Errorf("until 2020: %d\n%s", p.status, p.text)
	}
	if p := b.post("/pause/skillup", form); p.status != http.StatusOK || p.path != "/flows/skillup" {
		t.Fatalf("paused: %d at %s", p.status, p.path)
	}
	if l := s.lastAct(t); l.Act != audit.Pause || l.Who != "otto" || !strings.HasSuffix(l.Note, ": the partner moves") {
		t.Errorf("on record is %+v", l)
	}
	if p := b.post("/resume/skillup", nil); p.status != http.StatusOK || s.lastAct(t).Act != audit.Resume {
		t.Errorf("resumed: %d", p.status)
	}
	if p := b.post("/resume/skillup", nil); p.status != http.StatusConflict || !strings.Contains(p.text, "is not paused") {
		t.Errorf("resumed twice: %d", p.status)
	}
}

// TestRunsAreCanceled while they are at work, and never after.
func TestRunsAreCanceled(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	at := time.Now().UTC()
	working := state.Record{Run: run.Run{ID: run.NewID(at), Flow: "payroll", Kind: run.Import, StartedAt: at}}
	if _, err := s.store.Runs().Begin(t.Context(), working); err != nil {
		t.Fatal(err)
	}
	page := "/runs/" + working.ID
	if p := s.signedIn(t, "vera"); strings.Contains(p.get(page).text, "/cancel") || p.post(page+"/cancel", nil).status != http.StatusForbidden {
		t.Error("a viewer may cancel")
	}
	b := s.signedIn(t, "otto")
	if !strings.Contains(b.get(page).text, page+"/cancel") {
		t.Error("the page does not offer to cancel")
	}
	if p := b.post(page+"/cancel", url.Values{"note": {"wrong file"}}); p.status != http.StatusOK || s.lastAct(t).Act != audit.Cancel || s.lastAct(t).Note != "wrong file" {
		t.Errorf("canceled: %d %+v", p.status, s.lastAct(t))
	}
	working.Outcome, working.FinishedAt = run.Done, time.Now()
	if err := s.store.Runs().Finish(t.Context(), working); err != nil {
		t.Fatal(err)
	}
	if p := b.post(page+"/cancel", nil); p.status != http.StatusConflict || !strings.Contains(p.text, "has ended meanwhile") || s.lastAct(t).Act != audit.Refused {
		t.Errorf("after the end: %d %+v", p.status, s.lastAct(t))
	}
}

// TestAFileIsSentAgain once it is confirmed, if it is the last one.
func TestAFileIsSentAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, "otto")
	flowPage := b.get("/flows/skillup").text
	_, rest, found := strings.Cut(flowPage, `<a class="button" href="/runs/`)
	id, _, _ := strings.Cut(rest, "/resend")
	if !found {
		t.Fatal("the flow's page does not offer it")
	}
	if p := b.get("/runs/" + id + "/resend"); p.status != http.StatusOK || !strings.Contains(p.text, "skillup_20261128.csv") {
		t.Errorf("it is not asked for: %d", p.status)
	}
	if p := s.signedIn(t, "vera").post("/runs/"+id+"/resend", nil); p.status != http.StatusForbidden {
		t.Errorf("a viewer: %d", p.status)
	}
	p := b.post("/runs/"+id+"/resend", url.Values{"note": {"they lost it"}})
	if l := s.lastAct(t); p.status != http.StatusOK || p.path == "/runs/"+id || l.Act != audit.Resend || l.Run != id || !strings.HasSuffix(l.Note, "they lost it") {
		t.Errorf("sent again: %d at %s, %+v", p.status, p.path, l)
	}
	if p := b.get("/runs/" + s.held + "/resend"); p.status != http.StatusNotFound {
		t.Errorf("an import: %d", p.status)
	}
}

// TestFilesAreTakenOut by those who see values, on record, as files that nothing runs.
func TestFilesAreTakenOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	content := "login;jobTitle\r\na;=HYPERLINK(\"https://evil.example\")\r\n"
	folder := filepath.Join(s.config.Spool, s.held)
	for _, name := range []string{filepath.Join("incoming", s.file), "report.csv"} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	page := "/runs/" + s.held
	for name, want := range map[string]int{"vera": 403, "otto": 403, "anna": 200} {
		b := s.signedIn(t, name)
		if offers := strings.Contains(b.get(page).text, page+"/files/read"); offers != (want == 200) {
			t.Errorf("%s: the page offers it: %t", name, offers)
		}
		p := b.post(page+"/files/read", nil)
		if p.status != want {
			t.Errorf("%s: %d", name, p.status)
		}
		if l := s.lastAct(t); l.Who != name || (l.Act == audit.Download) != (want == 200) || l.Run != s.held {
			t.Errorf("%s: on record is %+v", name, l)
		}
		if want != 200 {
			continue
		}
		disposition := p.header.Get("Content-Disposition")
		if p.text != content || p.header.Get("Content-Type") != "application/octet-stream" || p.header.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.HasPrefix(disposition, "attachment;") || strings.ContainsAny(disposition, "<>\u202e") || !strings.Contains(disposition, ".txt") {
			t.Errorf("%v\n%q", p.header, p.text)
		}
		if p := b.post(page+"/files/report", nil); !strings.Contains(p.header.Get("Content-Disposition"), ".report.csv") {
			t.Errorf("the report is %v", p.header)
		}
		if p := b.post(page+"/files/sent", nil); p.status != http.StatusConflict || !strings.Contains(p.text, "keeps no such file") {
			t.Errorf("a file that there is not: %d", p.status)
		}
	}
}

func (s siteActs) DecideHire(ctx context.Context, d inspect.HireDecision) (inspect.Hire, error) {
	return acts.DecideHire(ctx, s.acts(), d)
}

// TestCandidatesAreDecidedOn as they were seen, by those who may: linked with somebody whom Lucca
// knows, completed, tried again or dropped.
func TestCandidatesAreDecidedOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, "anna")
	seen := func(id string) string {
		t.Helper()
		_, form, _ := strings.Cut(b.get("/hires").text, `action="/hires/`+id+`"`)
		_, value, found := strings.Cut(form, `name="seen" value="`)
		if !found {
			t.Fatalf("nothing is to be decided on hire %s", id)
		}
		value, _, _ = strings.Cut(value, `"`)
		return value
	}
	for name, may := range map[string]bool{"vera": false, "otto": false, "anna": true} {
		other := s.signedIn(t, name)
		text := other.get("/hires").text
		if strings.Contains(text, "zoe@mail.example") != may || strings.Contains(text, "Kermadec") != may || strings.Contains(text, `value="drop"`) != may {
			t.Errorf("%s: %s", name, text)
		}
		if p := other.post("/hires/"+s.heldHire, url.Values{"decision": {"drop"}}); !may && (p.status != http.StatusForbidden || s.lastAct(t).Note != "hire_drop: forbidden") {
			t.Errorf("%s drops: %d, %+v", name, p.status, s.lastAct(t))
		}
	}
	stale := url.Values{"decision": {"drop"}, "seen": {time.Now().Add(-time.Hour).Format(time.RFC3339Nano)}}
	if p := b.post("/hires/"+s.heldHire, stale); p.status != http.StatusConflict || !strings.Contains(p.text, "has changed since") || s.lastAct(t).Act != audit.Refused {
		t.Errorf("as it was not seen: %d", p.status)
	}
	unknown := url.Values{"decision": {"link"}, "seen": {seen(s.heldHire)}, "employee": {"12"}}
	if p := b.post("/hires/"+s.heldHire, unknown); p.status != http.StatusConflict || !strings.Contains(p.text, "Lucca has no employee 12") {
		t.Errorf("linked with nobody: %d\n%s", p.status, p.text)
	}
	unknown.Set("employee", "104")
	if p := b.post("/hires/"+s.heldHire, unknown); p.status != http.StatusOK || s.lastAct(t).Act != audit.LinkHire || !strings.Contains(s.lastAct(t).Note, "employee 104") {
		t.Errorf("linked: %d, %+v", p.status, s.lastAct(t))
	}
	if p := b.post("/hires/"+s.heldHire, unknown); p.status != http.StatusConflict || !strings.Contains(p.text, "does not wait") {
		t.Errorf("linked twice: %d", p.status)
	}
	fill := url.Values{"decision": {"fill"}, "seen": {seen(s.refusedHire)}, "field_department": {"Conseil"}, "field_mail": {"zoe@mail.example"}}
	if p := b.post("/hires/"+s.refusedHire, fill); p.status != http.StatusOK || s.lastAct(t).Act != audit.FillHire || s.lastAct(t).Note != "hire "+s.refusedHire+": filled in department" {
		t.Errorf("completed: %d, %+v", p.status, s.lastAct(t))
	}
	h, err := s.store.HireBook().Hire(t.Context(), s.refusedHire)
	if err != nil || h.State != state.HireReceived {
		t.Errorf("%+v %v", h, err)
	}
}

// TestTheAuditIsFilteredAndExported for administrators, which is on record itself.
func TestTheAuditIsFilteredAndExported(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.signedIn(t, "otto").post("/pause/skillup", nil)
	b := s.signedIn(t, "adam")
	if p := b.get("/audit?act=pause"); !strings.Contains(p.text, "paused a flow</td>") || strings.Contains(p.text, "signed in</td>") {
		t.Errorf("filtered by act: %s", p.text)
	}
	if p := b.get("/audit?who=nobody"); !strings.Contains(p.text, "no such line") {
		t.Errorf("by nobody: %s", p.text)
	}
	p := b.post("/audit/export", url.Values{"act": {"pause"}})
	if strings.Count(p.text, "\n") != 1 || !strings.Contains(p.text, `"act":"pause"`) || !strings.Contains(p.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("exported: %v\n%s", p.header, p.text)
	}
	if l := s.lastAct(t); l.Act != audit.Download || l.Note != "audit" || l.Who != "adam" {
		t.Errorf("on record is %+v", l)
	}
	if p := s.signedIn(t, "anna").post("/audit/export", nil); p.status != http.StatusForbidden || s.lastAct(t).Note != "audit: forbidden" {
		t.Errorf("an approver: %d, %+v", p.status, s.lastAct(t))
	}
}

// TestAnEndedSessionSaysThatNothingWasDone, and leads back to the page.
func TestAnEndedSessionSaysThatNothingWasDone(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	p := b.post("/runs/"+s.held+"/decision", url.Values{"decision": {"approve"}, "hash": {"x"}})
	if !strings.HasPrefix(p.path, "/signin?") || !strings.Contains(p.text, "Your session has ended") || len(s.decisions) > 0 {
		t.Errorf("at %s, decided %v\n%s", p.path, s.decisions, p.text)
	}
	if p = b.post("/signin", url.Values{"name": {"anna"}, "password": {"anna"}, "to": {"/runs/" + s.held}}); p.path != "/runs/"+s.held {
		t.Errorf("signed in again: at %s", p.path)
	}
	if p := s.browser(t).post("/pause/skillup", nil); !strings.HasPrefix(p.path, "/signin?ended=yes") {
		t.Errorf("at %s", p.path)
	}
}
