package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/auth"
)

// Me is who asks, and what they may do.
type Me struct {
	Who    string       `json:"who" doc:"as the audit names them"`
	Role   auth.Role    `json:"role"`
	Grants []auth.Grant `json:"grants" doc:"roles; one without flows is in all"`
}

// FlowList are flows with what waits for a person.
type FlowList struct {
	Flows []inspect.FlowState `json:"flows"`
	Needs []inspect.Need      `json:"needs" doc:"what waits for a person, the most pressing first"`
}

// FlowPath names a flow. Those of tenants have a slash, which is written %2F.
type FlowPath struct {
	Flow string `path:"flow" maxLength:"200" doc:"name of a flow; a slash in it is written %2F"`
}

// Noted is the body of an act.
type Noted struct {
	Note string `json:"note,omitempty" maxLength:"500" doc:"why, for the record; no names or values of people"`
}

type noted struct {
	FlowPath
	Body Noted
}

type starting struct {
	FlowPath
	Key  string `header:"Idempotency-Key" maxLength:"100" pattern:"^[A-Za-z0-9._:-]*$" doc:"a request with the same key within a day is not made twice; the key is in the audit, and a note then is not"`
	Body Noted
}

// Queued is a run that was asked for.
type Queued struct {
	Run string `json:"run"`
	// Before says that no run was queued: this one was there already.
	Before bool `json:"before" doc:"the run was asked for before, by the same key or since it waits, and no other was queued"`
}

type queued struct {
	Location string `header:"Location"`
	Body     Queued
}

type pausing struct {
	FlowPath
	Body struct {
		Noted
		Until time.Time `json:"until,omitzero" doc:"when the flow goes on by itself; without, when somebody resumes it"`
	}
}

// flowAPI are the operations on flows.
type flowAPI struct{ *API }

func (a flowAPI) register() {
	const tag = "flows"
	handle(a.API, operation{method: http.MethodGet, path: "/me", id: "me", summary: "Who asks, and what they may do", tag: tag}, a.me)
	handle(a.API, operation{method: http.MethodGet, path: "/flows", id: "list-flows", summary: "How each flow stands, and what waits for a person", tag: tag}, a.flows)
	handle(a.API, operation{method: http.MethodGet, path: "/flows/{flow}", id: "get-flow", summary: "How one flow stands", tag: tag, more: []int{http.StatusNotFound}}, a.flow)
	handle(a.API, operation{
		method: http.MethodPost, path: "/flows/{flow}/runs", id: "start-run", summary: "Run a flow now", tag: tag, status: http.StatusAccepted,
		does: "For operators. The run is queued, and done by the daemon as its schedule has it done.",
		more: []int{http.StatusNotFound},
	}, a.start)
	handle(a.API, operation{
		method: http.MethodPost, path: "/flows/{flow}/pause", id: "pause-flow", summary: "Keep a flow from running by itself", tag: tag, status: http.StatusNoContent,
		does: "For operators.", more: []int{http.StatusNotFound, http.StatusConflict},
	}, a.pause)
	handle(a.API, operation{
		method: http.MethodPost, path: "/flows/{flow}/resume", id: "resume-flow", summary: "Let a paused flow run by itself again", tag: tag, status: http.StatusNoContent,
		does: "For operators.", more: []int{http.StatusNotFound, http.StatusConflict},
	}, a.resume)
}

func (a flowAPI) me(ctx context.Context, _ *struct{}) (*body[Me], error) {
	c := who(ctx)
	return answer(Me{Who: c.Who(), Role: c.Role(), Grants: c.Grants}), nil
}

func (a flowAPI) flows(ctx context.Context, _ *struct{}) (*body[FlowList], error) {
	c, i := who(ctx), a.options.Inspector()
	flows, err := i.Flows(ctx, time.Now())
	if err != nil {
		return nil, err
	}
	flows = slices.DeleteFunc(flows, func(f inspect.FlowState) bool { return !c.Sees(f.Name) })
	inbox, err := i.Inbox(ctx)
	if err != nil {
		return nil, err
	}
	inbox = slices.DeleteFunc(inbox, func(h inspect.Candidate) bool { return !c.Sees(h.Flow) })
	ending := slices.DeleteFunc(inspect.Ending(i, time.Now()), func(e config.End) bool { return e.Flow != "" && !c.Sees(e.Flow) })
	list := FlowList{Flows: append([]inspect.FlowState{}, flows...), Needs: append([]inspect.Need{}, inspect.Needs(flows, inbox, ending)...)}
	return answer(list), nil
}

func (a flowAPI) flow(ctx context.Context, in *FlowPath) (*body[inspect.FlowState], error) {
	if _, err := a.find(ctx, in.Flow); err != nil {
		return nil, err
	}
	flows, err := a.options.Inspector().Flows(ctx, time.Now())
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(flows, func(f inspect.FlowState) bool { return f.Name == in.Flow })
	if at < 0 {
		return nil, noFlow() // the configuration was loaded again meanwhile
	}
	return answer(flows[at]), nil
}

// find is a flow of the configuration that the caller sees.
func (a *API) find(ctx context.Context, name string) (config.Flow, error) {
	f, ok := a.options.Inspector().Config.Flows[name]
	if !ok {
		return f, noFlow()
	}
	return f, who(ctx).sees(name)
}

func noFlow() error {
	return missing("there is no such flow in the configuration", "GET "+Root+"/flows lists them")
}

func (a flowAPI) start(ctx context.Context, in *starting) (*queued, error) {
	by, err := a.operates(ctx, in.Flow, audit.Run, in.Body.Note)
	if err != nil {
		return nil, err
	}
	id, err := a.options.Acts.Start(ctx, state.Request{Flow: in.Flow, Act: by, Key: in.Key})
	before := errors.Is(err, state.ErrAlreadyQueued) || errors.Is(err, state.ErrRepeated)
	if err != nil && !before {
		return nil, err
	}
	return &queued{Location: Root + "/runs/" + id, Body: Queued{Run: id, Before: before}}, nil
}

func (a flowAPI) pause(ctx context.Context, in *pausing) (*struct{}, error) {
	by, err := a.operates(ctx, in.Flow, audit.Pause, in.Body.Note)
	if err != nil {
		return nil, err
	}
	return nil, a.options.Acts.Pause(ctx, in.Flow, in.Body.Until, by)
}

func (a flowAPI) resume(ctx context.Context, in *noted) (*struct{}, error) {
	by, err := a.operates(ctx, in.Flow, audit.Resume, in.Body.Note)
	if err != nil {
		return nil, err
	}
	return nil, a.options.Acts.Resume(ctx, in.Flow, by)
}

// operates is the line of the audit about an act on a flow, or why the caller may not.
func (a *API) operates(ctx context.Context, flow string, act audit.Act, note string) (audit.Entry, error) {
	c := who(ctx)
	by := c.entry(act, note)
	if _, ok := a.options.Inspector().Config.Flows[flow]; !ok {
		return by, noFlow()
	}
	if by.Flow = flow; !c.Operates(flow) {
		return by, a.refuse(ctx, by, "only an operator of the flow may do this")
	}
	return by, nil
}

// initials of a login such as claire.martin are c.m.
func initials(name string) string {
	var b strings.Builder
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return strings.ContainsRune(" .-_@", r) }) {
		for _, r := range part {
			b.WriteRune(r)
			break
		}
		b.WriteByte('.')
	}
	return b.String()
}
