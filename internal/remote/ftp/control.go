package ftp

import (
	"bytes"
	"errors"
	"io"
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
// the answer in size and time. It hands out whole lines only: the library takes one that was
// cut off with the connection for a whole one.
type control struct {
	net.Conn
	// idle is the longest time for the whole answer to one command; 0 is no limit.
	idle time.Duration
	// unread are whole lines that the library has not read yet, partial is the start of one
	// more.
	unread, partial []byte
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

func (c *control) Read(p []byte) (int, error) {
	for c.broken == nil && len(c.unread) == 0 {
		c.broken = c.more()
	}
	if c.broken != nil {
		return 0, c.broken
	}
	n := copy(p, c.unread)
	c.answer, c.unread = append(c.answer, p[:n]...), c.unread[n:]
	return n, nil
}

// more reads what has come.
func (c *control) more() error {
	var chunk [4096]byte
	n, err := c.Conn.Read(chunk[:])
	c.partial = append(c.partial, chunk[:n]...)
	if len(c.answer)+len(c.partial) > maxReply {
		return errLongReply
	}
	if end := bytes.LastIndexByte(c.partial, '\n') + 1; end > 0 {
		c.unread, c.partial = c.partial[:end:end], c.partial[end:]
		return nil // an error will come again
	}
	if errors.Is(err, io.EOF) && len(c.partial) > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
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
