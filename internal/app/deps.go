package app

import (
	"path"
	"path/filepath"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/flow/change"
	exports "lucca-exchange/internal/flow/export"
	"lucca-exchange/internal/flow/hires"
	"lucca-exchange/internal/flow/imports"
	"lucca-exchange/internal/flow/inbox"
	"lucca-exchange/internal/hire"
	"lucca-exchange/internal/plan"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// wiring is one flow of an App. It makes what the runs of the flow are handed.
type wiring struct {
	app  *App
	name string
	flow config.Flow
}

func (a *App) wire(name string, f config.Flow) wiring { return wiring{a, name, f} }

// attempt is one taking of a run by a process.
type attempt struct {
	record state.Record
	// Request is what somebody asks for who runs the flow.
	flow.Request
	// queued says that a queue began the run, and can give it to another process; resumed
	// that a dead process had begun it.
	queued, resumed bool
}

// kind does the work of a run.
func (w wiring) kind(t attempt) flow.Kind {
	switch w.flow.Kind() {
	case run.Import:
		return w.imports(t)
	case run.Hires:
		return w.hires(t)
	default:
		return w.export(t)
	}
}

// export is one run of an export as it is configured.
func (w wiring) export(t attempt) exports.Kind {
	a, f := w.app, w.flow
	return exports.Kind{
		Deps: exports.Deps{
			Store:  exports.StoreOf(a.store),
			Lucca:  func() (exports.Lucca, error) { return a.client(f.Tenant) },
			Outbox: w.outbox(), Room: a.room, Language: a.config.Language,
		},
		Input: exports.Input{
			Run: t.record, Resumed: t.resumed, Only: t.Only, Diff: t.Diff, Spool: a.config.Spool, Folder: w.folder(t),
			Binding: f.Binding, Population: f.Export.Population, Limits: f.Export.Limits, Split: f.Export.Split, Descriptor: f.Export.Descriptor,
			Roster: a.config.Tenants[f.Tenant].Settings(roster.DateOf(t.record.Slot)),
			Name:   config.FileName(f.File, f.Name, t.record.Slot), Named: config.FileNames(f.Wrap.Name(f.File), w.name),
			Wrap: f.Wrap, To: f.To, Settings: w.settings(),
		},
	}
}

// imports is one run of an import as it is configured.
func (w wiring) imports(t attempt) imports.Kind {
	a, f := w.app, w.flow
	k := imports.Kind{
		Deps: imports.Deps{
			Store: imports.StoreOf(a.store),
			Lucca: func() (change.Lucca, error) { return a.client(f.Tenant) },
			Inbox: w.inbox(), Outbox: w.outbox(), Room: a.room, Logger: a.logger, Progress: w.applying,
		},
		Input: imports.Input{
			Run: t.record, Resumed: t.resumed, File: t.File, Only: t.Only, Folder: w.folder(t),
			Change:  w.changes(t, f.Import.Policy, f.Import.Limits, f.Import.Approval),
			Options: f.Import.Options,
		},
	}
	if source := f.Import.Source; source != "" {
		k.Input.Source = path.Join(f.Tenant, source)
	}
	if f.Import.Apply == config.ApplyByRelay {
		k.Input.Relay = &imports.Relay{To: f.To}
		if f.File != "" {
			k.Input.Relay.File = config.FileName(f.File, f.Name, t.record.Slot)
		}
	}
	return k
}

// hires is one run of a hires flow as it is configured.
func (w wiring) hires(t attempt) hires.Kind {
	a, f := w.app, w.flow
	return hires.Kind{
		Deps: hires.Deps{
			Store: hires.StoreOf(a.store),
			Lucca: func() (change.Lucca, error) { return a.client(f.Tenant) },
			Inbox: w.inbox(), Source: a.sources[w.name], Room: a.room, Logger: a.logger, Progress: w.applying,
		},
		Input: hires.Input{
			Run: t.record, Resumed: t.resumed, Queued: t.queued, File: t.File, Folder: w.folder(t), Picks: f.From != "",
			Change:      w.changes(t, f.Hires.Policy(), f.Hires.Limits, f.Hires.Approval),
			Hires:       hire.Settings{Config: f.Hires.HireConfig, Zone: f.Zone},
			FileSources: f.Hires.FileSources,
		},
	}
}

// folder is where the working files of a run are.
func (w wiring) folder(t attempt) string { return filepath.Join(w.app.config.Spool, t.record.ID) }

// changes is what a flow is configured to do to Lucca.
func (w wiring) changes(t attempt, policy plan.Policy, limits plan.Limits, approval plan.Approval) change.Settings {
	a, f := w.app, w.flow
	tenant := a.config.Tenants[f.Tenant]
	return change.Settings{
		Policy: policy, Limits: limits, Approval: approval, Zone: f.Zone,
		Roster: tenant.Settings(roster.DateOf(t.record.Slot)), Tenant: tenant.URL, Approved: w.settings(),
	}
}

// settings are what a held run of the flow is approved for.
func (w wiring) settings() flow.Settings {
	s := make(flow.Settings)
	w.app.config.Approved(w.flow, s.Add)
	return s
}

func (w wiring) applying(done, total int) {
	w.app.progress(Progress{Step: "apply", Done: int64(done), Total: int64(total)})
}

// inbox is where the files of a flow come from.
func (w wiring) inbox() inbox.Inbox {
	a, f := w.app, w.flow
	b := inbox.Inbox{
		Flow: w.name, From: a.config.Source(f), Stores: f.Hires != nil, Unwrap: f.Unwrap,
		Known: inbox.StoreOf(a.store), Journal: a.store.Pickups().PickupJournal(), Steady: a.steady,
		Room: a.room, Spool: a.config.Spool, Logger: a.logger, Language: a.config.Language,
		Expect: inbox.Expectation{By: f.ExpectBy, After: f.Expected, Zone: f.Zone},
	}
	if f.Slots != nil {
		b.Expect.Next = f.Slots.Next
	}
	return b
}

// outbox puts files on the remotes of the configuration.
func (w wiring) outbox() flow.Outbox {
	a := w.app
	return flow.Outbox{
		Known: a.store.Deliveries(), Logger: a.logger, Target: a.config.Target,
		Progress: func(sent, total int64) { a.progress(Progress{Step: "upload", Done: sent, Total: total}) },
	}
}
