package app

import (
	"path"
	"path/filepath"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	exports "lucca-exchange/internal/flow/export"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/flow/imports"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/web/hooks"
)

// wiring is one flow of an App. It makes what the runs of the flow are handed.
type wiring struct {
	app  *App
	name string
	flow config.Flow
}

func (a *App) wire(name string, f config.Flow) wiring { return wiring{a, name, f} }

// exportDeps is who does the work of an export.
func (w wiring) exportDeps() exports.Deps {
	a, f := w.app, w.flow
	d := exports.Deps{
		Lucca:  func() (exports.Lucca, error) { return a.client(f.Tenant) },
		Outbox: w.outbox(), Room: a.room,
	}
	if a.store != nil {
		d.Store = a.store
	}
	return d
}

// exportInput is a run of an export as it is configured.
func (w wiring) exportInput(record state.Record) exports.Input {
	a, f := w.app, w.flow
	return exports.Input{
		Run: record, Folder: filepath.Join(a.config.Spool, record.ID),
		Binding: f.Binding, Population: f.Export.Population, Limits: f.Export.Limits,
		Roster: a.config.Tenants[f.Tenant].Settings(roster.DateOf(record.Slot)),
		Name:   config.FileName(f.File, f.Name, record.Slot), Named: config.FileNames(f.Wrap.Name(f.File), record.Flow),
		Wrap: f.Wrap, To: f.To, Settings: w.settings(),
	}
}

// importDeps is who does the work of an import.
func (w wiring) importDeps() imports.Deps {
	a, f := w.app, w.flow
	d := imports.Deps{
		Lucca: func() (change.Lucca, error) { return a.client(f.Tenant) },
		Inbox: w.inbox(), Outbox: w.outbox(), Room: a.room, Logger: a.logger, Progress: w.applying,
	}
	if a.store != nil {
		d.Store = a.store
	}
	return d
}

// importInput is a run of an import as it is configured.
func (w wiring) importInput(record state.Record) imports.Input {
	a, f := w.app, w.flow
	in := imports.Input{
		Run: record, Folder: filepath.Join(a.config.Spool, record.ID),
		Change:  w.changes(record, f.Import.Policy, f.Import.Limits, f.Import.Approval),
		Options: f.Import.Options,
	}
	if source := f.Import.Source; source != "" {
		in.Source = path.Join(f.Tenant, source)
	}
	if f.Import.Apply == config.ApplyByRelay {
		in.Relay = &imports.Relay{To: f.To}
		if f.File != "" {
			in.Relay.File = config.FileName(f.File, f.Name, record.Slot)
		}
	}
	return in
}

// hiresDeps is who does the work of a hires flow.
func (w wiring) hiresDeps() hires.Deps {
	a, f := w.app, w.flow
	d := hires.Deps{
		Lucca: func() (change.Lucca, error) { return a.client(f.Tenant) },
		Inbox: w.inbox(), Source: a.sources[w.name], Room: a.room, Logger: a.logger, Progress: w.applying,
	}
	if a.store != nil {
		d.Store = a.store
	}
	return d
}

// hiresInput is a run of a hires flow as it is configured.
func (w wiring) hiresInput(record state.Record) hires.Input {
	a, f := w.app, w.flow
	return hires.Input{
		Run: record, Folder: filepath.Join(a.config.Spool, record.ID), Picks: f.From != "",
		Change:      w.changes(record, f.Hires.Policy(), f.Hires.Limits, f.Hires.Approval),
		Hires:       hire.Settings{Config: f.Hires.HireConfig, Zone: f.Zone},
		FileSources: f.Hires.FileSources,
	}
}

// changes is what a flow is configured to do to Lucca.
func (w wiring) changes(record state.Record, policy plan.Policy, limits plan.Limits, approval plan.Approval) change.Settings {
	a, f := w.app, w.flow
	tenant := a.config.Tenants[f.Tenant]
	return change.Settings{
		Policy: policy, Limits: limits, Approval: approval, Zone: f.Zone,
		Roster: tenant.Settings(roster.DateOf(record.Slot)), Tenant: tenant.URL, Approved: w.settings(),
	}
}

// settings are what a held run of the flow is approved for.
func (w wiring) settings() flow.Settings {
	s := make(flow.Settings)
	w.app.config.Approved(w.flow, s.Add)
	return s
}

// hooks is what webhooks are received with.
func (a *App) hooks() hooks.Instance {
	return hooks.Instance{Store: a.store, Logger: a.logger, Sources: a.sources, Tokens: a.tokens}
}

func (w wiring) applying(done, total int) {
	w.app.progress(Progress{Step: "apply", Done: int64(done), Total: int64(total)})
}

// inbox is where the files of a flow come from.
func (w wiring) inbox() inbox.Inbox {
	a, f := w.app, w.flow
	c := a.config.Remotes[f.From]
	b := inbox.Inbox{
		Flow: w.name, Stores: f.Hires != nil, Unwrap: f.Unwrap, Journal: a.store.PickupJournal(), Steady: a.steady,
		Room: a.room, Spool: a.config.Spool, Logger: a.logger,
		Expect: inbox.Expectation{By: f.ExpectBy, After: f.Expected, Zone: f.Zone},
	}
	if f.From != "" {
		b.From = pickup.Source{
			Name: f.From, Remote: c.Connect(), Pattern: f.Pattern, Options: f.Pickup,
			Attempts: c.Delivery.Attempts, RetryWait: c.Delivery.RetryWait,
		}
	}
	if f.Slots != nil {
		b.Expect.Next = f.Slots.Next
	}
	if a.store != nil {
		b.Known = a.store
	}
	return b
}

// outbox puts files on the remotes of the configuration.
func (w wiring) outbox() flow.Outbox {
	a := w.app
	return flow.Outbox{
		Known: a.store, Logger: a.logger,
		Target: func(name string) (delivery.Target, bool) {
			_, ok := a.config.Remotes[name]
			return a.target(name), ok
		},
		Progress: func(sent, total int64) { a.progress(Progress{Step: "upload", Done: sent, Total: total}) },
	}
}
