package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/sandbox"
)

const allScopes = "employees.readonly employments.readonly job-positions.readonly departments.readonly employee-attributes.readonly"

// v5 is a tenant with one OAuth client.
func v5(t *testing.T, change func(*sandbox.Options, *sandbox.Client)) (*sandbox.Tenant, *httptest.Server) {
	t.Helper()
	client := sandbox.Client{ID: "acme-client", Secret: "s3cret"}
	o := sandbox.Options{RequestsPerMinute: -1}
	if change != nil {
		change(&o, &client)
	}
	o.Clients = []sandbox.Client{client}
	tenant := sandbox.New(sandbox.NewCompany(60, 1, today()), o)
	live := httptest.NewServer(tenant)
	t.Cleanup(live.Close)
	return tenant, live
}

func form(change map[string]string) url.Values {
	f := url.Values{"grant_type": {"client_credentials"}, "client_id": {"acme-client"}, "client_secret": {"s3cret"}, "scope": {allScopes}}
	for k, v := range change {
		f.Set(k, v)
	}
	return f
}

// tokenOf asks for a token.
func tokenOf(t *testing.T, live *httptest.Server, f url.Values) (status int, body map[string]any) {
	t.Helper()
	resp, err := live.Client().PostForm(live.URL+sandbox.TokenPath, f)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body
}

// get asks v5 with a good token, unless headers say otherwise.
func getV5(t *testing.T, live *httptest.Server, path string, header map[string]string) (status int, answer http.Header, body map[string]any) {
	t.Helper()
	_, granted := tokenOf(t, live, form(nil))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, live.URL+"/lucca-api/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token, ok := granted["access_token"].(string); ok {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.Header.Set("Api-Version", "2024-11-01")
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := live.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &body); err != nil {
		t.Fatalf("%s: %s", err, b)
	}
	return resp.StatusCode, resp.Header, body
}

func TestTokensAreGivenForScopesAndInTheBodyOnly(t *testing.T) {
	t.Parallel()
	_, live := v5(t, func(_ *sandbox.Options, c *sandbox.Client) { c.Without = []string{"employee-extensions.readonly"} })
	status, body := tokenOf(t, live, form(nil))
	if status != 200 || body["token_type"] != "Bearer" || body["expires_in"] != 1800.0 || body["access_token"] == "" {
		t.Fatalf("%d %v", status, body)
	}
	for name, tt := range map[string]struct {
		change map[string]string
		want   string
	}{
		"wrong secret":       {map[string]string{"client_secret": "x"}, "invalid_client"},
		"unknown client":     {map[string]string{"client_id": "x"}, "invalid_client"},
		"no secret":          {map[string]string{"client_secret": ""}, "invalid_client"},
		"other grant":        {map[string]string{"grant_type": "password"}, "unsupported_grant_type"},
		"a scope not given":  {map[string]string{"scope": "employees.readonly employee-extensions.readonly"}, "invalid_scope"},
		"a scope to write":   {map[string]string{"scope": "employees.readwrite"}, "invalid_scope"},
		"an unknown scope":   {map[string]string{"scope": "salaries.readonly"}, "invalid_scope"},
		"no scope":           {map[string]string{"scope": ""}, "invalid_scope"},
		"scopes with commas": {map[string]string{"scope": "employees.readonly,departments.readonly"}, "invalid_scope"},
	} {
		if status, body := tokenOf(t, live, form(tt.change)); status != 400 || body["error"] != tt.want {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
	resp, err := live.Client().Post(live.URL+sandbox.TokenPath, "application/json", strings.NewReader(`{"grant_type":"client_credentials"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 400 {
		t.Errorf("JSON: %s", resp.Status)
	}
}

func TestV5RefusesWhatTheDocumentationDoes(t *testing.T) {
	t.Parallel()
	tenant, live := v5(t, nil)
	for name, tt := range map[string]struct {
		path   string
		header map[string]string
		status int
		field  string
	}{
		"no version":         {"employees", map[string]string{"Api-Version": ""}, 400, "Api-Version"},
		"an earlier version": {"employees", map[string]string{"Api-Version": "2023-01-01"}, 400, "Api-Version"},
		"a later version":    {"employees", map[string]string{"Api-Version": "2025-02-03"}, 200, ""},
		"the API key":        {"employees", map[string]string{"Authorization": "lucca application=" + secret}, 401, ""},
		"another token":      {"employees", map[string]string{"Authorization": "Bearer nonsense"}, 401, ""},
		"no scope":           {"legal-entities", nil, 403, ""},
		"an unknown list":    {"people", nil, 404, ""},
		"101 items":          {"employees?limit=101", nil, 400, "limit"},
		"fewer than none":    {"employees?limit=-1", nil, 400, "limit"},
		"no number":          {"employees?limit=x", nil, 400, "limit"},
		"an unknown include": {"employees?include=links,all", nil, 400, "include"},
		"an unknown filter":  {"employees?login=x", nil, 400, "login"},
		"fields of v3":       {"employees?fields=id", nil, 400, "fields"},
		"a page by number":   {"employees?page=2", nil, 400, "page"},
	} {
		status, h, body := getV5(t, live, tt.path, tt.header)
		if status != tt.status {
			t.Errorf("%s: %d %v", name, status, body)
		}
		if errs, _ := body["errors"].(map[string]any); tt.field != "" && errs[tt.field] == nil {
			t.Errorf("%s: want a fault of %s in %v", name, tt.field, body)
		}
		if wrong := status != 200 && !strings.HasPrefix(h.Get("Content-Type"), "application/problem+json"); wrong {
			t.Errorf("%s: %v", name, h)
		}
		if status == 200 && h.Get("Api-Version") != "2024-11-01" {
			t.Errorf("%s: no version in the answer", name)
		}
	}
	tenant.RevokeTokens()
}

func TestV5GivesPagesByCursorAndMoreOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	tenant, live := v5(t, nil)
	status, _, bare := getV5(t, live, "employees", nil)
	if status != 200 || len(bare["items"].([]any)) != 25 || bare["totalCount"] != nil || bare["links"] != nil || bare["embedded"] != nil || bare["type"] != "employees" {
		t.Fatalf("%d %v", status, bare)
	}
	if _, told := bare["items"].([]any)[0].(map[string]any)["links"]; told {
		t.Error("links of an item without being asked for")
	}
	_, _, more := getV5(t, live, "employees?include=embedded&limit=1", nil)
	for _, e := range more["embedded"].(map[string]any)["employment"].(map[string]any) {
		if part := e.(map[string]any); part["type"] != "employment" || part["start"] != nil {
			t.Errorf("embedded %v, want a part of an employment", part)
		}
	}
	var ids []int
	path, pages := "employees?include=links,totalCount&limit=25", 0
	for path != "" {
		_, _, body := getV5(t, live, path, nil)
		pages++
		if body["totalCount"] != 60.0 {
			t.Errorf("count %v", body["totalCount"])
		}
		for _, item := range body["items"].([]any) {
			m := item.(map[string]any)
			id, err := strconv.Atoi(m["id"].(string))
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		path = ""
		if next, ok := body["links"].(map[string]any)["next"].(map[string]any); ok {
			_, path, _ = strings.Cut(next["href"].(string), "/lucca-api/")
		}
	}
	if pages != 3 || len(ids) != len(tenant.Users()) || !slices.IsSorted(ids) {
		t.Errorf("%d pages, %d people", pages, len(ids))
	}
}

func TestV5FiltersAndRefers(t *testing.T) {
	t.Parallel()
	tenant, live := v5(t, nil)
	_, _, present := getV5(t, live, "employees?status=active,upcoming&include=totalCount&limit=0", nil)
	want := 0
	for _, u := range tenant.Users() {
		if c := u.Applicable(sandbox.DayOf(today())); c.End == 0 || c.End >= sandbox.DayOf(today()) {
			want++
		}
	}
	if present["totalCount"] != float64(want) || want == len(tenant.Users()) || len(present["items"].([]any)) != 0 {
		t.Errorf("got %v, want %d", present["totalCount"], want)
	}
	_, _, body := getV5(t, live, "job-positions?employee.id=101,"+id(tenant.Users()[3].ID)+"&limit=100", nil)
	items := body["items"].([]any)
	if len(items) == 0 {
		t.Fatal("no job position")
	}
	place := items[0].(map[string]any)["businessEstablishment"].(map[string]any)
	if place["type"] != "business-establishment" || place["url"] == nil {
		t.Errorf("reference %v", place)
	}
	_, _, attributes := getV5(t, live, "employee-attributes?definition.id=e_hr_manager&limit=100", nil)
	for _, item := range attributes["items"].([]any) {
		m := item.(map[string]any)
		if m["definition"].(map[string]any)["id"] != "e_hr_manager" || m["value"].(map[string]any)["type"] != "employee" {
			t.Fatalf("attribute %v", m)
		}
	}
}

func TestTokensEnd(t *testing.T) {
	t.Parallel()
	tenant, live := v5(t, func(o *sandbox.Options, _ *sandbox.Client) { o.TokenLife = time.Hour })
	_, granted := tokenOf(t, live, form(nil))
	bearer := map[string]string{"Authorization": "Bearer " + granted["access_token"].(string)}
	if status, _, _ := getV5(t, live, "employees", bearer); status != 200 || granted["expires_in"] != 3600.0 {
		t.Fatalf("%d with a token of %v s", status, granted["expires_in"])
	}
	tenant.RevokeTokens()
	if status, _, _ := getV5(t, live, "employees", bearer); status != 401 {
		t.Errorf("%d with a revoked token", status)
	}
}

func TestV5CanBeTurnedOff(t *testing.T) {
	t.Parallel()
	_, live := v5(t, func(o *sandbox.Options, _ *sandbox.Client) { o.NoV5 = true })
	if status, _, _ := getV5(t, live, "employees", nil); status != 404 {
		t.Errorf("%d", status)
	}
}
