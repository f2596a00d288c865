package delivery_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/dir"
	"lucca-exchange/internal/sandbox/partner"
)

// TestRecoverFromEveryState plants what a crash can leave, for each step.
func TestRecoverFromEveryState(t *testing.T) {
	t.Parallel()
	const temp, backup = name + ".r1.part", name + ".r1.bak"
	for _, tt := range []struct {
		name  string
		step  delivery.Step
		files map[string]string
		want  delivery.Step
		left  map[string]string
	}{
		{"nothing uploaded yet", delivery.StepUploading, map[string]string{name: "old"}, delivery.StepFailed, onlyOld},
		{"half uploaded", delivery.StepUploading, map[string]string{name: "old", temp: "half"}, delivery.StepFailed, onlyOld},
		{"half uploaded the first time", delivery.StepUploading, map[string]string{temp: "half"}, delivery.StepFailed, nothing},
		{"before the rename", delivery.StepUploaded, map[string]string{name: "old", temp: "new"}, delivery.StepFailed, onlyOld},
		{"after the rename", delivery.StepUploaded, map[string]string{name: "new"}, delivery.StepDelivered, onlyNew},
		{"picked up after the rename, or removed before it", delivery.StepUploaded, nothing, delivery.StepFailed, nothing},
		{"removed before the rename", delivery.StepUploaded, map[string]string{name: "old"}, delivery.StepFailed, onlyOld},
		{"before the old file is moved", delivery.StepReplacing, map[string]string{name: "old", temp: "new"}, delivery.StepFailed, onlyOld},
		{"between the moves", delivery.StepReplacing, map[string]string{backup: "old", temp: "new"}, delivery.StepDelivered, onlyNew},
		{"after the moves", delivery.StepReplacing, map[string]string{name: "new", backup: "old"}, delivery.StepDelivered, onlyNew},
		{"after the moves and picked up", delivery.StepReplacing, map[string]string{backup: "old"}, delivery.StepDelivered, nothing},
		{"the old file was picked up", delivery.StepReplacing, map[string]string{temp: "new"}, delivery.StepDelivered, onlyNew},
		{"after all", delivery.StepReplacing, map[string]string{name: "new"}, delivery.StepDelivered, onlyNew},
		{"giving up, nothing undone", delivery.StepUndoing, map[string]string{backup: "old", temp: "new"}, delivery.StepFailed, onlyOld},
		{"giving up, old file back", delivery.StepUndoing, map[string]string{name: "old", temp: "new"}, delivery.StepFailed, onlyOld},
		{"giving up, all undone", delivery.StepUndoing, map[string]string{name: "old"}, delivery.StepFailed, onlyOld},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, partner.Quirks{NoPosixRename: true}, true)
			for file, content := range tt.files {
				s.plant(file, map[string][]byte{"old": oldFile, "new": newFile, "half": newFile[:1000]}[content])
			}
			r := delivery.Record{Run: "r1", Remote: "skillup", Name: name, Temp: temp, Step: tt.step, Bytes: int64(len(newFile))}
			if tt.step == delivery.StepReplacing || tt.step == delivery.StepUndoing {
				r.Backup = backup
			}
			got, err := delivery.Recover(t.Context(), s.target(), s.journal, []delivery.Record{r})
			if err != nil || got[0].Step != tt.want {
				t.Errorf("step = %q, %v; want %q", got[0].Step, err, tt.want)
			}
			s.want(tt.left)
		})
	}
}

// TestRecoverInAWriteOnlyFolder: only removing our file can tell whether it was renamed.
func TestRecoverInAWriteOnlyFolder(t *testing.T) {
	t.Parallel()
	const temp = name + ".r1.part"
	for _, tt := range []struct {
		step  delivery.Step
		files map[string][]byte
		want  delivery.Step
		left  map[string]string
	}{
		{delivery.StepUploading, map[string][]byte{name: oldFile, temp: newFile[:1000]}, delivery.StepFailed, onlyOld},
		{delivery.StepUploading, map[string][]byte{name: oldFile}, delivery.StepFailed, onlyOld},
		{delivery.StepUploaded, map[string][]byte{name: oldFile, temp: newFile}, delivery.StepFailed, onlyOld},
		{delivery.StepUploaded, map[string][]byte{name: newFile}, delivery.StepDelivered, onlyNew},
		{delivery.StepUndoing, map[string][]byte{name: oldFile}, delivery.StepFailed, onlyOld},
	} {
		s := newSite(t, partner.Quirks{WriteOnly: true}, true)
		for file, content := range tt.files {
			s.plant(file, content)
		}
		r := delivery.Record{Run: "r1", Remote: "skillup", Name: name, Temp: temp, Step: tt.step, Bytes: int64(len(newFile))}
		got, err := delivery.Recover(t.Context(), s.target(), s.journal, []delivery.Record{r})
		if err != nil || got[0].Step != tt.want {
			t.Errorf("%s: step = %q, %v; want %q", tt.step, got[0].Step, err, tt.want)
		}
		s.want(tt.left)
	}
}

// A remote whose address was changed after a crash says nothing about what was delivered.
func TestRecoverDoesNotTakeAnotherServerForTheOldOne(t *testing.T) {
	t.Parallel()
	s := newSite(t, partner.Quirks{}, true)
	s.plant(name, newFile)
	r := delivery.Record{
		Run: "r1", Remote: "skillup", Name: name, Temp: name + ".r1.part", Step: delivery.StepUploaded,
		Bytes: int64(len(newFile)), Peer: remote.Peer{Address: "sftp.old.example:22"},
	}
	got, err := delivery.Recover(t.Context(), s.target(), s.journal, []delivery.Record{r})
	if err != nil || got[0].Step != delivery.StepFailed || got[0].Peer.Address != "sftp.old.example:22" {
		t.Errorf("recovered %+v, %v", got[0], err)
	}
}

// A sweeper or a virus scanner may take the temporary file away: that is no delivery.
func TestATemporaryFileThatIsTakenAwayWasNotDelivered(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	j := &journal{}
	r := request(t, j, delivery.Target{Name: "out", Remote: sweeper{dir.New(dir.Config{Dir: root}), root}}, newFile)
	if _, err := delivery.Deliver(t.Context(), r); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error = %v, want one that says that the file is gone", err)
	}
	if last := j.last(); last.Step != delivery.StepFailed {
		t.Errorf("the journal ends with %q", last.Step)
	}
}

// sweeper removes each file as soon as it is uploaded.
type sweeper struct {
	remote.Remote
	root string
}

func (s sweeper) Open(ctx context.Context) (remote.Session, error) {
	session, err := s.Remote.Open(ctx)
	return sweptSession{session, s.root}, err
}

type sweptSession struct {
	remote.Session
	root string
}

func (s sweptSession) Upload(ctx context.Context, name string, src io.Reader, size int64) error {
	err := s.Session.Upload(ctx, name, src, size)
	return errors.Join(err, os.Remove(filepath.Join(s.root, name)))
}

// An account that may only add files, as drop boxes give, is no reason to stop: what cannot
// be removed is left, and said.
func TestAnAccountThatMayNotDelete(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	j := &journal{}
	keeper := &keeping{Remote: dir.New(dir.Config{Dir: root})}
	r := request(t, j, delivery.Target{Name: "out", Remote: keeper}, newFile)
	receipt, err := delivery.Deliver(t.Context(), r)
	if err != nil || !receipt.Confirmed || receipt.Attempts != 2 || receipt.Leftover != name+".r1.part" {
		t.Errorf("receipt = %+v, %v", receipt, err)
	}
	settled, err := delivery.Recover(t.Context(), r.To, j, []delivery.Record{{Run: "r0", Name: name, Temp: name + ".r1.part", Step: delivery.StepUploading}})
	if err != nil || settled[0].Step != delivery.StepFailed || settled[0].Leftover != name+".r1.part" {
		t.Errorf("recovered %+v, %v", settled, err)
	}
}

// keeping refuses every removal, and cuts the first upload.
type keeping struct {
	remote.Remote
	cut bool
}

func (k *keeping) Open(ctx context.Context) (remote.Session, error) {
	s, err := k.Remote.Open(ctx)
	return keepingSession{s, k}, err
}

type keepingSession struct {
	remote.Session
	keeper *keeping
}

func (s keepingSession) Remove(context.Context, string) error { return remote.ErrPermission }

func (s keepingSession) Upload(ctx context.Context, name string, src io.Reader, size int64) error {
	if s.keeper.cut {
		return s.Session.Upload(ctx, name, src, size)
	}
	s.keeper.cut = true
	return errors.Join(remote.ErrTemporary, s.Session.Upload(ctx, name, io.LimitReader(src, 10), 10))
}

// A folder that is missing for a moment, or a secret that cannot be read, says nothing about
// the file whose rename was sent.
func TestAMissingFolderIsNotAMissingFile(t *testing.T) {
	t.Parallel()
	j := &journal{}
	r := request(t, j, delivery.Target{Name: "out", Remote: &unmounted{Remote: dir.New(dir.Config{Dir: t.TempDir()})}}, newFile)
	receipt, err := delivery.Deliver(t.Context(), r)
	if !errors.Is(err, delivery.ErrNoFolder) || receipt.PickedUp {
		t.Errorf("receipt = %+v, %v", receipt, err)
	}
	if last := j.last().Step; last == delivery.StepDelivered {
		t.Errorf("the journal ends with %q", last)
	}
}

// unmounted can be opened once; its renames are cut before they take place.
type unmounted struct {
	remote.Remote
	opened bool
}

func (u *unmounted) Open(ctx context.Context) (remote.Session, error) {
	if u.opened {
		return nil, fs.ErrNotExist
	}
	u.opened = true
	s, err := u.Remote.Open(ctx)
	return cutRename{s}, err
}

type cutRename struct{ remote.Session }

func (cutRename) Replace(context.Context, string, string) error { return remote.ErrTemporary }
