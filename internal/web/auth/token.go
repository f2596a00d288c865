package auth

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
	"time"
)

// tokenPrefix lets scanners of repositories know a token that was committed.
const tokenPrefix = "lxt_"

// Token lets a program in until a day.
type Token struct {
	// ID is the SHA-256 of its text, in hexadecimal; the text is shown once and not kept.
	ID    string `json:"-"`
	Name  string `json:"name"`
	Grant Grant  `json:"grant"`
	// Maker is who made it, as the audit has them: whoever has it acts as one person with them.
	Maker   string    `json:"maker,omitempty"`
	Expires time.Time `json:"expires_at"`
}

// NewToken makes a token and the text that is to be sent as Authorization: Bearer TEXT.
func NewToken(name string, grant Grant, expires time.Time) (t Token, text string) {
	text, _ = newSecret()
	text = tokenPrefix + text
	return Token{ID: digest(text), Name: name, Grant: grant, Expires: expires}, text
}

// bearer returns the account of the token in a request; ErrNotFound: there is none that is
// good. Without a store, as while there is no state yet, none is.
func (a *Authenticator) bearer(r *http.Request) (Account, bool, error) {
	text, ok := bearerText(r)
	if !ok {
		return Account{}, false, nil
	}
	t, err := a.store.Token(r.Context(), digest(text))
	if errors.Is(err, ErrNotFound) || err == nil && !time.Now().Before(t.Expires) {
		return Account{}, true, ErrNotFound
	}
	return t.account(), true, err
}

func bearerText(r *http.Request) (text string, ok bool) {
	return strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
}

func (t Token) account() Account {
	return Account{Name: t.Name, Via: Bearer, Maker: cmp.Or(t.Maker, "unknown"), Grants: []Grant{t.Grant}}
}
