// Package console is what the daemon shows in a browser: what needs somebody, what happened,
// what would happen, and the decisions. Pages are made on the server and work without
// JavaScript, by which a page of something at work only looks again without blinking. A form
// posts, and the answer is a redirect to the page that shows what came of it. Everything shown comes from Source, so that page, API and command line never disagree.
//
// Whatever comes from outside (names, headers, file names, answers of an ATS) is text to
// html/template, and nothing that a page contains may run: see Policy.
package console

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/auth"
)

// Policy is the Content-Security-Policy of a page: only what this program serves, and neither
// style nor script within the page.
const Policy = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Options are what a Console shows, and to whom.
type Options struct {
	Accounts *auth.Authenticator
	Texts    *message.Catalog
	// Language is that of whoever has not chosen one.
	Language message.Language
	// Zone is that of all times, the configuration's.
	Zone   *time.Location
	Logger *slog.Logger
	// Inspector answers from the configuration and the state of now.
	Inspector func() inspect.Inspector
	Audit     func() state.Audit
	Acts      Acts
	// Drafts are the files that people bring.
	Drafts Drafts
	// DryRuns are rehearsals that people ask for.
	DryRuns DryRuns
	// Probe tries all connections, which may take minutes.
	Probe func(ctx context.Context) []inspect.Probe
	// Background does work that goes on while a page is answered.
	Background func(ctx context.Context, work func(ctx context.Context))
}

// Decision is what somebody decides about a held run.
type Decision struct {
	Run string
	// Hash is that of the plan or file which they saw.
	Hash    string
	Approve bool
	By      audit.Entry
}

// Console is the pages.
type Console struct {
	options Options
	pages   *renderer
}

// New reads the templates. An error is a mistake in this package's files.
func New(o Options) (*Console, error) {
	assets, err := readAssets()
	if err != nil {
		return nil, err
	}
	pages, err := readPages(assets)
	if err != nil {
		return nil, err
	}
	return &Console{options: o, pages: &renderer{
		texts: o.Texts, language: o.Language, zone: o.Zone, logger: o.Logger, templates: pages, assets: assets,
	}}, nil
}

// Handler is all pages. It is to stand behind http.CrossOriginProtection.
func (c *Console) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /static/{name}", c.pages.static)
	entrance{c.options.Accounts, c.pages}.register(mux)
	for pattern, page := range c.routes() {
		mux.Handle(pattern, c.with(page))
	}
	mux.Handle("/", c.with(c.nothing))
	return mux
}

// routes are the pages and acts of those who are signed in.
func (c *Console) routes() map[string]handler {
	routes := map[string]handler{
		"GET /me": c.me, "POST /me": c.form(c.choose),
	}
	maps.Copy(routes, flowPages{c}.routes())
	maps.Copy(routes, hirePages{c}.routes())
	maps.Copy(routes, peoplePages{c}.routes())
	maps.Copy(routes, draftPages{c}.routes())
	maps.Copy(routes, dryRunPages{c}.routes())
	maps.Copy(routes, auditPages{c}.routes())
	maps.Copy(routes, checkPages{c, new(connectionTest)}.routes())
	maps.Copy(routes, runPages{c}.routes())
	return routes
}

// runPages are about runs.
type runPages struct{ *Console }

func (c runPages) routes() map[string]handler {
	return map[string]handler{
		"GET /runs": c.runs, "GET /runs/{run}": c.run, "GET /runs/{run}/plan": c.plan, "POST /runs/{run}/plan": c.form(c.findInPlan),
		"POST /runs/{run}/decision": c.form(c.decide), "POST /runs/{run}/cancel": c.form(c.cancel),
		"GET /runs/{run}/resend": c.resendPage, "POST /runs/{run}/resend": c.form(c.resend),
		"POST /runs/{run}/files/{kind}": c.form(c.download),
	}
}

// flowPages are about flows.
type flowPages struct{ *Console }

func (c flowPages) routes() map[string]handler {
	return map[string]handler{
		"GET /{$}": c.overview, "GET /flows/{flow...}": c.flow,
		"POST /run/{flow...}": c.form(c.start), "POST /pause/{flow...}": c.form(c.pause), "POST /resume/{flow...}": c.form(c.resume),
	}
}

// form bounds what a form without a file may have.
func (c *Console) form(h handler) handler {
	return func(w http.ResponseWriter, v visit) error {
		v.Request.Body = http.MaxBytesReader(w, v.Request.Body, maxForm)
		return h(w, v)
	}
}

// visit is one request of somebody who may look.
type visit struct {
	Request *http.Request
	who     auth.Account
	printer message.Printer
	// brings: may bring files for an import.
	brings bool
}

// handler shows a page. What it returns is shown as a page too.
type handler func(w http.ResponseWriter, v visit) error

// signInAgain is the page to sign in, which leads back to where somebody was. Who wanted to do
// something is told that it was not done.
func signInAgain(r *http.Request) string {
	q := make(url.Values)
	switch {
	case r.Method == http.MethodGet && r.URL.Path != "/":
		q.Set("to", r.URL.RequestURI())
	case r.Method != http.MethodGet:
		q.Set("ended", "yes")
		for _, pages := range []string{"/runs/", "/files/"} { // the page, not the act
			if parts := strings.Split(strings.TrimPrefix(r.URL.Path, pages), "/"); strings.HasPrefix(r.URL.Path, pages) {
				q.Set("to", pages+parts[0])
			}
		}
	}
	if len(q) == 0 {
		return "/signin"
	}
	return "/signin?" + q.Encode()
}

// with lets only those through who may look, and shows what goes wrong.
func (c *Console) with(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := c.options.Accounts.Account(r)
		v := visit{Request: r, who: who, printer: c.pages.printer(r)}
		switch {
		case errors.Is(err, auth.ErrStranger):
			if err := c.options.Accounts.NotLetIn(r); err != nil {
				c.pages.explain(r.Context(), w, v, err)
				return
			}
			http.Redirect(w, r, signInAgain(r), http.StatusSeeOther)
			return
		case err == nil && !who.Views():
			err = &fault{status: http.StatusForbidden, what: "fault.forbidden", do: "fault.ask_admin"}
		case err == nil:
			v.brings = len(draftPages{c}.flows(v)) > 0
			err = h(w, v)
		}
		if err != nil {
			c.pages.explain(r.Context(), w, v, err)
		}
	})
}

func (c *Console) nothing(http.ResponseWriter, visit) error {
	return &fault{status: http.StatusNotFound, what: "fault.no_page", back: "/"}
}
