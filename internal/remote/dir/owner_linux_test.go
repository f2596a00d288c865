package dir_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lucca-exchange/internal/remote/dir"
)

// TestWhatRootMakesIsTheFoldersOwners: a command of root beside the service leaves nothing that the
// service could not go on with.
func TestWhatRootMakesIsTheFoldersOwners(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give something away")
	}
	const service = 4711
	home := t.TempDir()
	if err := os.Chown(home, service, service); err != nil {
		t.Fatal(err)
	}
	r := dir.New(dir.Config{Dir: filepath.Join(home, "drop", "in")})
	if err := r.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, err := r.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.MakeFolder(t.Context(), "processed"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.csv", "processed/b.csv"} {
		if err := s.Upload(t.Context(), name, strings.NewReader("x"), 1); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"drop", "drop/in", "drop/in/a.csv", "drop/in/processed", "drop/in/processed/b.csv"} {
		info, err := os.Lstat(filepath.Join(home, name))
		if err != nil {
			t.Fatal(err)
		}
		if is, ok := info.Sys().(*syscall.Stat_t); !ok || is.Uid != service || is.Gid != service {
			t.Errorf("%s belongs to %d", name, is.Uid)
		}
	}
}
