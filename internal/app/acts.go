package app

import (
	"context"

	"lucca-exchange/internal/acts"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/flow"
	exports "lucca-exchange/internal/flow/export"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/state"
)

// Acts is what people do to the instance.
func (a *App) Acts() acts.Acts {
	return acts.Acts{Config: a.config, Store: a.store, Logger: a.logger, Inspector: a.Inspect(), Runs: runs{a}}
}

// runs does the work of acts.
type runs struct{ app *App }

// CarryOut is flow.Life.Approve with what the kind of flow does of a held run.
func (r runs) CarryOut(ctx context.Context, record state.Record) (flow.Report, error) {
	w := r.of(record)
	done, err := w.life().Approve(ctx, &record, w.kind(attempt{record: record}).Approve)
	return done.Report(record), err
}

// Resendable is that of exports.
func (r runs) Resendable(ctx context.Context, of state.Record) error {
	e := r.of(of).export(attempt{record: of})
	return exports.Resendable(ctx, e.Deps, e.Input)
}

// Resend is exports.Resend in a run.
func (r runs) Resend(ctx context.Context, record, of state.Record) (flow.Report, error) {
	w := r.of(record)
	e := w.export(attempt{record: record})
	done, err := w.life().Perform(ctx, &record, false, nil, func(ctx context.Context) (flow.Result, error) {
		return exports.Resend(ctx, e.Deps, e.Input, w.export(attempt{record: of}).Input)
	})
	return done.Report(record), err
}

// Employs asks Lucca.
func (r runs) Employs(ctx context.Context, name string, employee int) (bool, error) {
	client, err := r.app.client(r.app.config.Flows[name].Tenant)
	if err != nil {
		return false, err
	}
	found, err := client.Status(ctx, []int{employee})
	_, known := found[employee]
	return known, err
}

// Inbox is that of a flow.
func (r runs) Inbox(name string) inbox.Inbox {
	return r.app.wire(name, r.app.config.Flows[name]).inbox()
}

func (r runs) of(record state.Record) wiring {
	return r.app.wire(record.Flow, r.app.config.Flows[record.Flow])
}

// Record puts an act on record that changes nothing of the state.
func (a *App) Record(ctx context.Context, act audit.Entry) error {
	return a.store.Audit().Append(ctx, act)
}
