package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"lucca-exchange/internal/config"
	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/export"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/limit"
	"lucca-exchange/internal/lucca"
	"lucca-exchange/internal/roster"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/state"
	"lucca-exchange/internal/tabular"
	"lucca-exchange/internal/userfile"
)

// exportRun is one export on its way.
type exportRun struct {
	execution
	// only is the employee that a dry run is about; empty for all.
	only string
	// found is what was said of them.
	found []explain.Explanation

	// path is the plain file; sentFile tells the one that is sent.
	path     string
	snapshot export.Snapshot
	preview  [][]string
	receipt  *delivery.Receipt
}

func (x *exportRun) result() Result {
	r := Result{Run: x.run, Path: x.path, Preview: x.preview, Receipt: x.receipt, Only: x.found}
	if x.found != nil {
		r.Preview = nil
	}
	return r
}

// perform does the whole of an export that sends.
func (x *exportRun) perform(ctx context.Context) error {
	if err := x.settleDeliveries(ctx); err != nil {
		return err
	}
	if x.resumed {
		if arrived, err := x.startOver(ctx); err != nil || arrived {
			return err
		}
	}
	if err := x.makeSpool(); err != nil {
		return err
	}
	if err := x.prepare(ctx); err != nil {
		return err
	}
	if err := x.remember(ctx); err != nil {
		return err
	}
	if x.run.Outcome == run.Held {
		return nil
	}
	return x.deliver(ctx)
}

// startOver concludes a run whose file had been delivered before its process died, and else
// clears what that process left in the spool: the same slot renders the same bytes.
func (x *exportRun) startOver(ctx context.Context) (arrived bool, err error) {
	last, err := x.app.store.LastDelivery(ctx, x.run.Flow)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return false, err
	}
	if err == nil && last.Run == x.run.ID {
		x.run.File = &run.File{Name: last.Name, Bytes: last.Bytes, SHA256: last.SHA256}
		return true, x.released(ctx)
	}
	if err := os.RemoveAll(filepath.Join(x.app.config.Spool, x.run.ID)); err != nil {
		return false, fmt.Errorf("clear the spool of the interrupted run: %w", err)
	}
	return false, nil
}

// rehearse renders and judges the file, or explains one employee's part in it.
func (x *exportRun) rehearse(ctx context.Context) error {
	if err := x.prepare(ctx); err != nil {
		return err
	}
	if x.run.Outcome == "" {
		x.conclude()
	}
	if x.only == "" {
		return nil
	}
	found, err := explain.Export(x.run.Run, x.snapshot, readBack(x.path, x.snapshot.Dialect), x.only)
	if err != nil {
		return err
	}
	x.narrow(found)
	return nil
}

// prepare reads Lucca, renders the file, judges it and wraps it. A file over its limits
// makes the outcome held.
func (x *exportRun) prepare(ctx context.Context) error {
	client, err := x.app.client(x.flow.Tenant)
	if err != nil {
		return err
	}
	defer func() { x.run.Requests = &run.Requests{Lucca: client.Requests()} }()
	people, err := x.read(ctx, client)
	if err != nil {
		return err
	}
	file, err := x.render(people)
	if err != nil {
		return err
	}
	if err := x.judge(ctx, client, file); err != nil {
		return err
	}
	return x.wrap(ctx)
}

func (x *exportRun) read(ctx context.Context, client *lucca.Client) (*roster.Roster, error) {
	e := x.flow.Export
	s, err := client.Snapshot(ctx, export.Query(x.flow.Binding, e.Population))
	if err != nil {
		return nil, err
	}
	return roster.New(s, x.app.config.Tenants[x.flow.Tenant].Settings(roster.DateOf(x.run.Slot)))
}

// render writes the spool file, whole and on disk, before anything is sent.
func (x *exportRun) render(people *roster.Roster) (*export.File, error) {
	x.path = filepath.Join(x.spool, config.FileName(x.flow.File, x.flow.Name, x.run.Slot))
	var file *export.File
	written, err := x.app.room.Write(x.path, func(w io.Writer) (err error) {
		file, err = export.Render(w, people, x.flow.Binding, x.flow.Export.Population)
		return err
	})
	if file != nil {
		x.run.Rows = &run.Rows{Read: file.Read, Sent: file.Sent, Rejected: file.Rejected}
		x.run.Findings, x.rest = file.Findings, file.Rest
	}
	if err != nil {
		return nil, err
	}
	x.snapshot, x.run.File = file.Snapshot(x.flow.Binding, people.Day()), recorded(written)
	x.preview, err = readRows(x.path, x.flow.Binding.Dialect, previewRows+1)
	return file, err
}

// readRows returns the first rows of a file.
func readRows(path string, d tabular.Dialect, most int) ([][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read back file: %w", err)
	}
	defer f.Close()
	r := tabular.NewReader(f, d)
	var rows [][]string
	for len(rows) < most {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read back file: %w", err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// judge compares the file with the last one that was delivered, and measures it against
// the limits.
func (x *exportRun) judge(ctx context.Context, client *lucca.Client, file *export.File) error {
	comparison, err := x.compare(ctx, client, file)
	if err != nil {
		return err
	}
	if comparison != nil {
		// What may hold the run comes first.
		x.run.Findings = append(comparison.Findings(), x.run.Findings...)
		x.snapshot.People = append(x.snapshot.People, comparison.Gone...)
	}
	limits := x.flow.Export.Limits.Judge(file, comparison)
	for _, l := range limits {
		x.run.Limits = append(x.run.Limits, run.Limit{Name: l.Name, Value: l.Value, Bound: l.Bound, Held: l.Held})
	}
	if reason := limit.Held(limits); reason != "" {
		x.run.Outcome, x.run.Reason = run.Held, reason
	}
	return nil
}

// compare returns nil when there is nothing to compare the file with.
func (x *exportRun) compare(ctx context.Context, client *lucca.Client, file *export.File) (*export.Comparison, error) {
	last, err := x.app.lastDelivered(ctx, x.run.Flow)
	if last == nil || err != nil {
		return nil, err
	}
	var ends map[int]roster.Date
	if gone := export.Vanished(*last, file, x.snapshot.Day); len(gone) > 0 {
		if ends, err = client.Status(ctx, gone); err != nil {
			return nil, fmt.Errorf("ask what became of %d employees: %w", len(gone), err)
		}
	}
	c := export.Compare(*last, x.snapshot, ends)
	return &c, nil
}

// lastDelivered returns the snapshot of the file that the partner has, or nil before the
// first.
func (a *App) lastDelivered(ctx context.Context, flow string) (*export.Snapshot, error) {
	if a.store == nil {
		return nil, nil
	}
	d, err := a.store.LastDelivery(ctx, flow)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return a.snapshot(ctx, d.Run)
}

func (a *App) snapshot(ctx context.Context, run string) (*export.Snapshot, error) {
	b, err := a.store.Snapshot(ctx, run)
	if err != nil {
		return nil, err
	}
	s, err := export.DecodeSnapshot(b)
	return &s, err
}

// remember stores what is needed to explain the run, and to compare the next one with it,
// before anything is sent: a file that was sent and forgotten could not be compared.
func (x *exportRun) remember(ctx context.Context) error {
	x.snapshot.Settings = x.app.settings(x.flow)
	b, err := x.snapshot.Encode()
	if err != nil {
		return fmt.Errorf("encode snapshot: %w", err)
	}
	if err := x.app.store.SaveSnapshot(ctx, x.run.ID, b); err != nil {
		return err
	}
	x.bound()
	return x.app.writeReport(x.path+".report.csv", x.run.Findings, x.rest)
}

// writeReport writes the findings as a file that a spreadsheet opens.
func (a *App) writeReport(path string, findings []finding.Finding, rest []finding.Rest) error {
	if len(findings) == 0 {
		return nil
	}
	_, err := a.room.Replace(path, func(w io.Writer) error { return userfile.WriteReport(w, findings, rest) })
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// deliver sends the file and concludes the run.
func (x *exportRun) deliver(ctx context.Context) error {
	receipt, err := delivery.Deliver(ctx, delivery.Request{
		To: x.app.target(x.flow.To), Journal: x.app.store.DeliveryJournal(),
		Run: x.run.ID, Flow: x.run.Flow, Name: x.run.File.Name, Path: sentFile(x.spool, x.run.File),
		Bytes: x.run.File.Bytes, SHA256: x.run.File.SHA256, Stale: x.staleNames(ctx),
		Progress: func(sent int64) {
			x.app.progress(Progress{Step: "upload", Done: sent, Total: x.run.File.Bytes})
		},
	})
	if err != nil {
		return err
	}
	x.receipt = &receipt
	x.app.logger.InfoContext(ctx, "file.delivered", "flow", x.run.Flow, "run", x.run.ID, "remote", x.flow.To,
		"file", receipt.Name, "bytes", receipt.Bytes, "sha256", receipt.SHA256, "picked_up", receipt.PickedUp, "marker", receipt.Marker, "attempt", receipt.Attempts)
	x.run.Findings = append(x.run.Findings, aboutDelivery(receipt)...)
	x.conclude()
	return nil
}

// staleAfter is how long the temporary names of a delivery that failed are looked for: servers make
// files of what they were sent minutes later, at most.
const staleAfter = 7 * 24 * time.Hour

// staleNames are the temporary files that deliveries to the flow's remote may have left.
func (x *execution) staleNames(ctx context.Context) []string {
	failed, err := x.app.store.FailedDeliveries(ctx, x.flow.To, now().Add(-staleAfter))
	if err != nil {
		x.app.logger.WarnContext(ctx, "sweep.failed", "flow", x.run.Flow, "run", x.run.ID, "err", err) // no fault of the delivery
	}
	var names []string
	for _, d := range failed {
		if d.Temp != d.Name && d.Run != x.run.ID {
			names = append(names, d.Temp)
		}
	}
	return names
}

// aboutDelivery says what a person should know of a delivery that succeeded.
func aboutDelivery(r delivery.Receipt) []finding.Finding {
	var out []finding.Finding
	warn := func(code, message string) {
		out = append(out, finding.Finding{Severity: finding.Warning, Code: code, Message: message})
	}
	if r.InPlace {
		warn("in_place", "the file was uploaded straight onto its final name: the partner may have seen part of it")
	}
	if r.Leftover != "" {
		warn("leftover", fmt.Sprintf("%q stands on the server, which would not remove it: remove it by hand", r.Leftover))
	}
	if r.Peer.Warning != "" {
		warn("server", r.Peer.Warning)
	}
	return out
}

// conclude sets the outcome of a run whose file is with the partner.
func (x *exportRun) conclude() {
	x.run.Outcome, x.run.Reason = run.Done, ""
	if rows := cmp.Or(x.run.Rows, &run.Rows{}); rows.Rejected > 0 {
		x.run.Outcome = run.Rejections
		x.run.Reason = rejectedRows(rows.Rejected)
	}
}

// narrow makes the run one of the employees who were asked for.
func (x *exportRun) narrow(found []explain.Explanation) {
	x.run.File, x.run.Limits, x.run.Findings = nil, nil, nil
	x.rest = nil
	x.run.Rows = &run.Rows{Read: len(found)}
	for _, e := range found {
		switch e.Decision {
		case export.Sent:
			x.run.Rows.Sent++
		case export.Rejected:
			x.run.Rows.Rejected++
		}
		x.run.Findings = append(x.run.Findings, e.Notes...)
	}
	x.conclude()
	for i := range found {
		found[i].Outcome = x.run.Outcome
	}
	x.found = found
}
