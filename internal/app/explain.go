package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"lucca-exchange/internal/explain"
	"lucca-exchange/internal/tabular"
)

// readBack is a file that is read back row by row.
func readBack(path string, d tabular.Dialect) explain.File {
	return explain.File{Name: filepath.Base(path), Row: func(n int) ([]string, error) { return nthRow(path, d, n) }}
}

// nthRow reads one row back, counting from 1; nil when the file has been purged.
func nthRow(path string, d tabular.Dialect, n int) ([]string, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read back file: %w", err)
	}
	defer f.Close()
	r := tabular.NewReader(f, d)
	r.ReuseRecord = true
	for i := 1; ; i++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read back file: %w", err)
		}
		if i == n {
			return row, nil
		}
	}
}
