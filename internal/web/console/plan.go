package console

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
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
	// Codes are what was found, by code, of the rows of the whole plan.
	Codes []columnCount
	// Establishments are where people of the whole plan belong, as far as that is known; Managed says
	// that people can be shown under their managers.
	Establishments []columnCount
	Managed        bool
	// Action, Column, Code, Establishment, By and Text are what was asked for; Page counts from 1.
	Action, Column, Code, Establishment, By, Text string
	Actions                                       []plan.Action
	Page, Pages, Found, All                       int
	Decides                                       bool
	consent
}

// columnCount is how often there is something of a code: of a field, or of what was found.
type columnCount struct {
	Code string
	N    int
}

// planLine is one person of a plan.
type planLine struct {
	Row        int
	Action     plan.Action
	EmployeeID int
	// Name is who it is, or initials to those who see no values; Page says that it leads to them.
	Name string
	// Login is that of somebody whose name is known; empty to those who see no values.
	Login string
	// Manager stands above the people under it, where it differs from that of the line before: Under.
	Manager  string
	Under    bool
	Page     bool
	Cells    []planCell
	Findings []finding.Finding
}

// planCell is a field of a person: from what to what it changes, or Same where it only has something
// to be said of it.
type planCell struct {
	Code, From, To string
	Hidden, Same   bool
	// Severity is the worst of what was found of it; empty for nothing.
	Severity finding.Severity
	Findings []finding.Finding
}

// planPage is how many people one page has.
const planPage = 100

// findInPlan shows a plan of which somebody searches the people: their names are in the body of the
// request, and not in an address. Without a search there is an address, which can be mailed.
func (c runPages) findInPlan(w http.ResponseWriter, v visit) error {
	if strings.TrimSpace(v.Request.PostFormValue("q")) != "" {
		return c.plan(w, v)
	}
	q := make(url.Values)
	for _, name := range []string{"action", "column", "code", "establishment", "by", "page"} {
		if value := v.Request.PostFormValue(name); value != "" {
			q.Set(name, value)
		}
	}
	to := runPage(v.Request.PathValue("run")) + "/plan"
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return seeOther(w, v, to, nil)
}

func (c runPages) plan(w http.ResponseWriter, v visit) error {
	record, err := c.find(v)
	if err != nil {
		return err
	}
	data := planData{
		Run: record, ID: record.ID, Action: v.Request.FormValue("action"), Column: v.Request.FormValue("column"), Code: v.Request.FormValue("code"),
		Establishment: v.Request.FormValue("establishment"), By: v.Request.FormValue("by"), Text: v.Request.PostFormValue("q"),
		Actions: []plan.Action{plan.Create, plan.Update, plan.End, plan.Rehire, plan.Reject},
	}
	number, _ := strconv.Atoi(v.Request.FormValue("page")) // anything but a number is the first page
	data.Page = max(min(number, mostPages), 1)
	values := v.who.SeesValues(record.Flow)
	kept, err := c.options.Inspector().PlanPage(v.Request.Context(), record.ID, inspect.PlanQuery{
		Action: plan.Action(data.Action), Column: data.Column, Code: data.Code, Establishment: data.Establishment, ByManager: data.By == byManager, Text: data.Text, Names: values, Changed: true, After: (data.Page - 1) * planPage, Limit: planPage,
	})
	if errors.Is(err, run.ErrUsage) {
		return &fault{status: http.StatusNotFound, what: "fault.no_plan", back: "/runs/" + record.ID}
	}
	if err != nil {
		return err
	}
	data.Hash, data.All, data.Decides = kept.Hash, kept.All, v.who.Decides(record.Flow) && kept.Overtaken == nil
	data.fill(kept, values)
	if i := c.options.Inspector(); record.Outcome == run.Held {
		acts, err := i.Acts(v.Request.Context(), record.ID)
		if err != nil {
			return err
		}
		data.consent = consentOf(i.Config.Flows[record.Flow].Approvals, acts, data.Hash, v.who.Who())
	}
	if values {
		if err := c.reveal(v, record.Flow, record.ID, "plan"); err != nil {
			return err
		}
	}
	return c.pages.show(w, v, page{name: "plan", title: v.printer.Text("plan.title", "flow", record.Flow), data: data})
}

// byManager asks for people under their managers.
const byManager = "manager"

// mostPages is more than any plan has.
const mostPages = 1_000_000

// fill takes the lines of the page.
func (d *planData) fill(kept inspect.PlanPage, values bool) {
	d.Found = kept.Found
	for n, l := range kept.Lines {
		line := planLine{Row: l.Row, Action: l.Action, EmployeeID: l.EmployeeID, Page: values && l.EmployeeID > 0}
		line.Name, line.Login = nameOf(l, values)
		line.Cells, line.Findings = cellsOf(l.Set, l.Findings, values)
		if d.By == byManager {
			line.Manager = l.Manager
			line.Under = n == 0 || l.Manager != kept.Lines[n-1].Manager
		}
		if !values {
			line.Manager = initials(line.Manager)
		}
		d.Lines = append(d.Lines, line)
	}
	d.Managed = kept.Managers
	for _, name := range slices.Sorted(maps.Keys(kept.Establishments)) {
		d.Establishments = append(d.Establishments, columnCount{name, kept.Establishments[name]})
	}
	for _, code := range plan.InOrder(kept.Columns) {
		d.Counts = append(d.Counts, columnCount{code, kept.Columns[code]})
	}
	d.Codes = codesOf(kept.Run.Findings)
	d.Pages = max((d.Found+planPage-1)/planPage, 1)
}

// cellsOf are the fields of a person that change or of which something was found, and what was found
// of no field.
func cellsOf(set map[string]plan.DocumentChange, found []finding.Finding, values bool) (cells []planCell, rest []finding.Finding) {
	for _, code := range plan.InOrder(set) {
		cell := planCell{Code: code, From: set[code].From, To: set[code].To}
		if !values {
			cell = planCell{Code: code, Hidden: true}
		}
		cells = append(cells, cell)
	}
	for _, f := range found {
		if f.Column == "" {
			rest = append(rest, f)
			continue
		}
		at := slices.IndexFunc(cells, func(c planCell) bool { return c.Code == f.Column })
		if at < 0 {
			at = len(cells)
			cells = append(cells, planCell{Code: f.Column, Same: true})
		}
		if cells[at].Findings = append(cells[at].Findings, f); cells[at].Severity != finding.Error {
			cells[at].Severity = f.Severity
		}
	}
	return cells, rest
}

// codesOf counts what was found of rows, the most frequent first.
func codesOf(found []finding.Finding) (codes []columnCount) {
	for _, f := range found {
		if f.Row > 0 {
			codes = count(codes, f.Code, 1)
		}
	}
	slices.SortStableFunc(codes, func(a, b columnCount) int { return b.N - a.N })
	return codes
}

// nameOf is who an item is about: the name and the login, or what is known of both, and to those who
// see no values no more than first letters.
func nameOf(l inspect.PlanLine, values bool) (name, login string) {
	name, login = l.Of.Name, cmp.Or(l.Login, l.Of.Login)
	if name == "" {
		name, login = login, ""
	}
	if values || name == "" {
		return name, login
	}
	return initials(name), ""
}

// initials of a login such as claire.martin are c.m., those of Claire Martin C.M.
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
