package lucca_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/secret"
)

// canary stands in every value of the answers and in the key; it must never come back in
// an error.
const canary = "canary-41c7"

func requireNoCanary(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), "canary") {
		t.Errorf("the error repeats what was answered: %v", err)
	}
}

// script answers the requests to each path in turn; the last answer repeats.
type script struct {
	mu      sync.Mutex
	answers map[string][]string
	queries []string
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queries = append(s.queries, r.Method+" "+r.URL.Path+"?"+r.URL.RawQuery)
	left := s.answers[r.URL.Path]
	if len(left) == 0 {
		http.Error(w, `{"Status":404,"Message":"no such route"}`, http.StatusNotFound)
		return
	}
	if len(left) > 1 {
		s.answers[r.URL.Path] = left[1:]
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, left[0])
}

// serve returns a client of a server on loopback.
func serve(t *testing.T, h http.Handler, change ...func(*lucca.Options)) *lucca.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	o := lucca.Options{
		Config:  lucca.Config{URL: server.URL, RequestsPerMinute: 60_000},
		Key:     secret.NewValue("key-" + canary),
		Version: "1.2.3",
		HTTP:    server.Client(),
	}
	for _, f := range change {
		f(&o)
	}
	c, err := lucca.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const usersPath = "/api/v3/users"

// usersPage is a page of users with the given ids; count is left out when negative.
func usersPage(count int, ids ...int) string {
	items := make([]map[string]any, 0, len(ids))
	for _, id := range ids {
		items = append(items, map[string]any{"id": id, "login": fmt.Sprintf("%s-%d", canary, id)})
	}
	data := map[string]any{"items": items}
	if count >= 0 {
		data["count"] = count
	}
	b, err := json.Marshal(map[string]any{"header": map[string]any{"generated": "x"}, "data": data})
	if err != nil {
		panic(err)
	}
	return string(b)
}

func ids(from, to int) []int {
	var out []int
	for i := from; i <= to; i++ {
		out = append(out, i)
	}
	return out
}

func loginsQuery() roster.Query { return roster.Query{Fields: roster.Login} }

func TestSnapshotReadsEveryPage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		pages    []string
		want     int
		requests int
	}{
		{"nobody", []string{usersPage(0)}, 0, 1},
		{"one page", []string{usersPage(2, 7, 9)}, 2, 1},
		{"counted: no page to see the end", []string{usersPage(2000, ids(1, 1000)...), usersPage(2000, ids(1001, 2000)...)}, 2000, 2},
		{"counted, with a last short page", []string{usersPage(1001, ids(1, 1000)...), usersPage(1001, 1001)}, 1001, 2},
		{"not counted: an empty page ends", []string{usersPage(-1, ids(1, 1000)...), usersPage(-1)}, 1000, 2},
		{"not counted, and smaller pages than asked for",
			[]string{usersPage(-1, ids(1, 500)...), usersPage(-1, ids(501, 1000)...), usersPage(-1, 1001), usersPage(-1)}, 1001, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, &script{answers: map[string][]string{usersPath: tt.pages}})
			s, err := c.Snapshot(t.Context(), loginsQuery())
			if err != nil {
				t.Fatal(err)
			}
			if len(s.Employees) != tt.want || c.Requests() != tt.requests {
				t.Errorf("%d employees in %d requests, want %d in %d", len(s.Employees), c.Requests(), tt.want, tt.requests)
			}
			for i := range s.Employees {
				if e := s.Employees[i]; e.Login != fmt.Sprintf("%s-%d", canary, e.ID) {
					t.Fatalf("employee %d has another's login", e.ID)
				}
			}
		})
	}
}

func TestSnapshotStartsAgainOnceWhenTheListChanges(t *testing.T) {
	t.Parallel()
	thousand := usersPage(1500, ids(1, 1000)...)
	for _, tt := range []struct {
		name  string
		pages []string
	}{
		{"a page repeats", []string{thousand, thousand}},
		{"somebody comes twice", []string{thousand, usersPage(1500, ids(1000, 1499)...)}},
		{"somebody comes twice on one page", []string{usersPage(2, 4, 4)}},
		{"the count grows", []string{thousand, usersPage(1501, ids(1001, 1500)...)}},
		{"the count shrinks", []string{thousand, usersPage(1499, ids(1001, 1499)...)}},
		{"the count goes", []string{thousand, usersPage(-1, ids(1001, 1500)...)}},
		{"fewer come than were counted", []string{thousand, usersPage(1500)}},
		{"more come than were counted", []string{usersPage(1, 1, 2)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			whole := []string{thousand, usersPage(1500, ids(1001, 1500)...)}
			c := serve(t, &script{answers: map[string][]string{usersPath: append(tt.pages, whole...)}})
			s, err := c.Snapshot(t.Context(), loginsQuery())
			if err != nil || len(s.Employees) != 1500 {
				t.Errorf("after the change: %d employees, %v", len(s.Employees), err)
			}

			c = serve(t, &script{answers: map[string][]string{usersPath: append(tt.pages, tt.pages...)}})
			s, err = c.Snapshot(t.Context(), loginsQuery())
			if !errors.Is(err, lucca.ErrChanged) || len(s.Employees) != 0 {
				t.Errorf("changed twice: %d employees, %v", len(s.Employees), err)
			}
			requireNoCanary(t, err)
		})
	}
}

func TestSnapshotRefusesWhatIsNotALuccaAnswer(t *testing.T) {
	t.Parallel()
	item := func(properties string) string {
		return `{"data":{"count":1,"items":[{` + properties + `}]}}`
	}
	for _, tt := range []struct{ name, body, says string }{
		{"nothing", "", "not JSON"},
		{"a web page", "<html>" + canary + "</html>", "check lucca.url"},
		{"cut JSON", usersPage(2, 1, 2)[:60], "not JSON"},
		{"two answers in one", usersPage(1, 1) + usersPage(1, 1), "not JSON"},
		{"an array", `[{"id":1}]`, "wrong type"},
		{"v2's bare list", `{"data":[{"id":1}]}`, `"data" has the wrong type`},
		{"no data", `{}`, "no list"},
		{"null data", `{"data":null}`, "no list"},
		{"no items", `{"data":{"count":3}}`, "no list"},
		{"null items", `{"data":{"count":3,"items":null}}`, "no list"},
		{"an error with status 200", `{"Status":500,"Message":"` + canary + `","data":{"items":[],"count":0}}`, "error message"},
		{"a negative count", `{"data":{"count":-1,"items":[]}}`, "negative count"},
		{"a count in words", `{"data":{"count":"` + canary + `","items":[]}}`, `"data.count" has the wrong type`},
		{"somebody without id", item(`"login":"` + canary + `"`), "item 1: no id"},
		{"somebody with a null id", item(`"id":null`), "no id"},
		{"somebody with id 0", item(`"id":0`), "no id"},
		{"an id in text", item(`"id":"` + canary + `"`), "wrong type"},
		{"a login that is a number", item(`"id":1,"login":4242`), "wrong type"},
		{"nobody at all", `{"data":{"count":1,"items":[null]}}`, "no id"},
		{"an impossible birthday", item(`"id":1,"birthDate":"1990-02-30` + canary + `"`), `"birthDate": unexpected answer: want a date`},
		{"a start in another form", item(`"id":1,"dtContractStart":"01/02/2026"`), `"dtContractStart": unexpected answer: want a date`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, &script{answers: map[string][]string{usersPath: {tt.body}}})
			q := loginsQuery()
			q.Fields |= roster.BirthDate | roster.ContractStart
			_, err := c.Snapshot(t.Context(), q)
			if !errors.Is(err, lucca.ErrMalformed) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error = %v, want ErrMalformed that says %q", err, tt.says)
			}
			if c.Requests() != 1 {
				t.Errorf("%d requests, want 1: the same answer would come again", c.Requests())
			}
			requireNoCanary(t, err)
		})
	}
}

func TestErrorsByStatus(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   error
		says   string
	}{
		{"401", 401, `{"Status":401,"Message":"` + canary + `"}`, lucca.ErrUnauthorized, "check lucca.api_key"},
		{"401 as a web page", 401, "<html>" + canary, lucca.ErrUnauthorized, "check lucca.api_key"},
		{"403", 403, `{"Message":"no access"}`, lucca.ErrForbidden, `grant "Read users Lucca properties" (« Consulter les données Lucca des collaborateurs ») to the role of the API key: status 403 "no access"`},
		{"403 without a body", 403, "", lucca.ErrForbidden, "/api/v3/users"},
		{"404", 404, `{"Message":"Resource with ID 777 not found"}`, lucca.ErrNotFound, "/api/v3/users"},
		{"500 that means 404", 500, `{"Status":500,"Message":"User Not Found"}`, lucca.ErrNotFound, ""},
		{"500 that means 404, as text", 500, `User Not Found`, lucca.ErrNotFound, ""},
		{"400", 400, `{"Message":"Unknown property"}`, lucca.ErrRejected, `status 400 "Unknown property"`},
		{"400 as problem details", 400, `{"title":"Bad","detail":"Unknown property","status":400}`, lucca.ErrRejected, `"Unknown property"`},
		{"400 as text", 400, "Paging limit should\r\n be \x1b[31mbetween 1 and 1000", lucca.ErrRejected, `"Paging limit should be [31mbetween 1 and …"`},
		{"400 at length", 400, `{"Message":"` + strings.Repeat("é", 300) + `"}`, lucca.ErrRejected, `"` + strings.Repeat("é", 200) + `…"`},
		{"400 as a web page", 400, "<html>" + canary, lucca.ErrMalformed, "check lucca.url"},
		{"400 in broken JSON", 400, `{"Message":"` + canary, lucca.ErrRejected, "status 400"},
		{"a redirect", 302, canary, lucca.ErrMalformed, "check lucca.url"},
		{"no content", 204, "", lucca.ErrMalformed, "204"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "https://elsewhere.example/"+canary)
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			_, err := c.Snapshot(t.Context(), loginsQuery())
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error = %v, want %v that says %q", err, tt.want, tt.says)
			}
			// A refusal that may be about the page is asked again for smaller ones.
			requests := 1
			if strings.Contains(tt.body, "Paging") || tt.status == 400 && tt.says == "status 400" {
				requests = 5
			}
			if c.Requests() != requests {
				t.Errorf("%d requests, want %d", c.Requests(), requests)
			}
			requireNoCanary(t, err)
		})
	}
}

func TestRequestsCarryTheKeyInTheHeaderOnly(t *testing.T) {
	t.Parallel()
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, want := range map[string]string{
			"Authorization": "lucca application=key-" + canary,
			"User-Agent":    "lucca-exchange/1.2.3",
			"Accept":        "application/json",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s = %q, want %q", name, got, want)
			}
		}
		if strings.Contains(r.URL.String(), canary) {
			t.Error("the key is in the address")
		}
		_, _ = io.WriteString(w, usersPage(0))
	}))
	if _, err := c.Snapshot(t.Context(), loginsQuery()); err != nil {
		t.Fatal(err)
	}
}

func TestQueryAsksForNothingElse(t *testing.T) {
	t.Parallel()
	const (
		usersOnly = "GET /api/v3/users?fields=id%2Ccollection.count&orderBy=id%2Casc&paging=0%2C1000"
		structure = "?fields.root=count%2Cnext&isArchived=true%2Cfalse&limit=100&page=1"
	)
	for _, tt := range []struct {
		name  string
		query roster.Query
		want  []string
	}{
		{"nothing", roster.Query{}, []string{usersOnly}},
		{"former employees", roster.Query{Former: true}, []string{
			"GET /api/v3/users?fields=id%2Ccollection.count&formerEmployees=true&orderBy=id%2Casc&paging=0%2C1000"}},
		{"some fields", roster.Query{Fields: roster.Mail | roster.Manager | roster.EstablishmentRef}, []string{
			"GET /api/v3/users?fields=id%2Cmail%2ClegalEntity%5Bid%2Cname%5D%2CmanagerId%2Ccollection.count&orderBy=id%2Casc&paging=0%2C1000"}},
		{"axes", roster.Query{Fields: roster.Axes, Axes: []int{3, 5}}, []string{
			"GET /api/v3/users?fields=id%2CuserAxisValues_3%5Bid%2Cname%5D%2CuserAxisValues_5%5Bid%2Cname%5D%2Ccollection.count&orderBy=id%2Casc&paging=0%2C1000",
			"GET /api/v3/axisSections?active=true%2Cfalse&axisId=3&fields=id%2Cname%2Ccode%2CaxisId%2CparentAxisSections%5Bid%5D%2Ccollection.count&orderBy=id%2Casc&paging=0%2C1000",
			"GET /api/v3/axisSections?active=true%2Cfalse&axisId=5&fields=id%2Cname%2Ccode%2CaxisId%2CparentAxisSections%5Bid%5D%2Ccollection.count&orderBy=id%2Casc&paging=0%2C1000"}},
		{"departments", roster.Query{Departments: true}, []string{usersOnly,
			"GET /organization/structure/api/departments?fields.root=count%2Cnext&limit=100&page=1"}},
		{"legal units", roster.Query{LegalUnits: true}, []string{usersOnly,
			"GET /organization/structure/api/establishments" + structure, "GET /organization/structure/api/legal-units" + structure}},
		{"contracts", roster.Query{Contracts: true}, []string{usersOnly,
			"GET /directory/api/4.0/work-contracts?fields.root=count&isApplicable=true&limit=1000&page=1"}},
		{"categories", roster.Query{Categories: true}, []string{usersOnly, "GET /organization/structure/api/occupation-categories?fields.root=count%2Cnext&limit=100&page=1"}},
		{"pay", roster.Query{Pay: true}, []string{usersOnly, "GET /remuneration/api/fixed-items?fields.root=count%2Cnext&limit=1000&page=1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			const emptyV3, emptyV4 = `{"data":{"items":[],"count":0}}`, `{"items":[],"count":0,"next":null}`
			s := &script{answers: map[string][]string{
				usersPath: {emptyV3}, "/organization/structure/api/departments": {emptyV4}, "/api/v3/axisSections": {emptyV3},
				"/organization/structure/api/establishments": {emptyV4}, "/organization/structure/api/legal-units": {emptyV4},
				"/organization/structure/api/occupation-categories": {emptyV4}, "/directory/api/4.0/work-contracts": {emptyV4},
				"/remuneration/api/fixed-items": {emptyV4},
			}}
			if _, err := serve(t, s).Snapshot(t.Context(), tt.query); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, s.queries); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}
