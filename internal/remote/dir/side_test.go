package dir_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/dir"
)

// fullDisk is where a download goes to.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "spool", Err: syscall.ENOSPC}
}

// TestOurDiskIsNotTheRemotes: a download that finds no room here once told to ask the partner for it.
func TestOurDiskIsNotTheRemotes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "users.csv"), []byte("login\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := dir.New(dir.Config{Dir: folder}).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	_, err = s.Download(t.Context(), "users.csv", fullDisk{})
	if errors.Is(err, remote.ErrNoSpace) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
}
