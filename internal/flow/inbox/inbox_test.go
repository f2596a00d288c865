package inbox_test

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/internal/wrap"
)

// desk is an inbox with the folder in.
type desk struct {
	*flowtest.World
	inbox.Inbox
	t testing.TB
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	w := flowtest.New(t, sandbox.NewCompany(20, 1, time.Now()), "in")
	return &desk{w, inbox.Inbox{
		Flow: "users", From: w.Source("in", "*.csv"), Known: w.State.Inbox(), Journal: w.State.Pickups.PickupJournal(), Steady: new(sync.Map),
		Room: w.Room, Spool: w.Spool(), Logger: slog.New(slog.DiscardHandler),
	}, t}
}

// taken is a run at work that has taken the file users.csv.
func (d *desk) taken() (state.Record, *inbox.File) {
	d.t.Helper()
	d.Write("login;jobTitle\nada;Chef\n", "in", "users.csv")
	record := d.Begin("users", run.Import)
	a, err := d.Take(d.t.Context(), record, d.Folder(record.ID))
	if err != nil || a.File == nil {
		d.t.Fatalf("took %+v, %v", a, err)
	}
	return record, a.File
}

// where is the folder that has the file, which is to be in one.
func (d *desk) where() string {
	d.t.Helper()
	var found []string
	for _, folder := range []string{".", "in-progress", "processed", "failed"} {
		// While in progress, its run is in the name.
		ours := func(name string) bool { return strings.HasPrefix(name, "users.") && strings.Count(name, ".csv") == 1 }
		if slices.ContainsFunc(d.Names("in", folder), ours) {
			found = append(found, folder)
		}
	}
	return strings.Join(found, " and ")
}

// keeps has content that the remote has no more.
func (d *desk) keeps(content string) {
	d.t.Helper()
	path := filepath.Join(d.World.Spool(), "kept", "users", "20261101-0600-aa", "users.csv")
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(content), 0o600)); err != nil {
		d.t.Fatal(err)
	}
}

// end ends a run, with a plan where it has one.
func (d *desk) end(r state.Record, plan state.PlanState, outcome run.Outcome, reason string) {
	d.t.Helper()
	if plan != none {
		err := d.State.Plans.SavePlan(d.t.Context(), state.PlanRecord{
			Run: r.ID, Flow: r.Flow, Hash: "hash", Write: func(w io.Writer) error { _, err := io.WriteString(w, "{}"); return err },
		})
		if err == nil && plan != kept {
			err = d.State.Plans.SetPlanState(d.t.Context(), r.ID, plan)
		}
		if err != nil {
			d.t.Fatal(err)
		}
	}
	r.Outcome, r.Reason, r.FinishedAt = outcome, reason, flow.Now()
	if err := d.State.Runs.Finish(d.t.Context(), r); err != nil {
		d.t.Fatal(err)
	}
}

// States of plans beside those of the store: there is none, and one of which nothing was begun.
const (
	none state.PlanState = "none"
	kept state.PlanState = "kept"
)

// TestFileOfARunThatIsOver goes where what the run did to it says: nothing that was not dealt with
// is put away, and nothing that was is read again.
func TestFileOfARunThatIsOver(t *testing.T) {
	t.Parallel()
	const givenUp = flow.GivenUp + " the process ended"
	for name, tt := range map[string]struct {
		stores  bool
		plan    state.PlanState
		outcome run.Outcome
		reason  string
		want    string
	}{
		"done":                               {plan: state.PlanApplied, outcome: run.Done, want: "processed"},
		"done with rejections":               {plan: state.PlanApplied, outcome: run.Rejections, want: "processed"},
		"done, and its plan is forgotten":    {plan: none, outcome: run.Done, want: "processed"},
		"rejections, its plan is forgotten":  {plan: none, outcome: run.Rejections, want: "processed"},
		"held":                               {plan: kept, outcome: run.Held, want: "in-progress"},
		"failed before there was a plan":     {plan: none, outcome: run.Failed, want: "."},
		"failed before anything was applied": {plan: kept, outcome: run.Failed, want: "."},
		"failed, and all was applied":        {plan: state.PlanApplied, outcome: run.Failed, want: "processed"},
		"canceled before there was a plan":   {plan: none, outcome: run.Canceled, want: "."},
		"rejected":                           {plan: kept, outcome: run.Canceled, want: "failed"},
		"given up":                           {plan: none, outcome: run.Failed, reason: givenUp, want: "failed"},
		"given up with a plan":               {plan: kept, outcome: run.Failed, reason: givenUp, want: "failed"},
		"given up in the midst":              {plan: state.PlanApplying, outcome: run.Failed, reason: givenUp, want: "."},
		// Of a file of hires the plan is not made: it says nothing of the file.
		"hires failed, and a plan was applied": {stores: true, plan: state.PlanApplied, outcome: run.Failed, want: "."},
		"hires are held":                       {stores: true, plan: kept, outcome: run.Held, want: "."},
		"hires are done":                       {stores: true, plan: state.PlanApplied, outcome: run.Done, want: "."},
		"hires given up":                       {stores: true, plan: none, outcome: run.Failed, reason: givenUp, want: "failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.Stores = tt.stores
			var log bytes.Buffer
			d.Logger = slog.New(slog.NewTextHandler(&log, nil))
			record, _ := d.taken()
			d.end(record, tt.plan, tt.outcome, cmp.Or(tt.reason, "why"))
			d.Faults.Always = "connect"
			warnings, err := d.Recover(t.Context()) // a file that is dealt with keeps no other waiting
			if stops, said := tt.want == ".", tt.want == "processed" || tt.want == "failed"; (err != nil) != stops || (len(warnings) == 1) != said {
				t.Errorf("nobody answers: %v, %v", warnings, err)
			}
			d.Faults.Always = ""
			if warnings, err := d.Recover(t.Context()); err != nil || len(warnings) != 0 {
				t.Fatalf("%v, %v", warnings, err)
			}
			if got := d.where(); got != tt.want {
				t.Errorf("the file is in %q, want %q", got, tt.want)
			}
			if released := strings.Contains(log.String(), "msg=file.released"); released != (tt.want == ".") {
				t.Errorf("logged is\n%s", &log)
			}
		})
	}
}

// TestFileThatCannotBePutAway is a warning, which keeps no other file waiting: the next run puts all of
// them away.
func TestFileThatCannotBePutAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for range 2 {
		record, _ := d.taken()
		d.end(record, state.PlanApplied, run.Done, "")
	}
	d.Faults.Reset(0, false, false)
	d.Faults.Always = "connect"
	if warnings, err := d.Recover(t.Context()); err != nil || len(warnings) != 2 || !strings.Contains(warnings[0].Message, "the file of an earlier run is still to be put away") {
		t.Errorf("%v, %v: nobody hears of it", warnings, err)
	}
	d.Faults.Always = ""
	if _, err := d.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.where(); got != "processed" {
		t.Errorf("the file is in %q", got)
	}
}

// TestFileThatIsGivenBack is there for the next run, and in the spool no more.
func TestFileThatIsGivenBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	record, file := d.taken()
	if got := d.where(); got != "in-progress" {
		t.Fatalf("a file that was taken is in %q", got)
	}
	if err := d.GiveBack(t.Context(), *file); err != nil {
		t.Fatal(err)
	}
	if got := d.where(); got != "." {
		t.Errorf("the file is in %q", got)
	}
	if left := d.Names("spool", record.ID, "incoming"); len(left) > 0 {
		t.Errorf("the spool keeps %q", left)
	}
	if err := d.PutAway(t.Context(), record.ID); err != nil || d.where() != "." {
		t.Errorf("what is the next run's was put to %q: %v", d.where(), err)
	}
	d.end(record, none, run.Failed, "why")
	again := d.Begin("users", run.Import)
	if a, err := d.Take(t.Context(), again, d.Folder(again.ID)); err != nil || a.File == nil || a.Outcome != "" {
		t.Errorf("%+v %v", a, err)
	}
}

// TestFileThatTheServerTookAway after a run had read it whole is put back from the spool: nobody else
// has it.
func TestFileThatTheServerTookAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	record, _ := d.taken()
	d.end(record, none, run.Failed, "why")
	if err := os.RemoveAll(filepath.Join(d.Dir, "in", "in-progress")); err != nil {
		t.Fatal(err)
	}
	if warnings, err := d.Recover(t.Context()); err != nil || len(warnings) != 0 {
		t.Fatalf("%v, %v", warnings, err)
	}
	if d.where() != "." || d.Read("in", "users.csv") != "login;jobTitle\nada;Chef\n" {
		t.Errorf("the file is in %q", d.where())
	}
}

// TestContentThatWasDealtWith is not dealt with again, under whatever name.
func TestContentThatWasDealtWith(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	record, file := d.taken()
	if said := d.Settle(t.Context(), record.ID, file, pickup.Processed, nil); len(said) > 0 {
		t.Fatal(said)
	}
	d.end(record, state.PlanApplied, run.Done, "")
	if place, _ := file.Place(); place != "processed/users.csv" {
		t.Errorf("it was put to %q", place)
	}
	d.Write("login;jobTitle\nada;Chef\n", "in", "other.csv")
	next := d.Begin("users", run.Import)
	a, err := d.Take(t.Context(), next, d.Folder(next.ID))
	if err != nil || a.File == nil || a.Outcome != run.Nothing || a.Reason != inbox.DealtWith(record.ID) || a.File.Duplicate != record.ID {
		t.Errorf("%+v %v", a, err)
	}
}

// TestPeekChangesNothing: a dry run looks at the very file that the next run takes.
func TestPeekChangesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if a, err := d.Peek(t.Context(), d.Folder("dry")); err != nil || a.File != nil || a.Outcome != run.Nothing || !strings.Contains(a.Reason, "*.csv") {
		t.Errorf("%+v %v", a, err)
	}
	d.Write("login\nada\n", "in", "users.csv")
	a, err := d.Peek(t.Context(), d.Folder("dry"))
	if err != nil || a.File == nil || a.File.Picked() || a.Outcome != "" {
		t.Fatalf("%+v %v", a, err)
	}
	plain, err := d.Plain(t.Context(), *a.File)
	if err != nil || d.Read("spool", "dry", "incoming", "users.csv") != "login\nada\n" || plain.Path == "" {
		t.Errorf("%+v %v", plain, err)
	}
	if got := d.where(); got != "." {
		t.Errorf("the file is in %q", got)
	}
}

// TestGivenFile is copied, and stays where it is; one that is not there is the fault of whoever
// gave it.
func TestGivenFile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Write("login\nada\n", "mine.csv")
	path := filepath.Join(d.Dir, "mine.csv")
	f, err := d.Copy(path, d.Folder("r"))
	if err != nil || !f.Local || f.Picked() || f.Name != "mine.csv" || f.Bytes != 10 || !f.ModTime().IsZero() {
		t.Fatalf("%+v %v", f, err)
	}
	if err := d.GiveBack(t.Context(), *f); err != nil {
		t.Error(err)
	}
	if said := d.Settle(t.Context(), "r", f, pickup.Failed, nil); len(said) > 0 {
		t.Errorf("%v", said)
	}
	if err := d.Drop(*f); err != nil || len(d.Names("spool", "r", "incoming")) > 0 {
		t.Errorf("dropped: %v, %q", err, d.Names("spool", "r", "incoming"))
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the person's own file: %v", err)
	}
	d.Write("login\nada\n", "mi\x01ne.csv")
	for _, bad := range []string{filepath.Join(d.Dir, "none.csv"), filepath.Join(d.Dir, "mi\x01ne.csv"), d.Dir + "/.", filepath.Join(d.Dir, "in")} {
		if f, err := d.Copy(bad, d.Folder("r")); err == nil || f != nil {
			t.Errorf("%q was copied", bad)
		}
	}
	if _, err := d.Copy(filepath.Join(d.Dir, "none.csv"), d.Folder("r")); !errors.Is(err, run.ErrUsage) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// TestGiveUpSetsTheFileAside with a report, unless some of it may be in Lucca.
func TestGiveUpSetsTheFileAside(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	record, _ := d.taken()
	if f := d.GiveUp(t.Context(), record); f.Code != "given_up" {
		t.Errorf("said %+v", f)
	}
	if got := d.Names("in", "failed"); !slices.Equal(got, []string{"users.csv", "users.csv.report.csv"}) {
		t.Errorf("failed has %q", got)
	}
	for begun, want := range map[state.PlanState]string{"": "failed", state.PlanApplying: "in-progress"} {
		d := newDesk(t)
		record, _ := d.taken()
		err := d.State.Plans.SavePlan(t.Context(), state.PlanRecord{Run: record.ID, Flow: record.Flow, Hash: "hash"})
		if begun != "" {
			err = errors.Join(err, d.State.Plans.SetPlanState(t.Context(), record.ID, begun))
		}
		if err != nil {
			t.Fatal(err)
		}
		d.GiveUp(t.Context(), record)
		if got := d.where(); got != want {
			t.Errorf("a file whose plan is %q is in %q, want %q: where some may be in Lucca, the next run goes on", begun, got, want)
		}
	}
}

// TestNoFilePutsNothingAway.
func TestNoFilePutsNothingAway(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if err := d.PutAway(t.Context(), d.Begin("users", run.Import).ID); err != nil {
		t.Error(err)
	}
}

// TestOverdue: a file that did not come is missed once a day, and only on days that have a slot.
func TestOverdue(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	at := func(h int) time.Time { return day.Add(time.Duration(h) * time.Hour) }
	for name, tt := range map[string]struct {
		by   string
		at   time.Time
		came time.Time
		told time.Time
		next time.Time
		want bool
	}{
		"nothing is expected":         {at: at(9)},
		"not due yet":                 {by: "07:00", at: at(6)},
		"due to the second":           {by: "07:00", at: at(7), want: true},
		"due":                         {by: "07:00", at: at(9), want: true},
		"came today":                  {by: "07:00", at: at(9), came: at(5)},
		"came at midnight":            {by: "07:00", at: at(9), came: at(0)},
		"came yesterday":              {by: "07:00", at: at(9), came: at(-2), want: true},
		"a run said so":               {by: "07:00", at: at(9), told: at(8)},
		"a run said so ahead of time": {by: "07:00", at: at(9), told: at(10), want: true},
		"a run before did not say so": {by: "07:00", at: at(9), told: at(6), want: true},
		"a slot as the day ends":      {by: "07:00", at: at(9), next: at(24)},
		"no slot today":               {by: "07:00", at: at(9), next: at(30)},
		"a slot today":                {by: "07:00", at: at(9), next: at(5), want: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.Known = dated{d.Known, tt.came, tt.told}
			d.Expect = inbox.Expectation{By: tt.by, After: 7 * time.Hour, Zone: time.UTC}
			if !tt.next.IsZero() {
				d.Expect.Next = func(time.Time) time.Time { return tt.next }
			}
			if got, err := d.Overdue(t.Context(), tt.at); err != nil || got != tt.want {
				t.Errorf("overdue: %v %v, want %v", got, err, tt.want)
			}
		})
	}
}

func TestAtFault(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]bool{
		tabular.ErrRefused: true, wrap.ErrFormat: true, wrap.ErrTooLarge: true, wrap.ErrSignature: true,
		os.ErrNotExist: false, run.ErrUsage: false, nil: false,
	} {
		if got := inbox.AtFault(err); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
}

// TestNoFaultOfTheInboxIsSwallowed: what cannot be looked up, taken, or put away is said.
func TestNoFaultOfTheInboxIsSwallowed(t *testing.T) {
	t.Parallel()
	said := func(findings []finding.Finding, err error) (state.Record, flow.Result, error) {
		return state.Record{Findings: findings}, flow.Result{}, err
	}
	for name, start := range map[string]func(d *desk) func() (state.Record, flow.Result, error){
		"a file is taken": func(d *desk) func() (state.Record, flow.Result, error) {
			d.Write("login\nada\n", "in", "users.csv")
			r := d.Begin("users", run.Import)
			return func() (state.Record, flow.Result, error) {
				a, err := d.Take(d.t.Context(), r, d.Folder(r.ID))
				return said(a.Findings, err)
			}
		},
		"none came, and one is expected": func(d *desk) func() (state.Record, flow.Result, error) {
			d.Expect = inbox.Expectation{By: "00:00", Zone: time.UTC}
			r := d.Begin("users", run.Import)
			return func() (state.Record, flow.Result, error) {
				a, err := d.Take(d.t.Context(), r, d.Folder(r.ID))
				return said(a.Findings, err)
			}
		},
		"somebody asks whether one is overdue": func(d *desk) func() (state.Record, flow.Result, error) {
			d.Expect = inbox.Expectation{By: "00:00", Zone: time.UTC}
			return func() (state.Record, flow.Result, error) {
				_, err := d.Overdue(d.t.Context(), flow.Now())
				return said(nil, err)
			}
		},
		"one is looked at": func(d *desk) func() (state.Record, flow.Result, error) {
			d.Write("login\nada\n", "in", "users.csv")
			return func() (state.Record, flow.Result, error) {
				a, err := d.Peek(d.t.Context(), d.Folder("dry"))
				return said(a.Findings, err)
			}
		},
		"one that failed is given back": func(d *desk) func() (state.Record, flow.Result, error) {
			r, _ := d.taken()
			d.end(r, none, run.Failed, "why")
			return func() (state.Record, flow.Result, error) { return said(d.Recover(d.t.Context())) }
		},
		"one that was rejected is put away": func(d *desk) func() (state.Record, flow.Result, error) {
			r, _ := d.taken()
			d.end(r, kept, run.Canceled, "rejected")
			return func() (state.Record, flow.Result, error) { return said(d.Recover(d.t.Context())) }
		},
		"one that was done is put away": func(d *desk) func() (state.Record, flow.Result, error) {
			r, _ := d.taken()
			d.end(r, state.PlanApplied, run.Done, "")
			return func() (state.Record, flow.Result, error) { return said(d.Recover(d.t.Context())) }
		},
		"what was kept of one is taken": func(d *desk) func() (state.Record, flow.Result, error) {
			d.keeps("login\nada\n")
			r := d.Begin("users", run.Import)
			return func() (state.Record, flow.Result, error) {
				a, err := d.Take(d.t.Context(), r, d.Folder(r.ID))
				if said := len(a.Findings); err == nil && said == 0 {
					d.t.Error("nobody hears where it comes from")
				}
				return said(nil, err)
			}
		},
		"what was kept of one is looked at": func(d *desk) func() (state.Record, flow.Result, error) {
			d.keeps("login\nada\n")
			return func() (state.Record, flow.Result, error) {
				_, err := d.Peek(d.t.Context(), d.Folder("dry"))
				return said(nil, err)
			}
		},
		"one is put into failed": func(d *desk) func() (state.Record, flow.Result, error) {
			r, _ := d.taken()
			return func() (state.Record, flow.Result, error) { return said(nil, d.PutAway(d.t.Context(), r.ID)) }
		},
		"one is taken up again": func(d *desk) func() (state.Record, flow.Result, error) {
			r, _ := d.taken()
			return func() (state.Record, flow.Result, error) {
				_, err := d.Again(d.t.Context(), r)
				return said(nil, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flowtest.Heard(t, func(t *testing.T) (*flowtest.World, func() (state.Record, flow.Result, error)) {
				d := newDesk(t)
				return d.World, start(d)
			}, "list in-progress")
		})
	}
}
