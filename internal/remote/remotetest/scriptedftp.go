package remotetest

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// FTPScript is what a ScriptedFTP does with one command. The zero value obeys.
type FTPScript struct {
	// Answer is sent in place of obeying: "550 no", or several lines.
	Answer string
	// After is sent in place of 226 once a transfer has come to its end.
	After string
	// EndAfter closes the control connection in place of it.
	EndAfter bool
	// Data is listed in place of the folder.
	Data string
	// Endless is listed, or sent in place of a file, again and again.
	Endless string
	// Silent: neither an answer nor anything else any more.
	Silent bool
	// HangUp closes the control connection, after Answer if there is one.
	HangUp bool
	// CutAt and HoldAt reset the data connection, or do nothing with it any more, once that
	// many bytes of it have passed; 0 is never.
	CutAt, HoldAt int64
	// Skip is how often the command is obeyed before the script holds, Times how often it
	// holds; 0 is for ever.
	Skip, Times int
}

// FTPOptions says what a ScriptedFTP is like.
type FTPOptions struct {
	// Root is the folder on this machine that is /.
	Root string
	// TLS is nil without encryption, Implicit starts with it.
	TLS      *tls.Config
	Implicit bool
	// Reuse demands that data connections resume the TLS session, as vsftpd does.
	Reuse bool
	// NoMLST is a server like vsftpd and IIS, DOS one that lists like the latter.
	NoMLST, DOS bool
	// Refuses makes a rename over an existing file fail, as IIS does.
	Refuses bool
	// PASV is the address in answers to PASV, "127,0,0,1" if left out.
	PASV string
	// Quirks are habits of servers in the field.
	Quirks FTPQuirks
	// Script holds what is done differently, by command; "CONNECT" is the greeting.
	Script map[string]FTPScript
}

// ScriptedFTP is an FTP server in this process, which misbehaves as it is told.
type ScriptedFTP struct {
	// Addr is host:port.
	Addr           string
	User, Password string

	options  FTPOptions
	root     *os.Root
	listener net.Listener
	running  sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	conns    map[net.Conn]struct{}
	commands []string
	seen     map[string]int
	when     map[string]func()
	resumed  int
	// stored is when a file was uploaded, by its name.
	stored map[string]time.Time
}

// NewScriptedFTP starts a server on a free port of 127.0.0.1 and stops it when the test ends.
func NewScriptedFTP(t testing.TB, o FTPOptions) *ScriptedFTP {
	t.Helper()
	s := &ScriptedFTP{
		User: "acme", Password: "canary-77e1", options: o,
		conns: map[net.Conn]struct{}{}, seen: map[string]int{}, when: map[string]func(){}, stored: map[string]time.Time{},
	}
	var err error
	if s.root, err = os.OpenRoot(o.Root); err != nil {
		t.Fatal(err)
	}
	if s.listener, err = new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.Addr = s.listener.Addr().String()
	s.running.Go(func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			s.running.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(s.close)
	return s
}

func (s *ScriptedFTP) close() {
	_ = s.listener.Close() // only a second close fails
	s.mu.Lock()
	s.closed = true
	for conn := range s.conns {
		_ = conn.Close() // whoever uses it gets the error
	}
	s.mu.Unlock()
	s.running.Wait()
	_ = s.root.Close() // was only read through
}

// Commands returns every command so far, without arguments, over all connections.
func (s *ScriptedFTP) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.commands...)
}

// When calls do each time that a command has come, before anything is done with it.
func (s *ScriptedFTP) When(verb string, do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.when[verb] = do
}

// Resumed returns how many data connections resumed the session of their control
// connection.
func (s *ScriptedFTP) Resumed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resumed
}

// script notes a command and returns what to do with it.
func (s *ScriptedFTP) script(verb string) FTPScript {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commands = append(s.commands, verb)
	s.seen[verb]++
	if do := s.when[verb]; do != nil {
		do()
	}
	script := s.options.Script[verb]
	n := s.seen[verb] - script.Skip
	if n <= 0 || script.Times > 0 && n > script.Times {
		return FTPScript{}
	}
	return script
}

// keep makes sure that conn ends with the server.
func (s *ScriptedFTP) keep(conn net.Conn) (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		_ = conn.Close() // the test is over
	}
	s.conns[conn] = struct{}{}
	return func() {
		_ = conn.Close() // may be closed already
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, conn)
	}
}

// ftpSession is one control connection.
type ftpSession struct {
	server  *ScriptedFTP
	raw     net.Conn
	conn    net.Conn
	in      *bufio.Reader
	user    string
	in530   bool
	cwd     string
	from    string
	passive net.Listener
	// kept close the data connections that are left open.
	kept []func()
	over bool
}

func (s *ScriptedFTP) serve(raw net.Conn) {
	defer s.keep(raw)()
	c := &ftpSession{server: s, raw: raw, conn: raw, in530: true, cwd: "."}
	if s.options.Implicit {
		c.conn = tls.Server(raw, s.options.TLS)
	}
	c.in = bufio.NewReader(c.conn)
	defer c.closePassive()
	defer func() {
		for _, release := range c.kept {
			release()
		}
	}()
	c.run("CONNECT", "")
	for !c.over {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return
		}
		if s.options.Quirks.OneAtATime {
			_, _ = c.in.Discard(c.in.Buffered()) // it has that much
		}
		verb, arg, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		c.run(strings.ToUpper(verb), arg)
	}
}

// say sends an answer.
func (c *ftpSession) say(format string, args ...any) {
	text := strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "\r\n") + "\r\n"
	if _, err := io.WriteString(c.conn, text); err != nil {
		c.over = true
	}
}

func (c *ftpSession) run(verb, arg string) {
	script := c.server.script(verb)
	switch {
	case script.Silent:
		c.ignore()
	case script.Answer != "":
		c.say("%s", script.Answer)
		c.over = script.HangUp
	case script.HangUp:
		c.over = true
	default:
		c.obey(verb, arg, script)
	}
}

// ignore says nothing more until the client or the test hangs up.
func (c *ftpSession) ignore() {
	_, _ = io.Copy(io.Discard, c.conn) // how it ends is no matter
	c.over = true
}

func (c *ftpSession) obey(verb, arg string, script FTPScript) {
	switch verb {
	case "CONNECT":
		c.say("220 Scripted FTP")
	case "AUTH":
		c.startTLS()
	case "USER":
		c.user = arg
		if c.server.options.Quirks.NoPassword == "USER" {
			c.in530 = false
			c.say("232 User logged in, authorized by security data exchange")
			return
		}
		c.say("331 Password, please")
	case "PASS":
		if c.server.options.Quirks.NoPassword == "PASS" {
			c.in530 = false
			c.say("202 No password needed")
			return
		}
		if c.in530 = c.user != c.server.User || arg != c.server.Password; c.in530 {
			c.say("530 Login incorrect for %s with %s", c.user, arg)
			return
		}
		c.say("230-Welcome\n230 Logged in")
	case "QUIT":
		c.say("221 Bye")
		c.over = true
	default:
		if c.in530 {
			c.say("530 Not logged in")
			return
		}
		c.work(verb, arg, script)
	}
}

func (c *ftpSession) startTLS() {
	if c.server.options.TLS == nil || c.server.options.Implicit {
		c.say("502 No TLS here")
		return
	}
	c.say("234 Go on")
	c.conn = tls.Server(c.raw, c.server.options.TLS)
	c.in = bufio.NewReader(c.conn)
}

func (c *ftpSession) work(verb, arg string, script FTPScript) {
	switch verb {
	case "PBSZ", "PROT", "TYPE", "OPTS", "NOOP":
		c.say("200 OK")
	case "FEAT":
		features := " EPSV\n SIZE\n MDTM\n UTF8\n"
		if !c.server.options.NoMLST {
			features += " MLST type*;size*;modify*;\n"
		}
		c.say("211-Features\n%s211 End", features)
	case "PASV", "EPSV":
		c.listen(verb)
	case "LIST", "MLSD", "NLST", "RETR", "STOR":
		c.transfer(verb, arg, script)
	default:
		c.file(verb, arg)
	}
}
