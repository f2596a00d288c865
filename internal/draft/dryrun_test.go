package draft_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/draft"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
)

// dryRuns has those of a world, whose work waits until it is done.
func (w *world) dryRuns() *draft.DryRuns {
	return draft.NewDryRuns(w.options(w.config))
}

// TestADryRunIsOfWhoAskedForIt, one of a flow at a time, and is forgotten after an hour; of a long
// plan it keeps the first that change something.
func TestADryRunIsOfWhoAskedForIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		d := w.dryRuns()
		var asked flow.Request
		w.run = func(q flow.Request) (flow.Report, error) {
			asked = q
			p := &plan.Plan{Items: make([]plan.Item, 1000)}
			for n := range p.Items {
				if p.Items[n].Action = plan.Unchanged; n > 500 {
					p.Items[n].Action = plan.Update
				}
			}
			return flow.Report{Plan: p}, nil
		}
		anna := audit.Entry{Who: "anna", Act: audit.DryRun, Flow: "users"}
		id, err := d.Begin(t.Context(), "", anna)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Begin(t.Context(), "", anna); !errors.Is(err, draft.ErrWorking) {
			t.Errorf("a second at once: %v", err)
		}
		if one, err := d.Get(t.Context(), id, "anna"); err != nil || one.Ended {
			t.Errorf("at work: %+v %v", one, err)
		}
		if _, err := d.Get(t.Context(), id, "adam"); !errors.Is(err, draft.ErrNoDryRun) || !errors.Is(err, run.ErrUsage) {
			t.Errorf("somebody else's: %v", err)
		}
		w.settle(t)
		one, err := d.Get(t.Context(), id, "anna")
		if err != nil || !one.Ended || len(one.Report.Plan.Items) != draft.MostItems || one.Report.Plan.Items[0].Action != plan.Update || !asked.DryRun || asked.Diff || !slices.Equal(w.acts(t), []audit.Act{audit.DryRun, audit.Refused}) {
			t.Errorf("ended: %+v %v %+v", one, err, asked)
		}
		nightly := audit.Entry{Who: "anna", Act: audit.DryRun, Flow: "nightly"}
		for only, diff := range map[string]bool{"": true, "ada": false} {
			if _, err := d.Begin(t.Context(), only, nightly); err != nil {
				t.Fatal(err)
			}
			if w.settle(t); asked.Only != only || asked.Diff != diff {
				t.Errorf("of an export, %q: %+v", only, asked)
			}
		}
		if _, err := d.Begin(t.Context(), "", audit.Entry{Who: "anna", Flow: "none"}); err == nil {
			t.Error("a flow that there is not is tried")
		}
		time.Sleep(draft.Kept + time.Second)
		if _, err := d.Begin(t.Context(), "", anna); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Get(t.Context(), id, "anna"); !errors.Is(err, draft.ErrNoDryRun) {
			t.Errorf("after an hour: %v", err)
		}
		for n := range 20 {
			anna.Who = string(rune('a' + n))
			_, err = d.Begin(t.Context(), "", anna)
		}
		if !errors.Is(err, draft.ErrMost) {
			t.Errorf("of twenty people at once: %v", err)
		}
	})
}
