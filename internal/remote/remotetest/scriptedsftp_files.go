package remotetest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func (c *sftpTalk) carryOut(kind byte, f *sftpFields) (byte, []byte) {
	if kind == sftpOpen && c.server.script.Says != "" {
		return sftpSays(sftpFailure, c.server.script.Says)
	}
	switch kind {
	case sftpOpen:
		return c.openFile(f.text(), f.number())
	case sftpOpenDir:
		return c.openFolder(f.text())
	case sftpReadDir:
		return c.readFolder(c.open[f.text()])
	case sftpRead:
		return c.read(c.open[f.text()], f.long(), f.number())
	case sftpWrite:
		file, at := c.open[f.text()], f.long()
		_, err := file.content.WriteAt([]byte(f.text()), at)
		return c.status(err)
	case sftpClose:
		return c.closeFile(f.text())
	case sftpStat, sftpLstat:
		return c.stat(f.text())
	case sftpFstat:
		if c.server.script.NoSizeOpen {
			return sftpSays(sftpUnsupported, "")
		}
		info, err := c.open[f.text()].content.Stat()
		return c.told(info, err)
	case sftpRemove:
		return c.status(syscall.Unlink(f.text()))
	case sftpRmdir:
		return c.status(syscall.Rmdir(f.text()))
	case sftpMkdir:
		return c.status(os.Mkdir(f.text(), 0o755))
	case sftpRename:
		return c.rename(f.text(), f.text())
	}
	return sftpSays(sftpUnsupported, "")
}

func (c *sftpTalk) handle(file *sftpFile) (byte, []byte) {
	name := c.server.script.Handle + time.Now().Format("150405.000000000")
	c.open[name] = file
	return sftpHandle, sftpText(nil, name)
}

func (c *sftpTalk) openFile(path string, flags uint32) (byte, []byte) {
	const write, create, truncate, exclusive = 2, 8, 16, 32
	if c.server.script.NoExclusive && flags&exclusive != 0 {
		return sftpSays(sftpUnsupported, "SSH_FXF_EXCL is not supported")
	}
	mode := os.O_RDONLY
	for bit, flag := range map[uint32]int{write: os.O_WRONLY, create: os.O_CREATE, truncate: os.O_TRUNC, exclusive: os.O_EXCL} {
		if flags&bit != 0 {
			mode |= flag
		}
	}
	reads := flags&write == 0
	if shut := c.server.script.Shut; reads && shut != "" && strings.HasPrefix(filepath.Base(path), shut) {
		return sftpSays(sftpDenied, "Permission denied")
	}
	file, err := os.OpenFile(path, mode, 0o644)
	if err == nil && reads && c.server.script.GoneOnOpen {
		err = os.Remove(path)
	}
	if err != nil {
		return c.status(err)
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	const packet = 32 << 10
	c.server.reads++
	return c.handle(&sftpFile{content: file, path: path, written: flags&write != 0, ends: c.server.reads * packet})
}

func (c *sftpTalk) openFolder(path string) (byte, []byte) {
	names, err := os.ReadDir(path)
	if err != nil {
		return c.status(err)
	}
	return c.handle(&sftpFile{path: path, names: names})
}

func (c *sftpTalk) readFolder(folder *sftpFile) (byte, []byte) {
	switch {
	case c.server.script.Endless:
		const many = 1000
		folder.parts++
		entry := append(sftpText(sftpText(nil, fmt.Sprintf("again%d.txt", folder.parts)), ""), 0, 0, 0, 0)
		return sftpName, append(binary.BigEndian.AppendUint32(nil, many), bytes.Repeat(entry, many)...)
	case len(folder.names) > 0:
	case c.server.script.EmptyEnds:
		return sftpName, make([]byte, 4)
	default:
		return c.status(io.EOF)
	}
	names, rest := folder.names, []os.DirEntry(nil)
	if n := c.server.script.EntriesAtOnce; n > 0 && n < len(names) {
		names, rest = names[:n], names[n:]
	}
	if c.server.script.NamesTwice {
		names = slices.Concat(names, names)
	}
	p := binary.BigEndian.AppendUint32(nil, uint32(len(names)))
	for _, entry := range names {
		info, err := entry.Info()
		if err != nil {
			return c.status(err)
		}
		attributes := make([]byte, 4)
		if !c.server.script.BareNames {
			attributes = c.attributes(info)
		}
		p = append(sftpText(sftpText(p, c.server.script.NamePrefix+info.Name()), ""), attributes...)
	}
	if !c.server.script.Repeats {
		folder.names = rest
	}
	return sftpName, p
}

func (c *sftpTalk) read(file *sftpFile, at int64, n uint32) (byte, []byte) {
	if c.server.script.InOrder && at != file.next {
		return sftpSays(sftpFailure, "random access not supported")
	}
	if c.server.script.EndlessFile {
		return sftpData, sftpText(nil, strings.Repeat("x", int(n)))
	}
	if c.server.script.Trickle {
		n = 1
	}
	if most := c.server.script.ShortReads; most > 0 {
		n = min(n, most)
	}
	if c.server.script.ReadsEnd && at >= file.ends {
		return c.status(io.EOF)
	}
	p := make([]byte, n)
	got, err := file.content.ReadAt(p, at)
	file.next = at + int64(got)
	switch {
	case got > 0 && c.server.script.LongReads:
		return sftpData, sftpText(nil, string(p[:got])+strings.Repeat("y", int(n)))
	case got > 0 || c.server.script.EmptyEnds:
		return sftpData, sftpText(nil, string(p[:got]))
	}
	return c.status(err)
}

func (c *sftpTalk) closeFile(name string) (byte, []byte) {
	file, script := c.open[name], c.server.script
	delete(c.open, name)
	c.closedFile = file.content != nil
	if file.content == nil {
		return c.status(nil)
	}
	info, err := file.content.Stat()
	if err = errors.Join(err, file.content.Close()); err != nil {
		return c.status(err)
	}
	if file.written {
		time.Sleep(script.ClosesLate)
	}
	switch {
	case file.written && script.NoEmpty && info.Size() == 0:
		_ = os.Remove(file.path)
		return sftpSays(sftpFailure, "empty files are not accepted")
	case file.written && script.HiddenUploads+script.SizeLate > 0:
		c.server.mu.Lock()
		c.server.hidden[file.path], c.server.empty[file.path] = script.HiddenUploads, script.SizeLate
		c.server.mu.Unlock()
	case file.written && script.Versions != "":
		return c.status(os.Rename(file.path, file.path+script.Versions))
	case file.written && script.TakenOnClose, !file.written && script.GoneAfterRead:
		return c.status(os.Remove(file.path))
	}
	return c.status(nil)
}

func (c *sftpTalk) stat(path string) (byte, []byte) {
	c.server.mu.Lock()
	hidden := c.server.hidden[path] > 0
	c.server.hidden[path]--
	empty := !hidden && c.server.empty[path] > 0
	if empty {
		c.server.empty[path]--
	}
	c.server.mu.Unlock()
	if hidden {
		return c.status(fs.ErrNotExist)
	}
	info, err := os.Lstat(path)
	kind, answer := c.told(info, err)
	if empty && kind == sftpAttrs {
		clear(answer[4:12]) // the size
	}
	return kind, answer
}

func (c *sftpTalk) told(info os.FileInfo, err error) (byte, []byte) {
	if err != nil {
		return c.status(err)
	}
	return sftpAttrs, c.attributes(info)
}

// attributes have a size, a mode and a time.
func (c *sftpTalk) attributes(info os.FileInfo) []byte {
	flags, size := uint32(1|4|8), uint64(info.Size())
	if info.Mode().IsRegular() {
		size += c.server.script.SizePlus
	}
	if c.server.script.NoSize {
		flags = 4 | 8
	}
	if c.server.script.Attributes != 0 {
		flags &= c.server.script.Attributes
	}
	if c.server.script.Extended {
		flags |= 1 << 31
	}
	p := binary.BigEndian.AppendUint32(nil, flags)
	if flags&1 != 0 {
		p = binary.BigEndian.AppendUint64(p, size)
	}
	mode := uint32(info.Mode().Perm()) | 0o100000
	if info.IsDir() {
		mode = uint32(info.Mode().Perm()) | 0o040000
	}
	if flags&4 != 0 {
		p = binary.BigEndian.AppendUint32(p, mode)
	}
	at := uint32(info.ModTime().Unix())
	if flags&8 != 0 {
		p = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(p, at), at)
	}
	if c.server.script.Extended {
		p = sftpText(sftpText(binary.BigEndian.AppendUint32(p, 1), "acl@vendor.example"), "\x00\x01")
	}
	return p
}

func (c *sftpTalk) rename(from, to string) (byte, []byte) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	switch {
	case c.server.script.NoRename:
		return sftpSays(sftpDenied, "Permission denied")
	case c.server.script.CutRenames > 0:
		c.server.script.CutRenames--
		_ = c.conn.Close()
		return c.status(nil) // nobody hears it
	case c.server.script.RenameLies:
		return c.status(nil)
	case c.server.script.Busy > 0 && strings.HasSuffix(from, ".part"):
		c.server.script.Busy--
		return sftpSays(sftpDenied, "The process cannot access the file because it is being used by another process.")
	}
	if _, err := os.Lstat(filepath.Clean(to)); err == nil && !c.server.script.RenamesOver {
		return sftpSays(sftpFailure, "Failure")
	}
	time.Sleep(c.server.script.RenamesLong)
	if late := c.server.script.RenameLate; late > 0 {
		time.AfterFunc(late, func() { _ = os.Rename(from, to) }) // the test sees it
		return c.status(nil)
	}
	err := os.Rename(from, to+c.server.script.MoveVersions)
	if c.server.script.Trailer != "" && err == nil {
		err = addTo(to, c.server.script.Trailer)
	}
	c.server.hidden[to] = c.server.script.HiddenFor
	if c.server.script.LostRenames > 0 && err == nil {
		c.server.script.LostRenames--
		_ = c.conn.Close()
	}
	if c.server.script.FailingRenames > 0 && err == nil {
		c.server.script.FailingRenames--
		return sftpSays(sftpFailure, "Failure")
	}
	return c.status(err)
}

func addTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
