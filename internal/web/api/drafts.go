package api

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/draft"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/userfile"
)

// Drafts are user files that programs bring. *draft.Desk has them.
type Drafts interface {
	Bring(ctx context.Context, name string, content io.Reader, by audit.Entry) (id string, err error)
	Get(ctx context.Context, id, who string) (draft.Draft, error)
	Grid(ctx context.Context, one draft.Draft, v draft.View) (draft.Grid, error)
	Mend(ctx context.Context, id string, cells map[userfile.Place]string, by audit.Entry) error
	Run(ctx context.Context, id string, by audit.Entry) error
	Drop(ctx context.Context, id, who string) error
}

// Brought is a file or a dry run that is being looked at.
type Brought struct {
	ID string `json:"id" doc:"GET it to see what would be done"`
}

type brought struct {
	Location string `header:"Location"`
	Body     Brought
}

// Draft is a file that was brought, with what would be done of it.
type Draft struct {
	ID     string      `json:"id"`
	Flow   string      `json:"flow"`
	Stage  draft.Stage `json:"stage" enum:"checking,checked,running,ran" doc:"checked: report says what would be done. ran: report is that of the run"`
	Name   string      `json:"name" doc:"name of the file"`
	Bytes  int64       `json:"bytes"`
	SHA256 string      `json:"sha256" doc:"of the file as it is now: run and mend want it as hash"`
	Mended int         `json:"mended" doc:"how many cells are not as they came"`
	// Mends is false where the flow unwraps its files: nobody could wrap a mended one again.
	Mends  bool       `json:"mends" doc:"whether cells can be mended here"`
	Fault  string     `json:"fault,omitempty" doc:"why nothing could be found out"`
	Report *Rehearsed `json:"report,omitempty" doc:"what run --dry-run --json prints"`
}

// Rehearsed is what a run would do, or did.
type Rehearsed struct {
	Run state.Record `json:"run" doc:"as run --dry-run --json prints it"`
	// Changes has no more than draft.MostItems.
	Changes []plan.DocumentItem `json:"changes" doc:"the first people who would change, without values and with initials for whoever may not see them"`
	More    int                 `json:"more" doc:"how many others would change"`
}

// DraftRows are rows of a file that was brought.
type DraftRows struct {
	Header []string   `json:"header"`
	Rows   []DraftRow `json:"rows"`
	Found  int        `json:"found" doc:"how many rows have something to be said of on all pages"`
	Next   int        `json:"next,omitempty" doc:"after of the next page"`
}

// DraftRow is one row, with what is wrong with it.
type DraftRow struct {
	Row      int               `json:"row"`
	Cells    []DraftCell       `json:"cells"`
	Findings []finding.Finding `json:"findings" doc:"those about no cell"`
}

// DraftCell is one cell.
type DraftCell struct {
	Cell     string            `json:"cell" doc:"its place, such as D6: mend wants it"`
	Value    string            `json:"value"`
	Findings []finding.Finding `json:"findings,omitempty"`
}

// uploading is a file in a request. It is not read into memory.
type uploading struct {
	FlowPath
	Name string `query:"name" required:"true" minLength:"1" maxLength:"200" doc:"name of the file, such as users.csv"`

	request *http.Request
	answer  http.ResponseWriter
}

// Resolve implements huma.Resolver.
func (u *uploading) Resolve(ctx huma.Context) []error {
	u.request, u.answer = humago.Unwrap(ctx)
	return nil
}

// DraftPath names a file that was brought.
type DraftPath struct {
	Draft string `path:"draft" pattern:"^[A-Z2-7]{26}$" doc:"id of a file that was brought"`
}

type draftRows struct {
	DraftPath
	Row   int `query:"row" minimum:"1" doc:"only this row, whatever is to be said of it"`
	After int `query:"after" minimum:"0" doc:"next of the page before"`
	Limit int `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type mending struct {
	DraftPath
	Body struct {
		Hash  string            `json:"hash" minLength:"1" maxLength:"128" doc:"sha256 of the file that was seen"`
		Cells map[string]string `json:"cells" minProperties:"1" maxProperties:"1000" doc:"other values, by cell, such as D6"`
	}
}

type runningDraft struct {
	DraftPath
	Body struct {
		Noted
		Hash string `json:"hash" minLength:"1" maxLength:"128" doc:"sha256 of the file that was seen"`
	}
}

type droppingDraft struct {
	DraftPath
	Body struct{}
}

// draftAPI are the operations on files that programs bring.
type draftAPI struct{ *API }

func (a draftAPI) register() {
	const tag = "drafts"
	gone := []int{http.StatusNotFound, http.StatusConflict}
	handle(a.API, operation{
		method: http.MethodPost, path: "/flows/{flow}/files", id: "bring-file", summary: "Bring a user file for an import, and have it checked", tag: tag, status: http.StatusAccepted,
		does:   "For approvers of the flow. Nothing is changed before it is run. It stays for an hour, for whoever brought it. At most 32 MiB.",
		upload: true, more: append([]int{http.StatusRequestEntityTooLarge}, gone...),
	}, a.bring)
	handle(a.API, operation{method: http.MethodGet, path: "/drafts/{draft}", id: "get-draft", summary: "What would be done with a file that was brought", tag: tag, more: gone}, a.draft)
	handle(a.API, operation{method: http.MethodGet, path: "/drafts/{draft}/rows", id: "list-draft-rows", summary: "The rows of such a file that have something to mend", tag: tag, does: "It is on record that they were seen.", more: gone}, a.rows)
	handle(a.API, operation{
		method: http.MethodPost, path: "/drafts/{draft}/cells", id: "mend-draft", summary: "Put other values into cells, and have the file checked again", tag: tag, status: http.StatusAccepted, more: gone,
	}, a.mend)
	handle(a.API, operation{
		method: http.MethodPost, path: "/drafts/{draft}/run", id: "run-draft", summary: "Have the file run that was seen", tag: tag, status: http.StatusAccepted,
		does: "The flow applies it, or holds it for whoever decides. GET the draft: with stage ran, report.run is the run.", more: gone,
	}, a.run)
	handle(a.API, operation{method: http.MethodPost, path: "/drafts/{draft}/drop", id: "drop-draft", summary: "Forget a file that was brought", tag: tag, status: http.StatusNoContent, more: gone}, a.drop)
}

const (
	// uploadBudget is how long the upload of a file may take.
	uploadBudget = 10 * time.Minute
	// drained bounds what is read of a file that is too large, so that its sender reads the answer.
	drained = 512 << 20
)

// upload is the line of the audit about a file that the caller brings, or why they may not.
func (a draftAPI) upload(ctx context.Context, flow, note string) (audit.Entry, error) {
	by := who(ctx).entry(audit.Upload, note)
	if by.Flow = flow; !who(ctx).Decides(flow) {
		return by, a.refuse(ctx, by, "only an approver of the flow may bring files for it")
	}
	return by, nil
}

func (a draftAPI) bring(ctx context.Context, in *uploading) (*brought, error) {
	if _, ok := a.options.Inspector().Config.Flows[in.Flow]; !ok {
		return nil, noFlow()
	}
	by, err := a.upload(ctx, in.Flow, "")
	if err != nil {
		return nil, err
	}
	control, deadline := http.NewResponseController(in.answer), time.Now().Add(uploadBudget)
	if err := errors.Join(control.SetReadDeadline(deadline), control.SetWriteDeadline(deadline)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return nil, err
	}
	if in.request.ContentLength > draft.MaxBytes {
		in.drain()
		return nil, a.tooLarge(ctx, by)
	}
	id, err := a.options.Drafts.Bring(ctx, in.Name, http.MaxBytesReader(in.answer, in.request.Body, draft.MaxBytes), by)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, a.tooLarge(ctx, by)
	}
	if err != nil {
		return nil, err
	}
	return &brought{Location: Root + "/drafts/" + id, Body: Brought{id}}, nil
}

// drain reads a file that is too large and throws it away: who is cut off while sending does not
// read why. Whoever waits for 100 Continue reads it without sending.
func (u *uploading) drain() {
	if !strings.EqualFold(u.request.Header.Get("Expect"), "100-continue") {
		_, _ = io.Copy(io.Discard, io.LimitReader(u.request.Body, drained)) // whoever went away reads no answer
	}
}

// tooLarge puts on record that a file was not kept, and says so.
func (a draftAPI) tooLarge(ctx context.Context, by audit.Entry) error {
	return cmp.Or(a.options.Audit().Append(ctx, by.Refused("too large")), error(&Problem{
		Status: http.StatusRequestEntityTooLarge, Code: "too_large", Detail: "the file is larger than 32 MiB: nothing of it was kept",
		Hint: "send it in parts, or put it into the folder that the flow takes its files from",
	}))
}

// mine is a draft of the caller, who may still see its people.
func (a draftAPI) mine(ctx context.Context, id, note string) (draft.Draft, audit.Entry, error) {
	one, err := a.options.Drafts.Get(ctx, id, who(ctx).Who())
	if err != nil {
		return one, audit.Entry{}, err
	}
	by, err := a.upload(ctx, one.Flow, note)
	return one, by, err
}

func (a draftAPI) draft(ctx context.Context, in *DraftPath) (*body[Draft], error) {
	one, by, err := a.mine(ctx, in.Draft, "draft")
	if err != nil {
		return nil, err
	}
	d := Draft{ID: one.ID, Flow: one.Flow, Stage: one.Stage, Name: one.Name, Bytes: one.Bytes, SHA256: one.SHA256, Mended: one.Mended, Mends: one.Mends}
	if one.Fault != nil {
		d.Fault = one.Fault.Error()
	}
	if one.Fault != nil || one.Stage != draft.Checked && one.Stage != draft.Ran {
		return answer(d), nil //nolint:nilerr // it is in the answer
	}
	r := rehearsed(one.Report.Run, one.Report.Plan, true)
	d.Report, by.Act, by.Hash = &r, audit.Reveal, one.SHA256
	return answer(d), a.options.Audit().Append(ctx, by)
}

// rehearsed is a report as somebody may see it.
func rehearsed(of state.Record, p *plan.Plan, values bool) Rehearsed {
	r := Rehearsed{Run: of, Changes: []plan.DocumentItem{}}
	if p == nil {
		return r
	}
	short := draft.Beginning(p)
	for _, item := range short.Document(of.Flow, "", nil).Items {
		if !values {
			item = masked(item)
		}
		r.Changes = append(r.Changes, item)
	}
	if c := of.Changes; c != nil {
		r.More = max(c.Create+c.Update+c.End+c.Rehire+c.Reject-len(r.Changes), 0)
	}
	return r
}

func (a draftAPI) rows(ctx context.Context, in *draftRows) (*body[DraftRows], error) {
	one, by, err := a.mine(ctx, in.Draft, "rows of a draft")
	if err != nil {
		return nil, err
	}
	g, err := a.options.Drafts.Grid(ctx, one, draft.View{After: in.After, Most: in.Limit, Row: in.Row})
	if err != nil {
		return nil, err
	}
	list := DraftRows{Header: append([]string{}, g.Header...), Rows: []DraftRow{}, Found: g.Found}
	for _, row := range g.Rows {
		list.Rows = append(list.Rows, draftRow(row))
	}
	list.Next = next(in.After, len(list.Rows), list.Found)
	by.Act, by.Hash = audit.Reveal, one.SHA256
	return answer(list), a.options.Audit().Append(ctx, by)
}

func draftRow(of draft.GridRow) DraftRow {
	row := DraftRow{Row: of.Number, Findings: append([]finding.Finding{}, of.Findings...)}
	for _, cell := range of.Cells {
		at := draft.CellAt(userfile.Place{Row: of.Number, Column: cell.Column})
		row.Cells = append(row.Cells, DraftCell{Cell: at, Value: cell.Value, Findings: cell.Findings})
	}
	return row
}

func (a draftAPI) mend(ctx context.Context, in *mending) (*body[Brought], error) {
	one, by, err := a.mine(ctx, in.Draft, "")
	if err != nil {
		return nil, err
	}
	cells := make(map[userfile.Place]string, len(in.Body.Cells))
	for name, value := range in.Body.Cells {
		at, ok := draft.PlaceOf(name)
		if !ok {
			return nil, &Problem{Status: http.StatusUnprocessableEntity, Code: "invalid", Detail: "a cell is not called so", Hint: "write the column in letters and the row in digits, such as D6"}
		}
		cells[at] = value
	}
	by.Hash = in.Body.Hash
	return answer(Brought{one.ID}), a.options.Drafts.Mend(ctx, one.ID, cells, by)
}

func (a draftAPI) run(ctx context.Context, in *runningDraft) (*body[Brought], error) {
	one, by, err := a.mine(ctx, in.Draft, in.Body.Note)
	if err != nil {
		return nil, err
	}
	by.Hash = in.Body.Hash
	return answer(Brought{one.ID}), a.options.Drafts.Run(ctx, one.ID, by)
}

func (a draftAPI) drop(ctx context.Context, in *droppingDraft) (*struct{}, error) {
	one, by, err := a.mine(ctx, in.Draft, "")
	if err != nil {
		return nil, err
	}
	return nil, a.options.Drafts.Drop(ctx, one.ID, by.Who)
}

// draftProblems are the errors of package draft that have a problem of their own.
var draftProblems = []knownProblem{
	{draft.ErrGone, Problem{Status: http.StatusNotFound, Code: "not_found", Detail: draft.ErrGone.Error(), Hint: "a file stays for an hour, for whoever brought it"}},
	{draft.ErrNoDryRun, Problem{Status: http.StatusNotFound, Code: "not_found", Detail: draft.ErrNoDryRun.Error(), Hint: "a dry run stays for an hour, for whoever asked for it"}},
	{draft.ErrChanged, Problem{Status: http.StatusConflict, Code: "changed", Detail: draft.ErrChanged.Error(), Hint: "GET it again: nothing was done"}},
	{draft.ErrWorking, Problem{Status: http.StatusConflict, Code: "working", Detail: draft.ErrWorking.Error(), Hint: "GET it until its stage is checked", wait: time.Second}},
	{draft.ErrMost, Problem{Status: http.StatusConflict, Code: "too_many", Detail: draft.ErrMost.Error(), Hint: "POST " + Root + "/drafts/ID/drop forgets one"}},
	{userfile.ErrNoCell, Problem{Status: http.StatusConflict, Code: "no_cell", Detail: userfile.ErrNoCell.Error(), Hint: "GET " + Root + "/drafts/ID/rows names those to mend: nothing was changed"}},
	{draft.ErrWrapped, Problem{Status: http.StatusConflict, Code: "wrapped", Detail: draft.ErrWrapped.Error(), Hint: "mends in GET " + Root + "/drafts/ID says so beforehand"}},
}
