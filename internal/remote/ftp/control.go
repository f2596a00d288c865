package ftp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// maxReply is more than any server says to one command, in bytes: FEAT and a login banner
// are the longest.
const maxReply = 256 << 10

var (
	errLongReply = errors.New("the server's answer has no end")
	errNotFTP    = errors.New("the server does not speak FTP")
)

// control is the control connection, decrypted. It bounds each answer in size and time.
type control struct {
	net.Conn
	in *bufio.Reader
	// idle is the longest time for the whole answer to one command; 0 is no limit.
	idle time.Duration
	// verb is the last command without its arguments, one of which is the password.
	verb string
	// ended is the code by which the last transfer ended, or 0 once it cannot come again: some
	// servers say it twice.
	ended int
	// fresh: nothing was answered since a transfer ended. Some servers end the session with it.
	fresh bool
	// broken is the first error after which the conversation is out of step.
	broken error
}

func newControl(conn net.Conn) *control {
	return &control{Conn: conn, in: bufio.NewReader(conn)}
}

// usual are the codes by which commands succeed. One that is not here has none that a transfer
// ends by.
var usual = map[string]int{"CWD": 250, "CDUP": 250, "DELE": 250, "RNTO": 250, "MLST": 250, "TYPE": 200, "PBSZ": 200, "PROT": 200, "OPTS": 200, "NOOP": 200}

// errHungUp: the server ended the session with the last transfer. The command was not heard.
type errHungUp struct{ error }

func (e errHungUp) Unwrap() error { return e.error }

// command sends a command and returns the answer to it.
func (c *control) command(verb, argument string) (reply, error) {
	fresh := c.fresh
	r, err := c.converse(verb, argument)
	if hungUp := err != nil && !isTimeout(err) || r.code == codeNotAvailable; fresh && hungUp {
		return reply{}, errHungUp{errors.Join(err, refusal(r))}
	}
	return r, err
}

func refusal(r reply) error {
	if r.code == 0 {
		return nil
	}
	return r
}

func (c *control) converse(verb, argument string) (reply, error) {
	c.verb = verb
	if c.broken != nil {
		return reply{}, c.broken
	}
	if strings.ContainsAny(argument, "\r\n\x00") {
		return reply{}, errors.New("a line end in a command")
	}
	if err := c.drain(verb); err != nil {
		return reply{}, c.fail(err)
	}
	if err := c.await(c.idle); err != nil {
		return reply{}, c.fail(err)
	}
	line := verb
	if argument != "" {
		line += " " + argument
	}
	if _, err := io.WriteString(c.Conn, line+"\r\n"); err != nil {
		return reply{}, c.fail(err)
	}
	return c.answer()
}

func (c *control) fail(err error) error {
	if c.broken == nil {
		c.broken = err
	}
	return err
}

// answer reads the answer to the last command, and skips what a transfer ended by once more.
func (c *control) answer() (reply, error) {
	for {
		r, err := c.read()
		if err != nil {
			return reply{}, c.fail(err)
		}
		if r.code == c.ended && usual[c.verb] != r.code {
			c.ended = 0
			continue
		}
		c.fresh = false
		return r, nil
	}
}

// drain drops what the server said without being asked, as far as it has come. Where the
// command would be answered by the code that the last transfer ended by, a moment is given to
// a second one of these.
func (c *control) drain(verb string) error {
	if c.ended != 0 && usual[verb] == c.ended {
		if err := c.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
			return err
		}
		if _, err := c.in.Peek(1); err != nil && !isTimeout(err) {
			return err
		}
		c.ended = 0
	}
	for c.in.Buffered() > 0 {
		if err := c.await(c.idle); err != nil {
			return err
		}
		r, err := c.read()
		if err != nil {
			return err
		}
		if r.code == codeNotAvailable {
			return r
		}
	}
	return nil
}

// final reads the answer that ends a transfer, for which the server has so much time.
func (c *control) final(patience time.Duration) (reply, error) {
	if c.broken != nil {
		return reply{}, c.broken
	}
	if err := c.await(patience); err != nil {
		return reply{}, c.fail(err)
	}
	for {
		r, err := c.read()
		if err != nil {
			return reply{}, c.fail(err)
		}
		if r.code >= 200 {
			c.ended, c.fresh = r.code, true
			return r, nil
		}
	}
}

// await gives the server so much time from now on.
func (c *control) await(patience time.Duration) error {
	if c.idle == 0 {
		return nil
	}
	return c.SetDeadline(time.Now().Add(patience))
}

// read reads one answer. Its text is that of all its lines.
func (c *control) read() (reply, error) {
	var r reply
	var lines []string
	for left := maxReply; ; {
		line, err := c.line(left)
		if err != nil {
			return reply{}, err
		}
		left -= len(line)
		code, rest, last := parseLine(line)
		switch {
		case r.code == 0 && strings.TrimSpace(line) == "":
			continue
		case r.code == 0 && code == 0:
			return reply{}, fmt.Errorf("%w: it says %q", errNotFTP, line[:min(len(line), maxText)])
		case r.code == 0:
			r.code = code
			lines = append(lines, rest)
		case code == r.code:
			lines = append(lines, rest)
		default:
			lines, last = append(lines, line), false
		}
		if last {
			r.text = strings.Join(lines, "\n")
			return r, nil
		}
	}
}

// parseLine takes a line of an answer apart; last is that of an answer's only or last line.
func parseLine(line string) (code int, rest string, last bool) {
	if len(line) < 3 || len(line) > 3 && line[3] != ' ' && line[3] != '-' {
		return 0, line, false
	}
	code, err := strconv.Atoi(line[:3])
	if err != nil || code < 100 || code > 699 {
		return 0, line, false
	}
	return code, line[min(4, len(line)):], len(line) == 3 || line[3] == ' '
}

// line reads one line without its end. One that was cut off is none.
func (c *control) line(limit int) (string, error) {
	var line []byte
	for {
		part, err := c.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return strings.TrimRight(string(line), "\r\n"), nil
		case len(line) > limit:
			return "", errLongReply
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0:
			return "", io.ErrUnexpectedEOF
		default:
			return "", err
		}
	}
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return ok && e.Timeout()
}
