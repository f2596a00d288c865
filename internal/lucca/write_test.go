package lucca_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/secret"
)

var december = roster.Date{Year: 2026, Month: 12, Day: 1}

// newcomer are the properties of somebody to be created.
func newcomer() lucca.Properties {
	p := lucca.Properties{}
	p.Text("firstName", "Omar")
	p.Text("lastName", "Bellec")
	p.Text("mail", "omar.bellec@acme.example")
	p.Text("login", "obellec")
	p.ID("legalEntityId", 3)
	p.ID("departmentId", 27)
	p.ID("rolePrincipalId", 12)
	p.Date("dtContractStart", december)
	return p
}

func TestRequestsThatWrite(t *testing.T) {
	t.Parallel()
	var got []string
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, fmt.Sprintf("%s %s %s %s", r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"), body))
		_, _ = io.WriteString(w, `{"id":7,"data":{"id":7}}`)
	}))
	p := newcomer()
	p.ID("managerId", 0)
	p.Text("jobTitle", "")
	p.IDs("habilitedRoles", []int{44, 45})
	p.Extension("e_site", 0, "Lyon")
	if id, err := c.Create(t.Context(), p); err != nil || id != 7 {
		t.Fatalf("Create = %d, %v", id, err)
	}
	p = lucca.Properties{}
	p.Date("dtContractEnd", roster.Date{})
	p.IDs("habilitedRoles", nil)
	p.Extension("e_bool", 9, "true")
	p.Extension("e_date", 10, "2026-12-31")
	p.Extension("e_gone", 11, "")
	p.Extension("e_number", 0, "12.50")
	p.Extension("e_text", 0, "0012")
	if err := c.Update(t.Context(), 7, p); err != nil {
		t.Fatal(err)
	}
	if id, err := c.Rehire(t.Context(), lucca.WorkContract{OwnerID: 8, EstablishmentID: 3, StartsOn: december}); err != nil || id != 7 {
		t.Fatalf("Rehire = %d, %v", id, err)
	}
	if _, err := c.Rehire(t.Context(), lucca.WorkContract{OwnerID: 8, EstablishmentID: 3, StartsOn: december, EndsOn: december.AddDays(30)}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`POST /api/v3/users?contract=true&fields=id%2Clogin application/json {"departmentId":27,"dtContractStart":"2026-12-01T00:00:00",` +
			`"e_site":{"value":"Lyon"},"firstName":"Omar","habilitedRoles":[{"id":44},{"id":45}],"jobTitle":null,"lastName":"Bellec","legalEntityId":3,` +
			`"login":"obellec","mail":"omar.bellec@acme.example","managerId":null,"rolePrincipalId":12}`,
		`PUT /api/v3/users/7?fields=id%2CdtContractEnd application/json {"dtContractEnd":null,"e_bool":{"id":9,"value":true},"e_date":{"id":10,"value":"2026-12-31T00:00:00"},` +
			`"e_gone":{"id":11,"value":null},"e_number":{"value":12.50},"e_text":{"value":"0012"},"habilitedRoles":[]}`,
		`POST /directory/api/4.0/work-contracts application/json {"establishmentId":3,"ownerId":8,"startsOn":"2026-12-01"}`,
		`POST /directory/api/4.0/work-contracts application/json {"endsOn":"2026-12-31","establishmentId":3,"ownerId":8,"startsOn":"2026-12-01"}`,
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if c.Requests() != 4 {
		t.Errorf("%d requests are counted", c.Requests())
	}
}

// refusedDial is a connection that was never made.
func refusedDial() error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
}

// What can have reached Lucca is sent again only when that changes nothing.
func TestWhatAWriteDoesAboutFailures(t *testing.T) {
	t.Parallel()
	page := "<html>" + canary
	for _, tt := range []struct {
		name string
		bad  answer
		// create and update are the errors when the failure is followed by a success; sent is
		// how often each is sent then.
		create, update         error
		createSent, updateSent int
	}{
		{"429", answer{status: 429, retryAfter: "7"}, nil, nil, 2, 2},
		{"no connection", answer{err: refusedDial()}, nil, nil, 2, 2},
		{"401", answer{status: 401}, lucca.ErrUnauthorized, lucca.ErrUnauthorized, 1, 1},
		{"403", answer{status: 403}, lucca.ErrForbidden, lucca.ErrForbidden, 1, 1},
		{"404", answer{status: 404}, lucca.ErrNotFound, lucca.ErrNotFound, 1, 1},
		{"400", answer{status: 400}, lucca.ErrRejected, lucca.ErrRejected, 1, 1},
		{"409", answer{status: 409}, lucca.ErrRejected, lucca.ErrRejected, 1, 1},
		{"422", answer{status: 422}, lucca.ErrRejected, lucca.ErrRejected, 1, 1},
		{"a message with status 200", answer{status: 200, body: `{"Message":"No"}`}, lucca.ErrRejected, lucca.ErrRejected, 1, 1},
		{"500", answer{status: 500, body: canary}, lucca.ErrDoubt, nil, 1, 2},
		{"500 not found", answer{status: 500, body: `{"Message":"User Not Found"}`}, lucca.ErrDoubt, lucca.ErrNotFound, 1, 1},
		{"502 page", answer{status: 502, body: page}, lucca.ErrDoubt, nil, 1, 2},
		{"504", answer{status: 504}, lucca.ErrDoubt, nil, 1, 2},
		{"408", answer{status: 408}, lucca.ErrDoubt, nil, 1, 2},
		{"login page", answer{status: 200, body: page}, lucca.ErrDoubt, nil, 1, 2},
		{"half an answer", answer{status: 200, body: `{"data":{"i`}, lucca.ErrDoubt, nil, 1, 2},
		{"an answer without an id", answer{status: 200, body: `{"data":{}}`}, lucca.ErrDoubt, nil, 1, 2},
		{"a connection that breaks", answer{err: io.ErrUnexpectedEOF}, lucca.ErrDoubt, nil, 1, 2},
		{"a body cut short", answer{status: 200, body: `{"data":`, cut: true}, lucca.ErrDoubt, nil, 1, 2},
		{"no answer", answer{hang: true}, lucca.ErrDoubt, nil, 1, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			good := answer{status: 200, body: `{"id":7,"data":{"id":7}}`}
			check := func(what string, err, want error, sent, wantSent int) {
				requireNoCanary(t, err)
				if !errors.Is(err, want) || errors.Is(err, lucca.ErrDoubt) != errors.Is(want, lucca.ErrDoubt) || sent != wantSent {
					t.Errorf("%s: %v after %d requests, want %v after %d", what, err, sent, want, wantSent)
				}
			}
			synctest.Test(t, func(t *testing.T) {
				c := dial(t, &wire{answers: []answer{tt.bad, good}})
				_, err := c.Create(t.Context(), newcomer())
				check("Create", err, tt.create, c.Requests(), tt.createSent)
				c = dial(t, &wire{answers: []answer{tt.bad, good}})
				_, err = c.Rehire(t.Context(), lucca.WorkContract{OwnerID: 8, EstablishmentID: 3, StartsOn: december})
				if tt.name != "a message with status 200" && tt.name != "an answer without an id" {
					check("Rehire", err, tt.create, c.Requests(), tt.createSent)
				}
				c = dial(t, &wire{answers: []answer{tt.bad, good}})
				check("Update", c.Update(t.Context(), 7, newcomer()), tt.update, c.Requests(), tt.updateSent)
			})
		})
	}
}

// What the end of a contract does is not documented, so that Lucca's answer is looked at.
func TestAnEndThatLuccaDoesNotKeep(t *testing.T) {
	t.Parallel()
	for end, want := range map[string]error{
		`,"dtContractEnd":"2026-12-01T00:00:00"`: nil,
		``:                                       nil, // the key may not see it
		`,"dtContractEnd":"2026-12-02T00:00:00"`: lucca.ErrNotKept,
		`,"dtContractEnd":null`:                  lucca.ErrNotKept,
		`,"dtContractEnd":"soon"`:                lucca.ErrNotKept,
	} {
		s := &script{answers: map[string][]string{usersPath + "/7": {`{"data":{"id":7` + end + `}}`}}}
		c := serve(t, s)
		p := lucca.Properties{}
		p.Date("dtContractEnd", december)
		if err := c.Update(t.Context(), 7, p); !errors.Is(err, want) || c.Requests() != 1 {
			t.Errorf("%q: %v after %d requests, want %v", end, err, c.Requests(), want)
		}
		if q := s.queries[0]; !strings.HasSuffix(q, "fields=id%2CdtContractEnd") {
			t.Errorf("asked %s", q)
		}
	}
}

func TestAnUpdateIsNotRepeatedForEver(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]error{"<html>": lucca.ErrMalformed, `{"data":{"id":8}}`: lucca.ErrMalformed} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			c := dial(t, &wire{answers: []answer{{status: 200, body: body}}})
			err := c.Update(t.Context(), 7, newcomer())
			if !errors.Is(err, want) || c.Requests() != 6 || time.Since(began) > 2*time.Minute {
				t.Errorf("%v after %d requests in %s", err, c.Requests(), time.Since(began))
			}
		})
	}
}

func TestMessageKeepsLuccasWordsAndNoValues(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"Resource Department with ID 27 not found":                                "Resource Department with ID 27 not found",
		"The login obellec is already used":                                       "The login … is already used",
		"Le login 'OBELLEC' est déjà utilisé par l'utilisateur 2041":              "Le login … est déjà utilisé par l'utilisateur …",
		`Property "legalEntityId" is required`:                                    `Property "legalEntityId" is required`,
		`Value "Paul Kern" of 'jobTitle' is wrong`:                                "Value … of … is wrong",
		"L'adresse omar.bellec@acme.example est prise par paul.kern@acme.example": "L'adresse … est prise par …",
		"Omar BELLEC, +33 6 12 34 56 78, né le 17/05/1990":                        "… …, … … né le …",
		"Bad: «x y» and “z”":                                                      "Bad: … and …",
		"Already used by 'Paul":                                                   "Already used by …",
		"Mail already used by Jean-Paul D'Arc":                                    "Mail already used by …",
		"Élodie Ó Briain a déjà ce login":                                         "… a déjà ce login",
		"Bad Request: User Ana Martin is wrong":                                   "Bad Request: User … is wrong",
		`Value "login Paul" is wrong`:                                             "Value … is wrong",
		"":                                                                        "",
	} {
		c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"Status":400,"Message":%q}`, said)
		}))
		_, err := c.Create(t.Context(), newcomer())
		if got := lucca.Message(err); got != want {
			t.Errorf("%q became %q, want %q", said, got, want)
		}
		if !errors.Is(err, lucca.ErrRejected) || strings.Contains(err.Error(), "@") || strings.Contains(err.Error(), "obellec") {
			t.Errorf("the error is %v", err)
		}
	}
	if got := lucca.Message(io.EOF); got != "" {
		t.Errorf("another error has the message %q", got)
	}
}

func TestFindUsersAsksByLoginThenByMail(t *testing.T) {
	t.Parallel()
	var asked []string
	c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		asked = append(asked, "login="+q.Get("login")+" mail="+q.Get("mail")+" former="+q.Get("formerEmployees"))
		if q.Get("mail") == "a@acme.example" {
			_, _ = io.WriteString(w, v3One(`{"id":5,"login":"other","mail":"A@acme.example","firstName":"A","lastName":"B","employeeNumber":null,"dtContractStart":"2026-12-01T00:00:00"}`))
			return
		}
		_, _ = io.WriteString(w, `{"data":{"items":[],"count":0}}`)
	}))
	found, err := c.FindUsers(t.Context(), "a", "a@acme.example")
	if err != nil || len(found) != 1 || found[0].ID != 5 || found[0].Login != "other" || found[0].ContractStart != december {
		t.Errorf("FindUsers = %+v, %v", found, err)
	}
	for _, never := range []string{"a,b", "null", ""} {
		if found, err := c.FindUsers(t.Context(), never, never); err != nil || len(found) != 0 {
			t.Errorf("%q: %v, %v", never, found, err)
		}
	}
	want := []string{"login=a mail= former=true", "login= mail=a@acme.example former=true"}
	if diff := gocmp.Diff(want, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func TestFindUsersRefusesAListThatIsNotFiltered(t *testing.T) {
	t.Parallel()
	c := serve(t, &script{answers: map[string][]string{usersPath: {v3One(`{"id":5,"login":"other"}`)}}})
	if found, err := c.FindUsers(t.Context(), "a", "a@acme.example"); !errors.Is(err, lucca.ErrMalformed) {
		t.Errorf("FindUsers = %v, %v", found, err)
	}
}

func TestWritingToTheSandbox(t *testing.T) {
	t.Parallel()
	tenant := company(60, sandbox.Key{UserID: 103})
	c := serve(t, tenant, func(o *lucca.Options) { o.Key = secret.NewValue(sandboxKey) })
	ctx := t.Context()
	id, err := c.Create(ctx, newcomer())
	if err != nil {
		t.Fatal(err)
	}
	if found, err := c.FindUsers(ctx, "OBellec", ""); err != nil || len(found) != 1 || found[0].ID != id {
		t.Errorf("FindUsers = %v, %v, want employee %d", found, err, id)
	}
	if err := c.Update(ctx, id, lucca.Properties{"dtContractEnd": "2026-12-31T00:00:00"}); err != nil {
		t.Fatal(err)
	}
	january := december.AddDays(31)
	if _, err := c.FindContract(ctx, id, january); !errors.Is(err, lucca.ErrNotFound) {
		t.Errorf("a contract that is not there: %v", err)
	}
	contract, err := c.Rehire(ctx, lucca.WorkContract{OwnerID: id, EstablishmentID: 3, TypeID: 1, StartsOn: january})
	if err != nil {
		t.Fatal(err)
	}
	if found, err := c.FindContract(ctx, id, january); err != nil || found != contract {
		t.Errorf("FindContract = %d, %v, want %d", found, err, contract)
	}
	if err := c.ChangeContract(ctx, contract, lucca.ContractChange{End: true, EndsOn: january.AddDays(90), ReasonID: 3, TypeID: 2}); err != nil {
		t.Error(err)
	}
	if err := c.ChangeContract(ctx, contract, lucca.ContractChange{End: true}); err != nil {
		t.Error(err)
	}
	if u, _ := tenant.User(id); len(u.Contracts) != 2 || u.Contracts[1].TypeID != 2 || u.Contracts[1].End != 0 || u.Contracts[1].ReasonID != 3 {
		t.Errorf("the contracts are %+v", u.Contracts)
	}
	if me, err := c.Me(ctx); err != nil || me != 103 {
		t.Errorf("Me = %d, %v", me, err)
	}
	for what, err := range map[string]error{
		"a login that is taken": second(c.Create(ctx, newcomer())),
		"nobody's change":       c.Update(ctx, 999_999, lucca.Properties{"jobTitle": "x"}),
		"an unknown reason":     c.ChangeContract(ctx, contract, lucca.ContractChange{ReasonID: 99}),
		"nobody's contract":     c.ChangeContract(ctx, 999_999, lucca.ContractChange{TypeID: 1}),
		"an overlap":            second(c.Rehire(ctx, lucca.WorkContract{OwnerID: id, EstablishmentID: 3, TypeID: 1, StartsOn: january})),
	} {
		if !errors.Is(err, lucca.ErrRejected) && !errors.Is(err, lucca.ErrNotFound) || lucca.Message(err) == "" {
			t.Errorf("%s: %v, with the message %q", what, err, lucca.Message(err))
		}
	}
}

func TestAKeyWithoutTheRightToWrite(t *testing.T) {
	t.Parallel()
	tenant := company(60, sandbox.Key{ReadOnly: true})
	c := serve(t, tenant, func(o *lucca.Options) { o.Key = secret.NewValue(sandboxKey) })
	if _, err := c.Create(t.Context(), newcomer()); !errors.Is(err, lucca.ErrForbidden) {
		t.Errorf("Create: %v", err)
	}
	if err := c.Update(t.Context(), 103, newcomer()); !errors.Is(err, lucca.ErrForbidden) {
		t.Errorf("Update: %v", err)
	}
	if _, err := c.Me(t.Context()); !errors.Is(err, lucca.ErrNotFound) {
		t.Errorf("Me: %v", err)
	}
}

// A server that is not there at all is no doubt: nothing was sent.
func TestNothingListens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := dial(t, &wire{answers: []answer{{err: refusedDial()}}})
		_, err := c.Create(t.Context(), newcomer())
		if !errors.Is(err, lucca.ErrUnavailable) || errors.Is(err, lucca.ErrDoubt) || c.Requests() != 6 {
			t.Errorf("%v after %d requests", err, c.Requests())
		}
	})
}
