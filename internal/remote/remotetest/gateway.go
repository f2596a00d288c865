package remotetest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Gateway is a proxy that clients ask for connections, by HTTP CONNECT or SOCKS5. Its
// targets must be servers that speak first.
type Gateway struct {
	// URL is http://HOST:PORT or socks5://HOST:PORT.
	URL string

	// user and password must be given, unless both are empty.
	user, password string
	listener       net.Listener
	running        sync.WaitGroup

	mu      sync.Mutex
	targets []string
	refused int
	conns   map[net.Conn]struct{}
	closed  bool
}

// HTTPProxy starts a proxy that serves CONNECT, and stops it when the test ends. Its answer
// and the target's first words arrive in one packet.
func HTTPProxy(t testing.TB, user, password string) *Gateway {
	t.Helper()
	return startGateway(t, &Gateway{URL: "http://", user: user, password: password}, (*Gateway).serveHTTP)
}

// SOCKSProxy starts a proxy that serves SOCKS5, and stops it when the test ends.
func SOCKSProxy(t testing.TB, user, password string) *Gateway {
	t.Helper()
	return startGateway(t, &Gateway{URL: "socks5://", user: user, password: password}, (*Gateway).serveSOCKS)
}

func startGateway(t testing.TB, g *Gateway, serve func(*Gateway, net.Conn) error) *Gateway {
	t.Helper()
	var err error
	if g.listener, err = new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	g.URL += g.listener.Addr().String()
	g.conns = map[net.Conn]struct{}{}
	g.running.Go(func() { g.accept(serve) })
	t.Cleanup(g.close)
	return g
}

// Targets returns what was asked for so far, host:port, by clients that were let in.
func (g *Gateway) Targets() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string{}, g.targets...)
}

// Refused returns how many clients were not let in.
func (g *Gateway) Refused() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.refused
}

func (g *Gateway) accept(serve func(*Gateway, net.Conn) error) {
	for {
		conn, err := g.listener.Accept()
		if err != nil {
			return
		}
		if !g.track(conn) {
			return
		}
		g.running.Go(func() {
			defer g.untrack(conn)
			_ = serve(g, conn) // the client finds out
		})
	}
}

func (g *Gateway) track(c net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		_ = c.Close() // arrived too late
		return false
	}
	g.conns[c] = struct{}{}
	return true
}

func (g *Gateway) untrack(c net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
	_ = c.Close() // may be closed by its peer
}

func (g *Gateway) close() {
	g.mu.Lock()
	g.closed = true
	for c := range g.conns {
		_ = c.Close() // ends who serves it
	}
	g.mu.Unlock()
	_ = g.listener.Close() // only a second close fails
	g.running.Wait()
}

// admit tells whether a client gave the right login.
func (g *Gateway) admit(user, password string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	ok := user == g.user && password == g.password
	if !ok {
		g.refused++
	}
	return ok
}

func (g *Gateway) serveHTTP(client net.Conn) error {
	r, err := http.ReadRequest(bufio.NewReader(client))
	if err != nil {
		return err
	}
	// The header is that of Basic authentication under another name.
	r.Header.Set("Authorization", r.Header.Get("Proxy-Authorization"))
	user, password, _ := r.BasicAuth()
	switch {
	case r.Method != http.MethodConnect:
		_, err = io.WriteString(client, "HTTP/1.1 405 Method Not Allowed\r\n\r\n")
		return err
	case !g.admit(user, password):
		_, err = io.WriteString(client, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n")
		return err
	}
	server, err := g.reach(r.RequestURI)
	if err != nil {
		_, err = io.WriteString(client, "HTTP/1.1 502 Bad Gateway\r\n\r\n")
		return err
	}
	defer g.untrack(server)
	greeting := make([]byte, 1024)
	n, err := greetingOf(server, greeting)
	if err != nil {
		return err
	}
	if _, err := client.Write(append([]byte("HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n"), greeting[:n]...)); err != nil {
		return err
	}
	return splice(client, server)
}

// greetingOf waits a little for a target's first words: there are none on a data connection.
func greetingOf(server net.Conn, p []byte) (int, error) {
	if err := server.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		return 0, err
	}
	n, err := server.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = nil
	}
	return n, errors.Join(err, server.SetReadDeadline(time.Time{}))
}

// reach connects to a target.
func (g *Gateway) reach(target string) (net.Conn, error) {
	g.mu.Lock()
	g.targets = append(g.targets, target)
	g.mu.Unlock()
	server, err := new(net.Dialer).DialContext(context.Background(), "tcp", target)
	if err != nil {
		return nil, err
	}
	if !g.track(server) {
		return nil, net.ErrClosed
	}
	return server, nil
}

// splice copies both ways until either side ends.
func splice(client, server net.Conn) error {
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(server, client) // how it ends does not matter
		_ = server.Close()
	})
	_, err := io.Copy(client, server)
	_ = client.Close() // wakes the other direction
	both.Wait()
	return err
}

// The messages of SOCKS5, from RFC 1928 and RFC 1929.
const (
	socksVersion      = 5
	socksNoLogin      = 0
	socksPassword     = 2
	socksUnacceptable = 0xff
	socksName         = 3
	socksIPv4         = 1
)

func (g *Gateway) serveSOCKS(client net.Conn) error {
	if err := g.greetSOCKS(client); err != nil {
		return err
	}
	target, err := readTarget(client)
	if err != nil {
		return err
	}
	server, err := g.reach(target)
	if err != nil {
		_, err = client.Write([]byte{socksVersion, 5, 0, socksIPv4, 0, 0, 0, 0, 0, 0})
		return err
	}
	defer g.untrack(server)
	if _, err := client.Write([]byte{socksVersion, 0, 0, socksIPv4, 0, 0, 0, 0, 0, 0}); err != nil {
		return err
	}
	return splice(client, server)
}

var errRefused = errors.New("refused")

func (g *Gateway) greetSOCKS(client net.Conn) error {
	methods, err := readSized(client, 1)
	if err != nil {
		return err
	}
	method := byte(socksNoLogin)
	if g.user != "" {
		method = socksPassword
	}
	if !bytes.Contains(methods, []byte{method}) {
		g.admit("", "")                                              // counted before the client knows
		_, _ = client.Write([]byte{socksVersion, socksUnacceptable}) // it may be gone
		return errRefused
	}
	if _, err := client.Write([]byte{socksVersion, method}); err != nil || method == socksNoLogin {
		return err
	}
	user, err := readSized(client, 1)
	if err != nil {
		return err
	}
	password, err := readSized(client, 0)
	if err != nil {
		return err
	}
	if !g.admit(string(user), string(password)) {
		_, _ = client.Write([]byte{1, 1}) // it may be gone
		return errRefused
	}
	_, err = client.Write([]byte{1, 0})
	return err
}

// readSized reads skip bytes, a length of one byte, and that many.
func readSized(r io.Reader, skip int) ([]byte, error) {
	head := make([]byte, skip+1)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	data := make([]byte, head[skip])
	_, err := io.ReadFull(r, data)
	return data, err
}

// readTarget reads a request to connect.
func readTarget(r io.Reader) (string, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(r, head); err != nil {
		return "", err
	}
	var host string
	switch head[3] {
	case socksName:
		name, err := readSized(r, 0)
		if err != nil {
			return "", err
		}
		host = string(name)
	case socksIPv4:
		ip := make(net.IP, 4)
		if _, err := io.ReadFull(r, ip); err != nil {
			return "", err
		}
		host = ip.String()
	default:
		return "", errRefused
	}
	var port [2]byte
	if _, err := io.ReadFull(r, port[:]); err != nil {
		return "", err
	}
	return net.JoinHostPort(host, strconv.Itoa(int(binary.BigEndian.Uint16(port[:])))), nil
}
