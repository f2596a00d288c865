package tabular

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Bounds of a workbook, whose parts are packed: how many times larger than caps.bytes those that are
// read may be in all, and how much of them is held in memory. What of the sheets and of their
// texts is more goes into files of Format.TempDir until the sheet is closed.
const (
	unpackedTimes = 10
	inMemory      = 8 << 20
)

// Bounds of what a workbook is made of, none of which a spreadsheet comes near.
const (
	maxDirectory = 4 << 20   // bytes of the archive's list of its parts
	maxPart      = 4 << 20   // bytes of a part that is decoded as a whole
	maxSheets    = 1000      // a sheet may lie in a part of no bytes
	maxNesting   = 100       // tags within tags: each open one is kept
	maxTag       = 64 << 10  // bytes of a tag
	maxRun       = 1 << 20   // bytes between two tags
	maxRow       = 1 << 20   // rows of a part, as in Excel
	maxWidth     = 1 << 14   // cells of a row, as in Excel
	maxTexts     = 2 << 20   // texts that sheets share
	maxKnown     = 512 << 10 // tags of a part that is decoded as a whole
	maxBlanks    = 32 << 20  // cells of a part, those without text too
	maxElsewhere = 64 << 20  // bytes of a sheet that is in memory whole for its unusual name
	sheetPrefix  = "xl/worksheets/sheet"
	textsPart    = "xl/sharedstrings.xml"
)

// parts are those of a workbook that are read: the sheets, their texts and styles, and what leads to
// them. Pictures and all else may be as large as they like.
type parts struct {
	archive *zip.Reader
	// sheets are those that have a part, by name; needed are all parts.
	sheets map[string]*zip.File
	needed []*zip.File
}

// kept writes what comes into a file that is gone with its last reader.
func kept(r io.Reader, dir string) (*os.File, int64, error) {
	file, err := os.CreateTemp(dir, "workbook-")
	if err != nil {
		return nil, 0, fmt.Errorf("keep workbook: %w", err)
	}
	size, err := io.Copy(file, r)
	if err = errors.Join(err, os.Remove(file.Name())); err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, size, nil
}

// listed is where the list of an archive is read from, as long as it is not too large.
type listed struct {
	r    io.ReaderAt
	left int64
	read bool
}

func (l *listed) ReadAt(p []byte, at int64) (int, error) {
	if !l.read {
		if l.left -= int64(len(p)); l.left < 0 {
			return 0, zip.ErrFormat
		}
	}
	return l.r.ReadAt(p, at)
}

// partsOf finds the parts of a workbook, and refuses one that no spreadsheet has written.
func partsOf(file io.ReaderAt, size int64, most int64) (parts, error) {
	from := &listed{r: file, left: maxDirectory}
	archive, err := zip.NewReader(from, size)
	if err != nil {
		return parts{}, damagedWorkbook()
	}
	from.read = true
	p := parts{archive: archive, sheets: make(map[string]*zip.File)}
	if _, err := p.find("xl/workbook.xml"); err != nil {
		return parts{}, archived(archive.File).refuse()
	}
	if err := p.lead(); err != nil {
		return parts{}, damagedWorkbook()
	}
	if err := p.weigh(most); err != nil {
		return parts{}, err
	}
	for _, part := range p.needed {
		if !believable(part, spills(part) || p.isSheet(part)) {
			return parts{}, damagedWorkbook()
		}
	}
	return p, nil
}

func (p *parts) find(name string) (*zip.File, error) {
	for _, f := range p.archive.File {
		if strings.EqualFold(strings.ReplaceAll(f.Name, `\`, "/"), name) {
			return f, nil
		}
	}
	return nil, io.ErrUnexpectedEOF
}

func (p *parts) decode(name string, v any) error {
	part, err := p.find(name)
	if err != nil {
		return err
	}
	r, err := part.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	return xml.NewDecoder(io.LimitReader(r, maxPart)).Decode(v)
}

// lead follows the workbook and its relations to the parts that are read.
func (p *parts) lead() error {
	var book struct {
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	var relations struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := errors.Join(p.decode("xl/workbook.xml", &book), p.decode("xl/_rels/workbook.xml.rels", &relations)); err != nil {
		return err
	}
	if len(book.Sheets) > maxSheets || len(relations.All) > 4*maxSheets {
		return zip.ErrFormat
	}
	for _, name := range []string{"[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"} {
		p.need(name)
	}
	targets := make(map[string]*zip.File)
	for _, r := range relations.All {
		switch path.Base(r.Type) {
		case "worksheet", "sharedStrings", "styles", ".":
			targets[r.ID] = p.need(path.Join("/xl", strings.TrimPrefix(r.Target, "/xl/"))[1:])
		}
	}
	for _, s := range book.Sheets {
		for _, attr := range s.Attrs {
			if part := targets[attr.Value]; part != nil && attr.Name.Local == "id" {
				p.sheets[s.Name] = part
			}
		}
	}
	seen := make(map[*zip.File]bool)
	for _, part := range p.sheets {
		if seen[part] {
			return zip.ErrFormat // it would be gone through for each of its sheets
		}
		seen[part] = true
	}
	return nil
}

// need notes a part that is read, if there is one of that name.
func (p *parts) need(name string) *zip.File {
	part, err := p.find(name)
	if err == nil && !slices.Contains(p.needed, part) {
		p.needed = append(p.needed, part)
	}
	return part
}

// spills reports whether excelize puts a large part into a file, as it does by name.
func spills(part *zip.File) bool {
	name := strings.ToLower(strings.ReplaceAll(part.Name, `\`, "/"))
	return strings.HasPrefix(name, sheetPrefix) || name == textsPart
}

func (p *parts) isSheet(part *zip.File) bool {
	return slices.Contains(slices.Collect(maps.Values(p.sheets)), part)
}

// weigh refuses what is too large when it is unpacked.
func (p *parts) weigh(most int64) error {
	var all, held int64
	for _, part := range p.needed {
		n := part.FileInfo().Size()
		if all += n; !spills(part) {
			held += n
		}
		if !p.isSheet(part) && !spills(part) && n > maxPart {
			return damagedWorkbook()
		}
	}
	if all > unpackedTimes*most {
		return tooLargeUnpacked(unpackedTimes * most)
	}
	if held > maxElsewhere {
		return tooLargeUnpacked(maxElsewhere)
	}
	return nil
}

func tooLargeUnpacked(most int64) error {
	return Refuse(0, "file_too_large", "the workbook is larger than "+bytesText(most)+" when it is unpacked: raise caps.bytes if that is right")
}

// open hands the parts that are read to excelize, which holds all that it finds in memory.
func (p *parts) open(f Format) (book *excelize.File, err error) {
	file, err := os.CreateTemp(f.TempDir, "workbook-")
	if err != nil {
		return nil, fmt.Errorf("keep workbook: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(file.Name())) }()
	out, large := zip.NewWriter(file), int64(1)
	for _, part := range p.needed {
		if spills(part) {
			large++
		}
		err = errors.Join(err, out.Copy(part))
	}
	if err = errors.Join(err, out.Close(), file.Close()); err != nil {
		return nil, fmt.Errorf("keep workbook: %w", err)
	}
	book, err = excelize.OpenFile(file.Name(), excelize.Options{
		UnzipSizeLimit: unpackedTimes * f.Caps.Bytes, UnzipXMLSizeLimit: min(inMemory/large, f.Caps.Bytes), TmpDir: f.TempDir,
	})
	if err != nil {
		return nil, damagedWorkbook()
	}
	return book, nil
}

// believable reports whether a part is none that was made to cost whoever reads it: what a
// decoder of XML holds in memory is bounded by none of its own means. A part that is no stream is
// decoded as a whole.
func believable(part *zip.File, stream bool) bool {
	r, err := part.Open()
	if err != nil {
		return false
	}
	defer r.Close()
	s, most := shape{in: bufio.NewReaderSize(r, maxTag)}, maxKnown
	if stream {
		most = math.MaxInt
	}
	for {
		if run, err := s.until("<", maxRun); errors.Is(err, io.EOF) {
			return run
		} else if err != nil || !run {
			return false
		}
		if !s.tag() || s.tags > most {
			return false
		}
	}
}

// shape is how the tags of a part are nested.
type shape struct {
	in    *bufio.Reader
	depth int
	// tags are all, width the cells of the last row.
	tags, rows, width, cells, texts int
}

// until goes on to the end of a text; short says that it came within so many bytes.
func (s *shape) until(end string, most int) (short bool, err error) {
	for n := 0; n <= most; {
		piece, err := s.in.ReadSlice(end[len(end)-1])
		n += len(piece)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil:
			return n <= most, err
		case bytes.HasSuffix(piece, []byte(end)):
			return n <= most, nil
		}
	}
	return false, nil
}

// tag goes over a tag, whose < has been read.
func (s *shape) tag() bool {
	if head, _ := s.in.Peek(len("![CDATA[")); bytes.HasPrefix(head, []byte("!--")) {
		return s.over("-->")
	} else if string(head) == "![CDATA[" {
		return s.over("]]>")
	} else if bytes.HasPrefix(head, []byte("?")) {
		return s.over("?>")
	} else if bytes.HasPrefix(head, []byte("!")) {
		return false // no workbook declares anything
	}
	name, last, ok := s.name()
	if !ok {
		return false
	}
	if strings.HasPrefix(name, "/") {
		s.depth--
		return true
	}
	if last != '/' {
		s.depth++
	}
	if i := strings.IndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	s.tags++
	switch name {
	case "si":
		s.texts++
	case "row":
		s.rows, s.width = s.rows+1, 0
	case "c":
		s.width, s.cells = s.width+1, s.cells+1
	}
	return s.depth <= maxNesting && s.rows <= maxRow && s.width <= maxWidth && s.cells <= maxBlanks && s.texts <= maxTexts
}

func (s *shape) over(end string) bool {
	short, err := s.until(end, maxRun)
	return short && err == nil
}

// name goes on to the end of a tag, and returns its name and the last byte before the end. A >
// between quotes ends none.
func (s *shape) name() (name string, last byte, ok bool) {
	var quote byte
	var text [64]byte
	n, named := 0, false
	for range maxTag {
		b, err := s.in.ReadByte()
		if err != nil {
			return "", 0, false
		}
		switch {
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '>':
			return string(text[:n]), last, true
		case b == '"' || b == '\'':
			quote, named = b, true
		case b == ' ' || b == '\t' || b == '\n' || b == '\r':
			named = true
		case b == '/' && n > 0:
			named = true
		}
		if !named && n < len(text) {
			text[n], n = b, n+1
		}
		last = b
	}
	return "", 0, false
}
