package sftp

import (
	"encoding/binary"
	"io"
	"slices"
)

// Types of requests (draft-ietf-secsh-filexfer-02, section 3).
const (
	packetRemove    = 13
	packetRemoveDir = 15
	// packetTypeAt is where a packet says its type, after its length.
	packetTypeAt = 4
)

// outgoing is what the library sends. It makes each removal of a folder one of a file: the library
// goes on to remove a folder where a file was not removed, and nothing here ever wants that.
type outgoing struct {
	io.WriteCloser
	// left is how much of a packet is still to come, in bytes.
	left int
}

// Write takes a packet, or a part of it: the library writes the content of a file by itself.
func (o *outgoing) Write(p []byte) (int, error) {
	if o.left == 0 && len(p) > packetTypeAt {
		o.left = packetTypeAt + int(binary.BigEndian.Uint32(p))
		if p[packetTypeAt] == packetRemoveDir {
			p = slices.Clone(p)
			p[packetTypeAt] = packetRemove
		}
	}
	n, err := o.WriteCloser.Write(p)
	o.left = max(o.left-n, 0)
	return n, err
}
