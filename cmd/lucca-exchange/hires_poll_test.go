package main

import (
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox/flatchr"
	"lucca-exchange/internal/state"
)

// TestHiresPolling: a hire whose webhook was lost is found by asking, however long Flatchr or we
// were away, and those from before the first run are not.
func TestHiresPolling(t *testing.T) {
	t.Parallel()
	r := newRecruiting(t, hiringCompany(), "")
	before := r.employees()
	move := func(last string, days int) {
		t.Helper()
		id := r.candidate(t, flatchr.Applicant{FirstName: "Ann", LastName: last, Email: last + "@mail.example", Phone: "0676564523"})
		if _, err := r.ats.MoveToHired(id, time.Now().AddDate(0, 0, days)); err != nil {
			t.Fatal(err)
		}
	}
	move("formerly", -15)
	move("lost", 0)
	dry, code := r.run(t, "--dry-run")
	if code != 0 || dry.Changes.Create != 1 || len(r.hires(t)) != 0 {
		t.Errorf("a dry run: exit code %d: %+v", code, dry)
	}
	record, code := r.run(t)
	if code != 0 || record.Changes.Create != 1 || r.employees() != before+1 {
		t.Fatalf("exit code %d: %+v", code, record)
	}
	says(t, record, "start_by_fallback")
	if got := r.fields(t, named(t, r.hires(t), "lost").EmployeeID); got["phone"] != "+33676564523" || got["jobTitle"] != "Vendeur" || got["start"] != "0" {
		t.Errorf("the employee is %v", got)
	}
	if again, code := r.run(t); code != 0 || again.Outcome != run.Nothing || r.employees() != before+1 {
		t.Errorf("a second poll: exit code %d: %+v", code, again)
	}
	// The daemon is away for ten days, and then Flatchr for some runs: what happened since is
	// not forgotten.
	r.exec(t, `UPDATE runs SET started_at = started_at - $1, finished_at = finished_at - $1`, 10*24*time.Hour.Microseconds())
	move("meanwhile", -8)
	move("already", -30)
	for range 2 {
		r.ats.Inject(flatchr.Fault{Status: 401})
		if failed, code := r.run(t); code != 1 || !strings.Contains(failed.Reason, "check api_key and company") {
			t.Errorf("without Flatchr: exit code %d: %+v", code, failed)
		}
	}
	if record, code := r.run(t); code != 0 || r.employees() != before+2 || stateOf(t, r.hires(t), "meanwhile") != state.HireApplied {
		t.Errorf("after the pause: exit code %d: %+v", code, record)
	}
}

// TestHiresDoNotWaitForFlatchr: hires that are stored are made while Flatchr, or the remote of
// the files, is down, and the run says that it failed.
func TestHiresDoNotWaitForFlatchr(t *testing.T) {
	t.Parallel()
	r := newRecruiting(t, hiringCompany(), "")
	before := r.employees()
	r.ats.Inject(flatchr.Fault{Status: 403, Times: -1})
	d := r.start(t)
	r.accepted(t, d, r.hooked(t, flatchr.Applicant{FirstName: "Ann", LastName: "Prompt", Email: "a@mail.example"}))
	list := r.settled(t, 1)
	d.stop(t)
	if r.employees() != before+1 || list[0].State != state.HireApplied {
		t.Errorf("the hire is %+v", list[0])
	}
	record := r.runs(t)[0]
	if record.Outcome != run.Failed || !strings.Contains(record.Reason, "check api_key and company") || record.Changes.Create != 1 {
		t.Errorf("the run is %+v", record)
	}
	files := newRecruiting(t, hiringCompany(), genericHires, "from: drop", `pattern: "hires*"`, "pickup: {settle: 50ms}")
	d = files.start(t)
	files.drop(t, "hires.csv", "externalId;surname\n1;2\n")
	files.accepted(t, d, []byte(`{"externalId": "1", "lastName": "Prompt", "firstName": "Ann", "mail": "a@mail.example"}`))
	list = files.settled(t, 1)
	d.stop(t)
	if list[0].State != state.HireApplied {
		t.Errorf("the hire is %+v", list[0])
	}
	if record := files.runs(t)[0]; record.Outcome != run.Failed || record.Changes == nil {
		t.Errorf("the run is %+v", record)
	}
}

// TestHiresWakeAfterAStart: what was stored when the process died is dealt with after the next
// start, also in a flow without a schedule, and when Lucca was down.
func TestHiresWakeAfterAStart(t *testing.T) {
	t.Parallel()
	r := newRecruiting(t, hiringCompany(), genericHires)
	before := r.employees()
	right := r.lucca
	r.lucca = "http://127.0.0.1:1"
	r.setUp(t, genericHires)
	d := r.start(t)
	r.accepted(t, d, []byte(`[{"externalId": "1", "lastName": "Woken", "firstName": "Ann", "mail": "a@mail.example"}]`))
	d.await(t, `hire.received`)
	d.kill()
	if got := r.states(t)[state.HireReceived]; got != 1 {
		t.Fatalf("%d hires wait", got)
	}
	r.exec(t, `DELETE FROM runs WHERE state = 'queued'`) // as if it had died before it could ask for a run
	r.lucca = right
	r.setUp(t, genericHires)
	d = r.start(t)
	r.settled(t, 1)
	d.stop(t)
	if r.employees() != before+1 {
		t.Errorf("%d employees, want 1", r.employees()-before)
	}
}
