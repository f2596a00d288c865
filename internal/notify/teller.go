package notify

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/run"
)

// Run is a run that began or ended, with what was found in it.
type Run struct {
	run.Run
	Findings []finding.Finding
	Omitted  []finding.Omitted
}

// Teller tells of the runs of an instance whoever is to know of them.
type Teller struct {
	// Targets are opened each time, so that their secrets can be changed while the program runs.
	// One that cannot be opened, which is said of its Place, keeps none of the others from being
	// told.
	Targets iter.Seq2[Target, error]
	// Expires is until when a held run can be approved, in the zone to show it in; zero if that
	// is not known.
	Expires func(ctx context.Context, run string) time.Time
	Options
}

// Began tells that a run began.
func (t Teller) Began(ctx context.Context, r Run) { t.tell(ctx, r, Started) }

// Ended tells how a run ended. A notification that fails changes nothing of the run.
func (t Teller) Ended(ctx context.Context, r Run) { t.tell(ctx, r, r.end()) }

// Again tells of a run that ended once more where a day has passed since, or where nobody could be
// told: nothing has changed, and what was wrong still is.
func (t Teller) Again(ctx context.Context, r Run) {
	e := t.event(ctx, r, r.end())
	e.Again = true
	t.send(ctx, e)
}

// Missed tells of slots that passed without a run and will have none, the last of which was due at
// an instant.
func (t Teller) Missed(ctx context.Context, flow string, slots int, last time.Time) {
	t.send(ctx, Event{
		Kind: Missing, Flow: flow, Slots: slots,
		Reason: missed(slots, last),
	})
}

// Ends tells that something ends at an instant, and what to do before.
func (t Teller) Ends(ctx context.Context, what string, at time.Time, do string) {
	t.send(ctx, Event{Kind: Warned, Flow: what, Ends: at, Again: true, Reason: fmt.Sprintf("it ends on %s: %s", at.Format(time.DateOnly), do)})
}

func missed(slots int, last time.Time) string {
	at := last.Format("2006-01-02 15:04")
	if slots == 1 {
		return fmt.Sprintf("1 scheduled run did not take place and is not made up for, that of %s: the program was not running", at)
	}
	return fmt.Sprintf("%d scheduled runs did not take place and are not made up for, the last of them that of %s: the program was not running", slots, at)
}

func (t Teller) tell(ctx context.Context, r Run, kind Kind) { t.send(ctx, t.event(ctx, r, kind)) }

// send tells every target that can be opened, and has it on record of the others that they cannot.
func (t Teller) send(ctx context.Context, e Event) {
	ctx = context.WithoutCancel(ctx)
	open, faulty, err := opened(t.Targets)
	n, fault := New(open, t.Options)
	if fault == nil {
		for _, f := range faulty {
			n.attempted(ctx, f.target, e, f.err)
		}
		fault = n.Send(ctx, e)
	}
	if err = errors.Join(err, fault); err != nil {
		t.Logger.ErrorContext(ctx, "notification.failed", "flow", e.Flow, "run", e.Run, "err", err)
	}
}

// unopened is a target that could not be opened, and why.
type unopened struct {
	target Target
	err    error
}

// opened are the targets that could be, and why the others could not.
func opened(targets iter.Seq2[Target, error]) (open []Target, faulty []unopened, err error) {
	for target, fault := range targets {
		if fault != nil {
			fault = fmt.Errorf("%s.%w", target.Place, fault)
			faulty, err = append(faulty, unopened{target, fault}), errors.Join(err, fault)
			continue
		}
		open = append(open, target)
	}
	return open, faulty, err
}

// event is what is said of a run.
func (t Teller) event(ctx context.Context, r Run, kind Kind) Event {
	e := Event{
		Kind: kind, Flow: r.Flow, Run: r.ID, Outcome: string(r.Outcome), Reason: r.Reason,
		Findings: Summarize(r.Findings, r.Omitted), Page: t.page(r.Run),
	}
	if r.Rows != nil {
		e.Rows = *r.Rows
	}
	if r.Outcome == run.Held {
		e.Approve = strings.Join([]string{Product + " approve " + r.ID, Product + " reject " + r.ID}, "\n")
		e.Expires = t.Expires(ctx, r.ID)
	}
	return e
}

// end is the kind of event that the end of a run is.
func (r Run) end() Kind {
	switch {
	case r.Outcome == run.Failed && r.missing():
		return Missing
	case (r.Outcome == run.Done || r.Outcome == run.Nothing) && len(finding.ToLookAt(r.Findings, r.Omitted)) > 0:
		return Warned
	default:
		return Kind(r.Outcome)
	}
}

// missing reports whether an expected file did not come.
func (r Run) missing() bool {
	for _, f := range r.Findings {
		if f.Code == finding.Missing {
			return true
		}
	}
	return false
}
