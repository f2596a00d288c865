package hires

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"lucca-exchange/internal/apply"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/message"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/userfile"
)

// queue is hires that wait: their events, and beside each our id of it, and whether a person
// wants the employee created. There may be hundreds of thousands.
type queue struct {
	events []hire.Event
	ids    []string
	forced []bool
}

func (q *queue) len() int { return len(q.events) }

func (q *queue) add(e hire.Event, id string, forced bool) {
	q.events, q.ids, q.forced = append(q.events, e), append(q.ids, id), append(q.forced, forced)
}

// keep leaves those in the queue that are kept, in their order.
func (q *queue) keep(kept func(i int) bool) {
	n := 0
	for i := range q.events {
		if kept(i) {
			q.events[n], q.ids[n], q.forced[n] = q.events[i], q.ids[i], q.forced[i]
			n++
		}
	}
	clear(q.events[n:])
	q.events, q.ids, q.forced = q.events[:n], q.ids[:n], q.forced[:n]
}

// twin is a hire that may come again under another id.
type twin struct {
	id       string
	employee int
	event    hire.Event
}

// mostAtOnce is how many hires one run makes employees of: those beyond wait for the next, so
// that a file of any size takes no more memory than one of so many.
const mostAtOnce = 50_000

// selection keeps of hires those that wait, each once, and counts those beyond mostAtOnce.
type selection struct {
	twins   map[string][]twin
	waiting queue
	beyond  int
}

// add takes a hire, or returns the earlier one that it is.
func (s *selection) add(h state.Hire, e Stored) (other twin, known bool) {
	waits := h.State == state.HireReceived
	if e.Event.Twin != "" { // most sources need none, as all their ids are of one kind
		for _, earlier := range s.twins[e.Event.Twin] {
			if waits && !e.Forced && earlier.event.SameHire(e.Event) {
				return earlier, true
			}
		}
		s.twins[e.Event.Twin] = append(s.twins[e.Event.Twin], twin{h.ID, h.EmployeeID, e.Event})
	}
	switch {
	case !waits:
	case s.waiting.len() == mostAtOnce:
		s.beyond++
	default:
		s.waiting.add(e.Hire(), h.ID, e.Forced)
	}
	return twin{}, false
}

// waitingHires are the hires that no run has dealt with, the oldest first, less those that
// tell of one that is known under another id. More are events that are not stored.
func waitingHires(ctx context.Context, t task, more []hire.Event, r *result) (queue, error) {
	s := selection{twins: make(map[string][]twin)}
	var twins []state.Hire
	known := make(map[string]bool)
	holds := NewHolds(t.Store)
	err := eachHire(ctx, t, func(h state.Hire) error {
		if len(more) > 0 {
			known[h.EventID] = true
		}
		if h.Data == nil {
			return nil // purged, long after its end
		}
		stored, err := Decode(h)
		if err != nil {
			r.Log.Add(finding.Finding{
				Severity: finding.Error, Code: "hire_damaged", Message: flow.Sentence(err) + ": drop it, and create the employee in Lucca",
			})
			return nil
		}
		if h.State, err = freed(ctx, t, holds, h); err != nil {
			return err
		}
		if other, twin := s.add(h, stored); twin {
			twins = append(twins, t.settled(h.ID, state.HireLinked, "the same hire as "+other.id, other.employee))
		}
		return nil
	})
	if err != nil {
		return queue{}, err
	}
	for i, e := range more {
		if !known[e.ExternalID] {
			s.add(state.Hire{ID: fmt.Sprintf("new %d", i+1), State: state.HireReceived}, Stored{Event: e})
		}
	}
	if s.beyond > 0 {
		r.Waiting = max(r.Waiting, 1)
		r.Log.Add(finding.Finding{
			Severity: finding.Warning, Code: "hires_waiting", Message: fmt.Sprintf("%d more hires wait: a run takes %d at most, and the next goes on with them", s.beyond, mostAtOnce),
		})
	}
	return s.waiting, t.save(ctx, twins...)
}

// hiresPerRead bounds how many hires are held with all that is stored of them.
const hiresPerRead = 5000

// eachHire goes through the hires of the flow, the oldest first.
func eachHire(ctx context.Context, t task, do func(state.Hire) error) error {
	if t.Store == nil {
		return nil
	}
	for last := (state.Hire{}); ; {
		some, err := t.Store.HiresAfter(ctx, t.Run.Flow, last, hiresPerRead)
		if err != nil || len(some) == 0 {
			return err
		}
		for _, h := range some {
			if err := do(h); err != nil {
				return err
			}
		}
		last = some[len(some)-1]
	}
}

// freed returns the state of a hire: one that was held with its run waits again when that
// run died, or when nobody decided on it in time.
func freed(ctx context.Context, t task, holds *Holds, h state.Hire) (string, error) {
	if h.State != state.HireHeld {
		return h.State, nil
	}
	with, record, err := holds.With(ctx, h)
	if err != nil || !with || record.Outcome == run.Held {
		return h.State, err
	}
	if record.ID == t.Run.ID || record.Outcome == run.Failed || record.Outcome == run.Canceled && record.Reason != rejected {
		return state.HireReceived, nil
	}
	return h.State, nil
}

// rejected is the reason of a run that a person rejected.
const rejected = "rejected"

// judgeHires links whom Lucca has, holds whom a person must look at, and returns the rest.
func judgeHires(ctx context.Context, t task, waiting queue, people *roster.Roster, r *result) (queue, error) {
	var settled []state.Hire
	verdicts := hire.Judge(waiting.events, people, t.Hires.Zone)
	for i, j := range verdicts {
		id := waiting.ids[i]
		switch {
		case isFresh(j, waiting.forced[i]):
		case j.Verdict == hire.Linked:
			reason := "in Lucca already"
			if j.EmployeeID == 0 {
				reason = "the same person as another hire of run " + t.Run.ID
			}
			settled = append(settled, t.settled(id, state.HireLinked, reason, j.EmployeeID))
		default:
			settled = append(settled, t.settled(id, state.HireHeld, j.Reason.Message(), j.EmployeeID))
			r.came.undecided++
			r.Log.Add(finding.Finding{
				Severity: finding.Error, Code: string(j.Reason), Message: "hire " + id + ": " + j.Reason.Message() + "; " + choices(id, j.Reason),
			})
		}
	}
	waiting.keep(func(i int) bool { return isFresh(verdicts[i], waiting.forced[i]) })
	return waiting, t.save(ctx, settled...)
}

// isFresh reports whether a hire is to be created, be it because a person wants it.
func isFresh(j hire.Judgement, forced bool) bool {
	return j.Verdict == hire.New || forced && j.Verdict == hire.Held && j.Reason.MayCreate()
}

// choices are the commands that decide on a hire that is held.
func choices(id string, why hire.Reason) string {
	drop := fmt.Sprintf("lucca-exchange hires drop %s forgets the hire", id)
	if !why.MayCreate() {
		return drop
	}
	return fmt.Sprintf("lucca-exchange hires retry %s creates the employee, %s", id, drop)
}

// settled is a hire of which it is known what becomes of it.
func (t task) settled(id, status, reason string, employee int) state.Hire {
	return state.Hire{ID: id, Flow: t.Run.Flow, State: status, Reason: reason, Run: t.Run.ID, Updated: flow.Now(), EmployeeID: employee}
}

// save records what became of hires.
func (t task) save(ctx context.Context, hires ...state.Hire) error {
	if t.dry {
		return nil
	}
	if err := t.Store.SaveHires(ctx, hires...); err != nil {
		return err
	}
	for _, h := range hires {
		t.Logger.InfoContext(ctx, "hire.settled", "flow", h.Flow, "hire", h.ID, "run", h.Run, "state", h.State, "employee", h.EmployeeID)
	}
	return nil
}

// hold leaves the hires of a plan to whoever approves it.
func (t task) hold(ctx context.Context, r *result) error {
	var held []state.Hire
	for _, id := range r.planned.Hires {
		held = append(held, t.settled(id, state.HireHeld, "the run is held: "+r.Reason, 0))
	}
	return t.save(ctx, held...)
}

// record tells each hire of an applied plan what became of it. Those without a clear answer
// stay as they are.
func (t task) record(ctx context.Context, p change.Planned, a change.Applied) error {
	if !a.Begun {
		return nil
	}
	outcomes := make(map[int]apply.Outcome, len(a.Result.Outcomes))
	for _, o := range a.Result.Outcomes {
		outcomes[o.Item] = o
	}
	reasons := reasonsByRow(p, a)
	var settled []state.Hire
	for i := range p.Plan.Items {
		item := &p.Plan.Items[i]
		id, o := p.Hires[item.Row], outcomes[i]
		switch {
		case o.Step == apply.Applied:
			settled = append(settled, t.settled(id, state.HireApplied, o.Message, o.EmployeeID))
		case item.Action == plan.Reject || o.Step == apply.Refused || o.Step == apply.Skipped:
			settled = append(settled, t.settled(id, state.HireRefused, reasons(item.Row), 0))
		}
	}
	return t.save(ctx, settled...)
}

// reasonsByRow are what was said against each row, as far as that is listed.
func reasonsByRow(p change.Planned, a change.Applied) func(row int) string {
	listed := make(map[int][]string)
	for _, f := range slices.Concat(p.Plan.Findings, a.Result.Findings) {
		if f.Severity == finding.Error {
			listed[f.Row] = append(listed[f.Row], f.Message)
		}
	}
	unlisted := userfile.NewReasons(flow.Words(message.English), nil, p.Plan.Rest)
	return func(row int) string {
		if reasons := listed[row]; reasons != nil {
			return strings.Join(reasons, "; ")
		}
		text, _ := unlisted.Of(row)
		return text
	}
}
