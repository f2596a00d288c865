package api

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Problem is an answer that is an error (RFC 9457). Its type is about:blank, which is left out.
type Problem struct {
	Title  string `json:"title" doc:"the status in words"`
	Status int    `json:"status" doc:"the HTTP status"`
	// Code is stable, lower case with underscores.
	Code   string `json:"code" doc:"what went wrong, to branch on"`
	Detail string `json:"detail" doc:"what went wrong, in a sentence"`
	Hint   string `json:"hint,omitempty" doc:"what to do"`
	// Faults are those of a request that is not as the document wants it.
	Faults []Fault `json:"faults,omitempty" doc:"what in the request is not as it should be"`

	wait time.Duration
}

// Fault is one thing in a request.
type Fault struct {
	Where string `json:"where" doc:"such as body.hash or query.limit"`
	What  string `json:"what" doc:"what is wrong there; never the value"`
}

// Error is the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of a problem.
func (p *Problem) ContentType(string) string { return problemType }

// GetHeaders are those beside the content type.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.wait.Seconds()))))
	}
	return h
}

const problemType = "application/problem+json"

var (
	_ huma.StatusError  = (*Problem)(nil)
	_ huma.HeadersError = (*Problem)(nil)
)

// writeProblem answers without the router, as before it is known who asks.
func writeProblem(w http.ResponseWriter, p *Problem) {
	p.Title = http.StatusText(p.Status)
	for key, values := range p.GetHeaders() {
		w.Header()[key] = values
	}
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a client that is gone
}

// asProblem puts the router's own errors, about requests that are not as the document wants
// them, into our form. They repeat no value.
func asProblem(_ huma.Context, _ string, v any) (any, error) {
	if p, ok := v.(*Problem); ok {
		p.Title = http.StatusText(p.Status)
		return p, nil
	}
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := &Problem{Title: http.StatusText(m.Status), Status: m.Status, Code: "invalid", Detail: "the request is not as the operation wants it", Hint: "see faults, and GET " + Root + "/openapi.json"}
	switch m.Status {
	case http.StatusRequestEntityTooLarge:
		p.Code, p.Detail, p.Hint = "too_large", "the body is too large", ""
	case http.StatusRequestTimeout:
		p.Code, p.Detail, p.Hint = "too_slow", "the body did not come in time", "send it again"
	}
	for _, e := range m.Errors {
		p.Faults = append(p.Faults, Fault{Where: e.Location, What: e.Message})
	}
	return p, nil
}

// routersProblem is how the router's own form is called in the document; see schemaName.
const routersProblem = "AnyProblem"

// describeProblem puts the form of a Problem in the place of the router's own.
func describeProblem(doc *huma.OpenAPI) {
	schemas := doc.Components.Schemas.Map()
	problem := schemas[doc.Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem").Ref[len("#/components/schemas/"):]]
	// Its references stay, as they are in every operation.
	schemas[routersProblem] = problem
	delete(schemas, "V2ErrorDetail")
}

// The problems that have no error of their own.
func forbidden(detail string) *Problem {
	return &Problem{Status: http.StatusForbidden, Code: "forbidden", Detail: detail, Hint: "ask an administrator for a role or a token that may: GET " + Root + "/me shows what this one may"}
}

func missing(detail, hint string) *Problem {
	return &Problem{Status: http.StatusNotFound, Code: "not_found", Detail: detail, Hint: hint}
}

// knownProblem is an error that has a problem of its own.
type knownProblem struct {
	err     error
	problem Problem
}

// known are the errors that have a problem of their own. Their texts are ours: an error may hold
// what somebody sent.
var known = []knownProblem{
	{state.ErrOtherPlan, Problem{Status: http.StatusConflict, Code: "other_plan", Detail: "what is held is not the plan or file with this hash", Hint: "look at the run again: nothing was decided"}},
	{state.ErrAgain, Problem{Status: http.StatusConflict, Code: "approved_before", Detail: "you have approved this already, and another person has to approve it too", Hint: "ask somebody else who may approve"}},
	{state.ErrChanged, Problem{Status: http.StatusConflict, Code: "changed", Detail: "the hire has changed since it was shown", Hint: "look at it again: nothing was decided"}},
	{state.ErrNotHeld, Problem{Status: http.StatusConflict, Code: "not_held", Detail: "the run is not held, any more or at all", Hint: "GET the run: it says what became of it"}},
	{state.ErrEnded, Problem{Status: http.StatusConflict, Code: "ended", Detail: "the run is not at work and does not wait: it has ended, or is held", Hint: "a held run is rejected"}},
	{state.ErrBusy, Problem{Status: http.StatusConflict, Code: "busy", Detail: "a run of the flow is at work", Hint: "try again when it has ended", wait: 10 * time.Second}},
	{state.ErrKeyUsed, Problem{Status: http.StatusUnprocessableEntity, Code: "key_used", Detail: "the Idempotency-Key is that of another request within the last day", Hint: "take a new key for what is a new request"}},
	{state.ErrFull, Problem{Status: http.StatusInsufficientStorage, Code: "full", Detail: "the disk that holds the state is full", Hint: "free some space; nothing was kept of the request"}},
}

// problem is the answer for an error.
func (a *API) problem(ctx context.Context, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	for _, k := range slices.Concat(known, draftProblems) {
		if errors.Is(err, k.err) {
			p := k.problem
			return &p
		}
	}
	switch {
	case errors.Is(err, state.ErrNotFound):
		return missing("there is no such thing", "GET the list that it is in")
	case errors.Is(err, run.ErrUsage):
		return &Problem{Status: http.StatusConflict, Code: "not_possible", Detail: err.Error()}
	case state.Unusable(err) || errors.Is(err, state.ErrReadOnly):
		a.options.Logger.ErrorContext(ctx, "state.unusable", "err", err)
		return &Problem{Status: http.StatusServiceUnavailable, Code: "unavailable", Detail: "the state cannot be used just now", Hint: "try again; the log of the daemon says why", wait: 10 * time.Second}
	case ctx.Err() != nil:
		return &Problem{Status: http.StatusServiceUnavailable, Code: "interrupted", Detail: "the request was interrupted", Hint: "try again"}
	}
	a.options.Logger.ErrorContext(ctx, "request.failed", "err", err)
	return &Problem{Status: http.StatusInternalServerError, Code: "internal", Detail: "something went wrong on this side", Hint: "the log of the daemon says what"}
}
