package partner

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"io"
	"net"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// handshakeTimeout bounds what a client that never logs in can hold.
const handshakeTimeout = 30 * time.Second

// errLogin is the same for a wrong user, password or key: servers do not say which.
var errLogin = errors.New("login refused")

func (s *Server) loginConfig() *ssh.ServerConfig {
	c := &ssh.ServerConfig{ServerVersion: "SSH-2.0-lucca-exchange-partner"}
	if s.opts.Password != "" {
		c.PasswordCallback = s.checkPassword
	}
	if len(s.opts.AuthorizedKeys) > 0 {
		c.PublicKeyCallback = s.checkKey
	}
	c.AuthLogCallback = func(_ ssh.ConnMetadata, method string, err error) {
		// Every client begins with method "none", to learn what is offered.
		switch {
		case err == nil:
			s.logins.Add(1) // before the client hears of it
		case method != "none":
			s.refused.Add(1)
		}
	}
	if s.opts.Banner != "" {
		c.BannerCallback = func(ssh.ConnMetadata) string { return s.opts.Banner }
	}
	if s.opts.Legacy {
		c.KeyExchanges = []string{ssh.InsecureKeyExchangeDH1SHA1}
		c.Ciphers = []string{ssh.InsecureCipherAES128CBC}
		c.MACs = []string{ssh.InsecureHMACSHA196}
	}
	return c
}

// cutting is a configuration that closes conn where a login is refused.
func cutting(c ssh.ServerConfig, conn net.Conn) *ssh.ServerConfig {
	note := c.AuthLogCallback
	c.AuthLogCallback = func(m ssh.ConnMetadata, method string, err error) {
		note(m, method, err)
		if err != nil && method != "none" {
			_ = conn.Close() // the client finds out
		}
	}
	return &c
}

func (s *Server) checkPassword(m ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
	user := subtle.ConstantTimeCompare([]byte(m.User()), []byte(s.opts.User))
	pass := subtle.ConstantTimeCompare(password, []byte(s.opts.Password))
	if user&pass != 1 {
		return nil, errLogin
	}
	return &ssh.Permissions{}, nil
}

func (s *Server) checkKey(m ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
	if m.User() != s.opts.User {
		return nil, errLogin
	}
	for _, k := range s.opts.AuthorizedKeys {
		if bytes.Equal(k.Marshal(), key.Marshal()) {
			return &ssh.Permissions{}, nil
		}
	}
	return nil, errLogin
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // only Close makes Accept fail for good on loopback
		}
		if !s.track(conn) {
			_ = conn.Close() // arrived while the server was closing
			return
		}
		s.running.Go(func() {
			defer s.untrack(conn)
			s.serve(conn)
		})
	}
}

func (s *Server) track(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.conns[c] = struct{}{}
	}
	return !s.closed
}

func (s *Server) untrack(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	_ = c.Close() // closed by the peer or by us already, most of the time
}

// serve runs one connection. Its errors are the client's to see.
func (s *Server) serve(conn net.Conn) {
	if conn.SetDeadline(time.Now().Add(handshakeTimeout)) != nil {
		return
	}
	config := s.ssh
	if s.opts.CutOnRefusal {
		config = cutting(*config, conn)
	}
	client, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil || conn.SetDeadline(time.Time{}) != nil {
		return
	}
	s.running.Go(func() { ssh.DiscardRequests(requests) })
	for offered := range channels {
		if offered.ChannelType() != "session" {
			_ = offered.Reject(ssh.UnknownChannelType, "only sessions") // the connection is gone when this fails
			continue
		}
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		s.running.Go(func() { s.session(client, channel, requests) })
	}
}

// session answers the one request that a session may make here: the sftp subsystem.
func (s *Server) session(client ssh.Conn, channel ssh.Channel, requests <-chan *ssh.Request) {
	defer func() { _ = channel.Close() }() // the client may have closed it first
	for r := range requests {
		isSFTP := r.Type == "subsystem" && len(r.Payload) > 4 && string(r.Payload[4:]) == "sftp"
		if r.Reply(isSFTP, nil) != nil {
			return
		}
		if !isSFTP {
			continue
		}
		s.running.Go(func() { ssh.DiscardRequests(requests) })
		s.serveSFTP(client, channel)
		return
	}
}

func (s *Server) serveSFTP(client ssh.Conn, channel io.ReadWriteCloser) {
	f := &folder{server: s, cut: client.Close, open: map[string]int{}}
	greeting := &greeter{ReadWriteCloser: channel}
	if !s.opts.NoPosixRename {
		greeting.extensions = []string{"posix-rename@openssh.com", "1"}
	}
	server := sftp.NewRequestServer(greeting, sftp.Handlers{FileGet: f, FilePut: f, FileCmd: f, FileList: f})
	_ = server.Serve() // how the client left is the client's business
	_ = server.Close() // closes the channel, which may be closed
}
