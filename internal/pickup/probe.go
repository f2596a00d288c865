package pickup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"lucca-exchange/internal/remote"
)

// Probe tries on an open session what a pickup does with a file: it makes the folders, puts a file
// with a temporary name, moves it to in-progress/ and to processed/, and removes it. run makes the
// name unique. It says what was done; a server that refuses is no error, since files are then taken
// from where they are.
func Probe(ctx context.Context, s remote.Session, from Source, run string) (done string, err error) {
	from = from.withDefaults()
	const content = "lucca-exchange check\n"
	name := "lucca-exchange-probe." + run + ".part"
	place := name
	defer func() {
		if e := s.Remove(ctx, place); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, fmt.Errorf("remove %q, which may stand there now: %w", place, e))
		}
	}()
	err = s.Upload(ctx, name, strings.NewReader(content), int64(len(content)))
	for _, folder := range []string{inProgress, processed, failed} {
		if err == nil {
			err = s.MakeFolder(ctx, folder)
		}
	}
	for _, folder := range []string{inProgress, processed} {
		to := folder + "/" + name
		if err == nil {
			err = s.Rename(ctx, place, to)
		}
		if err == nil {
			place, err = moved(ctx, s, from, place, to)
		}
	}
	if err == nil {
		return "a file was moved to " + inProgress + "/ and put away to " + processed + "/", nil
	}
	if ctx.Err() != nil || !remote.Definite(err) && !errors.Is(err, errNoEffect) {
		return "", err
	}
	return fmt.Sprintf("files cannot be moved to %s/ and %s/: they will stay where they are, and the state alone will remember which were taken (pickup.keep: true does so without trying): %s", inProgress, processed, err), nil
}

var errNoEffect = errors.New("the server answers that it has moved a file, and has not")

// moved waits for some time until a file is seen where it was moved to, and returns where it is.
func moved(ctx context.Context, s remote.Session, from Source, old, place string) (string, error) {
	seen, err := remote.Attempts{Wait: from.RetryWait}.Seen(ctx, func() (bool, error) {
		found, err := remote.Look(ctx, s, place)
		return found != nil, err
	})
	switch {
	case err != nil && !remote.Definite(err):
		return place, err
	case err == nil && !seen:
		found, err := remote.Versioned(ctx, s, place)
		if err != nil && !remote.Definite(err) {
			return place, err
		}
		if err == nil && found != "" {
			return found, nil
		}
		return old, errNoEffect
	}
	return place, nil
}
