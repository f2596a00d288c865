package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"lucca-exchange/internal/app"
	"lucca-exchange/internal/run"
)

// pages is a Lucca that answers as the examples of its public pages do and by nothing that
// they do not show: no count, no next, no filter but those by id and owner, and the 500 of v3
// for who is not found. It keeps what it is sent.
type pages struct {
	lists map[string][]string
	mu    sync.Mutex
	sent  []string
}

func newPages(t *testing.T) *pages {
	t.Helper()
	archive, err := txtar.ParseFile("../../testdata/lucca-pages.txtar")
	if err != nil {
		t.Fatal(err)
	}
	p := &pages{lists: make(map[string][]string)}
	for _, f := range archive.Files {
		p.lists["/"+f.Name] = strings.Split(strings.TrimSpace(string(f.Data)), "\n")
	}
	return p
}

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if r.Method != http.MethodGet {
		p.write(w, r)
		return
	}
	q := r.URL.Query()
	items, known := p.lists[r.URL.Path]
	v3 := strings.HasPrefix(r.URL.Path, "/api/v3/")
	switch {
	case r.URL.Path == "/api/v3/users/me":
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `{"Status":500,"Message":"User Not Found"}`)
		return
	case !known:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"Status":404,"Message":"Resource not found"}`)
		return
	case v3 && !strings.HasPrefix(q.Get("paging"), "0,"), !v3 && q.Get("page") != "1":
		items = nil
	case q.Has("ownerId"):
		items = []string{`{"id":900,"ownerId":` + q.Get("ownerId") + `,"startsOn":"2026-12-15","endsOn":null,"typeId":1}`}
	}
	list := `{"items":[` + strings.Join(items, ",") + `]}`
	if v3 {
		list = `{"header":{"generated":"2026-11-22T09:00:00"},"data":` + list + `}`
	}
	_, _ = io.WriteString(w, list)
}

// write notes a change and answers with what was sent, under the id of the address or a new one.
func (p *pages) write(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || len(body) == 0 {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "firstName is required") // called JSON, as v3's framework does
		return
	}
	text, _ := json.Marshal(body)
	p.mu.Lock()
	p.sent = append(p.sent, r.Method+" "+r.URL.Path+" "+string(text))
	p.mu.Unlock()
	body["id"] = 3001
	if id, err := strconv.Atoi(path.Base(r.URL.Path)); err == nil {
		body["id"] = id
	}
	answer, _ := json.Marshal(body)
	if strings.HasPrefix(r.URL.Path, "/api/v3/") {
		answer = []byte(`{"data":` + string(answer) + `}`)
	}
	_, _ = w.Write(answer)
}

const pagesFlows = `
lucca: {url: %q, api_key: {file: ./key}, requests_per_minute: 6000, contract_types: {1: CDI, 2: CDD}, annual_salary: {source: compensation, periods: 12}}
remotes: {out: {type: dir, dir: ./out}}
flows:
  skillup:
    export: {profile: skillup, columns: [gender, start_date, contract, contract_type, department, service, annual_gross_salary], limits: {max_rejected: 100%%}}
    to: out
    file: skillup.csv
  pdlf:
    export: {profile: place-de-la-formation, columns: [function, establishment]}
    to: out
    file: pdlf.csv
  users:
    import: {identifier: login, approval: limits, limits: {changes_per_field: 100%%, creates: 100%%}}
    from: out
    pattern: "users.csv"
  hires:
    hires: {source: arca24, approval: limits, limits: {creates: 100%%}, defaults: {rolePrincipal: User, culture: fr-FR}}
    from: out
    pattern: "hires.json"
`

// Every kind of flow works on a Lucca of which nothing is known but the pages.
func TestEveryFlowWorksOnThePagesOwnExamples(t *testing.T) {
	t.Parallel()
	lucca := newPages(t)
	server := httptest.NewServer(lucca)
	t.Cleanup(server.Close)
	a, folder := open(t, app.Registry(), fmt.Sprintf(pagesFlows, server.URL))
	for name, content := range map[string]string{
		"users.csv":  "login;jobTitle;department\nimorvan;Soudeuse;DIR\npkern;;Direction / Production / Support\n",
		"hires.json": `{"externalId":"A-1","lastName":"Nguyễn","firstName":"Zoé","mail":"zoe@acme.example","dtContractStart":"2026-12-15","legalEntity":"Acme Lyon","department":"Support","contractType":"CDD"}`,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, one := range []struct {
		flow, file string
		outcome    run.Outcome
	}{
		{"skillup", "", run.Rejections}, {"pdlf", "", run.Done}, {"users", "users.csv", run.Done}, {"hires", "hires.json", run.Done},
	} {
		o := app.RunOptions{}
		if one.file != "" {
			o.File = filepath.Join(folder, one.file)
		}
		if result, err := a.Run(t.Context(), one.flow, o); err != nil || result.Run.Outcome != one.outcome {
			t.Fatalf("%s: %s %s %v, want %s", one.flow, result.Run.Outcome, result.Run.Reason, err, one.outcome)
		}
	}
	for name, want := range map[string]string{
		"skillup.csv": "pkern@acme.example;00001;KERN;Paul;;Undefined;01/01/2019;;;Production;Support;\r\n",
		"pdlf.csv":    "MORVAN;Inès;Acme SAS;;;;;Acme Lyon\r\nKERN;Paul;Acme SAS;00001;;pkern@acme.example;;Acme Lyon\r\n",
	} {
		b, err := os.ReadFile(filepath.Join(folder, "out", name))
		if _, rows, _ := strings.Cut(string(b), "\r\n"); err != nil || rows != want {
			t.Errorf("%s holds %q, %v; want %q", name, rows, err, want)
		}
	}
	want := []string{
		`PUT /api/v3/users/2041 {"departmentId":25,"jobTitle":"Soudeuse"}`,
		`POST /api/v3/users {"cultureID":1036,"departmentId":27,"dtContractStart":"2026-12-15T00:00:00","firstName":"Zoé","lastName":"Nguyễn","legalEntityId":3,"login":"znguyen","mail":"zoe@acme.example","rolePrincipalId":12}`,
		`PATCH /directory/api/4.0/work-contracts/900 {"typeId":2}`,
	}
	lucca.mu.Lock()
	defer lucca.mu.Unlock()
	if diff := cmp.Diff(want, lucca.sent); diff != "" {
		t.Errorf("what Lucca was sent (-want +got):\n%s", diff)
	}
}
