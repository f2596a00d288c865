package sftp

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/pkg/sftp"

	"lucca-exchange/internal/remote"
)

// folder is one folder of the server, which is asked about what is in it.
type folder struct {
	client *sftp.Client
	config Config
	dir    string
	// vague is what the server answered, last, about a path that is not there as its listing shows.
	vague *string
}

func (f folder) path(name string) string { return path.Join(f.dir, name) }

// look returns what stands under a name. A server that will not tell the status of a path,
// or must not be asked (Config.UseFstat), may still list the folder.
func (f folder) look(name string) (os.FileInfo, error) {
	var refusal error
	if !f.config.UseFstat {
		info, err := f.client.Lstat(f.path(name))
		switch {
		case err == nil || !untold(err):
			return info, err
		case saysMissing(err):
			return nil, fs.ErrNotExist
		}
		refusal = err
	}
	infos, err := f.readDir()
	if err != nil {
		if refusal != nil && untold(err) {
			err = refusal
		}
		return nil, err
	}
	found, err := named(infos, name)
	if status, ok := errors.AsType[*sftp.StatusError](refusal); ok && err != nil {
		*f.vague = wordsOf(status)
	}
	return found, err
}

// saysMissing tells whether a server says in its words, or by a code of a later version, that there is
// nothing, and not that it may be so.
func saysMissing(err error) bool {
	status, ok := errors.AsType[*sftp.StatusError](err)
	return ok && errors.Is(sentinelOf(err), fs.ErrNotExist) && !remote.Denied.In(strings.ToLower(wordsOf(status)))
}

func named(infos []os.FileInfo, name string) (os.FileInfo, error) {
	for _, info := range infos {
		if info.Name() == name {
			return info, nil
		}
	}
	return nil, fs.ErrNotExist
}

// readDir lists the folder. Some servers say that a folder does not exist when it is empty, and
// others give no reason when it does not exist: the folder above tells.
func (f folder) readDir() ([]os.FileInfo, error) {
	infos, err := f.client.ReadDir(f.dir)
	switch {
	case err == nil || !answered(err):
		return infos, err
	case errors.Is(err, fs.ErrNotExist):
		if f.stands() {
			return infos, nil
		}
	case failed(err) && f.absent():
		return nil, fs.ErrNotExist
	}
	return nil, err
}

// stands tells whether the folder surely exists.
func (f folder) stands() bool {
	info, err := f.client.Stat(f.dir)
	if f.config.UseFstat || err != nil && untold(err) {
		info, err = f.fromAbove()
	}
	return err == nil && (info.IsDir() || untyped(info))
}

// absent tells whether the folder surely does not.
func (f folder) absent() bool {
	_, err := f.fromAbove()
	return errors.Is(err, fs.ErrNotExist)
}

// fromAbove looks for the folder in the one above it.
func (f folder) fromAbove() (os.FileInfo, error) {
	dir := path.Clean(f.dir)
	above, name := path.Split(dir)
	if name == "" || name == "." || name == ".." {
		return nil, errors.ErrUnsupported
	}
	infos, err := f.client.ReadDir(cmp.Or(above, "."))
	if err != nil {
		return nil, errors.ErrUnsupported // what cannot be looked into says nothing
	}
	return named(infos, name)
}

// untold tells whether a server will not say, as opposed to saying that there is nothing. Some
// have one answer for both.
func untold(err error) bool { return answered(err) && !errors.Is(err, fs.ErrNotExist) }

// untyped tells whether the server does not say what kind of thing an entry is.
func untyped(info os.FileInfo) bool {
	stat, ok := info.Sys().(*sftp.FileStat)
	return ok && stat.Mode&modeType == 0
}

// maxAsked is how many entries of a listing are asked about one by one.
const maxAsked = 200

// entries returns the entries with usable names, and the names of the others. What has no stated type,
// and is not asked about any more, is taken for a file until it is looked at alone.
func (f folder) entries() (entries []remote.Entry, unusable []string, err error) {
	infos, err := f.readDir()
	if err != nil {
		return nil, nil, err
	}
	asked := 0
	for _, info := range infos {
		name := info.Name()
		if name == "." || name == ".." {
			continue
		}
		if remote.CheckName(name) != nil {
			unusable = append(unusable, name)
			continue
		}
		e := entry(info)
		if untyped(info) && asked < maxAsked {
			asked++
			e.Regular = f.regular(info)
		}
		entries = append(entries, e)
	}
	return entries, unusable, nil
}

// isFolder tells whether an entry of this folder is one itself. What has no stated type is one where
// it can be listed.
func (f folder) isFolder(info os.FileInfo) bool {
	if !untyped(info) {
		return info.IsDir()
	}
	_, err := f.client.ReadDir(f.path(info.Name()))
	return err == nil
}

func (f folder) regular(info os.FileInfo) bool { return info.Mode().IsRegular() && !f.isFolder(info) }

// exists looks for a name where the folder may be looked into.
func (f folder) exists(name string) bool {
	if f.config.WriteOnly {
		return false
	}
	_, err := f.look(name)
	return err == nil
}

// missing tells whether there is surely nothing under a name.
func (f folder) missing(name string) bool {
	if f.config.WriteOnly {
		return false
	}
	_, err := f.look(name)
	return errors.Is(err, fs.ErrNotExist)
}

func (f folder) check() error {
	if !f.config.UseFstat {
		info, err := f.client.Stat(f.dir)
		switch {
		case err == nil && untyped(info):
		case err == nil && !info.IsDir():
			return fmt.Errorf("look for folder: %q is not a folder: %w", f.dir, fs.ErrNotExist)
		case err == nil:
			return nil
		case !untold(err):
			return fmt.Errorf("look for folder %q: %w", f.dir, classify(err))
		}
	}
	if _, err := f.readDir(); err != nil {
		return fmt.Errorf("look for folder %q: %w", f.dir, classify(err))
	}
	return nil
}

// makeAll makes the folder and those above it. It tries every level: servers refuse one that exists
// without saying so. What came of it is not looked for in a folder that is write-only.
func (f folder) makeAll(writeOnly bool) error {
	var refusal error
	for _, level := range remote.Levels(f.dir) {
		if refusal = f.client.Mkdir(level); refusal != nil && !answered(refusal) {
			return refusal
		}
	}
	if refusal == nil || writeOnly && failed(refusal) {
		return nil
	}
	if writeOnly || f.check() != nil {
		return refusal
	}
	return nil
}

// make makes the folder where it is missing. Servers refuse one that exists without saying so.
func (f folder) make() error {
	err := f.client.Mkdir(f.dir)
	if err == nil || !answered(err) {
		return err
	}
	above, name := path.Split(path.Clean(f.dir))
	parent := folder{f.client, f.config, cmp.Or(above, "."), f.vague}
	found, e := parent.look(name)
	switch {
	case e != nil:
		return err
	case parent.isFolder(found):
		return nil
	}
	return fs.ErrExist
}
