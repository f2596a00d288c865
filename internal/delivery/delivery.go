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
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lucca-exchange/internal/remote"
)

var (
	// ErrSpool: the local file is not the one that was to be delivered, or is empty.
	ErrSpool = errors.New("the spool file has changed")
	// ErrNoFolder: the folder of the remote is missing.
	ErrNoFolder = errors.New("no such folder")
	// ErrOther: another file than ours stands under the final name after the rename.
	// It is not touched: someone must look.
	ErrOther = errors.New("another file stands under the name")
)

// settleTimeout bounds the cleaning up after a failure or a cancellation.
const settleTimeout = time.Minute

// errTooLong ends a delivery at its time limit.
var errTooLong = fmt.Errorf("%w: not delivered within the time limit", remote.ErrTemporary)

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
	c := &courier{target: r.To, journal: r.Journal, old: r.Stale, record: Record{
		Run: r.Run, Flow: r.Flow, Remote: r.To.Name,
		Name: r.Name, Temp: r.To.Options.TempName(r.Name, r.Run),
		Bytes: r.Bytes, SHA256: r.SHA256,
	}}
	defer c.drop()
	if err := c.checkNames(); err != nil {
		return Receipt{}, err
	}
	file, err := openSpool(r)
	if err != nil {
		return Receipt{}, err
	}
	defer func() { _ = file.Close() }() // only read
	limited, cancel := context.WithTimeoutCause(ctx, r.To.Options.TimeLimit, errTooLong)
	defer cancel()
	tries, err := c.tryAll(limited, file)
	receipt := Receipt{Name: r.Name, Bytes: r.Bytes, SHA256: r.SHA256, Peer: c.record.Peer, Attempts: tries,
		InPlace: c.record.inPlace(), Marker: r.To.Options.Marker(r.Name)}
	if err != nil && c.record.Step != "" {
		err = c.giveUp(ctx, err)
	}
	if err != nil {
		return receipt, err
	}
	return c.finish(ctx, receipt)
}

func (c *courier) checkNames() error {
	names := []string{c.record.Name}
	if marker := c.target.Options.Marker(c.record.Name); marker != "" {
		names = append(names, marker)
	}
	for _, name := range names {
		if err := remote.CheckName(name); err != nil {
			return err
		}
	}
	for _, place := range []string{c.record.Temp, c.target.Options.backupName(c.record.Name, c.record.Run)} {
		if _, _, err := remote.SplitPath(place); err != nil {
			return err
		}
	}
	return nil
}

// tryAll makes attempts until the new file stands, and its marker beside it.
func (c *courier) tryAll(ctx context.Context, file *spool) (tries int, err error) {
	o := c.target.Options
	var stated []int64
	err = remote.Attempts{Max: o.Attempts, Wait: o.RetryWait}.Retry(ctx, func() error {
		tries++
		err := c.attempt(ctx, file)
		if err != nil {
			// After an error the state of the connection is anybody's guess.
			c.drop()
		}
		if size, ok := errors.AsType[remote.SizeError](err); ok {
			stated = append(stated, size.Stated)
		}
		return err
	}, c.mayPass)
	return tries, c.otherForm(err, stated, tries)
}

// otherForm is the error of a delivery to a server that stated the same wrong size each time:
// that is no failure which passes.
func (c *courier) otherForm(err error, stated []int64, tries int) error {
	if _, ok := errors.AsType[remote.SizeError](err); !ok || len(stated) != tries || len(slices.Compact(stated)) != 1 {
		return err
	}
	return fmt.Errorf("the server states %d bytes for the %d that it was sent, each time: it cuts files, or keeps them in another form, such as encrypted or with other line ends: ask the partner to look at the file; if it arrives whole, set write_only: true, with which nothing is read back", stated[0], c.record.Bytes)
}

// mayPass tells whether another attempt can do better, and does no harm. A server that ends
// the connection during the login may mean that the password is wrong, unless it has let us
// in before.
func (c *courier) mayPass(err error) bool {
	return errors.Is(err, remote.ErrTemporary) || errors.Is(err, remote.ErrLoginCut) && c.entered
}

// attempt continues where the last one was interrupted. It returns nil when the new file
// stands under its name, and its marker beside it.
func (c *courier) attempt(ctx context.Context, file *spool) error {
	if c.record.Step != StepMarking {
		if err := c.bring(ctx, file); err != nil {
			return err
		}
	}
	return c.mark(ctx)
}

// bring makes the new file stand under its name.
func (c *courier) bring(ctx context.Context, file *spool) error {
	switch {
	case c.record.inPlace():
		return c.overwrite(ctx, file)
	case c.record.Step == StepUploaded:
		return c.place(ctx)
	case c.record.Step == StepReplacing:
		return c.swapOn(ctx)
	}
	if err := c.upload(ctx, file); err != nil {
		return err
	}
	return c.place(ctx)
}

// giveUp cleans up after the last attempt, also when ctx has ended. It returns nil if it
// finds that the new file stands all the same.
func (c *courier) giveUp(ctx context.Context, cause error) error {
	if c.refusedEntry(cause) {
		return cause // another login would be refused too, and count
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	delivered, err := c.settle(ctx)
	if err != nil {
		c.drop()
		return errors.Join(cause, fmt.Errorf("clean up: %w", err))
	}
	if delivered {
		return nil
	}
	if c.leftover != "" {
		cause = errors.Join(cause, fmt.Errorf("%q is left on the server, which would not remove it", c.leftover))
	}
	return errors.Join(cause, c.save(ctx, StepFailed))
}

// finish looks at the file under its final name and closes the journal. The new file stands
// by the server's own answer, so what goes wrong here is no failure, but for another
// file in its place.
func (c *courier) finish(ctx context.Context, receipt Receipt) (Receipt, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	receipt.Peer, receipt.Leftover = c.record.Peer, c.leftover
	if c.late {
		receipt.Peer.Warning = cmp.Or(receipt.Peer.Warning, lateAnswer)
	}
	if err := c.save(ctx, StepDelivered); err != nil {
		return receipt, fmt.Errorf("delivered, but not recorded: %w", err)
	}
	if c.target.WriteOnly {
		return receipt, nil
	}
	found, err := c.result(ctx)
	switch {
	case err != nil:
		return receipt, nil
	case found == nil:
		receipt.PickedUp = true
	case found.Size == remote.SizeUnstated:
	case found.Size != receipt.Bytes:
		return receipt, fmt.Errorf("%w: it has %d bytes instead of %d (where the server itself changes each file that it gets, and it arrives whole, set write_only: true, with which nothing is read back)", ErrOther, found.Size, receipt.Bytes)
	default:
		receipt.Confirmed = true
	}
	return receipt, nil
}

// result returns what stands under the final name, or nil. A server may show the file, or its size,
// some time after it has answered for it.
func (c *courier) result(ctx context.Context) (found *remote.Entry, err error) {
	_, err = remote.Attempts{Wait: c.target.Options.RetryWait}.Seen(ctx, func() (bool, error) {
		found, err = c.look(ctx, c.record.Name)
		return found != nil && found.Holds(c.record.Bytes), err
	})
	return found, err
}
