package app

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/userfile"
)

// importRun is one import on its way.
type importRun struct {
	fileRun
	// only is the employee that a dry run is about; empty for all.
	only string
	// receipt is that of a relayed file.
	receipt *delivery.Receipt
	// restarted is set when the plan was dropped and its file left to the next run.
	restarted bool
	// found is what was said of one employee.
	found []explain.Explanation
}

func newImport(x execution, o RunOptions) *importRun {
	i := x.flow.Import
	return &importRun{
		fileRun: fileRun{
			changeRun: changeRun{execution: x, policy: i.Policy, limits: i.Limits, approval: i.Approval},
			local:     o.File,
		},
		only: o.Only,
	}
}

func (x *importRun) result() flow.Result {
	r := x.so()
	r.Path, r.Receipt, r.Plan, r.Waiting, r.Place, r.Reports = x.path, x.receipt, x.plan, x.waiting, x.settled.Place, x.settled.Attached
	if x.local != "" {
		r.Reports = x.written
	}
	r.Sent = x.sent()
	return r
}

// perform does the whole of an import. What an interrupted run began comes first.
func (x *importRun) perform(ctx context.Context) error {
	defer x.count()
	if err := x.connect(); err != nil {
		return err
	}
	if err := x.settleDeliveries(ctx); err != nil {
		return err
	}
	if err := x.makeSpool(); err != nil {
		return err
	}
	interrupted, err := x.interrupted(ctx)
	if err != nil {
		return err
	}
	if interrupted != "" {
		return x.goOn(ctx, interrupted)
	}
	if err := x.recoverPickups(ctx); err != nil {
		return err
	}
	if err := x.fetch(ctx); err != nil || x.run.Outcome != "" {
		return err
	}
	return x.process(ctx)
}

// process deals with the file that was fetched. It goes to failed/ when it is the file's
// fault, and back when it is not.
func (x *importRun) process(ctx context.Context) error {
	err := x.prepare(ctx)
	switch {
	case fileFault(err):
		x.run.Outcome, x.run.Reason = run.Failed, Sentence(err)
		return x.refuse(ctx)
	case err != nil:
		return errors.Join(err, x.giveBack(ctx))
	}
	if x.relays() {
		if x.relayed, err = x.normalise(); err != nil {
			return errors.Join(err, x.giveBack(ctx))
		}
	}
	if err := x.remember(ctx); err != nil {
		return errors.Join(err, x.giveBack(ctx))
	}
	if x.run.Outcome == run.Held {
		// The spool may be gone by the time of the approval.
		_, err := x.reports()
		return err
	}
	return x.carryOut(ctx, nil)
}

// relays reports whether the file goes to Lucca's own import.
func (x *importRun) relays() bool { return x.flow.Import.Apply == config.ApplyByRelay }

// handsOn reports whether this plan is carried out by handing its file on: one that was made
// before the flow relayed has none, and is applied.
func (x *importRun) handsOn() bool { return x.relays() && x.relayed != nil }

// prepare unwraps and reads the file, plans it and judges the plan.
func (x *importRun) prepare(ctx context.Context) error {
	if err := x.unwrap(ctx); err != nil {
		return err
	}
	if err := x.readRows(); err != nil {
		return err
	}
	if err := x.heedSource(ctx); err != nil {
		return err
	}
	if err := x.make(ctx); err != nil {
		return err
	}
	return x.judge(ctx)
}

// source is the name of who writes the files, with the tenant; empty for none.
func (x *importRun) source() string {
	if x.policy.Source == "" {
		return ""
	}
	return path.Join(x.flow.Tenant, x.policy.Source)
}

// heedSource finds out whom the source has ever brought: nobody else can be absent.
func (x *importRun) heedSource(ctx context.Context) (err error) {
	if source := x.source(); source != "" && x.app.store != nil {
		x.policy.Brought, err = x.app.store.Brought(ctx, source)
	}
	return err
}

// bring records whom this file has brought. A row that failed may be about nobody, and one
// without a file ended somebody who was absent.
func (x *importRun) bring(ctx context.Context) error {
	source := x.source()
	if source == "" {
		return nil
	}
	outcomes, err := x.app.store.Rows(ctx, x.origin)
	if err != nil {
		return err
	}
	var ids []int
	for _, o := range outcomes {
		if o.EmployeeID != 0 && o.Row != 0 {
			ids = append(ids, o.EmployeeID)
		}
	}
	for i := range x.plan.Items {
		if item := &x.plan.Items[i]; item.EmployeeID != 0 && item.Row != 0 && item.Action != plan.Reject {
			ids = append(ids, item.EmployeeID)
		}
	}
	return x.app.store.Bring(ctx, source, ids)
}

// carryOut applies the plan, or hands the file on, and settles the file. The plan counts as
// applied once the reports are written: until then the next run goes on with it.
func (x *importRun) carryOut(ctx context.Context, current *roster.Roster) error {
	var err error
	if x.handsOn() {
		err = x.relay(ctx)
	} else {
		err = x.apply(ctx, current)
	}
	if err != nil {
		_, reporting := x.reports()
		return errors.Join(err, reporting)
	}
	if err := x.overtake(ctx); err != nil {
		return err
	}
	x.conclude()
	if err := x.bring(ctx); err != nil {
		return err
	}
	if err := x.settle(ctx, pickup.Processed); err != nil {
		return err
	}
	return x.planDone(ctx)
}

// codeOvertaken is that of the finding that an older file is still held.
const codeOvertaken = "overtaken"

// overtake names the older files that are held: their rows can no longer be approved, and those
// of a delta file are in no later one.
func (x *importRun) overtake(ctx context.Context) error {
	runs, err := x.app.store.Runs(ctx, state.Filter{Flow: x.run.Flow})
	if err != nil {
		return err
	}
	for _, older := range runs {
		if older.Outcome != run.Held || older.ID == x.run.ID || older.Sequence > x.run.Sequence {
			continue
		}
		x.warn(codeOvertaken, fmt.Sprintf("run %s holds an older file, which can no longer be approved: %s", older.ID, explain.Overtaken(older.Run, x.flow.Import.Mode == plan.Full, x.flow.From != "")))
	}
	return nil
}

// readRows reads the rows of the plain file.
func (x *importRun) readRows() error {
	f, err := spool.Open(x.path)
	if err != nil {
		return err
	}
	defer f.Close()
	options := x.flow.Import.Options
	options.TempDir = x.spool
	table, info, err := userfile.Read(f, options)
	x.table = table
	x.run.File.Partial, x.run.File.Unclosed = table.Partial, info.Unclosed
	x.run.Rows = &run.Rows{Read: info.Rows}
	if err != nil {
		x.run.Findings = append(x.run.Findings, table.Findings...)
		x.rest = append(x.rest, table.Rest...)
	}
	return err
}

// rehearse plans the file without taking it.
func (x *importRun) rehearse(ctx context.Context) error {
	defer x.count()
	if err := x.connect(); err != nil {
		return err
	}
	if err := x.peek(ctx); err != nil || x.run.Outcome != "" {
		return err
	}
	if err := x.prepare(ctx); err != nil {
		return err
	}
	if x.run.Outcome == "" {
		x.conclude()
	}
	if x.only == "" {
		return nil
	}
	found, err := explain.Plan(x.run.Run, x.run.Findings, x.plan, explain.People(x.table, x.plan, x.people), x.only)
	x.found = found
	return err
}

// judge also holds a file that is older than the last one that was applied: what it says was
// so before; and one that may have been cut, as only the files before it show.
func (x *importRun) judge(ctx context.Context) error {
	if err := x.changeRun.judge(ctx); err != nil {
		return err
	}
	last, err := x.lastApplied(ctx)
	if err != nil || last == nil || last.File == nil || x.run.File == nil {
		return err
	}
	if x.run.File.Unclosed && !last.File.Unclosed {
		x.hold("last_line", "no line end", "one, as in run "+last.ID,
			"the last row has no line end, as it had in the file of run "+last.ID+": the file may have been cut inside its last cell")
	}
	reason, err := x.older(ctx, last)
	if err != nil || reason == "" {
		return err
	}
	x.hold("order", "older", "newer than run "+last.ID, reason)
	return nil
}

// hold holds the run by a limit of its own.
func (x *importRun) hold(name, value, bound, reason string) {
	x.run.Limits = append(x.run.Limits, run.Limit{Name: name, Value: value, Bound: bound, Held: true})
	x.run.Outcome, x.run.Reason = run.Held, flow.JoinReasons(x.run.Reason, reason)
}

// older says why a file is older than that of a run: by the dates in their names, else by
// their times. Listings of some servers are an hour off when clocks change.
func (x *importRun) older(ctx context.Context, last *state.Record) (string, error) {
	mine, dated := pickup.NamedAt(x.run.File.Name)
	theirs, datedToo := pickup.NamedAt(last.File.Name)
	if dated && datedToo {
		if !mine.Before(theirs) {
			return "", nil
		}
		return fmt.Sprintf("the file is of %s by its name, older than that of %s, which run %s applied", mine.Format(time.DateOnly), theirs.Format(time.DateOnly), last.ID), nil
	}
	if x.taken == nil {
		return "", nil
	}
	p, err := x.app.store.PickupOf(ctx, last.ID)
	if errors.Is(err, state.ErrNotFound) {
		return "", nil
	}
	if err != nil || !x.taken.ModTime.Before(p.ModTime.Add(-time.Hour)) {
		return "", err
	}
	return fmt.Sprintf("the file is older than the one that run %s applied, by the time that the server states", last.ID), nil
}
