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
func takeIn(ctx context.Context, t task, r *result) error {
	if err := r.setBack(ctx, "file_failed", takeFile(ctx, t, r)); err != nil {
		return err
	}
	due, err := pollDue(ctx, t)
	if err != nil || !due {
		return err
	}
	return r.setBack(ctx, "poll_failed", poll(ctx, t, r))
}

// setBack notes a fault of taking hires in, unless it is the person's or the run ends.
func (r *result) setBack(ctx context.Context, code string, err error) error {
	if err == nil || ctx.Err() != nil || errors.Is(err, run.ErrUsage) {
		return err
	}
	r.came.faults = append(r.came.faults, flow.Sentence(err))
	r.came.log.Add(finding.Finding{Severity: finding.Error, Code: code, Message: flow.Sentence(err)})
	return nil
}

// takeFile stores the hires of a file, and puts it away: into failed/ when it is the file's fault
// that they are not stored, and back when it is not. One that came before is read again: whom it
// has is known.
func takeFile(ctx context.Context, t task, r *result) error {
	file, err := fetch(ctx, t, r)
	if err != nil || file == nil {
		return err
	}
	outcome := pickup.Processed
	switch err := storeFile(ctx, t, file, r); {
	case inbox.AtFault(err):
		r.came.faults = append(r.came.faults, flow.Sentence(err))
		outcome = pickup.Failed
	case err != nil:
		return errors.Join(err, t.Inbox.GiveBack(ctx, *file))
	}
	reports, err := t.Inbox.Reports(*file, &r.came.log)
	if err != nil {
		return err
	}
	r.came.log.Add(t.Inbox.Settle(ctx, t.Run.ID, file, outcome, reports)...)
	if r.Place, r.Reports = file.Place(); outcome == pickup.Failed {
		return t.Inbox.Drop(*file) // one after the other they would fill the disk
	}
	return nil
}

// fetch brings a file into the spool: the one that a person gave, or else the next one of the
// remote, where a dry run leaves it. Nil is for none.
func fetch(ctx context.Context, t task, r *result) (*inbox.File, error) {
	switch {
	case t.File == "" && !t.Picks:
		return nil, nil
	case t.Source.File == nil:
		return nil, fault.Of(run.ErrUsage, "%s is of %s, which has no files: --file is for the sources %s", t.Run.Flow, t.Hires.Config.Source,
			strings.Join(t.FileSources, " and "))
	case t.File != "":
		return t.Inbox.Copy(t.File, t.Folder)
	}
	a, err := look(ctx, t, r)
	r.came.log.Add(a.Findings...)
	if a.Outcome == run.Failed { // an expected file did not come
		r.came.faults = append(r.came.faults, a.Reason)
	}
	if a.File != nil {
		r.File, r.Waiting = &a.File.File, a.File.Waiting
	}
	return a.File, err
}

// look takes the next file of the remote, or copies it in a dry run.
func look(ctx context.Context, t task, r *result) (inbox.Arrival, error) {
	if t.dry {
		return t.Inbox.Peek(ctx, t.Folder)
	}
	warnings, err := t.Inbox.Recover(ctx)
	r.came.log.Add(warnings...)
	if err != nil {
		return inbox.Arrival{}, err
	}
	return t.Inbox.Take(ctx, t.Run, t.Folder)
}

// storeFile stores the hires of a file.
func storeFile(ctx context.Context, t task, file *inbox.File, r *result) error {
	events, err := readFile(ctx, t, file, r)
	if err != nil {
		return err
	}
	return t.keep(ctx, events)
}

// readFile reads the hires of a file.
func readFile(ctx context.Context, t task, file *inbox.File, r *result) ([]hire.Event, error) {
	plain, err := t.Inbox.Plain(ctx, *file)
	*file, r.File = plain, &plain.File
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
	r.came.log.Add(read.Findings...)
	if err != nil {
		return nil, err
	}
	r.came.unreadable = read.Rows - len(read.Events)
	return read.Events, nil
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

// asks reports whether there is an ATS to be asked. A person who gives a file wants its hires only.
func (t task) asks() bool { return t.Source.Poll != nil && t.File == "" }

// pollPause is how long a run that a webhook asked for leaves the ATS alone after a poll:
// it came for what is stored already.
const pollPause = 15 * time.Minute

// pollDue reports whether the ATS is to be asked.
func pollDue(ctx context.Context, t task) (bool, error) {
	if !t.asks() || !t.Queued || t.Run.Scheduled {
		return t.asks(), nil
	}
	last, known, err := lastPoll(ctx, t)
	return !known || t.Run.StartedAt.Sub(last) >= pollPause, err
}

// poll stores the hires of which no webhook came.
func poll(ctx context.Context, t task, r *result) error {
	events, err := ask(ctx, t, r)
	if err == nil {
		err = t.keep(ctx, events)
	}
	r.came.polled = err == nil
	return err
}

// ask asks the ATS who was hired since the last poll.
func ask(ctx context.Context, t task, r *result) ([]hire.Event, error) {
	ctx, end := step.Begin(ctx, step.Ask)
	defer end()
	since, _, err := lastPoll(ctx, t)
	if err != nil {
		return nil, err
	}
	found, err := t.Source.Poll.Poll(ctx, hire.Poll{Since: since, Now: t.Run.StartedAt})
	for _, f := range found.Findings {
		f.Row = 0 // a place in the answer, which nobody sees
		r.came.log.Add(f)
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
	for _, r := range runs {
		if r.StartedAt.After(t.Run.StartedAt) {
			continue // the clock was ahead: from then on nobody would be asked for
		}
		at = r.StartedAt
		if r.Requests != nil && r.Requests.Polled {
			return at, true, nil
		}
	}
	return at, false, err
}

// lookIn returns what the next run would take in.
func lookIn(ctx context.Context, t task, r *result) (events []hire.Event, err error) {
	file, err := fetch(ctx, t, r)
	if err != nil {
		return nil, err
	}
	if file != nil {
		if events, err = readFile(ctx, t, file, r); err != nil {
			return nil, err
		}
	}
	if t.asks() {
		found, err := ask(ctx, t, r)
		if err := r.setBack(ctx, "poll_failed", err); err != nil {
			return nil, err
		}
		events = append(events, found...)
	}
	for i := range events {
		events[i].Row = 0 // the plan has rows of its own
	}
	return events, nil
}
