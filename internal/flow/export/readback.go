package export

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/tabular"
)

// ReadBack is a file that is read back row by row.
func ReadBack(path string, d tabular.Dialect) explain.File {
	return explain.File{Name: filepath.Base(path), Row: func(n int) ([]string, error) { return nthRow(path, d, n) }}
}

// nthRow reads one row back, counting from 1; nil when the file has been purged.
func nthRow(path string, d tabular.Dialect, n int) ([]string, error) {
	rows := ReadRows(path, d)
	if rows == nil {
		return nil, nil
	}
	i := 0
	for row, err := range rows {
		if i++; err != nil || i == n {
			return row, err
		}
	}
	return nil, nil
}

// ReadRows reads a file back, its header included; nil when it has been purged. A row is good
// until the next one.
func ReadRows(path string, d tabular.Dialect) iter.Seq2[[]string, error] {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return readRows(path, d)
}

// readRows is ReadRows of a file that is to be there.
func readRows(path string, d tabular.Dialect) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		f, err := os.Open(path)
		if err != nil {
			yield(nil, fmt.Errorf("read back file: %w", err))
			return
		}
		defer f.Close()
		r := tabular.NewReader(f, d)
		r.ReuseRecord = true
		for {
			row, err := r.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(nil, fmt.Errorf("read back file: %w", err))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}
