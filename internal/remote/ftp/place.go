package ftp

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/jlaffaye/ftp"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
)

// place is the folder in which the server resolves names. Names are sent without a path, and the
// server is told the folder before: what a listing of a path looks like differs from server to
// server.
type place struct {
	client *client
	// base is the path of the configured folder, once it was asked for; current is the
	// folder below it in which the server resolves names now, wanted the one in which it has to
	// when the session is opened anew.
	base, current, wanted string
	// baseless: the server does not tell that path.
	baseless bool
}

// enter goes to the configured folder, in which all names are from then on, and on from there to
// where the session was. Some servers list a missing folder as an empty one, but none enters it.
func (p *place) enter() error {
	p.current = ""
	if dir := p.client.config.Dir; dir != "" {
		if err := p.changeDir(dir, dir); err != nil {
			return err
		}
	}
	return p.walk(p.wanted)
}

// turn makes the server resolve names in a folder below the configured one, or in that one where
// sub is empty.
func (p *place) turn(sub string) error {
	if p.current == sub {
		p.wanted = sub
		return nil
	}
	p.wanted = ""
	err := p.walk(sub)
	if p.client.unheard(err) {
		if err = p.client.revive(); err == nil {
			err = p.walk(sub)
		}
	}
	if err == nil {
		p.wanted = sub
	}
	return err
}

func (p *place) walk(sub string) error {
	if p.current == sub {
		return nil
	}
	base, err := p.basePath()
	if err != nil {
		return err
	}
	if base != "" {
		return p.change(path.Join(base, sub), sub)
	}
	// Nobody knows the folder's path: go back to it and down from it.
	if p.current != "" {
		_, err := p.client.once((*ftp.ServerConn).ChangeDirToParent)
		if unsupported(err) {
			err = p.changeDir("..", "")
		}
		if err := entered(err, ""); err != nil {
			return err
		}
		p.current = ""
	}
	if sub == "" {
		return nil
	}
	return p.change(sub, sub)
}

// at is the path of a name from the configured folder on.
func (p *place) at(name string) string { return path.Join(p.current, name) }

// change goes to another folder, which is sub below the configured one.
func (p *place) change(to, sub string) error {
	if err := p.changeDir(to, sub); err != nil {
		return err
	}
	p.current = sub
	return nil
}

// changeDir goes to a folder, which errors call so.
func (p *place) changeDir(dir, called string) error {
	_, err := p.client.once(func(c *ftp.ServerConn) error { return c.ChangeDir(dir) }, dir)
	return entered(err, called)
}

func entered(err error, folder string) error {
	if r, refused := replyOf(err); refused && answered(err, codeUnavailable, codeBadName, codeBadArgument) && !r.crowded() {
		return fmt.Errorf("enter folder %q: missing, or not for this account: %w", folder, fault.Wrap(fs.ErrNotExist, r))
	}
	if err != nil {
		return fmt.Errorf("enter folder %q: %w", folder, err)
	}
	return nil
}

// basePath returns the absolute path of the configured folder, or nothing where the server does
// not tell it, or not in a form that can be added to.
func (p *place) basePath() (string, error) {
	switch {
	case p.base != "" || p.baseless:
		return p.base, nil
	case strings.HasPrefix(p.client.config.Dir, "/"):
		p.base = p.client.config.Dir
		return p.base, nil
	}
	_, err := p.client.once(func(c *ftp.ServerConn) (err error) {
		p.base, err = c.CurrentDir()
		return err
	})
	if _, refused := replyOf(err); err != nil && (!refused || answered(err, codeNotAvailable)) {
		return "", fmt.Errorf("ask for the folder: %w", err)
	}
	p.baseless = p.base == ""
	return p.base, nil
}

// makeAll makes a folder and those above it. It tries every level: servers refuse one that exists with the code of one that
// they do not allow, so that only entering the folder tells what came of it.
func (p *place) makeAll(dir string) error {
	var refusal error
	for _, level := range remote.Levels(dir) {
		_, refusal = p.client.call(func(c *ftp.ServerConn) error { return c.MakeDir(level) }, level)
		if _, refused := replyOf(refusal); refusal != nil && !refused {
			return refusal
		}
	}
	if _, err := p.client.call(func(c *ftp.ServerConn) error { return c.ChangeDir(dir) }, dir); err != nil {
		return errors.Join(refusal, err)
	}
	return nil
}
