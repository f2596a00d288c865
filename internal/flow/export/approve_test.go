package export_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/sandbox"
	"lucca-exchange/internal/state"
)

func TestApprovalSendsWhatWasHeldOnce(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	held := n.held()
	n.partner()
	n.SetCompany(good(60)) // what Lucca says meanwhile changes nothing of the file
	r, err := n.approve(held.ID)
	if err != nil || r.Outcome != run.Done || r.Rows.Sent == 0 || r.Reason != "" {
		t.Fatalf("%s %s %+v %v", r.Outcome, r.Reason, r.Rows, err)
	}
	n.partner("users.csv")
	if n.Read("out", "users.csv") != n.Read("spool", held.ID, "users.csv") {
		t.Error("another file was sent than the one that was held")
	}
	if _, _, err := n.State.Runs.Claim(t.Context(), held.ID, flow.Now()); !errors.Is(err, state.ErrNotHeld) {
		t.Errorf("approved again: %v", err)
	}
}

// TestApprovalCountsAsTheRunDid, with how many people are sent: those who left are remembered, and were
// not read.
func TestApprovalCountsAsTheRunDid(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	n.in.Limits.MaxRejected = new(limit.Percent(50))
	n.run(run.Done)
	sent := n.sent()
	c := n.change(sent[12:13], func(u *sandbox.User) {
		u.Contracts[len(u.Contracts)-1].End = sandbox.DayOf(time.Now().AddDate(0, 0, -2))
	})
	for i := range c.Users {
		if c.Users[i].ID == sent[3] {
			c.Users[i].Mail = ""
		}
	}
	n.SetCompany(c)
	held := n.held()
	want := run.Rows{Read: held.Rows.Read, Sent: len(sent) - 2, Rejected: 1}
	if r, err := n.approve(held.ID); err != nil || r.Outcome != run.Rejections || r.Rows == nil || *r.Rows != want || held.Rows.Read == 0 {
		t.Errorf("%s %+v, want %+v: %v", r.Outcome, r.Rows, want, err)
	}
}

// TestApprovalThatWasNotHeardOfIsOverAtOnce: the file is with the partner, and is not sent again.
func TestApprovalThatWasNotHeardOfIsOverAtOnce(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	held := n.held()
	n.Faults.Reset(0, false, false)
	n.Faults.Always = "finish run"
	if _, err := n.approve(held.ID); err == nil {
		t.Fatal("nobody heard that the end was not recorded")
	}
	n.Restart()
	if n.Kept(held.ID).Outcome != run.Held {
		return // the end was told from the delivery
	}
	before := n.Faults.Count()
	r, err := n.approve(held.ID)
	if err != nil || r.Outcome != run.Done || r.Rows.Sent == 0 {
		t.Fatalf("%s %s %+v %v", r.Outcome, r.Reason, r.Rows, err)
	}
	for i := before; i < n.Faults.Count(); i++ {
		if name := n.Faults.Name(i + 1); strings.HasPrefix(name, "upload ") {
			t.Errorf("it was sent again: %s", name)
		}
	}
}

// TestApprovalIsRefused, and the run stays held with its reason; nothing is sent.
func TestApprovalIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		since func(n *nightly, held state.Record)
		want  error
		says  string
	}{
		"changed settings": {func(n *nightly, _ state.Record) {
			n.in.Settings = flow.Settings{"to": "other", "export.profile": "2"}
		}, flow.ErrChanged, "another to:"},
		"an added setting": {func(n *nightly, _ state.Record) {
			n.in.Settings = flow.Settings{"to": "1", "export.profile": "2", "wrap": "3"}
		}, flow.ErrChanged, "another wrap:"},
		"a newer file was delivered": {func(n *nightly, _ state.Record) { n.run(run.Done) }, flow.ErrSuperseded, "was delivered after this one"},
		"the file is gone": {func(n *nightly, held state.Record) {
			if err := os.Remove(filepath.Join(n.Folder(held.ID), "users.csv")); err != nil {
				n.t.Fatal(err)
			}
		}, flow.ErrFileGone, "run the flow again"},
		"the file was touched": {func(n *nightly, held state.Record) {
			n.Write(n.Read("spool", held.ID, "users.csv")+"x", "spool", held.ID, "users.csv")
		}, flow.ErrFileGone, "run the flow again"},
		"the state was restored": {func(n *nightly, _ state.Record) {
			if err := n.State.Upkeep.Restored(n.t.Context(), 1<<30); err != nil {
				n.t.Fatal(err)
			}
		}, flow.ErrRestored, "is not known any more"},
		"something newer lies there": {func(n *nightly, _ state.Record) {
			n.Write("somebody else's", "out", "users.csv.gz")
			later := time.Now().Add(2 * time.Minute)
			if err := os.Chtimes(filepath.Join(n.Dir, "out", "users.csv.gz"), later, later); err != nil {
				n.t.Fatal(err)
			}
		}, flow.ErrSuperseded, "not known here"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNightly(t, good(40))
			held := n.held()
			tt.since(n, held)
			before := n.Names("out")
			r, err := n.approve(held.ID)
			if !errors.Is(err, tt.want) || !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("approved: %v", err)
			}
			if r.Outcome != run.Held || r.Reason != held.Reason || n.Kept(held.ID).Outcome != run.Held {
				t.Errorf("the run is %s now: %s", r.Outcome, r.Reason)
			}
			n.partner(before...)
		})
	}
}

// TestApprovalThatCannotBeCarriedOut leaves the run held, and says why; once that is mended the file goes.
func TestApprovalThatCannotBeCarriedOut(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spoil, mend func(n *nightly, file string) error
		says        string
	}{
		"no such remote": {
			func(n *nightly, _ string) error { n.in.To = "elsewhere"; return nil },
			func(n *nightly, _ string) error { n.in.To = "out"; return nil }, `there is no remote "elsewhere"`,
		},
		"a folder in place of the file": {
			func(_ *nightly, file string) error {
				return errors.Join(os.Rename(file, file+".aside"), os.Mkdir(file, 0o700))
			},
			func(_ *nightly, file string) error {
				return errors.Join(os.Remove(file), os.Rename(file+".aside", file))
			}, "is a directory",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNightly(t, good(40))
			held := n.held()
			file := filepath.Join(n.Folder(held.ID), "users.csv")
			if err := tt.spoil(n, file); err != nil {
				t.Fatal(err)
			}
			if r, err := n.approve(held.ID); err == nil || !strings.Contains(err.Error(), tt.says) || r.Outcome != run.Held || r.Reason != held.Reason {
				t.Errorf("%s %s: %v", r.Outcome, r.Reason, err)
			}
			n.partner()
			if err := tt.mend(n, file); err != nil {
				t.Fatal(err)
			}
			if r, err := n.approve(held.ID); err != nil || r.Outcome != run.Done {
				t.Errorf("%s %s: %v", r.Outcome, r.Reason, err)
			}
			n.partner("users.csv")
		})
	}
}

// TestApprovalOfAHalfSentRunSendsTheRest, and asks for nothing that is with the partner already.
func TestApprovalOfAHalfSentRunSendsTheRest(t *testing.T) {
	t.Parallel()
	n := newSplit(t, everywhere(24))
	held := n.held()
	first, last := held.File.Parts[0], held.File.Parts[len(held.File.Parts)-1]
	n.Faults.Reset(0, false, false)
	n.Faults.Always = "replace " + last.Name
	if r, err := n.approve(held.ID); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%d of %d files were sent, and then not", len(held.File.Parts)-1, len(held.File.Parts))) || r.Outcome != run.Held {
		t.Fatalf("%s %s: %v", r.Outcome, r.Reason, err)
	}
	if got := n.Names("out"); !slices.Contains(got, first.Name) || slices.Contains(got, last.Name) {
		t.Fatalf("the partner has %q", got)
	}
	n.Faults.Reset(0, false, false)
	if r, err := n.approve(held.ID); err != nil || r.Outcome != run.Done || r.Rows.Sent == 0 {
		t.Fatalf("%s %s: %v", r.Outcome, r.Reason, err)
	}
	for _, p := range held.File.Parts {
		if n.Read("out", p.Name) != n.Read("spool", held.ID, "parts", itoa(p.EstablishmentID), p.Name) {
			t.Errorf("%s is another file than the one that was held", p.Name)
		}
	}
	for i := range n.Faults.Count() {
		if name := n.Faults.Name(i + 1); strings.HasPrefix(name, "upload ") && !strings.HasPrefix(name, "upload "+last.Name) {
			t.Errorf("sent again: %s", name)
		}
	}
}

// TestFileThatSomebodyPutInPlaceOfOursStopsAnApproval, also when it is of the same size.
func TestFileThatSomebodyPutInPlaceOfOursStopsAnApproval(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		content func(ours string) string
		want    error
	}{
		"of the same size": {func(ours string) string { return strings.Repeat("x", len(ours)) }, flow.ErrSuperseded},
		"longer":           {func(ours string) string { return ours + "x" }, flow.ErrSuperseded},
		"ours, touched":    {func(ours string) string { return ours }, nil},
		// Of some servers one hears no size, or may not read what one has put there.
		"longer, in a list without sizes":      {func(ours string) string { return ours + "x" }, flow.ErrSuperseded},
		"ours, in a list without sizes":        {func(ours string) string { return ours }, nil},
		"ours, which may not be read any more": {func(ours string) string { return ours }, nil},
		// Others state a size that is not that of what they send.
		"ours, whose size is another there":        {func(ours string) string { return ours }, nil},
		"of the same size, which is another there": {func(ours string) string { return strings.Repeat("x", len(ours)) }, flow.ErrSuperseded},
	} {
		n := newNightly(t, good(40))
		n.run(run.Done)
		n.strict = strict{noSizes: strings.HasSuffix(name, "without sizes"), noReading: strings.HasSuffix(name, "read any more"), otherSize: strings.HasSuffix(name, "another there")}
		held := n.held()
		n.Write(tt.content(n.Read("out", "users.csv")), "out", "users.csv")
		later := time.Now().Add(2 * time.Minute)
		if err := os.Chtimes(filepath.Join(n.Dir, "out", "users.csv"), later, later); err != nil {
			t.Fatal(err)
		}
		if _, err := n.approve(held.ID); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestApprovalGoesToAServerThatRefusesToList.
func TestApprovalGoesToAServerThatRefusesToList(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	n.strict = strict{noList: true}
	held := n.held()
	if r, err := n.approve(held.ID); err != nil || r.Outcome != run.Done {
		t.Errorf("%s %s %v", r.Outcome, r.Reason, err)
	}
	n.partner("users.csv")
}

// TestApprovalLooksIntoNoFolderThatMayNotBeListed.
func TestApprovalLooksIntoNoFolderThatMayNotBeListed(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	n.writeOnly = true
	held := n.held()
	n.Faults.Reset(0, false, false)
	n.Faults.Always = "list"
	if r, err := n.approve(held.ID); err != nil || r.Outcome != run.Done {
		t.Errorf("%s %s %v", r.Outcome, r.Reason, err)
	}
	n.partner("users.csv")
}

// TestWhatOfOldLiesThereDoesNotStopAnApproval: files of before, of other names, and our own; nor a
// folder that has one of our names.
func TestWhatOfOldLiesThereDoesNotStopAnApproval(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	n.run(run.Done)
	held := n.held()
	n.in.Named = regexp.MustCompile(`^users\.csv(\.gz|\.aside)?$`)
	if err := os.Mkdir(filepath.Join(n.Dir, "out", "users.csv.aside"), 0o700); err != nil {
		t.Fatal(err)
	}
	n.Write("old", "out", "users.csv.gz")
	n.Write("another", "out", "others.csv")
	before := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(n.Dir, "out", "users.csv.gz"), before, before); err != nil {
		t.Fatal(err)
	}
	if r, err := n.approve(held.ID); err != nil || r.Outcome != run.Done {
		t.Errorf("%s %v", r.Outcome, err)
	}
}
