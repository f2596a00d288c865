// Package dir is a local folder as a remote: a mounted share, or the inbox of a server on
// the same machine.
//
// All names are resolved by os.Root, so that neither a name nor a symbolic link in the
// folder leads out of it. A file is on disk (fsync of the file and of its folder) before
// Upload, Replace, Rename and Remove return.
//
// A share whose server is gone may never answer a system call. Each one is waited for a while
// only, see calls.go.
package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync/atomic"

	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/secret"
)

// Config is one remote of type dir.
type Config struct {
	Dir string `yaml:"dir" json:"dir" jsonschema:"required,description=path of the folder; a relative path starts at the configuration file"`
	// Mode is who may read and write the files that are put there, in octal digits.
	Mode string `yaml:"mode,omitempty" json:"mode,omitempty" jsonschema:"pattern=^0?[0-7]{3}$,default=0600,description=permissions of the files that are put there; 0640 lets the group of the folder's reader read them"`
}

// defaultMode lets nobody but the owner read what names people.
const defaultMode fs.FileMode = 0o600

// mode is Mode as a number. The owner has to read and write its files.
func (c Config) mode() (fs.FileMode, error) {
	if c.Mode == "" {
		return defaultMode, nil
	}
	n, err := strconv.ParseUint(c.Mode, 8, 16)
	if mode := fs.FileMode(n); err == nil && mode == mode.Perm() && mode&defaultMode == defaultMode {
		return mode, nil
	}
	return 0, errors.New(`want octal digits such as "0600" or "0640", with reading and writing for the owner`)
}

// Under returns the configuration with a relative folder resolved against dir.
func (c Config) Under(dir string) Config {
	c.Dir = secret.Under(dir, c.Dir)
	return c
}

// Validate reports every fault with the key that it is about.
func (c Config) Validate(report func(key, message string)) {
	if c.Dir == "" {
		report("dir", "missing: want the path of a folder")
	}
	if _, err := c.mode(); err != nil {
		report("mode", err.Error())
	}
}

// CanRead is true: a folder can be listed by whoever writes into it.
func (c Config) CanRead() bool { return true }

// Address is the path of the folder.
func (c Config) Address() string { return c.Dir }

// Route is nothing but the folder.
func (c Config) Route() remote.Route { return remote.Route{Dir: c.Dir} }

// Remote is a folder. It may be shared.
type Remote struct {
	dir  string
	mode fs.FileMode
	// lost is how many system calls were given up and have not returned.
	lost atomic.Int64
}

var _ remote.Creator = (*Remote)(nil)

// New returns the remote that c describes.
func New(c Config) *Remote {
	mode, err := c.mode()
	if err != nil {
		mode = defaultMode // which Validate refuses
	}
	return &Remote{dir: c.Dir, mode: mode}
}

// Open checks that the folder exists. It does not create it: an unmounted share would
// otherwise collect files that nobody reads.
func (r *Remote) Open(ctx context.Context) (remote.Session, error) {
	calls := r.calls()
	root, err := call(ctx, calls, "open it", r.openRoot)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", classify(err))
	}
	return &session{dir: r.dir, mode: r.mode, calls: calls, root: root}, nil
}

func (r *Remote) openRoot() (*os.Root, error) {
	info, err := os.Stat(r.dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%q is not a folder: %w", r.dir, fs.ErrNotExist)
	}
	if err != nil {
		return nil, err
	}
	return os.OpenRoot(r.dir)
}

// Create implements remote.Creator.
func (r *Remote) Create(ctx context.Context) error {
	err := r.calls().do(ctx, "make it", func() error { return makeFolders(r.dir) })
	if err != nil {
		return fmt.Errorf("create folder: %w", classify(err))
	}
	return nil
}

func (r *Remote) calls() *calls { return &calls{dir: r.dir, lost: &r.lost} }
