package inbox_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/secret"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/step"
	"lucca-exchange/internal/wrap"
)

// TestFileThatIsNotGivenBack: what only the partner can mend is named and keeps nothing waiting, and a
// newer file under its name is what counts.
func TestFileThatIsNotGivenBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	record, _ := d.taken()
	d.end(record, none, run.Failed, "why")
	lets := d.From.Remote
	d.From.Remote = firm{lets}
	if warnings, err := d.Recover(t.Context()); err != nil || len(warnings) != 1 || !strings.Contains(warnings[0].Message, "each run of the flow tries again until the server lets it") {
		t.Errorf("the server refuses: %+v, %v", warnings, err)
	}
	if got := d.where(); got != "in-progress" {
		t.Errorf("it is in %q", got)
	}
	d.From.Remote = lets
	d.Write("login;jobTitle\nada;Cheffe\n", "in", "users.csv")
	if warnings, err := d.Recover(t.Context()); err != nil || len(warnings) != 0 {
		t.Errorf("there is a newer one: %+v, %v", warnings, err)
	}
	if got := d.Read("in", "users.csv"); !strings.Contains(got, "Cheffe") || len(d.Names("in", "failed")) != 1 || len(d.Names("in", "in-progress")) != 0 {
		t.Errorf("there is %q, failed are %q, taken are %q", got, d.Names("in", "failed"), d.Names("in", "in-progress"))
	}
}

// firm is a remote that renames nothing.
type firm struct{ remote.Remote }

func (f firm) Open(ctx context.Context) (remote.Session, error) {
	s, err := f.Remote.Open(ctx)
	return firmSession{s}, err
}

type firmSession struct{ remote.Session }

func (firmSession) Rename(context.Context, string, string) error  { return remote.ErrPermission }
func (firmSession) Replace(context.Context, string, string) error { return remote.ErrPermission }

// TestNothingIsPutAwayThatIsNotUnderstood: where nobody knows what became of a run, its file stays; and a
// run that is ended meanwhile says so, however old the file is.
func TestNothingIsPutAwayThatIsNotUnderstood(t *testing.T) {
	t.Parallel()
	for name, outcome := range map[string]struct {
		outcome run.Outcome
		reason  string
	}{"given up": {run.Failed, flow.GivenUp + " the process ended"}, "failed": {run.Failed, "why"}, "rejected": {run.Canceled, "rejected"}} {
		d := newDesk(t)
		record, _ := d.taken()
		d.end(record, none, outcome.outcome, outcome.reason)
		for _, fault := range []string{"look up plan", "look up run"} {
			d.Faults.Always, d.Faults.Reads = fault, true
			if _, err := d.Recover(t.Context()); !errors.Is(err, flowtest.ErrFault) || d.where() != "in-progress" {
				t.Errorf("%s, %s: the file is in %q, %v", name, fault, d.where(), err)
			}
		}
	}
	for _, plan := range []state.PlanState{none, state.PlanApplied} { // it is given back, or put away
		d := newDesk(t)
		record, file := d.taken()
		d.end(record, plan, run.Failed, "why")
		old := pickup.Record{
			Run: record.ID, Flow: "users", Remote: "in", Name: "users.csv", Size: file.Bytes, ModTime: file.ModTime(), Step: pickup.StepFetched,
			SHA256: file.SHA256, Place: filepath.Join("in-progress", d.Names("in", "in-progress")[0]), At: flow.Now().Add(-remote.Patience - time.Minute),
		}
		if err := d.Journal.Save(t.Context(), old); err != nil {
			t.Fatal(err)
		}
		d.Faults.Always = "connect"
		if warnings, err := d.Recover(t.Context()); err != nil || len(warnings) != 1 {
			t.Errorf("after a day without an answer: %+v, %v", warnings, err)
		}
		d.Faults.Always = ""
		ctx, stop := context.WithCancel(t.Context())
		lets := d.From.Remote
		d.From.Remote = ends{lets, stop}
		if warnings, err := d.Recover(ctx); !errors.Is(err, context.Canceled) || len(warnings) != 0 {
			t.Errorf("ended meanwhile: %+v, %v", warnings, err)
		}
		d.From.Remote = lets
		if warnings, err := d.Recover(t.Context()); err != nil || len(warnings) != 0 || d.where() == "in-progress" {
			t.Errorf("at last: %+v, %v, and it is in %q", warnings, err, d.where())
		}
	}
}

// ends is a remote during whose opening the run is ended.
type ends struct {
	remote.Remote
	stop func()
}

func (e ends) Open(ctx context.Context) (remote.Session, error) {
	e.stop()
	return nil, context.Cause(ctx)
}

// TestFileThatCannotBeUnwrapped, because it or the key is gone, is an error and no empty file.
func TestFileThatCannotBeUnwrapped(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		unwrap wrap.UnwrapConfig
		spoil  func(path string) error
	}{
		"gone":         {wrap.UnwrapConfig{{Gzip: &wrap.Gunzip{}}}, os.Remove},
		"not packed":   {wrap.UnwrapConfig{{Gzip: &wrap.Gunzip{}}}, func(string) error { return nil }},
		"without keys": {wrap.UnwrapConfig{{Age: &wrap.AgeDecrypt{Identity: secret.Ref{File: "none"}}}}, func(string) error { return nil }},
	} {
		d := newDesk(t)
		record, file := d.taken()
		if err := tt.spoil(filepath.Join(d.Folder(record.ID), "incoming", "users.csv")); err != nil {
			t.Fatal(err)
		}
		d.Unwrap = tt.unwrap
		f, err := d.Plain(t.Context(), *file)
		if err == nil || f.Plain != nil || f.Name != "users.csv" {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
}

// TestFileIsUnwrapped to what its run reads, under the name that it has inside.
func TestFileIsUnwrapped(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	w, err := archive.Create("staff.csv")
	if err == nil {
		_, err = io.WriteString(w, "login\nada\n")
	}
	if err = errors.Join(err, archive.Close()); err != nil {
		t.Fatal(err)
	}
	d.Write(packed.String(), "in", "users.csv")
	d.Unwrap = wrap.UnwrapConfig{{Zip: &wrap.Unzip{}}}
	record := d.Begin("users", run.Import)
	a, err := d.Take(t.Context(), record, d.Folder(record.ID))
	if err != nil || a.File == nil {
		t.Fatalf("%+v, %v", a, err)
	}
	f, err := d.Plain(t.Context(), *a.File)
	if err != nil || f.Name != "users.csv" || f.Plain == nil || f.Plain.Name != "staff.csv" || f.Plain.Bytes != 10 || f.Path != filepath.Join(d.Folder(record.ID), "plain.csv") || d.Read("spool", record.ID, "plain.csv") != "login\nada\n" {
		t.Errorf("%+v of %+v, %v", f.Plain, f, err)
	}
}

// TestSpoolThatCannotBeTidiedIsSaid: content of people stays there.
func TestSpoolThatCannotBeTidiedIsSaid(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	record, file := d.taken()
	if err := os.RemoveAll(d.Folder(record.ID)); err != nil {
		t.Fatal(err)
	}
	d.Write("", "spool", record.ID) // where its folder is to be
	if err := d.GiveBack(t.Context(), *file); err == nil || d.where() != "." {
		t.Errorf("given back to %q: %v", d.where(), err)
	}
	if err := d.Drop(*file); err == nil {
		t.Error("nobody hears of what is left")
	}
}

// TestFileOfARunThatWasKilledAsItTookIt is given back, unless the server does not let it.
func TestFileOfARunThatWasKilledAsItTookIt(t *testing.T) {
	t.Parallel()
	for _, lets := range []bool{true, false} {
		d := newDesk(t)
		var log bytes.Buffer
		d.Logger = slog.New(slog.NewTextHandler(&log, nil))
		record, file := d.taken()
		d.end(record, none, run.Failed, "interrupted")
		claimed := pickup.Record{
			Run: record.ID, Flow: "users", Remote: "in", Name: "users.csv", Size: file.Bytes, ModTime: file.ModTime(), Step: pickup.StepMoved,
			Place: "in-progress/" + d.Names("in", "in-progress")[0], At: flow.Now(),
		}
		if err := d.Journal.Save(t.Context(), claimed); err != nil {
			t.Fatal(err)
		}
		if !lets {
			d.From.Remote = firm{d.From.Remote}
		}
		warnings, err := d.Recover(t.Context())
		if err != nil || (len(warnings) == 0) != lets || (d.where() == ".") != lets || strings.Contains(log.String(), "msg=file.released") != lets {
			t.Errorf("lets %v: %+v, %v, it is in %q, and logged is\n%s", lets, warnings, err, d.where(), &log)
		}
	}
}

// TestWhatAnInboxDoesIsMeasuredAndLogged, with the reports that are put beside a file.
func TestWhatAnInboxDoesIsMeasuredAndLogged(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var log bytes.Buffer
	d.Logger = slog.New(slog.NewTextHandler(&log, nil))
	d.Write("login\nada\n", "in", "a.csv")
	d.Write("login\nbob\n", "in", "b.csv")
	measured := func(do func(ctx context.Context) error) string {
		t.Helper()
		ctx, clock, _ := step.Start(t.Context(), step.Tracer{}, run.Run{})
		if err := do(ctx); err != nil {
			t.Fatal(err)
		}
		names := ""
		for _, s := range clock.Steps() {
			names += s.Name
		}
		return names
	}
	record := d.Begin("users", run.Import)
	var a inbox.Arrival
	for want, do := range map[step.Name]func(ctx context.Context) error{
		step.Pickup: func(ctx context.Context) (err error) { a, err = d.Peek(ctx, d.Folder("dry")); return err },
		step.Read:   func(ctx context.Context) error { _, err := d.Plain(ctx, inbox.File{}); return err },
		step.Report: func(ctx context.Context) error {
			d.Settle(ctx, "r", new(inbox.File), pickup.Processed, nil)
			return nil
		},
	} {
		if got := measured(do); got != string(want) {
			t.Errorf("measured is %q, want %q", got, want)
		}
	}
	if got := measured(func(ctx context.Context) (err error) { a, err = d.Take(ctx, record, d.Folder(record.ID)); return err }); got != string(step.Pickup) {
		t.Errorf("measured is %q", got)
	}
	if seen, _ := d.Steady.Load("users"); len(a.Findings) != 1 || !strings.HasPrefix(a.Findings[0].Message, "1 more files wait") || len(seen.(pickup.Steady).Files) != 2 {
		t.Errorf("said %+v, and seen are %+v", a.Findings, seen)
	}
	d.end(record, state.PlanApplied, run.Done, "")
	for _, suffix := range []string{pickup.ReportSuffix, pickup.RejectedSuffix} {
		if err := os.WriteFile(inbox.Report(d.Folder(record.ID), suffix), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if warnings, err := d.Recover(t.Context()); err != nil || len(warnings) != 0 {
		t.Fatal(warnings, err)
	}
	if got := d.Names("in", "processed"); !slices.Equal(got, []string{"a.csv", "a.csv.rejected.csv", "a.csv.report.csv"}) {
		t.Errorf("put away are %q", got)
	}
	next := d.Begin("users", run.Import)
	if a, err := d.Take(t.Context(), next, d.Folder(next.ID)); err != nil || a.File == nil {
		t.Fatal(a, err)
	} else if said := d.Settle(t.Context(), next.ID, a.File, pickup.Failed, nil); len(said) != 0 {
		t.Errorf("said %+v", said)
	}
	for event, times := range map[string]int{"file.fetched": 2, "file.archived": 2} {
		if got := strings.Count(log.String(), "msg="+event+" "); got != times {
			t.Errorf("%d times %s, want %d:\n%s", got, event, times, &log)
		}
	}
}

// TestFileThatWasSeenBefore is not waited for again, while another is.
func TestFileThatWasSeenBefore(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Write("login\nada\n", "in", "users.csv")
	found, err := pickup.Look(t.Context(), d.From, d.Journal, "users")
	if err != nil || len(found.Files) != 1 {
		t.Fatalf("%+v, %v", found, err)
	}
	d.From.Options.Settle = time.Hour
	record := d.Begin("users", run.Import)
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if a, err := d.Take(ctx, record, d.Folder(record.ID)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("never seen: %+v, %v", a, err)
	}
	if a, err := d.Peek(t.Context(), d.Folder("dry")); err != nil || a.File == nil {
		t.Errorf("a dry run, which takes nothing: %+v, %v", a, err)
	}
	d.Steady.Store("users", pickup.Steady{At: flow.Now().Add(-5 * time.Minute), Files: found.Files})
	if a, err := d.Take(t.Context(), record, d.Folder(record.ID)); err != nil || a.File == nil {
		t.Errorf("seen some minutes ago: %+v, %v", a, err)
	}
}
