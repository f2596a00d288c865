package state_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

func TestRunsNewestFirst(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		var ids []string
		for i, flow := range []string{"nightly", "hourly", "nightly"} {
			ids = append(ids, finished(t, l, flow, at(i), run.Done).ID)
		}
		for _, tt := range []struct {
			filter state.Filter
			want   []string
		}{
			{state.Filter{}, []string{ids[2], ids[1], ids[0]}},
			{state.Filter{Limit: 2}, []string{ids[2], ids[1]}},
			{state.Filter{Flow: "nightly"}, []string{ids[2], ids[0]}},
			{state.Filter{Flow: "nightly", Limit: 1}, []string{ids[2]}},
			{state.Filter{Flow: "weekly"}, nil},
		} {
			runs, err := l.History().Runs(t.Context(), tt.filter)
			check(t, err)
			var got []string
			for _, r := range runs {
				got = append(got, r.ID)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("Runs(%+v) = %v, want %v", tt.filter, got, tt.want)
			}
		}
	})
}

func TestFindRunByAPartOfItsID(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		for i, id := range []string{"20261122-215900-7f3a2c", "20261122-225900-00ff2c", "20261123-215900-123456"} {
			record := state.Record{Run: run.Run{ID: id, Flow: "nightly", Kind: run.Export, StartedAt: at(i)}}
			_, err := l.Runs().Begin(t.Context(), record)
			check(t, err)
			check(t, l.Runs().Finish(t.Context(), ended(record, run.Done)))
		}
		for part, id := range map[string]string{
			"20261122-215900-7f3a2c": "20261122-215900-7f3a2c",
			"20261123":               "20261123-215900-123456",
			"20261122-22":            "20261122-225900-00ff2c",
			"7F3A2C ":                "20261122-215900-7f3a2c",
		} {
			record, err := l.History().FindRun(t.Context(), part)
			check(t, err)
			if record.ID != id {
				t.Errorf("FindRun(%q) = %s, want %s", part, record.ID, id)
			}
		}
		for part, target := range map[string]error{
			"2026": state.ErrAmbiguous, "2c": state.ErrAmbiguous,
			"20261124": state.ErrNotFound, "": state.ErrNotFound, "%": state.ErrNotFound, "2026112_": state.ErrNotFound, "latest": state.ErrNotFound,
		} {
			_, err := l.History().FindRun(t.Context(), part)
			want(t, err, target)
		}
	})
}

func TestDeliveryJournal(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		_, err := l.Deliveries().LastDelivery(t.Context(), "nightly")
		want(t, err, state.ErrNotFound)

		record := begun(t, l, "nightly", at(0))
		want(t, l.Deliveries().Save(t.Context(), sent("20261122-215900-000000", "nightly", delivery.StepUploading, at(0))), state.ErrNotFound)
		for i, step := range []delivery.Step{delivery.StepUploading, delivery.StepFailed, delivery.StepUploading, delivery.StepUploaded, delivery.StepUndoing, delivery.StepReplacing} {
			check(t, l.Deliveries().Save(t.Context(), sent(record.ID, "nightly", step, at(i))))
		}
		unfinished, err := l.Deliveries().UnfinishedDeliveries(t.Context(), "nightly")
		check(t, err)
		if diff := cmp.Diff([]delivery.Record{sent(record.ID, "nightly", delivery.StepReplacing, at(5))}, unfinished); diff != "" {
			t.Error(diff)
		}

		check(t, l.Deliveries().Save(t.Context(), sent(record.ID, "nightly", delivery.StepDelivered, at(6))))
		want(t, l.Deliveries().Save(t.Context(), sent(record.ID, "nightly", delivery.StepUploading, at(7))), state.ErrDelivered)
		check(t, l.Deliveries().Save(t.Context(), sent(record.ID, "nightly", delivery.StepDelivered, at(8))))
		last, err := l.Deliveries().LastDelivery(t.Context(), "nightly")
		check(t, err)
		if diff := cmp.Diff(sent(record.ID, "nightly", delivery.StepDelivered, at(6)), last); diff != "" {
			t.Error(diff)
		}
		if unfinished, err := l.Deliveries().UnfinishedDeliveries(t.Context(), "nightly"); err != nil || len(unfinished) > 0 {
			t.Errorf("unfinished: %v, %v", unfinished, err)
		}
	})
}

// TestLastDeliveryGoesByTheTimeOfDelivery: a held run that was approved today is what the
// partner has, though a newer run was delivered yesterday.
func TestLastDeliveryGoesByTheTimeOfDelivery(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		held := finished(t, l, "nightly", at(0), run.Held)
		newer := finished(t, l, "nightly", at(1), run.Done)
		check(t, l.Deliveries().Save(t.Context(), sent(newer.ID, "nightly", delivery.StepDelivered, at(2))))
		check(t, l.Deliveries().Save(t.Context(), sent(held.ID, "nightly", delivery.StepDelivered, at(3))))
		last, err := l.Deliveries().LastDelivery(t.Context(), "nightly")
		check(t, err)
		if last.Run != held.ID {
			t.Errorf("last delivery is of run %s, want %s", last.Run, held.ID)
		}
	})
}

func TestSnapshots(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		first := finished(t, l, "nightly", at(0), run.Done)
		second := finished(t, l, "nightly", at(1), run.Done)
		finished(t, l, "nightly", at(2), run.Failed)
		want(t, l.Deliveries().SaveSnapshot(t.Context(), "20261122-215900-000000", nil, nil), state.ErrNotFound)
		_, err := l.Deliveries().LastSnapshotRun(t.Context(), "nightly")
		want(t, err, state.ErrNotFound)

		large := bytes.Repeat([]byte("an employee\n"), 1<<16)
		check(t, l.Deliveries().SaveSnapshot(t.Context(), second.ID, []byte("replaced"), nil))
		check(t, l.Deliveries().SaveSnapshot(t.Context(), second.ID, large, nil))
		check(t, l.Deliveries().SaveSnapshot(t.Context(), first.ID, nil, nil))
		got, err := l.Deliveries().Snapshot(t.Context(), second.ID)
		check(t, err)
		if !bytes.Equal(got, large) {
			t.Errorf("the snapshot is %d bytes, want %d", len(got), len(large))
		}
		last, err := l.Deliveries().LastSnapshotRun(t.Context(), "nightly")
		check(t, err)
		if last != second.ID {
			t.Errorf("the last snapshot is of run %s, want %s", last, second.ID)
		}
		_, err = l.Deliveries().Snapshot(t.Context(), "20261122-215900-000000")
		want(t, err, state.ErrNotFound)
	})
}

// TestCellsAreKeptOfWhatIsCompared: of the file that was delivered last, of those that wait for a
// person, and of the newest.
func TestCellsAreKeptOfWhatIsCompared(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		ctx := t.Context()
		want(t, l.Deliveries().SaveCells(ctx, "20261122-215900-000000", []byte("x")), state.ErrNotFound)
		ids := make(map[string]string)
		for minute, o := range []run.Outcome{run.Done, run.Held, run.Done, run.Failed, run.Failed} {
			r := finished(t, l, "nightly", at(minute), o)
			if o == run.Done {
				check(t, l.Deliveries().Save(ctx, sent(r.ID, "nightly", delivery.StepDelivered, at(minute))))
			}
			check(t, l.Deliveries().SaveCells(ctx, r.ID, []byte{byte(minute)}))
			check(t, l.Deliveries().SaveCells(ctx, r.ID, []byte{byte(minute), 0, 255}))
			ids[fmt.Sprintf("%d %s", minute, o)] = r.ID
		}
		other := finished(t, l, "other", at(9), run.Failed)
		check(t, l.Deliveries().SaveCells(ctx, other.ID, []byte("o")))
		for name, id := range ids {
			got, err := l.Deliveries().Cells(ctx, id)
			if name == "0 done" || name == "3 failed" {
				want(t, err, state.ErrNotFound)
				continue
			}
			check(t, err)
			if len(got) != 3 || got[2] != 255 {
				t.Errorf("%s has %v", name, got)
			}
		}
		got, err := l.Deliveries().Cells(ctx, other.ID)
		if check(t, err); string(got) != "o" {
			t.Errorf("another flow has %q", got)
		}
	})
}

func TestPurgeKeepsWhatIsStillNeeded(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		ctx := t.Context()
		ran := func(minute int, o run.Outcome, step delivery.Step) string {
			r := finished(t, l, "nightly", at(minute), o)
			check(t, l.Deliveries().SaveSnapshot(ctx, r.ID, []byte("who"), nil))
			if step != "" {
				check(t, l.Deliveries().Save(ctx, sent(r.ID, "nightly", step, at(minute))))
			}
			return r.ID
		}
		failed := ran(0, run.Failed, "")
		unknown := ran(1, run.Failed, delivery.StepUploaded)
		replaced := ran(2, run.Done, delivery.StepDelivered)
		held := ran(3, run.Held, "")
		last := ran(4, run.Done, delivery.StepDelivered)
		middling := ran(20, run.Failed, "")
		recent := ran(40, run.Failed, "")
		atWork := begun(t, l, "nightly", at(5)).ID
		check(t, l.Deliveries().SaveSnapshot(ctx, atWork, []byte("who"), nil))

		if spools, err := l.Upkeep().Purge(ctx, state.PurgeOptions{}); err != nil || len(spools) > 0 {
			t.Fatalf("Purge without bounds: %v, %v", spools, err)
		}
		spools, err := l.Upkeep().Purge(ctx, state.PurgeOptions{RunsBefore: at(10), FilesBefore: at(30)})
		check(t, err)
		if diff := cmp.Diff([]string{failed, replaced, middling}, spools); diff != "" {
			t.Errorf("spools: %s", diff)
		}
		for _, tt := range []struct {
			id            string
			run, snapshot bool
		}{
			{failed, false, false},
			{replaced, false, false},
			{middling, true, false},
			{unknown, true, true},
			{held, true, true},
			{last, true, true},
			{recent, true, true},
			{atWork, true, true},
		} {
			_, runErr := l.History().Run(ctx, tt.id)
			_, snapshotErr := l.Deliveries().Snapshot(ctx, tt.id)
			if (runErr == nil) != tt.run || (snapshotErr == nil) != tt.snapshot {
				t.Errorf("%s: run %v, snapshot %v, want kept %v and %v", tt.id, runErr, snapshotErr, tt.run, tt.snapshot)
			}
		}
		again, err := l.Upkeep().Purge(ctx, state.PurgeOptions{RunsBefore: at(10), FilesBefore: at(30)})
		check(t, err)
		if !slices.Equal(again, []string{middling}) {
			t.Errorf("spools of the second purge: %v", again)
		}
	})
}

// TestMessagesFromElsewhere: what a server said must not keep a run from ending.
func TestMessagesFromElsewhere(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		record := ended(begun(t, l, "nightly", at(0)), run.Failed)
		record.Reason = "caf\xe9\x00"
		record.Findings = []finding.Finding{{Severity: finding.Error, Message: "\xff\x00"}}
		check(t, l.Plans().SaveRow(t.Context(), apply.Outcome{Run: record.ID, Message: "\x00", At: at(0)}))
		check(t, l.Runs().Finish(t.Context(), record))
		got, err := l.History().Run(t.Context(), record.ID)
		check(t, err)
		if got.Reason != "caf\ufffd" || got.Findings[0].Message != "\ufffd" {
			t.Errorf("%q, %q", got.Reason, got.Findings[0].Message)
		}
	})
}

// TestRunsComeInPages of which each begins after the last run of the one before, whatever began or
// went meanwhile.
func TestRunsComeInPages(t *testing.T) {
	t.Parallel()
	eachState(t, func(t *testing.T, stateDSN newState) {
		l := open(t, stateDSN(t))
		var all []string
		for n := range 5 {
			all = append(all, knowing(t, l, []string{"a", "b"}[n%2], n))
		}
		page := func(f state.Filter) string {
			runs, err := l.History().Runs(t.Context(), f)
			check(t, err)
			var ids []string
			for _, r := range runs {
				ids = append(ids, r.ID)
			}
			return strings.Join(ids, " ")
		}
		if got, want := page(state.Filter{Limit: 2, After: all[3]}), all[2]+" "+all[1]; got != want {
			t.Errorf("after the second is %s, want %s", got, want)
		}
		if got, want := page(state.Filter{Flow: "a", After: all[4]}), all[2]+" "+all[0]; got != want {
			t.Errorf("of one flow %s, want %s", got, want)
		}
		_, err := l.History().Runs(t.Context(), state.Filter{After: "20260101-000000-000000"})
		want(t, err, state.ErrNotFound)
	})
}
