package remotetest

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Fault is what a Proxy does to a connection. The zero value forwards everything.
type Fault struct {
	// Refuse closes the connection at once.
	Refuse bool
	// CutUp and CutDown reset both sides after that many bytes toward the server or
	// toward the client; HoldUp and HoldDown forward nothing in either direction any more,
	// without closing anything. 0 is never; -1 is before the first byte.
	CutUp, CutDown, HoldUp, HoldDown int64
	// Delay is added to each direction: a round trip takes twice as long.
	Delay time.Duration
	// Drip forwards one byte at a time toward the client, this far apart.
	Drip time.Duration
	// Times is how many connections suffer the fault before all is well again; 0 is all.
	Times int
}

// Proxy forwards TCP connections on loopback, until it is told to break them.
type Proxy struct {
	target   string
	listener net.Listener
	running  sync.WaitGroup
	up, down atomic.Int64

	mu     sync.Mutex
	fault  Fault
	left   int
	struck chan struct{}
	links  map[*link]struct{}
	closed bool
}

// NewProxy starts a proxy in front of target, host:port, and stops it when the test ends.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{target: target, listener: listener, links: map[*link]struct{}{}, struck: make(chan struct{})}
	p.running.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// Addr is the proxy's host:port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Break sets what happens to the connections that come from now on. The channel that it
// returns is closed when the fault strikes for the first time.
func (p *Proxy) Break(f Fault) (struck <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.left, p.struck = f, f.Times, make(chan struct{})
	return p.struck
}

// Bytes returns how much was forwarded so far toward the servers and toward the clients.
func (p *Proxy) Bytes() (up, down int64) { return p.up.Load(), p.down.Load() }

// CutAll resets every connection that stands.
func (p *Proxy) CutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.cut()
	}
}

// Mute forwards nothing toward the client any more on the connections that stand, while what
// the client sends still arrives: answers get lost.
func (p *Proxy) Mute() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.mute()
	}
}

func (p *Proxy) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	_ = p.listener.Close() // only a second close fails
	p.CutAll()
	p.running.Wait()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(client.(*net.TCPConn)) })
	}
}

// next returns the fault for one more connection.
func (p *Proxy) next() (Fault, func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.fault
	if f.Times > 0 {
		if p.left == 0 {
			return Fault{Delay: f.Delay}, func() {}
		}
		p.left--
	}
	struck := p.struck
	return f, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		select {
		case <-struck:
		default:
			close(struck)
		}
	}
}

func (p *Proxy) serve(client *net.TCPConn) {
	fault, strike := p.next()
	if fault.Refuse {
		strike()
		reset(client)
		return
	}
	conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", p.target)
	if err != nil {
		reset(client)
		return
	}
	server := conn.(*net.TCPConn)
	l := &link{client: client, server: server, over: make(chan struct{}), strike: strike}
	up, down := make(chan struct{}), make(chan struct{})
	l.mute = sync.OnceFunc(func() { close(down) })
	l.deafen = sync.OnceFunc(func() { close(up) })
	if !p.add(l) {
		l.cut()
		return
	}
	defer p.remove(l)
	var both sync.WaitGroup
	both.Go(func() {
		l.forward(server, client, path{cut: fault.CutUp, hold: fault.HoldUp, held: up, delay: fault.Delay, count: &p.up})
	})
	both.Go(func() {
		l.forward(client, server, path{cut: fault.CutDown, hold: fault.HoldDown, held: down, delay: fault.Delay, drip: fault.Drip, count: &p.down})
	})
	both.Wait()
}

func (p *Proxy) add(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.links[l] = struct{}{}
	}
	return !p.closed
}

func (p *Proxy) remove(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
	l.cut()
}

// reset closes a connection with RST, as a firewall or a crashed peer does.
func reset(c *net.TCPConn) {
	_ = c.SetLinger(0) // the close below is what matters
	_ = c.Close()
}

// link is one connection through the proxy.
type link struct {
	client, server *net.TCPConn
	strike         func()
	// mute ends all forwarding toward the client, deafen toward the server.
	mute, deafen func()
	// over is closed when the link ends.
	over   chan struct{}
	ending sync.Once
}

func (l *link) cut() {
	l.ending.Do(func() {
		close(l.over)
		reset(l.client)
		reset(l.server)
	})
}

// path is one direction of a link.
type path struct {
	cut, hold int64
	// held is closed when nothing is forwarded any more.
	held        <-chan struct{}
	delay, drip time.Duration
	count       *atomic.Int64
}

// chunk is what was read at one moment.
type chunk struct {
	data []byte
	due  time.Time
}

// forward copies until the end, the cut or the hold. Reading and writing are apart so
// that a delay does not narrow the way.
func (l *link) forward(to, from *net.TCPConn, p path) {
	if p.cut < 0 || p.hold < 0 {
		l.stop(p.cut != 0)
	}
	queue := make(chan chunk, 4096)
	go l.read(from, queue, p.delay)
	var sent int64
	for c := range queue {
		if !l.wait(time.Until(c.due), p.held) {
			continue // the link is over: drain
		}
		data, last := c.data, false
		if limit := max(p.cut, p.hold); limit > 0 && sent+int64(len(data)) >= limit {
			data, last = data[:limit-sent], true
		}
		if !l.write(to, data, p) {
			l.cut()
			continue
		}
		sent += int64(len(data))
		p.count.Add(int64(len(data)))
		if last {
			l.stop(p.cut > 0)
		}
	}
	// A direction that ended closes only itself: the other may have data to come.
	if l.wait(0, p.held) {
		_ = to.CloseWrite() // the peer may be gone
	}
}

func (l *link) read(from *net.TCPConn, queue chan<- chunk, delay time.Duration) {
	defer close(queue)
	for {
		data := make([]byte, 64<<10)
		n, err := from.Read(data)
		if n > 0 {
			queue <- chunk{data[:n], time.Now().Add(delay)}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				l.cut()
			}
			return
		}
	}
}

// stop cuts the link or makes it a black hole.
func (l *link) stop(cut bool) {
	if cut {
		l.cut()
	} else {
		l.mute()
		l.deafen()
	}
	l.strike()
}

// wait returns after d, or false once the link is over. While held is closed it returns
// only then.
func (l *link) wait(d time.Duration, held <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-l.over:
		return false
	case <-timer.C:
	}
	select {
	case <-held:
		<-l.over
		return false
	case <-l.over:
		return false
	default:
		return true
	}
}

func (l *link) write(to io.Writer, data []byte, p path) bool {
	for p.drip > 0 && len(data) > 0 {
		if _, err := to.Write(data[:1]); err != nil || !l.wait(p.drip, p.held) {
			return false
		}
		data = data[1:]
	}
	_, err := to.Write(data)
	return err == nil
}
