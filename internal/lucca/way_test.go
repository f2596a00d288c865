package lucca_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/secret"
)

// generations starts a sandbox of a company and reads it.
type generations struct {
	*sandbox.Tenant
	url string
}

func startGenerations(t *testing.T, people int, o sandbox.Options) generations {
	t.Helper()
	o.Keys, o.RequestsPerMinute = []sandbox.Key{{Secret: "a-key"}}, -1
	g := generations{Tenant: sandbox.New(sandbox.NewCompany(people, 1, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)), o)}
	s := httptest.NewServer(g)
	t.Cleanup(s.Close)
	g.url = s.URL
	return g
}

func (g generations) client(t *testing.T, m *lucca.Memory, log *slog.Logger) *lucca.Client {
	t.Helper()
	c, err := lucca.New(lucca.Options{
		Config: lucca.Config{URL: g.url, RequestsPerMinute: 1e6}, Key: secret.NewValue("a-key"), Shared: lucca.Shared{Memory: m}, Logger: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// whole reads everything that can be read in several ways.
func (g generations) whole(t *testing.T) *roster.Roster {
	t.Helper()
	q := roster.Query{
		Fields: everything &^ roster.Extensions, Departments: true, LegalUnits: true, Contracts: true, Categories: true, Roles: true, Axes: []int{3},
	}
	s, err := g.client(t, nil, nil).Snapshot(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	r, err := roster.New(s, roster.Settings{Day: roster.Date{Year: 2026, Month: 11, Day: 22}, CostCenterAxes: []int{3}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// person is what columns are made of that lists other than the employees say.
type person struct {
	Department                    []string
	Establishment, Unit, Category string
	CostCenter                    string
}

func people(r *roster.Roster) map[int]person {
	out := make(map[int]person)
	for _, e := range r.Employees() {
		out[e.ID] = person{r.Department(e), r.Establishment(e).Name, r.LegalUnit(e).Name, r.Category(e), r.CostCenter(e, 1).Code}
	}
	return out
}

// A route that disappears, or that was never there, changes nothing that is read, as long as
// there is another.
func TestALostRouteChangesNothing(t *testing.T) {
	t.Parallel()
	want := people(startGenerations(t, 60, sandbox.Options{}).whole(t))
	deepest := 0
	for _, p := range want {
		deepest = max(deepest, len(p.Department))
	}
	if deepest < 3 {
		t.Fatalf("departments are %d levels deep, too few to see anything", deepest)
	}
	const departments = "/organization/structure/api/departments"
	for name, o := range map[string]sandbox.Options{
		"both lists of departments":           {V3Departments: true},
		"only the old list of departments":    {V3Departments: true, Off: map[string]int{departments: http.StatusNotFound}},
		"the new one forbidden":               {V3Departments: true, Off: map[string]int{departments: http.StatusForbidden}},
		"the new one gone":                    {V3Departments: true, Off: map[string]int{departments: http.StatusGone}},
		"the new one leads to a page":         {V3Departments: true, Off: map[string]int{departments: http.StatusMovedPermanently}},
		"the old one leads to a page":         {Off: map[string]int{"/api/v3/departments": http.StatusMovedPermanently}},
		"roles not for this key":              {NoRoles: true},
		"roles in no route":                   {Off: map[string]int{"/api/v3/roles": http.StatusNotFound}},
		"large pages of the structure":        {LargePages: true},
		"pages of 10 and no more":             {LargestPage: 10},
		"pages of 99 and no more":             {LargestPage: 99},
		"pages that are cut without a word":   {LargestPage: 7, ClampPages: true},
		"pages of 1000 that are cut to 100":   {ClampPages: true},
		"the old header beside data, in v3":   {Header: true, V3Departments: true},
		"a route that is announced to be off": {Ends: map[string]time.Time{departments: time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startGenerations(t, 60, o).whole(t)
			if diff := gocmp.Diff(want, people(r)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(r.Lists().Roles) == 0 {
				t.Error("no roles")
			}
		})
	}
}

// What answered is asked first by the next client of the process, and said once.
func TestTheWayThatAnsweredIsRemembered(t *testing.T) {
	t.Parallel()
	const departments = "/organization/structure/api/departments"
	g := startGenerations(t, 60, sandbox.Options{V3Departments: true, Off: map[string]int{departments: http.StatusNotFound}})
	var log bytes.Buffer
	m := new(lucca.Memory)
	for range 2 {
		c := g.client(t, m, slog.New(slog.NewTextHandler(&log, nil)))
		if _, err := c.References(t.Context(), roster.Query{Departments: true}); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "lucca.route-chosen"); n != 1 {
		t.Errorf("said %d times:\n%s", n, log.String())
	}
	asked := make(map[string]int)
	for _, r := range g.Requests() {
		asked[r.Route] += r.Count
	}
	if asked[departments] != 1 || asked["/api/v3/departments"] != 2 {
		t.Errorf("asked %v", asked)
	}
	want := []lucca.Route{{List: "departments", Path: "/api/v3/departments", Generation: "v3"}}
	if diff := gocmp.Diff(want, m.Routes()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A size of page is learnt once for the process.
func TestASizeOfPageIsLearntOnce(t *testing.T) {
	t.Parallel()
	g := startGenerations(t, 60, sandbox.Options{LargestPage: 10})
	m := new(lucca.Memory)
	read := func() int {
		before := g.RequestTotal()
		if _, err := g.client(t, m, nil).References(t.Context(), roster.Query{Departments: true}); err != nil {
			t.Fatal(err)
		}
		return g.RequestTotal() - before
	}
	first, second := read(), read()
	if first-second != 3 { // 100, 99 and 50 are refused
		t.Errorf("%d requests, then %d", first, second)
	}
}

// Where every way is shut, the error is the one with the way out.
func TestNoWayIsOpen(t *testing.T) {
	t.Parallel()
	const departments = "/organization/structure/api/departments"
	g := startGenerations(t, 60, sandbox.Options{Off: map[string]int{departments: http.StatusForbidden}})
	_, err := g.client(t, nil, nil).References(t.Context(), roster.Query{Departments: true})
	if !errors.Is(err, lucca.ErrForbidden) || !strings.Contains(err.Error(), "Administration des Départements") {
		t.Errorf("error = %v, want the right that is missing", err)
	}
	g = startGenerations(t, 60, sandbox.Options{Off: map[string]int{departments: http.StatusNotFound}})
	_, err = g.client(t, nil, nil).References(t.Context(), roster.Query{Departments: true})
	if !errors.Is(err, lucca.ErrNotFound) {
		t.Errorf("error = %v", err)
	}
}
