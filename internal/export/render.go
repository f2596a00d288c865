// Package export makes a partner's file from a roster and compares it with the last one
// that was delivered.
//
// It decides nothing about delivery: it returns what is in the file, who is not and why,
// and which limits the file is over. Everything here is a pure function of its
// arguments; the same roster, binding and day give the same bytes.
package export

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/profile"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/tabular"
)

// ErrNotVisible is wrapped by Render when the API key may not see a property that decides
// who is in the file, of anybody, or one that a column is made of, of everybody: the
// partner would get the wrong people, or blanks for values that it has.
var ErrNotVisible = errors.New("not visible to the API key")

// ErrBlocked is wrapped by Render when a value table blocks the file.
var ErrBlocked = errors.New("blocked by a value table")

// Population says who is in the file, beyond those employed on the day.
type Population struct {
	Establishments []string `yaml:"establishments,omitempty" json:"establishments,omitempty" jsonschema:"description=names of the establishments whose employees are sent; empty means all"`
	UpcomingDays   int      `yaml:"upcoming_days,omitempty" json:"upcoming_days,omitempty" jsonschema:"minimum=0,description=also send people whose contract starts within so many days"`
	LeaversDays    int      `yaml:"leavers_days,omitempty" json:"leavers_days,omitempty" jsonschema:"minimum=0,description=keep sending people for so many days after the end of their contract"`
}

// Query returns what must be read from Lucca to render the file: what the columns need,
// what the population is chosen by, and the identifiers by which explain finds people.
func Query(b *profile.Binding, p Population) roster.Query {
	q := roster.Query{
		Fields: roster.Login | roster.Mail | roster.EmployeeNumber | p.fields(),
		Former: p.LeaversDays > 0,
	}
	return q.Union(b.Query())
}

// Decision is what became of one employee.
type Decision string

// The decisions.
const (
	Sent     Decision = "sent"
	Rejected Decision = "rejected"
	// Upcoming, Left and Elsewhere: not in the flow's population.
	Upcoming  Decision = "upcoming"
	Left      Decision = "left"
	Elsewhere Decision = "elsewhere"
	// Gone: was in an earlier file, and Lucca does not list them any more.
	Gone Decision = "gone"
)

// Person is what became of one employee, as it is kept to explain the file and to
// compare the next one with it. Login, Mail and Number are there to be looked up.
type Person struct {
	ID       int         `json:"id"`
	Login    string      `json:"login,omitempty"`
	Mail     string      `json:"mail,omitempty"`
	Number   string      `json:"number,omitempty"`
	End      roster.Date `json:"end,omitzero"`
	Decision Decision    `json:"decision"`
	// Row is the line in the file, counting the header; 0 when not in it.
	Row int `json:"row,omitempty"`
	// Since is the first day on which somebody Gone was missed.
	Since roster.Date       `json:"since,omitzero"`
	Notes []finding.Finding `json:"notes,omitempty"`
}

// File says what is in a rendered file, and what is not.
type File struct {
	Header []string
	// Read counts the employees that Lucca listed, Sent the rows of the file, Rejected
	// the rows that an error kept out of it.
	Read, Sent, Rejected int
	// People is everyone that Lucca listed, in the order of the file.
	People   []Person
	Findings []finding.Finding
	// Rest is what there was no room for among the findings.
	Rest []finding.Rest
}

// Render writes the file. It returns ErrNotVisible or ErrBlocked, with the File so that
// its findings can be reported; what was written must then not be sent.
func Render(w io.Writer, r *roster.Roster, b *profile.Binding, p Population) (*File, error) {
	out, err := tabular.NewWriter(w, b.Dialect)
	if err != nil {
		return nil, err
	}
	everyone := len(r.Employees())
	rd := &renderer{
		out: out, roster: r, binding: b, population: p,
		file:   &File{Header: b.Headers(), Read: everyone, People: make([]Person, 0, everyone)},
		row:    make([]string, len(b.Columns)),
		hidden: make([]int, len(b.Columns)),
		dates:  make(map[roster.Date]string),
		keys:   make(map[string]int, everyone),
		key:    slices.IndexFunc(b.Columns, func(c profile.BoundColumn) bool { return c.Key == b.Profile.PrimaryKey }),
	}
	if b.Dialect.Header {
		rd.line = 1
		if err := out.Write(rd.file.Header); err != nil {
			return nil, fmt.Errorf("write header: %w", err)
		}
	}
	for _, e := range r.Employees() {
		if err := rd.employee(e); err != nil {
			return nil, err
		}
	}
	rd.unknownEstablishments()
	rd.file.Findings, rd.file.Rest = rd.log.Listed, rd.log.Rest()
	if err := out.Flush(); err != nil {
		return nil, fmt.Errorf("write file: %w", err)
	}
	return rd.file, rd.verdict()
}

// renderer is the state of one Render.
type renderer struct {
	out        *tabular.Writer
	roster     *roster.Roster
	binding    *profile.Binding
	population Population
	file       *File
	log        finding.Log

	line    int
	row     []string
	notes   []note
	blocked int
	// hidden counts, by column, the employees whose value Lucca left out; undecided those
	// of whom it left out what decides whether they are in the file.
	hidden    []int
	undecided int
	dates     map[roster.Date]string
	// keys finds the line of a value of the profile's primary key, which is column key.
	keys map[string]int
	key  int
}

// note is a finding on a column of the employee at hand, before it is known whether
// there will be a row.
type note struct {
	column   int
	severity finding.Severity
	code     string
	message  string
}

func (rd *renderer) employee(e *roster.Employee) error {
	person := Person{ID: e.ID, Login: e.Login, Mail: e.Mail, Number: e.EmployeeNumber, End: e.ContractEnd}
	person.Decision = rd.population.decide(rd.roster, e)
	if e.Hidden&rd.population.fields() != 0 {
		rd.undecided++
	}
	if person.Decision == Sent {
		if rd.fill(e) {
			if err := rd.write(); err != nil {
				return err
			}
			person.Row = rd.line
		} else {
			person.Decision = Rejected
			rd.file.Rejected++
		}
		person.Notes = rd.report(e, person.Row)
	}
	rd.file.People = append(rd.file.People, person)
	return nil
}

// fields are the properties that decide whether an employee is in the file.
func (p Population) fields() roster.Fields {
	if len(p.Establishments) > 0 {
		return roster.ContractStart | roster.ContractEnd | roster.EstablishmentRef
	}
	return roster.ContractStart | roster.ContractEnd
}

// decide tells whether the employee belongs in the file at all.
func (p Population) decide(r *roster.Roster, e *roster.Employee) Decision {
	if len(p.Establishments) > 0 && !slices.ContainsFunc(p.Establishments, func(name string) bool {
		return strings.EqualFold(name, r.Establishment(e).Name)
	}) {
		return Elsewhere
	}
	switch e.StatusOn(r.Day()) {
	case roster.Upcoming:
		if e.ContractStart.After(r.Day().AddDays(p.UpcomingDays)) {
			return Upcoming
		}
	case roster.Former:
		if e.ContractEnd.Before(r.Day().AddDays(-p.LeaversDays)) {
			return Left
		}
	}
	return Sent
}

func (rd *renderer) write() error {
	rd.line++
	rd.file.Sent++
	if err := rd.out.Write(rd.row); err != nil {
		return fmt.Errorf("write row %d: %w", rd.line, err)
	}
	if rd.key >= 0 && rd.row[rd.key] != "" {
		if first, twice := rd.keys[rd.row[rd.key]]; twice {
			rd.warn(rd.key, "duplicate_key", fmt.Sprintf("row %d has the same value: the partner expects it once", first))
		} else {
			rd.keys[rd.row[rd.key]] = rd.line
		}
	}
	return nil
}

// report turns the notes of the employee at hand into findings; row is 0 for a rejected
// row.
func (rd *renderer) report(e *roster.Employee, row int) []finding.Finding {
	if len(rd.notes) == 0 {
		return nil
	}
	findings := make([]finding.Finding, len(rd.notes))
	for i, n := range rd.notes {
		f := finding.Finding{
			Severity: n.severity, Code: n.code, Column: rd.binding.Columns[n.column].Key,
			Message: "Lucca id " + strconv.Itoa(e.ID) + ": " + n.message,
		}
		if row > 0 {
			f = f.At(row, n.column)
		}
		findings[i] = f
	}
	rd.log.Add(findings...)
	return findings
}

// verdict returns why the file as a whole must not be sent, if so.
func (rd *renderer) verdict() error {
	if rd.blocked > 0 {
		return fmt.Errorf("%w: cells without an entry in it: %d; the findings say which: add entries, or change on_unmatched", ErrBlocked, rd.blocked)
	}
	if rd.undecided > 0 {
		return fmt.Errorf("%w: Lucca does not show %s of %d employees, which decide who is in the file: give the role of the API key the right to read them",
			ErrNotVisible, strings.Join(rd.population.fields().Names(), ", "), rd.undecided)
	}
	considered := rd.file.Sent + rd.file.Rejected
	for i, c := range rd.binding.Columns {
		if considered > 0 && rd.hidden[i] == considered {
			return fmt.Errorf("%w: Lucca shows %s of no employee: give the role of the API key the right to read it, or take column %s out of the flow",
				ErrNotVisible, strings.Join(c.From, " or "), c.Key)
		}
	}
	return nil
}

// unknownEstablishments says which names of the population select nobody.
func (rd *renderer) unknownEstablishments() {
	for _, name := range rd.population.Establishments {
		if !slices.ContainsFunc(rd.roster.Employees(), func(e *roster.Employee) bool {
			return strings.EqualFold(name, rd.roster.Establishment(e).Name)
		}) {
			rd.log.Add(finding.Finding{
				Severity: finding.Warning, Code: "unknown_establishment",
				Message: fmt.Sprintf("population.establishments names %q, and nobody works there: check the spelling in Lucca", name),
			})
		}
	}
}

// date formats a day, of which a company has few different ones.
func (rd *renderer) date(d roster.Date) string {
	if d.IsZero() {
		return ""
	}
	s, ok := rd.dates[d]
	if !ok {
		s = rd.out.Date(int(d.Year), time.Month(d.Month), int(d.Day))
		rd.dates[d] = s
	}
	return s
}
