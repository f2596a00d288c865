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
	kept, err := c.options.Inspector().PlanOf(v.Context(), record.ID)
	if errors.Is(err, run.ErrUsage) {
		return &fault{status: http.StatusNotFound, what: "fault.no_plan", back: "/runs/" + record.ID}
	}
	if err != nil {
		return err
	}
	q := v.URL.Query()
	data := planData{
		Run: record, ID: record.ID, Hash: kept.Plan.Hash, Action: q.Get("action"), Column: q.Get("column"), Text: q.Get("q"), Decides: v.who.Decides(record.Flow) && kept.Overtaken == nil,
		Actions: []plan.Action{plan.Create, plan.Update, plan.End, plan.Rehire, plan.Reject}, All: len(kept.Plan.Items),
	}
	data.Page, _ = strconv.Atoi(q.Get("page")) // anything but a number is the first page
	data.fill(record, kept, v.who.SeesValues(record.Flow))
	if v.who.SeesValues(record.Flow) {
		if err := c.reveal(v, record.Flow, record.ID, "plan"); err != nil {
			return err
		}
	}
	return c.pages.show(w, v, page{name: "plan", title: v.printer.Text("plan.title", "flow", record.Flow), data: data})
}

// fill takes the lines that were asked for.
func (d *planData) fill(record state.Record, kept inspect.PlanView, values bool) {
	said := make(map[int][]finding.Finding)
	for _, f := range record.Findings {
		if f.Row > 0 {
			said[f.Row] = append(said[f.Row], f)
		}
	}
	counts := make(map[string]int)
	first, text := max(d.Page-1, 0)*planPage, strings.ToLower(d.Text)
	for n := range kept.Plan.Items {
		item := &kept.Plan.Items[n]
		set := item.Set
		for code := range set {
			counts[code]++
		}
		if item.Action == plan.Unchanged || d.Action != "" && string(item.Action) != d.Action {
			continue
		}
		if _, has := set[d.Column]; d.Column != "" && !has {
			continue
		}
		line := planLine{Row: item.Row, Action: item.Action, EmployeeID: item.EmployeeID, Name: nameOf(kept, n, values), Findings: said[item.Row]}
		if text != "" && !strings.Contains(strings.ToLower(line.Name), text) {
			continue
		}
		if d.Found++; d.Found <= first || d.Found > first+planPage {
			continue
		}
		for _, code := range plan.InOrder(set) {
			cell := planCell{Code: code, From: set[code].From, To: set[code].To}
			if !values {
				cell = planCell{Code: code, Hidden: true}
			}
			line.Cells = append(line.Cells, cell)
		}
		d.Lines = append(d.Lines, line)
	}
	for _, code := range plan.InOrder(counts) {
		d.Counts = append(d.Counts, columnCount{code, counts[code]})
	}
	d.Page, d.Pages = max(d.Page, 1), max((d.Found+planPage-1)/planPage, 1)
}

// nameOf is who an item is about: the login, and to those who see no values no more than its
// first letters.
func nameOf(kept inspect.PlanView, n int, values bool) string {
	name := kept.Plan.Items[n].Login
	if name == "" && n < len(kept.People) {
		name = kept.People[n].Login
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
