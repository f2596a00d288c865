package pickup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/spool"
)

// Request is one file to take.
type Request struct {
	From    Source
	Journal Journal
	// Run consists of letters, digits and hyphens, and is this run's alone.
	Run, Flow string
	// File is one of Found.Files.
	File remote.Entry
	// Path is where the content goes on this machine: a file that only we can read, in a
	// folder that exists.
	Path string
	// Room bounds what is written there; nil for no bound.
	Room *spool.Room
}

// Taken is a file that this run has, until it is settled or released.
type Taken struct {
	// Name is the one that it came under, without the version that the server may have added to it.
	Name string
	// Path is Request.Path; empty after Resume.
	Path    string
	Bytes   int64
	SHA256  string // in hex
	ModTime time.Time
	// Place is where it is on the remote, such as in-progress/NAME; empty when it stays in
	// its folder.
	Place string
	// Duplicate is the run that has applied the same content before, or empty.
	Duplicate string
	// Warning is what the server refused: the file is taken all the same.
	Warning error

	claim *claim
}

// There reports whether the content is known to be on the remote too: the file was put away or
// given back, and the server did not take it away when it was read.
func (t *Taken) There() bool {
	if t.Warning != nil {
		return false // such as that it is not in its place
	}
	switch t.claim.record.Step {
	case StepSettled:
		if t.claim.record.Place == Gone {
			return false
		}
		// After a restart nobody knows whether a file that was left in its folder was taken away.
		return t.claim.record.Place != "" || t.claim.folder.from.Options.Keep && t.Path != ""
	case StepReleased:
		return true
	}
	return false
}

// Take claims a file, moves it to in-progress/ and fetches it. On an error the file is given
// back, unless the error says otherwise by ErrNewer or by what went wrong with giving it back:
// then Recover is to be called when the server answers again. ErrTaken: the next file may
// be tried. ErrChanged: a later run will have it.
func Take(ctx context.Context, r Request) (*Taken, error) {
	c := newClaim(r.From, r.Journal, Record{
		Flow: r.Flow, Remote: r.From.Name, Name: r.File.Name, Size: r.File.Size, ModTime: precise(r.File.ModTime),
		Run: r.Run, Step: StepClaimed, At: time.Now().UTC(),
	})
	c.path, c.room = r.Path, r.Room
	defer c.folder.link.Drop()
	if err := (&taking{claim: c, returning: newReturning(c), file: r.File}).take(ctx); err != nil {
		return nil, wrap(err, "take", r.File.Name, r.From)
	}
	return c.taken(), nil
}

// taking brings a claimed file to the spool.
type taking struct {
	claim     *claim
	returning *returning
	file      remote.Entry
	// other is the last download, where it had another size than the server states.
	other *remote.OtherSizeError
}

func (t *taking) take(ctx context.Context) error {
	// Whoever is not let in has not claimed anything.
	if err := t.claim.folder.link.Do(ctx, func(remote.Session) error { return nil }); err != nil {
		return err
	}
	claimed, err := t.claim.journal.Claim(ctx, t.claim.record)
	if err != nil {
		return fmt.Errorf("claim: %w", err)
	}
	if !claimed {
		claimed, err = t.claimReplaced(ctx)
	}
	if err != nil {
		return err
	}
	if !claimed {
		return ErrTaken
	}
	err = t.bring(ctx)
	if err == nil {
		return nil
	}
	return t.giveBack(ctx, err)
}

// giveBack gives back a file that could not be taken for a reason. What was read whole stays until it is
// known to be on the server.
func (t *taking) giveBack(ctx context.Context, err error) error {
	if !t.claim.whole || errors.Is(err, ErrChanged) { // what stands there now is another
		_ = os.Remove(t.claim.path) // may not have been made
	}
	if t.claim.folder.shut(err) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	if errors.Is(err, ErrVanished) {
		if t.claim.whole {
			err = fmt.Errorf("what was read of it is in %q: %w", t.claim.path, err)
		}
		return errors.Join(err, t.claim.abandon(ctx))
	}
	e := t.returning.rename(ctx)
	if e == nil && ctx.Err() == nil && (t.claim.folder.refused(ctx, err) && remote.Definite(err) || errors.Is(err, remote.ErrBusy)) {
		err = fault.Wrap(ErrRefused, err)
	}
	if e == nil || errors.Is(e, ErrNewer) {
		err = errors.Join(err, spool.Remove(t.claim.path))
	}
	if e != nil {
		err = errors.Join(err, fmt.Errorf("give back: %w", e))
	}
	return err
}

// claimReplaced claims a file that looks like one that was dealt with, and is another.
func (t *taking) claimReplaced(ctx context.Context) (claimed bool, err error) {
	r := t.claim.record
	known, settled, err := t.claim.journal.Settled(ctx, r.Flow, r.Remote, r.Name, r.Size, r.ModTime)
	if err != nil {
		return false, fmt.Errorf("ask the journal: %w", err)
	}
	if !settled || known == "" {
		return false, nil
	}
	if r.SHA256, err = t.claim.folder.compare(ctx, t.file, known); err != nil || r.SHA256 == known {
		return false, err
	}
	if claimed, err = t.claim.journal.Claim(ctx, r); err != nil {
		return false, fmt.Errorf("claim: %w", err)
	}
	return claimed, nil
}

func (t *taking) bring(ctx context.Context) error {
	if !t.claim.folder.from.Options.Keep {
		if err := t.moveIn(ctx); err != nil {
			return err
		}
	}
	if err := t.fetch(ctx); err != nil {
		return err
	}
	if t.claim.folder.from.Options.Marker != "" && !t.claim.folder.from.Options.Keep {
		t.claim.warn(t.claim.unmark(ctx), "remove the marker")
	}
	return nil
}

// moveIn moves the file to in-progress/, or leaves it where the server refuses.
func (t *taking) moveIn(ctx context.Context) error {
	err := t.claim.makeFolder(ctx, inProgress)
	if err == nil {
		err = t.claim.folder.move(ctx, t.claim.record.Name, t.claim.own(), t.claim.own())
	}
	if err == nil {
		t.claim.record.Place = t.claim.own()
		return t.claim.save(ctx, StepMoved)
	}
	if !t.claim.folder.refused(ctx, err) {
		return err
	}
	found, e := t.claim.folder.look(ctx, t.claim.record.Name)
	switch {
	case e != nil:
		return e
	case found == nil:
		return ErrTaken
	}
	t.claim.warn(err, "the file stays in its folder")
	return nil
}

// fetch downloads the file and makes sure that it stayed what it is meanwhile. One that the
// server takes away because it was read is fetched all the same.
func (t *taking) fetch(ctx context.Context) error {
	before, err := t.stand(ctx)
	if err != nil {
		return err
	}
	if err := t.sameSize(ctx, *before); err != nil {
		return err
	}
	sum, err := t.download(ctx)
	if err == nil && t.other != nil {
		err = t.sameAgain(ctx, *before, sum)
	}
	if err != nil && !t.claim.folder.refused(ctx, err) {
		return err
	}
	after, e := t.claim.folder.look(ctx, t.claim.place())
	switch {
	case e != nil && err == nil && t.claim.folder.refused(ctx, e):
		// What is whole is not lost because the server does not tell what became of it.
	case e != nil:
		return errors.Join(err, e)
	case after == nil && err == nil:
		t.claim.warn(errors.New("the file was read whole, and is applied"), tookAway)
		t.claim.record.Place = Gone
	case after == nil && !t.claim.reading && t.claim.record.Place == "":
		return ErrTaken
	case after == nil:
		return fault.As(ErrVanished, "%v while it was read: ask for it to be sent again: %w", ErrVanished, err)
	case !same(*before, *after):
		if err = errors.Join(t.unchanged(ctx, *before, *after, sum), err); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	// Asked before our own record holds the hash.
	run, seen, err := t.claim.journal.Seen(ctx, t.claim.record.Flow, sum)
	if err != nil {
		return fmt.Errorf("ask the journal: %w", err)
	}
	if seen {
		t.claim.duplicate = run
	}
	t.claim.record.SHA256 = sum
	return t.claim.save(ctx, StepFetched)
}

// sameSize makes sure that the file has the size that it had when it was found. Some servers round
// the sizes in their listings, such as to blocks: then the listing says the same again, and what they
// say of the file alone counts.
func (t *taking) sameSize(ctx context.Context, e remote.Entry) error {
	if !e.Regular {
		return ErrChanged
	}
	if e.Size == t.claim.record.Size {
		return nil
	}
	folder, name, err := remote.SplitPath(t.claim.place())
	if err != nil {
		return err
	}
	listed, err := t.claim.folder.list(ctx, folder)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(listed, func(l remote.Entry) bool { return l.Name == name && l.Size == t.claim.record.Size && l.Regular }) {
		return ErrChanged
	}
	t.claim.stated = e.Size
	return nil
}

// unchanged fetches a file a second time where only its time changed: some servers state the
// present for every time.
func (t *taking) unchanged(ctx context.Context, before, after remote.Entry, sum string) error {
	if before.Size != after.Size || !after.Regular || sum == "" {
		return ErrChanged
	}
	again, err := t.download(ctx)
	if err == nil && again != sum {
		err = ErrChanged
	}
	return err
}

// sameAgain makes sure that a file is whole which has another size than the server states: it
// states the same some time later, and sends the same once more. Such servers keep files in another
// form, such as encrypted or by records, and state the size of that.
func (t *taking) sameAgain(ctx context.Context, before remote.Entry, sum string) error {
	first := *t.other
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(t.claim.folder.from.Options.Settle):
	}
	now, err := t.claim.folder.look(ctx, t.claim.place())
	switch {
	case err != nil:
		return err
	case now == nil:
		return first // and nobody can make sure of it
	case !same(before, *now):
		return ErrChanged
	}
	again, err := t.download(ctx)
	switch {
	case err != nil:
		return err
	case again != sum || t.other == nil || *t.other != first:
		return ErrChanged
	}
	t.claim.warn(first, "the file was read twice, the same each time, and is taken as it came")
	return nil
}

// stand returns the entry of the file, or ErrTaken when it is gone. After a move that the server
// has answered for it is looked for in both places, and for some time: it may be seen late, or
// not have been moved at all.
func (t *taking) stand(ctx context.Context) (*remote.Entry, error) {
	if t.claim.record.Place == "" {
		found, err := t.claim.folder.look(ctx, t.claim.record.Name)
		if err == nil && found == nil {
			err = ErrTaken
		}
		return found, err
	}
	found, err := t.claim.folder.await(ctx, t.claim.record.Place)
	if err != nil || found != nil {
		return found, err
	}
	if found, err = t.claim.folder.look(ctx, t.claim.record.Name); err != nil {
		return nil, err
	}
	if found == nil {
		return t.withVersion(ctx)
	}
	return t.stay(ctx, found, "it answered that it moved it to %q, and did not")
}

// stay goes on with a file where it has its name.
func (t *taking) stay(ctx context.Context, found *remote.Entry, why string) (*remote.Entry, error) {
	t.claim.warn(fmt.Errorf(why, t.claim.record.Place), "the file stays in its folder")
	t.claim.record.Place = ""
	return found, t.claim.save(ctx, StepClaimed)
}

// withVersion finds a moved file under a name to which the server has added a version.
func (t *taking) withVersion(ctx context.Context) (*remote.Entry, error) {
	place, err := t.claim.folder.version(ctx, t.claim.record.Place)
	switch {
	case err != nil:
		return nil, err
	case place == "":
		found, err := t.claim.pullOut(ctx)
		if err != nil {
			return nil, err
		}
		if found != nil {
			return t.stay(ctx, found, "it moved it to %q, and lets nobody look there: it was moved back")
		}
		return nil, fault.Of(ErrVanished, "the server answered that it moved it to %q, and shows it neither there nor under its name: look for it there", t.claim.record.Place)
	}
	t.claim.record.Place = place
	t.claim.warn(fmt.Errorf("it is in %q", place), "the server adds a version to the names of files that are moved")
	if err := t.claim.save(ctx, StepMoved); err != nil {
		return nil, err
	}
	found, err := t.claim.folder.look(ctx, place)
	if err == nil && found == nil {
		err = ErrTaken
	}
	return found, err
}

// download writes the file to the spool and returns its hash.
func (t *taking) download(ctx context.Context) (sum string, err error) {
	err = t.claim.folder.link.Do(ctx, func(s remote.Session) (err error) {
		sum, err = t.downloadOnce(ctx, s)
		return err
	})
	return sum, err
}

func (t *taking) downloadOnce(ctx context.Context, s remote.Session) (sum string, err error) {
	file, err := t.claim.room.Replace(t.claim.path, func(w io.Writer) error {
		n, err := s.Download(ctx, t.claim.place(), &capped{w, t.claim.folder.from.Options.MaxBytes, &t.claim.reading})
		t.other, err = t.claim.folder.otherSize(err)
		if err == nil && t.other == nil && n != t.claim.stated && t.claim.stated != remote.SizeUnstated {
			return ErrChanged
		}
		return err
	})
	if err != nil {
		return "", err
	}
	t.claim.bytes, t.claim.whole = file.Bytes, true
	return file.SHA256, nil
}

// capped takes so many bytes and no more: a file that grows must not fill the disk.
type capped struct {
	io.Writer
	left  int64
	begun *bool
}

func (c *capped) Write(p []byte) (int, error) {
	*c.begun = true
	if c.left -= int64(len(p)); c.left < 0 {
		return 0, ErrChanged
	}
	return c.Writer.Write(p)
}
