package inbox

import (
	"context"
	"errors"
	"path/filepath"

	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/step"
)

// The names of the reports in a run's spool.
const (
	reportName       = "report.csv"
	rejectedName     = "rejected.csv"
	reportBookName   = "report.xlsx"
	rejectedBookName = "rejected.xlsx"
)

// reportNames are the names in the spool by what they add to that of the file.
func reportNames() map[string]string {
	return map[string]string{
		pickup.ReportSuffix: reportName, pickup.RejectedSuffix: rejectedName,
		pickup.ReportBookSuffix: reportBookName, pickup.RejectedBookSuffix: rejectedBookName,
	}
}

// Report is the path of a report in the spool, by what it adds to the name of the file.
func Report(folder, suffix string) string { return filepath.Join(folder, reportNames()[suffix]) }

// Reports writes what was found, to be put beside the file.
func (b Inbox) Reports(f File, log *finding.Log) ([]pickup.Attachment, error) {
	if len(log.Listed) == 0 {
		return nil, nil
	}
	path := Report(f.Folder, pickup.ReportSuffix)
	if err := flow.WriteReport(b.Room, b.Language, path, log); err != nil {
		return nil, err
	}
	return []pickup.Attachment{{Suffix: pickup.ReportSuffix, Path: path}}, nil
}

// Settle puts the file away with its reports. The run has its outcome by then, which a remote
// that does not answer does not change: the next run of the flow puts the file away.
func (b Inbox) Settle(ctx context.Context, id string, f *File, outcome pickup.Outcome, reports []pickup.Attachment) []finding.Finding {
	ctx, end := step.Begin(ctx, step.Report)
	defer end()
	if f.taken == nil {
		return nil
	}
	settled, err := f.taken.Settle(ctx, outcome, reports)
	if err != nil {
		return []finding.Finding{flow.Warning("pickup", flow.Sentence(err)+"; the next run of the flow puts the file away")}
	}
	f.settled = settled
	b.Logger.InfoContext(ctx, "file.archived", "flow", b.Flow, "run", id, "remote", b.From.Name, "place", remote.Line(settled.Place))
	if settled.Warning != nil {
		return []finding.Finding{flow.Warning("pickup", flow.Sentence(settled.Warning))}
	}
	return nil
}

// Place is where it was put on its remote, and what was put beside it.
func (f File) Place() (place string, reports []string) { return f.settled.Place, f.settled.Attached }

// Drop removes from the spool the content of a file that is elsewhere too: with the person who
// gave it, or on its remote. Where a server took it away or it could not be put away yet, ours
// may be the only one.
func (b Inbox) Drop(f File) error {
	err := spool.Remove(filepath.Join(f.Folder, unwrapped))
	if f.Local || f.taken != nil && f.settled.Warning == nil && f.taken.There() {
		err = errors.Join(err, spool.Remove(filepath.Join(f.Folder, incoming)))
	}
	return err
}

// GiveBack leaves the file to the next run.
func (b Inbox) GiveBack(ctx context.Context, f File) error {
	if f.taken == nil {
		return nil
	}
	if err := f.taken.GiveBack(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	return b.Drop(f) // the next run fetches it again
}
