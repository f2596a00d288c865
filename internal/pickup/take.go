package pickup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

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
	// Name is the one that it came under.
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

	hand *hand
}

// There reports whether the content is known to be on the remote too: the file was put away or
// given back, and the server did not take it away when it was read.
func (t *Taken) There() bool {
	if t.Warning != nil {
		return false // such as that it is not in its place
	}
	switch t.hand.record.Step {
	case StepSettled:
		// After a restart nobody knows whether a file that was left in its folder was taken away.
		return t.hand.record.Place != "" || t.hand.from.Options.Keep && t.Path != ""
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
	h := newHand(r.From, r.Journal, Record{
		Flow: r.Flow, Remote: r.From.Name, Name: r.File.Name, Size: r.File.Size, ModTime: precise(r.File.ModTime),
		Run: r.Run, Step: StepClaimed, At: time.Now().UTC(),
	})
	h.path, h.room = r.Path, r.Room
	defer h.drop()
	if err := h.take(ctx); err != nil {
		return nil, wrap(err, "take", r.File.Name, r.From)
	}
	return h.taken(), nil
}

// hand carries a file from one place to the next.
type hand struct {
	link
	journal Journal
	// record is what the journal holds.
	record    Record
	path      string
	room      *spool.Room
	duplicate string
	warning   error
	// bytes is the length of what was fetched, which the server need not have stated; reading:
	// some of it has come.
	bytes   int64
	reading bool
}

func newHand(from Source, j Journal, r Record) *hand {
	return &hand{link: link{from: from.withDefaults()}, journal: j, record: r, bytes: r.Size}
}

func (h *hand) taken() *Taken {
	return &Taken{
		Name: h.record.Name, Path: h.path, Bytes: h.bytes, SHA256: h.record.SHA256, ModTime: h.record.ModTime,
		Place: h.record.Place, Duplicate: h.duplicate, Warning: h.warning, hand: h,
	}
}

// own is the file's place in in-progress/, where nothing else has its name.
func (h *hand) own() string { return inProgress + "/" + withRun(h.record.Name, h.record.Run) }

func (h *hand) take(ctx context.Context) error {
	// Whoever is not let in has not claimed anything.
	if err := h.do(ctx, func(remote.Session) error { return nil }); err != nil {
		return err
	}
	claimed, err := h.journal.Claim(ctx, h.record)
	if err != nil {
		return fmt.Errorf("claim: %w", err)
	}
	if !claimed {
		return ErrTaken
	}
	err = h.bring(ctx)
	if err == nil {
		return nil
	}
	_ = os.Remove(h.path) // may not have been made
	if h.shut(err) {
		return err
	}
	if errors.Is(err, ErrVanished) {
		return errors.Join(err, h.abandon(context.WithoutCancel(ctx)))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	if e := h.release(ctx); e != nil {
		err = errors.Join(err, fmt.Errorf("give back: %w", e))
	}
	return err
}

func (h *hand) bring(ctx context.Context) error {
	if !h.from.Options.Keep {
		if err := h.moveIn(ctx); err != nil {
			return err
		}
	}
	if err := h.fetch(ctx); err != nil {
		return err
	}
	if h.from.Options.Marker != "" && !h.from.Options.Keep {
		h.warn(h.unmark(ctx), "remove the marker")
	}
	return nil
}

func (h *hand) warn(err error, what string) {
	if err != nil {
		h.warning = errors.Join(h.warning, fmt.Errorf("%s: %w", what, err))
	}
}

// moveIn moves the file to in-progress/, or leaves it where the server refuses.
func (h *hand) moveIn(ctx context.Context) error {
	err := h.makeFolder(ctx, inProgress)
	if err == nil {
		err = h.move(ctx, h.record.Name, h.own(), h.own())
	}
	if err == nil {
		h.record.Place = h.own()
		return h.save(ctx, StepMoved)
	}
	if !h.refused(ctx, err) {
		return err
	}
	found, e := h.look(ctx, h.record.Name)
	switch {
	case e != nil:
		return e
	case found == nil:
		return ErrTaken
	}
	h.warn(err, "the file stays in its folder")
	return nil
}

func (h *hand) makeFolder(ctx context.Context, folder string) error {
	return h.do(ctx, func(s remote.Session) error { return s.MakeFolder(ctx, folder) })
}

// place is where the file is now.
func (h *hand) place() string {
	if h.record.Place != "" {
		return h.record.Place
	}
	return h.record.Name
}

// fetch downloads the file and makes sure that it stayed what it is meanwhile. One that the
// server takes away because it was read is fetched all the same.
func (h *hand) fetch(ctx context.Context) error {
	before, err := h.stand(ctx)
	if err != nil {
		return err
	}
	if before.Size != h.record.Size || !before.Regular {
		return ErrChanged
	}
	sum, err := h.download(ctx)
	if err != nil && !h.refused(ctx, err) {
		return err
	}
	after, e := h.look(ctx, h.place())
	switch {
	case e != nil && err == nil && h.refused(ctx, e):
		// What is whole is not lost because the server does not tell what became of it.
	case e != nil:
		return errors.Join(err, e)
	case after == nil && err == nil:
		h.warn(errors.New("the file was read whole, and is applied"), "the server took the file away once it was read")
		h.record.Place = ""
	case after == nil && !h.reading && h.record.Place == "":
		return ErrTaken
	case after == nil:
		return fmt.Errorf("%w while it was read: ask for it to be sent again: %w", ErrVanished, err)
	case !same(*before, *after):
		if err = errors.Join(h.unchanged(ctx, *before, *after, sum), err); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	// Asked before our own record holds the hash.
	run, seen, err := h.journal.Seen(ctx, h.record.Flow, sum)
	if err != nil {
		return fmt.Errorf("ask the journal: %w", err)
	}
	if seen {
		h.duplicate = run
	}
	h.record.SHA256 = sum
	return h.save(ctx, StepFetched)
}

// unchanged fetches a file a second time where only its time changed: some servers state the
// present for every time.
func (h *hand) unchanged(ctx context.Context, before, after remote.Entry, sum string) error {
	if before.Size != after.Size || !after.Regular || sum == "" {
		return ErrChanged
	}
	again, err := h.download(ctx)
	if err == nil && again != sum {
		err = ErrChanged
	}
	return err
}

// stand returns the entry of the file, or ErrTaken when it is gone. After a move that the server
// has answered for it is looked for in both places, and for some time: it may be seen late, or
// not have been moved at all.
func (h *hand) stand(ctx context.Context) (*remote.Entry, error) {
	if h.record.Place == "" {
		found, err := h.look(ctx, h.record.Name)
		if err == nil && found == nil {
			err = ErrTaken
		}
		return found, err
	}
	found, err := h.await(ctx, h.record.Place)
	if err != nil || found != nil {
		return found, err
	}
	if found, err = h.look(ctx, h.record.Name); err != nil {
		return nil, err
	}
	if found == nil {
		return nil, fmt.Errorf("%w: the server answered that it moved it to %q, and shows it neither there nor under its name: look for it there", ErrVanished, h.record.Place)
	}
	h.warn(fmt.Errorf("it answered that it moved it to %q, and did not", h.record.Place), "the file stays in its folder")
	h.record.Place = ""
	return found, h.save(ctx, StepClaimed)
}

// await looks for a file at a place for some time. It returns nil when it is not seen.
func (h *hand) await(ctx context.Context, place string) (found *remote.Entry, err error) {
	_, err = remote.Attempts{Wait: h.from.RetryWait}.Seen(ctx, func() (bool, error) {
		found, err = h.look(ctx, place)
		return found != nil, err
	})
	return found, err
}

// abandon ends the taking of a file that is in none of its places, so that it does not stand in
// the way of others, and may be taken if it comes back.
func (h *hand) abandon(ctx context.Context) error {
	h.record.Place, h.record.SHA256 = h.own(), ""
	return h.save(ctx, StepSettled)
}

// download writes the file to the spool and returns its hash.
func (h *hand) download(ctx context.Context) (sum string, err error) {
	err = h.do(ctx, func(s remote.Session) (err error) {
		sum, err = h.downloadOnce(ctx, s)
		return err
	})
	return sum, err
}

func (h *hand) downloadOnce(ctx context.Context, s remote.Session) (sum string, err error) {
	most := h.record.Size
	if most == remote.SizeUnstated {
		most = h.from.Options.MaxBytes
	}
	file, err := h.room.Replace(h.path, func(w io.Writer) error {
		n, err := s.Download(ctx, h.place(), &capped{w, most, &h.reading})
		if err == nil && n != h.record.Size && h.record.Size != remote.SizeUnstated {
			return ErrChanged
		}
		return err
	})
	if err != nil {
		return "", err
	}
	h.bytes = file.Bytes
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
