package api

import (
	"context"
	"net/http"
	"slices"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/inspect"
)

// PersonSearch says who is looked for.
type PersonSearch struct {
	Who  string `json:"who" minLength:"1" maxLength:"200" doc:"login, e-mail address, employee number or Lucca id"`
	Runs int    `json:"runs,omitempty" minimum:"1" maximum:"1000" default:"500" doc:"in how many of the newest runs"`
}

// Timeline is what all flows did with a person, the newest first; empty where nobody was found.
type Timeline struct {
	Events []inspect.Event `json:"events"`
}

// Explanations say what the last run of a flow did with a person: several may share a number.
type Explanations struct {
	Explanations []explain.Explanation `json:"explanations"`
}

type explaining struct {
	FlowPath
	Body struct {
		Who string `json:"who" minLength:"1" maxLength:"200" doc:"login, e-mail address, employee number or Lucca id"`
	}
}

type differing struct {
	RunPath
	Previous string `query:"previous" pattern:"^[0-9]{8}-[0-9]{6}-[0-9a-f]{6}$" doc:"the run of the earlier file; without, the last that was sent before"`
}

// peopleAPI are the operations about people.
type peopleAPI struct{ *API }

func (a peopleAPI) register() {
	const tag = "people"
	const approvers = "For approvers of a flow; it is on record."
	handle(a.API, operation{method: http.MethodPost, path: "/people/search", id: "search-person", summary: "What all flows did with somebody", tag: tag, does: approvers}, a.person)
	handle(a.API, operation{method: http.MethodPost, path: "/flows/{flow}/explain", id: "explain", summary: "What the last run of a flow did with somebody, and why", tag: tag, does: approvers, more: []int{http.StatusNotFound, http.StatusConflict}}, a.explain)
	handle(a.API, operation{method: http.MethodGet, path: "/runs/{run}/diff", id: "diff-run", summary: "Who joined, left and changed since the file before", tag: tag, does: approvers, more: []int{http.StatusNotFound, http.StatusConflict}}, a.diff)
}

func (a peopleAPI) person(ctx context.Context, in *struct{ Body PersonSearch }) (*body[Timeline], error) {
	c, i := who(ctx), a.options.Inspector()
	allowed := false
	for name := range i.Config.Flows {
		allowed = allowed || c.SeesValues(name)
	}
	if !allowed {
		return nil, a.refuse(ctx, c.entry(audit.Reveal, ""), "only an approver of a flow may look for somebody")
	}
	events, err := i.Person(ctx, in.Body.Who, in.Body.Runs)
	if err != nil {
		return nil, err
	}
	events = slices.DeleteFunc(events, func(e inspect.Event) bool { return !c.SeesValues(e.Flow) })
	return answer(Timeline{append([]inspect.Event{}, events...)}), a.reveal(ctx, "", "", "time line of a person")
}

func (a peopleAPI) explain(ctx context.Context, in *explaining) (*body[Explanations], error) {
	if _, err := a.find(ctx, in.Flow); err != nil {
		return nil, err
	}
	if err := a.seesValues(ctx, in.Flow, ""); err != nil {
		return nil, err
	}
	found, err := a.options.Inspector().Explain(ctx, in.Flow, in.Body.Who)
	if err != nil {
		return nil, err
	}
	return answer(Explanations{append([]explain.Explanation{}, found...)}), a.reveal(ctx, in.Flow, "", "explanation of a person")
}

func (a peopleAPI) diff(ctx context.Context, in *differing) (*body[inspect.Difference], error) {
	r, err := a.record(ctx, in.Run)
	if err != nil {
		return nil, err
	}
	if err := a.seesValues(ctx, r.Flow, r.ID); err != nil {
		return nil, err
	}
	d, err := a.options.Inspector().Diff(ctx, inspect.Files{Flow: r.Flow, Run: r.ID, Previous: in.Previous})
	if err != nil {
		return nil, err
	}
	return answer(d), a.reveal(ctx, r.Flow, r.ID, "difference of files")
}

// seesValues refuses whoever may not see people's values in a flow, and puts that on record.
func (a *API) seesValues(ctx context.Context, flow, run string) error {
	c := who(ctx)
	if c.SeesValues(flow) {
		return nil
	}
	by := c.entry(audit.Reveal, "")
	by.Flow, by.Run = flow, run
	return a.refuse(ctx, by, "only an approver of the flow may see its people")
}
