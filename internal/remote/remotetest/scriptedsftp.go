package remotetest

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// SFTPScript is what a scripted SFTP server does otherwise than OpenSSH. Each is a server from the
// field.
type SFTPScript struct {
	// EmptyEnds: a listing and a file end in an answer of nothing, and go on with such ones.
	EmptyEnds bool
	// Endless: a listing never ends. Repeats: its one part comes again and again.
	Endless, Repeats bool
	// MissingIsFailure: a missing path is a failure without a reason.
	MissingIsFailure bool
	// Hangs are the kinds of requests that are never answered, such as SFTPReadDir; meanwhile the
	// server talks on beside SFTP.
	Hangs []byte
	// MissingCode and MissingSays are the answer to a missing path; 0 is the usual one.
	MissingCode uint32
	MissingSays string
	// Attributes are those that are told, by their flags; 0 are all, NoAttributes is none.
	Attributes uint32
	// NoSize: attributes have no size. SizePlus is added to the true one.
	NoSize   bool
	SizePlus uint64
	// NoSizeOpen: of an open file no attributes are told.
	NoSizeOpen bool
	// NoExclusive: a file cannot be opened on condition that it is new.
	NoExclusive bool
	// NoEmpty: an empty file is refused when it is closed.
	NoEmpty bool
	// InOrder: a file is read from its start on, one piece after the other.
	InOrder bool
	// EndlessFile: a file never ends.
	EndlessFile bool
	// ReadsEnd: each time that a file is read it ends a packet later, long before its size.
	ReadsEnd bool
	// Trickle: each answer to a read is one byte.
	Trickle bool
	// GoneAfterRead: a file is taken away once it was read and closed. TakenOnClose: once it was
	// written and closed.
	GoneAfterRead, TakenOnClose bool
	// Versions is added to the name of a file that was written and closed, such as ;1.
	Versions string
	// MoveVersions is added to the name of a file that is renamed.
	MoveVersions string
	// CutsChannels is how many connections end, without a word, when a channel is opened.
	CutsChannels int
	// Farewell is the reason with which they end, in the words FarewellSays; 0 is without.
	Farewell     uint32
	FarewellSays string
	// RenameLies: a rename is answered for and not carried out.
	RenameLies bool
	// HiddenFor: so many looks at a name that came by a rename find nothing.
	HiddenFor int
	// HiddenUploads: so many looks at a name that was uploaded find nothing. SizeLate: so many find
	// it empty.
	HiddenUploads, SizeLate int
	// Trailer is added to a file when it is renamed.
	Trailer string
	// CutRenames is how many renames end the connection and are not carried out.
	CutRenames int
	// LostRenames is how many are carried out, and end the connection before the answer.
	LostRenames int
	// FailingRenames is how many renames are carried out and answered by a failure.
	FailingRenames int
	// NoRename: every rename is refused.
	NoRename bool
	// Places is how many connections are let in at the same time; 0 is any number. Further ones are
	// told so when they open a channel.
	Places int
	// Busy is how many renames are refused because the file is in use.
	Busy int
	SFTPHabits
	// Says is what the server answers when a file is to be opened, which it refuses.
	Says string
	// Greeting is sent before anything else.
	Greeting string
	// Login changes the server's way to let somebody in; nil is by any password.
	Login func(*ssh.ServerConfig)
}

// SFTPServer is a scripted server.
type SFTPServer struct {
	// Addr is host:port, Print the fingerprint of its key.
	Addr, Print string

	script SFTPScript
	mu     sync.Mutex
	// hidden and empty are looks to come at a path, see HiddenFor and SizeLate.
	hidden, empty map[string]int
	connections   int
	// reads is how many files were opened to be read.
	reads int64
	// locked counts the requests of SFTPHabits.Locked.
	locked int
}

// NoAttributes is an SFTPScript.Attributes.
const NoAttributes = 1 << 31

// Requests that can be in SFTPScript.Hangs.
const (
	SFTPInit, SFTPOpen, SFTPClose, SFTPRead, SFTPWrite, SFTPStat = sftpInit, sftpOpen, sftpClose, sftpRead, sftpWrite, sftpLstat
	SFTPOpenDir, SFTPReadDir, SFTPRemove, SFTPMkdir, SFTPRename  = sftpOpenDir, sftpReadDir, sftpRemove, sftpMkdir, sftpRename
)

// Codes of SFTP (draft-ietf-secsh-filexfer-02).
const (
	sftpOK, sftpEOF, sftpMissing, sftpDenied, sftpFailure, sftpUnsupported = 0, 1, 2, 3, 4, 8

	sftpInit, sftpVersion, sftpOpen, sftpClose, sftpRead, sftpWrite, sftpLstat, sftpFstat = 1, 2, 3, 4, 5, 6, 7, 8
	sftpOpenDir, sftpReadDir, sftpRemove, sftpMkdir, sftpRmdir, sftpStat, sftpRename      = 11, 12, 13, 14, 15, 17, 18
	sftpStatus, sftpHandle, sftpData, sftpName, sftpAttrs                                 = 101, 102, 103, 104, 105
)

// ScriptedSFTP starts a server that serves the file system of this machine. It ends with the test.
func ScriptedSFTP(t testing.TB, script SFTPScript) *SFTPServer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{}
	if script.Login != nil {
		script.Login(config)
	} else {
		config.PasswordCallback = func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) { return nil, nil }
	}
	config.AddHostKey(signer)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &SFTPServer{Addr: listener.Addr().String(), Print: ssh.FingerprintSHA256(signer.PublicKey()), script: script, hidden: map[string]int{}, empty: map[string]int{}}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { s.serve(conn, config) })
		}
	})
	t.Cleanup(func() { _ = listener.Close(); running.Wait() })
	return s
}

func (s *SFTPServer) serve(conn net.Conn, config *ssh.ServerConfig) {
	defer func() { _ = conn.Close() }()
	established, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	s.count(1)
	defer s.count(-1)
	var running sync.WaitGroup
	defer running.Wait()
	for offered := range channels {
		if s.cuts() {
			if s.script.Farewell != 0 {
				_ = disconnect(established, s.script.Farewell, s.script.FarewellSays) // the client tells what it heard
			}
			return
		}
		if s.script.Places > 0 && s.count(0) > s.script.Places {
			_ = offered.Reject(ssh.ResourceShortage, "too many sessions")
			return
		}
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				_ = r.Reply(r.Type == "subsystem", nil)
			}
		}()
		running.Go(func() {
			defer func() { _ = channel.Close() }()
			_, _ = io.WriteString(channel, s.script.Greeting)
			c := &sftpTalk{server: s, conn: conn, ssh: established, channel: channel, open: map[string]*sftpFile{}}
			for c.answer() == nil {
			}
		})
	}
}

// cuts tells whether this connection is to end now.
func (s *SFTPServer) cuts() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script.CutsChannels--
	return s.script.CutsChannels >= 0
}

// count returns how many connections there are, with so many more.
func (s *SFTPServer) count(more int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connections += more
	return s.connections
}

// sftpTalk is one session.
type sftpTalk struct {
	server  *SFTPServer
	conn    net.Conn
	ssh     ssh.Conn
	channel ssh.Channel
	open    map[string]*sftpFile
	// closedFile: the last handle that was closed was that of a file.
	closedFile bool
}

// sftpFile is an open file or folder.
type sftpFile struct {
	*os.File
	path    string
	written bool
	next    int64
	// ends is where a file ends that is read, see ReadsEnd.
	ends  int64
	names []os.DirEntry
	parts int
}

// sftpFields reads the fields of a request.
type sftpFields struct{ rest []byte }

func (f *sftpFields) number() uint32 {
	n := binary.BigEndian.Uint32(f.rest)
	f.rest = f.rest[4:]
	return n
}

func (f *sftpFields) long() int64 { return int64(f.number())<<32 | int64(f.number()) }

func (f *sftpFields) text() string {
	n := f.number()
	text := string(f.rest[:n])
	f.rest = f.rest[n:]
	return text
}

func sftpText(p []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint32(p, uint32(len(text))), text...)
}

// answer reads one request and answers it.
func (c *sftpTalk) answer() error {
	head := make([]byte, 4)
	if _, err := io.ReadFull(c.channel, head); err != nil {
		return err
	}
	body := make([]byte, binary.BigEndian.Uint32(head))
	if _, err := io.ReadFull(c.channel, body); err != nil {
		return err
	}
	f := &sftpFields{body[1:]}
	if slices.Contains(c.server.script.Hangs, body[0]) {
		return c.hang()
	}
	id := f.number()
	if body[0] == sftpInit {
		return c.send(sftpVersion, c.version())
	}
	kind, rest := c.oddly(body[0])
	if kind == 0 {
		kind, rest = c.carryOut(body[0], f)
	}
	if kind == sftpStatus && c.server.script.BareStatus {
		rest = rest[:4]
	}
	if err := c.send(kind, append(binary.BigEndian.AppendUint32(nil, id), rest...)); err != nil {
		return err
	}
	if body[0] == sftpClose && c.server.script.EndsWithEachFile && c.closedFile {
		return io.EOF
	}
	return nil
}

// hang says this and that until the client hangs up.
func (c *sftpTalk) hang() error {
	for {
		if _, err := io.WriteString(c.channel.Stderr(), "still here\n"); err != nil {
			return err
		}
		if _, _, err := c.ssh.SendRequest("keepalive@openssh.com", true, nil); err != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (c *sftpTalk) send(kind byte, body []byte) error {
	p := binary.BigEndian.AppendUint32(nil, uint32(1+len(body)))
	_, err := c.channel.Write(append(append(p, kind), body...))
	return err
}

func sftpSays(code uint32, words string) (byte, []byte) {
	return sftpStatus, sftpText(sftpText(binary.BigEndian.AppendUint32(nil, code), words), "")
}

func (c *sftpTalk) status(err error) (byte, []byte) {
	switch {
	case err == nil:
		return sftpSays(sftpOK, "")
	case errors.Is(err, io.EOF):
		return sftpSays(sftpEOF, "")
	case errors.Is(err, fs.ErrNotExist) && c.server.script.MissingCode > 0:
		return sftpSays(c.server.script.MissingCode, c.server.script.MissingSays)
	case errors.Is(err, fs.ErrNotExist) && !c.server.script.MissingIsFailure:
		return sftpSays(sftpMissing, "")
	case errors.Is(err, fs.ErrPermission):
		return sftpSays(sftpDenied, "")
	}
	return sftpSays(sftpFailure, "Failure")
}

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
		_, err := file.WriteAt([]byte(f.text()), at)
		return c.status(err)
	case sftpClose:
		return c.closeFile(f.text())
	case sftpStat, sftpLstat:
		return c.stat(f.text())
	case sftpFstat:
		if c.server.script.NoSizeOpen {
			return sftpSays(sftpUnsupported, "")
		}
		info, err := c.open[f.text()].Stat()
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
	file, err := os.OpenFile(path, mode, 0o644)
	if err != nil {
		return c.status(err)
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	const packet = 32 << 10
	c.server.reads++
	return c.handle(&sftpFile{File: file, path: path, written: flags&write != 0, ends: c.server.reads * packet})
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
		p = append(sftpText(sftpText(p, c.server.script.NamePrefix+info.Name()), ""), c.attributes(info)...)
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
	got, err := file.ReadAt(p, at)
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
	c.closedFile = file.File != nil
	if file.File == nil {
		return c.status(nil)
	}
	info, err := file.Stat()
	if err = errors.Join(err, file.Close()); err != nil {
		return c.status(err)
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
