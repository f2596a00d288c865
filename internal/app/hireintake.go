package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
)

// hireAdder records events that are new, as state.AddHires does.
type hireAdder func(ctx context.Context, hires []state.Hire) ([]state.StoredHire, error)

// addHires stores events, unless they are known, all or none of them. One that was refused, or
// held by itself, waits again when the ATS sends it with something mended. Fresh counts those
// that wait now.
func (a *App) addHires(ctx context.Context, flow string, events []hire.Event, add hireAdder) (fresh int, err error) {
	at := now()
	hires := make([]state.Hire, len(events))
	for i, e := range events {
		if err := e.Check(); err != nil {
			return 0, err
		}
		e.Row = 0 // of a file that is put away
		data, err := json.Marshal(storedHire{Event: e})
		if err != nil {
			return 0, fmt.Errorf("encode hire: %w", err)
		}
		hires[i] = state.Hire{
			Flow: flow, Source: e.Source, EventID: e.ExternalID, State: state.HireReceived, Updated: at, Data: data,
			Received: at.Add(time.Duration(i) * time.Microsecond), // so that they wait in the order of the file
		}
		events[i] = e
	}
	stored, err := add(ctx, hires)
	if err != nil {
		return 0, err
	}
	again, err := a.waitAgain(ctx, stored, events, hires)
	if err != nil {
		return 0, err
	}
	for i, h := range stored {
		if h.Added || again[i] {
			fresh++
			a.logger.InfoContext(ctx, "hire.received", "flow", flow, "hire", h.ID, "source", h.Source)
		}
	}
	return fresh, nil
}

// waitAgain has those that are known, open and mended wait, and says which they are. What was
// mended is looked at first: of a list that an ATS sends again and again, it is hardly any.
func (a *App) waitAgain(ctx context.Context, stored []state.StoredHire, events []hire.Event, sent []state.Hire) (map[int]bool, error) {
	again, holds := make(map[int]bool), a.holds()
	var changed []state.Hire
	for i, s := range stored {
		if s.Added || !mended(s.Hire, events[i]) {
			continue
		}
		open, err := holds.open(ctx, s.Hire)
		if err != nil {
			return nil, err
		}
		if open {
			h := s.Hire
			h.State, h.Reason, h.Updated, h.Data = state.HireReceived, "", sent[i].Updated, sent[i].Data
			changed, again[i] = append(changed, h), true
		}
	}
	return again, a.store.SaveHires(ctx, changed...)
}

// mended reports whether an event says something else than the stored one of the same id,
// apart from when.
func mended(stored state.Hire, e hire.Event) bool {
	s, err := decodeHire(stored)
	s.Event.HiredAt = e.HiredAt
	return err == nil && !reflect.DeepEqual(s.Event, e)
}

// takeIn stores the hires of a dropped file and of a poll. The hires that are stored
// already do not wait for a remote or an ATS that is down.
func (x *hiresRun) takeIn(ctx context.Context) error {
	if x.flow.From != "" || x.local != "" {
		if err := x.setBack(ctx, "file_failed", x.takeFile(ctx)); err != nil {
			return err
		}
	}
	due, err := x.pollDue(ctx)
	if err != nil {
		return err
	}
	if due {
		if err := x.setBack(ctx, "poll_failed", x.poll(ctx)); err != nil {
			return err
		}
	}
	x.intake, x.run.Findings = x.run.Findings, nil
	return nil
}

// setBack notes a fault of taking hires in, unless it is the person's or the run ends.
func (x *hiresRun) setBack(ctx context.Context, code string, err error) error {
	if err == nil || ctx.Err() != nil || errors.Is(err, ErrUsage) {
		return err
	}
	x.faults = append(x.faults, Sentence(err))
	x.run.Findings = append(x.run.Findings, finding.Finding{Severity: finding.Error, Code: code, Message: Sentence(err)})
	return nil
}

// takeFile stores the hires of a file, and puts it away.
func (x *hiresRun) takeFile(ctx context.Context) error {
	if err := x.takesFiles(); err != nil {
		return err
	}
	if x.local == "" {
		if err := x.recoverPickups(ctx); err != nil {
			return err
		}
	}
	err := x.fetch(ctx)
	outcome, reason := x.run.Outcome, x.run.Reason
	x.run.Outcome, x.run.Reason = "", ""
	if err != nil || outcome != "" {
		if outcome == run.Failed { // an expected file did not come
			x.faults = append(x.faults, reason)
		}
		return err
	}
	events, err := x.readFile(ctx)
	if fileFault(err) {
		x.faults = append(x.faults, Sentence(err))
		return x.refuse(ctx)
	}
	if err == nil {
		err = x.store(ctx, events)
	}
	if err != nil {
		return errors.Join(err, x.giveBack(ctx))
	}
	return x.settle(ctx, pickup.Processed)
}

// takesFiles refuses a file that a person gives for hires of which there are no files.
func (x *hiresRun) takesFiles() error {
	if x.source().File == nil {
		return fmt.Errorf("%w: %s is of %s, which has no files: --file is for the sources %s", ErrUsage, x.run.Flow, x.flow.Hires.Source,
			strings.Join(x.flow.Hires.FileSources, " and "))
	}
	return nil
}

// source is where the hires come from.
func (x *hiresRun) source() hire.Source { return x.app.sources[x.run.Flow] }

func (x *hiresRun) readFile(ctx context.Context) ([]hire.Event, error) {
	if err := x.unwrap(ctx); err != nil {
		return nil, err
	}
	in, err := spool.Open(x.path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	at := x.run.StartedAt
	if x.taken != nil {
		at = x.taken.ModTime
	}
	file, err := x.source().File.File(in, at)
	x.run.Findings = append(x.run.Findings, file.Findings...)
	if err == nil {
		x.unreadable = file.Rows - len(file.Events)
	}
	return file.Events, err
}

// hiresPerWrite bounds a transaction, for which the webhooks that come meanwhile wait.
const hiresPerWrite = 500

func (x *hiresRun) store(ctx context.Context, events []hire.Event) error {
	for part := range slices.Chunk(events, hiresPerWrite) {
		if _, err := x.app.addHires(ctx, x.run.Flow, part, x.app.store.AddHires); err != nil {
			return err
		}
	}
	return nil
}

// pollPause is how long a run that a webhook asked for leaves the ATS alone after a poll:
// it came for what is stored already.
const pollPause = 15 * time.Minute

// pollDue reports whether the ATS is to be asked.
func (x *hiresRun) pollDue(ctx context.Context) (bool, error) {
	if x.source().Poll == nil || x.local != "" {
		return false, nil
	}
	if !x.queued || x.run.Scheduled {
		return true, nil
	}
	last, known, err := x.lastPoll(ctx)
	return !known || x.run.StartedAt.Sub(last) >= pollPause, err
}

// poll stores the hires of which no webhook came.
func (x *hiresRun) poll(ctx context.Context) error {
	events, err := x.ask(ctx)
	if err != nil {
		return err
	}
	if err := x.store(ctx, events); err != nil {
		return err
	}
	x.polled = true
	return nil
}

// ask asks the ATS who was hired since the last poll.
func (x *hiresRun) ask(ctx context.Context) ([]hire.Event, error) {
	since, _, err := x.lastPoll(ctx)
	if err != nil {
		return nil, err
	}
	found, err := x.source().Poll.Poll(ctx, hire.Poll{Since: since, Now: x.run.StartedAt})
	for _, f := range found.Findings {
		f.Row = 0 // a place in the answer, which nobody sees
		x.run.Findings = append(x.run.Findings, f)
	}
	return found.Events, err
}

// polledRuns is how many runs are looked through for the last one that polled.
const polledRuns = 1000

// lastPoll is since when hires are asked for: the start of the last run that asked. Before
// the first one that did it is that of the first that tried: who was hired before is in
// Lucca already.
func (x *hiresRun) lastPoll(ctx context.Context) (at time.Time, known bool, err error) {
	at = x.run.StartedAt
	if x.app.store == nil {
		return at, false, nil
	}
	runs, err := x.app.store.Runs(ctx, state.Filter{Flow: x.run.Flow, Limit: polledRuns})
	if err != nil {
		return at, false, err
	}
	for _, r := range runs {
		if r.StartedAt.After(x.run.StartedAt) {
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
func (x *hiresRun) lookIn(ctx context.Context) ([]hire.Event, error) {
	var events []hire.Event
	if x.local != "" || x.flow.From != "" {
		if err := x.takesFiles(); err != nil {
			return nil, err
		}
		if err := x.peek(ctx); err != nil {
			return nil, err
		}
		x.run.Outcome, x.run.Reason = "", ""
	}
	if x.run.File != nil {
		var err error
		if events, err = x.readFile(ctx); err != nil {
			return nil, err
		}
	}
	if x.source().Poll != nil && x.local == "" {
		found, err := x.ask(ctx)
		if err := x.setBack(ctx, "poll_failed", err); err != nil {
			return nil, err
		}
		events = append(events, found...)
	}
	for i := range events {
		events[i].Row = 0
	}
	x.intake, x.run.Findings = x.run.Findings, nil
	return events, nil
}
