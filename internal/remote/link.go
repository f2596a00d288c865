package remote

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// ErrNoFolder: the folder of the remote is missing. That is never fs.ErrNotExist, which is the
// answer about a file: a folder that is missing says nothing about what is in it.
var ErrNoFolder = errors.New("no such folder")

// noFolder is the error of Open that is ErrNoFolder.
type noFolder struct{ error }

// Error tells both.
func (e noFolder) Error() string { return fmt.Sprintf("%v: %v", ErrNoFolder, e.error) }

// Is finds ErrNoFolder in the place of fs.ErrNotExist.
func (e noFolder) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		return false
	case ErrNoFolder:
		return true
	}
	return errors.Is(e.error, target)
}

// As finds what the error of Open holds.
func (e noFolder) As(target any) bool { return errors.As(e.error, target) }

// Link carries out operations on a remote over as many sessions as it takes. It is used by one
// goroutine at a time, and to be dropped at its end.
type Link struct {
	Remote   Remote
	Attempts Attempts
	// Missing, if set, makes the folder where it is missing.
	Missing func(ctx context.Context) error

	session Session // nil when there is no usable one
	// entered: the server has let us in at least once.
	entered bool
}

// Open returns the session, and opens it if there is none. The error is that of the remote, or
// ErrNoFolder.
func (l *Link) Open(ctx context.Context) (Session, error) {
	if l.session != nil {
		return l.session, nil
	}
	s, err := l.Remote.Open(ctx)
	if errors.Is(err, fs.ErrNotExist) && l.Missing != nil {
		if err = l.Missing(ctx); err == nil {
			s, err = l.Remote.Open(ctx)
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, noFolder{err}
	case err != nil:
		return nil, err
	}
	l.session, l.entered = s, true
	return s, nil
}

// Drop ends the session, if there is one.
func (l *Link) Drop() {
	if l.session != nil {
		_ = l.session.Close() // every answer that counts was had already
		l.session = nil
	}
}

// Once runs op on the session, and drops it after an error that may have broken it.
func (l *Link) Once(ctx context.Context, op func(Session) error) error {
	s, err := l.Open(ctx)
	if err != nil {
		return err
	}
	err = op(s)
	if err != nil && !Definite(err) {
		l.Drop()
	}
	return err
}

// Do is Once, again on a new session where the failure may pass. So op must bear that it was
// carried out before and its answer lost.
func (l *Link) Do(ctx context.Context, op func(Session) error) error {
	return l.Attempts.Retry(ctx, func() error { return l.Once(ctx, op) }, l.MayPass)
}

// MayPass tells whether another attempt can do better, and does no harm. A server that ends
// the connection during the login may mean that the password is wrong, unless it has let us
// in before.
func (l *Link) MayPass(err error) bool {
	return errors.Is(err, ErrTemporary) || errors.Is(err, ErrLoginCut) && l.entered
}

// Shut tells whether the server does not let us in. Trying again would do harm: accounts get
// locked.
func (l *Link) Shut(err error) bool {
	for _, refusal := range []error{ErrAuth, ErrHostKey, ErrCertificate} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return errors.Is(err, ErrLoginCut) && !l.entered
}

// Look returns the entry under name, or nil when there is none.
func Look(ctx context.Context, s Session, name string) (*Entry, error) {
	entry, err := s.Stat(ctx, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &entry, nil
}
