package inbox_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/internal/wrap"
)

// TestWhatIsLeftThereIsSaid: whoever drops a file that is not taken learns why, and nothing is said of
// files that are as they should be.
func TestWhatIsLeftThereIsSaid(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		put  func(d *desk)
		says string // the code and the beginning of the message; empty for nothing
	}{
		"a folder": {func(d *desk) {
			if err := os.Mkdir(filepath.Join(d.Dir, "in", "users.csv"), 0o700); err != nil {
				d.t.Fatal(err)
			}
		}, `skipped_not_regular: "users.csv" is a folder, a link or a pipe, not a file: it was left where it is`},
		"an empty file": {func(d *desk) { d.Write("", "in", "users.csv") }, `skipped_empty: "users.csv" is empty: it was left where it is`},
		"a large file": {func(d *desk) {
			d.From.Options.MaxBytes = 3
			d.Write("login\nada\n", "in", "users.csv")
		}, `skipped_too_large: "users.csv" is larger than pickup.max_bytes: it was left where it is`},
		"another case": {func(d *desk) { d.Write("login\nada\n", "in", "USERS.CSV") },
			`skipped_other_case: "USERS.CSV" looks like *.csv but for letter case or accents: change the pattern or the name: it was left where it is`},
		"without its marker": {func(d *desk) {
			d.From.Options.Marker = "{file}.done"
			d.Write("login\nada\n", "in", "users.csv")
		}, `skipped_no_marker: "users.csv" has no marker yet: it was left where it is`},
		"a name that nobody can type": {func(d *desk) { d.Write("login\nada\n", "in", "us\x01ers.csv") },
			"skipped_bad_name: 1 entries: each has a name that cannot be used: it was left where it is"},
		"a name in another character set": {func(d *desk) { d.Write("login\nada\n", "in", "us\xe9rs.csv") }, "skipped_other_charset: "},
		"one that is still being sent":    {func(d *desk) { d.Write("login\nada\n", "in", "users.csv.part") }, ""},
		"another name":                    {func(d *desk) { d.Write("login\nada\n", "in", "users.txt") }, ""},
		"a report of ours":                {func(d *desk) { d.Write("login\nada\n", "in", "users.csv.report.csv") }, ""},
		"nothing":                         {func(*desk) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			tt.put(d)
			before := d.Names("in")
			record := d.Begin("users", run.Import)
			for look, find := range map[string]func() (inbox.Arrival, error){
				"a run":     func() (inbox.Arrival, error) { return d.Take(t.Context(), record, d.Folder(record.ID)) },
				"a dry run": func() (inbox.Arrival, error) { return d.Peek(t.Context(), d.Folder("dry")) },
			} {
				a, err := find()
				if err != nil || a.File != nil || a.Outcome != run.Nothing {
					t.Fatalf("%s: %+v %v", look, a, err)
				}
				var said []string
				for _, f := range a.Findings {
					if f.Severity != finding.Warning {
						t.Errorf("%s: %+v fails the run", look, f)
					}
					said = append(said, f.Code+": "+f.Message)
				}
				if got := strings.Join(said, "\n"); !strings.HasPrefix(got, tt.says) || (got == "") != (tt.says == "") {
					t.Errorf("%s says %q, want %q", look, got, tt.says)
				}
			}
			if after := d.Names("in"); fmt.Sprint(before) != fmt.Sprint(after) {
				t.Errorf("the folder has %q, and had %q", after, before)
			}
		})
	}
}

// TestFileThatDoesNotComeInTime fails the run that misses it.
func TestFileThatDoesNotComeInTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Expect = inbox.Expectation{By: "00:00", Zone: time.UTC}
	record := d.Begin("users", run.Import)
	d.Expect.After = 24 * time.Hour
	if a, err := d.Take(t.Context(), record, d.Folder(record.ID)); err != nil || a.Outcome != run.Nothing {
		t.Errorf("it is not due yet: %+v, %v", a, err)
	}
	d.Expect.After = 0
	a, err := d.Take(t.Context(), record, d.Folder(record.ID))
	if err != nil || a.Outcome != run.Failed || a.Reason != "missing: no file matching *.csv came by 00:00" || len(a.Findings) != 1 || a.Findings[0].Code != finding.Missing || a.Findings[0].Severity != finding.Error {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestPeekKnowsContentThatWasDealtWith, as the next run does.
func TestPeekKnowsContentThatWasDealtWith(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	record, file := d.taken()
	d.Settle(t.Context(), record.ID, file, pickup.Processed, nil)
	d.end(record, state.PlanApplied, run.Done, "")
	d.Write("login;jobTitle\nada;Chef\n", "in", "again.csv")
	d.Write("login;jobTitle\nada;Chef de rang\n", "in", "then.csv")
	a, err := d.Peek(t.Context(), d.Folder("dry"))
	if err != nil || a.File == nil || a.File.Name != "again.csv" || a.File.Waiting != 1 || a.Outcome != run.Nothing || a.Reason != inbox.DealtWith(record.ID) || a.File.Duplicate != record.ID {
		t.Errorf("%+v %v", a, err)
	}
}

// TestFileOfARunThatGoesOn is found by what is kept of it, also where its process had not told its name.
func TestFileOfARunThatGoesOn(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		unwrap wrap.UnwrapConfig
		told   bool
		path   string
	}{
		"told":             {nil, true, "incoming/users.csv"},
		"not told":         {nil, false, "incoming/users.csv"},
		"packed":           {wrap.UnwrapConfig{{Gzip: &wrap.Gunzip{}}}, true, "plain.csv"},
		"packed, not told": {wrap.UnwrapConfig{{Gzip: &wrap.Gunzip{}}}, false, "plain.csv"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			record, file := d.taken()
			d.Unwrap = tt.unwrap
			if tt.told {
				told := file.File
				told.Partial, record.File = true, &told
			}
			f, err := d.Again(t.Context(), record)
			if err != nil || f.Partial != tt.told || f.Name != "users.csv" || f.SHA256 != file.SHA256 || f.Bytes != file.Bytes || !f.Picked() || f.Path != filepath.Join(d.Folder(record.ID), tt.path) {
				t.Errorf("%+v %v", f, err)
			}
			if said := d.Settle(t.Context(), record.ID, &f, pickup.Processed, nil); len(said) > 0 {
				t.Fatal(said)
			}
			if f, err := d.Again(t.Context(), record); err != nil || f.Picked() {
				t.Errorf("it is put away, and is to be so again: %+v %v", f, err)
			}
		})
	}
	d := newDesk(t)
	f, err := d.Again(t.Context(), d.Begin("users", run.Import))
	if err != nil || f.Name != "" || f.Picked() || filepath.Base(f.Path) != "plain.csv" { // which nobody finds
		t.Errorf("of a run without a file: %+v %v", f, err)
	}
	if err := d.Drop(f); err != nil {
		t.Errorf("there is nothing to drop: %v", err)
	}
}

// TestFileOfARunThatCannotBePutAwayNow is put away by the next run: nothing but a warning comes of it.
func TestFileOfARunThatCannotBePutAwayNow(t *testing.T) {
	t.Parallel()
	for name, put := range map[string]func(d *desk, r state.Record){
		"a run that is given up":   func(d *desk, r state.Record) { d.GiveUp(d.t.Context(), r) },
		"a run that was rejected":  func(d *desk, r state.Record) { d.TryPutAway(d.t.Context(), r.ID) },
		"a run that did not begin": func(d *desk, _ state.Record) { d.TryPutAway(d.t.Context(), "none") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			record, _ := d.taken()
			var log bytes.Buffer
			d.Logger = slog.New(slog.NewTextHandler(&log, nil))
			d.Faults.Reset(0, false, false)
			d.Faults.Reads = true
			for _, fault := range []string{"connect", "look up file of run", "look up plan"} {
				if d.Faults.Always = fault; fault == "look up plan" && !strings.Contains(name, "given up") {
					continue // which none of the others asks for
				}
				log.Reset()
				put(d, record)
				if got := d.where(); got != "in-progress" || strings.Contains(log.String(), "msg=file.kept") == (fault == "connect" && strings.Contains(name, "not begin")) {
					t.Fatalf("%s: it is in %q, and logged is\n%s", fault, got, &log)
				}
			}
			d.Faults.Always, d.World.Room.Max = "", 1
			d.World.Room.Measure()
			if strings.Contains(name, "given up") {
				log.Reset()
				put(d, record)
				if got := d.where(); got != "in-progress" || !strings.Contains(log.String(), "msg=file.kept") {
					t.Fatalf("without room for the report it is in %q, and logged is\n%s", got, &log)
				}
			}
			d.World.Room.Max = 1 << 30
			log.Reset()
			put(d, record)
			if strings.Contains(log.String(), "file.kept") {
				t.Errorf("nothing is kept, and logged is\n%s", &log)
			}
			want := "failed"
			if strings.Contains(name, "not begin") {
				want = "in-progress"
			}
			if got := d.where(); got != want {
				t.Errorf("it is in %q, want %q", got, want)
			}
			put(d, record) // what was put away stays where it is
			if got := d.where(); got != want {
				t.Errorf("then it is in %q, want %q", got, want)
			}
		})
	}
}

// TestAFullDiskIsNoFaultOfTheFile, whatever the format made of it.
func TestAFullDiskIsNoFaultOfTheFile(t *testing.T) {
	t.Parallel()
	if err := errors.Join(tabular.ErrRefused, spool.ErrFull); inbox.AtFault(err) {
		t.Error("a file goes to failed/ because the disk is full")
	}
}

// TestNoStateIsNoStore: a dry run before the first run looks nothing up.
func TestNoStateIsNoStore(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if inbox.StoreOf(nil) != nil || inbox.StoreOf(d.State.Whole) == nil {
		t.Error("there is a store of no state, or none of one")
	}
	d.Known = nil
	d.Write("login\nada\n", "in", "users.csv")
	if a, err := d.Peek(t.Context(), d.Folder("dry")); err != nil || a.File == nil {
		t.Errorf("%+v %v", a, err)
	}
}
