package export_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lucca-exchange/internal/flow"
	exports "lucca-exchange/internal/flow/export"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"

	"github.com/google/go-cmp/cmp"
)

// resend sends the file of a run once more. The error is why not.
func (n *nightly) resend(id string) (r state.Record, result flow.Result, why error) {
	n.t.Helper()
	of := n.input(n.Kept(id))
	record := n.Begin("nightly", run.Export)
	r, result, err := n.Perform(record, func(ctx context.Context) (r flow.Result, err error) {
		r, why = exports.Resend(ctx, n.deps(), n.input(record), of)
		return r, why
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return r, result, why
}

// TestResendSendsTheSameBytes under the same name, and the next run is compared with them.
func TestResendSendsTheSameBytes(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	first := n.run(run.Done)
	sent := n.Read("out", "users.csv")
	if err := os.Remove(filepath.Join(n.Dir, "out", "users.csv")); err != nil {
		t.Fatal(err)
	}
	n.SetCompany(good(60)) // what Lucca says meanwhile changes nothing of the file
	r, result, err := n.resend(first.ID)
	if err != nil || r.Outcome != run.Done || r.Reason != "the file of run "+first.ID+", once more" {
		t.Fatalf("%s %s %v", r.Outcome, r.Reason, err)
	}
	if n.Read("out", "users.csv") != sent || n.Read("spool", r.ID, "users.csv") != sent {
		t.Error("another file was sent")
	}
	if !cmp.Equal(r.File, first.File) || r.Rows.Sent != first.Rows.Sent || result.Receipt == nil || result.Path != filepath.Join(n.Folder(r.ID), "users.csv") {
		t.Errorf("the run tells of %+v, %+v, %s", r.File, r.Rows, result.Path)
	}
	s, err := exports.SnapshotOf(t.Context(), n.Store, r.ID)
	if err != nil || s.Sent() != first.Rows.Sent {
		t.Errorf("remembered are %d people: %v", s.Sent(), err)
	}
	if _, err := n.State.Deliveries.Cells(t.Context(), r.ID); err != nil {
		t.Errorf("the next run cannot be told which values changed: %v", err)
	}
	if again, _, err := n.resend(r.ID); err != nil || again.Outcome != run.Done {
		t.Errorf("and once more: %s %s %v", again.Outcome, again.Reason, err)
	}
}

// TestResendPointsAtNoFindings: those of the file stand with the run that made it, and not with this one.
func TestResendPointsAtNoFindings(t *testing.T) {
	t.Parallel()
	c := good(40)
	c.Users[5].Mail = ""
	n := newNightly(t, c)
	n.in.Limits.MaxRejected = new(limit.Percent(50))
	first := n.run(run.Rejections)
	if r, _, err := n.resend(first.ID); err != nil || r.Outcome != run.Rejections || r.Reason != "the file of run "+first.ID+", once more" {
		t.Errorf("%s %q %v", r.Outcome, r.Reason, err)
	}
}

// TestNothingIsSentOnceMoreBeforeTheFirst.
func TestNothingIsSentOnceMoreBeforeTheFirst(t *testing.T) {
	t.Parallel()
	n := newNightly(t, good(40))
	if _, _, err := n.resend(n.held().ID); !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), "was sent: lucca-exchange run nightly makes one") {
		t.Errorf("%v", err)
	}
	n.partner()
}

// TestResendingThatTheDiskRefuses is said, and the partner keeps what it has.
func TestResendingThatTheDiskRefuses(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(n *nightly, of, id string) error{
		"a file in place of the folder": func(n *nightly, _, id string) error { return os.WriteFile(n.Folder(id), nil, 0o600) },
		"a folder in place of the file": func(n *nightly, of, _ string) error {
			file := filepath.Join(n.Folder(of), "users.csv")
			return errors.Join(os.Remove(file), os.Mkdir(file, 0o700))
		},
	} {
		n := newNightly(t, good(40))
		sent := n.run(run.Done)
		before := n.Read("out", "users.csv")
		record := n.Begin("nightly", run.Export)
		if err := spoil(n, sent.ID, record.ID); err != nil {
			t.Fatal(err)
		}
		r, _, err := n.Perform(record, func(ctx context.Context) (flow.Result, error) {
			return exports.Resend(ctx, n.deps(), n.input(record), n.input(n.Kept(sent.ID)))
		})
		if err != nil || r.Outcome != run.Failed || !strings.Contains(r.Reason, "directory") || n.Read("out", "users.csv") != before {
			t.Errorf("%s: %s %s %v", name, r.Outcome, r.Reason, err)
		}
	}
}

// TestFileIsNotSentOnceMore, with what to do instead, and the partner keeps what it has.
func TestFileIsNotSentOnceMore(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		since func(n *nightly, sent state.Record) (of string)
		want  error
		says  string
	}{
		"a newer one was sent": {func(n *nightly, sent state.Record) string {
			n.newer = n.run(run.Done).ID
			return sent.ID
		}, flow.ErrSuperseded, "sent a newer file since: lucca-exchange resend "},
		"it was held": {func(n *nightly, _ state.Record) string { return n.held().ID }, run.ErrUsage, "was sent: lucca-exchange run nightly makes one"},
		"a newer one than one with rejected rows was sent": {func(n *nightly, _ state.Record) string {
			c := good(40)
			c.Users[5].Mail = ""
			n.in.Limits.MaxRejected = new(limit.Percent(50))
			n.SetCompany(c)
			of := n.run(run.Rejections).ID
			n.newer = n.run(run.Rejections).ID
			return of
		}, flow.ErrSuperseded, "sent a newer file since: lucca-exchange resend "},
		"changed settings": {func(n *nightly, sent state.Record) string {
			n.in.Settings = flow.Settings{"to": "other", "export.profile": "2"}
			return sent.ID
		}, flow.ErrChanged, "lucca-exchange run nightly sends a new file"},
		"the file is gone": {func(n *nightly, sent state.Record) string {
			if err := os.Remove(filepath.Join(n.Folder(sent.ID), "users.csv")); err != nil {
				n.t.Fatal(err)
			}
			return sent.ID
		}, flow.ErrFileGone, "not in the spool any more"},
		"the file in the spool is another": {func(n *nightly, sent state.Record) string {
			n.Write("tampered\n", "spool", sent.ID, "users.csv")
			return sent.ID
		}, flow.ErrFileGone, "not in the spool any more"},
		"the state was restored": {func(n *nightly, sent state.Record) string {
			if err := n.State.Upkeep.Restored(n.t.Context(), 1<<30); err != nil {
				n.t.Fatal(err)
			}
			return sent.ID
		}, flow.ErrRestored, "is not known any more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNightly(t, good(40))
			of := tt.since(n, n.run(run.Done))
			before := n.Read("out", "users.csv")
			r, _, err := n.resend(of)
			if !errors.Is(err, tt.want) || !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), n.newer) {
				t.Errorf("sent: %v", err)
			}
			if r.Outcome != run.Failed || n.Read("out", "users.csv") != before {
				t.Errorf("the run is %s: %s", r.Outcome, r.Reason)
			}
		})
	}
}
