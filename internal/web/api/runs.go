package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// RunList is a page of runs, the newest first.
type RunList struct {
	Runs []state.Record `json:"runs"`
	// Next is empty on the last page.
	Next string `json:"next,omitempty" doc:"after of the next page"`
}

// RunDetail is a run with all that is kept of it.
type RunDetail struct {
	inspect.Detail
	// Hash is what is decided on, while the run is held.
	Hash string `json:"hash,omitempty" doc:"hash of the plan or file that is held: approve and reject want it"`
}

// FindingList is a page of findings, in the order of the file.
type FindingList struct {
	Findings []finding.Finding `json:"findings"`
	Found    int               `json:"found" doc:"how many there are on all pages"`
	Next     int               `json:"next,omitempty" doc:"after of the next page"`
}

// Decided is what came of a decision.
type Decided struct {
	Run string `json:"run"`
	// State is approved, rejected or waits.
	State string `json:"state" enum:"approved,rejected,waits" doc:"approved: it goes on, and the run says how it ends. waits: another person has to approve too"`
}

// RunPath names a run.
type RunPath struct {
	Run string `path:"run" pattern:"^[0-9]{8}-[0-9]{6}-[0-9a-f]{6}$" doc:"id of a run"`
}

type runQuery struct {
	Flow    string    `query:"flow" doc:"only runs of this flow"`
	Outcome string    `query:"outcome" enum:"done,nothing,rejections,held,failed,canceled" doc:"only runs that ended so"`
	Since   time.Time `query:"since" doc:"only runs that began then or later"`
	After   string    `query:"after" pattern:"^[0-9]{8}-[0-9]{6}-[0-9a-f]{6}$" doc:"the runs after this one: next of the page before"`
	Limit   int       `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type findingQuery struct {
	RunPath
	Severity string `query:"severity" enum:"error,warning"`
	Code     string `query:"code"`
	Column   string `query:"column"`
	// Establishment is where people belong.
	Establishment string `query:"establishment" doc:"only about people of this establishment, as far as that is still kept: its name in an import, Lucca's id of it in an export"`
	After         int    `query:"after" minimum:"0" doc:"next of the page before"`
	Limit         int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type decision struct {
	RunPath
	Body struct {
		Noted
		Hash string `json:"hash" minLength:"1" maxLength:"128" doc:"hash of the plan or file that was seen"`
	}
}

type canceling struct {
	RunPath
	Body Noted
}

// runAPI are the operations on runs.
type runAPI struct{ *API }

func (a runAPI) register() {
	const tag = "runs"
	notFound, conflict := []int{http.StatusNotFound}, []int{http.StatusNotFound, http.StatusConflict}
	handle(a.API, operation{method: http.MethodGet, path: "/runs", id: "list-runs", summary: "What ran, the newest first", tag: tag, does: "Without findings.", more: notFound}, a.runs)
	handle(a.API, operation{method: http.MethodGet, path: "/runs/{run}", id: "get-run", summary: "One run", tag: tag, does: "Values of people are there for an approver of the flow, and that is on record.", more: notFound}, a.run)
	handle(a.API, operation{method: http.MethodGet, path: "/runs/{run}/findings", id: "list-findings", summary: "What is to be said of the rows of a run", tag: tag, more: notFound}, a.findings)
	handle(a.API, operation{
		method: http.MethodPost, path: "/runs/{run}/approve", id: "approve-run", summary: "Release a held run: exactly what was seen, once", tag: tag, status: http.StatusAccepted, more: conflict,
		does: "For approvers of the flow. Where the flow has approvals: 2, the first approval is kept (state waits) and another person's releases it. A token counts as who made it.",
	}, a.approve)
	handle(a.API, operation{
		method: http.MethodPost, path: "/runs/{run}/reject", id: "reject-run", summary: "Drop a held run", tag: tag, more: conflict, does: "For approvers of the flow.",
	}, a.reject)
	handle(a.API, operation{
		method: http.MethodPost, path: "/runs/{run}/cancel", id: "cancel-run", summary: "End a run that is at work or waits", tag: tag, status: http.StatusNoContent, more: conflict, does: "For operators of the flow.",
	}, a.cancel)
}

func (a runAPI) runs(ctx context.Context, in *runQuery) (*body[RunList], error) {
	c, i := who(ctx), a.options.Inspector()
	// One more than the page, to know whether there is another.
	which := state.Filter{Flow: in.Flow, Outcome: run.Outcome(in.Outcome), Since: in.Since, After: in.After, Limit: in.Limit + 1}
	list := RunList{Runs: []state.Record{}}
	for {
		part, err := i.Runs(ctx, which)
		switch {
		case errors.Is(err, state.ErrNotFound):
			return nil, missing("the run that the page is after is gone", "begin without after")
		case errors.Is(err, run.ErrUsage) && which.After == "":
			return nil, noFlow()
		case err != nil && !errors.Is(err, run.ErrUsage):
			return nil, err
		}
		for _, r := range part {
			if !c.Sees(r.Flow) {
				continue
			}
			if len(list.Runs) == in.Limit {
				list.Next = list.Runs[in.Limit-1].ID
				return answer(list), nil
			}
			list.Runs = append(list.Runs, r)
		}
		if len(part) < which.Limit {
			return answer(list), nil
		}
		which.After = part[len(part)-1].ID
	}
}

// record is a run of a flow that the caller sees.
func (a *API) record(ctx context.Context, id string) (state.Record, error) {
	r, err := a.found(ctx, id)
	if err != nil {
		return r, err
	}
	return r, who(ctx).sees(r.Flow)
}

// found is a run, for an act: who may not do it is refused, and that is on record.
func (a *API) found(ctx context.Context, id string) (state.Record, error) {
	r, err := a.options.Inspector().Run(ctx, id)
	if errors.Is(err, run.ErrUsage) {
		return r, missing("there is no such run", "GET "+Root+"/runs lists them")
	}
	return r, err
}

func (a runAPI) run(ctx context.Context, in *RunPath) (*body[RunDetail], error) {
	r, err := a.record(ctx, in.Run)
	if err != nil {
		return nil, err
	}
	d, err := a.options.Inspector().Detail(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	detail := RunDetail{Detail: d}
	switch {
	case d.Outcome != run.Held:
	case d.Plan != nil:
		detail.Hash = d.Plan.Hash
	case d.File != nil:
		detail.Hash = d.File.SHA256
	}
	if len(d.Outcomes) == 0 {
		return answer(detail), nil
	}
	if !who(ctx).SeesValues(r.Flow) {
		for n := range detail.Outcomes {
			detail.Outcomes[n].Set = nil
		}
		return answer(detail), nil
	}
	return answer(detail), a.reveal(ctx, r.Flow, r.ID, "rows of the run")
}

func (a runAPI) findings(ctx context.Context, in *findingQuery) (*body[FindingList], error) {
	r, err := a.record(ctx, in.Run)
	if err != nil {
		return nil, err
	}
	list := FindingList{Findings: []finding.Finding{}}
	if in.Establishment != "" {
		if r.Findings, err = a.options.Inspector().FindingsIn(ctx, r, in.Establishment); err != nil {
			return nil, err
		}
	}
	for _, f := range r.Findings {
		if in.Severity != "" && string(f.Severity) != in.Severity || in.Code != "" && f.Code != in.Code || in.Column != "" && f.Column != in.Column {
			continue
		}
		if list.Found++; list.Found > in.After && len(list.Findings) < in.Limit {
			list.Findings = append(list.Findings, f)
		}
	}
	list.Next = next(in.After, len(list.Findings), list.Found)
	return answer(list), nil
}

// decides is the line of the audit about a decision on a run, or why the caller may not.
func (a runAPI) decides(ctx context.Context, in *decision, act audit.Act) (audit.Entry, error) {
	c := who(ctx)
	by := c.entry(act, in.Body.Note)
	r, err := a.found(ctx, in.Run)
	if err != nil {
		return by, err
	}
	by.Flow, by.Run, by.Hash = r.Flow, r.ID, in.Body.Hash
	if !c.Decides(r.Flow) {
		return by, a.refuse(ctx, by, "only an approver of the flow may decide")
	}
	return by, nil
}

func (a runAPI) approve(ctx context.Context, in *decision) (*body[Decided], error) {
	by, err := a.decides(ctx, in, audit.Approve)
	if err != nil {
		return nil, err
	}
	err = a.options.Acts.Approve(ctx, in.Run, by)
	switch {
	case errors.Is(err, state.ErrSecond) && !errors.Is(err, state.ErrAgain):
		return answer(Decided{in.Run, "waits"}), nil
	case err != nil:
		return nil, err
	}
	return answer(Decided{in.Run, "approved"}), nil
}

func (a runAPI) reject(ctx context.Context, in *decision) (*body[Decided], error) {
	by, err := a.decides(ctx, in, audit.Reject)
	if err != nil {
		return nil, err
	}
	if err := a.options.Acts.Reject(ctx, in.Run, by); err != nil {
		return nil, err
	}
	return answer(Decided{in.Run, "rejected"}), nil
}

func (a runAPI) cancel(ctx context.Context, in *canceling) (*struct{}, error) {
	by, err := a.operatesRun(ctx, in, audit.Cancel, "only an operator of the flow may do this")
	if err != nil {
		return nil, err
	}
	return nil, a.options.Acts.Cancel(ctx, by.Run, by)
}

// operatesRun is the line of the audit about an act on a run, or why the caller may not.
func (a *API) operatesRun(ctx context.Context, in *canceling, act audit.Act, only string) (audit.Entry, error) {
	c := who(ctx)
	by := c.entry(act, in.Body.Note)
	r, err := a.found(ctx, in.Run)
	if err != nil {
		return by, err
	}
	if by.Flow, by.Run = r.Flow, r.ID; !c.Operates(r.Flow) {
		return by, a.refuse(ctx, by, only)
	}
	return by, nil
}
