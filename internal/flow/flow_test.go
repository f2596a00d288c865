package flow_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/state"
)

func newWorld(t testing.TB) *flowtest.World {
	t.Helper()
	return flowtest.New(t, sandbox.NewCompany(20, 1, time.Now()), "out")
}

// comesTo is work that comes to a result, or a fault.
func comesTo(r flow.Result, err error) flow.Work {
	return func(context.Context) (flow.Result, error) { return r, err }
}

// TestRunEndsWhateverHappens, with an outcome on record that somebody is told of.
func TestRunEndsWhateverHappens(t *testing.T) {
	t.Parallel()
	done := flow.Result{Result: run.Result{Outcome: run.Done}}
	for name, tt := range map[string]struct {
		work   flow.Work
		want   run.Outcome
		reason string
	}{
		"done":                   {comesTo(done, nil), run.Done, ""},
		"a fault":                {comesTo(flow.Result{}, errors.New("no such luck")), run.Failed, "no such luck"},
		"a fault after a result": {comesTo(done, errors.New("no such luck")), run.Failed, "no such luck"},
		"a fault with a remedy":  {comesTo(flow.Result{}, fmt.Errorf("open: %w", remote.ErrNoSpace)), run.Failed, "ask the partner to make room"},
		"a panic":                {func(context.Context) (flow.Result, error) { panic("Ada Rossi") }, run.Failed, "internal fault"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			record := w.Begin("f", run.Export)
			if _, _, err := w.Perform(record, tt.work); err != nil {
				t.Fatal(err)
			}
			kept := w.Kept(record.ID)
			if kept.Outcome != tt.want || !strings.Contains(kept.Reason, tt.reason) || kept.FinishedAt.IsZero() || strings.Contains(kept.Reason, "Ada") {
				t.Errorf("kept as %s: %s at %s", kept.Outcome, kept.Reason, kept.FinishedAt)
			}
			if len(w.Told) != 1 || w.Told[0].ID != record.ID || w.Told[0].Outcome != tt.want {
				t.Errorf("told of %+v", w.Told)
			}
		})
	}
}

// TestRunThatIsEndedSaysByWhom: by a person, by its time limit, or with its process.
func TestRunThatIsEndedSaysByWhom(t *testing.T) {
	t.Parallel()
	for cause, want := range map[error]struct {
		outcome run.Outcome
		reason  string
	}{
		state.ErrCanceled: {run.Canceled, state.ErrCanceled.Error()},
		state.ErrTimeout:  {run.Failed, state.ErrTimeout.Error()},
		context.Canceled:  {run.Canceled, "interrupted"},
	} {
		w := newWorld(t)
		l := w.Life()
		var end context.CancelCauseFunc
		ended := 0
		l.Watch = func(ctx context.Context, _ string) (context.Context, func()) {
			ctx, end = context.WithCancelCause(ctx)
			return ctx, func() { ended++ }
		}
		ends := func(r flow.Result) flow.Work {
			return func(ctx context.Context) (flow.Result, error) {
				end(cause)
				return r, context.Cause(ctx)
			}
		}
		record := w.Begin("f", run.Export)
		_, err := l.Perform(t.Context(), &record, false, nil, ends(flow.Result{}))
		if err != nil || record.Outcome != want.outcome || record.Reason != want.reason || ended != 1 {
			t.Errorf("%v: %s %s %v, and its watch ended %d times", cause, record.Outcome, record.Reason, err, ended)
		}
		// Some of a plan is applied: nobody may approve it again, whoever stopped it.
		record = w.Begin("g", run.Import)
		_, err = l.Approve(t.Context(), &record, ends(flow.Result{Sent: true}))
		if !errors.Is(err, cause) || record.Outcome != run.Failed || record.Reason != want.reason || ended != 2 {
			t.Errorf("%v: approved, %s %s %v, and its watch ended %d times", cause, record.Outcome, record.Reason, err, ended)
		}
	}
}

// TestWhatWasNotSentIsNotCounted: an export that was held or failed has sent nobody.
func TestWhatWasNotSentIsNotCounted(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[run.Outcome]int{run.Done: 7, run.Rejections: 7, run.Held: 0, run.Failed: 0, run.Canceled: 0} {
		w := newWorld(t)
		applied := w.Begin("g", run.Import) // of a file some is in Lucca, whatever stopped the rest
		if _, _, err := w.Perform(applied, comesTo(flow.Result{Result: run.Result{Outcome: outcome, Rows: &run.Rows{Read: 9, Sent: 7}}}, nil)); err != nil || w.Kept(applied.ID).Rows.Sent != 7 {
			t.Errorf("%s: of an import are counted %+v, %v", outcome, w.Kept(applied.ID).Rows, err)
		}
		record := w.Begin("f", run.Export)
		if _, _, err := w.Perform(record, comesTo(flow.Result{Result: run.Result{Outcome: outcome, Rows: &run.Rows{Read: 9, Sent: 7}}}, nil)); err != nil {
			t.Fatal(err)
		}
		if rows := w.Kept(record.ID).Rows; rows.Sent != want || rows.Read != 9 {
			t.Errorf("%s: %+v, want %d sent", outcome, rows, want)
		}
	}
}

// TestUpkeepThatFailsIsNoFaultOfTheRun.
func TestUpkeepThatFailsIsNoFaultOfTheRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.Life()
	var looked []string
	l.Before = func(context.Context) error { looked = append(looked, "before"); return errors.New("before") }
	l.After = func(context.Context, time.Time) error { looked = append(looked, "after"); return errors.New("after") }
	l.Remarks = func() []finding.Finding { return []finding.Finding{flow.Warning("remark", "by the way")} }
	record := w.Begin("f", run.Export)
	if _, err := l.Perform(t.Context(), &record, false, nil, comesTo(flow.Result{Result: run.Result{Outcome: run.Done}}, nil)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(looked, []string{"before", "after"}) {
		t.Errorf("it was looked after %q", looked)
	}
	if kept := w.Kept(record.ID); kept.Outcome != run.Done || !slices.Equal(flowtest.Codes(kept), []string{"remark"}) {
		t.Errorf("%s %v", kept.Outcome, flowtest.Codes(kept))
	}
}

// queue takes note of what it is asked to insist on.
type queue struct{ insisted int }

func (q *queue) Insist(context.Context, state.Record, error) error {
	q.insisted++
	return nil
}

// TestQueueInsistsOnAnOutcome that could not be recorded; a command says so.
func TestQueueInsistsOnAnOutcome(t *testing.T) {
	t.Parallel()
	w, q := newWorld(t), new(queue)
	record := w.Begin("f", run.Export)
	w.Faults.Always = "finish run"
	if _, err := w.Life().Perform(t.Context(), &record, false, q, comesTo(flow.Result{Result: run.Result{Outcome: run.Done}}, nil)); err != nil || q.insisted != 1 {
		t.Errorf("insisted %d times, %v", q.insisted, err)
	}
	record = w.Begin("g", run.Export)
	if _, err := w.Life().Perform(t.Context(), &record, false, nil, comesTo(flow.Result{}, nil)); !errors.Is(err, flowtest.ErrFault) {
		t.Errorf("a command has %v", err)
	}
}

// TestApprovalOfWhichNothingCame leaves the run held, as it was; once something went out, it ends.
func TestApprovalOfWhichNothingCame(t *testing.T) {
	t.Parallel()
	fault := errors.New("the partner is away")
	for name, tt := range map[string]struct {
		kind run.Kind
		sent bool
		err  error
		want run.Outcome
	}{
		"export, nothing sent":      {run.Export, false, fault, run.Held},
		"export, all of it is sent": {run.Export, true, fault, run.Done},
		"export, something else":    {run.Export, true, fmt.Errorf("look: %w", delivery.ErrOther), run.Failed},
		"import, nothing applied":   {run.Import, false, fault, run.Held},
		"import, some of it is":     {run.Import, true, fault, run.Failed},
		"import, all of it is done": {run.Import, true, nil, run.Done},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			record := w.Begin("f", tt.kind)
			held := flow.Result{Result: run.Result{Outcome: run.Held, Reason: "too many", Limits: []run.Limit{{Name: "ends", Held: true}}}}
			if _, _, err := w.Perform(record, comesTo(held, nil)); err != nil {
				t.Fatal(err)
			}
			approved := flow.Result{Result: run.Result{Outcome: run.Done}, Sent: tt.sent}
			approved.Earlier = []finding.Finding{flow.Warning("earlier_delivery", "see there")}
			_, _, err := w.Approve(record.ID, func(state.Record) flow.Work { return comesTo(approved, tt.err) })
			if !errors.Is(err, tt.err) {
				t.Errorf("said %v", err)
			}
			kept := w.Kept(record.ID)
			if kept.Outcome != tt.want || tt.want == run.Held && (kept.Reason != "too many" || len(kept.Limits) != 1) {
				t.Errorf("%s: %s %+v", kept.Outcome, kept.Reason, kept.Limits)
			}
			if tt.want == run.Failed && !strings.Contains(kept.Reason, tt.err.Error()) {
				t.Errorf("failed for %q", kept.Reason)
			}
			if !slices.Contains(flowtest.Codes(kept), "earlier_delivery") {
				t.Error("what earlier runs left is not said")
			}
		})
	}
}

// TestRehearsalLeavesNothing: no run, no folder.
func TestRehearsalLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := os.MkdirAll(w.Spool(), 0o700); err != nil {
		t.Fatal(err)
	}
	record := state.Record{Run: run.Run{ID: run.NewID(flow.Now()), Flow: "f", Kind: run.Export}}
	was := ""
	r, err := w.Life().Rehearse(t.Context(), &record, func(_ context.Context, folder string) (flow.Result, error) {
		was = folder
		return flow.Result{Result: run.Result{Outcome: run.Held}}, os.WriteFile(filepath.Join(folder, "users.csv"), []byte("x"), 0o600)
	})
	if err != nil || r.Outcome != run.Held || record.Outcome != run.Held || filepath.Dir(was) != w.Spool() || !strings.HasPrefix(filepath.Base(was), flow.RehearsalPrefix) {
		t.Errorf("%s in %s, %v", r.Outcome, was, err)
	}
	if _, err := os.Stat(was); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}
	if _, err := w.State.History.Run(t.Context(), record.ID); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("the run is on record: %v", err)
	}
	// A folder that cannot be made is no reason to work elsewhere.
	w.Write("", "spool", filepath.Base(was))
	if _, err := w.Life().Rehearse(t.Context(), &record, func(context.Context, string) (flow.Result, error) {
		t.Error("it is rehearsed without a folder")
		return flow.Result{}, nil
	}); err == nil {
		t.Error("nothing is said of the folder")
	}
	if err := os.Remove(was); err != nil {
		t.Fatal(err)
	}
	// A wrong request is the person's; any other fault is what would become of the run.
	if _, err := w.Life().Rehearse(t.Context(), &record, func(context.Context, string) (flow.Result, error) { return flow.Result{}, run.ErrUsage }); !errors.Is(err, run.ErrUsage) {
		t.Errorf("got %v", err)
	}
	if r, err := w.Life().Rehearse(t.Context(), &record, func(context.Context, string) (flow.Result, error) { return flow.Result{}, io.ErrUnexpectedEOF }); err != nil || r.Outcome != run.Failed {
		t.Errorf("%s %v", r.Outcome, err)
	}
}

// TestSettingsThatChanged: an approval is for the flow as it was; a key that is new and empty does
// not make it void.
func TestSettingsThatChanged(t *testing.T) {
	t.Parallel()
	of := func(to string, columns ...string) flow.Settings {
		s := make(flow.Settings)
		s.Add("to", to)
		s.Add("columns", columns)
		s.Add("new", map[string]string(nil), 0, "", nil)
		s.Add("half", "a", "")
		return s
	}
	was := of("partner", "a", "b")
	if err := was.Differ(of("partner", "a", "b"), "R"); err != nil {
		t.Errorf("nothing changed: %v", err)
	}
	more := of("partner", "a", "b")
	more.Add("wrap", "age")
	for name, now := range map[string]flow.Settings{
		"to": of("other", "a", "b"), "columns": of("partner", "b", "a"), "columns, to": of("other"), "wrap": more,
	} {
		if err := was.Differ(now, "R"); !errors.Is(err, flow.ErrChanged) || !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), "another "+name+":") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if one, two := of("p", "ab"), of("p", "a", "b"); one["columns"] == two["columns"] {
		t.Error("two lists have one digest")
	}
	if err := flow.Settings(nil).Differ(was, "R"); !errors.Is(err, flow.ErrChanged) || !strings.Contains(err.Error(), "earlier version") {
		t.Errorf("got %v", err)
	}
	// What is kept with a held run is good for the next version of the program.
	if was["to"] != "fdb15c364a93a089" {
		t.Errorf("the digest is %s", was["to"])
	}
	if _, there := was["new"]; there || was["half"] == "" {
		t.Errorf("what is empty is noted, or what is not: %v", was)
	}
}

// TestSentenceNamesTheRemedyOnce.
func TestSentenceNamesTheRemedyOnce(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"read: not found: check lucca.url":                                     fmt.Errorf("read: %w", wrapped{"not found", lucca.ErrNotFound}),
		"write: no room: make room on this machine's disk, in spool and state": fmt.Errorf("write: %w", wrapped{"no room", syscall.ENOSPC}),
		"read: refused":       fmt.Errorf("read: %w", wrapped{"refused", lucca.ErrForbidden}),
		"two; lines":          errors.New("two\nlines"),
		"it: run again later": wrapped{"it: run again later", lucca.ErrUnavailable},
	} {
		if got := flow.Sentence(err); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

type wrapped struct {
	text string
	is   error
}

func (w wrapped) Error() string { return w.text }
func (w wrapped) Unwrap() error { return w.is }

func sum(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// TestFileIsSentAndSettled: it arrives whole, and what an interrupted delivery left is settled by the next run.
func TestFileIsSentAndSettled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Write("a;b\n", "users.csv")
	parcel := flow.Parcel{Run: w.Begin("f", run.Export).ID, Flow: "f", To: "out", Name: "users.csv", Path: filepath.Join(w.Dir, "users.csv"), Bytes: 4, SHA256: sum("a;b\n")}
	if _, said, err := w.Outbox().Send(t.Context(), parcel); err != nil || len(said) != 0 || w.Read("out", "users.csv") != "a;b\n" {
		t.Fatalf("%v %v", said, err)
	}
	if warnings, err := w.Outbox().Settle(t.Context(), "f"); err != nil || len(warnings) != 0 {
		t.Errorf("nothing is left to settle: %v %v", warnings, err)
	}
	parcel.To = "nowhere"
	if _, _, err := w.Outbox().Send(t.Context(), parcel); err == nil || !strings.Contains(err.Error(), `"nowhere"`) {
		t.Errorf("got %v", err)
	}
	// Cut off at each operation, and settled by the next run while the remote is gone from the
	// configuration: that is a warning that says what to do.
	parcel.To, parcel.Run = "out", w.Begin("g", run.Export).ID
	w.Faults.Reset(3, false, true)
	parcel.Flow = "g"
	if _, _, err := w.Outbox().Send(t.Context(), parcel); err == nil {
		t.Fatal("the cut delivery succeeded")
	}
	w.Faults.Reset(0, false, false)
	gone := w.Outbox()
	gone.Target = func(string) (delivery.Target, bool) { return delivery.Target{}, false }
	warnings, err := gone.Settle(t.Context(), "g")
	if err != nil || len(warnings) != 1 || warnings[0].Code != "earlier_delivery" || !strings.Contains(warnings[0].Message, "put it back for one run") {
		t.Errorf("%+v %v", warnings, err)
	}
	if _, err := w.Outbox().Settle(t.Context(), "g"); err != nil {
		t.Error(err)
	}
	if left, err := w.State.Deliveries.UnfinishedDeliveries(t.Context(), "g"); err != nil || len(left) != 0 {
		t.Errorf("%d are left, %v", len(left), err)
	}
	if got := w.Names("out"); !slices.Equal(got, []string{"users.csv"}) {
		t.Errorf("the partner has %q", got)
	}
}

// TestLeftoverIsSaid: what an interrupted delivery left, and a server will not remove, a person has
// to.
func TestLeftoverIsSaid(t *testing.T) {
	t.Parallel()
	for at := 1; at < 20; at++ {
		w := newWorld(t)
		w.Write("a;b\n", "users.csv")
		parcel := flow.Parcel{Run: w.Begin("f", run.Export).ID, Flow: "f", To: "out", Name: "users.csv", Path: filepath.Join(w.Dir, "users.csv"), Bytes: 4, SHA256: sum("a;b\n")}
		w.Faults.Reset(at, false, true)
		_, _, _ = w.Outbox().Send(t.Context(), parcel)
		w.Faults.Reset(0, false, false)
		left, err := w.State.Deliveries.UnfinishedDeliveries(t.Context(), "f")
		if err != nil {
			t.Fatal(err)
		}
		if len(left) != 1 || !slices.Contains(w.Names("out"), left[0].Temp) {
			continue
		}
		stuck := w.Outbox()
		stuck.Target = func(name string) (delivery.Target, bool) {
			target, ok := w.Target(name)
			target.Remote = sticky{target.Remote}
			return target, ok
		}
		warnings, err := stuck.Settle(t.Context(), "f")
		if err != nil || !slices.ContainsFunc(warnings, func(f finding.Finding) bool {
			return strings.Contains(f.Message, left[0].Temp) && strings.Contains(f.Message, "remove it by hand")
		}) {
			t.Errorf("%+v %v", warnings, err)
		}
		return
	}
	t.Error("no delivery left a temporary file")
}

// sticky is a remote that removes nothing.
type sticky struct{ remote.Remote }

func (s sticky) Open(ctx context.Context) (remote.Session, error) {
	session, err := s.Remote.Open(ctx)
	return stickySession{session}, err
}

type stickySession struct{ remote.Session }

func (stickySession) Remove(context.Context, string) error { return remote.ErrPermission }

func TestReasonsAreOneSentence(t *testing.T) {
	t.Parallel()
	if got := flow.JoinReasons("", "a", "", "b"); got != "a; b" {
		t.Errorf("got %q", got)
	}
	if one, two := flow.RejectedRows(1), flow.RejectedRows(2); !strings.HasPrefix(one, "1 row was") || !strings.HasPrefix(two, "2 rows were") {
		t.Errorf("%q %q", one, two)
	}
}

// TestInterruptedRunsAreLogged.
func TestInterruptedRunsAreLogged(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	flow.WarnInterrupted(t.Context(), slog.New(slog.NewTextHandler(&out, nil)), []state.Record{{Run: run.Run{ID: "R", Flow: "f"}}})
	if !strings.Contains(out.String(), "msg=run.interrupted flow=f run=R") {
		t.Errorf("logged %q", out.String())
	}
}
