package sftp

import (
	"encoding/binary"
	"strings"
)

// Flags of attributes (section 5).
const (
	attrSize        = 1 << 0
	attrOwner       = 1 << 1
	attrPermissions = 1 << 2
	attrTimes       = 1 << 3
	attrExtended    = 1 << 31
)

func appendText(p []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint32(p, uint32(len(text))), text...)
}

// reader reads the fields of a packet. After the first that is not there all are empty.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) next(n int) []byte {
	if r.err != nil || n > len(r.rest) {
		r.err = errShort
		return make([]byte, min(n, 8))
	}
	field := r.rest[:n]
	r.rest = r.rest[n:]
	return field
}

func (r *reader) number() uint32 { return binary.BigEndian.Uint32(r.next(4)) }

func (r *reader) text() string {
	n := r.number()
	if uint64(n) > uint64(len(r.rest)) {
		r.err = errShort
		return ""
	}
	return string(r.next(int(n)))
}

// attributes appends the next attributes to p, with a size and, where line tells it, a type.
// What is extended is left out.
func (r *reader) attributes(p []byte, line string) []byte {
	flags := r.number()
	size := unstated
	if flags&attrSize != 0 {
		size = binary.BigEndian.Uint64(r.next(8))
	}
	var owner, times []byte
	if flags&attrOwner != 0 {
		owner = r.next(8)
	}
	mode := uint32(0)
	if flags&attrPermissions != 0 {
		mode = r.number()
	}
	if mode&modeType == 0 {
		mode |= typeOf(line)
	}
	if flags&attrTimes != 0 {
		times = r.next(8)
	}
	if flags&attrExtended != 0 {
		for range r.number() {
			if r.text(); r.err != nil {
				break
			}
			r.text()
		}
	}
	flags = flags&(attrOwner|attrTimes) | attrSize | attrPermissions
	p = binary.BigEndian.AppendUint32(p, flags)
	p = binary.BigEndian.AppendUint64(p, size)
	p = append(p, owner...)
	p = binary.BigEndian.AppendUint32(p, mode)
	return append(p, times...)
}

// unstated is a size that no file has: as the library's int64 it is remote.SizeUnstated.
const unstated = ^uint64(0)

// Types of files, as the bits of a mode (POSIX).
const (
	modeType   = 0o170000
	modeFolder = 0o040000
	modeLink   = 0o120000
)

// typeOf reads the type of a line of a listing in the form of ls -l. Only what is surely no
// file matters.
func typeOf(line string) uint32 {
	switch {
	case len(line) < 10 || !strings.ContainsAny(line[1:10], "rwx-"):
		return 0
	case line[0] == 'd':
		return modeFolder
	case line[0] == 'l':
		return modeLink
	}
	return 0
}
