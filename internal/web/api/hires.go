package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/state"
)

// HireList is a page of hires, the newest first.
type HireList struct {
	Hires []inspect.Hire `json:"hires"`
	// Next is empty on the last page.
	Next string `json:"next,omitempty" doc:"after of the next page"`
}

// Inbox are the candidates that wait for a person.
type Inbox struct {
	Candidates []inspect.Candidate `json:"candidates"`
}

type hireQuery struct {
	Flow  string `query:"flow" doc:"only hires of this flow"`
	State string `query:"state" enum:"received,held,applied,linked,refused,dropped"`
	After string `query:"after" pattern:"^[0-9a-f]{8}$" doc:"the hires after this one: next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type deciding struct {
	Hire string `path:"hire" pattern:"^[0-9a-f]{8}$" doc:"id of a hire"`
	Body struct {
		Noted
		Updated time.Time `json:"updated_at" doc:"that of the hire as it was seen"`
	}
}

type linking struct {
	Hire string `path:"hire" pattern:"^[0-9a-f]{8}$" doc:"id of a hire"`
	Body struct {
		Noted
		Updated  time.Time `json:"updated_at" doc:"that of the hire as it was seen"`
		Employee int       `json:"employee_id" minimum:"1" doc:"Lucca id of whom the hire already is"`
	}
}

type filling struct {
	Hire string `path:"hire" pattern:"^[0-9a-f]{8}$" doc:"id of a hire"`
	Body struct {
		Noted
		Updated time.Time         `json:"updated_at" doc:"that of the hire as it was seen"`
		Fill    map[string]string `json:"fill" minProperties:"1" maxProperties:"20" doc:"values by field: first_name, last_name, mail, start_date, job_title, legal_entity, department, manager, role, contract_type"`
	}
}

// hireAPI are the operations on hires.
type hireAPI struct{ *API }

func (a hireAPI) register() {
	const tag = "hires"
	handle(a.API, operation{method: http.MethodGet, path: "/hires", id: "list-hires", summary: "The recruited candidates, and what became of each", tag: tag, more: []int{http.StatusNotFound}}, a.hires)
	handle(a.API, operation{method: http.MethodGet, path: "/inbox", id: "list-inbox", summary: "The candidates that wait for a person", tag: tag, does: "With a held run in with, the run is decided on, not the hire."}, a.inbox)
	for _, o := range []struct {
		name, summary string
		act           audit.Act
	}{
		{"retry", "Have the next run deal with a hire again: one that was held is then created", audit.RetryHire},
		{"drop", "Forget a hire: nobody is created for it", audit.DropHire},
	} {
		handle(a.API, operation{
			method: http.MethodPost, path: "/hires/{hire}/" + o.name, id: o.name + "-hire", summary: o.summary, tag: tag, does: "For approvers of the flow.",
			more: []int{http.StatusNotFound, http.StatusConflict},
		}, func(ctx context.Context, in *deciding) (*body[inspect.Hire], error) {
			return a.decideHire(ctx, inspect.HireDecision{ID: in.Hire, Seen: in.Body.Updated}, o.act, in.Body.Note)
		})
	}
	more := []int{http.StatusNotFound, http.StatusConflict}
	handle(a.API, operation{
		method: http.MethodPost, path: "/hires/{hire}/link", id: "link-hire", summary: "Say which employee a hire already is", tag: tag, does: "For approvers of the flow. Lucca has to know the employee.", more: more,
	}, func(ctx context.Context, in *linking) (*body[inspect.Hire], error) {
		return a.decideHire(ctx, inspect.HireDecision{ID: in.Hire, Seen: in.Body.Updated, Employee: in.Body.Employee}, audit.LinkHire, in.Body.Note)
	})
	handle(a.API, operation{
		method: http.MethodPost, path: "/hires/{hire}/fill", id: "fill-hire", summary: "Fill in what a hire lacks, and have the next run deal with it", tag: tag, does: "For approvers of the flow.", more: more,
	}, func(ctx context.Context, in *filling) (*body[inspect.Hire], error) {
		return a.decideHire(ctx, inspect.HireDecision{ID: in.Hire, Seen: in.Body.Updated, Fill: in.Body.Fill}, audit.FillHire, in.Body.Note)
	})
}

func (a hireAPI) hires(ctx context.Context, in *hireQuery) (*body[HireList], error) {
	if in.Flow != "" {
		f, err := a.find(ctx, in.Flow)
		if err != nil {
			return nil, err
		}
		if f.Hires == nil {
			return nil, missing("the flow is no hires flow", "GET "+Root+"/flows says which are")
		}
	}
	// One more than the page, to know whether there is another.
	which := state.HireFilter{Flow: in.Flow, State: in.State, After: in.After, Limit: in.Limit + 1}
	c, shown := who(ctx), false
	list := HireList{Hires: []inspect.Hire{}}
	for list.Next == "" {
		part, err := a.options.Inspector().Hires(ctx, which)
		if errors.Is(err, state.ErrNotFound) {
			return nil, missing("the hire that the page is after is gone", "begin without after")
		}
		if err != nil {
			return nil, err
		}
		for _, h := range part {
			switch {
			case !c.Sees(h.Flow):
			case len(list.Hires) < in.Limit:
				shown = shown || c.SeesValues(h.Flow)
				list.Hires = append(list.Hires, named(c, h))
			case list.Next == "":
				list.Next = list.Hires[in.Limit-1].ID
			}
		}
		if len(part) < which.Limit {
			break
		}
		which.After = part[len(part)-1].ID
	}
	return answer(list), a.revealIf(ctx, shown, in.Flow, "hires")
}

func (a hireAPI) inbox(ctx context.Context, _ *struct{}) (*body[Inbox], error) {
	all, err := a.options.Inspector().Inbox(ctx)
	if err != nil {
		return nil, err
	}
	c, shown := who(ctx), false
	list := Inbox{Candidates: []inspect.Candidate{}}
	for _, one := range all {
		switch {
		case !c.Sees(one.Flow):
			continue
		case c.SeesValues(one.Flow):
			shown = true
		default:
			one = inspect.Candidate{Hire: named(c, one.Hire), With: one.With}
		}
		list.Candidates = append(list.Candidates, one)
	}
	return answer(list), a.revealIf(ctx, shown, "", "inbox of hires")
}

func (a hireAPI) revealIf(ctx context.Context, shown bool, flow, what string) error {
	if !shown {
		return nil
	}
	return a.reveal(ctx, flow, "", what)
}

// named is a hire as the caller may see it.
func named(c caller, h inspect.Hire) inspect.Hire {
	if !c.SeesValues(h.Flow) {
		h.Name = initials(h.Name)
	}
	return h
}

func (a hireAPI) decideHire(ctx context.Context, d inspect.HireDecision, act audit.Act, note string) (*body[inspect.Hire], error) {
	one, err := a.options.Inspector().Store.Hire(ctx, d.ID)
	if errors.Is(err, state.ErrNotFound) {
		return nil, missing("there is no such hire", "GET "+Root+"/hires lists them")
	}
	if err != nil {
		return nil, err
	}
	c := who(ctx)
	by := c.entry(act, note)
	if by.Flow = one.Flow; !c.Decides(by.Flow) {
		by.Run = one.Run
		return nil, a.refuse(ctx, by, "only an approver of the flow may decide")
	}
	d.By = by
	h, err := a.options.Acts.DecideHire(ctx, d)
	if err != nil {
		return nil, err
	}
	return answer(h), nil
}
