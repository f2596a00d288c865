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

	"lucca-exchange/internal/fault"
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

// Query returns what must be read from Lucca to render the file: what the columns need,
// what the population is chosen by, and the identifiers by which explain finds people.
func Query(b *profile.Binding, p Population) roster.Query {
	q := roster.Query{
		Fields: roster.Login | roster.Mail | roster.EmployeeNumber | roster.EstablishmentRef | p.fields(),
		Former: p.leavers() > 0,
	}
	return q.Union(p.query(b)).Union(b.Query())
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
	ID     int    `json:"id"`
	Name   string `json:"name,omitempty"`
	Login  string `json:"login,omitempty"`
	Mail   string `json:"mail,omitempty"`
	Number string `json:"number,omitempty"`
	// Place is the establishment by Lucca id; 0 when it is not known.
	Place    int         `json:"place,omitempty"`
	End      roster.Date `json:"end,omitzero"`
	Decision Decision    `json:"decision"`
	// Row is the line in the file, counting the header; 0 when not in it.
	Row int `json:"row,omitempty"`
	// Since is the first day on which somebody Gone was missed.
	Since roster.Date       `json:"since,omitzero"`
	Notes []finding.Finding `json:"notes,omitempty"`
	// Outside is the list of the population that leaves somebody Elsewhere out.
	Outside string `json:"outside,omitempty"`
	// Emptied are the cells, by the key of their column, for which Lucca has a value that the flow
	// makes nothing of. Of other empty cells Lucca has none, or a note says why.
	Emptied map[string]Emptier `json:"emptied,omitempty"`
}

// Emptier is what of a flow leaves a cell empty for which Lucca has a value.
type Emptier string

// The emptiers.
const (
	// ByExpression: the expression of the source leaves nothing of the value.
	ByExpression Emptier = "expression"
	// ByTable: the value table has an empty entry for it. ByDefault: it has none, and an empty default.
	ByTable   Emptier = "table"
	ByDefault Emptier = "default"
)

// File says what is in a rendered file, and what is not.
type File struct {
	Header []string
	// Read counts the employees that Lucca listed, Sent the rows of the file, Rejected
	// the rows that an error kept out of it.
	Read, Sent, Rejected int
	// Dangling counts the rows that refer to a manager who is not in the file.
	Dangling int
	// Parts are the files that it is sent as, by establishment, where the source is split.
	Parts map[int]*Piece
	// People is everyone that Lucca listed, in the order of the file.
	People   []Person
	Findings []finding.Finding
	// Rest is what there was no room for among the findings.
	Rest []finding.Rest

	leavers int // for how many days people who have left are in it
	places  map[int]string
}

// Source is what a file is made of.
type Source struct {
	Roster     *roster.Roster
	Binding    *profile.Binding
	Population Population
	// Split, when not empty, makes parts of the file, too.
	Split Split
	// Cells, when not nil, take those of the file.
	Cells *Cells
}

// Render writes the file. It returns ErrNotVisible or ErrBlocked, with the File so that
// its findings can be reported; what was written must then not be sent.
func (s Source) Render(w io.Writer) (*File, error) {
	r, b, p := s.Roster, s.Binding, s.Population
	out, err := tabular.NewWriter(w, b.Dialect)
	if err != nil {
		return nil, err
	}
	everyone := len(r.Employees())
	rd := &renderer{
		out: out, roster: r, binding: b, population: p, who: p.decider(),
		file:   &File{Header: b.Headers(), Read: everyone, People: make([]Person, 0, everyone), leavers: p.leavers(), places: make(map[int]string)},
		row:    make([]string, len(b.Columns)),
		cells:  s.Cells,
		steps:  make([]int32, len(b.Columns)),
		hidden: make([]int, len(b.Columns)),
		dates:  make([]knownDate, knownDates),
		policy: b.ManagerOutside(),
	}
	if s.Split != "" {
		rd.file.Parts = make(map[int]*Piece)
		rd.who.fields |= roster.EstablishmentRef
	}
	rd.names.Grow(everyone * usualName)
	rd.survey()
	rd.foresee()
	if s.Cells != nil {
		s.Cells.grow(everyone)
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
	rd.log.Add(rd.population.selectsNobody(rd.roster)...)
	rd.file.Findings, rd.file.Rest = rd.log.Listed, rd.log.Rest()
	outs := []*tabular.Writer{out}
	for _, p := range rd.file.Parts {
		outs = append(outs, p.out)
	}
	for _, out := range outs {
		if err := out.Flush(); err != nil {
			return nil, fmt.Errorf("write file: %w", err)
		}
	}
	return rd.file, rd.verdict()
}

// usualName is how many bytes the name of somebody has.
const usualName = 24

// renderer is the state of one Render.
type renderer struct {
	out        *tabular.Writer
	roster     *roster.Roster
	binding    *profile.Binding
	population Population
	who        decider
	file       *File
	log        finding.Log

	line int
	row  []string
	// names are those of all people, of which each has a part.
	names strings.Builder
	// cells take what is written, with the steps of the row at hand; nil for none.
	cells   *Cells
	steps   []int32
	notes   []note
	emptied map[string]Emptier
	blocked int
	// hidden counts, by column, the employees whose value Lucca left out; undecided those
	// of whom it left out what decides whether they are in the file.
	hidden    []int
	undecided int
	dates     []knownDate
	// columns are what the columns of the binding ask of this file, by their places.
	columns []column
	// foreseen is what is known of each employee, in the order of the roster, where a column is
	// about managers; policy is for managers who have no row, and dangles says that the employee at
	// hand refers to one.
	foreseen []foreseen
	policy   profile.ManagerOutside
	dangles  bool
}

// column is what one column asks of a file.
type column struct {
	aboutManager bool
	// verbatim: any text stands in a cell as Lucca has it.
	verbatim bool
	// untranslated: there is no value table.
	untranslated bool
	// owners are known where a value is to be there once; found is that of the row at hand.
	owners *owners
	found  found
	// decides: what is in it can keep somebody out of the file.
	decides bool
}

// foreseen is what is known of an employee before the rows are made.
type foreseen struct {
	// sent: they belong in the file. inFile: there is a row of theirs, too.
	sent, inFile bool
	// owns: their values are theirs, where each is to be there once.
	owns bool
}

// survey looks at what the columns ask for.
func (rd *renderer) survey() {
	rd.columns = make([]column, len(rd.binding.Columns))
	for i := range rd.binding.Columns {
		c, out := &rd.binding.Columns[i], &rd.columns[i]
		_, out.aboutManager = c.AboutManager()
		out.untranslated = c.Values.IsZero()
		out.verbatim = c.Type == profile.Text && out.untranslated && c.Rules.IsZero() && verbatim(rd.binding.Dialect)
		if c.Rules.Unique || c.Key == rd.binding.Profile.PrimaryKey {
			out.owners = newOwners(rd.file.Read, out.verbatim && slices.Equal(c.From, []string{"employeeNumber"}))
		}
		out.decides = out.owners != nil || c.Level == profile.Required && !out.aboutManager
	}
}

// verbatim reports whether a dialect has any text as it is.
func verbatim(d tabular.Dialect) bool {
	return d.Formulas == tabular.FormulasKeep && d.Format != tabular.Fixed && (d.Encoding == tabular.UTF8 || d.Encoding == tabular.UTF8BOM)
}

// decide is what becomes of an employee before their row is made.
func (rd *renderer) decide(e *roster.Employee) Decision {
	if rd.foreseen != nil && rd.foreseen[e.Index()].sent {
		return Sent
	}
	return rd.who.decide(rd.roster, e)
}

// note is a finding on a column of the employee at hand, before it is known whether
// there will be a row.
type note struct {
	column   int
	severity finding.Severity
	code     string
	message  string
}

// wholeRow is the column of a note that is about none.
const wholeRow = -1

func (rd *renderer) employee(e *roster.Employee) error {
	if at := rd.roster.Establishment(e); at.Name != "" {
		rd.file.places[at.ID] = at.Name
	}
	person := Person{ID: e.ID, Name: name(e, &rd.names), Login: e.Login, Mail: e.Mail, Number: e.EmployeeNumber, Place: e.EstablishmentID, End: e.ContractEnd}
	person.Decision = rd.decide(e)
	if e.Hidden&rd.who.fields != 0 {
		rd.undecided++
	}
	if person.Decision == Elsewhere {
		person.Outside = rd.who.outside(rd.roster, e)
	}
	if person.Decision == Sent {
		rd.recall(e)
		if rd.dangles = false; rd.fill(e) && rd.placed(e) && rd.alone(e) {
			if rd.dangles {
				rd.file.Dangling++
			}
			if err := rd.write(e); err != nil {
				return err
			}
			person.Row, person.Emptied = rd.line, rd.emptied
			if rd.cells != nil {
				rd.cells.add(e.ID, rd.row, rd.steps)
			}
		} else {
			person.Decision = Rejected
			rd.file.Rejected++
		}
		person.Notes = rd.report(e, person.Row)
	}
	rd.file.People = append(rd.file.People, person)
	return nil
}

// name is what somebody is called, at the end of the names before.
func name(e *roster.Employee, names *strings.Builder) string {
	from := names.Len()
	for _, part := range [...]string{e.FirstName, " ", e.LastName} {
		names.WriteString(part)
	}
	return strings.TrimSpace(names.String()[from:])
}

// complete fills in what the row of an employee cannot do without.
func (rd *renderer) complete(e *roster.Employee) bool {
	rd.notes = rd.notes[:0]
	for i := range rd.columns {
		if !rd.columns[i].decides {
			continue
		}
		c := &rd.binding.Columns[i]
		if rd.row[i] = rd.shown(i, c, c.Read(rd.roster, e)); rd.row[i] != "" {
			continue
		}
		if c.Level == profile.Required && !rd.columns[i].aboutManager {
			return false
		}
	}
	return true
}

func (rd *renderer) write(e *roster.Employee) error {
	rd.line++
	rd.file.Sent++
	if err := rd.out.Write(rd.row); err != nil {
		return fmt.Errorf("write row %d: %w", rd.line, err)
	}
	if rd.file.Parts == nil {
		return nil
	}
	part, err := rd.file.part(rd.establishment(e), rd.binding.Dialect)
	if err != nil {
		return err
	}
	part.Rows++
	if err := part.out.Write(rd.row); err != nil {
		return fmt.Errorf("write row %d: %w", rd.line, err)
	}
	return nil
}

// establishment is where an employee works, of which Lucca's list of establishments may say no more
// than the id.
func (rd *renderer) establishment(e *roster.Employee) roster.Establishment {
	at := rd.roster.Establishment(e)
	at.ID = e.EstablishmentID
	return at
}

// placed rejects the row of somebody who works nowhere, where there is one file for each
// establishment.
func (rd *renderer) placed(e *roster.Employee) bool {
	if rd.file.Parts == nil || e.EstablishmentID != 0 {
		return true
	}
	rd.notes = append(rd.notes, note{wholeRow, finding.Error, "no_establishment",
		"works at no establishment, and there is one file for each: the row is not sent; choose an establishment in Lucca"})
	return false
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
			Severity: n.severity, Code: n.code,
			Message: "Lucca id " + strconv.Itoa(e.ID) + ": " + n.message,
		}
		if n.column != wholeRow {
			f.Column = rd.binding.Columns[n.column].Key
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
		return fault.Of(ErrBlocked, "cells without an entry in it: %d; the findings say which: add entries, or change on_unmatched", rd.blocked)
	}
	if rd.undecided > 0 {
		return fault.Of(ErrNotVisible, "Lucca does not show %s of %d employees, which decide who is in the file: give the role of the API key the right to read them", strings.Join(rd.population.fields().Names(), ", "), rd.undecided)
	}
	considered := rd.file.Sent + rd.file.Rejected
	for i, c := range rd.binding.Columns {
		if considered > 0 && rd.hidden[i] == considered {
			return fault.Of(ErrNotVisible, "Lucca shows %s of no employee: give the role of the API key the right to read it, or take column %s out of the flow", strings.Join(c.From, " or "), c.Key)
		}
	}
	return nil
}

// date formats a day, of which a company has few different ones.
func (rd *renderer) date(d roster.Date) string {
	if d.IsZero() {
		return ""
	}
	known := &rd.dates[(uint(d.Year)*372+uint(d.Month)*31+uint(d.Day))%knownDates]
	if known.day != d {
		known.day, known.text = d, rd.out.Date(int(d.Year), time.Month(d.Month), int(d.Day))
	}
	return known.text
}

// knownDates is how many days of a file are remembered: those of some ten years.
const knownDates = 4096

// knownDate is a day, and how it is written.
type knownDate struct {
	day  roster.Date
	text string
}
