package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"lucca-exchange/internal/fault"
)

// ErrExposed: others than the owner have rights on what holds personal data.
var ErrExposed = errors.New("others than its owner can get at it")

// Private returns an error with its remedy when others have rights on a file or folder that holds
// personal data. What is not there is private. Those of a group are left alone where the owner is
// another: so a volume is handed to a container.
func Private(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fileFault(err)
	}
	perm, exposed := info.Mode().Perm(), fs.FileMode(0o077)
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != os.Geteuid() {
		exposed = 0o007
	}
	if perm&exposed == 0 {
		return nil
	}
	want := "600"
	if info.IsDir() {
		want = "700"
	}
	return fault.Hint(fmt.Errorf("%q (mode %04o): %w", path, perm, ErrExposed), "run chmod %s on it", want)
}

// owned returns an error with its remedy when anybody may put another file in the place of the one
// at path.
func owned(path string) error {
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fileFault(err)
	case info.Mode().Perm()&0o002 == 0 || info.Mode()&fs.ModeSticky != 0:
		return nil
	}
	return fault.Hint(fmt.Errorf("folder %q (mode %04o): anybody can replace what is in it: %w", folder, info.Mode().Perm(), ErrExposed), "run chmod o-w on it")
}
