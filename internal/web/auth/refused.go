package auth

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"lucca-exchange/internal/audit"
)

// NotLetIn puts an act on record that was refused since whoever asked for it is not let in: by a
// session or token that is over or unknown, or a wrong password. A session or token that is over is
// still somebody's, who is named with what they wanted. Of many attempts not each has a line, and
// who asked without anything to be known by did nothing. Reading is no act.
func (a *Authenticator) NotLetIn(r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	who, way, err := a.formerly(r)
	if err != nil || way == "" {
		return err
	}
	if who.Name != "" && plainPath.MatchString(r.URL.Path) {
		way = r.URL.Path + ": " + way
	}
	return a.refuse(r, who, way)
}

// plainPath is an address that may stand in the audit: those of acts hold no name and no value.
var plainPath = regexp.MustCompile(`^[A-Za-z0-9/._-]{1,120}$`)

// formerly is whose a session or token was that is over, and what was shown to be let in.
func (a *Authenticator) formerly(r *http.Request) (who Account, way string, err error) {
	if text, ok := bearerText(r); ok {
		t, err := a.store.Token(r.Context(), digest(text))
		switch {
		case err == nil:
			return t.account(), "token is over", nil
		case errors.Is(err, ErrNotFound):
			return Account{}, "unknown token", nil
		}
		return Account{}, "", err
	}
	if _, _, ok := r.BasicAuth(); ok {
		return Account{}, "password", nil
	}
	name, _ := a.cookieName(r)
	c, err := r.Cookie(name)
	if err != nil || c.Value == "" {
		return Account{}, "", nil //nolint:nilerr // no cookie is no attempt
	}
	s, err := a.store.Session(r.Context(), digest(c.Value))
	switch {
	case err == nil:
		return s.Account, "session is over", nil
	case errors.Is(err, ErrNotFound):
		return Account{}, "unknown session", nil
	}
	return Account{}, "", err
}

// refuse records an attempt, but not each of many.
func (a *Authenticator) refuse(r *http.Request, who Account, way string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.refusals.Take(struct{}{}) > 0 {
		a.unsaid++
		return nil
	}
	entry := a.entry(r, who, audit.Refused)
	if entry.Note = way; a.unsaid > 0 {
		entry.Note += ", and " + strconv.Itoa(a.unsaid) + " more since the last line"
	}
	a.unsaid = 0
	return a.store.Refuse(r.Context(), entry)
}

func (a *Authenticator) entry(r *http.Request, who Account, act audit.Act) audit.Entry {
	return audit.Entry{At: time.Now(), Who: who.Who(), Role: string(who.Role()), From: a.From(r), Act: act}
}
