package console_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lucca-exchange/internal/audit"
)

// TestNoAddressHasAName: whom somebody looks for, among people or in a plan, is in the body of the
// request; what the address has in the end is a Lucca id, or a filter.
func TestNoAddressHasAName(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, "anna")
	for q, want := range map[string]string{"104": "/people/104", "claire.martin": "/people/104", "zoe DUPRE": "/people", "nobody at all": "/people", "  ": "/people"} {
		p := b.post("/people", url.Values{"q": {q}})
		if p.status != http.StatusOK || p.path != want {
			t.Errorf("%q: %d at %s", q, p.status, p.path)
		}
		if found := strings.Contains(p.text, "N&#39;Diaye"); found != (q == "104" || q == "claire.martin") {
			t.Errorf("%q: found is %t\n%s", q, found, p.text)
		}
	}
	if p := b.post("/people", url.Values{"q": {"Dupré Zoé"}}); strings.Count(p.text, "<li class=\"card\">") != 2 || !strings.Contains(p.text, `href="/people/105"`) || !strings.Contains(p.text, `href="/people/106"`) {
		t.Errorf("two of one name: %s", p.text)
	}
	if p := b.get("/people?q=claire.martin"); strings.Contains(p.text, "Diaye") {
		t.Error("a name in an address is looked for")
	}
	if p := b.get("/people?q=104"); p.path != "/people/104" {
		t.Errorf("an address of before leads to %s", p.path)
	}
	if p := b.get("/people/x"); p.status != http.StatusNotFound {
		t.Errorf("nobody's page: %d", p.status)
	}
	lines, err := s.store.Audit().Latest(t.Context(), 2)
	if err != nil || lines[0].Act != audit.Reveal || lines[0].Note != "person 104" {
		t.Errorf("on record are %+v, %v", lines, err)
	}
	plan := "/runs/" + s.held + "/plan"
	if p := b.post(plan, url.Values{"q": {"claire"}, "page": {"2"}}); p.path != plan || !strings.Contains(p.text, `value="claire"`) || !strings.Contains(p.text, "page 2 of 2") {
		t.Errorf("searched in a plan: %d at %s\n%s", p.status, p.path, p.text)
	}
	if p := b.post(plan, url.Values{"q": {""}, "action": {"end"}, "code": {"unknown_manager"}}); p.path != plan+"?action=end&code=unknown_manager" {
		t.Errorf("filtered: at %s", p.path)
	}
	for _, path := range s.pages() {
		if strings.Contains(b.get(path).text, `method="get" action="/people"`) {
			t.Errorf("%s puts a name into an address", path)
		}
	}
	for _, name := range []string{"vera", "otto"} {
		b := s.signedIn(t, name)
		if p := b.post("/people", url.Values{"q": {"104"}}); p.status != http.StatusForbidden || s.lastAct(t).Note != "reveal: forbidden" {
			t.Errorf("%s searches: %d, %+v", name, p.status, s.lastAct(t))
		}
		if p := b.get("/people/104"); p.status != http.StatusForbidden || strings.Contains(p.text, "Diaye") {
			t.Errorf("%s looks at somebody: %d", name, p.status)
		}
	}
}

// TestAPlanIsFilteredByEstablishmentAndTeam: also by those who see no values, to whom a manager is
// initials, and with the note of a cause that leads there.
func TestAPlanIsFilteredByEstablishmentAndTeam(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, manager := range map[string]string{"vera": "H.V.", "anna": "Hélène Vasseur"} {
		b := s.signedIn(t, name)
		run := b.get("/runs/" + s.held).text
		to := "/runs/" + s.held + "/plan?by=manager&code=unknown_manager"
		if !strings.Contains(run, html.EscapeString(to)) {
			t.Errorf("%s: the page of the run does not lead to %s", name, to)
		}
		if p := b.get(to); strings.Count(p.text, `<tr class="under">`) != 4 || !strings.Contains(p.text, "Under <bdi>"+manager) || name == "vera" && strings.Contains(p.text, "Vasseur") {
			t.Errorf("%s: the teams are %s", name, p.text)
		}
		p := b.post("/runs/"+s.held+"/plan", url.Values{"establishment": {"Lyon"}, "by": {""}})
		if want := "/runs/" + s.held + "/plan?establishment=Lyon"; p.path != want || !strings.Contains(p.text, `<option value="Lyon" selected>`) || !strings.Contains(p.text, "60 people") {
			t.Errorf("%s: of Lyon, at %s: %s", name, p.path, p.text)
		}
	}
}

// TestAPlanHasTheColoursOfLucca: what rejects a row is red and what lets it pass is orange, in the
// cell, each with its sentence and a word for it; and findings are filtered, in the plan and the run.
func TestAPlanHasTheColoursOfLucca(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, name := range []string{"vera", "anna"} {
		b := s.signedIn(t, name)
		plan := b.get("/runs/" + s.held + "/plan").text
		for class, want := range map[string]int{"red": 5, "orange": 1} {
			if got := strings.Count(plan, `<div class="cell `+class+`">`); got != want {
				t.Errorf("%s: %d cells are %s, want %d", name, got, class, want)
			}
		}
		_, cell, _ := strings.Cut(plan, `<div class="cell red">`)
		cell, _, _ = strings.Cut(cell, "</div>")
		if !strings.Contains(cell, ">error<") || !strings.Contains(cell, ">Manager<") || !strings.Contains(cell, "no employee with this number") {
			t.Errorf("%s: the cell is %s", name, cell)
		}
		if p := b.get("/runs/" + s.held + "/plan?code=manager_left"); strings.Count(p.text, "<tr><td") != 1 || !strings.Contains(p.text, `<option value="manager_left" selected>`) {
			t.Errorf("%s: filtered by what was found: %s", name, p.text)
		}
		for query, want := range map[string][2]bool{"": {true, true}, "?code=manager_left": {false, true}, "?column=manager&code=unknown_manager": {true, false}, "?column=mail": {false, false}} {
			text := b.get("/runs/" + s.held + query).text
			_, text, _ = strings.Cut(text, "</form>\n<ul")
			if got := [2]bool{strings.Contains(text, "unknown_manager</span>"), strings.Contains(text, "manager_left</span>")}; got != want {
				t.Errorf("%s: findings of the run %q: %v, want %v", name, query, got, want)
			}
		}
		if p := b.get("/runs/" + s.held + "?column=mail"); !strings.Contains(p.text, "Nothing of this kind was found") {
			t.Errorf("%s: nothing is said of nothing", name)
		}
	}
}
