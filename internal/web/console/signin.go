package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"lucca-exchange/internal/web/auth"
)

// entrance is the pages for whoever is not signed in yet.
type entrance struct {
	accounts *auth.Authenticator
	pages    *renderer
}

func (e entrance) register(mux *http.ServeMux) {
	mux.HandleFunc("GET /signin", e.signInPage)
	mux.HandleFunc("POST /signin", e.signIn)
	mux.HandleFunc("GET /signin/link/{secret}", e.follow)
	mux.HandleFunc("GET /signin/oidc", e.beginOIDC)
	mux.HandleFunc("GET "+auth.Callback, e.finishOIDC)
	mux.HandleFunc("POST /signout", e.signOut)
}

// signInData is what the page to sign in shows.
type signInData struct {
	To, Fault           string
	Passwords, Provider bool
}

func (e entrance) signInPage(w http.ResponseWriter, r *http.Request) {
	q, ended := r.URL.Query(), ""
	if q.Has("ended") {
		ended = e.pages.printer(r).Text("signin.ended")
	}
	e.askToSignIn(w, r, http.StatusOK, q.Get("to"), ended)
}

// askToSignIn shows the form, with what was wrong about the last attempt.
func (e entrance) askToSignIn(w http.ResponseWriter, r *http.Request, status int, to, fault string) {
	v := visit{Request: r, printer: e.pages.printer(r)}
	data := signInData{To: local(to), Fault: fault, Passwords: e.accounts.HasUsers(), Provider: e.accounts.HasProvider()}
	if err := e.pages.show(w, v, page{name: "signin", status: status, title: v.printer.Text("signin.title"), data: data}); err != nil {
		e.pages.logger.ErrorContext(r.Context(), "page.failed", "route", r.Pattern, "err", err)
	}
}

// maxForm is what a form without a file may have.
const maxForm = 64 << 10

func (e entrance) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	to := local(r.PostFormValue("to"))
	_, err := e.accounts.SignIn(w, r, r.PostFormValue("name"), r.PostFormValue("password"))
	e.entered(w, r, to, err)
}

func (e entrance) follow(w http.ResponseWriter, r *http.Request) {
	e.entered(w, r, "/", e.accounts.Follow(w, r, r.PathValue("secret")))
}

func (e entrance) beginOIDC(w http.ResponseWriter, r *http.Request) {
	if err := e.accounts.BeginOIDC(w, r, local(r.URL.Query().Get("to"))); err != nil {
		e.entered(w, r, "/", err)
	}
}

func (e entrance) finishOIDC(w http.ResponseWriter, r *http.Request) {
	to, err := e.accounts.FinishOIDC(w, r)
	e.entered(w, r, local(to), err)
}

// entered sends on whoever signed in, or says why not.
func (e entrance) entered(w http.ResponseWriter, r *http.Request, to string, err error) {
	p := e.pages.printer(r)
	var wait *auth.WaitError
	status, text := http.StatusForbidden, ""
	switch {
	case err == nil:
		http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // callers give what local let through
		return
	case errors.As(err, &wait):
		status, text = http.StatusTooManyRequests, p.Text("signin.wait", "wait", wait.Wait)
	case errors.Is(err, auth.ErrNoRole):
		text = p.Text("signin.no_role")
	case errors.Is(err, auth.ErrHandshake):
		text = p.Text("signin.handshake")
	case errors.Is(err, auth.ErrProvider):
		status, text = http.StatusBadGateway, p.Text("signin.provider_fault")
		e.pages.logger.ErrorContext(r.Context(), "provider.failed", "err", err)
	case errors.Is(err, auth.ErrStranger):
		text = p.Text("signin.wrong")
	default:
		status, text = http.StatusInternalServerError, p.Text("fault.internal")
		e.pages.logger.ErrorContext(r.Context(), "signin.failed", "err", err)
	}
	e.askToSignIn(w, r, status, to, text)
}

func (e entrance) signOut(w http.ResponseWriter, r *http.Request) {
	if err := e.accounts.SignOut(w, r, r.PostFormValue("everywhere") != ""); err != nil {
		e.pages.explain(r.Context(), w, visit{Request: r, printer: e.pages.printer(r)}, err)
		return
	}
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
}

// local returns a path of this server: a link to sign in must not lead elsewhere.
func local(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") ||
		strings.ContainsAny(to, "\\\r\n") || strings.HasPrefix(u.Path, "/sign") {
		return "/"
	}
	return to
}
