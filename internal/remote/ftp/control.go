package ftp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"lucca-exchange/internal/fault"
)

// maxReply is more than any server says to one command, in bytes: FEAT and a login banner
// are the longest.
const maxReply = 256 << 10

var (
	errLongReply = errors.New("the server's answer has no end")
	errNotFTP    = errors.New("the server does not speak FTP")
)

// control is the control connection as the library sees it, decrypted. The library knows one form
// of each answer: what the server says is put into that form (mend.go), and kept as it was said. It
// also bounds each answer in size and time, which the library does not.
type control struct {
	net.Conn
	in *bufio.Reader
	// idle is the longest time for the whole answer to one command; 0 is no limit. patience is that
	// for the answer that ends a transfer.
	idle, patience time.Duration
	// implicit: the connection began with TLS.
	implicit bool
	// noMLSD: the server offers MLSD and does not know it.
	noMLSD bool
	// utf8: the server offers to be told that names are UTF-8, and was not told yet.
	utf8 bool

	// verb is the last command without its arguments, one of which is the password; written is
	// what there is of the next one.
	verb    string
	written []byte
	stage   stage
	// last is the server's last answer to verb; early is a final one in place of a preliminary one.
	last, early reply
	// greeting is the last line of the first answer.
	greeting string
	// unread is what the library has not read of an answer.
	unread []byte
	ahead  pipeline

	// ended is the code by which the last transfer ended, or 0 once it cannot come again: some
	// servers say it twice.
	ended int
	// fresh: nothing was answered since a transfer ended. Some servers end the session with it:
	// hungUp, and the command was not heard.
	fresh, hungUp bool
	// broken is the first error after which the conversation is out of step; fault is what the
	// library cannot tell of an answer.
	broken, fault error
}

// stage is how far a command has come.
type stage int

const (
	asked stage = iota
	begun       // the server has let a transfer begin
	done        // and has given its final answer
)

// newControl reads the greeting next.
func newControl(conn net.Conn) *control {
	return &control{Conn: conn, in: bufio.NewReader(conn), verb: "CONNECT"}
}

// Write takes what the library sends, one command after the other.
func (c *control) Write(p []byte) (int, error) {
	c.written = append(c.written, p...)
	if !bytes.HasSuffix(c.written, []byte("\n")) {
		return len(p), nil
	}
	line := string(c.written)
	c.written = c.written[:0]
	switch {
	case line == "QUIT\r\n":
		// Nobody waits for the answer, and the one before it may be wanted.
		if err := c.await(c.idle); err != nil {
			return 0, err
		}
		return c.Conn.Write(p)
	case strings.HasPrefix(line, "OPTS UTF8"):
		// Said when it matters, by speakUTF8: where all names are ASCII it costs a round trip.
		c.utf8, c.unread = true, []byte("200 Later\r\n")
		return len(p), nil
	case c.noMLSD && strings.HasPrefix(line, "MLSD"):
		line = "LIST" + line[len("MLSD"):] // the library asks for MLSD wherever it is offered
	}
	if err := c.send(line); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Read gives the library what it can read of the server's next answer.
func (c *control) Read(p []byte) (int, error) {
	if len(c.unread) == 0 {
		r, err := c.hear()
		if err != nil {
			return 0, err
		}
		c.unread = c.mend(r)
	}
	n := copy(p, c.unread)
	c.unread = c.unread[n:]
	return n, nil
}

// verdict is what came of a command of the library, which ended so: the answer as the server gave
// it, as an error too where it is a refusal. The library joins it with what it did to the
// connections, or drops its code.
func (c *control) verdict(err error) (reply, error) {
	switch r := c.last; {
	case err == nil:
		return r, nil
	case c.fault != nil:
		return r, c.fault
	case r.code >= 300, r.code > 0 && r.code < 200 && c.stage == asked:
		return r, r
	case c.broken != nil:
		return r, c.broken
	default:
		return r, err
	}
}

// command sends what the library has no command for, and returns the answer to it.
func (c *control) command(line string) (reply, error) {
	if err := c.send(line + "\r\n"); err != nil {
		return reply{}, err
	}
	return c.hear()
}

func (c *control) send(line string) error {
	c.verb, _, _ = strings.Cut(strings.TrimRight(line, "\r\n"), " ")
	c.stage, c.last, c.early, c.fault = asked, reply{}, reply{}, nil
	if c.broken != nil {
		return c.broken
	}
	patience := c.idle
	if c.verb == "RNTO" {
		patience = max(patience, c.patience) // some servers copy the file
	}
	if c.ahead.gone(line) {
		return c.fail(c.await(patience))
	}
	err := c.skip(c.ahead.vain())
	if err == nil {
		err = c.drain(c.verb)
	}
	if err == nil {
		err = c.await(patience)
	}
	if err == nil {
		_, err = io.WriteString(c.Conn, c.ahead.with(c.verb, line))
	}
	return c.fail(err)
}

// skip reads so many answers to what was sent ahead in vain.
func (c *control) skip(answers int) error {
	for range answers {
		if err := c.await(c.idle); err != nil {
			return err
		}
		r, err := c.answer()
		if err == nil && r.code == codeNotAvailable {
			err = r
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fail remembers an error, and whether it means that the server ended the session.
func (c *control) fail(err error) error {
	if err != nil && c.broken == nil {
		c.broken, c.hungUp = err, c.fresh && !isTimeout(err)
	}
	return err
}

// hear reads the next answer to the last command.
func (c *control) hear() (r reply, err error) {
	if c.broken != nil {
		return reply{}, c.broken
	}
	if c.stage != begun {
		r, err = c.answer()
	} else if r, err = c.final(); err == nil {
		c.stage = done
	}
	if err == nil {
		r = r.about(c.verb)
		c.last = r
	}
	return r, c.fail(err)
}

// answer reads the answer to the last command, and skips what a transfer ended by once more.
func (c *control) answer() (reply, error) {
	for {
		r, err := c.read()
		if err != nil {
			return reply{}, err
		}
		if r.code == c.ended && successes[c.verb] != r.code {
			c.ended = 0
			continue
		}
		if c.verb == "CONNECT" && r.code < 200 {
			continue // it will be ready in a moment
		}
		if r.code == codeNotAvailable && (c.fresh || c.verb == "EPSV") {
			_ = c.fail(r) // the library would go on, by PASV
		}
		c.fresh = false
		return r, nil
	}
}

// final reads the answer that ends a transfer, for which the server has more time.
func (c *control) final() (reply, error) {
	if c.early.code != 0 {
		return c.early, nil
	}
	if err := c.await(c.patience); err != nil {
		return reply{}, err
	}
	for {
		r, err := c.read()
		if err != nil {
			return reply{}, err
		}
		if r.code >= 200 {
			c.ended, c.fresh = r.code, true
			return r, nil
		}
	}
}

// hasEnded tells whether the server has said that the transfer which has begun is over.
func hasEnded(c *control) bool {
	if c.early.code != 0 {
		return true
	}
	if c.stage != begun || c.SetReadDeadline(time.Now().Add(time.Millisecond)) != nil {
		return false
	}
	start, err := c.in.Peek(1)
	return err == nil && start[0] >= '2' && start[0] <= '5'
}

// drain drops what the server said without being asked, as far as it has come. Where the
// command would be answered by the code that the last transfer ended by, a moment is given to
// a second one of these.
func (c *control) drain(verb string) error {
	if c.ended != 0 && successes[verb] == c.ended {
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
		case r.code == 0 && strings.HasPrefix(line, "SSH-"):
			return reply{}, fault.Of(errNotFTP, "an SFTP server answers there: want type sftp, or its port for FTP")
		case r.code == 0 && code == 0:
			return reply{}, fault.Of(errNotFTP, "it says %q", line[:min(len(line), maxText)])
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
