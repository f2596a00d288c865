package acts_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"lucca-exchange/internal/acts"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/config"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/inspect"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/auth"
)

// desk is an instance with the export nightly and the import users, of which no run does anything.
type desk struct {
	acts.Acts
	*runs
	t testing.TB
}

// runs come to an end at once.
type runs struct {
	store *state.Store
	// released are those that were approved or sent again.
	released []string
}

func newDesk(t testing.TB, approvals int) *desk {
	t.Helper()
	store, err := state.Open(t.Context(), "sqlite:"+t.TempDir()+"/exchange.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	c := &config.Config{Flows: map[string]config.Flow{
		"nightly": {Name: "nightly", Zone: time.UTC, Export: &config.Export{}, Approvals: approvals},
	}}
	d := &desk{t: t, runs: &runs{store: store}}
	d.Acts = acts.Acts{
		Config: c, Store: store, Logger: slog.New(slog.DiscardHandler), Runs: d.runs,
		Inspector: inspect.Inspector{Config: c, Store: inspect.StoreOf(store), Acts: store.Audit().Of},
	}
	return d
}

// CarryOut ends the run as done.
func (r *runs) CarryOut(ctx context.Context, record state.Record) (flow.Report, error) {
	r.released = append(r.released, record.ID)
	record.Outcome, record.Reason, record.FinishedAt = run.Done, "", flow.Now()
	return flow.Report{Run: record}, r.store.Runs().Finish(ctx, record)
}

// Resendable allows it.
func (r *runs) Resendable(context.Context, state.Record) error { return nil }

// Resend is CarryOut.
func (r *runs) Resend(ctx context.Context, record, _ state.Record) (flow.Report, error) {
	return r.CarryOut(ctx, record)
}

// Employs knows those with an id of three digits.
func (r *runs) Employs(_ context.Context, _ string, employee int) (bool, error) {
	return employee > 99 && employee < 1000, nil
}

// Inbox has no files.
func (r *runs) Inbox(string) inbox.Inbox { return inbox.Inbox{} }

// ended is a run that ended, with a plan to decide on where it is held.
func (d *desk) ended(outcome run.Outcome) state.Record {
	d.t.Helper()
	at := flow.Now()
	record := state.Record{Run: run.Run{ID: run.NewID(at), Flow: "nightly", Kind: run.Export, Slot: at.Truncate(time.Second), StartedAt: at}}
	_, err := d.Store.Runs().Begin(d.t.Context(), record)
	if err == nil && outcome == run.Held {
		err = d.Store.Plans().SavePlan(d.t.Context(), state.PlanRecord{
			Run: record.ID, Flow: record.Flow, Hash: "hash", Write: func(io.Writer) error { return nil }, Expires: at.Add(time.Hour),
		})
	}
	record.Outcome, record.FinishedAt = outcome, flow.Now()
	record.File = &run.File{Name: "users.csv", Bytes: 1, SHA256: "sum"}
	if err == nil {
		err = d.Store.Runs().Finish(d.t.Context(), record)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return record
}

func by(who string, act audit.Act) audit.Entry {
	return audit.Entry{At: flow.Now(), Who: who, From: "cli", Act: act}
}

// recorded wants these acts on record, the last ones first.
func (d *desk) recorded(want ...audit.Act) []audit.Line {
	d.t.Helper()
	lines, err := d.Latest(d.t.Context(), len(want))
	if err != nil {
		d.t.Fatal(err)
	}
	var got []audit.Act
	for _, l := range lines {
		got = append(got, l.Act)
	}
	if !slices.Equal(got, want) {
		d.t.Errorf("on record are %q, want %q", got, want)
	}
	if _, err := d.Verify(d.t.Context()); err != nil {
		d.t.Errorf("the record: %v", err)
	}
	return lines
}

// TestHeldRunIsDecidedOnce: approved or rejected, each on record; what comes after is refused, and
// on record as refused.
func TestHeldRunIsDecidedOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	held := d.ended(run.Held)
	if r, err := d.Approve(t.Context(), held.ID, by("os:ada", audit.Approve)); err != nil || r.Run.Outcome != run.Done || !slices.Equal(d.released, []string{held.ID}) {
		t.Fatalf("%+v %v", r.Run.Outcome, err)
	}
	if l := d.recorded(audit.Approve)[0]; l.Who != "os:ada" || l.Run != held.ID || l.Flow != "nightly" || l.Hash == "" {
		t.Errorf("on record is %+v", l)
	}
	if _, err := d.Approve(t.Context(), held.ID, by("os:bob", audit.Approve)); !errors.Is(err, run.ErrUsage) || !errors.Is(err, state.ErrNotHeld) {
		t.Errorf("approved again: %v", err)
	}
	if l := d.recorded(audit.Refused, audit.Approve)[0]; l.Note != "approve: not held" || l.Who != "os:bob" {
		t.Errorf("on record is %+v", l)
	}
	held = d.ended(run.Held)
	if r, err := d.Reject(t.Context(), held.ID, by("os:ada", audit.Reject)); err != nil || r.Outcome != run.Canceled {
		t.Errorf("rejected: %s %v", r.Outcome, err)
	}
	if _, err := d.Reject(t.Context(), held.ID, by("os:ada", audit.Reject)); !errors.Is(err, state.ErrNotHeld) {
		t.Errorf("rejected again: %v", err)
	}
	d.recorded(audit.Refused, audit.Reject)
	if len(d.released) != 1 {
		t.Errorf("released were %q", d.released)
	}
}

// TestAnotherPlanThanWasSeen is not approved.
func TestAnotherPlanThanWasSeen(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	held := d.ended(run.Held)
	act := by("os:ada", audit.Approve)
	act.Hash = "another"
	if _, err := d.Approve(t.Context(), held.ID, act); !errors.Is(err, state.ErrOtherPlan) || len(d.released) > 0 {
		t.Errorf("approved: %v", err)
	}
	d.recorded(audit.Refused)
}

// TestTwoPeopleApprove where the flow wants two: neither alone, nor one of them twice.
func TestTwoPeopleApprove(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 2)
	held := d.ended(run.Held)
	if _, err := d.Approve(t.Context(), held.ID, by("os:ada", audit.Approve)); !errors.Is(err, state.ErrSecond) || errors.Is(err, run.ErrUsage) {
		t.Errorf("the first: %v", err)
	}
	if _, err := d.Approve(t.Context(), held.ID, by("ada", audit.Approve)); !errors.Is(err, state.ErrAgain) || !errors.Is(err, run.ErrUsage) || len(d.released) > 0 {
		t.Errorf("the first again: %v", err)
	}
	if _, err := d.Approve(t.Context(), held.ID, by("os:bob", audit.Approve)); err != nil || len(d.released) != 1 {
		t.Errorf("the second: %v", err)
	}
}

// TestCancelIsForRunsAtWork: one that is held is rejected, and one that ended is not changed.
func TestCancelIsForRunsAtWork(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	if _, err := d.Cancel(t.Context(), d.ended(run.Held).ID, by("os:ada", audit.Cancel)); !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), "reject it") {
		t.Errorf("held: %v", err)
	}
	if _, err := d.Cancel(t.Context(), d.ended(run.Done).ID, by("os:ada", audit.Cancel)); !errors.Is(err, state.ErrEnded) {
		t.Errorf("done: %v", err)
	}
	if _, err := d.Cancel(t.Context(), "none", by("os:ada", audit.Cancel)); !errors.Is(err, run.ErrUsage) {
		t.Errorf("none: %v", err)
	}
}

// TestFileIsSentAgain in a run of its own, on record with what it sends.
func TestFileIsSentAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	of := d.ended(run.Done)
	r, err := d.Acts.Resend(t.Context(), of.ID, by("os:ada", audit.Resend))
	if err != nil || r.Run.ID == of.ID || !r.Run.Slot.Equal(of.Slot) {
		t.Fatalf("%+v %v", r.Run, err)
	}
	if l := d.recorded(audit.Resend)[0]; l.Run != of.ID || l.Hash != "sum" || !strings.Contains(l.Note, r.Run.ID) {
		t.Errorf("on record is %+v", l)
	}
}

// TestPause: until a time that is to come, and for flows that there are.
func TestPause(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	pause := by("os:ada", audit.Pause)
	for name, err := range map[string]error{
		"an unknown flow":  d.Pause(t.Context(), "none", time.Time{}, pause),
		"until yesterday":  d.Pause(t.Context(), "nightly", pause.At.Add(-time.Hour), pause),
		"resume, unpaused": d.Resume(t.Context(), "nightly", by("os:ada", audit.Resume)),
		"resume, unknown":  d.Resume(t.Context(), "none", by("os:ada", audit.Resume)),
	} {
		if !errors.Is(err, run.ErrUsage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	pause.Note = "the partner moves"
	if err := d.Pause(t.Context(), "nightly", pause.At.Add(time.Hour), pause); err != nil {
		t.Fatal(err)
	}
	if l := d.recorded(audit.Pause)[0]; l.Flow != "nightly" || !strings.HasSuffix(l.Note, ": the partner moves") || !strings.HasPrefix(l.Note, "until ") {
		t.Errorf("on record is %+v", l)
	}
	if paused, err := d.Store.Pauses().Now(t.Context()); err != nil || len(paused) != 1 {
		t.Errorf("paused are %v, %v", paused, err)
	}
	if err := d.Resume(t.Context(), "nightly", by("os:ada", audit.Resume)); err != nil {
		t.Error(err)
	}
	d.recorded(audit.Resume, audit.Pause)
}

// TestTokens have a name of their own, and flows that there are.
func TestTokens(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	grant, until := auth.Grant{Role: auth.Viewer}, time.Now().Add(time.Hour)
	text, err := d.CreateToken(t.Context(), "payroll-2027", grant, until)
	if err != nil || text == "" {
		t.Fatal(err)
	}
	if l := d.recorded(audit.CreateToken)[0]; strings.Contains(l.Note, text) || !strings.HasPrefix(l.Note, "payroll-2027, viewer until ") {
		t.Errorf("on record is %+v", l)
	}
	elsewhere := grant
	elsewhere.Flows = []string{"none"}
	for name, create := range map[string]func() (string, error){
		"the same name":   func() (string, error) { return d.CreateToken(t.Context(), "payroll-2027", grant, until) },
		"no name":         func() (string, error) { return d.CreateToken(t.Context(), " ", grant, until) },
		"an unknown flow": func() (string, error) { return d.CreateToken(t.Context(), "other", elsewhere, until) },
	} {
		if text, err := create(); !errors.Is(err, run.ErrUsage) || text != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all, err := d.Tokens(t.Context()); err != nil || len(all) != 1 || all[0].Name != "payroll-2027" {
		t.Errorf("%+v %v", all, err)
	}
	if err := d.RevokeToken(t.Context(), "payroll-2027"); err != nil {
		t.Error(err)
	}
	if err := d.RevokeToken(t.Context(), "none"); !errors.Is(err, run.ErrUsage) {
		t.Errorf("one that is not there: %v", err)
	}
	d.recorded(audit.RevokeToken, audit.CreateToken)
}

// TestHeldRunOfAFlowThatBecameAnotherKindIsNotApproved: what was held has nothing to be done with any
// more. It once took the program down.
func TestHeldRunOfAFlowThatBecameAnotherKindIsNotApproved(t *testing.T) {
	t.Parallel()
	d := newDesk(t, 1)
	held := d.ended(run.Held)
	d.Config.Flows["nightly"] = config.Flow{Name: "nightly", Zone: time.UTC, Import: &config.Import{}, Approvals: 1}
	_, err := d.Approve(t.Context(), held.ID, by("os:ada", audit.Approve))
	if !errors.Is(err, flow.ErrChanged) || !errors.Is(err, run.ErrUsage) || !strings.Contains(err.Error(), "nightly is no export any more: reject run") {
		t.Errorf("said %v", err)
	}
	d.recorded(audit.Refused)
	if r, err := d.Reject(t.Context(), held.ID, by("os:ada", audit.Reject)); err != nil || r.Outcome != run.Canceled {
		t.Errorf("rejected: %s %v", r.Outcome, err)
	}
}
