package account_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"lucca-exchange/internal/account"
)

// other is an account that has no name.
const other = 54321

func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("only root can give anything away")
	}
	t.Skip("only root can give anything away")
}

func owner(t *testing.T, path string) (uid uint32, mode fs.FileMode) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Uid, info.Mode().Perm()
}

func TestWhatRootMakesIsTheFoldersOwners(t *testing.T) {
	t.Parallel()
	asRoot(t)
	home := t.TempDir()
	if err := os.Chown(home, other, other); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(home, "a", "b")
	file := filepath.Join(folder, "file")
	for range 2 { // what is there stays
		if err := account.MakeFolder(folder); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []bool{true, false} {
		if made, err := account.Touch(file); err != nil || made != want {
			t.Fatalf("made %v, %v", made, err)
		}
	}
	for path, want := range map[string]fs.FileMode{filepath.Dir(folder): 0o700, folder: 0o700, file: 0o600} {
		if uid, mode := owner(t, path); uid != other || mode != want {
			t.Errorf("%s: of %d, mode %o", path, uid, mode)
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	// A link of the owner's must not make root give away something else.
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink(secret, filepath.Join(folder, "link")), account.GiveAll(home)); err != nil {
		t.Fatal(err)
	}
	if uid, _ := owner(t, secret); uid != 0 {
		t.Errorf("a file that a link points to was given to %d", uid)
	}
}

func TestWhoseItIsAndWhatMendsIt(t *testing.T) {
	t.Parallel()
	asRoot(t)
	home := t.TempDir()
	spool := filepath.Join(home, "spool")
	file := filepath.Join(spool, "run", "users.csv")
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{spool, filepath.Dir(file), file} {
		if err := os.Chown(path, other, other); err != nil {
			t.Fatal(err)
		}
	}
	denied := &fs.PathError{Op: "open", Path: file, Err: syscall.EACCES}
	err := account.Explain(file, denied)
	if !errors.Is(err, account.ErrForeign) || !errors.Is(err, fs.ErrPermission) {
		t.Fatal(err)
	}
	// The whole of what is foreign, and nothing above it.
	if !strings.HasSuffix(err.Error(), "run sudo chown -R root: "+spool) || !strings.Contains(err.Error(), "belongs to 54321, and this process runs as root: run it as 54321 (sudo -u 54321 ") {
		t.Error(err)
	}
	if again := account.Explain(file, err); again.Error() != err.Error() {
		t.Errorf("said twice: %v", again)
	}
	if err := account.Explain(filepath.Join(home, "none"), denied); errors.Is(err, account.ErrForeign) {
		t.Errorf("our own is called foreign: %v", err)
	}
	if err := account.Explain(file, syscall.ENOSPC); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a full disk became %v", err)
	}
}
