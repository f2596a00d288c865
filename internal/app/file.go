package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/flow"
	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/internal/userfile"
	"lucca-exchange/internal/wrap"
)

// fileRun is a run that takes a file, from its remote or from a person, and puts it away.
type fileRun struct {
	changeRun
	// local is the file that a person gave; empty for one that is picked up.
	local string
	taken *pickup.Taken
	// path is the plain file in the spool.
	path string
	// waiting counts the files behind the one that was taken.
	waiting int
	settled pickup.Settled
	// written are the paths of the reports in the spool.
	written []string
}

// fileFault reports whether a file is at fault, and not what it goes through.
func fileFault(err error) bool {
	if errors.Is(err, spool.ErrFull) {
		return false // whatever the format made of a write that failed
	}
	for _, fault := range []error{tabular.ErrRefused, wrap.ErrFormat, wrap.ErrTooLarge, wrap.ErrSignature} {
		if errors.Is(err, fault) {
			return true
		}
	}
	return false
}

// source is where a flow's files come from.
func (a *App) source(f config.Flow) pickup.Source {
	c := a.config.Remotes[f.From]
	return pickup.Source{
		Name: f.From, Remote: c.Connect(), Pattern: f.Pattern, Options: f.Pickup,
		Attempts: c.Delivery.Attempts, RetryWait: c.Delivery.RetryWait,
	}
}

// recoverPickups settles what earlier runs of the flow have left, and notes what it cannot.
func (x *fileRun) recoverPickups(ctx context.Context) error {
	warnings, err := x.app.recoverPickups(ctx, x.flow, x.run)
	for _, w := range warnings {
		x.warn("pickup", Sentence(w))
	}
	return err
}

// fetch brings a file into the spool. Without one it concludes the run.
func (x *fileRun) fetch(ctx context.Context) error {
	if x.local != "" {
		return x.copyLocal()
	}
	journal := x.app.store.PickupJournal()
	from := x.app.source(x.flow)
	if seen, ok := x.app.steady.Load(x.run.Flow); ok {
		from.Steady, _ = seen.(pickup.Steady)
	}
	found, err := pickup.Look(ctx, from, journal, x.run.Flow)
	if err != nil {
		return err
	}
	x.app.steady.Store(x.run.Flow, pickup.Steady{At: now(), Files: found.Files})
	x.run.Findings = append(x.run.Findings, aboutSkipped(found.Skipped, x.flow.Pattern)...)
	if len(found.Files) > 0 {
		if err := spool.MakeFolder(filepath.Join(x.spool, incoming)); err != nil {
			return err
		}
	}
	for i, file := range found.Files {
		taken, err := pickup.Take(ctx, pickup.Request{
			From: x.app.source(x.flow), Journal: journal, Run: x.run.ID, Flow: x.run.Flow,
			File: file, Path: filepath.Join(x.spool, incoming, file.Name), Room: x.app.room,
		})
		if errors.Is(err, pickup.ErrTaken) || errors.Is(err, pickup.ErrChanged) {
			x.warn("skipped_taken", err.Error()+": the next run looks again")
			continue
		}
		if err != nil {
			return err
		}
		x.waiting = len(found.Files) - i - 1
		return x.accept(ctx, taken)
	}
	return x.nothing(ctx)
}

// accept notes the file that was taken. One whose content was dealt with is put away.
func (x *fileRun) accept(ctx context.Context, taken *pickup.Taken) error {
	x.taken = taken
	x.run.File = &run.File{Name: taken.Name, Bytes: taken.Bytes, SHA256: taken.SHA256}
	x.app.logger.InfoContext(ctx, "file.fetched", "flow", x.run.Flow, "run", x.run.ID, "remote", x.flow.From,
		"file", remote.Line(taken.Name), "bytes", taken.Bytes, "sha256", taken.SHA256)
	if taken.Warning != nil {
		x.warn("pickup", Sentence(taken.Warning))
	}
	if x.waiting > 0 {
		x.warn("files_waiting", fmt.Sprintf("%d more files wait: each run takes one, the oldest first", x.waiting))
	}
	if taken.Duplicate == "" {
		return nil
	}
	x.dealtWith(taken.Duplicate)
	return x.settle(ctx, pickup.Processed)
}

// dealtWith concludes a run that found the content of an earlier one.
func (x *fileRun) dealtWith(earlier string) {
	x.run.Outcome = run.Nothing
	x.run.Reason = fmt.Sprintf("the file has the content that run %s dealt with", earlier)
}

func (x *fileRun) warn(code, message string) {
	x.run.Findings = append(x.run.Findings, finding.Finding{Severity: finding.Warning, Code: code, Message: message})
}

// nothing concludes a run that found no file: the run fails when one should have come.
func (x *fileRun) nothing(ctx context.Context) error {
	x.run.Outcome, x.run.Reason = run.Nothing, fmt.Sprintf("no file matches %s", x.flow.Pattern)
	if x.flow.ExpectBy == "" {
		return nil
	}
	if came, err := x.app.came(ctx, x.run.Flow, x.flow, x.run.StartedAt); err != nil || came {
		return err
	}
	x.run.Outcome = run.Failed
	x.run.Reason = fmt.Sprintf("missing: no file matching %s came by %s", x.flow.Pattern, x.flow.ExpectBy)
	x.run.Findings = append(x.run.Findings, finding.Finding{
		Severity: finding.Error, Code: codeMissing, Message: x.run.Reason + ": ask whoever sends it",
	})
	return nil
}

// codeMissing is that of the finding that an expected file did not come.
const codeMissing = "missing"

// expectation is when a flow's file is to be there on the day of an instant, and when that
// day began.
func expectation(f config.Flow, at time.Time) (midnight, due time.Time) {
	y, m, d := at.In(f.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, f.Zone), time.Date(y, m, d, 0, int(f.Expected/time.Minute), 0, 0, f.Zone)
}

// came reports whether a flow has no reason to miss its file: it came today, or is not due
// yet.
func (a *App) came(ctx context.Context, name string, f config.Flow, at time.Time) (bool, error) {
	midnight, due := expectation(f, at)
	if at.Before(due) {
		return true, nil
	}
	if f.Slots != nil && !f.Slots.Next(midnight.Add(-time.Second)).Before(midnight.AddDate(0, 0, 1)) {
		return true, nil // no slot today, such as on a Sunday
	}
	last, err := a.store.LastPickup(ctx, name, at)
	if errors.Is(err, state.ErrNotFound) {
		return false, nil
	}
	return err == nil && !last.At.Before(midnight), err
}

// overdue reports whether a flow misses its file and no run has said so yet.
func (a *App) overdue(ctx context.Context, name string, f config.Flow, at time.Time) (bool, error) {
	if f.ExpectBy == "" {
		return false, nil
	}
	if came, err := a.came(ctx, name, f, at); err != nil || came {
		return false, err
	}
	runs, err := a.store.Runs(ctx, state.Filter{Flow: name, Limit: 1})
	_, due := expectation(f, at)
	// One of the future began when the clock was ahead.
	return err == nil && (len(runs) == 0 || runs[0].StartedAt.Before(due) || runs[0].StartedAt.After(at)), err
}

// aboutSkipped says what was left alone. Files that were dealt with or are being written
// are nothing to speak of.
func aboutSkipped(skipped []pickup.Skipped, pattern string) []finding.Finding {
	texts := map[pickup.Reason]string{
		pickup.NotRegular: "is a folder, a link or a pipe, not a file",
		pickup.BadName:    "has a name that cannot be used",
		pickup.TooLarge:   "is larger than pickup.max_bytes",
		pickup.Empty:      "is empty",
		pickup.Unstable:   "is still being written",
		pickup.NoMarker:   "has no marker yet",
		pickup.Unstated:   "is of neither stated size nor stated time, so nobody can tell when it is whole: agree on a pickup.marker with whoever sends it",

		pickup.OtherCase:    fmt.Sprintf("looks like %s but for letter case or accents: change the pattern or the name", pattern),
		pickup.OtherCharset: fmt.Sprintf("looks like %s, but the server sends its name in another character set than UTF-8: have the name written without accents", pattern),
		pickup.Stuck:        "was left there by a run that is over: see what became of that run, and move the file back to be taken again, or away",
	}
	var out []finding.Finding
	for _, s := range skipped {
		text, told := texts[s.Reason]
		if !told {
			continue
		}
		name := fmt.Sprintf("%q", s.Name)
		if s.Name == "" {
			name = fmt.Sprintf("%d entries: each", s.Count)
		}
		out = append(out, finding.Finding{
			Severity: finding.Warning, Code: "skipped_" + string(s.Reason), Message: name + " " + text + ": it was left where it is",
		})
	}
	return out
}

// The folders of a run's spool: what came, and what was unwrapped of it.
const (
	incoming  = "incoming"
	unwrapped = "plain.csv"
)

// copyLocal takes a file that a person gave.
func (x *fileRun) copyLocal() error {
	name := filepath.Base(x.local)
	if err := remote.CheckName(name); err != nil {
		return fmt.Errorf("%w: --file: %w", ErrUsage, err)
	}
	in, err := os.Open(x.local)
	if err != nil {
		return fmt.Errorf("%w: --file: %w", ErrUsage, err)
	}
	defer in.Close()
	file, err := x.app.room.Replace(filepath.Join(x.spool, incoming, name), func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
	if err != nil {
		return fmt.Errorf("copy %q: %w", name, err)
	}
	x.run.File = flow.FileOf(file)
	return nil
}

// unwrap undoes the wrapping of the file that came.
func (x *fileRun) unwrap(ctx context.Context) error {
	came := filepath.Join(x.spool, incoming, x.run.File.Name)
	if len(x.flow.Unwrap) == 0 {
		x.path = came
		return nil
	}
	u, err := wrap.NewUnwrapper(x.flow.Unwrap)
	if err != nil {
		return err
	}
	in, err := spool.Open(came)
	if err != nil {
		return err
	}
	defer in.Close()
	// The name inside is only known at the end, and is a stranger's.
	x.path = filepath.Join(x.spool, unwrapped)
	name := ""
	plain, err := x.app.room.Replace(x.path, func(w io.Writer) error {
		name, err = u.Unwrap(ctx, w, wrap.File{Content: in, Size: x.run.File.Bytes, Name: x.run.File.Name}, wrap.Caps{TempDir: x.spool})
		return err
	})
	if err != nil {
		return err
	}
	x.run.File.Plain = flow.FileOf(plain)
	x.run.File.Plain.Name = remote.Line(name)
	return nil
}

// refuse puts a file into failed/ that is at fault itself, and removes what came and was unwrapped
// of it: one after the other they would fill the disk.
func (x *fileRun) refuse(ctx context.Context) error {
	if err := x.settle(ctx, pickup.Failed); err != nil {
		return err
	}
	return x.dropContent()
}

// dropContent removes the content of a file that is elsewhere too.
func (x *fileRun) dropContent() error {
	if err := spool.Remove(filepath.Join(x.spool, unwrapped)); err != nil || !x.elsewhere() {
		return err
	}
	return spool.Remove(filepath.Join(x.spool, incoming))
}

// elsewhere reports whether somebody else has the content: the person who gave it, or its
// remote. Where a server took it away or it could not be put away yet, ours may be the only
// one.
func (x *fileRun) elsewhere() bool {
	return x.local != "" || x.taken != nil && x.settled.Warning == nil && x.taken.There()
}

// settle puts the file away with its reports. The run has its outcome by then, which a
// remote that does not answer does not change: the next run of the flow puts the file away.
func (x *fileRun) settle(ctx context.Context, outcome pickup.Outcome) error {
	attachments, err := x.reports()
	if err != nil || x.taken == nil {
		return err
	}
	settled, err := x.taken.Settle(ctx, outcome, attachments)
	if err != nil {
		x.warn("pickup", Sentence(err)+"; the next run of the flow puts the file away")
		return nil
	}
	x.settled = settled
	if settled.Warning != nil {
		x.warn("pickup", Sentence(settled.Warning))
	}
	x.app.logger.InfoContext(ctx, "file.archived", "flow", x.run.Flow, "run", x.run.ID, "remote", x.flow.From, "place", remote.Line(settled.Place))
	return nil
}

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

// reports writes what is put beside the file.
func (x *fileRun) reports() ([]pickup.Attachment, error) {
	x.written = nil
	x.bound()
	if x.run.File == nil || len(x.run.Findings) == 0 {
		return nil, nil
	}
	report := filepath.Join(x.spool, reportName)
	if err := x.writeReport(report); err != nil {
		return nil, err
	}
	x.written = []string{report}
	attachments := []pickup.Attachment{{Suffix: pickup.ReportSuffix, Path: report}}
	reasons := userfile.NewReasons(x.run.Findings, x.rest)
	books, err := x.workbooks(reasons)
	if err != nil {
		return nil, err
	}
	attachments = append(attachments, books...)
	if !reasons.Any() || x.flow.Import == nil || x.path == "" || x.run.Outcome == run.Failed {
		return attachments, nil
	}
	path := filepath.Join(x.spool, rejectedName)
	if err := x.writeRejected(path, reasons); err != nil {
		return nil, err
	}
	switch _, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist):
		return attachments, nil
	case err != nil:
		return nil, fmt.Errorf("look at rejected rows: %w", err)
	}
	x.written = append(x.written, path)
	return append(attachments, pickup.Attachment{Suffix: pickup.RejectedSuffix, Path: path}), nil
}

// writeRejected writes the rejected rows. Where the file is no longer in the spool, what was
// written while the run was held has to do.
func (x *fileRun) writeRejected(path string, reasons userfile.Reasons) error {
	plain, err := spool.Open(x.path)
	if errors.Is(err, os.ErrNotExist) {
		x.warn("rejected_rows", "the file is gone from the spool: the rejected rows are those of the time when it was planned, if they are there at all")
		return nil
	}
	if err != nil {
		return err
	}
	defer plain.Close()
	options := x.flow.Import.Options
	options.TempDir = x.spool
	_, err = x.app.room.Replace(path, func(w io.Writer) error {
		return userfile.WriteRejected(w, plain, options, reasons)
	})
	if err != nil {
		return fmt.Errorf("write rejected rows: %w", err)
	}
	return nil
}

// workbooks writes the reports as Excel workbooks, where the flow wants them.
func (x *fileRun) workbooks(reasons userfile.Reasons) ([]pickup.Attachment, error) {
	if x.flow.Import == nil || x.flow.Import.Reports != userfile.ReportsXLSX {
		return nil, nil
	}
	var out []pickup.Attachment
	for _, suffix := range []string{pickup.ReportBookSuffix, pickup.RejectedBookSuffix} {
		rejected := suffix == pickup.RejectedBookSuffix
		if rejected && (!reasons.Any() || x.run.Outcome == run.Failed) {
			continue
		}
		path := filepath.Join(x.spool, reportNames()[suffix])
		if err := x.writeWorkbook(path, userfile.Book{Findings: x.run.Findings, Reasons: reasons, Rejected: rejected}); err != nil {
			return nil, err
		}
		x.written = append(x.written, path)
		out = append(out, pickup.Attachment{Suffix: suffix, Path: path})
	}
	return out, nil
}

// writeWorkbook writes one, with the rows of the file where they may be used.
func (x *fileRun) writeWorkbook(path string, book userfile.Book) error {
	plain, err := spool.Open(x.path)
	switch {
	case x.path == "" || errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	default:
		defer plain.Close()
		if x.run.Outcome != run.Failed {
			book.File = plain
		}
	}
	options := x.flow.Import.Options
	options.TempDir = x.spool
	_, err = x.app.room.Replace(path, func(w io.Writer) error { return userfile.WriteWorkbook(w, options, book) })
	return err
}

// giveBack leaves the file to the next run.
func (x *fileRun) giveBack(ctx context.Context) error {
	if x.taken == nil {
		return nil
	}
	if err := x.taken.Release(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	return x.dropContent() // the next run fetches it again
}

// peek copies the file that the next run would take.
func (x *fileRun) peek(ctx context.Context) (err error) {
	if x.local != "" {
		return x.copyLocal()
	}
	from := x.app.source(x.flow)
	from.Options.Settle = time.Nanosecond // nothing is taken: a file that grows does no harm
	found, err := pickup.Look(ctx, from, x.app.store.PickupJournal(), x.run.Flow)
	if err != nil {
		return err
	}
	x.run.Findings = append(x.run.Findings, aboutSkipped(found.Skipped, x.flow.Pattern)...)
	if len(found.Files) == 0 {
		x.run.Outcome, x.run.Reason = run.Nothing, "no file matches "+x.flow.Pattern
		return nil
	}
	x.waiting = len(found.Files) - 1
	name := found.Files[0].Name
	session, err := from.Remote.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	file, err := x.app.room.Replace(filepath.Join(x.spool, incoming, name), func(w io.Writer) error {
		_, err := session.Download(ctx, name, w)
		return err
	})
	if err != nil {
		return err
	}
	x.run.File = flow.FileOf(file)
	run, seen, err := x.app.store.PickupJournal().Seen(ctx, x.run.Flow, x.run.File.SHA256)
	if seen {
		x.dealtWith(run)
	}
	return err
}
