package hires_test

import (
	"context"
	"errors"
	"log/slog"
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
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/state"
)

// ats is a hires flow of an ATS that can be asked, and that drops files in the folder in.
type ats struct {
	*flowtest.World
	Store hires.Store
	t     testing.TB
	in    hires.Input
	// hired is what the ATS answers, asked what it was asked.
	hired  []hire.Event
	asked  []hire.Poll
	answer error
	source hire.Source
	expect inbox.Expectation
}

// Poll answers.
func (a *ats) Poll(_ context.Context, p hire.Poll) (hire.Found, error) {
	a.asked = append(a.asked, p)
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
		Store: a.Store, Source: a.source, Room: a.Room, Logger: slog.New(slog.DiscardHandler), Progress: func(int, int) {},
		Inbox: inbox.Inbox{
			Flow: "ats", Stores: true, From: a.Source("in", "*.csv"), Known: a.State.Inbox(), Journal: a.State.Pickups.PickupJournal(), Steady: new(sync.Map),
			Room: a.Room, Spool: a.Spool(), Logger: slog.New(slog.DiscardHandler), Expect: a.expect,
		},
	}
}

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
	fresh, err := hires.Add(a.t.Context(), a.Store, slog.New(slog.DiscardHandler), hires.Batch{Flow: "ats", Events: slices.Clone(events), Add: a.State.Hires.AddHires})
	if err != nil {
		a.t.Fatal(err)
	}
	return fresh
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

// drop drops a file of hires.
func (a *ats) drop(name string, rows ...string) {
	a.Write(header+strings.Join(rows, "\n")+"\n", "in", name)
}

func row(e hire.Event) string {
	return strings.Join([]string{e.ExternalID, e.LastName, e.FirstName, e.Mail, e.ContractStart.String()}, ";")
}

func TestHiresBecomeEmployees(t *testing.T) {
	t.Parallel()
	a := newATS(t)
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
	if !r.Requests.Polled || r.Requests.Lucca == 0 {
		t.Errorf("%+v", r.Requests)
	}
	if !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool {
		return f.Row == 0 && strings.HasPrefix(f.Message, "hire "+a.stored("R-1").ID)
	}) {
		t.Errorf("the findings name rows of no file: %v", r.Findings)
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
	a.in.Picks, a.source.Poll = true, nil
	people := two()
	a.drop("hired.csv", row(people[0]), "R-9;;;;not a date", row(people[1]))
	r, result, err := a.attempt()
	if err != nil || r.Outcome != run.Rejections || r.Rows.Read != 3 || r.Rows.Rejected != 1 || !strings.Contains(r.Reason, "1 row of the file was rejected") {
		t.Fatalf("%s %s %+v %v", r.Outcome, r.Reason, r.Rows, err)
	}
	if got := a.Names("in", "processed"); !slices.Equal(got, []string{"hired.csv", "hired.csv.report.csv"}) || len(result.Reports) != 1 {
		t.Errorf("%q, said %q", got, result.Reports)
	}
	a.wantStates(map[string]string{"R-1": state.HireApplied, "R-2": state.HireApplied})
	// A file that cannot be read fails the run, and does not keep others from being created.
	a.Write("nonsense\n", "in", "bad.csv")
	a.webhook(person("R-3", "Zacharie", "Zwingli"))
	if r := a.run(run.Failed); a.named("Zwingli") != 1 || r.Rows.Sent != 1 {
		t.Errorf("%s %+v", r.Reason, r.Rows)
	}
	if got := a.Names("in", "failed"); !slices.Contains(got, "bad.csv") {
		t.Errorf("failed is %q", got)
	}
	a.drop("again.csv", row(people[1]), row(people[0]))
	a.run(run.Nothing)
}

func TestGivenFileOfHires(t *testing.T) {
	t.Parallel()
	a := newATS(t)
	a.Write(header+row(two()[0])+"\n", "given.csv")
	a.in.File = filepath.Join(a.Dir, "given.csv")
	a.run(run.Done)
	if len(a.asked) != 0 || a.named("Quetzal") != 1 {
		t.Errorf("asked %d times", len(a.asked))
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
	if r := a.run(run.Failed); !strings.Contains(r.Reason, "missing: no file") || a.named("Quetzal") != 1 {
		t.Errorf("%s", r.Reason)
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
	for _, name := range []string{"hired.csv", "again.csv"} {
		a.drop(name, row(two()[0]))
		if r, _, err := a.attempt(); err != nil || r.Outcome != run.Done && r.Outcome != run.Nothing {
			t.Fatal(r.Reason, err)
		}
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
	if a.webhook(bad) != 0 {
		t.Error("the same again waits")
	}
	bad.Role = "Utilisateur"
	if a.webhook(bad) != 1 {
		t.Error("what was mended does not wait")
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
	if r, result := rehearse(a.deps(), record); r.Changes.Create != 3 || len(result.Plan.Items) != 3 {
		t.Errorf("%+v", r.Changes)
	}
	first := a.deps()
	first.Store, first.Inbox.Known, first.Inbox.Journal = nil, nil, (*state.Store)(nil).Pickups().PickupJournal()
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
	a.webhook(two()...)
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
