package tabular

import (
	"bytes"
	"errors"
	"io"
	"slices"
)

// RawRow is a row as it stands in a file of which no header is known yet.
type RawRow struct {
	Number int
	// Cells are decoded and as they are in the file: see Clean and Mend. Dates are as in Row.
	Cells []string
	Dates []bool
}

// Raw calls do for every row of a file that is not blank, the header among them, until do
// says stop. The error wraps ErrRefused when the file is none that could be read.
func Raw(r io.Reader, f Format, do func(RawRow) (more bool)) (Info, error) {
	f = f.withDefaults()
	s := &Sheet{format: f, bytes: &counter{r: r, most: f.Caps.Bytes}}
	if err := s.open(); err != nil {
		return Info{}, err
	}
	defer s.Close() //nolint:errcheck // temporary files of a workbook, which the system drops too
	for {
		l, err := s.from.line()
		if errors.Is(err, io.EOF) {
			return s.Info(), nil
		}
		if err != nil {
			return s.Info(), readError(err)
		}
		if l.blank {
			continue
		}
		s.unquote(&l)
		s.rows, s.unclosed = s.rows+1, !l.closed
		if !do(RawRow{Number: l.number, Cells: l.cells, Dates: l.dates}) {
			return s.Info(), nil
		}
	}
}

// Sheets returns the names of the sheets of a workbook that a person sees and that have
// rows, and none for a file of text.
func Sheets(r io.Reader, f Format) (names []string, err error) {
	f = f.withDefaults()
	data, err := io.ReadAll(&counter{r: r, most: f.Caps.Bytes})
	if err != nil {
		return nil, refusedOr(err)
	}
	if !bytes.HasPrefix(data, []byte(zipMagic)) {
		return nil, nil
	}
	f.Sheet = ""
	s, err := openWorkbook(bytes.NewReader(data), f)
	var several *severalSheets
	switch {
	case errors.As(err, &several):
		return several.names, nil
	case err != nil:
		return nil, err
	}
	w, ok := s.(*workbook)
	if ok {
		names = []string{w.name}
	}
	return names, s.close()
}

// severalSheets is the refusal of a workbook in which nobody says which sheet has the users.
type severalSheets struct {
	error
	names []string
}

// Unwrap returns the refusal.
func (s *severalSheets) Unwrap() error { return s.error }

// Reading is how the text of a file looks in one encoding.
type Reading struct {
	Encoding string
	// Whole counts the cells whose letters beyond ASCII stand where letters stand, Broken
	// those with signs where no word has them.
	Whole, Broken int
	// Doubted: the few letters of the file make more sense in another encoding.
	Doubted bool
}

// Readings tells how the text of a file looks in each encoding of single bytes, from the one
// that fits best.
func Readings(r io.ReadSeeker, f Format) ([]Reading, error) {
	var all []Reading
	tried := []string{Windows1252, CP850, Macintosh}
	for n := 0; n < len(tried); n++ {
		encoding, from := tried[n], asSet
		if encoding == Windows1252 {
			from = asGuessed
		}
		if _, err := r.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		f.Encoding = encoding
		var e evidence
		strange := false
		_, err := Raw(r, f, func(row RawRow) bool {
			for i, cell := range row.Cells {
				if has := suspicious(cell); has != 0 {
					strange = e.see(place{row.Number, i}, cell, has, from) == unusual || strange
				}
			}
			return true
		})
		if err != nil {
			return nil, err
		}
		doubted := false
		if encoding == Windows1252 {
			_, doubted = e.letters.doubt(0)
		}
		if strange { // these read nearly any text
			tried = append(tried, Windows1250, Windows1254)
		}
		all = append(all, Reading{encoding, e.healthy, e.damaged, doubted})
	}
	slices.SortStableFunc(all, func(a, b Reading) int { return a.Broken - b.Broken })
	return all, nil
}

// refusedOr makes the refusal of the file of a fault of its bytes.
func refusedOr(err error) error {
	if fault, ok := errors.AsType[*textFault](err); ok {
		return Refuse(0, fault.code, fault.message)
	}
	return readError(err)
}
