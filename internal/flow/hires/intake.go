package hires

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/step"
)

// takeIn stores the hires of a dropped file and of a poll. The hires that are stored
// already do not wait for a remote or an ATS that is down.
func takeIn(ctx context.Context, t task, r *flow.Result) (came intake, err error) {
	if t.Picks || t.File != "" {
		if err := came.setBack(ctx, "file_failed", takeFile(ctx, t, &came, r)); err != nil {
			return came, err
		}
	}
	due, err := pollDue(ctx, t)
	if err != nil {
		return came, err
	}
	if due {
		err = came.setBack(ctx, "poll_failed", poll(ctx, t, &came))
	}
	return came, err
}

// setBack notes a fault of taking hires in, unless it is the person's or the run ends.
func (c *intake) setBack(ctx context.Context, code string, err error) error {
	if err == nil || ctx.Err() != nil || errors.Is(err, run.ErrUsage) {
		return err
	}
	c.faults = append(c.faults, flow.Sentence(err))
	c.log.Add(finding.Finding{Severity: finding.Error, Code: code, Message: flow.Sentence(err)})
	return nil
}

// takeFile stores the hires of a file, and puts it away.
func takeFile(ctx context.Context, t task, came *intake, r *flow.Result) error {
	if err := takesFiles(t); err != nil {
		return err
	}
	file, err := fetch(ctx, t, came, r)
	if err != nil || file == nil {
		return err
	}
	if file.Duplicate != "" {
		return putAway(ctx, t, file, pickup.Processed, came, r)
	}
	events, err := readFile(ctx, t, file, came, r)
	if inbox.AtFault(err) {
		came.faults = append(came.faults, flow.Sentence(err))
		if err := putAway(ctx, t, file, pickup.Failed, came, r); err != nil {
			return err
		}
		return t.Inbox.Drop(*file) // one after the other they would fill the disk
	}
	if err == nil {
		err = t.keep(ctx, events)
	}
	if err != nil {
		return errors.Join(err, t.Inbox.GiveBack(ctx, *file))
	}
	return putAway(ctx, t, file, pickup.Processed, came, r)
}

// fetch brings a file into the spool. Nil is for none.
func fetch(ctx context.Context, t task, came *intake, r *flow.Result) (*inbox.File, error) {
	if t.File != "" {
		file, err := t.Inbox.Copy(t.File, t.Folder)
		if err == nil {
			r.File = &file.File
		}
		return file, err
	}
	warnings, err := t.Inbox.Recover(ctx)
	came.log.Add(warnings...)
	if err != nil {
		return nil, err
	}
	a, err := t.Inbox.Take(ctx, t.Run, t.Folder)
	came.log.Add(a.Findings...)
	if a.Outcome == run.Failed { // an expected file did not come
		came.faults = append(came.faults, a.Reason)
	}
	if a.File != nil {
		r.File, r.Waiting = &a.File.File, a.File.Waiting
	}
	return a.File, err
}

// putAway moves the file out of the way, with a report.
func putAway(ctx context.Context, t task, file *inbox.File, outcome pickup.Outcome, came *intake, r *flow.Result) error {
	reports, err := t.Inbox.Reports(*file, &came.log)
	if err != nil {
		return err
	}
	came.log.Add(t.Inbox.Settle(ctx, t.Run.ID, file, outcome, reports)...)
	r.Place, r.Reports = file.Place()
	return nil
}

// takesFiles refuses a file that a person gives for hires of which there are no files.
func takesFiles(t task) error {
	if t.Source.File == nil {
		return fault.Of(run.ErrUsage, "%s is of %s, which has no files: --file is for the sources %s", t.Run.Flow, t.Hires.Config.Source,
			strings.Join(t.FileSources, " and "))
	}
	return nil
}

// readFile reads the hires of a file.
func readFile(ctx context.Context, t task, file *inbox.File, came *intake, r *flow.Result) ([]hire.Event, error) {
	plain, err := t.Inbox.Plain(ctx, *file)
	*file, r.Path, r.File = plain, plain.Path, &plain.File
	if err != nil {
		return nil, err
	}
	in, err := spool.Open(file.Path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	at := t.Run.StartedAt
	if file.Picked() {
		at = file.ModTime()
	}
	read, err := t.Source.File.File(in, at)
	came.log.Add(read.Findings...)
	if err == nil {
		came.unreadable = read.Rows - len(read.Events)
	}
	return read.Events, err
}

// PerWrite bounds a transaction, for which the webhooks that come meanwhile wait.
const PerWrite = 500

// keep stores events.
func (t task) keep(ctx context.Context, events []hire.Event) error {
	for part := range slices.Chunk(events, PerWrite) {
		if _, err := Add(ctx, t.Store, t.Logger, Batch{Flow: t.Run.Flow, Events: part, Add: t.Store.AddHires}); err != nil {
			return err
		}
	}
	return nil
}

// pollPause is how long a run that a webhook asked for leaves the ATS alone after a poll:
// it came for what is stored already.
const pollPause = 15 * time.Minute

// pollDue reports whether the ATS is to be asked.
func pollDue(ctx context.Context, t task) (bool, error) {
	if t.Source.Poll == nil || t.File != "" {
		return false, nil
	}
	if !t.Queued || t.Run.Scheduled {
		return true, nil
	}
	last, known, err := lastPoll(ctx, t)
	return !known || t.Run.StartedAt.Sub(last) >= pollPause, err
}

// poll stores the hires of which no webhook came.
func poll(ctx context.Context, t task, came *intake) error {
	events, err := ask(ctx, t, came)
	if err != nil {
		return err
	}
	if err := t.keep(ctx, events); err != nil {
		return err
	}
	came.polled = true
	return nil
}

// ask asks the ATS who was hired since the last poll.
func ask(ctx context.Context, t task, came *intake) ([]hire.Event, error) {
	ctx, end := step.Begin(ctx, step.Ask)
	defer end()
	since, _, err := lastPoll(ctx, t)
	if err != nil {
		return nil, err
	}
	found, err := t.Source.Poll.Poll(ctx, hire.Poll{Since: since, Now: t.Run.StartedAt})
	for _, f := range found.Findings {
		f.Row = 0 // a place in the answer, which nobody sees
		came.log.Add(f)
	}
	return found.Events, err
}

// polledRuns is how many runs are looked through for the last one that polled.
const polledRuns = 1000

// lastPoll is since when hires are asked for: the start of the last run that asked. Before
// the first one that did it is that of the first that tried: who was hired before is in
// Lucca already.
func lastPoll(ctx context.Context, t task) (at time.Time, known bool, err error) {
	at = t.Run.StartedAt
	if t.Store == nil {
		return at, false, nil
	}
	runs, err := t.Store.Runs(ctx, state.Filter{Flow: t.Run.Flow, Limit: polledRuns})
	if err != nil {
		return at, false, err
	}
	for _, r := range runs {
		if r.StartedAt.After(t.Run.StartedAt) {
			continue // the clock was ahead: from then on nobody would be asked for
		}
		at = r.StartedAt
		if r.Requests != nil && r.Requests.Polled {
			return at, true, nil
		}
	}
	return at, false, nil
}

// lookIn returns what the next run would take in.
func lookIn(ctx context.Context, t task, r *flow.Result) (came intake, err error) {
	file, err := peek(ctx, t, &came, r)
	if err != nil {
		return came, err
	}
	if file != nil {
		if came.events, err = readFile(ctx, t, file, &came, r); err != nil {
			return came, err
		}
	}
	if t.Source.Poll != nil && t.File == "" {
		found, err := ask(ctx, t, &came)
		if err := came.setBack(ctx, "poll_failed", err); err != nil {
			return came, err
		}
		came.events = append(came.events, found...)
	}
	for i := range came.events {
		came.events[i].Row = 0
	}
	return came, nil
}

// peek copies the file that the next run would take; nil for none.
func peek(ctx context.Context, t task, came *intake, r *flow.Result) (*inbox.File, error) {
	if !t.Picks && t.File == "" {
		return nil, nil
	}
	if err := takesFiles(t); err != nil {
		return nil, err
	}
	if t.File != "" {
		return fetch(ctx, t, came, r)
	}
	a, err := t.Inbox.Peek(ctx, t.Folder)
	came.log.Add(a.Findings...)
	if a.File != nil {
		r.File, r.Waiting = &a.File.File, a.File.Waiting
	}
	return a.File, err
}
