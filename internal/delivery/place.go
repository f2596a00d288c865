package delivery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"lucca-exchange/internal/remote"
)

// placer renames the uploaded file over the final name.
type placer struct{ site *site }

// errNoEffect: the server answers for a rename, and nothing comes of it.
var errNoEffect = errors.New("the server answers that it has renamed the file, and has not: ask its operator, or as a last resort set in_place: true")

// place renames the uploaded file over the final name, by the best way that the server
// has. It asks first where a rename may have taken place whose answer is lost or says
// nothing.
func (p *placer) place(ctx context.Context) error {
	unsure := p.site.record.Step == StepUploaded
	if err := p.site.save(ctx, StepUploaded); err != nil {
		return err
	}
	var err error
	for i, way := range []func(context.Context) error{p.replace, p.renameOver, p.swap} {
		if unsure {
			if placed, e := p.placed(ctx); placed || e != nil {
				return e
			}
		}
		if i == 2 && errors.Is(err, errNoEffect) {
			break // the old file is not touched either
		}
		err = p.try(ctx, way, unsure)
		p.site.renaming = p.site.renaming || err != nil && !remote.Definite(err)
		switch {
		case err == nil || errors.Is(err, fs.ErrNotExist) && unsure:
			return nil
		case errors.Is(err, fs.ErrNotExist):
			// Nobody renamed it: somebody removed it. The journal must not read as if the
			// rename had been sent.
			err = fmt.Errorf("%s: %w", p.whyGone(ctx), err)
			return errors.Join(err, p.site.save(ctx, StepUndoing))
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
func (p *placer) try(ctx context.Context, way func(context.Context) error, unsure bool) error {
	err := way(ctx)
	if errors.Is(err, fs.ErrNotExist) && !unsure && !p.site.target.WriteOnly {
		if there, e := p.site.seen(ctx, p.site.record.Temp, true); there && e == nil {
			err = way(ctx)
		}
	}
	switch {
	case p.site.target.WriteOnly:
		return err
	case err == nil:
		return p.tookEffect(ctx)
	case remote.Definite(err) && !errors.Is(err, errors.ErrUnsupported) && p.allTheSame(ctx):
		return nil
	}
	return err
}

// whyGone says why an uploaded file is not under its temporary name. A version of it is removed:
// nobody else would.
func (p *placer) whyGone(ctx context.Context) string {
	var found string
	err := p.site.ask(ctx, func(s remote.Session) (err error) {
		found, err = remote.Versioned(ctx, s, p.site.record.Temp)
		return err
	})
	if err == nil && found != "" {
		if err := p.site.removeOurs(ctx, found); err != nil {
			p.site.leftover = found
		}
		return versioned(found)
	}
	return fmt.Sprintf("the file was gone before it could be renamed: the server seems to take each file as soon as it is closed, and the partner may have it as %q: set in_place: true, or give a temp_dir or a temp_prefix that the server leaves alone", p.site.record.Temp)
}

func versioned(place string) string {
	return fmt.Sprintf("the server adds a version to each name, and has the file as %q, which no name that it is to have can match: ask its operator to keep no versions", path.Base(place))
}

// allTheSame tells whether a rename that the server refused was carried out: to try the next way
// would move our own file aside. The size would not do, since an old file may have the same.
func (p *placer) allTheSame(ctx context.Context) bool {
	if placed, err := p.placed(ctx); !placed || err != nil {
		return false
	}
	if found, err := p.site.result(ctx); found == nil || err != nil {
		return false
	}
	whole, err := p.site.whole(ctx)
	return whole && err == nil
}

// tookEffect makes sure that a rename which was answered for was carried out. Where nobody can be
// asked any more, the answer counts: it must not be forgotten.
func (p *placer) tookEffect(ctx context.Context) error {
	if gone, err := p.site.seen(ctx, p.site.record.Temp, false); err == nil && !gone {
		return errNoEffect
	}
	return nil
}

// placed tells whether the temporary file has left for its final name. In a write-only
// folder only another rename can tell. A server may show a file late that it has: "gone" is
// believed after some time only.
func (p *placer) placed(ctx context.Context) (bool, error) {
	if p.site.target.WriteOnly {
		return false, nil
	}
	temp, err := p.site.await(ctx, p.site.record.Temp)
	return err == nil && temp == nil, err
}

func (p *placer) replace(ctx context.Context) error {
	return p.site.ask(ctx, func(s remote.Session) error { return s.Replace(ctx, p.site.record.Temp, p.site.record.Name) })
}

func (p *placer) renameOver(ctx context.Context) error {
	return p.site.rename(ctx, p.site.record.Temp, p.site.record.Name)
}

// swap moves the old file aside, puts the new one in its place and removes the old one.
// For a moment there is none under the name; a crash in that moment is for Recover.
func (p *placer) swap(ctx context.Context) error {
	if p.site.target.WriteOnly {
		return fmt.Errorf("the server cannot replace a file, and the folder may not be looked into: %w", remote.ErrPermission)
	}
	p.site.record.Backup = p.site.target.Options.backupName(p.site.record.Name, p.site.record.Run)
	if err := p.site.save(ctx, StepReplacing); err != nil {
		return err
	}
	if err := p.moveAside(ctx); err != nil {
		return fmt.Errorf("move the old file aside: %w", err)
	}
	if err := p.site.rename(ctx, p.site.record.Temp, p.site.record.Name); err != nil {
		return err
	}
	return p.removeBackup(ctx)
}

// moveAside gives the old file the backup name. The reader may have taken it in this moment, or an
// earlier attempt may have moved it: then some servers say of the backup that it exists.
func (p *placer) moveAside(ctx context.Context) error {
	err := p.site.rename(ctx, p.site.record.Name, p.site.record.Backup)
	if errors.Is(err, fs.ErrExist) {
		if found, e := p.site.result(ctx); e == nil && found == nil {
			return nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		if gone, e := p.site.seen(ctx, p.site.record.Name, false); e == nil && !gone {
			return errNoEffect
		}
	}
	return err
}

// swapOn continues a swap that was interrupted at some point.
func (p *placer) swapOn(ctx context.Context) error {
	placed, err := p.placed(ctx)
	if err != nil {
		return err
	}
	if placed {
		return p.removeBackup(ctx)
	}
	return p.swap(ctx)
}

// removeBackup removes the old file. One that the server will not remove is left over,
// which is no reason to say that the new one was not delivered.
func (p *placer) removeBackup(ctx context.Context) error {
	return p.site.removeOurs(ctx, p.site.record.Backup)
}
