package auth_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alexedwards/argon2id"
	"golang.org/x/crypto/bcrypt"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/auth"
)

func openStore(t *testing.T) *state.Store {
	t.Helper()
	s, err := state.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "exchange.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func user(t *testing.T, password string, role auth.Role, flows ...string) auth.User {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return auth.User{PasswordHash: string(hash), Role: role, Flows: flows}
}

// browser keeps cookies and asks an authenticator directly.
type browser struct {
	t       *testing.T
	cookies map[string]*http.Cookie
	from    string
}

func newBrowser(t *testing.T) *browser {
	return &browser{t: t, cookies: make(map[string]*http.Cookie), from: "127.0.0.1:5000"}
}

func (b *browser) request(target string) *http.Request {
	r := httptest.NewRequest("GET", target, nil)
	r.RemoteAddr = b.from
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	return r
}

func (b *browser) keep(w *httptest.ResponseRecorder) {
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c
	}
}

func (b *browser) signIn(a *auth.Authenticator, name, password string) error {
	w := httptest.NewRecorder()
	_, err := a.SignIn(w, b.request("http://localhost/signin"), name, password)
	b.keep(w)
	return err
}

func (b *browser) who(a *auth.Authenticator) string {
	b.t.Helper()
	account, err := a.Account(b.request("http://localhost/"))
	if err != nil && !errors.Is(err, auth.ErrStranger) {
		b.t.Fatal(err)
	}
	return account.Who()
}

func newAuth(t *testing.T, s *state.Store, c auth.Config) *auth.Authenticator {
	t.Helper()
	a, err := auth.New(c, s.Accounts())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func acts(t *testing.T, s *state.Store) string {
	t.Helper()
	var said []string
	for line, err := range s.Audit().Lines(context.WithoutCancel(t.Context()), 0) {
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, strings.TrimSpace(line.Who+" "+string(line.Act)+" "+line.Note))
	}
	return strings.Join(said, "; ")
}

// TestSessionsEnd: after half an hour without a request, after twelve hours whatever is done,
// with the browser's word, and with the password or the user that they began with.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		then func(b *browser, a *auth.Authenticator)
		// config is what the configuration says afterwards.
		config func(users map[string]auth.User)
		want   string
	}{
		"a quarter of an hour": {then: func(*browser, *auth.Authenticator) { time.Sleep(15 * time.Minute) }, want: "claire"},
		"half an hour":         {then: func(*browser, *auth.Authenticator) { time.Sleep(30 * time.Minute) }},
		"a day's work": {want: "claire", then: func(b *browser, a *auth.Authenticator) {
			for range 47 {
				time.Sleep(15 * time.Minute)
				b.who(a)
			}
		}},
		"more than a day's work": {then: func(b *browser, a *auth.Authenticator) {
			for range 48 {
				time.Sleep(15 * time.Minute)
				b.who(a)
			}
		}},
		"signed out": {then: func(b *browser, a *auth.Authenticator) {
			w := httptest.NewRecorder()
			if err := a.SignOut(w, b.request("http://localhost/signout"), false); err != nil {
				b.t.Error(err)
			}
		}},
		"the user is gone":           {config: func(users map[string]auth.User) { delete(users, "claire") }},
		"the password is another":    {config: func(users map[string]auth.User) { users["claire"] = users["bob"] }},
		"the role is another":        {config: func(users map[string]auth.User) { u := users["claire"]; u.Role = auth.Viewer; users["claire"] = u }, want: "claire"},
		"the program began anew":     {config: func(map[string]auth.User) {}, want: "claire"},
		"another cookie of that day": {then: func(b *browser, _ *auth.Authenticator) { b.cookies["lucca-exchange"].Value += "x" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			users := map[string]auth.User{"claire": user(t, "right", auth.Approver), "bob": user(t, "other", auth.Viewer)}
			synctest.Test(t, func(t *testing.T) {
				s := openStore(t)
				a := newAuth(t, s, auth.Config{Users: users})
				b := newBrowser(t)
				if err := b.signIn(a, "claire", "right"); err != nil || b.who(a) != "claire" {
					t.Fatalf("sign in: %v, as %q", err, b.who(a))
				}
				if tt.then != nil {
					tt.then(b, a)
				}
				if tt.config != nil {
					tt.config(users)
					a = newAuth(t, s, auth.Config{Users: users})
				}
				if got := b.who(a); got != tt.want {
					t.Errorf("afterwards it is %q, want %q", got, tt.want)
				}
			})
		})
	}
}

// TestSessionThatBeganUnderAClockThatWasAhead is over once the clock is right: it would last for as
// much longer than others. A minute is what two machines of one company may differ by.
func TestSessionThatBeganUnderAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	users := map[string]auth.User{"claire": user(t, "right", auth.Approver)}
	s := openStore(t)
	for name, tt := range map[string]struct {
		began, seen time.Duration
		want        string
	}{
		"30 s":                   {30 * time.Second, 30 * time.Second, "claire"},
		"2 min":                  {2 * time.Minute, 2 * time.Minute, ""},
		"a year":                 {365 * 24 * time.Hour, 365 * 24 * time.Hour, ""},
		"seen ahead, begun well": {0, 2 * time.Hour, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := auth.New(auth.Config{Users: users}, skewed{s.Accounts(), tt.began, tt.seen})
			if err != nil {
				t.Fatal(err)
			}
			b := newBrowser(t)
			if err := b.signIn(a, "claire", "right"); err != nil {
				t.Fatal(err)
			}
			if got := b.who(a); got != tt.want {
				t.Errorf("it is %q, want %q", got, tt.want)
			}
		})
	}
}

// skewed keeps sessions as under clocks that are ahead.
type skewed struct {
	auth.Store
	began, seen time.Duration
}

// SignIn keeps a session.
func (k skewed) SignIn(ctx context.Context, s auth.Session, e audit.Entry) error {
	s.CreatedAt, s.SeenAt = s.CreatedAt.Add(k.began), s.SeenAt.Add(k.seen)
	return k.Store.SignIn(ctx, s, e)
}

func TestSigningOutEverywhere(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	a := newAuth(t, s, auth.Config{Users: map[string]auth.User{"claire": user(t, "right", auth.Approver), "bob": user(t, "other", auth.Viewer)}})
	phone, desk, other := newBrowser(t), newBrowser(t), newBrowser(t)
	for _, b := range []*browser{phone, desk} {
		if err := b.signIn(a, "claire", "right"); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.signIn(a, "bob", "other"); err != nil {
		t.Fatal(err)
	}
	if err := a.SignOut(httptest.NewRecorder(), desk.request("http://localhost/signout"), true); err != nil {
		t.Fatal(err)
	}
	if phone.who(a) != "" || desk.who(a) != "" || other.who(a) != "bob" {
		t.Errorf("signed in are %q, %q and %q", phone.who(a), desk.who(a), other.who(a))
	}
	if got, want := acts(t, s), "claire sign_in password; claire sign_in password; bob sign_in password; claire sign_out everywhere"; got != want {
		t.Errorf("the audit has %s", got)
	}
}

// TestRefusedAttemptsAreOnRecord without filling the disk, and without a word of what was typed.
func TestRefusedAttemptsAreOnRecord(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	a := newAuth(t, s, auth.Config{Users: map[string]auth.User{"claire": user(t, "right", auth.Approver)}})
	b := newBrowser(t)
	for range 200 {
		if err := b.signIn(a, "hunter2", "secret-typed"); !errors.Is(err, auth.ErrStranger) && err == nil {
			t.Fatal("a wrong password signed in")
		}
	}
	got := acts(t, s)
	if n := strings.Count(got, string(audit.Refused)); n < 1 || n > 60 {
		t.Errorf("%d lines of 200 attempts", n)
	}
	if strings.Contains(got, "hunter2") || strings.Contains(got, "secret-typed") {
		t.Error("the audit has what was typed")
	}
}

// TestCookies: over https the name is one that no neighbour can set, and no script reads any.
func TestCookies(t *testing.T) {
	t.Parallel()
	users := map[string]auth.User{"claire": user(t, "right", auth.Approver)}
	for _, tt := range []struct {
		target string
		proxy  bool
		name   string
	}{
		{"http://localhost/", false, "lucca-exchange"},
		{"https://exchange.acme.example/", false, "__Host-lucca-exchange"},
		{"http://exchange.acme.example/", true, "__Host-lucca-exchange"},
	} {
		a := newAuth(t, openStore(t), auth.Config{Users: users, Proxy: tt.proxy})
		w := httptest.NewRecorder()
		if _, err := a.SignIn(w, httptest.NewRequest("POST", tt.target, nil), "claire", "right"); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range w.Result().Cookies() {
			names = append(names, c.Name)
			if secure := strings.HasPrefix(tt.name, "__Host-"); c.Secure != secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
				t.Errorf("%s: %+v", tt.target, c)
			}
		}
		if want := []string{tt.name, tt.name + "_device"}; !slices.Equal(names, want) {
			t.Errorf("%s: the cookies are %v, want %v", tt.target, names, want)
		}
	}
}

// TestRights is the table of who may what.
func TestRights(t *testing.T) {
	t.Parallel()
	type rights struct{ view, run, see, decide, administer bool }
	for _, tt := range []struct {
		name   string
		grants []auth.Grant
		flow   string
		want   rights
	}{
		{"nobody", nil, "payroll", rights{}},
		{"unknown role", []auth.Grant{{Role: "owner"}}, "payroll", rights{}},
		{"viewer", []auth.Grant{{Role: auth.Viewer}}, "payroll", rights{view: true}},
		{"operator", []auth.Grant{{Role: auth.Operator}}, "payroll", rights{view: true, run: true}},
		{"approver", []auth.Grant{{Role: auth.Approver}}, "payroll", rights{view: true, run: true, see: true, decide: true}},
		{"approver of it", []auth.Grant{{Role: auth.Approver, Flows: []string{"payroll"}}}, "payroll", rights{view: true, run: true, see: true, decide: true}},
		{"approver of another", []auth.Grant{{Role: auth.Approver, Flows: []string{"other"}}}, "payroll", rights{view: true}},
		{"operator of it, approver of another", []auth.Grant{{Role: auth.Operator}, {Role: auth.Approver, Flows: []string{"other"}}}, "payroll", rights{view: true, run: true}},
		{"admin", []auth.Grant{{Role: auth.Admin}}, "payroll", rights{true, true, true, true, true}},
	} {
		a := auth.Account{Name: "x", Grants: tt.grants}
		if got := (rights{a.Views(), a.Operates(tt.flow), a.SeesValues(tt.flow), a.Decides(tt.flow), a.Administers()}); got != tt.want {
			t.Errorf("%s may %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// TestTokens let programs in until their day, under a name that is no user's.
func TestTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := openStore(t)
		a := newAuth(t, s, auth.Config{Users: map[string]auth.User{"claire": user(t, "right", auth.Approver)}})
		token, text := auth.NewToken("claire", auth.Grant{Role: auth.Operator, Flows: []string{"payroll"}}, time.Now().Add(time.Hour))
		token.Maker = "os:paul"
		if err := s.Accounts().CreateToken(t.Context(), token, audit.Entry{At: time.Now(), Act: audit.CreateToken}); err != nil {
			t.Fatal(err)
		}
		ask := func(text string) (auth.Account, error) {
			r := httptest.NewRequest("GET", "http://localhost/api/v1/runs", nil)
			r.Header.Set("Authorization", "Bearer "+text)
			return a.Account(r)
		}
		who, err := ask(text)
		if err != nil || who.Who() != "token:claire (os:paul)" || !who.Operates("payroll") || who.Operates("other") || who.Decides("payroll") {
			t.Errorf("a token is %+v, %v", who, err)
		}
		for _, wrong := range []string{"", text + "x", token.ID} {
			if _, err := ask(wrong); !errors.Is(err, auth.ErrStranger) {
				t.Errorf("a wrong token: %v", err)
			}
		}
		time.Sleep(time.Hour)
		if _, err := ask(text); !errors.Is(err, auth.ErrStranger) {
			t.Errorf("an expired token: %v", err)
		}
	})
}

// TestWithoutUsersThisMachineMayLook, and no page of elsewhere through its browser.
func TestWithoutUsersThisMachineMayLook(t *testing.T) {
	t.Parallel()
	a := newAuth(t, openStore(t), auth.Config{})
	for target, want := range map[string]bool{"http://localhost:8484/": true, "http://127.0.0.1:8484/": true, "http://evil.example/": false} {
		who, err := a.Account(httptest.NewRequest("GET", target, nil))
		if who.Views() != want || who.SeesValues("f") || who.Operates("f") || (err == nil) != want {
			t.Errorf("%s: %+v, %v", target, who, err)
		}
	}
	link := a.NewLink(auth.Account{Name: "demo", Grants: []auth.Grant{{Role: auth.Approver}}})
	b := newBrowser(t)
	w := httptest.NewRecorder()
	if err := a.Follow(w, b.request("http://localhost/"), link); err != nil {
		t.Fatal(err)
	}
	b.keep(w)
	if got := b.who(a); got != "demo" {
		t.Errorf("the link signs in %q", got)
	}
	if err := a.Follow(httptest.NewRecorder(), b.request("http://localhost/"), link+"x"); !errors.Is(err, auth.ErrStranger) {
		t.Errorf("another link: %v", err)
	}
}

func TestArgon2id(t *testing.T) {
	t.Parallel()
	hash, err := argon2id.CreateHash("right", &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		t.Fatal(err)
	}
	u := auth.User{PasswordHash: hash, Role: auth.Viewer}
	u.Validate("claire", func(key, message string) { t.Errorf("%s: %s", key, message) })
	a := newAuth(t, openStore(t), auth.Config{Users: map[string]auth.User{"claire": u}})
	if err := newBrowser(t).signIn(a, "claire", "right"); err != nil {
		t.Error(err)
	}
	if err := newBrowser(t).signIn(a, "claire", "wrong"); !errors.Is(err, auth.ErrStranger) {
		t.Errorf("a wrong password: %v", err)
	}
	for _, weak := range []string{
		"$argon2id$v=19$m=1024,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaA",
		"$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaA",
		"$argon2id$nonsense", "", "secret",
	} {
		faults := 0
		auth.User{PasswordHash: weak, Role: auth.Viewer}.Validate("claire", func(string, string) { faults++ })
		if faults != 1 {
			t.Errorf("%q has %d faults", weak, faults)
		}
	}
}

// TestWrongPasswordsOfOthersLockNobodyOut who has signed in from this browser before, even when they come
// from the same network and under the same name. Such a browser is left with as many guesses of its own.
func TestWrongPasswordsOfOthersLockNobodyOut(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	vera := user(t, "right", auth.Viewer)
	a := newAuth(t, s, auth.Config{Users: map[string]auth.User{"vera": vera, "adam": user(t, "other", auth.Viewer)}})
	known, other, stranger := newBrowser(t), newBrowser(t), newBrowser(t)
	check := func(b *browser, name, password, want string) {
		t.Helper()
		var wait *auth.WaitError
		got := "in"
		switch err := b.signIn(a, name, password); {
		case errors.As(err, &wait):
			got = "wait"
		case errors.Is(err, auth.ErrStranger):
			got = "wrong"
		case err != nil:
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	check(known, "vera", "right", "in")
	check(other, "adam", "other", "in")
	for range 5 {
		check(stranger, "vera", "guess", "wrong")
	}
	check(stranger, "vera", "right", "wait")
	check(other, "vera", "right", "wait") // that adam was here says nothing of vera
	check(known, "vera", "right", "in")
	for range 5 {
		check(known, "vera", "guess", "wrong")
	}
	check(known, "vera", "right", "wait")

	// Once the password is another, nothing that was kept under the old one counts.
	again := newBrowser(t)
	check(again, "adam", "other", "in")
	a = newAuth(t, s, auth.Config{Users: map[string]auth.User{"adam": user(t, "another", auth.Viewer)}})
	for range 5 {
		check(stranger, "adam", "guess", "wrong")
	}
	check(again, "adam", "another", "wait")
}
