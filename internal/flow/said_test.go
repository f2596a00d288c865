package flow_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/step"
)

var isDone = flow.Result{Result: run.Result{Outcome: run.Done}}

// TestWhoIsToldOfTheStart: of a run once, of the start before the end however slow the way to them is, and
// not again when another process goes on with it.
func TestWhoIsToldOfTheStart(t *testing.T) {
	t.Parallel()
	for resumed, want := range map[bool][]string{false: {"worked", "began", "ended"}, true: {"worked", "ended"}} {
		w := newWorld(t)
		l := w.Life()
		var told []string
		worked := make(chan struct{})
		l.Began = func(_ context.Context, r state.Record) {
			<-worked // a message that takes longer than the run
			if r.Outcome != "" {
				t.Errorf("the start is told with the outcome %s", r.Outcome)
			}
			told = append(told, "began")
		}
		l.Ended = func(context.Context, state.Record) { told = append(told, "ended") }
		record := w.Begin("f", run.Export)
		_, err := l.Perform(t.Context(), &record, resumed, nil, func(context.Context) (flow.Result, error) {
			told = append(told, "worked")
			close(worked)
			return isDone, nil
		})
		if err != nil || !slices.Equal(told, want) {
			t.Errorf("resumed %v: %q, want %q, %v", resumed, told, want, err)
		}
	}
}

// TestWhatIsLoggedOfARun: its start, its end and the faults beside it, and of a panic the place only.
func TestWhatIsLoggedOfARun(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		work flow.Work
		want []string
	}{
		"done":  {comesTo(isDone, nil), []string{"run.started", "upkeep.failed", "run.finished", "upkeep.failed"}},
		"panic": {func(context.Context) (flow.Result, error) { panic("Ada Rossi") }, []string{"run.started", "upkeep.failed", "run.panicked", "run.finished", "upkeep.failed"}},
	} {
		w := newWorld(t)
		l := w.Life()
		var log bytes.Buffer
		l.Logger = slog.New(slog.NewTextHandler(&log, nil))
		l.Before = func(context.Context) error { return errors.New("no room") }
		l.After = func(context.Context, time.Time) error { return errors.New("no room") }
		record := w.Begin("f", run.Export)
		if _, err := l.Perform(t.Context(), &record, false, nil, tt.work); err != nil {
			t.Fatal(err)
		}
		var events []string
		for line := range strings.Lines(log.String()) {
			_, event, _ := strings.Cut(line, "msg=")
			event, _, _ = strings.Cut(event, " ")
			events = append(events, event)
		}
		if !slices.Equal(events, tt.want) || strings.Contains(log.String(), "Ada") || !strings.Contains(log.String(), "outcome="+string(record.Outcome)) {
			t.Errorf("%s: logged\n%s", name, log.String())
		}
	}
	w := newWorld(t)
	l := w.Life()
	var log bytes.Buffer
	l.Logger = slog.New(slog.NewTextHandler(&log, nil))
	record := w.Begin("f", run.Export)
	if _, err := l.Perform(t.Context(), &record, false, nil, comesTo(isDone, nil)); err != nil || strings.Contains(log.String(), "upkeep") {
		t.Errorf("nothing failed, and logged is\n%s", log.String())
	}
}

// TestWhatEarlierRunsLeftIsSaid with the run that found it, and how long its steps took.
func TestWhatEarlierRunsLeftIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	record := w.Begin("f", run.Export)
	result := isDone
	result.Earlier = []finding.Finding{flow.Warning("earlier_delivery", "see there")}
	if _, _, err := w.Perform(record, func(ctx context.Context) (flow.Result, error) {
		_, end := step.Begin(ctx, step.Send)
		end()
		return result, nil
	}); err != nil {
		t.Fatal(err)
	}
	kept := w.Kept(record.ID)
	if !slices.Contains(flowtest.Codes(kept), "earlier_delivery") {
		t.Error("what earlier runs left is not said")
	}
	if len(kept.Durations) != 1 || kept.Durations[0].Name != string(step.Send) {
		t.Errorf("durations %+v", kept.Durations)
	}
}

// TestWhatIsNotListedIsCounted, with what an earlier attempt had counted; and who approved is logged.
func TestWhatIsNotListedIsCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	record := w.Begin("f", run.Import)
	held := flow.Result{Result: run.Result{Outcome: run.Held}, Omitted: []finding.Omitted{{Severity: finding.Warning, Code: "before", Count: 3}}}
	for row := range finding.MostListed + 2 {
		held.Log.Add(finding.Finding{Severity: finding.Warning, Code: "now", Row: row})
	}
	if _, _, err := w.Perform(record, comesTo(held, nil)); err != nil {
		t.Fatal(err)
	}
	kept := w.Kept(record.ID)
	if len(kept.Findings) != finding.MostListed || len(kept.Omitted) != 2 || kept.Omitted[0].Count != 3 || kept.Omitted[1].Code != "now" || kept.Omitted[1].Count != 2 {
		t.Errorf("%d are listed, and omitted are %+v", len(kept.Findings), kept.Omitted)
	}
	var log bytes.Buffer
	l := w.Life()
	l.Logger = slog.New(slog.NewTextHandler(&log, nil))
	if _, err := l.Approve(t.Context(), &kept, comesTo(isDone, nil)); err == nil || !strings.Contains(log.String(), "msg=run.approved flow=f run="+record.ID) {
		t.Errorf("a run that nobody has claimed: %v, and logged is\n%s", err, &log)
	}
}

// TestInterruptionSaysWhatItInterrupted, where that is not the interruption itself.
func TestInterruptionSaysWhatItInterrupted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	l := w.Life()
	l.Watch = func(context.Context, string) (context.Context, func()) { return ctx, func() {} }
	record := w.Begin("f", run.Export)
	if _, err := l.Perform(context.WithoutCancel(ctx), &record, false, nil, func(context.Context) (flow.Result, error) {
		cancel()
		return flow.Result{}, errors.New("read Lucca: page 7")
	}); err != nil || record.Outcome != run.Canceled || record.Reason != "interrupted: read Lucca: page 7" {
		t.Errorf("%s %q %v", record.Outcome, record.Reason, err)
	}
}

// TestRunGoesOnLater where the state cannot be used for a reason that passes: a queue takes it up again, and
// of a command it is the end.
func TestRunGoesOnLater(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		queued, stopping bool
		err              error
		ends             bool
	}{
		{true, false, state.ErrFull, false}, {true, false, errors.New("no such luck"), true}, {false, false, state.ErrFull, true}, {true, false, nil, true},
		{true, true, io.ErrUnexpectedEOF, false}, {true, true, nil, true},
	} {
		w := newWorld(t)
		l := w.Life()
		if tt.stopping {
			l.Watch = func(ctx context.Context, _ string) (context.Context, func()) {
				ctx, stop := context.WithCancelCause(ctx)
				stop(state.ErrStopping)
				return ctx, func() {}
			}
		}
		var q flow.Queue
		if tt.queued {
			q = new(queue)
		}
		record := w.Begin("f", run.Export)
		_, err := l.Perform(t.Context(), &record, false, q, comesTo(isDone, tt.err))
		if ended := w.Kept(record.ID).Outcome != ""; ended != tt.ends || !tt.ends && !errors.Is(err, tt.err) || tt.ends && err != nil {
			t.Errorf("queued %v, stopping %v, %v: ended %v, %v", tt.queued, tt.stopping, tt.err, ended, err)
		}
	}
}

// TestApprovalThatCannotBeRecorded says so.
func TestApprovalThatCannotBeRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	record := w.Begin("f", run.Export)
	if _, _, err := w.Perform(record, comesTo(flow.Result{Result: run.Result{Outcome: run.Held}}, nil)); err != nil {
		t.Fatal(err)
	}
	_, r, err := w.Approve(record.ID, func(state.Record) flow.Work {
		w.Faults.Always = "finish run"
		return comesTo(flow.Result{Result: run.Result{Outcome: run.Done}, Sent: true}, nil)
	})
	if !errors.Is(err, flowtest.ErrFault) || r.Outcome != run.Done {
		t.Errorf("%s, %v", r.Outcome, err)
	}
}

// TestRehearsalSaysAllThatARunWould: when it ended, what is remarked, and no secret; without a spool, too.
func TestRehearsalSaysAllThatARunWould(t *testing.T) {
	t.Setenv("REHEARSAL_PASSWORD", "correct horse")
	w := newWorld(t)
	l := w.Life()
	l.Secrets = func() secret.Scrubber { return secret.Known(secret.Ref{Env: "REHEARSAL_PASSWORD"}) }
	l.Remarks = func() []finding.Finding { return []finding.Finding{flow.Warning("remark", "by the way")} }
	w.Write("", "spool") // which is no folder
	record := state.Record{Run: run.Run{ID: run.NewID(flow.Now()), Flow: "f", Kind: run.Export}}
	was := ""
	_, err := l.Rehearse(t.Context(), &record, func(_ context.Context, folder string) (flow.Result, error) {
		was = folder
		return flow.Result{}, errors.New("530 correct horse")
	})
	if err != nil || record.FinishedAt.IsZero() || strings.Contains(record.Reason, "horse") || !slices.Equal(flowtest.Codes(record), []string{"remark"}) {
		t.Errorf("%+v, %v", record, err)
	}
	if _, err := os.Stat(was); was == "" || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder %q is there: %v", was, err)
	}
	t.Setenv("TMPDIR", filepath.Join(w.Dir, "none"))
	if _, err := l.Rehearse(t.Context(), &record, func(_ context.Context, folder string) (flow.Result, error) {
		t.Errorf("it is rehearsed in %q", folder)
		return flow.Result{}, nil
	}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a place for temporary files: %v", err)
	}
}

// TestRoutesThatEndAreSaid to whoever reads of a run, who has time to take a newer version.
func TestRoutesThatEndAreSaid(t *testing.T) {
	t.Parallel()
	if said := flow.Endings(nil); len(said) > 0 {
		t.Errorf("of no tenant: %+v", said)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Sunset", "Fri, 01 Jan 2027 00:00:00 GMT")
		w.WriteHeader(http.StatusForbidden)
	}))
	defer server.Close()
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte("0123456789abcdef0123456789abcdef"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := lucca.Config{URL: server.URL, APIKey: secret.Ref{File: key}, RequestsPerMinute: 60000}
	shared := c.Share()
	o, err := lucca.Options{Config: c, Version: "test", Shared: shared}.WithSecrets()
	if err != nil {
		t.Fatal(err)
	}
	client, err := lucca.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Me(t.Context()); !errors.Is(err, lucca.ErrForbidden) {
		t.Fatal(err)
	}
	said := flow.Endings(shared.Memory)
	if len(said) != 1 || said[0].Severity != finding.Warning || !strings.Contains(said[0].Message, "/users/me stops on 2027-01-01: see that a newer version of lucca-exchange is there by then") {
		t.Errorf("said %+v", said)
	}
}

// TestNobodyIsAskedForMoreThanIsLookedAt: people and lines are made one after another, and no more of them
// than somebody wants.
func TestNobodyIsAskedForMoreThanIsLookedAt(t *testing.T) {
	t.Parallel()
	made := 0
	for range flow.Known(func(yield func(explain.Trace) bool) {
		for made = 1; yield(explain.Trace{}); made++ {
		}
	}) {
		break
	}
	for range flow.Lines(func(yield func(explain.Line) bool) {
		for made++; yield(explain.Line{}); made++ {
		}
	}) {
		break
	}
	if made != 2 {
		t.Errorf("%d are made, want one person and one line", made)
	}
	people, lines := flow.Known(slices.Values(make([]explain.Trace, 3))), flow.Lines(slices.Values(make([]explain.Line, 3)))
	if p, l := len(slices.Collect(people)), len(slices.Collect(lines)); p != 3 || l != 3 {
		t.Errorf("%d people and %d lines are made, want 3 of each", p, l)
	}
}

// TestWhatIsKeptOfARunHasNoSecret that its fault repeats.
func TestWhatIsKeptOfARunHasNoSecret(t *testing.T) {
	t.Setenv("KEPT_PASSWORD", "correct horse")
	w := newWorld(t)
	l := w.Life()
	l.Secrets = func() secret.Scrubber { return secret.Known(secret.Ref{Env: "KEPT_PASSWORD"}) }
	record := w.Begin("f", run.Export)
	if _, err := l.Perform(t.Context(), &record, false, nil, comesTo(flow.Result{}, errors.New("530 correct horse"))); err != nil {
		t.Fatal(err)
	}
	if kept := w.Kept(record.ID); strings.Contains(kept.Reason, "horse") || kept.Outcome != run.Failed || strings.Contains(w.Told[0].Reason, "horse") {
		t.Errorf("kept %q, told %q", kept.Reason, w.Told[0].Reason)
	}
}

// before says of a run whether it was before a restore.
type before struct {
	yes bool
	err error
}

func (b before) BeforeRestore(context.Context, string) (bool, error) { return b.yes, b.err }

// TestRunFromBeforeARestoreIsNotDecidedOn, since what came after it is not known.
func TestRunFromBeforeARestoreIsNotDecidedOn(t *testing.T) {
	t.Parallel()
	fault := errors.New("no state")
	for store, want := range map[before]error{{false, nil}: nil, {true, nil}: flow.ErrRestored, {true, fault}: fault, {false, fault}: fault} {
		if err := flow.NotFromBefore(t.Context(), store, "R"); !errors.Is(err, want) {
			t.Errorf("%+v: %v", store, err)
		}
	}
}

// TestTryingARemoteLeavesNothing, and a remote that there is none of is said.
func TestTryingARemoteLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.Outbox().Takes(t.Context(), "out"); err != nil || len(w.Names("out")) != 0 {
		t.Errorf("left %q, %v", w.Names("out"), err)
	}
	if err := w.Outbox().Takes(t.Context(), "nowhere"); err == nil || !strings.Contains(err.Error(), `no remote "nowhere"`) {
		t.Errorf("got %v", err)
	}
	if _, _, err := w.Outbox().Send(t.Context(), flow.Parcel{To: "nowhere"}); err == nil || !strings.Contains(err.Error(), `no remote "nowhere"`) {
		t.Errorf("got %v", err)
	}
	for at := 1; ; at++ {
		w.Faults.Reset(at, false, false)
		err := w.Outbox().Takes(t.Context(), "out")
		if w.Faults.Count() < at {
			if at < 4 {
				t.Error("it is not tried whether a file can be put there")
			}
			break
		}
		if name := w.Faults.Name(at); !errors.Is(err, flowtest.ErrFault) {
			t.Errorf("%s fails: %v", name, err)
		}
	}
	w.Faults.Reset(0, false, false)
	shut := w.Outbox() // what is put there cannot be taken back
	shut.Target = func(name string) (delivery.Target, bool) {
		target, ok := w.Target(name)
		target.WriteOnly = true
		return target, ok
	}
	if err := shut.Takes(t.Context(), "out"); err != nil || w.Faults.Count() != 1 {
		t.Errorf("%d operations on a folder that is only written to, want one session: %v", w.Faults.Count(), err)
	}
	stuck := w.Outbox()
	stuck.Target = func(name string) (delivery.Target, bool) {
		target, ok := w.Target(name)
		target.Remote = open{target.Remote}
		return target, ok
	}
	if err := stuck.Takes(t.Context(), "out"); !errors.Is(err, flowtest.ErrFault) {
		t.Errorf("a session that does not end: %v", err)
	}
	r := flow.Result{}
	if r.Warn("a", "b"); r.Errors() {
		t.Error("a warning is an error")
	}
	if r.Log.Add(finding.Finding{Severity: finding.Error}); !r.Errors() || len(r.Log.Listed) != 2 {
		t.Errorf("listed %+v", r.Log.Listed)
	}
}

// open is a remote whose sessions cannot be ended.
type open struct{ remote.Remote }

func (o open) Open(ctx context.Context) (remote.Session, error) {
	s, err := o.Remote.Open(ctx)
	return openSession{s}, err
}

type openSession struct{ remote.Session }

func (openSession) Close() error { return flowtest.ErrFault }
