package delivery

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"lucca-exchange/internal/remote"
)

// probe is the content of a file that is put and removed again.
const probe = "lucca-exchange check\n"

// Probe tries on an open session what a delivery does: it puts a file, renames it, puts a marker
// where the remote has one, and removes all of it. Every name looks temporary, so that the partner
// takes none for a file. run makes them unique. It says what was done.
func Probe(ctx context.Context, s remote.Session, o Options, run string) (done string, err error) {
	o = o.withDefaults()
	base := "lucca-exchange-probe"
	temp, other := o.TempName(base, run+"-1"), o.TempName(base, run+"-2")
	if o.InPlace {
		temp = base + "." + run + "-1" + o.TempSuffix
	}
	if o.TempDir != "" {
		if err := s.MakeFolder(ctx, o.TempDir); err != nil && !remote.Definite(err) {
			return "", err
		}
	}
	if err := put(ctx, s, temp, probe); err != nil {
		return "", errors.Join(fmt.Errorf("write %q: %w", temp, err), Clear(ctx, s, temp))
	}
	if err := stands(ctx, s, o, temp); err != nil {
		return "", err
	}
	done = "a file was written"
	if !o.InPlace {
		if err := renameProbe(ctx, s, o, temp, other); err != nil {
			return "", errors.Join(err, Clear(ctx, s, temp), Clear(ctx, s, other))
		}
		temp, done = other, done+", renamed"
	}
	if err := Clear(ctx, s, temp); err != nil {
		return "", err
	}
	done += " and removed"
	if o.DoneMarker == "" {
		return done, nil
	}
	marker := base + "." + run + "-3" + o.TempSuffix
	err = put(ctx, s, marker, o.MarkerText)
	if err = errors.Join(err, Clear(ctx, s, marker)); err != nil {
		return "", fmt.Errorf("write %q, as done_marker is%s: %w", marker, o.markerHint(), err)
	}
	return done + "; a done_marker too", nil
}

func put(ctx context.Context, s remote.Session, place, content string) error {
	return s.Upload(ctx, place, strings.NewReader(content), int64(len(content)))
}

// stands makes sure that the server has not taken the file as soon as it was closed. Where it does
// not tell, it is believed.
func stands(ctx context.Context, s remote.Session, o Options, place string) error {
	seen, err := o.retries().Seen(ctx, func() (bool, error) { return there(ctx, s, place, true) })
	if err == nil && !seen {
		err = noVersion(ctx, s, place)
	}
	if err == nil && !seen && !o.InPlace {
		err = fmt.Errorf("%q was written and is gone: the server takes each file as soon as it is closed, and would get temporary names: set in_place: true, or give a temp_dir or a temp_prefix that it leaves alone", place)
	}
	return err
}

// noVersion is an error where a file has got a version added to its name. It is removed.
func noVersion(ctx context.Context, s remote.Session, place string) error {
	found, err := remote.Versioned(ctx, s, place)
	if err != nil && !remote.Definite(err) {
		return err
	}
	if found == "" {
		return nil // or the server does not tell
	}
	return errors.Join(errors.New(versioned(found)), Clear(ctx, s, found))
}

func there(ctx context.Context, s remote.Session, place string, unknown bool) (bool, error) {
	_, err := s.Stat(ctx, place)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil && remote.Definite(err):
		return unknown, nil
	}
	return err == nil, err
}

func renameProbe(ctx context.Context, s remote.Session, o Options, from, to string) error {
	err := s.Replace(ctx, from, to)
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, remote.ErrBadName) {
		err = s.Rename(ctx, from, to)
	}
	if err != nil {
		return fmt.Errorf("rename %q (as a last resort there is in_place: true): %w", from, err)
	}
	gone, err := o.retries().Seen(ctx, func() (bool, error) {
		still, err := there(ctx, s, from, false)
		return !still, err
	})
	if err == nil && !gone {
		err = errNoEffect
	}
	if err != nil {
		return err
	}
	return noVersion(ctx, s, to)
}

// Clear removes a file that a probe has put, if it is still there.
func Clear(ctx context.Context, s remote.Session, place string) error {
	if err := s.Remove(ctx, place); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %q, which may stand there now: %w", place, err)
	}
	return nil
}
