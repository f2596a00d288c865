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
	if got := u.Read("out", "users.csv"); !strings.Contains(got, "omar") {
		t.Errorf("handed on:\n%s", got)
	}
}

// refusing is a remote that does not take some files.
type refusing struct {
	remote.Remote
	names []string
	cause error
	// shut: it lets nobody in.
	shut bool
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
			return fmt.Errorf("upload: 553 not here: %w", s.of.cause)
		}
	}
	return s.Session.Upload(ctx, name, src, size)
}

// refuses makes the remote of the relay refuse files whose names begin so.
func (u *users) refuses(names ...string) *refusing {
	of := &refusing{names: names, cause: remote.ErrPermission}
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

// failsAt is a run that began some time ago, and fails.
func (u *users) failsAt(ago time.Duration) state.Record {
	u.t.Helper()
	started := flow.Now().Add(-ago)
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
			for _, ago := range []time.Duration{24 * time.Hour, 12 * time.Hour, time.Minute} {
				if r := u.failsAt(ago); !strings.Contains(r.Reason, "553 not here") || strings.Contains(r.Reason, "later files go on") {
					t.Fatalf("%s ago: %s", ago, r.Reason)
				}
				if got := u.Names("in", "failed"); len(got) != 0 {
					t.Fatalf("%s ago: put aside are %q", ago, got)
				}
			}
			u.drop("good.csv", newcomers("omar")...)
			if r := u.failsAt(0); !strings.Contains(r.Reason, tt.want) || r.Rows.Sent != 0 {
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
		u.drop("bad.csv", newcomers("nora")...)
		for _, ago := range []time.Duration{72, 48, 24, 1} {
			if r := u.failsAt(ago * time.Hour); slices.Contains(flowtest.Codes(r), "relay_refused") {
				t.Errorf("write-only %t: %s", writeOnly, r.Reason)
			}
		}
		of.shut = false
		u.failsAt(time.Minute)
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
	u.run(run.Done)
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
