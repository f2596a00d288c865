// Package flatchr is a stand-in for the API of Flatchr, an applicant tracking system, and
// for the webhooks that it sends. The demo, trials and tests run against it.
//
// It answers what Flatchr documents (github.com/flatchr/FlatchrDocs, 2022, and the newer
// developers.flatchr.io) for one company: columns, vacancies, contract types, members, the
// search for applicants and moving one of them. Its unpleasant habits are kept: the same
// application is a number in a webhook and an encoded text in the search, filters want
// MM/DD/YY while answers say DD/MM/YY, hired is a text in the filter, and a vacancy mostly has
// no start date.
//
// Nothing here uses internal/hire, which is tested against it.
package flatchr

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options are the company's.
type Options struct {
	// Company is the key that paths begin with.
	Company string
	// Name is the company's name.
	Name string
	// Key is the API key that requests must bear.
	Key string
	// Columns are the steps of recruiting; DefaultColumns when there are none.
	Columns []Column
}

// Column is a step of recruiting.
type Column struct {
	ID    int
	Title string
	// Hired marks the column of the recruited.
	Hired bool
}

// DefaultColumns are those of a new company, the last for the recruited.
func DefaultColumns() []Column {
	return []Column{
		{ID: 694, Title: "Nouveau"},
		{ID: 695, Title: "Pré-qualification RH"},
		{ID: 696, Title: "Entretien"},
		{ID: 697, Title: "Recruté", Hired: true},
	}
}

// Vacancy is an open job.
type Vacancy struct {
	// ID is given by AddVacancy.
	ID    int
	Title string
	// Department is not documented; newer accounts have one.
	Department string
	// ContractType is an id of GET /contracts: 1 is CDI, 2 is CDD, 5 is Alternance; 0 is none.
	ContractType int
	// StartDate is a timestamp, and null when empty.
	StartDate string
}

// Applicant is somebody who applied for a vacancy.
type Applicant struct {
	// ID is given by AddApplicant.
	ID        int
	VacancyID int
	FirstName string
	LastName  string
	Email     string
	Phone     string

	column  int
	created time.Time
	updated time.Time
}

// Server is one company. It is an http.Handler and may be used by several goroutines.
type Server struct {
	options Options
	mux     *http.ServeMux

	mu         sync.Mutex
	vacancies  []Vacancy
	applicants []Applicant
	faults     []Fault
	requests   []string
}

// ErrUnknown is wrapped when there is no such applicant, vacancy or column.
var ErrUnknown = errors.New("not in this company")

// New returns a company without vacancies and applicants.
func New(o Options) *Server {
	if len(o.Columns) == 0 {
		o.Columns = DefaultColumns()
	}
	s := &Server{options: o, mux: http.NewServeMux()}
	s.routes()
	return s
}

// AddVacancy opens a vacancy and returns its id.
func (s *Server) AddVacancy(v Vacancy) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.ID = 1243 + len(s.vacancies)
	s.vacancies = append(s.vacancies, v)
	return v.ID
}

// AddApplicant puts somebody into the first column at an instant and returns the id of the
// application.
func (s *Server) AddApplicant(a Applicant, at time.Time) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.vacancy(a.VacancyID) == nil {
		return 0, fmt.Errorf("add applicant for vacancy %d: %w", a.VacancyID, ErrUnknown)
	}
	a.ID = 1474 + len(s.applicants)
	a.column, a.created, a.updated = s.options.Columns[0].ID, at, at
	s.applicants = append(s.applicants, a)
	return a.ID, nil
}

// MoveToHired moves an applicant into the column of the recruited at an instant, and
// returns the body of the webhook that Flatchr sends then.
func (s *Server) MoveToHired(id int, at time.Time) ([]byte, error) {
	i := slices.IndexFunc(s.options.Columns, func(c Column) bool { return c.Hired })
	if i < 0 {
		return nil, fmt.Errorf("find column of the recruited: %w", ErrUnknown)
	}
	return s.Move(id, s.options.Columns[i].Title, at)
}

// Move moves an applicant into the column with a title, and returns the body of the
// webhook.
func (s *Server) Move(id int, title string, at time.Time) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.applicant(id)
	i := slices.IndexFunc(s.options.Columns, func(c Column) bool { return strings.EqualFold(c.Title, title) })
	if a == nil || i < 0 {
		return nil, fmt.Errorf("move applicant %d: %w", id, ErrUnknown)
	}
	a.column, a.updated = s.options.Columns[i].ID, at
	return s.hook(*a)
}

// Requests returns the method and path of every request so far.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func (s *Server) vacancy(id int) *Vacancy {
	return find(s.vacancies, func(v Vacancy) bool { return v.ID == id })
}

func (s *Server) applicant(id int) *Applicant {
	return find(s.applicants, func(a Applicant) bool { return a.ID == id })
}

func (s *Server) column(id int) *Column {
	return find(s.options.Columns, func(c Column) bool { return c.ID == id })
}

func find[T any](list []T, is func(T) bool) *T {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return &list[i]
	}
	return nil
}
