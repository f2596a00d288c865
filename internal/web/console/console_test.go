package console_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/draft"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/auth"
	"lucca-exchange/internal/web/console"
)

// site is a console with three users, each of whose password is their name.
type site struct {
	*httptest.Server
	store  *state.Store
	config *config.Config
	// held is a run that waits, with its plan; decisions and started are what pages asked for.
	held, file string
	// heldHire and refusedHire are candidates who wait.
	heldHire, refusedHire string
	plan                  *plan.Plan
	people                []explain.Person
	decisions             []console.Decision
	started               []string
	// brought is the file that ran last.
	brought string
	// draft is the page of a file that waits.
	draft  string
	drafts *draft.Desk
	// dryRuns are those of the flows, of which rehearsal says what comes of them.
	dryRuns   *draft.DryRuns
	rehearsal func(name string, q flow.Request) (flow.Report, error)
	// looks counts what was answered.
	looks atomic.Int64
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := emptySite(t)
	s.fill(t)
	return s
}

// emptySite is one of flows that have never run.
func emptySite(t *testing.T) *site {
	t.Helper()
	store, err := state.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "exchange.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	users := make(map[string]auth.User)
	for name, role := range map[string]auth.Role{"vera": auth.Viewer, "otto": auth.Operator, "anna": auth.Approver, "adam": auth.Admin} {
		hash, err := bcrypt.GenerateFromPassword([]byte(name), bcrypt.MinCost)
		if err != nil {
			t.Fatal(err)
		}
		users[name] = auth.User{PasswordHash: string(hash), Role: role}
	}
	accounts, err := auth.New(auth.Config{Users: users}, store.Accounts())
	if err != nil {
		t.Fatal(err)
	}
	texts := message.Load()
	s := &site{store: store, config: exampleConfig(t)}
	s.drafts, s.dryRuns, s.rehearsal = s.desk(), s.dryRunner(), rehearsed
	c, err := console.New(console.Options{
		Accounts: accounts, Texts: texts, Language: message.English, Zone: time.UTC, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Inspector: s.inspector, Audit: store.Audit, Acts: siteActs{s},
		Drafts: s.drafts, DryRuns: s.dryRuns, Background: s.background, Probe: probes,
	})
	if err != nil {
		t.Fatal(err)
	}
	pages := http.NewCrossOriginProtection().Handler(c.Handler())
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pages.ServeHTTP(w, r)
		s.looks.Add(1)
	}))
	t.Cleanup(s.Close)
	return s
}

// browser is one with cookies and without JavaScript.
type browser struct {
	t    *testing.T
	site *site
	*http.Client
}

func (s *site) browser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, s, &http.Client{Jar: jar}}
}

func (s *site) signedIn(t *testing.T, name string) *browser {
	t.Helper()
	b := s.browser(t)
	if p := b.post("/signin", url.Values{"name": {name}, "password": {name}, "to": {"/me"}}); p.status != http.StatusOK {
		t.Fatalf("%s signed in: %d\n%s", name, p.status, p.text)
	}
	return b
}

// answer is a page, and where the browser is now.
type answer struct {
	status int
	path   string
	header http.Header
	text   string
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	resp, err := b.Get(b.site.URL + path)
	return b.read(resp, err)
}

func (b *browser) post(path string, form url.Values) answer {
	b.t.Helper()
	resp, err := b.PostForm(b.site.URL+path, form)
	return b.read(resp, err)
}

func (b *browser) read(resp *http.Response, err error) answer {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Request.URL.RequestURI(), resp.Header, string(text)}
}

// TestSigningInLeadsBack to the page that was asked for, and to no other site.
func TestSigningInLeadsBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	p := b.get("/me?from=mail")
	if p.path != "/signin?to=%2Fme%3Ffrom%3Dmail" || !strings.Contains(p.text, `value="/me?from=mail"`) {
		t.Fatalf("a stranger is at %s\n%s", p.path, p.text)
	}
	if p = b.post("/signin", url.Values{"name": {"anna"}, "password": {"wrong"}, "to": {"/me?from=mail"}}); p.status != 403 || !strings.Contains(p.text, "do not belong together") || strings.Contains(p.text, "wrong\"") {
		t.Errorf("a wrong password: %d\n%s", p.status, p.text)
	}
	if p = b.post("/signin", url.Values{"name": {"anna"}, "password": {"anna"}, "to": {"/me?from=mail"}}); p.status != 200 || p.path != "/me?from=mail" {
		t.Errorf("signed in: %d at %s", p.status, p.path)
	}
	for _, to := range []string{"https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/signout", "x"} {
		if p = b.post("/signin", url.Values{"name": {"anna"}, "password": {"anna"}, "to": {to}}); p.path != "/" {
			t.Errorf("%q led to %s", to, p.path)
		}
	}
	if p = b.post("/signout", nil); p.path != "/signin" {
		t.Errorf("signed out: at %s", p.path)
	}
	if p = b.get("/me"); !strings.HasPrefix(p.path, "/signin") {
		t.Errorf("after signing out: at %s", p.path)
	}
}

// TestPagesAreInert: nothing of a page may run but what the program serves, and no other site
// may frame it, refer to it, or make a browser post to it.
func TestPagesAreInert(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, "anna")
	inline := regexp.MustCompile(`(?i)<script(?:>| [^>]*>[^<])|<style|\sstyle=|\son[a-z]+=`)
	for _, path := range []string{"/signin", "/me", "/no-such-page"} {
		p := b.get(path)
		if p.header.Get("Content-Security-Policy") != console.Policy || strings.Contains(console.Policy, "unsafe") {
			t.Errorf("%s: policy %q", path, p.header.Get("Content-Security-Policy"))
		}
		if found := inline.FindString(p.text); found != "" {
			t.Errorf("%s: %q would need an unsafe policy", path, found)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/signout", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "https://evil.example")
	resp, err := b.Do(r)
	if p := b.read(resp, err); p.status != http.StatusForbidden {
		t.Errorf("another site's form: %d", p.status)
	}
}

// TestWordsFromOutsideAreText wherever they stand.
func TestWordsFromOutsideAreText(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, "adam")
	shown := 0
	for _, path := range s.pages() {
		p := b.get(path)
		if strings.Contains(p.text, "<script") || strings.Contains(p.text, `"onload=`) {
			t.Errorf("%s has markup from outside", path)
		}
		for _, input := range regexp.MustCompile(` value="[^"]*"`).FindAllString(p.text, -1) {
			p.text = strings.ReplaceAll(p.text, input, "")
		}
		if strings.ContainsRune(p.text, '\u202e') {
			t.Errorf("%s has a line that is turned round", path)
		}
		shown += strings.Count(p.text, "&lt;script&gt;alert(1)")
	}
	if shown == 0 {
		t.Error("no page shows what it is about")
	}
}

// TestDecisionsAreForThoseWhoMay, about what they saw, with their name and note.
func TestDecisionsAreForThoseWhoMay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	page := "/runs/" + s.held
	form := url.Values{"decision": {"approve"}, "hash": {strings.Repeat("9f86d081", 8)}, "note": {"seen"}}
	for name, want := range map[string]int{"vera": 403, "otto": 403, "anna": 200, "adam": 200} {
		b := s.signedIn(t, name)
		s.decisions = nil
		p := b.post(page+"/decision", form)
		if p.status != want || (len(s.decisions) == 1) != (want == 200) {
			t.Errorf("%s: %d, decided %+v", name, p.status, s.decisions)
			continue
		}
		if shows := strings.Contains(b.get(page).text, `name="decision"`); shows != (want == 200) {
			t.Errorf("%s: the page offers to decide: %t", name, shows)
		}
		if want != 200 {
			continue
		}
		if d := s.decisions[0]; d.Run != s.held || d.Hash != form.Get("hash") || !d.Approve || d.By.Who != name || d.By.Note != "seen" || d.By.Act != audit.Approve || d.By.From != "127.0.0.1" {
			t.Errorf("%s decided %+v", name, d)
		}
	}
	form.Set("decision", "reject")
	s.decisions = nil
	if s.signedIn(t, "anna").post(page+"/decision", form); len(s.decisions) != 1 || s.decisions[0].Approve || s.decisions[0].By.Act != audit.Reject {
		t.Errorf("rejected: %+v", s.decisions)
	}
}

// TestWhoHasApprovedIsShown where two people have to: on the run, on the plan, and to the second one.
func TestWhoHasApprovedIsShown(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	f := s.config.Flows["payroll"]
	f.Approvals = 2
	s.config.Flows["payroll"] = f
	act := audit.Entry{At: time.Now(), Who: "anna", Role: "approver", From: "127.0.0.1", Act: audit.Approve, Flow: "payroll", Run: s.held, Hash: strings.Repeat("9f86d081", 8)}
	if err := s.store.Audit().Append(t.Context(), act); err != nil {
		t.Fatal(err)
	}
	for name, offers := range map[string]bool{"anna": false, "adam": true} {
		b := s.signedIn(t, name)
		for _, page := range []string{"/runs/" + s.held, "/runs/" + s.held + "/plan"} {
			text := b.get(page).text
			if !strings.Contains(text, "Two people have to approve") || !strings.Contains(text, "approved by anna") {
				t.Errorf("%s is not told at %s who has approved\n%s", name, page, text)
			}
			if strings.Contains(text, `value="approve"`) != offers || !strings.Contains(text, `value="reject"`) {
				t.Errorf("%s may approve at %s: want %t\n%s", name, page, offers, text)
			}
			if !strings.Contains(text, "employees would end, more than 1") {
				t.Errorf("%s does not say why the run is held", page)
			}
		}
	}
}

// TestValuesAreForThoseWhoMay: others see initials, and that something changes.
func TestValuesAreForThoseWhoMay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, may := range map[string]bool{"vera": false, "otto": false, "anna": true, "adam": true} {
		text := s.signedIn(t, name).get("/runs/" + s.held + "/plan").text
		for _, value := range []string{"claire.martin", "Comptable", "N&#39;Diaye"} {
			if strings.Contains(text, value) != may {
				t.Errorf("%s sees %q: %t", name, value, !may)
			}
		}
		if !may && !strings.Contains(text, "P.0.") {
			t.Errorf("%s does not see whom", name)
		}
	}
}

// TestThePageOfAFlowHasItsSettings: what is in force, without the text of a secret, and for those who
// may see them with the people whom it names.
func TestThePageOfAFlowHasItsSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, may := range map[string]bool{"vera": false, "anna": true} {
		text := s.signedIn(t, name).get("/flows/skillup").text
		for _, part := range []string{"export.limits.max_shrink", "10%", "export.population.exclude", "remotes.drop.address", "https://acme.ilucca.net"} {
			if !strings.Contains(text, part) {
				t.Errorf("%s does not see %s", name, part)
			}
		}
		if strings.Contains(text, "the.founder") != may {
			t.Errorf("%s sees who is named: %t", name, !may)
		}
	}
}

// TestTheFirstPageSaysWhatEndsSoonAndWhoCame: a server's certificate that ends within a month, and what
// the last file of an export had otherwise.
func TestTheFirstPageSaysWhatEndsSoonAndWhoCame(t *testing.T) {
	t.Parallel()
	text := newSite(t).signedIn(t, "vera").get("/").text
	for _, part := range []string{`<a href="/check">drop: the server&#39;s certificate ends on`, "+4</span>", "~17</span>", "−1</span>"} {
		if !strings.Contains(text, part) {
			t.Errorf("lacks %s", part)
		}
	}
}

// TestRunsAreStartedByThoseWhoOperate, and the audit is for administrators.
func TestRunsAreStartedByThoseWhoOperate(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, want := range map[string]struct{ start, audit int }{"vera": {403, 403}, "otto": {200, 403}, "anna": {200, 403}, "adam": {200, 200}} {
		b := s.signedIn(t, name)
		s.started = nil
		if p := b.post("/run/skillup", nil); p.status != want.start || (len(s.started) == 1) != (want.start == 200) {
			t.Errorf("%s: run now is %d, started %v", name, p.status, s.started)
		}
		if p := b.get("/audit"); p.status != want.audit {
			t.Errorf("%s: the audit is %d", name, p.status)
		}
	}
	if p := s.signedIn(t, "adam").post("/run/nosuch", nil); p.status != http.StatusNotFound {
		t.Errorf("a flow that there is not: %d", p.status)
	}
}

// assetIn finds what a page refers to.
var assetIn = regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`)

// TestStaticFilesAreKept by browsers for ever, under an address that changes with them.
func TestStaticFilesAreKept(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	p := b.get("/signin")
	total := len(p.text)
	for _, m := range assetIn.FindAllStringSubmatch(p.text, -1) {
		a := b.get(m[1])
		if a.status != 200 || !strings.Contains(a.header.Get("Cache-Control"), "immutable") || a.header.Get("Content-Type") == "" {
			t.Errorf("%s: %d %v", m[1], a.status, a.header)
		}
	}
	if total > 60<<10 {
		t.Errorf("the page has %d bytes", total)
	}
	if a := b.get("/static/000000000000-console.css"); a.status != 404 {
		t.Errorf("an old address: %d", a.status)
	}
}

// TestLanguageAndThemeAreChosen by the browser first, by the person then.
func TestLanguageAndThemeAreChosen(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, "anna")
	ask := func(accept string) string {
		r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/me", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Language", accept)
		resp, err := b.Do(r)
		return b.read(resp, err).text
	}
	if text := ask("fr-FR,fr;q=0.9"); !strings.Contains(text, `<html lang="fr">`) || !strings.Contains(text, "Se déconnecter") {
		t.Error("a French browser does not see French")
	}
	b.post("/me", url.Values{"language": {"de"}, "theme": {"dark"}})
	if text := ask("fr"); !strings.Contains(text, `<html lang="de" data-theme="dark">`) || !strings.Contains(text, "Abmelden") {
		t.Error("what was chosen is not kept")
	}
	b.post("/me", url.Values{"language": {"xx"}, "theme": {`"><script>`}})
	if text := ask("fr"); !strings.Contains(text, `<html lang="fr">`) {
		t.Error("what nobody can choose was chosen")
	}
}
