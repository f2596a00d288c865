package tabular

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// survey is what a sheet holds beside the values of its cells, which the stream of rows does
// not tell. The parts are those of ECMA-376 Part 1, 18.2 and 18.3.
type survey struct {
	// hidden are the columns that are not shown.
	hidden []int
	// empty are formulas without a stored value; the first of them. covered are cells that
	// are merged into another, whose value a person sees there.
	empty, covered []place
	// iso: some cells are dates as ISO 8601 writes them, as in a workbook of the strict kind.
	iso bool
}

// maxEmpty bounds how many formulas without a value, and how many merged cells, are named.
const maxEmpty = 1000

// surveySheet looks through the part of a sheet. The error refuses a workbook whose sheet
// does not end.
func surveySheet(part *zip.File) (survey, error) {
	if part == nil {
		return survey{}, damagedWorkbook()
	}
	r, err := part.Open()
	if err != nil {
		return survey{}, damagedWorkbook()
	}
	defer r.Close()
	s := surveyor{in: bufio.NewReaderSize(r, 64<<10)}
	if err := s.scan(); err != nil || !s.ended {
		return survey{}, damagedWorkbook()
	}
	return s.survey, nil
}

// surveyor goes through the tags of a sheet. encoding/xml takes ten times as long for it.
type surveyor struct {
	survey
	in    *bufio.Reader
	ended bool
	// Of the cell: its place in the file, and whether it has a formula and a value. Texts may be blank,
	// while a number without digits was never calculated. Inside says that a value begins.
	cell                         string
	formula, value, text, inside bool
}

func (s *surveyor) scan() error {
	for {
		between, err := s.in.ReadSlice('<')
		s.value = s.value || s.inside && len(between) > len("<")
		s.inside = false
		if errors.Is(err, bufio.ErrBufferFull) {
			continue // a long text
		} else if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		tag, err := s.in.ReadSlice('>')
		if errors.Is(err, bufio.ErrBufferFull) && s.ended {
			continue // what comes after the cells may hold anything
		}
		if err != nil {
			return err
		}
		s.tag(tag[:len(tag)-1])
	}
}

func (s *surveyor) tag(tag []byte) {
	name, _, _ := bytes.Cut(bytes.TrimSuffix(tag, []byte("/")), []byte(" "))
	closing := bytes.HasPrefix(name, []byte("/"))
	name = bytes.TrimPrefix(name, []byte("/"))
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	switch {
	case string(name) == "sheetData" && (closing || bytes.HasSuffix(tag, []byte("/"))):
		s.ended = true
	case string(name) == "col" && !closing:
		s.column(tag)
	case string(name) == "c" && !closing:
		s.cell, s.formula, s.value, s.text = attribute(tag, "r"), false, false, attribute(tag, "t") == "str"
		s.iso = s.iso || bytes.Contains(tag, []byte(` t="d"`))
	case string(name) == "f":
		s.formula = true
	case string(name) == "v":
		s.value, s.inside = s.value || s.text, !closing && !bytes.HasSuffix(tag, []byte("/"))
	case string(name) == "mergeCell" && !closing:
		s.merged(attribute(tag, "ref"))
	case string(name) == "c" && s.formula && !s.value:
		s.note()
		s.formula = false
	case string(name) == "c":
		s.formula = false
	}
}

func (s *surveyor) column(tag []byte) {
	if hidden := attribute(tag, "hidden"); hidden != "1" && hidden != "true" {
		return
	}
	from, err1 := strconv.Atoi(attribute(tag, "min"))
	to, err2 := strconv.Atoi(attribute(tag, "max"))
	if err1 != nil || err2 != nil || from < 1 {
		return
	}
	for column := from; column <= min(to, from+defaultColumns); column++ {
		s.hidden = append(s.hidden, column-1)
	}
}

func (s *surveyor) note() {
	column, row, err := excelize.CellNameToCoordinates(s.cell)
	if err == nil && len(s.empty) < maxEmpty {
		s.empty = append(s.empty, place{row, column - 1})
	}
}

// merged notes the cells of a range but for its first.
func (s *surveyor) merged(ref string) {
	from, to, _ := strings.Cut(ref, ":")
	left, top, err1 := excelize.CellNameToCoordinates(from)
	right, bottom, err2 := excelize.CellNameToCoordinates(to)
	if err1 != nil || err2 != nil {
		return
	}
	for row := top; row <= bottom; row++ {
		for column := left; column <= right; column++ {
			if len(s.covered) == maxEmpty {
				return
			}
			if row != top || column != left {
				s.covered = append(s.covered, place{row, column - 1})
			}
		}
	}
}

// attribute is the value of an attribute of a tag, none when it has no such one.
func attribute(tag []byte, name string) string {
	_, rest, ok := bytes.Cut(tag, []byte(" "+name+`="`))
	if !ok {
		return ""
	}
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(value)
}
