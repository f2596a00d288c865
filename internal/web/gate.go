package web

import (
	"net"
	"net/netip"
	"sync"

	"lucca-exchange/internal/loopback"
	"lucca-exchange/internal/web/pace"
)

// Bounds on open connections. One that says nothing lasts for headerBudget, or idleBudget once
// it was answered, so that without them a few machines could hold every file that the daemon may
// open.
const (
	maxConnections = 4096
	// maxFromNetwork is not for this machine, nor for a declared proxy.
	maxFromNetwork = 256
)

// maxFromNetwork is how many connections one network may have: behind a proxy all come from one.
func (c Config) maxFromNetwork() int {
	if c.Proxy {
		return maxConnections
	}
	return maxFromNetwork
}

// gate is a listener that hangs up on whoever has too many connections.
type gate struct {
	net.Listener
	// each is how many one network may have.
	each int

	mu   sync.Mutex
	open map[netip.Prefix]int
	all  int
}

func newGate(l net.Listener, each int) *gate {
	return &gate{Listener: l, each: each, open: make(map[netip.Prefix]int)}
}

// Accept returns the next connection that there is room for.
func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := pace.Network(conn.RemoteAddr().String())
		if g.enter(from) {
			return &guest{Conn: conn, leave: sync.OnceFunc(func() { g.leave(from) })}, nil
		}
		_ = conn.Close()
	}
}

func (g *gate) enter(from netip.Prefix) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.all >= maxConnections || g.open[from] >= g.each && !loopback.Is(from.Addr().String()) {
		return false
	}
	g.all++
	g.open[from]++
	return true
}

func (g *gate) leave(from netip.Prefix) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all--
	if g.open[from]--; g.open[from] == 0 {
		delete(g.open, from)
	}
}

// guest is a connection that counts until it is closed.
type guest struct {
	net.Conn
	leave func()
}

// Close closes the connection, however often it is called.
func (c *guest) Close() error {
	c.leave()
	return c.Conn.Close()
}

// CloseWrite lets the server end its side first, so that a sender whose body was not read still
// reads the answer.
func (c *guest) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
