package ftp

import (
	"bytes"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"
)

// maxReply is more than any server says to one command, in bytes: FEAT and a login banner
// are the longest.
const maxReply = 256 << 10

var errLongReply = errors.New("the server's answer has no end")

// control is the control connection as the library sees it, decrypted. It remembers what
// the server answered to the last command, which the library tells only in part, and bounds
// the answer in size and time.
type control struct {
	net.Conn
	// idle is the longest time for the whole answer to one command; 0 is no limit.
	idle time.Duration
	// unread is what the server said before TLS began.
	unread []byte
	// verb is the last command without its arguments, one of which is the password.
	verb   string
	answer []byte
	// broken is the first error: the library goes on after some, out of step.
	broken error
}

func (c *control) Write(p []byte) (int, error) {
	verb, _, _ := strings.Cut(strings.TrimRight(string(p), "\r\n"), " ")
	c.verb, c.answer = verb, c.answer[:0]
	if c.broken != nil {
		return 0, c.broken
	}
	if err := c.await(); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// await gives the server the whole of the idle timeout from now on.
func (c *control) await() error {
	if c.idle == 0 {
		return nil
	}
	return c.SetDeadline(time.Now().Add(c.idle))
}

func (c *control) Read(p []byte) (n int, err error) {
	if c.broken != nil {
		return 0, c.broken
	}
	if len(c.unread) > 0 {
		n = copy(p, c.unread)
		c.unread = c.unread[n:]
	} else {
		n, err = c.Conn.Read(p)
	}
	if len(c.answer)+n > maxReply {
		n, err = 0, errLongReply
	}
	c.answer, c.broken = append(c.answer, p[:n]...), err
	return n, err
}

// began tells whether the server has let the transfer begin that was last asked for.
func (c *control) began() bool { return len(c.answer) > 0 && c.answer[0] == '1' }

// last returns the last whole line of the answer that has a code.
func (c *control) last() reply {
	lines := bytes.Split(bytes.TrimRight(c.answer, "\r\n"), []byte("\n"))
	for i := len(lines) - 1; i >= 0; i-- {
		line := strings.TrimRight(string(lines[i]), "\r")
		if len(line) < 3 || len(line) > 3 && line[3] != ' ' && line[3] != '-' {
			continue
		}
		if code, err := strconv.Atoi(line[:3]); err == nil && code >= 100 && code < 600 {
			return reply{code: code, text: strings.TrimSpace(line[min(4, len(line)):])}
		}
	}
	return reply{}
}
