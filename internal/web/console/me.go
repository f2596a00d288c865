package console

import (
	"net/http"

	"lucca-exchange/internal/message"
	"lucca-exchange/internal/web/auth"
)

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
	return c.pages.show(w, v, page{name: "me", title: v.printer.Text("me.title"), data: meData{v.who, message.Languages(), theme(v.Request)}})
}

func (c *Console) choose(w http.ResponseWriter, v visit) error {
	for name, value := range map[string]string{languageCookie: v.Request.PostFormValue("language"), themeCookie: v.Request.PostFormValue("theme")} {
		//nolint:gosec // a choice that is no secret, over http on loopback too
		http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: choiceSeconds, SameSite: http.SameSiteLaxMode, HttpOnly: true})
	}
	http.Redirect(w, v.Request, "/me", http.StatusSeeOther)
	return nil
}
