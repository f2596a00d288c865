package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"lucca-exchange/internal/delivery"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/dir"
)

// flaky is a remote of which one operation fails, or all from one on: before they are
// carried out, or after, so that only their answer is lost.
type flaky struct {
	remote.Remote
	from, to int
	after    bool
	fault    error
	// steps: the server has no operation to replace a file.
	steps bool

	count int
}

// strike runs op, and fails when it is its turn.
func (f *flaky) strike(op func() error) error {
	f.count++
	if f.count < f.from || f.count > f.to {
		return op()
	}
	if f.after {
		_ = op() // whatever came of it is lost
	}
	return f.fault
}

func (f *flaky) Open(ctx context.Context) (remote.Session, error) {
	var s remote.Session
	err := f.strike(func() (err error) {
		s, err = f.Remote.Open(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &flakySession{s, f}, nil
}

type flakySession struct {
	remote.Session
	flaky *flaky
}

func (s *flakySession) Stat(ctx context.Context, name string) (entry remote.Entry, err error) {
	err = s.flaky.strike(func() (err error) {
		entry, err = s.Session.Stat(ctx, name)
		return err
	})
	return entry, err
}

func (s *flakySession) Upload(ctx context.Context, name string, src io.Reader, size int64) error {
	return s.flaky.strike(func() error { return s.Session.Upload(ctx, name, src, size) })
}

func (s *flakySession) Download(ctx context.Context, name string, dst io.Writer) (n int64, err error) {
	err = s.flaky.strike(func() (err error) {
		n, err = s.Session.Download(ctx, name, dst)
		return err
	})
	return n, err
}

func (s *flakySession) Replace(ctx context.Context, from, to string) error {
	if s.flaky.steps {
		return errors.ErrUnsupported
	}
	return s.flaky.strike(func() error { return s.Session.Replace(ctx, from, to) })
}

func (s *flakySession) Rename(ctx context.Context, from, to string) error {
	return s.flaky.strike(func() error { return s.Session.Rename(ctx, from, to) })
}

func (s *flakySession) Remove(ctx context.Context, name string) error {
	return s.flaky.strike(func() error { return s.Session.Remove(ctx, name) })
}

// TestEveryOperationFails fails the k-th operation on the remote, for each k until a
// delivery needs no more than k operations.
func TestEveryOperationFails(t *testing.T) {
	t.Parallel()
	opaque := errors.New("failure")
	for _, f := range []flaky{
		{fault: remote.ErrTemporary},
		{fault: remote.ErrTemporary, after: true},
		{fault: remote.ErrPermission},
		{fault: opaque},
		{fault: opaque, after: true},
	} {
		for _, steps := range []bool{false, true} {
			for _, forGood := range []bool{false, true} {
				f := f
				f.steps = steps
				t.Run(fmt.Sprintf("%v, after %t, in steps %t, for good %t", f.fault, f.after, steps, forGood), func(t *testing.T) {
					t.Parallel()
					for k := 1; failKth(t, f, k, forGood); k++ {
						if k > 50 {
							t.Fatal("a delivery takes more than 50 operations")
						}
					}
				})
			}
		}
	}
}

// failKth reports whether the delivery came to its k-th operation.
func failKth(t *testing.T, f flaky, k int, forGood bool) bool {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, name), oldFile, 0o600); err != nil {
		t.Fatal(err)
	}
	f.Remote, f.from, f.to = dir.New(dir.Config{Dir: folder}), k, k
	if forGood {
		f.to = 1 << 30
	}
	j := &journal{}
	to := delivery.Target{Name: "skillup", Remote: &f}
	receipt, err := delivery.Deliver(t.Context(), request(t, j, to, newFile))
	reached := f.count >= k
	f.from = 1 << 30 // all is well again
	standing := maps.Clone(onlyNew)
	if receipt.Leftover != "" {
		standing[receipt.Leftover] = "old"
	}
	last, files := j.last(), filesOf(t, folder)
	switch {
	case err == nil && !maps.Equal(files, standing):
		t.Errorf("operation %d: delivered, but the folder holds %v", k, files)
	case err != nil && last.Step == delivery.StepFailed && !maps.Equal(files, onlyOld):
		t.Errorf("operation %d: failed for good, but the folder holds %v", k, files)
	case last.Step == "":
		return reached
	}
	settled, err := delivery.Recover(t.Context(), to, j, []delivery.Record{last})
	if err != nil {
		t.Fatalf("operation %d: recover: %v", k, err)
	}
	want := map[delivery.Step]map[string]string{delivery.StepDelivered: standing, delivery.StepFailed: onlyOld}[settled[0].Step]
	if files := filesOf(t, folder); !maps.Equal(files, want) {
		t.Errorf("operation %d: recovered as %s, but the folder holds %v", k, settled[0].Step, files)
	}
	return reached
}
