package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// Expectation is by when a file is to be there. The zero value expects none.
type Expectation struct {
	// By is the time of the day as it was configured, such as 07:00; After how long after
	// midnight that is in Zone.
	By    string
	After time.Duration
	Zone  *time.Location
	// Next is the first slot of the flow after an instant; nil without a schedule.
	Next func(time.Time) time.Time
}

// on is when a file is to be there on the day of an instant, and when that day began.
func (e Expectation) on(at time.Time) (midnight, due time.Time) {
	y, m, d := at.In(e.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, e.Zone), time.Date(y, m, d, 0, int(e.After/time.Minute), 0, 0, e.Zone)
}

// none says what a run comes to that found no file: it fails when one should have come.
func (b Inbox) none(ctx context.Context, a Arrival, at time.Time) (Arrival, error) {
	a.Outcome, a.Reason = run.Nothing, fmt.Sprintf("no file matches %s", b.From.Pattern)
	if b.Expect.By == "" {
		return a, nil
	}
	if came, err := b.came(ctx, at); err != nil || came {
		return a, err
	}
	a.Outcome = run.Failed
	a.Reason = fmt.Sprintf("missing: no file matching %s came by %s", b.From.Pattern, b.Expect.By)
	a.Findings = append(a.Findings, finding.Finding{
		Severity: finding.Error, Code: finding.Missing, Message: a.Reason + ": ask whoever sends it",
	})
	return a, nil
}

// came reports whether the flow has no reason to miss its file: it came today, or is not due
// yet.
func (b Inbox) came(ctx context.Context, at time.Time) (bool, error) {
	midnight, due := b.Expect.on(at)
	if at.Before(due) {
		return true, nil
	}
	if b.Expect.Next != nil && !b.Expect.Next(midnight.Add(-time.Second)).Before(midnight.AddDate(0, 0, 1)) {
		return true, nil // no slot today, such as on a Sunday
	}
	last, err := b.Known.LastPickup(ctx, b.Flow, at)
	if errors.Is(err, state.ErrNotFound) {
		return false, nil
	}
	return !last.At.Before(midnight), err
}

// Overdue reports whether the flow misses its file and no run has said so yet.
func (b Inbox) Overdue(ctx context.Context, at time.Time) (bool, error) {
	if b.Expect.By == "" {
		return false, nil
	}
	if came, err := b.came(ctx, at); err != nil || came {
		return false, err
	}
	runs, err := b.Known.Runs(ctx, state.Filter{Flow: b.Flow, Limit: 1})
	_, due := b.Expect.on(at)
	// One of the future began when the clock was ahead.
	return len(runs) == 0 || runs[0].StartedAt.Before(due) || runs[0].StartedAt.After(at), err
}

// aboutSkipped says what was left alone. Files that were dealt with or are being written
// are nothing to speak of.
func aboutSkipped(skipped []pickup.Skipped, pattern string) []finding.Finding {
	texts := map[pickup.Reason]string{
		pickup.NotRegular: "is a folder, a link or a pipe, not a file",
		pickup.BadName:    "has a name that cannot be used",
		pickup.TooLarge:   "is larger than pickup.max_bytes",
		pickup.Empty:      "is empty",
		pickup.Unstable:   "is still being written",
		pickup.NoMarker:   "has no marker yet",
		pickup.Unstated:   "is of neither stated size nor stated time, so nobody can tell when it is whole: agree on a pickup.marker with whoever sends it",

		pickup.OtherCase:    fmt.Sprintf("looks like %s but for letter case or accents: change the pattern or the name", pattern),
		pickup.OtherVersion: fmt.Sprintf("looks like %s but for the version at the end of its name, and nobody can tell whether it is an older one: remove or rename what is not to be taken, or have no versions kept", pattern),
		pickup.OtherCharset: fmt.Sprintf("looks like %s, but the server sends its name in another character set than UTF-8: have the name written without accents", pattern),
		pickup.Stuck:        "was left there by a run that is over: see what became of that run, and move the file back to be taken again, or away",
	}
	var out []finding.Finding
	for _, s := range skipped {
		text, told := texts[s.Reason]
		if !told {
			continue
		}
		name := fmt.Sprintf("%q", s.Name)
		if s.Name == "" {
			name = fmt.Sprintf("%d entries: each", s.Count)
		}
		out = append(out, finding.Finding{
			Severity: finding.Warning, Code: "skipped_" + string(s.Reason), Message: name + " " + text + ": it was left where it is",
		})
	}
	return out
}
