package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// transfer carries out one delivery, over as many connections as it takes: the parts have a site in
// common, and come in the order of their steps.
type transfer struct {
	site    *site
	upload  *uploader
	place   *placer
	inPlace *overwriter
	marker  *marking
	settle  *settler
	// keep: what stands under the final name is not replaced.
	keep bool
}

func newTransfer(s *site, stale []string) *transfer {
	u, p, m := &uploader{site: s, old: stale}, &placer{site: s}, &marking{site: s}
	o := &overwriter{site: s, upload: u, marker: m}
	return &transfer{site: s, upload: u, place: p, inPlace: o, marker: m, settle: &settler{site: s, place: p, inPlace: o, marker: m}}
}

func (t *transfer) checkNames() error {
	names := []string{t.site.record.Name}
	if marker := t.site.target.Options.Marker(t.site.record.Name); marker != "" {
		names = append(names, marker)
	}
	for _, name := range names {
		if err := remote.CheckName(name); err != nil {
			return err
		}
	}
	for _, place := range []string{t.site.record.Temp, t.site.target.Options.backupName(t.site.record.Name, t.site.record.Run)} {
		if _, _, err := remote.SplitPath(place); err != nil {
			return err
		}
	}
	return nil
}

// tryAll makes attempts until the new file stands, and its marker beside it.
func (t *transfer) tryAll(ctx context.Context, file *spool) (tries int, err error) {
	o := t.site.target.Options
	var stated []int64
	err = o.retries().Retry(ctx, func() error {
		tries++
		err := t.attempt(ctx, file)
		if err != nil {
			// After an error the state of the connection is anybody's guess.
			t.site.link.Drop()
		}
		if size, ok := errors.AsType[remote.SizeError](err); ok {
			stated = append(stated, size.Stated)
		}
		return err
	}, t.site.link.MayPass)
	return tries, t.otherForm(err, stated, tries)
}

// otherForm is the error of a delivery to a server that stated the same wrong size each time:
// that is no failure which passes.
func (t *transfer) otherForm(err error, stated []int64, tries int) error {
	if _, ok := errors.AsType[remote.SizeError](err); !ok || len(stated) != tries || len(slices.Compact(stated)) != 1 {
		return err
	}
	return fmt.Errorf("the server states %d bytes for the %d that it was sent, each time: it cuts files, or keeps them in another form, such as encrypted or with other line ends: ask the partner to look at the file; if it arrives whole, set write_only: true, with which nothing is read back", stated[0], t.site.record.Bytes)
}

// attempt continues where the last one was interrupted. It returns nil when the new file
// stands under its name, and its marker beside it.
func (t *transfer) attempt(ctx context.Context, file *spool) error {
	if t.site.record.Step != StepMarking {
		if err := t.bring(ctx, file); err != nil {
			return err
		}
	}
	return t.marker.mark(ctx)
}

// bring makes the new file stand under its name.
func (t *transfer) bring(ctx context.Context, file *spool) error {
	if err := t.free(ctx); err != nil {
		return err
	}
	switch {
	case t.site.record.inPlace():
		return t.inPlace.overwrite(ctx, file)
	case t.site.record.Step == StepUploaded:
		return t.place.place(ctx)
	case t.site.record.Step == StepReplacing:
		return t.place.swapOn(ctx)
	}
	if err := t.upload.upload(ctx, file); err != nil {
		return err
	}
	if err := t.free(ctx); err != nil { // an upload takes long enough for another one
		return err
	}
	return t.place.place(ctx)
}

// free makes sure that nothing which is to be kept stands under the final name. Once a rename may
// have been sent, what stands there may be ours.
func (t *transfer) free(ctx context.Context) error {
	if step := t.site.record.Step; !t.keep || step != "" && step != StepUploading || t.site.record.inPlace() && step != "" {
		return nil
	}
	return t.site.free(ctx)
}

// abandon cleans up after the last attempt, also when ctx has ended. It returns nil if it
// finds that the new file stands all the same.
func (t *transfer) abandon(ctx context.Context, cause error) error {
	if t.site.link.Shut(cause) {
		return cause // another login would be refused too, and count
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	delivered, err := t.settle.settle(ctx)
	if err != nil {
		t.site.link.Drop()
		return errors.Join(cause, fmt.Errorf("clean up: %w", err))
	}
	if delivered {
		return nil
	}
	if t.site.leftover != "" {
		cause = errors.Join(cause, fmt.Errorf("%q is left on the server, which would not remove it", t.site.leftover))
	}
	return errors.Join(cause, t.site.save(ctx, StepFailed))
}

// finish looks at the file under its final name and closes the journal. The new file stands
// by the server's own answer, so what goes wrong here is no failure, but for another
// file in its place.
func (t *transfer) finish(ctx context.Context, receipt Receipt) (Receipt, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	receipt.Peer, receipt.Leftover = t.site.record.Peer, t.site.leftover
	if t.upload.late {
		receipt.Peer.Warning = cmp.Or(receipt.Peer.Warning, lateAnswer)
	}
	if err := t.site.save(ctx, StepDelivered); err != nil {
		return receipt, fmt.Errorf("delivered, but not recorded: %w", err)
	}
	if t.site.target.WriteOnly {
		return receipt, nil
	}
	found, err := t.site.result(ctx)
	switch {
	case err != nil:
		return receipt, nil
	case found == nil:
		receipt.PickedUp = true
		t.asVersion(ctx, &receipt)
	case found.Size == remote.SizeUnstated:
	case found.Size != receipt.Bytes:
		return receipt, fault.Of(ErrOther, "it has %d bytes instead of %d (where the server itself changes each file that it gets, and it arrives whole, set write_only: true, with which nothing is read back)", found.Size, receipt.Bytes)
	default:
		receipt.Confirmed = true
	}
	return receipt, nil
}

// asVersion corrects the receipt of a file that is not gone but has a version added to its name. A
// dot and a number may be the reader's own way to put files away.
func (t *transfer) asVersion(ctx context.Context, receipt *Receipt) {
	var found string
	err := t.site.ask(ctx, func(s remote.Session) (err error) {
		found, err = remote.Versioned(ctx, s, receipt.Name)
		return err
	})
	if err == nil && found != "" && remote.Unversioned(found) == receipt.Name {
		receipt.PickedUp = false
		receipt.Peer.Warning = cmp.Or(receipt.Peer.Warning, fmt.Sprintf("the server adds a version to each name, and has the file as %q: ask the partner whether it is found there", found))
	}
}
