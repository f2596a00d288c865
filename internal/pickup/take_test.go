package pickup_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lucca-exchange/internal/pickup"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/dir"
	"lucca-exchange/internal/sandbox/partner"
)

// meddler does something in the middle of the first download.
type meddler struct {
	remote.Remote
	do func()
}

func (m *meddler) Open(ctx context.Context) (remote.Session, error) {
	s, err := m.Remote.Open(ctx)
	return meddlerSession{s, m}, err
}

type meddlerSession struct {
	remote.Session
	meddler *meddler
}

func (s meddlerSession) Download(ctx context.Context, name string, dst io.Writer) (int64, error) {
	n, err := s.Session.Download(ctx, name, dst)
	if do := s.meddler.do; do != nil {
		s.meddler.do = nil
		do()
	}
	return n, err
}

// TestAFileThatChangesWhileItIsReadIsGivenBack: T19.
func TestAFileThatChangesWhileItIsReadIsGivenBack(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		for name, content := range map[string]string{"grows": "one, two", "shrinks": "o", "replaced, same size": "two"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t)
				s.from.Options.Keep = keep
				s.plant("users.csv", "one")
				s.age("users.csv", time.Now().Add(-time.Minute))
				file := s.look().Files[0]
				place := map[bool]string{false: "in-progress/users.r1.csv", true: "users.csv"}[keep]
				// The writer has the file open: it writes on wherever the file is moved to.
				s.from.Remote = &meddler{Remote: s.from.Remote, do: func() { s.plant(place, content) }}
				if _, err := pickup.Take(t.Context(), s.request(file)); !errors.Is(err, pickup.ErrChanged) {
					t.Errorf("take: %v", err)
				}
				s.want(map[string]string{"users.csv": content})
				if spool, _ := os.ReadDir(s.spool); len(spool) != 0 {
					t.Errorf("the spool holds %v", spool)
				}
				if taken := s.take(); taken.SHA256 != hash(content) {
					t.Errorf("taken = %+v", taken)
				}
			})
		}
	}
}

func TestAFileThatChangedSinceTheLookIsGivenBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.plant("users.csv", "one")
	file := s.look().Files[0]
	s.plant("users.csv", "one, two")
	if _, err := pickup.Take(t.Context(), s.request(file)); !errors.Is(err, pickup.ErrChanged) {
		t.Errorf("take: %v", err)
	}
	s.want(map[string]string{"users.csv": "one, two"})
}

// TestManyRunsTakeAFileOnce: T21.
func TestManyRunsTakeAFileOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ keep, shared bool }{
		"one journal": {false, true}, "one journal, in place": {true, true}, "a journal each": {false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.from.Options.Keep = tt.keep
			s.plant("users.csv", "one")
			file := s.look().Files[0]
			var mu sync.Mutex
			var all sync.WaitGroup
			got, lost := 0, 0
			for range 8 {
				r := s.request(file)
				if !tt.shared {
					r.Journal = &journal{}
				}
				all.Go(func() {
					_, err := pickup.Take(t.Context(), r)
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err == nil:
						got++
					case errors.Is(err, pickup.ErrTaken):
						lost++
					default:
						t.Errorf("take: %v", err)
					}
				})
			}
			all.Wait()
			if got != 1 || lost != 7 {
				t.Errorf("taken %d times, refused %d times", got, lost)
			}
		})
	}
}

// readOnly is an account that may only read, or not make folders, or has a file where a folder
// should be.
type readOnly struct {
	remote.Remote
	refuse func(op, name string) error
}

func (r readOnly) Open(ctx context.Context) (remote.Session, error) {
	s, err := r.Remote.Open(ctx)
	return readOnlySession{s, r.refuse}, err
}

type readOnlySession struct {
	remote.Session
	refuse func(op, name string) error
}

func (s readOnlySession) MakeFolder(ctx context.Context, sub string) error {
	if err := s.refuse("mkdir", sub); err != nil {
		return err
	}
	return s.Session.MakeFolder(ctx, sub)
}

func (s readOnlySession) Rename(ctx context.Context, from, to string) error {
	if err := s.refuse("move", to); err != nil {
		return err
	}
	return s.Session.Rename(ctx, from, to)
}

func (s readOnlySession) Upload(ctx context.Context, name string, src io.Reader, size int64) error {
	if err := s.refuse("upload", name); err != nil {
		return err
	}
	return s.Session.Upload(ctx, name, src, size)
}

// TestRefusalsEndInNoLoop: T22. Whatever the account may not do, the file is taken once, and
// the refusal is said.
func TestRefusalsEndInNoLoop(t *testing.T) {
	t.Parallel()
	bare := errors.New("the server says no and nothing else")
	for name, tt := range map[string]struct {
		refuse func(op, name string) error
		want   map[string]string
	}{
		"read only": {func(string, string) error { return remote.ErrPermission }, map[string]string{"users.csv": "one"}},
		"no folders": {func(op, _ string) error {
			if op == "mkdir" {
				return remote.ErrPermission
			}
			return nil
		}, map[string]string{"users.csv": "one"}},
		"no rename": {func(op, _ string) error {
			if op == "move" {
				return bare
			}
			return nil
		}, map[string]string{"users.csv": "one", "processed/users.r1.csv.report.csv": "report"}},
		"processed is not to be made": {func(op, name string) error {
			if op == "mkdir" && name == "processed" {
				return bare
			}
			return nil
		}, map[string]string{"in-progress/users.r1.csv": "one"}},
		"processed is not to be written": {func(op, name string) error {
			if strings.HasPrefix(name, "processed") || op == "upload" {
				return remote.ErrPermission
			}
			return nil
		}, map[string]string{"in-progress/users.r1.csv": "one"}},
		"no uploads": {func(op, _ string) error {
			if op == "upload" {
				return remote.ErrNoSpace
			}
			return nil
		}, map[string]string{"processed/users.csv": "one"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.from.Remote = readOnly{s.from.Remote, tt.refuse}
			s.plant("users.csv", "one")
			taken := s.take()
			settled := s.settle(taken, pickup.Processed, s.attachment(pickup.ReportSuffix, "report"))
			if taken.Warning == nil && settled.Warning == nil {
				t.Error("nobody is told")
			}
			s.want(tt.want)
			if found := s.look(); len(found.Files) != 0 {
				t.Errorf("found again: %+v", found.Files)
			}
			if left, err := pickup.Recover(t.Context(), s.from, s.journal, flow); err != nil || len(left.Fetched)+len(left.Released) > 0 {
				t.Errorf("recovered %+v, %v", left, err)
			}
		})
	}
}

func TestAFolderThatIsAFile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.plant("in-progress", "x")
	s.plant("users.csv", "one")
	taken := s.take()
	if taken.Place != "" || taken.Warning == nil {
		t.Errorf("taken = %+v", taken)
	}
	s.settle(taken, pickup.Processed)
	s.want(map[string]string{"in-progress": "x", "users.csv": "one"})
	if found := s.look(); len(found.Files) != 0 {
		t.Errorf("found again: %+v", found.Files)
	}
}

// TestALinkThatLeadsOut: the folders are never those of somebody else.
func TestALinkThatLeadsOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(s.folder, "in-progress")); err != nil {
		t.Fatal(err)
	}
	s.plant("users.csv", "one")
	if taken := s.take(); taken.Place != "" || taken.Warning == nil {
		t.Errorf("taken = %+v", taken)
	}
	if left := filesOf(t, outside); len(left) != 0 {
		t.Errorf("outside there is %v", left)
	}
}

func TestCanceledTakesNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.plant("users.csv", "one")
	file := s.look().Files[0]
	stopped := errors.New("stopped by the test")
	ctx, cancel := context.WithCancelCause(t.Context())
	s.from.Remote = &meddler{Remote: s.from.Remote, do: func() { cancel(stopped) }}
	if _, err := pickup.Take(ctx, s.request(file)); !errors.Is(err, stopped) {
		t.Errorf("take: %v", err)
	}
	s.want(map[string]string{"users.csv": "one"})
	s.from.Remote = dir.New(dir.Config{Dir: s.folder})
	if taken := s.take(); taken.SHA256 != hash("one") {
		t.Errorf("taken = %+v", taken)
	}
}

// lostMove carries the first move out and loses its answer; then does something.
type lostMove struct {
	remote.Remote
	then func()
}

func (l *lostMove) Open(ctx context.Context) (remote.Session, error) {
	s, err := l.Remote.Open(ctx)
	return lostMoveSession{s, l}, err
}

type lostMoveSession struct {
	remote.Session
	lost *lostMove
}

func (s lostMoveSession) Rename(ctx context.Context, from, to string) error {
	err := s.Session.Rename(ctx, from, to)
	if then := s.lost.then; then != nil {
		s.lost.then = nil
		then()
		return remote.ErrTemporary
	}
	return err
}

// TestAMoveIsNotRepeatedOntoAnotherFile: the server renames over existing files, and the
// next file came before the move was tried again.
func TestAMoveIsNotRepeatedOntoAnotherFile(t *testing.T) {
	t.Parallel()
	v := startPartner(t, partner.Quirks{NoPosixRename: true, RenameOverwrites: true})
	s := v.through(t, v.addr)
	s.plant("users.csv", "one")
	file := s.look().Files[0]
	s.from.Remote = &lostMove{Remote: s.from.Remote, then: func() { s.plant("users.csv", "two") }}
	taken, err := pickup.Take(t.Context(), s.request(file))
	if err != nil || taken.SHA256 != hash("one") {
		t.Errorf("taken = %+v, %v", taken, err)
	}
	s.want(map[string]string{"users.csv": "two", "in-progress/users.r1.csv": "one"})
}
