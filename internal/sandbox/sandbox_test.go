package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lucca-exchange/internal/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "6f1d2c3b-0000-4000-8000-000000000001"

// newcomer is a user that may be created.
const newcomer = `{"firstName":"Omar","lastName":"Bellec","mail":"omar.bellec@acme.example","login":"obellec","legalEntityId":3,"departmentId":27,
	"rolePrincipalId":12,"cultureID":1036,"dtContractStart":"2026-12-01T00:00:00","employeeNumber":"90342","jobTitle":"Technician","gender":"Male",
	"e_hr_manager":{"value":101},"userAxisValues_3":{"id":304}}`

func today() time.Time { return time.Date(2026, time.November, 22, 0, 0, 0, 0, time.UTC) }

func id(n int) string { return strconv.Itoa(n) }

// server is a tenant on loopback.
type server struct {
	*sandbox.Tenant
	company *sandbox.Company
	url     string
	key     string
	client  *http.Client
}

// start gives the first key all rights unless o has keys.
func start(t *testing.T, size int, o sandbox.Options) *server {
	t.Helper()
	if o.Keys == nil {
		o.Keys = []sandbox.Key{{Secret: secret}}
	}
	if o.RequestsPerMinute == 0 {
		o.RequestsPerMinute = -1
	}
	company := sandbox.NewCompany(size, 1, today())
	tenant := sandbox.New(company, o)
	live := httptest.NewServer(tenant)
	t.Cleanup(live.Close)
	return &server{tenant, company, live.URL, o.Keys[0].Secret, live.Client()}
}

type reply struct {
	status int
	header http.Header
	body   string
	err    error
}

// do sends a request and reads the answer; err is what a client would see go wrong.
func (s *server) do(t *testing.T, method, path, body string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if s.key != "" {
		r.Header.Set("Authorization", "lucca application="+s.key)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return reply{err: err}
	}
	b, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(b), errors.Join(err, resp.Body.Close())}
}

func (s *server) get(t *testing.T, path string) reply {
	t.Helper()
	return s.do(t, http.MethodGet, path, "")
}

// person is what tests look at.
type person struct {
	ID              int
	Login, JobTitle string
	DtContractStart string
	DtContractEnd   *string
	ModifiedAt      string
	ManagerID       *int
	Manager         *person
	ExtendedData    map[string]struct {
		ID    int
		Value json.RawMessage
	}
}

// list reads a v3 list.
func (s *server) list(t *testing.T, path string) []person {
	t.Helper()
	got := s.get(t, path)
	var list struct {
		Data struct{ Items []person }
	}
	if err := json.Unmarshal([]byte(got.body), &list); err != nil || got.status != 200 {
		t.Fatalf("GET %s: %d %s: %v", path, got.status, got.body, err)
	}
	return list.Data.Items
}

func (s *server) ids(t *testing.T, query string) []int {
	t.Helper()
	var ids []int
	for _, p := range s.list(t, "/api/v3/users?fields=id&"+query) {
		ids = append(ids, p.ID)
	}
	return ids
}

// one reads one user with given fields.
func (s *server) one(t *testing.T, user int, fields string) person {
	t.Helper()
	got := s.get(t, "/api/v3/users/"+id(user)+"?fields="+fields)
	var item struct{ Data person }
	if err := json.Unmarshal([]byte(got.body), &item); err != nil || got.status != 200 {
		t.Fatalf("GET user: %d %s: %v", got.status, got.body, err)
	}
	return item.Data
}

// idsWhere lists the users of the company that meet a test.
func (s *server) idsWhere(keep func(*sandbox.User) bool) []int {
	var ids []int
	for _, u := range s.Users() {
		if keep(&u) {
			ids = append(ids, u.ID)
		}
	}
	return ids
}

func TestAuthorization(t *testing.T) {
	t.Parallel()
	s := start(t, 24, sandbox.Options{})
	for header, want := range map[string]int{
		"lucca application=" + secret:        200,
		"Lucca application=" + secret:        200,
		"LUCCA Application=" + secret:        200,
		"":                                   401,
		"lucca application=":                 401,
		"lucca application={" + secret + "}": 401,
		"lucca user=" + secret:               401,
		"Bearer " + secret:                   401,
		"lucca application=" + secret + "x":  401,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/api/v3/roles", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", header)
		resp, err := s.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
		if resp.StatusCode != want {
			t.Errorf("Authorization %q: %d, want %d", header, resp.StatusCode, want)
		}
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	s := start(t, 24, sandbox.Options{})
	under := s.company.Cast[sandbox.UnderFormer][0]
	path := "/api/v3/users/" + id(under) + "?fields="
	boss := s.one(t, under, "manager[id,login]").Manager
	for fields, want := range map[string]string{
		"ID,LOGIN":                       `{"id":` + id(under) + `,"login":"` + s.one(t, under, "login").Login + `"}`,
		"manager[id,login]":              `{"manager":{"id":` + id(boss.ID) + `,"login":"` + boss.Login + `"}}`,
		"manager.id,manager.login":       `{"manager":{"id":` + id(boss.ID) + `,"login":"` + boss.Login + `"}}`,
		"manager[manager.id],manager.id": `{"manager":{"manager":{"id":102},"id":` + id(boss.ID) + `}}`,
		"id,%20picture":                  `{"id":` + id(under) + `,"picture":null}`,
	} {
		got := s.get(t, path+fields)
		if want := `{"data":` + want + `}`; got.body != want {
			t.Errorf("fields=%s: %s, want %s", fields, got.body, want)
		}
	}
	for _, fields := range []string{"id[", "id]", "manager[id", "manager[id]]", "id,,login", ",", "id%20,login", "nothing", "login[id]", "manager[nothing]", "collection.count", "a-b"} {
		if got := s.get(t, path+fields); got.status != 400 {
			t.Errorf("fields=%s: %d, want 400", fields, got.status)
		}
	}
}

func TestListEnvelope(t *testing.T) {
	t.Parallel()
	s := start(t, 24, sandbox.Options{})
	active := len(s.idsWhere(func(u *sandbox.User) bool {
		end := u.Applicable(s.company.Today).End
		return end == 0 || end >= s.company.Today
	}))
	for path, want := range map[string]string{
		"?fields=collection.count":                            `{"data":{"count":` + id(active) + `}}`,
		"?fields=collection[count],id&paging=0,1&orderBy=id":  "",
		"?fields=id,collection.count&paging=0,1":              `{"data":{"items":[{"id":102}],"count":` + id(active) + `}}`,
		"?fields=id&paging=0,1":                               `{"data":{"items":[{"id":102}]}}`,
		"?fields=id&paging=1000,5":                            `{"data":{"items":[]}}`,
		"?fields=collection.other":                            "",
		"?fields=id&paging=0,1&orderBy=id,desc":               `{"data":{"items":[{"id":148}]}}`,
		"?FIELDS=id&PAGING=0,1&ORDERBY=lastName,asc,id,desc":  `{"data":{"items":[{"id":` + id(firstByName(s)) + `}]}}`,
		"?fields=id&formerEmployees=true&id=102&metadata=yes": `{"data":{"items":[{"id":102}]}}`,
	} {
		got := s.get(t, "/api/v3/users"+path)
		if want == "" {
			if got.status != 400 {
				t.Errorf("%s: %d, want 400", path, got.status)
			}
		} else if got.body != want {
			t.Errorf("%s: %s, want %s", path, got.body, want)
		}
	}
}

// firstByName is the id that comes first when present users are ordered by last name,
// then by falling id.
func firstByName(s *server) int {
	users := slices.DeleteFunc(s.Users(), func(u sandbox.User) bool {
		end := u.Applicable(s.company.Today).End
		return end != 0 && end < s.company.Today
	})
	return slices.MinFunc(users, func(a, b sandbox.User) int {
		if c := strings.Compare(strings.ToLower(a.LastName), strings.ToLower(b.LastName)); c != 0 {
			return c
		}
		return b.ID - a.ID
	}).ID
}

func TestPaging(t *testing.T) {
	t.Parallel()
	s := start(t, 1500, sandbox.Options{})
	for paging, message := range map[string]string{
		"0,0": "Paging limit should be between 1 and 1000", "0,1001": "Paging limit should be between 1 and 1000", "-1,10": "Paging offset",
		"x,10": "Offset value x not in correct format", "0": "does not respect limit=start,count format", "0,1,2": "does not respect limit=start,count format",
		"0,x": "not in correct format",
	} {
		if got := s.get(t, "/api/v3/users?paging="+paging); got.status != 400 || !strings.Contains(got.body, message) {
			t.Errorf("paging=%s: %d %s, want 400 with %q", paging, got.status, got.body, message)
		}
	}
	if n := len(s.ids(t, "formerEmployees=true")); n != 1000 {
		t.Errorf("default page has %d users, want 1000", n)
	}
	if n := len(s.ids(t, "formerEmployees=true&paging=1")); n != 1000 {
		t.Errorf("page of paging=1 has %d users, want 1000", n)
	}
	all := append(s.ids(t, "formerEmployees=true&paging=0,1000"), s.ids(t, "formerEmployees=true&paging=1000,1000")...)
	if want := s.idsWhere(func(*sandbox.User) bool { return true }); !slices.Equal(all, want) {
		t.Errorf("two pages give %d users, want all %d in order", len(all), len(want))
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	s := start(t, 400, sandbox.Options{})
	day := s.company.Today
	end := func(u *sandbox.User) sandbox.Day { return u.Applicable(day).End }
	start := func(u *sandbox.User) sandbox.Day { return u.Applicable(day).Start }
	staff := func(u *sandbox.User) bool { return end(u) == 0 || end(u) >= day }
	someone, err := s.User(103)
	if !err {
		t.Fatal("user 103 is missing")
	}
	in2020 := func(d sandbox.Day) bool {
		return d >= sandbox.DayOf(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)) && d <= sandbox.DayOf(time.Date(2020, 12, 31, 0, 0, 0, 0, time.UTC))
	}
	for query, keep := range map[string]func(*sandbox.User) bool{
		"":                      staff,
		"formerEmployees=true":  func(*sandbox.User) bool { return true },
		"formerEmployees=false": staff,
		"id=103,104,107":        func(u *sandbox.User) bool { return slices.Contains([]int{103, 104, 107}, u.ID) && staff(u) },
		"id=notequal,103,104":   func(u *sandbox.User) bool { return u.ID != 103 && u.ID != 104 && staff(u) },
		"login=" + strings.ToUpper(someone.Login):  func(u *sandbox.User) bool { return u.ID == someone.ID },
		"mail=" + url.QueryEscape(someone.Mail):    func(u *sandbox.User) bool { return u.ID == someone.ID },
		"mail=like,acme.example":                   func(u *sandbox.User) bool { return u.Mail != "" && staff(u) },
		"mail=null":                                func(u *sandbox.User) bool { return u.Mail == "" && staff(u) },
		"login=starts,j":                           func(u *sandbox.User) bool { return strings.HasPrefix(u.Login, "j") && staff(u) },
		"employeeNumber=" + someone.EmployeeNumber: func(u *sandbox.User) bool { return u.EmployeeNumber == someone.EmployeeNumber },
		"employeeNumber=null,000123": func(u *sandbox.User) bool {
			return (u.EmployeeNumber == "" || u.EmployeeNumber == "000123") && staff(u)
		},
		"dtContractEnd=null":          func(u *sandbox.User) bool { return end(u) == 0 },
		"dtContractEnd=notequal,null": func(u *sandbox.User) bool { return end(u) != 0 },
		"dtContractEnd=since,2026-12-01": func(u *sandbox.User) bool {
			return end(u) >= sandbox.DayOf(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
		},
		"dtContractEnd=since,2026-12-01,null": func(u *sandbox.User) bool {
			return end(u) == 0 || end(u) >= sandbox.DayOf(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
		},
		"dtContractEnd=until,2026-11-21":                      func(*sandbox.User) bool { return false },
		"dtContractEnd=until,2026-11-21&formerEmployees=true": func(u *sandbox.User) bool { return end(u) != 0 && end(u) < day },
		"dtContractStart=since,2026-11-23":                    func(u *sandbox.User) bool { return start(u) > day },
		"dtContractStart=between,2020-01-01,2020-12-31":       func(u *sandbox.User) bool { return in2020(start(u)) && staff(u) },
		"dtContractStart=" + start(&someone).String():         func(u *sandbox.User) bool { return start(u) == start(&someone) && staff(u) },
		"modifiedAt=since,2026-06-01T08:45:23": func(u *sandbox.User) bool {
			return u.ModifiedAt.After(time.Date(2026, 6, 1, 8, 45, 22, 1e9-1, time.UTC)) && staff(u)
		},
		"department.id=27,28":                       func(u *sandbox.User) bool { return (u.DepartmentID == 27 || u.DepartmentID == 28) && staff(u) },
		"id=greaterthan,200&id=lessthanorequal,300": func(u *sandbox.User) bool { return u.ID > 200 && u.ID <= 300 && staff(u) },
		"legalEntityId=3":                           func(u *sandbox.User) bool { return u.Applicable(day).EstablishmentID == 3 && staff(u) },
	} {
		if got, want := s.ids(t, query), s.idsWhere(keep); !slices.Equal(got, want) {
			t.Errorf("%s: %d users %v, want %d %v", query, len(got), got, len(want), want)
		}
	}
	for _, query := range []string{"nothing=1", "id=x", "dtContractStart=since,yesterday", "dtContractStart=between,2020-01-01", "dtContractEnd=x", "mail=like", "manager=1", "birthDate=since"} {
		if got := s.get(t, "/api/v3/users?"+query); got.status != 400 {
			t.Errorf("%s: %d, want 400", query, got.status)
		}
	}
}

func TestRights(t *testing.T) {
	t.Parallel()
	s := start(t, 200, sandbox.Options{Keys: []sandbox.Key{
		{Secret: "full"}, {Secret: "blind", Hidden: []string{"BirthDate", "managerId", "e_hourly_rate"}}, {Secret: "present", NoFormer: true, NoUpcoming: true},
		{Secret: "lyon", Establishments: []int{3}}, {Secret: "reader", ReadOnly: true, NoPay: true},
	}})
	day := s.company.Today

	s.key = "blind"
	got := s.get(t, "/api/v3/users/103?fields=id,birthDate,managerId,manager[birthDate,id],extendedData")
	if strings.Contains(got.body, "irthDate") || strings.Contains(got.body, "managerId") || strings.Contains(got.body, "e_hourly_rate") || got.status != 200 {
		t.Errorf("hidden properties are there: %d %s", got.status, got.body)
	}
	if got := s.get(t, "/api/v3/users?birthDate=since,1980-01-01"); got.status != 400 {
		t.Errorf("filter on a hidden property: %d, want 400", got.status)
	}

	s.key = "present"
	present := s.idsWhere(func(u *sandbox.User) bool { return u.Present(day) })
	if ids := s.ids(t, "formerEmployees=true"); !slices.Equal(ids, present) {
		t.Errorf("without rights on former and future employees: %d users, want %d", len(ids), len(present))
	}
	if got := s.get(t, "/api/v3/users/"+id(s.company.Cast[sandbox.Former][0])); got.status != 500 {
		t.Errorf("former employee without the right: %d, want 500", got.status)
	}

	s.key = "lyon"
	lyon := s.idsWhere(func(u *sandbox.User) bool { return u.Applicable(day).EstablishmentID == 3 })
	if ids := s.ids(t, "formerEmployees=true"); !slices.Equal(ids, lyon) {
		t.Errorf("perimeter of one establishment: %d users, want %d", len(ids), len(lyon))
	}
	outside := s.idsWhere(func(u *sandbox.User) bool { return u.Applicable(day).EstablishmentID == 4 })[0]
	if got := s.do(t, "PUT", "/api/v3/users/"+id(outside), `{"jobTitle":"x"}`); got.status != 404 {
		t.Errorf("change outside the perimeter: %d, want 404", got.status)
	}

	s.key = "reader"
	for _, got := range []reply{
		s.do(t, "PUT", "/api/v3/users/103", `{"jobTitle":"x"}`), s.do(t, "POST", "/api/v3/users?contract=true", newcomer), s.get(t, "/remuneration/api/fixed-items"),
	} {
		if got.status != 403 {
			t.Errorf("without the right: %d, want 403", got.status)
		}
	}
	if u, _ := s.User(103); u.JobTitle == "x" {
		t.Error("a refused change was applied")
	}
}

func TestWorkContractFilters(t *testing.T) {
	t.Parallel()
	s := start(t, 24, sandbox.Options{})
	renewed := s.company.Cast[sandbox.Renewed][0]
	for query, want := range map[string]int{
		"ownerId=" + id(renewed): 2, "ownerId=" + id(renewed) + "&isApplicable=true": 1, "ownerId=" + id(renewed) + "&isApplicable=false&typeId=2": 1,
		"isApplicable=true": 24, "isArchived=true": 0, "isArchived=false": 25, "typeId=1,2": 25, "establishmentId=99": 0,
	} {
		got := s.get(t, "/directory/api/4.0/work-contracts?limit=0&fields.root=count&"+query)
		if want := `{"count":` + id(want) + `,"items":[]}`; got.body != want {
			t.Errorf("%s: %s, want %s", query, got.body, want)
		}
	}
	for _, query := range []string{"page=0", "limit=1001", "limit=-1", "limit=x", "isApplicable=True", "typeId=CDI"} {
		if got := s.get(t, "/directory/api/4.0/work-contracts?"+query); got.status != 400 || !strings.HasPrefix(got.header.Get("Content-Type"), "application/problem+json") {
			t.Errorf("%s: %d %s, want 400 problem", query, got.status, got.header.Get("Content-Type"))
		}
	}
}

func TestV4Pages(t *testing.T) {
	t.Parallel()
	s := start(t, 24, sandbox.Options{})
	type list struct {
		Items []struct {
			ID   int
			Name string
		}
		Count      *int
		Prev, Next *string
	}
	read := func(path string) (l list) {
		got := s.get(t, path)
		if err := json.Unmarshal([]byte(got.body), &l); err != nil || got.status != 200 {
			t.Fatalf("GET %s: %d %v", path, got.status, err)
		}
		return l
	}
	const pay = "/remuneration/api/fixed-items"
	if l := read(pay); len(l.Items) != 10 || l.Count != nil || l.Next != nil {
		t.Errorf("without parameters: %d items, count %v, next %v; want 10 and neither", len(l.Items), l.Count, l.Next)
	}
	var ids []int
	next := new(string)
	*next = pay + "?limit=7&fields.root=next,prev,count"
	for next != nil {
		l := read(strings.TrimPrefix(*next, s.url))
		for _, item := range l.Items {
			ids = append(ids, item.ID)
		}
		next = l.Next
		if next == nil && (*l.Count != len(ids) || l.Prev == nil) {
			t.Errorf("read %d items by the links, count is %d, prev %v", len(ids), *l.Count, l.Prev)
		}
	}
	if slices.Sort(ids); len(slices.Compact(ids)) != len(ids) || len(ids) < 24 {
		t.Errorf("the pages hold %d items, some of them twice or too few", len(ids))
	}
	if l := read(pay + "?ownerIds=103&natureIds=2"); len(l.Items) != 1 {
		t.Errorf("bonus of user 103: %d items, want 1", len(l.Items))
	}
	if l := read("/organization/structure/api/establishments?legalUnitId=1&search=nantes"); len(l.Items) != 1 || l.Items[0].Name != "Acme Nantes" {
		t.Errorf("establishments found: %v, want Acme Nantes", l.Items)
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	tenant := sandbox.New(sandbox.NewCompany(24, 1, today()), sandbox.Options{Keys: []sandbox.Key{{Secret: secret}}})
	done := make(chan error, 1)
	go func() { done <- tenant.Serve(ctx, l) }()
	s := server{tenant, nil, "http://" + l.Addr().String(), secret, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	if got := s.get(t, "/api/v3/roles"); got.status != 200 {
		t.Errorf("GET while serving: %d %v", got.status, got.err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Serve after its context ended: %v, want nil", err)
	}
	if got := s.get(t, "/api/v3/roles"); got.err == nil {
		t.Error("answered after the end")
	}
}
