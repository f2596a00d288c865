package flow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/finding"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/run"
	"lucca-exchange/internal/step"
)

// Deliveries is what is known of the files that were sent.
type Deliveries interface {
	DeliveryJournal() delivery.Journal
	UnfinishedDeliveries(ctx context.Context, flow string) ([]delivery.Record, error)
	FailedDeliveries(ctx context.Context, remote string, since time.Time) ([]delivery.Record, error)
}

// Outbox puts the files of a flow on its remotes.
type Outbox struct {
	Known Deliveries
	// Target is where files go by the name of a remote, if there is one of the name.
	Target func(remote string) (delivery.Target, bool)
	Logger *slog.Logger
	// Progress is told of how many bytes of how many are sent.
	Progress func(sent, total int64)
}

// Settle settles what earlier runs of the flow left half done on its remotes. What no other
// run can mend either, or none could for a day, is a warning, and does not stop this one.
func (o Outbox) Settle(ctx context.Context, flow string) (warnings []finding.Finding, err error) {
	unfinished, err := o.Known.UnfinishedDeliveries(ctx, flow)
	if err != nil {
		return nil, err
	}
	warn := func(format string, args ...any) {
		warnings = append(warnings, Warning("earlier_delivery", fmt.Sprintf(format, args...)))
	}
	byRemote := make(map[string][]delivery.Record)
	for _, d := range unfinished {
		byRemote[d.Remote] = append(byRemote[d.Remote], d)
	}
	for _, name := range slices.Sorted(maps.Keys(byRemote)) {
		target, ok := o.Target(name)
		if !ok {
			warn("the delivery of %q in run %s was interrupted, and there is no remote %q in the configuration any more: put it back for one run, so that it is settled",
				byRemote[name][0].Name, byRemote[name][0].Run, name)
			continue
		}
		settled, err := delivery.Recover(ctx, target, o.Known.DeliveryJournal(), byRemote[name])
		for _, r := range settled {
			o.Logger.WarnContext(ctx, "delivery.recovered", "flow", flow, "run", r.Run, "remote", name, "file", r.Name, "step", string(r.Step), "leftover", r.Leftover)
			if r.Leftover != "" {
				warn("%q of run %s stands on %s, which would not remove it: remove it by hand", r.Leftover, r.Run, name)
			}
			if r.Warning != nil {
				warn("the delivery of %q in run %s is taken for %s: %s", r.Name, r.Run, r.Step, Sentence(r.Warning))
			}
		}
		if err == nil {
			continue
		}
		left := slices.DeleteFunc(settled, func(r delivery.Record) bool {
			return r.Step == delivery.StepDelivered || r.Step == delivery.StepFailed
		})
		young := slices.ContainsFunc(left, func(r delivery.Record) bool { return Now().Sub(r.At) < remote.Patience })
		if young || ctx.Err() != nil {
			return warnings, err
		}
		warn("what run %s left of %q on %s could not be settled for more than a day, and later files go on without: look there: %s", left[0].Run, left[0].Name, name, Sentence(err))
	}
	return warnings, nil
}

// Parcel is one file that a run sends.
type Parcel struct {
	Run, Flow string
	// To is the name of a remote, Name that of the file there.
	To, Name string
	// Path is the local file, of which the other fields say what it holds.
	Path   string
	Bytes  int64
	SHA256 string
	// Keep: a file of the name that nobody has fetched yet is not replaced.
	Keep bool
}

// Send delivers a file. The findings are what a person should know of a delivery that
// succeeded.
func (o Outbox) Send(ctx context.Context, p Parcel) (delivery.Receipt, []finding.Finding, error) {
	ctx, end := step.Begin(ctx, step.Send)
	defer end()
	target, ok := o.Target(p.To)
	if !ok {
		return delivery.Receipt{}, nil, fmt.Errorf("there is no remote %q", p.To)
	}
	receipt, err := delivery.Deliver(ctx, delivery.Request{
		To: target, Journal: o.Known.DeliveryJournal(), Run: p.Run, Flow: p.Flow,
		Name: p.Name, Path: p.Path, Bytes: p.Bytes, SHA256: p.SHA256, Stale: o.stale(ctx, p), Keep: p.Keep,
		Progress: func(sent int64) { o.Progress(sent, p.Bytes) },
	})
	if err != nil {
		return receipt, nil, err
	}
	o.Logger.InfoContext(ctx, "file.delivered", "flow", p.Flow, "run", p.Run, "remote", p.To,
		"file", receipt.Name, "bytes", receipt.Bytes, "sha256", receipt.SHA256, "picked_up", receipt.PickedUp, "marker", receipt.Marker, "attempt", receipt.Attempts)
	return receipt, about(receipt), nil
}

// Takes tries whether a remote takes files at all: a file that looks temporary is put there and
// removed again. Of a write-only folder, from which nothing could be taken back, it is enough that
// the server lets us in.
func (o Outbox) Takes(ctx context.Context, name string) (err error) {
	target, ok := o.Target(name)
	if !ok {
		return fmt.Errorf("there is no remote %q", name)
	}
	session, err := target.Remote.Open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	if target.WriteOnly {
		return nil
	}
	_, err = delivery.Probe(ctx, session, target.Options, run.NewID(Now()))
	return err
}

// staleAfter is how long the temporary names of a delivery that failed are looked for: servers make
// files of what they were sent minutes later, at most.
const staleAfter = 7 * 24 * time.Hour

// stale are the temporary files that deliveries to the remote may have left.
func (o Outbox) stale(ctx context.Context, p Parcel) []string {
	failed, err := o.Known.FailedDeliveries(ctx, p.To, Now().Add(-staleAfter))
	if err != nil {
		o.Logger.WarnContext(ctx, "sweep.failed", "flow", p.Flow, "run", p.Run, "err", err) // no fault of the delivery
	}
	var names []string
	for _, d := range failed {
		if d.Temp != d.Name && d.Run != p.Run {
			names = append(names, d.Temp)
		}
	}
	return names
}

// about says what a person should know of a delivery that succeeded.
func about(r delivery.Receipt) (out []finding.Finding) {
	if r.InPlace {
		out = append(out, Warning("in_place", "the file was uploaded straight onto its final name: the partner may have seen part of it"))
	}
	if r.Leftover != "" {
		out = append(out, Warning("leftover", fmt.Sprintf("%q stands on the server, which would not remove it: remove it by hand", r.Leftover)))
	}
	if r.Peer.Warning != "" {
		code := "server"
		if strings.HasPrefix(r.Peer.Warning, "the server's certificate ") {
			code = "certificate_ends" // which somebody is told of in time
		}
		out = append(out, Warning(code, r.Peer.Warning))
	}
	return out
}
