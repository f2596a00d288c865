package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/state"
)

// killedHires are two new people, a homonym and one row that is no hire.
const killedHires = `externalId;lastName;firstName;mail
1;Neuf;Nina;nina@mail.example
2;Delacroix;Dan;dan@mail.example
3;Neuf;Noe;noe@mail.example
4;;;
`

// newDropped is a flow that takes them from a folder; see newPitfall.
func newDropped(t *testing.T, at int64, after bool) (*pitfall, *recruiting) {
	t.Helper()
	p, r := newPitfall(t, at, after, genericHires, "from: drop", `pattern: "hires*.csv"`, `pickup: {marker: "{file}.done"}`)
	r.drop(t, "hires.csv", killedHires)
	r.drop(t, "hires.csv.done", "")
	return p, r
}

// finish runs the flow until there is nothing left to do, which is soon.
func (r *recruiting) finish(t *testing.T) {
	t.Helper()
	for i := 0; ; i++ {
		record, _ := r.run(t)
		if record.Outcome == run.Nothing {
			break
		}
		if record.Outcome != run.Done && record.Outcome != run.Rejections || i > 2 {
			t.Fatalf("the run is %+v", record)
		}
	}
	want := []string{"hires.csv", "hires.csv.report.csv"}
	if got := names(t, r.path("drop/processed")); !slices.Equal(got, want) {
		t.Errorf("processed holds %q, want %q", got, want)
	}
	if got := r.states(t); got[state.HireApplied] != 2 || got[state.HireHeld] != 1 || len(got) != 2 {
		t.Errorf("the hires are %v", got)
	}
}

// TestHiresKilledAnywhere kills the program with SIGKILL at each request of a run, before Lucca
// acts on it and after: the runs after that end with the same company as without.
func TestHiresKilledAnywhere(t *testing.T) {
	t.Parallel()
	whole, r := newDropped(t, -1, false)
	r.finish(t)
	want, n := r.everybody(), whole.count.Load()
	if len(want) != 14 {
		t.Fatalf("without a kill: %q", want)
	}
	for k := range n {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("request %d of %d, after %v", k+1, n, after), func(t *testing.T) {
				t.Parallel()
				p, r := newDropped(t, k+1, after)
				r.struck(t, p)
				r.finish(t)
				if diff := cmp.Diff(want, r.everybody()); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// everybody is what Lucca knows of each user.
func (r *recruiting) everybody() []string {
	var lines []string
	for _, u := range r.tenant.Users() {
		lines = append(lines, fmt.Sprintf("%s %s %s %d contracts", u.Login, u.LastName, u.Mail, len(u.Contracts)))
	}
	slices.Sort(lines)
	return lines
}

// struck runs the flow and kills it when its request is held, unless it is through before.
func (r *recruiting) struck(t *testing.T, p *pitfall) {
	t.Helper()
	cmd := r.command(t, "run", "ats")
	var out bytes.Buffer
	cmd.Stderr = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-p.struck:
		_ = cmd.Process.Kill() // it may be through already
		<-ended
	case <-ended:
	case <-time.After(patience):
		t.Error("it neither comes so far nor ends")
	}
}

// pitfall is in front of a tenant and holds one request, before Lucca acts on it or after: that
// with the number at, or with 0 the first that creates somebody.
type pitfall struct {
	tenant *sandbox.Tenant
	at     int64
	after  bool
	count  atomic.Int64
	used   atomic.Bool
	struck chan struct{}
}

func newPitfall(t *testing.T, at int64, after bool, hires string, flow ...string) (*pitfall, *recruiting) {
	t.Helper()
	tenant, _ := serve(t, company(time.Now()))
	p := &pitfall{tenant: tenant, at: at, after: after, struck: make(chan struct{})}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	return p, newRecruitingAt(t, tenant, server.URL, hires, flow...)
}

func (p *pitfall) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	number := p.count.Add(1)
	if number != p.at && (p.at != 0 || r.Method != http.MethodPost) || p.used.Swap(true) {
		p.tenant.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body) // so that the end of the connection is seen
	if err != nil {
		return
	}
	if p.after {
		r.Body = io.NopCloser(bytes.NewReader(body))
		p.tenant.ServeHTTP(httptest.NewRecorder(), r)
	}
	close(p.struck)
	<-r.Context().Done()
}

// await waits until a request is held.
func (p *pitfall) await(t *testing.T) {
	t.Helper()
	if err := await(t.Context(), p.struck); err != nil {
		t.Fatal(err)
	}
}

// TestHiresDaemonKilledWhileItCreates kills the daemon when Lucca has the request and we have no
// answer: the next one goes on with the same run.
func TestHiresDaemonKilledWhileItCreates(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("after %v", after), func(t *testing.T) {
			t.Parallel()
			p, r := newPitfall(t, 0, after, genericHires)
			before := r.employees()
			d := r.start(t)
			r.accepted(t, d, []byte(`{"externalId": "1", "lastName": "Neuf", "firstName": "Nina", "mail": "nina@mail.example"}`))
			p.await(t)
			d.kill()
			d = r.start(t)
			r.settled(t, 1)
			d.stop(t)
			if got := r.employees() - before; got != 1 {
				t.Errorf("%d employees, want 1", got)
			}
			if runs := r.runs(t); runs[0].Outcome != run.Done || runs[0].Changes.Create != 1 {
				t.Errorf("the runs are %+v", runs)
			}
		})
	}
}

// TestHiresLostAnswer: the answer to a creation is lost, and nobody is created twice.
func TestHiresLostAnswer(t *testing.T) {
	t.Parallel()
	r := newRecruiting(t, hiringCompany(), genericHires)
	before := r.employees()
	if err := r.tenant.Inject(sandbox.Fault{Kind: sandbox.LostAnswer, Method: "POST", Route: "/api/v3/users"}); err != nil {
		t.Fatal(err)
	}
	r.runFile(t, "1;Neuf;Nina;nina@mail.example;;;", "2;Neuf;Noe;noe@mail.example;;;")
	record, _ := r.run(t)
	if got := r.employees() - before; got != 2 {
		t.Errorf("%d employees, want 2: %+v", got, record)
	}
	for _, h := range r.hires(t) {
		if h.State != state.HireApplied || h.EmployeeID == 0 || strings.Contains(h.Reason, "Neuf") {
			t.Errorf("the hire is %+v", h)
		}
	}
}

// TestHiresApprovalKilled kills an approval when Lucca has the request: the next run finishes it.
func TestHiresApprovalKilled(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("after %v", after), func(t *testing.T) {
			t.Parallel()
			p, r := newPitfall(t, 0, after, genericHires+", approval: always")
			before := r.employees()
			held, code := r.runFile(t, "1;Neuf;Nina;nina@mail.example;;;", "2;Neuf;Noe;noe@mail.example;;;")
			if code != 4 {
				t.Fatalf("%+v", held)
			}
			cmd := r.command(t, "approve", held.ID)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			p.await(t)
			_ = cmd.Process.Kill() // it may have ended
			_ = cmd.Wait()         // by the signal
			if _, complaints, code := r.do(t, "hires", "retry", named(t, r.hires(t), "Neuf").ID); code != 2 {
				t.Errorf("a hire on its way to Lucca can be retried: exit code %d: %s", code, complaints)
			}
			if record, code := r.run(t); code != 0 || r.employees() != before+2 {
				t.Errorf("%d employees, want 2; exit code %d: %+v", r.employees()-before, code, record)
			}
			if got := r.states(t); got[state.HireApplied] != 2 {
				t.Errorf("the hires are %v", got)
			}
			if record, _ := r.run(t); record.Outcome != run.Nothing || r.employees() != before+2 {
				t.Errorf("the run after that is %+v", record)
			}
		})
	}
}
