package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"lucca-exchange/internal/message"
	"lucca-exchange/internal/web/auth"
)

// signInData is what the page to sign in shows.
type signInData struct {
	To, Fault           string
	Passwords, Provider bool
}

func (c *Console) signInPage(w http.ResponseWriter, r *http.Request) {
	c.askToSignIn(w, r, http.StatusOK, r.URL.Query().Get("to"), "")
}

// askToSignIn shows the form, with what was wrong about the last attempt.
func (c *Console) askToSignIn(w http.ResponseWriter, r *http.Request, status int, to, fault string) {
	v := visit{Request: r, printer: c.printer(r)}
	data := signInData{To: local(to), Fault: fault, Passwords: c.options.Accounts.HasUsers(), Provider: c.options.Accounts.HasProvider()}
	if err := c.show(w, v, page{name: "signin", status: status, title: v.printer.Text("signin.title"), data: data}); err != nil {
		c.options.Logger.ErrorContext(r.Context(), "page.failed", "route", r.Pattern, "err", err)
	}
}

// maxForm is what a form without a file may have.
const maxForm = 64 << 10

func (c *Console) signIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	to := local(r.PostFormValue("to"))
	_, err := c.options.Accounts.SignIn(w, r, r.PostFormValue("name"), r.PostFormValue("password"))
	c.entered(w, r, to, err)
}

func (c *Console) follow(w http.ResponseWriter, r *http.Request) {
	c.entered(w, r, "/", c.options.Accounts.Follow(w, r, r.PathValue("secret")))
}

func (c *Console) beginOIDC(w http.ResponseWriter, r *http.Request) {
	if err := c.options.Accounts.BeginOIDC(w, r, local(r.URL.Query().Get("to"))); err != nil {
		c.entered(w, r, "/", err)
	}
}

func (c *Console) finishOIDC(w http.ResponseWriter, r *http.Request) {
	to, err := c.options.Accounts.FinishOIDC(w, r)
	c.entered(w, r, local(to), err)
}

// entered sends on whoever signed in, or says why not.
func (c *Console) entered(w http.ResponseWriter, r *http.Request, to string, err error) {
	p := c.printer(r)
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
		c.options.Logger.ErrorContext(r.Context(), "provider.failed", "err", err)
	case errors.Is(err, auth.ErrStranger):
		text = p.Text("signin.wrong")
	default:
		status, text = http.StatusInternalServerError, p.Text("fault.internal")
		c.options.Logger.ErrorContext(r.Context(), "signin.failed", "err", err)
	}
	c.askToSignIn(w, r, status, to, text)
}

func (c *Console) signOut(w http.ResponseWriter, r *http.Request) {
	if err := c.options.Accounts.SignOut(w, r, r.PostFormValue("everywhere") != ""); err != nil {
		c.explain(w, visit{Request: r, printer: c.printer(r)}, err)
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

// What somebody chose is no secret, and is kept by their browser.
const (
	languageCookie = "language"
	themeCookie    = "theme"
	choiceSeconds  = 365 * 24 * 3600
)

func theme(r *http.Request) string {
	if c, err := r.Cookie(themeCookie); err == nil && (c.Value == "light" || c.Value == "dark") {
		return c.Value
	}
	return ""
}

// meData is what the page of oneself shows.
type meData struct {
	Account   auth.Account
	Languages []message.Language
	Theme     string
}

func (c *Console) me(w http.ResponseWriter, v visit) error {
	return c.show(w, v, page{name: "me", title: v.printer.Text("me.title"), data: meData{v.who, message.Languages(), theme(v.Request)}})
}

func (c *Console) choose(w http.ResponseWriter, v visit) error {
	v.Body = http.MaxBytesReader(w, v.Body, maxForm)
	for name, value := range map[string]string{languageCookie: v.PostFormValue("language"), themeCookie: v.PostFormValue("theme")} {
		//nolint:gosec // a choice that is no secret, over http on loopback too
		http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: choiceSeconds, SameSite: http.SameSiteLaxMode, HttpOnly: true})
	}
	http.Redirect(w, v.Request, "/me", http.StatusSeeOther)
	return nil
}
