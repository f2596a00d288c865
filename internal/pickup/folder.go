package pickup

import (
	"context"
	"errors"

	"lucca-exchange/internal/remote"
)

// folder is the remote that files come from.
type folder struct {
	from Source
	link remote.Link
}

func newFolder(from Source) *folder {
	from = from.withDefaults()
	return &folder{from: from, link: remote.Link{Remote: from.Remote, Attempts: remote.Attempts{Max: from.Attempts, Wait: from.RetryWait}}}
}

// refused tells whether the server would not do what it was asked to, and all is well
// otherwise.
func (f *folder) refused(ctx context.Context, err error) bool {
	return ctx.Err() == nil && !f.link.MayPass(err) && !f.shut(err)
}

// shut tells whether the server does not let us in, or not to the folder.
func (f *folder) shut(err error) bool {
	return f.link.Shut(err) || errors.Is(err, remote.ErrLoginCut) || errors.Is(err, ErrNoFolder)
}

// otherSize takes an error of a download apart: that a file has another size than the server states is
// none by itself. The session is not used any more.
func (f *folder) otherSize(err error) (*remote.OtherSizeError, error) {
	other, ok := errors.AsType[remote.OtherSizeError](err)
	if !ok {
		return nil, err
	}
	f.link.Drop()
	return &other, nil
}

// look returns the entry at a place, or nil when there is none, with another try where the failure may pass.
func (f *folder) look(ctx context.Context, place string) (found *remote.Entry, err error) {
	err = f.link.Do(ctx, func(s remote.Session) (err error) {
		found, err = remote.Look(ctx, s, place)
		return err
	})
	return found, err
}

// move renames a file. own is the end of the two that is in in-progress/, under a name that
// nobody else has: where an answer is lost or says nothing, it tells what came of it.
func (f *folder) move(ctx context.Context, from, to, own string) error {
	unsure := false
	err := f.link.Do(ctx, func(s remote.Session) error {
		if unsure {
			found, err := remote.Look(ctx, s, own)
			if err != nil || (found != nil) == (own == to) {
				return err
			}
		}
		unsure = true
		return s.Rename(ctx, from, to)
	})
	if err == nil || !f.refused(ctx, err) {
		return err
	}
	found, e := f.look(ctx, own)
	if e == nil && (found != nil) == (own == to) {
		return nil
	}
	return errors.Join(err, e)
}

// version is where a file is that got a version added to its name when it was moved to a place that
// nothing else has; empty when there is none.
func (f *folder) version(ctx context.Context, place string) (found string, err error) {
	err = f.link.Do(ctx, func(s remote.Session) (err error) {
		found, err = remote.Versioned(ctx, s, place)
		return err
	})
	if err != nil && f.refused(ctx, err) {
		return "", nil // what is not shown has none
	}
	return found, err
}

// list returns what is in a folder, the configured one where it is empty, under names that can be used.
func (f *folder) list(ctx context.Context, sub string) (entries []remote.Entry, err error) {
	err = f.link.Do(ctx, func(s remote.Session) (err error) {
		entries, err = s.List(ctx, sub)
		return err
	})
	if _, left := errors.AsType[remote.LeftOutError](err); left {
		err = nil
	}
	return entries, err
}

// await looks for a file at a place for some time. It returns nil when it is not seen.
func (f *folder) await(ctx context.Context, place string) (found *remote.Entry, err error) {
	_, err = f.link.Attempts.Seen(ctx, func() (bool, error) {
		found, err = f.look(ctx, place)
		return found != nil, err
	})
	return found, err
}
