package flow_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// TestRequestForARun: what cannot be asked for is said in terms of what was asked.
func TestRequestForARun(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("UTC+13", 13*60*60)
	today, tomorrow := time.Now().In(zone).Format(time.DateOnly), time.Now().In(zone).AddDate(0, 0, 1).Format(time.DateOnly)
	for name, tt := range map[string]struct {
		request flow.Request
		kind    run.Kind
		day     string // of the slot
		fault   string
	}{
		"now":                               {flow.Request{}, run.Import, today, ""},
		"a local file":                      {flow.Request{File: "u.csv"}, run.Import, today, ""},
		"a local file of hires":             {flow.Request{File: "h.csv"}, run.Hires, today, ""},
		"a local file of an export":         {flow.Request{File: "u.csv"}, run.Export, "", "nightly is an export"},
		"an earlier day":                    {flow.Request{Date: "2026-02-28"}, run.Export, "2026-02-28", ""},
		"an earlier day of an import":       {flow.Request{Date: "2026-02-28"}, run.Import, "", "--date is for exports"},
		"no day":                            {flow.Request{Date: "28/02/2026"}, run.Export, "", "want a day such as " + today + `, not "28/02/2026"`},
		"no day of an import":               {flow.Request{Date: "soon"}, run.Import, "", "want a day"},
		"today, by its name":                {flow.Request{Date: today}, run.Export, today, ""},
		"a day to come":                     {flow.Request{Date: tomorrow}, run.Export, "", "is to come: add --dry-run"},
		"a day to come, sent nowhere":       {flow.Request{Date: tomorrow, DryRun: true}, run.Export, tomorrow, ""},
		"a day to come, of one person only": {flow.Request{Date: tomorrow, Only: "ada"}, run.Export, tomorrow, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := tt.request.Record("nightly", tt.kind, zone)
			if tt.fault != "" {
				if !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), tt.fault) {
					t.Errorf("said %v, want %q", err, tt.fault)
				}
				return
			}
			if err != nil || r.Flow != "nightly" || r.Kind != tt.kind || r.ID == "" || r.Slot.Format(time.DateOnly) != tt.day || r.Slot.Location() != zone {
				t.Errorf("%+v %v, want the slot on %s", r.Run, err, tt.day)
			}
			if r.Slot.Nanosecond() != 0 || time.Since(r.StartedAt) > time.Hour {
				t.Errorf("slot %s, begun %s", r.Slot, r.StartedAt)
			}
		})
	}
}

// kind is a flow of which each part comes to a reason of its own.
type kind struct{}

func (kind) Run(context.Context) (flow.Result, error)     { return cameTo("run"), nil }
func (kind) Approve(context.Context) (flow.Result, error) { return cameTo("approve"), nil }
func (kind) Rehearse(_ context.Context, folder string) (flow.Result, error) {
	r := cameTo("rehearse")
	r.Path = folder
	return r, nil
}

func cameTo(reason string) flow.Result {
	return flow.Result{Result: run.Result{Outcome: run.Done, Reason: reason}}
}

// TestStartRecordsOnlyWhatIsNoRehearsal, with who began it.
func TestStartRecordsOnlyWhatIsNoRehearsal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	start := func(q flow.Request) flow.Report {
		t.Helper()
		record, err := q.Record("nightly", run.Export, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		r, err := w.Life().Start(t.Context(), q, record, kind{})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	by := audit.Entry{At: flow.Now(), Who: "os:ada", Act: audit.Run}
	for _, q := range []flow.Request{{DryRun: true, By: by}, {Only: "ada", By: by}} {
		if r := start(q); r.Run.Reason != "rehearse" || r.Path == "" || r.Run.Outcome != run.Done {
			t.Errorf("%+v came to %+v", q, r.Run)
		}
	}
	if runs, err := w.State.History.Runs(t.Context(), state.Filter{}); err != nil || len(runs) != 0 {
		t.Errorf("a rehearsal is on record: %v %v", runs, err)
	}
	begun := start(flow.Request{By: by})
	if kept := w.Kept(begun.Run.ID); kept.Reason != "run" || kept.Outcome != run.Done {
		t.Errorf("kept is %+v", kept)
	}
	start(flow.Request{}) // nobody is on record for it
	lines, err := w.State.Whole.Audit().Latest(t.Context(), 5)
	if err != nil || len(lines) != 1 || lines[0].Run != begun.Run.ID || lines[0].Flow != "nightly" || lines[0].Who != "os:ada" {
		t.Errorf("on record: %+v %v", lines, err)
	}
	w.Begin("nightly", run.Export) // is at work
	q := flow.Request{}
	record, err := q.Record("nightly", run.Export, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Life().Start(t.Context(), q, record, kind{}); !errors.Is(err, state.ErrBusy) {
		t.Errorf("beside another run: %v", err)
	}
}

// died is a store that finds a run whose process is gone.
type died struct{ *flowtest.Runs }

func (d died) Begin(ctx context.Context, r state.Record, acts ...audit.Entry) ([]state.Record, error) {
	_, err := d.Runs.Begin(ctx, r, acts...)
	return []state.Record{{Run: run.Run{ID: "earlier", Flow: r.Flow}}}, err
}

// TestStartTellsWhatItFound: a run whose process is gone, and to whoever waits for it, that it began.
func TestStartTellsWhatItFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l, began := w.Life(), 0
	var log strings.Builder
	l.Store, l.Logger = died{&w.State.Runs}, slog.New(slog.NewTextHandler(&log, nil))
	l.Began = func(context.Context, state.Record) { began++ }
	record, err := flow.Request{}.Record("nightly", run.Export, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Start(t.Context(), flow.Request{}, record, kind{}); err != nil || began != 1 || !strings.Contains(log.String(), "msg=run.interrupted flow=nightly run=earlier") {
		t.Errorf("told %d times, %v, and logged is\n%s", began, err, log.String())
	}
}

// TestContinuedRunFindsAnew what it had found before its process died.
func TestContinuedRunFindsAnew(t *testing.T) {
	t.Parallel()
	for _, resumed := range []bool{false, true} {
		w, q := newWorld(t), new(queue)
		l := w.Life()
		var log strings.Builder
		l.Logger = slog.New(slog.NewTextHandler(&log, nil))
		record := w.Begin("nightly", run.Export)
		record.Findings = []finding.Finding{flow.Warning("before", "found before")}
		record.Omitted = []finding.Omitted{{Severity: finding.Warning, Code: "before", Count: 3}}
		var handed state.Record
		r, err := l.Continue(t.Context(), q, state.Job{Record: record, Resumed: resumed}, func(r state.Record) flow.Kind {
			handed = r
			return kind{}
		})
		if err != nil || r.Run.Reason != "run" || w.Kept(record.ID).Outcome != run.Done || q.insisted != 0 {
			t.Errorf("%+v %v, insisted %d times", r.Run, err, q.insisted)
		}
		if strings.Contains(log.String(), "msg=run.resumed") != resumed {
			t.Errorf("resumed %v: logged is\n%s", resumed, log.String())
		}
		if forgotten := len(handed.Findings) == 0 && len(handed.Omitted) == 0; forgotten != resumed {
			t.Errorf("resumed %v: handed %+v %+v", resumed, handed.Findings, handed.Omitted)
		}
	}
}

// away is a kind whose run cannot be done now; it closes ran when that is clear.
type away struct {
	kind
	ran chan struct{}
}

func (a away) Run(context.Context) (flow.Result, error) {
	close(a.ran)
	return flow.Result{}, state.ErrUnreachable
}

// TestRunThatAQueueTakesBackHasNotEnded: nobody is told of it, and nothing is recorded.
func TestRunThatAQueueTakesBackHasNotEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	record := w.Begin("nightly", run.Export)
	l, told, ran := w.Life(), false, make(chan struct{})
	l.Began = func(context.Context, state.Record) {
		<-ran // a message that takes longer than the run
		told = true
	}
	r, err := l.Continue(t.Context(), new(queue), state.Job{Record: record}, func(state.Record) flow.Kind { return away{ran: ran} })
	if !told {
		t.Error("somebody is still being told of the start")
	}
	if !errors.Is(err, state.ErrUnreachable) || r.Run.ID != "" || w.Kept(record.ID).Outcome != "" || len(w.Told) != 0 {
		t.Errorf("%+v %v, told of %d", r.Run, err, len(w.Told))
	}
}

// TestRunThatIsGivenUpSaysWhy, gives its file back and is told of.
func TestRunThatIsGivenUpSaysWhy(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{true, false} {
		w, q := newWorld(t), new(queue)
		record := w.Begin("nightly", run.Import)
		var back func(context.Context, *state.Record)
		if known {
			back = func(_ context.Context, r *state.Record) {
				r.Findings = append(r.Findings, flow.Warning("given_back", "it is"))
			}
		}
		ended, err := w.Life().GiveUp(t.Context(), q, state.Job{Record: record, Starts: 3}, known, back)
		kept := w.Kept(record.ID)
		if err != nil || ended.Outcome != run.Failed || kept.Outcome != run.Failed || !strings.HasPrefix(kept.Reason, flow.GivenUp) || len(w.Told) != 1 {
			t.Errorf("%+v %v", kept, err)
		}
		if strings.Contains(kept.Reason, "in each of 3 attempts") != known || strings.Contains(kept.Reason, "no configuration") == known || slices.Contains(flowtest.Codes(kept), "given_back") != known {
			t.Errorf("known %v: %s %q", known, kept.Reason, flowtest.Codes(kept))
		}
	}
}

// TestAnOutcomeThatIsNotOnRecordIsSaid, whoever began the run, beside what it came to; and so is a
// request that is wrong.
func TestAnOutcomeThatIsNotOnRecordIsSaid(t *testing.T) {
	t.Parallel()
	job := func(r state.Record) state.Job { return state.Job{Record: r} }
	for name, end := range map[string]func(l *flow.Life, q flow.Queue, r state.Record) (run.Outcome, error){
		"a queue": func(l *flow.Life, q flow.Queue, r state.Record) (run.Outcome, error) {
			report, err := l.Continue(t.Context(), q, job(r), func(state.Record) flow.Kind { return kind{} })
			return report.Run.Outcome, err
		},
		"a queue that gives it up": func(l *flow.Life, q flow.Queue, r state.Record) (run.Outcome, error) {
			record, err := l.GiveUp(t.Context(), q, job(r), true, nil)
			return record.Outcome, err
		},
	} {
		w := newWorld(t)
		record := w.Begin("f", run.Export)
		w.Faults.Always = "finish run"
		if outcome, err := end(w.Life(), stubborn{}, record); outcome == "" || !errors.Is(err, flowtest.ErrFault) {
			t.Errorf("%s: %q, %v", name, outcome, err)
		}
	}
	w := newWorld(t)
	w.Faults.Always = "finish run"
	record, err := flow.Request{}.Record("f", run.Export, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := w.Life().Start(t.Context(), flow.Request{}, record, kind{}); r.Run.Outcome != run.Done || !errors.Is(err, flowtest.ErrFault) {
		t.Errorf("a person: %+v, %v", r.Run, err)
	}
	if _, err := w.Life().Start(t.Context(), flow.Request{DryRun: true}, record, wrong{}); !errors.Is(err, run.ErrUsage) {
		t.Errorf("a wrong request: %v", err)
	}
}

// stubborn is a queue that cannot record either.
type stubborn struct{}

func (stubborn) Insist(_ context.Context, _ state.Record, err error) error { return err }

// wrong is a kind that nobody can rehearse.
type wrong struct{ kind }

func (wrong) Rehearse(context.Context, string) (flow.Result, error) {
	return flow.Result{}, run.ErrUsage
}
