package app

import (
	"context"

	"lucca-exchange/internal/acts"
	"lucca-exchange/internal/audit"
	"lucca-exchange/internal/flow"
	exports "lucca-exchange/internal/flow/export"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/flow/imports"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// HireDecision is what somebody decides about one hire.
type HireDecision = hires.Decision

// Act is acts.By.
func Act(what audit.Act) audit.Entry { return acts.By(what) }

// Acts is what people do to the instance.
func (a *App) Acts() acts.Acts {
	return acts.Acts{Config: a.config, Store: a.store, Logger: a.logger, Inspector: a.Inspect(), Runs: runs{a}}
}

// runs does the work of acts.
type runs struct{ app *App }

// Release is flow.Life.Approve with what the kind of flow does of a held run.
func (r runs) Release(ctx context.Context, record state.Record) (flow.Report, error) {
	w := r.app.wire(record.Flow, r.app.config.Flows[record.Flow])
	done, err := w.life().Approve(ctx, &record, w.release(record))
	return shown(record, done), err
}

// Resendable is that of exports.
func (r runs) Resendable(ctx context.Context, of state.Record) error {
	w := r.app.wire(of.Flow, r.app.config.Flows[of.Flow])
	return exports.Resendable(ctx, w.exportDeps(), w.exportInput(of))
}

// Resend is exports.Resend in a run.
func (r runs) Resend(ctx context.Context, record, of state.Record) (flow.Report, error) {
	w := r.app.wire(of.Flow, r.app.config.Flows[of.Flow])
	done, err := w.life().Perform(ctx, &record, false, nil, func(ctx context.Context) (flow.Result, error) {
		return exports.Resend(ctx, w.exportDeps(), w.exportInput(record), w.exportInput(of))
	})
	return shown(record, done), err
}

// Inbox is that of a flow.
func (r runs) Inbox(name string) inbox.Inbox {
	return r.app.wire(name, r.app.config.Flows[name]).inbox()
}

// release does what was held back of a run.
func (w wiring) release(record state.Record) flow.Work {
	return func(ctx context.Context) (flow.Result, error) {
		switch record.Kind {
		case run.Import:
			return imports.Approve(ctx, w.importDeps(), w.importInput(record))
		case run.Hires:
			return hires.Approve(ctx, w.hiresDeps(), w.hiresInput(record))
		default:
			return exports.Approve(ctx, w.exportDeps(), w.exportInput(record))
		}
	}
}

// Record puts an act on record that changes nothing of the state.
func (a *App) Record(ctx context.Context, act audit.Entry) error {
	return a.store.Audit().Append(ctx, act)
}
