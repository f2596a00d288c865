package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/state"
)

const genericHires = "source: generic"

// TestHiresAlreadyInLucca: whoever is in Lucca is linked, whoever may be is left to a person,
// who has them created, or forgets them for good.
func TestHiresAlreadyInLucca(t *testing.T) {
	t.Parallel()
	r := newRecruiting(t, hiringCompany(), genericHires)
	started := time.Now().AddDate(0, 0, -400).Format("02/01/2006")
	before := r.employees()
	record, code := r.runFile(t,
		"1;BELLEFOND;Béa;Bea.Bellefond@ACME.example;;;",
		"2;Castagne;Cyd;cyd@mail.example;;;"+started,
		"3;Delacroix;Dan;dan@mail.example;;;",
		"4;Kermadec;Kim;kim@mail.example;;;",
		"5;Paul;Ada;ada.arnoult@acme.example;;;",
		"6;Paul;Jules;ada.arnoult@acme.example;;;",
		"7;Neuf;Nina;nina@mail.example;;;",
		"8;Neuf;Nina;nina@mail.example;;;")
	if record.Outcome != run.Rejections || code != 3 || !strings.Contains(record.Reason, "3 hires wait for a person: see lucca-exchange hires") {
		t.Errorf("the run ends as %s, exit code %d: %s", record.Outcome, code, record.Reason)
	}
	for _, code := range []string{"homonym", "former_employee", "address_of_another"} {
		says(t, record, code)
	}
	list := r.hires(t)
	for id, want := range map[int]string{101: "linked", 102: "linked", 103: "linked", 112 + 1: "applied"} {
		if !slices.ContainsFunc(list, func(h inspect.Hire) bool { return h.EmployeeID == id && h.State == want }) {
			t.Errorf("no hire is %s with employee %d: %+v", want, id, list)
		}
	}
	if got := r.employees() - before; got != 1 {
		t.Errorf("%d employees, want Nina once", got)
	}
	dan, kim := named(t, list, "Delacroix"), named(t, list, "Kermadec")
	for _, h := range []inspect.Hire{dan, kim} {
		if h.State != state.HireHeld || h.Reason == "" {
			t.Errorf("the hire is %+v, want held", h)
		}
	}
	out, _, _ := r.do(t, "hires")
	if !strings.Contains(out, dan.ID) || !strings.Contains(out, "somebody else has the same name") {
		t.Errorf("hires shows\n%s", out)
	}
	r.decide(t, "hires", "retry", dan.ID[:6])
	r.decide(t, "hires", "drop", kim.ID)
	if record, code := r.run(t); code != 0 || record.Changes.Create != 1 {
		t.Errorf("the run ends as %s, exit code %d: %s", record.Outcome, code, record.Reason)
	}
	list = r.hires(t)
	if got := r.fields(t, named(t, list, "Delacroix").EmployeeID); got["mail"] != "dan@mail.example" || got["login"] != "ddelacroix" {
		t.Errorf("Dan is %v", got)
	}
	if _, code := r.runFile(t, "4;Kermadec;Kim;kim@mail.example;;;"); code != 0 || stateOf(t, r.hires(t), "Kermadec") != state.HireDropped {
		t.Errorf("who was dropped comes back")
	}
	// The ATS sends somebody with an address of their own.
	if _, code := r.runFile(t, "6;Paul;Jules;jules@acme.example;;;", "9;Kermadec;Kim;kim.kermadec@acme.example;;;"); code != 3 {
		t.Errorf("exit code %d", code)
	}
	last := r.hires(t)[len(list)]
	if got := r.employee(t, "jpaul"); got["mail"] != "jules@acme.example" || !strings.Contains(last.Reason, "rehire them in Lucca, or have the ATS send another address") {
		t.Errorf("Jules is %v, and the hire of who has left is %+v", got, last)
	}
	r.decide(t, "hires", "retry", last.ID)
	if record, code := r.run(t); code != 3 || r.employees() != before+3 {
		t.Errorf("two people have one address: exit code %d: %+v", code, record)
	}
	for _, args := range [][]string{{"retry", kim.ID}, {"drop", dan.ID}, {"retry", "zz"}, {"drop", ""}} {
		if _, complaints, code := r.do(t, "hires", args[0], args[1]); code != 2 || !strings.Contains(complaints, "hire") {
			t.Errorf("hires %v: exit code %d: %s", args, code, complaints)
		}
	}
}

// TestHiresRefused: a hire that cannot be made keeps its reason, and is made after the fix: of
// the configuration, of Lucca, or of what the ATS sends.
func TestHiresRefused(t *testing.T) {
	t.Parallel()
	const right = genericHires
	r := newRecruiting(t, hiringCompany(), genericHires+", defaults: {legalEntity: Acme Lyon, department: Nowhere, rolePrincipal: Utilisateur}")
	before := r.employees()
	record, code := r.runFile(t, "1;Config;Ann;ann@mail.example;;;")
	if code != 3 || !strings.Contains(record.Reason, "1 hire was refused") {
		t.Errorf("exit code %d: %s", code, record.Reason)
	}
	if h := r.hires(t)[0]; h.State != state.HireRefused || !strings.Contains(h.Reason, "department has a default") {
		t.Errorf("the hire is %+v", h)
	}
	r.setUp(t, right)
	if record, _ := r.run(t); record.Outcome != run.Nothing {
		t.Errorf("it is tried again unasked: %+v", record)
	}
	r.decide(t, "hires", "retry", r.hires(t)[0].ID)
	if record, code := r.run(t); code != 0 || r.employees() != before+1 {
		t.Errorf("after the fix of the configuration: exit code %d: %+v", code, record)
	}
	// Lucca does not want somebody.
	if err := r.tenant.Inject(sandbox.Fault{Kind: sandbox.Status, Method: "POST", Route: "/api/v3/users", Status: 400}); err != nil {
		t.Fatal(err)
	}
	if record, code := r.runFile(t, "2;Lucca;Ben;ben@mail.example;;;", "3;Passes;Cat;cat@mail.example;;;"); code != 3 || r.employees() != before+2 {
		t.Errorf("exit code %d: %+v", code, record)
	}
	h := named(t, r.hires(t), "Lucca")
	if h.State != state.HireRefused || h.Reason == "" {
		t.Errorf("the hire is %+v", h)
	}
	r.decide(t, "hires", "retry", h.ID)
	if _, code := r.run(t); code != 0 || r.employees() != before+3 {
		t.Errorf("after the fix in Lucca: exit code %d", code)
	}
	// The file is wrong, and comes again.
	wrong := "4;File;Dee;dee@mail.example;Acme Lyom;Conseil;"
	if _, code := r.runFile(t, wrong); code != 3 || stateOf(t, r.hires(t), "File") != state.HireRefused {
		t.Errorf("a wrong establishment: exit code %d", code)
	}
	if record, _ := r.runFile(t, wrong); record.Outcome != run.Nothing {
		t.Errorf("the same file again: %+v", record)
	}
	if _, code := r.runFile(t, strings.Replace(wrong, "Lyom", "Lyon", 1)); code != 0 || stateOf(t, r.hires(t), "File") != state.HireApplied {
		t.Errorf("the mended file: exit code %d", code)
	}
	if got := r.employees() - before; got != 4 {
		t.Errorf("%d employees, want 4", got)
	}
}

// TestHiresHeldRuns: a plan that a person wants to see waits; several can, and each is applied
// by its own approval alone.
func TestHiresHeldRuns(t *testing.T) {
	t.Parallel()
	r := newRecruiting(t, hiringCompany(), genericHires+", approval: first")
	before := r.employees()
	line := func(id, last string) string {
		return id + ";" + last + ";Ann;" + strings.ToLower(last) + "@mail.example;;;"
	}
	first, code := r.runFile(t, line("1", "Erste"))
	if first.Outcome != run.Held || code != 4 {
		t.Fatalf("the first run ends as %s, exit code %d", first.Outcome, code)
	}
	h := named(t, r.hires(t), "Erste")
	if _, complaints, code := r.do(t, "hires", "retry", h.ID); code != 2 || !strings.Contains(complaints, "approve or reject that") {
		t.Errorf("retry of a hire of a held run: exit code %d: %s", code, complaints)
	}
	second, _ := r.runFile(t, line("2", "Zweite"))
	if second.Outcome != run.Held || second.Rows.Read != 1 {
		t.Fatalf("the second run is %+v", second)
	}
	for i, record := range []state.Record{second, first} {
		r.decide(t, "approve", record.ID)
		if got := r.employees() - before; got != i+1 {
			t.Errorf("%d employees after %d approvals", got, i+1)
		}
		if _, _, code := r.do(t, "approve", record.ID); code != 2 {
			t.Errorf("a second approval: exit code %d", code)
		}
	}
	if record, code := r.runFile(t, line("3", "Dritte")); code != 0 {
		t.Errorf("the run after the first is %+v", record)
	}
	// Over a limit.
	r.setUp(t, genericHires)
	lines := []string{line("4", "Vierte"), "6;Delacroix;Dan;dan@mail.example;;;"}
	for i := range 10 {
		lines = append(lines, line(fmt.Sprint("5", i), "Fuenfte"+string(rune('a'+i))))
	}
	held, code := r.runFile(t, lines...)
	if code != 4 || held.Outcome != run.Held || !strings.Contains(held.Reason, "11 people would be created") {
		t.Fatalf("over a limit: exit code %d: %+v", code, held)
	}
	// A hire that is held by itself is decided on its own.
	r.decide(t, "hires", "drop", named(t, r.hires(t), "Delacroix").ID)
	r.decide(t, "reject", held.ID)
	h = named(t, r.hires(t), "Vierte")
	if h.State != state.HireHeld || !strings.Contains(h.Reason, "rejected") {
		t.Errorf("the hire of a rejected run is %+v", h)
	}
	if record, _ := r.run(t); record.Outcome != run.Nothing || r.employees() != before+3 {
		t.Errorf("after the rejection: %+v", record)
	}
	r.decide(t, "hires", "retry", h.ID)
	if record, code := r.run(t); code != 0 || r.employees() != before+4 {
		t.Errorf("a retry after the rejection: exit code %d: %+v", code, record)
	}
	if got := stateOf(t, r.hires(t), "Delacroix"); got != state.HireDropped {
		t.Errorf("the dropped hire is %s", got)
	}
	// Nobody decides in time: the next run plans anew.
	r.setUp(t, genericHires+", approval: always")
	if record, _ := r.runFile(t, line("7", "Siebte")); record.Outcome != run.Held {
		t.Fatalf("%+v", record)
	}
	r.exec(t, `UPDATE plans SET expires_at = expires_at - $1`, 8*24*time.Hour.Microseconds())
	r.setUp(t, genericHires)
	if record, code := r.run(t); code != 0 || stateOf(t, r.hires(t), "Siebte") != state.HireApplied {
		t.Errorf("after nobody decided: exit code %d: %+v", code, record)
	}
}

// exec changes the state of the program, which does not run.
func (r *recruiting) exec(t testing.TB, query string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", r.path("state/exchange.db"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), query, args...)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestHiresDryRun says what a run would do and leaves everything as it is.
func TestHiresDryRun(t *testing.T) {
	t.Parallel()
	r := newRecruiting(t, hiringCompany(), genericHires, "from: drop", `pattern: "hires*"`, "pickup: {settle: 50ms}")
	r.drop(t, "hires.json", `[{"externalId": 1, "lastName": "Trocken", "firstName": "Ann", "personalEmail": "a@mail.example"}, {"externalId": 2}]`)
	before := r.employees()
	for range 2 {
		record, code := r.run(t, "--dry-run")
		if code != 3 || record.Changes == nil || record.Changes.Create != 1 || record.Rows.Rejected != 1 {
			t.Errorf("exit code %d: %+v", code, record)
		}
		says(t, record, "personal_mail")
		says(t, record, "default_used")
		says(t, record, "value_missing")
	}
	out, _, _ := r.do(t, "plan", "ats", "--json")
	var plan struct {
		Changes struct{ Create int }
		Items   []struct{ Action, Login string }
	}
	if err := json.Unmarshal([]byte(out), &plan); err != nil || plan.Changes.Create != 1 || plan.Items[0].Login != "atrocken" {
		t.Errorf("plan: %v\n%s", err, out)
	}
	if n := len(r.hires(t)) + len(r.runs(t)); n > 0 || r.employees() != before {
		t.Errorf("a dry run leaves something behind")
	}
	if _, err := os.Stat(r.path("drop/hires.json")); err != nil {
		t.Error(err)
	}
	if record, code := r.run(t); code != 3 || r.employees() != before+1 || record.Changes.Create != 1 {
		t.Errorf("exit code %d: %+v", code, record)
	}
	if record, code := r.run(t, "--dry-run"); code != 0 || record.Outcome != run.Nothing {
		t.Errorf("exit code %d: %+v", code, record)
	}
}

// TestAHireIsLinkedOrCompletedByAPerson: whom somebody knows is not created, and what the ATS has
// wrong is filled in here until the ATS says something else.
func TestAHireIsLinkedOrCompletedByAPerson(t *testing.T) {
	t.Parallel()
	r := newRecruiting(t, hiringCompany(), genericHires)
	before := r.employees()
	if _, code := r.runFile(t, "3;Delacroix;Dan;dan@mail.example;;;", "21;Neuf;Nina;nina@mail.example;Lyom;;"); code != 3 {
		t.Fatalf("exit code %d", code)
	}
	dan, nina := named(t, r.hires(t), "Delacroix"), named(t, r.hires(t), "Neuf")
	for _, args := range [][]string{
		{"link", dan.ID, "99999"}, {"link", dan.ID, "Dan"}, {"link", "nobody", "101"}, {"fill", nina.ID, "salary=1"}, {"fill", nina.ID, "department"}, {"fill", nina.ID, "contract_start=soon"},
	} {
		if _, complaints, code := r.do(t, append([]string{"hires"}, args...)...); code != 2 || strings.Contains(complaints, "soon") {
			t.Errorf("%v: exit code %d: %s", args, code, complaints)
		}
	}
	r.decide(t, "hires", "link", dan.ID, "101", "--note", "married name")
	if h := named(t, r.hires(t), "Delacroix"); h.State != state.HireLinked || h.EmployeeID != 101 || h.Reason != "linked by a person" {
		t.Errorf("linked is %+v", h)
	}
	if nina.State != state.HireRefused {
		t.Fatalf("Nina is %+v", nina)
	}
	r.decide(t, "hires", "fill", nina.ID, "legal_entity=Acme Lyon", "department=Conseil")
	if record, code := r.run(t); code != 0 || r.employees()-before != 1 {
		t.Errorf("the run after it: exit code %d, %+v, %+v", code, record, r.hires(t))
	}
	if h := named(t, r.hires(t), "Neuf"); h.State != state.HireApplied {
		t.Errorf("completed is %+v", h)
	}
}
