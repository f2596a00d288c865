package hires_test

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/state"
)

// retry has a hire dealt with again, as a person does.
func (a *ats) retry(id string) {
	a.t.Helper()
	if _, err := hires.Retry(a.t.Context(), a.Store, hires.Decision{ID: a.stored(id).ID}); err != nil {
		a.t.Fatal(err)
	}
}

// namesake is somebody who was hired and is called as an employee, from another day on.
func (a *ats) namesake(id string) hire.Event {
	there := a.Tenant.Users()[10]
	e := person(id, there.FirstName, there.LastName)
	e.Mail = id + "@acme.example"
	return e
}

// TestPersonDecidesOnWhatTheySaw: a hire that changed since is not theirs to decide on.
func TestPersonDecidesOnWhatTheySaw(t *testing.T) {
	t.Parallel()
	for name, decide := range map[string]func(a *ats, d hires.Decision) error{
		"retry": func(a *ats, d hires.Decision) error { _, err := hires.Retry(a.t.Context(), a.Store, d); return err },
		"drop":  func(a *ats, d hires.Decision) error { _, err := hires.Drop(a.t.Context(), a.Store, d); return err },
		"link": func(a *ats, d hires.Decision) error {
			_, err := hires.Link(a.t.Context(), a.Store, d, a.Tenant.Users()[10].ID)
			return err
		},
		"fill": func(a *ats, d hires.Decision) error {
			_, err := hires.Fill(a.t.Context(), a.Store, d, hire.Fill{"job_title": "Chef"})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newATS(t)
			a.webhook(a.namesake("R-1"))
			a.run(run.Rejections)
			h := a.stored("R-1")
			for _, seen := range []time.Time{h.Updated.Add(-time.Second), h.Updated.Add(time.Second)} {
				if err := decide(a, hires.Decision{ID: h.ID, Seen: seen}); !errors.Is(err, state.ErrChanged) {
					t.Errorf("seen at %s, changed at %s: %v", seen, h.Updated, err)
				}
			}
			if got := a.stored("R-1"); got.State != state.HireHeld || !got.Updated.Equal(h.Updated) {
				t.Errorf("it is %+v now", got)
			}
			if err := decide(a, hires.Decision{ID: h.ID, Seen: h.Updated}); err != nil {
				t.Errorf("as it was seen: %v", err)
			}
			if a.stored("R-1").State == state.HireHeld {
				t.Error("nothing was decided")
			}
		})
	}
}

// TestWhatCannotBeDecidedSaysWhy, and the hire stays as it is.
func TestWhatCannotBeDecidedSaysWhy(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	bad := two()[0]
	bad.Role = "Empereur"
	a.webhook(bad, two()[1])
	a.run(run.Rejections)
	a.webhook(person("R-3", "Zacharie", "Zwingli"))
	refused, damaged := a.stored("R-1"), a.stored("R-3")
	damaged.Data, damaged.State = []byte("{"), state.HireRefused
	if err := a.State.Whole.HireBook().SaveHires(t.Context(), damaged); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"aaaa0001", "aaaa0002"} {
		h := state.Hire{ID: id, Flow: "other", EventID: id, State: state.HireRefused, Received: time.Now(), Updated: time.Now()}
		if _, err := a.Store.AddHires(t.Context(), []state.Hire{h}); err != nil {
			t.Fatal(err)
		}
	}
	again := person("R-3", "Zacharie", "Zwingli")
	again.JobTitle = "Chef"
	if n := a.webhook(again); n != 0 {
		t.Errorf("%d wait, of which nobody can tell whether anything is new", n)
	}
	retry := func(id string) error { return second(hires.Retry(t.Context(), a.Store, hires.Decision{ID: id})) }
	fill := func(id string, f hire.Fill) error {
		return second(hires.Fill(t.Context(), a.Store, hires.Decision{ID: id}, f))
	}
	for name, tt := range map[string]struct {
		err  error
		says string
	}{
		"nothing filled in":            {fill(refused.ID, nil), "nothing was filled in: "},
		"a field that there is not":    {fill(refused.ID, hire.Fill{"shoe_size": "42"}), "there is no such field"},
		"a hire that there is not":     {retry("none"), "lucca-exchange hires lists them"},
		"the beginning of none":        {retry(""), "lucca-exchange hires lists them"},
		"the beginning of several":     {retry("aaaa"), "lucca-exchange hires lists them"},
		"one that is an employee":      {retry(a.stored("R-2").ID), "there is nothing left to decide"},
		"one that cannot be read":      {retry(damaged.ID), "damaged or was purged"},
		"one that cannot be filled in": {fill(damaged.ID, hire.Fill{"job_title": "Chef"}), "damaged or was purged"},
	} {
		if tt.err == nil || !strings.Contains(tt.err.Error(), tt.says) || errors.Is(tt.err, run.ErrUsage) == (tt.says == "damaged or was purged") {
			t.Errorf("%s: %v, want %q", name, tt.err, tt.says)
		}
	}
	a.wantStates(map[string]string{"R-1": state.HireRefused, "R-2": state.HireApplied, "R-3": state.HireRefused})
}

// TestRetryOfARefusedHireIsNoWord about whether two of one name are one: nobody was asked that.
func TestRetryOfARefusedHireIsNoWord(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	bad := two()[0]
	bad.Role = "Empereur"
	a.webhook(bad)
	a.run(run.Rejections)
	a.wantStates(map[string]string{"R-1": state.HireRefused})
	namesake := two()[0]
	namesake.ExternalID, namesake.Mail, namesake.ContractStart = "R-9", "another@acme.example", namesake.ContractStart.AddDays(40)
	a.webhook(namesake)
	a.run(run.Done)
	a.retry("R-1")
	a.run(run.Rejections)
	a.wantStates(map[string]string{"R-1": state.HireHeld, "R-9": state.HireApplied})
	// Now somebody was asked, and the answer lasts.
	a.retry("R-1")
	a.run(run.Rejections)
	a.wantStates(map[string]string{"R-1": state.HireRefused, "R-9": state.HireApplied})
	a.retry("R-1")
	a.run(run.Rejections)
	a.wantStates(map[string]string{"R-1": state.HireRefused, "R-9": state.HireApplied})
}

// TestNobodyForcesAnAddressOfAnother: two accounts cannot have one address, whatever a person wants.
func TestNobodyForcesAnAddressOfAnother(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	e := two()[0]
	e.Mail = a.Tenant.Users()[10].Mail
	a.webhook(e)
	a.run(run.Rejections)
	a.retry("R-1")
	r := a.run(run.Rejections)
	a.wantStates(map[string]string{"R-1": state.HireHeld})
	if a.named("Quetzal") != 0 || r.Rows.Rejected != 1 {
		t.Errorf("%d were created, %+v", a.named("Quetzal"), r.Rows)
	}
	for _, f := range r.Findings {
		if strings.Contains(f.Message, "hires retry") {
			t.Errorf("a way is offered that leads nowhere: %s", f.Message)
		}
	}
}

// TestWhomAPersonWantsIsNotTakenForATwin of one that nobody decided on.
func TestWhomAPersonWantsIsNotTakenForATwin(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	byNumber, byText := a.namesake("123"), a.namesake("abc")
	byNumber.Twin, byText.Twin = "twin", "twin"
	byNumber.HiredAt = byText.HiredAt.AddDate(0, -6, 0) // not the same, by that
	a.webhook(byNumber, byText)
	a.run(run.Rejections)
	a.wantStates(map[string]string{"123": state.HireHeld, "abc": state.HireHeld})
	byNumber.HiredAt, byNumber.JobTitle = byText.HiredAt, "Chef"
	a.webhook(byNumber)
	a.retry("abc")
	a.run(run.Rejections)
	a.wantStates(map[string]string{"123": state.HireHeld, "abc": state.HireApplied})
}

// TestNobodyDecidesOnHiresOfAnApprovedRunThatBroke: they may have reached Lucca, and the next run
// goes on with them.
func TestNobodyDecidesOnHiresOfAnApprovedRunThatBroke(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	held := a.held()
	a.Faults.Reset(0, false, false)
	a.Faults.Always = "create"
	d := hires.Decision{ID: a.stored("R-1").ID}
	if r, err := a.approve(held.ID); err == nil || r.Outcome != run.Failed {
		t.Fatalf("%s %s %v", r.Outcome, r.Reason, err)
	}
	a.wantStates(map[string]string{"R-1": state.HireHeld, "R-2": state.HireHeld})
	for name, err := range map[string]error{
		"retry": second(hires.Retry(t.Context(), a.Store, d)), "drop": second(hires.Drop(t.Context(), a.Store, d)), "link": second(hires.Link(t.Context(), a.Store, d, 7)),
	} {
		if !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), "may have reached Lucca") {
			t.Errorf("%s: %v", name, err)
		}
	}
	a.Faults.Always = ""
	a.in.File = filepath.Join(a.Dir, "given.csv")
	if r, _, err := a.attempt(); err != nil || r.Outcome != run.Failed || !strings.Contains(r.Reason, held.ID+" was interrupted and comes first: run the flow once without --file") {
		t.Errorf("with a file that somebody gives: %s %s %v", r.Outcome, r.Reason, err)
	}
	a.in.File = ""
	next, result, err := a.attempt()
	if want := "finished what run " + held.ID + " began; hires that wait are for the next run"; err != nil || next.Outcome != run.Done || next.Reason != want || result.Waiting != 1 {
		t.Errorf("%s %s, %d wait, %v", next.Outcome, next.Reason, result.Waiting, err)
	}
	a.wantStates(map[string]string{"R-1": state.HireApplied, "R-2": state.HireApplied})
	if a.named("Quetzal") != 1 || a.named("Xylander") != 1 {
		t.Errorf("%d and %d were created", a.named("Quetzal"), a.named("Xylander"))
	}
}

func second(_ state.Hire, err error) error { return err }

// TestHireWhoseAccountIsThereByNowIsRefused, with why: it waits for nobody.
func TestHireWhoseAccountIsThereByNowIsRefused(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.source.Poll = nil
	held := a.held()
	same := two()[0]
	same.ExternalID = "R-9"
	a.webhook(same)
	a.run(run.Done)
	r, err := a.approve(held.ID)
	if err != nil || r.Outcome != run.Rejections || r.Rows.Sent != 1 || r.Rows.Rejected != 1 || r.Requests.Polled {
		t.Fatalf("%s %s %+v %v", r.Outcome, r.Reason, r.Rows, err)
	}
	a.wantStates(map[string]string{"R-1": state.HireRefused, "R-2": state.HireApplied, "R-9": state.HireApplied})
	if reason := a.stored("R-1").Reason; reason != "changed in Lucca since the plan was made; retry the hire to plan it anew" || a.named("Quetzal") != 1 {
		t.Errorf("%q, and %d are called so", reason, a.named("Quetzal"))
	}
}

// TestHireOfAHeldRunIsNotMendedBeneathIt: who approves a plan approves what they saw.
func TestHireOfAHeldRunIsNotMendedBeneathIt(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	held := a.held()
	mended := two()[0]
	mended.JobTitle = "Chef"
	if n := a.webhook(mended); n != 0 {
		t.Errorf("%d wait, while the run is held", n)
	}
	if err := errors.Join(a.State.Runs.Reject(t.Context(), held.ID, held.FinishedAt), hires.Rejected(t.Context(), a.Store, held)); err != nil {
		t.Fatal(err)
	}
	if n := a.webhook(mended); n != 1 {
		t.Errorf("%d wait, once the run was rejected", n)
	}
	a.run(run.Done)
	a.wantStates(map[string]string{"R-1": state.HireApplied, "R-2": state.HireHeld})
}

// TestOnePersonUnderTwoIDsIsCreatedOnce, and the second says of whom it is.
func TestOnePersonUnderTwoIDsIsCreatedOnce(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	again := two()[0]
	again.ExternalID = "R-9"
	a.webhook(two()[0], again)
	r := a.run(run.Done)
	a.wantStates(map[string]string{"R-1": state.HireApplied, "R-9": state.HireLinked})
	if reason := a.stored("R-9").Reason; reason != "the same person as another hire of run "+r.ID || a.named("Quetzal") != 1 {
		t.Errorf("%q, and %d are called so", reason, a.named("Quetzal"))
	}
}

// TestWhoeverIsInLuccaByNowIsNotCreatedAgain, though a person wanted it before.
func TestWhoeverIsInLuccaByNowIsNotCreatedAgain(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	first, second := a.namesake("R-1"), a.namesake("R-2")
	second.Mail = first.Mail
	a.webhook(first, second)
	a.run(run.Rejections)
	before := len(a.Tenant.Users())
	a.retry("R-1")
	a.run(run.Done)
	a.retry("R-2")
	a.run(run.Nothing)
	a.wantStates(map[string]string{"R-1": state.HireApplied, "R-2": state.HireLinked})
	if n := len(a.Tenant.Users()); n != before+1 || a.stored("R-2").EmployeeID != a.stored("R-1").EmployeeID {
		t.Errorf("%d are employees, and %d were; linked is %+v", n, before, a.stored("R-2"))
	}
}

// TestDecisionsAreOnRecord, with the hire, what was decided and what the person says of it.
func TestDecisionsAreOnRecord(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		act    audit.Act
		decide func(a *ats, d hires.Decision) error
		note   string // beside the hire
		want   state.Hire
		forced bool
		filled hire.Fill
	}{
		"retry": {audit.RetryHire, func(a *ats, d hires.Decision) error { return second(hires.Retry(a.t.Context(), a.Store, d)) }, "", state.Hire{State: state.HireReceived}, true, nil},
		"drop":  {audit.DropHire, func(a *ats, d hires.Decision) error { return second(hires.Drop(a.t.Context(), a.Store, d)) }, "", state.Hire{State: state.HireDropped}, false, nil},
		"link": {
			audit.LinkHire, func(a *ats, d hires.Decision) error { return second(hires.Link(a.t.Context(), a.Store, d, 7)) },
			"employee 7", state.Hire{State: state.HireLinked, Reason: "linked by a person", EmployeeID: 7}, false, nil,
		},
		"fill": {
			audit.FillHire, func(a *ats, d hires.Decision) error {
				return second(hires.Fill(a.t.Context(), a.Store, d, hire.Fill{"role": "Utilisateur", "job_title": "Chef"}))
			},
			"filled in job_title, role", state.Hire{State: state.HireReceived}, false, hire.Fill{"role": "Utilisateur", "job_title": "Chef"},
		},
	} {
		for _, note := range []string{"", "asked her"} {
			t.Run(name+" "+note, func(t *testing.T) {
				t.Parallel()
				a := newATS(t)
				a.webhook(a.namesake("R-1"))
				r := a.run(run.Rejections)
				seen := a.stored("R-1")
				if err := tt.decide(a, hires.Decision{ID: seen.ID, By: audit.Entry{Who: "paul", Note: note}}); err != nil {
					t.Fatal(err)
				}
				lines, err := a.State.Whole.Audit().Latest(t.Context(), 1)
				if err != nil || len(lines) != 1 {
					t.Fatal(lines, err)
				}
				said := flow.JoinReasons(tt.note, note)
				if said != "" {
					said = ": " + said
				}
				if l := lines[0]; l.Who != "paul" || l.Act != tt.act || l.Flow != "ats" || l.Run != r.ID || l.Note != "hire "+seen.ID+said {
					t.Errorf("on record is %+v", l.Entry)
				}
				got := a.stored("R-1")
				s, err := hires.Decode(got)
				if err != nil || s.Forced != tt.forced || !maps.Equal(s.Filled, tt.filled) {
					t.Errorf("kept is %+v, %v", s, err)
				}
				want := tt.want
				if got.State != want.State || got.Reason != want.Reason || want.EmployeeID != 0 && got.EmployeeID != want.EmployeeID || !got.Updated.After(seen.Updated) {
					t.Errorf("the hire is %+v", got)
				}
			})
		}
	}
}

// TestWhatAPersonFilledInHolds until the ATS says something else of that itself.
func TestWhatAPersonFilledInHolds(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	fill := func(f hire.Fill) {
		t.Helper()
		if _, err := hires.Fill(t.Context(), a.Store, hires.Decision{ID: a.stored("R-1").ID}, f); err != nil {
			t.Fatal(err)
		}
	}
	filled := func(want hire.Fill) {
		t.Helper()
		if s, err := hires.Decode(a.stored("R-1")); err != nil || !maps.Equal(s.Filled, want) {
			t.Errorf("filled in is %v, want %v (%v)", s.Filled, want, err)
		}
	}
	e := two()[0]
	e.Role, e.Department, e.JobTitle = "Empereur", "Versailles", "Roi"
	a.webhook(e)
	a.run(run.Rejections)
	fill(hire.Fill{"department": "Direction générale", "job_title": "Reine"})
	a.run(run.Rejections) // the role
	e.JobTitle = "Chef"
	if n := a.webhook(e); n != 1 {
		t.Errorf("%d wait", n)
	}
	filled(hire.Fill{"department": "Direction générale"})
	a.run(run.Rejections)
	fill(hire.Fill{"role": "Utilisateur"})
	filled(hire.Fill{"department": "Direction générale", "role": "Utilisateur"})
	a.run(run.Done)
	a.wantStates(map[string]string{"R-1": state.HireApplied})
}

// TestWhatLuccaRefusesIsAReasonOfTheHire, which a person can retry.
func TestWhatLuccaRefusesIsAReasonOfTheHire(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.webhook(two()...)
	if err := a.Tenant.Inject(sandbox.Fault{Kind: sandbox.Status, Status: http.StatusForbidden, Method: http.MethodPost, After: 1}); err != nil {
		t.Fatal(err)
	}
	r := a.run(run.Rejections)
	a.wantStates(map[string]string{"R-1": state.HireApplied, "R-2": state.HireRefused})
	if reason := a.stored("R-2").Reason; r.Reason != "1 hire was refused: see lucca-exchange hires" || !strings.HasPrefix(reason, "the role of the API key may not do this") {
		t.Errorf("the run: %s, the hire: %s", r.Reason, reason)
	}
	a.retry("R-2")
	a.run(run.Done)
	a.wantStates(map[string]string{"R-1": state.HireApplied, "R-2": state.HireApplied})
}

// TestAHireOutlivesTheRunThatHeldIt: a person decides on it also when that is long forgotten.
func TestAHireOutlivesTheRunThatHeldIt(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.webhook(a.namesake("R-1"))
	r := a.run(run.Rejections)
	if _, err := a.State.Upkeep.Purge(t.Context(), state.PurgeOptions{RunsBefore: flow.Now().AddDate(0, 0, 1)}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Store.Run(t.Context(), r.ID); !errors.Is(err, state.ErrNotFound) {
		t.Fatalf("the run is there: %v", err)
	}
	a.run(run.Nothing)
	a.wantStates(map[string]string{"R-1": state.HireHeld})
	a.retry("R-1")
	a.run(run.Done)
	a.wantStates(map[string]string{"R-1": state.HireApplied})
}

// TestHiresOfAPlanThatCannotBeReadAreLeftAlone: nobody knows whether they reached Lucca.
func TestHiresOfAPlanThatCannotBeReadAreLeftAlone(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	held := a.held()
	if err := a.Store.SavePlan(t.Context(), state.PlanRecord{Run: held.ID, Flow: "ats", Write: func(w io.Writer) error { _, err := io.WriteString(w, "{"); return err }}); err != nil {
		t.Fatal(err)
	}
	if _, err := hires.Retry(t.Context(), a.Store, hires.Decision{ID: a.stored("R-1").ID}); err == nil || !strings.Contains(err.Error(), "decode plan of run "+held.ID) {
		t.Errorf("retried: %v", err)
	}
	a.run(run.Failed)
	a.wantStates(map[string]string{"R-1": state.HireHeld, "R-2": state.HireHeld})
}
