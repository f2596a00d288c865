package remotetest

import (
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
	"sync"
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
	// RenameLate is how long after its answer a rename takes place. ClosesLate is how long the server
	// takes to answer when a file was written and closed, RenamesLong when one is renamed.
	RenameLate, ClosesLate, RenamesLong time.Duration
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
	cut           int // how often a channel was asked for
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
	s.cut++
	return s.cut <= s.script.CutsChannels
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
	content *os.File // nil for a folder
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
