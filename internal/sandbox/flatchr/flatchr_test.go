package flatchr_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/sandbox/flatchr"
	"lucca-exchange/testdata"
)

const company = "G6KzqPnNLyp31m0l"

// start is a company with one vacancy and one applicant, on loopback.
func start(t *testing.T) (server *flatchr.Server, url string, applicant int) {
	t.Helper()
	s := flatchr.New(flatchr.Options{Company: company, Name: "Acme", Key: "k"})
	id, err := s.AddApplicant(flatchr.Applicant{
		VacancyID: s.AddVacancy(flatchr.Vacancy{Title: "Vendeur", ContractType: 1}), FirstName: "Ada", LastName: "Rossi", Email: "ada@mail.example",
	}, time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	return s, web.URL, id
}

// ask sends a request with the key.
func ask(t *testing.T, method, url, body string) (status int, answer []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer k")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, answer
}

func TestSearchWantsOtherDatesThanItAnswers(t *testing.T) {
	t.Parallel()
	s, url, id := start(t)
	if _, err := s.MoveToHired(id, time.Date(2026, 11, 12, 9, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	search := url + "/company/" + company + "/search/applicants"
	for filter, want := range map[string]int{
		`{"hired":"true"}`:                             1,
		`{"hired":"true","start_update":"11/12/26"}`:   1,
		`{"hired":"true","start_update":"11/13/26"}`:   0,
		`{"column":"Recruté"}`:                         1,
		`{"column":"Nouveau"}`:                         0,
		`{"column":"Entretien","start_update":"1/12"}`: -1,
		`{"hired":"true","start_update":"2026-11-12"}`: -1,
		`[]`: -1,
	} {
		status, body := ask(t, http.MethodPost, search, filter)
		var hits []map[string]any
		switch {
		case want < 0:
			if status != http.StatusBadRequest {
				t.Errorf("%s: status %d", filter, status)
			}
		case json.Unmarshal(body, &hits) != nil || len(hits) != want:
			t.Errorf("%s: %d hits, want %d", filter, len(hits), want)
		case want == 1 && (hits[0]["updated_at"] != "12/11/26" || hits[0]["created_at"] != "01/11/26"):
			t.Errorf("dates %v and %v", hits[0]["created_at"], hits[0]["updated_at"])
		}
	}
}

func TestWhoMayAsk(t *testing.T) {
	t.Parallel()
	_, url, _ := start(t)
	for path, want := range map[string]int{
		"/company/" + company + "/columns":   http.StatusOK,
		"/company/" + company + "/vacancies": http.StatusOK,
		"/company/" + company + "/members":   http.StatusOK,
		"/contracts":                         http.StatusOK,
		"/company/another/columns":           http.StatusForbidden,
		"/company/" + company + "/nothing":   http.StatusNotFound,
	} {
		if status, _ := ask(t, http.MethodGet, url+path, ""); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/contracts", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body.Close(); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a key: %d", resp.StatusCode)
	}
}

func TestAWebhookIsSentOnce(t *testing.T) {
	t.Parallel()
	s, _, id := start(t)
	var got []string
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got = append(got, r.URL.Path+" "+r.Header.Get("Content-Type")+" "+string(body))
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer target.Close()
	body, err := s.MoveToHired(id, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	status, err := s.Send(t.Context(), target.URL+"/hooks/f/t", body)
	if err != nil || status != http.StatusServiceUnavailable {
		t.Errorf("%d, %v", status, err)
	}
	if len(got) != 1 || got[0] != "/hooks/f/t application/json "+string(body) {
		t.Errorf("received %q", got)
	}
}

func TestMovingByTheAPI(t *testing.T) {
	t.Parallel()
	_, url, _ := start(t)
	_, body := ask(t, http.MethodGet, url+"/company/"+company+"/columns", "")
	var columns []struct {
		ID    string
		Hired bool
	}
	if err := json.Unmarshal(body, &columns); err != nil || len(columns) != 4 || !columns[3].Hired {
		t.Fatalf("columns %+v, %v", columns, err)
	}
	search := url + "/company/" + company + "/search/applicants"
	_, body = ask(t, http.MethodPost, search, `{"column":"Nouveau"}`)
	var hits []struct {
		Applicant string
		VacancyID string `json:"vacancy_id"`
	}
	if err := json.Unmarshal(body, &hits); err != nil || len(hits) != 1 {
		t.Fatal(hits, err)
	}
	path := url + "/company/" + company + "/vacancy/" + hits[0].VacancyID + "/applicant/" + hits[0].Applicant
	if status, _ := ask(t, http.MethodPut, path, `{"column_id":"`+columns[3].ID+`"}`); status != http.StatusOK {
		t.Fatalf("move: %d", status)
	}
	if status, _ := ask(t, http.MethodPut, path+"x", `{"column_id":"`+columns[3].ID+`"}`); status != http.StatusNotFound {
		t.Errorf("move nobody: %d", status)
	}
	if _, body = ask(t, http.MethodPost, search, `{"hired":"true"}`); !strings.Contains(string(body), hits[0].Applicant) {
		t.Errorf("not hired: %s", body)
	}
}

func TestFaultsEnd(t *testing.T) {
	t.Parallel()
	s, url, _ := start(t)
	s.Inject(flatchr.Fault{Status: 500, Path: "/columns", Times: 2}, flatchr.Fault{Status: 429, RetryAfter: "3", Body: "slow"})
	var got []int
	for _, path := range []string{"/columns", "/vacancies", "/columns", "/columns"} {
		status, _ := ask(t, http.MethodGet, url+"/company/"+company+path, "")
		got = append(got, status)
	}
	if got[0] != 500 || got[1] != 429 || got[2] != 500 || got[3] != 200 {
		t.Errorf("statuses %v", got)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s, _, id := start(t)
	if _, err := s.AddApplicant(flatchr.Applicant{VacancyID: 1}, time.Now()); !errors.Is(err, flatchr.ErrUnknown) {
		t.Error(err)
	}
	if _, err := s.Move(id, "Nowhere", time.Now()); !errors.Is(err, flatchr.ErrUnknown) {
		t.Error(err)
	}
	if _, err := s.MoveToHired(id+1, time.Now()); !errors.Is(err, flatchr.ErrUnknown) {
		t.Error(err)
	}
}

// The webhook has all members that Flatchr documents.
func TestWebhookIsAsDocumented(t *testing.T) {
	t.Parallel()
	s, _, id := start(t)
	sent, err := s.MoveToHired(id, time.Date(2026, 11, 12, 9, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	got, want := members(t, sent), members(t, testdata.Bytes("hires/flatchr-hired.json"))
	for _, path := range want {
		if !slices.Contains(got, path) {
			t.Errorf("%s is not sent", path)
		}
	}
}

// members are the paths of all members of a document.
func members(t *testing.T, body []byte) []string {
	t.Helper()
	var root any
	if err := json.Unmarshal(body, &root); err != nil {
		t.Fatal(err)
	}
	var found []string
	var walk func(path string, v any)
	walk = func(path string, v any) {
		if o, ok := v.(map[string]any); ok {
			for name, inner := range o {
				found = append(found, path+"/"+name)
				walk(path+"/"+name, inner)
			}
		}
	}
	walk("", root)
	return found
}
