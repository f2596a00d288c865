package sftp

import (
	"bytes"
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"lucca-exchange/internal/fault"
	"lucca-exchange/internal/remote"
	"lucca-exchange/internal/remote/dial"
)

var (
	errConnectTimeout = fault.Of(remote.ErrTemporary, "no login within the connect timeout")
	errStalled        = fault.Of(remote.ErrTemporary, "the server said nothing within the idle timeout")
)

// maxGreeting is how many bytes of the beginning tell one protocol from another.
const maxGreeting = 16

// conn is a connection that ends with the context of Open until roll is called, and has
// rolling deadlines from then on.
type conn struct {
	net.Conn
	// unfollow stops following the context of Open.
	unfollow func() bool
	// idle is 0 before roll.
	idle atomic.Int64

	mu       sync.Mutex
	greeting []byte // how the server begins
}

// foreign names what answers in another protocol than SSH; empty where that is not known.
func (c *conn) foreign() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch b := c.greeting; {
	case bytes.HasPrefix(b, []byte("220")), bytes.HasPrefix(b, []byte("421")):
		return "an FTP server answers there: want type ftpes, or its port for SFTP"
	case bytes.HasPrefix(b, []byte("HTTP/")):
		return "a web server answers there: want its port for SFTP, which is 22 as a rule"
	case len(b) > 1 && b[0] == 0x15 && b[1] == 3: // a TLS alert, RFC 8446, section 5.1
		return "a server with TLS answers there: want type ftps, or its port for SFTP"
	}
	return ""
}

func dialConn(ctx context.Context, open dial.Func, addr string) (*conn, error) {
	raw, err := open(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	// Closing is the only way to interrupt a handshake.
	unfollow := context.AfterFunc(ctx, func() { _ = raw.Close() })
	return &conn{Conn: raw, unfollow: unfollow}, nil
}

// roll ends the connection's tie to the context of Open. It returns false when that
// context has ended, and the connection with it.
func (c *conn) roll(idle time.Duration) bool {
	c.idle.Store(int64(idle))
	// The library's reader is waiting already: give its pending read a deadline too.
	return c.unfollow() && c.SetReadDeadline(time.Now().Add(idle)) == nil
}

// allow lets the server be silent for so long from now on.
func (c *conn) allow(idle time.Duration) {
	c.idle.Store(int64(idle))
	_ = c.SetReadDeadline(time.Now().Add(idle)) // the library's reader waits already; it gets the error of a closed one
}

func (c *conn) Read(p []byte) (int, error) {
	if idle := time.Duration(c.idle.Load()); idle > 0 {
		if err := c.SetReadDeadline(time.Now().Add(idle)); err != nil {
			return 0, err
		}
	}
	n, err := c.Conn.Read(p)
	if n > 0 && c.idle.Load() == 0 {
		c.mu.Lock()
		c.greeting = append(c.greeting, p[:min(n, maxGreeting-len(c.greeting))]...)
		c.mu.Unlock()
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	if idle := time.Duration(c.idle.Load()); idle > 0 {
		if err := c.SetWriteDeadline(time.Now().Add(idle)); err != nil {
			return 0, err
		}
	}
	return c.Conn.Write(p)
}

// abort closes the connection under whoever uses it.
func (c *conn) abort() {
	c.unfollow()
	_ = c.Close() // whoever reads or writes gets the error
}

// keepAliveInterval is at most 15 seconds, and short enough that a silent but healthy
// connection does not reach its read deadline.
func keepAliveInterval(idle time.Duration) time.Duration {
	return min(15*time.Second, idle/3)
}

// keepAlive makes the server say something now and then, until done is closed or the
// connection ends. An answer that does not come is the read deadline's business.
func keepAlive(client *ssh.Client, every time.Duration, done <-chan struct{}) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		if _, _, err := client.SendRequest("keepalive@openssh.com", true, nil); err != nil {
			return
		}
	}
}

// watchdog calls bite when an operation runs and the SFTP subsystem is silent for idle.
type watchdog struct {
	idle time.Duration

	mu            sync.Mutex
	timer         *time.Timer
	armed, bitten bool
}

func newWatchdog(idle time.Duration, bite func()) *watchdog {
	w := &watchdog{idle: idle}
	w.timer = time.AfterFunc(idle, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.armed {
			w.bitten = true
			bite()
		}
	})
	w.timer.Stop()
	return w
}

// arm starts watching, disarm stops it and tells whether the watchdog has bitten.
func (w *watchdog) arm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed = true
	w.timer.Reset(w.idle)
}

func (w *watchdog) disarm() (bitten bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed = false
	w.timer.Stop()
	return w.bitten
}

// allow lets the subsystem be silent for so long from now on.
func (w *watchdog) allow(idle time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.idle = idle
	if w.armed {
		w.timer.Reset(idle)
	}
}

func (w *watchdog) progress() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.armed {
		w.timer.Reset(w.idle)
	}
}
