package api

import (
	"context"
	"net/http"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/draft"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/inspect"
)

// DryRuns rehearse flows. *draft.DryRuns has them.
type DryRuns interface {
	Begin(ctx context.Context, only string, by audit.Entry) (id string, err error)
	Get(ctx context.Context, id, who string) (draft.DryRun, error)
}

// DryRun is a run of a flow that sends and changes nothing.
type DryRun struct {
	ID     string     `json:"id"`
	Flow   string     `json:"flow"`
	Ended  bool       `json:"ended" doc:"report says what would be done, or fault why nothing could be"`
	Fault  string     `json:"fault,omitempty"`
	Report *Rehearsed `json:"report,omitempty"`
	// Difference is there for exports of which a file was sent.
	Difference *inspect.Difference   `json:"difference,omitempty" doc:"what is otherwise than in the last file; for approvers of the flow"`
	Employees  []explain.Explanation `json:"employees,omitempty" doc:"about the one who was asked for; for approvers of the flow"`
}

type rehearsing struct {
	FlowPath
	Body struct {
		Noted
		Who string `json:"who,omitempty" maxLength:"200" doc:"only this employee, by login, e-mail, number or Lucca id; for approvers of the flow"`
	}
}

type dryRunPath struct {
	ID string `path:"dry_run" pattern:"^[A-Z2-7]{26}$" doc:"id of a dry run"`
}

// dryRunAPI are the operations on rehearsals.
type dryRunAPI struct{ *API }

func (a dryRunAPI) register() {
	const tag = "flows"
	handle(a.API, operation{
		method: http.MethodPost, path: "/flows/{flow}/dry-runs", id: "begin-dry-run", summary: "Have a flow do all but to send and to change anything", tag: tag, status: http.StatusAccepted,
		does: "For operators of the flow. It stays for an hour, for whoever asked for it.", more: []int{http.StatusNotFound, http.StatusConflict},
	}, a.begin)
	handle(a.API, operation{method: http.MethodGet, path: "/dry-runs/{dry_run}", id: "get-dry-run", summary: "What a run would do", tag: tag, does: "Names and values are there for an approver of the flow, and that is on record.", more: []int{http.StatusNotFound}}, a.dryRun)
}

func (a dryRunAPI) begin(ctx context.Context, in *rehearsing) (*brought, error) {
	by, err := a.operates(ctx, in.Flow, audit.DryRun, in.Body.Note)
	if err != nil {
		return nil, err
	}
	if in.Body.Who != "" && !who(ctx).SeesValues(in.Flow) {
		return nil, a.refuse(ctx, by, "only an approver of the flow may ask about somebody")
	}
	id, err := a.options.DryRuns.Begin(ctx, in.Body.Who, by)
	if err != nil {
		return nil, err
	}
	return &brought{Location: Root + "/dry-runs/" + id, Body: Brought{id}}, nil
}

func (a dryRunAPI) dryRun(ctx context.Context, in *dryRunPath) (*body[DryRun], error) {
	one, err := a.options.DryRuns.Get(ctx, in.ID, who(ctx).Who())
	if err != nil {
		return nil, err
	}
	if err := who(ctx).sees(one.Flow); err != nil {
		return nil, err
	}
	d := DryRun{ID: one.ID, Flow: one.Flow, Ended: one.Ended}
	switch {
	case !one.Ended:
		return answer(d), nil
	case one.Fault != nil:
		d.Fault = one.Fault.Error()
		return answer(d), nil //nolint:nilerr // it is the answer
	}
	values := who(ctx).SeesValues(one.Flow)
	r := rehearsed(one.Report.Run, one.Report.Plan, values)
	if d.Report = &r; !values {
		return answer(d), nil
	}
	d.Difference, d.Employees = one.Report.Difference, one.Report.Only
	return answer(d), a.reveal(ctx, one.Flow, "", "dry run")
}
