package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/userfile"
)

// handsOn reports whether this plan is carried out by handing its file on: one that was made
// before the flow relayed has none, and is applied.
func handsOn(t task, p change.Planned) bool { return t.Relay != nil && p.Relayed != nil }

// relay hands the rows that passed on to Lucca's own import, once: exactly the file that was
// made with the plan.
func relay(ctx context.Context, t task, p change.Planned, file inbox.File, r *flow.Result) error {
	if p.Relayed.Rows == 0 {
		return nil
	}
	before, err := t.Store.DeliveriesOf(ctx, p.Origin)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(before, func(d delivery.Record) bool { return d.Step == delivery.StepDelivered }) {
		r.Rows.Sent = p.Relayed.Rows
		return nil
	}
	path := relayedPath(file.Folder)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return relayAnew(ctx, t, p, file, r)
	}
	if err := t.Store.SetPlanState(ctx, p.Origin, state.PlanApplying); err != nil {
		return err
	}
	receipt, notes, err := t.Outbox.Send(ctx, flow.Parcel{
		Run: p.Origin, Flow: t.Run.Flow, To: t.Relay.To, Name: p.Relayed.Name, Path: path, Bytes: p.Relayed.Bytes, SHA256: p.Relayed.SHA256,
		// A full file says anew what the one before said; any other would be lost with its rows.
		Keep: p.Partial || t.Change.Policy.Mode != plan.Full,
	})
	switch {
	case errors.Is(err, delivery.ErrUnfetched):
		return fault.Hint(fmt.Errorf("%q stands on %s, not fetched yet by Lucca's import, and would be lost: nothing was sent, and the next run or approval tries again: %w", p.Relayed.Name, t.Relay.To, err),
			"where files stay once they were imported, give each a name of its own, such as file: users_{date}_{time}.csv")
	case errors.Is(err, delivery.ErrUnseen):
		return err
	case err != nil:
		return refused(ctx, t, p, r, err)
	}
	r.Receipt, r.Sent, r.Rows.Sent = &receipt, true, p.Relayed.Rows
	r.Log.Add(notes...)
	return nil
}

// maxRefusals is how often a remote does not take a file before the ones after it go on.
const maxRefusals = 3

// codeRefused is that of the finding that a remote takes files, but not this one.
const codeRefused = "relay_refused"

// errRefused: a remote takes files, as far as can be tried, but for this one.
var errRefused = errors.New("refused for good")

// refused deals with a file that its remote does not take. One that fails each time, though others
// are taken, must not stop those that come after it.
func refused(ctx context.Context, t task, p change.Planned, r *flow.Result, cause error) error {
	if t.Run.Outcome == run.Held {
		return cause // whoever approves is told, and can reject it
	}
	if t.Outbox.Takes(ctx, t.Relay.To) != nil {
		return cause // it is not the file's fault
	}
	n, since, err := refusals(ctx, t, p.Origin)
	if err != nil {
		return errors.Join(cause, err)
	}
	r.Log.Add(flow.Warning(codeRefused, fmt.Sprintf("%s did not take %q, time %d, and takes other files: after %d refusals, or a day without an answer, it goes to failed/", t.Relay.To, p.Relayed.Name, n, maxRefusals)))
	switch passes := !remote.Definite(cause) || errors.Is(cause, remote.ErrNoSpace); {
	case n < maxRefusals, passes && t.Run.StartedAt.Sub(since) < remote.Patience:
		return cause
	case !remote.Definite(cause):
		return fault.Of(errRefused, "%s has not taken %q in %d runs: see whether it arrived all the same before it is sent again; later files go on: %v", t.Relay.To, p.Relayed.Name, n, cause)
	}
	return fault.Of(errRefused, "%s has refused %q %d times: nothing of it was sent, and later files go on: %v", t.Relay.To, p.Relayed.Name, n, cause)
}

// refusals counts the runs whose file of a plan was not taken, this one too, of which nothing is stored
// yet, and says when the first of them began.
func refusals(ctx context.Context, t task, origin string) (n int, since time.Time, err error) {
	n, since = 1, t.Run.StartedAt
	runs, err := t.Store.Runs(ctx, state.Filter{Flow: t.Run.Flow, Limit: lookedBack})
	if err != nil {
		return n, since, err
	}
	for _, r := range runs {
		if r, err = t.Store.Run(ctx, r.ID); err != nil {
			return n, since, err
		}
		if slices.ContainsFunc(r.Findings, func(f finding.Finding) bool { return f.Code == codeRefused }) {
			n, since = n+1, r.StartedAt
		}
		if r.ID == origin {
			break
		}
	}
	return n, since, nil
}

// setAside puts the file into failed/ that its remote will not have, and drops its plan.
func setAside(ctx context.Context, t task, p change.Planned, file inbox.File, cause error, r *flow.Result) error {
	if err := fail(ctx, t, &file, cause, r); err != nil {
		return err
	}
	return t.Store.SetPlanState(ctx, p.Origin, state.PlanDropped)
}

// relayAnew leaves a file to the next run whose relayed form is gone from the spool before
// it was sent.
func relayAnew(ctx context.Context, t task, p change.Planned, file inbox.File, r *flow.Result) error {
	if err := t.Store.SetPlanState(ctx, p.Origin, state.PlanDropped); err != nil {
		return err
	}
	r.Sent = true // there is nothing left to approve
	if !file.Picked() {
		return errors.New("the file to hand on is gone from the spool, and nothing was sent: run the flow with it again")
	}
	return errors.Join(errors.New("the file to hand on is gone from the spool: it was given back, and the next run takes it again"), t.Inbox.GiveBack(ctx, file))
}

// normalise makes the file that is handed on: the rows that passed, in the form that is safest
// for Lucca's import. What it finds is kept with the plan, so that an approval tells it too.
func normalise(t task, file inbox.File, p *change.Planned, r *flow.Result) (*change.Relayed, error) {
	name := t.Relay.File
	if name == "" {
		// What a sender calls a file within an archive must not decide which one is replaced.
		name = csvName(innermost(file.Name, len(t.Inbox.Unwrap)))
	}
	rejected := make(map[int]bool)
	for i := range p.Plan.Items {
		if p.Plan.Items[i].Action == plan.Reject {
			rejected[p.Plan.Items[i].Row] = true
		}
	}
	var rows int
	written, err := t.Room.Replace(relayedPath(file.Folder), func(w io.Writer) (err error) {
		rows, err = userfile.Normalise(w, p.Table, userfile.Normal{
			Identifier: t.Options.Identifier, Rejected: rejected,
			Present: p.Plan.Present(p.Table, p.People),
			Report: func(f finding.Finding) {
				p.Plan.Findings = append(p.Plan.Findings, f)
				r.Log.Add(f)
			},
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("write the file to hand on: %w", err)
	}
	return &change.Relayed{File: run.File{Name: name, Bytes: written.Bytes, SHA256: written.SHA256}, Rows: rows}, nil
}

// csvName is the name of a file that is CSV now, whatever came.
func csvName(name string) string {
	if ext := filepath.Ext(name); strings.HasPrefix(strings.ToLower(ext), ".xls") {
		return strings.TrimSuffix(name, ext) + ".csv"
	}
	return name
}

// innermost is a file's own name without the endings of so many wrappings.
func innermost(name string, steps int) string {
	for range steps {
		switch ending := filepath.Ext(name); strings.ToLower(ending) {
		case ".gz", ".zip", ".gpg", ".pgp", ".asc", ".age":
			if len(ending) < len(name) {
				name = strings.TrimSuffix(name, ending)
			}
		}
	}
	if steps > 0 && filepath.Ext(name) == "" {
		name += ".csv" // such as of users.zip
	}
	return name
}

// relayedPath is where in the spool of a run the file is that is handed on.
func relayedPath(folder string) string { return filepath.Join(folder, "relayed.csv") }
