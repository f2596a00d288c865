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

func (t Teller) tell(ctx context.Context, r Run, kind Kind) {
	ctx = context.WithoutCancel(ctx)
	open, err := opened(t.Targets)
	if len(open) > 0 {
		n, fault := New(open, t.Options)
		if fault == nil {
			fault = n.Send(ctx, t.event(ctx, r, kind))
		}
		err = errors.Join(err, fault)
	}
	if err != nil {
		t.Logger.ErrorContext(ctx, "notification.failed", "flow", r.Flow, "run", r.ID, "err", err)
	}
}

// opened are the targets that could be, and why the others could not.
func opened(targets iter.Seq2[Target, error]) (open []Target, err error) {
	for target, fault := range targets {
		if fault != nil {
			err = errors.Join(err, fmt.Errorf("%s.%w", target.Place, fault))
			continue
		}
		open = append(open, target)
	}
	return open, err
}

// event is what is said of a run.
func (t Teller) event(ctx context.Context, r Run, kind Kind) Event {
	e := Event{
		Kind: kind, Flow: r.Flow, Run: r.ID, Outcome: string(r.Outcome), Reason: r.Reason,
		Findings: Summarize(r.Findings, r.Omitted), Page: t.page(r.Run),
	}
	if r.Rows != nil {
		e.Rows = Rows{Read: r.Rows.Read, Sent: r.Rows.Sent, Rejected: r.Rows.Rejected}
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
