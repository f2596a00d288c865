package inbox

import (
	"context"
	"errors"
	"path/filepath"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/state"
)

// GiveUp puts the file of a run that was given up into failed/, with a report: it would take down
// the next one too. It returns what to say of it. Where that does not succeed, which is logged,
// the next run of the flow does it.
func (b Inbox) GiveUp(ctx context.Context, record state.Record) finding.Finding {
	f := finding.Finding{
		Severity: finding.Error, Code: "given_up",
		Message: "whatever was read ended the process each time: its file is not taken again by itself, and lies in failed/; drop it again once the cause is mended",
	}
	if err := b.setAside(ctx, record, f); err != nil {
		b.kept(ctx, record.ID, err)
	}
	return f
}

func (b Inbox) setAside(ctx context.Context, record state.Record, f finding.Finding) error {
	p, err := b.Known.Plan(ctx, record.ID)
	switch {
	case err != nil && !errors.Is(err, state.ErrNotFound):
		return err
	case p.State != "":
		return nil // some of it may be in Lucca: the next run goes on with it
	}
	log := finding.Log{Listed: append(record.Findings, f)}
	if err := flow.WriteReport(b.Room, b.Language, Report(filepath.Join(b.Spool, record.ID), pickup.ReportSuffix), &log); err != nil {
		return err
	}
	return b.PutAway(ctx, record.ID)
}

// TryPutAway is PutAway; where it does not succeed, which is logged, the next run of the flow
// does it.
func (b Inbox) TryPutAway(ctx context.Context, id string) {
	if err := b.PutAway(ctx, id); err != nil {
		b.kept(ctx, id, err)
	}
}

func (b Inbox) kept(ctx context.Context, id string, err error) {
	b.Logger.WarnContext(ctx, "file.kept", "flow", b.Flow, "run", id, "err", err)
}
