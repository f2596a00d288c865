package flatchr

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lucca-exchange/internal/hire"
	sandbox "lucca-exchange/internal/sandbox/flatchr"
	"lucca-exchange/internal/secret"
)

const (
	company = "G6KzqPnNLyp31m0l"
	key     = "flatchr-key"
)

// inProcess answers requests without a network, so that time can be that of a synctest
// bubble.
type inProcess struct{ server http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	p.server.ServeHTTP(w, r)
	return w.Result(), nil
}

func ats(t *testing.T) *sandbox.Server {
	t.Helper()
	return sandbox.New(sandbox.Options{Company: company, Name: "Acme", Key: key})
}

func client(t *testing.T, server http.Handler, config Config) *Client {
	t.Helper()
	config.Company = company
	c, err := NewClient(Options{
		Config: config, Key: secret.NewValue(key), Zone: paris(t), Version: "test", HTTP: &http.Client{Transport: inProcess{server}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// apply puts somebody into the stand-in.
func apply(t *testing.T, s *sandbox.Server, a sandbox.Applicant, at time.Time) int {
	t.Helper()
	id, err := s.AddApplicant(a, at)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestAPollFindsTheHireOfTheWebhook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		s := ats(t)
		vacancy := s.AddVacancy(sandbox.Vacancy{Title: "Ingénieur  H/F ", Department: "R&D", ContractType: 1, StartDate: "2027-01-04T00:00:00.000Z"})
		ada := apply(t, s, sandbox.Applicant{VacancyID: vacancy, FirstName: "Ada", LastName: "Rossi", Email: "ada@mail.example", Phone: "06 76 56 45 23"}, now.AddDate(0, 0, -9))
		apply(t, s, sandbox.Applicant{VacancyID: vacancy, FirstName: "Not", LastName: "Hired", Email: "not@mail.example"}, now)
		body, err := s.MoveToHired(ada, now)
		if err != nil {
			t.Fatal(err)
		}
		pushed, err := reader(t).Webhook(body, now)
		if err != nil {
			t.Fatal(err)
		}
		found, err := client(t, s, Config{}).Hired(t.Context(), Poll{Since: now, Now: now})
		if err != nil || len(found.Events) != 1 || len(found.Findings) != 0 {
			t.Fatalf("%+v, %v", found, err)
		}
		polled := found.Events
		if !polled[0].SameHire(pushed) || !pushed.SameHire(polled[0]) {
			t.Errorf("two hires: %+v and %+v", pushed, polled[0])
		}
		if pushed.ExternalID == polled[0].ExternalID {
			t.Error("the stand-in no longer shows ids of two kinds")
		}
		// All but the id and the hour are the same by either way.
		polled[0].ExternalID, polled[0].HiredAt = pushed.ExternalID, pushed.HiredAt
		if got, want := asJSON(t, polled[0]), asJSON(t, pushed); got != want {
			t.Errorf("polled %s, pushed %s", got, want)
		}
	})
}

func asJSON(t *testing.T, e hire.Event) string {
	t.Helper()
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAPollAsksForADayMoreInTheDatesOfTheFilter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var filter map[string]string
		c := client(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer "+key || r.Method != http.MethodPost || r.URL.Path != "/company/"+company+"/search/applicants" {
				t.Errorf("%s %s", r.Method, r.URL.Path)
			}
			if err := json.NewDecoder(r.Body).Decode(&filter); err != nil {
				t.Error(err)
			}
			_, _ = w.Write([]byte("[]"))
		}), Config{})
		// In Paris it is the 13th already.
		found, err := c.Hired(t.Context(), Poll{Since: time.Date(2026, 11, 12, 23, 30, 0, 0, time.UTC), Now: time.Now()})
		if err != nil || len(found.Events) != 0 {
			t.Fatal(found, err)
		}
		if filter["hired"] != "true" || filter["start_update"] != "11/12/26" || len(filter) != 2 {
			t.Errorf("filter %q", filter)
		}
	})
}

func TestRequestsOfAPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		s := ats(t)
		for range 40 {
			id := apply(t, s, sandbox.Applicant{VacancyID: s.AddVacancy(sandbox.Vacancy{Title: "Vendeur"}), LastName: "A", FirstName: "B"}, now)
			if _, err := s.MoveToHired(id, now); err != nil {
				t.Fatal(err)
			}
		}
		found, err := client(t, s, Config{}).Hired(t.Context(), Poll{Since: now, Now: now})
		if err != nil || len(found.Events) != 40 {
			t.Fatal(len(found.Events), err)
		}
		want := []string{"POST /company/" + company + "/search/applicants", "GET /company/" + company + "/vacancies"}
		if got := s.Requests(); !slices.Equal(got, want) {
			t.Errorf("requests %q, want %q", got, want)
		}
	})
}

func TestAPollOfConfiguredColumns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		s := ats(t)
		vacancy := s.AddVacancy(sandbox.Vacancy{Title: "Vendeur"})
		for _, column := range []string{"Entretien", "Recruté"} {
			id := apply(t, s, sandbox.Applicant{VacancyID: vacancy, LastName: column, FirstName: "B", Email: "b@mail.example"}, now)
			if _, err := s.Move(id, column, now); err != nil {
				t.Fatal(err)
			}
		}
		found, err := client(t, s, Config{Columns: []string{"entretien"}}).Hired(t.Context(), Poll{Since: now, Now: now})
		if err != nil || len(found.Events) != 1 || found.Events[0].LastName != "Entretien" {
			t.Errorf("%+v, %v", found, err)
		}
		if _, err := client(t, s, Config{Columns: []string{"Onboarding"}}).Hired(t.Context(), Poll{Since: now, Now: now}); !errors.Is(err, ErrNoColumn) {
			t.Errorf("a column that is not there: %v", err)
		}
	})
}

func TestColumnsAndContractTypes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := client(t, ats(t), Config{})
		columns, err := c.Columns(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if i := slices.IndexFunc(columns, func(c Column) bool { return c.Hired }); len(columns) != 4 || i != 3 || columns[i].Title != "Recruté" {
			t.Errorf("columns %+v", columns)
		}
		types, err := c.ContractTypes(t.Context())
		if err != nil || types["1"] != "CDI" || types["5"] != "Alternance" {
			t.Errorf("contract types %v, %v", types, err)
		}
	})
}

func TestOldAnswersOfTheSearch(t *testing.T) {
	t.Parallel()
	hits := `[{"applicant":"z7gWQnjXG77hJRak","vacancy":"Vendeur","column":"Recruté","external_id":"","firstname":"Juliette","lastname":"Lar","email":"j@mail.example","phone":"","created_at":"09/11/21","source":"L'Apec"}]`
	for _, tt := range []struct{ name, vacancies, job, department, note string }{
		{"the title is of one vacancy", `[{"id":"a","title":"vendeur","department":"Ventes"},{"id":"b","title":"DRH"}]`, "vendeur", "Ventes", ""},
		{"the title is of two", `[{"id":"a","title":"Vendeur","department":"Nord"},{"id":"b","title":"Vendeur","department":"Sud"}]`, "Vendeur", "", "vacancy_unknown"},
		{"of three", `[{"id":"a","title":"Vendeur"},{"id":"b","title":"Vendeur"},{"id":"c","title":"Vendeur","department":"Sud"}]`, "Vendeur", "", "vacancy_unknown"},
		{"of none", `[]`, "Vendeur", "", "vacancy_unknown"},
		{"in the careers feed", `{"items":[{"id":"k0","vacancy":{"id":"a","title":"Vendeur","department":"Ventes"}}]}`, "Vendeur", "Ventes", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := client(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if strings.HasSuffix(r.URL.Path, "/vacancies") {
						_, _ = w.Write([]byte(tt.vacancies))
						return
					}
					_, _ = w.Write([]byte(hits))
				}), Config{})
				found, err := c.Hired(t.Context(), Poll{Since: time.Now(), Now: time.Now()})
				if err != nil || len(found.Events) != 1 {
					t.Fatal(found, err)
				}
				e := found.Events[0]
				note := ""
				if len(e.Notes) > 0 {
					note = e.Notes[0].Code
				}
				if e.JobTitle != tt.job || e.Department != tt.department || note != tt.note {
					t.Errorf("job %q department %q note %q", e.JobTitle, e.Department, note)
				}
				// The day of the application is not that of the hiring.
				if !e.HiredAt.Equal(time.Now()) {
					t.Errorf("hired at %v", e.HiredAt)
				}
			})
		})
	}
}

func TestOneBadApplicantDoesNotHideTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hits := `[{"applicant":"a1","lastname":"Un","firstname":"A","status":1},{"lastname":"canary"},{"applicant":"a3","lastname":{"canary":1}},
			"canary",{"applicant":7,"lastname":"Deux","firstname":"B","status":0}]`
		c := client(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/vacancies") {
				hits = "[]"
			}
			_, _ = w.Write([]byte(hits))
		}), Config{})
		found, err := c.Hired(t.Context(), Poll{Since: time.Now(), Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		if e := found.Events; len(e) != 2 || e[0].ExternalID != "a1" || e[1].ExternalID != "7" {
			t.Fatalf("events %+v", e)
		}
		if notes := found.Events[1].Notes; len(notes) != 2 || notes[1].Code != "application_archived" {
			t.Errorf("notes of an archived application: %+v", notes)
		}
		var rows []int
		for _, f := range found.Findings {
			rows = append(rows, f.Row)
			if strings.Contains(f.Message, "canary") {
				t.Errorf("the finding repeats the answer: %v", f)
			}
		}
		if !slices.Equal(rows, []int{2, 3, 4}) {
			t.Errorf("unreadable %v, want 2, 3, 4", rows)
		}
	})
}

func TestWhatGoesWrongWithFlatchr(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		fault    sandbox.Fault
		want     error
		requests int
	}{
		{"busy once", sandbox.Fault{Status: 429, RetryAfter: "7"}, nil, 2},
		{"down for a while", sandbox.Fault{Status: 503, Times: 4}, nil, 5},
		{"down", sandbox.Fault{Status: 502, Times: -1}, ErrUnavailable, 5},
		{"busy for ever", sandbox.Fault{Status: 429, Times: -1, RetryAfter: "86400"}, ErrUnavailable, 5},
		{"key refused", sandbox.Fault{Status: 401, Times: -1, Body: `{"canary":1}`}, ErrUnauthorized, 1},
		{"key without rights", sandbox.Fault{Status: 403, Times: -1}, ErrUnauthorized, 1},
		{"request refused", sandbox.Fault{Status: 400, Times: -1, Body: "canary"}, ErrMalformed, 1},
		{"gone", sandbox.Fault{Status: 404, Times: -1}, ErrMalformed, 1},
		{"redirect", sandbox.Fault{Status: 302, Times: -1}, ErrMalformed, 1},
		{"a web page", sandbox.Fault{Status: 200, Times: -1, Body: "<html>canary"}, ErrMalformed, 1},
		{"an object", sandbox.Fault{Status: 200, Times: -1, Body: `{"canary":[]}`}, ErrMalformed, 1},
		{"cut", sandbox.Fault{Status: 200, Times: -1, Body: `[{"canary":`}, ErrMalformed, 1},
		{"column without an id", sandbox.Fault{Status: 200, Times: -1, Body: `[{"title":"canary"}]`}, ErrMalformed, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := ats(t)
				s.Inject(tt.fault)
				_, err := client(t, s, Config{}).Columns(t.Context())
				if !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
				if err != nil && (strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), key)) {
					t.Errorf("the error repeats the answer or the key: %v", err)
				}
				if n := len(s.Requests()); n != tt.requests {
					t.Errorf("%d requests, want %d", n, tt.requests)
				}
			})
		})
	}
}

func TestCancelEndsAPollAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ats(t)
		s.Inject(sandbox.Fault{Status: 503, Times: -1})
		stop := errors.New("stopped")
		ctx, cancel := context.WithCancelCause(t.Context())
		go func() {
			time.Sleep(1500 * time.Millisecond)
			cancel(stop)
		}()
		if _, err := client(t, s, Config{}).Hired(ctx, Poll{Since: time.Now(), Now: time.Now()}); !errors.Is(err, stop) {
			t.Errorf("got %v, want the cause", err)
		}
	})
}

func TestTheClientOverTheNetwork(t *testing.T) {
	t.Parallel()
	s := ats(t)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	c, err := NewClient(Options{Config: Config{Company: company, URL: server.URL}, Key: secret.NewValue(key), Zone: time.UTC, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if columns, err := c.Columns(t.Context()); err != nil || len(columns) != 4 {
		t.Errorf("%v, %v", columns, err)
	}
	wrong, err := NewClient(Options{Config: Config{Company: company, URL: server.URL}, Key: secret.NewValue("other"), Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wrong.Columns(t.Context()); !errors.Is(err, ErrUnauthorized) {
		t.Errorf("another key: %v", err)
	}
}

func TestConfigFaults(t *testing.T) {
	t.Parallel()
	env := secret.Ref{Env: "KEY"}
	for _, tt := range []struct {
		name   string
		config Config
		want   []string
	}{
		{"webhooks only", Config{}, nil},
		{"with polling", Config{Company: company, APIKey: env}, nil},
		{"on loopback", Config{Company: company, APIKey: env, URL: "http://127.0.0.1:1234"}, nil},
		{"no company", Config{APIKey: env}, []string{"company"}},
		{"no key", Config{Company: company}, []string{"api_key"}},
		{"a company that is a path", Config{Company: "../x", APIKey: env}, []string{"company"}},
		{"plain http", Config{URL: "http://api.flatchr.io"}, []string{"url"}},
		{"key in the address", Config{URL: "https://api.flatchr.io?token=x"}, []string{"url"}},
		{"no address", Config{URL: "api.flatchr.io"}, []string{"url"}},
		{"an empty column", Config{Columns: []string{" "}}, []string{"columns"}},
	} {
		var got []string
		tt.config.Validate(hire.Config{}, func(key, _ string) { got = append(got, key) })
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: faults at %q, want %q", tt.name, got, tt.want)
		}
	}
	for _, bad := range []string{"", "with blank", "line\nend"} {
		if _, err := NewClient(Options{Key: secret.NewValue(bad)}); err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("key %q: %v", bad, err)
		}
	}
}
