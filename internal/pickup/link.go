package pickup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"lucca-exchange/internal/remote"
)

// link carries out operations on a source, over as many connections as it takes.
type link struct {
	from    Source
	session remote.Session // nil when there is no usable one
	// entered: the server has let us in at least once.
	entered bool
}

func (l *link) drop() {
	if l.session != nil {
		_ = l.session.Close() // every answer that counts was had already
		l.session = nil
	}
}

// do runs op, again on a new connection where the failure may pass. So op must bear that it
// was carried out before and its answer lost.
func (l *link) do(ctx context.Context, op func(remote.Session) error) error {
	return remote.Attempts{Max: l.from.Attempts, Wait: l.from.RetryWait}.Retry(ctx, func() error { return l.once(ctx, op) }, l.mayPass)
}

func (l *link) once(ctx context.Context, op func(remote.Session) error) error {
	if l.session == nil {
		s, err := l.from.Remote.Open(ctx)
		if errors.Is(err, fs.ErrNotExist) {
			// A folder that is missing says nothing about the file.
			return fmt.Errorf("%w: %s", ErrNoFolder, err.Error())
		}
		if err != nil {
			return err
		}
		l.session, l.entered = s, true
	}
	err := op(l.session)
	if err != nil && !remote.Definite(err) {
		l.drop()
	}
	return err
}

// mayPass tells whether another attempt can do better, and does no harm. A server that ends
// the connection during the login may mean that the password is wrong, unless it has let us
// in before.
func (l *link) mayPass(err error) bool {
	return errors.Is(err, remote.ErrTemporary) || errors.Is(err, remote.ErrLoginCut) && l.entered
}

// refused tells whether the server would not do what it was asked to, and all is well
// otherwise.
func (l *link) refused(ctx context.Context, err error) bool {
	return ctx.Err() == nil && !l.mayPass(err) && !l.shut(err)
}

// shut tells whether the server does not let us in. Trying again would do harm: accounts get
// locked.
func (l *link) shut(err error) bool {
	for _, refusal := range []error{remote.ErrAuth, remote.ErrHostKey, remote.ErrCertificate, remote.ErrLoginCut, ErrNoFolder} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// stat returns the entry at a place, or nil when there is none.
func stat(ctx context.Context, s remote.Session, place string) (*remote.Entry, error) {
	entry, err := s.Stat(ctx, place)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &entry, nil
}

// look is stat with another try where the failure may pass.
func (l *link) look(ctx context.Context, place string) (found *remote.Entry, err error) {
	err = l.do(ctx, func(s remote.Session) (err error) {
		found, err = stat(ctx, s, place)
		return err
	})
	return found, err
}

// move renames a file. own is the end of the two that is in in-progress/, under a name that
// nobody else has: where an answer is lost or says nothing, it tells what came of it.
func (l *link) move(ctx context.Context, from, to, own string) error {
	unsure := false
	err := l.do(ctx, func(s remote.Session) error {
		if unsure {
			found, err := stat(ctx, s, own)
			if err != nil || (found != nil) == (own == to) {
				return err
			}
		}
		unsure = true
		return s.Rename(ctx, from, to)
	})
	if err == nil || !l.refused(ctx, err) {
		return err
	}
	found, e := l.look(ctx, own)
	if e == nil && (found != nil) == (own == to) {
		return nil
	}
	return errors.Join(err, e)
}
