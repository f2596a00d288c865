package lucca_test

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/roster"
)

// examples answers as the examples of Lucca's public pages do, and by nothing that they do not
// show: v4 lists have neither next nor count, v3 pages may have a header beside their data and
// no count, nobody heeds fields, and every item has members that nobody asked for.
type examples map[string][]string

func (e examples) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	items, known := e[r.URL.Path]
	q := r.URL.Query()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	switch {
	case !known:
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"Status":404,"Message":"Resource not found"}`)
		return
	case strings.HasPrefix(r.URL.Path, "/api/v3/"):
		if offset, _, _ := strings.Cut(q.Get("paging"), ","); offset != "" && offset != "0" {
			items = nil
		}
		_, _ = io.WriteString(w, `{"header":{"generated":"2026-11-22T09:00:00","principal":"x"},"data":{"items":[`+strings.Join(items, ",")+`]}}`)
	default:
		if n, _ := strconv.Atoi(q.Get("page")); n > 1 {
			items = nil
		}
		_, _ = io.WriteString(w, `{"items":[`+strings.Join(items, ",")+`]}`)
	}
}

// pageExamples reads the examples, which package app runs its flows on too.
func pageExamples(t *testing.T) examples {
	t.Helper()
	archive, err := txtar.ParseFile("../../testdata/lucca-pages.txtar")
	if err != nil {
		t.Fatal(err)
	}
	all := make(examples)
	for _, f := range archive.Files {
		all["/"+f.Name] = strings.Split(strings.TrimSpace(string(f.Data)), "\n")
	}
	return all
}

// What the sandbox shares with the client, it shares by mistake too: so the pages' own
// examples are read as well.
func TestThePagesOwnExamplesAreRead(t *testing.T) {
	t.Parallel()
	c := serve(t, pageExamples(t), func(o *lucca.Options) {
		o.Config.Extensions = map[string]string{"site": "e_site", "plain": "e_plain", "list": "e_list", "none": "e_none"}
	})
	q := fullQuery()
	q.Roles, q.Employments, q.Definitions, q.Former = true, true, true, true
	s, err := c.Snapshot(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	day := roster.Date{Year: 2026, Month: 11, Day: 22}
	r, err := roster.New(s, roster.Settings{Day: day})
	if err != nil {
		t.Fatal(err)
	}
	e := r.ByID(2041)
	if diff := cmp.Diff(map[string]string{"e_site": "Łódź", "e_plain": "AB", "e_list": "Été"}, e.Extensions); diff != "" {
		t.Errorf("custom fields (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Direction", "Production", "Support"}, r.Department(e)); diff != "" {
		t.Errorf("department (-want +got):\n%s", diff)
	}
	got := []string{e.Mail, e.EmployeeNumber, e.Gender, r.LegalUnit(e).Name, r.Category(e), r.Employment(e).Start.String()}
	if diff := cmp.Diff([]string{"", "", "Misc", "Acme SAS", "Cadre", "2021-03-01"}, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	// Nobody heeded the filter by axis either.
	if diff := cmp.Diff([]roster.Section{{ID: 31, AxisID: 3, Name: "Ventes", Code: "V1"}}, s.Sections); diff != "" {
		t.Errorf("sections (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]roster.Role{{ID: 12, Name: "User"}}, s.Roles[:1]); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}

// Whoever may see former and future employees is not told otherwise because Lucca gives no
// count.
func TestNoCountIsNotNobody(t *testing.T) {
	t.Parallel()
	warnings, err := serve(t, pageExamples(t)).Unseen(t.Context())
	if err != nil || len(warnings) > 0 {
		t.Errorf("warnings %q, error %v; want neither", warnings, err)
	}
}

// A route that dies in the middle of a list is left whole: nothing of its first page stays.
// What answered then is asked first, also when the other comes back, until it dies in turn.
func TestARouteThatDiesInTheMiddleIsLeft(t *testing.T) {
	t.Parallel()
	const v3, v4 = "/api/v3/departments", "/organization/structure/api/departments"
	const top = `{"id":25,"name":"Direction","code":"DIR","parentId":"/","parentLuccaId":null,"hierarchy":"/1/"}`
	const below = `{"id":26,"name":"Production","code":"PRO","parentId":"/1/","parentLuccaId":null,"hierarchy":"/1/2/"}`
	off := map[string]bool{}
	var asked []string
	var mu sync.Mutex
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		page := r.URL.Query().Get("page")
		asked = append(asked, r.URL.Path+page)
		switch {
		case off[r.URL.Path+page] || off[r.URL.Path]:
			http.Error(w, "gone", http.StatusGone)
		case r.URL.Path == v4 && page == "1":
			_, _ = io.WriteString(w, `{"items":[`+top+`],"count":2,"next":2}`)
		case r.URL.Path == v4:
			_, _ = io.WriteString(w, `{"items":[`+below+`],"count":2,"next":null}`)
		default:
			_, _ = io.WriteString(w, `{"data":{"items":[`+top+`,`+below+`],"count":2}}`)
		}
	})
	c := serve(t, h)
	for _, step := range []struct {
		off  string
		want []string
	}{
		{v4 + "2", []string{v4 + "1", v4 + "2", v3}},
		{"", []string{v3}},
		{v3, []string{v3, v4 + "1", v4 + "2"}},
		{"", []string{v4 + "1", v4 + "2"}},
	} {
		mu.Lock()
		clear(off)
		off[step.off], asked = true, nil
		mu.Unlock()
		s, err := c.References(t.Context(), roster.Query{Departments: true})
		if err != nil || len(s.Departments) != 2 || s.Departments[1].Hierarchy != "/25/26/" {
			t.Fatalf("without %q: %+v, %v", step.off, s.Departments, err)
		}
		mu.Lock()
		diff := cmp.Diff(step.want, asked)
		mu.Unlock()
		if diff != "" {
			t.Errorf("without %q, what was asked (-want +got):\n%s", step.off, diff)
		}
	}
}
