package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"lucca-exchange/internal/message"
	"lucca-exchange/internal/run"
)

// DigestName stands where other messages have the flow; no flow can be called so.
const DigestName = "(digest)"

// digestRetry is how long a process has to send a digest before another one tries.
const digestRetry = 10 * time.Minute

// longestDigest bounds how far back a digest looks, where none could be sent for long.
const longestDigest = 35 * 24 * time.Hour

// Digest is what the runs of a time came to. It holds no value of a cell and no name.
type Digest struct {
	// Since and Until are in the zone to show them in.
	Since time.Time    `json:"since"`
	Until time.Time    `json:"until"`
	Flows []FlowDigest `json:"flows"`
	// Anchor is the number and the sum of the last line of the audit; empty where it has none.
	Anchor string `json:"anchor,omitempty"`
}

// FlowDigest is what the runs of one flow came to.
type FlowDigest struct {
	Flow string `json:"flow"`
	// Outcomes counts the runs by how they ended.
	Outcomes map[run.Outcome]int `json:"outcomes"`
	Sent     int                 `json:"sent,omitempty"`
	Rejected int                 `json:"rejected,omitempty"`
	// Held counts the runs that wait for a person now, whenever they ran.
	Held   int  `json:"held,omitempty"`
	Paused bool `json:"paused,omitempty"`
}

// Add counts a run that has ended.
func (d *FlowDigest) Add(r run.Run) {
	if r.Outcome == "" {
		return
	}
	if d.Outcomes == nil {
		d.Outcomes = make(map[run.Outcome]int)
	}
	d.Outcomes[r.Outcome]++
	if r.Rows != nil {
		d.Sent += r.Rows.Sent
		d.Rejected += r.Rows.Rejected
	}
}

// total adds the flows up.
func (d Digest) total() FlowDigest {
	all := FlowDigest{Outcomes: make(map[run.Outcome]int)}
	for _, f := range d.Flows {
		for outcome, n := range f.Outcomes {
			all.Outcomes[outcome] += n
		}
		all.Held += f.Held
	}
	return all
}

// runs is how many there were.
func (d FlowDigest) runs() (n int) {
	for _, m := range d.Outcomes {
		n += m
	}
	return n
}

// counted lists counts behind their words: those of the runs, and of what waits.
func (d FlowDigest) counted(p message.Printer, wanted ...run.Outcome) []string {
	var parts []string
	for _, outcome := range wanted {
		if n := d.Outcomes[outcome]; n > 0 {
			parts = append(parts, p.Text("digest."+string(outcome), "n", n))
		}
	}
	return parts
}

// headline is the subject: how many runs, and what of them went wrong.
func (d Digest) headline(p message.Printer) string {
	all := d.total()
	parts := append([]string{p.Text("digest.runs", "n", all.runs())}, all.counted(p, run.Failed, run.Rejections)...)
	if all.Held > 0 {
		parts = append(parts, p.Text("digest.waiting", "n", all.Held))
	}
	return fmt.Sprintf("[%s] %s", Product, strings.Join(parts, ", "))
}

// text is a line for each flow, and the anchor.
func (d Digest) text(p message.Printer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", p.Text("digest.between", "since", p.Weekday(d.Since), "until", p.Weekday(d.Until)))
	for _, f := range d.Flows {
		parts := f.counted(p, run.Failed, run.Held, run.Rejections, run.Canceled, run.Done, run.Nothing)
		if len(parts) == 0 {
			parts = append(parts, p.Text("digest.none"))
		}
		if f.Sent > 0 {
			parts = append(parts, p.Text("digest.sent", "n", f.Sent))
		}
		if f.Rejected > 0 {
			parts = append(parts, p.Text("counts.rejected", "n", f.Rejected))
		}
		if f.Held > 0 {
			parts = append(parts, p.Text("digest.waiting", "n", f.Held))
		}
		if f.Paused {
			parts = append(parts, p.Text("digest.paused"))
		}
		fmt.Fprintf(&b, "  %s%s%s\n", f.Flow, p.Colon(), strings.Join(parts, ", "))
	}
	if d.Anchor != "" {
		fmt.Fprintf(&b, "\n%s\n  %s\n", p.Text("digest.anchor"), strings.Join([]string{Product, "audit", "verify", "--anchor", d.Anchor}, " "))
	}
	return b.String()
}

// Schedule is when something is due again and again.
type Schedule interface {
	// Next is the first time after t; zero where there is none.
	Next(t time.Time) time.Time
	// Zone is the one in which it is meant.
	Zone() *time.Location
}

// Digests sends each target its digest when that is due.
type Digests struct {
	Teller
	// When is the schedule of each target that has a digest, by its ID.
	When map[string]Schedule
	// Claim reports whether this process is the one to send something now; see state's Take.
	Claim func(ctx context.Context, what string, at time.Time, every time.Duration) (bool, error)
	// Sum is what happened between two instants.
	Sum func(ctx context.Context, since, until time.Time) (Digest, error)
}

// Send sends the digests that are due at an instant. The first one of a target comes at the first
// time that is due after this was first called. One that cannot be sent is tried again.
func (d Digests) Send(ctx context.Context, now time.Time) error {
	var faults []error
	since := make(map[string]time.Time)
	for id, when := range d.When {
		last, due, err := d.due(ctx, id, when, now)
		if due {
			since[id] = last
		}
		faults = append(faults, err)
	}
	if len(since) == 0 {
		return errors.Join(faults...) // and no secret of a target is read
	}
	for target, err := range d.Targets {
		last, due := since[target.ID]
		switch {
		case !due:
			continue
		case err != nil:
			err = fmt.Errorf("%s.%w", target.Place, err)
			d.failed(ctx, target, err)
		default:
			err = d.send(ctx, target, last, now)
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// due reports whether a target is to have a digest, of what was since an instant.
func (d Digests) due(ctx context.Context, id string, when Schedule, now time.Time) (since time.Time, due bool, err error) {
	_, last, err := d.Memory.Last(ctx, id, DigestName)
	if err != nil {
		return last, false, fmt.Errorf("look up what was sent before: %w", err)
	}
	if last.IsZero() {
		return last, false, d.Memory.Save(ctx, id, DigestName, "", now)
	}
	if last.After(now) { // a clock was ahead: nothing is known of what was since
		last = now.Add(-longestDigest)
	}
	if next := when.Next(last); next.IsZero() || next.After(now) {
		return last, false, nil
	}
	due, err = d.Claim(ctx, "digest "+id, now, digestRetry)
	return now.Add(-min(now.Sub(last), longestDigest)), due, err
}

func (d Digests) send(ctx context.Context, t Target, since, now time.Time) error {
	zone := d.When[t.ID].Zone()
	sum, err := d.Sum(ctx, since.In(zone), now.In(zone))
	if err != nil {
		return fmt.Errorf("count runs: %w", err)
	}
	n, err := New([]Target{t}, d.Options)
	if err != nil {
		return err
	}
	e := Event{Kind: Summary, Flow: DigestName, Digest: &sum, Page: d.page(run.Run{})}
	if err := n.try(ctx, t, e); err != nil {
		n.attempted(ctx, t, e, err)
		return err
	}
	n.attempted(ctx, t, e, nil)
	n.logger.InfoContext(ctx, "notification.sent", "target", t.Place, "outcome", string(Summary))
	return n.save(ctx, t, DigestName, told{string(Summary), now})
}

// failed has it on record that a target cannot be told.
func (d Digests) failed(ctx context.Context, t Target, fault error) {
	if n, err := New(nil, d.Options); err == nil {
		n.attempted(ctx, t, Event{Flow: DigestName}, fault)
	}
}
