package apply_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/secret"
)

const key = "key-41c7"

func today() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) }

// company opens a tenant with so many people.
func company(size int, keys ...sandbox.Key) *sandbox.Tenant {
	if keys == nil {
		keys = []sandbox.Key{{Secret: key}}
	}
	return sandbox.New(sandbox.NewCompany(size, 7, today()), sandbox.Options{Keys: keys, RequestsPerMinute: -1})
}

// onLoopback returns a client of the tenant.
func onLoopback(t *testing.T, tenant *sandbox.Tenant) *lucca.Client {
	t.Helper()
	server := httptest.NewServer(tenant)
	t.Cleanup(server.Close)
	return client(t, lucca.Options{
		Config: lucca.Config{URL: server.URL, RequestsPerMinute: 60_000}, HTTP: server.Client(),
	})
}

// inProcess returns a client of the tenant without sockets, for synctest.
func inProcess(t *testing.T, tenant http.Handler) *lucca.Client {
	t.Helper()
	return client(t, lucca.Options{
		Config: lucca.Config{URL: "https://acme.ilucca.net"}, HTTP: &http.Client{Transport: direct{tenant}},
	})
}

func client(t *testing.T, o lucca.Options) *lucca.Client {
	t.Helper()
	o.Key = secret.NewValue(key)
	c, err := lucca.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// direct answers with a handler.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	cut := d.serve(rec, r)
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

func (d direct) serve(w http.ResponseWriter, r *http.Request) (cut bool) {
	defer func() {
		if p := recover(); p != nil {
			if err, ok := p.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			cut = true
		}
	}()
	in := r.Clone(r.Context())
	in.Host = r.URL.Host
	if in.Body == nil {
		in.Body = http.NoBody
	}
	d.handler.ServeHTTP(w, in)
	return false
}

type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// memory is a journal that fails at one of its saves, before or after keeping it.
type memory struct {
	saved  []apply.Outcome
	calls  int
	failAt int
	keeps  bool
}

var errDisk = errors.New("disk full")

func (m *memory) Outcomes(_ context.Context, run string) ([]apply.Outcome, error) {
	var own []apply.Outcome
	for _, o := range m.saved {
		if o.Run == run {
			own = append(own, o)
		}
	}
	return own, nil
}

func (m *memory) Save(_ context.Context, o apply.Outcome) error {
	m.calls++
	if m.calls == m.failAt && !m.keeps {
		return errDisk
	}
	m.saved = append(m.saved, o)
	if m.calls == m.failAt {
		return errDisk
	}
	return nil
}

// set makes the changes of an item.
type set = map[string]plan.Change

func to(text string) plan.Change { return plan.Change{To: text} }

func ref(id int) plan.Change { return plan.Change{To: "x", IDs: []int{id}} }

// newcomer is the creation of somebody in a row.
func newcomer(row int, login string, more set) plan.Item {
	s := set{
		plan.Login: to(login), plan.FirstName: to("Omar " + login), plan.LastName: to("Bellec"), plan.Mail: to(login + "@acme.example"),
		plan.ContractStart: to("2026-12-01"), plan.Establishment: ref(3), plan.Department: ref(27), plan.PrimaryRole: ref(12),
		plan.EmployeeNumber: to(fmt.Sprintf("0%04d", row)),
	}
	maps.Copy(s, more)
	return plan.Item{Row: row, Action: plan.Create, Login: login, Set: plan.SetOf(s)}
}

// people are present users, and one who has left.
func people(t *testing.T, tenant *sandbox.Tenant) (present []sandbox.User, former sandbox.User) {
	t.Helper()
	day := sandbox.DayOf(today())
	for _, u := range tenant.Users() {
		switch k := u.Applicable(day); {
		case k.End != 0 && k.End < day:
			former = u
		case u.Present(day):
			present = append(present, u)
		}
	}
	if len(present) < 5 || former.ID == 0 {
		t.Fatal("the sample company has nobody to change")
	}
	return present, former
}

// onePlan has everything that a plan can: creations below each other, in a cycle and below
// in it, an update that takes a new manager, ends by way of the user and of the contract, a
// rehire, a next contract, and a creation with a type of contract.
func onePlan(t *testing.T, tenant *sandbox.Tenant) *plan.Plan {
	t.Helper()
	present, former := people(t, tenant)
	fixed := present[5] // whose contract ends, before a next one begins
	if u, _ := tenant.User(fixed.ID); u.Contracts[0].End == 0 {
		request, _ := http.NewRequest(http.MethodPut, fmt.Sprintf("/api/v3/users/%d", fixed.ID), strings.NewReader(`{"dtContractEnd":"2027-05-31"}`))
		request.Header.Set("Authorization", "lucca application="+key)
		answer := httptest.NewRecorder()
		tenant.ServeHTTP(answer, request)
		if answer.Code != http.StatusOK {
			t.Fatalf("%d %s", answer.Code, answer.Body)
		}
		tenant.ResetRequests()
	}
	return &plan.Plan{Items: []plan.Item{
		newcomer(2, "below", set{plan.Manager: {To: "cycle1", Row: 4}}),
		{Row: 3, Action: plan.Update, EmployeeID: present[1].ID, Set: plan.SetOf(set{plan.Manager: {To: "below", Row: 2}, "jobTitle": to("Chef")})},
		newcomer(4, "cycle1", set{plan.Manager: {To: "cycle2", Row: 5}}),
		newcomer(5, "cycle2", set{plan.Manager: {To: "cycle1", Row: 4}}),
		{Row: 6, Action: plan.Unchanged, EmployeeID: present[2].ID},
		{Row: 7, Action: plan.Reject},
		{Row: 8, Action: plan.End, EmployeeID: present[3].ID, Set: plan.SetOf(set{plan.ContractEnd: to("2026-12-31")})},
		{Row: 9, Action: plan.Rehire, EmployeeID: former.ID, Contract: &plan.ContractChange{EstablishmentID: 4, CategoryID: 2}, Set: plan.SetOf(set{
			plan.ContractStart: to("2027-01-01"), plan.Establishment: ref(3), plan.ContractType: ref(1), "jobTitle": to("Again"),
		})},
		newcomer(10, "plain", set{plan.Manager: ref(present[0].ID), "e_hourly_rate": to("12.5"), plan.SecondaryRoles: {IDs: []int{44}}}),
		{Row: 11, Action: plan.End, EmployeeID: present[4].ID, Contract: &plan.ContractChange{ID: present[4].Contracts[0].ID, ReasonID: 27}, Set: plan.SetOf(set{
			plan.ContractEnd: to("2026-12-30"), "jobTitle": to("Leaver"),
		})},
		{Row: 12, Action: plan.Update, EmployeeID: fixed.ID, Contract: &plan.ContractChange{EstablishmentID: 3, CategoryID: 2}, Set: plan.SetOf(set{
			plan.ContractStart: to("2027-06-01"), plan.ContractEnd: to(""), plan.ContractType: ref(1), "jobTitle": to("Permanent"),
		})},
		newcomer(13, "typed", set{plan.ContractType: ref(2), plan.ContractEnd: to("2027-05-31")}),
	}}
}

// onePlanChanges are what onePlan makes.
func onePlanChanges() plan.Changes {
	return plan.Changes{Create: 5, Update: 2, End: 2, Rehire: 1, Unchanged: 1, Reject: 1}
}

// state is everybody in the tenant, with managers by login: ids depend on the order of
// creation. A login that is there twice shows twice.
func state(tenant *sandbox.Tenant) []string {
	users := tenant.Users()
	logins := map[int]string{0: "nobody"}
	for _, u := range users {
		logins[u.ID] = u.Login
	}
	var lines []string
	for _, u := range users {
		line := fmt.Sprintf("%s %s %s %s number=%s title=%q manager=%s department=%d role=%d+%v",
			u.Login, u.FirstName, u.LastName, u.Mail, u.EmployeeNumber, u.JobTitle, logins[u.ManagerID], u.DepartmentID, u.RoleID, u.SecondaryRoles)
		for _, k := range u.Contracts {
			line += fmt.Sprintf(" %s..%s@%d", k.Start, k.End, k.EstablishmentID)
			line += fmt.Sprintf("/%d/%d", k.TypeID, k.ReasonID)
		}
		for _, code := range slices.Sorted(maps.Keys(u.Extensions)) {
			line += fmt.Sprintf(" %s=%s", code, u.Extensions[code].Value)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

func writes(tenant *sandbox.Tenant) (n int) {
	for _, r := range tenant.Requests() {
		if r.Method != http.MethodGet {
			n += r.Count
		}
	}
	return n
}

// read reads the roster of the tenant for a comparison with a plan.
func read(t *testing.T, c *lucca.Client) *roster.Roster {
	t.Helper()
	s, err := c.Snapshot(t.Context(), roster.Query{Former: true, Employments: true, Fields: roster.Login | roster.Mail | roster.JobTitle |
		roster.ContractStart | roster.ContractEnd | roster.EstablishmentRef | roster.Manager})
	if err != nil {
		t.Fatal(err)
	}
	r, err := roster.New(s, roster.Settings{Day: roster.DateOf(today())})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// codes are the findings by row and code.
func codes(r apply.Result) string {
	var list []string
	for _, f := range r.Findings {
		list = append(list, fmt.Sprintf("%d %s", f.Row, f.Code))
	}
	return strings.Join(list, ", ")
}
