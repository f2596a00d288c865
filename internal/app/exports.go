package app

import (
	"path/filepath"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/flow"
	exports "lucca-exchange/internal/flow/export"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// exportDeps is who does the work of an export.
func (a *App) exportDeps(f config.Flow) exports.Deps {
	d := exports.Deps{
		Lucca:  func() (exports.Lucca, error) { return a.client(f.Tenant) },
		Outbox: a.outbox(), Room: a.room,
	}
	if a.store != nil {
		d.Store = a.store
	}
	return d
}

// exportInput is a run of an export as it is configured.
func (a *App) exportInput(f config.Flow, record state.Record) exports.Input {
	return exports.Input{
		Run: record, Folder: filepath.Join(a.config.Spool, record.ID),
		Binding: f.Binding, Population: f.Export.Population, Limits: f.Export.Limits,
		Roster: a.config.Tenants[f.Tenant].Settings(roster.DateOf(record.Slot)),
		Name:   config.FileName(f.File, f.Name, record.Slot), Named: config.FileNames(f.Wrap.Name(f.File), record.Flow),
		Wrap: f.Wrap, To: f.To, Settings: a.settings(f),
	}
}

// outbox puts files on the remotes of the configuration.
func (a *App) outbox() flow.Outbox {
	return flow.Outbox{
		Known: a.store, Logger: a.logger,
		Target: func(name string) (delivery.Target, bool) {
			_, ok := a.config.Remotes[name]
			return a.target(name), ok
		},
		Progress: func(sent, total int64) { a.progress(Progress{Step: "upload", Done: sent, Total: total}) },
	}
}

// narrow makes the result one of the employees who were asked for.
func narrow(r flow.Result, found []explain.Explanation) flow.Result {
	r.File, r.Limits = nil, nil
	r.Log, r.Rows = flow.Result{}.Log, &run.Rows{Read: len(found)}
	for _, e := range found {
		switch e.Decision {
		case export.Sent:
			r.Rows.Sent++
		case export.Rejected:
			r.Rows.Rejected++
		}
		r.Log.Add(e.Notes...)
	}
	r.Result = exports.Conclude(r.Result)
	for i := range found {
		found[i].Outcome = r.Outcome
	}
	return r
}
