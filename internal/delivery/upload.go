package delivery

import (
	"context"
	"errors"
	"io/fs"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// uploader puts the whole file under its temporary name.
type uploader struct {
	site *site
	// old are temporary files of earlier deliveries that are still to be removed.
	old []string
	// unanswered: the whole file was sent, and the server did not say that it has it. late: it was
	// found later.
	unanswered, late bool
}

// upload puts the whole file under its temporary name. What an earlier attempt left under
// that name is ours, since it contains the run, and is removed.
func (u *uploader) upload(ctx context.Context, file *spool) error {
	if _, err := u.site.open(ctx); err != nil {
		return err
	}
	u.sweep(ctx)
	if u.site.record.Step == StepUploading {
		if arrived, err := u.arrived(ctx); arrived || err != nil {
			return err
		}
		if err := u.clearTemp(ctx); err != nil {
			return err
		}
	}
	if err := u.makeTempFolder(ctx); err != nil {
		return err
	}
	if err := u.site.save(ctx, StepUploading); err != nil {
		return err
	}
	err := u.send(ctx, file)
	if errors.Is(err, fs.ErrExist) {
		if err = u.clearTemp(ctx); err == nil {
			err = u.site.save(ctx, StepUploading)
		}
		if err == nil {
			err = u.send(ctx, file)
		}
	}
	// A write-only folder is not looked for before.
	if errors.Is(err, fs.ErrNotExist) && u.site.target.WriteOnly && u.site.target.Options.CreateDir {
		if err = u.site.createDir(ctx); err == nil {
			err = u.send(ctx, file)
		}
	}
	return err
}

// sweep removes what earlier deliveries have left, or what came into being after they were given
// up: some servers make a file of what they were sent minutes later. What is refused stays.
func (u *uploader) sweep(ctx context.Context) {
	old := u.old
	u.old = nil
	for _, name := range old {
		if _, _, err := remote.SplitPath(name); err != nil {
			continue
		}
		if err := u.site.remove(ctx, name); err != nil && !remote.Definite(err) {
			return // the delivery itself will tell what is wrong
		}
	}
}

// makeTempFolder makes the folder for temporary files. One that is refused may be there: the upload will
// tell.
func (u *uploader) makeTempFolder(ctx context.Context) error {
	sub, _, _ := remote.SplitPath(u.site.record.Temp)
	if sub == "" {
		return nil
	}
	err := u.site.ask(ctx, func(s remote.Session) error { return s.MakeFolder(ctx, sub) })
	if err != nil && remote.Definite(err) {
		return nil
	}
	return err
}

// arrived tells whether the file that an earlier attempt has sent to its last byte stands under its
// temporary name after all. Servers that scan or copy what they got show it late.
func (u *uploader) arrived(ctx context.Context) (bool, error) {
	if !u.unanswered || u.site.target.WriteOnly || u.site.record.inPlace() {
		return false, nil
	}
	u.unanswered = false
	var err error
	u.late, err = u.site.target.Options.retries().Seen(ctx, func() (bool, error) {
		found, err := u.site.look(ctx, u.site.record.Temp)
		return err == nil && found != nil && found.Regular && found.Size == u.site.record.Bytes, err
	})
	return u.late, err
}

// clearTemp makes way for another upload: by removing what is there, or by another name
// where the account may not delete.
func (u *uploader) clearTemp(ctx context.Context) error {
	err := u.site.remove(ctx, u.site.record.Temp)
	if err == nil || u.site.record.inPlace() || !remote.Definite(err) {
		return err
	}
	u.site.leftover = u.site.record.Temp
	u.site.record.Temp = u.site.target.Options.nextTempName(u.site.record.Temp)
	_, _, err = remote.SplitPath(u.site.record.Temp)
	return err
}

func (u *uploader) send(ctx context.Context, file *spool) error {
	src, err := file.source()
	if err != nil {
		return err
	}
	err = u.site.ask(ctx, func(s remote.Session) error {
		return s.Upload(ctx, u.site.record.Temp, src, u.site.record.Bytes)
	})
	other := src.done()
	u.unanswered = errors.Is(err, remote.ErrUnanswered) && other == nil
	if errors.Is(err, remote.ErrPermission) && !u.site.record.inPlace() {
		return fault.Hint(err, "where a server takes only certain names or folders, there are temp_suffix, temp_prefix, temp_dir and in_place")
	}
	if err != nil {
		return err
	}
	return other
}
