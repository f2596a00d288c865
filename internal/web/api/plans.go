package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// PlanPage is a page of the plan of a run, in the order of the plan.
type PlanPage struct {
	Run     string      `json:"run"`
	Outcome run.Outcome `json:"outcome,omitempty"`
	// Plan is the document that plan --json prints, with the items of this page. Its findings are
	// those of the run.
	Plan plan.Document `json:"plan"`
	// Masked says that names are initials and values are left out.
	Masked    bool               `json:"masked" doc:"names are initials, and values are left out"`
	Expires   time.Time          `json:"expires_at,omitzero" doc:"from then on nobody may approve it"`
	State     state.PlanState    `json:"state,omitempty"`
	Overtaken *inspect.Overtaken `json:"overtaken,omitempty"`
	Found     int                `json:"found" doc:"how many items there are on all pages"`
	Next      int                `json:"next,omitempty" doc:"after of the next page"`
	Columns   map[string]int     `json:"columns" doc:"how many items of the whole plan set a column"`
	// Establishments is empty where it is not known where people belong.
	Establishments map[string]int `json:"establishments,omitempty" doc:"how many items of the whole plan are about people of an establishment"`
}

// PlanSearch is what is looked for in a plan. It is the body of a request, since what is looked
// for may be a name.
type PlanSearch struct {
	Action string `json:"action,omitempty" enum:"create,update,end,rehire,unchanged,reject" doc:"only items with this action"`
	Column string `json:"column,omitempty" doc:"only items that set this column, or with a finding about it"`
	Code   string `json:"code,omitempty" doc:"only items with a finding of this code"`
	// Establishment is where people belong, as the page counts them.
	Establishment string `json:"establishment,omitempty" maxLength:"200" doc:"only items of people of this establishment"`
	Text          string `json:"text,omitempty" maxLength:"200" doc:"only items with this in what the person is called, in the code of a column, or in a finding; for approvers of the flow"`
	// Changed leaves out those that are in Lucca as in the file.
	Changed bool `json:"changed,omitempty" doc:"leave out those that are in Lucca as in the file"`
	After   int  `json:"after,omitempty" minimum:"0" doc:"next of the page before"`
	Limit   int  `json:"limit,omitempty" minimum:"1" maximum:"1000" default:"100"`
}

type planSearch struct {
	RunPath
	Body PlanSearch
}

// planAPI are the operations on plans.
type planAPI struct{ *API }

func (a planAPI) register() {
	handle(a.API, operation{
		method: http.MethodPost, path: "/runs/{run}/plan/search", id: "search-plan", summary: "The plan of a run, by page and filter", tag: "runs", more: []int{http.StatusNotFound},
		does: "Names and values are there for an approver of the flow, and that is on record. plan.hash is what approve wants.",
	}, a.plan)
}

func (a planAPI) plan(ctx context.Context, in *planSearch) (*body[PlanPage], error) {
	r, err := a.record(ctx, in.Run)
	if err != nil {
		return nil, err
	}
	values := who(ctx).SeesValues(r.Flow)
	if in.Body.Text != "" && !values {
		return nil, forbidden("only an approver of the flow may look for somebody in a plan")
	}
	v, err := a.options.Inspector().PlanPage(ctx, r.ID, in.Body.query(values))
	if errors.Is(err, run.ErrUsage) {
		return nil, missing("the run has no plan, or none any more", "an export has a file, and no plan")
	}
	if err != nil {
		return nil, err
	}
	page := PlanPage{
		Run: r.ID, Outcome: r.Outcome, Plan: documentOf(v), Masked: !values, Expires: v.Expires, State: v.State, Overtaken: v.Overtaken,
		Found: v.Found, Columns: v.Columns, Establishments: v.Establishments,
	}
	for _, l := range v.Lines {
		item := l.DocumentItem
		if item.Login == "" {
			item.Login = l.Of.Login
		}
		if !values {
			item = masked(item)
		}
		page.Plan.Items = append(page.Plan.Items, item)
	}
	page.Next = next(in.Body.After, len(page.Plan.Items), page.Found)
	if !values {
		return answer(page), nil
	}
	return answer(page), a.reveal(ctx, r.Flow, r.ID, "plan of the run")
}

// documentOf is the document of a plan, without its items.
func documentOf(v inspect.PlanPage) plan.Document {
	d := plan.Document{Hash: v.Hash, Flow: v.Run.Flow, Limits: append([]run.Limit{}, v.Run.Limits...), Items: []plan.DocumentItem{}, Findings: append([]finding.Finding{}, v.Run.Findings...), Omitted: v.Run.Omitted}
	if v.Run.File != nil {
		d.File = v.Run.File.Name
	}
	if v.Run.Changes != nil {
		d.Changes = *v.Run.Changes
	}
	return d
}

// query is what is looked for, by somebody who may see values or not.
func (s PlanSearch) query(values bool) inspect.PlanQuery {
	return inspect.PlanQuery{Action: plan.Action(s.Action), Column: s.Column, Code: s.Code, Establishment: s.Establishment, Text: s.Text, Names: values, Changed: s.Changed, After: s.After, Limit: s.Limit}
}

// masked is an item for whoever may not see people's values: what is set, and not to what.
func masked(item plan.DocumentItem) plan.DocumentItem {
	item.Login = initials(item.Login)
	set := make(map[string]plan.DocumentChange, len(item.Set))
	for code := range item.Set {
		set[code] = plan.DocumentChange{}
	}
	if item.Set != nil {
		item.Set = set
	}
	return item
}
