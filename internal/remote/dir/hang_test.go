package dir_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/dir"
)

// TestAShareThatNeverAnswers: opening a file hangs in the kernel, as everything does on a hard mount
// whose server is gone. The session ends with its context all the same, and the folder is not asked
// again, since each call that hangs keeps a thread, until the call returns.
func TestAShareThatNeverAnswers(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	share := hang(t, filepath.Join(folder, "users.csv"))
	r := dir.New(dir.Config{Dir: folder})
	s, err := r.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	over := errors.New("the run is over")
	go func() {
		share.await(t)
		cancel(over)
	}()
	_, err = s.Download(ctx, "users.csv", io.Discard)
	if !errors.Is(err, over) || !strings.Contains(err.Error(), folder) {
		t.Fatalf("error = %v, want the end of the run and the folder", err)
	}
	_ = s.Close() // returns
	if _, err := r.Open(t.Context()); !errors.Is(err, remote.ErrTemporary) || !strings.Contains(err.Error(), folder) {
		t.Errorf("another session: %v, want ErrTemporary and the folder", err)
	}
	share.release(t)
	for {
		again, err := r.Open(t.Context())
		if errors.Is(err, remote.ErrTemporary) {
			time.Sleep(time.Millisecond)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = again.Close() }()
		var got strings.Builder
		if _, err := again.Download(t.Context(), "users.csv", &got); err != nil || got.String() != "login\n" {
			t.Errorf("once the server is back: %q, %v", got.String(), err)
		}
		return
	}
}

// share is a file that nobody else can open: there is a lease on it.
type share struct{ file *os.File }

func hang(t *testing.T, path string) share {
	t.Helper()
	if err := os.WriteFile(path, []byte("login\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETLEASE, unix.F_WRLCK); err != nil {
		t.Fatal(err)
	}
	return share{f}
}

// await returns when somebody hangs.
func (s share) await(t *testing.T) {
	for {
		kind, err := unix.FcntlInt(s.file.Fd(), unix.F_GETLEASE, 0)
		if err != nil {
			t.Error(err)
			return
		}
		if kind != unix.F_WRLCK {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func (s share) release(t *testing.T) {
	t.Helper()
	if err := s.file.Close(); err != nil {
		t.Error(err)
	}
}
