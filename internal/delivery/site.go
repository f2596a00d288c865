package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// site is the remote as one delivery finds it, and the record of what the delivery has done there.
type site struct {
	target  Target
	journal Journal
	link    remote.Link
	// record is what the journal holds.
	record Record
	// renaming: a rename was sent whose answer is lost.
	renaming bool
	// leftover is a file of ours, or the old one, that the server would not remove.
	leftover string
}

func newSite(to Target, j Journal, r Record) *site {
	to.Options = to.Options.withDefaults()
	return &site{target: to, journal: j, record: r, link: remote.Link{Remote: to.Remote, Attempts: to.Options.retries()}}
}

// open makes sure that there is a session. A folder that is missing is made for a delivery that has
// not begun.
func (s *site) open(ctx context.Context) (remote.Session, error) {
	s.link.Missing = nil
	if s.target.Options.CreateDir && s.record.Step == "" {
		s.link.Missing = s.createDir
	}
	session, err := s.link.Open(ctx)
	if err == nil {
		s.record.Peer = session.Peer()
	}
	return session, err
}

// ask runs op on a session.
func (s *site) ask(ctx context.Context, op func(remote.Session) error) error {
	if _, err := s.open(ctx); err != nil {
		return err
	}
	return s.link.Once(ctx, op)
}

func (s *site) createDir(ctx context.Context) error {
	creator, ok := s.target.Remote.(remote.Creator)
	if !ok {
		return fmt.Errorf("create the folder by this type of remote: %w", errors.ErrUnsupported)
	}
	return creator.Create(ctx)
}

// look returns the entry under name, or nil when there is none.
func (s *site) look(ctx context.Context, name string) (found *remote.Entry, err error) {
	err = s.ask(ctx, func(session remote.Session) (err error) {
		found, err = remote.Look(ctx, session, name)
		return err
	})
	return found, err
}

func (s *site) rename(ctx context.Context, from, to string) error {
	return s.ask(ctx, func(session remote.Session) error { return session.Rename(ctx, from, to) })
}

// remove deletes one of our own files, which may be gone already.
func (s *site) remove(ctx context.Context, name string) error {
	err := s.ask(ctx, func(session remote.Session) error { return session.Remove(ctx, name) })
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// removeOurs deletes one of our own files, or leaves it where the account may not delete:
// that is no reason to stop.
func (s *site) removeOurs(ctx context.Context, name string) error {
	err := s.remove(ctx, name)
	if err != nil && remote.Definite(err) {
		s.leftover = name
		return nil
	}
	return err
}

// seen waits for some time until a file is there, or is not. Where the server does not tell, it is
// believed.
func (s *site) seen(ctx context.Context, name string, there bool) (bool, error) {
	patience := s.target.Options.retries()
	return patience.Seen(ctx, func() (bool, error) {
		found, err := s.look(ctx, name)
		if err != nil && remote.Definite(err) {
			return !there, nil
		}
		return (found != nil) == there, err
	})
}

// await looks for a file for some time. It returns nil when it is not seen.
func (s *site) await(ctx context.Context, name string) (found *remote.Entry, err error) {
	_, err = s.target.Options.retries().Seen(ctx, func() (bool, error) {
		found, err = s.look(ctx, name)
		return found != nil, err
	})
	return found, err
}

// result returns what stands under the final name, or nil. A server may show the file, or its size,
// some time after it has answered for it.
func (s *site) result(ctx context.Context) (found *remote.Entry, err error) {
	_, err = s.target.Options.retries().Seen(ctx, func() (bool, error) {
		found, err = s.look(ctx, s.record.Name)
		return found != nil && found.Holds(s.record.Bytes), err
	})
	return found, err
}

// whole tells whether the new file stands under its name, byte for byte.
func (s *site) whole(ctx context.Context) (bool, error) {
	if s.target.WriteOnly {
		return false, nil
	}
	found, err := s.look(ctx, s.record.Name)
	if err != nil || found == nil || !found.Regular || !found.Holds(s.record.Bytes) {
		return false, err
	}
	sum := sha256.New()
	err = s.ask(ctx, func(session remote.Session) error {
		_, err := session.Download(ctx, s.record.Name, remote.AtMost(sum, s.record.Bytes))
		return err
	})
	if err != nil && (remote.Definite(err) || errors.Is(err, remote.ErrLonger)) {
		return false, nil
	}
	return err == nil && hex.EncodeToString(sum.Sum(nil)) == s.record.SHA256, err
}

// ErrUnseen: nobody can tell whether the file before was fetched, which Request.Keep asks for.
var ErrUnseen = errors.New("the server does not tell whether the file before was fetched")

// free makes sure that no other file than the new one stands under the final name.
func (s *site) free(ctx context.Context) error {
	if s.target.WriteOnly {
		return nil
	}
	found, err := s.look(ctx, s.record.Name)
	switch {
	case err != nil && remote.Definite(err):
		// Which is no refusal of the file.
		return fault.Hint(fault.Of(ErrUnseen, "%v", err), "give each file a name of its own, such as with {date} and {time}, and set write_only: true")
	case err != nil || found == nil:
		return err
	}
	if whole, err := s.whole(ctx); whole || err != nil {
		return err
	}
	return ErrUnfetched
}

// save puts the step into the journal, before it is taken.
func (s *site) save(ctx context.Context, step Step) error {
	next := s.record
	next.Step, next.At = step, time.Now().UTC()
	if err := s.journal.Save(ctx, next); err != nil {
		return fmt.Errorf("record step %s: %w", step, journalError{err})
	}
	s.record = next
	return nil
}
