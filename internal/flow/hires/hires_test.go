package hires_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/hire/generic"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/step"
	"lucca-exchange/internal/wrap"
)

// ats is a hires flow of an ATS that can be asked, and that drops files in the folder in.
type ats struct {
	*flowtest.World
	Store hires.Store
	t     testing.TB
	in    hires.Input
	// hired is what the ATS answers, asked what it was asked.
	hired     []hire.Event
	asked     []hire.Poll
	whenAsked func()
	answer    error
	source    hire.Source
	expect    inbox.Expectation
	unwrap    wrap.UnwrapConfig
	log       bytes.Buffer
}

// Poll answers.
func (a *ats) Poll(_ context.Context, p hire.Poll) (hire.Found, error) {
	if a.asked = append(a.asked, p); a.whenAsked != nil {
		a.whenAsked()
	}
	return hire.Found{Events: slices.Clone(a.hired), Findings: a.unreadable()}, a.answer
}

func (a *ats) unreadable() (out []finding.Finding) {
	for _, e := range a.hired {
		if e.JobTitle == "unreadable" {
			out = append(out, finding.Finding{Severity: finding.Error, Code: "bad_hire", Row: 1, Message: "cannot be read"})
		}
	}
	return out
}

// book embeds hires.Hires, which has a method of that name.
type book = hires.Hires

func newATS(t testing.TB) *ats {
	t.Helper()
	common := hire.Config{
		Source:   "generic",
		Defaults: plan.Defaults{Values: map[string]string{plan.Establishment: "Acme Lyon", plan.Department: "Direction générale", plan.PrimaryRole: "Utilisateur"}},
	}
	a := &ats{World: flowtest.New(t, sandbox.NewCompany(40, 1, time.Now()), "in"), t: t, in: hires.Input{
		Hires: hire.Settings{Config: common, Zone: time.UTC}, FileSources: []string{"generic"},
		Change: change.Settings{
			Policy: common.Policy(), Approval: plan.ApproveLimits, Tenant: "https://acme", Zone: time.UTC,
			Approved: flow.Settings{"hires.login": "1"},
		},
	}}
	a.source = generic.New(generic.Config{}, hire.Flow{Config: common, Zone: time.UTC})
	a.source.Poll = a
	a.Store = struct {
		flow.History
		flow.Restores
		change.Plans
		book
	}{&a.State.History, &a.State.Upkeep, &a.State.Plans, &a.State.Hires}
	return a
}

func (a *ats) deps() hires.Deps {
	return hires.Deps{
		Lucca: func() (change.Lucca, error) { return a.OpenLucca() },
		Store: a.Store, Source: a.source, Room: a.Room, Logger: a.logger(), Progress: func(int, int) {},
		Inbox: inbox.Inbox{
			Flow: "ats", Stores: true, From: a.Source("in", "*.csv"), Known: a.State.Inbox(), Journal: a.State.Pickups.PickupJournal(), Steady: new(sync.Map),
			Room: a.Room, Spool: a.Spool(), Logger: slog.New(slog.DiscardHandler), Expect: a.expect, Unwrap: a.unwrap,
		},
	}
}

func (a *ats) logger() *slog.Logger { return slog.New(slog.NewTextHandler(&a.log, nil)) }

func (a *ats) input(r state.Record) hires.Input {
	in := a.in
	in.Run, in.Folder = r, a.Folder(r.ID)
	in.Change.Roster = roster.Settings{Day: roster.DateOf(r.Slot)}
	return in
}

func (a *ats) work(r state.Record) flow.Work {
	return func(ctx context.Context) (flow.Result, error) { return hires.Run(ctx, a.deps(), a.input(r)) }
}

func (a *ats) attempt() (state.Record, flow.Result, error) {
	record := a.Begin("ats", run.Hires)
	return a.Perform(record, a.work(record))
}

// run is one that ends in an outcome.
func (a *ats) run(want run.Outcome) state.Record {
	a.t.Helper()
	r, _, err := a.attempt()
	if err != nil || r.Outcome != want {
		a.t.Fatalf("the run ended as %s: %s %v (%v), want %s", r.Outcome, r.Reason, flowtest.Codes(r), err, want)
	}
	return r
}

func (a *ats) approve(id string) (state.Record, error) {
	r, _, err := a.Approve(id, func(r state.Record) flow.Work {
		return func(ctx context.Context) (flow.Result, error) { return hires.Approve(ctx, a.deps(), a.input(r)) }
	})
	return r, err
}

// person is somebody who was hired.
func person(id, first, last string) hire.Event {
	return hire.Event{
		Source: "generic", ExternalID: id, FirstName: first, LastName: last, Mail: strings.ToLower(first + "." + last + "@acme.example"),
		ContractStart: roster.DateOf(time.Now().AddDate(0, 0, 7)), HiredAt: time.Now().UTC().Truncate(time.Second),
	}
}

// two are people who are to be created.
func two() []hire.Event {
	return []hire.Event{person("R-1", "Ottilie", "Quetzal"), person("R-2", "Wendelin", "Xylander")}
}

// webhook stores events as a webhook does.
func (a *ats) webhook(events ...hire.Event) (fresh int) {
	a.t.Helper()
	fresh, err := a.add(events...)
	if err != nil {
		a.t.Fatal(err)
	}
	return fresh
}

func (a *ats) add(events ...hire.Event) (fresh int, err error) {
	return hires.Add(a.t.Context(), a.Store, a.logger(), hires.Batch{Flow: "ats", Events: slices.Clone(events), Add: a.State.Hires.AddHires})
}

// states are those of the stored hires, by the ids of the ATS.
func (a *ats) states() map[string]string {
	a.t.Helper()
	all, err := a.State.Hires.Hires(a.t.Context(), state.HireFilter{Flow: "ats"})
	if err != nil {
		a.t.Fatal(err)
	}
	states := make(map[string]string)
	for _, h := range all {
		states[h.EventID] = h.State
	}
	return states
}

func (a *ats) wantStates(want map[string]string) {
	a.t.Helper()
	if diff := cmp.Diff(want, a.states()); diff != "" {
		a.t.Errorf("the hires:\n%s", diff)
	}
}

// stored is a hire by the id of the ATS.
func (a *ats) stored(id string) state.Hire {
	a.t.Helper()
	all, err := a.State.Hires.Hires(a.t.Context(), state.HireFilter{Flow: "ats"})
	if err != nil {
		a.t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(h state.Hire) bool { return h.EventID == id })
	if i < 0 {
		a.t.Fatalf("there is no hire %s", id)
	}
	return all[i]
}

// saidOfHires are the codes of what was found about hires, with the hire.
func (a *ats) saidOfHires(r state.Record) (said []string) {
	for _, f := range r.Findings {
		if about, _, ok := strings.Cut(f.Message, ": "); ok && strings.HasPrefix(about, "hire ") && f.Row == 0 && f.Cell == "" {
			said = append(said, f.Code+" "+about)
		}
	}
	return said
}

// named counts the employees of a last name.
func (a *ats) named(last string) (n int) {
	for _, p := range a.Tenant.Users() {
		if p.LastName == last {
			n++
		}
	}
	return n
}

const header = "externalId;lastName;firstName;mail;dtContractStart\n"

// drop drops a file of hires, compressed where the flow undoes that.
func (a *ats) drop(name string, rows ...string) {
	a.t.Helper()
	content := header + strings.Join(rows, "\n") + "\n"
	if len(a.unwrap) > 0 {
		var b strings.Builder
		w := gzip.NewWriter(&b)
		if _, err := io.WriteString(w, content); err != nil {
			a.t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			a.t.Fatal(err)
		}
		content = b.String()
	}
	a.Write(content, "in", name)
}

func row(e hire.Event) string {
	return strings.Join([]string{e.ExternalID, e.LastName, e.FirstName, e.Mail, e.ContractStart.String()}, ";")
}

// TestHiresBecomeEmployees, of an ATS that has no files.
func TestHiresBecomeEmployees(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.source.File = nil
	a.webhook(two()...)
	a.hired = []hire.Event{person("R-3", "Zacharie", "Zwingli")}
	r := a.run(run.Done)
	if r.Changes.Create != 3 || a.named("Quetzal") != 1 || a.named("Xylander") != 1 || a.named("Zwingli") != 1 {
		t.Errorf("%+v", r.Changes)
	}
	if diff := cmp.Diff(&run.Rows{Read: 3, Sent: 3}, r.Rows); diff != "" {
		t.Error(diff)
	}
	a.wantStates(map[string]string{"R-1": state.HireApplied, "R-2": state.HireApplied, "R-3": state.HireApplied})
	if slices.Contains(flowtest.Codes(r), "hires_waiting") {
		t.Error("hires are said to wait, and none does")
	}
	if h := a.stored("R-1"); h.EmployeeID == 0 || h.Run != r.ID {
		t.Errorf("%+v", h)
	}
	if asked := slices.ContainsFunc(r.Durations, func(s run.Step) bool { return s.Name == string(step.Ask) }); !asked || !r.Requests.Polled || r.Requests.Lucca == 0 {
		t.Errorf("%+v, %+v", r.Requests, r.Durations)
	}
	// What is said of a hire names it, and no row of a file that there is not.
	var said []string
	for _, id := range []string{"R-1", "R-2", "R-3"} {
		for range 3 { // what the defaults fill in
			said = append(said, "default_used hire "+a.stored(id).ID)
		}
	}
	if diff := cmp.Diff(said, a.saidOfHires(r)); diff != "" {
		t.Error(diff)
	}
	for message, want := range map[string]int{"msg=hire.received": 3, "msg=hire.settled": 3, "Quetzal": 0} {
		if n := strings.Count(a.log.String(), message); n != want {
			t.Errorf("the log has %q %d times, want %d:\n%s", message, n, want, a.log.String())
		}
	}
	// What the ATS tells again is known, and nobody is created twice.
	if a.webhook(two()...) != 0 {
		t.Error("a known hire waits again")
	}
	if r := a.run(run.Nothing); r.Reason != "no hire waits" {
		t.Errorf("%s", r.Reason)
	}
}

func TestDroppedFileOfHires(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.in.Picks, a.in.Queued, a.source.Poll = true, true, nil
	people := two()
	a.drop("hired.csv", row(people[0]), "R-9;;;;not a date", row(people[1]))
	r, result, err := a.attempt()
	if err != nil || r.Outcome != run.Rejections || r.Rows.Read != 3 || r.Rows.Rejected != 1 || r.Reason != "1 row of the file was rejected: see the findings" {
		t.Fatalf("%s %s %+v %v", r.Outcome, r.Reason, r.Rows, err)
	}
	if got := a.Names("in", "processed"); !slices.Equal(got, []string{"hired.csv", "hired.csv.report.csv"}) || len(result.Reports) != 1 || result.Place != "processed/hired.csv" {
		t.Errorf("%q, said %q in %q", got, result.Reports, result.Place)
	}
	if r.File == nil || r.File.Name != "hired.csv" || r.Requests.Polled {
		t.Errorf("of %+v, %+v", r.File, r.Requests)
	}
	a.wantStates(map[string]string{"R-1": state.HireApplied, "R-2": state.HireApplied})
	// A file that cannot be read fails the run, and does not keep others from being created.
	a.Write("externalId;lastName;firstName\nR-8;Yersin;Yolande\n", "in", "bad.csv")
	a.webhook(person("R-3", "Zacharie", "Zwingli"))
	r = a.run(run.Failed)
	if want := (run.Rows{Read: 1, Sent: 1}); a.named("Zwingli") != 1 || *r.Rows != want || strings.Count(r.Reason, "the column mail") != 1 {
		t.Errorf("%s %+v", r.Reason, r.Rows)
	}
	if got := a.Names("in", "failed"); !slices.Equal(got, []string{"bad.csv", "bad.csv.report.csv"}) {
		t.Errorf("failed is %q", got)
	}
	if left := a.Names("spool", r.ID, "incoming"); len(left) > 0 {
		t.Errorf("left of what could not be read: %q", left)
	}
	a.drop("again.csv", row(people[1]), row(people[0]))
	a.run(run.Nothing)
}

// TestHiresAreCreatedInTheOrderInWhichTheyCame, also those of one file.
func TestHiresAreCreatedInTheOrderInWhichTheyCame(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.in.Picks, a.source.Poll = true, nil
	var rows []string
	for _, first := range []string{"Ulla", "Otto", "Ida", "Emma", "Anna", "Zeno"} {
		rows = append(rows, row(person(first, first, first+"mann")))
	}
	a.webhook(two()[0])
	a.drop("hired.csv", rows...)
	a.run(run.Done)
	last := a.stored("R-1").EmployeeID
	for _, first := range []string{"Ulla", "Otto", "Ida", "Emma", "Anna", "Zeno"} {
		if id := a.stored(first).EmployeeID; id <= last {
			t.Errorf("%s came later, and is employee %d after %d", first, id, last)
		} else {
			last = id
		}
	}
}

// TestWhoeverHasNoDayIsHiredOnTheDayOfTheFile, as its remote has it; of a file that a person gives it
// is now.
func TestWhoeverHasNoDayIsHiredOnTheDayOfTheFile(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.in.Picks, a.source.Poll = true, nil
	written := time.Now().AddDate(0, 0, -9).UTC().Truncate(time.Second)
	for i, name := range []string{"in/hired.csv", "given.csv"} {
		e := two()[i]
		a.Write(header+strings.Join([]string{e.ExternalID, e.LastName, e.FirstName, e.Mail, ""}, ";")+"\n", name)
		if err := os.Chtimes(filepath.Join(a.Dir, name), written, written); err != nil {
			t.Fatal(err)
		}
	}
	a.run(run.Done)
	a.in.File = filepath.Join(a.Dir, "given.csv")
	given := a.run(run.Done)
	for id, want := range map[string]time.Time{"R-1": written, "R-2": given.StartedAt} {
		if s, err := hires.Decode(a.stored(id)); err != nil || !s.Event.HiredAt.Equal(want) {
			t.Errorf("%s was hired at %s, want %s (%v)", id, s.Event.HiredAt, want, err)
		}
	}
}

func TestGivenFileOfHires(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.Write(header+row(two()[0])+"\n", "given.csv")
	a.in.File = filepath.Join(a.Dir, "given.csv")
	if r := a.run(run.Done); len(a.asked) != 0 || a.named("Quetzal") != 1 || r.File == nil || r.File.Name != "given.csv" {
		t.Errorf("asked %d times, of %+v", len(a.asked), r.File)
	}
	a.in.File = filepath.Join(a.Dir, "none.csv")
	if r := a.run(run.Failed); !strings.Contains(r.Reason, "--file: ") || len(r.Findings) > 0 {
		t.Errorf("%s, %v", r.Reason, r.Findings)
	}
	a.source.File = nil
	if r := a.run(run.Failed); !strings.Contains(r.Reason, "has no files: --file is for the sources generic") {
		t.Errorf("%s", r.Reason)
	}
}

func TestMissingFileOfHiresFailsTheRun(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.in.Picks = true
	a.expect = inbox.Expectation{By: "07:00", Zone: time.UTC}
	a.hired = two()
	if r := a.run(run.Failed); !strings.HasPrefix(r.Reason, "missing: no file") || a.named("Quetzal") != 1 || !slices.Contains(flowtest.Codes(r), finding.Missing) {
		t.Errorf("%s %v", r.Reason, flowtest.Codes(r))
	}
}

// TestHiresDoNotWaitForAnATSThatIsDown, but the run fails.
func TestHiresDoNotWaitForAnATSThatIsDown(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.webhook(two()...)
	a.answer = errors.New("down for repair")
	r := a.run(run.Failed)
	if r.Rows.Sent != 2 || !strings.Contains(r.Reason, "down for repair") || r.Requests.Polled || !slices.Contains(flowtest.Codes(r), "poll_failed") {
		t.Errorf("%s %+v %+v", r.Reason, r.Rows, r.Requests)
	}
	if a.named("Quetzal") != 1 || strings.Count(r.Reason, "down for repair") != 1 {
		t.Errorf("%d were created: %s", a.named("Quetzal"), r.Reason)
	}
	// Also where a person has to look at the others.
	a.webhook(person("R-3", "Zacharie", "Zwingli"))
	a.in.Change.Approval = plan.ApproveAlways
	if r := a.run(run.Held); strings.Count(r.Reason, "down for repair") != 1 {
		t.Errorf("held: %s", r.Reason)
	}
}

// TestHiresDoNotWaitForARemoteThatIsDown, but the run fails.
func TestHiresDoNotWaitForARemoteThatIsDown(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.in.Picks = true
	a.webhook(two()...)
	a.Faults.Reset(0, false, false)
	a.Faults.Always = "connect"
	r := a.run(run.Failed)
	if r.Rows.Sent != 2 || !slices.Contains(flowtest.Codes(r), "file_failed") || a.named("Quetzal") != 1 {
		t.Errorf("%s %+v", r.Reason, r.Rows)
	}
}

// TestATSIsAskedSinceTheLastAnswer, and rests after a poll when a webhook asked for the run.
func TestATSIsAskedSinceTheLastAnswer(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.answer = errors.New("down")
	first := a.run(run.Failed)
	a.answer = nil
	second := a.run(run.Nothing)
	a.run(run.Nothing)
	if len(a.asked) != 3 || !a.asked[1].Since.Equal(first.StartedAt) || !a.asked[2].Since.Equal(second.StartedAt) {
		t.Errorf("asked since %v", a.asked)
	}
	a.in.Queued = true
	a.run(run.Nothing)
	record := a.Begin("ats", run.Hires)
	record.Scheduled = true
	if r, _, err := a.Perform(record, a.work(record)); err != nil || r.Outcome != run.Nothing {
		t.Fatal(r.Reason, err)
	}
	if len(a.asked) != 4 {
		t.Errorf("asked %d times, want once more: for the schedule", len(a.asked))
	}
	// What was not answered is asked for again, from the last answer on.
	a.in.Queued = false
	a.answer = errors.New("down")
	a.run(run.Failed)
	a.answer = nil
	a.run(run.Nothing)
	if n := len(a.asked); n != 6 || !a.asked[5].Since.Equal(a.asked[4].Since) {
		t.Errorf("asked %d times, since %v", n, a.asked)
	}
}

// TestARunOfTheQueueAsksTheATSNowAndThen: it came for what is stored, and the ATS is left alone for a
// quarter of an hour.
func TestARunOfTheQueueAsksTheATSNowAndThen(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before []time.Duration // runs that asked, so long after now
		after  time.Duration
		asks   bool
	}{
		"the first":                      {nil, 0, true},
		"at once":                        {[]time.Duration{0}, time.Second, false},
		"after almost a quarter":         {[]time.Duration{0}, 15*time.Minute - time.Second, false},
		"after a quarter":                {[]time.Duration{0}, 15 * time.Minute, true},
		"when a clock was ahead":         {[]time.Duration{-time.Hour, 40 * time.Minute}, 0, true},
		"when it was ahead, and at once": {[]time.Duration{0, 40 * time.Minute}, time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newATS(t)
			now := flow.Now()
			begin := func(after time.Duration) state.Record {
				at := now.Add(after)
				r := state.Record{Run: run.Run{ID: run.NewID(at), Flow: "ats", Kind: run.Hires, Slot: at.Truncate(time.Second), StartedAt: at}}
				if _, err := a.State.Runs.Begin(t.Context(), r); err != nil {
					t.Fatal(err)
				}
				if r, _, err := a.Perform(r, a.work(r)); err != nil || r.Outcome != run.Nothing {
					t.Fatal(r.Reason, err)
				}
				return r
			}
			for _, after := range tt.before {
				begin(after)
			}
			a.in.Queued, a.asked = true, nil
			if begin(tt.after); (len(a.asked) == 1) != tt.asks {
				t.Errorf("asked %v", a.asked)
			}
			if tt.asks && a.asked[0].Since.After(now.Add(tt.after)) {
				t.Errorf("asked for who is hired from %s on, and it is %s", a.asked[0].Since, now.Add(tt.after))
			}
		})
	}
}

// TestTheSameFileOfHiresAgain is put away, and nobody is created twice.
func TestTheSameFileOfHiresAgain(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.in.Picks, a.source.Poll = true, nil
	a.drop("hired.csv", row(two()[0]))
	a.run(run.Done)
	a.drop("again.csv", row(two()[0]))
	r, result, err := a.attempt()
	if err != nil || r.Outcome != run.Nothing || r.Reason != "no hire waits" || r.File == nil || r.File.Name != "again.csv" || result.Place != "processed/again.csv" {
		t.Errorf("%s %s, of %+v in %q: %v", r.Outcome, r.Reason, r.File, result.Place, err)
	}
	if got := a.Names("in", "processed"); !slices.Equal(got, []string{"again.csv", "hired.csv"}) || len(a.Names("in")) > 0 || a.named("Quetzal") != 1 {
		t.Errorf("%q, and %d were created", got, a.named("Quetzal"))
	}
}

func TestUnreadableHireOfAPollIsAFinding(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	bad := person("R-9", "Un", "Lesbar")
	bad.JobTitle = "unreadable"
	a.hired = []hire.Event{bad}
	r := a.run(run.Rejections)
	if !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.Code == "bad_hire" && f.Row == 0 }) {
		t.Errorf("%v", r.Findings)
	}
}

// TestWhoIsInLuccaIsLinked, and whoever may be is left to a person, who has the last word.
func TestWhoIsInLuccaIsLinked(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	there := a.Tenant.Users()[10]
	linked := person("R-1", there.FirstName, there.LastName)
	linked.Mail = there.Mail
	doubtful := person("R-2", there.FirstName, there.LastName)
	doubtful.Mail = "somebody.else@acme.example"
	a.webhook(linked, doubtful)
	before := len(a.Tenant.Users())
	r := a.run(run.Rejections)
	if len(a.Tenant.Users()) != before || !strings.Contains(r.Reason, "waits for a person") || r.Rows.Rejected != 1 {
		t.Errorf("%s %+v", r.Reason, r.Rows)
	}
	a.wantStates(map[string]string{"R-1": state.HireLinked, "R-2": state.HireHeld})
	if a.stored("R-1").EmployeeID != there.ID {
		t.Errorf("linked to %d", a.stored("R-1").EmployeeID)
	}
	a.run(run.Nothing)
	if _, err := hires.Retry(t.Context(), a.Store, hires.Decision{ID: a.stored("R-2").ID}); err != nil {
		t.Fatal(err)
	}
	a.run(run.Done)
	a.wantStates(map[string]string{"R-1": state.HireLinked, "R-2": state.HireApplied})
	if len(a.Tenant.Users()) != before+1 {
		t.Error("whom a person wants was not created")
	}
	for _, id := range []string{"R-1", "R-2"} {
		if _, err := hires.Drop(t.Context(), a.Store, hires.Decision{ID: a.stored(id).ID}); !errors.Is(err, run.ErrUsage) {
			t.Errorf("dropped %s: %v", id, err)
		}
	}
}

// TestRefusedHireWaitsAgainOnceMended, by the ATS or by a person.
func TestRefusedHireWaitsAgainOnceMended(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	bad := two()[0]
	bad.Role = "Empereur"
	a.webhook(bad)
	r := a.run(run.Rejections)
	if !strings.Contains(r.Reason, "1 hire was refused") || a.stored("R-1").Reason == "" {
		t.Errorf("%s, %q", r.Reason, a.stored("R-1").Reason)
	}
	a.wantStates(map[string]string{"R-1": state.HireRefused})
	bad.HiredAt = bad.HiredAt.Add(time.Hour)
	if a.webhook(bad) != 0 {
		t.Error("the same again waits, as it was sent at another time")
	}
	bad.Role = "Utilisateur"
	if n := a.webhook(bad); n != 1 || a.stored("R-1").Reason != "" {
		t.Errorf("of what was mended %d wait: %q", n, a.stored("R-1").Reason)
	}
	a.run(run.Done)
	a.webhook(person("R-7", "Dora", "Dropp"))
	if _, err := hires.Drop(t.Context(), a.Store, hires.Decision{ID: a.stored("R-7").ID}); err != nil {
		t.Fatal(err)
	}
	if a.webhook(person("R-7", "Dora", "Droppp")) != 0 {
		t.Error("a hire that was dropped waits again")
	}
	a.run(run.Nothing)
}

// TestTwinsAreOneHire: the same application, under a number and under a text.
func TestTwinsAreOneHire(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	byNumber, byText := person("123", "Ottilie", "Quetzal"), person("abc", "Ottilie", "Quetzal")
	byNumber.Twin, byText.Twin = "twin", "twin"
	a.webhook(byNumber)
	a.webhook(byText)
	a.run(run.Done)
	a.wantStates(map[string]string{"123": state.HireApplied, "abc": state.HireLinked})
	if reason := a.stored("abc").Reason; a.named("Quetzal") != 1 || reason != "the same hire as "+a.stored("123").ID {
		t.Errorf("%d were created: %s", a.named("Quetzal"), reason)
	}
	linked := a.stored("abc")
	later := byNumber
	later.ExternalID = "xyz"
	a.webhook(later)
	a.run(run.Nothing)
	if got := a.stored("xyz"); got.State != state.HireLinked || got.EmployeeID != a.stored("123").EmployeeID || got.EmployeeID == 0 {
		t.Errorf("the same application as an employee is %+v", got)
	}
	if diff := cmp.Diff(linked, a.stored("abc")); diff != "" {
		t.Errorf("what is settled was settled again:\n%s", diff)
	}
	damaged := a.stored("123")
	damaged.Data, damaged.State = []byte("{"), state.HireReceived
	if err := a.State.Whole.HireBook().SaveHires(t.Context(), damaged); err != nil {
		t.Fatal(err)
	}
	if r := a.run(run.Rejections); !slices.Contains(flowtest.Codes(r), "hire_damaged") {
		t.Errorf("%v", flowtest.Codes(r))
	}
}

// TestDryRunOfHiresChangesNothing, and says what a run would do.
func TestDryRunOfHiresChangesNothing(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.in.Picks = true
	a.drop("hired.csv", row(two()[1]))
	a.hired = []hire.Event{two()[0]}
	a.webhook(two()[0], person("R-3", "Zacharie", "Zwingli"))
	record := state.Record{Run: run.Run{ID: run.NewID(flow.Now()), Flow: "ats", Kind: run.Hires, Slot: flow.Now(), StartedAt: flow.Now()}}
	before := a.Tenant.Users()
	rehearse := func(d hires.Deps, record state.Record) (state.Record, flow.Result) {
		r, err := a.Life().Rehearse(t.Context(), &record, func(ctx context.Context, folder string) (flow.Result, error) {
			return hires.Kind{Deps: d, Input: a.input(record)}.Rehearse(ctx, folder)
		})
		if err != nil || record.Outcome != run.Done {
			t.Fatalf("%s %s %v", record.Outcome, record.Reason, err)
		}
		return record, r
	}
	if r, result := rehearse(a.deps(), record); r.Changes.Create != 3 || len(result.Plan.Items) != 3 || !slices.Contains(a.saidOfHires(r), "default_used hire new 1") {
		t.Errorf("%+v, %v", r.Changes, a.saidOfHires(r))
	}
	first := a.deps()
	first.Store, first.Inbox.Known, first.Inbox.Journal = hires.StoreOf(nil), nil, (*state.Store)(nil).Pickups().PickupJournal()
	if r, _ := rehearse(first, record); r.Changes.Create != 2 {
		t.Errorf("before the first run: %+v", r.Changes)
	}
	a.wantStates(map[string]string{"R-1": state.HireReceived, "R-3": state.HireReceived})
	if !cmp.Equal(before, a.Tenant.Users()) || !slices.Equal(a.Names("in"), []string{"hired.csv"}) || len(a.Names("spool", record.ID)) > 0 {
		t.Error("a dry run changed something")
	}
	asked := len(a.asked)
	a.Write(header+row(person("R-8", "Yolande", "Yersin"))+"\n", "given.csv")
	a.in.File = filepath.Join(a.Dir, "given.csv")
	if r, _ := rehearse(a.deps(), record); r.Changes.Create != 3 || len(a.asked) != asked {
		t.Errorf("of a given file: %+v, asked %d times more", r.Changes, len(a.asked)-asked)
	}
	a.in.File = ""
	if ran := a.run(run.Done); ran.Changes.Create != 3 {
		t.Errorf("%+v", ran.Changes)
	}
}

// TestNobodyDecidesOnHiresOfARunAtWork, which may be creating them.
func TestNobodyDecidesOnHiresOfARunAtWork(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.webhook(append(two(), person("R-3", "Zacharie", "Zwingli"))...)
	if _, err := hires.Drop(t.Context(), hires.StoreOf(a.State.Whole), hires.Decision{ID: a.stored("R-3").ID}); err != nil {
		t.Errorf("dropped before the first run: %v", err)
	}
	record := a.Begin("ats", run.Hires)
	if _, err := hires.Drop(t.Context(), a.Store, hires.Decision{ID: a.stored("R-1").ID}); !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), record.ID) {
		t.Errorf("dropped: %v", err)
	}
	if _, err := hires.Drop(t.Context(), a.Store, hires.Decision{ID: "none"}); !errors.Is(err, run.ErrUsage) {
		t.Errorf("dropped one that is not there: %v", err)
	}
	if r, _, err := a.Perform(record, a.work(record)); err != nil || r.Outcome != run.Done {
		t.Error(r.Outcome, err)
	}
}

// TestARunSaysHowManyHiresAreLeftToPeople, of each kind.
func TestARunSaysHowManyHiresAreLeftToPeople(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.in.Picks = true
	var refused []hire.Event
	for _, e := range two() {
		e.Role = "Empereur"
		refused = append(refused, e)
	}
	other := a.namesake("R-4")
	other.FirstName, other.LastName = a.Tenant.Users()[11].FirstName, a.Tenant.Users()[11].LastName
	a.webhook(append(refused, a.namesake("R-3"), other)...)
	a.drop("hired.csv", "R-5;;;;not a date", "R-6;;;;not a date", row(person("R-7", "Zacharie", "Zwingli")))
	r := a.run(run.Rejections)
	want := "2 hires were refused: see lucca-exchange hires; 2 hires wait for a person: see lucca-exchange hires; 2 rows of the file were rejected: see the findings"
	if rows := (run.Rows{Read: 7, Sent: 1, Rejected: 6}); r.Reason != want || *r.Rows != rows {
		t.Errorf("%s, %+v", r.Reason, r.Rows)
	}
	for _, id := range []string{"R-3", "R-4"} {
		h := a.stored(id)
		if !slices.Contains(a.saidOfHires(r), "homonym hire "+h.ID) || h.Reason != hire.Homonym.Message() {
			t.Errorf("%s is held because %q; said is %q", id, h.Reason, a.saidOfHires(r))
		}
		if offer := "lucca-exchange hires retry " + h.ID + " creates the employee"; !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return strings.Contains(f.Message, offer) }) {
			t.Errorf("nobody is told: %s", offer)
		}
	}
}

// TestEveryRefusedHireSaysWhy, also of more than a run lists.
func TestEveryRefusedHireSaysWhy(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.in.Change.Limits.Rejected = new(limit.Percent(100))
	const count = finding.MostListed + 5
	var many []hire.Event
	for i := range count {
		e := person(fmt.Sprint("R-", i), "Ana", fmt.Sprint("Name", i))
		e.Mail, e.Role = fmt.Sprintf("user%d@acme.example", i), "Empereur"
		many = append(many, e)
	}
	a.webhook(many...)
	r := a.run(run.Rejections)
	if r.Rows.Rejected != count || r.Reason != fmt.Sprintf("%d hires were refused: see lucca-exchange hires", count) {
		t.Errorf("%+v: %s", r.Rows, r.Reason)
	}
	for _, id := range []string{"R-0", fmt.Sprint("R-", count-1)} {
		if h := a.stored(id); h.State != state.HireRefused || !strings.Contains(h.Reason, "role") {
			t.Errorf("%s is %s: %q", id, h.State, h.Reason)
		}
	}
}

// TestARunTakesSoManyHiresAtMost, and the next goes on with those beyond.
func TestARunTakesSoManyHiresAtMost(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	there := a.Tenant.Users()[10]
	e := person("", there.FirstName, there.LastName) // of an employee, so that nobody is to be planned
	e.Mail = there.Mail
	const most = 50_000
	for i := range most + 3 {
		e.ExternalID = fmt.Sprint(i)
		a.hired = append(a.hired, e)
	}
	r, result := a.rehearse(run.Nothing)
	if r.Rows.Read != most || result.Waiting != 1 || r.Reason != "nobody is to be created" {
		t.Errorf("%+v, %d wait: %s", r.Rows, result.Waiting, r.Reason)
	}
	if !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool {
		return f.Code == "hires_waiting" && strings.HasPrefix(f.Message, "3 more hires wait: a run takes 50000 at most")
	}) {
		t.Errorf("%v", r.Findings)
	}
}

// rehearse is a dry run that ends in an outcome.
func (a *ats) rehearse(want run.Outcome) (state.Record, flow.Result) {
	a.t.Helper()
	record := state.Record{Run: run.Run{ID: run.NewID(flow.Now()), Flow: "ats", Kind: run.Hires, Slot: flow.Now(), StartedAt: flow.Now()}}
	result, err := a.Life().Rehearse(a.t.Context(), &record, func(ctx context.Context, folder string) (flow.Result, error) {
		return hires.Kind{Deps: a.deps(), Input: a.input(record)}.Rehearse(ctx, folder)
	})
	if err != nil || record.Outcome != want {
		a.t.Fatalf("the dry run ended as %s: %s (%v), want %s", record.Outcome, record.Reason, err, want)
	}
	return record, result
}

// TestADryRunSaysWhatIsWrong, as the run would.
func TestADryRunSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		given  func(a *ats)
		want   run.Outcome
		says   string
		create int
	}{
		"a file that cannot be read": {func(a *ats) { a.Write("nonsense\n", "in", "bad.csv") }, run.Failed, "the column externalId is missing", 0},
		"an ATS that is down":        {func(a *ats) { a.answer = errors.New("down for repair") }, run.Failed, "down for repair", 2},
		"no ATS to ask":              {func(a *ats) { a.source.Poll = nil }, run.Done, "", 2},
		"a remote that is down":      {func(a *ats) { a.Faults.Always = "connect" }, run.Failed, "connect", 0},
		"a row that is no hire":      {func(a *ats) { a.drop("hired.csv", "R-9;;;;not a date") }, run.Rejections, "1 row of the file was rejected", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newATS(t)
			a.in.Picks = true
			a.webhook(two()...)
			tt.given(a)
			r, _ := a.rehearse(tt.want)
			created := 0
			if r.Changes != nil {
				created = r.Changes.Create
			}
			if !strings.Contains(r.Reason, tt.says) || (tt.says == "") != (r.Reason == "") || created != tt.create {
				t.Errorf("%q, %d would be created", r.Reason, created)
			}
			a.wantStates(map[string]string{"R-1": state.HireReceived, "R-2": state.HireReceived})
		})
	}
	a := newATS(t)
	a.in.Picks, a.source.File = true, nil
	if _, err := hires.Rehearse(t.Context(), a.deps(), a.input(state.Record{})); !errors.Is(err, run.ErrUsage) {
		t.Errorf("of an ATS without files: %v", err)
	}
}

// TestARunThatIsCanceledWhileTheATSIsAsked ends there: nobody is created, and the ATS is not at fault.
func TestARunThatIsCanceledWhileTheATSIsAsked(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(context.Context, hires.Deps, hires.Input) (flow.Result, error){"a run": hires.Run, "a dry run": hires.Rehearse} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newATS(t)
			a.webhook(two()...)
			ctx, cancel := context.WithCancel(t.Context())
			a.whenAsked, a.answer = cancel, errors.New("the answer was cut")
			r, err := do(ctx, a.deps(), a.input(a.Begin("ats", run.Hires)))
			if !errors.Is(err, a.answer) || len(r.Log.Listed) > 0 || a.named("Quetzal") > 0 {
				t.Errorf("%v, %v", err, r.Log.Listed)
			}
		})
	}
}

// TestAKeyThatMayNotSeeTheLoginsFailsTheRun, which says why: whom Lucca has would be created again.
func TestAKeyThatMayNotSeeTheLoginsFailsTheRun(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.Tenant = sandbox.New(sandbox.NewCompany(40, 1, time.Now()), sandbox.Options{Keys: []sandbox.Key{{Secret: a.Read("key"), Hidden: []string{"login"}}}, RequestsPerMinute: -1})
	a.webhook(two()...)
	r := a.run(run.Failed)
	if !strings.Contains(r.Reason, "may not see") || !slices.Contains(flowtest.Codes(r), "hidden_field") || slices.Contains(flowtest.Codes(r), "default_used") {
		t.Errorf("%s, %v", r.Reason, r.Findings)
	}
	a.wantStates(map[string]string{"R-1": state.HireReceived, "R-2": state.HireReceived})
}

// TestARunWithoutAFolderFails before it takes anything in.
func TestARunWithoutAFolderFails(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.Write("", "spool")
	a.webhook(two()...)
	if a.run(run.Failed); len(a.asked) > 0 || a.named("Quetzal") > 0 {
		t.Errorf("asked %v", a.asked)
	}
}

// TestTheSameHireInAnotherRowIsNotMended: it does not wait again.
func TestTheSameHireInAnotherRowIsNotMended(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.in.Picks, a.source.Poll = true, nil
	there := a.namesake("R-1")
	a.drop("a.csv", row(two()[0]), row(there))
	a.run(run.Rejections)
	held := a.stored("R-1")
	a.drop("b.csv", row(there))
	a.run(run.Nothing)
	if diff := cmp.Diff(held, a.stored("R-1")); diff != "" {
		t.Error(diff)
	}
}

// TestHiresThatCannotBeStored are refused, with all that came with them.
func TestHiresThatCannotBeStored(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	nameless, endless, unborn := two()[1], two()[1], two()[1]
	nameless.ExternalID, endless.JobTitle, unborn.HiredAt = "", strings.Repeat("x", 2000), time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, e := range map[string]hire.Event{"without an id": nameless, "with an endless title": endless, "in a year that cannot be written": unborn} {
		if n, err := a.add(two()[0], e); err == nil || n != 0 {
			t.Errorf("one %s: %d, %v", name, n, err)
		}
	}
	a.wantStates(map[string]string{})
}

// resumes has the queue go on with a run whose process is gone: it has left no outcome.
func (a *ats) resumes(record state.Record) (state.Record, flow.Result) {
	a.t.Helper()
	a.in.Resumed, a.in.Queued = true, true
	defer func() { a.in.Resumed, a.in.Queued = false, false }()
	r, result, err := a.Perform(record, a.work(record))
	if err != nil {
		a.t.Fatal(err)
	}
	return r, result
}

// TestTheQueueGoesOnWithItsOwnRun, and does not take it for another one.
func TestTheQueueGoesOnWithItsOwnRun(t *testing.T) {
	t.Parallel()
	died := func(a *ats) state.Record {
		record := a.Begin("ats", run.Hires)
		_, _ = hires.Run(t.Context(), a.deps(), a.input(record)) // how it ended nobody has heard
		return record
	}
	t.Run("while it creates", func(t *testing.T) {
		t.Parallel()
		a := newATS(t)
		a.webhook(two()...)
		a.Faults.Always = "create"
		record := died(a)
		a.Faults.Always = ""
		r, result := a.resumes(record)
		if r.Outcome != run.Done || r.Reason != "" || result.Waiting != 0 || r.Rows.Read != 2 || r.Rows.Sent != 2 {
			t.Errorf("%s %q, %d wait, %+v", r.Outcome, r.Reason, result.Waiting, r.Rows)
		}
		a.wantStates(map[string]string{"R-1": state.HireApplied, "R-2": state.HireApplied})
	})
	t.Run("while Lucca gives no answer, again and again", func(t *testing.T) {
		t.Parallel()
		a := newATS(t)
		a.webhook(two()[0])
		a.Faults.Always = "create"
		if r, _ := a.resumes(died(a)); r.Outcome != run.Rejections || a.named("Quetzal") != 0 {
			t.Errorf("%s %s", r.Outcome, r.Reason)
		}
		a.Faults.Always = ""
		a.run(run.Done) // later hires do not wait for it, nor it for a person
		if a.named("Quetzal") != 1 {
			t.Errorf("%d were created", a.named("Quetzal"))
		}
	})
	t.Run("once it is held", func(t *testing.T) {
		t.Parallel()
		a := newATS(t)
		a.in.Change.Approval = plan.ApproveAlways
		a.webhook(two()...)
		record := died(a)
		if _, err := hires.Retry(t.Context(), a.Store, hires.Decision{ID: a.stored("R-1").ID}); !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), "just now") {
			t.Errorf("retried before it had ended: %v", err)
		}
		r, _ := a.resumes(record)
		if r.Outcome != run.Held || r.Changes.Create != 2 {
			t.Fatalf("%s %s", r.Outcome, r.Reason)
		}
		if _, err := a.approve(r.ID); err != nil || a.named("Quetzal") != 1 || a.named("Xylander") != 1 {
			t.Errorf("%d and %d were created, %v", a.named("Quetzal"), a.named("Xylander"), err)
		}
	})
}
