package hooks

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// slowDisk is a state that takes a second for each write, however much is in it.
type slowDisk struct {
	mu     sync.Mutex
	writes []int
	fault  func(hires []state.Hire) error
}

func (d *slowDisk) add(ctx context.Context, hires []state.Hire) ([]state.StoredHire, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.writes = append(d.writes, len(hires))
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if d.fault != nil {
		if err := d.fault(hires); err != nil {
			return nil, err
		}
	}
	stored := make([]state.StoredHire, len(hires))
	for i, h := range hires {
		stored[i] = state.StoredHire{Hire: h, Added: true}
	}
	return stored, nil
}

// TestWebhooksAreStoredTogether: on a disk that is busy, 500 webhooks at once wait for two writes
// and not for 500.
func TestWebhooksAreStoredTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		disk := &slowDisk{}
		q := &intake{add: disk.add}
		var all sync.WaitGroup
		for i := range 500 {
			all.Go(func() {
				stored, err := q.put(t.Context(), []state.Hire{{EventID: fmt.Sprint(i)}, {EventID: fmt.Sprint(i, "b")}})
				if err != nil || len(stored) != 2 || stored[0].EventID != fmt.Sprint(i) || stored[1].EventID != fmt.Sprint(i, "b") {
					t.Errorf("webhook %d: %v %v", i, stored, err)
				}
			})
		}
		all.Wait()
		synctest.Wait()
		if len(disk.writes) > 4 || slices.Max(disk.writes) > hires.PerWrite {
			t.Errorf("writes of %d hires, want a few of at most %d", disk.writes, hires.PerWrite)
		}
		if q.writing {
			t.Error("it seems to write for ever")
		}
	})
}

// TestOneWebhookDoesNotSpoilTheOthers that are stored with it.
func TestOneWebhookDoesNotSpoilTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		spoilt := errors.New("no")
		disk := &slowDisk{fault: func(hires []state.Hire) error {
			for _, h := range hires {
				if h.EventID == "7" {
					return spoilt
				}
			}
			return nil
		}}
		q := &intake{add: disk.add}
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if _, err := q.put(t.Context(), []state.Hire{{EventID: fmt.Sprint(i)}}); (err != nil) != (i == 7) {
					t.Errorf("webhook %d: %v", i, err)
				}
			})
		}
		all.Wait()
	})
}

// TestSenderThatDoesNotWait: what it brought is stored all the same.
func TestSenderThatDoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		disk := &slowDisk{}
		q := &intake{add: disk.add}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := q.put(ctx, []state.Hire{{}}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		disk.mu.Lock()
		defer disk.mu.Unlock()
		q.mu.Lock()
		defer q.mu.Unlock()
		if !slices.Equal(disk.writes, []int{1}) || q.writing {
			t.Errorf("writes of %d", disk.writes)
		}
	})
}

// heldWithRun gives the flow of a receiver n hires that are held with one run, and returns their
// events.
func heldWithRun(t testing.TB, h *Receiver, n int) []hire.Event {
	t.Helper()
	a, ctx := h.instance(), context.Background()
	record := state.Record{Run: run.Run{ID: run.NewID(flow.Now()), Flow: "ats", Kind: run.Hires, StartedAt: flow.Now()}}
	if _, err := a.Store.Runs().Begin(ctx, record); err != nil {
		t.Fatal(err)
	}
	events := make([]hire.Event, n)
	for i := range events {
		events[i] = hire.Event{Source: "flatchr", ExternalID: fmt.Sprint("event-", i), FirstName: "Ada", LastName: fmt.Sprint("Rossi", i), HiredAt: flow.Now()}
	}
	if fresh, err := hires.Add(ctx, hires.StoreOf(a.Store), a.Logger, hires.Batch{Flow: "ats", Events: slices.Clone(events), Add: a.Store.HireBook().AddHires}); err != nil || fresh != n {
		t.Fatalf("%d of %d, %v", fresh, n, err)
	}
	all, err := a.Store.HireBook().Hires(ctx, state.HireFilter{Flow: "ats"})
	if err != nil {
		t.Fatal(err)
	}
	planned := change.Planned{Hires: make(map[int]string, n), Plan: &plan.Plan{}}
	for i := range all {
		planned.Hires[i+2] = all[i].ID
		all[i].State, all[i].Run, all[i].Data = state.HireHeld, record.ID, nil
	}
	for _, err := range []error{
		a.Store.HireBook().SaveHires(ctx, all...),
		change.Keep(ctx, hires.StoreOf(a.Store), change.Settings{}, &planned, record),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	record.Outcome, record.FinishedAt = run.Held, flow.Now()
	if err := a.Store.Runs().Finish(ctx, record); err != nil {
		t.Fatal(err)
	}
	return events
}

// TestKnownHiresOfAHeldRun: a list of 600 known hires and one new, which an ATS sends again and
// again, once got 503 for ever while a run was held. Also when all of them changed, one plan is
// read and not 600.
func TestKnownHiresOfAHeldRun(t *testing.T) {
	t.Parallel()
	h, _, _ := hooked(t, "columns: [Recruté]")
	a := h.instance()
	events := heldWithRun(t, h, 600)
	for i := range events {
		events[i].JobTitle = "changed"
	}
	events = append(events, hire.Event{Source: "flatchr", ExternalID: "new", FirstName: "Ada", LastName: "New", HiredAt: flow.Now()})
	plans := &plansRead{Store: hires.StoreOf(a.Store)}
	fresh, err := hires.Add(t.Context(), plans, a.Logger, hires.Batch{Flow: "ats", Events: slices.Clone(events), Add: h.intake.put})
	if err != nil || fresh != 1 {
		t.Errorf("%d are fresh, want one: %v", fresh, err)
	}
	stored, err := a.Store.HireBook().Hires(t.Context(), state.HireFilter{Flow: "ats"})
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]int{}
	for _, s := range stored {
		states[s.State]++
	}
	if !maps.Equal(states, map[string]int{state.HireHeld: 600, state.HireReceived: 1}) || plans.count != 1 {
		t.Errorf("states %v, %d plans were read", states, plans.count)
	}
}

// BenchmarkWebhookBesideHeldHires is one webhook of somebody new, and one of 600 who are known and one
// who is not, beside 2,000 hires that are held with a run. It once took 56 s of CPU; the budget is 1 s.
func BenchmarkWebhookBesideHeldHires(b *testing.B) {
	const budget = time.Second
	for name, known := range map[string]int{"one": 0, "600 known": 600} {
		b.Run(name, func(b *testing.B) {
			h, _, _ := hooked(b, "columns: [Recruté]")
			a := h.instance()
			held := heldWithRun(b, h, 2000)
			n := 0
			for b.Loop() {
				n++
				events := append(slices.Clone(held[:known]), hire.Event{Source: "flatchr", ExternalID: fmt.Sprint("new-", n), FirstName: "Ada", LastName: "New", HiredAt: flow.Now()})
				if fresh, err := hires.Add(b.Context(), hires.StoreOf(a.Store), a.Logger, hires.Batch{Flow: "ats", Events: events, Add: h.intake.put}); err != nil || fresh != 1 {
					b.Fatalf("%d are fresh, want one: %v", fresh, err)
				}
			}
			if each := b.Elapsed() / time.Duration(n); each > budget {
				b.Errorf("%s a webhook, want at most %s", each, budget)
			}
		})
	}
}

// plansRead counts how often a plan is read.
type plansRead struct {
	hires.Store
	count int
}

func (p *plansRead) Plan(ctx context.Context, id string) (state.PlanRecord, error) {
	p.count++
	return p.Store.Plan(ctx, id)
}
