package delivery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"lucca-exchange/internal/remote"
)

// courier carries out one delivery, over as many connections as it takes.
type courier struct {
	target  Target
	journal Journal
	// record is what the journal holds.
	record  Record
	session remote.Session // nil when there is no usable one
	// entered: the server has let us in at least once.
	entered bool
	// renaming: a rename was sent whose answer is lost.
	renaming bool
	// unanswered: the whole file was sent, and the server did not say that it has it. late: it was
	// found later.
	unanswered, late bool
	// leftover is a file of ours, or the old one, that the server would not remove.
	leftover string
	// old are temporary files of earlier deliveries that are still to be removed.
	old []string
}

// openError is an error of opening a session. It is never fs.ErrNotExist, which is the
// answer about a file: a folder that is missing says nothing about what is in it.
type openError struct{ err error }

// Error is that of the session.
func (e openError) Error() string { return e.err.Error() }

// Is finds everything but fs.ErrNotExist, for which there is ErrNoFolder.
func (e openError) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		return false
	case ErrNoFolder:
		return errors.Is(e.err, fs.ErrNotExist)
	}
	return errors.Is(e.err, target)
}

// As finds what the error of the session holds.
func (e openError) As(target any) bool { return errors.As(e.err, target) }

// open makes sure that there is a session.
func (c *courier) open(ctx context.Context) (remote.Session, error) {
	if c.session != nil {
		return c.session, nil
	}
	s, err := c.target.Remote.Open(ctx)
	if errors.Is(err, fs.ErrNotExist) && c.target.Options.CreateDir && c.record.Step == "" {
		if err = c.createDir(ctx); err == nil {
			s, err = c.target.Remote.Open(ctx)
		}
	}
	if err != nil {
		return nil, openError{err}
	}
	c.session, c.entered = s, true
	c.record.Peer = s.Peer()
	return s, nil
}

func (c *courier) createDir(ctx context.Context) error {
	creator, ok := c.target.Remote.(remote.Creator)
	if !ok {
		return fmt.Errorf("create the folder: %w by this type of remote", errors.ErrUnsupported)
	}
	return creator.Create(ctx)
}

func (c *courier) drop() {
	if c.session != nil {
		_ = c.session.Close() // every answer that counts was had already
		c.session = nil
	}
}

// ask runs op on a session, and drops the session after an error that may have broken it.
func (c *courier) ask(ctx context.Context, op func(remote.Session) error) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	err = op(s)
	if err != nil && !remote.Definite(err) {
		c.drop()
	}
	return err
}

// look returns the entry under name, or nil when there is none.
func (c *courier) look(ctx context.Context, name string) (*remote.Entry, error) {
	var found remote.Entry
	err := c.ask(ctx, func(s remote.Session) (err error) {
		found, err = s.Stat(ctx, name)
		return err
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &found, nil
}

func (c *courier) rename(ctx context.Context, from, to string) error {
	return c.ask(ctx, func(s remote.Session) error { return s.Rename(ctx, from, to) })
}

// remove deletes one of our own files, which may be gone already.
func (c *courier) remove(ctx context.Context, name string) error {
	err := c.ask(ctx, func(s remote.Session) error { return s.Remove(ctx, name) })
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// sweep removes what earlier deliveries have left, or what came into being after they were given
// up: some servers make a file of what they were sent minutes later. What is refused stays.
func (c *courier) sweep(ctx context.Context) {
	old := c.old
	c.old = nil
	for _, name := range old {
		if _, _, err := remote.SplitPath(name); err != nil {
			continue
		}
		if err := c.remove(ctx, name); err != nil && !remote.Definite(err) {
			return // the delivery itself will tell what is wrong
		}
	}
}

// prepare makes the folder for temporary files. One that is refused may be there: the upload will
// tell.
func (c *courier) prepare(ctx context.Context) error {
	sub, _, _ := remote.SplitPath(c.record.Temp)
	if sub == "" {
		return nil
	}
	err := c.ask(ctx, func(s remote.Session) error { return s.MakeFolder(ctx, sub) })
	if err != nil && remote.Definite(err) {
		return nil
	}
	return err
}

// removeOurs deletes one of our own files, or leaves it where the account may not delete:
// that is no reason to stop.
func (c *courier) removeOurs(ctx context.Context, name string) error {
	err := c.remove(ctx, name)
	if err != nil && remote.Definite(err) {
		c.leftover = name
		return nil
	}
	return err
}

// upload puts the whole file under its temporary name. What an earlier attempt left under
// that name is ours, since it contains the run, and is removed.
func (c *courier) upload(ctx context.Context, file *spool) error {
	if _, err := c.open(ctx); err != nil {
		return err
	}
	c.sweep(ctx)
	if c.record.Step == StepUploading {
		if arrived, err := c.arrived(ctx); arrived || err != nil {
			return err
		}
		if err := c.clearTemp(ctx); err != nil {
			return err
		}
	}
	if err := c.prepare(ctx); err != nil {
		return err
	}
	if err := c.save(ctx, StepUploading); err != nil {
		return err
	}
	err := c.send(ctx, file)
	if errors.Is(err, fs.ErrExist) {
		if err = c.clearTemp(ctx); err == nil {
			err = c.save(ctx, StepUploading)
		}
		if err == nil {
			err = c.send(ctx, file)
		}
	}
	// A write-only folder is not looked for before.
	if errors.Is(err, fs.ErrNotExist) && c.target.WriteOnly && c.target.Options.CreateDir {
		if err = c.createDir(ctx); err == nil {
			err = c.send(ctx, file)
		}
	}
	return err
}

// arrived tells whether the file that an earlier attempt has sent to its last byte stands under its
// temporary name after all. Servers that scan or copy what they got show it late.
func (c *courier) arrived(ctx context.Context) (bool, error) {
	if !c.unanswered || c.target.WriteOnly || c.record.inPlace() {
		return false, nil
	}
	c.unanswered = false
	var err error
	c.late, err = remote.Attempts{Wait: c.target.Options.RetryWait}.Seen(ctx, func() (bool, error) {
		found, err := c.look(ctx, c.record.Temp)
		return err == nil && found != nil && found.Regular && found.Size == c.record.Bytes, err
	})
	return c.late, err
}

// clearTemp makes way for another upload: by removing what is there, or by another name
// where the account may not delete.
func (c *courier) clearTemp(ctx context.Context) error {
	err := c.remove(ctx, c.record.Temp)
	if err == nil || c.record.inPlace() || !remote.Definite(err) {
		return err
	}
	c.leftover = c.record.Temp
	c.record.Temp = c.target.Options.nextTempName(c.record.Temp)
	_, _, err = remote.SplitPath(c.record.Temp)
	return err
}

func (c *courier) send(ctx context.Context, file *spool) error {
	src, err := file.source()
	if err != nil {
		return err
	}
	err = c.ask(ctx, func(s remote.Session) error {
		return s.Upload(ctx, c.record.Temp, src, c.record.Bytes)
	})
	other := src.done()
	c.unanswered = errors.Is(err, remote.ErrUnanswered) && other == nil
	if errors.Is(err, remote.ErrPermission) && !c.record.inPlace() {
		return fmt.Errorf("%w (where a server takes only certain names or folders, there are temp_suffix, temp_prefix, temp_dir and in_place)", err)
	}
	if err != nil {
		return err
	}
	return other
}

// errNoEffect: the server answers for a rename, and nothing comes of it.
var errNoEffect = errors.New("the server answers that it has renamed the file, and has not: ask its operator, or as a last resort set in_place: true")

// place renames the uploaded file over the final name, by the best way that the server
// has. It asks first where a rename may have taken place whose answer is lost or says
// nothing.
func (c *courier) place(ctx context.Context) error {
	unsure := c.record.Step == StepUploaded
	if err := c.save(ctx, StepUploaded); err != nil {
		return err
	}
	var err error
	for i, way := range []func(context.Context) error{c.replace, c.renameOver, c.swap} {
		if unsure {
			if placed, e := c.placed(ctx); placed || e != nil {
				return e
			}
		}
		if i == 2 && errors.Is(err, errNoEffect) {
			break // the old file is not touched either
		}
		err = c.try(ctx, way, unsure)
		c.renaming = c.renaming || err != nil && !remote.Definite(err)
		switch {
		case err == nil || errors.Is(err, fs.ErrNotExist) && unsure:
			return nil
		case errors.Is(err, fs.ErrNotExist):
			// Nobody renamed it: somebody removed it. The journal must not read as if the
			// rename had been sent.
			err = fmt.Errorf("the file was gone before it could be renamed: the server seems to take each file as soon as it is closed, and the partner may have it as %q: set in_place: true, or give a temp_dir or a temp_prefix that the server leaves alone: %w", c.record.Temp, err)
			return errors.Join(err, c.save(ctx, StepUndoing))
		case errors.Is(err, remote.ErrTemporary) || ctx.Err() != nil:
			return err
		}
		unsure = unsure || !remote.Definite(err)
	}
	if errors.Is(err, remote.ErrPermission) || errors.Is(err, errors.ErrUnsupported) {
		err = fmt.Errorf("the server refuses to rename (ask for that right, or as a last resort set in_place: true): %w", err)
	}
	return err
}

// try renames in one way, and makes sure that it took effect. A file that was uploaded a moment
// ago may not be seen yet.
func (c *courier) try(ctx context.Context, way func(context.Context) error, unsure bool) error {
	err := way(ctx)
	if errors.Is(err, fs.ErrNotExist) && !unsure && !c.target.WriteOnly {
		if there, e := c.seen(ctx, c.record.Temp, true); there && e == nil {
			err = way(ctx)
		}
	}
	switch {
	case c.target.WriteOnly:
		return err
	case err == nil:
		return c.tookEffect(ctx)
	case remote.Definite(err) && !errors.Is(err, errors.ErrUnsupported) && c.allTheSame(ctx):
		return nil
	}
	return err
}

// allTheSame tells whether a rename that the server refused was carried out: to try the next way
// would move our own file aside. The size would not do, since an old file may have the same.
func (c *courier) allTheSame(ctx context.Context) bool {
	if placed, err := c.placed(ctx); !placed || err != nil {
		return false
	}
	if found, err := c.result(ctx); found == nil || err != nil {
		return false
	}
	whole, err := c.whole(ctx)
	return whole && err == nil
}

// tookEffect makes sure that a rename which was answered for was carried out. Where nobody can be
// asked any more, the answer counts: it must not be forgotten.
func (c *courier) tookEffect(ctx context.Context) error {
	if gone, err := c.seen(ctx, c.record.Temp, false); err == nil && !gone {
		return errNoEffect
	}
	return nil
}

// seen waits for some time until a file is there, or is not. Where the server does not tell, it is
// believed.
func (c *courier) seen(ctx context.Context, name string, there bool) (bool, error) {
	patience := remote.Attempts{Wait: c.target.Options.RetryWait}
	return patience.Seen(ctx, func() (bool, error) {
		found, err := c.look(ctx, name)
		if err != nil && remote.Definite(err) {
			return !there, nil
		}
		return (found != nil) == there, err
	})
}

// placed tells whether the temporary file has left for its final name. In a write-only
// folder only another rename can tell. A server may show a file late that it has: "gone" is
// believed after some time only.
func (c *courier) placed(ctx context.Context) (bool, error) {
	if c.target.WriteOnly {
		return false, nil
	}
	temp, err := c.await(ctx, c.record.Temp)
	return err == nil && temp == nil, err
}

// await looks for a file for some time. It returns nil when it is not seen.
func (c *courier) await(ctx context.Context, name string) (found *remote.Entry, err error) {
	_, err = remote.Attempts{Wait: c.target.Options.RetryWait}.Seen(ctx, func() (bool, error) {
		found, err = c.look(ctx, name)
		return found != nil, err
	})
	return found, err
}

func (c *courier) replace(ctx context.Context) error {
	return c.ask(ctx, func(s remote.Session) error { return s.Replace(ctx, c.record.Temp, c.record.Name) })
}

func (c *courier) renameOver(ctx context.Context) error {
	return c.rename(ctx, c.record.Temp, c.record.Name)
}

// swap moves the old file aside, puts the new one in its place and removes the old one.
// For a moment there is none under the name; a crash in that moment is for Recover.
func (c *courier) swap(ctx context.Context) error {
	if c.target.WriteOnly {
		return fmt.Errorf("the server cannot replace a file, and the folder may not be looked into: %w", remote.ErrPermission)
	}
	c.record.Backup = c.target.Options.backupName(c.record.Name, c.record.Run)
	if err := c.save(ctx, StepReplacing); err != nil {
		return err
	}
	// The reader may have taken the old file in this moment.
	if err := c.rename(ctx, c.record.Name, c.record.Backup); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("move the old file aside: %w", err)
	}
	if err := c.rename(ctx, c.record.Temp, c.record.Name); err != nil {
		return err
	}
	return c.removeBackup(ctx)
}

// swapOn continues a swap that was interrupted at some point.
func (c *courier) swapOn(ctx context.Context) error {
	placed, err := c.placed(ctx)
	if err != nil {
		return err
	}
	if placed {
		return c.removeBackup(ctx)
	}
	return c.swap(ctx)
}

// removeBackup removes the old file. One that the server will not remove is left over,
// which is no reason to say that the new one was not delivered.
func (c *courier) removeBackup(ctx context.Context) error {
	return c.removeOurs(ctx, c.record.Backup)
}
