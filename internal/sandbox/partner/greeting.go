package partner

import (
	"encoding/binary"
	"io"
)

// greeter replaces the list of extensions in the server's first packet, SSH_FXP_VERSION
// (draft-ietf-secsh-filexfer-02 §4), which pkg/sftp only sets for the whole process.
type greeter struct {
	io.ReadWriteCloser

	// extensions are pairs of name and version.
	extensions []string
	// held is the first packet as far as it was written; done once it was sent.
	held []byte
	done bool
}

// versionHeader is length (4 bytes), packet type (1) and protocol version (4).
const versionHeader = 9

// Write is called by one goroutine at a time: pkg/sftp holds its lock.
func (g *greeter) Write(p []byte) (int, error) {
	if g.done {
		return g.ReadWriteCloser.Write(p)
	}
	g.held = append(g.held, p...)
	if len(g.held) < 4 {
		return len(p), nil
	}
	length := 4 + int(binary.BigEndian.Uint32(g.held))
	if len(g.held) < length {
		return len(p), nil
	}
	packet, rest := g.held[:versionHeader:versionHeader], g.held[length:]
	for _, e := range g.extensions {
		packet = binary.BigEndian.AppendUint32(packet, uint32(len(e)))
		packet = append(packet, e...)
	}
	binary.BigEndian.PutUint32(packet, uint32(len(packet)-4))
	g.done = true
	if _, err := g.ReadWriteCloser.Write(append(packet, rest...)); err != nil {
		return 0, err
	}
	return len(p), nil
}
