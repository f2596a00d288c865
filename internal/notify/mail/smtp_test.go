package mail

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// mailServer is as much of RFC 5321 as a client needs, on loopback.
type mailServer struct {
	t        *testing.T
	listener net.Listener
	implicit bool
	offerTLS bool
	config   *tls.Config
	password string // of the user "hr"; empty for no login

	mu    sync.Mutex
	open  map[net.Conn]bool
	mails []received
	// refuse holds the replies to the next RCPT of an address, instead of 250.
	refuse map[string][]string
	// dropData cuts the connection at the next DATA this many times.
	dropData int
	wait     sync.WaitGroup
}

// received is a mail as it came.
type received struct {
	to, text  string
	encrypted bool
	user      string
}

// authority returns a certificate for 127.0.0.1, and the path of the authority's file.
func authority(t *testing.T) (*tls.Config, string) {
	t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	s.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	b := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: s.TLS.Certificates}, file
}

func (s *mailServer) start(t *testing.T) *mailServer {
	t.Helper()
	s.t, s.open = t, make(map[net.Conn]bool)
	var err error
	if s.listener, err = new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if s.implicit {
		s.listener = tls.NewListener(s.listener, s.config)
	}
	s.wait.Go(s.accept)
	t.Cleanup(func() {
		_ = s.listener.Close()
		s.mu.Lock()
		for c := range s.open {
			_ = c.Close()
		}
		s.mu.Unlock()
		s.wait.Wait()
	})
	return s
}

func (s *mailServer) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

func (s *mailServer) inbox() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mails
}

func (s *mailServer) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.open[conn] = true
		s.mu.Unlock()
		s.wait.Go(func() {
			defer func() { _ = conn.Close() }()
			(&dialogue{server: s, conn: conn, r: bufio.NewReader(conn), encrypted: s.implicit}).run()
		})
	}
}

// dialogue is one connection.
type dialogue struct {
	server    *mailServer
	conn      net.Conn
	r         *bufio.Reader
	encrypted bool
	user      string
	to        []string
}

func (d *dialogue) say(lines ...string) { fmt.Fprint(d.conn, strings.Join(lines, "\r\n")+"\r\n") }

func (d *dialogue) run() {
	d.say("220 mail.example ESMTP")
	for {
		line, err := d.r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			d.hello()
		case "STARTTLS":
			d.say("220 go on")
			conn := tls.Server(d.conn, d.server.config)
			d.conn, d.r, d.encrypted = conn, bufio.NewReader(conn), true
		case "AUTH":
			d.login(rest)
		case "MAIL":
			d.to = nil
			d.say("250 2.1.0 ok")
		case "RCPT":
			d.recipient(rest)
		case "DATA":
			if !d.data() {
				return
			}
		case "QUIT":
			d.say("221 bye")
			return
		default:
			d.say("250 ok")
		}
	}
}

func (d *dialogue) hello() {
	lines := []string{"250-mail.example", "250-ENHANCEDSTATUSCODES"}
	if d.server.offerTLS && !d.encrypted {
		lines = append(lines, "250-STARTTLS")
	}
	if d.server.password != "" && d.encrypted {
		lines = append(lines, "250-AUTH XOAUTH2 PLAIN LOGIN")
	}
	d.say(append(lines, "250 8BITMIME")...)
}

func (d *dialogue) login(rest string) {
	_, encoded, _ := strings.Cut(rest, " ")
	b, _ := base64.StdEncoding.DecodeString(encoded)
	if string(b) != "\x00hr\x00"+d.server.password {
		d.say("535 5.7.8 wrong password for hr: " + string(b[1:]))
		return
	}
	d.user = "hr"
	d.say("235 2.7.0 welcome")
}

func (d *dialogue) recipient(rest string) {
	_, address, _ := strings.Cut(rest, "<")
	address, _, _ = strings.Cut(address, ">")
	d.server.mu.Lock()
	defer d.server.mu.Unlock()
	if replies := d.server.refuse[address]; len(replies) > 0 {
		d.server.refuse[address] = replies[1:]
		d.say(replies[0])
		return
	}
	d.to = append(d.to, address)
	d.say("250 2.1.5 ok")
}

func (d *dialogue) data() bool {
	d.server.mu.Lock()
	cut := d.server.dropData > 0
	d.server.dropData--
	d.server.mu.Unlock()
	if cut {
		return false
	}
	d.say("354 go on")
	var text strings.Builder
	for {
		line, err := d.r.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		text.WriteString(strings.TrimPrefix(line, "."))
	}
	d.server.mu.Lock()
	d.server.mails = append(d.server.mails, received{to: strings.Join(d.to, " "), text: text.String(), encrypted: d.encrypted, user: d.user})
	d.server.mu.Unlock()
	d.say("250 2.0.0 queued")
	return true
}
