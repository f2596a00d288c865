package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/userfile"
)

// interrupted returns the run whose plan was being applied when it stopped: this one, which
// another process had begun, or an earlier one of the flow. It is empty when there is none.
func (x *changeRun) interrupted(ctx context.Context) (string, error) {
	own, err := x.app.store.Plan(ctx, x.run.ID)
	switch {
	case err == nil && own.State != "" && own.State != state.PlanDropped:
		return x.run.ID, nil
	case err != nil && !errors.Is(err, state.ErrNotFound):
		return "", err
	}
	runs, err := x.app.store.Interrupted(ctx, x.run.Flow)
	if err != nil || len(runs) == 0 {
		return "", err
	}
	return runs[0].ID, nil
}

// load takes up a run and its plan, to go on with it or because it was approved.
func (x *fileRun) load(ctx context.Context, origin string) error {
	before, err := x.app.store.Run(ctx, origin)
	if err != nil {
		return err
	}
	if err := x.recall(ctx, origin); err != nil {
		return err
	}
	x.run.File, x.run.Findings = before.File, nil
	x.rest, x.omitted = nil, nil // the plan has them
	x.run.Rows = &run.Rows{}
	if before.Rows != nil {
		x.run.Rows.Read = before.Rows.Read
	} else {
		// A run that was killed has not said so itself.
		for i := range x.plan.Items {
			if x.plan.Items[i].Row > 0 {
				x.run.Rows.Read++
			}
		}
	}
	x.describe()
	if x.taken, err = x.app.takenBy(ctx, x.flow, origin); err != nil {
		return err
	}
	if x.run.File == nil && x.taken != nil {
		x.run.File = &run.File{Name: x.taken.Name, Bytes: x.taken.Bytes, SHA256: x.taken.SHA256, Partial: x.partial}
	}
	x.spool = filepath.Join(x.app.config.Spool, origin)
	x.path = filepath.Join(x.spool, unwrapped)
	if len(x.flow.Unwrap) == 0 && x.run.File != nil {
		x.path = filepath.Join(x.spool, incoming, x.run.File.Name)
	}
	return nil
}

// goOn finishes what an interrupted run began. Whoever changed in Lucca meanwhile is left
// alone, as after an approval.
func (x *importRun) goOn(ctx context.Context, origin string) error {
	if x.local != "" {
		return fmt.Errorf("run %s was interrupted and comes first: run the flow once without --file, which finishes it", origin)
	}
	if err := x.load(ctx, origin); err != nil {
		return err
	}
	if origin != x.run.ID {
		x.run.Reason = fmt.Sprintf("finished what run %s began; a file that waits is for the next run", origin)
		x.waiting = 1
	}
	current, err := x.readNow(ctx)
	if err != nil {
		return err
	}
	return x.carryOut(ctx, current)
}

// relay hands the rows that passed on to Lucca's own import, once: exactly the file that was
// made with the plan.
func (x *importRun) relay(ctx context.Context) error {
	if x.relayed.Rows == 0 {
		return nil
	}
	last, err := x.app.store.LastDelivery(ctx, x.run.Flow)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return err
	}
	x.run.Rows.Sent = x.relayed.Rows
	if err == nil && last.Run == x.origin {
		return nil
	}
	path := filepath.Join(x.spool, relayedName)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return x.relayAnew(ctx)
	}
	if err := x.app.store.SetPlanState(ctx, x.origin, state.PlanApplying); err != nil {
		return err
	}
	receipt, notes, err := x.app.outbox().Send(ctx, flow.Parcel{
		Run: x.origin, Flow: x.run.Flow, To: x.flow.To, Name: x.relayed.Name, Path: path, Bytes: x.relayed.Bytes, SHA256: x.relayed.SHA256,
	})
	if err != nil {
		return err
	}
	x.receipt = &receipt
	x.run.Findings = append(x.run.Findings, notes...)
	return nil
}

// relayAnew leaves a file to the next run whose relayed form is gone from the spool before
// it was sent.
func (x *importRun) relayAnew(ctx context.Context) error {
	if err := x.app.store.SetPlanState(ctx, x.origin, state.PlanDropped); err != nil {
		return err
	}
	x.restarted = true
	if x.taken == nil {
		return errors.New("the file to hand on is gone from the spool, and nothing was sent: run the flow with it again")
	}
	return errors.Join(errors.New("the file to hand on is gone from the spool: it was given back, and the next run takes it again"), x.giveBack(ctx))
}

// relayedName is the name in the spool of a file that is handed on.
const relayedName = "relayed.csv"

// normalise makes the file that is handed on: the rows that passed, in the form that is safest
// for Lucca's import. Its name is that of the file that came, or made of the template.
func (x *importRun) normalise() (*relayed, error) {
	name := x.run.File.Name
	if x.flow.File != "" {
		name = config.FileName(x.flow.File, x.flow.Name, x.run.Slot)
	} else {
		// What a sender calls a file within an archive must not decide which one is replaced.
		name = csvName(innermost(name, len(x.flow.Unwrap)))
	}
	rejected := make(map[int]bool)
	for i := range x.plan.Items {
		if x.plan.Items[i].Action == plan.Reject {
			rejected[x.plan.Items[i].Row] = true
		}
	}
	path, rows := filepath.Join(x.spool, relayedName), 0
	file, err := x.app.room.Replace(path, func(w io.Writer) (err error) {
		rows, err = userfile.Normalise(w, x.table, userfile.Normal{
			Identifier: x.flow.Import.Options.Identifier, Rejected: rejected,
			Present: x.plan.Present(x.table, x.people),
			Report:  x.note,
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("write the file to hand on: %w", err)
	}
	return &relayed{File: run.File{Name: name, Bytes: file.Bytes, SHA256: file.SHA256}, Rows: rows}, nil
}

// csvName is the name of a file that is CSV now, whatever came.
func csvName(name string) string {
	if ext := filepath.Ext(name); strings.HasPrefix(strings.ToLower(ext), ".xls") {
		return strings.TrimSuffix(name, ext) + ".csv"
	}
	return name
}

// note keeps a finding with the plan, so that an approval tells it too.
func (x *changeRun) note(f finding.Finding) {
	x.plan.Findings = append(x.plan.Findings, f)
	x.run.Findings = append(x.run.Findings, f)
}

// release applies the plan of a held run that a person approved.
func (x *importRun) release(ctx context.Context) error {
	defer x.count()
	if err := x.approvable(ctx); err != nil {
		return err
	}
	if err := x.connect(); err != nil {
		return err
	}
	if err := x.settleDeliveries(ctx); err != nil {
		return err
	}
	if err := x.load(ctx, x.run.ID); err != nil {
		return err
	}
	current, err := x.readNow(ctx)
	if err != nil {
		return err
	}
	x.run.Reason = ""
	return x.carryOut(ctx, current)
}

// unexpired checks that the plan may still be approved.
func (x *changeRun) unexpired(ctx context.Context) error {
	if err := flow.NotFromBefore(ctx, x.app.store, x.run.ID); err != nil {
		return err
	}
	record, err := x.app.store.Plan(ctx, x.run.ID)
	if err != nil {
		return err
	}
	if !record.Expires.IsZero() && record.Expires.Before(now()) {
		return fmt.Errorf("%w: run %s was held until %s: run the flow again: %w", ErrUsage, x.run.ID,
			record.Expires.In(x.flow.Zone).Format("2006-01-02 15:04"), flow.ErrExpired)
	}
	return nil
}

// approvable checks that the plan is still the one to apply.
func (x *changeRun) approvable(ctx context.Context) error {
	if err := x.unexpired(ctx); err != nil {
		return err
	}
	last, err := x.lastApplied(ctx)
	if err != nil {
		return err
	}
	if last != nil && last.Sequence > x.run.Sequence {
		todo := explain.Overtaken(x.run.Run, x.flow.Import != nil && x.flow.Import.Mode == plan.Full, x.flow.From != "")
		return fmt.Errorf("%w: run %s applied a newer file since this one was held: %s: %w", ErrUsage, last.ID, todo, flow.ErrSuperseded)
	}
	return nil
}

// sent reports whether something may have reached Lucca, or nothing ever will.
func (x *importRun) sent() bool { return x.applied != nil || x.receipt != nil || x.restarted }

// readNow reads the people as they are now, as the plan's query asked for them. A relayed
// file needs none of them.
func (x *importRun) readNow(ctx context.Context) (*roster.Roster, error) {
	if x.handsOn() {
		return nil, nil
	}
	return x.readPeople(ctx)
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
