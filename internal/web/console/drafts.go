package console

import (
	"cmp"
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/draft"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/userfile"
)

// Drafts are user files that people bring. *draft.Desk has them.
type Drafts interface {
	Bring(ctx context.Context, name string, content io.Reader, by audit.Entry) (id string, err error)
	Get(ctx context.Context, id, who string) (draft.Draft, error)
	Of(ctx context.Context, who string) ([]draft.Draft, error)
	Grid(ctx context.Context, one draft.Draft, v draft.View) (draft.Grid, error)
	Mend(ctx context.Context, id string, cells map[userfile.Place]string, by audit.Entry) error
	Run(ctx context.Context, id string, by audit.Entry) error
	Drop(ctx context.Context, id, who string) error
}

// draftPages are about user files that somebody brings.
type draftPages struct{ *Console }

func (c draftPages) routes() map[string]handler {
	return map[string]handler{
		"GET /files/new": c.ask, "POST /files": c.bring, "GET /files/{draft}": c.draft,
		"POST /files/{draft}/cells": c.form(c.mend), "POST /files/{draft}/run": c.form(c.runDraft), "POST /files/{draft}/drop": c.form(c.drop),
	}
}

// newFileData is what the page shows that takes a file.
type newFileData struct {
	// Flows are the imports of whose people the account may bring files, Flow the chosen one.
	Flows []string
	Flow  string
	Mine  []draft.Draft
}

// ask shows the form that takes a file.
func (c draftPages) ask(w http.ResponseWriter, v visit) error {
	mine, err := c.options.Drafts.Of(v.Request.Context(), v.who.Who())
	if err != nil {
		return err
	}
	data := newFileData{Flows: c.flows(v), Flow: v.Request.URL.Query().Get("flow"), Mine: mine}
	slices.SortFunc(data.Mine, func(a, b draft.Draft) int { return strings.Compare(a.Name+a.ID, b.Name+b.ID) })
	return c.pages.show(w, v, page{name: "newfile", title: v.printer.Text("file.new"), data: data})
}

// flows are the imports for which an account may bring files.
func (c draftPages) flows(v visit) (names []string) {
	for name, f := range c.options.Inspector().Config.Flows {
		if f.Kind() == run.Import && v.who.Decides(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

const (
	// uploadBudget is how long the upload of a file may take.
	uploadBudget = 10 * time.Minute
	// drained bounds what is read of a file that is too large, so that its sender reads the answer.
	drained = 512 << 20
	// tooLarge is why a file was not kept, in the audit.
	tooLarge = "too large"
)

// bring takes a file. One that is too large is read to its end and thrown away: a browser that is
// cut off shows a fault of its own, and not the page.
func (c draftPages) bring(w http.ResponseWriter, v visit) error {
	control := http.NewResponseController(w)
	deadline := time.Now().Add(uploadBudget)
	if err := errors.Join(control.SetReadDeadline(deadline), control.SetWriteDeadline(deadline)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if v.Request.ContentLength > draft.MaxBytes+maxForm {
		_, _ = io.Copy(io.Discard, io.LimitReader(v.Request.Body, drained)) // whoever went away reads no page
		return cmp.Or(c.refused(v, c.entry(v, audit.Upload), tooLarge), error(&fault{status: http.StatusRequestEntityTooLarge, what: "fault.too_large", do: "fault.too_large_do", back: "/files/new"}))
	}
	v.Request.Body = http.MaxBytesReader(w, v.Request.Body, draft.MaxBytes+maxForm)
	parts, err := v.Request.MultipartReader()
	if err != nil {
		return &fault{status: http.StatusBadRequest, what: "fault.no_upload", do: "fault.no_upload_do", back: "/files/new"}
	}
	flow, file, err := upload(parts)
	if err != nil {
		return backTo(err, "/files/new")
	}
	by := c.entry(v, audit.Upload)
	if by.Flow = flow; !v.who.Decides(flow) {
		return c.refuse(v, by, "/files/new")
	}
	name := path.Base(strings.ReplaceAll(file.FileName(), `\`, "/"))
	id, err := c.options.Drafts.Bring(v.Request.Context(), name, file, by)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		err = cmp.Or(c.refused(v, by, tooLarge), err)
	}
	return seeOther(w, v, "/files/"+id, backTo(err, "/files/new"))
}

// upload finds the flow and the file of a form, of which the file is the last part.
func upload(parts *multipart.Reader) (flow string, file *multipart.Part, err error) {
	none := &fault{status: http.StatusBadRequest, what: "fault.no_upload", do: "fault.no_upload_do"}
	for {
		part, err := parts.NextPart()
		if err != nil {
			if _, large := errors.AsType[*http.MaxBytesError](err); large {
				return "", nil, err
			}
			return "", nil, none
		}
		switch part.FormName() {
		case "flow":
			text, err := io.ReadAll(io.LimitReader(part, maxForm))
			if err != nil {
				return "", nil, none
			}
			flow = string(text)
		case "file":
			if part.FileName() == "" {
				return "", nil, none
			}
			return flow, part, nil
		}
	}
}

// draftData is what the page of a draft shows.
type draftData struct {
	draft.Draft
	Grid draft.Grid
	// Columns are those that the grid shows: the first ones, and those with something to mend.
	Columns []int
	Causes  []inspect.Cause
	Limits  []limitBar
	// Lines are the first of those who would change.
	Lines []planLine
	More  int
	// Row is the one that is shown alone, 0 for none; Page counts from 1.
	Row, Page, Pages int
	// Works: nothing can be done before the file was looked at.
	Works bool
	// Failed: no row of the file can be used. Reason is why, in a sentence.
	Failed bool
	Reason string
}

// gridPage is how many rows of a grid a page has.
const gridPage = 25

func (c draftPages) draft(w http.ResponseWriter, v visit) error {
	one, err := c.find(v)
	if err != nil {
		return err
	}
	if one.Stage == draft.Ran {
		return seeOther(w, v, runPage(one.Report.Run.ID), nil)
	}
	data := draftData{Draft: one, Works: one.Stage != draft.Checked}
	if data.Works {
		return c.pages.show(w, v, page{name: "draft", title: one.Name, data: data, again: checkAgain})
	}
	if err := data.fill(c.options.Drafts, v); err != nil {
		return err
	}
	by := c.entry(v, audit.Reveal)
	by.Flow, by.Hash, by.Note = one.Flow, one.SHA256, "draft"
	if err := c.options.Audit().Append(v.Request.Context(), by); err != nil {
		return err
	}
	return c.pages.show(w, v, page{name: "draft", title: one.Name, data: data})
}

// find is the draft of the page's address, of an account that may still see its people.
func (c draftPages) find(v visit) (draft.Draft, error) {
	one, err := c.options.Drafts.Get(v.Request.Context(), v.Request.PathValue("draft"), v.who.Who())
	if err == nil && !v.who.Decides(one.Flow) {
		by := c.entry(v, audit.Upload)
		by.Flow = one.Flow
		return one, c.refuse(v, by, "/files/new")
	}
	return one, backTo(err, "/files/new")
}

// fill takes what was found of a draft that was looked at.
func (d *draftData) fill(drafts Drafts, v visit) (err error) {
	q, r := v.Request.URL.Query(), d.Report.Run
	d.Row, _ = strconv.Atoi(q.Get("row")) // anything but a number is no row
	d.Page, _ = strconv.Atoi(q.Get("page"))
	d.Page = max(d.Page, 1)
	if d.Grid, err = drafts.Grid(v.Request.Context(), d.Draft, draft.View{After: (d.Page - 1) * gridPage, Most: gridPage, Row: d.Row}); err != nil {
		return err
	}
	d.Columns = columnsOf(d.Grid)
	d.Pages = max((d.Grid.Found+gridPage-1)/gridPage, 1)
	d.Causes, d.Limits = inspect.Causes(r.Findings, r.Omitted), limitBars(r.Limits)
	d.Failed, d.Reason = r.Outcome == run.Failed || d.Fault != nil, r.Reason
	if d.Fault != nil {
		d.Reason = d.Fault.Error()
	}
	if d.Report.Plan == nil {
		return nil
	}
	said := finding.ByRow(r.Findings)
	for i := range d.Report.Plan.Items {
		item := &d.Report.Plan.Items[i]
		if item.Action == plan.Unchanged || item.Action == plan.Reject {
			continue
		}
		if len(d.Lines) == planPage/2 {
			break
		}
		line := planLine{Row: item.Row, Action: item.Action, EmployeeID: item.EmployeeID, Page: item.EmployeeID > 0}
		line.Name, line.Login = called(item, i, d.Report.Names, true)
		line.Cells, line.Findings = cellsOf(documentOf(item.Set), said[item.Row], true)
		d.Lines = append(d.Lines, line)
	}
	if changes := r.Changes; changes != nil {
		d.More = max(changes.Create+changes.Update+changes.End+changes.Rehire-len(d.Lines), 0)
	}
	return nil
}

// leading is how many columns of a grid are shown for what is in them: they tell who it is.
const leading = 3

// columnsOf are the columns that a grid shows: those with something to mend, and the first ones that
// tell who it is. All others are as they should be.
func columnsOf(g draft.Grid) (columns []int) {
	who := 0
	for at := range g.Header {
		faulty := slices.ContainsFunc(g.Rows, func(r draft.GridRow) bool { return r.Cells[at].Severity != "" })
		filled := slices.ContainsFunc(g.Rows, func(r draft.GridRow) bool { return r.Cells[at].Value != "" })
		if filled && who < leading {
			who++
			faulty = true
		}
		if faulty {
			columns = append(columns, at)
		}
	}
	return columns
}

// about is the line of the audit about what somebody does with a draft as they saw it.
func (c draftPages) about(v visit) (draft.Draft, audit.Entry, error) {
	one, err := c.find(v)
	by := c.entry(v, audit.Upload)
	by.Flow, by.Hash = one.Flow, v.Request.PostFormValue("hash")
	return one, by, err
}

// mend puts the cells of the form into the file that are not as they were.
func (c draftPages) mend(w http.ResponseWriter, v visit) error {
	one, by, err := c.about(v)
	if err != nil {
		return err
	}
	return seeOther(w, v, "/files/"+one.ID, c.options.Drafts.Mend(v.Request.Context(), one.ID, changed(v.Request.PostForm), by))
}

// changed are the cells of a form that are not as they were.
func changed(form url.Values) map[userfile.Place]string {
	cells := make(map[userfile.Place]string)
	for name := range form {
		place, ok := placeOf(name)
		if ok && form.Get(name) != oneLine.Replace(form.Get("was_"+name)) {
			cells[place] = form.Get(name)
		}
	}
	return cells
}

// oneLine is what a browser makes of a text that somebody could type into.
var oneLine = strings.NewReplacer("\r", "", "\n", "")

// placeOf reads the name of an input, such as cell_12_3.
func placeOf(name string) (p userfile.Place, ok bool) {
	rest, ok := strings.CutPrefix(name, "cell_")
	row, column, found := strings.Cut(rest, "_")
	if !ok || !found {
		return p, false
	}
	var errs [2]error
	p.Row, errs[0] = strconv.Atoi(row)
	p.Column, errs[1] = strconv.Atoi(column)
	return p, errors.Join(errs[:]...) == nil && p.Row > 0 && p.Column >= 0
}

// runDraft has the file run that was shown. Where somebody has typed into a cell and not saved it, they
// mean another file, which they have not seen checked: it is mended, and nothing runs.
func (c draftPages) runDraft(w http.ResponseWriter, v visit) error {
	one, by, err := c.about(v)
	if err != nil {
		return err
	}
	if cells := changed(v.Request.PostForm); len(cells) > 0 {
		return seeOther(w, v, "/files/"+one.ID, c.options.Drafts.Mend(v.Request.Context(), one.ID, cells, by))
	}
	by.Note = v.note()
	return seeOther(w, v, "/files/"+one.ID, c.options.Drafts.Run(v.Request.Context(), one.ID, by))
}

// drop forgets a file.
func (c draftPages) drop(w http.ResponseWriter, v visit) error {
	return seeOther(w, v, "/files/new", c.options.Drafts.Drop(v.Request.Context(), v.Request.PathValue("draft"), v.who.Who()))
}

// mends reports whether a cell of a grid can be typed into: one that is wrong, or any of a row that
// is shown alone.
func mends(alone int, cell draft.GridCell) bool { return alone > 0 || cell.Severity != "" }

// worst names the colour of a cell or a row.
func worst(s finding.Severity) string {
	switch s {
	case finding.Error:
		return "red"
	case finding.Warning:
		return "orange"
	}
	return ""
}
