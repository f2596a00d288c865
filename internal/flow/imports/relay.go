package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/plan"
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
	last, err := t.Store.LastDelivery(ctx, t.Run.Flow)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return err
	}
	r.Rows.Sent = p.Relayed.Rows
	if err == nil && last.Run == p.Origin {
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
	})
	if err != nil {
		return err
	}
	r.Receipt, r.Sent = &receipt, true
	r.Log.Add(notes...)
	return nil
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
	rows := 0
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
