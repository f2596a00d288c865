package ftp

import "regexp"

// pipelining are the greetings of servers that are known to read one command after the other,
// however they come. Others lose the second of two that come together, so they get one at a time.
var pipelining = regexp.MustCompile(`(?i)vsftpd|proftpd|pure-ftpd|filezilla server`)

// pipeline holds the commands that are sent before the library asks for them, each of which saves a
// round trip. Its zero value holds none, and takes none.
type pipeline struct {
	open bool
	// next are the lines that go with the command after, sent those that have gone and wait for the
	// library to come to them.
	after      string
	next, sent []string
}

// foresee says what will be asked right after a command. What is not asked for in this order after
// all is answered in vain.
func (p *pipeline) foresee(after string, commands ...string) {
	if !p.open {
		return
	}
	p.after, p.next = after, nil
	for _, command := range commands {
		p.next = append(p.next, command+"\r\n")
	}
}

// with returns what is sent for a line.
func (p *pipeline) with(verb, line string) string {
	if verb != p.after {
		return line
	}
	for _, next := range p.next {
		line += next
	}
	p.sent, p.after, p.next = p.next, "", nil
	return line
}

// gone tells whether a line was sent already, and is the next to be answered.
func (p *pipeline) gone(line string) bool {
	if len(p.sent) == 0 || p.sent[0] != line {
		return false
	}
	p.sent = p.sent[1:]
	return true
}

// vain returns how many answers come that nobody wants.
func (p *pipeline) vain() int {
	n := len(p.sent)
	p.sent = nil
	return n
}
