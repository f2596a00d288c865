package dir_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/dir"
	"lucca-exchange/internal/remote/remotetest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	remotetest.Run(t, func(t *testing.T) remotetest.Fixture {
		folder := filepath.Join(t.TempDir(), "inbox")
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		return remotetest.Fixture{
			Remote:   dir.New(dir.Config{Dir: folder}),
			Folder:   folder,
			Missing:  dir.New(dir.Config{Dir: folder + "-missing"}),
			Replaces: true,
		}
	})
}

// TestFilesAreTheirOwners: a file with people in it is for nobody else, unless it is said who.
func TestFilesAreTheirOwners(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]fs.FileMode{"": 0o600, "0600": 0o600, "640": 0o640, "0666": 0o666} {
		folder := t.TempDir()
		s, err := dir.New(dir.Config{Dir: folder, Mode: mode}).Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		err = s.Upload(t.Context(), "users.csv", strings.NewReader("login"), 5)
		if err := errors.Join(err, s.Close()); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(filepath.Join(folder, "users.csv")); err != nil || info.Mode().Perm() != want {
			t.Errorf("mode %q: %v, %v", mode, info.Mode(), err)
		}
	}
	for _, mode := range []string{"rw", "0400", "7777", "888"} {
		faults := map[string]string{}
		dir.Config{Dir: "x", Mode: mode}.Validate(func(key, message string) { faults[key] = message })
		if !strings.Contains(faults["mode"], "want octal digits") {
			t.Errorf("mode %q: %v", mode, faults)
		}
	}
}

func open(t *testing.T) (remote.Session, string) {
	t.Helper()
	folder := t.TempDir()
	s, err := dir.New(dir.Config{Dir: folder}).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, folder
}

func TestLinksDoNotLeadOut(t *testing.T) {
	t.Parallel()
	s, folder := open(t)
	outside := filepath.Join(t.TempDir(), "secret.csv")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(folder, "link.csv")); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	if n, err := s.Download(t.Context(), "link.csv", &got); err == nil || got.Len() > 0 {
		t.Errorf("a link out of the folder downloads as %d bytes, %v", n, err)
	}
	if err := s.Upload(t.Context(), "link.csv", strings.NewReader("x"), 1); !errors.Is(err, fs.ErrExist) {
		t.Errorf("upload through a link: %v", err)
	}
	if content, err := os.ReadFile(outside); err != nil || string(content) != "secret" {
		t.Errorf("the file outside holds %q, %v", content, err)
	}
	entry, err := s.Stat(t.Context(), "link.csv")
	if err != nil || entry.Regular {
		t.Errorf("stat of a link = %+v, %v; want it not regular", entry, err)
	}
}

func TestRenameRefusesAnExistingTarget(t *testing.T) {
	t.Parallel()
	s, folder := open(t)
	for _, name := range []string{"a", "b"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Rename(t.Context(), "a", "b"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error = %v, want fs.ErrExist", err)
	}
}

func TestAFileIsNotAFolder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dir.New(dir.Config{Dir: path}).Open(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error = %v, want fs.ErrNotExist", err)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	var faults []string
	dir.Config{}.Validate(func(key, message string) { faults = append(faults, key+": "+message) })
	if len(faults) != 1 || !strings.HasPrefix(faults[0], "dir: ") {
		t.Errorf("faults = %q", faults)
	}
	if got := (dir.Config{Dir: "inbox"}).Under("/etc/x").Dir; got != "/etc/x/inbox" {
		t.Errorf("relative folder = %q", got)
	}
	if got := (dir.Config{Dir: "/inbox"}).Under("/etc/x").Dir; got != "/inbox" {
		t.Errorf("absolute folder = %q", got)
	}
}

func TestDownloadSeesAChangedFile(t *testing.T) {
	t.Parallel()
	s, folder := open(t)
	path := filepath.Join(folder, "a.csv")
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Download(t.Context(), "a.csv", &truncating{path: path}); err == nil {
		t.Error("a file cut while it was read downloads without an error")
	}
}

// truncating cuts the file that is being read.
type truncating struct{ path string }

func (w *truncating) Write(p []byte) (int, error) {
	return len(p), os.Truncate(w.path, int64(len(p)))
}

var _ io.Writer = (*truncating)(nil)
