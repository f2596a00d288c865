package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// FileSize tells how many bytes a working file has; false: no file is there, or something else is.
func FileSize(path string) (bytes int64, there bool, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !info.Mode().IsRegular():
		return 0, false, nil
	case err != nil:
		return 0, false, fmt.Errorf("look into the spool: %w", err)
	}
	return info.Size(), true, nil
}
