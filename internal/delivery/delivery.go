// Package delivery puts one file on a remote so that its reader never sees half of it, and
// exactly one of two things is true afterwards: the old file stands, whole, or the new one.
//
// The file is uploaded under a temporary name of its own, NAME.RUN.part, checked, and only
// then renamed over NAME: in one step where the server can, else by a plain rename, else
// by moving the old file aside first. Each step is in the journal before it is taken, so
// that Recover can finish or undo it after a crash. What cannot be known, because the
// answer to a rename was lost, is looked up on the server before anything is sent again.
//
// A file that is gone right after its rename was picked up by its reader: a success.
// Nothing is ever resumed or uploaded twice under the final name.
//
// Options change this for one remote. With in_place the reader can see half a file, and
// what a lost answer leaves unknown may be uploaded a second time: it is for servers that
// leave no other way.
package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

var (
	// ErrSpool: the local file is not the one that was to be delivered, or is empty.
	ErrSpool = errors.New("the spool file has changed")
	// ErrNoFolder: the folder of the remote is missing.
	ErrNoFolder = remote.ErrNoFolder
	// ErrOther: another file than ours stands under the final name after the rename.
	// It is not touched: someone must look.
	ErrOther = errors.New("another file stands under the name")
	// ErrUnfetched: a file that was not to be replaced stands under the final name. Nothing was
	// sent, or nothing of it is left.
	ErrUnfetched = errors.New("the file before was not fetched yet")
)

// settleTimeout bounds the cleaning up after a failure or a cancellation.
const settleTimeout = time.Minute

// errTooLong ends a delivery at its time limit.
var errTooLong = fault.Of(remote.ErrTemporary, "not delivered within the time limit")

// lateAnswer is for a server that scans or copies a file before it answers for it.
const lateAnswer = "the server did not answer in time for the file, which the next attempt found whole: set idle_timeout to more than it takes"

// Target is where files go.
type Target struct {
	// Name is the remote's name in the configuration; it goes into the journal.
	Name   string
	Remote remote.Remote
	// WriteOnly is for a folder that may not be looked into: nothing is checked after the
	// upload, and a server that cannot overwrite makes the delivery fail.
	WriteOnly bool
	Options   Options
}

// Request is one file to deliver.
type Request struct {
	To      Target
	Journal Journal
	// Run makes the temporary name unique; it consists of letters, digits and hyphens.
	Run, Flow string
	// Name is the final name on the remote.
	Name string
	// Path is the local file, which holds Bytes bytes with the hash SHA256, in hex.
	Path   string
	Bytes  int64
	SHA256 string
	// Keep: a file with other content that stands under the name is not replaced, since its
	// reader has not fetched it: ErrUnfetched. A write-only folder cannot be asked.
	Keep bool
	// Stale are the temporary files of earlier deliveries to this target that failed: they are
	// removed where they stand.
	Stale []string
	// Progress, if set, is called with the number of bytes read for the upload so far; it
	// starts again at 0 with each attempt.
	Progress func(bytes int64)
}

// Receipt says what was delivered and to whom.
type Receipt struct {
	Name   string
	Bytes  int64
	SHA256 string
	Peer   remote.Peer
	// Confirmed: after the rename, the server stated the right size under the final name.
	Confirmed bool
	// PickedUp: after the rename, the file was gone: its reader has taken it already.
	PickedUp bool
	// InPlace: the file was uploaded straight onto its name, where its reader may have seen
	// part of it.
	InPlace bool
	// Marker is the name of the done-marker that was put, if any.
	Marker string
	// Leftover is a file of ours, the old file moved aside or an earlier marker, that the
	// server would not remove.
	Leftover string
	// Attempts is 1 where nothing had to be tried again.
	Attempts int
}

// Deliver uploads the file and puts it in place. On an error, the old file stands under the
// name, or none (with Options.InPlace always none once it was begun), unless the error says
// otherwise by ErrOther, or the journal's last record of the delivery is not StepFailed: then
// the server could not be asked any more, or has the file but not its marker, and Recover is
// to be called when it answers again.
func Deliver(ctx context.Context, r Request) (Receipt, error) {
	receipt, err := deliver(ctx, r)
	if err != nil {
		return receipt, fmt.Errorf("deliver %q to %s: %w", r.Name, r.To.Name, err)
	}
	return receipt, nil
}

func deliver(ctx context.Context, r Request) (Receipt, error) {
	r.To.Options = r.To.Options.withDefaults()
	s := newSite(r.To, r.Journal, Record{
		Run: r.Run, Flow: r.Flow, Remote: r.To.Name,
		Name: r.Name, Temp: r.To.Options.TempName(r.Name, r.Run),
		Bytes: r.Bytes, SHA256: r.SHA256,
	})
	defer s.link.Drop()
	t := newTransfer(s, r.Stale)
	t.keep = r.Keep
	if err := t.checkNames(); err != nil {
		return Receipt{}, err
	}
	file, err := openSpool(r)
	if err != nil {
		return Receipt{}, err
	}
	defer func() { _ = file.File.Close() }() // only read
	limited, cancel := context.WithTimeoutCause(ctx, r.To.Options.TimeLimit, errTooLong)
	defer cancel()
	tries, err := t.tryAll(limited, file)
	receipt := Receipt{Name: r.Name, Bytes: r.Bytes, SHA256: r.SHA256, Peer: s.record.Peer, Attempts: tries,
		InPlace: s.record.inPlace(), Marker: r.To.Options.Marker(r.Name)}
	if err != nil && s.record.Step != "" {
		err = t.abandon(ctx, err)
	}
	if err != nil {
		return receipt, err
	}
	return t.finish(ctx, receipt)
}
