package lucca_test

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/secret"
)

const sandboxKey = "key-" + canary

// skillup are the properties of the columns that Skillup requires.
const skillup = roster.Login | roster.Mail | roster.EmployeeNumber | roster.LastName | roster.FirstName | roster.Manager

func sandboxDay() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) }

// company opens a sandbox with so many people and one key.
func company(size int, key sandbox.Key) *sandbox.Tenant {
	key.Secret = cmp.Or(key.Secret, sandboxKey)
	return sandbox.New(sandbox.NewCompany(size, 7, sandboxDay()), sandbox.Options{
		Keys: []sandbox.Key{key}, RequestsPerMinute: -1, Header: true,
	})
}

// present are the ids of those whom Lucca lists without being asked for former employees.
func present(t *sandbox.Tenant) (ids []int) {
	today := sandbox.DayOf(sandboxDay())
	for _, u := range t.Users() {
		if c := u.Applicable(today); c.End == 0 || c.End >= today {
			ids = append(ids, u.ID)
		}
	}
	return ids
}

func idsOf(s roster.Snapshot) []int {
	list := make([]int, 0, len(s.Employees))
	for i := range s.Employees {
		list = append(list, s.Employees[i].ID)
	}
	return list
}

func TestTwelveThousandEmployeesInThirteenRequests(t *testing.T) {
	t.Parallel()
	tenant := company(12_000, sandbox.Key{})
	for _, tt := range []struct {
		name    string
		handler http.Handler
		most    int
	}{
		// 4 in 100 have left, and are not listed.
		{"counted", tenant, 12},
		{"not counted", uncounted(tenant), 13},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := serve(t, tt.handler, func(o *lucca.Options) { o.Key = secret.NewValue(sandboxKey) })
			s, err := c.Snapshot(t.Context(), roster.Query{Fields: skillup})
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(present(tenant), idsOf(s)); diff != "" {
				t.Errorf("employees (-want +got):\n%s", diff)
			}
			if n := c.Requests(); n > tt.most {
				t.Errorf("%d requests, want at most %d", n, tt.most)
			}
			if _, err := roster.New(s, roster.Settings{Day: roster.DateOf(sandboxDay())}); err != nil {
				t.Error(err)
			}
		})
	}
	if total := tenant.RequestTotal(); total > 25 {
		t.Errorf("the tenant counted %d requests, more than the clients", total)
	}
}

// uncounted is a tenant that does not state how long a list is.
func uncounted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.RawQuery = strings.NewReplacer("%2Ccollection.count", "", "count%2Cnext", "next").Replace(r.URL.RawQuery)
		h.ServeHTTP(w, r)
	})
}

func TestEveryPropertyComesAsTheTenantHasIt(t *testing.T) {
	t.Parallel()
	tenant := company(300, sandbox.Key{})
	c := serve(t, tenant, func(o *lucca.Options) {
		o.Key = secret.NewValue(sandboxKey)
		o.Config.Extensions = map[string]string{"hr_manager": "e_hr_manager", "hourly_rate": "e_hourly_rate"}
	})
	q := fullQuery()
	q.Former = true
	s, err := c.Snapshot(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	users, today := tenant.Users(), sandbox.DayOf(sandboxDay())
	if len(s.Employees) != len(users) || len(s.Contracts) != len(users) {
		t.Fatalf("%d employees and %d applicable contracts, want %d", len(s.Employees), len(s.Contracts), len(users))
	}
	cultures := map[int]string{1036: "fr-FR", 1033: "en-US", 1031: "de-DE", 1034: "es-ES", 3082: "es-ES", 2057: "en-GB", 2067: "nl-BE", 1040: "it-IT"}
	for i, u := range users {
		contract, got := u.Applicable(today), s.Employees[i]
		want := roster.Employee{
			ID: u.ID, Login: u.Login, Mail: u.Mail, EmployeeNumber: u.EmployeeNumber, LastName: u.LastName, FirstName: u.FirstName,
			JobTitle: u.JobTitle, Gender: u.Gender, ProfessionalMobile: u.ProfessionalMobile, DirectLine: u.DirectLine,
			Culture: cultures[u.CultureID], BirthDate: date(t, u.BirthDate), ContractStart: date(t, contract.Start), ContractEnd: date(t, contract.End),
			ManagerID: u.ManagerID, EstablishmentID: contract.EstablishmentID, DepartmentID: u.DepartmentID, Sections: u.Sections,
			PersonalMail: u.PersonalMail, PersonalMobile: u.PersonalMobile, Address: u.Address,
			RoleID: u.RoleID, SecondaryRoleIDs: u.SecondaryRoles, CategoryID: contract.CategoryID,
			Extensions: map[string]string{},
		}
		for code, e := range u.Extensions {
			want.Extensions[code] = string(e.Value)
		}
		if diff := gocmp.Diff(want, got, cmpopts.IgnoreUnexported(roster.Employee{}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("employee %d (-want +got):\n%s", u.ID, diff)
		}
	}
}

func date(t *testing.T, d sandbox.Day) roster.Date {
	t.Helper()
	got, err := roster.ParseDate(d.String())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestRelationsOfTheSampleCompany(t *testing.T) {
	t.Parallel()
	c := sandbox.NewCompany(sandbox.MinSize, 7, sandboxDay())
	cast := c.Cast
	client := serve(t, sandbox.New(c, sandbox.Options{Keys: []sandbox.Key{{Secret: sandboxKey}}, RequestsPerMinute: -1}),
		func(o *lucca.Options) { o.Key = secret.NewValue(sandboxKey) })
	s, err := client.Snapshot(t.Context(), roster.Query{Fields: skillup | roster.ContractEnd})
	if err != nil {
		t.Fatal(err)
	}
	r, err := roster.New(s, roster.Settings{Day: roster.DateOf(sandboxDay())})
	if err != nil {
		t.Fatal(err)
	}
	for part, want := range map[sandbox.Part]roster.Relation{
		sandbox.NoManager: roster.NoRelation, sandbox.SelfManaged: roster.NoRelation,
		sandbox.UnderFormer: roster.Left, sandbox.ManagerPair: roster.Found, sandbox.ManagerRing: roster.Found,
	} {
		if len(cast[part]) == 0 {
			t.Errorf("nobody plays %q", part)
		}
		for _, id := range cast[part] {
			if _, rel := r.Manager(r.ByID(id)); rel != want {
				t.Errorf("%s: relation %d, want %d", part, rel, want)
			}
		}
	}
	for _, id := range cast[sandbox.ManagerPair] {
		if m, rel := r.SecondManager(r.ByID(id)); rel != roster.NoRelation {
			t.Errorf("manager pair: the manager's manager is %v, which is oneself", m)
		}
	}
	for _, id := range cast[sandbox.Former] {
		if r.ByID(id) != nil {
			t.Errorf("former employee %d is listed", id)
		}
	}
}

func TestAnImportReadsWhatItsReferencesNeed(t *testing.T) {
	t.Parallel()
	tenant := company(300, sandbox.Key{})
	c := serve(t, tenant, func(o *lucca.Options) { o.Key = secret.NewValue(sandboxKey) })
	s, err := c.Snapshot(t.Context(), roster.Query{
		Fields: roster.Login | roster.PrimaryRole | roster.Extensions, Establishments: true, Roles: true, Codes: []string{"e_hourly_rate"},
	})
	if err != nil {
		t.Fatal(err)
	}
	roles := map[int]bool{}
	for _, r := range s.Roles {
		roles[r.ID] = r.Name != ""
	}
	identified := 0
	for i := range s.Employees {
		e := &s.Employees[i]
		if !roles[e.RoleID] {
			t.Errorf("role %d of employee %d is not listed", e.RoleID, e.ID)
		}
		if (e.Extensions["e_hourly_rate"] != "") != (e.ExtensionIDs["e_hourly_rate"] > 0) || len(e.Extensions) > 1 {
			t.Errorf("employee %d has the custom fields %v with the ids %v", e.ID, e.Extensions, e.ExtensionIDs)
		}
		identified += len(e.ExtensionIDs)
	}
	if identified == 0 || len(s.Establishments) == 0 || s.Establishments[0].Code == "" || len(s.LegalUnits) != 0 {
		t.Errorf("%d values with an id, establishments %+v", identified, s.Establishments)
	}
	if n := c.Requests(); n != 4 {
		t.Errorf("%d requests, want the definitions of custom fields, one page of employees and two lists", n)
	}
}

func TestRightsOfTheKey(t *testing.T) {
	t.Parallel()
	withKey := func(t *testing.T, key sandbox.Key) (*lucca.Client, *sandbox.Tenant) {
		tenant := company(100, key)
		return serve(t, tenant, func(o *lucca.Options) { o.Key = secret.NewValue(sandboxKey) }), tenant
	}
	t.Run("an unknown key", func(t *testing.T) {
		t.Parallel()
		c, _ := withKey(t, sandbox.Key{Secret: "another"})
		if _, err := c.Check(t.Context(), loginsQuery()); !errors.Is(err, lucca.ErrUnauthorized) || c.Requests() != 1 {
			t.Errorf("error = %v in %d requests", err, c.Requests())
		}
	})
	t.Run("hidden properties", func(t *testing.T) {
		t.Parallel()
		c, tenant := withKey(t, sandbox.Key{Hidden: []string{"birthdate", "legalEntity", "managerId"}})
		q := roster.Query{Fields: skillup | roster.BirthDate | roster.EstablishmentRef}
		const hidden = roster.BirthDate | roster.EstablishmentRef | roster.Manager
		a, err := c.Check(t.Context(), q)
		if err != nil || a.Hidden != hidden || a.Employees != len(present(tenant)) {
			t.Errorf("Check = %+v, %v", a, err)
		}
		s, err := c.Snapshot(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.Employees {
			if s.Employees[i].Hidden != hidden {
				t.Fatalf("hidden: %v", s.Employees[i].Hidden.Names())
			}
		}
	})
	t.Run("pay", func(t *testing.T) {
		t.Parallel()
		c, _ := withKey(t, sandbox.Key{NoPay: true})
		q := roster.Query{Fields: skillup, Pay: true}
		for what, err := range map[string]error{"Check": second(c.Check(t.Context(), q)), "Snapshot": second(c.Snapshot(t.Context(), q))} {
			if !errors.Is(err, lucca.ErrForbidden) || !strings.Contains(err.Error(), "Compensation") {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
	t.Run("former employees", func(t *testing.T) {
		t.Parallel()
		for _, may := range []bool{true, false} {
			c, tenant := withKey(t, sandbox.Key{NoFormer: !may})
			listed := present(tenant)
			var former []int
			for _, u := range tenant.Users() {
				if !slices.Contains(listed, u.ID) {
					former = append(former, u.ID)
				}
			}
			ends, err := c.Status(t.Context(), append([]int{listed[0], 999_999}, former...))
			if err != nil {
				t.Fatal(err)
			}
			want := 1
			if may {
				want += len(former)
			}
			if len(ends) != want || len(former) == 0 {
				t.Errorf("may see former employees %t: %d contract ends, want %d", may, len(ends), want)
			}
			for _, id := range former {
				if end, known := ends[id]; known && !end.Before(roster.DateOf(sandboxDay())) {
					t.Errorf("former employee %d leaves on %v", id, end)
				}
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

// inProcess answers with a handler, without sockets, so that synctest can tell when time
// may pass.
type inProcess struct{ handler http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	cut := p.serve(rec, r)
	switch {
	case r.Context().Err() != nil:
		return nil, r.Context().Err()
	case cut && rec.Body.Len() == 0:
		return nil, io.ErrUnexpectedEOF
	}
	resp := rec.Result()
	if cut {
		resp.Body = io.NopCloser(io.MultiReader(resp.Body, cutOff{}))
	}
	return resp, nil
}

// serve reports whether the handler cut the connection.
func (p inProcess) serve(w http.ResponseWriter, r *http.Request) (cut bool) {
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			cut = true
		}
	}()
	in := r.Clone(r.Context())
	in.Host, in.Body = r.URL.Host, http.NoBody
	p.handler.ServeHTTP(w, in)
	return false
}

func inProcessClient(t *testing.T, tenant http.Handler) *lucca.Client {
	t.Helper()
	c, err := lucca.New(lucca.Options{
		Config: lucca.Config{URL: "https://acme.ilucca.net"},
		Key:    secret.NewValue(sandboxKey),
		HTTP:   &http.Client{Transport: inProcess{tenant}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const contractsPath = "/directory/api/4.0/work-contracts"

func TestNothingIsLostOrDoubledWhateverGoesWrong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault sandbox.Fault
		// once is the error when the fault happens once, always when it persists.
		once, always error
	}{
		{sandbox.Fault{Kind: sandbox.Status, Status: 500}, nil, lucca.ErrUnavailable},
		{sandbox.Fault{Kind: sandbox.Status, Status: 502, Body: "<html>" + canary}, nil, lucca.ErrUnavailable},
		{sandbox.Fault{Kind: sandbox.Status, Status: 503, RetryAfter: "30"}, nil, lucca.ErrUnavailable},
		{sandbox.Fault{Kind: sandbox.Status, Status: 408}, nil, lucca.ErrUnavailable},
		{sandbox.Fault{Kind: sandbox.Status, Status: 429}, nil, lucca.ErrRateLimited},
		{sandbox.Fault{Kind: sandbox.Status, Status: 429, RetryAfter: "60"}, nil, lucca.ErrRateLimited},
		{sandbox.Fault{Kind: sandbox.Status, Status: 401}, lucca.ErrUnauthorized, lucca.ErrUnauthorized},
		{sandbox.Fault{Kind: sandbox.Status, Status: 403}, lucca.ErrForbidden, lucca.ErrForbidden},
		{sandbox.Fault{Kind: sandbox.Status, Status: 400}, lucca.ErrRejected, lucca.ErrRejected},
		{sandbox.Fault{Kind: sandbox.Cut}, nil, lucca.ErrUnavailable},
		{sandbox.Fault{Kind: sandbox.CutBody}, nil, lucca.ErrUnavailable},
		{sandbox.Fault{Kind: sandbox.Delay, DelayMillis: 4000}, nil, nil},
		{sandbox.Fault{Kind: sandbox.Delay, DelayMillis: 90_000}, nil, lucca.ErrUnavailable},
		{sandbox.Fault{Kind: sandbox.Malformed}, lucca.ErrMalformed, lucca.ErrMalformed},
		{sandbox.Fault{Kind: sandbox.LoginPage}, lucca.ErrMalformed, lucca.ErrMalformed},
		{sandbox.Fault{Kind: sandbox.Message, Body: canary}, lucca.ErrMalformed, lucca.ErrMalformed},
		{sandbox.Fault{Kind: sandbox.RepeatPage}, nil, lucca.ErrChanged},
		{sandbox.Fault{Kind: sandbox.DropItem}, nil, lucca.ErrChanged},
		{sandbox.Fault{Kind: sandbox.DoubleItem}, nil, lucca.ErrChanged},
		{sandbox.Fault{Kind: sandbox.RepeatPage, Route: contractsPath}, nil, lucca.ErrChanged},
		{sandbox.Fault{Kind: sandbox.DropItem, Route: contractsPath}, nil, lucca.ErrChanged},
		{sandbox.Fault{Kind: sandbox.DoubleItem, Route: contractsPath}, nil, lucca.ErrChanged},
		{sandbox.Fault{Kind: sandbox.CutBody, Route: contractsPath}, nil, lucca.ErrUnavailable},
	} {
		t.Run(string(tt.fault.Kind)+" "+http.StatusText(tt.fault.Status), func(t *testing.T) {
			t.Parallel()
			for times, want := range map[int]error{1: tt.once, -1: tt.always} {
				f := tt.fault
				f.Route, f.After, f.Times = cmp.Or(f.Route, usersPath), 1, times
				synctest.Test(t, func(t *testing.T) { requireWholeOr(t, want, f) })
			}
		})
	}
}

// requireWholeOr reads a company of two pages while something goes wrong with the
// one of them, and wants either everything or the error.
func requireWholeOr(t *testing.T, want error, f sandbox.Fault) {
	t.Helper()
	tenant := company(1200, sandbox.Key{})
	if err := tenant.Inject(f); err != nil {
		t.Fatal(err)
	}
	c := inProcessClient(t, tenant)
	q := roster.Query{Fields: skillup, Contracts: f.Route == contractsPath}
	s, err := c.Snapshot(t.Context(), q)
	requireNoCanary(t, err)
	if want != nil {
		if !errors.Is(err, want) || len(s.Employees) > 0 || len(s.Contracts) > 0 {
			t.Errorf("%s on %s, %d times: %d employees, %d contracts, %v; want %v", f.Kind, f.Route, f.Times, len(s.Employees), len(s.Contracts), err, want)
		}
		return
	}
	if err != nil {
		t.Errorf("%s on %s, %d times: %v", f.Kind, f.Route, f.Times, err)
		return
	}
	if !slices.Equal(present(tenant), idsOf(s)) || q.Contracts && len(s.Contracts) != len(tenant.Users()) {
		t.Errorf("%s on %s, %d times: %d employees, %d contracts", f.Kind, f.Route, f.Times, len(s.Employees), len(s.Contracts))
	}
	if c.Requests() != tenant.RequestTotal() {
		t.Errorf("%d requests, but the tenant saw %d", c.Requests(), tenant.RequestTotal())
	}
}

// A page that shrinks is read again once, and then an error: never a short roster. How
// large the pages of v4 are is not documented, so there the count at the end tells; a page
// cut by number that shrank by itself is lost in between.
func TestShortPages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		route string
		times int
		want  error
	}{
		{usersPath, 1, nil}, {usersPath, -1, lucca.ErrChanged}, {contractsPath, 1, nil}, {contractsPath, -1, lucca.ErrChanged},
	} {
		synctest.Test(t, func(t *testing.T) {
			requireWholeOr(t, tt.want, sandbox.Fault{Kind: sandbox.ShortPage, Route: tt.route, Times: tt.times})
		})
	}
}

func TestTheTenantsLimitIsNeverMet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tenant := sandbox.New(sandbox.NewCompany(1200, 7, sandboxDay()), sandbox.Options{Keys: []sandbox.Key{{Secret: sandboxKey}}})
		c := inProcessClient(t, tenant)
		for range 40 {
			if _, err := c.Snapshot(t.Context(), roster.Query{}); err != nil {
				t.Fatal(err)
			}
		}
		for _, r := range tenant.Requests() {
			if r.Status != http.StatusOK {
				t.Errorf("%d answers with status %d", r.Count, r.Status)
			}
		}
	})
}
