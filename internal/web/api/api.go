// Package api is what programs ask of the daemon, under /api/v1: the documents that commands
// print with --json, and the acts of people, by the same functions as the console and the
// command line. It is described by an OpenAPI 3.1 document that is made from the types of this
// package, and served as openapi.json.
//
// Whoever asks is an auth.Account, by token, session or password. What the account may not see
// of people is left out of a document: names become initials, and values are not there. Showing
// them is an act, and so is everything that changes something: it is in the audit within the
// transaction of the act, and an act that is refused is there too. No address of an operation
// holds a name or a value of a person: who is looked for, and what for, is in the body.
//
// A decision names what was seen: a hash, or the instant of the last change. Where that is no
// longer so nothing is decided. A request that may be repeated has a key: see state.Request.
package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/auth"
	"lucca-exchange/internal/web/pace"
)

// Root is where the operations are.
const Root = "/api/v1"

// Options are what an API answers from, and to whom.
type Options struct {
	Accounts *auth.Authenticator
	Logger   *slog.Logger
	// Inspector answers from the configuration and the state of now.
	Inspector func() inspect.Inspector
	Audit     func() state.Audit
	Acts      Acts
	// Drafts are files that programs bring, DryRuns rehearsals that they ask for.
	Drafts  Drafts
	DryRuns DryRuns
}

// Acts are what people do, each put on record with its line of the audit, also when it is
// refused. Errors are those of package state, and run.ErrUsage for what is not possible.
type Acts interface {
	// Approve releases a held run, which goes on when Approve has returned. It returns
	// state.ErrSecond where the approval is on record and another person has to approve too.
	Approve(ctx context.Context, run string, by audit.Entry) error
	// Reject drops a held run.
	Reject(ctx context.Context, run string, by audit.Entry) error
	// Start asks for a run of a flow, and returns its id as Queue.Request of package state does.
	Start(ctx context.Context, r state.Request) (run string, err error)
	// Cancel ends a run that is at work or waits.
	Cancel(ctx context.Context, run string, by audit.Entry) error
	// Pause keeps a flow from running by itself, until an instant or, if that is zero, for good.
	Pause(ctx context.Context, flow string, until time.Time, by audit.Entry) error
	// Resume ends a pause.
	Resume(ctx context.Context, flow string, by audit.Entry) error
	// Resend begins a run that sends the file of a run once more, and returns its id.
	Resend(ctx context.Context, run string, by audit.Entry) (string, error)
	// Download finds a file of a run that is kept.
	Download(ctx context.Context, run string, kind inspect.KeptKind, by audit.Entry) (inspect.KeptFile, error)
	// DecideHire retries, drops, links or fills in a hire, as the act of the decision says.
	DecideHire(ctx context.Context, d inspect.HireDecision) (inspect.Hire, error)
}

// API is the operations.
type API struct {
	options Options
	huma    huma.API
	mux     *http.ServeMux
	// known is the pace of whoever is let in, by who they are; strangers that of the others.
	known, strangers *pace.Limiter[string]
	places           chan struct{}
}

// Paces and places. A program that asks for pages in a row has no wait.
const (
	knownPerSecond, knownBurst       = 20, 200
	strangerPerSecond, strangerBurst = 0.2, 20
	// mostAtOnce is how many requests are answered at once: each may hold a plan in memory.
	mostAtOnce = 16
)

// New makes the operations.
func New(o Options) *API {
	a := &API{
		options: o, mux: http.NewServeMux(),
		known:     pace.New[string](pace.Pace{PerSecond: knownPerSecond, Burst: knownBurst}),
		strangers: pace.New[string](pace.Pace{PerSecond: strangerPerSecond, Burst: strangerBurst}),
		places:    make(chan struct{}, mostAtOnce),
	}
	a.huma = humago.New(a.mux, configuration())
	a.register()
	a.mux.HandleFunc("GET "+Root+"/openapi.json", a.document)
	a.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, &Problem{Status: http.StatusNotFound, Code: "no_operation", Detail: "there is no such operation", Hint: "GET " + Root + "/openapi.json lists them"})
	})
	return a
}

// Document is the OpenAPI 3.1 document as JSON.
func Document() ([]byte, error) {
	doc, err := json.MarshalIndent(New(Options{}).huma.OpenAPI(), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode openapi.json: %w", err)
	}
	return append(doc, '\n'), nil
}

// Handler answers requests below Root.
func (a *API) Handler() http.Handler { return a.admitted(tagged(a.mux)) }

func (a *API) document(w http.ResponseWriter, r *http.Request) {
	doc, err := json.Marshal(a.huma.OpenAPI())
	if err != nil {
		writeProblem(w, a.problem(r.Context(), err))
		return
	}
	w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
	_, _ = w.Write(doc) // a client that is gone
}

func (a *API) register() {
	flowAPI{a}.register()
	runAPI{a}.register()
	fileAPI{a}.register()
	draftAPI{a}.register()
	dryRunAPI{a}.register()
	planAPI{a}.register()
	peopleAPI{a}.register()
	hireAPI{a}.register()
	auditAPI{a}.register()
	describeProblem(a.huma.OpenAPI())
}

// operation is one operation, by what its document says of it.
type operation struct {
	method, path, id, summary string
	// tag is the part of the document it stands in.
	tag string
	// status is that of success; zero: 200.
	status int
	// does is the description: what the summary leaves open.
	does string
	// more are statuses beside those that every operation has.
	more []int
	// file says that the answer is a file, not a document, upload that the request is one.
	file, upload bool
}

func (o operation) huma() huma.Operation {
	status := o.status
	if status == 0 {
		status = http.StatusOK
	}
	responses := make(map[string]*huma.Response)
	if o.method == http.MethodGet {
		responses["304"] = &huma.Response{Description: "If-None-Match has the ETag of what there is"}
	}
	if o.file {
		responses["200"] = &huma.Response{Description: "The file", Content: map[string]*huma.MediaType{octets: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	}
	var request *huma.RequestBody
	if o.upload {
		request = &huma.RequestBody{Required: true, Description: "The file, byte by byte", Content: map[string]*huma.MediaType{octets: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	}
	return huma.Operation{
		Responses: responses, RequestBody: request,
		OperationID: o.id, Method: o.method, Path: Root + o.path, Summary: o.summary, Description: o.does, Tags: []string{o.tag},
		DefaultStatus: status, MaxBodyBytes: maxBody, BodyReadTimeout: bodyBudget,
		Errors:   append([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable}, o.more...),
		Security: []map[string][]string{{"token": {}}, {"password": {}}, {"session": {}}},
	}
}

const (
	maxBody    = 64 << 10
	bodyBudget = 5 * time.Second
)

// handle registers an operation. What its function returns as an error is answered as a Problem.
func handle[I, O any](a *API, o operation, do func(context.Context, *I) (*O, error)) {
	huma.Register(a.huma, o.huma(), func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// body is an answer that is one document.
type body[T any] struct{ Body T }

func answer[T any](v T) *body[T] { return &body[T]{v} }

// next is after of the page that follows one with so many of all that were found; 0 for none.
func next(after, shown, found int) int {
	if end := after + shown; shown > 0 && end < found {
		return end
	}
	return 0
}
