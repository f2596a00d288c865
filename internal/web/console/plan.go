package console

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// planData is a plan as a grid: one line a person, one cell a change.
type planData struct {
	Run state.Record
	// ID and Hash are what is decided on.
	ID, Hash string
	Lines    []planLine
	// Counts are the changes by column, of the whole plan.
	Counts []columnCount
	// Action, Column and Text are what was asked for; Page counts from 1.
	Action, Column, Text    string
	Actions                 []plan.Action
	Page, Pages, Found, All int
	Decides                 bool
}

type columnCount struct {
	Code string
	N    int
}

// planLine is one person of a plan.
type planLine struct {
	Row        int
	Action     plan.Action
	EmployeeID int
	// Name is who it is, or initials to those who see no values.
	Name     string
	Cells    []planCell
	Findings []finding.Finding
}

type planCell struct {
	Code, From, To string
	Hidden         bool
}

// planPage is how many people one page has.
const planPage = 100

func (c runPages) plan(w http.ResponseWriter, v visit) error {
	record, err := c.find(v)
	if err != nil {
		return err
	}
	q := v.URL.Query()
	data := planData{
		Run: record, ID: record.ID, Action: q.Get("action"), Column: q.Get("column"), Text: q.Get("q"),
		Actions: []plan.Action{plan.Create, plan.Update, plan.End, plan.Rehire, plan.Reject},
	}
	number, _ := strconv.Atoi(q.Get("page")) // anything but a number is the first page
	data.Page = max(min(number, mostPages), 1)
	values := v.who.SeesValues(record.Flow)
	kept, err := c.options.Inspector().PlanPage(v.Context(), record.ID, inspect.PlanQuery{
		Action: plan.Action(data.Action), Column: data.Column, Text: data.Text, Names: values, Changed: true, After: (data.Page - 1) * planPage, Limit: planPage,
	})
	if errors.Is(err, run.ErrUsage) {
		return &fault{status: http.StatusNotFound, what: "fault.no_plan", back: "/runs/" + record.ID}
	}
	if err != nil {
		return err
	}
	data.Hash, data.All, data.Decides = kept.Hash, kept.All, v.who.Decides(record.Flow) && kept.Overtaken == nil
	data.fill(kept, values)
	if v.who.SeesValues(record.Flow) {
		if err := c.reveal(v, record.Flow, record.ID, "plan"); err != nil {
			return err
		}
	}
	return c.pages.show(w, v, page{name: "plan", title: v.printer.Text("plan.title", "flow", record.Flow), data: data})
}

// mostPages is more than any plan has.
const mostPages = 1_000_000

// fill takes the lines of the page.
func (d *planData) fill(kept inspect.PlanPage, values bool) {
	d.Found = kept.Found
	for _, l := range kept.Lines {
		line := planLine{Row: l.Row, Action: l.Action, EmployeeID: l.EmployeeID, Name: nameOf(l, values), Findings: l.Findings}
		for _, code := range plan.InOrder(l.Set) {
			cell := planCell{Code: code, From: l.Set[code].From, To: l.Set[code].To}
			if !values {
				cell = planCell{Code: code, Hidden: true}
			}
			line.Cells = append(line.Cells, cell)
		}
		d.Lines = append(d.Lines, line)
	}
	for _, code := range plan.InOrder(kept.Columns) {
		d.Counts = append(d.Counts, columnCount{code, kept.Columns[code]})
	}
	d.Pages = max((d.Found+planPage-1)/planPage, 1)
}

// nameOf is who an item is about: the login, and to those who see no values no more than its
// first letters.
func nameOf(l inspect.PlanLine, values bool) string {
	name := l.Login
	if name == "" {
		name = l.Of.Login
	}
	if values || name == "" {
		return name
	}
	return initials(name)
}

// initials of a login such as claire.martin are c.m.
func initials(login string) string {
	var b strings.Builder
	for part := range strings.FieldsFuncSeq(login, func(r rune) bool { return r == '.' || r == ' ' || r == '-' || r == '_' || r == '@' }) {
		for _, r := range part {
			b.WriteRune(r)
			break
		}
		b.WriteByte('.')
	}
	return b.String()
}
