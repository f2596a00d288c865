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
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"

	"lucca-exchange/internal/remote"
)

// Config is one remote of type dir.
type Config struct {
	Dir string `yaml:"dir" json:"dir" jsonschema:"required,description=path of the folder; a relative path starts at the configuration file"`
}

// Under returns the configuration with a relative folder resolved against dir.
func (c Config) Under(dir string) Config {
	if c.Dir != "" && !filepath.IsAbs(c.Dir) {
		c.Dir = filepath.Join(dir, c.Dir)
	}
	return c
}

// Validate reports every fault with the key that it is about.
func (c Config) Validate(report func(key, message string)) {
	if c.Dir == "" {
		report("dir", "missing: want the path of a folder")
	}
}

// CanRead is true: a folder can be listed by whoever writes into it.
func (c Config) CanRead() bool { return true }

// Address is the path of the folder.
func (c Config) Address() string { return c.Dir }

// Remote is a folder. It may be shared.
type Remote struct {
	dir string
	// lost is how many system calls were given up and have not returned.
	lost atomic.Int64
}

var _ remote.Creator = (*Remote)(nil)

// New returns the remote that c describes.
func New(c Config) *Remote { return &Remote{dir: c.Dir} }

// Open checks that the folder exists. It does not create it: an unmounted share would
// otherwise collect files that nobody reads.
func (r *Remote) Open(ctx context.Context) (remote.Session, error) {
	calls := r.calls()
	root, err := call(ctx, calls, "open it", r.openRoot)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", classify(err))
	}
	return &session{dir: r.dir, calls: calls, root: root}, nil
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
	err := r.calls().do(ctx, "make it", func() error { return os.MkdirAll(r.dir, 0o750) })
	if err != nil {
		return fmt.Errorf("create folder: %w", classify(err))
	}
	return nil
}

func (r *Remote) calls() *calls { return &calls{dir: r.dir, lost: &r.lost} }
