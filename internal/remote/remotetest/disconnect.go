package remotetest

import (
	"encoding/binary"
	"reflect"
	"unsafe"

	"golang.org/x/crypto/ssh"
)

// writePacket sends a packet of SSH, which the library does for nobody outside of it.
//
//go:linkname writePacket golang.org/x/crypto/ssh.(*handshakeTransport).writePacket
func writePacket(transport unsafe.Pointer, packet []byte) error

// disconnect says farewell on a connection that stands (RFC 4253, section 11.1).
func disconnect(conn *ssh.ServerConn, reason uint32, words string) error {
	const msgDisconnect = 1
	packet := binary.BigEndian.AppendUint32([]byte{msgDisconnect}, reason)
	for _, text := range []string{words, ""} { // the second one is its language
		packet = append(binary.BigEndian.AppendUint32(packet, uint32(len(text))), text...)
	}
	return writePacket(reflect.ValueOf(conn.Conn).Elem().FieldByName("transport").Elem().UnsafePointer(), packet)
}
