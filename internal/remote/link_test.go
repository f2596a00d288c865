package remote_test

import (
	"context"
	"errors"
	"io/fs"
	"testing"
	"testing/synctest"
	"time"

	"lucca-exchange/internal/remote"
)

// opening answers each Open by the next of its errors.
type opening struct {
	errs   []error
	opened int
}

func (o *opening) Open(context.Context) (remote.Session, error) {
	err := o.errs[min(o.opened, len(o.errs)-1)]
	o.opened++
	return nothing{}, err
}

// nothing is a session that can be closed.
type nothing struct{ remote.Session }

func (nothing) Close() error { return nil }

// TestALinkKeepsItsSessionWhereThatIsSound: an answer leaves it usable, a failure does not.
func TestALinkKeepsItsSessionWhereThatIsSound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for answer, want := range map[error]int{fs.ErrNotExist: 1, remote.ErrPermission: 1, remote.ErrTemporary: 3, errors.New("breach"): 2} {
			o := &opening{errs: []error{nil}}
			l := remote.Link{Remote: o, Attempts: remote.Attempts{Max: 2, Wait: time.Second}}
			for range 2 {
				first := true
				err := l.Do(t.Context(), func(remote.Session) error {
					if first {
						first = false
						return answer
					}
					return nil
				})
				if (err == nil) != errors.Is(answer, remote.ErrTemporary) {
					t.Errorf("%v: ended with %v", answer, err)
				}
			}
			l.Drop()
			if o.opened != want {
				t.Errorf("%v: %d sessions, want %d", answer, o.opened, want)
			}
		}
	})
}

// TestAMissingFolderIsNoMissingFile: whoever asked for a file would believe it gone.
func TestAMissingFolderIsNoMissingFile(t *testing.T) {
	t.Parallel()
	l := remote.Link{Remote: &opening{errs: []error{fs.ErrNotExist}}}
	err := l.Once(t.Context(), func(remote.Session) error { return nil })
	if errors.Is(err, fs.ErrNotExist) || !errors.Is(err, remote.ErrNoFolder) || remote.Definite(err) {
		t.Errorf("error = %v, want ErrNoFolder alone", err)
	}
}

// TestALoginThatIsCutCountsOnlyTheFirstTime: some servers tell a wrong password in no other way.
func TestALoginThatIsCutCountsOnlyTheFirstTime(t *testing.T) {
	t.Parallel()
	l := remote.Link{Remote: &opening{errs: []error{nil, remote.ErrLoginCut}}}
	if l.MayPass(remote.ErrLoginCut) || !l.Shut(remote.ErrLoginCut) {
		t.Error("one that was never let in may try again")
	}
	if _, err := l.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !l.MayPass(remote.ErrLoginCut) || l.Shut(remote.ErrLoginCut) {
		t.Error("one that was let in before may not try again")
	}
}
