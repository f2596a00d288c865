package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lucca-exchange/internal/sandbox"
)

func inject(t *testing.T, s *server, list ...sandbox.Fault) {
	t.Helper()
	if err := s.Inject(list...); err != nil {
		t.Fatal(err)
	}
}

func TestFaultAnswers(t *testing.T) {
	t.Parallel()
	valid := func(body string) bool { return json.Valid([]byte(body)) }
	for name, tc := range map[string]struct {
		fault sandbox.Fault
		want  func(reply) bool
	}{
		"429 with Retry-After": {sandbox.Fault{Kind: sandbox.Status, Status: 429, RetryAfter: "7"}, func(r reply) bool {
			return r.status == 429 && r.header.Get("Retry-After") == "7" && strings.Contains(r.body, `"Status":429`)
		}},
		"429 without": {sandbox.Fault{Kind: sandbox.Status, Status: 429}, func(r reply) bool { return r.status == 429 && r.header.Get("Retry-After") == "" }},
		"502 page": {sandbox.Fault{Kind: sandbox.Status, Status: 502, Body: "<html>Bad Gateway</html>"}, func(r reply) bool {
			return r.status == 502 && r.body == "<html>Bad Gateway</html>" && strings.HasPrefix(r.header.Get("Content-Type"), "text/html")
		}},
		"text that is no JSON": {sandbox.Fault{Kind: sandbox.Status, Status: 400, Body: "plain"}, func(r reply) bool {
			return r.status == 400 && r.body == "plain" && strings.HasPrefix(r.header.Get("Content-Type"), "application/json")
		}},
		"login page": {sandbox.Fault{Kind: sandbox.LoginPage}, func(r reply) bool { return r.status == 200 && strings.HasPrefix(r.body, "<!DOCTYPE") }},
		"message":    {sandbox.Fault{Kind: sandbox.Message}, func(r reply) bool { return r.status == 200 && r.body == `{"Message":"An error has occurred"}` }},
		"malformed":  {sandbox.Fault{Kind: sandbox.Malformed}, func(r reply) bool { return r.status == 200 && r.err == nil && !valid(r.body) }},
		"cut":        {sandbox.Fault{Kind: sandbox.Cut}, func(r reply) bool { return r.err != nil && r.status == 0 }},
		"cut body":   {sandbox.Fault{Kind: sandbox.CutBody}, func(r reply) bool { return r.err != nil && r.status == 200 && r.body != "" }},
		"delay":      {sandbox.Fault{Kind: sandbox.Delay, DelayMillis: 1}, func(r reply) bool { return r.status == 200 && valid(r.body) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, 24, sandbox.Options{})
			inject(t, s, tc.fault)
			// A POST is not sent again by net/http when the connection is cut.
			if got := s.do(t, "POST", "/api/v3/users?contract=true", newcomer); !tc.want(got) {
				t.Errorf("got %d %q %v", got.status, got.body, got.err)
			}
			if got := s.get(t, "/api/v3/roles"); got.status != 200 || got.err != nil {
				t.Errorf("after the fault: %d %v", got.status, got.err)
			}
		})
	}
}

func TestFaultAppliesOrNot(t *testing.T) {
	t.Parallel()
	for kind, applied := range map[sandbox.Kind]bool{
		sandbox.Cut: false, sandbox.Message: false, sandbox.LoginPage: false, sandbox.LostAnswer: true, sandbox.CutBody: true, sandbox.Malformed: true, sandbox.Delay: true,
	} {
		s := start(t, 24, sandbox.Options{})
		inject(t, s, sandbox.Fault{Kind: kind, Method: "POST"})
		s.do(t, "POST", "/api/v3/users?contract=true", newcomer)
		if got := len(s.Users()) == 25; got != applied {
			t.Errorf("%s: applied = %v, want %v", kind, got, applied)
		}
	}
}

func TestFaultMatching(t *testing.T) {
	t.Parallel()
	s := start(t, 24, sandbox.Options{})
	inject(t, s,
		sandbox.Fault{Kind: sandbox.Status, Status: 503, Route: "/api/v3/users/*", After: 1, Times: 2},
		sandbox.Fault{Kind: sandbox.Status, Status: 500, Method: "PUT", Times: -1})
	var got []int
	for _, request := range []string{"GET /api/v3/users", "GET /api/v3/users/103", "GET /api/v3/users/103", "PUT /api/v3/users/103", "PUT /api/v3/users/103", "GET /api/v3/users/103"} {
		method, path, _ := strings.Cut(request, " ")
		got = append(got, s.do(t, method, path, "{}").status)
	}
	if want := []int{200, 200, 503, 503, 500, 200}; !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
	s.Heal()
	if got := s.do(t, "PUT", "/api/v3/users/103", "{}"); got.status != 200 {
		t.Errorf("after healing: %d", got.status)
	}
}

func TestFaultPages(t *testing.T) {
	t.Parallel()
	s := start(t, 60, sandbox.Options{})
	const query = "formerEmployees=true&paging="
	all := s.ids(t, query+"0,60")
	for kind, want := range map[sandbox.Kind][]int{
		sandbox.RepeatPage: all[0:10], sandbox.ShortPage: all[10:15], sandbox.DropItem: all[11:21], sandbox.DoubleItem: append([]int{all[10]}, all[10:20]...),
	} {
		inject(t, s, sandbox.Fault{Kind: kind, Route: "/api/v3/users"})
		if got := s.ids(t, query+"10,10"); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", kind, got, want)
		}
	}
	for _, kind := range []sandbox.Kind{sandbox.RepeatPage, sandbox.ShortPage, sandbox.DropItem, sandbox.DoubleItem} {
		inject(t, s, sandbox.Fault{Kind: kind})
		if got := s.ids(t, query+"1000,10"); len(got) != 0 && kind != sandbox.RepeatPage {
			t.Errorf("%s beyond the end: %v", kind, got)
		}
	}
}

func TestInjectRefusesNonsense(t *testing.T) {
	t.Parallel()
	s := start(t, 24, sandbox.Options{})
	for _, f := range []sandbox.Fault{
		{}, {Kind: "explode"}, {Kind: sandbox.Status}, {Kind: sandbox.Status, Status: 99}, {Kind: sandbox.Cut, Route: "["}, {Kind: sandbox.Cut, After: -1}, {Kind: sandbox.Delay, DelayMillis: -1},
	} {
		if err := s.Inject(f); err == nil {
			t.Errorf("%+v was accepted", f)
		}
	}
	if got := s.get(t, "/api/v3/roles"); got.status != 200 {
		t.Errorf("a refused fault happened: %d", got.status)
	}
}

func TestControlOverHTTP(t *testing.T) {
	t.Parallel()
	s := start(t, 24, sandbox.Options{})
	for body, want := range map[string]int{
		`{"kind":"status","status":503,"times":2}`: 204, `[{"kind":"cut","route":"/nothing"}]`: 204, `[]`: 204,
		`{"kind":"explode"}`: 400, `{"kin":"cut"}`: 400, `x`: 400,
	} {
		if got := s.do(t, "POST", "/_sandbox/faults", body); got.status != want {
			t.Errorf("POST %s: %d %s, want %d", body, got.status, got.body, want)
		}
	}
	statuses := []int{s.get(t, "/api/v3/users/103").status}
	if got := s.do(t, "DELETE", "/_sandbox/faults", ""); got.status != 204 {
		t.Errorf("DELETE faults: %d", got.status)
	}
	statuses = append(statuses, s.get(t, "/api/v3/users/103?fields=id,login").status, s.get(t, "/secret/jdoe").status)
	if want := []int{503, 200, 404}; !slices.Equal(statuses, want) {
		t.Errorf("statuses %v, want %v", statuses, want)
	}
	want := `{"total":3,"requests":[{"method":"GET","route":"/api/v3/users/{id}","status":200,"count":1},` +
		`{"method":"GET","route":"/api/v3/users/{id}","status":503,"count":1},{"method":"GET","route":"unknown","status":404,"count":1}]}`
	if got := s.get(t, "/_sandbox/requests"); got.body != want {
		t.Errorf("requests %s, want %s", got.body, want)
	}
	if got := s.do(t, "DELETE", "/_sandbox/requests", ""); got.status != 204 || s.RequestTotal() != 0 {
		t.Errorf("DELETE requests: %d, %d left", got.status, s.RequestTotal())
	}
}

// The limit is one of the tenant, over a sliding minute; refused requests do not count.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tenant := sandbox.New(sandbox.NewCompany(24, 1, today()), sandbox.Options{Keys: []sandbox.Key{{Secret: secret}}})
		get := func() *http.Response {
			w := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v3/roles", nil)
			r.Header.Set("Authorization", "lucca application="+secret)
			tenant.ServeHTTP(w, r)
			return w.Result()
		}
		for i := range 50 {
			if i == 20 {
				time.Sleep(30 * time.Second)
			}
			if got := get(); got.StatusCode != 200 {
				t.Fatalf("request %d: %d", i+1, got.StatusCode)
			}
		}
		for range 3 {
			if got := get(); got.StatusCode != 429 || got.Header.Get("Retry-After") != "31" {
				t.Fatalf("request 51: %d, Retry-After %q; want 429 and 31", got.StatusCode, got.Header.Get("Retry-After"))
			}
		}
		time.Sleep(30 * time.Second)
		for i := range 20 {
			if got := get(); got.StatusCode != 200 {
				t.Fatalf("request %d of the next half minute: %d", i+1, got.StatusCode)
			}
		}
		if got := get(); got.StatusCode != 429 {
			t.Errorf("request 21 of the next half minute: %d, want 429", got.StatusCode)
		}
	})
}

func TestRateLimitOptions(t *testing.T) {
	t.Parallel()
	s := start(t, 24, sandbox.Options{RequestsPerMinute: 2, NoRetryAfter: true})
	for _, want := range []int{200, 200, 429} {
		got := s.get(t, "/organization/structure/api/legal-units")
		if got.status != want || got.header.Get("Retry-After") != "" {
			t.Errorf("%d, Retry-After %q; want %d without", got.status, got.header.Get("Retry-After"), want)
		}
	}
}

// A delay ends when the client goes away.
func TestDelayEndsWithTheClient(t *testing.T) {
	t.Parallel()
	s := start(t, 24, sandbox.Options{})
	inject(t, s, sandbox.Fault{Kind: sandbox.Delay, DelayMillis: 3_600_000})
	s.client.Timeout = 50 * time.Millisecond
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/api/v3/roles", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := s.client.Do(r); err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		t.Errorf("answered %d, want a timeout: %v", resp.StatusCode, resp.Body.Close())
	}
}
