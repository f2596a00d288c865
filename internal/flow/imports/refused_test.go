package imports_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
)

// fetch is what Lucca's own import does.
func (u *users) fetch(name string) string {
	u.t.Helper()
	content := u.Read("out", name)
	if err := os.Remove(filepath.Join(u.Dir, "out", name)); err != nil {
		u.t.Fatal(err)
	}
	return content
}

// fails is a run that does.
func (u *users) fails() state.Record {
	u.t.Helper()
	r, _, _ := u.attempt()
	if kept := u.Kept(r.ID); kept.Outcome != run.Failed {
		u.t.Fatalf("the run ended as %s: %s", kept.Outcome, kept.Reason)
	}
	return u.Kept(r.ID)
}

// TestRelayNeverReplacesADeltaThatNobodyFetched: its rows are in no later file.
func TestRelayNeverReplacesADeltaThatNobodyFetched(t *testing.T) {
	t.Parallel()
	u := newUsers(t).relays()
	u.drop("users.csv", newcomers("nora")...)
	u.run(run.Done)
	u.drop("users.csv", newcomers("omar")...)
	r := u.fails()
	if !strings.Contains(r.Reason, `"users.csv" stands on out, not fetched yet by Lucca's import`) || !strings.Contains(r.Reason, "file: users_{date}_{time}.csv") || r.Rows.Sent != 0 {
		t.Errorf("%d sent: %s", r.Rows.Sent, r.Reason)
	}
	u.drop("later.csv", newcomers("paul")...)
	u.fails() // which comes first
	if got := u.fetch("users.csv"); !strings.Contains(got, "nora") || strings.Contains(got, "omar") {
		t.Fatalf("handed on:\n%s", got)
	}
	if r := u.run(run.Done); r.Rows.Sent != 1 {
		t.Errorf("%+v", r.Rows)
	}
	if got := u.fetch("users.csv"); !strings.Contains(got, "omar") {
		t.Errorf("handed on:\n%s", got)
	}
	u.run(run.Done)
	if got := u.Names("out"); !slices.Equal(got, list("later.csv")) {
		t.Errorf("handed on are %q", got)
	}
	if in, done := u.Names("in"), u.Names("in", "processed"); len(in) != 0 || len(done) != 3 {
		t.Errorf("left are %q, put away %q", in, done)
	}
}

// TestRelayOfAFullFileReplacesTheOneBefore, which it says anew; a part of one does not.
func TestRelayOfAFullFileReplacesTheOneBefore(t *testing.T) {
	t.Parallel()
	u := newUsers(t).relays()
	u.in.Change.Policy.Mode = plan.Full
	u.drop("users.csv", newcomers("nora")...)
	u.run(run.Done)
	u.drop("users.csv", newcomers("omar")...)
	u.run(run.Done)
	u.drop("users.csv", newcomers("paul")[0]+";reasons", newcomers("paul")[1]+";")
	if r := u.fails(); !strings.Contains(r.Reason, "not fetched yet") {
		t.Errorf("a part: %s", r.Reason)
	}
	if got := u.fetch("users.csv"); !strings.Contains(got, "omar") {
		t.Errorf("handed on:\n%s", got)
	}
	u.run(run.Done)
	if got := u.Read("out", "users.csv"); !strings.Contains(got, "paul") {
		t.Errorf("handed on:\n%s", got)
	}
}

// TestRelayToAServerThatShowsNothing: that it cannot be told whether the file before was fetched is the
// fault of no file, and goes into none of the counts.
func TestRelayToAServerThatShowsNothing(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	of := u.refuses()
	of.blind = true
	u.drop("users.csv", newcomers("nora")...)
	for range 4 {
		if r := u.fails(); !strings.Contains(r.Reason, "does not tell whether the file before was fetched") || slices.Contains(flowtest.Codes(r), "relay_refused") {
			t.Errorf("%s %v", r.Reason, flowtest.Codes(r))
		}
	}
	of.blind = false
	u.run(run.Done)
	u.folders(nil, list("users.csv"), nil)
}

// TestWhatGoesWrongWhileAFileIsSetAside is told, and the next run sets it aside.
func TestWhatGoesWrongWhileAFileIsSetAside(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(u *users){
		"its runs are not known":      func(u *users) { u.Faults.Reads, u.Faults.Always = true, "look up runs" },
		"one of its runs cannot read": func(u *users) { u.Faults.Reads, u.Faults.Always = true, "look up run" },
		"the plan cannot be dropped":  func(u *users) { u.Faults.Always = "plan is dropped" },
		"no room for its report":      (*users).fillSpool,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			of := u.refuses("bad")
			u.drop("bad.csv", newcomers("nora")...)
			u.fails()
			u.fails()
			of.then = func() { harm(u) }
			if r, _, _ := u.attempt(); r.Outcome != run.Failed || !strings.Contains(r.Reason, flowtest.ErrFault.Error()) && !strings.Contains(r.Reason, spool.ErrFull.Error()) {
				t.Errorf("%s %s", r.Outcome, r.Reason)
			}
			u.mend()
			of.then = func() {}
			u.drop("good.csv", newcomers("omar")...)
			u.fails()
			u.folders(list("good.csv"), nil, list("bad.csv", "bad.csv.report.csv"))
			u.run(run.Done)
		})
	}
}

// refusing is a remote that does not take some files.
type refusing struct {
	remote.Remote
	names []string
	cause error
	// shut: it lets nobody in. blind: it does not say what stands there.
	shut, blind bool
	// then is what happens each time.
	then func()
}

func (r *refusing) Open(ctx context.Context) (remote.Session, error) {
	if r.shut {
		return nil, fmt.Errorf("login: %w", remote.ErrPermission)
	}
	s, err := r.Remote.Open(ctx)
	return refusal{s, r}, err
}

type refusal struct {
	remote.Session
	of *refusing
}

func (s refusal) Upload(ctx context.Context, name string, src io.Reader, size int64) error {
	for _, n := range s.of.names {
		if strings.HasPrefix(name, n) {
			s.of.then()
			return fmt.Errorf("upload: 553 not here: %w", s.of.cause)
		}
	}
	return s.Session.Upload(ctx, name, src, size)
}

func (s refusal) Stat(ctx context.Context, name string) (remote.Entry, error) {
	if s.of.blind {
		return remote.Entry{}, fmt.Errorf("stat: %w", remote.ErrPermission)
	}
	return s.Session.Stat(ctx, name)
}

// refuses makes the remote of the relay refuse files whose names begin so.
func (u *users) refuses(names ...string) *refusing {
	of := &refusing{names: names, cause: remote.ErrPermission, then: func() {}}
	u.target = func(to delivery.Target) delivery.Target {
		of.Remote = to.Remote
		to.Remote = of
		return to
	}
	u.relays()
	return of
}

// TestRelayGoesOnPastAFileThatItsTargetAlwaysRefuses: after three times it lies in failed/, and
// is named; the files after it are handed on.
func TestRelayGoesOnPastAFileThatItsTargetAlwaysRefuses(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	u.refuses("bad")
	u.drop("bad.csv", newcomers("nora")...)
	for n := 1; n <= 2; n++ {
		r := u.fails()
		if r.Rows.Sent != 0 || !slices.Contains(flowtest.Codes(r), "relay_refused") || !strings.Contains(r.Reason, "553 not here") {
			t.Errorf("time %d: %+v %v %s", n, r.Rows, flowtest.Codes(r), r.Reason)
		}
		u.drop("good.csv", newcomers("omar")...)
	}
	r := u.fails()
	if want := `out has refused "bad.csv" 3 times`; !strings.Contains(r.Reason, want) || r.Rows.Sent != 0 {
		t.Errorf("%+v %s, want %s", r.Rows, r.Reason, want)
	}
	u.folders(list("good.csv"), nil, list("bad.csv", "bad.csv.report.csv"))
	u.run(run.Done)
	if got := u.Names("out"); !slices.Equal(got, list("good.csv")) {
		t.Errorf("handed on are %q", got)
	}
	// Another file that is refused begins to count anew.
	u.drop("bad2.csv", newcomers("paul")...)
	if r := u.fails(); strings.Contains(r.Reason, "has refused") {
		t.Errorf("given up at once: %s", r.Reason)
	}
	if got := u.Names("in", "failed"); !slices.Equal(got, list("bad.csv", "bad.csv.report.csv")) {
		t.Errorf("put aside are %q", got)
	}
	// Once the target has it, the same content is no repetition.
	u.refuses()
	u.run(run.Done)
	u.drop("bad.csv", newcomers("nora")...)
	u.run(run.Done)
}

// failsAt is a run that began at a time, and fails.
func (u *users) failsAt(started time.Time) state.Record {
	u.t.Helper()
	record := state.Record{Run: run.Run{
		ID: run.NewID(started), Flow: "users", Kind: run.Import, Slot: started.Truncate(time.Second), StartedAt: started,
	}}
	if _, err := u.State.Runs.Begin(u.t.Context(), record); err != nil {
		u.t.Fatal(err)
	}
	if record, _, _ = u.Perform(record, u.work(record)); record.Outcome != run.Failed {
		u.t.Fatalf("the run ended as %s: %s", record.Outcome, record.Reason)
	}
	return record
}

// TestRelayWaitsADayForWhatMayPass: a target that is full, or does not answer for one file while it
// takes others, is waited for; then the file lies in failed/, and the ones after it go on.
func TestRelayWaitsADayForWhatMayPass(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		cause error
		want  string
	}{
		"full":      {remote.ErrNoSpace, `out has refused "bad.csv" 4 times: nothing of it was sent`},
		"no answer": {remote.ErrTemporary, `out has not taken "bad.csv" in 4 runs: see whether it arrived all the same`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUsers(t)
			u.refuses("bad").cause = tt.cause
			u.drop("bad.csv", newcomers("nora")...)
			now := flow.Now()
			for _, ago := range []time.Duration{remote.Patience, 12 * time.Hour, time.Microsecond} {
				if r := u.failsAt(now.Add(-ago)); !strings.Contains(r.Reason, "553 not here") || strings.Contains(r.Reason, "later files go on") {
					t.Fatalf("%s ago: %s", ago, r.Reason)
				}
				if got := u.Names("in", "failed"); len(got) != 0 {
					t.Fatalf("%s ago: put aside are %q", ago, got)
				}
			}
			u.drop("good.csv", newcomers("omar")...)
			if r := u.failsAt(now); !strings.Contains(r.Reason, tt.want) || r.Rows.Sent != 0 {
				t.Errorf("%+v %s, want %s", r.Rows, r.Reason, tt.want)
			}
			u.folders(list("good.csv"), nil, list("bad.csv", "bad.csv.report.csv"))
			u.run(run.Done)
			if got := u.Names("out"); !slices.Equal(got, list("good.csv")) {
				t.Errorf("handed on are %q", got)
			}
		})
	}
}

// TestRelayCountsOnlyWhatOthersPass: while the server takes no file at all, in a write-only folder
// too, no file is at fault however long it lasts.
func TestRelayCountsOnlyWhatOthersPass(t *testing.T) {
	t.Parallel()
	for _, writeOnly := range []bool{false, true} {
		u := newUsers(t)
		of := u.refuses("bad")
		u.target = func(to delivery.Target) delivery.Target {
			of.Remote, to.Remote, to.WriteOnly = to.Remote, of, writeOnly
			return to
		}
		of.shut = true
		u.drop("bad.csv", append(newcomers("nora"), "omar;;;;;;;")...) // so that each run has something else to say
		for _, ago := range []time.Duration{72, 48, 24, 1} {
			if r := u.failsAt(flow.Now().Add(-ago * time.Hour)); slices.Contains(flowtest.Codes(r), "relay_refused") {
				t.Errorf("write-only %t: %s", writeOnly, r.Reason)
			}
		}
		of.shut = false
		u.failsAt(flow.Now())
		if got := u.Names("in", "failed"); len(got) != 0 {
			t.Errorf("write-only %t: put aside are %q", writeOnly, got)
		}
	}
}

// TestWhatIsLeftOfOneFileStopsTheNextForADay at most: then it is named in each run.
func TestWhatIsLeftOfOneFileStopsTheNextForADay(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*users, time.Time) (fails string){
		"delivery": func(u *users, at time.Time) string {
			err := u.State.Deliveries.DeliveryJournal().Save(u.t.Context(), delivery.Record{
				Run: u.run(run.Nothing).ID, Flow: "users", Remote: "out", Name: "old.csv", Temp: "old.csv.part",
				Step: delivery.StepUploading, Bytes: 1, SHA256: "00", At: at,
			})
			if err != nil {
				u.t.Fatal(err)
			}
			return "remove old.csv.part"
		},
		"pickup": func(u *users, at time.Time) string {
			r := pickup.Record{Run: "20260101-000000-aa", Flow: "users", Remote: "in", Name: "old.csv", Size: 1, ModTime: at, Step: pickup.StepClaimed, At: at}
			if ok, err := u.State.Pickups.PickupJournal().Claim(u.t.Context(), r); !ok || err != nil {
				u.t.Fatal(ok, err)
			}
			return "stat in-progress/old.20260101-000000-aa.csv"
		},
		"fetched": func(u *users, at time.Time) string {
			r := pickup.Record{Run: "20260101-000000-aa", Flow: "users", Remote: "in", Name: "old.csv", Size: 1, ModTime: at, Step: pickup.StepClaimed, At: at}
			journal := u.State.Pickups.PickupJournal()
			ok, err := journal.Claim(u.t.Context(), r)
			r.Step, r.SHA256, r.Place = pickup.StepFetched, "00", "in-progress/old.20260101-000000-aa.csv"
			if err = errors.Join(err, journal.Save(u.t.Context(), r)); !ok || err != nil {
				u.t.Fatal(ok, err)
			}
			return "stat " + r.Place
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, age := range []time.Duration{remote.Patience - time.Hour, remote.Patience} {
				u := newUsers(t).relays()
				u.Faults.Always = leave(u, flow.Now().Add(-age))
				u.drop("users.csv", newcomers("nora")...)
				r, _, _ := u.attempt()
				want := run.Failed
				if age == remote.Patience {
					want = run.Done
				}
				if r.Outcome != want {
					t.Errorf("after %s: %s %s", age, r.Outcome, r.Reason)
				}
				told := slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return strings.Contains(f.Message, "old.csv") })
				if told != (want == run.Done) {
					t.Errorf("after %s: %+v", age, r.Findings)
				}
			}
		})
	}
}

// TestRelayKeepsTheFileWhenItsTargetTakesNone: then no file is at fault, and none is put aside.
func TestRelayKeepsTheFileWhenItsTargetTakesNone(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	of := u.refuses("")
	u.drop("users.csv", newcomers("nora")...)
	for range 5 {
		u.fails()
	}
	of.names = nil
	if r := u.run(run.Done); r.Rows.Sent != 1 {
		t.Errorf("%+v", r.Rows)
	}
	u.folders(nil, list("users.csv"), nil)
}

// TestRelayIsNotSentAgainAfterAnotherOne: of what was cut off after it had arrived, nothing is
// sent again though another file was handed on since.
func TestRelayIsNotSentAgainAfterAnotherOne(t *testing.T) {
	t.Parallel()
	u := newUsers(t).relays()
	held := u.held("first.csv", newcomers("nora")...)
	u.in.Change.Approval = plan.ApproveLimits
	u.drop("second.csv", newcomers("omar")...)
	u.Faults.Always = "plan is applied"
	u.fails()
	u.Faults.Always = ""
	u.fetch("second.csv")
	if r, err := u.approve(held.ID); err != nil || r.Outcome != run.Done {
		t.Fatalf("%s %s %v", r.Outcome, r.Reason, err)
	}
	if r := u.run(run.Done); r.Rows.Sent != 1 {
		t.Errorf("%+v", r.Rows)
	}
	if got := u.Names("out"); !slices.Equal(got, list("first.csv")) {
		t.Errorf("handed on are %q", got)
	}
}

// TestApprovalThatIsRefusedStaysHeld, however often: somebody is there, who is told and can reject it.
func TestApprovalThatIsRefusedStaysHeld(t *testing.T) {
	t.Parallel()
	u := newUsers(t)
	of := u.refuses("bad")
	held := u.held("bad.csv", newcomers("nora")...)
	u.drop("bad2.csv", newcomers("omar")...)
	u.fails()
	u.fails() // which count for the file that nobody has to approve
	for range 4 {
		if _, err := u.approve(held.ID); err == nil || !strings.Contains(err.Error(), "553 not here") {
			t.Fatalf("approved: %v", err)
		}
		if r := u.Kept(held.ID); r.Outcome != run.Held {
			t.Fatalf("the run is %s", r.Outcome)
		}
	}
	of.names = nil
	if r, err := u.approve(held.ID); err != nil || r.Outcome != run.Done || r.Rows.Sent != 1 {
		t.Errorf("%s %s %v", r.Outcome, r.Reason, err)
	}
}
