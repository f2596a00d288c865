package apply_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/sandbox"
)

// faults are what may happen to any request of an Apply without anything being lost.
func faults() map[string]sandbox.Fault {
	return map[string]sandbox.Fault{
		"lost answer":     {Kind: sandbox.LostAnswer},
		"cut":             {Kind: sandbox.Cut},
		"cut body":        {Kind: sandbox.CutBody},
		"malformed":       {Kind: sandbox.Malformed},
		"login page":      {Kind: sandbox.LoginPage},
		"401":             {Kind: sandbox.Status, Status: 401},
		"408":             {Kind: sandbox.Status, Status: 408},
		"429":             {Kind: sandbox.Status, Status: 429},
		"429 with a wait": {Kind: sandbox.Status, Status: 429, RetryAfter: "30"},
		"500":             {Kind: sandbox.Status, Status: 500},
		"500 not found":   {Kind: sandbox.Status, Status: 500, Body: `{"Status":500,"Message":"Something Not Found"}`},
		"502 page":        {Kind: sandbox.Status, Status: 502, Body: "<html>"},
		"503":             {Kind: sandbox.Status, Status: 503, RetryAfter: "5"},
		"504":             {Kind: sandbox.Status, Status: 504},
		"too slow":        {Kind: sandbox.LostAnswer, DelayMillis: 50_000},
	}
}

// finish applies until nothing is open, as a daemon does whose runs are taken over.
func finish(t *testing.T, what string, r apply.Request, heal func()) apply.Result {
	t.Helper()
	for range 20 {
		result, err := apply.Apply(t.Context(), r)
		heal()
		if err == nil && codes(result) == "" {
			return result
		}
		if errors.Is(err, errDisk) || errors.Is(err, lucca.ErrUnauthorized) || errors.Is(err, lucca.ErrDoubt) ||
			errors.Is(err, lucca.ErrUnavailable) || errors.Is(err, lucca.ErrRateLimited) || errors.Is(err, lucca.ErrMalformed) || err == nil {
			continue
		}
		t.Fatalf("%s: %v", what, err)
	}
	result, err := apply.Apply(t.Context(), r)
	t.Fatalf("%s: not done in 20 attempts: %v, %s", what, err, codes(result))
	return apply.Result{}
}

// clean applies onePlan without a fault: the state that every other way must reach.
func clean(t *testing.T) (want []string, requests, saves int) {
	t.Helper()
	tenant := company(60)
	journal := &memory{}
	r, err := apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: onePlan(t, tenant), Lucca: inProcess(t, tenant), Journal: journal})
	if err != nil || r.Applied != onePlanChanges() {
		t.Fatalf("%+v, %v", r.Applied, err)
	}
	return state(tenant), tenant.RequestTotal(), journal.calls
}

func requireState(t *testing.T, what string, want []string, tenant *sandbox.Tenant, r apply.Result) {
	t.Helper()
	if diff := cmp.Diff(want, state(tenant)); diff != "" {
		t.Errorf("%s: the company (-want +got):\n%s", what, diff)
	}
	if r.Applied != onePlanChanges() {
		t.Errorf("%s: changes %+v", what, r.Applied)
	}
}

// T31, T36: whatever goes wrong with the k-th request, once or until the next attempt,
// nobody is there twice and no row is lost.
func TestTheKthRequestFails(t *testing.T) {
	t.Parallel()
	for name, fault := range faults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				want, requests, _ := clean(t)
				for _, times := range []int{1, -1} {
					for k := range requests + 2 {
						f := fault
						if name == "500 not found" {
							// That is the answer of v3 to a look at, or a change of, nobody.
							f.Method = http.MethodPost
						}
						f.After, f.Times = k, times
						what := fmt.Sprintf("request %d, %d times", k+1, times)
						tenant := company(60)
						p := onePlan(t, tenant)
						if err := tenant.Inject(f); err != nil {
							t.Fatal(err)
						}
						c := inProcess(t, tenant)
						r := finish(t, what, apply.Request{Run: "r1", Plan: p, Lucca: c, Journal: &memory{}}, tenant.Heal)
						requireState(t, what, want, tenant, r)
					}
				}
			})
		})
	}
}

// T32, T36: the journal fails at the k-th save, before or after it is durable, alone or
// together with a lost answer.
func TestTheKthSaveFails(t *testing.T) {
	t.Parallel()
	for _, keeps := range []bool{false, true} {
		for _, lost := range []bool{false, true} {
			t.Run(fmt.Sprintf("kept %t, lost answer %t", keeps, lost), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					want, requests, saves := clean(t)
					for k := range saves {
						tenant := company(60)
						p := onePlan(t, tenant)
						if lost {
							f := sandbox.Fault{Kind: sandbox.LostAnswer, After: k * requests / saves, Times: 1}
							if err := tenant.Inject(f); err != nil {
								t.Fatal(err)
							}
						}
						what := fmt.Sprintf("save %d", k+1)
						c := inProcess(t, tenant)
						r := finish(t, what, apply.Request{
							Run: "r1", Plan: p, Lucca: c, Journal: &memory{failAt: k + 1, keeps: keeps},
						}, func() {})
						requireState(t, what, want, tenant, r)
					}
				})
			})
		}
	}
}

// A crash is a journal that ends: an approved plan goes on from it, and what this run has
// changed itself is not taken for somebody else's change.
func TestAnApprovedPlanGoesOnAfterACrash(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		want, _, saves := clean(t)
		for k := range saves {
			tenant := company(60)
			p := onePlan(t, tenant)
			c := inProcess(t, tenant)
			before := read(t, c)
			for i := range p.Items {
				if e := before.ByID(p.Items[i].EmployeeID); e != nil {
					p.Items[i].Basis = plan.Fingerprint(e)
				}
			}
			journal := &memory{failAt: k + 1}
			_, err := apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: p, Lucca: c, Journal: journal, Current: before})
			if !errors.Is(err, errDisk) {
				t.Fatalf("save %d: %v", k+1, err)
			}
			r, err := apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: p, Lucca: c, Journal: journal, Current: read(t, c)})
			if err != nil || codes(r) != "" {
				t.Errorf("save %d: %v, %s", k+1, err, codes(r))
			}
			requireState(t, fmt.Sprintf("save %d", k+1), want, tenant, r)
		}
	})
}

// A run died while a change was on its way, and somebody was at work in Lucca before it is
// taken up: their change is not overwritten, and one that was made is not sent twice.
func TestAChangeOnItsWayIsReadBackBeforeItIsSentAgain(t *testing.T) {
	t.Parallel()
	const theirs = "Someone else's"
	for _, tt := range []struct {
		name   string
		step   apply.Step
		title  string // what Lucca has when the run is taken up; empty for what it had
		codes  string
		writes int
		want   string
	}{
		{"it did not arrive", apply.Sending, "", "", 1, "Chef"},
		{"it arrived", apply.Sending, "Chef", "", 0, "Chef"},
		{"it arrived without an answer", apply.Doubtful, "Chef", "", 0, "Chef"},
		{"somebody changed it", apply.Sending, theirs, "2 changed_since_plan", 0, theirs},
		{"somebody changed it, after a doubt", apply.Doubtful, theirs, "2 changed_since_plan", 0, theirs},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tenant := company(60)
			present, _ := people(t, tenant)
			c := onLoopback(t, tenant)
			u := present[1]
			item := plan.Item{Row: 2, Action: plan.Update, EmployeeID: u.ID, Set: plan.SetOf(set{"jobTitle": to("Chef")}), Basis: plan.Fingerprint(read(t, c).ByID(u.ID))}
			if tt.title != "" {
				if err := c.Update(t.Context(), u.ID, lucca.Properties{"jobTitle": tt.title}); err != nil {
					t.Fatal(err)
				}
			}
			current, before := read(t, c), writes(tenant)
			journal := &memory{saved: []apply.Outcome{{Run: "r1", Row: 2, EmployeeID: u.ID, Action: plan.Update, Step: tt.step}}}
			r, err := apply.Apply(t.Context(), apply.Request{
				Run: "r1", Plan: &plan.Plan{Items: []plan.Item{item}}, Lucca: c, Journal: journal, Current: current,
			})
			if err != nil || codes(r) != tt.codes {
				t.Errorf("%v, findings %q", err, codes(r))
			}
			if now, _ := tenant.User(u.ID); now.JobTitle != tt.want || writes(tenant)-before != tt.writes {
				t.Errorf("the title is %q after %d requests", now.JobTitle, writes(tenant)-before)
			}
		})
	}
}

// Lucca completes a creation after its answer was given up: the second one is refused, and
// the first found.
func TestALateCreationIsNotADouble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tenant := company(30)
		late := &lateCreation{Handler: tenant}
		p := &plan.Plan{Items: []plan.Item{newcomer(2, "late", nil)}}
		r, err := apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: p, Lucca: inProcess(t, late), Journal: &memory{}})
		if err != nil || r.Applied.Create != 1 || codes(r) != "" {
			t.Errorf("%+v, %v, %s", r.Applied, err, codes(r))
		}
		if n := len(tenant.Users()); n != 31 {
			t.Errorf("%d users, want 31", n)
		}
		if u, _ := tenant.User(r.Outcomes[0].EmployeeID); u.Login != "late" {
			t.Errorf("the outcome names employee %d", r.Outcomes[0].EmployeeID)
		}
	})
}

// lateCreation answers 504 to the first creation, and makes it only just before the second.
type lateCreation struct {
	http.Handler
	query string
	body  []byte
}

func (l *lateCreation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodPost:
	case l.body == nil:
		l.query = r.URL.String()
		l.body, _ = io.ReadAll(r.Body)
		http.Error(w, "<html>", http.StatusGatewayTimeout)
		return
	default:
		first := httptest.NewRequest(http.MethodPost, l.query, bytes.NewReader(l.body))
		first.Header = r.Header
		l.Handler.ServeHTTP(httptest.NewRecorder(), first)
	}
	l.Handler.ServeHTTP(w, r)
}

// A key that may not see future employees does not find whom it has created: still there is
// one of them, and the row is reported.
func TestACreationThatTheKeyMayNotSee(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tenant := company(30, sandbox.Key{Secret: key, NoUpcoming: true})
		if err := tenant.Inject(sandbox.Fault{Kind: sandbox.LostAnswer, Method: http.MethodPost}); err != nil {
			t.Fatal(err)
		}
		p := &plan.Plan{Items: []plan.Item{newcomer(2, "unseen", nil)}}
		r, err := apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: p, Lucca: inProcess(t, tenant), Journal: &memory{}})
		if err != nil || codes(r) != "2 refused_by_lucca" || len(tenant.Users()) != 31 {
			t.Errorf("%v, %s, %d users", err, codes(r), len(tenant.Users()))
		}
	})
}

func TestSomebodyElseTookTheLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tenant := company(30)
		c := inProcess(t, tenant)
		meanwhile(t, c, 103)
		p := &plan.Plan{Items: []plan.Item{newcomer(2, "here", nil)}}
		journal := &memory{saved: []apply.Outcome{{Run: "r1", Item: 0, Row: 2, Action: plan.Create, Step: apply.Sending}}}
		r, err := apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: p, Lucca: c, Journal: journal})
		if err != nil || codes(r) != "2 changed_since_plan" || len(tenant.Users()) != 31 {
			t.Errorf("%v, %s, %d users", err, codes(r), len(tenant.Users()))
		}
	})
}

// A Lucca that answers nothing stops the run after a few rows, and a key that is withdrawn
// at once; the rows are not lost.
func TestApplyStopsWhenLuccaIsGone(t *testing.T) {
	t.Parallel()
	for status, tt := range map[int]struct {
		class error
		begun int
	}{503: {lucca.ErrUnavailable, 5}, 401: {lucca.ErrUnauthorized, 1}} {
		synctest.Test(t, func(t *testing.T) {
			tenant := company(60)
			p := &plan.Plan{}
			for i, u := range tenant.Users()[:20] {
				p.Items = append(p.Items, plan.Item{Row: i + 2, Action: plan.Update, EmployeeID: u.ID, Set: plan.SetOf(set{"jobTitle": to("Chef")})})
			}
			if err := tenant.Inject(sandbox.Fault{Kind: sandbox.Status, Status: status, After: 3, Times: -1}); err != nil {
				t.Fatal(err)
			}
			journal := &memory{}
			r := apply.Request{Run: "r1", Plan: p, Lucca: inProcess(t, tenant), Journal: journal}
			result, err := apply.Apply(t.Context(), r)
			if !errors.Is(err, tt.class) || result.Applied.Update != 3 || len(result.Outcomes) != 3+tt.begun {
				t.Errorf("%d: %v, %+v, %d outcomes", status, err, result.Applied, len(result.Outcomes))
			}
			tenant.Heal()
			result, err = apply.Apply(t.Context(), r)
			if err != nil || result.Applied.Update != 20 || codes(result) != "" {
				t.Errorf("%d, later: %v, %+v, %s", status, err, result.Applied, codes(result))
			}
		})
	}
}

// One row that Lucca cannot stomach does not keep the others back.
func TestOneRowWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tenant := company(60)
		present, _ := people(t, tenant)
		p := &plan.Plan{Items: []plan.Item{
			newcomer(2, "boss", nil),
			{Row: 3, Action: plan.Update, EmployeeID: present[1].ID, Set: plan.SetOf(set{"jobTitle": to("Chef")})},
			{Row: 4, Action: plan.Update, EmployeeID: present[2].ID, Set: plan.SetOf(set{plan.Manager: {Row: 2}})},
		}}
		if err := tenant.Inject(sandbox.Fault{Kind: sandbox.Status, Status: 500, Method: http.MethodPost, Times: -1}); err != nil {
			t.Fatal(err)
		}
		c := inProcess(t, tenant)
		r, err := apply.Apply(t.Context(), apply.Request{Run: "r1", Plan: p, Lucca: c, Journal: &memory{}})
		if err != nil || codes(r) != "2 unconfirmed, 4 manager_not_created" || r.Applied != (plan.Changes{Update: 1, Reject: 2}) {
			t.Errorf("%v, %s, %+v", err, codes(r), r.Applied)
		}
	})
}
