package pickup

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/spool"
)

// Gone is the Place of a file that the server took away once it was read: what was read is all that
// there is. No other place is without a folder.
const Gone = "gone"

const tookAway = "the server took the file away once it was read"

// Local is where this machine has content of files.
type Local struct {
	// Content is where a run has what it reads of a file; nil where nobody knows.
	Content func(run, name string) string
	// Kept is the folder for files that the server took away and that no run has: TakeKept takes
	// them from there. Empty for none.
	Kept string
}

// Kept is such a file.
type Kept struct {
	remote.Entry
	Path string
}

// KeptFiles are the files that a flow has kept, those that are to be taken first at the beginning.
func (l Local) KeptFiles() (kept []Kept, err error) {
	if l.Kept == "" {
		return nil, nil
	}
	err = filepath.WalkDir(l.Kept, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && (!e.Type().IsRegular() || isTemporary(e.Name())) {
			return nil
		}
		if err != nil {
			return err
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		kept = append(kept, Kept{remote.Entry{Name: e.Name(), Size: info.Size(), ModTime: info.ModTime(), Regular: true}, path})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for files that were kept: %w", err)
	}
	inOrder(kept, func(k Kept) remote.Entry { return k.Entry })
	return kept, nil
}

// keep gives content that is nowhere else a place where no run's end touches it and the next run
// finds it, and returns that.
func (l Local) keep(path, name, run string, modTime time.Time) (string, error) {
	if l.Kept == "" {
		return "", errors.New("there is no folder for files that are kept")
	}
	// A process that ended then may have kept it.
	if there, err := l.holds(path); there != "" || err != nil {
		return there, err
	}
	to := filepath.Join(l.Kept, run, name)
	err := spool.Link(path, to)
	if errors.Is(err, fs.ErrExist) {
		to = filepath.Join(l.Kept, run+"-"+rand.Text(), name)
		err = spool.Link(path, to)
	}
	if err != nil {
		return "", err
	}
	if modTime.After(time.Unix(0, 0)) {
		err = os.Chtimes(to, modTime, modTime)
	}
	return to, err
}

// holds returns where the content of a file is kept already; empty for nowhere.
func (l Local) holds(path string) (string, error) {
	content, err := spool.Sum(path)
	if err != nil {
		return "", err
	}
	kept, err := l.KeptFiles()
	for _, k := range kept {
		if k.Size != content.Bytes {
			continue
		}
		if same, err := spool.Sum(k.Path); err == nil && same.SHA256 == content.SHA256 {
			return k.Path, nil
		}
	}
	return "", err
}

// forget removes a file that was kept, with the folders that are empty then.
func (l Local) forget(k Kept) error {
	if err := spool.Remove(k.Path); err != nil {
		return err
	}
	for folder := filepath.Dir(k.Path); strings.HasPrefix(folder, l.Kept) && os.Remove(folder) == nil; {
		folder = filepath.Dir(folder)
	}
	return nil
}

// TakeKept takes the first of the files that were kept, to Local.Content; nil when there is none. File
// and Path of the request are not read, and the server is asked for nothing but the marker.
func TakeKept(ctx context.Context, r Request) (*Taken, error) {
	kept, err := r.From.Local.KeptFiles()
	if err != nil {
		return nil, err
	}
	for _, k := range kept {
		taken, err := takeKept(ctx, r, k)
		if taken != nil || err != nil {
			return taken, wrap(err, "take what was kept of", k.Name, r.From)
		}
	}
	return nil, nil
}

func takeKept(ctx context.Context, r Request, k Kept) (*Taken, error) {
	file, err := spool.Sum(k.Path)
	if err != nil {
		return nil, err
	}
	c := newClaim(r.From, r.Journal, Record{
		Flow: r.Flow, Remote: r.From.Name, Name: k.Name, Size: k.Size, ModTime: precise(k.ModTime),
		Run: r.Run, Step: StepClaimed, At: time.Now().UTC(), SHA256: file.SHA256,
	})
	defer c.folder.link.Drop()
	claimed, err := r.Journal.Claim(ctx, c.record)
	if err != nil {
		return nil, fmt.Errorf("claim: %w", err)
	}
	if !claimed {
		return nil, c.claimedBefore(ctx, k)
	}
	if c.duplicate, _, err = r.Journal.Seen(ctx, r.Flow, file.SHA256); err != nil {
		return nil, fmt.Errorf("ask the journal: %w", err)
	}
	// Moved before it is recorded: it must never be in both places for another run.
	err = errors.Join(spool.Remove(c.path), spool.Link(k.Path, c.path))
	if err == nil {
		err = c.folder.from.Local.forget(k)
	}
	if err != nil {
		return nil, errors.Join(err, c.save(ctx, StepReleased))
	}
	c.record.Place = Gone
	if err := c.save(ctx, StepFetched); err != nil {
		return nil, err
	}
	if c.folder.from.Options.Marker != "" && !c.folder.from.Options.Keep {
		c.warn(c.unmark(ctx), "remove the marker")
	}
	c.warn(errors.New("what was kept of it is taken"), "the server took the file away when it was read before")
	return c.taken(), nil
}

// claimedBefore lets go of what was kept where it was dealt with; else some run is about to.
func (c *claim) claimedBefore(ctx context.Context, k Kept) error {
	r := c.record
	sum, settled, err := c.journal.Settled(ctx, r.Flow, r.Remote, r.Name, r.Size, r.ModTime)
	if err == nil && settled && sum == r.SHA256 {
		err = c.folder.from.Local.forget(k)
	}
	return err
}

// compare reads a file that looks like one that was dealt with, and returns the hash of its content,
// in hex. Where the server takes it away for that, and it is another than the known one, it is kept:
// then the error is ErrTaken.
func (f *folder) compare(ctx context.Context, e remote.Entry, known string) (sum string, err error) {
	within := f.from.Local.Kept
	if within == "" {
		within = os.TempDir()
	}
	// Not in order of time, and of one look alone.
	reading := "reading-" + rand.Text()
	path := filepath.Join(within, reading, remote.Unversioned(e.Name)+".part")
	defer func() {
		err = errors.Join(err, spool.Remove(filepath.Join(within, reading)))
		_ = os.Remove(f.from.Local.Kept) // where it is empty
	}()
	file, err := f.read(ctx, e.Name, path)
	if err != nil {
		return "", err
	}
	other := e.Size != remote.SizeUnstated && file.Bytes != e.Size && !file.otherSize
	if file.SHA256 == known || other {
		return file.SHA256, changed(other)
	}
	there, err := f.stillThere(ctx, e.Name)
	if there {
		return file.SHA256, nil
	}
	kept, e2 := f.from.Local.keep(path, remote.Unversioned(e.Name), reading[len("reading-"):], e.ModTime)
	if e2 != nil {
		return "", errors.Join(err, e2)
	}
	return "", fault.Of(ErrTaken, "%s: it is kept in %q, and the next run takes it from there", tookAway, kept)
}

func changed(is bool) error {
	if is {
		return ErrChanged
	}
	return nil
}

// content is what was read of a file, whose server may have stated another size.
type content struct {
	spool.File
	otherSize bool
}

// read brings a file from its folder to this machine, with another try where the failure may pass.
func (f *folder) read(ctx context.Context, name, path string) (read content, err error) {
	err = f.link.Do(ctx, func(s remote.Session) (err error) {
		read, err = f.readOnce(ctx, s, name, path, nil)
		return err
	})
	return read, err
}

func (f *folder) readOnce(ctx context.Context, s remote.Session, name, path string, room *spool.Room) (read content, err error) {
	read.File, err = room.Replace(path, func(w io.Writer) error {
		_, err := s.Download(ctx, name, &capped{w, f.from.Options.MaxBytes, new(bool)})
		other, err := f.otherSize(err)
		read.otherSize = other != nil
		return err
	})
	return read, err
}

// stillThere tells whether a file is in its folder after it was read. Some servers take it away at the
// end of the session, so that the next one is asked. An error is no answer.
func (f *folder) stillThere(ctx context.Context, name string) (bool, error) {
	f.link.Drop()
	found, err := f.look(ctx, name)
	if found == nil || err != nil {
		return false, err
	}
	select {
	case <-ctx.Done():
		return false, context.Cause(ctx)
	case <-time.After(f.from.RetryWait / 4): // for what is done at the end of a session
	}
	found, err = f.look(ctx, name)
	return found != nil && err == nil, err
}

// Copied is what Copy brought.
type Copied struct {
	spool.File
	// Warning: the server took the file away, and where it is now.
	Warning error
}

// Copy writes one of Found.Files to path, whose folder has the name of the run, and takes it from
// nobody: where the server takes it away for that it is put back, or else kept for the next run. It
// ends with an error where there is more of it than may be taken.
func Copy(ctx context.Context, r Request) (c Copied, err error) {
	f := newFolder(r.From)
	defer f.link.Drop()
	err = f.link.Once(ctx, func(s remote.Session) error {
		read, err := f.readOnce(ctx, s, r.File.Name, r.Path, r.Room)
		c.File = read.File
		return err
	})
	if err == nil {
		c.Warning, err = f.restore(ctx, r)
	}
	return c, wrap(err, "read", r.File.Name, r.From)
}

// restore puts a file back that is gone now that it was read.
func (f *folder) restore(ctx context.Context, r Request) (warning, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	there, unknown := f.stillThere(ctx, r.File.Name)
	if there {
		return nil, nil
	}
	plain := remote.Unversioned(r.File.Name)
	if unknown == nil && !f.from.Options.Keep {
		if unknown = f.uploadBack(ctx, plain, r.Run, r.Path); unknown == nil {
			return errors.New(tookAway + ": it was put back again"), nil
		}
	}
	kept, err := f.from.Local.keep(r.Path, plain, r.Run, r.File.ModTime)
	if err != nil {
		return nil, errors.Join(unknown, fmt.Errorf("keep what was read: %w", err))
	}
	warning = fmt.Errorf("it is kept in %q, and the next run takes it from there", kept)
	if unknown != nil {
		warning = fault.Wrap(warning, unknown)
	}
	return fmt.Errorf("%s: %w", tookAway, warning), nil
}

// uploadBack puts content again under a name that nothing has: under a temporary name first, so that
// nobody takes half of it. It makes sure that the file is seen then: some servers take what comes for
// somebody else.
func (f *folder) uploadBack(ctx context.Context, name, run, path string) error {
	temp := name + "." + run + ".part"
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	err = f.link.Do(ctx, func(s remote.Session) error {
		if err := s.Remove(ctx, temp); err != nil && !remote.Definite(err) {
			return err
		}
		return upload(ctx, s, temp, path)
	})
	if err == nil {
		err = f.move(ctx, temp, name, temp)
	}
	if err != nil {
		_ = f.link.Once(ctx, func(s remote.Session) error { return s.Remove(ctx, temp) }) // the refusal counts
		return err
	}
	found, err := f.await(ctx, name)
	if err != nil || found != nil && found.Holds(info.Size()) {
		return err
	}
	if versioned, err := f.version(ctx, name); err != nil || versioned != "" {
		return err
	}
	return errors.New("the server does not show what was put back")
}
