package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"lucca-exchange/internal/fault"
)

// ErrFull: there is no room, and nothing that may go.
var ErrFull = errors.New("the spool is full")

// headroom is the part of the bound that is made free at once, so that not every file has to
// look for room again.
const headroom = 20

// Room bounds what all the files of a spool take together. When that is reached, the folders of
// runs go that are over and that nobody needs, the oldest first. A nil Room has no bound.
//
// It is counted while writing and measured when that is used up, so other processes with the
// same spool may exceed it for a moment.
type Room struct {
	// Folder is that of the spool.
	Folder string
	// Max is the bound in bytes.
	Max int64
	// Spare lists the runs whose files may go, in the order in which they are to go.
	Spare func() ([]string, error)
	// Went is told whose files went, and how many bytes that were; may be nil.
	Went func(runs []string, bytes int64)

	mu   sync.Mutex
	left int64
}

// Measure has the room measured again before anything more is written.
func (r *Room) Measure() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = 0
}

// spend uses up so many bytes.
func (r *Room) spend(n int64) error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left < n {
		if err := r.find(n); err != nil {
			return err
		}
	}
	r.left -= n
	return nil
}

// find measures what there is, and makes room where that is too much.
func (r *Room) find(n int64) error {
	used, err := Size(r.Folder)
	if err != nil {
		return err
	}
	if used+n > r.Max {
		freed, err := r.shrink(used + n + r.Max/headroom - r.Max)
		if err != nil {
			return err
		}
		used -= freed
	}
	if r.left = r.Max - used; r.left < n {
		return fault.Of(ErrFull, "%q takes %s, of %s that retention.spool allows, and the files left there are of runs that are held, at work or unfinished, or the last ones delivered: approve or reject what \"lucca-exchange runs\" shows as held, or raise retention.spool", r.Folder, Bytes(used), Bytes(r.Max))
	}
	return nil
}

// shrink removes the files of runs that are over until so many bytes are free, if there are any.
func (r *Room) shrink(need int64) (freed int64, err error) {
	runs, err := r.Spare()
	if err != nil {
		return 0, fmt.Errorf("make room in the spool: %w", err)
	}
	var went []string
	for _, run := range runs {
		if freed >= need {
			break
		}
		folder := filepath.Join(r.Folder, run)
		size, err := Size(folder)
		if err == nil && size > 0 {
			err = Remove(folder)
			freed, went = freed+size, append(went, run)
		}
		if err != nil {
			return freed, err
		}
	}
	if len(went) > 0 && r.Went != nil {
		r.Went(went, freed)
	}
	return freed, nil
}

// Size is how many bytes the files of a folder have, with those of the folders in it; 0 where
// there is none. What is removed meanwhile does not count.
func Size(folder string) (total int64, err error) {
	err = filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			var info fs.FileInfo
			if info, err = entry.Info(); err == nil {
				total += info.Size()
			}
		}
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("measure the spool: %w", err)
	}
	return total, nil
}
