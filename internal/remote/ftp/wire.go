package ftp

import (
	"context"
	"net"
	"sync"
	"time"

	"lucca-exchange/internal/remote/dial"
)

// wires are the TCP connections of one session. They end together.
type wires struct {
	// life ends with the session: it is not the context of any call.
	life context.Context
	end  context.CancelFunc
	// through opens a connection, straight or through a proxy.
	through dial.Func

	mu   sync.Mutex
	open map[*wire]struct{}
}

func newWires(through dial.Func) *wires {
	life, end := context.WithCancel(context.Background())
	return &wires{life: life, end: end, through: through, open: map[*wire]struct{}{}}
}

// dial opens one more connection. Each of its reads and writes then takes at most idle,
// where that is positive.
func (w *wires) dial(ctx context.Context, addr string, idle time.Duration) (*wire, error) {
	conn, err := w.through(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &wire{Conn: conn, wires: w, idle: idle}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.life.Err() != nil {
		c.reset()
		return nil, net.ErrClosed
	}
	w.open[c] = struct{}{}
	return c, nil
}

// abort resets every connection, at once and under whoever uses it. A server takes nothing
// that it has received so far for a whole file.
func (w *wires) abort() {
	w.end()
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		c.reset()
	}
	clear(w.open)
}

// wire is one TCP connection.
type wire struct {
	net.Conn
	wires *wires
	idle  time.Duration
}

func (c *wire) Read(p []byte) (int, error) {
	if c.idle > 0 {
		if err := c.SetReadDeadline(time.Now().Add(c.idle)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Read(p)
}

// Write goes on as long as something is taken within idle each time: on a slow line all of it may take
// longer.
func (c *wire) Write(p []byte) (total int, err error) {
	for {
		if c.idle > 0 {
			if err := c.SetWriteDeadline(time.Now().Add(c.idle)); err != nil {
				return total, err
			}
		}
		n, err := c.Conn.Write(p[total:])
		total += n
		if n == 0 || !isTimeout(err) {
			return total, err
		}
	}
}

func (c *wire) Close() error {
	c.wires.mu.Lock()
	defer c.wires.mu.Unlock()
	delete(c.wires.open, c)
	return c.Conn.Close()
}

// closeWrite tells the server that nothing more comes.
func (c *wire) closeWrite() error {
	if tcp, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return tcp.CloseWrite()
	}
	return nil
}

func (c *wire) reset() {
	if tcp, ok := c.Conn.(interface{ SetLinger(seconds int) error }); ok {
		_ = tcp.SetLinger(0) // the close below is what matters
	}
	_ = c.Conn.Close() // whoever reads or writes gets the error
}
