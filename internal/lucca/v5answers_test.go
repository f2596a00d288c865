package lucca_test

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/sandbox"
)

// v5Script is a Lucca API (v5) whose answers are written out. The token endpoint is there too.
func v5Script(t *testing.T, answers map[string][]string) *lucca.Client {
	t.Helper()
	s := &script{answers: map[string][]string{sandbox.TokenPath: {`{"access_token":"t","token_type":"Bearer","expires_in":1800}`}}}
	for resource, list := range answers {
		s.answers["/lucca-api/"+resource] = list
	}
	return serve(t, s, oauth)
}

func v5Page(total int, next string, items ...string) string {
	links := `{"prev":null,"next":null}`
	if next != "" {
		links = `{"prev":null,"next":{"href":` + next + `}}`
	}
	return fmt.Sprintf(`{"type":"x","url":"x","totalCount":%d,"links":%s,"items":[%s]}`, total, links, strings.Join(items, ","))
}

func TestAnswersOfV5ThatCannotBeRightAreRefused(t *testing.T) {
	t.Parallel()
	one := `{"id":"101","email":"` + canary + `","applicableEmployment":{"id":"1"}}`
	two := `{"id":"102","email":null}`
	for _, tt := range []struct {
		name    string
		answers map[string][]string
		class   error
		text    string
	}{
		{"a list that ends too early", map[string][]string{"employees": {v5Page(2, "", one)}}, lucca.ErrChanged, "1 of 2 still to come"},
		{"a count that shrinks", map[string][]string{"employees": {
			v5Page(3, `"https://x/?page=!a"`, one), v5Page(1, "", two), v5Page(3, `"https://x/?page=!a"`, one), v5Page(1, "", two),
		}}, lucca.ErrChanged, "a count of 1 after one of 3"},
		{"a next page without a cursor", map[string][]string{"employees": {v5Page(2, `"https://x/?limit=1"`, one)}}, lucca.ErrMalformed, "a next page without a cursor"},
		{"the same page for ever", map[string][]string{"employees": {v5Page(2, `"https://x/?page=!a"`, one)}}, lucca.ErrChanged, "id 101 comes twice"},
		{"an answer of v3", map[string][]string{"employees": {usersPage(1, 1)}}, lucca.ErrMalformed, "no list of items"},
		{"an id that is a number", map[string][]string{"employees": {v5Page(1, "", `{"id":101}`)}}, lucca.ErrMalformed, "item 1"},
		{"no id", map[string][]string{"employees": {v5Page(1, "", `{"email":"x"}`)}}, lucca.ErrMalformed, "no id"},
		{"a web page", map[string][]string{"employees": {"<html>" + canary}}, lucca.ErrMalformed, "a web page: check lucca.url"},
		{"an impossible date", map[string][]string{
			"employees": {v5Page(1, "", one)}, "employments": {v5Page(1, "", `{"id":"1","employee":{"id":"101"},"start":{"date":"2026-02-31"},"end":null}`)},
		}, lucca.ErrMalformed, `property "start"`},
		{"an employment of nobody", map[string][]string{
			"employees": {v5Page(1, "", one)}, "employments": {v5Page(1, "", `{"id":"1","employee":null,"start":null,"end":null}`)},
		}, lucca.ErrMalformed, "without an employee"},
		{"a department below itself", map[string][]string{
			"employees": {v5Page(1, "", two)}, "employments": {v5Page(0, "")},
			"departments": {v5Page(1, "", `{"id":"7","name":"x","parent":{"id":"7"},"level":1}`)},
		}, lucca.ErrMalformed, "below itself"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := v5Script(t, tt.answers)
			s, err := c.Snapshot(t.Context(), roster.Query{Fields: roster.Mail | roster.ContractEnd, Departments: true})
			if !errors.Is(err, tt.class) || !strings.Contains(err.Error(), tt.text) || len(s.Employees) != 0 {
				t.Errorf("%v with %d employees, want %s", err, len(s.Employees), tt.text)
			}
			requireNoCanary(t, err)
		})
	}
}

func TestCustomFieldsOfV5AreText(t *testing.T) {
	t.Parallel()
	values := func(values ...string) string {
		items := make([]string, len(values))
		for i, v := range values {
			items[i] = fmt.Sprintf(`{"id":"%d","definition":{"id":"e_x"},"employee":{"id":"101"},"applicability":null,"value":%s}`, i+1, v)
		}
		return strings.Replace(v5Page(len(values), "", items...), `"items"`, `"embedded":{"taxonomy-label":{"12":{"id":"12","name":"Taille M"}}},"items"`, 1)
	}
	for _, tt := range []struct{ name, answer, want, fault string }{
		{"a text", values(`"69001"`), "69001", ""},
		{"a number by its own digits", values(`15.250`), "15.250", ""},
		{"a day", values(`"2026-03-01"`), "2026-03-01", ""},
		{"a truth", values(`true`), "true", ""},
		{"nothing", values(`null`), "", ""},
		{"an employee", values(`{"id":"104","type":"employee","url":"x"}`), "104", ""},
		{"an entry of a list", values(`{"id":"12","type":"taxonomy-label","url":"x"}`), "Taille M", ""},
		{"several values", values(`"a"`, `null`, `"b"`), "a, b", ""},
		{"an entry without a name", values(`{"id":"13","type":"taxonomy-label"}`), "", "taxonomies.readonly"},
		{"an object", values(`{"street":"x","city":"y"}`), "", "a composite value"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &script{answers: map[string][]string{
				sandbox.TokenPath:                {`{"access_token":"t","token_type":"Bearer","expires_in":1800}`},
				"/lucca-api/employees":           {v5Page(1, "", `{"id":"101"}`)},
				"/lucca-api/employee-attributes": {tt.answer},
			}}
			c := serve(t, s, oauth, func(o *lucca.Options) { o.Config.Extensions = map[string]string{"x": "e_x"} })
			got, err := c.Snapshot(t.Context(), roster.Query{Fields: roster.Extensions})
			if tt.fault != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fault) || !strings.Contains(err.Error(), `custom field "e_x"`) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || got.Employees[0].Extensions["e_x"] != tt.want {
				t.Errorf("got %q, %v", got.Employees[0].Extensions["e_x"], err)
			}
		})
	}
}

// TestCustomFieldsAreFoundByEitherWay: as attributes or, where the tenant or the client has
// none of these, as extensions.
func TestCustomFieldsAreFoundByEitherWay(t *testing.T) {
	t.Parallel()
	q := roster.Query{Fields: roster.Extensions}
	config := func(o *lucca.Options) { o.Config.Extensions = map[string]string{"hr_manager": "e_hr_manager"} }
	read := func(t *testing.T, h http.Handler) map[int]string {
		t.Helper()
		c := serve(t, h, oauth, config)
		s, err := c.Snapshot(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Check(t.Context(), q); err != nil {
			t.Error(err)
		}
		found := make(map[int]string)
		for _, e := range s.Employees {
			found[e.ID] = e.Extensions["e_hr_manager"]
		}
		return found
	}
	want := read(t, both(60))
	without := func(scopes ...string) *sandbox.Tenant {
		return both(60, func(o *sandbox.Options) { o.Clients[0].Without = scopes })
	}
	if diff := gocmp.Diff(want, read(t, without("employee-attributes.readonly"))); diff != "" {
		t.Errorf("without the scope of attributes:\n%s", diff)
	}
	tenant := both(60)
	gone := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/lucca-api/employee-attributes" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		tenant.ServeHTTP(w, r)
	})
	if diff := gocmp.Diff(want, read(t, gone)); diff != "" {
		t.Errorf("without attributes:\n%s", diff)
	}
	_, err := serve(t, without("employee-attributes.readonly", "employee-extensions.readonly"), oauth, config).Snapshot(t.Context(), q)
	if !errors.Is(err, lucca.ErrScope) || !strings.Contains(err.Error(), "tick employee-attributes.readonly for the client") {
		t.Errorf("without both: %v", err)
	}
}

// TestNobodyIsThereWhoIsGoneWithoutADate: a contract that is missing would make somebody whom
// Lucca has deactivated one of those who are sent.
func TestNobodyIsThereWhoIsGoneWithoutADate(t *testing.T) {
	t.Parallel()
	c := v5Script(t, map[string][]string{
		"employees": {v5Page(3, "", `{"id":"1","status":"deactivated","applicableEmployment":null}`,
			`{"id":"2","status":"deactivated","applicableEmployment":{"id":"9"}}`, `{"id":"3","status":"active","applicableEmployment":null}`)},
		"employments": {v5Page(1, "", `{"id":"9","employee":{"id":"2"},"start":{"date":"2020-01-01"},"end":{"date":"2024-06-30"}}`)},
	})
	s, err := c.Snapshot(t.Context(), roster.Query{Fields: roster.ContractEnd, Former: true})
	if err != nil || !slices.Equal(idsOf(s), []int{2, 3}) || s.Employees[0].ContractEnd.String() != "2024-06-30" {
		t.Errorf("got %v, %v", idsOf(s), err)
	}
}

func TestIdsThatAreNoNumbersAreKept(t *testing.T) {
	t.Parallel()
	answers := map[string][]string{
		"employees":               {v5Page(1, "", `{"id":"b7c1-44","email":null,"applicableJobPosition":{"id":"p-1"}}`)},
		"job-positions":           {v5Page(1, "", `{"id":"p-1","businessEstablishment":{"id":"LYO"},"department":null}`)},
		"business-establishments": {v5Page(1, "", `{"id":"LYO","name":"Acme Lyon","legalEntity":null}`)},
	}
	q := roster.Query{Fields: roster.EstablishmentRef}
	var first int
	for range 2 {
		s, err := v5Script(t, maps(answers)).Snapshot(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		e := s.Employees[0]
		if e.ID <= 0 || e.EstablishmentID != s.Establishments[0].ID || cmp.Or(first, e.ID) != e.ID {
			t.Errorf("employee %d in %d of %v", e.ID, e.EstablishmentID, s.Establishments)
		}
		first = e.ID
	}
}
