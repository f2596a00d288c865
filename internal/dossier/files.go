package dossier

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lucca-exchange/internal/account"
	"lucca-exchange/internal/tabular"
)

// sheet is a file of the spool as a table.
type sheet struct {
	path, name string
	format     tabular.Format
	rows       []tabular.RawRow
	// dialect is that of the partner's file that an export has made; nil for other files.
	dialect *tabular.Dialect
	// opaque: it is no table that can be read here, such as one that was encrypted for the partner.
	opaque bool
	// workbook: it is read, and cannot be written again.
	workbook bool
	// main: its rows are numbered as runs tell them. theirs are those of the person.
	main   bool
	theirs []tabular.RawRow
}

// filesOf are the files of a run's folder.
func filesOf(folder string) (paths []string, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			paths = append(paths, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look into the spool: %w", err)
	}
	return paths, nil
}

// readSheet reads a file as whoever wrote it did, as far as it is a table.
// An export has written it in a dialect; nil for other files.
func readSheet(folder, path string, format tabular.Format, d *tabular.Dialect) (s sheet, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return s, fmt.Errorf("read spool file: %w", account.Explain(path, err))
	}
	name, err := filepath.Rel(folder, path)
	if err != nil {
		return s, fmt.Errorf("read spool file: %w", err)
	}
	s = sheet{path: path, name: name, format: format, dialect: d, workbook: bytes.HasPrefix(data, []byte("PK\x03\x04"))}
	if d != nil {
		s.readOwn(data)
		return s, nil
	}
	if s.format.Separator == "" {
		s.format.Separator = separatorOf(data)
	}
	_, err = tabular.Raw(bytes.NewReader(data), s.format, func(r tabular.RawRow) bool {
		r.Cells, r.Dates = slices.Clone(r.Cells), nil
		s.rows = append(s.rows, r)
		return true
	})
	if err != nil {
		s.opaque, s.rows = true, nil
	}
	return s, nil
}

// readOwn reads a partner's file back.
func (s *sheet) readOwn(data []byte) {
	r := tabular.NewReader(bytes.NewReader(data), *s.dialect)
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			s.opaque, s.rows = true, nil
			return
		}
		s.rows = append(s.rows, tabular.RawRow{Number: len(s.rows) + 1, Cells: cells})
	}
}

// separatorOf is what separates the most cells of the first line.
func separatorOf(data []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimLeft(data, "\r\n"), []byte("\n"))
	best := ";"
	for _, s := range []string{",", "\t", "|"} {
		if bytes.Count(line, []byte(s)) > bytes.Count(line, []byte(best)) {
			best = s
		}
	}
	return best
}

// own are the rows of the file that are the person's: known by their numbers, like one that is, or
// told by themselves.
func (s *sheet) own(w who, numbers []int, like [][]string) []tabular.RawRow {
	var own []tabular.RawRow
	for n, r := range s.rows {
		switch {
		case n == 0 && (s.dialect == nil || s.dialect.Header): // the header
		case slices.Contains(numbers, r.Number) && w.row(r.Cells) > 0, slices.ContainsFunc(like, func(l []string) bool { return begins(r.Cells, l) }), w.theirs(r.Cells):
			own = append(own, r)
		}
	}
	return own
}

// begins reports whether a row has the cells of another one first.
func begins(row, with []string) bool {
	if len(with) == 0 || len(row) < len(with) {
		return false
	}
	for i := range with {
		if strings.TrimPrefix(row[i], "'") != with[i] {
			return false
		}
	}
	return true
}
