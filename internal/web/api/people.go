package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/inspect"
)

// PersonSearch says who is looked for.
type PersonSearch struct {
	Who  string `json:"who" minLength:"1" maxLength:"200" doc:"login, e-mail address, employee number, Lucca id, or a part of a name that one person has"`
	Runs int    `json:"runs,omitempty" minimum:"1" maximum:"1000" default:"500" doc:"in how many of the newest runs"`
}

// PeopleSearch says who is looked for.
type PeopleSearch struct {
	Who string `json:"who" minLength:"1" maxLength:"200" doc:"login, e-mail address, employee number, Lucca id, or a part of a name: accents and letter case do not count"`
}

// People are those whom runs know, at most fifty, those of the newest run first.
type People struct {
	People []inspect.Somebody `json:"people"`
}

// ProfileList are the built-in profiles and those that the configuration names.
type ProfileList struct {
	Profiles []inspect.Profile `json:"profiles"`
}

// Timeline is what all flows did with a person, the newest first; empty where nobody was found.
type Timeline struct {
	Events []inspect.Event `json:"events"`
}

// PersonLine is a person as they were last called, and what all flows did with them, the newest first.
type PersonLine struct {
	Person inspect.Somebody `json:"person"`
	Events []inspect.Event  `json:"events"`
}

type employeePath struct {
	Employee int `path:"employee" minimum:"1" doc:"Lucca id"`
	Runs     int `query:"runs" minimum:"1" maximum:"1000" default:"500" doc:"in how many of the newest runs"`
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
	handle(a.API, operation{method: http.MethodGet, path: "/profiles", id: "list-profiles", summary: "The files that partners want, and which flows make them", tag: "flows"}, a.profiles)
	handle(a.API, operation{method: http.MethodPost, path: "/people/search", id: "search-person", summary: "What all flows did with somebody", tag: tag, does: approvers}, a.person)
	handle(a.API, operation{method: http.MethodGet, path: "/people/{employee}", id: "get-person", summary: "What all flows did with the person of a Lucca id", tag: tag, does: approvers}, a.personOf)
	handle(a.API, operation{method: http.MethodPost, path: "/people/find", id: "find-people", summary: "Who is called so, by a part of the name too", tag: tag, does: approvers}, a.people)
	handle(a.API, operation{method: http.MethodPost, path: "/flows/{flow}/explain", id: "explain", summary: "What the last run of a flow did with somebody, and why", tag: tag, does: approvers, more: []int{http.StatusNotFound, http.StatusConflict}}, a.explain)
	handle(a.API, operation{method: http.MethodGet, path: "/runs/{run}/diff", id: "diff-run", summary: "Who joined, left and changed since the file before", tag: tag, does: approvers, more: []int{http.StatusNotFound, http.StatusConflict}}, a.diff)
}

func (a peopleAPI) person(ctx context.Context, in *struct{ Body PersonSearch }) (*body[Timeline], error) {
	c, i := who(ctx), a.options.Inspector()
	if err := a.searches(ctx); err != nil {
		return nil, err
	}
	events, err := i.Person(ctx, in.Body.Who, in.Body.Runs)
	if err != nil {
		return nil, err
	}
	events = slices.DeleteFunc(events, func(e inspect.Event) bool { return !c.SeesValues(e.Flow) })
	return answer(Timeline{append([]inspect.Event{}, events...)}), a.reveal(ctx, "", "", "time line of a person")
}

// personOf is what the page of somebody shows.
func (a peopleAPI) personOf(ctx context.Context, in *employeePath) (*body[PersonLine], error) {
	c := who(ctx)
	if err := a.searches(ctx); err != nil {
		return nil, err
	}
	someone, events, err := inspect.PersonOf(ctx, a.options.Inspector(), in.Employee, in.Runs)
	if err != nil {
		return nil, err
	}
	events = slices.DeleteFunc(events, func(e inspect.Event) bool { return !c.SeesValues(e.Flow) })
	if someone.Flows = slices.DeleteFunc(append([]string{}, someone.Flows...), func(flow string) bool { return !c.SeesValues(flow) }); len(someone.Flows) == 0 {
		someone = inspect.Somebody{ID: in.Employee, Flows: []string{}}
	}
	return answer(PersonLine{someone, append([]inspect.Event{}, events...)}), a.reveal(ctx, "", "", "person "+strconv.Itoa(in.Employee))
}

func (a peopleAPI) profiles(ctx context.Context, _ *struct{}) (*body[ProfileList], error) {
	list, err := inspect.Profiles(a.options.Inspector().Config)
	if err != nil {
		return nil, err
	}
	c := who(ctx)
	for n := range list {
		list[n].Flows = slices.DeleteFunc(slices.Clone(list[n].Flows), func(flow string) bool { return !c.Sees(flow) })
	}
	return answer(ProfileList{list}), nil
}

// searches refuses whoever may see the people of no flow.
func (a peopleAPI) searches(ctx context.Context) error {
	c := who(ctx)
	for name := range a.options.Inspector().Config.Flows {
		if c.SeesValues(name) {
			return nil
		}
	}
	return a.refuse(ctx, c.entry(audit.Reveal, ""), "only an approver of a flow may look for somebody")
}

func (a peopleAPI) people(ctx context.Context, in *struct{ Body PeopleSearch }) (*body[People], error) {
	if err := a.searches(ctx); err != nil {
		return nil, err
	}
	found, err := a.options.Inspector().FindPeople(ctx, in.Body.Who)
	if err != nil {
		return nil, err
	}
	c, list := who(ctx), People{People: []inspect.Somebody{}}
	for _, p := range found {
		p.Flows = slices.DeleteFunc(p.Flows, func(flow string) bool { return !c.SeesValues(flow) })
		if len(p.Flows) > 0 {
			list.People = append(list.People, p)
		}
	}
	return answer(list), a.reveal(ctx, "", "", "search for a person")
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
