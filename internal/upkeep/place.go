package upkeep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"lucca-exchange/internal/account"
	"lucca-exchange/internal/spool"
	"lucca-exchange/internal/state"
)

// placePrefix begins the names of the files in the spool, and beside a state that is a file, that say
// how far a state has come, one for each state. A state that has not come as far is an older copy, and
// so may be one that neither knows.
const placePrefix = ".state-"

// NotePlace compares the state with what the spool says of it, and writes down how far it has
// come. It is called before a run begins, and after it ended.
func (k Keeper) NotePlace(ctx context.Context) error {
	// The file first: it is written after what it tells of, by others at the same time as well.
	noted, err := k.places()
	if err != nil {
		return err
	}
	place, fresh, err := k.Store.Place(ctx)
	if err != nil {
		return err
	}
	reached, known := noted[place.Identity]
	if fresh {
		// A state without a past, where others have left theirs: it may have been lost.
		for _, sequence := range noted {
			reached = max(reached, sequence)
		}
	}
	alone := false
	if !known {
		// Another process may have noted it since the spool was read.
		if alone, err = k.alone(ctx); err != nil {
			return err
		}
	}
	if alone {
		k.warnAlone(ctx)
	}
	if alone || reached > place.Sequence {
		k.Logger.WarnContext(ctx, "state.restored", "sequence", place.Sequence, "reached", reached,
			"so", "runs that were held before cannot be approved, and the first run of each flow that changes Lucca is held")
		place.Sequence, place.Noted = max(place.Sequence, reached), false
		if err := k.Store.Restored(ctx, place.Sequence); err != nil {
			return err
		}
	}
	if !known || place.Sequence != reached {
		if err := k.writePlace(place); err != nil {
			return err
		}
	}
	if place.Noted {
		return nil
	}
	return k.Store.Noted(ctx)
}

// ErrAlone: the state is where its spool is not.
var ErrAlone = errors.New("the working files of this state are not in the spool, so that it may be an older copy: put them back too, or restore a backup")

// alone reports whether a state was put where its spool is not, as a copy of its file is: what tells
// how old it is is missing. A state on a server has a spool on each machine.
func (k Keeper) alone(ctx context.Context) (bool, error) {
	if k.Store.Folder() == "" {
		return false, nil
	}
	// The state first: it is told that the spool knows it after the spool does.
	place, err := k.Store.Known(ctx)
	if err != nil || !place.Noted {
		return false, err
	}
	// A spool that cannot be read says nothing; a run says why.
	if _, err := os.ReadDir(k.Spool); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	noted, err := k.places()
	_, known := noted[place.Identity]
	return err == nil && !known, err
}

func (k Keeper) warnAlone(ctx context.Context) {
	k.Logger.WarnContext(ctx, "state.alone", "spool", k.Spool, "err", ErrAlone)
}

// Look says what NotePlace would say of a state that was put where its spool is not, and changes
// nothing.
func (k Keeper) Look(ctx context.Context) error {
	if k.Store == nil {
		return nil
	}
	alone, err := k.alone(ctx)
	if alone {
		k.warnAlone(ctx)
	}
	return err
}

// placeFolders are where marks of the state are.
func (k Keeper) placeFolders() []string {
	if own := k.Store.Folder(); own != "" {
		return []string{k.Spool, own}
	}
	return []string{k.Spool}
}

// places are the sequences that they know, by the state's identity. A file that is damaged
// says nothing.
func (k Keeper) places() (map[int64]int64, error) {
	var found []string
	for _, folder := range k.placeFolders() {
		in, err := filepath.Glob(filepath.Join(folder, placePrefix+"*.json"))
		if err != nil {
			return nil, fmt.Errorf("look for marks of the state: %w", err)
		}
		found = append(found, in...)
	}
	noted := make(map[int64]int64)
	for _, path := range found {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read mark of the state: %w", err)
		}
		var p state.Place
		if json.Unmarshal(data, &p) == nil {
			noted[p.Identity] = max(noted[p.Identity], p.Sequence)
		}
	}
	return noted, nil
}

// writePlace replaces the files of a state, each in one step.
func (k Keeper) writePlace(p state.Place) error {
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode mark of the state: %w", err)
	}
	if err := spool.MakeFolder(k.Spool); err != nil {
		return err
	}
	name := fmt.Sprintf("%s%x.json", placePrefix, p.Identity)
	for _, folder := range k.placeFolders() {
		if err := replace(folder, name, data); err != nil {
			return fmt.Errorf("write mark of the state: %w", err)
		}
	}
	return nil
}

func replace(folder, name string, data []byte) error {
	f, err := os.CreateTemp(folder, trialPrefix)
	if err != nil {
		return account.Explain(folder, err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, account.Give(f.Name()), f.Close()); err == nil {
		err = os.Rename(f.Name(), filepath.Join(folder, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
