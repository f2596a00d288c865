package upkeep

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"lucca-exchange/internal/state"
)

// Looked is what was found of a place that an instance needs.
type Looked struct {
	// Name is state or spool, Address where it is; it holds no password.
	Name, Address string
	// Found says what is there, where nothing is wrong.
	Found string
	Err   error
}

// Look tries the state and the spool of an instance that may not have run yet, and changes nothing of
// either: a file is written beside the state and into the spool, and removed.
func Look(ctx context.Context, dsn, spoolFolder string) []Looked {
	return []Looked{lookAtState(ctx, dsn, spoolFolder), lookAtSpool(spoolFolder)}
}

func lookAtState(ctx context.Context, dsn, spoolFolder string) Looked {
	l := Looked{Name: "state"}
	file, address := state.Location(dsn)
	l.Address = address
	s, err := state.OpenReadOnly(ctx, dsn)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.Found, l.Err = "there is none yet: the first run makes it", nil
	case errors.Is(err, state.ErrOlderSchema):
		l.Found = "of an older version: the next run brings it up to date"
	case err != nil:
		l.Err = err
		return l
	default:
		runs, err := s.History().Runs(ctx, state.Filter{Limit: 1})
		if err == nil {
			var alone bool
			if alone, err = (Keeper{Store: StoreOf(s), Spool: spoolFolder}).alone(ctx); alone {
				err = ErrAlone
			}
		}
		if err := errors.Join(err, s.Close()); err != nil {
			l.Err = err
			return l
		}
		l.Found = "can be read, and has no run yet"
		if len(runs) > 0 {
			l.Found = fmt.Sprintf("can be read; the last run is %s", runs[0].ID)
		}
	}
	if file != "" {
		l.Err = tryNearest(filepath.Dir(file))
	}
	return l
}

func lookAtSpool(folder string) Looked {
	l := Looked{Name: "spool", Address: folder, Found: "can be written"}
	info, err := os.Stat(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.Found = "there is none yet: the first run makes it"
	case err != nil:
		l.Err = err
		return l
	case info.IsDir():
		if l.Err = state.Private(folder); l.Err != nil {
			return l
		}
	}
	l.Err = tryNearest(folder)
	return l
}

// tryNearest writes into a folder, or into the first above it that is there.
func tryNearest(folder string) error {
	for {
		if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) || filepath.Dir(folder) == folder {
			return tryFolder(folder)
		}
		folder = filepath.Dir(folder)
	}
}
