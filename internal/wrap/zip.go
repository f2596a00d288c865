package wrap

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"strings"
	"time"
	"unicode/utf8"
)

// zipLayer makes an archive with one entry, of a fixed time: the first that the format
// knows.
type zipLayer struct{}

func (zipLayer) seal(dst io.Writer, name string) (io.WriteCloser, error) {
	archive := zip.NewWriter(dst)
	entry, err := archive.CreateHeader(&zip.FileHeader{
		Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		return nil, err
	}
	return zipWriter{entry, archive}, nil
}

type zipWriter struct {
	io.Writer
	io.Closer
}

// Bounds of an archive's directory: its entries are held in memory, 46 bytes of it the
// smallest.
const (
	directoryBytes         = 1 << 20
	directoryBytesPerEntry = 512
)

// The signatures with which an archive and its last records begin, and the size of the
// very last without its comment (PKWARE APPNOTE 4.3).
const (
	localHeader    = "PK\x03\x04"
	endRecord      = "PK\x05\x06"
	end64Record    = "PK\x06\x06"
	endRecordBytes = 22
)

// unzip takes the one entry that matches out of an archive.
type unzip struct{ pattern string }

func (z unzip) open(in input) (content, error) {
	in, release, err := z.seekable(in)
	if err != nil {
		return content{}, err
	}
	entry, err := z.find(in)
	if err != nil {
		release()
		return content{}, err
	}
	r, err := entry.Open()
	if err != nil {
		release()
		return content{}, z.explain(err)
	}
	return content{r: r, name: base(entry.Name), explain: z.explain, release: release}, nil
}

// seekable stores what comes out of another step in a file without a name, since the
// directory of an archive is at its end.
func (unzip) seekable(in input) (input, func(), error) {
	if in.at != nil {
		return in, func() {}, nil
	}
	f, err := os.CreateTemp(in.caps.TempDir, "unwrap-")
	if err != nil {
		return in, nil, fmt.Errorf("create temporary file: %w", err)
	}
	release := func() { _ = f.Close() }
	if err := os.Remove(f.Name()); err != nil {
		release()
		return in, nil, fmt.Errorf("remove temporary file: %w", err)
	}
	if in.size, err = io.Copy(f, in.r); err != nil {
		release()
		return in, nil, fmt.Errorf("store archive: %w", err)
	}
	in.at = f
	return in, release, nil
}

func (z unzip) find(in input) (*zip.File, error) {
	directory := &budget{r: in.at, left: directoryBytes + int64(in.caps.MaxEntries)*directoryBytesPerEntry}
	archive, err := zip.NewReader(directory, in.size)
	if directory.spent {
		return nil, fmt.Errorf("archive has an oversized directory: %w", ErrTooLarge)
	}
	if err != nil {
		return nil, z.explain(err)
	}
	directory.off = true
	if len(archive.File) > in.caps.MaxEntries {
		return nil, fmt.Errorf("archive holds %d entries, %d are allowed: %w", len(archive.File), in.caps.MaxEntries, ErrTooLarge)
	}
	if !nothingAround(in, len(archive.Comment)) {
		return nil, fmt.Errorf("something stands before or after the archive: %w", ErrFormat)
	}
	return z.pick(archive.File)
}

// nothingAround checks that the archive begins and ends with the file, which package zip
// does not insist on: two archives one after the other are the second one to it.
func nothingAround(in input, comment int) bool {
	at := in.size - endRecordBytes - int64(comment)
	first, end := make([]byte, 4), make([]byte, endRecordBytes)
	_, err1 := in.at.ReadAt(first, 0)
	_, err2 := in.at.ReadAt(end, at)
	if err1 != nil || err2 != nil || string(end[:4]) != endRecord {
		return false
	}
	if string(first) != localHeader && at != 0 {
		return false
	}
	size, offset := binary.LittleEndian.Uint32(end[12:]), binary.LittleEndian.Uint32(end[16:])
	if size == math.MaxUint32 || offset == math.MaxUint32 {
		return true // larger than the record can say
	}
	directoryEnd := int64(offset) + int64(size)
	if directoryEnd < at {
		_, err := in.at.ReadAt(first, directoryEnd)
		return err == nil && string(first) == end64Record
	}
	return directoryEnd == at
}

func (z unzip) pick(files []*zip.File) (*zip.File, error) {
	exact, folded := []*zip.File(nil), []*zip.File(nil)
	for _, f := range files {
		if !safePath(f.Name) {
			return nil, fmt.Errorf("archive has an entry whose name leads out of its folder: %w", ErrFormat)
		}
		if f.FileInfo().IsDir() || litter(f.Name) {
			continue
		}
		name := base(f.Name)
		if ok, err := path.Match(z.pattern, name); err != nil {
			return nil, fmt.Errorf("pattern %q: %w", z.pattern, err)
		} else if ok {
			exact = append(exact, f)
		}
		if ok, err := path.Match(strings.ToLower(z.pattern), strings.ToLower(name)); err == nil && ok {
			folded = append(folded, f)
		}
	}
	found := exact
	if len(found) == 0 {
		found = folded // Windows does not tell capitals apart
	}
	switch {
	case len(found) == 0:
		return nil, fmt.Errorf("none of the %d entries of the archive matches %q: %w", len(files), z.pattern, ErrFormat)
	case len(found) > 1:
		return nil, fmt.Errorf("archive holds %d files that match %q, want one: narrow unwrap.zip.entry: %w", len(found), z.pattern, ErrFormat)
	case !found[0].Mode().IsRegular():
		return nil, fmt.Errorf("entry of the archive is not a regular file: %w", ErrFormat)
	case found[0].Flags&1 != 0:
		return nil, fmt.Errorf("archive is protected by a password, which is not supported: ask for it without one, or encrypted with OpenPGP or age: %w", ErrFormat)
	}
	return found[0], nil
}

// base is the name of an entry without its folders, which .NET Framework separates by \.
func base(name string) string { return path.Base(strings.ReplaceAll(name, `\`, "/")) }

// litter reports whether an entry is what Macs and Windows add to archives and folders of
// their own accord.
func litter(name string) bool {
	name = strings.ReplaceAll(name, `\`, "/")
	if strings.HasPrefix(name, "__MACOSX/") || strings.HasSuffix(name, "/") {
		return true
	}
	last := path.Base(name)
	return strings.HasPrefix(last, "._") || last == ".DS_Store" || strings.EqualFold(last, "Thumbs.db") || strings.EqualFold(last, "desktop.ini")
}

// safePath refuses names that, unpacked, would lie outside the folder (zip slip), though
// nothing is ever unpacked under the name that an archive gives: such an archive was not
// made for a good purpose.
func safePath(name string) bool {
	name = strings.ReplaceAll(name, `\`, "/")
	if name == "" || !utf8.ValidString(name) || strings.Contains(name, ":") || strings.HasPrefix(name, "/") {
		return false
	}
	for _, part := range strings.Split(name, "/") {
		if part == ".." {
			return false
		}
	}
	return strings.IndexFunc(name, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }) < 0
}

func (unzip) explain(err error) error {
	if errors.Is(err, zip.ErrAlgorithm) {
		return fmt.Errorf("archive is compressed in a way that is not supported: ask for the usual one, deflate: %w", ErrFormat)
	}
	return fmt.Errorf("not a zip archive, damaged or cut short: %w", ErrFormat)
}

// budget bounds how much is read of a file until it is switched off.
type budget struct {
	r          io.ReaderAt
	left       int64
	spent, off bool
}

func (b *budget) ReadAt(p []byte, off int64) (int, error) {
	if !b.off {
		if b.left -= int64(len(p)); b.left < 0 {
			b.spent = true
			return 0, ErrTooLarge
		}
	}
	return b.r.ReadAt(p, off)
}
