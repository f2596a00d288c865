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

// placePrefix begins the names of the files in the spool that say how far a state has come, one
// for each state. A state that has not come as far is an older copy.
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
	reached := noted[place.Identity]
	if fresh {
		// A state without a past, where others have left theirs: it may have been lost.
		for _, sequence := range noted {
			reached = max(reached, sequence)
		}
	}
	if reached > place.Sequence {
		k.Logger.WarnContext(ctx, "state.restored", "sequence", place.Sequence, "reached", reached,
			"so", "runs that were held before cannot be approved, and the first run of each flow that changes Lucca is held")
		if err := k.Store.Restored(ctx, reached); err != nil {
			return err
		}
		place.Sequence = reached
	}
	if place.Sequence == reached && !fresh {
		return nil
	}
	return k.writePlace(place)
}

// places are the sequences that the spool knows, by the state's identity. A file that is damaged
// says nothing.
func (k Keeper) places() (map[int64]int64, error) {
	found, err := filepath.Glob(filepath.Join(k.Spool, placePrefix+"*.json"))
	if err != nil {
		return nil, fmt.Errorf("look for marks of the state: %w", err)
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
			noted[p.Identity] = p.Sequence
		}
	}
	return noted, nil
}

// writePlace replaces the file of a state in one step.
func (k Keeper) writePlace(p state.Place) error {
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode mark of the state: %w", err)
	}
	if err := spool.MakeFolder(k.Spool); err != nil {
		return err
	}
	path := filepath.Join(k.Spool, fmt.Sprintf("%s%x.json", placePrefix, p.Identity))
	f, err := os.CreateTemp(k.Spool, trialPrefix)
	if err != nil {
		return fmt.Errorf("write mark of the state: %w", account.Explain(k.Spool, err))
	}
	_, err = f.Write(data)
	if err := errors.Join(err, account.Give(f.Name()), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write mark of the state: %w", err), os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write mark of the state: %w", err)
	}
	return nil
}
