package export_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/flow"
	exports "lucca-exchange/internal/flow/export"
	"lucca-exchange/internal/flow/flowtest"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/internal/wrap"
)

// TestAnyOperationMayFail: whichever one of a run fails, is done without an answer, or is the
// last of its process: the next run sends the file, whole and once, and leaves nothing else.
func TestAnyOperationMayFail(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(30))
	n.Write("of yesterday", "out", "users.csv")
	n.run(run.Done)
	want := n.Read("out", "users.csv")
	operations := n.Faults.Count()
	if operations < 10 {
		t.Fatalf("a run of %d operations", operations)
	}
	for _, late := range []bool{false, true} {
		for _, dead := range []bool{false, true} {
			t.Run(fmt.Sprintf("late %v, dead %v", late, dead), func(t *testing.T) {
				t.Parallel()
				n := newNightly(t, good(30))
				for at := 1; at <= operations; at += flowtest.Step {
					n.t = t
					n.Write("of yesterday", "out", "users.csv")
					n.Faults.Reset(at, late, dead)
					r, err := n.attempt()
					if got := n.Read("out", "users.csv"); got != want && got != "of yesterday" {
						t.Fatalf("%d: the partner read %q", at, got)
					}
					if at < operations && err == nil && r.Outcome == run.Done && n.Read("out", "users.csv") != want {
						t.Errorf("%d: done, and the partner has the old file", at)
					}
					n.Restart()
					if r := n.run(run.Done); n.Read("out", "users.csv") != want {
						t.Errorf("%d: the next run ended as %s: %s", at, r.Outcome, r.Reason)
					}
					n.partner("users.csv")
				}
			})
		}
	}
}

// TestAnyOperationOfAnApprovalMayFail: the file goes out once, and the run ends once.
func TestAnyOperationOfAnApprovalMayFail(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		for _, dead := range []bool{false, true} {
			t.Run(fmt.Sprintf("late %v, dead %v", late, dead), func(t *testing.T) {
				t.Parallel()
				for at := 1; ; at += flowtest.Step {
					n := newNightly(t, good(30))
					held := n.held()
					n.Faults.Reset(at, late, dead)
					_, _ = n.approve(held.ID)
					more := n.Faults.Count() >= at
					n.Restart()
					for range 3 {
						if n.Kept(held.ID).Outcome != run.Held {
							break
						}
						if _, err := n.approve(held.ID); err != nil {
							t.Errorf("%d: approved again: %v", at, err)
						}
					}
					if r := n.Kept(held.ID); r.Outcome != run.Done {
						t.Errorf("%d: %s %s %+v", at, r.Outcome, r.Reason, r.Rows)
					}
					n.partner("users.csv")
					if n.Read("out", "users.csv") != n.Read("spool", held.ID, "users.csv") {
						t.Errorf("%d: another file was sent", at)
					}
					if !more {
						return
					}
				}
			})
		}
	}
}

// TestResumedRunSendsOnce: the queue goes on with a run whose process died.
func TestResumedRunSendsOnce(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		n := newNightly(t, good(30))
		for at := 1; ; at += flowtest.Step {
			n.Faults.Reset(at, late, true)
			record := n.Begin("nightly", run.Export)
			_, _, err := n.Perform(record, n.work(record))
			if err == nil || n.Kept(record.ID).Outcome != "" {
				break // it ended, whether that was heard of or not
			}
			n.Faults.Reset(0, false, false)
			file, _ := os.Stat(filepath.Join(n.Dir, "out", "users.csv"))
			r, _, err := n.Perform(record, func(ctx context.Context) (flow.Result, error) {
				in := n.input(record)
				in.Resumed = true
				return exports.Run(ctx, n.deps(), in)
			})
			if err != nil || r.Outcome != run.Done || r.Rows == nil || r.Rows.Sent == 0 {
				t.Fatalf("%d: %s %s %+v %v", at, r.Outcome, r.Reason, r.Rows, err)
			}
			after, _ := os.Stat(filepath.Join(n.Dir, "out", "users.csv"))
			last, err := n.State.Deliveries.LastDelivery(t.Context(), "nightly")
			if err != nil || last.Run != record.ID {
				t.Errorf("%d: delivered last was run %s: %v", at, last.Run, err)
			}
			if settled := at > 1 && file != nil && os.SameFile(file, after) && file.ModTime() != after.ModTime(); settled {
				t.Errorf("%d: the file was written over", at)
			}
			n.partner("users.csv")
		}
	}
}

// TestNoFaultOfAnExportIsSwallowed: whatever fails, of the store, of Lucca or of the remote, is said;
// a file that was compared with nothing, or a run that nobody remembers, would do harm in silence.
func TestNoFaultOfAnExportIsSwallowed(t *testing.T) {
	t.Parallel()
	again := func(t *testing.T) *nightly {
		n := newNightly(t, good(40))
		n.run(run.Done)
		n.SetCompany(n.leaves())
		return n
	}
	begun := func(n *nightly, work func(state.Record) flow.Work) func() (state.Record, flow.Result, error) {
		record := n.Begin("nightly", run.Export)
		return func() (state.Record, flow.Result, error) { return n.Perform(record, work(record)) }
	}
	for name, start := range map[string]func(t *testing.T) (*nightly, func() (state.Record, flow.Result, error)){
		"a run": func(t *testing.T) (*nightly, func() (state.Record, flow.Result, error)) {
			n := again(t)
			return n, begun(n, n.work)
		},
		"a run of parts": func(t *testing.T) (*nightly, func() (state.Record, flow.Result, error)) {
			n := newSplit(t, everywhere(40))
			n.in.Descriptor = true
			n.run(run.Done)
			return n, begun(n, n.work)
		},
		"an approval": func(t *testing.T) (*nightly, func() (state.Record, flow.Result, error)) {
			n := again(t)
			held := n.held()
			later := time.Now().Add(2 * time.Minute)
			if err := os.Chtimes(filepath.Join(n.Dir, "out", "users.csv"), later, later); err != nil {
				t.Fatal(err)
			}
			return n, func() (r state.Record, result flow.Result, err error) {
				r, err = n.approve(held.ID)
				return r, result, err
			}
		},
		"a resending": func(t *testing.T) (*nightly, func() (state.Record, flow.Result, error)) {
			n := again(t)
			of := n.input(n.run(run.Done))
			return n, begun(n, func(r state.Record) flow.Work {
				return func(ctx context.Context) (flow.Result, error) { return exports.Resend(ctx, n.deps(), n.input(r), of) }
			})
		},
		"a run that goes on": func(t *testing.T) (*nightly, func() (state.Record, flow.Result, error)) {
			n := again(t)
			return n, n.dies("users.csv")
		},
		"a run of parts that goes on": func(t *testing.T) (*nightly, func() (state.Record, flow.Result, error)) {
			n := newSplit(t, everywhere(24))
			return n, n.dies("users_LYO.csv")
		},
		"a run after one of which a part failed": func(t *testing.T) (*nightly, func() (state.Record, flow.Result, error)) {
			n := newSplit(t, everywhere(24))
			parts := n.run(run.Done).File.Parts
			n.half(parts[len(parts)-1].Name)
			return n, begun(n, n.work)
		},
		"a run after one of which the descriptor alone was sent": func(t *testing.T) (*nightly, func() (state.Record, flow.Result, error)) {
			n := newDescribed(t, 24)
			n.run(run.Done)
			n.half("users.csv")
			return n, begun(n, n.work)
		},
		"an approval of which a part failed": func(t *testing.T) (*nightly, func() (state.Record, flow.Result, error)) {
			n := newSplit(t, everywhere(24))
			held := n.held()
			approve := func() (r state.Record, result flow.Result, err error) {
				r, err = n.approve(held.ID)
				return r, result, err
			}
			n.Faults.Always = "replace " + held.File.Parts[len(held.File.Parts)-1].Name
			if _, _, err := approve(); err == nil {
				t.Fatal("all was sent")
			}
			return n, approve
		},
		"a dry run that compares": func(t *testing.T) (*nightly, func() (state.Record, flow.Result, error)) {
			n := again(t)
			return n, begun(n, func(r state.Record) flow.Work {
				return func(ctx context.Context) (flow.Result, error) {
					in := n.input(r)
					in.Diff, in.Spool = true, n.Spool()
					return exports.Rehearse(ctx, n.deps(), in)
				}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flowtest.Heard(t, func(t *testing.T) (*flowtest.World, func() (state.Record, flow.Result, error)) {
				n, act := start(t)
				n.t = t
				return n.World, act
			}, "stat ", "remove ") // what an earlier delivery left is looked for each time
		})
	}
}

// dies begins a run whose process dies once it has sent a file, and returns what goes on with it.
func (n *nightly) dies(sent string) func() (state.Record, flow.Result, error) {
	n.t.Helper()
	record := n.Begin("nightly", run.Export)
	n.Faults.Reset(0, false, false)
	outbox := n.deps()
	ctx, kill := context.WithCancel(n.t.Context())
	n.t.Cleanup(kill)
	outbox.Outbox.Progress = func(int64, int64) {
		if slices.Contains(n.Names("out"), sent) {
			kill()
		}
	}
	if _, err := exports.Run(ctx, outbox, n.input(record)); err == nil && len(n.input(record).Split) > 0 {
		n.t.Fatal("all of it was sent")
	}
	return func() (state.Record, flow.Result, error) {
		return n.Perform(record, func(ctx context.Context) (flow.Result, error) {
			in := n.input(record)
			in.Resumed = true
			return exports.Run(ctx, n.deps(), in)
		})
	}
}

// TestASpoolThatIsNoFolderIsSaid, and nothing is sent.
func TestASpoolThatIsNoFolderIsSaid(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(30))
	n.Write("x", "spool")
	if r := n.run(run.Failed); !strings.Contains(r.Reason, "spool") {
		t.Errorf("%s", r.Reason)
	}
	n.partner()
}

// TestASpoolWithoutRoomSendsNothing: whichever file it has no room for, the run fails and says so, and
// the next one sends the file.
func TestASpoolWithoutRoomSendsNothing(t *testing.T) {
	t.Parallel()
	gzip := wrap.Config{{Gzip: &wrap.Gzip{}}}
	for name, tt := range map[string]struct {
		format string
		wrap   wrap.Config
		split  bool
		resend bool
	}{
		"parts":            {"", gzip, true, false},
		"a workbook":       {tabular.XLSX, nil, false, false},
		"packed JSON":      {tabular.JSON, gzip, false, false},
		"a file once more": {"", gzip, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flowtest.Cramped(t, func(t *testing.T) (*flowtest.World, func() (state.Record, flow.Result, error), func(bool)) {
				c := everywhere(24)
				c.Users[5].Mail = "" // so that there is a report
				n := newNightly(t, c)
				if tt.split {
					n.in = newSplit(t, c).in
				}
				n.in.Limits.MaxRejected = new(limit.Percent(50))
				n.in.Binding.Dialect = n.in.Binding.Dialect.With(tabular.Overrides{Format: tt.format})
				n.in.Descriptor, n.in.Wrap = true, tt.wrap
				work := n.work
				if tt.resend {
					of := n.input(n.run(run.Rejections))
					n.empty()
					work = func(r state.Record) flow.Work {
						return func(ctx context.Context) (flow.Result, error) { return exports.Resend(ctx, n.deps(), n.input(r), of) }
					}
				}
				record := n.Begin("nightly", run.Export)
				return n.World, func() (state.Record, flow.Result, error) { return n.Perform(record, work(record)) }, func(enough bool) {
					if enough != (n.Kept(record.ID).Outcome == run.Rejections) {
						t.Errorf("with room enough: %t, and the run ended as %s", enough, n.Kept(record.ID).Outcome)
					}
					if !enough {
						n.partner()
						n.run(run.Rejections)
					}
					if len(n.Names("out")) == 0 {
						t.Error("nothing was sent")
					}
				}
			})
		})
	}
}

// empty has the partner take all its files away.
func (n *nightly) empty() {
	n.t.Helper()
	for _, name := range n.Names("out") {
		if err := os.Remove(filepath.Join(n.Dir, "out", name)); err != nil {
			n.t.Fatal(err)
		}
	}
}

// TestPartnerKeyThatCannotBeReadSendsNothing: a file that is to be encrypted never goes plain.
func TestPartnerKeyThatCannotBeReadSendsNothing(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]*nightly{"whole": newNightly(t, good(30)), "in parts": newSplit(t, everywhere(24))} {
		n.in.Wrap = wrap.Config{{Age: &wrap.Age{RecipientsFile: filepath.Join(n.Dir, "gone")}}}
		if r := n.run(run.Failed); !strings.Contains(r.Reason, "no such file") {
			t.Errorf("%s: %s", name, r.Reason)
		}
		n.partner()
	}
}

// TestRowsThatCannotBeReadBackSendNothing: where the disk fails while what is sent is made of them, the
// partner keeps the file that it has, and gets no empty one.
func TestRowsThatCannotBeReadBackSendNothing(t *testing.T) {
	t.Parallel()
	folder := func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }
	gzip := wrap.Config{{Gzip: &wrap.Gzip{}}}
	for name, tt := range map[string]struct {
		spoil  func(path string) error
		format string
		wrap   wrap.Config
		says   string
	}{
		"gone":                      {os.Remove, "", gzip, "/users.csv: no such file"},
		"unreadable when packed":    {folder, "", gzip, "is a directory"},
		"unreadable when converted": {folder, tabular.JSON, nil, "is a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNightly(t, good(40))
			n.in.Binding.Dialect = n.in.Binding.Dialect.With(tabular.Overrides{Format: tt.format})
			n.in.Wrap = tt.wrap
			n.run(run.Done)
			before := n.parts()
			n.SetCompany(n.leaves())
			record := n.Begin("nightly", run.Export)
			spoiled := errors.New("nobody was missed")
			n.meanwhile = func() { spoiled = tt.spoil(filepath.Join(n.Folder(record.ID), "users.csv")) }
			r, _, err := n.Perform(record, n.work(record))
			if err != nil || spoiled != nil || r.Outcome != run.Failed || !strings.Contains(r.Reason, tt.says) {
				t.Errorf("%s %s %v %v", r.Outcome, r.Reason, err, spoiled)
			}
			if !equalFiles(n.parts(), before) {
				t.Errorf("the partner has %q", n.parts())
			}
			n.meanwhile = nil
			if n.run(run.Done); equalFiles(n.parts(), before) {
				t.Error("the next run sent nothing")
			}
		})
	}
}

// TestCanceledExportSaysSo, and what it says is not a fault.
func TestCanceledExportSaysSo(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(30))
	record := n.Begin("nightly", run.Export)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(state.ErrCanceled)
	if _, err := n.Life().Perform(ctx, &record, false, nil, n.work(record)); err != nil {
		t.Fatal(err)
	}
	if record.Outcome != run.Canceled || record.Reason != "canceled on request" {
		t.Errorf("%s %s", record.Outcome, record.Reason)
	}
	n.partner()
}

// TestPanicIsAFailedRun: the next one is not kept waiting.
func TestPanicIsAFailedRun(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(30))
	record, _, err := n.Perform(n.Begin("nightly", run.Export), func(context.Context) (flow.Result, error) { panic("cell value") })
	if err != nil || record.Outcome != run.Failed || strings.Contains(record.Reason, "cell") {
		t.Errorf("%s %q %v", record.Outcome, record.Reason, err)
	}
	n.run(run.Done)
}
