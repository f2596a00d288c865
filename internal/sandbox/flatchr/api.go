package flatchr

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
)

// Dates of filters and of answers.
const (
	filterDate = "01/02/06"
	answerDate = "02/01/06"
)

// maxBody bounds a request.
const maxBody = 1 << 20

// Fault answers requests with a status instead of what they ask for.
type Fault struct {
	Status int
	// Body replaces the JSON {"message"} of the status.
	Body string
	// RetryAfter is the header of that name; none when empty.
	RetryAfter string
	// Path is the end of the paths that it is for; every path when empty.
	Path string
	// Times is for how many requests: 0 is one, less than 0 is for ever.
	Times int
}

// Inject makes requests go wrong from now on, the first fault that fits first.
func (s *Server) Inject(list ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, list...)
}

// claim returns the fault that a request meets.
func (s *Server) claim(path string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.faults {
		f := s.faults[i]
		if !strings.HasSuffix(path, f.Path) {
			continue
		}
		if f.Times <= 1 && f.Times >= 0 {
			s.faults = append(s.faults[:i], s.faults[i+1:]...)
		} else {
			s.faults[i].Times--
		}
		return f, true
	}
	return Fault{}, false
}

func (s *Server) routes() {
	s.mux.HandleFunc("GET /company/{company}/columns", s.listColumns)
	s.mux.HandleFunc("GET /company/{company}/vacancies", s.listVacancies)
	s.mux.HandleFunc("GET /company/{company}/members", s.listMembers)
	s.mux.HandleFunc("POST /company/{company}/search/applicants", s.search)
	s.mux.HandleFunc("PUT /company/{company}/vacancy/{vacancy}/applicant/{applicant}", s.move)
	s.mux.HandleFunc("GET /contracts", s.listContracts)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound) })
}

// ServeHTTP answers a request that bears the key.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	if f, due := s.claim(r.URL.Path); due {
		if f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
		if f.Body == "" {
			refuse(w, f.Status)
			return
		}
		w.WriteHeader(f.Status)
		_, _ = io.WriteString(w, f.Body)
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+s.options.Key {
		refuse(w, http.StatusUnauthorized)
		return
	}
	if rest, ok := strings.CutPrefix(r.URL.Path, "/company/"); ok {
		if company, _, _ := strings.Cut(rest, "/"); company != s.options.Company {
			refuse(w, http.StatusForbidden)
			return
		}
	}
	s.mux.ServeHTTP(w, r)
}

func refuse(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// The client that is gone gets no answer.
	_ = json.NewEncoder(w).Encode(map[string]string{"message": http.StatusText(status)})
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(value)
}

type object = map[string]any

func (s *Server) listColumns(w http.ResponseWriter, _ *http.Request) {
	list := make([]object, len(s.options.Columns))
	for i, c := range s.options.Columns {
		list[i] = s.columnObject(c, encoded("column", c.ID))
	}
	answer(w, list)
}

func (s *Server) listVacancies(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]object, len(s.vacancies))
	for i, v := range s.vacancies {
		list[i] = s.vacancyObject(v, encoded("vacancy", v.ID))
		list[i]["vacancy_id"] = v.ID
		list[i]["contract_type"] = contractTypes()[v.ContractType]
	}
	answer(w, list)
}

func (s *Server) listMembers(w http.ResponseWriter, _ *http.Request) {
	answer(w, []object{{"id": encoded("user", 240), "user": object{"firstname": "Tom", "lastname": "Bourgis"}}})
}

func (s *Server) listContracts(w http.ResponseWriter, _ *http.Request) {
	var list []object
	for id := 1; id <= len(contractTypes()); id++ {
		list = append(list, object{"id": id, "text": contractTypes()[id]})
	}
	answer(w, list)
}

func contractTypes() map[int]string {
	return map[int]string{1: "CDI", 2: "CDD", 3: "Stage", 4: "Intérim", 5: "Alternance"}
}

// move serves PUT with the new column_id.
func (s *Server) move(w http.ResponseWriter, r *http.Request) {
	var body struct {
		ColumnID string `json:"column_id"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, maxBody)).Decode(&body); err != nil {
		refuse(w, http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := find(s.applicants, func(a Applicant) bool { return encoded("applicant", a.ID) == r.PathValue("applicant") })
	c := find(s.options.Columns, func(c Column) bool { return encoded("column", c.ID) == body.ColumnID })
	if a == nil || c == nil {
		refuse(w, http.StatusNotFound)
		return
	}
	a.column, a.updated = c.ID, time.Now()
	answer(w, object{"id": encoded("applicant", a.ID), "column_id": body.ColumnID})
}

// search serves the filters hired, column and start_update.
func (s *Server) search(w http.ResponseWriter, r *http.Request) {
	var filter map[string]string
	if err := json.NewDecoder(io.LimitReader(r.Body, maxBody)).Decode(&filter); err != nil {
		refuse(w, http.StatusBadRequest)
		return
	}
	since := time.Time{}
	if text, ok := filter["start_update"]; ok {
		t, err := time.Parse(filterDate, text)
		if err != nil {
			refuse(w, http.StatusBadRequest)
			return
		}
		since = t
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	hits := []object{}
	for _, a := range s.applicants {
		c := s.column(a.column)
		if c == nil || filter["hired"] == "true" && !c.Hired || filter["column"] != "" && filter["column"] != c.Title || a.updated.Before(since) {
			continue
		}
		v := s.vacancy(a.VacancyID)
		hits = append(hits, object{
			"applicant": encoded("applicant", a.ID), "vacancy": v.Title, "vacancy_id": encoded("vacancy", v.ID),
			"column": c.Title, "hired": c.Hired, "external_id": "", "status": 1, "score": 0,
			"firstname": a.FirstName, "lastname": a.LastName, "email": a.Email, "phone": a.Phone,
			"created_at": a.created.Format(answerDate), "updated_at": a.updated.Format(answerDate), "source": "Site carrière",
		})
	}
	answer(w, hits)
}
