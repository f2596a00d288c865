package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/sandbox/flatchr"
	"lucca-exchange/internal/state"
)

// The keys of the applicant tracking system, and of the webhooks of the flow ats.
const (
	flatchrCompany = "G6KzqPnNLyp31m0l"
	flatchrKey     = "canary-key-of-flatchr"
	hookToken      = "canary-token-of-the-hook"
	hookSecret     = "whsec_Y2FuYXJ5LXNlY3JldC1vZi10aGUtaG9vaw=="
)

// atsDefaults are the values that an ATS does not send.
const atsDefaults = `defaults: {legalEntity: Acme Lyon, department: Conseil, rolePrincipal: Utilisateur}`

// recruiting is an installation between an ATS and a Lucca tenant, with one flow, ats.
type recruiting struct {
	*site
	tenant *sandbox.Tenant
	lucca  string
	ats    *flatchr.Server
	url    string
	// vacancy is an open one without a start date.
	vacancy int
}

// newRecruiting makes one for a company in Lucca; see setUp for the configuration.
func newRecruiting(t testing.TB, c *sandbox.Company, hires string, flow ...string) *recruiting {
	t.Helper()
	tenant, url := serve(t, c)
	return newRecruitingAt(t, tenant, url, hires, flow...)
}

// newRecruitingAt makes one for a tenant at an address.
func newRecruitingAt(t testing.TB, tenant *sandbox.Tenant, lucca, hires string, flow ...string) *recruiting {
	t.Helper()
	r := &recruiting{tenant: tenant, lucca: lucca, ats: flatchr.New(flatchr.Options{Company: flatchrCompany, Name: "Acme", Key: flatchrKey})}
	r.vacancy = r.ats.AddVacancy(flatchr.Vacancy{Title: "Vendeur", ContractType: 1})
	server := httptest.NewServer(r.ats)
	t.Cleanup(server.Close)
	r.url = server.URL
	r.site = newSite(t, "")
	r.env = append(r.env, "FLATCHR_KEY="+flatchrKey, "HOOK_TOKEN="+hookToken, "HOOK_SECRET="+hookSecret)
	r.setUp(t, hires, flow...)
	return r
}

// setUp writes the configuration: the keys of hires, beside those for webhooks, and further
// keys of the flow. Without "source" hires are those of Flatchr, by webhook and by polling.
func (r *recruiting) setUp(t testing.TB, hires string, flow ...string) {
	t.Helper()
	if !strings.Contains(hires, "source: ") {
		hires = fmt.Sprintf("source: flatchr, company: %s, api_key: {env: FLATCHR_KEY}, url: %q, %s", flatchrCompany, r.url, hires)
	}
	for _, word := range []string{"approval: limits", atsDefaults} {
		if key, _, _ := strings.Cut(word, ":"); !strings.Contains(hires, key+": ") {
			hires = strings.TrimRight(hires, ", ") + ", " + word
		}
	}
	text := fmt.Sprintf(`
lucca: {url: %q, api_key: {env: LUCCA_API_KEY}, requests_per_minute: 60000, extensions: {contract: e_contract}}
web: {listen: "127.0.0.1:0"}
remotes: {drop: {type: dir, dir: drop}}
flows:
  ats:
    hires: {%s, webhook_token: {env: HOOK_TOKEN}}
`, r.lucca, hires)
	for _, line := range flow {
		text += "    " + line + "\n"
	}
	if err := os.MkdirAll(r.path("drop"), 0o700); err != nil {
		t.Fatal(err)
	}
	r.configure(t, text)
}

// candidate adds somebody to the ATS.
func (r *recruiting) candidate(t testing.TB, a flatchr.Applicant) int {
	t.Helper()
	if a.VacancyID == 0 {
		a.VacancyID = r.vacancy
	}
	id, err := r.ats.AddApplicant(a, time.Now().Add(-48*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// recruit moves a candidate to the column of the recruited, and returns the webhook.
func (r *recruiting) recruit(t testing.TB, id int) []byte {
	t.Helper()
	body, err := r.ats.MoveToHired(id, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// hooked adds and recruits somebody.
func (r *recruiting) hooked(t testing.TB, a flatchr.Applicant) []byte {
	t.Helper()
	return r.recruit(t, r.candidate(t, a))
}

// post sends a webhook to the flow ats and returns the status of the answer, 0 for none.
func post(t testing.TB, address string, body []byte, header ...string) int {
	t.Helper()
	return postTo(t, address, "/hooks/ats/"+hookToken, body, header...)
}

func postTo(t testing.TB, address, path string, body []byte, header ...string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+path, strings.NewReader(string(body)))
	if err != nil {
		t.Error(err)
		return 0
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return 0
	}
	return resp.StatusCode
}

// accepted sends a webhook that is to be taken.
func (r *recruiting) accepted(t testing.TB, d *daemon, body []byte, header ...string) {
	t.Helper()
	if status := post(t, d.address, body, header...); status != http.StatusOK {
		t.Fatalf("the webhook is answered with %d", status)
	}
}

// hires lists all hires, the oldest first.
func (r *recruiting) hires(t testing.TB) []inspect.Hire {
	t.Helper()
	out, complaints, code := r.do(t, "hires", "--json")
	if code != 0 {
		t.Fatalf("hires: exit code %d: %s", code, complaints)
	}
	var list []inspect.Hire
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(list)
	return list
}

// states counts the hires by state.
func (r *recruiting) states(t testing.TB) map[string]int {
	t.Helper()
	states := map[string]int{}
	for _, h := range r.hires(t) {
		states[h.State]++
	}
	return states
}

// settled waits until no hire waits and no run is at work, and returns the hires.
func (r *recruiting) settled(t testing.TB, n int) []inspect.Hire {
	t.Helper()
	var list []inspect.Hire
	eventually(t, fmt.Sprintf("%d hires are dealt with", n), func() bool {
		if list = r.hires(t); len(list) < n {
			return false
		}
		f := r.flows(t)["ats"]
		return f.Running == "" && len(f.Waiting) == 0 && !slices.ContainsFunc(list, func(h inspect.Hire) bool { return h.State == state.HireReceived })
	})
	return list
}

// run runs the flow once, and returns the run.
func (r *recruiting) run(t testing.TB, args ...string) (record state.Record, code int) {
	t.Helper()
	out, complaints, code := r.do(t, append([]string{"run", "ats", "--json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &record); err != nil {
		t.Fatalf("run: exit code %d: %s%s", code, out, complaints)
	}
	return record, code
}

// employee finds somebody in Lucca by a part of the login.
func (r *recruiting) employee(t testing.TB, login string) map[string]string {
	t.Helper()
	got, found := known(r.tenant, login)
	if !found {
		t.Fatalf("there is no user %s, or there are several", login)
	}
	return got
}

// employees counts the users of Lucca.
func (r *recruiting) employees() int { return len(r.tenant.Users()) }

// drop puts a file into the folder of dropped files.
func (r *recruiting) drop(t testing.TB, name, content string) {
	t.Helper()
	writeFile(t, filepath.Join(r.dir, "drop", name), content)
}

// says checks that a run has a finding with this code, and nothing personal.
func says(t testing.TB, record state.Record, code string) {
	t.Helper()
	for _, f := range record.Findings {
		if f.Code == code {
			return
		}
	}
	t.Errorf("the run does not say %s, but %v", code, record.Findings)
}

// runFile runs the flow with a file of hires, which is given as its lines under the header.
func (r *recruiting) runFile(t testing.TB, lines ...string) (state.Record, int) {
	t.Helper()
	path := r.path("hires.csv")
	writeFile(t, path, "externalId;lastName;firstName;mail;legalEntity;department;dtContractStart\n"+strings.Join(lines, "\n")+"\n")
	return r.run(t, "--file", path)
}

// stateOf is what became of the hire with this last name.
func stateOf(t testing.TB, list []inspect.Hire, last string) string {
	t.Helper()
	return named(t, list, last).State
}

// decide is a decision about a hire or a run, which is to succeed.
func (r *recruiting) decide(t testing.TB, args ...string) {
	t.Helper()
	if out, complaints, code := r.do(t, args...); code != 0 {
		t.Fatalf("%v: exit code %d\n%s%s", args, code, out, complaints)
	}
}

// flatchr, "flatchr", starts an ATS at $FLATCHR_URL with one vacancy. "flatchr hire FIRST LAST
// MAIL [PHONE]" moves somebody to the column of the recruited, "flatchr status N" answers
// everything with a status from now on.
func (w *world) flatchrCommand(ts *testscript.TestScript, args []string) error {
	switch {
	case len(args) == 0:
		w.ats = flatchr.New(flatchr.Options{Company: flatchrCompany, Name: "Acme", Key: flatchrKey})
		w.ats.AddVacancy(flatchr.Vacancy{Title: "Vendeur", ContractType: 1})
		server := httptest.NewServer(w.ats)
		w.closers = append(w.closers, server.Close)
		ts.Setenv("FLATCHR_URL", server.URL)
		ts.Setenv("FLATCHR_KEY", flatchrKey)
		ts.Setenv("HOOK_TOKEN", hookToken)
		return nil
	case args[0] == "status":
		status, err := strconv.Atoi(args[1])
		w.ats.Inject(flatchr.Fault{Status: status, Times: -1})
		return err
	}
	a := flatchr.Applicant{VacancyID: 1243, FirstName: args[1], LastName: args[2], Email: args[3]}
	if len(args) > 4 {
		a.Phone = args[4]
	}
	id, err := w.ats.AddApplicant(a, time.Now())
	if err != nil {
		return err
	}
	_, err = w.ats.MoveToHired(id, time.Now())
	return err
}
