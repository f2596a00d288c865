package app

import (
	"context"
	"path/filepath"
	"slices"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
)

// execution is one run of a flow on its way: what imports and hires share.
type execution struct {
	app  *App
	flow config.Flow
	run  state.Record
	// spool is the run's folder of working files.
	spool string
	// rest is what there is no room for among the findings of the run; omitted counts those
	// of an earlier attempt, which a held run is taken up with.
	rest    []finding.Rest
	omitted []finding.Omitted
	// queued says that a queue began the run, and can give it to another process; resumed
	// that a dead process had begun it.
	queued, resumed bool
	// earlier is what a person should know of the deliveries of earlier runs.
	earlier []finding.Finding
}

// work is what a kind of flow does in a run.
type work interface {
	// perform does the whole of it, and sets the outcome.
	perform(ctx context.Context) error
	// rehearse does all of it but to send, to change and to record.
	rehearse(ctx context.Context) error
	// release does what was held back.
	release(ctx context.Context) error
	result() flow.Result
}

// newWork makes what the flow does.
func newWork(x execution, o RunOptions) work {
	if x.run.Kind == run.Import {
		return newImport(x, o)
	}
	return newHires(x, o)
}

// so is what the run has come to.
func (x *execution) so() flow.Result {
	r := flow.From(x.run)
	r.Log.AddRest(x.rest...)
	r.Omitted, r.Earlier = x.omitted, x.earlier
	return r
}

// settleDeliveries settles what earlier runs left half done on the flow's remotes.
func (x *execution) settleDeliveries(ctx context.Context) (err error) {
	x.earlier, err = x.app.outbox().Settle(ctx, x.run.Flow)
	return err
}

// bound keeps of the findings of the run what a person can read, and counts the rest.
func (x *execution) bound() {
	var log finding.Log
	log.Add(x.run.Findings...)
	log.AddRest(x.rest...)
	x.run.Findings, x.rest = log.Listed, log.Rest()
	x.run.Omitted = append(slices.Clone(x.omitted), finding.Tally(x.rest)...)
}

// makeSpool makes the run's folder of working files.
func (x *execution) makeSpool() error {
	x.spool = filepath.Join(x.app.config.Spool, x.run.ID)
	return flow.MakeFolder(x.app.room, x.spool)
}

// writeReport writes what was found.
func (x *execution) writeReport(path string) error {
	r := x.so()
	return flow.WriteReport(x.app.room, path, &r.Log)
}
